//! Checking segment files against their catalogue records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt as _};
use sakimori_words::Digest;

use super::log::Log;
use super::{Problem, VerifyReport};
use crate::LakeError;
use crate::background::in_background;
use crate::catalogue::{LiveSegments, Part, SegmentInfo};
use crate::segment::{SEGMENTS, SealedLeaf, is_whole, read_leaves, rows_of};

/// Reads one segment and reports what differs from its record; with whether the store answered at all.
pub(super) async fn check(
    store: &dyn ObjectStore,
    segment: &Arc<SegmentInfo>,
    live: &LiveSegments,
    report: &mut VerifyReport,
) -> Result<bool, LakeError> {
    for &(first_seq, last_seq) in &segment.missing {
        let file = segment.file.clone();
        report.problems.push(Problem::EventsLost { first_seq, last_seq, file });
    }
    let bytes = match get(store, &segment.file).await {
        Ok(bytes) => bytes,
        Err(error) => {
            let answered = matches!(error, object_store::Error::NotFound { .. });
            report.problems.push(not_got(segment, &error));
            return Ok(answered);
        }
    };
    report.bytes += bytes.len() as u64;
    let own = Arc::clone(segment);
    let content = in_background(move || Ok(read(bytes, &own))).await?;
    report.sealed_events += content.leaves.len() as u64;
    match content.state {
        State::AsSealed => {}
        State::Rewritten => {
            report.problems.push(Problem::SegmentRewritten { file: segment.file.clone() });
        }
        State::Unreadable(reason) => report.problems.push(changed(segment, reason)),
        State::Differs => {
            let others = others_of(store, segment, live).await?;
            report.problems.extend(what_changed(&content.leaves, segment, &others));
        }
    }
    Ok(true)
}

/// What a segment file holds.
struct Content {
    leaves: Vec<SealedLeaf>,
    state: State,
}

/// How a segment file stands to its record.
enum State {
    AsSealed,
    /// The same records in other bytes.
    Rewritten,
    Unreadable(String),
    Differs,
}

fn read(bytes: Bytes, segment: &SegmentInfo) -> Content {
    let same_bytes = Digest::of(&bytes) == segment.file_digest;
    let leaves = match read_leaves(bytes) {
        Ok(leaves) => leaves,
        Err(reason) => return Content { leaves: Vec::new(), state: State::Unreadable(reason) },
    };
    let parts = segment.parts();
    let fits = parts.iter().all(|part| is_whole(part, &leaves));
    let n_events: u64 = parts.iter().map(|part| part.events).sum();
    let state = match (fits && n_events == leaves.len() as u64, same_bytes) {
        (true, true) => State::AsSealed,
        (true, false) => State::Rewritten,
        (false, _) => State::Differs,
    };
    Content { leaves, state }
}

/// The numbers around a segment that are other segments' or nobody's.
struct Others {
    seqs: BTreeSet<u64>,
    lost: Vec<(u64, u64)>,
    /// Whether all segments that were sealed together with it are there and can be read.
    complete: bool,
}

/// Reads the segments of other classes that were sealed together with this one: only they tell whose a missing number is.
async fn others_of(
    store: &dyn ObjectStore,
    segment: &Arc<SegmentInfo>,
    live: &LiveSegments,
) -> Result<Others, LakeError> {
    let beside = |other: &&Arc<SegmentInfo>| {
        other.file != segment.file && other.may_hold(segment.first_seq, segment.last_seq)
    };
    let complete = !live.expired().any(|gone| beside(&gone));
    let mut others = Others { seqs: BTreeSet::new(), lost: segment.missing.clone(), complete };
    for other in live.segments().filter(beside) {
        others.lost.extend_from_slice(&other.missing);
        let Ok(bytes) = get(store, &other.file).await else {
            others.complete = false;
            continue;
        };
        match in_background(move || Ok(read_leaves(bytes))).await? {
            Ok(leaves) => others.seqs.extend(leaves.iter().map(|row| row.seq)),
            Err(_) => others.complete = false,
        }
    }
    Ok(others)
}

async fn get(store: &dyn ObjectStore, file: &str) -> object_store::Result<Bytes> {
    store.get(&file.into()).await?.bytes().await
}

/// One segment that cannot be had must not keep the others from being looked at.
fn not_got(segment: &SegmentInfo, error: &object_store::Error) -> Problem {
    let SegmentInfo { file, first_seq, last_seq, .. } = segment;
    let (file, first_seq, last_seq) = (file.clone(), *first_seq, *last_seq);
    match error {
        object_store::Error::NotFound { .. } => {
            Problem::SegmentMissing { file, first_seq, last_seq }
        }
        error => Problem::SegmentUnreadable { file, reason: error.to_string() },
    }
}

/// Names the events that make a root differ; the whole segment when its own checks were adapted to them.
fn what_changed(leaves: &[SealedLeaf], segment: &SegmentInfo, others: &Others) -> Vec<Problem> {
    let parts = segment.parts();
    let mut problems = added_or_changed(leaves, segment, &parts, others);
    for part in parts.iter().filter(|part| !is_whole(part, leaves)) {
        problems.extend(removed(part, leaves, segment, others));
    }
    if problems.is_empty() {
        problems.push(changed(segment, "the signed root differs".to_owned()));
    }
    problems
}

fn changed(segment: &SegmentInfo, reason: String) -> Problem {
    Problem::SegmentChanged {
        file: segment.file.clone(),
        first_seq: segment.first_seq,
        last_seq: segment.last_seq,
        reason,
    }
}

fn added_or_changed(
    leaves: &[SealedLeaf],
    segment: &SegmentInfo,
    parts: &[Part],
    others: &Others,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut previous = None;
    for row in leaves {
        let (seq, source, file) = (row.seq, row.source.clone(), segment.file.clone());
        let is_ours = parts.iter().any(|part| (part.first_seq..=part.last_seq).contains(&seq));
        if previous == Some(seq) || !is_ours || others.have(seq) {
            problems.push(Problem::EventAdded { seq, source, file });
        } else if !row.agrees {
            problems.push(Problem::EventChanged { seq, source, file });
        }
        previous = Some(seq);
    }
    problems
}

impl Others {
    fn have(&self, seq: u64) -> bool {
        self.seqs.contains(&seq)
            || self.lost.iter().any(|(first, last)| (*first..=*last).contains(&seq))
    }
}

/// The events of a part that are gone, by number when everything that was sealed beside it can be read.
fn removed(
    part: &Part,
    leaves: &[SealedLeaf],
    segment: &SegmentInfo,
    others: &Others,
) -> Vec<Problem> {
    let there: BTreeSet<u64> = rows_of(part, leaves).iter().map(|row| row.seq).collect();
    let n_gone = part.events.saturating_sub(there.len() as u64);
    if n_gone == 0 {
        return Vec::new();
    }
    if !others.complete {
        let reason = format!("{n_gone} events fewer than were sealed");
        return vec![changed(segment, reason)];
    }
    // A forged record may claim any range: what is there and what may be named bounds the walk.
    let lost = others.lost.iter().map(|(first, last)| last.saturating_sub(*first));
    let lost = lost.fold(0_u64, u64::saturating_add).min(LOST_WALKED_MAX);
    let walk = there.len() + others.seqs.len() + GONE_NAMED_MAX;
    let walk = walk.saturating_add(usize::try_from(lost).unwrap_or_default());
    let expected = (part.first_seq..=part.last_seq).take(walk);
    let gone = expected.filter(|seq| !others.have(*seq) && !there.contains(seq));
    let sources = sources_with_fewer(leaves, segment);
    gone.take(GONE_NAMED_MAX)
        .map(|seq| Problem::EventRemoved {
            seq,
            sources: sources.clone(),
            file: segment.file.clone(),
        })
        .collect()
}

/// How many removed events of one segment are named.
const GONE_NAMED_MAX: usize = 10_000;

/// How many lost sequence numbers are walked over to find removed events behind them.
const LOST_WALKED_MAX: u64 = 10_000_000;

/// The sources that have fewer events now than when the segment was sealed.
fn sources_with_fewer(leaves: &[SealedLeaf], segment: &SegmentInfo) -> Vec<String> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for row in leaves {
        *counts.entry(&row.source).or_default() += 1;
    }
    let fewer = segment.sources.iter().filter(|sealed| {
        counts.get(sealed.source.as_str()).copied().unwrap_or_default() < sealed.events
    });
    fewer.map(|sealed| sealed.source.clone()).collect()
}

/// Reports files that are in the store and not in the catalogue.
pub(super) fn check_names(
    stored: &[String],
    live: &LiveSegments,
    log: &Log,
    report: &mut VerifyReport,
) {
    let known: BTreeSet<&str> = live.segments().map(|segment| segment.file.as_str()).collect();
    for file in stored.iter().filter(|file| !known.contains(file.as_str())) {
        let extra = Problem::SegmentExtra { file: file.clone() };
        if live.gone().contains_key(file) || is_of_an_unsealed_log(file, log) {
            report.remarks.push(extra);
        } else {
            report.problems.push(extra);
        }
    }
}

/// Whether a file is what sealing a log file that still exists writes: being sealed now, or interrupted before.
fn is_of_an_unsealed_log(file: &str, log: &Log) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let first_seq = name.split('-').next().and_then(|digits| digits.parse::<u64>().ok());
    file.starts_with(SEGMENTS) && first_seq.is_some_and(|seq| log.holds(seq))
}
