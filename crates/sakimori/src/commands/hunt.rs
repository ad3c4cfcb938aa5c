//! `sakimori hunt PATH…`: the rules over log files, without a server and without keeping anything.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use sakimori_content::Content;
use sakimori_watch::hunt::{self, Format, HuntFile, HuntReport};
use sakimori_watch::sources::{CsvMap, Limits};
use sakimori_watch::{Behaviour, Detector, RuleText};
use sakimori_words::{Lang, Trouble};

use super::{Command, Outcome};
use crate::world::World;
use crate::{csv_maps, files, rules, troubles};

/// The command.
pub(super) struct Hunt;

impl Command for Hunt {
    fn name(&self) -> &'static str {
        "hunt"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "ログファイル（EVTX・JSON・CSV・syslog・zip）を調べ、見つかった事象を時系列で示します",
            "examines log files (EVTX, JSON, CSV, syslog, zip) and prints a timeline of findings",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command
            .arg(super::files_argument(
                "PATH",
                [
                    "ファイルまたはフォルダ（中もすべて調べます）",
                    "files, or folders with all they hold",
                ],
                world,
            ))
            .arg(
                Arg::new("rules")
                    .long("rules")
                    .value_name("DIR|ZIP")
                    .action(ArgAction::Append)
                    .value_parser(value_parser!(PathBuf))
                    .help(world.say([
                        "Sigma ルールのフォルダまたは zip を加えます（SigmaHQ など）",
                        "adds a folder or zip of Sigma rules, e.g. SigmaHQ's",
                    ])),
            )
            .arg(
                Arg::new("no-builtin-rules")
                    .long("no-builtin-rules")
                    .action(ArgAction::SetTrue)
                    .help(world.say(["内蔵ルールを使いません", "leaves the built-in rules out"])),
            )
            .arg(
                Arg::new("csv-maps")
                    .long("csv-maps")
                    .value_name("DIR")
                    .value_parser(value_parser!(PathBuf))
                    .help(world.say([
                        "CSV の列対応表（*.toml）のフォルダを加えます",
                        "adds a folder of column maps (*.toml) for CSV files",
                    ])),
            )
            .arg(
                Arg::new("behaviour").long("behaviour").action(ArgAction::SetTrue).help(world.say([
                    "はじめの2週間の記録から「ふだん」を覚え、その後の外れた動きも示します（4週間以上の記録に）",
                    "learns from the first two weeks what is usual and tells what is not in the rest (for four weeks of logs or more)",
                ])),
            )
            .arg(super::format_argument(&["table", "csv", "jsonl", "html"], world))
            .arg(
                Arg::new("output")
                    .long("output")
                    .value_name("FILE")
                    .value_parser(value_parser!(PathBuf))
                    .help(world.say([
                        "結果を書くファイル（省くと標準出力）",
                        "where to write (default: standard output)",
                    ])),
            )
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        let mut detector = Detector::new(&rule_texts(given)?);
        let maps = csv_maps(given, world)?;
        let files = files(given)?;
        let bar = world
            .progress(u64::try_from(files.len()).unwrap_or(0), world.say(["調査中", "hunting"]));
        let mut files = files.into_iter();
        let mut behaviour = given.get_flag("behaviour").then(Behaviour::new);
        let report = hunt::hunt_with(
            &mut files,
            &mut detector,
            behaviour.as_mut(),
            &Limits::STANDARD,
            &maps,
            world.clock.now(),
            &mut |progress| {
                bar.set_position(u64::try_from(progress.files_done).unwrap_or(0));
            },
        );
        bar.finish_and_clear();
        write(&report, given, world)?;
        summarise(&report, world);
        outcome(&report, world.lang)
    }
}

fn rule_texts(given: &ArgMatches) -> Result<Vec<RuleText>, Trouble> {
    let mut texts = Vec::new();
    if !given.get_flag("no-builtin-rules") {
        let content = Content::embedded().map_err(|error| error.trouble())?;
        texts.extend(rules::built_in(&content));
    }
    for path in given.get_many::<PathBuf>("rules").into_iter().flatten() {
        texts.extend(rules::from_path(path)?);
    }
    Ok(texts)
}

/// What the columns of CSV files mean. A map that cannot be used is named and the others hold.
fn csv_maps(given: &ArgMatches, world: &World) -> Result<Vec<CsvMap>, Trouble> {
    let content = Content::embedded().map_err(|error| error.trouble())?;
    let folder = given.get_one::<PathBuf>("csv-maps");
    if let Some(folder) = folder {
        std::fs::metadata(folder).map_err(|error| files::refused(folder, &error))?;
    }
    let loaded = csv_maps::load(&content, folder.map(PathBuf::as_path));
    for (_, trouble) in &loaded.refused {
        world.note(&trouble.render(world.lang));
    }
    Ok(loaded.maps)
}

/// "Nothing found" is never said of files of which nothing could be read.
fn outcome(report: &HuntReport, lang: Lang) -> Result<Outcome, Trouble> {
    if !report.findings.is_empty() {
        return Ok(Outcome::Findings);
    }
    if report.files > 0 && report.failed == report.files {
        let first = report.unreadable.first().map(|part| part.say(lang)).unwrap_or_default();
        return Err(Trouble::new(&troubles::FILE, first));
    }
    Ok(Outcome::Fine)
}

/// The files to look through, folders opened up. A folder that cannot be is among them, to be named in the report.
fn files(given: &ArgMatches) -> Result<Vec<HuntFile>, Trouble> {
    let mut files = Vec::new();
    for path in super::given_files(given) {
        let kind = std::fs::metadata(path).map_err(|error| files::refused(path, &error))?;
        if kind.is_dir() {
            let below = files::files_below(path, &[]);
            files.extend(below.files.into_iter().map(hunt_file));
            files.extend(below.unreadable.into_iter().map(|(path, error)| HuntFile {
                name: path.display().to_string(),
                written_at: None,
                open: Box::new(move || Err(error)),
            }));
        } else {
            files.push(hunt_file(path.clone()));
        }
    }
    Ok(files)
}

fn hunt_file(path: PathBuf) -> HuntFile {
    let name = path.display().to_string();
    let written_at = std::fs::metadata(&path).ok().and_then(|meta| files::written_at(&meta));
    HuntFile {
        name,
        written_at,
        open: Box::new(move || Ok(Box::new(BufReader::new(File::open(path)?)))),
    }
}

fn write(report: &HuntReport, given: &ArgMatches, world: &World) -> Result<(), Trouble> {
    let format = match given.get_one::<String>("format").map(String::as_str) {
        Some("csv") => Format::Csv,
        Some("jsonl") => Format::Jsonl,
        Some("html") => Format::Html,
        _ => Format::Table,
    };
    match given.get_one::<PathBuf>("output") {
        None => {
            let mut text = Vec::new();
            hunt::write(report, format, world.lang, &mut text)
                .map_err(|error| Trouble::because(&troubles::OUTPUT, &error))?;
            world.print(&String::from_utf8_lossy(&text))
        }
        Some(path) => File::create(path)
            .map(std::io::BufWriter::new)
            .and_then(|mut file| {
                hunt::write(report, format, world.lang, &mut file)?;
                file.flush()
            })
            .map_err(|error| files::refused(path, &error)),
    }
}

/// The numbers behind the timeline, beside it, so that "nothing found" is never mistaken for "nothing read".
fn summarise(report: &HuntReport, world: &World) {
    let rules = &report.rules;
    world.note(&match world.lang {
        Lang::Ja => format!(
            "ファイル {}、イベント {}（読めない形式 {}）、ルール {}（対象外 {}、不正 {}）、検知 {}",
            report.files,
            report.events,
            report.not_understood,
            rules.loaded,
            rules.not_applicable.iter().map(|(_, n)| n).sum::<usize>(),
            rules.refused.len(),
            report.findings.len()
        ),
        Lang::En => format!(
            "{} files, {} events ({} not understood), {} rules ({} not applicable, {} refused), {} findings",
            report.files,
            report.events,
            report.not_understood,
            rules.loaded,
            rules.not_applicable.iter().map(|(_, n)| n).sum::<usize>(),
            rules.refused.len(),
            report.findings.len()
        ),
    });
    for (name, number) in hunt::left_out(report, world.lang) {
        world.note(&format!("{name}: {number}"));
    }
    for (file, why) in &rules.refused {
        world.note(&format!("{}: {file}: {why}", world.say(["使えないルール", "rule refused"])));
    }
    for (id, file, by) in &rules.replaced {
        let label = world.say(["置き換えたルール", "rule replaced"]);
        world.note(&format!("{label}: {id}: {file} -> {by}"));
    }
    for part in &report.unreadable {
        world.note(&format!(
            "{}: {}",
            world.say(["読めない部分", "unreadable"]),
            part.say(world.lang)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_found_is_fine_only_when_something_was_read() {
        let report = |files, failed| HuntReport { files, failed, ..HuntReport::default() };
        assert!(matches!(outcome(&report(2, 1), Lang::En), Ok(Outcome::Fine)));
        assert!(matches!(outcome(&report(0, 0), Lang::En), Ok(Outcome::Fine)), "an empty folder");
        assert!(outcome(&report(2, 2), Lang::En).is_err());
    }
}
