//! One warning that came: reading it marks it as opened, a named person answers, and an office passes it on.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_warn::paper::Original;
use sakimori_warn::{
    Answer as Word, NewAnswer, ReceivedRevision, ReceivedWarning, Signer, WarnError, WarningKey,
};
use sakimori_words::{Instant, OrganisationId};

use super::attachments;
use super::devices::{Checked, DevicesView, check, counts_words};
use super::document::Document;
use super::inbox::state_words;
use super::papers::{copies_of, open_copies, route_words};
use super::succession::{Other, replaced_by, replaces};
use super::{Rights, key_of, key_path, name, names, signer};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::{Choice, Frame};
use crate::site::{Side, Site};
use crate::visit::{Visit, page};
use crate::wording;

/// Longest note, in characters.
const NOTE_CHARS_MAX: usize = 2_000;

/// The answers by the spelling of forms.
pub(in crate::screens) const ANSWERS: [(&str, Word, &str); 3] = [
    ("affected", Word::Affected, "answer-affected"),
    ("not-affected", Word::NotAffected, "answer-not-affected"),
    ("checking", Word::Checking, "answer-checking"),
];

/// The routes of one warning.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/warnings/{origin}/{id}", get(show).post(answer))
        .route("/warnings/{origin}/{id}/attachments/{digest}", get(attachments::of_received))
}

#[derive(Template)]
#[template(path = "screens/warn/warning/page.html")]
struct WarningPage {
    frame: Frame,
    form: Form,
    path: String,
    key_path: String,
    doc: Document,
    state: String,
    state_class: &'static str,
    due_at: Instant,
    waits: bool,
    conflict: bool,
    reminded: Option<Reminded>,
    remarks: Vec<(String, String)>,
    routes: Vec<(String, Instant)>,
    revision: u32,
    answers: Vec<Choice>,
    answer_facts: Vec<(String, String)>,
    answered: bool,
    relayed: Option<String>,
    side: Side,
    word: Option<Word>,
    devices: Option<DevicesView>,
    unsigned: Vec<(String, Instant)>,
    maybe_copies: Vec<(String, String)>,
    replaces: Option<Other>,
    replaced_by: Option<Other>,
    may: Rights,
}

/// The last reminder.
struct Reminded {
    at: Instant,
    /// Whether one of them was for the deputies too.
    deputies: bool,
}

fn reminded(current: &ReceivedRevision) -> Option<Reminded> {
    let at = *current.reminded_at.last()?;
    Some(Reminded { at, deputies: current.deputies_reminded_at.is_some() })
}

impl WarningPage {
    /// What was asked for can be done once the answer is no longer "checking", and only once.
    fn may_finish(&self) -> bool {
        matches!(self.word, Some(Word::Affected | Word::NotAffected))
    }
}

type Address = Path<(String, String)>;

async fn show(visit: Visit, Path((origin, id)): Address) -> Answer {
    visit.pass(Action::ReadWarning, "warning", &id).await?;
    let key = key_of(&origin, &id);
    // Only the look of somebody who can act counts as opened: an auditor's look must not silence the reminder.
    let acts = visit.may(Action::AcknowledgeWarning) || visit.may(Action::RelayWarning);
    let received = if acts {
        visit.site.warnings.open(&key, &signer(&visit)).await?
    } else {
        visit.site.warnings.received_one(&key).await?
    };
    let mut form = Form::new();
    if let Some(current) = received.current() {
        let checked = check(&visit, &current.warning.content).await?;
        // Before the first answer the list proposes one; the person decides.
        let proposed = current.answer.or_else(|| checked.as_ref().and_then(Checked::proposal));
        let known = ANSWERS.iter().find(|(_, word, _)| Some(*word) == proposed);
        form.set("warning-answer", known.map_or("", |(value, _, _)| value));
        form.set("warning-note", &current.note);
    }
    draw(&visit, &received, form).await
}

async fn draw(visit: &Visit, received: &ReceivedWarning, form: Form) -> Answer {
    let current = received.current().ok_or(WarnError::Unknown)?;
    let warning = &current.warning;
    let names = names(visit).await?;
    let frame = visit.frame_titled(warning.content.title.clone()).await;
    let side = visit.site.settings.side;
    let replaced_by = replaced_by(visit, &received.key).await?;
    let waits = received.awaits_answer() && replaced_by.is_none();
    let (state, state_class) = state_words(side, current, replaced_by.is_some());
    let key_path = key_path(&received.key);
    let path = format!("/warnings{key_path}");
    let checked = check(visit, &warning.content).await?;
    page(&WarningPage {
        form,
        doc: Document::of(&frame, &visit.site.content, &warning.content, &path),
        path,
        key_path,
        state: frame.t(state),
        state_class,
        due_at: warning.due_at,
        waits,
        conflict: current.conflict.is_some(),
        reminded: reminded(current).filter(|_| waits),
        remarks: remarks(current, &names),
        routes: routes_taken(&names, &received.key.origin, current),
        revision: warning.revision,
        answers: ANSWERS.iter().map(|(value, _, word)| Choice::new(value, frame.t(word))).collect(),
        answer_facts: answer_facts(&frame, current),
        answered: current.answer.is_some(),
        relayed: relayed(&frame, current),
        side,
        devices: checked.map(|checked| checked.view(&frame)),
        unsigned: unsigned(visit, &frame, &received.key).await?,
        maybe_copies: open_copies(visit, warning).await?,
        replaces: replaces(visit, warning).await,
        replaced_by,
        word: current.answer.filter(|_| current.done.is_none()),
        may: Rights::of(visit, &[Action::AcknowledgeWarning, Action::RelayWarning]),
        frame,
    })
}

/// Copies without a signature that a person confirmed.
async fn unsigned(
    visit: &Visit,
    frame: &Frame,
    key: &WarningKey,
) -> Result<Vec<(String, Instant)>, Failure> {
    let copies = copies_of(visit, &Original::Warning(key.clone())).await?;
    Ok(copies.iter().map(|paper| route_words(frame, paper)).collect())
}

/// The words offices added on the way, each once.
fn remarks(
    revision: &ReceivedRevision,
    names: &BTreeMap<OrganisationId, String>,
) -> Vec<(String, String)> {
    let mut remarks = Vec::new();
    for via in revision.routes.iter().flat_map(|route| &route.vias) {
        let remark = (name(names, &via.by), via.remark.clone());
        if !via.remark.is_empty() && !remarks.contains(&remark) {
            remarks.push(remark);
        }
    }
    remarks
}

/// The ways it came: who signed it, and each office it passed.
fn routes_taken(
    names: &BTreeMap<OrganisationId, String>,
    origin: &OrganisationId,
    revision: &ReceivedRevision,
) -> Vec<(String, Instant)> {
    let way = |route: &sakimori_warn::RouteRecord| {
        let vias = route.vias.iter().map(|via| name(names, &via.by));
        let stops: Vec<String> = std::iter::once(name(names, origin)).chain(vias).collect();
        (stops.join(" → "), route.received_at)
    };
    revision.routes.iter().map(way).collect()
}

fn answer_facts(frame: &Frame, revision: &ReceivedRevision) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let signed = |(who, at): &(Signer, Instant)| {
        wording::say_with(
            frame.lang,
            "signed-by",
            &[("name", &who.name), ("at", &frame.minute(*at))],
        )
    };
    if let Some(word) = revision.answer {
        let word = ANSWERS.iter().find(|(_, own, _)| *own == word);
        let word = word.map(|(_, _, word)| frame.t(word)).unwrap_or_default();
        rows.push((frame.t("field-warning-answer"), word));
    }
    if revision.devices.is_some() {
        rows.push((frame.t("match-title"), counts_words(frame, revision.devices)));
    }
    if !revision.note.is_empty() {
        rows.push((frame.t("field-warning-note"), revision.note.clone()));
    }
    let people = [
        ("signed-opened", &revision.opened),
        ("signed-answered", &revision.answered),
        ("signed-done", &revision.done),
    ];
    for (word, person) in people {
        if let Some(person) = person {
            rows.push((frame.t(word), signed(person)));
        }
    }
    rows
}

fn relayed(frame: &Frame, revision: &ReceivedRevision) -> Option<String> {
    let relay = revision.relay.as_ref()?;
    Some(wording::say_with(
        frame.lang,
        "relay-done",
        &[
            ("at", &frame.minute(relay.at)),
            ("by", &relay.by.name),
            ("count", &frame.count(relay.n_to)),
        ],
    ))
}

async fn answer(visit: Visit, Path((origin, id)): Address, mut form: Form) -> Answer {
    visit.pass(Action::AcknowledgeWarning, "warning", &id).await?;
    let key = key_of(&origin, &id);
    let by = signer(&visit);
    if form.text("do") == "done" {
        let note = form.limited("done-note", NOTE_CHARS_MAX);
        if form.fine() {
            visit.site.warnings.finish(&key, &by, &note).await?;
            return visit.done("/warnings", &Flash::new("flash-warning-done"));
        }
    } else {
        let word = form.choice("warning-answer", &ANSWERS.map(|(value, word, _)| (value, word)));
        let note = form.limited("warning-note", NOTE_CHARS_MAX);
        if let Some(word) = word.filter(|_| form.fine()) {
            let warning = visit.site.warnings.warning(&key).await?;
            let checked = check(&visit, &warning.content).await?;
            let devices = checked.as_ref().and_then(Checked::counts);
            let given = NewAnswer { answer: word, note, devices };
            visit.site.warnings.acknowledge_with(&key, &by, &given).await?;
            let path = format!("/warnings{}", key_path(&key));
            return visit.done(&path, &Flash::new("flash-warning-answered"));
        }
    }
    let received = visit.site.warnings.received_one(&key).await?;
    draw(&visit, &received, form).await
}
