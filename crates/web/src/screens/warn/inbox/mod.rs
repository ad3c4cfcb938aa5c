//! Warnings that came: unread first, then those that still want an answer, by their deadline.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_warn::{ReceivedRevision, ReceivedWarning, Stage};
use sakimori_words::Instant;

use super::papers::PaperRow;
use super::{PAGE_ROWS, class_words, key_of, key_path, papers};
use crate::address::with_query;
use crate::failure::Answer;
use crate::frame::Frame;
use crate::site::{Side, Site};
use crate::visit::{Visit, page};

/// The routes of the list.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/warnings", get(show))
}

#[derive(Template)]
#[template(path = "screens/warn/inbox/page.html")]
struct InboxPage {
    frame: Frame,
    rows: Vec<Row>,
    more: Option<String>,
    papers: Vec<PaperRow>,
    may_enter: bool,
}

struct Row {
    path: String,
    title: String,
    number: String,
    issuer: String,
    urgency: String,
    class: &'static str,
    state: String,
    state_class: &'static str,
    released_at: Instant,
    due_at: Instant,
    waits: bool,
    exercise: bool,
    routes: usize,
}

async fn show(visit: Visit) -> Answer {
    visit.pass(Action::ReadWarning, "warning", "").await?;
    let query = visit.query();
    let before = query.text("before").split_once('/').map(|(origin, id)| key_of(origin, id));
    let mut received = visit.site.warnings.received(before.as_ref(), PAGE_ROWS).await?;
    let last = received.last().filter(|_| received.len() == PAGE_ROWS);
    let more = last.map(|last| {
        with_query("/warnings", &[("before", key_path(&last.key).trim_start_matches('/'))])
    });
    let mut replaced = BTreeSet::new();
    for one in received.iter().filter(|one| one.awaits_answer()) {
        if visit.site.warnings.replaced_by(&one.key).await?.is_some() {
            replaced.insert(one.key.clone());
        }
    }
    received.sort_by_key(|one| rank(one, replaced.contains(&one.key)));
    let mut frame = visit.frame("inbox-title").await;
    frame.live = true;
    let side = visit.site.settings.side;
    page(&InboxPage {
        rows: received
            .iter()
            .filter_map(|one| row(&frame, side, one, replaced.contains(&one.key)))
            .collect(),
        more,
        papers: papers::rows(&visit, &frame).await?,
        may_enter: visit.may(Action::AcknowledgeWarning),
        frame,
    })
}

/// Unread first, then those awaiting an answer by their deadline, then the newest.
fn rank(received: &ReceivedWarning, replaced: bool) -> (bool, bool, i64) {
    let Some(current) = received.current() else { return (true, true, 0) };
    let waits = received.awaits_answer() && !replaced;
    let order = if waits {
        current.warning.due_at.as_micros()
    } else {
        current.warning.released_at.as_micros().saturating_neg()
    };
    (!received.is_unread() || replaced, !waits, order)
}

fn row(frame: &Frame, side: Side, received: &ReceivedWarning, replaced: bool) -> Option<Row> {
    let current = received.current()?;
    let content = &current.warning.content;
    let (word, class) = class_words(content.class);
    let (state, state_class) = state_words(side, current, replaced);
    Some(Row {
        path: format!("/warnings{}", key_path(&received.key)),
        title: content.title.clone(),
        number: content.number.clone(),
        issuer: content.issuer.clone(),
        urgency: frame.t(word),
        class,
        state: frame.t(state),
        state_class,
        released_at: current.warning.released_at,
        due_at: current.warning.due_at,
        waits: received.awaits_answer() && !replaced,
        exercise: content.exercise,
        routes: current.routes.len(),
    })
}

/// Word and pill class of how far we have come with a warning.
pub(super) fn state_words(
    side: Side,
    revision: &ReceivedRevision,
    replaced: bool,
) -> (&'static str, &'static str) {
    if revision.warning.content.withdrawn.is_some() {
        return ("inbox-withdrawn", "");
    }
    if replaced && revision.stage < Stage::Acknowledged {
        return ("inbox-replaced", "");
    }
    match (revision.stage, side) {
        (Stage::Unreached | Stage::Delivered, _) => ("inbox-unread", "bad"),
        (Stage::Opened, Side::Node) => ("inbox-unanswered", "look"),
        (Stage::Opened, Side::Hub) => ("inbox-not-relayed", "look"),
        (Stage::Acknowledged, Side::Node) => ("inbox-answered", ""),
        (Stage::Acknowledged | Stage::Done, Side::Hub) => ("inbox-relayed", "good"),
        (Stage::Done, Side::Node) => ("inbox-done", "good"),
    }
}
