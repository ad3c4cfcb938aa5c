//! `sakimori grid tunnel`: joins this machine to the others of the grid.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use sakimori_words::Trouble;

use super::Outcome;
use crate::commands::{block_on, up};
use crate::tls::grid::MemberTls;
use crate::tunnel::{Tunnel, Way};
use crate::world::World;

pub(super) fn grammar(world: &World) -> clap::Command {
    clap::Command::new("tunnel")
        .about(world.say([
            "コンピューターの間を暗号化してつなぎます（互いに証明書を確かめます）",
            "joins machines over TLS on which both sides show a certificate",
        ]))
        .arg(
            Arg::new("member")
                .long("member")
                .value_name("DIR")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help(world.say([
                    "このコンピューターの鍵と証明書のフォルダ（`grid certificate` で作ります）",
                    "folder of this machine's key and certificate, as `grid certificate` makes it",
                ])),
        )
        .arg(ways(
            "in",
            "NETWORK=LOCAL",
            world.say([
                "ほかのコンピューターから受け、このコンピューターのプロセスにつなぎます",
                "takes what other machines send and carries it to a process of this one",
            ]),
        ))
        .arg(ways(
            "out",
            "LOCAL=NETWORK",
            world.say([
                "このコンピューターのプロセスから受け、ほかのコンピューターの入口につなぎます",
                "takes what processes of this machine send and carries it to the way in of another",
            ]),
        ))
        .group(clap::ArgGroup::new("ways").args(["in", "out"]).multiple(true).required(true))
}

fn ways(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).action(ArgAction::Append).help(help)
}

pub(super) fn run(given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
    up::log_to_stderr();
    let texts = |name| given.get_many::<String>(name).unwrap_or_default();
    let inwards = texts("in").map(|text| Way::inwards(text));
    let outwards = texts("out").map(|text| Way::outwards(text));
    let ways: Vec<Way> = inwards.chain(outwards).collect::<Result<_, _>>()?;
    let folder = given.get_one::<PathBuf>("member").cloned().unwrap_or_default();
    let member = MemberTls::open(&folder)?;
    block_on(async {
        let tunnel = Tunnel::open(member, ways).await?;
        world.note(world.say(["トンネルを開きました", "the tunnel is open"]));
        tunnel.carry().await;
        Ok(Outcome::Fine)
    })?
}
