//! Whether every source still speaks, how much of it is understood, day by day, what behaviour has learnt, and how long the
//! logs are kept.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_watch::{DayCount, SourceBookSnapshot, SourceState};
use sakimori_words::{Instant, jst_date, jst_datetime};

use self::behaviour::{Behaviour, behaviour};
use self::coverage::{Answer as YearAnswer, Calendar, Year, calendar, year};
use super::statement::{hourly, not_understood};
use crate::address::with_query;
use crate::chart::{Bar, bars};
use crate::failure::Answer;
use crate::frame::{Frame, Lamp};
use crate::ports::{LogProof, LogStatus, Losses, SearchCell, SearchLimits, SearchTable, Sight};
use crate::site::Site;
use crate::visit::{Visit, page};

mod behaviour;
mod coverage;

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/sources", get(list)).route("/sources/one", get(one))
}

const LIMITS: SearchLimits = SearchLimits { rows: 100, seconds: 10 };
const HOUR_MICROS: i64 = 3_600_000_000;
const HOURS: i64 = 24;

/// One source as lists and lamps show it.
pub(crate) struct SourceLine {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) events: u64,
    pub(crate) last_at: Option<Instant>,
    pub(crate) lamp: Lamp,
    /// Nothing has come for longer than its rhythm explains.
    pub(crate) silent: bool,
    /// Its clock is off by more than a healthy network allows.
    pub(crate) clock_is_off: bool,
    /// How far its clock is off; `None` when it has none or is not known well enough.
    pub(crate) skew: Option<String>,
    /// Records nobody understood, and their share in percent.
    pub(crate) not_understood: u64,
    pub(crate) not_understood_percent: u64,
    /// How many a day it usually sends; `None` before a rhythm is known.
    pub(crate) usual_gap: Option<String>,
    /// Since when it was heard, and for how many days that is.
    pub(crate) since: Option<(String, u64)>,
    /// The search for what was not understood.
    pub(crate) unread: String,
}

#[derive(Template)]
#[template(path = "screens/logs/sources/page.html")]
struct SourcesPage {
    frame: Frame,
    status: LogStatus,
    proof: LogProof,
    sources: Vec<SourceLine>,
    chart: String,
    hours: Vec<Bar>,
    losses: Losses,
    calendar: Calendar,
    year: Year,
    behaviour: Behaviour,
    may_connect: bool,
    may_search: bool,
}

#[derive(Template)]
#[template(path = "screens/logs/sources/one.html")]
struct SourcePage {
    frame: Frame,
    source: SourceLine,
    /// Log lines; `None` for those who may not read logs.
    samples: Option<Vec<Sample>>,
    search: String,
}

struct Sample {
    at: Option<Instant>,
    raw: String,
}

async fn list(visit: Visit) -> Answer {
    visit.pass(Action::ViewSystem, "sources", "").await?;
    let status = visit.site.lake.status().await?;
    let mut frame = visit.frame("sources-title").await;
    frame.live = true;
    let hours = events_by_hour(&visit).await;
    let book = visit.site.control.source_book();
    page(&SourcesPage {
        sources: lines_of(&status, &book, &frame),
        calendar: calendar(&book, &visit.query(), &frame),
        year: year(&status, &book, visit.site.lake.free_bytes(), frame.now),
        behaviour: behaviour(visit.site.control.behaviour(), &frame),
        proof: visit.site.lake.proof().await,
        chart: bars(&frame.t("sources-chart"), &hours),
        hours,
        losses: visit.site.control.losses(),
        may_connect: visit.may(Action::ManageSources),
        may_search: visit.may(Action::SearchLogs),
        status,
        frame,
    })
}

async fn one(visit: Visit) -> Answer {
    let name = visit.query().text("name").to_owned();
    visit.pass_personal(Action::ViewSystem, "source", &name, "").await?;
    let status = visit.site.lake.status().await?;
    let frame = visit.frame_titled(name.clone()).await;
    let lines = lines_of(&status, &visit.site.control.source_book(), &frame);
    let Some(source) = lines.into_iter().find(|line| line.name == name) else {
        return Err(crate::Failure::new(&crate::troubles::NOT_FOUND, ""));
    };
    let since = visit.site.clock.now().plus_days(-30);
    // Samples are log lines: only those who may read logs see them.
    let samples = if visit.may(Action::SearchLogs) {
        let table =
            visit.site.search.sql(&not_understood(&name, since), Sight::Masked, LIMITS).await;
        Some(table.map(|table| samples(&table)).unwrap_or_default())
    } else {
        None
    };
    let search = with_query("/search", &[("go", "1"), ("source", &name)]);
    page(&SourcePage { frame, source, samples, search })
}

/// Every source that was ever heard, those to look at first.
pub(crate) fn lines_of(
    status: &LogStatus,
    book: &SourceBookSnapshot,
    frame: &Frame,
) -> Vec<SourceLine> {
    // Anybody on the network can invent senders over UDP: thousands of them must not slow this page down.
    let states: HashMap<&str, &SourceState> =
        book.sources.iter().map(|state| (state.source.as_str(), state)).collect();
    let kept: HashSet<&str> = status.sources.iter().map(|source| source.name.as_str()).collect();
    let state = |name: &str| states.get(name).copied();
    let mut lines: Vec<_> = status
        .sources
        .iter()
        .map(|source| {
            line(&source.name, source.events, source.last_event_at, state(&source.name), frame)
        })
        .collect();
    let unknown = book.sources.iter().filter(|state| !kept.contains(state.source.as_str()));
    lines.extend(
        unknown.map(|state| {
            line(&state.source, state.events, Some(state.last_at), Some(state), frame)
        }),
    );
    lines.sort_by_key(|line| (line.lamp == Lamp::Good, line.name.clone()));
    lines
}

fn line(
    name: &str,
    events: u64,
    last_at: Option<Instant>,
    state: Option<&SourceState>,
    frame: &Frame,
) -> SourceLine {
    let not_understood = state.map_or(0, |state| state.not_understood);
    let seen = state.map_or(0, |state| state.events).max(1);
    let silent = state.is_some_and(|state| state.silent(frame.now));
    let clock_is_off = state.is_some_and(SourceState::clock_is_off);
    SourceLine {
        name: name.to_owned(),
        address: with_query("/sources/one", &[("name", name)]),
        events,
        last_at: state.map(|state| state.last_at).max(last_at),
        lamp: if silent || clock_is_off { Lamp::Look } else { Lamp::Good },
        silent,
        clock_is_off,
        skew: state.and_then(|state| state.skew.seconds()).map(|by| skew_words(by, frame)),
        not_understood,
        not_understood_percent: not_understood.saturating_mul(100) / seen,
        usual_gap: state
            .and_then(|state| state.usual_gap_seconds)
            .map(|seconds| gap_words(seconds, frame)),
        since: state.map(|state| since(state.first_at, frame.now)),
        unread: with_query(
            "/search",
            &[("go", "1"), ("q", "class:unknown"), ("source", name), ("period", "30d")],
        ),
    }
}

/// Its first day, and how many whole days have passed since.
fn since(first: Instant, now: Instant) -> (String, u64) {
    let days = DayCount::day_of(now) - DayCount::day_of(first);
    (jst_date(first).to_string(), u64::try_from(days).unwrap_or(0))
}

fn gap_words(seconds: f64, frame: &Frame) -> String {
    let whole = |value: f64| format!("{value:.0}");
    match seconds {
        ..60.0 => frame.with("every-seconds", "count", whole(seconds.max(1.0))),
        60.0..3_600.0 => frame.with("every-minutes", "count", whole(seconds / 60.0)),
        _ => frame.with("every-hours", "count", whole(seconds / 3_600.0)),
    }
}

/// How far a clock is off, in the largest whole unit that says enough.
fn skew_words(seconds: i64, frame: &Frame) -> String {
    let off = seconds.unsigned_abs();
    let (unit, count) = match off {
        ..60 => return frame.t("clock-right"),
        60..7_200 => ("minutes", off / 60),
        7_200..172_800 => ("hours", off / 3_600),
        _ => ("days", off / 86_400),
    };
    let way = if seconds > 0 { "ahead" } else { "behind" };
    frame.with(&format!("clock-{way}-{unit}"), "count", count)
}

/// Events of the last 24 hours, one bar an hour; empty hours too. No chart is better than no page when the search fails.
async fn events_by_hour(visit: &Visit) -> Vec<Bar> {
    let now = visit.site.clock.now();
    let last = now.as_micros().div_euclid(HOUR_MICROS);
    let first = last - HOURS + 1;
    let since = Instant::from_micros(first * HOUR_MICROS);
    let table =
        visit.site.search.sql(&hourly(since), Sight::Masked, LIMITS).await.unwrap_or_default();
    let count = |hour: i64| {
        let row = table.rows.iter().find(|row| number(row.first()) == Some(hour));
        row.and_then(|row| number(row.get(1))).and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
    };
    (first..=last)
        .map(|hour| {
            let starts = jst_datetime(Instant::from_micros(hour * HOUR_MICROS));
            Bar { label: starts.strftime("%H:00").to_string(), value: count(hour) }
        })
        .collect()
}

fn number(cell: Option<&SearchCell>) -> Option<i64> {
    match cell? {
        SearchCell::Number(text) => text.parse().ok(),
        SearchCell::Empty | SearchCell::Time(_) | SearchCell::Text(_) | SearchCell::Fields(_) => {
            None
        }
    }
}

fn samples(table: &SearchTable) -> Vec<Sample> {
    let sample = |row: &Vec<SearchCell>| Sample {
        at: row.first().and_then(|cell| match cell {
            SearchCell::Time(at) => Some(*at),
            SearchCell::Empty
            | SearchCell::Number(_)
            | SearchCell::Text(_)
            | SearchCell::Fields(_) => None,
        }),
        raw: row.get(1).map(SearchCell::text).unwrap_or_default(),
    };
    table.rows.iter().map(sample).collect()
}
