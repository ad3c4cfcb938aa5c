//! Search over the logs: one box for a filter or SQL, hits over time, values that narrow it further; the statement is shown.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use sakimori_identity::Action;
use sakimori_words::Trouble;

use self::asked::{Asked, How, PERIODS};
use self::found::{EventLine, Rows, is_filter, lines, rows};
use self::histogram::{Histogram, Spans, draw};
use self::saved::{Saved, saved};
use super::statement::{FILTER_ROWS, Wanted};
use crate::address::with_query;
use crate::failure::{Answer, Failure};
use crate::form::Form;
use crate::frame::{Choice, Frame};
use crate::ports::{SearchLimits, SearchTable, Sight};
use crate::site::Site;
use crate::visit::{Visit, page};

mod asked;
mod csv;
mod event;
mod found;
mod histogram;
mod saved;

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/search", get(show))
        .route("/search/event", get(event::show))
        .route("/search/saved", post(saved::save))
        .route("/search/saved/remove", post(saved::remove))
        .route("/search.csv", get(export_csv))
        .route("/search.parquet", get(export_parquet))
}

const SCREEN_LIMITS: SearchLimits = SearchLimits { rows: 500, seconds: 30 };
const CSV_LIMITS: SearchLimits = SearchLimits { rows: 50_000, seconds: 120 };
const PARQUET_LIMITS: SearchLimits = SearchLimits { rows: 1_000_000, seconds: 300 };

/// Most sources offered in the list: anybody on the network can invent senders over UDP.
const SOURCES_MAX: usize = 200;

#[derive(Template)]
#[template(path = "screens/logs/search/page.html")]
struct SearchPage {
    frame: Frame,
    form: Form,
    periods: Vec<Choice>,
    sources: Vec<Choice>,
    filters: Vec<Example>,
    statements: Vec<Example>,
    saved: Saved,
    sql: String,
    trouble: Option<Trouble>,
    result: Option<Found>,
    live: bool,
    csv: String,
    parquet: String,
    may_export: bool,
    limit: usize,
    /// The same search with patients shown, for those who may ask for it.
    unmask: Option<String>,
}

/// A search worth trying.
struct Example {
    label: String,
    typed: String,
    address: String,
}

/// What was found, by the way in which it was asked.
struct Found {
    n_rows: usize,
    truncated: bool,
    lines: Vec<EventLine>,
    with_patients: bool,
    rows: Option<Rows>,
    histogram: Option<Histogram>,
}

async fn show(visit: Visit) -> Answer {
    let asked = Asked::read(visit.query(), visit.site.clock.now());
    if !asked.form.has("go", "1") || !asked.form.fine() {
        visit.look(Action::SearchLogs, "events", "").await?;
        return search_page(&visit, asked, None).await;
    }
    let purpose = asked.purpose();
    if asked.live {
        visit.pass_to_list(Action::SearchLogs, "events", &purpose).await?;
    } else {
        visit.pass_personal(Action::SearchLogs, "events", "", &purpose).await?;
    }
    let sight = sight(&visit, &asked, &purpose).await?;
    let answer = search(&visit, &asked, sight).await;
    search_page(&visit, asked, Some(answer)).await
}

/// How much of patients the person sees. Seeing them asks for a fresh code and is recorded.
async fn sight(visit: &Visit, asked: &Asked, purpose: &str) -> Result<Sight, Failure> {
    if !asked.patients {
        return Ok(Sight::Masked);
    }
    if asked.live {
        visit.pass_to_list(Action::ViewPatients, "events", purpose).await?;
    } else {
        visit.pass_personal(Action::ViewPatients, "events", "", purpose).await?;
    }
    Ok(Sight::Full)
}

type Counted = Option<(Spans, SearchTable)>;

/// The rows, and beside them how they are spread over time.
async fn search(
    visit: &Visit,
    asked: &Asked,
    sight: Sight,
) -> Result<(SearchTable, Counted), Trouble> {
    let statement = asked.statement();
    let rows = visit.site.search.sql(&statement, sight, SCREEN_LIMITS);
    let (rows, counted) = tokio::join!(rows, counts(visit, asked, sight));
    Ok((rows?, counted))
}

/// No chart is better than no page when counting fails; a page that follows new events counts nothing.
async fn counts(visit: &Visit, asked: &Asked, sight: Sight) -> Counted {
    let How::Filter(wanted) = &asked.how else { return None };
    if asked.live {
        return None;
    }
    let spans = spans(visit, wanted).await?;
    let statement = spans.statement(wanted);
    let table = visit.site.search.sql(&statement, sight, SCREEN_LIMITS).await.ok()?;
    Some((spans, table))
}

async fn spans(visit: &Visit, wanted: &Wanted) -> Option<Spans> {
    let now = visit.site.clock.now();
    let from = match wanted.from {
        Some(from) => from,
        None => visit.site.lake.status().await.ok()?.oldest_at?,
    };
    Some(Spans::between(from, wanted.to.unwrap_or(now)))
}

async fn export_csv(visit: Visit) -> Answer {
    let (statement, sight) = for_file(&visit).await?;
    let table = visit.site.search.sql(&statement, sight, CSV_LIMITS).await?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"sakimori-search.csv\""),
    ];
    Ok((headers, csv::write(&table)).into_response())
}

async fn export_parquet(visit: Visit) -> Answer {
    let (statement, sight) = for_file(&visit).await?;
    let file = visit.site.search.parquet(&statement, sight, PARQUET_LIMITS).await?;
    let headers = [
        (CONTENT_TYPE, "application/vnd.apache.parquet"),
        (CONTENT_DISPOSITION, "attachment; filename=\"sakimori-search.parquet\""),
    ];
    Ok((headers, file.bytes).into_response())
}

/// The statement that fills a file, once the gate was passed.
async fn for_file(visit: &Visit) -> Result<(String, Sight), Failure> {
    let asked = Asked::read(visit.query(), visit.site.clock.now());
    let purpose = asked.purpose();
    visit.pass_personal(Action::ExportData, "events", "", &purpose).await?;
    if let Some(problem) = asked.form.problems().first() {
        return Err(Failure::new(&crate::troubles::UNREADABLE, problem.message(visit.lang())));
    }
    let sight = sight(visit, &asked, &purpose).await?;
    Ok((asked.statement_for_file(), sight))
}

async fn search_page(
    visit: &Visit,
    asked: Asked,
    answer: Option<Result<(SearchTable, Counted), Trouble>>,
) -> Answer {
    let mut frame = visit.frame("search-title").await;
    frame.live = asked.live;
    let (result, trouble) = match answer {
        None => (None, None),
        Some(Ok((table, counted))) => (Some(found(&table, counted, &asked, &frame)), None),
        Some(Err(trouble)) => (None, Some(trouble)),
    };
    let masks = !asked.patients && result.as_ref().is_some_and(|found| found.with_patients);
    let unmask = (masks && visit.may(Action::ViewPatients))
        .then(|| asked.address("/search", &[("go", "1"), ("patients", "yes")]));
    let periods = PERIODS
        .iter()
        .map(|(name, _)| Choice::new(name, frame.t(&format!("period-{name}"))))
        .collect();
    page(&SearchPage {
        periods,
        sources: source_choices(visit, &asked, &frame).await,
        filters: examples(&frame, FILTERS),
        statements: examples(&frame, STATEMENTS),
        saved: saved(visit, &asked).await?,
        sql: asked.statement(),
        csv: asked.address("/search.csv", &[("go", "")]),
        parquet: asked.address("/search.parquet", &[("go", "")]),
        may_export: visit.may(Action::ExportData),
        limit: if is_filter(&asked) { FILTER_ROWS } else { SCREEN_LIMITS.rows },
        live: asked.live,
        form: asked.form,
        frame,
        trouble,
        result,
        unmask,
    })
}

fn found(table: &SearchTable, counted: Counted, asked: &Asked, frame: &Frame) -> Found {
    let lines = if is_filter(asked) { lines(table, asked, frame) } else { Vec::new() };
    Found {
        n_rows: table.rows.len(),
        truncated: table.truncated,
        with_patients: lines.iter().any(|line| line.patient.is_some()),
        rows: (!is_filter(asked)).then(|| rows(table, frame)),
        histogram: counted.map(|(spans, table)| draw(spans, &table, asked, frame)),
        lines,
    }
}

async fn source_choices(visit: &Visit, asked: &Asked, frame: &Frame) -> Vec<Choice> {
    let status = visit.site.lake.status().await.unwrap_or_default();
    let chosen = asked.form.text("source");
    let names = status.sources.into_iter().map(|source| source.name).take(SOURCES_MAX);
    let mut names: Vec<String> = names.collect();
    if !chosen.is_empty() && !names.iter().any(|name| name == chosen) {
        names.push(chosen.to_owned());
    }
    let all = std::iter::once(Choice::new("", frame.t("search-any-source")));
    all.chain(names.into_iter().map(|name| Choice::new(&name, &name))).collect()
}

/// Filters to start from: word and what is typed.
const FILTERS: &[(&str, &str)] = &[
    ("search-try-failures", "class:logon status:failure"),
    ("search-try-host", "host:ek-* -user:svc_*"),
    ("search-try-address", "ip:203.0.113.0/24"),
    ("search-try-windows", "EventID:4625 OR EventID:4740"),
    ("search-try-text", "\"vssadmin delete\""),
    ("search-try-patients", "class:カルテ patient:*"),
    ("search-try-unread", "class:unknown"),
];

/// Statements to start from.
const STATEMENTS: &[(&str, &str)] = &[
    (
        "search-example-failures",
        "SELECT \"user\", src_ip, count(*) AS n\nFROM events\nWHERE class_uid = 3002 AND status = 'failure'\nGROUP BY \"user\", src_ip\nORDER BY n DESC\nLIMIT 50",
    ),
    (
        "search-example-hosts",
        "SELECT host, count(*) AS n, max(time) AS latest\nFROM events\nGROUP BY host\nORDER BY n DESC\nLIMIT 100",
    ),
    (
        "search-example-logons",
        "SELECT time, host, \"user\", src_ip, src['LogonType'] AS logon_type\nFROM events\nWHERE src['EventID'] = '4624'\nORDER BY time DESC\nLIMIT 100",
    ),
];

fn examples(frame: &Frame, all: &[(&str, &str)]) -> Vec<Example> {
    let example = |(word, typed): &(&str, &str)| Example {
        label: frame.t(word),
        typed: (*typed).to_owned(),
        address: with_query("/search", &[("go", "1"), ("q", typed)]),
    };
    all.iter().map(example).collect()
}
