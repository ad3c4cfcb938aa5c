//! `sakimori content check`: every problem of a content pack with file and line.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, value_parser};
use sakimori_content::{Content, Pack};
use sakimori_words::Trouble;

use super::{Command, Outcome};
use crate::world::World;

/// The command.
pub(super) struct CheckContent;

impl Command for CheckContent {
    fn name(&self) -> &'static str {
        "content"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "内容パック（連絡先・手順・様式・検知など）を点検します",
            "checks a content pack (contacts, playbooks, forms, detections)",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command.subcommand_required(true).subcommand(
            clap::Command::new("check")
                .about(world.say([
                    "問題をファイル名と行番号で示します",
                    "names every problem with file and line",
                ]))
                .arg(
                    Arg::new("folder").value_name("DIR").value_parser(value_parser!(PathBuf)).help(
                        world.say([
                            "内容パックのフォルダ（省くと内蔵のもの）",
                            "folder of the pack (default: the built-in one)",
                        ]),
                    ),
                ),
        )
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let folder = given.subcommand().and_then(|(_, given)| given.get_one::<PathBuf>("folder"));
        let problems = Content::check(&pack(folder.map(PathBuf::as_path))?);
        for problem in &problems {
            world.print(&format!("{problem}\n"))?;
        }
        world.note(&format!("{}: {}", world.say(["問題の数", "problems"]), problems.len()));
        Ok(if problems.is_empty() { Outcome::Fine } else { Outcome::Findings })
    }
}

fn pack(folder: Option<&Path>) -> Result<Pack, Trouble> {
    match folder {
        None => Ok(Pack::embedded()),
        Some(folder) => Pack::from_dir(folder).map_err(|error| error.trouble()),
    }
}
