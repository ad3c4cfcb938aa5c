//! The report to the office above: drafted, read, approved by another person, submitted.

use axum::extract::Path;
use sakimori_content::Recipient;
use sakimori_federation::Neighbour;
use sakimori_identity::Action;
use sakimori_respond::office::{OfficeCase, OfficeError, UpDraft};
use sakimori_respond::{Addressee, Report, ReportState, RespondError, Stage};
use sakimori_words::{CaseId, Digest, OrganisationKind, ReportId};

use super::one::draw;
use super::{NAME_CHARS_MAX, TEXT_CHARS_MAX, at_hub, look, send_out, work};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::Frame;
use crate::screens::respond::letter::{self, Letter};
use crate::screens::respond::{actor, at_by};
use crate::visit::Visit;

const STAGES: [(&str, Stage); 3] =
    [("prompt", Stage::Prompt), ("follow-up", Stage::FollowUp), ("final", Stage::Final)];

/// A report to the office above, ready to be shown.
pub(super) struct UpView {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) state: String,
    pub(super) class: &'static str,
    pub(super) lines: Vec<String>,
    pub(super) alone: Option<String>,
    pub(super) digest: String,
    pub(super) draft: bool,
    pub(super) approved: bool,
    pub(super) mine: bool,
    pub(super) suspects: Vec<String>,
}

pub(super) fn views(visit: &Visit, frame: &Frame, case: &OfficeCase) -> Vec<UpView> {
    case.upward.iter().rev().map(|report| view(visit, frame, report)).collect()
}

fn view(visit: &Visit, frame: &Frame, report: &Report) -> UpView {
    let (word, class) = match report.state {
        ReportState::Draft => ("office-up-state-draft", "look"),
        ReportState::Approved { .. } => ("office-up-state-approved", "look"),
        ReportState::Submitted { .. } => ("office-up-state-sent", "good"),
    };
    let mut lines = vec![at_by(frame, "office-up-drafted", report.drafted_at, &report.drafted_by)];
    if let Some(approval) = report.approval() {
        lines.push(at_by(frame, "office-up-approved", approval.at, &approval.by));
    }
    lines.extend(report.receipts.iter().map(|receipt| {
        format!("{} {}", frame.minute(receipt.at), receipt.words().get(frame.lang))
    }));
    let approved = matches!(report.state, ReportState::Approved { .. });
    let suspects = if approved { visit.site.office.suspects_up(report) } else { Vec::new() };
    let alone = report.approval().and_then(|approval| approval.alone_because.clone());
    UpView {
        id: report.id.to_string(),
        title: report.document.title.get(frame.lang).to_owned(),
        state: frame.t(word),
        class,
        lines,
        alone: alone.map(|reason| frame.with("office-up-alone", "reason", reason)),
        digest: report.document.digest().to_string(),
        draft: matches!(report.state, ReportState::Draft),
        approved,
        mine: report.drafted_by.person == visit.principal.person,
        suspects: suspects.into_iter().map(|suspect| suspect.text).collect(),
    }
}

/// Whom the report is for: the ministry when it is connected, else the authority above, else the ministry by hand.
pub(super) async fn addressee(visit: &Visit) -> Result<Addressee, Failure> {
    let parents = visit.site.post.parents().await?;
    let is = |kind: OrganisationKind| move |one: &&Neighbour| one.organisation.kind == kind;
    let ministry = parents.iter().find(is(OrganisationKind::Ministry));
    let above = ministry.or_else(|| parents.iter().find(is(OrganisationKind::Prefecture)));
    Ok(Addressee {
        recipient: Recipient::Ministry,
        name: above.map_or_else(|| "厚生労働省".to_owned(), |one| one.organisation.name.clone()),
        organisation: above.map(|one| one.id().clone()),
    })
}

pub(super) async fn make(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    work(&visit, &id).await?;
    let id = CaseId::from(id);
    let stage = form.choice("up-stage", &STAGES);
    let department = form.limited("up-department", NAME_CHARS_MAX);
    let phone = form.limited("up-phone", NAME_CHARS_MAX);
    let (Some(stage), true) = (stage, form.fine()) else { return draw(&visit, &id, form).await };
    let new = UpDraft { stage, to: addressee(&visit).await?, department, phone };
    visit.site.office.draft_up(&id, &new, &visit.site.content, &actor(&visit)).await?;
    done(&visit, &id, "flash-up-drafted")
}

pub(super) async fn refresh(visit: Visit, Path((id, report)): Path<(String, String)>) -> Answer {
    work(&visit, &id).await?;
    let (id, report) = (CaseId::from(id), ReportId::from(report));
    visit.site.office.refresh_up(&id, &report, &visit.site.content, &actor(&visit)).await?;
    done(&visit, &id, "flash-up-refreshed")
}

pub(super) async fn approve(
    visit: Visit,
    Path((id, report)): Path<(String, String)>,
    form: Form,
) -> Answer {
    may_approve(&visit, &id).await?;
    let (id, report) = (CaseId::from(id), ReportId::from(report));
    let case = visit.site.office.office_case(&id).await?.case;
    let seen = case.upward(&report).map(|own| own.document.digest());
    // The digest of the form is what was on the screen; another one means that the draft was changed meanwhile.
    let seen = seen.filter(|digest| digest.to_string() == form.text("seen"));
    let seen = seen.unwrap_or_else(|| Digest::of(b""));
    visit.site.office.approve_up(&id, &report, &seen, &actor(&visit)).await?;
    done(&visit, &id, "flash-up-approved")
}

pub(super) async fn approve_alone(
    visit: Visit,
    Path((id, report)): Path<(String, String)>,
    mut form: Form,
) -> Answer {
    may_approve(&visit, &id).await?;
    let (id, report) = (CaseId::from(id), ReportId::from(report));
    let reason = form.required("up-alone-reason", TEXT_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, &id, form).await;
    }
    visit.site.office.approve_up_alone(&id, &report, &reason, &actor(&visit)).await?;
    done(&visit, &id, "flash-up-alone")
}

pub(super) async fn submit(
    visit: Visit,
    Path((id, report)): Path<(String, String)>,
    mut form: Form,
) -> Answer {
    work(&visit, &id).await?;
    let (id, report) = (CaseId::from(id), ReportId::from(report));
    let clean = form.has("up-no-patient", "yes");
    match visit.site.office.submit_up(&id, &report, clean, &actor(&visit)).await {
        Ok((case, outgoing)) => {
            let by_hand = outgoing.to.is_empty();
            send_out(&visit, &outgoing, case.exercise).await?;
            done(&visit, &id, if by_hand { "flash-up-by-hand" } else { "flash-up-submitted" })
        }
        Err(RespondError::Office(OfficeError::MayNamePatient { .. })) => {
            form.wrong("up-no-patient", Problem::new("problem-up-patient"));
            draw(&visit, &id, form).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn print(visit: Visit, Path((id, report)): Path<(String, String)>) -> Answer {
    look(&visit, &id).await?;
    let case = visit.site.office.office_case(&CaseId::from(id)).await?.case;
    let report = ReportId::from(report);
    let unknown = || RespondError::Unknown { what: "report", id: report.to_string() };
    let own = case.upward(&report).ok_or_else(unknown)?;
    let mut frame = visit.frame("office-up").await;
    frame.lang = letter::language(&visit);
    let mut letter = Letter::of(&own.document, frame.lang);
    letter.number.clone_from(&case.number);
    let foot = match own.approval() {
        None => frame.t("letter-draft"),
        Some(approval) => at_by(&frame, "letter-approved", approval.at, &approval.by),
    };
    letter.foot.push(foot);
    let back = format!("/office/cases/{}", case.id);
    letter::draw(&frame, letter, frame.lang, &format!("{back}/up/{report}/letter"), &back)
}

async fn may_approve(visit: &Visit, id: &str) -> Result<(), Failure> {
    at_hub(&visit.site)?;
    let action = Action::ApproveOfficeReport;
    visit.pass_personal(action, "office_case", id, "").await.map(drop)
}

fn done(visit: &Visit, id: &CaseId, flash: &'static str) -> Answer {
    visit.done(&format!("/office/cases/{id}"), &Flash::new(flash))
}
