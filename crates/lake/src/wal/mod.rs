//! The write-ahead log: where an event is when it is acknowledged, until a segment holds it.
//!
//! One file per future segment, named after its first sequence number, only ever appended to by the process that created
//! it. A frame holds one event; the last frame of a group commit says so, and readers believe a group only as a whole.

mod disk;
mod folder;
mod frame;
mod recovery;
mod scan;
mod writer;

pub(crate) use disk::{Disk, RealDisk, create_folder, replace_file, sync_folder};
pub(crate) use folder::{WalFile, place_aside, wal_files, wal_folder};
pub(crate) use frame::Portion;
pub(crate) use recovery::recover;
pub use recovery::{Discarded, Recovery};
pub(crate) use scan::{Resume, Scan, scan_from};
pub(crate) use writer::{WalSettings, WalWriter};

/// Reads `bytes` as a log file, for fuzzing: must never panic.
pub fn fuzz_wal(bytes: &[u8]) {
    let _ = scan_from(bytes, &mut Resume::default());
    let _ = scan_from(bytes, &mut Resume::with_secret(&[0; 32], 1));
}

#[cfg(test)]
pub(crate) use disk::LogFile;
#[cfg(test)]
mod tests;
