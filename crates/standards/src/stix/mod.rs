//! STIX 2.1: what we publish as a bundle, and what we understand of the bundles of others.

mod pattern;
mod read;
mod write;

use sakimori_words::Instant;

pub use read::{marking_of, read};
pub use write::{Sighting, bundle, history, objects, sightings};

/// The version of STIX that is written.
pub const SPEC_VERSION: &str = "2.1";

/// Media type of a bundle.
pub const MEDIA_TYPE: &str = "application/stix+json;version=2.1";

/// A time as STIX writes it: UTC, to the millisecond (`created` and `modified` have no finer one).
#[must_use]
pub fn timestamp(at: Instant) -> String {
    let text = at.rfc3339();
    // `….123456Z` becomes `….123Z`: both forms have their digits at fixed places from the end.
    let cut = text.len().saturating_sub(4);
    format!("{}Z", text.get(..cut).unwrap_or(&text))
}

/// Reads any bytes as a bundle, for fuzzing: must return.
pub fn fuzz_stix(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice(bytes) else { return };
    let _ = read(&value);
}

/// Reads any text as a pattern, for fuzzing: must return.
pub fn fuzz_pattern(bytes: &[u8]) {
    let _ = pattern::sought(&String::from_utf8_lossy(bytes));
}

#[cfg(test)]
mod tests;
