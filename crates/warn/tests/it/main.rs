//! Stories of warnings in a small country: down every route, answered once, seen everywhere.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "stories and their helpers fail by panicking"
)]

use std::sync::{Arc, OnceLock};

use sakimori_content::Content;

mod country;
mod stories;

/// Keeps every report in order, as in the federation's own stories.
#[path = "../../../federation/tests/it/recorder.rs"]
mod recorder;

/// The same town in which the federation's own stories play.
#[allow(dead_code, reason = "these stories need only part of the town")]
#[path = "../../../federation/tests/it/town.rs"]
mod town;

/// What comes with the program, read once.
fn content() -> Arc<Content> {
    static CONTENT: OnceLock<Arc<Content>> = OnceLock::new();
    Arc::clone(CONTENT.get_or_init(|| Arc::new(Content::embedded().unwrap())))
}
