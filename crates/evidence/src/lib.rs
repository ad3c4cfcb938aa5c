//! Evidence taken and checked again.
//!
//! What this crate promises:
//!
//! - a source is opened for reading only. What cannot be read is recorded and is zero in the image; the rest is all there;
//! - SHA-256 and BLAKE3 of the whole are computed in one pass, and are those that any other program gives for the same bytes;
//! - the manifest is written last: where there is one, the acquisition is complete. After `kill -9` or a power cut it goes on from
//!   the last mark without reading the source again before it;
//! - `verify` reads everything again and names all damage; one damaged chunk costs that chunk and nothing else.
//!
//! What it does not promise: that nobody with the folder makes a new one. That is what the custody record is for, which keeps
//! the digests elsewhere.

mod archive;
mod check;
mod container;
mod device;
mod digests;
mod direct;
mod error;
mod files;
mod image;
mod index;
mod journal;
mod manifest;
mod memory;
mod open;
mod pack;
mod source;
mod tar;
mod triage;
mod troubles;
mod unpack;

pub use archive::{Recognised, recognise_archive};
pub use check::{Misfit, Verified};
pub use container::{INDEX, LIST, MANIFEST};
pub use device::{host, lies_on, source_facts};
pub use digests::hex;
pub use error::{AcquireError, ReadError};
pub use files::{Folder, Found, Wanted, WantedShared, acquire_files};
pub use image::{Request, Taken, acquire_image, resume_image};
pub use index::{CHUNK_BYTES_MAX, IndexError};
pub use manifest::{
    Chunks, FORMAT, Kind, List, MANIFEST_BYTES_MAX, Manifest, ManifestError, Range, Said,
    SourceFacts, Tool,
};
pub use memory::{MEMORY_HEAD_BYTES, memory_guide, recognise_memory};
pub use pack::{Layout, Progress, file_sha256};
pub use source::{FileSource, Source};
pub use triage::{Triage, triage_items};
pub use troubles::{DAMAGED, TROUBLES};
pub use unpack::{Damage, Evidence, Fault};

/// Entry points for fuzzing.
pub mod fuzz {
    pub use crate::archive::fuzz_archive;
    pub use crate::index::fuzz_index;
    pub use crate::journal::fuzz_journal;
    pub use crate::manifest::fuzz_manifest;
}

#[cfg(test)]
mod tests;
