//! Reports that institutions sent to this office: unanswered ones first, each with its clock.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_respond::{ReceivedReport, ReplyKind};
use sakimori_words::{Instant, ReportId};

use super::{PAGE_ROWS, span, stage_word};
use crate::address::with_query;
use crate::failure::Answer;
use crate::frame::Frame;
use crate::site::Site;
use crate::visit::{Visit, page};

/// An unanswered report is shown as late after this many seconds. Our own aim: the notices say 速やかに and no number.
const LATE_SECONDS: i64 = 3_600;

/// The routes of the list.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/reports", get(show))
}

#[derive(Template)]
#[template(path = "screens/respond/received/page.html")]
struct ReceivedPage {
    frame: Frame,
    rows: Vec<Row>,
    waiting: usize,
    more: Option<String>,
}

struct Row {
    id: String,
    number: String,
    from: String,
    subject: String,
    stage: String,
    exercise: bool,
    state: String,
    class: &'static str,
    received_at: Instant,
    clock: String,
    late: bool,
    took: String,
}

async fn show(visit: Visit) -> Answer {
    visit.pass_personal(Action::ViewReports, "received_report", "", "").await?;
    let query = visit.query();
    let before = Some(query.text("before")).filter(|text| !text.is_empty()).map(ReportId::from);
    let mut reports = visit.site.office.reports(before.as_ref(), PAGE_ROWS).await?;
    let last = reports.last().filter(|_| reports.len() == PAGE_ROWS);
    let more = last.map(|report| with_query("/reports", &[("before", report.id.as_str())]));
    // Stable: newest first within both groups.
    reports.sort_by_key(ReceivedReport::is_answered);
    let mut frame = visit.frame("received-title").await;
    frame.live = true;
    page(&ReceivedPage {
        waiting: reports.iter().filter(|report| !report.is_answered()).count(),
        rows: reports.iter().map(|report| row(&frame, report)).collect(),
        more,
        frame,
    })
}

fn row(frame: &Frame, report: &ReceivedReport) -> Row {
    let (word, class) = state_words(report);
    let waiting = report.waiting_seconds(frame.now);
    Row {
        id: report.id.to_string(),
        number: report.number.clone(),
        from: report.report.sender.name.clone(),
        subject: report.report.subject.clone(),
        stage: frame.t(stage_word(report.report.stage)),
        exercise: report.report.exercise,
        state: frame.t(word),
        class,
        received_at: report.received_at,
        clock: span(frame, waiting),
        late: !report.is_answered() && waiting > LATE_SECONDS,
        took: span(frame, report.reporting_seconds()),
    }
}

/// Word and pill class of what the office made of a report.
pub(super) fn state_words(report: &ReceivedReport) -> (&'static str, &'static str) {
    match report.replies.last().map(|reply| reply.kind) {
        Some(ReplyKind::Accepted) => ("received-accepted", "good"),
        Some(ReplyKind::Question) => ("received-asked", "look"),
        Some(ReplyKind::Delivered) | None if report.read_by.is_empty() => {
            ("received-unread", "bad")
        }
        Some(ReplyKind::Delivered) | None => ("received-read", "look"),
    }
}
