//! What the commands that make certificates have in common: names, how long one is good for, and writing its files.

use std::path::Path;

use clap::{Arg, ArgMatches, value_parser};
use sakimori_words::Trouble;

use crate::data_folder;
use crate::files;
use crate::tls::IssuedCertificate;
use crate::world::World;

/// Longest name, in characters; a DNS label has no more.
const NAME_CHARS_MAX: usize = 64;

/// Whether a machine or device can be called so: in a certificate, as a DNS name and as a file.
pub(super) fn is_name(name: &str) -> bool {
    name.chars().count() <= NAME_CHARS_MAX
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-_".contains(letter))
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
