//! A report as one page: no script, nothing loaded from elsewhere, prints on A4.

use std::collections::BTreeSet;
use std::io::{self, Write};

use sakimori_words::{Digest, EvidenceRef, Finding, Lang, Text};

use super::summary::{HOSTS_MAX, HostSummary};
use super::words::{LEVELS, host_name, level, more_hosts, more_stories, numbers, pick};
use super::{HuntReport, STORIES_MAX, place, steps};
use crate::stories::{Story, Tactic};

const STYLE: &str = "
:root { color-scheme: light dark; }
body { font-family: \"BIZ UDGothic\", \"Hiragino Sans\", \"Noto Sans JP\", sans-serif; line-height: 1.6; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } th, td { border: 1px solid #888; padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
.numbers { width: auto; } .numbers td { text-align: right; }
article { border: 1px solid #888; border-left-width: .5rem; margin: 1rem 0; padding: .5rem 1rem; break-inside: avoid; }
article h3 { margin: .2rem 0; font-size: 1.05rem; } article p { margin: .3rem 0; }
.level { border: 1px solid; padding: 0 .4rem; margin-right: .5rem; font-weight: bold; }
.critical { border-left-color: #a00; } .high { border-left-color: #c60; } .medium { border-left-color: #a80; } .low { border-left-color: #36c; }
.raw { font-family: monospace; font-size: .85rem; overflow-wrap: anywhere; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } @page { size: A4; margin: 15mm; } }
";

/// Writes the page.
pub(super) fn write_html(report: &HuntReport, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    let title = pick(["ログ調査報告", "Log hunt report"], lang);
    write!(
        out,
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n",
        lang.tag()
    )?;
    writeln!(
        out,
        "<p>{}: <time datetime=\"{}\">{}</time></p>",
        pick(["作成日時（日本時間）", "Made at (Japan time)"], lang),
        report.made_at.rfc3339(),
        report.made_at
    )?;
    write_numbers(report, lang, out)?;
    write_stories(report, lang, out)?;
    write_by_host(&report.by_host(), lang, out)?;
    write_by_rule(report, lang, out)?;
    write_timeline(report, lang, out)?;
    write_unreadable(report, lang, out)?;
    write!(out, "</main>\n</body>\n</html>\n")
}

fn write_numbers(report: &HuntReport, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<h2>{}</h2>\n<table class=\"numbers\">", pick(["概要", "Summary"], lang))?;
    for one in LEVELS {
        row(
            out,
            &format!("{}: {}", pick(["検知", "Findings"], lang), level(one, lang)),
            &report.count(one).to_string(),
        )?;
    }
    for (name, number) in numbers(report, lang) {
        row(out, name, &number)?;
    }
    for (rule, n_left_out) in &report.left_out {
        let name = format!("{}: {}", pick(["省いた検知", "Findings left out"], lang), escape(rule));
        row(out, &name, &n_left_out.to_string())?;
    }
    writeln!(out, "</table>")
}

/// `name` is markup already, `number` is text.
fn row(out: &mut dyn Write, name: &str, number: &str) -> io::Result<()> {
    writeln!(out, "<tr><th scope=\"row\">{name}</th><td>{}</td></tr>", escape(number))
}

/// What belongs together, the story to look at first in front.
fn write_stories(report: &HuntReport, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    if !report.stories.is_empty() {
        writeln!(out, "<h2>{}</h2>", pick(["一連の事象", "Stories"], lang))?;
    }
    let mut shown = report.stories.iter().take(STORIES_MAX);
    shown.try_for_each(|story| write_story(report, story, lang, out))?;
    match report.stories.len().saturating_sub(STORIES_MAX) {
        0 => Ok(()),
        more => writeln!(out, "<p>{}</p>", more_stories(more, lang)),
    }
}

fn write_story(
    report: &HuntReport,
    story: &Story,
    lang: Lang,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(
        out,
        "<article class=\"{}\">\n<h3><span class=\"level\">{}</span>{}</h3>\n<p>{} – {}</p>",
        story.level.as_str(),
        level(story.level, lang),
        escape(&story.course(lang)),
        story.first_at,
        story.last_at,
    )?;
    let name = pick(["関係する端末・利用者・アドレス: ", "Machines, accounts, addresses: "], lang);
    paragraph(out, name, &escape(&story.who()))?;
    writeln!(out, "<table>")?;
    for (first, count) in steps(report, story) {
        let (title, host) = (escape(first.title.get(lang)), escape(&first.host));
        let time = first.time;
        writeln!(out, "<tr><td>{time}</td><td>{title} × {count}</td><td>{host}</td></tr>")?;
    }
    writeln!(out, "</table>\n</article>")
}

/// One row per machine, the one to look at first in front; a column for each tactic that was seen anywhere.
fn write_by_host(hosts: &[HostSummary], lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    if hosts.is_empty() {
        return Ok(());
    }
    let tactics: BTreeSet<Tactic> =
        hosts.iter().flat_map(|host| host.tactics.keys().copied()).collect();
    writeln!(out, "<h2>{}</h2>\n<table>\n<tr>", pick(["端末別", "By machine"], lang))?;
    for head in [["端末", "Machine"], ["重要度", "Level"], ["件数", "Count"]] {
        write!(out, "<th scope=\"col\">{}</th>", pick(head, lang))?;
    }
    for tactic in &tactics {
        write!(out, "<th scope=\"col\">{}</th>", tactic.name().get(lang))?;
    }
    writeln!(out, "</tr>")?;
    for host in hosts.iter().take(HOSTS_MAX) {
        write_host(host, &tactics, lang, out)?;
    }
    writeln!(out, "</table>")?;
    match hosts.len().saturating_sub(HOSTS_MAX) {
        0 => Ok(()),
        more => writeln!(out, "<p>{}</p>", more_hosts(more, lang)),
    }
}

fn write_host(
    host: &HostSummary,
    tactics: &BTreeSet<Tactic>,
    lang: Lang,
    out: &mut dyn Write,
) -> io::Result<()> {
    write!(
        out,
        "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td>",
        escape(host_name(&host.host, lang)),
        level(host.level, lang),
        host.findings,
    )?;
    for tactic in tactics {
        let count = host.tactics.get(tactic).map(usize::to_string).unwrap_or_default();
        write!(out, "<td>{count}</td>")?;
    }
    writeln!(out, "</tr>")
}

/// One row per rule, most serious and most frequent first: what a person reads before the timeline.
fn write_by_rule(report: &HuntReport, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    let mut rules: Vec<(&str, &Finding, usize)> = Vec::new();
    for finding in &report.findings {
        match rules.iter_mut().find(|(id, _, _)| *id == finding.rule_id) {
            Some((_, _, count)) => *count += 1,
            None => rules.push((&finding.rule_id, finding, 1)),
        }
    }
    if rules.is_empty() {
        return writeln!(
            out,
            "<p>{}</p>",
            pick(["検知はありませんでした。", "Nothing was found."], lang)
        );
    }
    rules.sort_by_key(|(_, finding, count)| std::cmp::Reverse((finding.level, *count)));
    let heads = [["重要度", "Level"], ["検知", "Finding"], ["件数", "Count"], ["最初", "First"]];
    writeln!(out, "<h2>{}</h2>\n<table>\n<tr>", pick(["ルール別", "By rule"], lang))?;
    for head in heads {
        write!(out, "<th scope=\"col\">{}</th>", pick(head, lang))?;
    }
    writeln!(out, "</tr>")?;
    for (_, first, count) in rules {
        let title = escape(first.title.get(lang));
        writeln!(
            out,
            "<tr><td>{}</td><td>{title}</td><td>{count}</td><td>{}</td></tr>",
            level(first.level, lang),
            first.time
        )?;
    }
    writeln!(out, "</table>")
}

fn write_timeline(report: &HuntReport, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    if report.findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>{}</h2>", pick(["時系列", "Timeline"], lang))?;
    report.findings.iter().try_for_each(|finding| write_finding(finding, lang, out))
}

fn write_finding(finding: &Finding, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    let say = |text: &Text| escape(text.get(lang));
    writeln!(
        out,
        "<article class=\"{}\">\n<h3><span class=\"level\">{}</span>{}</h3>",
        finding.level.as_str(),
        level(finding.level, lang),
        say(&finding.title)
    )?;
    let (file, record) = place(finding);
    let place = record.map_or_else(|| file.to_owned(), |record| format!("{file} #{record}"));
    let facts = [
        (["日時", "Time"], finding.time.to_string()),
        (["端末", "Machine"], finding.host.clone()),
        (["利用者", "Account"], finding.user.clone()),
        (["記録", "Record"], place),
    ];
    let told = facts.iter().filter(|(_, text)| !text.is_empty());
    let told = told.map(|(name, text)| format!("{}: {}", pick(*name, lang), escape(text)));
    writeln!(out, "<p>{}</p>", told.collect::<Vec<_>>().join(" ・ "))?;
    paragraph(out, "", &say(&finding.reason))?;
    paragraph(out, pick(["次にすること: ", "What to do next: "], lang), &say(&finding.next_step))?;
    paragraph(out, pick(["根拠: ", "Clause: "], lang), &escape(&finding.clause))?;
    writeln!(out, "<p class=\"raw\">{}</p>", escape(&finding.summary))?;
    let rule = [finding.rule_id.clone(), finding.author.clone(), finding.tags.join(" ")];
    let rule = rule.iter().filter(|part| !part.is_empty()).map(|part| escape(part));
    paragraph(out, pick(["ルール: ", "Rule: "], lang), &rule.collect::<Vec<_>>().join(" ・ "))?;
    for evidence in &finding.evidence {
        let (EvidenceRef::File { digest, .. }
        | EvidenceRef::Event { leaf: digest, .. }
        | EvidenceRef::Journal { digest, .. }) = evidence;
        write_digest(out, digest)?;
    }
    writeln!(out, "</article>")
}

fn write_digest(out: &mut dyn Write, digest: &Digest) -> io::Result<()> {
    writeln!(out, "<p class=\"raw\">SHA-256: {digest}</p>")
}

/// Both are markup already; nothing is written when there is nothing to say.
fn paragraph(out: &mut dyn Write, name: &str, text: &str) -> io::Result<()> {
    if text.is_empty() { Ok(()) } else { writeln!(out, "<p>{name}{text}</p>") }
}

fn write_unreadable(report: &HuntReport, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    if report.unreadable.is_empty() && report.rules.refused.is_empty() {
        return Ok(());
    }
    let title = pick(["読めなかったもの", "What could not be read"], lang);
    writeln!(out, "<h2>{title}</h2>\n<table>")?;
    for part in &report.unreadable {
        let place = format!("{} {}", part.file, part.place);
        let what = format!("{} {}", part.damage.what().get(lang), part.reason);
        let (place, what) = (escape(place.trim_end()), escape(what.trim_end()));
        writeln!(out, "<tr><td>{place}</td><td>{what}</td></tr>")?;
    }
    for (rule, reason) in &report.rules.refused {
        writeln!(out, "<tr><td>{}</td><td>{}</td></tr>", escape(rule), escape(reason))?;
    }
    writeln!(out, "</table>")
}

/// Text as markup. Everything in a report may have been written by an attacker.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() && c != '\n' => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_attacker_wrote_stays_text() {
        assert_eq!(escape("<script>\"'&\u{1b}"), "&lt;script&gt;&quot;&#39;&amp; ");
    }
}
