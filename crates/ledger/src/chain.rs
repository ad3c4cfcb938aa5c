//! The hash chain: what exactly is hashed, in which order, so that another program can recompute it in ten lines.

use sakimori_words::{Digest, Instant};

use crate::{Head, LedgerError};

/// Names the layout and the algorithm; the first part of every digest's input.
///
/// The digest of an entry is SHA-256 over these nine parts, each preceded by its length in bytes as an unsigned 64-bit
/// big-endian number, so that no part can run into the next:
///
/// | # | part | bytes |
/// |---|---|---|
/// | 1 | this tag | UTF-8 |
/// | 2 | digest of the entry before; 32 zero bytes for the first entry | 32 |
/// | 3 | sequence number | 8, unsigned big-endian |
/// | 4 | stream | UTF-8 |
/// | 5 | kind | UTF-8 |
/// | 6 | time in microseconds since 1970 UTC | 8, two's complement big-endian |
/// | 7 | actor | UTF-8 |
/// | 8 | body | the stored JSON text, byte for byte |
/// | 9 | puts | the stored JSON text, byte for byte |
///
/// A later layout gets another tag; the tag of a store is fixed by its format number. JSON is never read and written again
/// before hashing, because two writers of JSON may spell one value differently.
pub const DIGEST_TAG: &str = "sakimori.ledger.entry.v1/sha-256";

/// An entry as its row holds it: the texts, not what they mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) seq: u64,
    pub(crate) stream: String,
    pub(crate) kind: String,
    pub(crate) at: Instant,
    pub(crate) actor: String,
    pub(crate) body: String,
    pub(crate) puts: String,
    pub(crate) previous: Digest,
    pub(crate) digest: Digest,
}

/// Where an entry stands in the chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Linked {
    pub(crate) seq: u64,
    pub(crate) previous: Digest,
    pub(crate) digest: Digest,
}

impl Sealed {
    /// Where it stands in the chain.
    pub(crate) const fn linked(&self) -> Linked {
        Linked { seq: self.seq, previous: self.previous, digest: self.digest }
    }

    /// The digest its content asks for.
    pub(crate) fn expected_digest(&self) -> Digest {
        let seq = self.seq.to_be_bytes();
        let at = self.at.as_micros().to_be_bytes();
        let parts: [&[u8]; 9] = [
            DIGEST_TAG.as_bytes(),
            self.previous.as_bytes(),
            &seq,
            self.stream.as_bytes(),
            self.kind.as_bytes(),
            &at,
            self.actor.as_bytes(),
            self.body.as_bytes(),
            self.puts.as_bytes(),
        ];
        let lengths = parts.map(|part| (part.len() as u64).to_be_bytes());
        let framed: Vec<&[u8]> = lengths
            .iter()
            .zip(parts)
            .flat_map(|(length, part)| [length.as_slice(), part])
            .collect();
        Digest::of_parts(&framed)
    }

    /// Whether it is unchanged and follows `head`.
    pub(crate) fn follows(&self, head: Head) -> bool {
        self.seq == head.seq.saturating_add(1)
            && self.previous == head.digest
            && self.digest == self.expected_digest()
    }

    /// The head once this entry is the last, if it follows `head`.
    pub(crate) fn after(&self, head: Head) -> Result<Head, LedgerError> {
        if self.follows(head) {
            return Ok(self.head());
        }
        let what = format!("entry {} was changed or does not continue the one before it", self.seq);
        Err(LedgerError::Damaged { what })
    }

    /// The head once this entry is the last.
    pub(crate) fn head(&self) -> Head {
        Head { seq: self.seq, digest: self.digest }
    }
}
