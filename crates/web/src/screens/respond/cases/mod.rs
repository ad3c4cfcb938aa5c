//! The incidents of the institution: those somebody still works on first.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_respond::{Case, Obligation, Standing};
use sakimori_words::{CaseId, Instant};

use super::board::shown::phase_class;
use super::{PAGE_ROWS, recipient_word, sentence};
use crate::address::with_query;
use crate::failure::Answer;
use crate::frame::Frame;
use crate::site::Site;
use crate::visit::{Visit, page};

/// The routes of the list.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/cases", get(show))
}

#[derive(Template)]
#[template(path = "screens/respond/cases/page.html")]
struct CasesPage {
    frame: Frame,
    rows: Vec<Row>,
    more: Option<String>,
    may_open: bool,
}

struct Row {
    id: String,
    title: String,
    state: String,
    state_class: &'static str,
    exercise: bool,
    knew_at: Instant,
    next: String,
    pressing: bool,
}

async fn show(visit: Visit) -> Answer {
    visit.pass_to_list(Action::ViewCase, "case", "cases").await?;
    let query = visit.query();
    let before = Some(query.text("before")).filter(|text| !text.is_empty()).map(CaseId::from);
    let mut cases = visit.site.cases.cases(before.as_ref(), PAGE_ROWS).await?;
    let last = cases.last().filter(|_| cases.len() == PAGE_ROWS);
    let more = last.map(|case| with_query("/cases", &[("before", case.id.as_str())]));
    // Stable: newest first within both groups.
    cases.sort_by_key(|case| !case.is_open());
    let mut frame = visit.frame("cases-title").await;
    frame.live = true;
    page(&CasesPage {
        rows: cases.into_iter().map(|case| row(&frame, case)).collect(),
        more,
        may_open: visit.may(Action::OpenCase),
        frame,
    })
}

fn row(frame: &Frame, case: Case) -> Row {
    let (state, state_class) = handling_words(frame, &case);
    let next = next_duty(frame, &case);
    Row {
        id: case.id.to_string(),
        state,
        state_class,
        exercise: case.exercise,
        knew_at: case.knew_at,
        pressing: next.as_ref().is_some_and(|(_, pressing)| *pressing),
        next: next.map(|(words, _)| words).unwrap_or_default(),
        title: if case.title.is_empty() { frame.t("cases-untitled") } else { case.title },
    }
}

/// Words and pill class of how far the handling is.
pub(super) fn handling_words(frame: &Frame, case: &Case) -> (String, &'static str) {
    let phase = case.phase();
    (phase.words().get(frame.lang).to_owned(), phase_class(phase))
}

/// The most pressing open duty in words, and whether its time has passed.
pub(super) fn next_duty(frame: &Frame, case: &Case) -> Option<(String, bool)> {
    let duty = case.obligations_at(frame.now).into_iter().find(|duty| duty.is_open())?;
    let pressing = matches!(duty.standing(frame.now), Standing::Overdue | Standing::Pressing);
    Some((duty_words(frame, duty), pressing))
}

fn duty_words(frame: &Frame, duty: &Obligation) -> String {
    let by = duty.due_at.or(duty.remind_at);
    let left = by.map_or_else(|| duty.limit_words.get(frame.lang).to_owned(), |at| frame.left(at));
    let recipient = frame.t(recipient_word(duty.recipient));
    sentence(
        frame.lang,
        "case-next-duty-words",
        &[("recipient", &recipient), ("duty", &duty.duty.get(frame.lang)), ("left", &left)],
    )
}
