//! Reports as text: a table for the terminal, CSV, JSON lines.

use std::collections::BTreeMap;
use std::io::{self, Write};

use sakimori_words::{Finding, Lang};
use serde_json::json;

use super::summary::{HOSTS_MAX, HostSummary};
use super::words::{LEVELS, host_name, level, more_hosts, more_stories, numbers, pick};
use super::{HuntReport, STORIES_MAX, place, steps};
use crate::spreadsheet::{BYTE_ORDER_MARK, push_row, safe};

/// Columns of a title in the table; East Asian characters take two.
const TITLE_COLUMNS: usize = 48;

/// Columns of a level: `informational` and a blank.
const LEVEL_COLUMNS: usize = 14;

/// A line per finding, then the numbers.
pub(super) fn write_table(report: &HuntReport, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        let (file, record) = place(finding);
        let record = record.map(|record| format!("#{record}")).unwrap_or_default();
        writeln!(
            out,
            "{}  {}  {}  {}  {}  {}{}",
            finding.time,
            pad(level(finding.level, lang), LEVEL_COLUMNS),
            pad(clean(finding.title.get(lang)), TITLE_COLUMNS),
            pad(clean(&finding.host), 16),
            pad(clean(&finding.user), 16),
            clean(file),
            record,
        )?;
    }
    if report.findings.is_empty() {
        writeln!(out, "{}", pick(["検知はありませんでした。", "Nothing was found."], lang))?;
    }
    writeln!(out)?;
    write_stories(report, lang, out)?;
    write_hosts(&report.by_host(), lang, out)?;
    for one in LEVELS {
        writeln!(out, "{}: {}", level(one, lang), report.count(one))?;
    }
    for (name, number) in numbers(report, lang) {
        writeln!(out, "{name}: {number}")?;
    }
    for (rule, n_left_out) in &report.left_out {
        writeln!(
            out,
            "{}: {} × {n_left_out}",
            pick(["省いた検知", "Findings left out"], lang),
            clean(rule)
        )?;
    }
    for part in &report.unreadable {
        let part = clean(&part.say(lang));
        writeln!(out, "{}: {part}", pick(["読めなかった箇所", "Not readable"], lang))?;
    }
    Ok(())
}

/// What belongs together, with the rules in the order in which they first spoke.
fn write_stories(report: &HuntReport, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    for (number, story) in (1..).zip(report.stories.iter().take(STORIES_MAX)) {
        writeln!(
            out,
            "{} {number}  {}  {} – {}  {}",
            pick(["一連の事象", "Story"], lang),
            level(story.level, lang),
            story.first_at,
            story.last_at,
            story.course(lang),
        )?;
        writeln!(out, "    {}", clean(&story.who()))?;
        for (first, count) in steps(report, story) {
            let title = clean(first.title.get(lang));
            writeln!(out, "    {}  {title} × {count}  {}", first.time, clean(&first.host))?;
        }
        writeln!(out)?;
    }
    match report.stories.len().saturating_sub(STORIES_MAX) {
        0 => Ok(()),
        more => writeln!(out, "{}\n", more_stories(more, lang)),
    }
}

/// A line per machine: how serious, how many, which tactics.
fn write_hosts(hosts: &[HostSummary], lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    if hosts.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", pick(["端末別", "By machine"], lang))?;
    for host in hosts.iter().take(HOSTS_MAX) {
        let tactics = host.tactics.iter();
        let tactics: Vec<String> =
            tactics.map(|(tactic, count)| format!("{} {count}", tactic.name().get(lang))).collect();
        writeln!(
            out,
            "    {}  {}  {:>6}  {}",
            pad(clean(host_name(&host.host, lang)), 20),
            pad(level(host.level, lang), LEVEL_COLUMNS),
            host.findings,
            tactics.join(pick(["、", ", "], lang)),
        )?;
    }
    match hosts.len().saturating_sub(HOSTS_MAX) {
        0 => writeln!(out),
        more => writeln!(out, "    {}\n", more_hosts(more, lang)),
    }
}

/// A row for each finding.
pub(super) fn write_csv(report: &HuntReport, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(BYTE_ORDER_MARK.as_bytes())?;
    let names = [
        "time", "level", "rule_id", "title", "host", "user", "source", "record", "summary", "tags",
        "author",
    ];
    write_row(out, &names.map(str::to_owned))?;
    for finding in &report.findings {
        let (file, record) = place(finding);
        let row = [
            finding.time.rfc3339(),
            finding.level.as_str().to_owned(),
            finding.rule_id.clone(),
            finding.title.get(lang).to_owned(),
            finding.host.clone(),
            finding.user.clone(),
            file.to_owned(),
            record.map(|record| record.to_string()).unwrap_or_default(),
            finding.summary.clone(),
            finding.tags.join(" "),
            finding.author.clone(),
        ];
        write_row(out, &row)?;
    }
    Ok(())
}

/// One finding a line.
pub(super) fn write_jsonl(report: &HuntReport, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    let mut number_of = BTreeMap::new();
    for (number, story) in (1..).zip(&report.stories) {
        number_of.extend(story.leads.iter().map(|at| (*at, number)));
    }
    for (at, finding) in report.findings.iter().enumerate() {
        serde_json::to_writer(&mut *out, &line(finding, number_of.get(&at).copied(), lang))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn line(finding: &Finding, story: Option<usize>, lang: Lang) -> serde_json::Value {
    let (file, record) = place(finding);
    json!({
        "story": story,
        "time": finding.time.rfc3339(),
        "rule_id": finding.rule_id,
        "title": finding.title.get(lang),
        "level": finding.level,
        "source": file,
        "record": record,
        "host": finding.host,
        "user": finding.user,
        "summary": finding.summary,
        "reason": finding.reason.get(lang),
        "next_step": finding.next_step.get(lang),
        "clause": finding.clause,
        "tags": finding.tags,
        "author": finding.author,
        "evidence": finding.evidence,
    })
}

fn write_row(out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
    let mut row = String::new();
    push_row(&mut row, cells.iter().map(|cell| safe(cell)));
    out.write_all(row.as_bytes())
}

/// Without control characters, which could change what a terminal shows.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn pad(text: impl AsRef<str>, columns: usize) -> String {
    let mut shown = String::new();
    let mut used = 0;
    for c in text.as_ref().chars() {
        if used + width(c) > columns.saturating_sub(1) {
            shown.push('…');
            used += 1;
            break;
        }
        used += width(c);
        shown.push(c);
    }
    shown.extend(std::iter::repeat_n(' ', columns.saturating_sub(used)));
    shown
}

/// Columns of a character on a terminal: two for kana, kanji, Hangul and full-width forms.
fn width(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}
