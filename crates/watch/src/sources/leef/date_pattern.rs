//! Times written by a pattern of Java's `SimpleDateFormat`, which LEEF records carry with them.

use jiff::civil::{Date, Time};
use sakimori_words::Instant;

use super::super::timestamps::{HERE, in_zone, month_number};

/// Longest pattern looked at, in characters. Real ones have about thirty.
const PATTERN_CHARS_MAX: usize = 100;

/// Reads `text` by `pattern`; `None` when it does not fit, or when the pattern asks for more than numbers, English names of
/// months and a zone.
pub(super) fn parse(text: &str, pattern: &str) -> Option<Instant> {
    if pattern.len() > PATTERN_CHARS_MAX {
        return None;
    }
    let mut moment = Moment::default();
    let mut rest = text.trim();
    let mut pattern = pattern.trim();
    while let Some(letter) = pattern.chars().next() {
        let after = pattern.trim_start_matches(letter);
        let n_letters = (pattern.len() - after.len()) / letter.len_utf8();
        (rest, pattern) = match letter {
            '\'' => quoted(rest, pattern.strip_prefix('\'')?)?,
            letter if letter.is_ascii_alphabetic() => {
                (moment.read(letter, n_letters, rest)?, after)
            }
            ' ' => (rest.trim_start(), after),
            letter => (rest.strip_prefix(letter)?, pattern.strip_prefix(letter)?),
        };
    }
    if rest.trim().is_empty() { moment.instant() } else { None }
}

/// Text between quotes stands as it is; two quotes are one.
fn quoted<'t, 'p>(rest: &'t str, pattern: &'p str) -> Option<(&'t str, &'p str)> {
    let (literal, after) = pattern.split_once('\'')?;
    let literal = if literal.is_empty() { "'" } else { literal };
    Some((rest.strip_prefix(literal)?, after))
}

/// The parts of a time as far as they have been read.
#[derive(Default)]
struct Moment<'t> {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    hour: i8,
    minute: i8,
    second: i8,
    nanos: i32,
    afternoon: Option<bool>,
    zone: Option<&'t str>,
}

impl<'t> Moment<'t> {
    /// Reads what `letter`, written `n` times, asks for; returns what follows it.
    fn read(&mut self, letter: char, n: usize, text: &'t str) -> Option<&'t str> {
        let (word, rest) = match letter {
            'y' | 'u' if n != 2 => split_digits(text, 4),
            'S' => split_digits(text, n.max(3)),
            'M' | 'L' if n >= 3 => split_while(text, char::is_alphabetic),
            'E' | 'a' => split_while(text, char::is_alphabetic),
            'z' | 'Z' | 'X' => split_while(text, |c| !c.is_whitespace()),
            _ => split_digits(text, 2),
        };
        match letter {
            'y' | 'u' if n == 2 => self.year = Some(2_000 + word.parse::<i16>().ok()?),
            'y' | 'u' => self.year = word.parse().ok(),
            'M' | 'L' if n >= 3 => self.month = Some(month_number(word.get(..3)?)?),
            'M' | 'L' => self.month = Some(word.parse().ok()?),
            'd' => self.day = Some(word.parse().ok()?),
            'H' | 'h' => self.hour = word.parse().ok()?,
            'm' => self.minute = word.parse().ok()?,
            's' => self.second = word.parse().ok()?,
            'S' => self.nanos = nanos(word, n)?,
            'a' => self.afternoon = Some(afternoon(word)?),
            'z' | 'Z' | 'X' => self.zone = Some(word),
            'E' => {}
            _ => return None,
        }
        Some(rest)
    }

    fn instant(self) -> Option<Instant> {
        let date = Date::new(self.year?, self.month?, self.day?).ok()?;
        let hour = match (self.afternoon, self.hour) {
            (None, hour) => hour,
            (Some(false), 12) => 0,
            (Some(true), hour) if hour < 12 => hour + 12,
            (Some(_), hour) => hour,
        };
        let time = Time::new(hour, self.minute, self.second, self.nanos).ok()?;
        in_zone(Instant::from_jst(date.to_datetime(time)), self.zone.unwrap_or(HERE))
    }
}

/// `S` counts milliseconds; written more than three times it is a fraction.
fn nanos(digits: &str, n_letters: usize) -> Option<i32> {
    if n_letters <= 3 {
        return digits.parse::<i32>().ok()?.checked_mul(1_000_000);
    }
    format!("{digits:0<9}").get(..9)?.parse().ok()
}

fn afternoon(word: &str) -> Option<bool> {
    match word.to_ascii_uppercase().as_str() {
        "AM" => Some(false),
        "PM" => Some(true),
        _ => None,
    }
}

fn split_digits(text: &str, n_max: usize) -> (&str, &str) {
    let n = text.bytes().take(n_max).take_while(u8::is_ascii_digit).count();
    text.split_at_checked(n).unwrap_or(("", text))
}

fn split_while(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or(("", text))
}

/// Reads any bytes as a pattern and a time by it.
pub fn fuzz_date_pattern(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (pattern, told) = text.split_once('\n').unwrap_or((&text, &text));
    parse(told, pattern);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, pattern: &str, expected: &str) {
        let read = parse(text, pattern).map_or_else(|| "none".to_owned(), |at| at.to_string());
        assert_eq!(read, expected, "{text} by {pattern}");
    }

    #[test]
    fn times_are_read_by_the_pattern_that_came_with_them() {
        check("Nov 20 2026 02:15:00.250 JST", "MMM dd yyyy HH:mm:ss.SSS z", "2026-11-20 02:15:00");
        check("2026-11-19T17:15:00.5+0000", "yyyy-MM-dd'T'HH:mm:ss.SSSZ", "2026-11-20 02:15:00");
        check("20/11/2026 02:15:00 PM", "dd/MM/yyyy hh:mm:ss a", "2026-11-20 14:15:00");
        check("11/20/26 12:05:00 am", "MM/dd/yy hh:mm:ss a", "2026-11-20 00:05:00");
        check("20261120021500", "yyyyMMddHHmmss", "2026-11-20 02:15:00");
        check("Fri, 20 November 2026 2:15:00", "EEE, d MMMM yyyy H:mm:ss", "2026-11-20 02:15:00");
    }

    #[test]
    fn what_does_not_fit_its_pattern_is_not_guessed() {
        check("20/11/2026 02:15:00", "MM/dd/yyyy HH:mm:ss", "none");
        check("Nov 20 02:15:00", "MMM dd HH:mm:ss", "none");
        check("2026-11-20 02:15:00 CST", "yyyy-MM-dd HH:mm:ss z", "none");
        check("2026-11-20 02:15:00 and more", "yyyy-MM-dd HH:mm:ss", "none");
        check("2026-324", "yyyy-DDD", "none");
        check("", "", "none");
        check("x", "'x", "none");
    }
}
