//! What this office sends down: drafts, its own warnings and those it passed on, with how many have not answered.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_warn::{Draft, DraftState, IssuedWarning, Warning};
use sakimori_words::{Instant, WarningId};

use super::{PAGE_ROWS, Rights, class_words, key_path};
use crate::Failure;
use crate::address::with_query;
use crate::failure::Answer;
use crate::frame::Frame;
use crate::screens::mailing::part;
use crate::site::Site;
use crate::visit::{Visit, page};

/// The routes of the list.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/outbox", get(show))
}

#[derive(Template)]
#[template(path = "screens/warn/outbox/page.html")]
struct OutboxPage {
    frame: Frame,
    drafts: Vec<DraftRow>,
    released: Vec<ReleasedRow>,
    more: Option<String>,
    may: Rights,
}

struct DraftRow {
    id: String,
    title: String,
    urgency: String,
    urgency_class: &'static str,
    state: String,
    class: &'static str,
    words: String,
    exercise: bool,
}

struct ReleasedRow {
    key_path: String,
    title: String,
    number: String,
    urgency: String,
    urgency_class: &'static str,
    released_at: Instant,
    due_at: Instant,
    exercise: bool,
    relayed: bool,
    withdrawn: bool,
    silent: usize,
    answered: usize,
    expected: usize,
    /// The letters by mail in one line; empty when there are none.
    mail: String,
}

async fn show(visit: Visit) -> Answer {
    visit.pass(Action::ViewCoverage, "warning", "").await?;
    let query = visit.query();
    let before = Some(query.text("before")).filter(|text| !text.is_empty()).map(WarningId::from);
    let issued = visit.site.warnings.issued(before.as_ref(), PAGE_ROWS).await?;
    let last = issued.last().filter(|_| issued.len() == PAGE_ROWS);
    let more = last.map(|last| with_query("/outbox", &[("before", last.key.id.as_str())]));
    let mut frame = visit.frame("outbox-title").await;
    frame.live = true;
    let mut released = Vec::new();
    for warning in issued.iter().filter_map(IssuedWarning::current) {
        released.push(released_row(&visit, &frame, warning, false).await?);
    }
    if before.is_none() {
        for warning in relayed(&visit).await? {
            released.push(released_row(&visit, &frame, &warning, true).await?);
        }
    }
    released.sort_by_key(|row| std::cmp::Reverse(row.released_at));
    page(&OutboxPage {
        drafts: issued.iter().filter_map(|one| draft_row(&frame, one)).collect(),
        released,
        more,
        may: Rights::of(&visit, &[Action::WriteWarning]),
        frame,
    })
}

/// Warnings of others that this office passed on.
async fn relayed(visit: &Visit) -> Result<Vec<Warning>, Failure> {
    let received = visit.site.warnings.received(None, PAGE_ROWS).await?;
    let current = received.iter().filter_map(|one| one.current());
    Ok(current.filter(|one| one.relay.is_some()).map(|one| one.warning.clone()).collect())
}

async fn released_row(
    visit: &Visit,
    frame: &Frame,
    warning: &Warning,
    relayed: bool,
) -> Result<ReleasedRow, Failure> {
    let counts = visit.site.warnings.coverage(&warning.key).await?.counts;
    let content = &warning.content;
    let (word, urgency_class) = class_words(content.class);
    Ok(ReleasedRow {
        key_path: key_path(&warning.key),
        title: content.title.clone(),
        number: content.number.clone(),
        urgency: frame.t(word),
        urgency_class,
        released_at: warning.released_at,
        due_at: warning.due_at,
        exercise: content.exercise,
        relayed,
        withdrawn: content.withdrawn.is_some(),
        silent: counts.silent,
        answered: counts.acknowledged,
        expected: counts.expected,
        mail: part::in_short(&visit.site, frame, warning).await?,
    })
}

fn draft_row(frame: &Frame, issued: &IssuedWarning) -> Option<DraftRow> {
    let draft = issued.draft.as_ref()?;
    let (word, urgency_class) = class_words(draft.content.class);
    let (state, class) = draft_words(&draft.state);
    let title = &draft.content.title;
    Some(DraftRow {
        id: issued.key.id.to_string(),
        title: if title.is_empty() { frame.t("draft-untitled") } else { title.clone() },
        urgency: frame.t(word),
        urgency_class,
        state: frame.t(state),
        class,
        words: authors(frame, draft),
        exercise: draft.content.exercise,
    })
}

const fn draft_words(state: &DraftState) -> (&'static str, &'static str) {
    match state {
        DraftState::Writing { returned: Some(_) } => ("draft-was-returned", "bad"),
        DraftState::Writing { returned: None } => ("draft-writing", ""),
        DraftState::AwaitingRelease { .. } => ("draft-awaits", "look"),
    }
}

/// Who wrote a draft.
pub(super) fn authors(frame: &Frame, draft: &Draft) -> String {
    let names: Vec<&str> = draft.authors.iter().map(|one| one.name.as_str()).collect();
    frame.with("draft-authors", "names", names.join("・"))
}
