//! What people do in the room. Every act passes the gate first; a refused form comes back with everything still filled in.

use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_respond::{
    Call, CallOutcome, EntryKind, HandIn, IsolationChoice, Noting, RespondError, StepState,
    Threshold, Weighed,
};
use sakimori_words::{CaseId, jst_date};

use super::super::readiness::sheet::sheet_of;
use super::super::{actor, past_time};
use super::draw;
use super::room::ISOLATION;
use super::shown::{LEAK_KNOWN_AT, NOTE_KINDS, QUESTIONS, TRI, prefill_judgement};
use super::timeline::{PRECISIONS, VERDICTS};
use crate::Failure;
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::profile;
use crate::visit::Visit;

/// Longest line of the timeline or text of a decision, in characters.
const TEXT_CHARS_MAX: usize = 2_000;
/// Longest name, number or reason, in characters.
const LINE_CHARS_MAX: usize = 300;

const OUTCOMES: [(&str, CallOutcome); 3] = [
    ("answered", CallOutcome::Answered),
    ("no-answer", CallOutcome::NoAnswer),
    ("left-message", CallOutcome::LeftMessage),
];

pub(super) async fn call(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::RecordCase, "case", &id).await?;
    let case = CaseId::from(id);
    let outcome = form.choice("outcome", &OUTCOMES);
    let receipt_number = form.limited("receipt-number", LINE_CHARS_MAX);
    let spoke_with = form.limited("spoke-with", LINE_CHARS_MAX);
    let mut contact = contact(&visit, form.text("contact")).await?;
    match &mut contact {
        Some(call) if call.phone.is_empty() => {
            call.phone = form.required("dialled", LINE_CHARS_MAX);
        }
        Some(_) => {}
        None => form.wrong("", Problem::new("problem-choice")),
    }
    let (Some(contact), Some(outcome), true) = (contact, outcome, form.fine()) else {
        return again(&visit, &case, form).await;
    };
    let call = Call { at: visit.site.clock.now(), outcome, spoke_with, receipt_number, ..contact };
    visit.site.cases.record_call(&case, &call, &actor(&visit)).await?;
    back(&visit, &case, "#calls", &Flash::new("flash-call-recorded"))
}

/// The contact as the sheet has it today, as the beginning of a call.
async fn contact(visit: &Visit, id: &str) -> Result<Option<Call>, Failure> {
    let site = &visit.site;
    let profile = profile::load(site.store.as_ref()).await?;
    let sheet = sheet_of(&site.content, profile.as_ref(), &[], site.clock.now());
    Ok(sheet.entries.iter().find(|entry| entry.id == id).map(|entry| Call {
        contact: entry.id.clone(),
        role: entry.role,
        name: entry.name.ja.clone(),
        phone: entry.dial().map(|line| line.phone.clone()).unwrap_or_default(),
        at: sheet.at,
        outcome: CallOutcome::NoAnswer,
        spoke_with: String::new(),
        receipt_number: String::new(),
        note: String::new(),
    }))
}

pub(super) async fn step(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::RecordCase, "case", &id).await?;
    let case = CaseId::from(id);
    let step = form.text("step").to_owned();
    let reason = match form.text("mark") {
        "done" => form.limited("step-reason", LINE_CHARS_MAX),
        _ => form.required("step-reason", LINE_CHARS_MAX),
    };
    if !form.fine() {
        return again(&visit, &case, form).await;
    }
    let state = match form.text("mark") {
        "skipped" => StepState::Skipped { reason },
        "reopened" => StepState::Reopened { reason },
        _ => StepState::Done { note: reason },
    };
    visit.site.cases.mark_step(&case, &step, &state, &actor(&visit)).await?;
    back(&visit, &case, &format!("#step-{step}"), &Flash::new("flash-step-marked"))
}

pub(super) async fn note(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::RecordCase, "case", &id).await?;
    let case = CaseId::from(id);
    let text = form.required("note", TEXT_CHARS_MAX);
    let corrects = form.text("corrects").to_owned();
    let settles = form.text("settles").to_owned();
    let free = corrects.is_empty() && settles.is_empty();
    let kind = if free { form.choice("note-kind", &NOTE_KINDS) } else { None };
    let verdict = if settles.is_empty() { None } else { form.choice("settling", &VERDICTS) };
    let at = past_time(&mut form, "note-at", visit.site.clock.now());
    let precision = PRECISIONS.iter().find(|(value, _)| *value == form.text("note-precision"));
    let precision = precision.map(|(_, precision)| *precision).unwrap_or_default();
    if !form.fine() {
        return again(&visit, &case, form).await;
    }
    let by = actor(&visit);
    let noting = Noting { kind: kind.unwrap_or(EntryKind::Fact), text, at, precision };
    if let Some(verdict) = verdict {
        visit.site.cases.settle(&case, &settles, verdict, &noting, &by).await?;
        return back(&visit, &case, "#timeline", &Flash::new("flash-hypothesis-settled"));
    }
    if corrects.is_empty() {
        visit.site.cases.note_with(&case, &noting, &by).await?;
        return back(&visit, &case, "#timeline", &Flash::new("flash-note-added"));
    }
    let text = noting.text;
    visit.site.cases.correct(&case, &corrects, &text, &by).await?;
    back(&visit, &case, "#timeline", &Flash::new("flash-note-corrected"))
}

pub(super) async fn decision(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::Decide, "case", &id).await?;
    let case = CaseId::from(id);
    let now = visit.site.clock.now();
    let today = jst_date(now);
    let guide = visit.site.content.decision(ISOLATION, today);
    let option = form.text("option").to_owned();
    if guide.and_then(|guide| guide.option(&option)).is_none() {
        form.wrong("option", Problem::new("problem-choice"));
    }
    let choice = IsolationChoice {
        guide: ISOLATION.to_owned(),
        option,
        decided_by: form.required("decided-by", LINE_CHARS_MAX),
        decider_role: form.required("decider-role", LINE_CHARS_MAX),
        clinical_impact: form.required("clinical-impact", TEXT_CHARS_MAX),
        revert_condition: form.required("revert-condition", TEXT_CHARS_MAX),
        decided_at: past_time(&mut form, "decided-at", now),
        review_at: form.time("review-at"),
    };
    if !form.fine() {
        return again(&visit, &case, form).await;
    }
    // The form says which version was on the screen; the version that is recorded is read from the store.
    let (cases, seen) = (&visit.site.cases, form.text("criteria").parse().ok());
    match cases.decide_isolation_by(&case, &choice, seen, &actor(&visit)).await {
        Ok(_) => {}
        Err(RespondError::CriteriaChanged { .. }) => {
            form.wrong("", Problem::new("problem-criteria-changed"));
            return again(&visit, &case, form).await;
        }
        Err(error) => return Err(error.into()),
    }
    back(&visit, &case, "#decisions", &Flash::new("flash-decision-recorded"))
}

pub(super) async fn judgement(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::Judge, "case", &id).await?;
    let case = CaseId::from(id);
    let answers = TRI.map(|(value, answer, _)| (value, answer));
    let leak_known_at = past_time(&mut form, LEAK_KNOWN_AT, visit.site.clock.now());
    let mut threshold = Threshold { leak_known_at, ..Threshold::default() };
    for (name, reason, part) in QUESTIONS {
        let answer = form.choice(name, &answers);
        let reason = form.limited(reason, TEXT_CHARS_MAX);
        if let Some(answer) = answer {
            *part(&mut threshold) = Weighed::new(answer, reason);
        }
    }
    if !form.fine() {
        return again(&visit, &case, form).await;
    }
    visit.site.cases.judge(&case, &threshold, &actor(&visit)).await?;
    back(&visit, &case, "#judgement", &Flash::new("flash-judgement-recorded"))
}

pub(super) async fn handed_in(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::RecordCase, "case", &id).await?;
    let case = CaseId::from(id);
    let channel = form.required("channel", LINE_CHARS_MAX);
    let receipt_number = form.limited("receipt-number", LINE_CHARS_MAX);
    if !form.fine() {
        return again(&visit, &case, form).await;
    }
    let hand_in = HandIn { channel, receipt_number, at: None };
    visit.site.cases.hand_in(&case, form.text("duty"), &hand_in, &actor(&visit)).await?;
    back(&visit, &case, "#duties", &Flash::new("flash-handed-in"))
}

pub(super) async fn excuse(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::Judge, "case", &id).await?;
    let case = CaseId::from(id);
    let reason = form.required("excuse-reason", LINE_CHARS_MAX);
    if !form.fine() {
        return again(&visit, &case, form).await;
    }
    visit.site.cases.excuse(&case, form.text("duty"), &reason, &actor(&visit)).await?;
    back(&visit, &case, "#duties", &Flash::new("flash-excused"))
}

pub(super) async fn hold(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::Judge, "case", &id).await?;
    let case = CaseId::from(id);
    let reason = form.required("hold-reason", LINE_CHARS_MAX);
    if !form.fine() {
        return again(&visit, &case, form).await;
    }
    visit.site.cases.release_hold(&case, &reason, &actor(&visit)).await?;
    back(&visit, &case, "#hold", &Flash::new("flash-hold-released"))
}

pub(super) async fn close(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::Judge, "case", &id).await?;
    let case = CaseId::from(id);
    let reason = form.required("case-close-reason", TEXT_CHARS_MAX);
    warn_of_unsecured(&visit, &case, &mut form).await?;
    if !form.fine() {
        return again(&visit, &case, form).await;
    }
    let by = actor(&visit);
    if form.text("how") == "dismissed" {
        visit.site.cases.dismiss(&case, &reason, &by).await?;
        return back(&visit, &case, "", &Flash::new("flash-case-dismissed"));
    }
    visit.site.cases.close(&case, &reason, &by).await?;
    back(&visit, &case, "", &Flash::new("flash-case-closed"))
}

/// Machines whose evidence is neither secured nor waived: said once before the case is closed, and closed when it is sent again.
async fn warn_of_unsecured(visit: &Visit, case: &CaseId, form: &mut Form) -> Result<(), Failure> {
    let custody = visit.site.cases.custody(case).await?;
    let names: Vec<&str> = custody.unsecured().map(|machine| machine.name.as_str()).collect();
    let names = names.join(", ");
    if !names.is_empty() && form.text("unsecured-seen") != names {
        let problem = Problem::new("problem-unsecured").with("machines", &names);
        form.wrong("case-close-reason", problem);
        form.set("unsecured-seen", names);
    }
    Ok(())
}

pub(super) async fn reopen(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::Judge, "case", &id).await?;
    let case = CaseId::from(id);
    let reason = form.required("reopen-reason", LINE_CHARS_MAX);
    if !form.fine() {
        return again(&visit, &case, form).await;
    }
    visit.site.cases.reopen(&case, &reason, &actor(&visit)).await?;
    back(&visit, &case, "", &Flash::new("flash-case-reopened"))
}

/// The room once more, with what was typed; the other forms are filled as on the first visit.
pub(super) async fn again(visit: &Visit, case: &CaseId, mut form: Form) -> Answer {
    if form.text("act") != "judgement" {
        let record = visit.site.cases.case(case).await?;
        prefill_judgement(&mut form, record.judgement());
    }
    if form.text("note-kind").is_empty() {
        form.set("note-kind", "fact");
    }
    draw(visit, case, form).await
}

pub(super) fn back(visit: &Visit, case: &CaseId, part: &str, flash: &Flash) -> Answer {
    visit.done(&format!("/cases/{case}{part}"), flash)
}
