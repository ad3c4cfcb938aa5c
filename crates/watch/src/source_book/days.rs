//! What a source sent on each day: enough to see a year's gaps at a glance without asking the log.

use sakimori_words::{Instant, SECOND_MICROS, jst_datetime};
use serde::{Deserialize, Serialize};

use super::SourceState;

/// Days of a source that are remembered: the year that must be kept, and a month to look back from.
pub const DAYS_KEPT: usize = 400;

/// An event that says it happened this much before it was received came late, in seconds.
pub const LATE_SECONDS: i64 = 3_600;

/// Share of a day's records that may be not understood, in percent, before the day is marked.
const UNREAD_PERCENT: u64 = 1;

/// Hours a source usually speaks on a day before a quiet part of one is judged.
const USUAL_HOURS_MIN: u32 = 4;

const DAY_MICROS: i64 = 86_400 * SECOND_MICROS;
const JAPAN_MICROS: i64 = 9 * 3_600 * SECOND_MICROS;

/// A day in Japan, counted from 1970-01-01.
pub type Day = i64;

/// What came on one day. Kept as a row of numbers: a book has thousands of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub struct DayCount {
    /// Which day.
    pub day: Day,
    /// Events received.
    pub events: u64,
    /// Of them, events no source understood.
    pub not_understood: u64,
    /// Of them, events that came more than [`LATE_SECONDS`] after they happened.
    pub late: u64,
    /// Hours in which something came, one bit each, midnight lowest.
    pub hours: u32,
}

type Row = (Day, u64, u64, u64, u32);

impl From<Row> for DayCount {
    fn from((day, events, not_understood, late, hours): Row) -> Self {
        Self { day, events, not_understood, late, hours }
    }
}

impl From<DayCount> for Row {
    fn from(count: DayCount) -> Self {
        (count.day, count.events, count.not_understood, count.late, count.hours)
    }
}

/// How a day went for a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DayState {
    /// Before anything was counted, or nothing to be expected on that day.
    Before,
    /// As usual.
    Fine,
    /// Too many records were not understood.
    Unread,
    /// It spoke in fewer hours than it usually does.
    Partly,
    /// Nothing came.
    Missing,
}

impl DayCount {
    /// The day in Japan to which an instant belongs.
    #[must_use]
    pub const fn day_of(at: Instant) -> Day {
        at.as_micros().saturating_add(JAPAN_MICROS).div_euclid(DAY_MICROS)
    }

    /// When a day begins.
    #[must_use]
    pub const fn starts(day: Day) -> Instant {
        Instant::from_micros(day.saturating_mul(DAY_MICROS).saturating_sub(JAPAN_MICROS))
    }

    /// Share of records that were not understood, in percent, rounded up: one of a million is not nothing.
    #[must_use]
    pub const fn unread_percent(&self) -> u64 {
        if self.events == 0 {
            return 0;
        }
        self.not_understood.saturating_mul(100).div_ceil(self.events)
    }
}

impl SourceState {
    /// How each of the `n_days` days up to that of `now` went, oldest first.
    #[must_use]
    pub fn calendar(&self, n_days: usize, now: Instant) -> Vec<(Day, DayState, DayCount)> {
        let today = DayCount::day_of(now);
        let n_days = i64::try_from(n_days.min(DAYS_KEPT)).unwrap_or(0);
        let usual = self.usual_hours();
        let silent = self.silent(now);
        (today - n_days + 1..=today)
            .map(|day| {
                let found = self.days.binary_search_by_key(&day, |count| count.day);
                let count = found.ok().and_then(|place| self.days.get(place)).copied();
                let state = self.state(day, count, usual, day == today && !silent);
                (day, state, count.unwrap_or(DayCount { day, ..DayCount::default() }))
            })
            .collect()
    }

    /// `going_on`: the day is not over and the source is not overdue, so its quiet hours say nothing yet.
    fn state(&self, day: Day, count: Option<DayCount>, usual: u32, going_on: bool) -> DayState {
        let first = self.days.first().map(|count| count.day);
        let Some(count) = count else {
            let expected = first.is_some_and(|first| day > first) && !going_on && self.is_daily();
            return if expected { DayState::Missing } else { DayState::Before };
        };
        // A source is connected at some hour of its first day.
        let judged = !going_on && first != Some(day) && usual >= USUAL_HOURS_MIN;
        if judged && count.hours.count_ones() * 4 < usual * 3 {
            DayState::Partly
        } else if count.not_understood * 100 > count.events * UNREAD_PERCENT {
            DayState::Unread
        } else {
            DayState::Fine
        }
    }

    /// In how many hours of a day it usually speaks: the median of the days remembered.
    fn usual_hours(&self) -> u32 {
        let mut hours: Vec<u32> = self.days.iter().map(|count| count.hours.count_ones()).collect();
        hours.sort_unstable();
        hours.get(hours.len() / 2).copied().unwrap_or(0)
    }

    /// Whether it speaks on most days, up to the last one on which it spoke. Files taken in now and then are missed on no day.
    fn is_daily(&self) -> bool {
        let (Some(first), Some(last)) = (self.days.first(), self.days.last()) else { return false };
        let n_days = i64::try_from(self.days.len()).unwrap_or(i64::MAX);
        n_days.saturating_mul(2) > last.day - first.day
    }

    /// Events a day, as the mean of the last seven whole days; `None` when none is over yet.
    #[must_use]
    pub fn events_a_day(&self, now: Instant) -> Option<u64> {
        let today = DayCount::day_of(now);
        let first = self.days.first()?.day.max(today - 7);
        let n_days = u64::try_from(today - first).ok().filter(|days| *days > 0)?;
        let lately = self.days.iter().filter(|count| (first..today).contains(&count.day));
        Some(lately.map(|count| count.events).sum::<u64>() / n_days)
    }
}

/// Notes an event on its day.
pub(super) fn note(
    days: &mut Vec<DayCount>,
    received_at: Instant,
    time: Instant,
    understood: bool,
) {
    let day = DayCount::day_of(received_at);
    let place = match days.binary_search_by_key(&day, |count| count.day) {
        Ok(place) => place,
        // A clock set far back speaks of a day before all that are kept.
        Err(0) if days.len() >= DAYS_KEPT => return,
        Err(place) => {
            days.insert(place, DayCount { day, ..DayCount::default() });
            if days.len() > DAYS_KEPT {
                days.remove(0);
                place.saturating_sub(1)
            } else {
                place
            }
        }
    };
    let Some(count) = days.get_mut(place) else { return };
    count.events += 1;
    count.not_understood += u64::from(!understood);
    count.late += u64::from(received_at.micros_since(time) > LATE_SECONDS * SECOND_MICROS);
    count.hours |= 1 << jst_datetime(received_at).hour().clamp(0, 23);
}
