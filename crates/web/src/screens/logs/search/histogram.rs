//! How the hits of a search are spread over time: one bar a span, each a way to look closer.

use sakimori_words::{Instant, SECOND_MICROS, jst_datetime};

use super::super::statement::{Wanted, counts};
use super::asked::Asked;
use crate::chart::{Bar, linked_bars};
use crate::frame::Frame;
use crate::ports::{SearchCell, SearchTable};

/// Most bars: more are too narrow to hit.
const BARS_MAX: i64 = 60;

/// Lengths of a span, in seconds; the shortest that needs no more than [`BARS_MAX`] is taken.
const STEPS: [i64; 12] =
    [1, 10, 60, 300, 900, 3_600, 10_800, 43_200, 86_400, 604_800, 2_592_000, 31_536_000];

/// Clocks in Japan are ahead of UTC by so much; days begin at their midnight.
const JAPAN_MICROS: i64 = 9 * 3_600 * SECOND_MICROS;

/// The spans that a search is divided into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spans {
    step_micros: i64,
    first: i64,
    last: i64,
}

/// The bars beside their numbers.
pub(super) struct Histogram {
    pub(super) svg: String,
    pub(super) bars: Vec<LinkedBar>,
    pub(super) hits: u64,
}

/// One bar and the search for what it stands for.
pub(super) struct LinkedBar {
    pub(super) bar: Bar,
    pub(super) address: String,
}

impl Spans {
    /// Divides the time from `from` to `to`.
    pub(super) fn between(from: Instant, to: Instant) -> Self {
        let length = to.micros_since(from).max(1);
        let fits = |step: &&i64| length / (**step * SECOND_MICROS) < BARS_MAX;
        let step_micros =
            STEPS.iter().find(fits).or(STEPS.last()).map_or(1, |step| step * SECOND_MICROS);
        let number = |at: i64| at.saturating_add(JAPAN_MICROS).div_euclid(step_micros);
        let first = number(from.as_micros());
        // The end does not belong to the span.
        let last = number(to.as_micros().saturating_sub(1)).clamp(first, first + BARS_MAX);
        Self { step_micros, first, last }
    }

    /// The statement that counts.
    pub(super) fn statement(self, wanted: &Wanted) -> String {
        counts(wanted, self.step_micros)
    }

    fn starts(self, number: i64) -> Instant {
        Instant::from_micros(number * self.step_micros - JAPAN_MICROS)
    }

    fn label(self, number: i64) -> String {
        let format = match self.step_micros / SECOND_MICROS {
            ..60 => "%H:%M:%S",
            60..43_200 => "%m-%d %H:%M",
            _ => "%Y-%m-%d",
        };
        jst_datetime(self.starts(number)).strftime(format).to_string()
    }
}

/// The bars for what the statement counted.
pub(super) fn draw(spans: Spans, table: &SearchTable, asked: &Asked, frame: &Frame) -> Histogram {
    let counted: Vec<(i64, u64)> = table.rows.iter().filter_map(|row| count(row)).collect();
    let value =
        |number: i64| counted.iter().filter(|(own, _)| *own == number).map(|(_, n)| n).sum::<u64>();
    let bars: Vec<LinkedBar> = (spans.first..=spans.last)
        .map(|number| {
            let (from, to) =
                (spans.starts(number).to_string(), spans.starts(number + 1).to_string());
            let changes = [("go", "1"), ("from", &*from), ("to", &*to), ("live", "")];
            LinkedBar {
                bar: Bar { label: spans.label(number), value: value(number) },
                address: asked.address("/search", &changes),
            }
        })
        .collect();
    let drawn: Vec<(Bar, &str)> = bars.iter().map(|bar| (bar.bar.clone(), &*bar.address)).collect();
    Histogram {
        svg: linked_bars(&frame.t("search-histogram"), &drawn),
        hits: counted.iter().map(|(_, n)| n).sum(),
        bars,
    }
}

fn count(row: &[SearchCell]) -> Option<(i64, u64)> {
    match row {
        [SearchCell::Number(number), SearchCell::Number(n)] => {
            Some((number.parse().ok()?, n.parse().ok()?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(from: &str, to: &str) -> String {
        let spans = Spans::between(Instant::parse(from).unwrap(), Instant::parse(to).unwrap());
        let n = spans.last - spans.first + 1;
        format!("{n} × {} s from {}", spans.step_micros / SECOND_MICROS, spans.starts(spans.first))
    }

    #[test]
    fn spans_are_few_and_days_begin_at_midnight_in_japan() {
        assert_eq!(
            spans("2026-11-19T03:20:00Z", "2026-11-20T03:20:00Z"),
            "25 × 3600 s from 2026-11-19 12:00:00"
        );
        assert_eq!(
            spans("2026-10-20T20:00:00Z", "2026-11-20T03:00:00Z"),
            "31 × 86400 s from 2026-10-21 00:00:00"
        );
        assert_eq!(
            spans("2026-11-20T03:00:00Z", "2026-11-20T03:05:00Z"),
            "30 × 10 s from 2026-11-20 12:00:00"
        );
        assert_eq!(
            spans("2026-11-20T03:00:00Z", "2026-11-20T03:00:00Z"),
            "1 × 1 s from 2026-11-20 12:00:00"
        );
    }

    #[test]
    fn the_ends_of_time_are_divided_too() {
        let spans = Spans::between(Instant::from_micros(i64::MIN), Instant::from_micros(i64::MAX));
        assert!(spans.last - spans.first <= BARS_MAX);
    }
}
