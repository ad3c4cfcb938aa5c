//! Evidence and custody of a case (R3), and the gate before the rebuild of a machine.
//!
//! What is done is written as lines of a hash-chained file ([`ChainLine`]); items and machines are what those lines add up to
//! ([`Custody`]). What may be done is decided by pure functions ([`decide`]); [`crate::CaseDesk`] commits. Promises that tests
//! hold it to: no machine is marked for rebuild before its evidence is secured or waived by a manager who is not the asker; a
//! digest that does not match is recorded and stays; a changed, removed or added line is found and named.

mod act;
mod chain;
pub mod decide;
mod desk;
mod error;
mod event;
pub mod export;
mod form;
mod item;
mod machine;
mod manifest;
mod moment;

pub use act::{Act, Custody};
pub use chain::{CHAIN_FORMAT, ChainFault, ChainHead, ChainLine, check_chain, fuzz_custody_chain};
pub use decide::{Authority, Decided, ItemStep, PulledDisk};
pub use desk::{photographs, picture};
pub use error::CustodyError;
pub(crate) use error::{
    GATE_SHUT, GRANT_SELF, ITEM_STATE, KNOWN, MANIFEST, NOT_PERMITTED, ON_HOLD, PICTURE, TOO_MANY,
};
pub use event::{CustodyEvent, EventKind, Handling};
pub use form::{CustodyForm, FormEvent, FormRow, custody_form, head_words};
pub use item::{
    BadRange, EvidenceClass, EvidenceItem, EvidenceKind, FoundState, ItemFacts, ItemState,
    Measured, Photo, Remark, Request,
};
pub use machine::{Machine, MachineState};
pub use manifest::{
    Acquisition, MANIFEST_BYTES_MAX, MANIFEST_FORMAT, ManifestError, read_manifest,
};

/// Largest picture that is kept, in bytes.
pub const PICTURE_BYTES_MAX: usize = 10 << 20;

#[cfg(test)]
mod tests;
