//! `sakimori retro`: rules or indicators that are known only today over the kept log, also while `up` runs.
//!
//! Nothing is kept: hits are printed. The screen of the same name keeps runs and makes findings of hits.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, value_parser};
use sakimori_standards::stix;
use sakimori_watch::retro::{Found, Hit, Indicator, IndicatorList, LookBack, RetroError, Sought};
use sakimori_watch::{Detector, filter};
use sakimori_words::{EvidenceRef, Instant, Lang, Tlp, Trouble, new_uuid7};
use serde_json::json;

use super::{Command, Outcome};
use crate::node::stores;
use crate::retro::{BEGIN, END, Pass, Position, Span, Step, needles_of};
use crate::rules;
use crate::world::World;
use crate::{data_folder, files, troubles};

/// Most hits that are printed; one is an indicator or rule on one machine.
const HITS_MAX: usize = 100_000;

/// Longest list of indicators, in bytes.
const LIST_BYTES_MAX: u64 = 64 << 20;

/// Event numbers of a hit in the table.
const NUMBERS_SHOWN: usize = 3;

/// How often the progress is drawn.
const DRAW_EVERY: std::time::Duration = std::time::Duration::from_millis(250);

/// The command.
pub(super) struct Retro;

impl Command for Retro {
    fn name(&self) -> &'static str {
        "retro"
    }

    fn about(&self) -> [&'static str; 2] {
        [
            "新しいルールや攻撃の痕跡（IPアドレス・ドメイン・ハッシュ値など）で、保存済みのログをさかのぼって調べます",
            "looks back over the kept logs with new rules or indicators (addresses, domains, hashes …)",
        ]
    }

    fn grammar(&self, command: clap::Command, world: &World) -> clap::Command {
        command
            .arg(super::data_argument(world))
            .arg(
                Arg::new("rules")
                    .long("rules")
                    .value_name("DIR|ZIP|FILE")
                    .action(ArgAction::Append)
                    .value_parser(value_parser!(PathBuf))
                    .help(world.say([
                        "Sigma ルールのフォルダ・zip・ファイル",
                        "a folder, zip or file of Sigma rules",
                    ])),
            )
            .arg(
                Arg::new("indicators")
                    .long("indicators")
                    .value_name("FILE|DIR|-")
                    .value_parser(value_parser!(PathBuf))
                    .help(world.say([
                        "STIX・MISP のファイル、そのフォルダ、または痕跡の一覧。一覧は1行に1つ、または CSV の1列目（IPアドレス・CIDR・ドメイン・URL・ハッシュ値・ファイル名・メールアドレス。198.51.100[.]7 や hxxps:// も可）",
                        "a STIX or MISP file, a folder of them, or a list of indicators: one a line or the first column of a CSV (addresses, CIDR, domains, URLs, hashes, file names, mail addresses; 198.51.100[.]7 and hxxps:// are understood)",
                    ])),
            )
            .arg(
                Arg::new("sightings")
                    .long("sightings")
                    .value_name("FILE")
                    .requires("indicators")
                    .value_parser(value_parser!(PathBuf))
                    .help(world.say([
                        "見つかった回数を STIX のファイルに書き出します（日単位で、機関や機器の名前は含みません）",
                        "writes how often they were seen as STIX sightings: by day, naming no organisation and no machine",
                    ])),
            )
            .group(ArgGroup::new("sought").args(["rules", "indicators"]).required(true))
            .arg(time_argument("since", world.say(["この日時以降（例: 2026-01-01）", "from this time on, e.g. 2026-01-01"])))
            .arg(time_argument("until", world.say(["この日時まで（日付だけならその日の終わりまで）", "up to this time; a date means to its end"])))
            .arg(super::format_argument(&["table", "jsonl"], world))
    }

    fn run(&self, given: &ArgMatches, world: &World) -> Result<Outcome, Trouble> {
        super::up::log_to_stderr();
        let data = super::existing_data_folder(given)?;
        let sought = sought(given, &data, world)?;
        let (from, until) = (moment(given, "since", BEGIN)?, moment(given, "until", END)?);
        let list = match &sought {
            Sought::Indicators(list, _) => Some(list.clone()),
            Sought::Rules(_) => None,
        };
        let (found, told) = super::block_on(look_back(&data, sought, from, until, world))??;
        let text = match given.get_one::<String>("format").map(String::as_str) {
            Some("jsonl") => json_lines(&found)?,
            _ => table(&found, world.lang),
        };
        world.print(&text)?;
        if let (Some(path), Some(list)) = (given.get_one::<PathBuf>("sightings"), list) {
            write_sightings(path, &found, &list, world)?;
        }
        summarise(&found, &told, world);
        // "Nothing found" is never said of a log that could not be read.
        let fine = found.hits.is_empty() && told.unreadable == 0;
        Ok(if fine { Outcome::Fine } else { Outcome::Findings })
    }
}

/// The label of what was seen here is the widest that does not leave the community: who shares it further decides that then.
fn write_sightings(
    path: &Path,
    found: &Found,
    list: &[Indicator],
    world: &World,
) -> Result<(), Trouble> {
    let now = world.clock.now();
    let id = new_uuid7(now, world.chance.as_ref());
    let bundle = stix::sightings(&id, &found.sightings(list), Tlp::Green, now);
    let text = format!("{bundle:#}\n");
    data_folder::replace_file(path, text.as_bytes())
        .map_err(|error| files::refused(path, &error))?;
    let said = world.say(["見つかった回数を書き出しました", "sightings are written to"]);
    world.note(&format!("{said}: {}", path.display()));
    Ok(())
}

/// What the numbers below the hits say.
struct Told {
    passed: u64,
    total: u64,
    unreadable: u64,
    up_to_seq: u64,
    head: Option<String>,
    partial: bool,
}

fn time_argument(name: &'static str, help: &str) -> Arg {
    Arg::new(name).long(name).value_name("TIME").help(help.to_owned())
}

fn moment(given: &ArgMatches, name: &str, otherwise: Instant) -> Result<Instant, Trouble> {
    let Some(typed) = given.get_one::<String>(name) else { return Ok(otherwise) };
    // Until a day is until its end.
    let moments = filter::typed_moments(typed);
    let own = moments.map(|(first, after)| if name == "until" { after } else { first });
    own.ok_or_else(|| RetroError::Moment { typed: typed.clone() }.trouble())
}

fn sought(given: &ArgMatches, data: &Path, world: &World) -> Result<Sought, Trouble> {
    if let Some(path) = given.get_one::<PathBuf>("indicators") {
        return indicators(path, world);
    }
    let detector = Detector::with_lists(&super::given_rules(given)?, &rules::lists_of_node(data)?);
    let report = detector.report();
    super::note_refused(report, world);
    let not_applicable: usize = report.not_applicable.iter().map(|(_, n)| n).sum();
    world.note(&match world.lang {
        Lang::Ja => format!(
            "ルール {}（対象外 {not_applicable}、不正 {}）",
            report.loaded,
            report.refused.len()
        ),
        Lang::En => format!(
            "{} rules ({not_applicable} not applicable, {} refused)",
            report.loaded,
            report.refused.len()
        ),
    });
    Ok(Sought::Rules(Box::new(detector)))
}

fn indicators(path: &Path, world: &World) -> Result<Sought, Trouble> {
    if path.is_dir() {
        return indicators_in(path, world);
    }
    let refused = |error: std::io::Error| files::refused(path, &error);
    let bytes = if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        let input = std::io::stdin().lock();
        input.take(LIST_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(refused)?;
        bytes
    } else {
        files::read_given(path, LIST_BYTES_MAX)?
    };
    if bytes.len() as u64 > LIST_BYTES_MAX {
        let why = format!("more than {} MiB", LIST_BYTES_MAX >> 20);
        return Err(refused(std::io::Error::other(why)));
    }
    tell_sought(IndicatorList::read(&String::from_utf8_lossy(&bytes)), world)
}

/// Every STIX, MISP or list file directly in a folder, e.g. one that `sakimori taxii pull` filled.
fn indicators_in(folder: &Path, world: &World) -> Result<Sought, Trouble> {
    let found = files::files_below(folder, &[]);
    if let Some((path, error)) = found.unreadable.first() {
        return Err(files::refused(path, error));
    }
    let mut list = IndicatorList::default();
    let is_list =
        |path: &&PathBuf| path.extension().is_some_and(|end| end == "json" || end == "txt");
    for path in found.files.iter().filter(is_list) {
        let bytes = files::read_given(path, LIST_BYTES_MAX)?;
        list.join(IndicatorList::read(&String::from_utf8_lossy(&bytes)));
    }
    tell_sought(list, world)
}

fn tell_sought(list: IndicatorList, world: &World) -> Result<Sought, Trouble> {
    tell_list(&list, world);
    if list.indicators.is_empty() {
        return Err(RetroError::NoIndicators.trouble());
    }
    Sought::indicators(list.indicators).map_err(|error| RetroError::from(error).trouble())
}

/// Every line that was not understood is named: it may be the one that mattered.
fn tell_list(list: &IndicatorList, world: &World) {
    for line in &list.not_understood {
        let label = world.say(["痕跡として読めない行", "line not understood"]);
        world.note(&format!("{label}: {}: {}", line.line, line.text));
    }
    world.note(&match world.lang {
        Lang::Ja => format!(
            "痕跡 {}（読めない行 {}、上限を超えた分 {}）",
            list.indicators.len(),
            list.n_not_understood,
            list.left_out
        ),
        Lang::En => format!(
            "{} indicators ({} lines not understood, {} beyond the limit)",
            list.indicators.len(),
            list.n_not_understood,
            list.left_out
        ),
    });
}

async fn look_back(
    data: &Path,
    sought: Sought,
    from: Instant,
    until: Instant,
    world: &World,
) -> Result<(Found, Told), Trouble> {
    let reader = stores::lake_reader(data)?;
    let up_to_seq = reader.last_seq().await.map_err(|error| error.trouble())?;
    let head = reader.checkpoint().await.map_err(|error| error.trouble())?;
    let span = Span { after_seq: 0, up_to_seq, from, until };
    let needles = needles_of(&sought);
    let back = LookBack::new(sought, HITS_MAX, world.clock.now());
    let mut pass = Pass::new(reader, span, &needles, back, Position::default(), false);
    let total = pass.left().await.map_err(|error| error.trouble())?;
    let gauge = pass.gauge();
    let bar = world.progress(total, world.say(["さかのぼって調査中", "looking back"]));
    let drawn = {
        let (bar, gauge) = (bar.clone(), pass.gauge());
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(DRAW_EVERY).await;
                let reached = Instant::from_micros(gauge.reached.load(Ordering::Relaxed));
                bar.set_position(gauge.passed.load(Ordering::Relaxed));
                bar.set_message(sakimori_words::jst_date(reached).to_string());
            }
        })
    };
    let stop = super::up::stop_signal();
    let stopping = tokio::spawn(async move {
        stop.await;
        gauge.stop.store(true, Ordering::Relaxed);
    });
    let ended = loop {
        match pass.step().await {
            Ok(Step::More) => {}
            other => break other,
        }
    };
    drawn.abort();
    stopping.abort();
    bar.finish_and_clear();
    let ended = ended.map_err(|error| error.trouble())?;
    let told = Told {
        passed: pass.gauge().passed.load(Ordering::Relaxed).min(total),
        total,
        unreadable: pass.position.unreadable,
        up_to_seq,
        head,
        partial: ended == Step::Stopped,
    };
    Ok((pass.with_back(|back| back.found()), told))
}

/// One line a hit, those with the first event first.
fn table(found: &Found, lang: Lang) -> String {
    let mut hits: Vec<&Hit> = found.hits.iter().collect();
    hits.sort_by_key(|hit| hit.first_at);
    let mut text = String::new();
    for hit in hits {
        let numbers = numbers(hit);
        let shown: Vec<String> =
            numbers.iter().take(NUMBERS_SHOWN).map(|seq| format!("#{seq}")).collect();
        let more = if hit.count > shown.len() as u64 { " …" } else { "" };
        let line = format!(
            "{} – {}  {:<13} {}  {}: {}  {}: {}  {} ({}{more})",
            hit.first_at,
            hit.last_at,
            hit.finding.level.as_str(),
            hit.finding.title.get(lang),
            match lang {
                Lang::Ja => "機器",
                Lang::En => "host",
            },
            or_dash(&hit.finding.host),
            match lang {
                Lang::Ja => "利用者",
                Lang::En => "accounts",
            },
            or_dash(&hit.users.join(" ")),
            match lang {
                Lang::Ja => format!("{}件", hit.count),
                Lang::En => format!("{} events", hit.count),
            },
            shown.join(" "),
        );
        // What a device wrote must not steer the terminal.
        let _ = writeln!(text, "{}", line.replace(char::is_control, " "));
    }
    text
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

fn numbers(hit: &Hit) -> Vec<u64> {
    let seq = |evidence: &EvidenceRef| match evidence {
        EvidenceRef::Event { seq, .. } => Some(*seq),
        EvidenceRef::File { .. } | EvidenceRef::Journal { .. } => None,
    };
    hit.finding.evidence.iter().filter_map(seq).collect()
}

fn json_lines(found: &Found) -> Result<String, Trouble> {
    let mut text = String::new();
    for hit in &found.hits {
        let finding = &hit.finding;
        let object = json!({
            "rule_id": finding.rule_id, "title": finding.title, "level": finding.level,
            "first_at": hit.first_at.rfc3339(), "last_at": hit.last_at.rfc3339(), "host": finding.host, "users": hit.users,
            "source": finding.source, "count": hit.count, "summary": finding.summary, "evidence": finding.evidence,
        });
        let line = serde_json::to_string(&object);
        text.push_str(&line.map_err(|error| Trouble::because(&troubles::OUTPUT, &error))?);
        text.push('\n');
    }
    Ok(text)
}

/// What was covered, beside the hits: "nothing found" is an answer only with what it was found in.
fn summarise(found: &Found, told: &Told, world: &World) {
    if told.partial {
        world.note(world.say([
            "途中で止めました。ここまでの分だけの結果です。",
            "Stopped before the end: this is only part of the answer.",
        ]));
    }
    world.note(&match world.lang {
        Lang::Ja => format!(
            "イベント {} / {}（読めなかった分 {}）、該当 {}（機器ごとに数える）、表示しきれない分 {}。ログの番号 {} まで",
            told.passed, told.total, told.unreadable, found.hits.len(), found.left_out, told.up_to_seq
        ),
        Lang::En => format!(
            "{} of {} events ({} not readable), {} hits (counted by machine), {} events beyond the limit; log up to number {}",
            told.passed, told.total, told.unreadable, found.hits.len(), found.left_out, told.up_to_seq
        ),
    });
    let head = told.head.iter().flat_map(|note| note.lines().nth(2));
    for root in head {
        world.note(&format!(
            "{}: {root}",
            world.say(["調べたログの先頭ハッシュ", "head of the sealed log"])
        ));
    }
}
