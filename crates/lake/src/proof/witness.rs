//! What a witness makes of a checkpoint it is offered: it keeps one that has only grown, and refuses every other by name.

use sakimori_words::Digest;
use serde::{Deserialize, Serialize};

use super::paths::verify_consistency;
use crate::note::{Checkpoint, NoteError, read_verifier_line};

/// A checkpoint as a log's keeper offers it to a witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadOffer {
    /// The log's key as a verifier line.
    pub key: String,
    /// The signed checkpoint.
    pub note: String,
    /// How many records the witness had seen before, as far as the keeper knows; 0: none.
    pub from: u64,
    /// RFC 9162 consistency proof from there.
    pub path: Vec<Digest>,
}

/// What a witness has seen of a log, with the key it first saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenHead {
    /// The key, pinned for good.
    pub key: String,
    /// The newest signed checkpoint.
    pub note: String,
    /// How many records it covers.
    pub size: u64,
    /// Their root.
    pub root: Digest,
}

/// Why an offered checkpoint is not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadRefusal {
    /// The key is no verifier line, or of another log than the sender's.
    #[error("not the key of `{0}`")]
    NotTheLog(String),
    /// The log was known under another key.
    #[error("another key than the one first seen")]
    OtherKey,
    /// The note is not signed by that key.
    #[error("{0}")]
    Note(#[from] NoteError),
    /// The log has fewer records than were seen before.
    #[error("{offered} records, but {seen} were seen before")]
    Smaller {
        /// Seen before.
        seen: u64,
        /// Offered now.
        offered: u64,
    },
    /// The records that were seen before are no longer the beginning of the log.
    #[error("the first {seen} records are not those seen before")]
    Rewritten {
        /// How many had been seen.
        seen: u64,
    },
    /// The proof begins somewhere else than where the witness stands. No sign of anything bad: the keeper offers it again from
    /// the size it is told.
    #[error("the proof does not begin at the {seen} records seen before")]
    FromElsewhere {
        /// Where it has to begin.
        seen: u64,
    },
}

impl HeadRefusal {
    /// Whether it says that the log was changed or exchanged, and somebody has to look.
    #[must_use]
    pub const fn is_alarming(&self) -> bool {
        !matches!(self, Self::FromElsewhere { .. })
    }
}

/// Judges an offer of the log called `origin`, of which `seen` was seen before. Returns what is to be kept from now on.
///
/// # Errors
/// Why it is not believed; what was seen before stays.
pub fn judge_offer(
    origin: &str,
    seen: Option<&SeenHead>,
    offer: &HeadOffer,
) -> Result<SeenHead, HeadRefusal> {
    let not_the_log = || HeadRefusal::NotTheLog(origin.to_owned());
    let (name, key) = read_verifier_line(&offer.key).ok_or_else(not_the_log)?;
    if name != origin {
        return Err(not_the_log());
    }
    if seen.is_some_and(|seen| seen.key != offer.key) {
        return Err(HeadRefusal::OtherKey);
    }
    let head = Checkpoint::read(&offer.note, &key)?;
    if head.origin != origin {
        return Err(not_the_log());
    }
    if let Some(seen) = seen {
        check_grown(seen, &head, offer)?;
    }
    let note = head.note;
    Ok(SeenHead { key: offer.key.clone(), note, size: head.size, root: head.root })
}

fn check_grown(seen: &SeenHead, head: &Checkpoint, offer: &HeadOffer) -> Result<(), HeadRefusal> {
    if head.size < seen.size {
        return Err(HeadRefusal::Smaller { seen: seen.size, offered: head.size });
    }
    let same_size = head.size == seen.size;
    if !same_size && offer.from != seen.size {
        return Err(HeadRefusal::FromElsewhere { seen: seen.size });
    }
    let path = if same_size { &[] } else { offer.path.as_slice() };
    if !verify_consistency((seen.size, seen.root), (head.size, head.root), path) {
        return Err(HeadRefusal::Rewritten { seen: seen.size });
    }
    Ok(())
}

/// Judges `bytes` as an offer, for fuzzing: must never panic.
pub fn fuzz_offer(bytes: &[u8]) {
    if let Ok(offer) = serde_json::from_slice::<HeadOffer>(bytes) {
        let seen = judge_offer("log.example/fuzz", None, &offer);
        let _ = judge_offer("log.example/fuzz", seen.ok().as_ref(), &offer);
    }
}
