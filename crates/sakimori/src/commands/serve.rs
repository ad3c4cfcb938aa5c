//! `sakimori serve`: one more process that answers browsers and other organisations for an office's hub.

use std::net::SocketAddr;

use clap::{Arg, ArgMatches, value_parser};
use sakimori_words::Trouble;

use super::{Command, Outcome, up};
use crate::node;
use crate::open_files;
use crate::world::World;

/// The command.
pub(super) struct Serve;

impl Command for Serve {
    fn name(&self) -> &'static str {
        "serve"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "行政のハブの画面と受付を、`up` のほかにもう一つのプロセスで受け持ちます（台帳が PostgreSQL のとき）",
            "answers for an office's hub in one more process beside `up` (with the ledger on PostgreSQL)",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command.arg(super::data_argument(world)).arg(
            Arg::new("listen")
                .long("listen")
                .value_name("ADDR:PORT")
                .default_value("127.0.0.1:8461")
                .value_parser(value_parser!(SocketAddr))
                .help(world.say([
                    "画面のアドレス（127.0.0.1 以外では TLS）",
                    "address of the screens (TLS on any but loopback)",
                ])),
        )
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        up::log_to_stderr();
        open_files::raise();
        let data = super::data_folder(given);
        let listen = given.get_one::<SocketAddr>("listen").copied();
        super::block_on(async {
            let listen = listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8461)));
            let running = node::start_answering(data.clone(), listen, world).await?;
            up::until_stopped(running, &data, world).await
        })??;
        Ok(Outcome::Fine)
    }
}
