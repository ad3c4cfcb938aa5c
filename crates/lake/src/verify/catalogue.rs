//! Checking the catalogue against its signatures.

use std::collections::BTreeMap;

use ed25519_dalek::VerifyingKey;
use sakimori_words::Digest;

use super::{Problem, VerifyReport, VerifyRequest};
use crate::LakeError;
use crate::catalogue::{Chain, Line, LiveSegments, Record, Says, checkpoint_path, read_or_empty};
use crate::note::{Checkpoint, read_verifier_line, verifier_line};

/// What the catalogue says, believed or not.
#[derive(Default)]
pub(super) struct Catalogue {
    /// The segments that should be there.
    pub(super) live: LiveSegments,
    /// The last sealed sequence number.
    pub(super) last_seq: u64,
}

/// Roots over the first so many records, for the sizes that somebody signed.
type Roots = BTreeMap<u64, Digest>;

/// Reads the catalogue and compares it with every signature there is.
pub(super) async fn read(
    request: &VerifyRequest<'_>,
    begun: bool,
    report: &mut VerifyReport,
) -> Result<Catalogue, LakeError> {
    // The checkpoint first: a running writer may add records between the two, never the other way round.
    let checkpoint = read_or_empty(&checkpoint_path(request.dir))?;
    let grown = request.catalogue.read(0).await?.unwrap_or_default();
    let is_empty = grown.end == 0 && grown.torn_bytes == 0;
    if is_empty && begun {
        report.problems.push(Problem::CatalogueMissing);
    }
    if is_empty && checkpoint.is_empty() && request.witnessed.is_empty() {
        return Ok(Catalogue::default());
    }
    if grown.torn_bytes > 0 {
        report.remarks.push(Problem::CatalogueUnfinished);
    }
    let (key, origin) = key_for(request, &grown.lines);
    let (catalogue, roots) = follow(&grown.lines, key.as_ref(), report);
    let Some(key) = key else {
        report.problems.push(bad_checkpoint("the catalogue names no key"));
        return Ok(catalogue);
    };
    report.key = origin.as_deref().map(|origin| verifier_line(origin, &key));
    report.checkpoint = check_signed(&String::from_utf8_lossy(&checkpoint), &key, &roots, report);
    for note in request.witnessed {
        check_witnessed(note, &key, origin.as_deref(), &roots, report);
    }
    Ok(catalogue)
}

/// The key to check with and the name of the log.
fn key_for(request: &VerifyRequest<'_>, text: &str) -> (Option<VerifyingKey>, Option<String>) {
    let named = text.lines().next().and_then(record_of).and_then(|record| match record.says {
        Says::Begin { key, .. } => read_verifier_line(&key),
        Says::Seal(_) | Says::Compaction(_) | Says::Expiry(_) => None,
    });
    let (origin, named_key) = named.unzip();
    (request.key.or(named_key), origin)
}

fn record_of(line: &str) -> Option<Record> {
    serde_json::from_str(line.split_once('\t')?.0).ok()
}

/// Follows all lines. After the first that does not fit, the others are still read, so that their files are looked at.
fn follow(text: &str, key: Option<&VerifyingKey>, report: &mut VerifyReport) -> (Catalogue, Roots) {
    let mut chain = Chain::default();
    let mut catalogue = Catalogue::default();
    let mut roots = Roots::new();
    let mut fits = true;
    for (n, line) in (1..).zip(text.lines()) {
        if fits {
            let followed = chain.follow(line).and_then(|line| {
                check_signature(&line, key)?;
                catalogue.live.follow(&line.record)
            });
            match followed {
                Ok(()) => {
                    roots.insert(n, chain.root());
                    catalogue.last_seq = chain.last_seq();
                    continue;
                }
                Err(reason) => {
                    fits = false;
                    report.problems.push(Problem::CatalogueChanged { line: n, reason });
                }
            }
        }
        let Some(record) = record_of(line) else { continue };
        if let Says::Seal(segments) = &record.says {
            let last = segments.iter().map(|segment| segment.last_seq).max();
            catalogue.last_seq = catalogue.last_seq.max(last.unwrap_or_default());
        }
        // Not believed, but its files are looked at.
        let _ = catalogue.live.follow(&record);
    }
    report.segments = catalogue.live.len() as u64;
    report.expired_events = catalogue.live.expired().map(|segment| segment.events).sum();
    (catalogue, roots)
}

fn check_signature(line: &Line, key: Option<&VerifyingKey>) -> Result<(), String> {
    let Some(key) = key else { return Ok(()) };
    Checkpoint::read(&line.checkpoint.note, key).map_err(|error| error.to_string())?;
    Ok(())
}

/// Checks the separate checkpoint file.
fn check_signed(
    note: &str,
    key: &VerifyingKey,
    roots: &Roots,
    report: &mut VerifyReport,
) -> Option<Checkpoint> {
    match Checkpoint::read(note, key) {
        Ok(signed) => {
            let differs = compare(&signed, roots, |size| Problem::CatalogueChanged {
                line: size,
                reason: "the signed checkpoint is over other records".to_owned(),
            });
            report.problems.extend(differs);
            Some(signed)
        }
        Err(error) => {
            report.problems.push(bad_checkpoint(&error.to_string()));
            None
        }
    }
}

fn check_witnessed(
    note: &str,
    key: &VerifyingKey,
    origin: Option<&str>,
    roots: &Roots,
    report: &mut VerifyReport,
) {
    match Checkpoint::read(note, key) {
        Ok(signed) if origin.is_none_or(|origin| origin == signed.origin) => {
            let differs = compare(&signed, roots, |signed| Problem::HistoryRewritten { signed });
            report.problems.extend(differs);
        }
        Ok(signed) => {
            report.problems.push(bad_checkpoint(&format!("witnessed for `{}`", signed.origin)));
        }
        Err(error) => report.problems.push(bad_checkpoint(&format!("witnessed: {error}"))),
    }
}

/// What differs between a signed state and the records that are there.
fn compare(
    signed: &Checkpoint,
    roots: &Roots,
    differs: impl FnOnce(u64) -> Problem,
) -> Option<Problem> {
    let records = roots.len() as u64;
    match roots.get(&signed.size) {
        Some(root) if *root == signed.root => None,
        Some(_) => Some(differs(signed.size)),
        None => Some(Problem::CatalogueCut { records, signed: signed.size }),
    }
}

fn bad_checkpoint(reason: &str) -> Problem {
    Problem::CheckpointBad { reason: reason.to_owned() }
}
