//! The ways in which logs write the time of an event: what the column `time` says already is not stored again.
//!
//! The number of a way is a part of the format; appending is the only change that old segments survive.

use sakimori_words::{Instant, jst_date};

use super::shape::Place;

/// A day of either zone as `2026-11-20`; in Japan 0, UTC 4.
const DASHED: usize = 0;
/// `2026/11/20`; 1 and 5.
const SLASHED: usize = 1;
/// `Nov 20`, as syslog (RFC 3164) writes it, with a blank before a single digit; 2 and 6.
const NAMED: usize = 2;
/// `09:30:00`; 3 and 7.
const OF_DAY: usize = 3;
/// How many ways there are in each zone.
const IN_ZONE: usize = 4;
/// The microseconds of the second, six digits.
const MICROS: usize = 8;
/// The milliseconds of the second, three digits.
const MILLIS: usize = 9;
/// Seconds since 1970.
const EPOCH: usize = 10;
/// Milliseconds since 1970.
const EPOCH_MILLIS: usize = 11;
/// Microseconds since 1970.
const EPOCH_MICROS: usize = 12;

const DAY_SECONDS: i64 = 86_400;
const JAPAN_SECONDS: i64 = 9 * 3_600;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The last instant whose years have four digits.
const LAST_MICROS: i64 = 253_402_200_000_000_000;

/// Places of one text at which the time is found; what else there is of it are values.
const FOUND_MAX: usize = 32;

/// Appends the time in way `n`. False, and nothing appended, for a number or a time that has none.
pub(super) fn write(n: usize, micros: i64, to: &mut String) -> bool {
    if !(0..=LAST_MICROS).contains(&micros) {
        return false;
    }
    let (second, fraction) = (micros / 1_000_000, micros % 1_000_000);
    match n {
        0..MICROS => {
            let zone = if n < IN_ZONE { JAPAN_SECONDS } else { 0 };
            write_in_zone(n % IN_ZONE, second + zone, to);
        }
        MICROS => digits(fraction, 6, to),
        MILLIS => digits(fraction / 1_000, 3, to),
        EPOCH => to.push_str(&second.to_string()),
        EPOCH_MILLIS => to.push_str(&(micros / 1_000).to_string()),
        EPOCH_MICROS => to.push_str(&micros.to_string()),
        _ => return false,
    }
    true
}

fn write_in_zone(way: usize, second: i64, to: &mut String) {
    let of_day = second % DAY_SECONDS;
    if way == OF_DAY {
        digits(of_day / 3_600, 2, to);
        to.push(':');
        digits(of_day / 60 % 60, 2, to);
        to.push(':');
        digits(of_day % 60, 2, to);
        return;
    }
    // Days are counted in Japan; what the clock shows there is that far before it in instants.
    let date = jst_date(Instant::from_micros((second - JAPAN_SECONDS) * 1_000_000));
    let (month, day) = (i64::from(date.month()), i64::from(date.day()));
    if way == NAMED {
        let month = usize::try_from(month - 1).ok().and_then(|n| MONTHS.get(n));
        to.push_str(month.copied().unwrap_or_default());
        to.push_str(if day < 10 { "  " } else { " " });
        to.push_str(&day.to_string());
        return;
    }
    let between = if way == DASHED { '-' } else { '/' };
    digits(i64::from(date.year()), 4, to);
    to.push(between);
    digits(month, 2, to);
    to.push(between);
    digits(day, 2, to);
}

fn digits(number: i64, width: u32, to: &mut String) {
    for place in (0..width).rev() {
        let digit = number / 10_i64.pow(place) % 10;
        to.push(char::from(b'0' + u8::try_from(digit).unwrap_or(0)));
    }
}

/// Whether way `n` may write this character.
pub(super) const fn may_write(n: usize, byte: u8) -> bool {
    let between = match n % IN_ZONE {
        DASHED => b'-',
        SLASHED => b'/',
        NAMED => b' ',
        _ => b':',
    };
    let named = n < MICROS && n % IN_ZONE == NAMED;
    byte.is_ascii_digit()
        || (n < MICROS && byte == between)
        || (named && byte.is_ascii_alphabetic())
}

/// The time of an event as its record may write it.
#[derive(Default)]
pub(super) struct Clocks {
    /// What every way writes; nothing when the time is out of range.
    texts: [String; EPOCH_MICROS + 1],
    /// The days for which the dates were written, one for each zone.
    days: [Option<i64>; 2],
    /// The zone that the record writes, as the number of its first way.
    zone: usize,
}

/// A place of a text where the time is written.
pub(super) type Found = (usize, usize, Place);

impl Clocks {
    /// Goes on to the time of another event, in the zone in which `raw` has it.
    pub(super) fn set(&mut self, time: Instant, raw: &str) {
        let micros = time.as_micros();
        self.write_dates(micros);
        for (n, text) in self.texts.iter_mut().enumerate() {
            if n >= MICROS || n % IN_ZONE == OF_DAY {
                text.clear();
                write(n, micros, text);
            }
        }
        let zone = self.seconds(raw).next().map(|(_, zone)| zone);
        self.zone = zone.unwrap_or_default();
    }

    /// The dates change once a day.
    fn write_dates(&mut self, micros: i64) {
        for (zone, known) in self.days.iter_mut().enumerate() {
            let shift = if zone == 0 { JAPAN_SECONDS } else { 0 };
            // Times out of range have no day and no dates.
            let day = (0..=LAST_MICROS)
                .contains(&micros)
                .then_some((micros / 1_000_000 + shift) / DAY_SECONDS);
            if known.is_some() && *known == day {
                continue;
            }
            *known = day;
            let texts = self.texts.iter_mut().enumerate().skip(zone * IN_ZONE).take(OF_DAY);
            for (n, text) in texts {
                text.clear();
                write(n, micros, text);
            }
        }
    }

    /// How the time is written in way `n`; empty for a time that has no such text.
    pub(super) fn text(&self, n: usize) -> &str {
        self.texts.get(n).map(String::as_str).unwrap_or_default()
    }

    /// Where the time is written in a text, none over another, in no order.
    pub(super) fn find(&self, text: &str) -> Vec<Found> {
        let mut found = Vec::new();
        if text.len() < self.text(OF_DAY).len().max(1) {
            return found;
        }
        let seconds = self.seconds(text).filter(|(_, zone)| *zone == self.zone);
        for (at, zone) in seconds.take(FOUND_MAX) {
            let until = at + self.text(OF_DAY).len();
            found.push((at, until, Place::Clock(zone + OF_DAY)));
            self.find_fraction(text, until, &mut found);
            self.find_named(text, at, &mut found);
        }
        self.find_dates(text, &mut found);
        self.find_epoch(text, &mut found);
        found.truncate(FOUND_MAX);
        found
    }

    /// Where the second of the day is written, and in which zone.
    fn seconds(&self, text: &str) -> impl Iterator<Item = (usize, usize)> {
        let bytes = text.as_bytes();
        let colons = memchr::memchr_iter(b':', bytes);
        colons.filter_map(move |colon| {
            let at = colon.checked_sub(2)?;
            let is = |zone: &usize| is_at(bytes, at, self.text(zone + OF_DAY));
            Some((at, [0, IN_ZONE].into_iter().find(is)?))
        })
    }

    fn find_dates(&self, text: &str, found: &mut Vec<Found>) {
        let bytes = text.as_bytes();
        for between in memchr::memchr2_iter(b'-', b'/', bytes) {
            let Some(at) = between.checked_sub(4) else { continue };
            let is = |way: &usize| is_at(bytes, at, self.text(self.zone + way));
            if let Some(way) = [DASHED, SLASHED].into_iter().find(is) {
                let n = self.zone + way;
                found.push((at, at + self.text(n).len(), Place::Clock(n)));
            }
        }
    }

    /// The month and the day before a second.
    fn find_named(&self, text: &str, second: usize, found: &mut Vec<Found>) {
        let n = self.zone + NAMED;
        let at = second.checked_sub(self.text(n).len() + 1);
        if let Some(at) = at.filter(|at| is_at(text.as_bytes(), *at, self.text(n))) {
            found.push((at, second - 1, Place::Clock(n)));
        }
    }

    /// The fraction that follows a second.
    fn find_fraction(&self, text: &str, second: usize, found: &mut Vec<Found>) {
        let bytes = text.as_bytes();
        if !matches!(bytes.get(second), Some(b'.' | b',')) {
            return;
        }
        let from = second + 1;
        let follows = |n: &usize| is_at(bytes, from, self.text(*n));
        if let Some(n) = [MICROS, MILLIS].into_iter().find(follows) {
            found.push((from, from + self.text(n).len(), Place::Clock(n)));
        }
    }

    /// Seconds since 1970 at the beginning of a number, as far as the number goes on with milli- and microseconds.
    fn find_epoch(&self, text: &str, found: &mut Vec<Found>) {
        let bytes = text.as_bytes();
        // Before 2001 it had fewer digits, and few digits agree by chance.
        let Some(first) = self.text(EPOCH).bytes().next().filter(|_| self.text(EPOCH).len() >= 10)
        else {
            return;
        };
        for at in memchr::memchr_iter(first, bytes) {
            let begins = at == 0 || !bytes.get(at - 1).is_some_and(u8::is_ascii_digit);
            if !begins || !is_at(bytes, at, self.text(EPOCH)) {
                continue;
            }
            let is = |n: &usize| is_at(bytes, at, self.text(*n));
            let longest = [EPOCH_MICROS, EPOCH_MILLIS].into_iter().find(is).unwrap_or(EPOCH);
            found.push((at, at + self.text(longest).len(), Place::Clock(longest)));
        }
    }
}

fn is_at(bytes: &[u8], at: usize, text: &str) -> bool {
    !text.is_empty() && bytes.get(at..).is_some_and(|rest| rest.starts_with(text.as_bytes()))
}
