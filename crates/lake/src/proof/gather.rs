//! Gathering proofs from a log store: the only part of this module that reads files.
//!
//! Two things are asked of the store, and nothing else: the catalogue's records as they are written, in order, and of a sealed
//! part its events in the order of their numbers.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use object_store::{ObjectStore, ObjectStoreExt as _};
use sakimori_words::{Digest, Trouble};

use super::evidence::{
    Evidence, ProvenEvent, ProvenPart, ProvenRecord, StampedState, WitnessedHead,
};
use super::paths::LeafTree;
use super::timestamp::StampedHead;
use super::witness::HeadOffer;
use crate::LakeError;
use crate::background::in_background;
use crate::batch::events_in;
use crate::catalogue::{CatalogueStore, Line, LiveSegments, Record, Says, SegmentInfo};
use crate::merkle::leaf_hash;
use crate::note::Checkpoint;
use crate::reader::StoredEvent;
use crate::segment::read_batches;
use crate::troubles;

/// Most events in one document: it is read as a whole by whoever checks it.
const EVENTS_MAX: u64 = 10_000;

/// Why no evidence could be gathered.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// The log store cannot be read.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The event is not sealed yet: no signed record covers it.
    #[error("event {0} is not sealed yet")]
    NotSealed(u64),
    /// No event has that number: a damaged disk took it, or its time was up.
    #[error("there is no event {0}")]
    NoSuchEvent(u64),
    /// More than one document may hold.
    #[error("more than {EVENTS_MAX} events")]
    TooMany,
    /// The store's own content does not lead to what its catalogue says.
    #[error("the log does not prove itself: {0}")]
    NotProved(String),
}

impl GatherError {
    /// What a person is told.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::Lake(error) => return error.trouble(),
            Self::NotSealed(_) => &troubles::NOT_SEALED,
            Self::NoSuchEvent(_) | Self::TooMany => &troubles::NO_SUCH_EVENT,
            Self::NotProved(_) => &troubles::NOT_PROVED,
        };
        Trouble::because(kind, self)
    }
}

/// What others have seen of a log.
#[derive(Clone, Debug, Default)]
pub struct SeenElsewhere {
    /// Cosigned notes with the verifier lines of those who cosigned.
    pub cosigned: Vec<(String, String)>,
    /// Notes with the replies of time-stamping authorities.
    pub stamped: Vec<StampedHead>,
}

/// Gathers the evidence of the events in `ranges` (first and last number, both included). What was `seen` elsewhere and is not
/// the beginning of this log is left out.
///
/// # Errors
/// When an event is not sealed or not there, or the store cannot be read.
pub async fn gather_evidence(
    catalogue: &dyn CatalogueStore,
    segments: &dyn ObjectStore,
    ranges: &[(u64, u64)],
    seen: &SeenElsewhere,
) -> Result<Evidence, GatherError> {
    let count = ranges.iter().map(|(first, last)| last.saturating_sub(*first).saturating_add(1));
    if count.fold(0, u64::saturating_add) > EVENTS_MAX {
        return Err(GatherError::TooMany);
    }
    let records = Records::read(catalogue).await?;
    let mut evidence = Evidence::new(records.key()?, records.checkpoint()?.note.clone());
    let mut by_record: BTreeMap<usize, BTreeSet<u64>> = BTreeMap::new();
    for seq in ranges.iter().flat_map(|(first, last)| *first..=*last) {
        by_record.entry(records.seal_of(seq)?).or_default().insert(seq);
    }
    for (n, mut seqs) in by_record {
        for sealed in records.parts(n) {
            let proven = prove_events(segments, n as u64, &sealed, &seqs).await?;
            proven.iter().for_each(|event| {
                seqs.remove(&event.seq);
            });
            evidence.events.extend(proven);
        }
        if let Some(gone) = seqs.first() {
            return Err(GatherError::NoSuchEvent(*gone));
        }
        evidence.records.extend(records.prove(n));
    }
    evidence.events.sort_unstable_by_key(|event| event.seq);
    evidence.witnesses = seen.cosigned.iter().filter_map(|seen| records.grown(seen)).collect();
    evidence.timestamps = seen.stamped.iter().filter_map(|head| records.stamped(head)).collect();
    Ok(evidence)
}

/// The newest checkpoint of the log of `catalogue` with the proof that it has grown from the first `from` records.
///
/// `from` beyond what the log has is offered as 0, without a proof. `None` for a log without a catalogue.
///
/// # Errors
/// When the catalogue cannot be read.
pub async fn grow_proof(
    catalogue: &dyn CatalogueStore,
    from: u64,
) -> Result<Option<HeadOffer>, GatherError> {
    let records = Records::read(catalogue).await?;
    if records.lines.is_empty() {
        return Ok(None);
    }
    let path = records.tree.consistency(from);
    Ok(Some(HeadOffer {
        key: records.key()?,
        note: records.checkpoint()?.note.clone(),
        from: if path.is_some() { from } else { 0 },
        path: path.unwrap_or_default(),
    }))
}

/// The root over the first `size` records of `catalogue`, to be compared with a copy on paper; `None` when it has fewer.
///
/// # Errors
/// When the catalogue cannot be read.
pub async fn root_at(
    catalogue: &dyn CatalogueStore,
    size: u64,
) -> Result<Option<Digest>, GatherError> {
    let records = Records::read(catalogue).await?;
    if size > records.tree.size() {
        return Ok(None);
    }
    let wanted = usize::try_from(size).unwrap_or(usize::MAX);
    let first = records.lines.iter().take(wanted);
    let tree: LeafTree = first.map(|(json, _)| leaf_hash(&[json.as_bytes()])).collect();
    Ok(Some(tree.root()))
}

/// A sealed part and the file it lies in.
struct SealedPart {
    file: String,
    part: ProvenPart,
}

/// The catalogue's records as they are written.
struct Records {
    lines: Vec<(String, Line)>,
    tree: LeafTree,
    live: LiveSegments,
}

impl Records {
    async fn read(catalogue: &dyn CatalogueStore) -> Result<Self, GatherError> {
        let grown = catalogue.read(0).await?.unwrap_or_default();
        let read = move || {
            let mut chain = crate::catalogue::Chain::default();
            let (mut lines, mut live) = (Vec::new(), LiveSegments::default());
            for line in grown.lines.lines() {
                let n = chain.size() + 1;
                let damaged = |reason| LakeError::Catalogue { line: n, reason };
                let json = line.split_once('\t').map_or(line, |(json, _)| json).to_owned();
                let line = chain.follow(line).map_err(damaged)?;
                live.follow(&line.record).map_err(damaged)?;
                lines.push((json, line));
            }
            let tree = lines.iter().map(|(json, _)| leaf_hash(&[json.as_bytes()])).collect();
            Ok(Self { lines, tree, live })
        };
        Ok(in_background(read).await?)
    }

    fn record(&self, n: usize) -> Option<&Record> {
        self.lines.get(n).map(|(_, line)| &line.record)
    }

    fn checkpoint(&self) -> Result<&Checkpoint, GatherError> {
        let last = self.lines.last().map(|(_, line)| &line.checkpoint);
        last.ok_or_else(|| GatherError::NotProved("no catalogue".to_owned()))
    }

    /// The key that the first record names.
    fn key(&self) -> Result<String, GatherError> {
        match self.record(0).map(|record| &record.says) {
            Some(Says::Begin { key, .. }) => Ok(key.clone()),
            _ => Err(GatherError::NotProved("the catalogue names no key".to_owned())),
        }
    }

    /// The parts that record `n` states, each with the file that holds it now. A part that was let go is left out.
    fn parts(&self, n: usize) -> Vec<SealedPart> {
        let Some(Says::Seal(segments)) = self.record(n).map(|record| &record.says) else {
            return Vec::new();
        };
        let part = |sealed: &SegmentInfo| {
            let SegmentInfo { first_seq, last_seq, events, root, .. } = *sealed;
            let holder = self.live.holder(sealed)?;
            let part = ProvenPart { first_seq, last_seq, events, root };
            Some(SealedPart { file: holder.file.clone(), part })
        };
        segments.iter().filter_map(part).collect()
    }

    /// The record of the seal whose numbers hold `seq`.
    fn seal_of(&self, seq: u64) -> Result<usize, GatherError> {
        let mut last_sealed = 0;
        for (n, (_, line)) in self.lines.iter().enumerate() {
            let Says::Seal(segments) = &line.record.says else { continue };
            let last = segments.iter().map(|segment| segment.last_seq).max().unwrap_or_default();
            if seq > last_sealed && seq <= last {
                return Ok(n);
            }
            last_sealed = last;
        }
        let missing =
            if seq > last_sealed { GatherError::NotSealed } else { GatherError::NoSuchEvent };
        Err(missing(seq))
    }

    fn prove(&self, n: usize) -> Option<ProvenRecord> {
        let (json, _) = self.lines.get(n)?;
        let path = self.tree.inclusion(n as u64)?;
        Some(ProvenRecord { n: n as u64, json: json.clone(), path })
    }

    /// A stamped note and the proof that this log has grown from it.
    fn stamped(&self, head: &StampedHead) -> Option<StampedState> {
        let seen = Checkpoint::read_unchecked(&head.note).ok()?;
        let path = self.tree.consistency(seen.size)?;
        Some(StampedState { note: head.note.clone(), reply: head.reply.clone(), path })
    }

    /// A cosigned note (with its witness's line) and the proof that this log has grown from it.
    fn grown(&self, (note, key): &(String, String)) -> Option<WitnessedHead> {
        let seen = Checkpoint::read_unchecked(note).ok()?;
        let path = self.tree.consistency(seen.size)?;
        Some(WitnessedHead { key: key.clone(), note: note.clone(), path })
    }
}

/// Reads the part's events and proves those asked for that are in it.
async fn prove_events(
    segments: &dyn ObjectStore,
    n: u64,
    sealed: &SealedPart,
    seqs: &BTreeSet<u64>,
) -> Result<Vec<ProvenEvent>, GatherError> {
    let stored = read_part(segments, sealed).await?;
    let tree: LeafTree = stored.iter().map(|stored| stored.leaf).collect();
    if tree.root() != sealed.part.root {
        let what = format!("{}: other events than were sealed", sealed.file);
        return Err(GatherError::NotProved(what));
    }
    let rows = stored.iter().enumerate().filter(|(_, stored)| seqs.contains(&stored.seq));
    let proven = rows.filter_map(|(at, stored)| prove_event(stored, at as u64, &tree, n, sealed));
    Ok(proven.collect())
}

fn prove_event(
    found: &StoredEvent,
    index: u64,
    tree: &LeafTree,
    record: u64,
    sealed: &SealedPart,
) -> Option<ProvenEvent> {
    Some(ProvenEvent {
        seq: found.seq,
        source: found.event.source.clone(),
        received_at: found.event.received_at.as_micros(),
        raw: BASE64.encode(&found.event.raw),
        leaf: found.leaf,
        record,
        part: sealed.part.clone(),
        index,
        path: tree.inclusion(index)?,
    })
}

/// The events of a part in the order of their numbers.
async fn read_part(
    segments: &dyn ObjectStore,
    sealed: &SealedPart,
) -> Result<Vec<StoredEvent>, LakeError> {
    let file = sealed.file.clone();
    let failed = |error| LakeError::store("read", &sealed.file, error);
    let found = segments.get(&file.as_str().into()).await.map_err(failed)?;
    let bytes = found.bytes().await.map_err(failed)?;
    let (first, last) = (sealed.part.first_seq, sealed.part.last_seq);
    in_background(move || {
        let batches = read_batches(bytes).map_err(|reason| LakeError::Segment { file, reason })?;
        let mut events: Vec<StoredEvent> = batches
            .iter()
            .flat_map(|batch| events_in(batch, first.saturating_sub(1), last))
            .collect();
        events.sort_unstable_by_key(|stored| stored.seq);
        Ok(events)
    })
    .await
}
