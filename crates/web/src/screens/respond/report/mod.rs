//! One report: written from the record, completed by hand, approved by another person, sent, acknowledged.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use sakimori_federation::{self as federation, Parcel};
use sakimori_identity::Action;
use sakimori_respond::{EntryKind, Outgoing, Passage, Report, ReportState, passages_of};
use sakimori_words::{CaseId, ReportId, Text};

use self::fields::Input;
use self::view::ReportView;
pub(super) use self::view::{SectionView, values};
use super::letter::{self, Letter};
use super::{actor, at_by};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::Frame;
use crate::paper;
use crate::ports::Paper;
use crate::site::Site;
use crate::troubles;
use crate::visit::{Visit, page};
use crate::{Failure, wording};

mod fields;
mod sheets;
mod traces;
mod view;

/// Longest reason for approving alone, in characters.
const REASON_CHARS_MAX: usize = 500;

/// The routes of one report.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/cases/{case}/reports/{id}", get(show).post(save))
        .route("/cases/{case}/reports/{id}/refresh", post(refresh))
        .route("/cases/{case}/reports/{id}/approve", post(approve))
        .route("/cases/{case}/reports/{id}/approve-alone", post(approve_alone))
        .route("/cases/{case}/reports/{id}/withdraw-approval", post(withdraw_approval))
        .route("/cases/{case}/reports/{id}/submit", post(submit))
        .route("/cases/{case}/reports/{id}/resend", post(resend))
        .route("/cases/{case}/reports/{id}/letter", get(print))
        .merge(paper::beside("/cases/{case}/reports/{id}/report", &get(file)))
        .merge(paper::beside("/cases/{case}/reports/{id}/forms/{sheet}/form", &get(sheets::file)))
}

#[derive(Template)]
#[template(path = "screens/respond/report/page.html")]
struct ReportPage {
    frame: Frame,
    form: Form,
    view: ReportView,
}

/// The address of a report: its case and its id. A report under another case's address is not found.
type Address = Path<(String, String)>;

async fn show(visit: Visit, Path((case, id)): Address) -> Answer {
    visit.pass_personal(Action::ViewReports, "report", &id, "").await?;
    let report = find(&visit, &case, &id).await?;
    draw(&visit, &report, Form::new()).await
}

async fn draw(visit: &Visit, report: &Report, form: Form) -> Answer {
    let file = visit.site.cases.file(&report.case).await?;
    let mut frame = visit.frame("report-title").await;
    let mut view = ReportView::of(visit, &frame, &file.case, report, &form);
    if view.may_edit() {
        view.traces = traces::offered(visit, &file.case).await?;
    }
    view.show_course(&frame, report, &file.reports, &visit.site.control.link_state().await);
    report.document.title.get(frame.lang).clone_into(&mut frame.title);
    frame.live = true;
    page(&ReportPage { frame, form, view })
}

async fn save(visit: Visit, Path((case, id)): Address, mut form: Form) -> Answer {
    visit.pass_personal(Action::DraftReport, "report", &id, "").await?;
    let report = find(&visit, &case, &id).await?;
    let record = visit.site.cases.case(&report.case).await?;
    let [name, version] = &report.form;
    let questions = visit.site.content.form_version(name, version);
    traces::add_ticked(&mut form);
    let changes = questions.map(|questions| fields::changes(&mut form, questions, &record));
    if !form.fine() {
        return draw(&visit, &report, form).await;
    }
    let by = actor(&visit);
    for (field, answer) in changes.unwrap_or_default() {
        visit.site.cases.answer(&report.case, &field, &answer, &by).await?;
    }
    visit.site.cases.refresh(&report.id, &by).await?;
    visit.done(&path(&report), &Flash::new("flash-report-saved"))
}

async fn refresh(visit: Visit, Path((case, id)): Address) -> Answer {
    visit.pass_personal(Action::DraftReport, "report", &id, "").await?;
    let report = find(&visit, &case, &id).await?;
    visit.site.cases.refresh(&report.id, &actor(&visit)).await?;
    visit.done(&path(&report), &Flash::new("flash-report-refreshed"))
}

async fn approve(visit: Visit, Path((case, id)): Address, mut form: Form) -> Answer {
    visit.pass_personal(Action::ApproveReport, "report", &id, "").await?;
    let report = find(&visit, &case, &id).await?;
    check_seen(&mut form, &report);
    let n_passages = looked_through(&visit, &mut form, &report);
    if !form.fine() {
        return draw(&visit, &report, form).await;
    }
    note_passages(&visit, &report, n_passages).await?;
    let seen = report.document.digest();
    visit.site.cases.approve_seen(&report.id, &seen, &actor(&visit)).await?;
    visit.done(&path(&report), &Flash::new("flash-report-approved"))
}

async fn approve_alone(visit: Visit, Path((case, id)): Address, mut form: Form) -> Answer {
    visit.pass_personal(Action::ApproveReport, "report", &id, "alone").await?;
    let report = find(&visit, &case, &id).await?;
    let reason = form.required("alone-reason", REASON_CHARS_MAX);
    check_seen(&mut form, &report);
    let n_passages = looked_through(&visit, &mut form, &report);
    if !form.fine() {
        return draw(&visit, &report, form).await;
    }
    note_passages(&visit, &report, n_passages).await?;
    visit.site.cases.approve_alone(&report.id, &reason, &actor(&visit)).await?;
    visit.done(&path(&report), &Flash::new("flash-report-approved-alone"))
}

/// Takes an approval back before the report has left. Whoever can write or approve may stop it.
async fn withdraw_approval(visit: Visit, Path((case, id)): Address, mut form: Form) -> Answer {
    let drafts = visit.may(Action::DraftReport);
    let action = if drafts { Action::DraftReport } else { Action::ApproveReport };
    visit.pass_personal(action, "report", &id, "").await?;
    let report = find(&visit, &case, &id).await?;
    let reason = form.required("withdraw-approval-reason", REASON_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, &report, form).await;
    }
    visit.site.cases.withdraw_approval(&report.id, &reason, &actor(&visit)).await?;
    visit.done(&path(&report), &Flash::new("flash-approval-withdrawn"))
}

/// What is approved is what the approver saw: the form carries the digest of the document on the page.
fn check_seen(form: &mut Form, report: &Report) {
    if form.text("digest") != report.document.digest().to_string() {
        form.wrong("", Problem::new("problem-report-changed"));
    }
}

/// What may identify a patient is looked at before anybody approves. Returns how many passages there are.
fn looked_through(visit: &Visit, form: &mut Form, report: &Report) -> usize {
    let n_passages = passages(visit, report).len();
    if n_passages > 0 && !form.has("scrub-seen", "yes") {
        form.wrong("scrub-seen", Problem::new("problem-scrub"));
    }
    n_passages
}

/// The passages of a report that may identify a patient, each with the label of its row.
fn passages(visit: &Visit, report: &Report) -> Vec<(Text, Passage)> {
    let [name, version] = &report.form;
    passages_of(report, visit.site.content.form_version(name, version))
}

/// That somebody looked at the passages stands in the timeline, whatever they decided.
async fn note_passages(visit: &Visit, report: &Report, count: usize) -> Result<(), Failure> {
    if count == 0 || !visit.site.cases.case(&report.case).await?.is_open() {
        return Ok(());
    }
    let text = super::sentence(
        visit.lang(),
        "scrub-note",
        &[("number", &report.number), ("count", &count)],
    );
    visit.site.cases.note(&report.case, EntryKind::Action, &text, None, &actor(visit)).await?;
    Ok(())
}

async fn submit(visit: Visit, Path((case, id)): Address) -> Answer {
    visit.pass_personal(Action::DraftReport, "report", &id, "submit").await?;
    let report = find(&visit, &case, &id).await?;
    let (report, outgoing) = visit.site.cases.submit(&report.id, &actor(&visit)).await?;
    let word =
        if outgoing.to.is_empty() { "flash-report-by-hand" } else { "flash-report-submitted" };
    hand_over(&visit, &report, &outgoing).await?;
    visit.done(&path(&report), &Flash::new(word))
}

/// Hands a submitted report to the post once more. Offices keep the same report once, so this never makes a second one.
async fn resend(visit: Visit, Path((case, id)): Address) -> Answer {
    visit.pass_personal(Action::DraftReport, "report", &id, "submit").await?;
    let report = find(&visit, &case, &id).await?;
    let outgoing = visit.site.cases.outgoing(&report).await?;
    hand_over(&visit, &report, &outgoing).await?;
    visit.done(&path(&report), &Flash::new("flash-report-submitted"))
}

async fn hand_over(visit: &Visit, report: &Report, outgoing: &Outgoing) -> Result<(), Failure> {
    let body: serde_json::Value = serde_json::from_slice(&outgoing.body)
        .map_err(|error| Failure::new(&troubles::NOT_DRAWN, error.to_string()))?;
    let exercise = visit.site.cases.case(&report.case).await?.exercise;
    let parcels = outgoing
        .to
        .iter()
        .map(|to| {
            let message = federation::Outgoing::new(to.clone(), outgoing.media_type, body.clone());
            Parcel::New(federation::Outgoing { exercise, ..message })
        })
        .collect();
    visit.site.post.post(parcels, Vec::new()).await?;
    Ok(())
}

async fn print(visit: Visit, Path((case, id)): Address) -> Answer {
    visit.pass_personal(Action::ViewReports, "report", &id, "print").await?;
    let report = find(&visit, &case, &id).await?;
    let mut frame = visit.frame("report-title").await;
    frame.lang = letter::language(&visit);
    let letter = letter_of(&frame, &report);
    let own = path(&report);
    letter::draw(&frame, letter, frame.lang, &format!("{own}/letter"), &own)
}

async fn file(visit: Visit, Path((case, id)): Address, paper: Paper) -> Answer {
    visit.pass_personal(Action::ViewReports, "report", &id, paper.ending()).await?;
    let report = find(&visit, &case, &id).await?;
    paper::hand_out(&visit, report.to_document(letter::language(&visit)), paper).await
}

fn letter_of(frame: &Frame, report: &Report) -> Letter {
    let mut letter = Letter::of(&report.document, frame.lang);
    letter.number = frame.with("letter-number", "number", report.paper_number());
    let party = &report.party;
    let contact = format!("{} {}", party.department, party.person);
    let phone = [party.phone.as_str(), party.after_hours_phone.as_str()];
    let phone: Vec<&str> = phone.into_iter().filter(|one| !one.is_empty()).collect();
    for line in [party.address.clone(), contact.trim().to_owned(), phone.join(" / ")] {
        if !line.is_empty() {
            letter.sender.push(line);
        }
    }
    match report.approval() {
        Some(approval) => {
            letter.foot.insert(0, at_by(frame, "letter-approved", approval.at, &approval.by));
        }
        None => letter.banner.push(wording::say(frame.lang, "letter-draft")),
    }
    letter
}

pub(super) fn path(report: &Report) -> String {
    format!("/cases/{}/reports/{}", report.case, report.id)
}

pub(super) async fn find(visit: &Visit, case: &str, id: &str) -> Result<Report, Failure> {
    let report = visit.site.cases.report(&ReportId::from(id)).await?;
    if report.case == CaseId::from(case) {
        Ok(report)
    } else {
        Err(Failure::new(&troubles::NOT_FOUND, ""))
    }
}

/// Whether the report can still be written.
const fn is_draft(report: &Report) -> bool {
    matches!(report.state, ReportState::Draft)
}
