//! Dates and times as people type them into a filter: a span from its first moment to the one after its last.

use sakimori_words::{Instant, parse_date};

/// A span of time: the day of `2026-11-20`, the minute of `2026-11-20T09:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Instant,
    pub(super) until: Instant,
}

/// The span that a text names, in Japanese time unless it says otherwise.
pub(super) fn span(text: &str) -> Option<Span> {
    let text: String = text.trim().chars().map(narrow).collect();
    if let Ok(at) = Instant::parse(&text) {
        return Some(Span {
            from: at,
            until: Instant::from_micros(at.as_micros().saturating_add(1)),
        });
    }
    let (day, clock) =
        text.split_once(['T', ' ', '_']).map_or((&*text, None), |(d, c)| (d, Some(c)));
    let midnight = Instant::from_jst(parse_date(day)?.at(0, 0, 0, 0));
    let Some(clock) = clock else { return Some(lasting(midnight, 86_400)) };
    let mut parts = clock.split(':');
    let hour = number(parts.next()?, 24)?;
    let minute = parts.next().map(|part| number(part, 60));
    let second = parts.next().map(|part| number(part, 60));
    match (minute, second, parts.next()) {
        (None, None, None) => Some(lasting(midnight.plus_seconds(hour * 3_600), 3_600)),
        (Some(Some(minute)), None, None) => {
            Some(lasting(midnight.plus_seconds(hour * 3_600 + minute * 60), 60))
        }
        (Some(Some(minute)), Some(Some(second)), None) => {
            Some(lasting(midnight.plus_seconds(hour * 3_600 + minute * 60 + second), 1))
        }
        _ => None,
    }
}

const fn lasting(from: Instant, seconds: i64) -> Span {
    Span { from, until: from.plus_seconds(seconds) }
}

fn number(digits: &str, below: i64) -> Option<i64> {
    let fits =
        !digits.is_empty() && digits.len() <= 2 && digits.chars().all(|c| c.is_ascii_digit());
    digits.parse().ok().filter(|number| fits && *number < below)
}

/// Full-width ASCII to its narrow form.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    }
}
