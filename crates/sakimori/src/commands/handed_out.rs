//! What the commands that make certificates have in common: names, how long one is good for, and writing its files.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, value_parser};
use sakimori_ledger::Fact;
use sakimori_words::Trouble;
use serde_json::Value;

use crate::data_folder;
use crate::files;
use crate::keys::Keys;
use crate::node::stores;
use crate::settings::Settings;
use crate::tls::IssuedCertificate;
use crate::troubles;
use crate::world::World;

/// Longest name, in characters; a DNS label has no more.
const NAME_CHARS_MAX: usize = 64;

/// Whether a machine or device can be called so: in a certificate, as a DNS name and as a file.
pub(super) fn is_name(name: &str) -> bool {
    name.chars().count() <= NAME_CHARS_MAX
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-_".contains(letter))
}

/// `--out FOLDER`, where [`write`] puts what was made.
pub(super) fn out_argument(world: &World) -> Arg {
    Arg::new("out")
        .long("out")
        .value_name("FOLDER")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help(world.say([
            "鍵・証明書・認証局を書き出すフォルダ",
            "folder for the key, the certificate and the authority",
        ]))
}

/// The folder given with [`out_argument`].
pub(super) fn out(given: &ArgMatches) -> PathBuf {
    given.get_one::<PathBuf>("out").cloned().unwrap_or_default()
}

/// The keys of a folder in which the house's own authority is. Issuing must not make one: a lost one would be replaced unnoticed.
///
/// # Errors
/// SK-NODE-014 when it is not there, or the keys cannot be used.
pub(super) fn keys_with_authority(data: &Path) -> Result<Keys, Trouble> {
    let authority = data.join("keys").join("ca.pem");
    if !authority.try_exists().unwrap_or(true) {
        return Err(Trouble::new(&troubles::MISSING, authority.display().to_string()));
    }
    Keys::open(data)
}

/// `--days DAYS`.
pub(super) fn days_argument(usual: &'static str, world: &World) -> Arg {
    Arg::new("days")
        .long("days")
        .value_name("DAYS")
        .default_value(usual)
        .value_parser(value_parser!(u32).range(1..=3_650))
        .help(world.say(["有効な日数", "days it is good for"]))
}

/// The days given with [`days_argument`].
pub(super) fn days(given: &ArgMatches) -> u32 {
    given.get_one::<u32>("days").copied().unwrap_or_default()
}

/// Writes the key, the certificate and the authority.
///
/// # Errors
/// When one of the files cannot be written.
pub(super) fn write(made: &IssuedCertificate, to: [&Path; 3]) -> Result<(), Trouble> {
    let texts = [made.key_pem.as_str(), &made.certificate_pem, &made.authority_pem];
    for (path, text) in to.into_iter().zip(texts) {
        data_folder::replace_file(path, text.as_bytes())
            .map_err(|error| files::refused(path, &error))?;
    }
    Ok(())
}

/// Writes into the journal that a certificate was made: what nobody knows of opens no door.
///
/// # Errors
/// When the ledger is not there or cannot be written.
pub(super) async fn record(
    data: &Path,
    (stream, kind): (&str, &str),
    body: &Value,
    world: &World,
) -> Result<(), Trouble> {
    let settings = Settings::load(data)?.unwrap_or_default();
    let store = stores::existing_ledger(data, &settings).await?;
    let kept = match Fact::new(stream, kind, world.clock.now(), "console", body) {
        Ok(fact) => store.commit(vec![fact]).await,
        Err(error) => Err(error),
    };
    kept.map(drop).map_err(|error| error.trouble())
}
