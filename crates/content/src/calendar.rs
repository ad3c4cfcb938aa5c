//! The calendar of Japanese offices: public holidays, the year-end closure, office hours, business days.

use std::collections::BTreeMap;

use sakimori_words::{Date, Instant, Text, jst_date, jst_datetime};
use serde::Deserialize;

use crate::Provenance;

/// A public holiday (国民の祝日に関する法律 art. 2 and 3).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// The day.
    pub on: Date,
    /// Its name.
    pub name: Text,
    /// The rule behind it, e.g. `祝日法第3条第2項`.
    pub basis: String,
    /// True for an equinox the almanac office has not yet announced: computed, may still move.
    #[serde(default)]
    pub provisional: bool,
}

/// A stretch of days that returns every year, e.g. 12-29 to 01-03.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// Its id, e.g. `year-end`.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// First day as month and day.
    pub first: [i8; 2],
    /// Last day as month and day; before `first` when it crosses New Year.
    pub last: [i8; 2],
    /// Whether offices are closed in it.
    pub offices_closed: bool,
    /// Source and dates.
    pub provenance: Provenance,
}

/// Hours in which an office answers its normal telephone, in minutes since midnight JST.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeHours {
    /// First minute of the day.
    pub opens_minute: i64,
    /// First minute after the day's end.
    pub closes_minute: i64,
    /// Source and dates.
    pub provenance: Provenance,
}

/// What kind of day it is for an office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DayKind {
    /// Monday to Friday, no holiday.
    Business,
    /// Saturday or Sunday.
    Weekend,
    /// A public holiday, with its name.
    Holiday(Text),
    /// Within a period in which offices are closed, with its name.
    Closed(Text),
}

/// The calendar of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    holidays: BTreeMap<Date, Holiday>,
    periods: Vec<Period>,
    hours: OfficeHours,
}

impl Calendar {
    /// A calendar from its parts.
    #[must_use]
    pub fn new(holidays: Vec<Holiday>, periods: Vec<Period>, hours: OfficeHours) -> Self {
        let holidays = holidays.into_iter().map(|holiday| (holiday.on, holiday)).collect();
        Self { holidays, periods, hours }
    }

    /// What kind of day `day` is. The year-end closure wins over New Year's Day: it decides who answers.
    #[must_use]
    pub fn day_kind(&self, day: Date) -> DayKind {
        let closure = self.periods_on(day).find(|period| period.offices_closed);
        if let Some(period) = closure {
            return DayKind::Closed(period.name.clone());
        }
        if let Some(holiday) = self.holidays.get(&day) {
            return DayKind::Holiday(holiday.name.clone());
        }
        match day.weekday() {
            jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday => DayKind::Weekend,
            _ => DayKind::Business,
        }
    }

    /// Whether offices work on `day`.
    #[must_use]
    pub fn is_business_day(&self, day: Date) -> bool {
        self.day_kind(day) == DayKind::Business
    }

    /// Whether offices work at this moment: a business day within office hours.
    #[must_use]
    pub fn in_office_hours(&self, at: Instant) -> bool {
        self.is_business_time(at, self.hours.opens_minute, self.hours.closes_minute)
    }

    /// Whether a desk with its own hours answers: a business day, from `opens_minute` until before `closes_minute`, both in
    /// minutes since midnight JST.
    #[must_use]
    pub fn is_business_time(&self, at: Instant, opens_minute: i64, closes_minute: i64) -> bool {
        let local = jst_datetime(at);
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        self.is_business_day(local.date()) && (opens_minute..closes_minute).contains(&minute)
    }

    /// `at` while offices work, else the next moment they open.
    #[must_use]
    pub fn office_time_from(&self, at: Instant) -> Instant {
        if self.in_office_hours(at) {
            return at;
        }
        let local = jst_datetime(at);
        let before_opening =
            i64::from(local.hour()) * 60 + i64::from(local.minute()) < self.hours.opens_minute;
        let today = before_opening && self.is_business_day(local.date());
        let day = if today { local.date() } else { self.business_day_after(local.date(), 1) };
        Instant::from_jst(day.at(0, 0, 0, 0)).plus_seconds(self.hours.opens_minute * 60)
    }

    /// The `n`th business day after `day`; `day` itself is not counted. With `n` = 0: `day`.
    #[must_use]
    pub fn business_day_after(&self, day: Date, n: u32) -> Date {
        let mut day = day;
        let mut left = n;
        while left > 0 {
            let Ok(next) = day.tomorrow() else { return day };
            day = next;
            left -= u32::from(self.is_business_day(day));
        }
        day
    }

    /// The moment offices close on the `n`th business day after `at`: how a limit of `n` working days is kept.
    #[must_use]
    pub fn business_days_later(&self, at: Instant, n: u32) -> Instant {
        let midnight = Instant::from_jst(self.business_day_after(jst_date(at), n).at(0, 0, 0, 0));
        midnight.plus_seconds(self.hours.closes_minute * 60)
    }

    /// Whether `day` lies in the period of that id.
    #[must_use]
    pub fn in_period(&self, id: &str, day: Date) -> bool {
        self.periods_on(day).any(|period| period.id == id)
    }

    /// The period of that id.
    #[must_use]
    pub fn period(&self, id: &str) -> Option<&Period> {
        self.periods.iter().find(|period| period.id == id)
    }

    /// All holidays in the order of their days.
    pub fn holidays(&self) -> impl Iterator<Item = &Holiday> {
        self.holidays.values()
    }

    /// Whether the pack knows the holidays of `year`; beyond it, weekends and closures still hold.
    #[must_use]
    pub fn knows_year(&self, year: i16) -> bool {
        self.holidays.keys().any(|day| day.year() == year)
    }

    fn periods_on(&self, day: Date) -> impl Iterator<Item = &Period> {
        self.periods.iter().filter(move |period| period.contains(day))
    }
}

impl Period {
    /// Whether `day` lies in it.
    #[must_use]
    pub fn contains(&self, day: Date) -> bool {
        let at = [day.month(), day.day()];
        if self.first <= self.last {
            self.first <= at && at <= self.last
        } else {
            self.first <= at || at <= self.last
        }
    }
}
