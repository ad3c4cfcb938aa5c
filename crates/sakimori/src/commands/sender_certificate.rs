//! `sakimori sender-certificate NAME`: a certificate with which a device that sends logs over TLS is known by its name.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches};
use sakimori_watch::By;
use sakimori_words::{Lang, PersonId, Trouble, jst_date};

use super::sender_certificates::senders;
use super::{Command, Outcome, handed_out};
use crate::files;
use crate::tls::{self, IssuedCertificate};
use crate::troubles;
use crate::world::World;

/// The command.
pub(super) struct IssueSenderCertificate;

/// Days a certificate is good for unless something else is asked: three years, a usual time for a device between two services.
const DAYS: &str = "1095";

impl Command for IssueSenderCertificate {
    fn name(&self) -> &'static str {
        "sender-certificate"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "TLS でログを送る機器に持たせる証明書を作ります",
            "makes a certificate for a device that sends logs over TLS",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command
            .arg(Arg::new("name").value_name("NAME").required(true).help(world.say([
                "機器の名前。ログの送信元は syslog/NAME になります",
                "the device's name; its logs have the source syslog/NAME",
            ])))
            .arg(handed_out::out_argument(world))
            .arg(handed_out::days_argument(DAYS, world))
            .arg(super::data_argument(world))
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let data = super::existing_data_folder(given)?;
        let name = given.get_one::<String>("name").cloned().unwrap_or_default();
        let out = handed_out::out(given);
        let place = Place::find(&name, &out)?;
        let keys = handed_out::keys_with_authority(&data)?;
        let days = handed_out::days(given);
        let made = tls::issue_for_sender(&keys, &name, days, world.clock.as_ref())?;
        super::block_on(record(&data, &name, &made, world))??;
        handed_out::write(&made, [&place.key, &place.certificate, &place.authority])?;
        world.print(&said(&name, &place, &made, world.lang))?;
        Ok(Outcome::Fine)
    }
}

/// The three files.
struct Place {
    key: PathBuf,
    certificate: PathBuf,
    authority: PathBuf,
}

impl Place {
    /// Where they go, when nothing is in the way: a key that is overwritten would cut its device off.
    fn find(name: &str, out: &Path) -> Result<Self, Trouble> {
        if !handed_out::is_name(name) {
            return Err(Trouble::new(&troubles::SENDER_CERTIFICATE, format!("`{name}`")));
        }
        let place = Self {
            key: out.join(format!("{name}.key.pem")),
            certificate: out.join(format!("{name}.pem")),
            authority: out.join("sakimori-ca.pem"),
        };
        for path in [&place.key, &place.certificate] {
            if path.try_exists().unwrap_or(true) {
                let detail = format!("{} is there already", path.display());
                return Err(Trouble::new(&troubles::SENDER_CERTIFICATE, detail));
            }
        }
        std::fs::create_dir_all(out).map_err(|error| files::refused(out, &error))?;
        Ok(place)
    }
}

/// Writes into the journal that the certificate was made: no device is let in by one that nobody knows of.
async fn record(
    data: &Path,
    name: &str,
    made: &IssuedCertificate,
    world: &World,
) -> Result<(), Trouble> {
    let senders = senders(data, world).await?;
    let console = PersonId::from("console");
    let by = By { person: &console, name: "console" };
    let kept = senders.certificate_made(name, made.digest, made.ends_at, by).await;
    kept.map_err(|error| error.trouble())
}

fn said(name: &str, place: &Place, made: &IssuedCertificate, lang: Lang) -> String {
    let (key, certificate) = (place.key.display(), place.certificate.display());
    let (authority, ends) = (place.authority.display(), jst_date(made.ends_at));
    match lang {
        Lang::Ja => format!(
            "証明書を作りました（{ends} まで）。ログの送信元は syslog/{name} になります\n  \
             鍵      {key}\n  証明書  {certificate}\n  認証局  {authority}\n\
             3つを機器に入れたら、鍵のファイルは消してください。なくしたときは作り直せます\n"
        ),
        Lang::En => format!(
            "the certificate is made (until {ends}); its logs will have the source syslog/{name}\n  \
             key          {key}\n  certificate  {certificate}\n  authority    {authority}\n\
             once the three are on the device, delete the key file; a lost one is made anew\n"
        ),
    }
}
