//! One file per command; `COMMANDS` is the list that help, completions and dispatch are made from.

mod access_review;
mod bundle;
mod completions;
mod content;
mod csaf;
mod doctor;
mod evidence;
mod explain;
mod grid;
mod handed_out;
mod hunt;
mod mail;
mod mail_dkim;
mod maintenance;
mod portability;
mod proxy_certificate;
mod register;
mod retro;
mod rules;
mod search;
mod sender_certificate;
mod sender_certificates;
mod serve;
mod taxii;
mod timestamp;
pub(crate) mod up;
mod up_mail;
mod verify;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, value_parser};
use sakimori_watch::{RuleLists, RuleText, RulesReport};
use sakimori_words::Trouble;

use crate::troubles;
use crate::world::World;

/// How a command that did its work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing to report.
    Fine,
    /// Findings, or checks that fail.
    Findings,
}

/// A command: its name, its one-line purpose in Japanese and English, its arguments, and what it does.
pub(crate) trait Command: Sync {
    /// The word on the command line.
    fn name(&self) -> &'static str;

    /// Purpose in one line: Japanese, English.
    fn about(&self) -> [&'static str; 2];

    /// Adds the arguments, with help in the language of `world`.
    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command;

    /// Does it.
    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble>;
}

/// All commands in the order of the help.
pub(crate) static COMMANDS: &[&dyn Command] = &[
    &up::Up,
    &serve::Serve,
    &hunt::Hunt,
    &mail::Mail,
    &maintenance::Maintenance,
    &search::Search,
    &retro::Retro,
    &access_review::AccessReview,
    &verify::Verify,
    &evidence::Evidence,
    &timestamp::Timestamp,
    &doctor::Doctor,
    &sender_certificate::IssueSenderCertificate,
    &sender_certificates::SenderCertificates,
    &proxy_certificate::IssueProxyCertificate,
    &rules::Rules,
    &bundle::Bundle,
    &taxii::Taxii,
    &csaf::Csaf,
    &content::CheckContent,
    &grid::RunGrid,
    &register::TheRegister,
    &portability::Export,
    &portability::Import,
    &explain::Explain,
    &completions::Completions,
];

/// `--format`, the first of `formats` by default.
fn format_argument(formats: &'static [&'static str], world: &World) -> Arg {
    Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(PossibleValuesParser::new(formats))
        .default_value(formats.first().copied().unwrap_or_default())
        .help(world.say(["出力の形式", "how to write the result"]))
}

/// `--data DIR`, the folder of a node or hub.
fn data_argument(world: &World) -> Arg {
    Arg::new("data")
        .long("data")
        .value_name("DIR")
        .default_value("sakimori-data")
        .value_parser(value_parser!(PathBuf))
        .help(world.say(["データフォルダ", "the data folder"]))
}

/// `FILE…`: one or more files to read.
fn files_argument(value_name: &'static str, help: [&'static str; 2], world: &World) -> Arg {
    Arg::new("files")
        .value_name(value_name)
        .required(true)
        .num_args(1..)
        .value_parser(value_parser!(PathBuf))
        .help(world.say(help))
}

/// The files given with [`files_argument`].
fn given_files(given: &ArgMatches) -> impl Iterator<Item = &PathBuf> {
    given.get_many::<PathBuf>("files").into_iter().flatten()
}

/// The rules in the folders, zips and files that an argument `rules` gives, in their order.
///
/// # Errors
/// SK-NODE-007 when one of them cannot be read.
fn given_rules(given: &ArgMatches) -> Result<Vec<RuleText>, Trouble> {
    let mut texts = Vec::new();
    for path in given.get_many::<PathBuf>("rules").into_iter().flatten() {
        texts.extend(crate::rules::from_path(path)?);
    }
    Ok(texts)
}

/// `--lists FILE`, for commands that look with rules.
fn lists_argument(world: &World) -> Arg {
    Arg::new("lists").long("lists").value_name("FILE").value_parser(value_parser!(PathBuf)).help(
        world.say([
            "ルールの %名前% に入れる自院の端末・ネットワーク・アカウントの一覧（TOML）",
            "lists of your own machines, networks and accounts for the %names% in rules (TOML)",
        ]),
    )
}

/// The lists given with [`lists_argument`].
///
/// # Errors
/// SK-NODE-007 when the file cannot be read, SK-WATCH-093 when something in it is wrong.
fn given_lists(given: &ArgMatches) -> Result<RuleLists, Trouble> {
    let path = given.get_one::<PathBuf>("lists");
    path.map_or_else(|| Ok(RuleLists::default()), |path| crate::rules::lists(path))
}

/// Names every rule that cannot be used, beside the result.
fn note_refused(report: &RulesReport, world: &World) {
    for (file, why) in &report.refused {
        world.note(&format!("{}: {file}: {why}", world.say(["使えないルール", "rule refused"])));
    }
    for (list, file, title) in &report.waiting {
        let label = world.say(["一覧を待つルール", "rule that waits for a list"]);
        world.note(&format!("{label}: %{list}%: {file}: {title}"));
    }
}

/// The folder given with [`data_argument`].
fn data_folder(given: &ArgMatches) -> PathBuf {
    given.get_one::<PathBuf>("data").cloned().unwrap_or_default()
}

/// The folder given with [`data_argument`], which must be there: reading commands never make one.
fn existing_data_folder(given: &ArgMatches) -> Result<PathBuf, Trouble> {
    let data = data_folder(given);
    if data.is_dir() {
        return Ok(data);
    }
    Err(Trouble::new(&troubles::DATA_FOLDER, format!("{}: no such folder", data.display())))
}

/// Runs `work` to its end.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Trouble> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Trouble::because(&troubles::DATA_FOLDER, &error))?;
    Ok(runtime.block_on(work))
}
