//! `sakimori csaf`: the warnings this office released, as the files of a CSAF provider for its web server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, value_parser};
use sakimori_content::Content;
use sakimori_standards::csaf::{Document, Provider, Role, tree};
use sakimori_standards::tlp;
use sakimori_warn::{Warning, WarningDesk};
use sakimori_words::{Lang, Trouble};

use super::{Command, Outcome};
use crate::files;
use crate::node::stores;
use crate::settings::Settings;
use crate::world::World;

/// Warnings read from the desk at once.
const AT_ONCE: usize = 100;

/// The command.
pub(super) struct Csaf;

impl Command for Csaf {
    fn name(&self) -> &'static str {
        "csaf"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "発出した注意喚起を、CSAF の配布用ファイル一式として書き出します",
            "writes the released warnings as the files of a CSAF provider",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        let into = Arg::new("into")
            .long("into")
            .value_name("DIR")
            .required(true)
            .value_parser(value_parser!(PathBuf))
            .help(world.say(["書き出すフォルダ", "the folder to write to"]));
        let base =
            Arg::new("base").long("base").value_name("URL").required(true).help(world.say([
                "そのフォルダを公開するアドレス（例: https://csaf.pref.example.jp）",
                "the address the folder is published at, e.g. https://csaf.pref.example.jp",
            ]));
        let up_to = Arg::new("up-to")
            .long("up-to")
            .value_name("TLP")
            .default_value("clear")
            .value_parser(PossibleValuesParser::new(["clear", "green", "amber"]))
            .help(world.say([
                "書き出す共有範囲。clear より狭いフォルダは、読む人を確かめるサーバーにだけ置いてください",
                "the narrowest label written; folders other than white/ belong on a server that asks who reads",
            ]));
        command.args([into, base, up_to]).arg(super::data_argument(world))
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let text =
            |name: &str| given.get_one::<String>(name).map(String::as_str).unwrap_or_default();
        let into = given.get_one::<PathBuf>("into").cloned().unwrap_or_default();
        let up_to = tlp::of_word(text("up-to"));
        let (name, documents) = super::block_on(documents(given, world))??;
        let (told, kept): (Vec<_>, Vec<_>) =
            documents.into_iter().partition(|document| document.tlp <= up_to);
        let base = text("base").trim_end_matches('/').to_owned();
        let provider = Provider { name, namespace: base.clone(), base, role: Role::Provider };
        for file in tree(&provider, &told, world.clock.now()) {
            write(&into.join(&file.path), &file.bytes)?;
        }
        let (n_told, n_kept, at) = (told.len(), kept.len(), into.display());
        world.note(&match world.lang {
            Lang::Ja => format!("{n_told} 件を書き出しました（範囲外 {n_kept} 件）: {at}"),
            Lang::En => {
                format!("{n_told} written, {n_kept} for a narrower audience left out: {at}")
            }
        });
        Ok(Outcome::Fine)
    }
}

/// The office's name and its released warnings. Exercises are left out: nobody could tell them apart by a field.
async fn documents(given: &ArgMatches, world: &World) -> Result<(String, Vec<Document>), Trouble> {
    let data = super::existing_data_folder(given)?;
    let settings = Settings::load(&data)?.unwrap_or_default();
    let store = stores::existing_ledger(&data, &settings).await?;
    let post = Arc::new(stores::existing_post(&data, &settings, &store, world).await?);
    let name = post.me().name;
    let content = Arc::new(Content::embedded().map_err(|error| error.trouble())?);
    let (clock, chance) = (Arc::clone(&world.clock), Arc::clone(&world.chance));
    let desk = WarningDesk::new(store, post, content, clock, chance);
    let mut documents = Vec::new();
    let mut before = None;
    loop {
        let some = desk.issued(before.as_ref(), AT_ONCE).await.map_err(|error| error.trouble())?;
        let Some(last) = some.last().map(|issued| issued.key.id.clone()) else { break };
        for issued in some {
            let warnings: Vec<Warning> =
                issued.releases.into_iter().map(|release| release.warning).collect();
            let exercise = warnings.last().is_some_and(|warning| warning.content.exercise);
            documents.extend(sakimori_web::advisory(&warnings, &name).filter(|_| !exercise));
        }
        before = Some(last);
    }
    Ok((name, documents))
}

/// Readable by a web server, unlike what lies in the data folder.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    let written = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    written.and_then(|()| std::fs::write(path, bytes)).map_err(|error| files::refused(path, &error))
}
