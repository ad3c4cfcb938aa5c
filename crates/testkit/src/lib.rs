//! Fake clock and chance, generated logs of a hospital day and of an attack on it. For tests and the demonstration only.
//!
//! Everything here is a function of its arguments: the same seed gives the same bytes on every machine.

mod access_year;
pub mod attack;
mod chance;
mod clock;
mod devices;
pub mod evtx_file;
mod ordinary_day;
pub mod register;
mod weeks;

pub use access_year::{AccessYear, Planted, YearAccess, YearSize};
pub use chance::SeededChance;
pub use clock::{FixedClock, StepClock};
pub use ordinary_day::ordinary_day;
pub use weeks::hospital_day;

use sakimori_words::Instant;

/// One generated log record, as a device would send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When the device sends it.
    pub at: Instant,
    /// Which source it arrives from, e.g. `syslog/10.20.0.1`.
    pub source: String,
    /// The bytes on the wire, without framing.
    pub bytes: Vec<u8>,
}

#[cfg(test)]
mod tests;
