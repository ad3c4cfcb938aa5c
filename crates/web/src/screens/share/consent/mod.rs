//! At the institution: what an office would share about us, exactly, and our answer by a named person.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_share::{AskedConsent, ConsentAnswer};
use sakimori_words::Instant;

use super::{
    ANSWERS, Document, ROWS_MAX, TEXT_CHARS_MAX, answer_choices, answer_word, check_shown,
    consent_address, signer,
};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::site::Site;
use crate::visit::{Visit, page};

/// The routes of the questions.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/sharing-consent", get(list))
        .route("/sharing-consent/{office}/{request}", get(show).post(answer))
}

#[derive(Template)]
#[template(path = "screens/share/consent/page.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    path: String,
    title: String,
    office: String,
    at: Instant,
    state: String,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "screens/share/consent/one.html")]
struct OnePage {
    frame: Frame,
    form: Form,
    path: String,
    office: String,
    at: Instant,
    n_candidates: u64,
    /// Digest of what is asked about: the answer is to this.
    shown: String,
    doc: Document,
    answered: Option<(String, String, String)>,
    answers: Vec<Choice>,
}

async fn list(visit: Visit) -> Answer {
    visit.pass(Action::AnswerShareConsent, "share_consent", "").await?;
    let asked = visit.site.shares.asked(ROWS_MAX).await?;
    let frame = visit.frame("consent-title").await;
    page(&ListPage { rows: asked.iter().map(|one| row(&frame, one)).collect(), frame })
}

fn row(frame: &Frame, asked: &AskedConsent) -> Row {
    let (state, class) = match &asked.answered {
        Some(answered) => (answer_word(answered.answer), "good"),
        None => ("consent-open", "bad"),
    };
    Row {
        path: consent_address(asked),
        title: asked.content.title.clone(),
        office: asked.office.clone(),
        at: asked.asked_at,
        state: frame.t(state),
        class,
    }
}

async fn show(visit: Visit, Path((office, request)): Path<(String, String)>) -> Answer {
    visit.pass(Action::AnswerShareConsent, "share_consent", &request).await?;
    let asked = visit.site.shares.asked_one(&office, &request).await?;
    draw(&visit, &asked, Form::new()).await
}

async fn draw(visit: &Visit, asked: &AskedConsent, form: Form) -> Answer {
    let frame = visit.frame("consent-one-title").await;
    let answered = asked
        .answered
        .as_ref()
        .map(|one| (frame.t(answer_word(one.answer)), one.by.name.clone(), one.note.clone()));
    page(&OnePage {
        path: consent_address(asked),
        office: asked.office.clone(),
        at: asked.asked_at,
        n_candidates: asked.n_candidates,
        shown: asked.digest().to_string(),
        doc: Document::of(&frame, visit, &asked.content),
        answered,
        answers: answer_choices(&frame),
        form,
        frame,
    })
}

async fn answer(
    visit: Visit,
    Path((office, request)): Path<(String, String)>,
    mut form: Form,
) -> Answer {
    visit.pass(Action::AnswerShareConsent, "share_consent", &request).await?;
    let answer = form.choice("share-answer", &ANSWERS);
    let note = form.limited("share-answer-note", TEXT_CHARS_MAX);
    if answer == Some(ConsentAnswer::WithChanges) && note.is_empty() {
        form.wrong("share-answer-note", Problem::new("problem-required"));
    }
    let asked = visit.site.shares.asked_one(&office, &request).await?;
    // The office may have asked about another text, or somebody else answered, while this page was open.
    if asked.answered.is_some() {
        form.wrong("", Problem::new("problem-consent-answered"));
    } else {
        check_shown(&mut form, &asked.digest());
    }
    let (Some(answer), true) = (answer, form.fine()) else {
        return draw(&visit, &asked, form).await;
    };
    let by = signer(&visit);
    let asked = visit.site.shares.answer((&office, &request), answer, &note, &by).await?;
    visit.done(&consent_address(&asked), &Flash::new("flash-consent-answered"))
}
