//! Acts on the record itself.

use sakimori_content::{ContactRole, Content, DecisionGuide, Field, Form, Recipient, Trigger};
use sakimori_words::{CaseId, Finding, Instant, Text, jst_date, new_uuid7};

use super::{Change, may_say, must_be_open, said};
use crate::judgement::THRESHOLD_CLAUSE;
use crate::room::{ended, follow_judgement, reopened, step_behind};
use crate::tasks::step_marked;
use crate::{
    Answer, Call, CallOutcome, CallRecord, Case, CaseRoom, DecisionStep, EntryKind, EvidenceHold,
    FindingBrief, HandIn, Handling, IsolationChoice, IsolationDecision, Judgement, Moment, Noting,
    Obligation, ObligationState, Opening, Origin, Outcome, Phase, Precision, RespondError, Settled,
    StepMark, StepState, Threshold, TimelineEntry, Tri, Verdict, moment_words,
};

/// The playbook a new case follows.
const PLAYBOOK: &str = "first-hour";
/// The form whose questions a case answers.
pub(super) const FORM: &str = "first-report";
/// Longest title made from a sentence, in characters.
const TITLE_CHARS_MAX: usize = 60;
/// The reason under which the shorter limit of the final report ends; recognised again when the act was not illicit after all.
const ILLICIT_REASON: &str = "不正な目的のおそれ（規則第7条第3号）と判断したため、期限は60日以内";

/// Opens a case: the duties of a suspicion start, and the evidence hold is placed.
///
/// # Errors
/// When the opening says nothing, a time lies in the future, or the content has no playbook.
pub fn open(
    opening: &Opening,
    content: &Content,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    let now = moment.now;
    let knew_at = opening.knew_at.unwrap_or(now);
    let detected_at =
        opening.detected_at.unwrap_or_else(|| first_noticed(&opening.origin, knew_at));
    not_in_future(knew_at, now, "knew_at")?;
    not_in_future(detected_at, now, "detected_at")?;
    let playbook = content
        .playbook(PLAYBOOK, jst_date(now))
        .ok_or(RespondError::ContentLacks { what: "first-hour playbook" })?;
    let id = CaseId::new(now, moment.chance);
    let mut case = Case {
        hold: hold_on(&id, moment),
        id,
        title: title_of(opening)?,
        origin: opening.origin.clone(),
        more_findings: Vec::new(),
        learned_from: opening.learned_from,
        exercise: opening.exercise,
        opened_at: now,
        opened_by: moment.by.clone(),
        detected_at,
        knew_at,
        handling: Handling::Suspected,
        calls: Vec::new(),
        steps: std::collections::BTreeMap::new(),
        playbook: [playbook.id.clone(), playbook.version.clone()],
        isolation: Vec::new(),
        judgements: Vec::new(),
        answers: std::collections::BTreeMap::new(),
        obligations: Vec::new(),
        reports: Vec::new(),
        room: CaseRoom::default(),
        rehearsal: crate::readiness::Rehearsal::default(),
    };
    start_duties(&mut case, content, &[(Trigger::Suspicion, knew_at)], now);
    let mut noticed =
        TimelineEntry::now(&case.id, EntryKind::Fact, noticed_words(&case.origin), moment);
    noticed.at = detected_at;
    noticed.evidence = case.findings().flat_map(|finding| finding.evidence.clone()).collect();
    let opened = Text::new(
        "サイバー攻撃の疑いとして記録を開始",
        "Record opened on suspicion of a cyber attack",
    );
    // An exercise stops no deletion of logs: nothing of it is evidence.
    let hold_changed = !case.exercise;
    let hold = if case.exercise { EvidenceHold::exercise_words() } else { EvidenceHold::words() };
    let entries = vec![
        noticed,
        TimelineEntry::now(&case.id, EntryKind::Action, opened, moment),
        TimelineEntry::now(&case.id, EntryKind::Decision, hold, moment),
    ];
    Ok(Change { kind: "suspicion_opened", case, entries, report: None, hold_changed })
}

/// Adds findings; those the case has already are left as they are.
///
/// # Errors
/// When the case is closed or nothing new is given.
pub fn add_findings(
    case: &Case,
    findings: &[Finding],
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let mut after = case.clone();
    let mut entries = Vec::new();
    for finding in findings {
        if after.findings().any(|known| known.id == finding.id) {
            continue;
        }
        let brief = FindingBrief::from(finding);
        let mut entry =
            TimelineEntry::now(&case.id, EntryKind::Fact, finding_words(&brief), moment);
        entry.at = brief.time;
        entry.evidence.clone_from(&finding.evidence);
        entries.push(entry);
        after.more_findings.push(brief);
    }
    if entries.is_empty() {
        return Err(RespondError::Missing { what: "a new finding" });
    }
    Ok(Change { kind: "findings_added", case: after, entries, report: None, hold_changed: false })
}

/// Writes a line into the timeline.
///
/// # Errors
/// When the case is closed, the text is empty or endless, or the time lies in the future.
pub fn note(
    case: &Case,
    kind: EntryKind,
    text: &str,
    at: Option<Instant>,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let noting = Noting { kind, text: text.to_owned(), at, precision: Precision::Exact };
    note_with(case, &noting, None, moment)
}

/// Writes a line into the timeline with how exactly its time is known, and the hypothesis it settles, if one.
///
/// # Errors
/// As [`note`].
pub fn note_with(
    case: &Case,
    noting: &Noting,
    settles: Option<(&str, Verdict)>,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let text = same(said(&noting.text, "text")?);
    let mut entry = TimelineEntry::now(&case.id, noting.kind, text, moment);
    entry.at = past(noting.at, moment.now, "at")?;
    entry.precision = noting.precision;
    entry.settles = settles.map(|(id, verdict)| Settled { entry: id.to_owned(), verdict });
    let kind = if settles.is_some() { "hypothesis_settled" } else { "timeline_noted" };
    Ok(with_entry(case.clone(), kind, entry))
}

/// Says that an earlier line was wrong. The line stays.
///
/// # Errors
/// When the text is empty or endless.
pub fn correct(
    case: &Case,
    entry: &str,
    text: &str,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    let text = same(said(text, "text")?);
    let mut correction = TimelineEntry::now(&case.id, EntryKind::Correction, text, moment);
    correction.corrects = Some(entry.to_owned());
    Ok(with_entry(case.clone(), "timeline_corrected", correction))
}

/// Records a call. An answered one fulfils the duties for which a call is enough.
///
/// # Errors
/// When the case is closed, the contact or number is empty, a text is endless, or the time lies in the future.
pub fn record_call(case: &Case, call: &Call, moment: Moment<'_>) -> Result<Change, RespondError> {
    must_be_open(case)?;
    not_in_future(call.at, moment.now, "at")?;
    let call = Call {
        contact: may_say(&call.contact, "contact")?,
        role: call.role,
        name: said(&call.name, "name")?,
        phone: said(&call.phone, "phone")?,
        at: call.at,
        outcome: call.outcome,
        spoke_with: may_say(&call.spoke_with, "spoke_with")?,
        receipt_number: may_say(&call.receipt_number, "receipt_number")?,
        note: may_say(&call.note, "note")?,
    };
    let mut after = case.clone();
    if call.outcome == CallOutcome::Answered
        && let Some(recipient) = recipient_of(call.role)
    {
        meet(&mut after, call.at, &call.words(), |duty| {
            duty.met_by_call && duty.recipient == recipient
        });
    }
    let mut entry = TimelineEntry::now(&case.id, EntryKind::Contact, call.words(), moment);
    entry.at = call.at;
    after.calls.push(CallRecord { call, by: moment.by.clone(), recorded_at: moment.now });
    Ok(with_entry(after, "call_made", entry))
}

/// Ticks, skips or reopens a step of the playbook.
///
/// # Errors
/// When the case is closed, there is no such step, or a reason is missing.
pub fn mark_step(
    case: &Case,
    step: &str,
    state: &StepState,
    content: &Content,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let (known, _) = step_behind(case, step, content, moment.now)?;
    let (state, words) = match state {
        StepState::Done { note } => {
            let note = may_say(note, "note")?;
            (StepState::Done { note: note.clone() }, marked("実施", "Done", known, &note))
        }
        StepState::Skipped { reason } => {
            let reason = said(reason, "reason")?;
            (
                StepState::Skipped { reason: reason.clone() },
                marked("省略", "Skipped", known, &reason),
            )
        }
        StepState::Reopened { reason } => {
            let reason = said(reason, "reason")?;
            let words = marked("取消・再実施", "To be done again", known, &reason);
            (StepState::Reopened { reason }, words)
        }
    };
    let mut after = case.clone();
    step_marked(&mut after, step, &state, moment);
    let mark = StepMark { state, at: moment.now, by: moment.by.clone() };
    after.steps.entry(step.to_owned()).or_default().push(mark);
    let entry = TimelineEntry::now(&case.id, EntryKind::Action, words, moment);
    Ok(with_entry(after, "step_marked", entry))
}

/// Answers a question of the report form.
///
/// # Errors
/// When the case is closed, there is no such field, or the answer does not fit it.
pub fn answer(
    case: &Case,
    field: &str,
    answer: &Answer,
    content: &Content,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let form = form_of(content, moment.now)?;
    let field = typed_field(form, field)?;
    answer.check(field)?;
    if let Answer::Text { text } = answer {
        may_say(text, "text")?;
    }
    let mut after = case.clone();
    after.answers.insert(field.id.clone(), answer.clone());
    let value = answer.words(field, form);
    let words = Text::new(
        format!("「{}」: {}", field.label.ja, value.ja),
        format!("“{}”: {}", field.label.en, value.en),
    );
    let entry = TimelineEntry::now(&case.id, EntryKind::Fact, words, moment);
    Ok(with_entry(after, "question_answered", entry))
}

/// Records a decision on isolation; the one before stays and is superseded.
///
/// # Errors
/// When the case is closed, the guide has no such option, or something that must be said is missing.
pub fn decide_isolation(
    case: &Case,
    choice: &IsolationChoice,
    content: &Content,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let guide = content
        .decision(&choice.guide, jst_date(moment.now))
        .ok_or_else(|| RespondError::Unknown { what: "decision", id: choice.guide.clone() })?;
    let decision = decided(case, choice, guide, moment)?;
    let words = Text::new(
        format!(
            "判断: {}（{} {}）。診療への影響: {}。解除条件: {}。見直し: {}",
            decision.chosen.ja,
            decision.decider_role,
            decision.decided_by,
            decision.clinical_impact,
            decision.revert_condition,
            moment_words(decision.review_at).ja,
        ),
        format!(
            "Decision: {} ({}, {}). Impact on care: {}. Taken back when: {}. Review: {}",
            decision.chosen.en,
            decision.decided_by,
            decision.decider_role,
            decision.clinical_impact,
            decision.revert_condition,
            moment_words(decision.review_at).en,
        ),
    );
    let mut entry = TimelineEntry::now(&case.id, EntryKind::Decision, words, moment);
    entry.at = decision.decided_at;
    let mut after = case.clone();
    after.isolation.push(decision);
    Ok(with_entry(after, "isolation_decided", entry))
}

/// Records a judgement. Duties that follow start; none is taken back and no deadline moves by it.
///
/// The rule itself makes one exception: once the act may be illicit, the final report to the privacy commission has sixty days
/// in place of thirty.
///
/// # Errors
/// When the case is closed, a reason is endless, or the leak was known in the future.
pub fn judge(
    case: &Case,
    threshold: &Threshold,
    content: &Content,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    for weighed in threshold.all() {
        may_say(&weighed.reason, "reason")?;
    }
    past(threshold.leak_known_at, moment.now, "leak_known_at")?;
    let outcome = threshold.outcome();
    let mut after = case.clone();
    after.judgements.push(Judgement {
        id: new_uuid7(moment.now, moment.chance),
        at: moment.now,
        by: moment.by.clone(),
        threshold: threshold.clone(),
        outcome,
        clause: THRESHOLD_CLAUSE.to_owned(),
    });
    after.handling = handling_of(&after);
    follow_judgement(&mut after, case.phase(), moment);
    let triggers = triggers_of(threshold, case.knew_at);
    let replaced = change_final_limit(&mut after, content, &triggers, moment);
    start_duties(&mut after, content, &triggers, moment.now);
    let entry = TimelineEntry::now(&case.id, EntryKind::Decision, outcome.words(), moment);
    let mut change = with_entry(after, "judged", entry);
    for words in replaced {
        change.entries.push(TimelineEntry::now(&case.id, EntryKind::Decision, words, moment));
    }
    Ok(change)
}

/// Records that a duty was fulfilled outside the federation.
///
/// # Errors
/// When the case is closed, there is no such unfulfilled duty, the channel is empty, or the time lies in the future.
pub fn hand_in(
    case: &Case,
    obligation: &str,
    hand_in: &HandIn,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let duty = unfulfilled(case, obligation)?;
    let at = past(hand_in.at, moment.now, "at")?;
    let channel = said(&hand_in.channel, "channel")?;
    let number = may_say(&hand_in.receipt_number, "receipt_number")?;
    let how = handed_in_words(&channel, &number);
    let words =
        Text::new(format!("{}: {}", duty.duty.ja, how.ja), format!("{}: {}", duty.duty.en, how.en));
    let (id, group) = (duty.id.clone(), duty.group.clone());
    let mut after = case.clone();
    meet(&mut after, at, &how, |duty| duty.id == id || duty.group == group);
    let mut entry = TimelineEntry::now(&case.id, EntryKind::Contact, words, moment);
    entry.at = at;
    Ok(with_entry(after, "duty_fulfilled", entry))
}

/// Records that a duty does not apply.
///
/// # Errors
/// When the case is closed, there is no such unfulfilled duty, or the reason is missing.
pub fn excuse(
    case: &Case,
    obligation: &str,
    reason: &str,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let reason = said(reason, "reason")?;
    let duty = unfulfilled(case, obligation)?;
    let words = excused_words(duty, &reason);
    let mut after = case.clone();
    let excused = ObligationState::Excused { at: moment.now, by: moment.by.clone(), reason };
    for duty in after.obligations.iter_mut().filter(|duty| duty.id == obligation) {
        duty.state = excused.clone();
    }
    let entry = TimelineEntry::now(&case.id, EntryKind::Decision, words, moment);
    Ok(with_entry(after, "duty_excused", entry))
}

/// Lifts the evidence hold of a case that is over.
///
/// # Errors
/// When the case is open, the hold was lifted already, or the reason is missing.
pub fn release_hold(case: &Case, reason: &str, moment: Moment<'_>) -> Result<Change, RespondError> {
    let reason = said(reason, "reason")?;
    if case.is_open() {
        return Err(RespondError::CaseOpen);
    }
    if case.hold.released.is_some() {
        return Err(RespondError::Unknown { what: "hold", id: case.id.to_string() });
    }
    let words = Text::new(
        format!("証拠保全の指示を解除（理由: {reason}）"),
        format!("Order to keep evidence lifted (reason: {reason})"),
    );
    let mut after = case.clone();
    after.hold.released = Some((moment.now, moment.by.clone(), reason));
    let entry = TimelineEntry::now(&case.id, EntryKind::Decision, words, moment);
    Ok(Change { hold_changed: !case.exercise, ..with_entry(after, "hold_released", entry) })
}

/// Ends a case that turned out to be none. Its open duties no longer apply.
///
/// # Errors
/// When the case is not open or the reason is missing.
pub fn dismiss(case: &Case, reason: &str, moment: Moment<'_>) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let reason = said(reason, "reason")?;
    let (at, by) = (moment.now, moment.by.clone());
    let mut after = case.clone();
    for duty in after.obligations.iter_mut().filter(|duty| duty.is_open()) {
        duty.state =
            ObligationState::Excused { at, by: by.clone(), reason: dismissal_reason(&reason) };
    }
    let words = Text::new(
        format!("事案ではないと判断して終了（理由: {reason}）"),
        format!("Dismissed: no incident (reason: {reason})"),
    );
    ended(&mut after, Phase::Dismissed, &reason, moment);
    after.handling = Handling::Dismissed { at, by, reason };
    let entry = TimelineEntry::now(&case.id, EntryKind::Decision, words, moment);
    Ok(with_entry(after, "case_dismissed", entry))
}

/// Ends a case.
///
/// # Errors
/// When the case is not open, a duty is open, or the reason is missing.
pub fn close(case: &Case, reason: &str, moment: Moment<'_>) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let reason = said(reason, "reason")?;
    let n_open = case.obligations.iter().filter(|duty| duty.is_open()).count();
    if n_open > 0 && !case.exercise {
        return Err(RespondError::DutiesOpen { n_open });
    }
    let words = Text::new(format!("事案対応を終了（{reason}）"), format!("Case closed ({reason})"));
    let mut after = case.clone();
    ended(&mut after, Phase::Closed, &reason, moment);
    after.handling = Handling::Closed { at: moment.now, by: moment.by.clone(), reason };
    let entry = TimelineEntry::now(&case.id, EntryKind::Decision, words, moment);
    Ok(with_entry(after, "case_closed", entry))
}

/// Opens a case again. Duties that a dismissal had ended run again, with the deadlines they always had.
///
/// # Errors
/// When the case is open or the reason is missing.
pub fn reopen(case: &Case, reason: &str, moment: Moment<'_>) -> Result<Change, RespondError> {
    let reason = said(reason, "reason")?;
    let ended_by_dismissal = match &case.handling {
        Handling::Suspected | Handling::Confirmed => return Err(RespondError::CaseOpen),
        Handling::Dismissed { reason, .. } => Some(dismissal_reason(reason)),
        Handling::Closed { .. } => None,
    };
    let mut after = case.clone();
    for duty in &mut after.obligations {
        if ended_by_dismissal.as_ref().is_some_and(|reason| is_excused_because(duty, reason)) {
            duty.state = ObligationState::Open;
        }
    }
    after.handling = handling_of(&after);
    reopened(&mut after, &reason, moment);
    let hold_again = after.hold.released.is_some();
    if hold_again {
        after.hold = hold_on(&case.id, moment);
    }
    let hold_changed = hold_again && !case.exercise;
    let words = Text::new(
        format!("事案対応を再開（理由: {reason}）"),
        format!("Case opened again (reason: {reason})"),
    );
    let entry = TimelineEntry::now(&case.id, EntryKind::Decision, words, moment);
    Ok(Change { hold_changed, ..with_entry(after, "case_reopened", entry) })
}

/// The form a case answers today.
pub(super) fn form_of(content: &Content, now: Instant) -> Result<&Form, RespondError> {
    content
        .form(FORM, jst_date(now))
        .ok_or(RespondError::ContentLacks { what: "first-report form" })
}

/// Marks unfulfilled duties as met.
pub(crate) fn meet(case: &mut Case, at: Instant, how: &Text, which: impl Fn(&Obligation) -> bool) {
    for duty in &mut case.obligations {
        let unfulfilled =
            matches!(duty.state, ObligationState::Open | ObligationState::Sent { .. });
        if unfulfilled && which(duty) {
            duty.state = ObligationState::Met { at, how: how.clone() };
        }
    }
}

/// A text typed by a person: the same in both languages.
pub(super) fn same(text: String) -> Text {
    Text { en: text.clone(), ja: text }
}

pub(crate) fn with_entry(case: Case, kind: &'static str, entry: TimelineEntry) -> Change {
    Change { kind, case, entries: vec![entry], report: None, hold_changed: false }
}

fn hold_on(case: &CaseId, moment: Moment<'_>) -> EvidenceHold {
    let placed_by = moment.by.clone();
    EvidenceHold { case: case.clone(), placed_at: moment.now, placed_by, released: None }
}

/// Starts the duties of those triggers, each clock at the trigger's moment.
fn start_duties(case: &mut Case, content: &Content, triggers: &[(Trigger, Instant)], now: Instant) {
    for deadline in content.deadlines(jst_date(now)).filter(|one| !one.on_request) {
        let Some((_, anchor)) = triggers.iter().find(|(started, _)| *started == deadline.trigger)
        else {
            continue;
        };
        let duty = Obligation::new(deadline, *anchor, now);
        if !case.obligations.iter().any(|known| known.covers(&duty)) {
            case.obligations.push(duty);
        }
    }
}

/// What the answers start, and the moment each clock starts at.
fn triggers_of(threshold: &Threshold, knew_at: Instant) -> Vec<(Trigger, Instant)> {
    let mut triggers = Vec::new();
    if threshold.outcome() == Outcome::Reached {
        triggers.push((Trigger::Threshold, knew_at));
    }
    if threshold.concerns_privacy() {
        // While it is unknown whether the act was illicit, the shorter limit counts.
        let illicit = threshold.illicit.answer == Tri::Yes;
        let leak_known_at = threshold.leak_known_at.unwrap_or(knew_at);
        triggers.push((Trigger::Leak, leak_known_at));
        let final_report = if illicit { Trigger::LeakIllicit } else { Trigger::LeakOther };
        triggers.push((final_report, leak_known_at));
    }
    triggers
}

/// Once the act may be illicit, the shorter limit of the final report no longer applies; when that turns out to be wrong, it
/// applies again, with the deadline it always had. Returns what the timeline says about it.
fn change_final_limit(
    case: &mut Case,
    content: &Content,
    triggers: &[(Trigger, Instant)],
    moment: Moment<'_>,
) -> Vec<Text> {
    let started = |trigger: Trigger| triggers.iter().any(|(one, _)| *one == trigger);
    let shorter: Vec<&str> = content
        .deadlines(jst_date(moment.now))
        .filter(|deadline| deadline.trigger == Trigger::LeakOther)
        .map(|deadline| deadline.id.as_str())
        .collect();
    let mut words = Vec::new();
    for duty in case.obligations.iter_mut().filter(|duty| shorter.contains(&duty.id.as_str())) {
        if started(Trigger::LeakIllicit) && duty.is_open() {
            words.push(excused_words(duty, ILLICIT_REASON));
            let (at, by, reason) = (moment.now, moment.by.clone(), ILLICIT_REASON.to_owned());
            duty.state = ObligationState::Excused { at, by, reason };
        } else if started(Trigger::LeakOther) && is_excused_because(duty, ILLICIT_REASON) {
            duty.state = ObligationState::Open;
            words.push(Text::new(
                format!("再び対象: {}", duty.duty.ja),
                format!("Applies again: {}", duty.duty.en),
            ));
        }
    }
    words
}

fn is_excused_because(duty: &Obligation, because: &str) -> bool {
    matches!(&duty.state, ObligationState::Excused { reason, .. } if reason == because)
}

fn excused_words(duty: &Obligation, reason: &str) -> Text {
    Text::new(
        format!("対象外と判断: {}（理由: {reason}）", duty.duty.ja),
        format!("Does not apply: {} (reason: {reason})", duty.duty.en),
    )
}

fn handling_of(case: &Case) -> Handling {
    match case.judgement().map(|judgement| judgement.outcome) {
        Some(Outcome::Reached) => Handling::Confirmed,
        Some(Outcome::NotReached | Outcome::Undetermined) | None => Handling::Suspected,
    }
}

fn decided(
    case: &Case,
    choice: &IsolationChoice,
    guide: &DecisionGuide,
    moment: Moment<'_>,
) -> Result<IsolationDecision, RespondError> {
    let option = guide
        .option(&choice.option)
        .ok_or_else(|| RespondError::Unknown { what: "option", id: choice.option.clone() })?;
    let decided_at = past(choice.decided_at, moment.now, "decided_at")?;
    let after_minutes = guide.review_minutes.saturating_mul(60);
    let order = guide.steps_of(option);
    Ok(IsolationDecision {
        id: new_uuid7(moment.now, moment.chance),
        question: guide.question.clone(),
        options: guide.options.iter().map(|option| option.label.clone()).collect(),
        option: option.id.clone(),
        chosen: option.label.clone(),
        decided_by: said(&choice.decided_by, "decided_by")?,
        decider_role: said(&choice.decider_role, "decider_role")?,
        decided_at,
        recorded_at: moment.now,
        recorded_by: moment.by.clone(),
        clinical_impact: said(&choice.clinical_impact, "clinical_impact")?,
        order: order
            .into_iter()
            .map(|step| DecisionStep { id: step.id.clone(), action: step.action.clone() })
            .collect(),
        revert_condition: said(&choice.revert_condition, "revert_condition")?,
        review_at: choice.review_at.unwrap_or_else(|| decided_at.plus_seconds(after_minutes)),
        supersedes: case.isolation().map(|before| before.id.clone()),
        own_criteria: None,
    })
}

fn unfulfilled<'a>(case: &'a Case, id: &str) -> Result<&'a Obligation, RespondError> {
    case.obligations
        .iter()
        .find(|duty| duty.id == id)
        .filter(|duty| matches!(duty.state, ObligationState::Open | ObligationState::Sent { .. }))
        .ok_or_else(|| RespondError::Unknown { what: "open duty", id: id.to_owned() })
}

fn typed_field<'a>(form: &'a Form, id: &str) -> Result<&'a Field, RespondError> {
    form.field(id)
        .filter(|field| field.is_typed())
        .ok_or_else(|| RespondError::Unknown { what: "field", id: id.to_owned() })
}

fn title_of(opening: &Opening) -> Result<String, RespondError> {
    let given = may_say(&opening.title, "title")?;
    let from_origin = match &opening.origin {
        Origin::Person { sentence } => said(sentence, "sentence")?,
        Origin::Findings { findings } => {
            let first = findings.first().ok_or(RespondError::Missing { what: "findings" })?;
            first.title.ja.clone()
        }
    };
    let title = if given.is_empty() { from_origin } else { given };
    Ok(title.chars().take(TITLE_CHARS_MAX).collect())
}

fn first_noticed(origin: &Origin, knew_at: Instant) -> Instant {
    match origin {
        Origin::Findings { findings } => {
            findings.iter().map(|finding| finding.found_at).min().unwrap_or(knew_at).min(knew_at)
        }
        Origin::Person { .. } => knew_at,
    }
}

fn noticed_words(origin: &Origin) -> Text {
    match origin {
        Origin::Person { sentence } => same(sentence.trim().to_owned()),
        Origin::Findings { findings } => {
            let all: Vec<Text> = findings.iter().map(finding_words).collect();
            let join =
                |pick: fn(&Text) -> &str| all.iter().map(pick).collect::<Vec<_>>().join("\n");
            Text { ja: join(|text| &text.ja), en: join(|text| &text.en) }
        }
    }
}

fn finding_words(finding: &FindingBrief) -> Text {
    let place =
        if finding.host.is_empty() { String::new() } else { format!(" [{}]", finding.host) };
    Text::new(
        format!("検知: {}{place}", finding.title.ja),
        format!("Detection: {}{place}", finding.title.en),
    )
}

fn marked(ja: &str, en: &str, step: &sakimori_content::Step, remark: &str) -> Text {
    let remark_ja = if remark.is_empty() { String::new() } else { format!("（{remark}）") };
    let remark_en = if remark.is_empty() { String::new() } else { format!(" ({remark})") };
    Text::new(
        format!("{ja}: {}{remark_ja}", step.title.ja),
        format!("{en}: {}{remark_en}", step.title.en),
    )
}

fn handed_in_words(channel: &str, number: &str) -> Text {
    if number.is_empty() {
        return Text::new(format!("{channel} で提出"), format!("handed in by {channel}"));
    }
    Text::new(
        format!("{channel} で提出、受付番号 {number}"),
        format!("handed in by {channel}, receipt number {number}"),
    )
}

/// The reason under which a dismissal ends duties; recognised again when the case is reopened.
fn dismissal_reason(reason: &str) -> String {
    format!("事案ではないと判断: {reason}")
}

const fn recipient_of(role: ContactRole) -> Option<Recipient> {
    match role {
        ContactRole::Vendor => Some(Recipient::Vendor),
        ContactRole::Police => Some(Recipient::Police),
        ContactRole::Ministry => Some(Recipient::Ministry),
        ContactRole::Prefecture => Some(Recipient::Prefecture),
        ContactRole::PrivacyCommission => Some(Recipient::PrivacyCommission),
        ContactRole::Ceptoar => Some(Recipient::Ceptoar),
        ContactRole::NationalCyberOffice | ContactRole::Other | ContactRole::Staff => None,
    }
}

fn past(at: Option<Instant>, now: Instant, what: &'static str) -> Result<Instant, RespondError> {
    let at = at.unwrap_or(now);
    not_in_future(at, now, what)?;
    Ok(at)
}

fn not_in_future(at: Instant, now: Instant, what: &'static str) -> Result<(), RespondError> {
    if at <= now { Ok(()) } else { Err(RespondError::InFuture { what }) }
}
