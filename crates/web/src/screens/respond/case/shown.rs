//! The parts of the room, one function each: from the record to words.

use sakimori_content::{CallLine, Playbook, Step};
use sakimori_respond::{
    CallOutcome, CallRecord, Case, EntryKind, FindingBrief, IsolationDecision, Judgement,
    Obligation, ObligationState, Outcome, Report, ReportState, Standing, StepMark, StepState,
    TaskOrigin, Threshold, Tri, Weighed, step_key,
};

use super::super::{at_by, by, recipient_word, sentence, span, stage_word};
use super::room::{
    DecisionView, DutyView, FindingLine, JudgementView, MadeCall, Question, ReportLine, StepView,
};
use crate::form::Form;
use crate::frame::{Choice, Frame};

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

pub(super) fn step(frame: &Frame, playbook: &Playbook, step: &Step, case: &Case) -> StepView {
    let key = step_key(case, &playbook.id, &step.id);
    let mark = case.step(&key);
    let from_step = |task: &&sakimori_respond::Task| {
        matches!(&task.origin, TaskOrigin::Step { step } if *step == key) && task.state.is_open()
    };
    let (word, class) = match mark.map(|mark| &mark.state) {
        None | Some(StepState::Reopened { .. }) => ("step-to-do", "look"),
        Some(StepState::Done { .. }) => ("step-is-done", "good"),
        Some(StepState::Skipped { .. }) => ("step-is-skipped", ""),
    };
    StepView {
        task: case.room.tasks.iter().any(|task| from_step(&task)),
        id: key,
        title: step.title.get(frame.lang).to_owned(),
        detail: step.detail.get(frame.lang).to_owned(),
        who: step.who.get(frame.lang).to_owned(),
        clause: String::new(),
        minutes: minutes(frame, step.minutes),
        state: frame.t(word),
        class,
        open: mark.is_none(),
        next: false,
        marked: mark.map(|mark| marked(frame, mark)).unwrap_or_default(),
    }
}

/// When a step is usually done; hours and days once minutes say nothing any more.
fn minutes(frame: &Frame, [from, to]: [u32; 2]) -> String {
    if to <= 120 {
        return sentence(frame.lang, "step-minutes", &[("from", &from), ("to", &to)]);
    }
    frame.with("step-within", "span", span(frame, i64::from(to) * 60))
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

pub(super) const fn entry_word(kind: EntryKind) -> &'static str {
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
    let mut facts: Vec<(String, String)> =
        rows.into_iter().map(|(word, value)| (frame.t(word), value)).collect();
    if let Some(version) = decision.own_criteria {
        let words = frame.with("decision-criteria-own", "version", version);
        facts.push((frame.t("decision-criteria"), words));
    }
    DecisionView {
        chosen: decision.chosen.get(frame.lang).to_owned(),
        holds,
        facts,
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
    let shown =
        |one: &Obligation| DutyView { moved: moved(frame, case, &one.id), ..duty(frame, one) };
    case.obligations_at(frame.now).into_iter().map(shown).collect()
}

/// How the deadline of a duty was moved.
fn moved(frame: &Frame, case: &Case, duty: &str) -> Vec<String> {
    let moves = case.room.limit_moves.iter().filter(|one| one.obligation == duty);
    let words = |one: &sakimori_respond::LimitMove| {
        let from = one.from.map(|at| frame.minute(at)).unwrap_or_else(|| "–".to_owned());
        sentence(
            frame.lang,
            "limit-moved",
            &[
                ("from", &from),
                ("to", &frame.minute(one.to)),
                ("reason", &one.reason),
                ("granted", &one.granted_by),
                ("who", &at_by(frame, "step-marked", one.at, &one.by)),
            ],
        )
    };
    moves.map(words).collect()
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
        moved: Vec::new(),
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
