//! The log store: durable intake, sealed Parquet segments, catalogue, tamper evidence.
//!
//! An event is acknowledged only after it reached the disk ([`Lake::append`]); nothing acknowledged is ever lost or
//! silently changed. Intake goes to a write-ahead log, is sealed into Parquet segments behind any [`ObjectStore`], and each
//! seal appends one record to a signed, chained catalogue. [`LakeReader`] reads hot and sealed events from any process,
//! [`verify`] proves that they are what was taken in. The formats on disk are fixed in `FORMAT.md` beside this crate.

mod background;
mod batch;
mod catalogue;
mod compaction;
mod error;
mod lake;
mod large;
mod leaf;
mod lock;
mod look;
mod merkle;
mod note;
mod packing;
pub mod proof;
mod reader;
mod retention;
mod segment;
mod status;
mod store;
mod tend;
mod troubles;
mod verify;
mod wal;

pub use batch::{HOT_BATCH_ROWS, events_schema};
pub use catalogue::{
    CatalogueStore, Grown, Part, SegmentInfo, SourceCount, fuzz_catalogue, open_catalogue,
};
pub use ed25519_dalek::{SigningKey, VerifyingKey};
pub use error::LakeError;
pub use lake::{
    APPEND_BYTES_MAX, EVENT_BYTES_MAX, Lake, LakeSettings, SEAL_AFTER_BYTES, SEAL_AFTER_SECONDS,
    Stored,
};
pub use leaf::leaf_digest;
pub use look::{Look, Wanted};
pub use note::{Checkpoint, NoteError, fuzz_note, read_verifier_line, verifier_line};
pub use object_store::ObjectStore;
pub use packing::{
    Needle, TAKEN_FROM, Unpacks, fuzz_shape, may_hold, packed_columns, sealed_schema, unpack,
};
pub use reader::{LakeReader, Snapshot, StoredEvent};
pub use retention::{
    ClassStatus, Hold, RETENTION_DAYS_MIN, Retention, RetentionClass, RetentionDays,
};
pub use segment::fuzz_segment;
pub use status::{LakeStatus, SourceStatus};
pub use store::open_store;
pub use tend::{LetGo, Sweep};
pub use troubles::TROUBLES;
pub use verify::{Known, Problem, Progress, VerifyReport, VerifyRequest, verify, verify_knowing};
pub use wal::{Discarded, Recovery, fuzz_wal};

#[cfg(test)]
mod tests;
