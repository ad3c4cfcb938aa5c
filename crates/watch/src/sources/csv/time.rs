//! Times in CSV exports: formats of a map, era dates (和暦), and what logs write anyway.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::Offset;
use sakimori_words::{Instant, parse_date};

use super::super::timestamps;
use super::encoding::narrow;

/// Longest text read as a time, in bytes.
const TIME_BYTES_MAX: usize = 120;

/// How a column is written that holds a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// `R8.11.20 8:05`, `令和8年11月20日 8時5分10秒`; western years in the same spellings too.
    Wareki,
    /// As `strptime` has it.
    Pattern(String),
}

impl Format {
    /// The format of that name or pattern; `None` when it is no pattern.
    pub(super) fn parse(written: &str) -> Option<Self> {
        if matches!(written, "wareki" | "和暦") {
            return Some(Self::Wareki);
        }
        let known = strtime::format(
            written,
            &jiff::Zoned::new(jiff::Timestamp::UNIX_EPOCH, jiff::tz::TimeZone::UTC),
        );
        (written.contains('%') && known.is_ok()).then(|| Self::Pattern(written.to_owned()))
    }
}

/// Reads a time by the first format that fits; without formats, or when none fits, as any log's. `zone` holds where the text
/// names none.
pub(super) fn read(written: &str, formats: &[Format], zone: Offset) -> Option<Instant> {
    if written.len() > TIME_BYTES_MAX {
        return None;
    }
    let text = narrow(written);
    let by_format = formats.iter().find_map(|format| match format {
        Format::Wareki => at(wareki(&text)?, zone),
        Format::Pattern(pattern) => by_pattern(pattern, &text, zone),
    });
    by_format.or_else(|| plain(&text, zone)).or_else(|| at(wareki(&text)?, zone))
}

fn by_pattern(pattern: &str, text: &str, zone: Offset) -> Option<Instant> {
    let broken_down = BrokenDownTime::parse(pattern, text).ok()?;
    match broken_down.to_timestamp() {
        Ok(timestamp) => Some(Instant::from_micros(timestamp.as_microsecond())),
        Err(_) => at(broken_down.to_datetime().ok()?, zone),
    }
}

/// ISO and its relatives. What names no offset is of `zone`.
fn plain(text: &str, zone: Offset) -> Option<Instant> {
    let dashed = text.replacen('/', "-", 2);
    match dashed.parse::<DateTime>() {
        Ok(local) if Instant::parse(&dashed).is_err() => at(local, zone),
        _ => timestamps::parse(text),
    }
}

fn at(local: DateTime, zone: Offset) -> Option<Instant> {
    Some(Instant::from_micros(zone.to_timestamp(local).ok()?.as_microsecond()))
}

fn wareki(text: &str) -> Option<DateTime> {
    let (date, time) = match text.split_once('日') {
        Some((date, time)) => (date, time),
        None => text.split_once(' ').unwrap_or((text, "")),
    };
    let date: Date = parse_date(date)?;
    Some(date.to_datetime(clock(time.trim())?))
}

/// `8:05`, `8:05:10`, `8時5分10秒`, nothing.
fn clock(text: &str) -> Option<Time> {
    let text = text.replace(['時', '分'], ":").replace('秒', "");
    let mut parts = text.trim_end_matches(':').split(':').map(str::trim);
    let mut next = || match parts.next() {
        None | Some("") => Some(0),
        Some(part) => part.split('.').next()?.parse::<i8>().ok(),
    };
    let (hour, minute, second) = (next()?, next()?, next()?);
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, 0).ok()
}

/// `+09:00` or `Z`.
pub(super) fn parse_zone(written: &str) -> Option<Offset> {
    if written == "Z" {
        return Some(Offset::UTC);
    }
    BrokenDownTime::parse("%:z", written).ok()?.offset()
}
