//! `sakimori evidence acquire | verify | export | guide`: taking evidence, checking it again, and giving it out.

mod acquire;
mod check;
mod logs;
mod proof;
mod words;

use std::path::PathBuf;

use clap::{Arg, ArgGroup, ArgMatches, value_parser};
use sakimori_words::Trouble;

use super::{Command, Outcome};
use crate::world::World;

/// The command.
pub(super) struct Evidence;

impl Command for Evidence {
    fn name(&self) -> &'static str {
        "evidence"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "証拠（ディスク・フォルダ・メモリ・ログ）を取得し、確かめ、書き出します",
            "takes evidence (disks, folders, memory, logs), checks it, and gives it out",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command
            .subcommand_required(true)
            .subcommand(acquire::grammar(world))
            .subcommand(verify(world))
            .subcommand(export(world))
            .subcommand(guide(world))
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        match given.subcommand() {
            Some(("acquire", given)) => acquire::run(given, world),
            Some(("verify", given)) => check::verify(&path(given, "folder"), world),
            Some(("export", given)) => match given.get_one::<PathBuf>("raw") {
                Some(raw) => check::export(&path(given, "what"), raw, world),
                None => proof::run(given, world),
            },
            Some(("guide", _)) => {
                world.print(sakimori_evidence::memory_guide(world.lang))?;
                Ok(Outcome::Fine)
            }
            _ => Ok(Outcome::Fine),
        }
    }
}

fn verify(world: &World) -> clap::Command {
    clap::Command::new("verify")
        .about(world.say([
            "取得した証拠をすべて読み直し、取得したときのままかを確かめます",
            "reads evidence again and proves that it is as it was taken",
        ]))
        .arg(folder_argument("folder", world))
}

fn export(world: &World) -> clap::Command {
    clap::Command::new("export")
        .about(world.say([
            "ログの証明つきファイル（SEQ --out）か、取得した証拠の元のデータ（FOLDER --raw）を書き出します",
            "writes log events with their proofs (SEQ --out), or the raw bytes of evidence (FOLDER --raw)",
        ]))
        .arg(Arg::new("what").value_name("SEQ|FOLDER").required(true).help(world.say([
            "ログの番号（seq。例: 120 / 120,125 / 120-140）か、証拠のフォルダ",
            "numbers (seq) of events, e.g. 120 or 120,125 or 120-140; or a folder of evidence",
        ])))
        .arg(
            Arg::new("out")
                .long("out")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help(world.say(["証明つきログの書き出し先", "the file for events and proofs"])),
        )
        .arg(
            Arg::new("raw")
                .long("raw")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help(world.say([
                    "元のデータの書き出し先（- で標準出力。フォルダやトリアージは tar になります）",
                    "the file for the raw bytes, - for standard output; folders and triage come as tar",
                ])),
        )
        .group(ArgGroup::new("target").args(["out", "raw"]).required(true))
        .arg(super::data_argument(world))
}

fn guide(world: &World) -> clap::Command {
    let memory = clap::Command::new("memory").about(world.say(["メモリの取得", "taking memory"]));
    clap::Command::new("guide")
        .about(world.say(["手順を表示します", "shows the steps"]))
        .subcommand_required(true)
        .subcommand(memory)
}

fn folder_argument(name: &'static str, world: &World) -> Arg {
    Arg::new(name)
        .value_name("FOLDER")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help(world.say(["証拠のフォルダ", "the folder of evidence"]))
}

/// The path given as `name`; one given as text counts.
fn path(given: &ArgMatches, name: &str) -> PathBuf {
    if let Ok(Some(path)) = given.try_get_one::<PathBuf>(name) {
        return path.clone();
    }
    given.try_get_one::<String>(name).ok().flatten().map(PathBuf::from).unwrap_or_default()
}

/// The text given as `name`, or nothing.
fn text(given: &ArgMatches, name: &str) -> String {
    given.get_one::<String>(name).cloned().unwrap_or_default()
}
