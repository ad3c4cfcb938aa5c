//! Acts on reports.

use sakimori_content::Content;
use sakimori_words::{Digest, OrganisationId, ReportId, Text};

use super::record::{form_of, meet, with_entry};
use super::{Change, must_be_open, said};
use crate::exchange::{ReplyV1, ReportV1, SenderV1, report_format};
use crate::render::{Rendering, document, unanswered};
use crate::standing::closed_for;
use crate::tasks::returned_task;
use crate::{
    Case, CaseFile, Channel, Draft, EntryKind, Moment, ObligationState, Receipt, ReplyKind, Report,
    ReportState, RespondError, Stage, TimelineEntry,
};

/// Drafts the next version of the report.
///
/// # Errors
/// When the case is closed, nobody is addressed, the version before has not left yet, or the content has no form.
pub fn draft(
    file: &CaseFile,
    draft: &Draft,
    content: &Content,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    let case = &file.case;
    must_be_open(case)?;
    if draft.addressees.is_empty() {
        return Err(RespondError::Missing { what: "addressees" });
    }
    if let Some(unfinished) = file.reports.iter().find(|report| report.submission().is_none()) {
        return Err(unfinished.unfit("submitted before the next one is drafted"));
    }
    open_chain(case, &file.reports, draft)?;
    let form = form_of(content, moment.now)?;
    let number = u32::try_from(case.reports.len()).unwrap_or(u32::MAX).saturating_add(1);
    let rendering = Rendering { file, draft, number, form, now: moment.now };
    let report = Report {
        id: ReportId::new(moment.now, moment.chance),
        case: case.id.clone(),
        number,
        stage: draft.stage,
        follows: case.reports.last().cloned(),
        drafted_by: moment.by.clone(),
        drafted_at: moment.now,
        party: draft.party.clone(),
        addressees: draft.addressees.clone(),
        form: [form.id.clone(), form.version.clone()],
        content: content.version().digest,
        document: document(&rendering),
        unanswered: unanswered(case, form),
        state: ReportState::Draft,
        receipts: Vec::new(),
    };
    let mut after = case.clone();
    after.reports.push(report.id.clone());
    Ok(about(after, report, "report_drafted", "案を作成", "drafted", moment))
}

/// Renders a draft anew from the record as it is now; with `redraft` also for other addressees, party or stage.
///
/// # Errors
/// When it is no draft any more, nobody is addressed, or the content has no form.
pub fn refresh(
    file: &CaseFile,
    report: &Report,
    redraft: Option<&Draft>,
    content: &Content,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    report.must_be_draft()?;
    let draft = redraft.cloned().unwrap_or_else(|| draft_of(report));
    if draft.addressees.is_empty() {
        return Err(RespondError::Missing { what: "addressees" });
    }
    open_chain(&file.case, &file.reports, &draft)?;
    let mut after = rendered(file, report, &draft, content, moment)?;
    after.drafted_by = moment.by.clone();
    after.drafted_at = moment.now;
    let (ja, en) = ("案を最新の記録で更新", "redrafted");
    Ok(about(file.case.clone(), after, "report_refreshed", ja, en, moment))
}

/// Approves a draft as another person than its drafter. `seen`: digest of the document the approver had before their eyes.
///
/// # Errors
/// For the drafter, when it is no draft, or when it was changed since the approver saw it.
pub fn approve(
    case: &Case,
    report: &Report,
    seen: Option<&Digest>,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    let (after, words) = report.approved(seen, moment)?;
    Ok(about(case.clone(), after, "report_approved", &words.ja, &words.en, moment))
}

/// Takes an approval back before the report has left: it is a draft again, rendered anew.
///
/// # Errors
/// When it is not approved or has left already, the reason is missing, or the content has no form.
pub fn withdraw_approval(
    file: &CaseFile,
    report: &Report,
    reason: &str,
    content: &Content,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    if !matches!(report.state, ReportState::Approved { .. }) {
        return Err(report.unfit("approved and not yet submitted"));
    }
    let reason = said(reason, "reason")?;
    let mut after = rendered(file, report, &draft_of(report), content, moment)?;
    after.state = ReportState::Draft;
    let ja = format!("承認を取り消し、案に戻した（理由: {reason}）");
    let en = format!("approval taken back, a draft again (reason: {reason})");
    Ok(about(file.case.clone(), after, "report_approval_withdrawn", &ja, &en, moment))
}

/// Approves a draft alone. The document itself says so.
///
/// # Errors
/// When the reason is missing or it is no draft.
pub fn approve_alone(
    case: &Case,
    report: &Report,
    reason: &str,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    let (after, words) = report.approved_alone(reason, moment)?;
    Ok(about(case.clone(), after, "report_approved_alone", &words.ja, &words.en, moment))
}

/// Submits an approved report. Duties towards connected addressees wait for their receipts from now on.
///
/// # Errors
/// When it is not approved, or not the document that was approved.
pub fn submit(case: &Case, report: &Report, moment: Moment<'_>) -> Result<Change, RespondError> {
    let sent = report.submitted(moment)?;
    let at = sent.must_have_left()?.at;
    let mut after = case.clone();
    for duty in after.obligations.iter_mut().filter(|duty| duty.is_open()) {
        let reaches = report.addressees.iter().any(|addressee| {
            addressee.channel() == Channel::Federation && addressee.recipient == duty.recipient
        });
        let suits = !duty.met_by_call && (!duty.final_report || report.stage == Stage::Final);
        if reaches && suits {
            duty.state = ObligationState::Sent { at, report: report.id.clone() };
        }
    }
    let to: Vec<&str> = report.addressees.iter().map(|one| one.name.as_str()).collect();
    let ja = format!("提出（宛先: {}）", to.join("、"));
    let en = format!("submitted to {}", to.join(", "));
    Ok(about(after, sent, "report_submitted", &ja, &en, moment))
}

/// Takes in an office's answer; duties towards it are fulfilled by the receipt.
///
/// # Errors
/// When the report was not submitted, or not to that office.
pub fn take_reply(
    case: &Case,
    report: &Report,
    from: &OrganisationId,
    reply: &ReplyV1,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    let submission = report.must_have_left()?;
    let addressee = report.addressee(from)?;
    let receipt = Receipt::of(from, reply, moment);
    let known_at = receipt.at.max(submission.at).min(moment.now);
    let how = receipt.words();
    let mut after = case.clone();
    meet(&mut after, known_at, &how, |duty| {
        duty.recipient == addressee.recipient
            && matches!(&duty.state, ObligationState::Sent { report: sent, .. } if *sent == report.id)
    });
    if receipt.kind == ReplyKind::Question {
        returned_task(&mut after, &report.id, &receipt.from_name, &receipt.text, moment);
    }
    let mut answered = report.clone();
    answered.receipts.push(receipt);
    Ok(about(after, answered, "report_answered", &how.ja, &how.en, moment))
}

/// The body of a submitted report: the same bytes every time.
///
/// # Errors
/// When it was not submitted, or is larger than a reader takes.
pub fn wire_body(case: &Case, report: &Report) -> Result<Vec<u8>, RespondError> {
    let ReportState::Submitted { approval, .. } = &report.state else {
        return Err(report.unfit("submitted"));
    };
    let party = &report.party;
    let message = ReportV1 {
        format: report_format(),
        report: report.id.to_string(),
        case: case.id.to_string(),
        number: report.number,
        stage: report.stage,
        follows: report.follows.as_ref().map(ReportId::to_string),
        exercise: case.exercise,
        sender: SenderV1 {
            organisation: party.organisation.id.to_string(),
            name: party.organisation.name.clone(),
            contact: format!("{} {}", party.department, party.person).trim().to_owned(),
            phone: party.phone.clone(),
            after_hours_phone: party.after_hours_phone.clone(),
        },
        subject: case.title.clone(),
        knew_at: case.knew_at.rfc3339(),
        approved_at: approval.at.rfc3339(),
        approved_by: approval.by.words(),
        approved_alone_because: approval.alone_because.clone(),
        form: report.form.clone(),
        document: report.document.clone(),
    };
    Ok(message.write()?)
}

fn draft_of(report: &Report) -> Draft {
    Draft {
        stage: report.stage,
        party: report.party.clone(),
        addressees: report.addressees.clone(),
    }
}

/// The report with its document rendered from the record as it is now.
fn rendered(
    file: &CaseFile,
    report: &Report,
    draft: &Draft,
    content: &Content,
    moment: Moment<'_>,
) -> Result<Report, RespondError> {
    let form = form_of(content, moment.now)?;
    let rendering = Rendering { file, draft, number: report.number, form, now: moment.now };
    Ok(Report {
        stage: draft.stage,
        party: draft.party.clone(),
        addressees: draft.addressees.clone(),
        form: [form.id.clone(), form.version.clone()],
        content: content.version().digest,
        document: document(&rendering),
        unanswered: unanswered(&file.case, form),
        ..report.clone()
    })
}

fn about(
    case: Case,
    report: Report,
    kind: &'static str,
    ja: &str,
    en: &str,
    moment: Moment<'_>,
) -> Change {
    let stage = report.stage.words();
    let words = Text::new(
        format!("{}（第{}報）: {ja}", stage.ja, report.number),
        format!("{} (no. {}): {en}", stage.en, report.number),
    );
    let entry = TimelineEntry::now(&case.id, EntryKind::Action, words, moment);
    Change { report: Some(report), ..with_entry(case, kind, entry) }
}

/// Refuses a report to those whom the final one closed the chain for.
fn open_chain(case: &Case, reports: &[Report], draft: &Draft) -> Result<(), RespondError> {
    let closed = closed_for(case, reports, &draft.addressees);
    if closed.is_empty() {
        return Ok(());
    }
    Err(RespondError::ChainClosed { offices: closed.join("、") })
}
