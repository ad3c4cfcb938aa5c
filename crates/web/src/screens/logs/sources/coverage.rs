//! Coverage: which source spoke on which day, whether a year is kept, and whether the disk will do.

use sakimori_watch::{DAYS_KEPT, DayCount, DayState, SourceBookSnapshot, SourceState};
use sakimori_words::{Instant, jst_date};

use crate::address::with_query;
use crate::form::Form;
use crate::frame::Frame;
use crate::ports::LogStatus;

/// How many days a person can look at.
const LENGTHS: [usize; 3] = [35, 100, DAYS_KEPT];

/// Most cells of one calendar; sources beyond that are counted and not shown.
const CELLS_MAX: usize = 12_000;

/// Most days named in the list of one source.
const NAMED_MAX: usize = 10;

/// What the guideline asks to be kept, in days.
const YEAR_DAYS: u64 = 365;

/// Sources and days, the sources with most trouble first.
pub(super) struct Calendar {
    pub(super) days: Vec<Head>,
    pub(super) rows: Vec<Row>,
    pub(super) left_out: usize,
    pub(super) lengths: Vec<Length>,
}

impl Calendar {
    /// Whether there is a day to look at; a telephone shows these only.
    pub(super) fn has_problems(&self) -> bool {
        self.rows.iter().any(|row| !row.problems.is_empty())
    }
}

/// The head of a column: the date, and the number that has room.
pub(super) struct Head {
    pub(super) date: String,
    pub(super) short: String,
}

/// A choice of how many days are shown.
pub(super) struct Length {
    pub(super) days: usize,
    pub(super) address: String,
    pub(super) chosen: bool,
}

/// One source.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) cells: Vec<Cell>,
    /// The newest days on which something was wrong, in words.
    pub(super) problems: Vec<String>,
    /// Days beyond those named.
    pub(super) more: usize,
}

/// One day of one source: class and sign for the eye, words for everybody.
pub(super) struct Cell {
    pub(super) class: &'static str,
    pub(super) sign: &'static str,
    pub(super) text: String,
}

/// The days asked for, of all sources.
pub(super) fn calendar(book: &SourceBookSnapshot, form: &Form, frame: &Frame) -> Calendar {
    let asked = form.text("days").parse().ok();
    let n_days = LENGTHS.into_iter().find(|days| Some(*days) == asked).unwrap_or(35);
    let n_shown = CELLS_MAX / n_days;
    let mut rows: Vec<Row> = book.sources.iter().map(|state| row(state, n_days, frame)).collect();
    rows.sort_by_key(|row| (usize::MAX - row.problems.len() - row.more, row.name.clone()));
    let left_out = rows.len().saturating_sub(n_shown);
    rows.truncate(n_shown);
    let today = DayCount::day_of(frame.now);
    let n_days_back = i64::try_from(n_days).unwrap_or(35);
    Calendar {
        days: (today - n_days_back + 1..=today).map(head).collect(),
        rows,
        left_out,
        lengths: LENGTHS
            .into_iter()
            .map(|days| Length {
                days,
                address: with_query("/sources", &[("days", &days.to_string())]),
                chosen: days == n_days,
            })
            .collect(),
    }
}

fn row(state: &SourceState, n_days: usize, frame: &Frame) -> Row {
    let days = state.calendar(n_days, frame.now);
    let cells = days.iter().map(|(_, state, count)| cell(*state, count, frame));
    let mut problems: Vec<String> = days
        .iter()
        .rev()
        .filter(|(_, state, _)| *state > DayState::Fine)
        .map(|(_, state, count)| words(*state, count, frame))
        .collect();
    let more = problems.len().saturating_sub(NAMED_MAX);
    problems.truncate(NAMED_MAX);
    Row {
        name: state.source.clone(),
        address: with_query("/sources/one", &[("name", &state.source)]),
        cells: cells.collect(),
        problems,
        more,
    }
}

fn cell(state: DayState, count: &DayCount, frame: &Frame) -> Cell {
    let (class, sign) = match state {
        DayState::Before => ("before", ""),
        DayState::Fine => ("fine", "○"),
        DayState::Unread => ("unread", "?"),
        DayState::Partly => ("partly", "△"),
        DayState::Missing => ("missing", "×"),
    };
    let text = if state == DayState::Before { String::new() } else { words(state, count, frame) };
    Cell { class, sign, text }
}

/// A day in words: date, what is wrong, how much came.
fn words(state: DayState, count: &DayCount, frame: &Frame) -> String {
    let word = match state {
        DayState::Before | DayState::Fine => frame.t("cover-fine"),
        DayState::Unread => frame.with("cover-unread", "percent", count.unread_percent()),
        DayState::Partly => frame.with("cover-partly", "hours", count.hours.count_ones()),
        DayState::Missing => frame.t("cover-missing"),
    };
    let mut text = format!("{} {word}", date(count.day));
    if state != DayState::Missing {
        text = format!("{text} {}", frame.count(frame.thousands(count.events)));
    }
    if count.late > 0 {
        text = format!("{text} {}", frame.with("cover-late", "count", frame.thousands(count.late)));
    }
    text
}

/// The day of the month; on the first of one the month.
fn head(day: i64) -> Head {
    let date = jst_date(DayCount::starts(day));
    let short = if date.day() == 1 { format!("{}/", date.month()) } else { date.day().to_string() };
    Head { date: date.to_string(), short }
}

fn date(day: i64) -> String {
    jst_date(DayCount::starts(day)).to_string()
}

/// Whether a year is kept, and whether the disk will do.
pub(super) struct Year {
    pub(super) answer: Answer,
    pub(super) oldest: String,
    pub(super) days_kept: u64,
    pub(super) disk: Option<Disk>,
}

/// Whether events of a year ago are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Yes.
    Kept,
    /// Not yet: so many days from now, if nothing is lost.
    NotYet {
        /// Days until then.
        days: u64,
    },
    /// Never with this setting.
    TooShort,
    /// There are no events.
    Nothing,
}

/// What the disk has to take until retention is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Disk {
    pub(super) free: u64,
    pub(super) a_day: u64,
    /// Still to come until the oldest events begin to be deleted.
    pub(super) needed: u64,
    /// Days until it is full, when it will not do.
    pub(super) full_in: Option<u64>,
}

/// The answer from what is kept and what comes a day.
pub(super) fn year(
    status: &LogStatus,
    book: &SourceBookSnapshot,
    free: Option<u64>,
    now: Instant,
) -> Year {
    let retention = u64::from(status.retention_days);
    let days_kept = status.oldest_at.map_or(0, |oldest| {
        u64::try_from(DayCount::day_of(now) - DayCount::day_of(oldest)).unwrap_or(0)
    });
    let answer = match status.oldest_at {
        Some(_) if days_kept >= YEAR_DAYS => Answer::Kept,
        _ if retention < YEAR_DAYS => Answer::TooShort,
        Some(_) => Answer::NotYet { days: YEAR_DAYS - days_kept },
        None => Answer::Nothing,
    };
    let disk = free.and_then(|free| {
        let a_day = bytes_a_day(status, book, days_kept, now)?;
        let needed = a_day.saturating_mul(retention.saturating_sub(days_kept));
        let full_in = (needed > free).then(|| free / a_day.max(1));
        Some(Disk { free, a_day, needed, full_in })
    });
    let oldest = status.oldest_at.map(|at| jst_date(at).to_string()).unwrap_or_default();
    Year { answer, oldest, days_kept, disk }
}

/// Bytes a day: what came in the last week at the size of what is kept, or the mean of all days.
fn bytes_a_day(
    status: &LogStatus,
    book: &SourceBookSnapshot,
    days_kept: u64,
    now: Instant,
) -> Option<u64> {
    let lately = book.sources.iter().filter_map(|state| state.events_a_day(now)).sum::<u64>();
    if lately > 0 && status.events > 0 {
        let bytes = u128::from(status.bytes) * u128::from(lately) / u128::from(status.events);
        return u64::try_from(bytes).ok();
    }
    (status.events > 0).then(|| status.bytes / days_kept.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(days_kept: i64, retention_days: u32) -> LogStatus {
        let now = Instant::from_micros(1_795_178_820_000_000);
        LogStatus {
            events: 1_000,
            bytes: 1_000_000,
            oldest_at: Some(now.plus_days(-days_kept)),
            retention_days,
            ..LogStatus::default()
        }
    }

    fn answer(days_kept: i64, retention_days: u32, free: u64) -> (Answer, Option<Disk>) {
        let now = Instant::from_micros(1_795_178_820_000_000);
        let year = year(
            &status(days_kept, retention_days),
            &SourceBookSnapshot::default(),
            Some(free),
            now,
        );
        (year.answer, year.disk)
    }

    #[test]
    fn a_year_is_kept_or_it_is_said_when_it_will_be() {
        assert_eq!(answer(400, 400, 0).0, Answer::Kept);
        assert_eq!(answer(100, 400, 0).0, Answer::NotYet { days: 265 });
        assert_eq!(answer(100, 180, 0).0, Answer::TooShort);
    }

    #[test]
    fn the_disk_is_measured_against_what_is_still_to_come() {
        let disk = Disk { free: 1_000_000, a_day: 10_000, needed: 3_000_000, full_in: Some(100) };
        assert_eq!(answer(100, 400, 1_000_000).1, Some(disk));
        assert_eq!(answer(100, 400, 5_000_000).1.unwrap().full_in, None);
        assert_eq!(answer(500, 400, 0).1.unwrap().full_in, None);
    }
}
