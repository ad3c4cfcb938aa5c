//! Proving that a log store holds exactly what was taken in, and naming what differs.
//!
//! The proof goes from the signed checkpoint over every catalogue record to every event's leaf. It works while another
//! process writes. What it cannot see alone is a whole store put back to an older state together with its checkpoint:
//! for that, checkpoints witnessed elsewhere (a hub, a printed page) are given in [`VerifyRequest::witnessed`].

mod catalogue;
mod log;
mod problem;
mod segments;

use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::{SigningKey, VerifyingKey};
use futures::StreamExt as _;
use object_store::ObjectStore;
use sakimori_words::{Lang, Trouble};

pub use problem::Problem;

use crate::LakeError;
use crate::background::in_background;
use crate::catalogue::{CatalogueStore, LiveSegments};
use crate::note::Checkpoint;
use crate::segment::SEGMENTS;
use crate::troubles;

/// What is to be proved.
pub struct VerifyRequest<'a> {
    /// The folder of the log store.
    pub dir: &'a Path,
    /// Where its catalogue is.
    pub catalogue: &'a dyn CatalogueStore,
    /// Where its segments are.
    pub segments: Arc<dyn ObjectStore>,
    /// The key that must have signed it. Without it the key named in the catalogue itself is used, which proves less:
    /// somebody who rewrote everything could have named another key.
    pub key: Option<VerifyingKey>,
    /// Signed checkpoints of this log that were kept elsewhere.
    pub witnessed: &'a [String],
}

/// What whoever keeps a log store knows of it from elsewhere. Each of these finds what the folder alone cannot show;
/// `Known::default()` knows nothing.
#[derive(Clone, Copy, Default)]
pub struct Known<'a> {
    /// The key that signs this log, when it is at hand: unsealed events are then found behind a destroyed beginning of their
    /// file, and none that somebody without the key put there is believed. [`VerifyRequest::key`] may be `None` then.
    pub signer: Option<&'a SigningKey>,
    /// The log was begun: an empty or missing folder is a loss then, not a log without events. The signing key having been
    /// made is a good reason to say so.
    pub begun: bool,
    /// Some other store has seen events of this log up to this number; 0 for none. Find it out before the verification
    /// begins, when another process may be writing.
    pub seen_up_to: u64,
}

/// How far a verification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes looked at.
    pub done_bytes: u64,
    /// Bytes to look at in all.
    pub total_bytes: u64,
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Catalogued segments.
    pub segments: u64,
    /// Events that were past their retention and were let go by a signed record.
    pub expired_events: u64,
    /// Sealed events that were read.
    pub sealed_events: u64,
    /// Events read from the log that are not sealed yet.
    pub hot_events: u64,
    /// Bytes read.
    pub bytes: u64,
    /// The newest signed state.
    pub checkpoint: Option<Checkpoint>,
    /// The key it was checked with, as a verifier line.
    pub key: Option<String>,
    /// Whether that key was given by the caller and not taken from the catalogue.
    pub key_was_given: bool,
    /// What differs from what was taken in.
    pub problems: Vec<Problem>,
    /// What is worth knowing and proves nothing bad, such as the remains of an interrupted seal.
    pub remarks: Vec<Problem>,
}

impl VerifyReport {
    /// Whether the store is proved to be as it was taken in.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.problems.is_empty()
    }

    /// The trouble to show when it is not proved: the first problems by name.
    #[must_use]
    pub fn trouble(&self, lang: Lang) -> Option<Trouble> {
        if self.is_proved() {
            return None;
        }
        let mut lines: Vec<_> =
            self.problems.iter().take(PROBLEMS_SHOWN).map(|problem| problem.text(lang)).collect();
        if self.problems.len() > PROBLEMS_SHOWN {
            lines.push(format!("… {}", self.problems.len()));
        }
        Some(Trouble::new(&troubles::NOT_PROVED, lines.join("\n  ")))
    }
}

/// How many problems a trouble names; the report has them all.
const PROBLEMS_SHOWN: usize = 5;

/// Reads everything and compares it with what was signed. `progress` is told after each file. Nothing is created or
/// changed. Whoever keeps the store calls [`verify_knowing`], which finds more.
///
/// # Errors
/// When the catalogue or the folder of the log cannot be read. What was changed, removed or added, and any other file
/// that cannot be read, is no error but stands in the report.
pub async fn verify(
    request: VerifyRequest<'_>,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<VerifyReport, LakeError> {
    verify_knowing(request, Known::default(), progress).await
}

/// As [`verify`], with what the caller knows of the store from elsewhere.
///
/// # Errors
/// As [`verify`].
pub async fn verify_knowing(
    mut request: VerifyRequest<'_>,
    known: Known<'_>,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<VerifyReport, LakeError> {
    request.key = request.key.or(known.signer.map(SigningKey::verifying_key));
    let mut report =
        VerifyReport { key_was_given: request.key.is_some(), ..VerifyReport::default() };
    // Log, folder and checkpoint before the catalogue: what a running writer seals meanwhile is then in the catalogue.
    let dir = request.dir.to_path_buf();
    let secret = known.signer.map(SigningKey::to_bytes);
    let log = in_background(move || log::read(&dir, secret.as_ref())).await?;
    let listed = list(&*request.segments, &mut report).await;
    // The catalogue is begun before anything else is written, so whatever else there is says that there was one.
    let begun = known.begun || !log.is_empty() || !listed.names.is_empty();
    let catalogue = catalogue::read(&request, begun, &mut report).await?;
    let mut seen = Progress { done_bytes: 0, total_bytes: log.bytes };
    seen.total_bytes += catalogue.live.segments().map(|segment| segment.file_bytes).sum::<u64>();
    let done = |bytes| {
        seen.done_bytes += bytes;
        progress(seen);
    };
    check_segments(&*request.segments, &catalogue.live, &listed, &mut report, done).await?;
    segments::check_names(&listed.names, &catalogue.live, &log, &mut report);
    log::check(&log, catalogue.last_seq, &mut report);
    let last_seq = catalogue.last_seq.max(log.last_seq());
    if last_seq < known.seen_up_to {
        let (first_seq, last_seq) = (last_seq + 1, known.seen_up_to);
        report.problems.push(Problem::EventsGone { first_seq, last_seq });
    }
    progress(Progress { done_bytes: seen.total_bytes, ..seen });
    Ok(report)
}

/// Reads the segments one after the other, also after one that cannot be read.
async fn check_segments(
    store: &dyn ObjectStore,
    live: &LiveSegments,
    listed: &Listed,
    report: &mut VerifyReport,
    mut progress: impl FnMut(u64) + Send,
) -> Result<(), LakeError> {
    let mut failed_in_a_row = 0;
    for segment in live.segments() {
        if listed.is_out_of_reach && failed_in_a_row >= WAITS_MAX {
            let (file, reason) = (segment.file.clone(), "the store is out of reach".to_owned());
            report.problems.push(Problem::SegmentUnreadable { file, reason });
        } else if segments::check(store, segment, live, report).await? {
            failed_in_a_row = 0;
        } else {
            failed_in_a_row += 1;
        }
        progress(segment.file_bytes);
    }
    Ok(())
}

/// How many segments of a store that answers nothing are waited for, each for as long as a bucket is asked again.
const WAITS_MAX: usize = 3;

/// What the segment store says it holds.
#[derive(Default)]
struct Listed {
    /// The names of its files.
    names: Vec<String>,
    /// Listing it brought nothing but an error.
    is_out_of_reach: bool,
}

/// The names of all files in the segment store. What cannot be listed is reported, and the rest is listed all the same.
async fn list(store: &dyn ObjectStore, report: &mut VerifyReport) -> Listed {
    let mut entries = store.list(Some(&SEGMENTS.into()));
    let mut names = Vec::new();
    let mut n_errors = 0;
    while let Some(entry) = entries.next().await {
        match entry {
            Ok(meta) => names.push(meta.location.to_string()),
            Err(error) => {
                n_errors += 1;
                let (file, reason) = (SEGMENTS.to_owned(), error.to_string());
                report.problems.push(Problem::SegmentUnreadable { file, reason });
            }
        }
        if n_errors == LIST_ERRORS_MAX {
            break;
        }
    }
    Listed { is_out_of_reach: names.is_empty() && n_errors > 0, names }
}

/// How many errors of listing are reported; no store is relied on to end after one.
const LIST_ERRORS_MAX: usize = 100;
