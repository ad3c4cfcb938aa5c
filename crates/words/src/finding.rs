//! Findings: what a detection, match or check concluded, with the events behind it.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::{EvidenceRef, FindingId, Instant, Text};

/// How serious a finding is, in Sigma's five steps.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing; nothing to do.
    #[default]
    Informational,
    /// Look when there is time.
    Low,
    /// Look today.
    Medium,
    /// Look now.
    High,
    /// An attack is likely under way.
    Critical,
}

impl Level {
    /// The level as Sigma writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The level that Sigma writes so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical]
            .into_iter()
            .find(|level| level.as_str() == text)
    }
}

/// What a detection concluded, in words a person can act on, with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Its id; empty in a `hunt` that keeps nothing.
    pub id: FindingId,
    /// When the event behind it happened.
    pub time: Instant,
    /// When the detection spoke.
    pub found_at: Instant,
    /// The rule's own id, e.g. a Sigma UUID.
    pub rule_id: String,
    /// What happened.
    pub title: Text,
    /// Why it matters, in plain words.
    pub reason: Text,
    /// What to do next.
    pub next_step: Text,
    /// How serious.
    pub level: Level,
    /// ATT&CK and other tags as the rule carries them, e.g. `attack.t1490`.
    pub tags: Vec<String>,
    /// Who wrote the rule; the Detection Rule License asks that it survives to the alert.
    pub author: String,
    /// The clause of a notice behind it, when there is one.
    pub clause: String,
    /// Source of the event.
    pub source: String,
    /// Machine.
    pub host: String,
    /// Account.
    pub user: String,
    /// What else it speaks of: findings that share a machine, account or address may belong to one attack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub involved: Vec<Involved>,
    /// The event in one line.
    pub summary: String,
    /// The events behind it.
    pub evidence: Vec<EvidenceRef>,
}

/// A machine, account or address that an event speaks of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum Involved {
    /// A machine by its short name, in lower case.
    Machine(String),
    /// An account without its domain, in lower case.
    Account(String),
    /// An address.
    Address(IpAddr),
}

impl fmt::Display for Involved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine(name) | Self::Account(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}
