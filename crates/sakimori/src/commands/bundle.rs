//! `sakimori bundle write|read`: the post of an organisation without a line, carried on a medium.
//!
//! The file holds what waits for one neighbour, signed like everything that travels by wire. What was written still waits until
//! the neighbour has said, by wire or by a bundle of its own, how far it has read; reading a file twice does no harm.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, value_parser};
use sakimori_federation::{Neighbour, Post};
use sakimori_words::{Lang, OrganisationId, Trouble};

use super::{Command, Outcome};
use crate::data_folder;
use crate::files;
use crate::node::stores;
use crate::settings::Settings;
use crate::troubles;
use crate::world::World;

/// Longest bundle that is read, in bytes: far above what [`Post::write_bundle`] makes, far below this machine's memory.
const BUNDLE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The command.
pub(super) struct Bundle;

impl Command for Bundle {
    fn name(&self) -> &'static str {
        "bundle"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "通信できない連携先との受け渡しを、USB などのファイルで行います",
            "carries messages to and from an organisation without a line, on a medium",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        let file = || {
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help(world.say(["ファイル", "the file"]))
        };
        let write = clap::Command::new("write")
            .about(world.say([
                "相手に届いていないものを書き出します",
                "writes everything that waits for a neighbour",
            ]))
            .arg(file())
            .arg(Arg::new("to").long("to").value_name("NAME").help(world.say([
                "相手の名前または ID（連携先が一つなら省けます）",
                "the neighbour's name or id (may be left out when there is only one)",
            ])))
            .arg(super::data_argument(world));
        let read = clap::Command::new("read")
            .about(world.say([
                "相手が書き出したファイルを受け取ります",
                "takes in a file that a neighbour wrote",
            ]))
            .arg(file())
            .arg(super::data_argument(world));
        command.subcommand_required(true).subcommand(write).subcommand(read)
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let Some((name, given)) = given.subcommand() else { return Ok(Outcome::Fine) };
        let data = super::existing_data_folder(given)?;
        let file = given.get_one::<PathBuf>("file").cloned().unwrap_or_default();
        let said = super::block_on(async {
            let settings = Settings::load(&data)?.unwrap_or_default();
            let store = stores::existing_ledger(&data, &settings).await?;
            let post = stores::existing_post(&data, &settings, &store, world).await?;
            match name {
                "write" => {
                    let to = given.get_one::<String>("to").map(String::as_str);
                    write(&post, to, &file, world.lang).await
                }
                _ => read(&post, &file, world.lang).await,
            }
        })??;
        world.note(&said);
        Ok(Outcome::Fine)
    }
}

async fn write(post: &Post, to: Option<&str>, file: &Path, lang: Lang) -> Result<String, Trouble> {
    let neighbours = post.neighbours().await.map_err(|error| error.trouble())?;
    let neighbour = chosen(&neighbours, to)?;
    let bytes = post.write_bundle(neighbour.id()).await.map_err(|error| error.trouble())?;
    data_folder::replace_file(file, &bytes).map_err(|error| files::refused(file, &error))?;
    let (path, name) = (file.display(), &neighbour.organisation.name);
    Ok(match lang {
        Lang::Ja => format!(
            "{path} に書き出しました（{name} あて）。相手の機器で `sakimori bundle read` を実行してください"
        ),
        Lang::En => {
            format!("written to {path}, for {name}; run `sakimori bundle read` on their machine")
        }
    })
}

/// The neighbour meant: by id, by name, or the only one.
fn chosen<'a>(neighbours: &'a [Neighbour], to: Option<&str>) -> Result<&'a Neighbour, Trouble> {
    let known = || {
        let names =
            neighbours.iter().map(|one| format!("{} ({})", one.organisation.name, one.id()));
        names.collect::<Vec<_>>().join(", ")
    };
    let mut meant = neighbours.iter().filter(|one| match to {
        Some(word) => *one.id() == OrganisationId::from(word) || one.organisation.name == word,
        None => true,
    });
    match (meant.next(), meant.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Trouble::new(&troubles::NEIGHBOUR, format!("--to; {}", known()))),
        (Some(_), Some(_)) => {
            Err(Trouble::new(&troubles::NEIGHBOUR, format!("--to ambiguous; {}", known())))
        }
    }
}

async fn read(post: &Post, file: &Path, lang: Lang) -> Result<String, Trouble> {
    let length = std::fs::metadata(file).map_err(|error| files::refused(file, &error))?.len();
    if length > BUNDLE_BYTES_MAX {
        let detail = format!("{}: {length} bytes, more than any bundle", file.display());
        return Err(Trouble::new(&troubles::FILE, detail));
    }
    let bytes = std::fs::read(file).map_err(|error| files::refused(file, &error))?;
    let taken = post.read_bundle(&bytes).await.map_err(|error| error.trouble())?;
    let (n_received, n_refused) = (taken.n_received, taken.n_refused);
    let mut said = match lang {
        Lang::Ja => {
            format!("新しく受け取ったもの: {n_received} 件、受け取れなかったもの: {n_refused} 件")
        }
        Lang::En => format!("taken in: {n_received} new, {n_refused} refused"),
    };
    if taken.more {
        said.push_str(match lang {
            Lang::Ja => "\n相手にはまだ続きがあります。こちらで `bundle write` したファイルを相手に渡すと、次が書き出されます",
            Lang::En => "\nthe sender has more waiting: give it a bundle of yours, and its next one goes on from there",
        });
    }
    Ok(said)
}
