//! What a user of the rule engine can rely on, on real rules and real events.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop at the first thing that is not as expected"
)]

mod detections;
mod flat_windows;
mod sigmahq;
