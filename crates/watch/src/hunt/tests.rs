use std::io::Cursor;

use sakimori_words::{Instant, Lang, Level};

use super::{Format, HuntFile, HuntReport, hunt, hunt_with, write};
use crate::sources::Limits;
use crate::{Advice, Behaviour, Detector, RuleText};

const RULE: &str = "
title: Failed logon from outside
id: 11111111-1111-4111-8111-111111111111
author: A. Author
level: high
tags: [attack.t1133]
logsource: {product: linux, service: sshd}
detection:
  selection: {status: failure}
  condition: selection
";

const LINES: &str =
    "<86>Nov 20 02:11:09 hisv01 sshd[1]: Failed password for =cmd|x!A1 from 203.0.113.7 port 1 ssh2
<86>Nov 19 02:11:09 <b>host</b> sshd[1]: Failed password for admin from 203.0.113.8 port 1 ssh2
no log line at all
";

fn files() -> Vec<HuntFile> {
    let lines: &[u8] = LINES.as_bytes();
    vec![
        HuntFile {
            name: "auth.log".to_owned(),
            written_at: None,
            open: Box::new(move || Ok(Box::new(Cursor::new(lines)))),
        },
        HuntFile {
            name: "gone.evtx".to_owned(),
            written_at: None,
            open: Box::new(|| Err(std::io::Error::other("no such file"))),
        },
        HuntFile {
            name: "cut.evtx".to_owned(),
            written_at: None,
            open: Box::new(|| Ok(Box::new(Cursor::new(b"ElfFile\0")))),
        },
    ]
}

fn report() -> HuntReport {
    let advice = Advice {
        title: sakimori_words::Text::new("外部からのログオン失敗", "Failed logon from outside"),
        reason: sakimori_words::Text::new("外から試されています。", "Somebody outside is trying."),
        next_step: sakimori_words::Text::new("接続元を止める。", "Block the address."),
        clause: "令和3年6月28日 事務連絡 3(1)".to_owned(),
    };
    let rule = RuleText {
        name: "own".to_owned(),
        yaml: RULE.to_owned(),
        advice: Some(advice),
        ..RuleText::default()
    };
    let refused = RuleText {
        name: "broken.yml".to_owned(),
        yaml: "title: [".to_owned(),
        ..RuleText::default()
    };
    let mut detector = Detector::new(&[rule, refused]);
    let now = Instant::parse("2026-11-20T09:00:00Z").unwrap();
    let mut seen = Vec::new();
    let report = hunt(
        &mut files().into_iter(),
        &mut detector,
        &Limits::STANDARD,
        &[],
        now,
        &mut |progress| {
            seen.push((progress.files_done, progress.events));
        },
    );
    assert_eq!((seen.first(), seen.last()), (Some(&(0, 0)), Some(&(3, 3))));
    report
}

fn written(format: Format, lang: Lang) -> String {
    let mut out = Vec::new();
    write(&report(), format, lang, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn findings_come_in_the_order_of_their_time_with_file_and_record() {
    let report = report();
    let hosts: Vec<&str> = report.findings.iter().map(|finding| finding.host.as_str()).collect();
    assert_eq!(hosts, ["<b>host</b>", "hisv01"]);
    assert_eq!((report.files, report.events, report.not_understood), (3, 3, 1));
    assert_eq!(report.failed, 2, "nothing could be read of the missing one and the one cut short");
    assert_eq!(
        report.unreadable.iter().map(|part| part.file.as_str()).collect::<Vec<_>>(),
        ["gone.evtx", "cut.evtx"]
    );
    assert_eq!(
        (report.count(Level::High), report.rules.loaded, report.rules.refused.len()),
        (2, 1, 1)
    );
}

#[test]
fn a_table_reads_as_a_timeline() {
    insta::assert_snapshot!(written(Format::Table, Lang::Ja));
}

#[test]
fn csv_is_safe_for_a_spreadsheet() {
    insta::assert_snapshot!(written(Format::Csv, Lang::En));
}

#[test]
fn every_line_of_jsonl_has_the_promised_members() {
    let text = written(Format::Jsonl, Lang::En);
    for line in text.lines() {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        for name in ["time", "rule_id", "title", "level", "source", "record", "host"] {
            assert!(!object[name].is_null(), "{name} in {line}");
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_page_stands_alone_and_keeps_an_attackers_text_as_text() {
    let page = written(Format::Html, Lang::Ja);
    assert!(!page.contains("<script") && !page.contains("http") && !page.contains("<b>host"));
    insta::assert_snapshot!(page);
}

#[test]
fn a_layer_names_the_techniques_with_their_rules_and_machines() {
    let layer: serde_json::Value = serde_json::from_str(&written(Format::Layer, Lang::En)).unwrap();
    let technique = &layer["techniques"][0];
    assert_eq!((&technique["techniqueID"], &technique["score"]), (&"T1133".into(), &2.into()));
    insta::assert_snapshot!(written(Format::Layer, Lang::Ja));
}

#[test]
fn nothing_found_is_said_beside_what_was_read() {
    let report = HuntReport { files: 2, events: 10, ..HuntReport::default() };
    let mut out = Vec::new();
    write(&report, Format::Table, Lang::Ja, &mut out).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

const GUESSING: &str = "
title: Guess
name: guess
logsource: {product: linux, service: sshd}
detection: {selection: {status: failure}, condition: selection}
---
title: Password guessing
id: 44444444-4444-4444-8444-444444444444
level: high
correlation: {type: event_count, rules: [guess], group-by: [src_ip], timespan: 5m, condition: {gte: 3}}
---
title: Few guesses
id: 55555555-5555-4555-8555-555555555555
correlation: {type: event_count, rules: [guess], group-by: [src_ip], timespan: 5m, condition: {lt: 2}}
";

fn guesses(times: &[&str]) -> Vec<u8> {
    let line = |time: &&str| {
        format!("<86>{time} hisv01 sshd[1]: Failed password for a from 203.0.113.7 port 1 ssh2\n")
    };
    times.iter().map(line).collect::<String>().into_bytes()
}

fn hunted(files: &[(&'static str, Option<&str>, Vec<u8>)]) -> HuntReport {
    let rule = RuleText { yaml: GUESSING.to_owned(), ..RuleText::default() };
    let files = files.iter().map(|(name, written_at, bytes)| {
        let bytes = bytes.clone();
        HuntFile {
            name: (*name).to_owned(),
            written_at: written_at.map(|at| Instant::parse(at).unwrap()),
            open: Box::new(move || Ok(Box::new(Cursor::new(bytes)))),
        }
    });
    let now = Instant::parse("2026-11-20T09:00:00Z").unwrap();
    let mut detector = Detector::new(&[rule]);
    hunt(&mut files.into_iter(), &mut detector, &Limits::STANDARD, &[], now, &mut |_| {})
}

#[test]
fn events_of_several_files_in_any_order_are_counted_together_and_none_is_late() {
    // The newest first, as folders of rotated logs are read, and one attack over two machines' files.
    let report = hunted(&[
        ("auth.log", None, guesses(&["Nov 20 12:00:00", "Nov 20 02:01:00"])),
        ("auth.log.1", None, guesses(&["Nov 20 02:00:00", "Nov 20 02:02:00"])),
    ]);
    let titles: Vec<&str> = report.findings.iter().map(|own| own.title.en.as_str()).collect();
    assert_eq!(titles, ["Password guessing", "Few guesses"]);
    assert_eq!((report.lost, report.uncounted), (sakimori_sigma::Lost::default(), 0));
    let guessing = &report.findings[0];
    assert_eq!(guessing.evidence.len(), 3);
    assert_eq!(super::place(guessing), ("auth.log.1", Some(2)), "the event that completed it");
    assert_eq!((guessing.source.as_str(), guessing.host.as_str()), ("auth.log.1", "hisv01"));
    let few = &report.findings[1];
    assert_eq!((super::place(few), few.host.as_str()), (("auth.log", Some(1)), "hisv01"));
}

#[test]
fn lines_without_a_year_are_dated_by_the_file_they_stand_in() {
    let times = ["Dec 31 23:58:00", "Dec 31 23:59:00", "Jan  1 00:00:00"];
    let report = hunted(&[("old.log", Some("2024-01-01T00:01:00+09:00"), guesses(&times))]);
    assert_eq!(report.findings[0].time.to_string(), "2024-01-01 00:00:00");
    // A date of the file in the future says nothing.
    let report = hunted(&[("new.log", Some("2031-01-01T00:01:00+09:00"), guesses(&times))]);
    assert_eq!(report.findings[0].time.to_string(), "2026-01-01 00:00:00");
}

/// One file renamed on each of some days, or many within a minute.
fn renames(day: std::ops::Range<i64>, n_files: i64) -> Vec<u8> {
    let start = Instant::parse("2026-10-01T10:00:00+09:00").unwrap();
    let all = day.flat_map(|day| (0..n_files).map(move |n| (day, n)));
    let line = |(day, n): (i64, i64)| {
        let at = start.plus_days(day).plus_seconds(n / 4).rfc3339();
        let path = format!("/srv/share/{}/{n}.pdf|/srv/share/{}/{n}.locked", n % 5, n % 5);
        format!("<29>1 {at} fs01 smbd_audit 1 - - sato|10.20.7.31|pc|share|renameat|ok|{path}\n")
    };
    all.map(line).collect::<String>().into_bytes()
}

#[test]
fn behaviour_learns_from_the_first_weeks_and_speaks_about_the_rest_whatever_the_order_of_files() {
    let files = [("b.log", renames(20..21, 200)), ("a.log", renames(0..20, 3))];
    let files = files.map(|(name, bytes)| HuntFile {
        name: name.to_owned(),
        written_at: None,
        open: Box::new(move || Ok(Box::new(Cursor::new(bytes)))),
    });
    let now = Instant::parse("2026-11-20T09:00:00Z").unwrap();
    let mut behaviour = Behaviour::new();
    let report = hunt_with(
        &mut files.into_iter(),
        &mut Detector::new(&[]),
        Some(&mut behaviour),
        &Limits::STANDARD,
        &[],
        now,
        &mut |_| {},
    );
    let [found] = report.findings.as_slice() else { panic!("{:#?}", report.findings) };
    assert_eq!(found.rule_id, "sakimori-behaviour-files-per-minute");
    assert_eq!((found.user.as_str(), found.evidence.len()), ("sato", 20));
    assert_eq!(super::place(found), ("b.log", Some(20)));
}

#[test]
fn what_was_left_out_is_told_beside_the_findings() {
    let mut report = HuntReport { uncounted: 7, ..HuntReport::default() };
    report.rules.deprecated = 2;
    let mut out = Vec::new();
    write(&report, Format::Table, Lang::En, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("Events not counted for want of memory: 7"), "{text}");
    assert!(text.contains("Rules left out as deprecated: 2"), "{text}");
}
