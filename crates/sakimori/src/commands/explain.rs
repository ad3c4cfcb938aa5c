//! `sakimori explain CODE`: what a trouble code means, what to do now, whom to call, and the clause behind it.

use clap::{Arg, ArgMatches};
use sakimori_words::{Retry, Trouble, TroubleKind};

use super::{Command, Outcome};
use crate::troubles;
use crate::world::World;

/// The command.
pub(super) struct Explain;

impl Command for Explain {
    fn name(&self) -> &'static str {
        "explain"
    }

    fn about(&self) -> [&'static str; 2] {
        ["エラーコード SK-… の意味と対処を説明します", "explains an error code SK-… and what to do"]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command.arg(Arg::new("code").value_name("CODE").help(world.say([
            "エラーコード。省くとすべてのコードを一覧します",
            "the code; without one, all codes are listed",
        ])))
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let text = match given.get_one::<String>("code") {
            None => troubles::all()
                .map(|kind| format!("{}  {}\n", kind.code, kind.what(world.lang)))
                .collect(),
            Some(code) => explanation(find(code)?, world),
        };
        world.print(&text)?;
        Ok(Outcome::Fine)
    }
}

fn find(code: &str) -> Result<&'static TroubleKind, Trouble> {
    let wanted = code.trim().to_ascii_uppercase();
    troubles::all()
        .find(|kind| kind.code == wanted)
        .ok_or_else(|| Trouble::new(&troubles::NO_SUCH_CODE, wanted))
}

fn explanation(kind: &TroubleKind, world: &World) -> String {
    let retry = match kind.retry {
        Retry::No => world.say([
            "同じことを繰り返しても直りません。先に対処してください",
            "trying again will not help; act first",
        ]),
        Retry::Later => world.say([
            "時間をおいて再試行すると直ることがあります",
            "it may pass; try again after a while",
        ]),
    };
    let rows = [
        (world.say(["何が起きたか", "What happened"]), kind.what(world.lang)),
        (world.say(["いますぐ", "Now"]), kind.now(world.lang)),
        (world.say(["連絡先", "Call"]), kind.call(world.lang)),
        (world.say(["再試行", "Retry"]), retry),
        (world.say(["根拠", "Clause"]), kind.clause),
    ];
    let rows = rows.iter().filter(|(_, value)| !value.is_empty());
    let rows: String = rows.map(|(label, value)| format!("  {label}: {value}\n")).collect();
    format!("{}\n{rows}", kind.code)
}
