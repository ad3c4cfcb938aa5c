//! One exception: what it covers, who answers for it, its history; to be renewed or withdrawn.

use askama::Template;
use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_watch::{
    EXCEPTION_DAYS, EXCEPTION_DAYS_MAX, EXCEPTION_REASON_CHARS_MAX, ExceptionsError, Listed,
    Standing, Term, Turn,
};
use sakimori_words::{ExceptionId, Instant};

use super::shown::{self, People, Row};
use crate::address::with_query;
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::visit::{Visit, page};

#[derive(Template)]
#[template(path = "screens/respond/exceptions/one.html")]
struct ExceptionPage {
    frame: Frame,
    form: Form,
    row: Row,
    revision: u32,
    facts: Vec<(String, String)>,
    finding: String,
    held_back: String,
    times: u64,
    turns: Vec<TurnRow>,
    owners: Vec<Choice>,
    may_change: bool,
}

struct TurnRow {
    at: Instant,
    what: String,
    by: String,
    reason: String,
    until: String,
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    draw(&visit, &ExceptionId::from(id), Form::new()).await
}

pub(super) async fn renew(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::HandleFinding, "exception", &id).await?;
    let id = ExceptionId::from(id);
    let people = shown::people(&visit.site).await?;
    let reason = form.required("exception-reason", EXCEPTION_REASON_CHARS_MAX);
    let owner = shown::owner(&mut form, &people);
    let until = shown::until(&mut form);
    if let Some(expires_at) = until.filter(|_| form.fine()) {
        let term = Term { reason, owner, expires_at };
        let by = &visit.principal.person;
        let exceptions = visit.site.findings.exceptions();
        match exceptions.renew(&id, revision(&form), term, by).await {
            Ok(_) => return visit.done(&address(&id), &Flash::new("flash-exception-renewed")),
            Err(ExceptionsError::Expiry { limit, .. }) => {
                form.wrong("exception-until", Problem::new("problem-until").with("limit", limit));
            }
            Err(other) => return Err(other.into()),
        }
    }
    draw(&visit, &id, form).await
}

pub(super) async fn withdraw(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::HandleFinding, "exception", &id).await?;
    let id = ExceptionId::from(id);
    let reason = form.required("exception-withdraw-reason", EXCEPTION_REASON_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, &id, form).await;
    }
    let by = &visit.principal.person;
    visit.site.findings.exceptions().withdraw(&id, revision(&form), &reason, by).await?;
    visit.done(&address(&id), &Flash::new("flash-exception-withdrawn"))
}

/// Where an exception is shown.
pub(super) fn address(id: &ExceptionId) -> String {
    format!("/exceptions/{id}")
}

/// A form without a revision is from nobody's page; it can only fail.
fn revision(form: &Form) -> u32 {
    form.text("revision").parse().unwrap_or(u32::MAX)
}

async fn draw(visit: &Visit, id: &ExceptionId, mut form: Form) -> Answer {
    visit.pass_personal(Action::ViewFindings, "exception", id.as_str(), "").await?;
    let exceptions = visit.site.findings.exceptions();
    let listed = exceptions.get(id).await?;
    let people = shown::people(&visit.site).await?;
    let frame = visit.frame_titled(listed.exception.title.get(visit.lang()).to_owned()).await;
    let withdrawn = listed.exception.standing(frame.now) == Standing::Withdrawn;
    prefill(&mut form, &frame, &listed);
    let turns = exceptions.turns(id).await?;
    page(&ExceptionPage {
        row: Row::of(&frame, &people, &listed),
        revision: listed.exception.revision,
        facts: facts(&frame, &people, &listed),
        finding: listed.exception.finding.to_string(),
        held_back: with_query("/findings", &[("state", "held"), ("exception", id.as_str())]),
        times: listed.held.times,
        turns: turns.into_iter().map(|turn| turn_row(&frame, &people, turn)).collect(),
        owners: shown::owners(&people),
        may_change: !withdrawn && visit.may(Action::HandleFinding),
        form,
        frame,
    })
}

fn prefill(form: &mut Form, frame: &Frame, listed: &Listed) {
    if form.text("exception-until").is_empty() && form.fine() {
        let days = EXCEPTION_DAYS.min(EXCEPTION_DAYS_MAX);
        form.set("exception-until", shown::day_in(frame.now, days));
        form.set("exception-owner", &listed.exception.term.owner);
    }
}

fn facts(frame: &Frame, people: &People, listed: &Listed) -> Vec<(String, String)> {
    let exception = &listed.exception;
    let mut facts = shown::scope_values(frame, exception);
    let made = shown::name_of(people, &exception.made_by);
    facts.push((frame.t("exception-reason"), exception.term.reason.clone()));
    facts.push((
        frame.t("exception-made"),
        frame.with2("exception-made-by", "at", frame.minute(exception.made_at), "by", made),
    ));
    facts
}

fn turn_row(frame: &Frame, people: &People, turn: Turn) -> TurnRow {
    let word = match turn.kind.as_str() {
        "exception_renewed" => "exception-turn-renewed",
        "exception_withdrawn" => "exception-turn-withdrawn",
        _ => "exception-turn-made",
    };
    let until = turn.expires_at.map(|at| frame.with("exception-until", "at", frame.minute(at)));
    TurnRow {
        at: turn.at,
        what: frame.t(word),
        by: shown::name_of(people, &turn.by),
        reason: turn.reason,
        until: until.unwrap_or_default(),
    }
}
