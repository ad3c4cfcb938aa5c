//! A generated attack in the manner of the Osaka case of 2022: in through a supplier's VPN, out over the whole hospital.
//!
//! The course follows the public report of March 2023 and what ransomware groups commonly do; every address, name and line
//! is made up.

mod steps;

use sakimori_words::Instant;

use crate::devices::Hospital;
use crate::ordinary_day::ordinary_line;
use crate::{Line, SeededChance};

/// Seconds between two ordinary records during the attack.
const ORDINARY_EVERY_SECONDS: i64 = 15;

/// The logs of an attack that begins at `start` and lasts two hours, with the ordinary traffic around it, in order of time.
///
/// Supplier VPN logon at night (choose a night for `start`), remote desktop across the border, the same administrator password
/// everywhere, anti-virus removed, domain controller, logs cleared, data carried out, shadow copies and backup catalogue deleted,
/// mass rename. `hospital` names the machines.
#[must_use]
pub fn osaka(start: Instant, hospital: &str) -> Vec<Line> {
    let hospital = Hospital::named(hospital);
    let mut lines = steps::attack(start, &hospital);
    let end = lines.iter().map(|line| line.at).max().unwrap_or(start);
    let chance = SeededChance::new(2022);
    let mut at = start.plus_seconds(-600);
    while at < end {
        lines.push(ordinary_line(&hospital, at, &chance));
        at = at.plus_seconds(ORDINARY_EVERY_SECONDS);
    }
    // Stable, so that records of the same second stay in the order of the story.
    lines.sort_by_key(|line| line.at);
    lines
}
