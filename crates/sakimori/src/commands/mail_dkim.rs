//! `sakimori mail dkim`: makes the keys that sign an office's mail, and prints the DNS records to publish.

use clap::{Arg, ArgMatches};
use sakimori_mail::DnsRecord;
use sakimori_words::Trouble;

use super::Outcome;
use crate::node::mailing::dkim_keys;
use crate::settings::Settings;
use crate::troubles;
use crate::world::World;

/// Bytes of one string of a TXT record (RFC 1035 3.3.14).
const STRING_BYTES_MAX: usize = 255;

/// Its arguments.
pub(super) fn grammar(world: &World) -> clap::Command {
    let text = |name: &'static str, value: &'static str, help: [&'static str; 2]| {
        Arg::new(name).long(name).value_name(value).help(world.say(help))
    };
    clap::Command::new("dkim")
        .about(world.say([
            "メールの署名鍵を（なければ）作り、DNS に公開する TXT レコードを示します。何も送りません",
            "makes the keys that sign mail, once, and prints the TXT records to publish; sends nothing",
        ]))
        .arg(super::data_argument(world))
        .arg(text("domain", "DOMAIN", ["差出人のドメイン（既定は設定の mail.from）", "the sender's domain (default: of mail.from)"]))
        .arg(text("selector", "NAME", ["レコードの名前（既定は設定の mail.selector）", "what the records are named by (default: mail.selector)"]))
}

/// Prints the records.
///
/// # Errors
/// When no domain is known, or the keys cannot be made or read.
pub(super) fn run(given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
    let data = super::existing_data_folder(given)?;
    let mail = Settings::load(&data)?.unwrap_or_default().mail;
    let word = |name: &str| given.get_one::<String>(name).map(String::as_str);
    let Some(domain) = word("domain").or_else(|| mail.domain()) else {
        return Err(Trouble::new(&troubles::SETTINGS, "mail.from, --domain"));
    };
    let selector = word("selector").unwrap_or(&mail.selector);
    let keys = dkim_keys(&data, selector, world.chance.as_ref())?;
    let records = keys.records(domain).map_err(|error| error.trouble())?;
    let lines: Vec<String> = records.iter().map(zone_line).collect();
    world.print(&lines.concat())?;
    Ok(Outcome::Fine)
}

/// A record as zone files have it: long values in several strings.
fn zone_line(record: &DnsRecord) -> String {
    let bytes = record.value.as_bytes().chunks(STRING_BYTES_MAX);
    let strings: Vec<String> =
        bytes.map(|part| format!("\"{}\"", String::from_utf8_lossy(part))).collect();
    format!("{}. IN TXT ( {} )\n", record.name, strings.join(" "))
}
