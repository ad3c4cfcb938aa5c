//! MISP: shared items as a static feed that needs no server and travels on a stick, and events of others read.

mod feed;
mod read;

pub use feed::{FeedFile, event, feed, file};
pub use read::{FeedEntry, ManifestError, manifest, read};

/// Reads any bytes as an event and as a manifest, for fuzzing: must return.
pub fn fuzz_misp(bytes: &[u8]) {
    let _ = manifest(bytes);
    if let Ok(value) = serde_json::from_slice(bytes) {
        let _ = read(&value);
    }
}

#[cfg(test)]
mod tests;
