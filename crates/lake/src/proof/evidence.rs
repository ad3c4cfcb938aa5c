//! The evidence document: events with everything that proves them, in one file that needs no log store to be checked.
//!
//! The way up: an event's leaf → the root of the part of a seal it lies in → the catalogue record that states that root → the
//! signed checkpoint over all records → the cosignatures of those who saw the log at that size or before it grew.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::VerifyingKey;
use sakimori_words::{Digest, Instant, Trouble};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cosignature::{Cosignature, CosignatureError};
use super::paths::{verify_consistency, verify_inclusion};
use super::timestamp::{Stamp, StampError, StampedHead};
use crate::leaf::leaf_digest;
use crate::merkle::leaf_hash;
use crate::note::{Checkpoint, NoteError, read_verifier_line};
use crate::troubles;

/// The word that begins every evidence document.
const FORMAT: &str = "sakimori-evidence";

/// The version this program writes, and the newest it reads.
const VERSION: u32 = 1;

/// Events with their proofs, as the file holds them. The layout is written down in `FORMAT.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Always `sakimori-evidence`.
    pub format: String,
    /// Version of the layout.
    pub version: u32,
    /// The log's key as a C2SP verifier line. Compare it with one that came by another way.
    pub key: String,
    /// The signed checkpoint (C2SP signed note) that everything below leads up to.
    pub checkpoint: String,
    /// Catalogue records that the events lie in.
    pub records: Vec<ProvenRecord>,
    /// The events in the order of their numbers.
    pub events: Vec<ProvenEvent>,
    /// Checkpoints that others have seen and cosigned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<WitnessedHead>,
    /// What time-stamping authorities replied about checkpoints of the log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timestamps: Vec<StampedState>,
}

/// A catalogue record and its way to the checkpoint's root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenRecord {
    /// Its place in the catalogue, from 0.
    pub n: u64,
    /// Its JSON exactly as the catalogue has it: the leaf is over these bytes.
    pub json: String,
    /// RFC 9162 inclusion proof, nearest sibling first.
    pub path: Vec<Digest>,
}

/// An event and its way to a root that a record states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenEvent {
    /// Its sequence number.
    pub seq: u64,
    /// Where it came from.
    pub source: String,
    /// When it was received, in microseconds since 1970-01-01 UTC.
    pub received_at: i64,
    /// The record as it came, in base64.
    pub raw: String,
    /// Its leaf digest.
    pub leaf: Digest,
    /// `n` of the record that states the part it lies in.
    pub record: u64,
    /// The part.
    pub part: ProvenPart,
    /// Its place among the part's leaves, from 0.
    pub index: u64,
    /// RFC 9162 inclusion proof, nearest sibling first.
    pub path: Vec<Digest>,
}

/// A sealed part as its record states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenPart {
    /// Sequence number of its first event.
    pub first_seq: u64,
    /// Sequence number of its last event.
    pub last_seq: u64,
    /// How many events it has.
    pub events: u64,
    /// The root over their leaves.
    pub root: Digest,
}

/// A checkpoint of the same log that somebody else saw and cosigned, and the proof that the log has only grown since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessedHead {
    /// The witness's key as a C2SP verifier line. Compare it with one that came by another way.
    pub key: String,
    /// The signed note with the witness's line under it.
    pub note: String,
    /// RFC 9162 consistency proof from that checkpoint to the document's.
    pub path: Vec<Digest>,
}

/// A checkpoint of the same log, what an authority replied about it, and the proof that the log has only grown since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StampedState {
    /// The signed note.
    pub note: String,
    /// The reply over its SHA-256 (RFC 3161 `TimeStampResp`, DER) in base64.
    pub reply: String,
    /// RFC 9162 consistency proof from that checkpoint to the document's.
    pub path: Vec<Digest>,
}

/// What a document proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// The checkpoint it leads up to.
    pub checkpoint: Checkpoint,
    /// The key it was checked with, as a verifier line.
    pub key: String,
    /// Whether the caller gave that key. Otherwise it is the document's own word, and somebody who forged all of it could
    /// have named another key.
    pub key_was_given: bool,
    /// The events.
    pub events: Vec<ProvedEvent>,
    /// Who else saw the log.
    pub witnesses: Vec<ProvedWitness>,
    /// What time-stamping authorities state. Their signatures are not checked here: see [`super::Stamp`].
    pub timestamps: Vec<ProvedStamp>,
}

/// A proved event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvedEvent {
    /// Its sequence number.
    pub seq: u64,
    /// Where it came from.
    pub source: String,
    /// When it was received.
    pub received_at: Instant,
    /// The record as it came.
    pub raw: Vec<u8>,
    /// The earliest time at which a witness saw the log with this event in it; `None` when only the node vouches for when.
    pub seen_at: Option<Instant>,
}

/// A witness whose cosignature fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvedWitness {
    /// Its name.
    pub name: String,
    /// Its key, as a verifier line.
    pub key: String,
    /// When it saw the log.
    pub at: Instant,
    /// How many catalogue records the log had then.
    pub size: u64,
}

/// A time that an authority states for a checkpoint of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvedStamp {
    /// The time.
    pub at: Instant,
    /// How many catalogue records the log had then.
    pub size: u64,
}

/// Why a document proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// It is no evidence document.
    #[error("not an evidence document: {0}")]
    Unreadable(String),
    /// A newer version wrote it.
    #[error("an evidence document of version {0}, which this program does not know")]
    Version(u32),
    /// The key is no verifier line.
    #[error("`{0}` is no verifier line")]
    Key(String),
    /// It is about another log than the one whose key was given.
    #[error("the document's key is not the one given: {0}")]
    OtherKey(String),
    /// The checkpoint's signature does not hold.
    #[error("checkpoint: {0}")]
    Checkpoint(#[from] NoteError),
    /// A catalogue record is not in the log that was signed.
    #[error("catalogue record {0} is not in the signed log")]
    Record(u64),
    /// An event was changed, or is none of the log's.
    #[error("event {seq}: {what}")]
    Event {
        /// Its number as the document gives it.
        seq: u64,
        /// What does not fit.
        what: &'static str,
    },
    /// A cosignature does not hold.
    #[error("witness: {0}")]
    Witness(#[from] CosignatureError),
    /// What a witness saw is not the beginning of this log.
    #[error("what `{0}` saw is not the beginning of this log")]
    NotGrown(String),
    /// A time-stamping authority's reply does not fit.
    #[error("time stamp: {0}")]
    Stamp(#[from] StampError),
    /// The document holds no events.
    #[error("no events")]
    Empty,
}

impl EvidenceError {
    /// What a person is told.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        Trouble::because(&troubles::EVIDENCE, self)
    }
}

impl Evidence {
    /// A document without anything in it yet.
    pub(crate) fn new(key: String, checkpoint: String) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            key,
            checkpoint,
            records: Vec::new(),
            events: Vec::new(),
            witnesses: Vec::new(),
            timestamps: Vec::new(),
        }
    }

    /// The document as it is written to a file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// Checks a document by itself. All of it holds, or the first thing that does not is named. `key` is the log's verifier line
/// when it is known from elsewhere.
///
/// # Errors
/// When anything in it does not fit.
pub fn check_evidence(bytes: &[u8], key: Option<&str>) -> Result<Proved, EvidenceError> {
    let document = read(bytes)?;
    let line = key.unwrap_or(&document.key);
    let (origin, verifier) =
        read_verifier_line(line).ok_or_else(|| EvidenceError::Key(line.to_owned()))?;
    if document.key != line {
        return Err(EvidenceError::OtherKey(document.key));
    }
    let checkpoint = Checkpoint::read(&document.checkpoint, &verifier)?;
    if checkpoint.origin != origin {
        return Err(NoteError::NotSignedBy(origin).into());
    }
    let records = check_records(&document.records, &checkpoint)?;
    let witnesses = document
        .witnesses
        .iter()
        .map(|head| check_witness(head, &checkpoint, line))
        .collect::<Result<Vec<_>, _>>()?;
    let timestamps = document
        .timestamps
        .iter()
        .map(|head| check_stamp(head, &checkpoint, &verifier))
        .collect::<Result<Vec<_>, _>>()?;
    let events = document
        .events
        .iter()
        .map(|event| check_event(event, &records, &witnesses))
        .collect::<Result<Vec<_>, _>>()?;
    if events.is_empty() {
        return Err(EvidenceError::Empty);
    }
    Ok(Proved {
        checkpoint,
        key: line.to_owned(),
        key_was_given: key.is_some(),
        events,
        witnesses,
        timestamps,
    })
}

/// Reads `bytes` as an evidence document, for fuzzing: must never panic.
pub fn fuzz_evidence(bytes: &[u8]) {
    let _ = check_evidence(bytes, None);
}

fn read(bytes: &[u8]) -> Result<Evidence, EvidenceError> {
    /// The part that every version has.
    #[derive(Deserialize)]
    struct Head {
        format: String,
        version: u32,
    }
    let unreadable = |error: serde_json::Error| EvidenceError::Unreadable(error.to_string());
    let head: Head = serde_json::from_slice(bytes).map_err(unreadable)?;
    if head.format != FORMAT {
        return Err(EvidenceError::Unreadable(format!("`{}`", clip(&head.format))));
    }
    if head.version != VERSION {
        return Err(EvidenceError::Version(head.version));
    }
    serde_json::from_slice(bytes).map_err(unreadable)
}

fn clip(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The records whose way to the root holds, by their place.
fn check_records(
    records: &[ProvenRecord],
    checkpoint: &Checkpoint,
) -> Result<BTreeMap<u64, Value>, EvidenceError> {
    let mut checked = BTreeMap::new();
    for record in records {
        let leaf = leaf_hash(&[record.json.as_bytes()]);
        let (size, root) = (checkpoint.size, checkpoint.root);
        if !verify_inclusion(leaf, record.n, size, &record.path, root) {
            return Err(EvidenceError::Record(record.n));
        }
        let json = serde_json::from_str(&record.json);
        checked.insert(record.n, json.map_err(|_| EvidenceError::Record(record.n))?);
    }
    Ok(checked)
}

fn check_witness(
    head: &WitnessedHead,
    checkpoint: &Checkpoint,
    log_key: &str,
) -> Result<ProvedWitness, EvidenceError> {
    let (_, verifier) =
        read_verifier_line(log_key).ok_or_else(|| EvidenceError::Key(log_key.to_owned()))?;
    let seen = Checkpoint::read(&head.note, &verifier)?;
    let cosignature = Cosignature::read(&head.note, &head.key)?;
    let (old, new) = ((seen.size, seen.root), (checkpoint.size, checkpoint.root));
    if seen.origin != checkpoint.origin || !verify_consistency(old, new, &head.path) {
        return Err(EvidenceError::NotGrown(cosignature.witness));
    }
    Ok(ProvedWitness {
        name: cosignature.witness,
        key: head.key.clone(),
        at: cosignature.at,
        size: seen.size,
    })
}

fn check_stamp(
    head: &StampedState,
    checkpoint: &Checkpoint,
    key: &VerifyingKey,
) -> Result<ProvedStamp, EvidenceError> {
    let seen = Checkpoint::read(&head.note, key)?;
    let stamped = StampedHead { note: head.note.clone(), reply: head.reply.clone() };
    let stamp = Stamp::read_over(&stamped)?;
    let (old, new) = ((seen.size, seen.root), (checkpoint.size, checkpoint.root));
    if seen.origin != checkpoint.origin || !verify_consistency(old, new, &head.path) {
        return Err(EvidenceError::NotGrown("RFC 3161".to_owned()));
    }
    Ok(ProvedStamp { at: stamp.at, size: seen.size })
}

fn check_event(
    event: &ProvenEvent,
    records: &BTreeMap<u64, Value>,
    witnesses: &[ProvedWitness],
) -> Result<ProvedEvent, EvidenceError> {
    let wrong = |what| EvidenceError::Event { seq: event.seq, what };
    let raw = BASE64.decode(&event.raw).map_err(|_| wrong("its raw record is no base64"))?;
    let received_at = Instant::from_micros(event.received_at);
    if leaf_digest(event.seq, &event.source, received_at, &raw) != event.leaf {
        return Err(wrong("its content does not give its leaf"));
    }
    let part = &event.part;
    if !verify_inclusion(event.leaf, event.index, part.events, &event.path, part.root) {
        return Err(wrong("its leaf does not lead to the root of its part"));
    }
    let record = records.get(&event.record).ok_or_else(|| wrong("its record is not there"))?;
    if !(part.first_seq..=part.last_seq).contains(&event.seq) || !states(record, part) {
        return Err(wrong("its record does not state that part"));
    }
    let saw = witnesses.iter().filter(|witness| event.record < witness.size);
    Ok(ProvedEvent {
        seq: event.seq,
        source: event.source.clone(),
        received_at,
        raw,
        seen_at: saw.map(|witness| witness.at).min(),
    })
}

/// Whether a record states that part: somewhere in it is an object with exactly these bounds, this number and this root. The
/// layout around it may change from version to version; what it says of a part does not.
fn states(record: &Value, part: &ProvenPart) -> bool {
    let number = |object: &serde_json::Map<String, Value>, name, value| {
        object.get(name).and_then(Value::as_u64) == Some(value)
    };
    match record {
        Value::Array(values) => values.iter().any(|value| states(value, part)),
        Value::Object(object) => {
            let here = number(object, "first_seq", part.first_seq)
                && number(object, "last_seq", part.last_seq)
                && number(object, "events", part.events)
                && object.get("root").and_then(Value::as_str) == Some(&part.root.to_string());
            here || object.values().any(|value| states(value, part))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
