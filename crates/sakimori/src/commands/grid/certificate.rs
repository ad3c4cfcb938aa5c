//! `sakimori grid certificate NAME`: what a machine shows to the others of the grid.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, value_parser};
use sakimori_ledger::Fact;
use sakimori_words::{Lang, Trouble, jst_date};
use serde_json::json;

use super::Outcome;
use crate::commands::{block_on, data_argument, existing_data_folder};
use crate::data_folder;
use crate::files;
use crate::keys::Keys;
use crate::node::stores;
use crate::settings::Settings;
use crate::tls::IssuedCertificate;
use crate::tls::grid::{FILES, issue_for_member};
use crate::troubles;
use crate::world::World;

/// Days a certificate is good for unless something else is asked: as long as the node's own.
const DAYS: &str = "397";

/// Longest name, in characters; a DNS label has no more.
const NAME_CHARS_MAX: usize = 64;

pub(super) fn grammar(world: &World) -> clap::Command {
    clap::Command::new("certificate")
        .about(world.say([
            "分散検索に加わるコンピューターの鍵と証明書を作ります（ノードで実行します）",
            "makes key and certificate of a machine of the grid (on the node)",
        ]))
        .arg(Arg::new("name").value_name("NAME").required(true).help(
            world.say([
                "コンピューターの名前（記録に残ります）",
                "the machine's name, for the record",
            ]),
        ))
        .arg(
            Arg::new("out")
                .long("out")
                .value_name("DIR")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help(world.say(["書き出す先の新しいフォルダ", "a new folder to write them to"])),
        )
        .arg(
            Arg::new("days")
                .long("days")
                .value_name("DAYS")
                .default_value(DAYS)
                .value_parser(value_parser!(u32).range(1..=3_650))
                .help(world.say(["有効な日数", "days it is good for"])),
        )
        .arg(data_argument(world))
}

pub(super) fn run(given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
    let data = existing_data_folder(given)?;
    let name = given.get_one::<String>("name").cloned().unwrap_or_default();
    let out = given.get_one::<PathBuf>("out").cloned().unwrap_or_default();
    let days = given.get_one::<u32>("days").copied().unwrap_or_default();
    check(&name, &out)?;
    let keys = Keys::open(&data)?;
    let made = issue_for_member(&keys, &name, days, world.clock.as_ref())?;
    block_on(record(&data, &name, &made, world))??;
    write(&out, &made)?;
    world.print(&said(&name, &out, &made, world.lang))?;
    Ok(Outcome::Fine)
}

fn check(name: &str, out: &Path) -> Result<(), Trouble> {
    let fits = name.chars().count() <= NAME_CHARS_MAX
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-_".contains(letter));
    if !fits {
        return Err(Trouble::new(&troubles::GRID_CERTIFICATE, format!("`{name}`")));
    }
    // A key that is overwritten would cut its machine off.
    if out.try_exists().unwrap_or(true) {
        let detail = format!("{} is there already", out.display());
        return Err(Trouble::new(&troubles::GRID_CERTIFICATE, detail));
    }
    Ok(())
}

fn write(out: &Path, made: &IssuedCertificate) -> Result<(), Trouble> {
    data_folder::make(out)?;
    let texts = [made.key_pem.as_str(), &made.certificate_pem, &made.authority_pem];
    for (file, text) in FILES.into_iter().zip(texts) {
        let path = out.join(file);
        data_folder::replace_file(&path, text.as_bytes())
            .map_err(|error| files::refused(&path, &error))?;
    }
    Ok(())
}

/// Writes into the journal that the certificate was made: whoever has it can read the whole log.
async fn record(
    data: &Path,
    name: &str,
    made: &IssuedCertificate,
    world: &World,
) -> Result<(), Trouble> {
    let settings = Settings::load(data)?.unwrap_or_default();
    let store = stores::existing_ledger(data, &settings).await?;
    let body = json!({ "name": name, "digest": made.digest, "ends_at": made.ends_at });
    let now = world.clock.now();
    let kept = match Fact::new("grid", "grid_certificate_issued", now, "console", &body) {
        Ok(fact) => store.commit(vec![fact]).await,
        Err(error) => Err(error),
    };
    kept.map(drop).map_err(|error| error.trouble())
}

fn said(name: &str, out: &Path, made: &IssuedCertificate, lang: Lang) -> String {
    let (out, ends) = (out.display(), jst_date(made.ends_at));
    match lang {
        Lang::Ja => format!(
            "{name} の鍵と証明書を {out} に作りました（{ends} まで）。\n\
             フォルダごと {name} に安全な方法で移し、こちらのものは消してください。これを持つ人は全ログを読めます\n"
        ),
        Lang::En => format!(
            "key and certificate of {name} are in {out} (until {ends})\n\
             take the folder to {name} by a safe way and delete it here: whoever has it can read the whole log\n"
        ),
    }
}
