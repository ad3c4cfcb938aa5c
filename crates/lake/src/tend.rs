//! Keeping a store in order over the years: putting segments together, letting go what is past its time, removing files that
//! nobody reads any more. Each is a signed record first and a removed file later, so that a search which has begun still
//! finds its files.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use object_store::ObjectStoreExt as _;
use sakimori_words::{Digest, Instant};

use crate::catalogue::{Compaction, Expiry, Says, SegmentInfo};
use crate::compaction::{compact, next_to_compact};
use crate::retention::{Hold, is_past};
use crate::segment::{SEGMENTS, is_as_recorded};
use crate::{Lake, LakeError};

/// How long a file stays after the catalogue has let it go, in seconds: longer than any search runs.
const GONE_STAYS_SECONDS: i64 = 3_600;

/// What was let go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LetGo {
    /// The segments.
    pub segments: Vec<Arc<SegmentInfo>>,
    /// Segments past their time that a hold keeps.
    pub held: Vec<Arc<SegmentInfo>>,
}

/// What [`Lake::sweep`] removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Files.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
}

impl Lake {
    /// Puts segments of a past month or week together, one group at a call; `None` when there is nothing to do.
    ///
    /// # Errors
    /// When the segment store or a disk fails, or a segment is not as it was sealed; everything stays as it was then, and the
    /// calls after it go on with the other segments.
    pub async fn compact(&self) -> Result<Option<Arc<SegmentInfo>>, LakeError> {
        // Nothing may be let go between looking and writing.
        let mut catalogue = self.catalogue().await?;
        let mut segments = self.reader().snapshot().await?.segments;
        segments.retain(|segment| !self.is_damaged(&segment.file));
        let Some(group) = next_to_compact(&segments, self.clock.now()) else { return Ok(None) };
        let mut inputs = Vec::new();
        for segment in &group {
            inputs.push((Arc::clone(segment), self.reader().read_segment(&segment.file).await?));
        }
        let previous = catalogue.chain().previous();
        let together = self.worker.run(move || put_together(inputs, previous)).await;
        let (info, file) = together.inspect_err(|error| self.note_damage(error))?;
        let back = self.put(&info.file, file).await?;
        let info = self.worker.run(move || check_back(back, info)).await?;
        let from = group.iter().map(|segment| segment.file.clone()).collect();
        let compaction = Compaction { from, into: info.clone() };
        catalogue.append(Says::Compaction(Box::new(compaction)), self.clock.now()).await?;
        Ok(Some(Arc::new(info)))
    }

    fn is_damaged(&self, file: &str) -> bool {
        self.damaged.lock().is_ok_and(|damaged| damaged.contains(file))
    }

    fn note_damage(&self, error: &LakeError) {
        if let (LakeError::Segment { file, .. }, Ok(mut damaged)) = (error, self.damaged.lock()) {
            damaged.insert(file.clone());
        }
    }

    /// Lets go the segments that are past the retention of their class, save those under a hold. `by` and `why` go into the
    /// signed record; the files are removed by a later [`Lake::sweep`].
    ///
    /// # Errors
    /// When the catalogue cannot be read or written; nothing was let go then.
    pub async fn let_go(&self, holds: &[Hold], by: &str, why: &str) -> Result<LetGo, LakeError> {
        // No compaction may replace a file between looking and writing.
        let mut catalogue = self.catalogue().await?;
        let now = self.clock.now();
        let segments = self.reader().snapshot().await?.segments;
        let past =
            segments.into_iter().filter(|segment| is_past(segment, self.settings.retention, now));
        let (held, segments): (Vec<_>, Vec<_>) =
            past.partition(|segment| holds.iter().any(|hold| hold.covers(segment)));
        if !segments.is_empty() {
            let files = segments.iter().map(|segment| segment.file.clone()).collect();
            let expiry = Expiry { files, by: by.to_owned(), why: why.to_owned() };
            catalogue.append(Says::Expiry(Box::new(expiry)), now).await?;
        }
        Ok(LetGo { segments, held })
    }

    /// Removes files that the catalogue replaced or let go more than an hour ago.
    ///
    /// # Errors
    /// When the segment store cannot be listed or a file not removed; the next call goes on.
    pub async fn sweep(&self) -> Result<Sweep, LakeError> {
        let before = self.clock.now().plus_seconds(-GONE_STAYS_SECONDS);
        let due = |(file, at): (String, Instant)| (at <= before).then_some(file);
        let gone: BTreeSet<String> =
            self.reader().gone().await?.into_iter().filter_map(due).collect();
        let mut swept = Sweep::default();
        if gone.is_empty() {
            return Ok(swept);
        }
        let store = &self.settings.segments;
        let mut files = store.list(Some(&SEGMENTS.into()));
        while let Some(file) = files.next().await {
            let file = file.map_err(|error| LakeError::store("list", SEGMENTS, error))?;
            if !gone.contains(file.location.as_ref()) {
                continue;
            }
            let removed = store.delete(&file.location).await;
            removed.map_err(|error| LakeError::store("remove", file.location.as_ref(), error))?;
            swept.files += 1;
            swept.bytes += file.size;
        }
        Ok(swept)
    }
}

/// Checks that every segment is still what was sealed — damage must not be written anew under a good digest — and merges them.
fn put_together(
    inputs: Vec<(Arc<SegmentInfo>, Bytes)>,
    previous: Digest,
) -> Result<(SegmentInfo, Bytes), LakeError> {
    let unreadable = |file: &str, reason| LakeError::Segment { file: file.to_owned(), reason };
    for (segment, file) in &inputs {
        let same = Digest::of(file) == segment.file_digest;
        if !same {
            let reason = "it is not as it was written; see `sakimori verify`".to_owned();
            return Err(unreadable(&segment.file, reason));
        }
    }
    let first = inputs.first().map(|(segment, _)| segment.file.clone()).unwrap_or_default();
    compact(inputs, previous).map_err(|reason| unreadable(&first, reason))
}

fn check_back(back: Bytes, info: SegmentInfo) -> Result<SegmentInfo, LakeError> {
    let reason = match is_as_recorded(back, &info) {
        Ok(true) => return Ok(info),
        Ok(false) => "other events".to_owned(),
        Err(reason) => reason,
    };
    Err(LakeError::ReadBack { file: info.file, reason })
}
