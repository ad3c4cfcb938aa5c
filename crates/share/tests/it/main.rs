//! Stories of shared cases in a small country: the victim asked, another officer releasing, everybody below reading it once.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "stories and their helpers fail by panicking"
)]

mod stories;

/// The same town in which the federation's own stories play.
#[allow(dead_code, reason = "these stories need only part of the town")]
#[path = "../../../federation/tests/it/town.rs"]
mod town;
