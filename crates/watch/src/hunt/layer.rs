//! A report as a layer of the ATT&CK Navigator (format 4.5): which techniques were seen, how often, by which rules and where.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use sakimori_words::{Finding, Lang, Level};
use serde_json::{Value, json};

use super::HuntReport;
use super::words::{level, pick};

/// Version of ATT&CK that the rules' tags are written for. Numbers of older versions stand beside them and are left as they are.
const ATTACK_VERSION: &str = "19";

/// Most rules and machines that one technique names; the score counts all.
const NAMED_MAX: usize = 20;

/// Writes the layer.
pub(super) fn write_layer(report: &HuntReport, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &layer(report, lang))?;
    out.write_all(b"\n")
}

fn layer(report: &HuntReport, lang: Lang) -> Value {
    let seen = techniques(&report.findings, lang);
    let most = seen.values().map(|technique| technique.findings).max().unwrap_or(1);
    let techniques: Vec<Value> = seen.iter().map(|(id, seen)| seen.entry(id, lang)).collect();
    json!({
        "name": pick(["Sakimori ログ調査", "Sakimori log hunt"], lang),
        "versions": { "attack": ATTACK_VERSION, "navigator": "5.1.0", "layer": "4.5" },
        "domain": "enterprise-attack",
        "description": format!(
            "{}: {}",
            pick(["作成日時（日本時間）", "Made at (Japan time)"], lang),
            report.made_at,
        ),
        "techniques": techniques,
        "gradient": { "colors": ["#fff3c4", "#c0392b"], "minValue": 1, "maxValue": most.max(2) },
        "sorting": 3,
        "hideDisabled": false,
        "selectTechniquesAcrossTactics": true,
        "showTacticRowBackground": false,
    })
}

/// What was seen of a technique.
#[derive(Default)]
struct Technique {
    findings: usize,
    level: Level,
    rules: BTreeMap<String, usize>,
    hosts: BTreeSet<String>,
}

impl Technique {
    fn add(&mut self, finding: &Finding, lang: Lang) {
        self.findings += 1;
        self.level = self.level.max(finding.level);
        *self.rules.entry(finding.title.get(lang).to_owned()).or_default() += 1;
        if !finding.host.is_empty() {
            self.hosts.insert(finding.host.clone());
        }
    }

    fn entry(&self, id: &str, lang: Lang) -> Value {
        let rules = self.rules.iter().map(|(title, count)| format!("{title} × {count}"));
        let said = |name, value| json!({ "name": name, "value": value });
        json!({
            "techniqueID": id,
            "score": self.findings,
            "enabled": true,
            "showSubtechniques": !id.contains('.'),
            "comment": named(rules, "\n"),
            "metadata": [
                said(pick(["重要度", "level"], lang), level(self.level, lang).to_owned()),
                said(pick(["端末", "machines"], lang), named(self.hosts.iter().cloned(), ", ")),
            ],
        })
    }
}

/// What was seen of each technique that a rule names.
fn techniques(findings: &[Finding], lang: Lang) -> BTreeMap<String, Technique> {
    let mut techniques: BTreeMap<String, Technique> = BTreeMap::new();
    for finding in findings {
        let ids: BTreeSet<String> =
            finding.tags.iter().filter_map(|tag| technique_id(tag)).collect();
        for id in ids {
            techniques.entry(id).or_default().add(finding, lang);
        }
    }
    techniques
}

/// The technique that a tag such as `attack.t1059.001` names, as ATT&CK writes it: `T` and four digits, or those and three more.
fn technique_id(tag: &str) -> Option<String> {
    let id = tag.strip_prefix("attack.")?.to_ascii_uppercase();
    let numbers = id.strip_prefix('T')?;
    let (technique, part) = match numbers.split_once('.') {
        Some((technique, part)) => (technique, Some(part)),
        None => (numbers, None),
    };
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    (digits(technique, 4) && part.is_none_or(|part| digits(part, 3))).then_some(id)
}

/// The first of them, and how many there are besides.
fn named(all: impl ExactSizeIterator<Item = String>, between: &str) -> String {
    let left = all.len().saturating_sub(NAMED_MAX);
    let mut named: Vec<String> = all.take(NAMED_MAX).collect();
    named.extend((left > 0).then(|| format!("+{left}")));
    named.join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_attack_numbers_is_a_technique() {
        assert_eq!(technique_id("attack.t1059.001").as_deref(), Some("T1059.001"));
        assert_eq!(technique_id("attack.T1490").as_deref(), Some("T1490"));
        for other in ["attack.impact", "attack.g0016", "cve.2021-1", "attack.t1", "attack.t1059.1"]
        {
            assert_eq!(technique_id(other), None, "{other}");
        }
    }

    #[test]
    fn a_long_list_says_how_much_is_left() {
        let all: Vec<String> = (0..NAMED_MAX + 3).map(|n| n.to_string()).collect();
        assert!(named(all.into_iter(), ",").ends_with("19,+3"));
    }
}
