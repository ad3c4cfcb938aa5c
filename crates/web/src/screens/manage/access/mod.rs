//! Access records (アクセス記録) of one day, for the regular review that the 2016 notice asks for.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_identity::{AccessRecord, Action, access_stream};
use sakimori_ledger::Entry;
use sakimori_words::{Date, Instant, jst_date};

use crate::failure::Answer;
use crate::form::Form;
use crate::frame::Frame;
use crate::site::Site;
use crate::visit::{Visit, page};

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/access", get(show))
}

/// Records shown on one page.
const ROWS: usize = 200;

#[derive(Template)]
#[template(path = "screens/manage/access/page.html")]
struct AccessPage {
    frame: Frame,
    form: Form,
    day: Date,
    rows: Vec<AccessRow>,
    /// Sequence number after which the next page begins.
    more: Option<u64>,
}

struct AccessRow {
    at: Instant,
    record: AccessRecord,
    action: String,
}

async fn show(visit: Visit) -> Answer {
    visit.pass(Action::ReviewAccess, "access_records", "").await?;
    let mut form = visit.query();
    let day = form.date("day").unwrap_or_else(|| jst_date(visit.site.clock.now()));
    form.set("day", day);
    let after = form.text("after").parse().unwrap_or(0);
    let stream = access_stream(Instant::from_jst(day.at(12, 0, 0, 0)));
    let entries = visit.site.store.stream_entries(&stream, after, ROWS).await?;
    let more = (entries.len() == ROWS).then(|| entries.last().map(|entry| entry.seq)).flatten();
    let only_denied = form.has("only", "denied");
    let person = form.text("person").to_owned();
    let frame = visit.frame("access-title").await;
    let rows = entries
        .iter()
        .filter_map(|entry| row(entry, &frame))
        .filter(|row| !only_denied || !row.record.allowed)
        .filter(|row| person.is_empty() || row.record.name.contains(&person))
        .collect();
    page(&AccessPage { frame, form, day, rows, more })
}

fn row(entry: &Entry, frame: &Frame) -> Option<AccessRow> {
    let record: AccessRecord = serde_json::from_value(entry.body.clone()).ok()?;
    let action = frame.t(&format!("action-{}", record.action.replace('_', "-")));
    Some(AccessRow { at: entry.at, record, action })
}
