//! `sakimori doctor`: checks of the machine and the installation, for people and for scripts.

use clap::{Arg, ArgAction, ArgMatches};
use sakimori_words::Trouble;

use super::{Command, Outcome};
use crate::doctor::{self, Verdict};
use crate::troubles;
use crate::world::World;

/// The command.
pub(super) struct Doctor;

impl Command for Doctor {
    fn name(&self) -> &'static str {
        "doctor"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "時計・ディスク・ポート・証明書・保存・ログ送信元・ハブを点検します",
            "checks clock, disk, ports, certificate, stores, log sources and hub",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command.arg(super::data_argument(world)).arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help(world.say(["結果を JSON で出力します", "prints the result as JSON"])),
        )
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let data = super::existing_data_folder(given)?;
        let checks = super::block_on(doctor::examine(&data, world))??;
        let text = if given.get_flag("json") {
            let json = serde_json::to_string_pretty(&checks);
            json.map_err(|error| Trouble::because(&troubles::OUTPUT, &error))? + "\n"
        } else {
            doctor::render(&checks, world.lang)
        };
        world.print(&text)?;
        let worst = checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Ok);
        Ok(if worst == Verdict::Fail { Outcome::Findings } else { Outcome::Fine })
    }
}
