//! `sakimori completions SHELL`: completions made from the same grammar as the help.

use clap::{Arg, ArgMatches, builder::EnumValueParser};
use clap_complete::Shell;
use sakimori_words::Trouble;

use super::{Command, Outcome};
use crate::cli;
use crate::world::World;

/// The command.
pub(super) struct Completions;

impl Command for Completions {
    fn name(&self) -> &'static str {
        "completions"
    }

    fn about(&self) -> [&'static str; 2] {
        ["シェルの補完スクリプトを出力します", "prints a completion script for a shell"]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command.arg(
            Arg::new("shell")
                .value_name("SHELL")
                .required(true)
                .value_parser(EnumValueParser::<Shell>::new())
                .help(world.say(["シェルの名前", "name of the shell"])),
        )
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let mut script = Vec::new();
        if let Some(shell) = given.get_one::<Shell>("shell") {
            clap_complete::generate(*shell, &mut cli::grammar(world), "sakimori", &mut script);
        }
        world.print(&String::from_utf8_lossy(&script))?;
        Ok(Outcome::Fine)
    }
}
