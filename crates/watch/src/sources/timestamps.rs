//! The ways in which logs write a time.
//!
//! A time without an offset is taken as Japan Standard Time: the devices of a Japanese hospital show it, and the country
//! has one zone.

use jiff::civil::{Date, DateTime, Time};
use sakimori_words::{Instant, jst_datetime};

/// How far a device's clock may be ahead before a date without a year is taken for the year before, in seconds.
const AHEAD_SECONDS_MAX: i64 = 86_400;

/// How far Japan's clocks are ahead of Greenwich.
const JST_SECONDS: i64 = 9 * 3_600;

/// Reads RFC 3339 and its relatives: a blank instead of `T`, an offset without colon, or no offset.
pub(crate) fn parse(text: &str) -> Option<Instant> {
    let text = text.trim();
    // As Windows PowerShell writes dates into JSON.
    if let Some(millis) = text.strip_prefix("/Date(").and_then(|text| text.strip_suffix(")/")) {
        return from_epoch(millis.parse().ok()?);
    }
    if !text.as_bytes().get(..4)?.iter().all(u8::is_ascii_digit) {
        return None;
    }
    match Instant::parse(text) {
        Ok(at) => Some(at),
        Err(_) => parse_local(text).map(Instant::from_jst),
    }
}

/// Reads `Nov 20 18:00:00` (the day may be padded with a blank) at the front of `text`; returns what follows.
///
/// The year is the latest one that does not put it after `written_by`, so that lines of 31 December read on 1 January keep
/// theirs.
pub(crate) fn parse_without_year(text: &str, written_by: Instant) -> Option<(Instant, &str)> {
    let (month, rest) = text.split_at_checked(3)?;
    let month = month_number(month)?;
    let (day, rest) = rest.strip_prefix(' ')?.split_at_checked(2)?;
    let day: i8 = day.trim_start().parse().ok()?;
    let rest = rest.strip_prefix(' ')?;
    let (year, rest) = split_year(rest);
    let (time, rest) = rest.split_at_checked(8)?;
    let (fraction, rest) = split_fraction(rest);
    let time: Time = format!("{time}{fraction}").parse().ok()?;
    let at = |year| Some(Instant::from_jst(Date::new(year, month, day).ok()?.to_datetime(time)));
    match year {
        Some(year) => Some((at(year)?, rest)),
        None => {
            let latest = written_by.plus_seconds(AHEAD_SECONDS_MAX);
            let year = jst_datetime(written_by).year();
            // Four years back: 29 February exists in only one of them.
            let mut years = (0..=4).filter_map(|back| at((year + 1).checked_sub(back)?));
            Some((years.find(|at| *at <= latest)?, rest))
        }
    }
}

/// Reads seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their number of digits.
pub(crate) fn from_epoch(number: i64) -> Option<Instant> {
    let micros = match number.checked_abs()? {
        0..=99_999_999_999 => number.checked_mul(1_000_000)?,
        100_000_000_000..=99_999_999_999_999 => number.checked_mul(1_000)?,
        100_000_000_000_000..=99_999_999_999_999_999 => number,
        _ => number / 1_000,
    };
    Some(Instant::from_micros(micros))
}

/// Reads `2026-11-20` and `18:00:00` as FortiGate writes them, with its `tz` (`+0900`) when there is one.
pub(crate) fn from_date_and_time(date: &str, time: &str, tz: Option<&str>) -> Option<Instant> {
    let tz = tz.filter(|tz| tz.starts_with(['+', '-'])).unwrap_or("+0900");
    parse(&format!("{date}T{time}{tz}")).or_else(|| parse(&format!("{date} {time}")))
}

/// Reads a time in any way in which appliances write one: since 1970, RFC 3339 and its relatives, `Nov 20 2026 18:00:00.5`
/// with or without its year; the last two also with a zone behind (`JST`, `GMT+09:00`). `zone` is that of the device, for
/// texts that name none.
pub(crate) fn parse_any(text: &str, zone: &str, written_by: Instant) -> Option<Instant> {
    let text = text.trim();
    if (9..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return from_epoch(text.parse().ok()?);
    }
    if let Ok(at) = Instant::parse(text) {
        return Some(at);
    }
    if let Some((at, own_zone)) = parse_without_year(text, written_by) {
        return in_zone(at, if own_zone.trim().is_empty() { zone } else { own_zone });
    }
    match parse(text) {
        Some(at) => in_zone(at, zone),
        None => text.rsplit_once(' ').and_then(|(local, zone)| in_zone(parse(local)?, zone)),
    }
}

/// The zone of a time that says none: see the top.
pub(crate) const HERE: &str = "JST";

/// The instant at which clocks in `zone` show what clocks in Japan show at `at`; `None` for a zone that is not known.
pub(crate) fn in_zone(at: Instant, zone: &str) -> Option<Instant> {
    Some(at.plus_seconds(JST_SECONDS - zone_seconds(zone.trim())?))
}

/// Seconds east of Greenwich. Abbreviations that several zones share (`CST`, `IST`) are not guessed.
fn zone_seconds(zone: &str) -> Option<i64> {
    match zone {
        "UTC" | "GMT" | "UCT" | "Z" | "Etc/UTC" => Some(0),
        HERE | "Asia/Tokyo" | "Japan" => Some(JST_SECONDS),
        _ => {
            let offset = zone.strip_prefix("GMT").or_else(|| zone.strip_prefix("UTC"));
            offset_seconds(offset.unwrap_or(zone))
        }
    }
}

/// `+9`, `+09`, `+0900` or `+09:00`.
fn offset_seconds(offset: &str) -> Option<i64> {
    let (sign, digits) = match (offset.strip_prefix('+'), offset.strip_prefix('-')) {
        (Some(digits), _) => (1, digits),
        (None, Some(digits)) => (-1, digits),
        (None, None) => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() > 2 => digits.split_at_checked(digits.len() - 2)?,
        None => (digits, "0"),
    };
    let whole = |part: &str| {
        let short = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<i64>().ok().filter(|_| short)
    };
    let (hours, minutes) = (whole(hours)?, whole(minutes)?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

fn parse_local(text: &str) -> Option<DateTime> {
    let dashed = text.replacen('/', "-", 2);
    dashed.parse().ok()
}

fn split_year(rest: &str) -> (Option<i16>, &str) {
    let parsed = rest.split_once(' ').filter(|(year, _)| year.len() == 4);
    match parsed.and_then(|(year, after)| Some((year.parse().ok()?, after))) {
        Some((year, after)) => (Some(year), after),
        None => (None, rest),
    }
}

fn split_fraction(rest: &str) -> (&str, &str) {
    let digits = rest
        .strip_prefix('.')
        .map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count().min(9));
    rest.split_at_checked(if digits == 0 { 0 } else { digits + 1 }).unwrap_or(("", rest))
}

/// The month of its three English letters, `Nov`.
pub(crate) fn month_number(name: &str) -> Option<i8> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let index = MONTHS.iter().position(|month| *month == name)?;
    i8::try_from(index + 1).ok()
}
