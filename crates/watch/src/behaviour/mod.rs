//! Behaviour beyond rules: learns what is usual for each machine, account and source, and says what is not.
//!
//! Pure and deterministic: it is told of events one by one and knows no clock but theirs. Nothing is said in the first
//! [`LEARNING_DAYS`] days, and of a machine or account only when it has been known for long enough; each kind of behaviour
//! says in its own module what it takes. What happened more than a day before or after it was received teaches nothing: the
//! clock of such a device, or the file it came from, is of another time. Memory is bounded: each kind remembers a stated number
//! of subjects, forgets those not seen for longest, and counts how many it forgot.
//!
//! All findings come from the past of the subject itself. Who does for five weeks what an attacker does is learnt as usual:
//! behaviour comes on top of the rules and does not replace them.

mod admins;
mod clocks;
mod destinations;
mod fan_out;
mod files;
mod flows;
mod held;
mod memory;
mod nights;
mod past;
mod quiet;
mod reading;
#[cfg(test)]
mod tests;
mod volume;
mod words;

use sakimori_words::{Event, EvidenceRef, Finding, Instant, SECOND_MICROS, Text};
use serde::{Deserialize, Serialize};

pub(crate) use self::held::{n_bytes as held_bytes, reduced};
pub use self::nights::{NIGHTS_KEPT, NightActivity, OnThoughUnused};

use self::admins::Admins;
use self::clocks::Clocks;
use self::fan_out::FanOut;
use self::files::Files;
use self::flows::Flows;
use self::nights::Nights;
use self::quiet::Quiet;
use self::reading::{administrator, logon};
use self::words::Look;
use crate::sources::ocsf::{AUTHENTICATION, FILE, SESSION, SMB};

/// Days in which only is learnt: two weeks hold every weekday twice, and a patch day.
pub const LEARNING_DAYS: i64 = 14;

/// How far the time of an event may lie from its receipt, in days. A sensor that was cut off for a night still counts.
pub const LATE_DAYS: i64 = 1;

/// Most events that a finding points at.
const EVIDENCE_KEPT_MAX: usize = 20;

/// What time may run back, in days, before everything is learnt anew: events are never further back than [`LATE_DAYS`] unless
/// the node's own clock had been ahead.
const BACK_DAYS_MAX: i64 = 3;

/// Version of what is kept. Another one is learnt anew.
const VERSION: u32 = 1;

/// What is usual, and what is not.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    learnt: Learnt,
}

/// What was learnt, to be kept over a restart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BehaviourSnapshot {
    version: u32,
    learnt: Learnt,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Learnt {
    /// Time of the first event.
    since: Option<Instant>,
    /// Time of the latest.
    latest: Instant,
    /// Events that happened too long before or after they were received.
    untimely: u64,
    fan_out: FanOut,
    files: Files,
    flows: Flows,
    admins: Admins,
    nights: Nights,
    clocks: Clocks,
    quiet: Quiet,
}

/// How far the learning is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// When the first event was seen; none before it.
    pub since: Option<Instant>,
    /// Events left out because they happened too long before or after they were received.
    pub untimely: u64,
    /// Each kind of behaviour.
    pub kinds: Vec<KindProgress>,
}

/// How far the learning of one kind of behaviour is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindProgress {
    /// What is watched.
    pub name: Text,
    /// Since when findings are possible, or from when; none before the first event.
    pub speaks_from: Option<Instant>,
    /// Of how many subjects (machines, accounts, …) something is known.
    pub n_subjects: usize,
    /// How many were forgotten for want of room.
    pub forgotten: u64,
}

impl Behaviour {
    /// Nothing learnt yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What is unusual about `event`; it is learnt as well. `evidence` is asked only for events that a finding may point at.
    pub fn look(&mut self, event: &Event, evidence: &dyn Fn() -> EvidenceRef) -> Vec<Finding> {
        let Some(since) = self.pass(event) else { return Vec::new() };
        let look = Look { event, evidence, at: event.time, since };
        let learnt = &mut self.learnt;
        let mut found = Vec::new();
        learnt.nights.note(&look);
        match event.class_uid {
            FILE | SMB => found.extend(learnt.files.look(&look)),
            AUTHENTICATION | SESSION => learnt.look_at_logon(&look, &mut found),
            _ => {}
        }
        if !event.dst_ip.is_empty() {
            found.extend(learnt.flows.look(&look));
        }
        found
    }

    /// What is unusual about when and how much a source speaks, whatever it says. Only on the stream: of files nobody knows
    /// when they would have come.
    pub fn hear(&mut self, event: &Event, evidence: &dyn Fn() -> EvidenceRef) -> Vec<Finding> {
        let since = self.learnt.since.unwrap_or(event.received_at);
        let look = Look { event, evidence, at: event.received_at, since };
        let moved = self.learnt.clocks.look(event, &look);
        let quiet = self.learnt.quiet.look(event, &look);
        moved.into_iter().chain(quiet).collect()
    }

    /// Since when there is learning, when the event is of a time that can be learnt from.
    fn pass(&mut self, event: &Event) -> Option<Instant> {
        const DAY_MICROS: i64 = 86_400 * SECOND_MICROS;
        let apart = event.time.micros_since(event.received_at);
        if apart.saturating_abs() > LATE_DAYS * DAY_MICROS {
            self.learnt.untimely += 1;
            return None;
        }
        if self.learnt.latest.micros_since(event.time) > BACK_DAYS_MAX * DAY_MICROS {
            self.learnt = Learnt { untimely: self.learnt.untimely, ..Learnt::default() };
        }
        self.learnt.latest = self.learnt.latest.max(event.time);
        Some(*self.learnt.since.get_or_insert(event.time))
    }

    /// The machines that were on in most nights of the last [`NIGHTS_KEPT`] though nobody used them in any.
    #[must_use]
    pub fn on_though_unused(&self) -> Vec<OnThoughUnused> {
        let Learnt { since, latest, nights, .. } = &self.learnt;
        since.map_or_else(Vec::new, |since| nights.on_though_unused(since, *latest))
    }

    /// What was learnt, to be kept over a restart.
    #[must_use]
    pub fn snapshot(&self) -> BehaviourSnapshot {
        BehaviourSnapshot { version: VERSION, learnt: self.learnt.clone() }
    }

    /// Goes on where the snapshot was taken. What another version has learnt is learnt anew.
    #[must_use]
    pub fn restore(kept: BehaviourSnapshot) -> Self {
        let known = kept.version == VERSION;
        Self { learnt: if known { kept.learnt } else { Learnt::default() } }
    }

    /// How far the learning is, to be shown.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let own = &self.learnt;
        Progress { since: own.since, untimely: own.untimely, kinds: own.kinds() }
    }
}

impl Learnt {
    fn look_at_logon(&mut self, look: &Look<'_>, found: &mut Vec<Finding>) {
        if let Some(logon) = logon(look.event) {
            self.admins.see(&logon.machine, look);
            found.extend(self.nights.look(&logon, look));
            found.extend(self.fan_out.look(&logon, look));
        }
        if let Some((account, machine)) = administrator(look.event) {
            found.extend(self.admins.look(&account, &machine, look));
        }
    }

    fn kinds(&self) -> Vec<KindProgress> {
        let kind = |[ja, en]: [&str; 2], days: i64, (n_subjects, forgotten): (usize, u64)| {
            let speaks_from = self.since.map(|since| since.plus_days(days));
            KindProgress { name: Text::new(ja, en), speaks_from, n_subjects, forgotten }
        };
        let hosts = self.flows.hosts.size();
        vec![
            kind(
                ["初めての外部の宛先（機器ごと）", "new destinations outside, by machine"],
                LEARNING_DAYS,
                hosts,
            ),
            kind(
                ["院外へ送るデータの量（機器ごと）", "data sent outside, by machine"],
                LEARNING_DAYS,
                hosts,
            ),
            kind(
                [
                    "管理者として使う機器（アカウントごと）",
                    "machines used as an administrator, by account",
                ],
                LEARNING_DAYS,
                self.admins.accounts.size(),
            ),
            kind(
                [
                    "続けてログオンする機器の数（アカウント・接続元ごと）",
                    "machines logged on to in a row, by account and address",
                ],
                LEARNING_DAYS,
                self.fan_out.subjects.size(),
            ),
            kind(
                [
                    "1 分間に書き換えるファイルの数（利用者とサーバーごと）",
                    "files changed in a minute, by person and server",
                ],
                LEARNING_DAYS,
                self.files.pairs.size(),
            ),
            kind(
                ["夜間に使う時間（機器ごと）", "hours of use at night, by machine"],
                NIGHTS_KEPT,
                self.nights.machines.size(),
            ),
            kind(
                ["機器の時計のずれ（送信元ごと）", "clocks of devices, by source"],
                0,
                self.clocks.sources.size(),
            ),
            kind(
                ["1 日の記録の数（送信元ごと）", "records a day, by source"],
                LEARNING_DAYS,
                self.quiet.sources.size(),
            ),
        ]
    }
}

/// Looks at any bytes as log lines, over and over at times that leap; must return.
pub fn fuzz_behaviour(bytes: &[u8]) {
    use crate::sources::{Context, read_line};
    let mut behaviour = Behaviour::new();
    let evidence = || EvidenceRef::Event { seq: 0, leaf: sakimori_words::Digest::default() };
    for (n, line) in (0_i64..).zip(bytes.split(|byte| *byte == b'\n')) {
        let received_at = Instant::from_micros(n.wrapping_mul(0x1234_5678_9abc_def1));
        let context = Context { source: "syslog/10.0.0.1".to_owned(), received_at };
        let mut event = read_line(line, &context);
        behaviour.look(&event, &evidence);
        behaviour.hear(&event, &evidence);
        event.time = received_at;
        behaviour.look(&event, &evidence);
    }
    let _ = Behaviour::restore(behaviour.snapshot()).progress();
}
