//! Stories of a post office: what arrives over a bad line, and what is refused.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "stories and their helpers fail by panicking"
)]

mod bundles;
mod enrolment;
mod files;
mod lossy;
mod media;
mod peers;
mod recorder;
mod refusals;
mod scale;
mod town;
