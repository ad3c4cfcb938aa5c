//! What a log store holds, in numbers for people.

use std::collections::BTreeMap;

use sakimori_words::Instant;

use crate::catalogue::{SegmentInfo, SourceCount};
use crate::reader::StoredEvent;
use crate::retention::Retention;

/// What a log store holds.
#[derive(Clone, Debug, PartialEq)]
pub struct LakeStatus {
    /// How many events.
    pub events: u64,
    /// How many of them are not sealed yet.
    pub hot_events: u64,
    /// How many segments.
    pub segments: u64,
    /// Bytes on disk: segments and unsealed log.
    pub bytes: u64,
    /// Bytes of the sealed raw records, before compression.
    pub raw_bytes: u64,
    /// When the oldest event was received.
    pub oldest_at: Option<Instant>,
    /// When the newest event was received.
    pub newest_at: Option<Instant>,
    /// How long events are kept, and what is older.
    pub retention: Retention,
    /// Its sources in the order of their names.
    pub sources: Vec<SourceStatus>,
    /// The last sequence number; 0 before the first event.
    pub last_seq: u64,
    /// The newest signed checkpoint, to be witnessed elsewhere.
    pub checkpoint: Option<String>,
}

/// What a log store holds of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceStatus {
    /// The source.
    pub source: String,
    /// How many events.
    pub events: u64,
    /// When the last of them was received.
    pub last_event_at: Instant,
}

/// Running totals over events or segments.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) events: u64,
    pub(crate) bytes: u64,
    pub(crate) raw_bytes: u64,
    pub(crate) received: Option<(Instant, Instant)>,
    sources: BTreeMap<String, (u64, Instant)>,
}

impl Totals {
    /// Counts a segment.
    pub(crate) fn add_segment(&mut self, segment: &SegmentInfo) {
        self.events += segment.events;
        self.bytes += segment.file_bytes;
        self.raw_bytes += segment.raw_bytes;
        self.widen(segment.received);
        for SourceCount { source, events, last_event_at } in &segment.sources {
            self.add_source(source, *events, *last_event_at);
        }
    }

    /// Counts an unsealed event.
    pub(crate) fn add_event(&mut self, stored: &StoredEvent) {
        let event = &stored.event;
        self.events += 1;
        self.raw_bytes += event.raw.len() as u64;
        self.widen((event.received_at, event.received_at));
        self.add_source(&event.source, 1, event.received_at);
    }

    /// Adds other totals.
    pub(crate) fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.bytes += other.bytes;
        self.raw_bytes += other.raw_bytes;
        other.received.into_iter().for_each(|received| self.widen(received));
        for (source, (events, last)) in &other.sources {
            self.add_source(source, *events, *last);
        }
    }

    /// The sources in the order of their names.
    pub(crate) fn sources(&self) -> Vec<SourceStatus> {
        let status = |(source, (events, last)): (&String, &(u64, Instant))| SourceStatus {
            source: source.clone(),
            events: *events,
            last_event_at: *last,
        };
        self.sources.iter().map(status).collect()
    }

    fn widen(&mut self, (from, to): (Instant, Instant)) {
        let (oldest, newest) = self.received.unwrap_or((from, to));
        self.received = Some((oldest.min(from), newest.max(to)));
    }

    fn add_source(&mut self, source: &str, events: u64, last: Instant) {
        match self.sources.get_mut(source) {
            Some((count, newest)) => {
                *count += events;
                *newest = last.max(*newest);
            }
            None => {
                self.sources.insert(source.to_owned(), (events, last));
            }
        }
    }
}
