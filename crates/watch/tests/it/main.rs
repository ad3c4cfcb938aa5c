//! What a user can rely on, over real files and rules.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod access_review;
mod attack;
mod behaviour;
mod evtx;
mod firewalls;
mod heard;
mod names;
mod samples;
mod shared;
