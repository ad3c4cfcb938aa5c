//! A session: who was in the house over which road, from when to when, and what they touched.

use std::net::IpAddr;

use sakimori_words::{EvidenceRef, Instant};
use serde::{Deserialize, Serialize};

use super::judge::Deviation;
use crate::detector::account_name;

/// Most machines of a session that are named; an attacker may try thousands.
pub(super) const MACHINES_MAX: usize = 50;

/// Most events a session points at.
pub(super) const EVIDENCE_MAX: usize = 20;

/// By which road somebody came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Road {
    /// A VPN tunnel.
    Vpn,
    /// Remote desktop.
    Rdp,
    /// SSH.
    Ssh,
}

impl Road {
    /// As people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vpn => "VPN",
            Self::Rdp => "RDP",
            Self::Ssh => "SSH",
        }
    }
}

/// A session, as far as the log tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id, made of what it is, so that the same records looked at again give the same; ids sort by begin.
    pub id: String,
    /// By which road.
    pub road: Road,
    /// Id of its line, when one is known.
    pub line: Option<String>,
    /// Name of the supplier then.
    pub supplier: String,
    /// The account.
    pub account: String,
    /// User groups and tunnels that the device named.
    pub groups: Vec<String>,
    /// From where.
    pub from: Option<IpAddr>,
    /// The address it was given inside.
    pub inside: Option<IpAddr>,
    /// The device it came through, or the machine logged on to.
    pub device: String,
    /// Begin.
    pub begun_at: Instant,
    /// When something was heard of it last.
    pub heard_at: Instant,
    /// Its end; `None` while it goes on.
    pub ended: Option<Ended>,
    /// Machines logged on to.
    pub machines: Vec<Machine>,
    /// What was told about it as findings.
    pub told: Vec<Told>,
    /// The first events behind it.
    pub evidence: Vec<EvidenceRef>,
    /// Numbers by which the device speaks of it.
    #[serde(default)]
    pub(super) keys: Vec<String>,
    /// Whether its records came as they happened. Of a log read later nobody can say that a session goes on now.
    #[serde(default)]
    pub(super) live: bool,
}

/// The end of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When; of an unknown end, when it was heard of last.
    pub at: Instant,
    /// Whether the log says so.
    pub how: HowEnded,
}

/// How an end is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HowEnded {
    /// By a record.
    Recorded,
    /// Nothing was heard any more.
    Unknown,
}

/// A machine somebody logged on to within a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Its name, or its address where the record gives no name.
    pub name: String,
    /// Its address, when the record gives one.
    pub address: Option<IpAddr>,
    /// The account used there.
    pub account: String,
    /// By which road.
    pub road: Road,
    /// When first.
    pub at: Instant,
}

/// Something told about a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What.
    pub deviation: Deviation,
    /// When.
    pub at: Instant,
}

impl Session {
    /// Whether it was told.
    #[must_use]
    pub fn was_told(&self, deviation: &Deviation) -> bool {
        self.told.iter().any(|told| told.deviation == *deviation)
    }

    /// Until when it surely lasted, seen from `now`.
    #[must_use]
    pub fn lasted_until(&self, now: Instant) -> Instant {
        match self.ended {
            Some(ended) => ended.at,
            None if self.live => now.max(self.heard_at),
            None => self.heard_at,
        }
    }

    pub(super) fn point_at(&mut self, evidence: EvidenceRef) {
        if self.evidence.len() < EVIDENCE_MAX && !self.evidence.contains(&evidence) {
            self.evidence.push(evidence);
        }
    }
}

/// `HOSPITAL\Sato` and `sato@hospital.example` are `sato`; what devices write for nobody is empty.
pub(super) fn plain_account(name: &str) -> String {
    let name = account_name(name);
    if matches!(name.as_str(), "n/a" | "-" | "unknown") { String::new() } else { name }
}
