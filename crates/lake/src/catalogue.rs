//! The catalogue: the append-only, signed list of segments. What is not in it does not exist.
//!
//! One line of text per record: the record as JSON, a tab, and a signed checkpoint (as a JSON string) over the RFC 9162 tree
//! of all records up to and including this one. Each record also names the digest of the one before it. The layout is
//! written down in `FORMAT.md`.

mod file;
mod live;
mod own;
mod postgres;
mod store;
mod writer;

use sakimori_words::{Digest, Instant};
use serde::{Deserialize, Serialize};

use crate::merkle::{Tree, leaf_hash};
use crate::note::Checkpoint;
use crate::retention::RetentionClass;

pub(crate) use live::LiveSegments;
pub(crate) use own::{checkpoint_path, read_or_empty};
pub(crate) use store::whole_lines;
pub use store::{CatalogueStore, Grown, open_catalogue};
pub(crate) use writer::Catalogue;

/// The format this version writes.
const FORMAT: u32 = 1;

/// A segment: the file, what is in it, and the root that its events must give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentInfo {
    /// Its path in the segment store.
    pub file: String,
    /// Size of the file.
    pub file_bytes: u64,
    /// Digest of the file as it was written.
    pub file_digest: Digest,
    /// What kind of events it holds.
    pub class: RetentionClass,
    /// Sequence number of its first event.
    pub first_seq: u64,
    /// Sequence number of its last event.
    pub last_seq: u64,
    /// How many events it holds.
    pub events: u64,
    /// Root of the RFC 9162 tree over its events' leaves in the order of `seq`; of a compacted one SHA-256 over the roots of
    /// its parts.
    pub root: Digest,
    /// What it was put together from, in the order of `seq`; nothing for a segment as it was sealed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compacted: Vec<Part>,
    /// Ranges of sequence numbers (first, last) that a damaged disk took before sealing; only in the first of the segments
    /// that were sealed together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<(u64, u64)>,
    /// Bytes of its raw records.
    pub raw_bytes: u64,
    /// Earliest and latest `received_at`.
    pub received: (Instant, Instant),
    /// Earliest and latest `time`.
    pub time: (Instant, Instant),
    /// Its sources in the order of their names.
    pub sources: Vec<SourceCount>,
}

/// The events of one class that were sealed together, and their root. However often segments are put together, parts stay as
/// they were signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Sequence number of its first event.
    pub first_seq: u64,
    /// Sequence number of its last event. Numbers in between may belong to other classes.
    pub last_seq: u64,
    /// How many events it holds.
    pub events: u64,
    /// Root of the RFC 9162 tree over its events' leaves in the order of `seq`.
    pub root: Digest,
}

impl SegmentInfo {
    /// Whether any of its parts reaches into these numbers. The numbers themselves may belong to other classes.
    #[must_use]
    pub fn may_hold(&self, first_seq: u64, last_seq: u64) -> bool {
        let reaches = |first: u64, last: u64| first <= last_seq && last >= first_seq;
        reaches(self.first_seq, self.last_seq)
            && (self.compacted.is_empty()
                || self.compacted.iter().any(|part| reaches(part.first_seq, part.last_seq)))
    }

    /// Its parts in the order of `seq`: one for a segment as it was sealed.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        if !self.compacted.is_empty() {
            return self.compacted.clone();
        }
        let Self { first_seq, last_seq, events, root, .. } = *self;
        vec![Part { first_seq, last_seq, events, root }]
    }
}

/// How many events of one source there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceCount {
    /// The source.
    pub source: String,
    /// How many events.
    pub events: u64,
    /// When the last of them was received.
    pub last_event_at: Instant,
}

/// One record of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Its place, from 0.
    pub(crate) n: u64,
    /// Digest of the record before it; of the first one zeros.
    pub(crate) previous: Digest,
    /// When it was written.
    pub(crate) at: Instant,
    /// What it says.
    #[serde(flatten)]
    pub(crate) says: Says,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Says {
    /// The first record: whose log this is and which key signs it.
    Begin {
        /// The format of the catalogue.
        format: u32,
        /// The key as a verifier line.
        key: String,
    },
    /// Events were sealed, as one segment for each class among them.
    Seal(Vec<SegmentInfo>),
    /// Segments of one class were put together into one.
    Compaction(Box<Compaction>),
    /// Segments past their retention were let go.
    Expiry(Box<Expiry>),
}

/// Segments of one class put together into one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Compaction {
    /// The files it replaces.
    pub(crate) from: Vec<String>,
    /// The segment that holds their events.
    pub(crate) into: SegmentInfo,
}

/// Segments past their retention that were let go: deletion is an act with a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Expiry {
    /// Their files.
    pub(crate) files: Vec<String>,
    /// Who let them go.
    pub(crate) by: String,
    /// By what rule, in words.
    pub(crate) why: String,
}

/// A line of the catalogue that fits those before it.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Its record.
    pub(crate) record: Record,
    /// Its signed note. [`Chain::follow`] has compared size and root but not checked the signature.
    pub(crate) checkpoint: Checkpoint,
}

/// The state of a catalogue that has been read up to some line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    tree: Tree,
    previous: Digest,
    last_seq: u64,
}

impl Chain {
    /// How many lines were followed.
    pub(crate) const fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The root over the lines so far.
    pub(crate) fn root(&self) -> Digest {
        self.tree.root()
    }

    /// The digest of the last record.
    pub(crate) const fn previous(&self) -> Digest {
        self.previous
    }

    /// The last sealed sequence number.
    pub(crate) const fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Reads the next line (without its line feed) and moves on, or says why it does not fit.
    pub(crate) fn follow(&mut self, line: &str) -> Result<Line, String> {
        let (json, note) = line.split_once('\t').ok_or("no checkpoint")?;
        let record: Record = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let note: String = serde_json::from_str(note).map_err(|error| error.to_string())?;
        let checkpoint = Checkpoint::read_unchecked(&note).map_err(|error| error.to_string())?;
        let mut next = self.clone();
        next.add(json, &record)?;
        if checkpoint.size != next.size() || checkpoint.root != next.root() {
            return Err("its checkpoint is over other records".to_owned());
        }
        *self = next;
        Ok(Line { record, checkpoint })
    }

    fn add(&mut self, json: &str, record: &Record) -> Result<(), String> {
        if record.n != self.size() {
            return Err(format!("record {} stands at place {}", record.n, self.size()));
        }
        if record.previous != self.previous {
            return Err("it does not follow the record before it".to_owned());
        }
        match &record.says {
            Says::Begin { format, .. } if *format > FORMAT => {
                return Err(format!("format {format}"));
            }
            Says::Begin { .. } if record.n > 0 => return Err("a second beginning".to_owned()),
            Says::Begin { .. } => {}
            _ if record.n == 0 => return Err("no beginning".to_owned()),
            Says::Seal(segments) => self.last_seq = seal_end(segments, self.last_seq)?,
            Says::Compaction(_) | Says::Expiry(_) => {}
        }
        self.tree.push(leaf_hash(&[json.as_bytes()]));
        self.previous = Digest::of(json.as_bytes());
        Ok(())
    }
}

/// The last number of a seal that follows `last_seq`: every number in between was sealed once or is known to be lost.
fn seal_end(segments: &[SegmentInfo], last_seq: u64) -> Result<u64, String> {
    let first = segments.iter().map(|segment| segment.first_seq).min().ok_or("an empty seal")?;
    let last = segments.iter().map(|segment| segment.last_seq).max().unwrap_or_default();
    if first <= last_seq || last < first {
        return Err(format!("event {first} is sealed twice"));
    }
    let lost = segments.iter().flat_map(|segment| &segment.missing);
    let lost = lost.map(|(first, last)| last.saturating_sub(*first).saturating_add(1));
    let there = segments.iter().map(|segment| segment.events);
    let counted = lost.chain(there).fold(0, u64::saturating_add);
    if counted != last - last_seq {
        return Err(format!("events {} to {last} are {counted} by its own count", last_seq + 1));
    }
    Ok(last)
}

/// Reads `bytes` as a catalogue, for fuzzing: must never panic.
pub fn fuzz_catalogue(bytes: &[u8]) {
    let (whole, _) = whole_lines(bytes);
    let mut chain = Chain::default();
    for line in String::from_utf8_lossy(whole).lines() {
        if chain.follow(line).is_err() {
            break;
        }
    }
}
