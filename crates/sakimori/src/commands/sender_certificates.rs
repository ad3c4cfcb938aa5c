//! `sakimori sender-certificates [--withdraw FINGERPRINT]`: the certificates with which devices send logs over TLS.

use std::path::Path;
use std::sync::Arc;

use clap::{Arg, ArgMatches};
use sakimori_watch::{By, SenderCertificateView, Senders};
use sakimori_words::{Instant, Lang, PersonId, Trouble, jst_date, jst_datetime};

use super::{Command, Outcome};
use crate::node::stores;
use crate::settings::Settings;
use crate::world::World;

/// The command.
pub(super) struct SenderCertificates;

impl Command for SenderCertificates {
    fn name(&self) -> &'static str {
        "sender-certificates"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "TLS で送る機器の証明書を一覧し、なくしたものを失効させます",
            "lists the certificates of devices that send over TLS, and withdraws lost ones",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command
            .arg(Arg::new("withdraw").long("withdraw").value_name("FINGERPRINT").help(world.say([
                "この指紋（先頭8桁以上）の証明書を失効させます。元には戻せません",
                "withdraws the certificate with this fingerprint (eight digits or more), for good",
            ])))
            .arg(super::data_argument(world))
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let data = super::existing_data_folder(given)?;
        let withdraw = given.get_one::<String>("withdraw");
        let said = super::block_on(async {
            let senders = senders(&data, world).await?;
            let said = match withdraw {
                Some(fingerprint) => withdrawn(&senders, fingerprint, world.lang).await,
                None => senders.certificates().await.map(|views| list(&views, world.lang)),
            };
            said.map_err(|error| error.trouble())
        })??;
        world.print(&said)?;
        Ok(Outcome::Fine)
    }
}

/// The desk of the senders over the ledger of `data`.
///
/// # Errors
/// When there is no ledger or it cannot be read.
pub(super) async fn senders(data: &Path, world: &World) -> Result<Senders, Trouble> {
    let settings = Settings::load(data)?.unwrap_or_default();
    let store = stores::existing_ledger(data, &settings).await?;
    Ok(Senders::new(store, Arc::clone(&world.clock), Arc::clone(&world.chance)))
}

async fn withdrawn(
    senders: &Senders,
    fingerprint: &str,
    lang: Lang,
) -> Result<String, sakimori_watch::SendersError> {
    let console = PersonId::from("console");
    let by = By { person: &console, name: "console" };
    let certificate = senders.withdraw_certificate(fingerprint, by).await?;
    let (name, digest) = (certificate.name, certificate.digest.short());
    Ok(match lang {
        Lang::Ja => format!(
            "{name} の証明書（{digest}）を失効させました。つながっている機器は数秒で切れ、次からも断ります\n"
        ),
        Lang::En => format!(
            "the certificate of {name} ({digest}) is withdrawn; a device connected with it is cut off within seconds and refused from then on\n"
        ),
    })
}

fn list(views: &[SenderCertificateView], lang: Lang) -> String {
    if views.is_empty() {
        return match lang {
            Lang::Ja => "証明書はまだありません\n".to_owned(),
            Lang::En => "there are no certificates yet\n".to_owned(),
        };
    }
    views.iter().map(|view| line(view, lang)).collect()
}

fn line(view: &SenderCertificateView, lang: Lang) -> String {
    let own = &view.certificate;
    let day =
        |at: Option<Instant>| at.map_or_else(|| "-".to_owned(), |at| jst_date(at).to_string());
    let seen = view.last_seen_at.map(|at| jst_datetime(at).strftime("%Y-%m-%d %H:%M").to_string());
    let (seen, ends) = (seen.unwrap_or_else(|| "-".to_owned()), day(own.ends_at));
    let (digest, name) = (own.digest.short(), &own.name);
    let state = match (own.withdrawn_at, lang) {
        (None, Lang::Ja) => "有効".to_owned(),
        (None, Lang::En) => "accepted".to_owned(),
        (Some(at), Lang::Ja) => format!("失効 {} {}", jst_date(at), own.withdrawn_by_name),
        (Some(at), Lang::En) => format!("withdrawn {} {}", jst_date(at), own.withdrawn_by_name),
    };
    match lang {
        Lang::Ja => format!("{digest}  {name}  期限 {ends}  最終接続 {seen}  {state}\n"),
        Lang::En => format!("{digest}  {name}  ends {ends}  last seen {seen}  {state}\n"),
    }
}
