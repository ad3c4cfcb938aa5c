//! The command line: one declaration per command, projected to help in both languages, completions and dispatch.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction};
use sakimori_words::Trouble;

use crate::commands::{COMMANDS, Outcome};
use crate::troubles;
use crate::world::World;

/// Parses `arguments` and runs the command. Exit codes: 0 fine, 1 findings or checks that fail, 2 wrong use, 3 trouble.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>, world: &World) -> ExitCode {
    let given = match grammar(world).try_get_matches_from(arguments) {
        Ok(given) => given,
        Err(error) => return refuse(&error, world),
    };
    let Some((name, given)) = given.subcommand() else { return ExitCode::from(2) };
    let Some(command) = COMMANDS.iter().find(|command| command.name() == name) else {
        return ExitCode::from(2);
    };
    match command.run(given, world) {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Err(trouble) => {
            world.note(&trouble.render(world.lang));
            ExitCode::from(if trouble.kind.code == troubles::WRONG_USE.code { 2 } else { 3 })
        }
    }
}

/// The whole grammar in the language of `world`; also what completions are made from.
pub(crate) fn grammar(world: &World) -> clap::Command {
    let mut grammar = clap::Command::new("sakimori")
        .version(env!("CARGO_PKG_VERSION"))
        .about(world.say([
            "防人（さきもり）: 医療機関のサイバー防御。病院ではノード、行政ではハブとして動きます",
            "Sakimori: cyber defence for hospitals; a node in the hospital, a hub in the office",
        ]))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .after_help(world.say([
            "終了コード: 0 正常、1 検知あり・点検不合格、2 使い方の誤り、3 障害\n\
             言語: SAKIMORI_LANG=ja|en",
            "Exit codes: 0 fine, 1 findings or failed checks, 2 wrong use, 3 trouble\n\
             Language: SAKIMORI_LANG=ja|en",
        ]));
    for command in COMMANDS {
        let [ja, en] = command.about();
        let sub = clap::Command::new(command.name()).about(world.say([ja, en]));
        grammar = grammar.subcommand(command.grammar(sub, world));
    }
    translate(grammar, world)
}

/// Puts clap's own headings and flags into the language of `world`, on every level.
fn translate(command: clap::Command, world: &World) -> clap::Command {
    let usage = world.say(["使い方", "Usage"]);
    let options = world.say(["オプション", "Options"]);
    let template =
        format!("{{about-with-newline}}\n{usage}: {{usage}}\n\n{{all-args}}{{after-help}}");
    let names: Vec<String> =
        command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let mut command = command
        .help_template(template)
        .subcommand_help_heading(world.say(["コマンド", "Commands"]))
        .subcommand_value_name(world.say(["コマンド", "COMMAND"]))
        .disable_help_flag(true)
        .disable_version_flag(true)
        .mut_args(|argument| {
            let heading =
                if argument.is_positional() { world.say(["引数", "Arguments"]) } else { options };
            argument.help_heading(heading.to_owned())
        })
        .arg(
            Arg::new("help")
                .short('h')
                .long("help")
                .action(ArgAction::Help)
                .help(world.say(["使い方を表示します", "shows this help"]))
                .help_heading(options.to_owned()),
        );
    if command.get_version().is_some() {
        command = command.arg(
            Arg::new("version")
                .long("version")
                .action(ArgAction::Version)
                .help(world.say(["版を表示します", "shows the version"]))
                .help_heading(options.to_owned()),
        );
    }
    for name in names {
        command = command.mut_subcommand(name, |sub| translate(sub, world));
    }
    command
}

fn refuse(error: &clap::Error, world: &World) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            match world.print(&error.render().to_string()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::from(3),
            }
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            world.note(&error.render().to_string());
            ExitCode::from(2)
        }
        _ => {
            let detail = error.render().to_string();
            let detail = detail.trim_start_matches("error: ").trim_end();
            world.note(&Trouble::new(&troubles::WRONG_USE, detail).render(world.lang));
            ExitCode::from(2)
        }
    }
}
