//! How long events are kept: by class, because a year of network traffic and five years of record access cost a hospital's
//! disk very different amounts.

use std::fmt;
use std::sync::Arc;

use sakimori_words::{Event, Instant, RECORD_ACCESS, SECOND_MICROS};
use serde::{Deserialize, Serialize};

use crate::catalogue::SegmentInfo;

/// Shortest time that logs are kept, in days.
///
/// The notice recommends one year or more (令和3年6月28日 事務連絡 3(1)⑧); 400 leaves room to notice in January what began
/// the winter before.
pub const RETENTION_DAYS_MIN: u32 = 400;

/// What kind of event it is, for how long it is kept. Segments hold one class each, so that letting go is removing files.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum RetentionClass {
    /// Who looked at or changed which patient's record (参照・更新の記録).
    Records,
    /// Logons, machines, findings: everything that is neither of the others.
    #[default]
    Security,
    /// Connections, names and addresses on the network: the bulk of the bytes.
    Traffic,
}

impl RetentionClass {
    /// All classes.
    pub const ALL: [Self; 3] = [Self::Records, Self::Security, Self::Traffic];

    /// The class of an event, by its OCSF class and whether it names a patient.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        match event.class_uid {
            RECORD_ACCESS => Self::Records,
            _ if !event.patient.is_empty() => Self::Records,
            // Network, HTTP, DNS and DHCP activity.
            4001..=4004 => Self::Traffic,
            _ => Self::Security,
        }
    }

    /// Its name in paths and settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Security => "security",
            Self::Traffic => "traffic",
        }
    }
}

impl fmt::Display for RetentionClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// For how many days each class is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionDays {
    /// Record access.
    pub records: u32,
    /// Logons, machines, findings.
    pub security: u32,
    /// Network traffic.
    pub traffic: u32,
}

impl Default for RetentionDays {
    /// Five years of record access, three of security events, 400 days of traffic.
    fn default() -> Self {
        Self { records: 1_826, security: 1_096, traffic: RETENTION_DAYS_MIN }
    }
}

impl RetentionDays {
    /// The same for every class.
    #[must_use]
    pub const fn all(days: u32) -> Self {
        Self { records: days, security: days, traffic: days }
    }

    /// The days of one class.
    #[must_use]
    pub const fn of(self, class: RetentionClass) -> u32 {
        match class {
            RetentionClass::Records => self.records,
            RetentionClass::Security => self.security,
            RetentionClass::Traffic => self.traffic,
        }
    }

    /// The shortest of them: for how long everything is there.
    #[must_use]
    pub fn shortest(self) -> u32 {
        self.records.min(self.security).min(self.traffic)
    }
}

/// An order to keep evidence: no event received in this time may go, whatever its age.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// What it is for, e.g. the id of a case.
    pub reason: String,
    /// From when; `None` for everything before `to`.
    pub from: Option<Instant>,
    /// Up to when; `None` for everything after `from`.
    pub to: Option<Instant>,
}

impl Hold {
    /// Whether it covers any event of a segment.
    #[must_use]
    pub fn covers(&self, segment: &SegmentInfo) -> bool {
        let (oldest, newest) = segment.received;
        self.from.is_none_or(|from| newest >= from) && self.to.is_none_or(|to| oldest <= to)
    }
}

/// How long the store looks back, and what is past its time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Days that each class must be kept.
    pub days: RetentionDays,
    /// Whole days between the oldest event and now.
    pub kept_days: u32,
    /// What there is of each class.
    pub classes: Vec<ClassStatus>,
    /// Segments whose newest event is older than the retention of their class: they could be let go.
    pub past: Vec<Arc<SegmentInfo>>,
    /// Events in those segments.
    pub past_events: u64,
    /// Bytes of those segments.
    pub past_bytes: u64,
}

/// What there is of one class, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassStatus {
    /// The class.
    pub class: RetentionClass,
    /// Its events.
    pub events: u64,
    /// Their bytes on disk.
    pub bytes: u64,
    /// When the oldest of them was received.
    pub oldest_at: Instant,
}

impl Retention {
    /// What is past its time at `now`.
    pub(crate) fn of(
        segments: &[Arc<SegmentInfo>],
        oldest_at: Option<Instant>,
        days: RetentionDays,
        now: Instant,
    ) -> Self {
        let past: Vec<_> =
            segments.iter().filter(|segment| is_past(segment, days, now)).cloned().collect();
        Self {
            days,
            kept_days: oldest_at.map_or(0, |oldest| whole_days(oldest, now)),
            classes: RetentionClass::ALL
                .into_iter()
                .filter_map(|class| class_status(class, segments))
                .collect(),
            past_events: past.iter().map(|segment| segment.events).sum(),
            past_bytes: past.iter().map(|segment| segment.file_bytes).sum(),
            past,
        }
    }
}

fn class_status(class: RetentionClass, segments: &[Arc<SegmentInfo>]) -> Option<ClassStatus> {
    let own = || segments.iter().filter(|segment| segment.class == class);
    Some(ClassStatus {
        class,
        oldest_at: own().map(|segment| segment.received.0).min()?,
        events: own().map(|segment| segment.events).sum(),
        bytes: own().map(|segment| segment.file_bytes).sum(),
    })
}

/// Whether the newest event of a segment is older than its class is kept.
pub(crate) fn is_past(segment: &SegmentInfo, days: RetentionDays, now: Instant) -> bool {
    segment.received.1 < now.plus_days(-i64::from(days.of(segment.class)))
}

fn whole_days(from: Instant, to: Instant) -> u32 {
    let days = to.micros_since(from) / (86_400 * SECOND_MICROS);
    u32::try_from(days.max(0)).unwrap_or(u32::MAX)
}
