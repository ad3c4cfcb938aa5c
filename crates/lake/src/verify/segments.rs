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
use crate::catalogue::SegmentInfo;
use crate::merkle::Tree;
use crate::segment::{SEGMENTS, SealedLeaf, read_leaves};

/// Reads one segment and reports what differs from its record; with whether the store answered at all.
pub(super) async fn check(
    store: &dyn ObjectStore,
    segment: &Arc<SegmentInfo>,
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
    let segment = Arc::clone(segment);
    let (events, problems) = in_background(move || Ok(compare(bytes, &segment))).await?;
    report.sealed_events += events;
    report.problems.extend(problems);
    Ok(true)
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

/// How many events a file holds and what differs from its record.
fn compare(bytes: Bytes, segment: &SegmentInfo) -> (u64, Vec<Problem>) {
    let same_bytes = Digest::of(&bytes) == segment.file_digest;
    let leaves = match read_leaves(bytes) {
        Ok(leaves) => leaves,
        Err(reason) => return (0, vec![changed(segment, reason)]),
    };
    let root = leaves.iter().map(|row| row.leaf).collect::<Tree>().root();
    let problems = match (root == segment.root, same_bytes) {
        (true, true) => Vec::new(),
        (true, false) => vec![Problem::SegmentRewritten { file: segment.file.clone() }],
        (false, _) => what_changed(&leaves, segment),
    };
    (leaves.len() as u64, problems)
}

/// Names the events that make a root differ; the whole segment when its own checks were adapted to them.
fn what_changed(leaves: &[SealedLeaf], segment: &SegmentInfo) -> Vec<Problem> {
    let mut problems = added_or_changed(leaves, segment);
    problems.extend(removed(leaves, segment));
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

fn added_or_changed(leaves: &[SealedLeaf], segment: &SegmentInfo) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut previous = None;
    for row in leaves {
        let (seq, source, file) = (row.seq, row.source.clone(), segment.file.clone());
        if previous == Some(seq) || !was_sealed(segment, seq) {
            problems.push(Problem::EventAdded { seq, source, file });
        } else if !row.agrees {
            problems.push(Problem::EventChanged { seq, source, file });
        }
        previous = Some(seq);
    }
    problems
}

fn removed(leaves: &[SealedLeaf], segment: &SegmentInfo) -> Vec<Problem> {
    let there: BTreeSet<u64> = leaves.iter().map(|row| row.seq).collect();
    // A forged record may claim any range: what is there and what may be named bounds the walk.
    let lost = segment.missing.iter().map(|(first, last)| last.saturating_sub(*first));
    let lost = lost.fold(0_u64, u64::saturating_add).min(LOST_WALKED_MAX);
    let walk = there.len() + GONE_NAMED_MAX + usize::try_from(lost).unwrap_or_default();
    let expected = (segment.first_seq..=segment.last_seq).take(walk);
    let gone = expected.filter(|seq| was_sealed(segment, *seq) && !there.contains(seq));
    let mut gone = gone.take(GONE_NAMED_MAX).peekable();
    if gone.peek().is_none() {
        return Vec::new();
    }
    let sources = sources_with_fewer(leaves, segment);
    gone.map(|seq| Problem::EventRemoved {
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

fn was_sealed(segment: &SegmentInfo, seq: u64) -> bool {
    let lost = segment.missing.iter().any(|(first, last)| (*first..=*last).contains(&seq));
    (segment.first_seq..=segment.last_seq).contains(&seq) && !lost
}

/// Reports files that are in the store and not in the catalogue.
pub(super) fn check_names(
    stored: &[String],
    segments: &[Arc<SegmentInfo>],
    log: &Log,
    report: &mut VerifyReport,
) {
    let known: BTreeSet<&str> = segments.iter().map(|segment| segment.file.as_str()).collect();
    for file in stored.iter().filter(|file| !known.contains(file.as_str())) {
        let extra = Problem::SegmentExtra { file: file.clone() };
        if is_of_an_unsealed_log(file, log) {
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
    file.starts_with(SEGMENTS) && first_seq.is_some_and(|seq| log.first_seqs.contains(&seq))
}
