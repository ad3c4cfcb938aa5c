//! The parts of the room, one function each: from the record to words.

use sakimori_content::{CallLine, Step};
use sakimori_respond::{
    CallOutcome, CallRecord, Case, EntryKind, FindingBrief, IsolationDecision, Judgement,
    Obligation, ObligationState, Outcome, Report, ReportState, Standing, StepMark, StepState,
    Threshold, TimelineEntry, Tri, Weighed,
};

use super::super::{at_by, by, recipient_word, sentence, stage_word};
use super::room::{
    DecisionView, DutyView, EntryView, FindingLine, JudgementView, MadeCall, Question, ReportLine,
    StepView,
};
use crate::form::Form;
use crate::frame::{Choice, Frame};

/// Entries further apart in happening and writing down than this say so, in microseconds.
const WRITTEN_LATER_MICROS: i64 = 120 * 1_000_000;

/// Kinds of entries people write, by the spelling of the form.
pub(super) const NOTE_KINDS: [(&str, EntryKind); 5] = [
    ("fact", EntryKind::Fact),
    ("action", EntryKind::Action),
    ("contact", EntryKind::Contact),
    ("decision", EntryKind::Decision),
    ("hypothesis", EntryKind::Hypothesis),
];

/// The answers to a question of the threshold, by the spelling of the form.
pub(super) const TRI: [(&str, Tri, &str); 3] = [
    ("yes", Tri::Yes, "tri-yes"),
    ("no", Tri::No, "tri-no"),
    ("unknown", Tri::Unknown, "tri-unknown"),
];

/// The field of the moment from which the privacy commission's clocks count.
pub(super) const LEAK_KNOWN_AT: &str = "leak-known-at";

/// Where a question's answer lies in the threshold.
type Part = fn(&mut Threshold) -> &mut Weighed;

/// The questions of the threshold: names of the two fields, and where the answer lies.
pub(super) const QUESTIONS: [(&str, &str, Part); 7] = [
    ("disorder", "disorder-why", |threshold| &mut threshold.disorder),
    ("care", "care-why", |threshold| &mut threshold.care),
    ("care-feared", "care-feared-why", |threshold| &mut threshold.care_feared),
    ("leak", "leak-why", |threshold| &mut threshold.leak),
    ("leak-feared", "leak-feared-why", |threshold| &mut threshold.leak_feared),
    ("data-lost", "data-lost-why", |threshold| &mut threshold.data_lost),
    ("illicit", "illicit-why", |threshold| &mut threshold.illicit),
];

pub(super) fn line_label(frame: &Frame, line: &CallLine) -> String {
    let parts = [line.label.get(frame.lang), line.validity.get(frame.lang)];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" · ")
}

pub(super) fn made_call(frame: &Frame, record: &CallRecord) -> MadeCall {
    let call = &record.call;
    let (word, class) = match call.outcome {
        CallOutcome::Answered => ("call-answered", "good"),
        CallOutcome::NoAnswer => ("call-no-answer", "look"),
        CallOutcome::LeftMessage => ("call-left-message", "look"),
    };
    let mut more = String::new();
    if !call.spoke_with.is_empty() {
        more.push_str(&frame.with("call-more-spoke", "name", &call.spoke_with));
    }
    if !call.receipt_number.is_empty() {
        more.push_str(&frame.with("call-more-number", "number", &call.receipt_number));
    }
    let (at, who) = (frame.minute(call.at), by(frame, &record.by));
    MadeCall {
        contact: format!("{} {}", call.name, call.phone),
        outcome: frame.t(word),
        class,
        words: sentence(frame.lang, "call-words", &[("at", &at), ("by", &who), ("more", &more)]),
    }
}

pub(super) fn step(frame: &Frame, step: &Step, case: &Case) -> StepView {
    let mark = case.step(&step.id);
    let [from, to] = step.minutes;
    let (word, class) = match mark.map(|mark| &mark.state) {
        None | Some(StepState::Reopened { .. }) => ("step-to-do", "look"),
        Some(StepState::Done { .. }) => ("step-is-done", "good"),
        Some(StepState::Skipped { .. }) => ("step-is-skipped", ""),
    };
    StepView {
        id: step.id.clone(),
        title: step.title.get(frame.lang).to_owned(),
        detail: step.detail.get(frame.lang).to_owned(),
        who: step.who.get(frame.lang).to_owned(),
        minutes: sentence(frame.lang, "step-minutes", &[("from", &from), ("to", &to)]),
        state: frame.t(word),
        class,
        open: mark.is_none(),
        marked: mark.map(|mark| marked(frame, mark)).unwrap_or_default(),
    }
}

fn marked(frame: &Frame, mark: &StepMark) -> String {
    let (StepState::Done { note: reason }
    | StepState::Skipped { reason }
    | StepState::Reopened { reason }) = &mark.state;
    if reason.is_empty() {
        return at_by(frame, "step-marked", mark.at, &mark.by);
    }
    sentence(
        frame.lang,
        "step-marked-because",
        &[("at", &frame.minute(mark.at)), ("by", &by(frame, &mark.by)), ("reason", reason)],
    )
}

/// The timeline, newest happening first.
pub(super) fn timeline(frame: &Frame, entries: &[TimelineEntry]) -> Vec<EntryView> {
    let mut shown: Vec<EntryView> = entries.iter().map(|one| entry(frame, one, entries)).collect();
    // Stable and reversed: of two entries about the same minute the later written one stands above.
    shown.sort_by_key(|entry| entry.at);
    shown.reverse();
    shown
}

fn entry(frame: &Frame, entry: &TimelineEntry, all: &[TimelineEntry]) -> EntryView {
    let corrects = entry.corrects.as_ref().and_then(|id| all.iter().find(|one| one.id == *id));
    let later = entry.recorded_at.micros_since(entry.at) > WRITTEN_LATER_MICROS;
    let recorded = || frame.with("note-recorded-later", "at", frame.minute(entry.recorded_at));
    EntryView {
        id: entry.id.clone(),
        at: entry.at,
        kind: frame.t(entry_word(entry.kind)),
        text: entry.text.get(frame.lang).to_owned(),
        by: by(frame, &entry.by),
        recorded: if later { recorded() } else { String::new() },
        corrects: corrects
            .map(|wrong| frame.with("note-corrects", "at", frame.minute(wrong.at)))
            .unwrap_or_default(),
        corrected: all.iter().any(|one| one.corrects.as_deref() == Some(entry.id.as_str())),
    }
}

const fn entry_word(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Fact => "entry-fact",
        EntryKind::Action => "entry-action",
        EntryKind::Decision => "entry-decision",
        EntryKind::Contact => "entry-contact",
        EntryKind::Hypothesis => "entry-hypothesis",
        EntryKind::Correction => "entry-correction",
    }
}

pub(super) fn note_kinds(frame: &Frame) -> Vec<Choice> {
    NOTE_KINDS.iter().map(|(value, kind)| Choice::new(value, frame.t(entry_word(*kind)))).collect()
}

/// The decisions, the one that holds first.
pub(super) fn decisions(frame: &Frame, decisions: &[IsolationDecision]) -> Vec<DecisionView> {
    let last = decisions.len();
    let views = decisions.iter().enumerate();
    views.rev().map(|(n, one)| decision(frame, one, n + 1 == last)).collect()
}

fn decision(frame: &Frame, decision: &IsolationDecision, holds: bool) -> DecisionView {
    let decider = format!("{} {}", decision.decided_by, decision.decider_role);
    let recorded =
        at_by(frame, "decision-recorded-words", decision.recorded_at, &decision.recorded_by);
    let rows = [
        ("decision-by", decider),
        ("decision-at", frame.minute(decision.decided_at)),
        ("decision-clinical", decision.clinical_impact.clone()),
        ("decision-revert-when", decision.revert_condition.clone()),
        ("decision-review", frame.minute(decision.review_at)),
        ("decision-recorded", recorded),
    ];
    DecisionView {
        chosen: decision.chosen.get(frame.lang).to_owned(),
        holds,
        facts: rows.into_iter().map(|(word, value)| (frame.t(word), value)).collect(),
        order: decision.order.iter().map(|step| step.action.get(frame.lang).to_owned()).collect(),
    }
}

pub(super) fn questions() -> Vec<Question> {
    QUESTIONS.iter().map(|(name, reason, _)| Question { name, reason }).collect()
}

pub(super) fn tri(frame: &Frame) -> Vec<Choice> {
    TRI.iter().map(|(value, _, word)| Choice::new(value, frame.t(word))).collect()
}

/// Prefills the questions with the judgement that holds; without one, everything is unknown.
pub(super) fn prefill_judgement(form: &mut Form, judgement: Option<&Judgement>) {
    let mut threshold = judgement.map(|one| one.threshold.clone()).unwrap_or_default();
    for (name, reason, part) in QUESTIONS {
        let weighed = part(&mut threshold);
        let value = TRI.iter().find(|(_, answer, _)| *answer == weighed.answer);
        form.set(name, value.map_or("unknown", |(value, _, _)| value));
        form.set(reason, &weighed.reason);
    }
    if let Some(at) = threshold.leak_known_at {
        form.set(LEAK_KNOWN_AT, at);
    }
}

pub(super) fn judgement(frame: &Frame, judgement: &Judgement) -> JudgementView {
    let (word, class) = match judgement.outcome {
        Outcome::Reached => ("judgement-reached", "bad"),
        Outcome::NotReached => ("judgement-not-reached", "look"),
        Outcome::Undetermined => ("judgement-undetermined", "look"),
    };
    let mut threshold = judgement.threshold.clone();
    let known_at = threshold.leak_known_at.map(|at| (frame.label(LEAK_KNOWN_AT), frame.minute(at)));
    let answers = QUESTIONS
        .iter()
        .map(|(name, _, part)| (frame.label(name), answer(frame, part(&mut threshold))));
    JudgementView {
        outcome: frame.t(word),
        class,
        answers: answers.chain(known_at).collect(),
        by: at_by(frame, "judgement-by", judgement.at, &judgement.by),
    }
}

fn answer(frame: &Frame, weighed: &Weighed) -> String {
    let word = TRI.iter().find(|(_, answer, _)| *answer == weighed.answer);
    let word = word.map(|(_, _, word)| frame.t(word)).unwrap_or_default();
    if weighed.reason.is_empty() {
        return word;
    }
    let values: [(&str, &dyn std::fmt::Display); 2] =
        [("answer", &word), ("reason", &weighed.reason)];
    sentence(frame.lang, "judgement-answer", &values)
}

/// The duties, the most pressing first.
pub(super) fn duties(frame: &Frame, case: &Case) -> Vec<DutyView> {
    case.obligations_at(frame.now).into_iter().map(|one| duty(frame, one)).collect()
}

fn duty(frame: &Frame, duty: &Obligation) -> DutyView {
    let standing = duty.standing(frame.now);
    let (word, class) = standing_words(standing);
    let mut state = frame.t(word);
    if duty.was_late() {
        state = format!("{state} · {}", frame.t("duty-late"));
    }
    let open = duty.is_open();
    DutyView {
        id: duty.id.clone(),
        recipient: frame.t(recipient_word(duty.recipient)),
        duty: duty.duty.get(frame.lang).to_owned(),
        limit: duty.limit_words.get(frame.lang).to_owned(),
        due_at: duty.due_at.filter(|_| open),
        remind_at: duty.remind_at.filter(|_| open && duty.due_at.is_none()),
        state,
        class,
        open,
        done: done(frame, &duty.state),
        basis: duty.basis.clone(),
    }
}

const fn standing_words(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Overdue => ("duty-overdue", "strong"),
        Standing::Pressing => ("duty-pressing", "bad"),
        Standing::Open => ("duty-open", "look"),
        Standing::Sent => ("duty-sent", ""),
        Standing::Met => ("duty-met", "good"),
        Standing::Excused => ("duty-excused", ""),
    }
}

fn done(frame: &Frame, state: &ObligationState) -> String {
    match state {
        ObligationState::Open => String::new(),
        ObligationState::Sent { at, .. } => frame.with("duty-sent-words", "at", frame.minute(*at)),
        ObligationState::Met { at, how } => sentence(
            frame.lang,
            "duty-met-words",
            &[("at", &frame.minute(*at)), ("how", &how.get(frame.lang))],
        ),
        ObligationState::Excused { at, by: who, reason } => sentence(
            frame.lang,
            "duty-excused-words",
            &[("at", &frame.minute(*at)), ("by", &by(frame, who)), ("reason", reason)],
        ),
    }
}

pub(super) fn report(frame: &Frame, report: &Report) -> ReportLine {
    let (word, class) = report_state_words(&report.state);
    let names: Vec<&str> = report.addressees.iter().map(|one| one.name.as_str()).collect();
    ReportLine {
        id: report.id.to_string(),
        title: format!(
            "{} {}",
            frame.t(stage_word(report.stage)),
            frame.with("report-number", "number", report.number)
        ),
        state: frame.t(word),
        class,
        words: format!("{} · {}", names.join(", "), frame.minute(report.drafted_at)),
    }
}

/// Word and pill class of how far a report is.
const fn report_state_words(state: &ReportState) -> (&'static str, &'static str) {
    match state {
        ReportState::Draft => ("report-state-draft", "look"),
        ReportState::Approved { .. } => ("report-state-approved", "look"),
        ReportState::Submitted { .. } => ("report-state-submitted", "good"),
    }
}

pub(super) fn finding(frame: &Frame, finding: &FindingBrief) -> FindingLine {
    let parts = [frame.minute(finding.time), finding.host.clone(), finding.user.clone()];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    FindingLine {
        id: finding.id.to_string(),
        title: finding.title.get(frame.lang).to_owned(),
        words: parts.join(" · "),
    }
}
