//! `sakimori proxy-certificate`: a certificate with which a proxy in front of the screens speaks TLS for this house.

use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches};
use sakimori_words::{Lang, Trouble, jst_date};
use serde_json::json;

use super::{Command, Outcome, handed_out};
use crate::files;
use crate::settings::Settings;
use crate::tls::{self, IssuedCertificate};
use crate::troubles;
use crate::world::World;

/// The command.
pub(super) struct IssueProxyCertificate;

/// Days it is good for unless something else is asked: the longest that browsers accept.
const DAYS: &str = "397";

impl Command for IssueProxyCertificate {
    fn name(&self) -> &'static str {
        "proxy-certificate"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "画面の前に置くプロキシの証明書を作ります（つながっている機関が、この組織のものと分かります）",
            "makes a certificate for a proxy in front of the screens, by which enrolled organisations know this house",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command
            .arg(Arg::new("name").value_name("HOST").action(ArgAction::Append).help(world.say([
                "人と機関が使う名前（なければ設定の names）",
                "names under which people and organisations reach it (those of the settings when none)",
            ])))
            .arg(handed_out::out_argument(world))
            .arg(handed_out::days_argument(DAYS, world))
            .arg(super::data_argument(world))
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let data = super::existing_data_folder(given)?;
        let settings = Settings::load(&data)?.unwrap_or_default();
        let names = names(given, &settings)?;
        let keys = handed_out::keys_with_authority(&data)?;
        let out = handed_out::out(given);
        std::fs::create_dir_all(&out).map_err(|error| files::refused(&out, &error))?;
        let [key, certificate, authority] =
            ["proxy.key.pem", "proxy.pem", "sakimori-ca.pem"].map(|name| out.join(name));
        let days = handed_out::days(given);
        let made = tls::issue_for_proxy(&keys, &names, days, world.clock.as_ref())?;
        let body = json!({ "names": names, "digest": made.digest, "ends_at": made.ends_at });
        let kind = ("proxies", "proxy_certificate_issued");
        super::block_on(handed_out::record(&data, kind, &body, world))??;
        handed_out::write(&made, [&key, &certificate, &authority])?;
        world.print(&said([&key, &certificate, &authority], &made, world.lang))?;
        Ok(Outcome::Fine)
    }
}

/// The names for the certificate.
fn names(given: &ArgMatches, settings: &Settings) -> Result<Vec<String>, Trouble> {
    let given: Vec<String> = given.get_many("name").into_iter().flatten().cloned().collect();
    let names = if given.is_empty() { settings.names.clone() } else { given };
    match names.iter().find(|name| !handed_out::is_name(name)) {
        Some(name) => Err(Trouble::new(&troubles::PROXY_CERTIFICATE, format!("`{name}`"))),
        None if names.is_empty() => {
            Err(Trouble::new(&troubles::PROXY_CERTIFICATE, "no name was given"))
        }
        None => Ok(names),
    }
}

fn said(files: [&Path; 3], made: &IssuedCertificate, lang: Lang) -> String {
    let [key, certificate, authority] = files.map(Path::display);
    let ends = jst_date(made.ends_at);
    match lang {
        Lang::Ja => format!(
            "証明書を作りました（{ends} まで）。期限までに作り直してください\n  \
             鍵      {key}\n  証明書  {certificate}\n  認証局  {authority}\n"
        ),
        Lang::En => format!(
            "the certificate is made (until {ends}); make another before then\n  \
             key          {key}\n  certificate  {certificate}\n  authority    {authority}\n"
        ),
    }
}
