//! Proofs for somebody who does not trust the node: that an event is in the log, that a log only grew, that another saw it.
//!
//! Everything here is a pure function of bytes that anybody may hold; only [`gather`] reads a store. The formats are written
//! down in `FORMAT.md`, and a script of forty lines in another language checks them.

mod cosignature;
mod evidence;
mod gather;
mod paths;
mod timestamp;
mod witness;

pub use cosignature::{
    Cosignature, CosignatureError, Cosigner, fuzz_cosignature, read_witness_line,
};
pub use evidence::{
    Evidence, EvidenceError, Proved, ProvedEvent, ProvedStamp, ProvedWitness, ProvenEvent,
    ProvenPart, ProvenRecord, StampedState, WitnessedHead, check_evidence, fuzz_evidence,
};
pub use gather::{GatherError, SeenElsewhere, gather_evidence, grow_proof, root_at};
pub use paths::{LeafTree, PATH_MAX, verify_consistency, verify_inclusion};
pub use timestamp::{REPLY_BYTES_MAX, Stamp, StampError, StampedHead, fuzz_stamp, stamp_request};
pub use witness::{HeadOffer, HeadRefusal, SeenHead, fuzz_offer, judge_offer};

#[cfg(test)]
mod tests;
