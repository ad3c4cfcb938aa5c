//! Generated attacks in the manner of three that happened to Japanese hospitals.
//!
//! Their course follows what was published about each and what ransomware groups commonly do; every address, name and line is
//! made up.

mod handa;
mod musashi_kosugi;
mod osaka;
mod scene;

use sakimori_words::Instant;

use crate::devices::Hospital;
use crate::ordinary_day::ordinary_line;
use crate::{Line, SeededChance};

/// Seconds between two ordinary records during the attack.
const ORDINARY_EVERY_SECONDS: i64 = 15;

/// An attack in the manner of the Osaka case of 2022.
///
/// It begins at `start` and lasts two hours, with the ordinary traffic around it, in order of time.
///
/// Supplier VPN logon at night (choose a night for `start`), remote desktop across the border, the same administrator password
/// everywhere, anti-virus removed, domain controller, logs cleared, data carried out, shadow copies and backup catalogue deleted,
/// mass rename. `hospital` names the machines.
#[must_use]
pub fn osaka(start: Instant, hospital: &str) -> Vec<Line> {
    among_ordinary(start, hospital, osaka::attack)
}

/// As [`osaka`], in the manner of the Handa case of 2021.
///
/// A VPN account whose password was known, remote desktop to the health record, services pushed to servers, the way back
/// destroyed, files encrypted, notes on every printer.
#[must_use]
pub fn handa(start: Instant, hospital: &str) -> Vec<Line> {
    among_ordinary(start, hospital, handa::attack)
}

/// As [`osaka`], in the manner of the Musashi-Kosugi case of 2026.
///
/// The maintenance VPN of a medical device, nurse-call servers, data carried out, then encrypted.
#[must_use]
pub fn musashi_kosugi(start: Instant, hospital: &str) -> Vec<Line> {
    among_ordinary(start, hospital, musashi_kosugi::attack)
}

fn among_ordinary(
    start: Instant,
    hospital: &str,
    attack: fn(Instant, &Hospital) -> Vec<Line>,
) -> Vec<Line> {
    let hospital = Hospital::named(hospital);
    let mut lines = attack(start, &hospital);
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
