//! The office's cases: everything an officer must know of, from whatever source, with its clock; links and help.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use sakimori_federation::{self as federation, Parcel, Relation};
use sakimori_identity::Action;
use sakimori_respond::office::{Awareness, ConcernedInstitution, OfficeCase, OperatingBody};
use sakimori_respond::{Obligation, ObligationState, Outgoing, ReceivedReport, Standing};
use sakimori_words::{InstitutionKind, Organisation};

use crate::failure::Failure;
use crate::form::Form;
use crate::frame::{Choice, Frame};
use crate::site::{Side, Site};
use crate::troubles;
use crate::visit::Visit;

mod acts;
mod board;
mod emergency;
mod links;
mod list;
mod new;
mod one;
mod tasks;
#[cfg(test)]
mod tests;
mod up;

/// Longest text in one field, in characters.
const TEXT_CHARS_MAX: usize = 2_000;
/// Longest name, number or remark, in characters.
const NAME_CHARS_MAX: usize = 200;

/// Kinds of institution by their spelling in forms.
const KINDS: [(&str, InstitutionKind); 6] = [
    ("hospital", InstitutionKind::Hospital),
    ("clinic", InstitutionKind::Clinic),
    ("dental-clinic", InstitutionKind::DentalClinic),
    ("maternity-home", InstitutionKind::MaternityHome),
    ("pharmacy", InstitutionKind::Pharmacy),
    ("regional-network", InstitutionKind::RegionalNetwork),
];

/// The routes of the office's cases.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/office/cases", get(list::show))
        .route("/office/cases.csv", get(list::csv))
        .route("/office/cases/new", get(new::offer).post(new::take))
        .route("/office/cases/{id}", get(one::show))
        .route("/office/cases/{id}/note", post(acts::note))
        .route("/office/cases/{id}/correct", post(acts::correct))
        .route("/office/cases/{id}/institution", post(acts::institution))
        .route("/office/cases/{id}/join", post(acts::join))
        .route("/office/cases/{id}/part", post(acts::part))
        .route("/office/cases/{id}/told", post(acts::told))
        .route("/office/cases/{id}/excuse", post(acts::excuse))
        .route("/office/cases/{id}/guide", post(acts::guide))
        .route("/office/cases/{id}/answered", post(acts::answered))
        .route("/office/cases/{id}/dispatch", post(acts::request))
        .route("/office/cases/{id}/advance", post(acts::advance))
        .route("/office/cases/{id}/close", post(acts::close))
        .route("/office/cases/{id}/reopen", post(acts::reopen))
        .route("/office/cases/{id}/up", post(up::make))
        .route("/office/cases/{id}/up/{report}/refresh", post(up::refresh))
        .route("/office/cases/{id}/up/{report}/approve", post(up::approve))
        .route("/office/cases/{id}/up/{report}/alone", post(up::approve_alone))
        .route("/office/cases/{id}/up/{report}/submit", post(up::submit))
        .route("/office/cases/{id}/up/{report}/letter", get(up::print))
        .route("/office/cases/{id}/task", post(tasks::give))
        .route("/office/cases/{id}/task/answer", post(tasks::answer))
        .route("/office/tasks", get(tasks::list))
        .route("/office/dispatch", get(board::show))
        .route("/office/links", get(links::show).post(links::make))
        .route("/office/links/revoke", post(links::revoke))
}

/// The routes that need no account.
pub(super) fn open_routes() -> Router<Arc<Site>> {
    Router::new().route("/emergency", get(emergency::show).post(emergency::take))
}

/// An institution has no office's cases.
fn at_hub(site: &Site) -> Result<(), Failure> {
    match site.settings.side {
        Side::Hub => Ok(()),
        Side::Node => Err(Failure::new(&troubles::NOT_FOUND, "")),
    }
}

/// The gate for looking at the office's cases.
async fn look(visit: &Visit, id: &str) -> Result<(), Failure> {
    at_hub(&visit.site)?;
    visit.pass_personal(Action::ViewReports, "office_case", id, "").await.map(drop)
}

/// The gate for working on the office's cases.
async fn work(visit: &Visit, id: &str) -> Result<(), Failure> {
    at_hub(&visit.site)?;
    visit.pass_personal(Action::ReceiveReport, "office_case", id, "").await.map(drop)
}

/// The institutions below this office.
async fn children(visit: &Visit) -> Result<Vec<Organisation>, Failure> {
    let neighbours = visit.site.post.neighbours().await?;
    let below =
        neighbours.into_iter().filter(|one| one.is_active() && one.relation == Relation::Child);
    Ok(below.map(|one| one.organisation).filter(|own| !own.kind.is_office()).collect())
}

/// An institution below this office as it is chosen, or one that is typed.
fn child_choices(frame: &Frame, children: &[Organisation]) -> Vec<Choice> {
    let typed = Choice::new("", frame.t("office-child-typed"));
    let known = children.iter().map(|child| Choice::new(&child.id, child.name.clone()));
    std::iter::once(typed).chain(known).collect()
}

fn kind_choices(frame: &Frame) -> Vec<Choice> {
    let unknown = Choice::new("", frame.t("office-unknown"));
    let known =
        KINDS.iter().map(|(word, _)| Choice::new(word, frame.t(&format!("office-kind-{word}"))));
    std::iter::once(unknown).chain(known).collect()
}

fn kind_word(kind: InstitutionKind) -> &'static str {
    KINDS.iter().find(|(_, own)| *own == kind).map_or("", |(word, _)| word)
}

/// The institution a form names: the chosen one below this office, with what was typed over it.
fn institution(form: &mut Form, children: &[Organisation]) -> ConcernedInstitution {
    let child = form.text("office-child").to_owned();
    let chosen = children.iter().find(|own| own.id.as_str() == child);
    let mut named = chosen.map(ConcernedInstitution::from).unwrap_or_default();
    if chosen.is_none() {
        named.name = form.required("office-name", NAME_CHARS_MAX);
        named.kind = kind(form);
        named.beds = form.number("office-beds");
        named.municipal = form.has("office-municipal", "yes");
    }
    named.phone = form.limited("office-phone", NAME_CHARS_MAX);
    named
}

fn kind(form: &Form) -> Option<InstitutionKind> {
    KINDS.iter().find(|(word, _)| *word == form.text("concerned-kind")).map(|(_, kind)| *kind)
}

fn operating_body(form: &mut Form) -> OperatingBody {
    OperatingBody {
        name: form.limited("office-body", NAME_CHARS_MAX),
        person: form.limited("office-body-person", NAME_CHARS_MAX),
        phone: form.limited("office-body-phone", NAME_CHARS_MAX),
    }
}

/// Hands what a report's sender is to hear over to the federation.
async fn send(visit: &Visit, told: Option<(ReceivedReport, Outgoing)>) -> Result<(), Failure> {
    let Some((report, outgoing)) = told else { return Ok(()) };
    let body: serde_json::Value = serde_json::from_slice(&outgoing.body)
        .map_err(|error| Failure::new(&troubles::NOT_DRAWN, error.to_string()))?;
    let parcel = |to: &sakimori_words::OrganisationId| {
        let message = federation::Outgoing::new(to.clone(), outgoing.media_type, body.clone());
        let in_reply_to = Some(report.message.clone());
        Parcel::New(federation::Outgoing {
            in_reply_to,
            exercise: report.report.exercise,
            ..message
        })
    };
    let parcels = outgoing.to.iter().map(parcel).collect();
    visit.site.post.post(parcels, Vec::new()).await?;
    Ok(())
}

/// Hands a message for other offices over to the federation.
async fn send_out(visit: &Visit, outgoing: &Outgoing, exercise: bool) -> Result<(), Failure> {
    let body: serde_json::Value = serde_json::from_slice(&outgoing.body)
        .map_err(|error| Failure::new(&troubles::NOT_DRAWN, error.to_string()))?;
    let parcel = |to: &sakimori_words::OrganisationId| {
        let message = federation::Outgoing::new(to.clone(), outgoing.media_type, body.clone());
        Parcel::New(federation::Outgoing { exercise, ..message })
    };
    visit.site.post.post(outgoing.to.iter().map(parcel).collect(), Vec::new()).await?;
    Ok(())
}

/// Where a case is shown.
pub(in crate::screens) fn case_address(case: &OfficeCase) -> String {
    format!("/office/cases/{}", case.id)
}

/// The clock of a duty in one line, and whether it wants somebody.
fn clock_line(frame: &Frame, duty: &Obligation) -> (String, bool) {
    match (&duty.state, duty.standing(frame.now)) {
        (ObligationState::Open, Standing::Overdue | Standing::Pressing) => {
            (frame.with("office-clock-late", "ago", frame.ago(duty.anchor_at)), true)
        }
        (ObligationState::Open, _) => {
            (frame.with("office-clock-open", "ago", frame.ago(duty.anchor_at)), false)
        }
        (ObligationState::Sent { at, .. }, _) => {
            (frame.with("office-clock-sent", "at", frame.minute(*at)), false)
        }
        (ObligationState::Met { at, .. }, _) => {
            (frame.with("office-clock-met", "at", frame.minute(*at)), false)
        }
        (ObligationState::Excused { .. }, _) => (frame.t("office-clock-excused"), false),
    }
}

/// The clock of a case: its first duty.
fn clock(frame: &Frame, case: &OfficeCase) -> (String, bool) {
    case.duties.first().map_or_else(|| (String::new(), false), |duty| clock_line(frame, duty))
}

/// Ways of learning of a case as they are chosen. A report and a link are not typed.
fn awareness_choices(frame: &Frame, typed: bool) -> Vec<Choice> {
    let own = |one: &&Awareness| {
        !typed || !matches!(one, Awareness::InstitutionReport | Awareness::EmergencyLink)
    };
    let choice =
        |one: &Awareness| Choice::new(one.as_str(), one.words().get(frame.lang).to_owned());
    Awareness::ALL.iter().filter(own).map(choice).collect()
}

fn awareness(word: &str) -> Option<Awareness> {
    Awareness::ALL.into_iter().find(|one| one.as_str() == word)
}
