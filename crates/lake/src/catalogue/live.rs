//! The segments that are there now: what all records of a catalogue say together.

use std::collections::BTreeMap;
use std::sync::Arc;

use sakimori_words::Instant;

use super::{Compaction, Part, Record, Says, SegmentInfo};

/// The current segments, and the files of those that were replaced or let go.
#[derive(Clone, Debug, Default)]
pub(crate) struct LiveSegments {
    by_place: BTreeMap<Place, Arc<SegmentInfo>>,
    /// First sequence number by file.
    places: BTreeMap<String, u64>,
    gone: BTreeMap<String, Gone>,
}

/// First sequence number and file.
type Place = (u64, String);

/// A file whose events are elsewhere now, or nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gone {
    /// When the catalogue said so.
    pub(crate) at: Instant,
    /// What it held, when that was past its retention and was let go; else another segment holds it.
    pub(crate) expired: Option<Arc<SegmentInfo>>,
}

impl LiveSegments {
    /// Follows a record, or says why it cannot be.
    pub(crate) fn follow(&mut self, record: &Record) -> Result<(), String> {
        match &record.says {
            Says::Begin { .. } => {}
            Says::Seal(segments) => segments.iter().cloned().for_each(|segment| self.add(segment)),
            Says::Compaction(compaction) => self.compact(compaction, record.at)?,
            Says::Expiry(expiry) => {
                for file in &expiry.files {
                    let expired = Some(self.take(file)?);
                    self.gone.insert(file.clone(), Gone { at: record.at, expired });
                }
            }
        }
        Ok(())
    }

    /// The segments in the order of their first numbers.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &Arc<SegmentInfo>> {
        self.by_place.values()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_place.len()
    }

    /// Files that no search reads any more.
    pub(crate) const fn gone(&self) -> &BTreeMap<String, Gone> {
        &self.gone
    }

    /// What was past its retention and was let go.
    pub(crate) fn expired(&self) -> impl Iterator<Item = &Arc<SegmentInfo>> {
        self.gone.values().filter_map(|gone| gone.expired.as_ref())
    }

    fn add(&mut self, segment: SegmentInfo) {
        self.gone.remove(&segment.file);
        self.places.insert(segment.file.clone(), segment.first_seq);
        self.by_place.insert((segment.first_seq, segment.file.clone()), Arc::new(segment));
    }

    fn take(&mut self, file: &str) -> Result<Arc<SegmentInfo>, String> {
        let first_seq = self.places.remove(file);
        let found = first_seq.and_then(|seq| self.by_place.remove(&(seq, file.to_owned())));
        found.ok_or_else(|| format!("it speaks of {file}, which is not there"))
    }

    fn compact(&mut self, compaction: &Compaction, at: Instant) -> Result<(), String> {
        let mut parts: Vec<Part> = Vec::new();
        for file in &compaction.from {
            let from = self.take(file)?;
            if from.class != compaction.into.class {
                return Err(format!("{file} is of another class"));
            }
            parts.extend(from.parts());
            self.gone.insert(file.clone(), Gone { at, expired: None });
        }
        parts.sort_by_key(|part| part.first_seq);
        if parts != compaction.into.parts() {
            return Err("it puts other events together than were sealed".to_owned());
        }
        self.add(compaction.into.clone());
        Ok(())
    }
}
