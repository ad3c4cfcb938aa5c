//! `sakimori taxii …`: reading other people's servers into a folder, and what this organisation's own server has and whom it serves.

mod own;
mod remote;

use std::path::PathBuf;

use clap::{Arg, ArgMatches, value_parser};
use sakimori_words::Trouble;

use super::{Command, Outcome};
use crate::world::World;

/// The command.
pub(super) struct Taxii;

impl Command for Taxii {
    fn name(&self) -> &'static str {
        "taxii"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "TAXII 2.1 で脅威情報を読み取り、また公開します",
            "reads threat intelligence over TAXII 2.1, and publishes it",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command
            .subcommand_required(true)
            .subcommand(remote::collections_grammar(world))
            .subcommand(remote::pull_grammar(world))
            .subcommand(own::publish_grammar(world))
            .subcommand(own::accounts_grammar(world))
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        super::up::log_to_stderr();
        match given.subcommand() {
            Some(("collections", given)) => super::block_on(remote::collections(given, world))?,
            Some(("pull", given)) => super::block_on(remote::pull(given, world))?,
            Some(("publish", given)) => super::block_on(own::publish(given, world))?,
            Some((_, given)) => super::block_on(own::accounts(given, world))?,
            None => Ok(Outcome::Fine),
        }
    }
}

fn file_argument(name: &'static str, value: &'static str, help: &str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name(value)
        .value_parser(value_parser!(PathBuf))
        .help(help.to_owned())
}
