//! The windows and sizes of a review, each with its reason.

use jiff::civil::Date;
use sakimori_words::Instant;

/// How far from an event of care an access is explained by it, and how much is put before people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReviewSettings {
    /// Days before an appointment: records are read to prepare, and reminders and questions come in the week before.
    pub visit_before_days: i64,
    /// Days after one: results come back, letters are written and the patient rings.
    pub visit_after_days: i64,
    /// Days before an admission: beds, meals and medicines are prepared.
    pub stay_before_days: i64,
    /// Days after a discharge: the summary is due within 14 (診療録管理体制加算の施設基準).
    pub stay_after_days: i64,
    /// Days before an order is carried out: the examining department looks at who comes tomorrow.
    pub order_before_days: i64,
    /// Days after one: pathology and cultures take about two weeks.
    pub order_after_days: i64,
    /// Days after a referral without an end: it is usually answered and closed within a month.
    pub referral_after_days: i64,
    /// Minutes before and after a duty: handing over.
    pub duty_slack_minutes: i64,
    /// Days after a visit or discharge in which claims are made, returned and corrected: due by the 10th of the next month,
    /// returned in the month after (返戻・再請求).
    pub billing_after_days: i64,
    /// Days around an access without any contact of the patient with the hospital before it counts as "no relationship at all".
    pub contact_days: i64,
    /// Hour at which the day begins; before it is off-hours.
    pub day_begins_hour: i8,
    /// Hour at which the day ends; from it on is off-hours.
    pub day_ends_hour: i8,
    /// Candidates put before the reviewer. Twenty a month is what one person can ask about (a week's work of an hour a day).
    pub candidates_max: usize,
    /// Accesses drawn at random from the explained ones: shows whether the explanations are too generous.
    pub sample_explained: usize,
    /// Accesses drawn at random from the unexplained ones outside the list: shows what the ranking misses.
    pub sample_unexplained: usize,
}

impl ReviewSettings {
    /// The settings of a hospital that has not changed them.
    pub const STANDARD: Self = Self {
        visit_before_days: 7,
        visit_after_days: 14,
        stay_before_days: 7,
        stay_after_days: 14,
        order_before_days: 1,
        order_after_days: 14,
        referral_after_days: 30,
        duty_slack_minutes: 60,
        billing_after_days: 62,
        contact_days: 90,
        day_begins_hour: 7,
        day_ends_hour: 20,
        candidates_max: 20,
        sample_explained: 10,
        sample_unexplained: 10,
    };
}

/// The first day of a month written `2026-10`.
#[must_use]
pub fn parse_month(written: &str) -> Option<Date> {
    let (year, month) = written.trim().split_once('-')?;
    let digits =
        |text: &str, n: usize| text.len() == n && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(year, 4) || !digits(month, 2) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()
}

/// From the first moment of the month to the first of the next, in Japan.
#[must_use]
pub fn month_span(first: Date) -> (Instant, Instant) {
    let next = first.last_of_month().tomorrow().unwrap_or(Date::MAX);
    (Instant::from_jst(first.at(0, 0, 0, 0)), Instant::from_jst(next.at(0, 0, 0, 0)))
}
