//! What may happen to an office's case: pure functions from the record and an act to the changed record.

use sakimori_content::Recipient;
use sakimori_words::{CaseId, Instant, OrganisationKind, Text, new_uuid7};

use super::case::{
    Awareness, ConcernedInstitution, Entering, EntryHeading, Guidance, GuidanceAnswer, OfficeCase,
    OfficeEntry, OfficeState, REPORT_UP_REMIND_MINUTES,
};
use super::error::OfficeError;
use super::received::{Reading, ReceivedReport};
use crate::decide::{may_say, said};
use crate::{HandIn, Moment, Obligation, ObligationState, RespondError, moment_words};

/// What an act changes: everything here is committed together, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeChange {
    /// What happened, as the journal names it: `office_case_entered`.
    pub kind: &'static str,
    /// The case afterwards.
    pub case: OfficeCase,
    /// What its record gains.
    pub entries: Vec<OfficeEntry>,
    /// Another case that changes with it, and what its record gains.
    pub other: Option<(OfficeCase, Vec<OfficeEntry>)>,
}

impl OfficeChange {
    pub(super) fn new(
        kind: &'static str,
        case: OfficeCase,
        text: Text,
        moment: Moment<'_>,
    ) -> Self {
        let entry = entry(EntryHeading::Act, text, moment);
        Self { kind, case, entries: vec![entry], other: None }
    }

    /// The same change with lines for the record before its own.
    pub(super) fn after(mut self, mut entries: Vec<OfficeEntry>) -> Self {
        entries.append(&mut self.entries);
        self.entries = entries;
        self
    }
}

/// Whether an office of this kind owes the ministry a report of what it learns (S1-8: 都道府県、保健所設置市、特別区).
#[must_use]
pub const fn reports_up(kind: OrganisationKind) -> bool {
    matches!(
        kind,
        OrganisationKind::Prefecture
            | OrganisationKind::HealthCentreCity
            | OrganisationKind::SpecialWard
    )
}

/// A line of the record, now.
pub(super) fn entry(heading: EntryHeading, text: Text, moment: Moment<'_>) -> OfficeEntry {
    OfficeEntry {
        id: new_uuid7(moment.now, moment.chance),
        heading,
        at: moment.now,
        recorded_at: moment.now,
        by: moment.by.clone(),
        text,
        corrects: None,
    }
}

/// Opens a case an officer types.
///
/// # Errors
/// When no institution is named, a text is endless, or the office knew in the future.
pub fn enter(
    entering: &Entering,
    office: OrganisationKind,
    number: &str,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    let mut institution = entering.institution.clone();
    institution.name = said(&institution.name, "name")?;
    institution.phone = may_say(&institution.phone, "phone")?;
    let known_at = entering.known_at.unwrap_or(moment.now);
    if known_at > moment.now {
        return Err(RespondError::InFuture { what: "known_at" });
    }
    let title = match may_say(&entering.title, "title")? {
        title if title.is_empty() => format!("{}の事案", institution.name),
        title => title,
    };
    let mut case = blank(&institution, known_at, office, number, moment);
    case.title = title;
    case.awareness = entering.awareness;
    case.awareness_detail = may_say(&entering.awareness_detail, "awareness_detail")?;
    case.damage = may_say(&entering.damage, "damage")?;
    case.care_impact = may_say(&entering.care_impact, "care_impact")?;
    case.exercise = entering.exercise;
    Ok(opened(case, "office_case_entered", moment))
}

/// Opens a case for a report that is the first of its sender's case.
#[must_use]
pub fn open_for_report(
    received: &ReceivedReport,
    institution: &ConcernedInstitution,
    office: OrganisationKind,
    number: &str,
    moment: Moment<'_>,
) -> OfficeChange {
    let mut case = blank(institution, received.received_at, office, number, moment);
    case.title.clone_from(&received.report.subject);
    case.awareness = if received.concerning.is_some() {
        Awareness::OtherOffice
    } else {
        Awareness::InstitutionReport
    };
    case.awareness_detail.clone_from(&received.report.sender.name);
    case.exercise = received.report.exercise;
    case.reports.push(received.id.clone());
    opened(case, "office_case_opened", moment)
}

/// Adds a later report of the same sender's case.
#[must_use]
pub fn add_report(
    case: &OfficeCase,
    received: &ReceivedReport,
    moment: Moment<'_>,
) -> OfficeChange {
    let mut after = case.clone();
    if !after.reports.contains(&received.id) {
        after.reports.push(received.id.clone());
    }
    after.heard_at = after.heard_at.max(received.received_at);
    let stage = received.report.stage.words();
    let (number, report) = (received.report.number, &received.number);
    let text = Text::new(
        format!("{}（第{number}報、受付番号 {report}）を受信", stage.ja),
        format!("{} no. {number} received (receipt number {report})", stage.en),
    );
    OfficeChange::new("office_case_report_joined", after, text, moment)
}

/// Notes who opened the case, first time each; `None` when it is noted already.
#[must_use]
pub fn read(case: &OfficeCase, moment: Moment<'_>) -> Option<OfficeChange> {
    if case.read_by.iter().any(|reading| reading.by.person == moment.by.person) {
        return None;
    }
    let mut after = case.clone();
    after.read_by.push(Reading { by: moment.by.clone(), at: moment.now });
    Some(OfficeChange { kind: "office_case_read", case: after, entries: Vec::new(), other: None })
}

/// Writes a line under a heading; `at` is when it happened, `None`: now. What is found out counts as hearing from the institution.
///
/// # Errors
/// When the case is not open, the text is empty or endless, or the time lies in the future.
pub fn note(
    case: &OfficeCase,
    heading: EntryHeading,
    text: &str,
    at: Option<Instant>,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    must_be_open(case)?;
    let text = said(text, "text")?;
    let at = at.unwrap_or(moment.now);
    if at > moment.now {
        return Err(RespondError::InFuture { what: "at" });
    }
    let mut after = case.clone();
    if heading != EntryHeading::Act {
        after.heard_at = after.heard_at.max(at);
    }
    let line = OfficeEntry { at, ..entry(heading, Text::new(&*text, &*text), moment) };
    Ok(OfficeChange { kind: "office_case_noted", case: after, entries: vec![line], other: None })
}

/// Says that an earlier line was wrong, and what is right. The earlier line stays.
///
/// # Errors
/// When the case is not open, or the text is empty or endless.
pub fn correct(
    case: &OfficeCase,
    wrong: &OfficeEntry,
    text: &str,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    must_be_open(case)?;
    let text = said(text, "text")?;
    let line = OfficeEntry {
        at: wrong.at,
        corrects: Some(wrong.id.clone()),
        ..entry(wrong.heading, Text::new(&*text, &*text), moment)
    };
    Ok(OfficeChange {
        kind: "office_case_corrected",
        case: case.clone(),
        entries: vec![line],
        other: None,
    })
}

/// Changes what is known of the institution: beds, telephone, operating body.
///
/// # Errors
/// When the case is not open, the name is empty, or a text is endless.
pub fn describe(
    case: &OfficeCase,
    institution: &ConcernedInstitution,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    must_be_open(case)?;
    let mut after = case.clone();
    after.institution = institution.clone();
    after.institution.name = said(&institution.name, "name")?;
    after.institution.phone = may_say(&institution.phone, "phone")?;
    let text = Text::new("医療機関の情報を更新", "What is known of the institution was changed");
    Ok(OfficeChange::new("office_case_described", after, text, moment))
}

/// Joins `from` into `into`: its reports, clocks and openness go on there. Nothing of `from` is lost.
///
/// # Errors
/// When they are the same, one is not open, one is an exercise and the other is not, or the reason is missing.
pub fn join(
    from: &OfficeCase,
    into: &OfficeCase,
    reason: &str,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    if from.id == into.id || !from.is_open() || !into.is_open() || from.exercise != into.exercise {
        return Err(OfficeError::CannotJoin.into());
    }
    let reason = said(reason, "reason")?;
    let mut gone = from.clone();
    gone.state = OfficeState::Joined {
        into: into.id.clone(),
        at: moment.now,
        by: moment.by.clone(),
        reason: reason.clone(),
    };
    let mut after = into.clone();
    after.joined.push(from.id.clone());
    let new = from.reports.iter().filter(|id| !into.reports.contains(id)).cloned();
    after.reports.extend(new);
    after.tasks.extend(from.tasks.iter().cloned());
    after.heard_at = after.heard_at.max(from.heard_at);
    take_clocks(&mut after, from);
    let text = |other: &OfficeCase, ja: &str, en: &str| {
        Text::new(
            format!("{} {}（{}）。理由: {reason}", other.number, ja, other.title),
            format!("{en} {} ({}). Reason: {reason}", other.number, other.title),
        )
    };
    let here = OfficeChange::new(
        "office_case_joined",
        after,
        text(from, "をこの事案に統合", "Joined with"),
        moment,
    );
    let there = entry(EntryHeading::Act, text(into, "に統合", "Goes on in"), moment);
    Ok(OfficeChange { other: Some((gone, vec![there])), ..here })
}

/// The clocks of the joined case: the earlier moment of knowing holds, so that no clock moves later.
fn take_clocks(after: &mut OfficeCase, from: &OfficeCase) {
    after.known_at = after.known_at.min(from.known_at);
    for their in &from.duties {
        match after.duties.iter_mut().find(|own| own.id == their.id) {
            None => after.duties.push(their.clone()),
            Some(own) => {
                own.anchor_at = own.anchor_at.min(their.anchor_at);
                own.remind_at = own.remind_at.min(their.remind_at);
                own.due_at = own.due_at.min(their.due_at);
                if own.is_open() && !their.is_excused() {
                    own.state = their.state.clone();
                }
            }
        }
    }
}

/// Takes `from` out of `into` again: it is open as it was, with its reports. Clocks that came forward stay.
///
/// # Errors
/// When `from` was not joined to `into`, or the reason is missing.
pub fn part(
    from: &OfficeCase,
    into: &OfficeCase,
    reason: &str,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    if from.goes_on_in() != Some(&into.id) {
        return Err(OfficeError::CannotJoin.into());
    }
    let reason = said(reason, "reason")?;
    let mut back = from.clone();
    back.state = OfficeState::Open;
    back.different_from.push(into.id.clone());
    let mut after = into.clone();
    after.joined.retain(|id| *id != from.id);
    // Tasks go back as they stand now: answers given meanwhile belong to them.
    let theirs = |id: &str| from.tasks.iter().any(|task| task.id == id);
    back.tasks = into.tasks.iter().filter(|task| theirs(&task.id)).cloned().collect();
    after.tasks.retain(|task| !theirs(&task.id));
    // A case need not lose its last report: it keeps those that came to it by itself.
    after.reports.retain(|id| !from.reports.contains(id));
    let words = |other: &OfficeCase| {
        Text::new(
            format!("{}（{}）と分けた。理由: {reason}", other.number, other.title),
            format!("Parted from {} ({}). Reason: {reason}", other.number, other.title),
        )
    };
    let here = OfficeChange::new("office_case_parted", after, words(from), moment);
    let there = entry(EntryHeading::Act, words(into), moment);
    Ok(OfficeChange { other: Some((back, vec![there])), ..here })
}

/// Records that another case of the same institution is another incident: it is not proposed again.
///
/// # Errors
/// When the reason is missing.
pub fn differs(
    case: &OfficeCase,
    other: &OfficeCase,
    reason: &str,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    let reason = said(reason, "reason")?;
    let mut after = case.clone();
    if !after.different_from.contains(&other.id) {
        after.different_from.push(other.id.clone());
    }
    let text = Text::new(
        format!("{} は別の事案と判断。理由: {reason}", other.number),
        format!("{} was judged to be another incident. Reason: {reason}", other.number),
    );
    Ok(OfficeChange::new("office_case_differs", after, text, moment))
}

/// Records that the ministry was told outside the federation: by telephone, by mail.
///
/// # Errors
/// When there is no such open duty, the way is not named, or the time lies in the future.
pub fn told(
    case: &OfficeCase,
    duty: &str,
    hand_in: &HandIn,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    let channel = said(&hand_in.channel, "channel")?;
    let number = may_say(&hand_in.receipt_number, "receipt_number")?;
    let at = hand_in.at.unwrap_or(moment.now);
    if at > moment.now {
        return Err(RespondError::InFuture { what: "at" });
    }
    let mut how = Text::new(&*channel, &*channel);
    if !number.is_empty() {
        how.ja.push_str(&format!("（受付番号 {number}）"));
        how.en.push_str(&format!(" (receipt number {number})"));
    }
    let when = moment_words(at);
    let words = Text::new(
        format!("厚生労働省へ連絡済み: {}（{}）", how.ja, when.ja),
        format!("The ministry was told: {} ({})", how.en, when.en),
    );
    let state = ObligationState::Met { at, how };
    on_duty(case, duty, state, "office_duty_met", words, moment)
}

/// Records that the duty does not apply, with the reason.
///
/// # Errors
/// When there is no such open duty, or the reason is missing.
pub fn excuse(
    case: &OfficeCase,
    duty: &str,
    reason: &str,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    let reason = said(reason, "reason")?;
    let words = Text::new(
        format!("国への報告を要しないと判断。理由: {reason}"),
        format!("Judged that no report to the ministry is needed. Reason: {reason}"),
    );
    let state = ObligationState::Excused { at: moment.now, by: moment.by.clone(), reason };
    on_duty(case, duty, state, "office_duty_excused", words, moment)
}

fn on_duty(
    case: &OfficeCase,
    id: &str,
    state: ObligationState,
    kind: &'static str,
    words: Text,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    let mut after = case.clone();
    let open = after.duties.iter_mut().find(|duty| duty.id == id && duty.is_open());
    let duty = open.ok_or_else(|| RespondError::Unknown { what: "duty", id: id.to_owned() })?;
    duty.state = state;
    Ok(OfficeChange::new(kind, after, words, moment))
}

/// Gives guidance or advice to the institution (指導・助言).
///
/// # Errors
/// When the case is not open, nothing is said, a text is endless, or an answer is expected before now.
pub fn guide(
    case: &OfficeCase,
    what: &str,
    basis: &str,
    due_at: Option<Instant>,
    sent: bool,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    must_be_open(case)?;
    let (what, basis) = (said(what, "text")?, may_say(basis, "basis")?);
    let words = Text::new(format!("指導・助言: {what}"), format!("Guidance given: {what}"));
    let mut after = case.clone();
    after.guidance.push(Guidance {
        id: new_uuid7(moment.now, moment.chance),
        what,
        basis,
        due_at,
        given_at: moment.now,
        given_by: moment.by.clone(),
        sent,
        answer: None,
    });
    Ok(OfficeChange::new("office_guidance_given", after, words, moment))
}

/// Writes down what the institution answered to guidance.
///
/// # Errors
/// When there is no such unanswered guidance, or the text is empty or endless.
pub fn answer_guidance(
    case: &OfficeCase,
    guidance: &str,
    text: &str,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    let text = said(text, "text")?;
    let mut after = case.clone();
    let open = |one: &&mut Guidance| one.id == guidance && one.answer.is_none();
    let given = after.guidance.iter_mut().find(open);
    let given =
        given.ok_or_else(|| RespondError::Unknown { what: "guidance", id: guidance.to_owned() })?;
    let answer = GuidanceAnswer { at: moment.now, by: moment.by.clone(), text: text.clone() };
    given.answer = Some(answer);
    after.heard_at = after.heard_at.max(moment.now);
    let words =
        Text::new(format!("指導・助言への回答: {text}"), format!("Answer to guidance: {text}"));
    Ok(OfficeChange::new("office_guidance_answered", after, words, moment))
}

/// Finishes a case.
///
/// # Errors
/// [`RespondError::DutiesOpen`] while the ministry was not told; when it is not open, or the reason is missing.
pub fn close(
    case: &OfficeCase,
    reason: &str,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    must_be_open(case)?;
    let n_open = case.duties.iter().filter(|duty| duty.is_open()).count();
    if n_open > 0 {
        return Err(RespondError::DutiesOpen { n_open });
    }
    let reason = said(reason, "reason")?;
    let mut after = case.clone();
    let text = Text::new(format!("終了。{reason}"), format!("Closed. {reason}"));
    after.state = OfficeState::Closed { at: moment.now, by: moment.by.clone(), reason };
    Ok(OfficeChange::new("office_case_closed", after, text, moment))
}

/// Opens a finished case again.
///
/// # Errors
/// When it is open or was joined to another, or the reason is missing.
pub fn reopen(
    case: &OfficeCase,
    reason: &str,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    if !matches!(case.state, OfficeState::Closed { .. }) {
        return Err(RespondError::CaseOpen);
    }
    let reason = said(reason, "reason")?;
    let mut after = case.clone();
    after.state = OfficeState::Open;
    after.heard_at = moment.now;
    let text =
        Text::new(format!("再開。理由: {reason}"), format!("Opened again. Reason: {reason}"));
    Ok(OfficeChange::new("office_case_reopened", after, text, moment))
}

pub(super) fn must_be_open(case: &OfficeCase) -> Result<(), RespondError> {
    if case.is_open() { Ok(()) } else { Err(RespondError::CaseClosed) }
}

/// A case that says nothing yet.
pub(super) fn blank(
    institution: &ConcernedInstitution,
    known_at: Instant,
    office: OrganisationKind,
    number: &str,
    moment: Moment<'_>,
) -> OfficeCase {
    let duties =
        if reports_up(office) { vec![report_up(known_at, moment.now)] } else { Vec::new() };
    OfficeCase {
        id: CaseId::new(moment.now, moment.chance),
        number: number.to_owned(),
        title: String::new(),
        awareness: Awareness::OtherOffice,
        awareness_detail: String::new(),
        institution: institution.clone(),
        exercise: false,
        known_at,
        opened_at: moment.now,
        opened_by: moment.by.clone(),
        damage: String::new(),
        care_impact: String::new(),
        state: OfficeState::Open,
        duties,
        reports: Vec::new(),
        heard_at: known_at,
        joined: Vec::new(),
        different_from: Vec::new(),
        read_by: Vec::new(),
        upward: Vec::new(),
        guidance: Vec::new(),
        dispatches: Vec::new(),
        tasks: Vec::new(),
        emergency_receipt: String::new(),
    }
}

/// The first line of a new case's record.
pub(super) fn opened(case: OfficeCase, kind: &'static str, moment: Moment<'_>) -> OfficeChange {
    let way = case.awareness.words();
    let when = moment_words(case.known_at);
    let detail = match case.awareness_detail.as_str() {
        "" => String::new(),
        detail => format!(": {detail}"),
    };
    let text = Text::new(
        format!("把握（{}{detail}、{}）", way.ja, when.ja),
        format!("Became known ({}{detail}, {})", way.en, when.en),
    );
    OfficeChange::new(kind, case, text, moment)
}

/// The duty to tell the ministry (S1-8). Its clock starts when the office knew.
fn report_up(known_at: Instant, now: Instant) -> Obligation {
    Obligation {
        id: "office-report-up".to_owned(),
        group: "office-report-up".to_owned(),
        recipient: Recipient::Ministry,
        duty: Text::new("厚生労働省へ報告", "Report to the ministry"),
        limit_words: Text::new("把握後速やかに", "promptly after knowing"),
        anchor_at: known_at,
        due_at: None,
        remind_at: Some(known_at.plus_seconds(REPORT_UP_REMIND_MINUTES * 60)),
        met_by_call: true,
        final_report: false,
        basis: "平成30年10月29日 通知 記の2（S1-8）".to_owned(),
        opened_at: now,
        state: ObligationState::Open,
    }
}
