//! `sakimori grid`: the processes that search a large log on many machines, and what joins the machines.
//!
//! Executors read the segments with keys of their own environment; nothing of them travels with a search.

mod certificate;
#[cfg_attr(not(feature = "grid"), path = "absent.rs")]
mod processes;
mod tunnel;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, value_parser};
use sakimori_words::Trouble;

use super::{Command, Outcome};
use crate::world::World;

/// Where a scheduler listens unless told otherwise.
const SCHEDULER: &str = "127.0.0.1:50050";

/// The command.
pub(super) struct RunGrid;

impl Command for RunGrid {
    fn name(&self) -> &'static str {
        "grid"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "大量のログを複数のコンピューターで検索するプロセスを動かします",
            "runs the processes that search a large log on many machines",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command
            .subcommand_required(true)
            .after_help(world.say([
                "ポートは 127.0.0.1 だけで開きます。コンピューターの間は `grid tunnel` でつないでください（docs/grid.md）。\n\
                 ノードの設定: sakimori.toml の [grid] scheduler = \"127.0.0.1:50050\"",
                "Ports open on 127.0.0.1 only; join machines with `grid tunnel` (docs/grid.md).\n\
                 On the node: [grid] scheduler = \"127.0.0.1:50050\" in sakimori.toml",
            ]))
            .subcommand(scheduler(world))
            .subcommand(executor(world))
            .subcommand(certificate::grammar(world))
            .subcommand(tunnel::grammar(world))
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        match given.subcommand() {
            Some(("scheduler", given)) => processes::schedule(address(given, "listen"), world),
            Some(("executor", given)) => processes::execute(given, world),
            Some(("certificate", given)) => certificate::run(given, world),
            Some(("tunnel", given)) => tunnel::run(given, world),
            _ => Ok(Outcome::Fine),
        }
    }
}

fn scheduler(world: &World) -> clap::Command {
    clap::Command::new("scheduler")
        .about(world.say([
            "検索を分けて配ります（1つだけ動かします。ログは読みません）",
            "divides searches and hands them out (one of them; it reads no logs)",
        ]))
        .arg(listen(world).default_value(SCHEDULER))
}

fn executor(world: &World) -> clap::Command {
    clap::Command::new("executor")
        .about(world.say([
            "分けられた検索を実行します（いくつでも動かせます。次の番号のポートも使います）",
            "runs the parts of searches (any number of them); it listens on the next port as well",
        ]))
        .arg(listen(world).required(true))
        .arg(
            Arg::new("scheduler")
                .long("scheduler")
                .value_name("ADDR:PORT")
                .default_value(SCHEDULER)
                .value_parser(value_parser!(SocketAddr))
                .help(world.say(["スケジューラーのアドレス", "where the scheduler is"])),
        )
        .arg(
            Arg::new("seen-at")
                .long("seen-at")
                .value_name("ADDR")
                .value_parser(value_parser!(std::net::IpAddr))
                .help(world.say([
                    "ほかのコンピューターから見えるアドレス（127.… のみ。番号は同じ）。指定しなければ --listen と同じ",
                    "the address under which the other machines see it (127.… only, same ports); that of --listen by default",
                ])),
        )
        .arg(super::data_argument(world).conflicts_with("segments").help(world.say([
            "ノードのデータフォルダ（設定にある保存先からログを読みます）",
            "the node's data folder: logs are read from where its settings say",
        ])))
        .arg(Arg::new("segments").long("segments").value_name("ADDRESS").help(world.say([
            "封印済みログの保存先（s3://バケット/接頭辞 または共有フォルダ）。鍵は環境変数 AWS_… から読みます",
            "where the sealed logs are: s3://bucket/prefix or a shared folder; keys come from AWS_… in the environment",
        ])))
        .arg(
            Arg::new("work")
                .long("work")
                .value_name("DIR")
                .value_parser(value_parser!(PathBuf))
                .help(world.say([
                    "途中の結果を置くフォルダ（伏せていない記録が一時的に入ります）",
                    "folder for parts of answers, which are not masked",
                ])),
        )
}

fn listen(world: &World) -> Arg {
    Arg::new("listen")
        .long("listen")
        .value_name("ADDR:PORT")
        .value_parser(value_parser!(SocketAddr))
        .help(
            world.say(["待ち受けるアドレス（127.0.0.1 のみ）", "where to listen (127.0.0.1 only)"]),
        )
}

fn address(given: &ArgMatches, name: &str) -> SocketAddr {
    given.get_one::<SocketAddr>(name).copied().unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)))
}
