//! Instants: microseconds since 1970 in UTC, shown in Japan Standard Time.

use std::fmt;

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

/// Microseconds in a second, for spans written as whole microseconds.
pub const SECOND_MICROS: i64 = 1_000_000;

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
///
/// Stored as `i64` everywhere (SQLite, PostgreSQL and Parquet agree on it) and shown in JST. Japan has had no daylight
/// saving time since 1951, so a fixed offset of nine hours needs no time-zone database.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Instant(i64);

/// A text that is not an RFC 3339 instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an instant such as 2026-11-20T09:00:00Z or 2026-11-20T18:00:00+09:00")]
pub struct ParseInstantError {
    /// What was given.
    pub text: String,
}

impl Instant {
    /// From microseconds since 1970 (UTC).
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970 (UTC).
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 with any offset; fractions beyond a microsecond are cut.
    ///
    /// # Errors
    /// When the text is no RFC 3339 instant.
    pub fn parse(text: &str) -> Result<Self, ParseInstantError> {
        text.parse::<jiff::Timestamp>()
            .map(|at| Self(at.as_microsecond()))
            .map_err(|_| ParseInstantError { text: text.to_owned() })
    }

    /// The instant at which clocks in Japan show `local`.
    #[must_use]
    pub fn from_jst(local: DateTime) -> Self {
        let micros =
            local.to_zoned(jst()).map_or(i64::MAX, |zoned| zoned.timestamp().as_microsecond());
        Self(micros)
    }

    /// RFC 3339 in UTC with microseconds, e.g. `2026-11-20T09:00:00.000000Z`. Sorts as text as it sorts in time.
    #[must_use]
    pub fn rfc3339(self) -> String {
        format!("{:.6}", self.timestamp())
    }

    /// This instant moved by `seconds` (negative: earlier), stopping at the ends of time.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(SECOND_MICROS)))
    }

    /// This instant moved by `micros` microseconds (negative: earlier), stopping at the ends of time.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// This instant moved by `days` of 24 hours.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_seconds(days.saturating_mul(86_400))
    }

    /// Microseconds from `earlier` to this instant; negative when `earlier` is later.
    #[must_use]
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    fn timestamp(self) -> jiff::Timestamp {
        let limit = if self.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(limit)
    }
}

impl fmt::Display for Instant {
    /// The time in Japan to the second: `2026-11-20 18:00:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", jst_datetime(*self).strftime("%Y-%m-%d %H:%M:%S"))
    }
}

/// What calendars and clocks in Japan show at `at`.
#[must_use]
pub fn jst_datetime(at: Instant) -> DateTime {
    at.timestamp().to_zoned(jst()).datetime()
}

/// The date in Japan at `at`.
#[must_use]
pub fn jst_date(at: Instant) -> Date {
    jst_datetime(at).date()
}

fn jst() -> TimeZone {
    TimeZone::fixed(Offset::constant(9))
}
