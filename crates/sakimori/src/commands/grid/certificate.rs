//! `sakimori grid certificate NAME`: what a machine shows to the others of the grid.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, value_parser};
use sakimori_words::{Lang, Trouble, jst_date};
use serde_json::json;

use super::Outcome;
use crate::commands::{block_on, data_argument, existing_data_folder, handed_out};
use crate::data_folder;
use crate::keys::Keys;
use crate::tls::IssuedCertificate;
use crate::tls::grid::{FILES, issue_for_member};
use crate::troubles;
use crate::world::World;

/// Days a certificate is good for unless something else is asked: as long as the node's own.
const DAYS: &str = "397";

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
        .arg(handed_out::days_argument(DAYS, world))
        .arg(data_argument(world))
}

pub(super) fn run(given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
    let data = existing_data_folder(given)?;
    let name = given.get_one::<String>("name").cloned().unwrap_or_default();
    let out = given.get_one::<PathBuf>("out").cloned().unwrap_or_default();
    check(&name, &out)?;
    let keys = Keys::open(&data)?;
    let made = issue_for_member(&keys, &name, handed_out::days(given), world.clock.as_ref())?;
    block_on(record(&data, &name, &made, world))??;
    write(&out, &made)?;
    world.print(&said(&name, &out, &made, world.lang))?;
    Ok(Outcome::Fine)
}

fn check(name: &str, out: &Path) -> Result<(), Trouble> {
    if !handed_out::is_name(name) {
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
    let [key, certificate, authority] = FILES.map(|name| out.join(name));
    handed_out::write(made, [&key, &certificate, &authority])
}

/// Writes into the journal that the certificate was made: whoever has it can read the whole log.
async fn record(
    data: &Path,
    name: &str,
    made: &IssuedCertificate,
    world: &World,
) -> Result<(), Trouble> {
    let body = json!({ "name": name, "digest": made.digest, "ends_at": made.ends_at });
    handed_out::record(data, ("grid", "grid_certificate_issued"), &body, world).await
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
