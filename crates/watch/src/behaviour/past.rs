//! A number for each of the last days of a subject, and what is usual among them.

use serde::{Deserialize, Serialize};

use crate::Day;

/// Days that are remembered: five weeks, so that what happens once a month has happened in them.
pub(super) const PAST_DAYS: usize = 35;

/// A number for each day: those before today are the past that today is held against.
///
/// What comes a day late still counts for its day; what comes later still is left out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Past {
    day: Day,
    today: u64,
    /// The days before `day`, the latest last.
    before: Vec<u64>,
}

impl Past {
    /// The day has come to at least `value`.
    pub(super) fn reach(&mut self, day: Day, value: u64) {
        self.change(day, |own| own.max(value));
    }

    /// `value` more on that day; how much it is now.
    pub(super) fn add(&mut self, day: Day, value: u64) -> u64 {
        self.change(day, |own| own.saturating_add(value))
    }

    fn change(&mut self, day: Day, change: impl Fn(u64) -> u64) -> u64 {
        self.turn_to(day);
        let own = match self.day.saturating_sub(day) {
            0 => Some(&mut self.today),
            1 => self.before.last_mut(),
            _ => None,
        };
        own.map_or(0, |own| {
            *own = change(*own);
            *own
        })
    }

    /// Days on which nothing was noted count as nothing.
    fn turn_to(&mut self, day: Day) {
        if self.day == 0 {
            self.day = day;
        }
        let passed = usize::try_from(day.saturating_sub(self.day)).unwrap_or(0);
        if passed == 0 {
            return;
        }
        self.before.push(self.today);
        self.before.extend(std::iter::repeat_n(0, (passed - 1).min(PAST_DAYS)));
        let too_many = self.before.len().saturating_sub(PAST_DAYS);
        self.before.drain(..too_many);
        (self.day, self.today) = (day, 0);
    }

    /// The highest of the days before the latest one.
    pub(super) fn highest(&self) -> u64 {
        self.before.iter().copied().max().unwrap_or(0)
    }

    /// The median of the days before the latest one, and the median distance from it. Unlike mean and deviation they do not
    /// move when one day was wild.
    pub(super) fn usual(&self) -> (u64, u64) {
        let middle = median(self.before.clone());
        (middle, median(self.before.iter().map(|own| own.abs_diff(middle)).collect()))
    }
}

fn median(mut numbers: Vec<u64>) -> u64 {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wild_day_does_not_move_what_is_usual() {
        let mut past = Past::default();
        for day in 1..=20 {
            past.add(day, if day == 7 { 1_000_000 } else { 100 + day.unsigned_abs() % 3 });
        }
        assert_eq!(past.usual(), (101, 1));
        assert_eq!(past.highest(), 1_000_000);
    }

    #[test]
    fn a_day_late_counts_and_two_days_late_does_not() {
        let mut past = Past::default();
        past.add(10, 5);
        past.add(13, 1);
        assert_eq!((past.add(12, 7), past.add(11, 9), past.add(13, 1)), (7, 0, 2));
        assert_eq!(past.before, [5, 0, 7]);
    }

    #[test]
    fn a_leap_of_centuries_costs_no_memory() {
        let mut past = Past::default();
        past.add(1, 5);
        past.add(Day::MAX, 1);
        assert!(past.before.len() <= PAST_DAYS);
    }
}
