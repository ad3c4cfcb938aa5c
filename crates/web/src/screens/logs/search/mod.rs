//! Search over the logs: a simple form, or SQL for those who can; the statement is always shown.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_words::Trouble;

use super::statement::{FORM_ROWS, Wanted, statement};
use crate::address::with_query;
use crate::failure::Answer;
use crate::form::Form;
use crate::frame::{Choice, Frame};
use crate::ports::{SearchCell, SearchLimits, SearchTable};
use crate::site::Site;
use crate::visit::{Visit, page};

mod csv;

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/search", get(show)).route("/search.csv", get(export))
}

const SCREEN_LIMITS: SearchLimits = SearchLimits { rows: 500, seconds: 30 };
const EXPORT_LIMITS: SearchLimits = SearchLimits { rows: 50_000, seconds: 120 };

/// Characters of a long text shown before it is opened.
const SHORT_CHARS: usize = 160;

#[derive(Template)]
#[template(path = "screens/logs/search/page.html")]
struct SearchPage {
    frame: Frame,
    form: Form,
    periods: Vec<Choice>,
    sources: Vec<Choice>,
    examples: Vec<Example>,
    sql: String,
    by_hand: bool,
    trouble: Option<Trouble>,
    result: Option<ResultView>,
    csv: String,
    may_export: bool,
    limit: usize,
}

/// A statement worth trying.
struct Example {
    label: String,
    address: String,
}

struct ResultView {
    columns: Vec<Column>,
    rows: Vec<Vec<CellView>>,
    truncated: bool,
}

struct Column {
    name: String,
    number: bool,
}

/// One value as the table shows it: short, and in full when it is long.
struct CellView {
    short: String,
    full: Option<String>,
    number: bool,
}

async fn show(visit: Visit) -> Answer {
    let mut form = visit.query();
    let asked = form.has("go", "1");
    let (sql, by_hand) = wanted_sql(&visit, &mut form);
    if !asked || !form.fine() {
        visit.look(Action::SearchLogs, "events", "").await?;
        return search_page(&visit, form, sql, by_hand, None).await;
    }
    visit.pass_personal(Action::SearchLogs, "events", "", &purpose(&sql)).await?;
    let result = visit.site.search.sql(&sql, SCREEN_LIMITS).await;
    search_page(&visit, form, sql, by_hand, Some(result)).await
}

async fn export(visit: Visit) -> Answer {
    let mut form = visit.query();
    let (sql, _) = wanted_sql(&visit, &mut form);
    visit.pass_personal(Action::ExportData, "events", "", &purpose(&sql)).await?;
    let table = visit.site.search.sql(&sql, EXPORT_LIMITS).await?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"sakimori-search.csv\""),
    ];
    Ok((headers, csv::write(&table)).into_response())
}

/// The statement: typed by hand, or built from the form.
fn wanted_sql(visit: &Visit, form: &mut Form) -> (String, bool) {
    if form.text("period").is_empty() {
        form.set("period", "24h");
    }
    let typed = form.limited("sql", 10_000);
    if !typed.is_empty() {
        return (typed, true);
    }
    let (from, to) = period(visit, form);
    let wanted = Wanted {
        from,
        to,
        source: form.limited("source", 200),
        host: form.limited("host", 200),
        user: form.limited("user", 200),
        address: form.limited("address", 64),
        text: form.limited("text", 500),
    };
    (statement(&wanted), false)
}

const PERIODS: [(&str, i64); 5] =
    [("1h", 3_600), ("24h", 86_400), ("7d", 604_800), ("30d", 2_592_000), ("all", 0)];

type Span = (Option<sakimori_words::Instant>, Option<sakimori_words::Instant>);

/// An exact span when one was typed, else the chosen period, else the last 24 hours.
fn period(visit: &Visit, form: &mut Form) -> Span {
    let (from, to) = (form.time("from"), form.time("to"));
    if from.is_some() || to.is_some() || !form.fine() {
        return (from, to);
    }
    let seconds = PERIODS
        .iter()
        .find(|(name, _)| form.has("period", name))
        .map_or(86_400, |(_, seconds)| *seconds);
    let now = visit.site.clock.now();
    ((seconds > 0).then(|| now.plus_seconds(-seconds)), None)
}

async fn search_page(
    visit: &Visit,
    form: Form,
    sql: String,
    by_hand: bool,
    result: Option<Result<SearchTable, Trouble>>,
) -> Answer {
    let frame = visit.frame("search-title").await;
    let (result, trouble) = match result {
        None => (None, None),
        Some(Ok(table)) => (Some(view(&table, &frame)), None),
        Some(Err(trouble)) => (None, Some(trouble)),
    };
    let periods = PERIODS
        .iter()
        .map(|(name, _)| Choice::new(name, frame.t(&format!("period-{name}"))))
        .collect();
    let page_data = SearchPage {
        periods,
        sources: source_choices(visit, &frame).await,
        examples: examples(&frame),
        csv: with_query("/search.csv", &[("sql", &sql)]),
        may_export: visit.may(Action::ExportData),
        limit: if by_hand { SCREEN_LIMITS.rows } else { FORM_ROWS },
        frame,
        form,
        sql,
        by_hand,
        trouble,
        result,
    };
    page(&page_data)
}

async fn source_choices(visit: &Visit, frame: &Frame) -> Vec<Choice> {
    let status = visit.site.lake.status().await.unwrap_or_default();
    let all = std::iter::once(Choice::new("", frame.t("search-any-source")));
    all.chain(status.sources.into_iter().map(|source| Choice::new(&source.name, &source.name)))
        .collect()
}

fn view(table: &SearchTable, frame: &Frame) -> ResultView {
    let number = |n: usize| {
        table
            .rows
            .iter()
            .filter_map(|row| row.get(n))
            .any(|cell| matches!(cell, SearchCell::Number(_)))
    };
    let columns = table
        .columns
        .iter()
        .enumerate()
        .map(|(n, name)| Column { name: name.clone(), number: number(n) })
        .collect();
    let rows = table
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| cell_view(cell, frame)).collect())
        .collect();
    ResultView { columns, rows, truncated: table.truncated }
}

fn cell_view(cell: &SearchCell, frame: &Frame) -> CellView {
    match cell {
        SearchCell::Empty => CellView { short: String::new(), full: None, number: false },
        SearchCell::Number(number) => CellView { short: number.clone(), full: None, number: true },
        SearchCell::Time(at) => CellView { short: frame.second(*at), full: None, number: false },
        SearchCell::Text(text) if text.chars().count() > SHORT_CHARS => {
            let short: String = text.chars().take(SHORT_CHARS).collect();
            CellView { short: format!("{short}…"), full: Some(text.clone()), number: false }
        }
        SearchCell::Text(text) => CellView { short: text.clone(), full: None, number: false },
    }
}

/// What goes into the access record: the statement, cut to a length a person can review.
fn purpose(sql: &str) -> String {
    sql.chars().take(500).collect()
}

fn examples(frame: &Frame) -> Vec<Example> {
    let statements = [
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
        (
            "search-example-unread",
            "SELECT received_at, source, raw\nFROM events\nWHERE class_uid = 0\nORDER BY received_at DESC\nLIMIT 50",
        ),
    ];
    statements
        .iter()
        .map(|(word, sql)| Example {
            label: frame.t(word),
            address: with_query("/search", &[("go", "1"), ("sql", sql)]),
        })
        .collect()
}
