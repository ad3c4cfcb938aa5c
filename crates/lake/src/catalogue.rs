//! The catalogue: the append-only, signed list of segments. What is not in it does not exist.
//!
//! One line of text per record: the record as JSON, a tab, and a signed checkpoint (as a JSON string) over the RFC 9162 tree
//! of all records up to and including this one. Each record also names the digest of the one before it. The layout is
//! written down in `FORMAT.md`.

mod live;

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use ed25519_dalek::{SigningKey, VerifyingKey};
use sakimori_words::{Digest, Instant};
use serde::{Deserialize, Serialize};

use crate::LakeError;
use crate::merkle::{Tree, leaf_hash};
use crate::note::{Checkpoint, read_verifier_line, verifier_line};
use crate::retention::RetentionClass;
use crate::wal::{replace_file, sync_folder};

pub(crate) use live::LiveSegments;

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

/// The catalogue file inside a log store's folder.
pub(crate) fn catalogue_path(dir: &Path) -> PathBuf {
    dir.join("catalogue")
}

/// The file that holds the newest checkpoint by itself.
pub(crate) fn checkpoint_path(dir: &Path) -> PathBuf {
    dir.join("checkpoint")
}

/// Splits bytes into whole lines and the torn rest after the last line feed.
pub(crate) fn whole_lines(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    bytes.split_at(end)
}

/// The catalogue of the one process that may add to it.
pub(crate) struct Catalogue {
    dir: PathBuf,
    origin: String,
    signer: SigningKey,
    chain: Chain,
    length: u64,
    broken: bool,
}

impl Catalogue {
    /// Opens the catalogue in `dir` or begins it. A torn last line was never relied on and is cut off; anything else
    /// that does not fit is refused.
    pub(crate) fn open(
        dir: &Path,
        origin: &str,
        signer: SigningKey,
        now: Instant,
    ) -> Result<Self, LakeError> {
        let path = catalogue_path(dir);
        let bytes = read_or_empty(&path)?;
        let (whole, torn) = whole_lines(&bytes);
        let chain = follow_all(whole, origin, &signer.verifying_key(), &checkpoint_path(dir))?;
        if !torn.is_empty() {
            tracing::warn!(
                n_bytes = torn.len(),
                "the catalogue's last line was torn and is cut off"
            );
            cut(&path, whole.len() as u64)?;
        }
        let mut catalogue = Self {
            dir: dir.to_path_buf(),
            origin: origin.to_owned(),
            signer,
            chain,
            length: whole.len() as u64,
            broken: false,
        };
        if catalogue.chain.size() == 0 {
            let key = verifier_line(origin, &catalogue.signer.verifying_key());
            catalogue.append(Says::Begin { format: FORMAT, key }, now)?;
        } else {
            catalogue.publish(&catalogue.checkpoint())?;
        }
        Ok(catalogue)
    }

    /// The state so far.
    pub(crate) const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Adds a record, durable before this returns.
    pub(crate) fn append(&mut self, says: Says, now: Instant) -> Result<(), LakeError> {
        if self.broken {
            return Err(LakeError::Stopped {
                reason: "the catalogue could not be written".to_owned(),
                log_removed: false,
            });
        }
        let record =
            Record { n: self.chain.size(), previous: self.chain.previous(), at: now, says };
        let refused = |reason: String| LakeError::Catalogue { line: record.n + 1, reason };
        let json = serde_json::to_string(&record).map_err(|error| refused(error.to_string()))?;
        let mut next = self.chain.clone();
        next.add(&json, &record).map_err(refused)?;
        let checkpoint = Checkpoint::sign(&self.origin, next.size(), next.root(), &self.signer);
        let note =
            serde_json::to_string(&checkpoint.note).map_err(|error| refused(error.to_string()))?;
        self.append_line(&format!("{json}\t{note}\n"))?;
        self.chain = next;
        self.publish(&checkpoint)
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint::sign(&self.origin, self.chain.size(), self.chain.root(), &self.signer)
    }

    fn append_line(&mut self, line: &str) -> Result<(), LakeError> {
        let path = catalogue_path(&self.dir);
        let add = || -> io::Result<()> {
            let mut file = OpenOptions::new().append(true).create(true).open(&path)?;
            file.write_all(line.as_bytes())?;
            file.sync_data()?;
            sync_folder(&self.dir)
        };
        if let Err(error) = add() {
            self.broken = cut(&path, self.length).is_err();
            return Err(LakeError::file("write", &path, error));
        }
        self.length += line.len() as u64;
        Ok(())
    }

    fn publish(&self, checkpoint: &Checkpoint) -> Result<(), LakeError> {
        let path = checkpoint_path(&self.dir);
        replace_file(&path, &[checkpoint.note.as_bytes()])
            .map_err(|error| LakeError::file("write", &path, error))
    }
}

/// Follows all lines; the separate checkpoint must lie on their way, so that a cut-off end is noticed.
fn follow_all(
    whole: &[u8],
    origin: &str,
    key: &VerifyingKey,
    checkpoint_path: &Path,
) -> Result<Chain, LakeError> {
    let damaged = |line: u64, reason: String| LakeError::Catalogue { line, reason };
    let text = std::str::from_utf8(whole).map_err(|error| damaged(1, error.to_string()))?;
    let signed = read_checkpoint(checkpoint_path, key)?;
    let mut chain = Chain::default();
    let mut last = None;
    for line in text.lines() {
        let n = chain.size() + 1;
        let line = chain.follow(line).map_err(|reason| damaged(n, reason))?;
        check_owner(&line.record, origin, key)?;
        if signed.as_ref().is_some_and(|signed| signed.size == n && signed.root != chain.root()) {
            return Err(damaged(n, "the signed checkpoint is over other records".to_owned()));
        }
        last = Some(line.checkpoint);
    }
    if let Some(last) = last {
        Checkpoint::read(&last.note, key)
            .map_err(|error| damaged(chain.size(), error.to_string()))?;
    }
    match signed {
        Some(signed) if signed.size > chain.size() => {
            let reason = format!("ends here, but {} records were signed", signed.size);
            Err(damaged(chain.size(), reason))
        }
        _ => Ok(chain),
    }
}

fn check_owner(record: &Record, origin: &str, key: &VerifyingKey) -> Result<(), LakeError> {
    let Says::Begin { key: line, .. } = &record.says else { return Ok(()) };
    if read_verifier_line(line) == Some((origin.to_owned(), *key)) {
        return Ok(());
    }
    Err(LakeError::Setting { what: format!("this log belongs to another name or key: {line}") })
}

/// The separate checkpoint file, checked; `None` when there is none yet.
fn read_checkpoint(path: &Path, key: &VerifyingKey) -> Result<Option<Checkpoint>, LakeError> {
    let bytes = read_or_empty(path)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let note = String::from_utf8_lossy(&bytes);
    let checkpoint = Checkpoint::read(&note, key).map_err(|error| LakeError::Catalogue {
        line: 0,
        reason: format!("checkpoint: {error}"),
    })?;
    Ok(Some(checkpoint))
}

/// A file's bytes; none when it does not exist.
pub(crate) fn read_or_empty(path: &Path) -> Result<Vec<u8>, LakeError> {
    match fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(LakeError::file("read", path, error)),
    }
}

fn cut(path: &Path, length: u64) -> Result<(), LakeError> {
    let shorten = || -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(length)?;
        file.sync_all()
    };
    shorten().map_err(|error| LakeError::file("shorten", path, error))
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
