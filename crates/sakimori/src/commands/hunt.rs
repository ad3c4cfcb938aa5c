//! `sakimori hunt PATH…`: the rules over log files, without a server and without keeping anything.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::rc::Rc;

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use sakimori_content::Content;
use sakimori_watch::hunt::{self, Format, HuntFile, HuntReport, Progress};
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
            .arg(super::lists_argument(world))
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
            .arg(super::format_argument(&["table", "csv", "jsonl", "html", "layer"], world).help(
                world.say([
                    "出力の形式（layer は ATT&CK Navigator 用）",
                    "how to write the result (layer: for the ATT&CK Navigator)",
                ]),
            ))
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
        let mut detector = Detector::with_lists(&rule_texts(given)?, &super::given_lists(given)?);
        let maps = csv_maps(given, world)?;
        let (files, way) = files(given)?;
        let bar = world.progress_bytes(way.n_bytes(), world.say(["調査中", "hunting"]));
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
                bar.set_position(way.gone(progress.files_done));
                bar.set_message(told(&progress, world.lang));
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
    texts.extend(super::given_rules(given)?);
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

fn told(progress: &Progress<'_>, lang: Lang) -> String {
    match lang {
        Lang::Ja => format!("調査中（記録 {}、検知 {}）", progress.events, progress.findings),
        Lang::En => {
            format!("hunting ({} events, {} findings)", progress.events, progress.findings)
        }
    }
}

/// The files to look through, folders opened up, and how long the way through them is. A folder that cannot be opened is
/// among them, to be named in the report.
fn files(given: &ArgMatches) -> Result<(Vec<HuntFile>, Way), Trouble> {
    let mut files = Vec::new();
    let mut way = Way::default();
    for path in super::given_files(given) {
        let kind = std::fs::metadata(path).map_err(|error| files::refused(path, &error))?;
        if kind.is_dir() {
            let below = files::files_below(path, &[]);
            files.extend(below.files.into_iter().map(|path| hunt_file(path, &mut way)));
            for (path, error) in below.unreadable {
                way.ends.push(way.n_bytes());
                files.push(HuntFile {
                    name: path.display().to_string(),
                    written_at: None,
                    open: Box::new(move || Err(error)),
                });
            }
        } else {
            files.push(hunt_file(path.clone(), &mut way));
        }
    }
    Ok((files, way))
}

fn hunt_file(path: PathBuf, way: &mut Way) -> HuntFile {
    let name = path.display().to_string();
    let meta = std::fs::metadata(&path).ok();
    let written_at = meta.as_ref().and_then(files::written_at);
    way.ends.push(way.n_bytes() + meta.map_or(0, |meta| meta.len()));
    let read = Rc::clone(&way.read);
    HuntFile {
        name,
        written_at,
        open: Box::new(move || {
            read.set(0);
            Ok(Box::new(BufReader::new(Counted { file: File::open(path)?, read })))
        }),
    }
}

/// How far the hunt is, in bytes: a single file may be as long as a folder of a thousand.
#[derive(Default)]
struct Way {
    /// Bytes up to the end of each file.
    ends: Vec<u64>,
    /// Bytes read of the file that is open.
    read: Rc<Cell<u64>>,
}

impl Way {
    fn n_bytes(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// How many bytes lie behind, when so many files were finished. What was read twice of a file counts once.
    fn gone(&self, files_done: usize) -> u64 {
        let start = files_done.checked_sub(1).and_then(|last| self.ends.get(last)).copied();
        let end = self.ends.get(files_done).copied().unwrap_or_else(|| self.n_bytes());
        start.unwrap_or(0).saturating_add(self.read.get()).min(end)
    }
}

/// A file whose read bytes are counted.
struct Counted {
    file: File,
    read: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n_bytes = self.file.read(buffer)?;
        self.read.set(self.read.get().saturating_add(n_bytes as u64));
        Ok(n_bytes)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to)
    }
}

fn write(report: &HuntReport, given: &ArgMatches, world: &World) -> Result<(), Trouble> {
    let format = match given.get_one::<String>("format").map(String::as_str) {
        Some("csv") => Format::Csv,
        Some("jsonl") => Format::Jsonl,
        Some("html") => Format::Html,
        Some("layer") => Format::Layer,
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
    super::note_refused(rules, world);
    for list in &rules.lists_unused {
        let label = world.say(["どのルールも求めない一覧", "list that no rule asks for"]);
        world.note(&format!("{label}: {list}"));
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
    fn the_way_through_the_files_is_counted_in_bytes_and_each_byte_once() {
        let way = Way { ends: vec![10, 10, 110], read: Rc::new(Cell::new(4)) };
        assert_eq!((way.gone(0), way.n_bytes()), (4, 110));
        way.read.set(500);
        assert_eq!((way.gone(0), way.gone(1), way.gone(2)), (10, 10, 110));
        way.read.set(60);
        assert_eq!((way.gone(2), way.gone(3)), (70, 110));
    }

    #[test]
    fn nothing_found_is_fine_only_when_something_was_read() {
        let report = |files, failed| HuntReport { files, failed, ..HuntReport::default() };
        assert!(matches!(outcome(&report(2, 1), Lang::En), Ok(Outcome::Fine)));
        assert!(matches!(outcome(&report(0, 0), Lang::En), Ok(Outcome::Fine)), "an empty folder");
        assert!(outcome(&report(2, 2), Lang::En).is_err());
    }
}
