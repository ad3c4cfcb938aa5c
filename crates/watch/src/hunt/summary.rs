//! What was found on which machine, tactic by tactic: which machine to look at first, and how far the attack went there.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use sakimori_words::{Finding, Instant, Level};

use crate::stories::Tactic;

/// Most machines that a report for reading shows; the rest is counted.
pub(super) const HOSTS_MAX: usize = 50;

/// The findings on one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSummary {
    /// The machine as its events name it; empty for events that name none.
    pub host: String,
    /// The most serious level.
    pub level: Level,
    /// How many findings.
    pub findings: usize,
    /// Time of the first.
    pub first_at: Instant,
    /// Time of the last.
    pub last_at: Instant,
    /// How many findings serve which tactic. One finding may serve several, or none that its rule names.
    pub tactics: BTreeMap<Tactic, usize>,
}

/// One summary for each machine, the one to look at first in front: by its most serious finding, by how many tactics were seen
/// there, by how many findings.
pub(super) fn by_host(findings: &[Finding]) -> Vec<HostSummary> {
    let mut hosts: BTreeMap<&str, HostSummary> = BTreeMap::new();
    for finding in findings {
        hosts
            .entry(&finding.host)
            .and_modify(|host| host.add(finding))
            .or_insert_with(|| HostSummary::of(finding));
    }
    let mut hosts: Vec<HostSummary> = hosts.into_values().collect();
    hosts.sort_by_key(|host| Reverse((host.level, host.tactics.len(), host.findings)));
    hosts
}

/// The tactics of a finding, each once.
pub(super) fn tactics(finding: &Finding) -> BTreeSet<Tactic> {
    finding.tags.iter().filter_map(|tag| Tactic::of_tag(tag)).collect()
}

impl HostSummary {
    fn of(finding: &Finding) -> Self {
        Self {
            host: finding.host.clone(),
            level: finding.level,
            findings: 1,
            first_at: finding.time,
            last_at: finding.time,
            tactics: tactics(finding).into_iter().map(|tactic| (tactic, 1)).collect(),
        }
    }

    fn add(&mut self, finding: &Finding) {
        self.level = self.level.max(finding.level);
        self.findings += 1;
        self.first_at = self.first_at.min(finding.time);
        self.last_at = self.last_at.max(finding.time);
        for tactic in tactics(finding) {
            *self.tactics.entry(tactic).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use sakimori_words::{FindingId, Text};

    use super::*;

    fn finding(host: &str, level: Level, at: i64, tags: &[&str]) -> Finding {
        let time = Instant::from_micros(0).plus_seconds(at);
        Finding {
            id: FindingId::from(""),
            time,
            found_at: time,
            rule_id: String::new(),
            title: Text::default(),
            reason: Text::default(),
            next_step: Text::default(),
            level,
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            author: String::new(),
            clause: String::new(),
            source: String::new(),
            host: host.to_owned(),
            user: String::new(),
            involved: Vec::new(),
            summary: String::new(),
            evidence: Vec::new(),
        }
    }

    #[test]
    fn the_machine_to_look_at_first_comes_first() {
        let found = [
            finding("pc01", Level::Medium, 30, &["attack.discovery", "attack.t1087"]),
            finding("dc01", Level::High, 20, &["attack.execution"]),
            finding("sv01", Level::High, 10, &["attack.impact", "attack.lateral_movement"]),
            finding("pc01", Level::Low, 5, &["attack.discovery"]),
        ];
        let hosts = by_host(&found);
        let names: Vec<_> = hosts.iter().map(|host| host.host.as_str()).collect();
        assert_eq!(names, ["sv01", "dc01", "pc01"]);
        let pc = &hosts[2];
        assert_eq!((pc.findings, pc.level), (2, Level::Medium));
        assert_eq!(pc.last_at.micros_since(pc.first_at), 25_000_000);
        assert_eq!(pc.tactics, BTreeMap::from([(Tactic::Discovery, 2)]));
    }
}
