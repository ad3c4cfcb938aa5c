//! `sakimori timestamp request|keep`: a time-stamping authority's word (RFC 3161) on the head of the log.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, value_parser};
use sakimori_lake::proof::REPLY_BYTES_MAX;
use sakimori_words::{Lang, Trouble};

use super::{Command, Outcome};
use crate::data_folder;
use crate::files;
use crate::node::stores;
use crate::settings::Settings;
use crate::stamps;
use crate::world::World;

/// The command.
pub(super) struct Timestamp;

impl Command for Timestamp {
    fn name(&self) -> &'static str {
        "timestamp"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "ログの先頭に、時刻認証局のタイムスタンプ（RFC 3161）を付けます",
            "has the head of the log time-stamped by an authority (RFC 3161)",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        let file = || Arg::new("file").value_parser(value_parser!(PathBuf)).value_name("FILE");
        let request = clap::Command::new("request")
            .about(world.say([
                "時刻認証局に送る要求を書き出します",
                "writes the request to be sent to an authority",
            ]))
            .arg(
                file()
                    .long("out")
                    .required(true)
                    .help(world.say(["書き出す先のファイル（.tsq）", "the file to write (.tsq)"])),
            )
            .arg(super::data_argument(world));
        let keep = clap::Command::new("keep")
            .about(world.say([
                "時刻認証局の回答を確かめて保管します",
                "checks an authority's reply and keeps it",
            ]))
            .arg(
                file()
                    .required(true)
                    .help(world.say(["回答のファイル（.tsr）", "the reply (.tsr)"])),
            )
            .arg(super::data_argument(world));
        command.subcommand_required(true).subcommand(request).subcommand(keep)
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let Some((name, given)) = given.subcommand() else { return Ok(Outcome::Fine) };
        let data = super::existing_data_folder(given)?;
        let file = given.get_one::<PathBuf>("file").cloned().unwrap_or_default();
        let said = match name {
            "request" => super::block_on(request(&data, &file, world))??,
            _ => super::block_on(keep(&data, &file, world))??,
        };
        world.note(&said);
        Ok(Outcome::Fine)
    }
}

async fn request(data: &Path, file: &Path, world: &World) -> Result<String, Trouble> {
    let settings = Settings::load(data)?.unwrap_or_default();
    let store = stores::existing_ledger(data, &settings).await?;
    let (chance, now) = (world.chance.as_ref(), world.clock.now());
    let catalogue = stores::catalogue(data, &settings)?;
    let bytes = stamps::request(&*catalogue, store.as_ref(), chance, now).await?;
    data_folder::replace_file(file, &bytes).map_err(|error| files::refused(file, &error))?;
    let path = file.display();
    Ok(match world.lang {
        Lang::Ja => format!(
            "{path} に書き出しました。時刻認証局に送り、回答を `sakimori timestamp keep` で保管してください"
        ),
        Lang::En => {
            format!(
                "written to {path}; send it to an authority and keep its reply with `sakimori timestamp keep`"
            )
        }
    })
}

async fn keep(data: &Path, file: &Path, world: &World) -> Result<String, Trouble> {
    let settings = Settings::load(data)?.unwrap_or_default();
    let store = stores::existing_ledger(data, &settings).await?;
    let reply = files::read_given(file, REPLY_BYTES_MAX as u64)?;
    let (stamp, head) = stamps::keep(data, store.as_ref(), &reply, world.clock.now()).await?;
    let (at, size) = (stamp.at, head.size);
    Ok(match world.lang {
        Lang::Ja => format!(
            "保管しました: {at} に {size} 件の先頭があったという回答です。\n\
             認証局の署名は、認証局の証明書で確かめてください: openssl ts -verify -data {size:020}.note -in {size:020}.tsr -CAfile 証明書\n\
             （ファイルは lake/timestamps にあります）"
        ),
        Lang::En => format!(
            "kept: the authority states that the head of {size} records was there at {at}\n\
             check its signature with its certificate: openssl ts -verify -data {size:020}.note -in {size:020}.tsr -CAfile CERTIFICATE\n\
             (the files are in lake/timestamps)"
        ),
    })
}
