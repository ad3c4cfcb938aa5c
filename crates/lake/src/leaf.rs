//! The evidence part of an event and its leaf digest: what can never change again once an event was taken in.

use sakimori_words::{Digest, Event, Instant};

use crate::merkle::leaf_hash;

/// The leaf digest of an event: SHA-256 over `0x00` and the evidence part, as RFC 9162 hashes a leaf.
///
/// The evidence part is `seq` (u64), the length of `source` (u32), `source` (UTF-8), `received_at` (i64 microseconds), the
/// length of `raw` (u32) and `raw`, all numbers big-endian. It is a function of the record as it came and not of any
/// encoding, so a segment can be rewritten or recompressed and still be proved.
#[must_use]
pub fn leaf_digest(seq: u64, source: &str, received_at: Instant, raw: &[u8]) -> Digest {
    let mut bytes = Vec::with_capacity(source.len() + raw.len() + 16);
    put_evidence_after_seq(&mut bytes, source, received_at, raw);
    leaf_of_evidence(seq, &bytes)
}

/// Appends the evidence part of `event` without its leading sequence number, which only the writer knows.
pub(crate) fn put_evidence(bytes: &mut Vec<u8>, event: &Event) {
    put_evidence_after_seq(bytes, &event.source, event.received_at, &event.raw);
}

/// The leaf digest over a sequence number and the rest of the evidence part.
pub(crate) fn leaf_of_evidence(seq: u64, after_seq: &[u8]) -> Digest {
    leaf_hash(&[&seq.to_be_bytes(), after_seq])
}

fn put_evidence_after_seq(bytes: &mut Vec<u8>, source: &str, received_at: Instant, raw: &[u8]) {
    put_sized(bytes, source.as_bytes());
    bytes.extend_from_slice(&received_at.as_micros().to_be_bytes());
    put_sized(bytes, raw);
}

/// Appends `part` behind its length. Events larger than `EVENT_BYTES_MAX` are made smaller before they come here, so the
/// length always fits.
pub(crate) fn put_sized(bytes: &mut Vec<u8>, part: &[u8]) {
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(part);
}
