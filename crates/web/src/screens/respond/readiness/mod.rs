//! 備え: the contact tree, the call sheet for now, deciders, procedures, drills and exercises, and the copy on paper.
//!
//! Whoever works on a case reads them; who keeps the settings changes them. Every look is recorded, since private numbers stand there.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::{get, post};
use sakimori_identity::Action;
use sakimori_respond::readiness::{PROCEDURE_KINDS, ReadinessDesk, drill_score};
use sakimori_words::jst_date;

use crate::failure::{Answer, Failure};
use crate::frame::{Frame, Lamp};
use crate::paper::beside;
use crate::profile::{self, Profile};
use crate::site::Site;
use crate::visit::{Visit, page};

pub(crate) mod contacts;
mod contacts_file;
pub(super) mod deciders;
mod document;
mod drills;
pub(crate) mod due;
mod exercise;
pub mod paper;
mod procedures;
pub(super) mod sheet;
#[cfg(test)]
mod tests;

/// Days after which the copy on paper is worth a look.
const PAPER_DAYS: i64 = 30;
/// Days within which the phone tree is drilled once.
const DRILL_DAYS: i64 = 365;

/// The routes of this part.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/readiness", get(overview))
        .route("/readiness/contacts", get(contacts::list).post(contacts::add))
        .route("/readiness/contacts/new", get(contacts::offer))
        .route("/readiness/contacts/import", get(contacts_file::offer).post(contacts_file::import))
        .route("/readiness/contacts/export.csv", get(contacts_file::export))
        .route("/readiness/contacts/{id}", get(contacts::show).post(contacts::change))
        .route("/readiness/contacts/{id}/verified", post(contacts::verified))
        .route("/readiness/contacts/{id}/remove", post(contacts::remove))
        .route("/readiness/sheet", get(sheet::show))
        .merge(beside("/readiness/sheet", &get(sheet::file)))
        .route("/readiness/sheet/take", post(sheet::take))
        .route("/readiness/deciders", get(deciders::show).post(deciders::change))
        .route("/readiness/procedures", get(procedures::list))
        .route("/readiness/procedures/{kind}", get(procedures::show).post(procedures::write))
        .route("/readiness/drills", get(drills::list).post(drills::plan))
        .route("/readiness/drills/{id}", get(drills::show))
        .route("/readiness/drills/{id}/{act}", post(drills::act))
        .route("/cases/{id}/exercise", get(exercise::show))
        .route("/cases/{id}/exercise/{act}", post(exercise::act))
}

/// One part of being prepared, with its state.
struct Part {
    address: &'static str,
    title: String,
    lamp: Lamp,
    state: String,
}

#[derive(Template)]
#[template(path = "screens/respond/readiness/overview.html")]
struct OverviewPage {
    frame: Frame,
    parts: Vec<Part>,
    may_open_case: bool,
}

async fn overview(visit: Visit) -> Answer {
    pass_to_read(&visit, "readiness", "").await?;
    let frame = visit.frame("readiness-title").await;
    let parts = parts(&visit, &frame).await?;
    page(&OverviewPage { frame, parts, may_open_case: visit.may(Action::OpenCase) })
}

/// The parts with their states, for the overview and for Today.
async fn parts(visit: &Visit, frame: &Frame) -> Result<Vec<Part>, Failure> {
    let own = profile::load(visit.site.store.as_ref()).await?;
    Ok(vec![
        contacts_part(frame, own.as_ref()),
        paper_part(visit, frame).await?,
        deciders_part(visit, frame).await?,
        procedures_part(visit, frame).await?,
        drills_part(visit, frame).await?,
    ])
}

fn contacts_part(frame: &Frame, own: Option<&Profile>) -> Part {
    let today = jst_date(frame.now);
    let contacts = own.map(|own| own.local_contacts.as_slice()).unwrap_or_default();
    let valid: Vec<_> = contacts.iter().filter(|own| own.is_valid_on(today)).collect();
    let stale = valid.iter().filter(|own| own.is_stale_on(today)).count();
    let (lamp, state) = match (valid.len(), stale) {
        (0, _) => (Lamp::Look, frame.t("readiness-contacts-none")),
        (all, 0) => (Lamp::Good, frame.with("readiness-contacts-fine", "count", all)),
        (all, stale) => {
            (Lamp::Look, frame.with2("readiness-contacts-stale", "count", all, "stale", stale))
        }
    };
    part(frame, "/readiness/contacts", "contacts-title", lamp, state)
}

async fn paper_part(visit: &Visit, frame: &Frame) -> Result<Part, Failure> {
    let taken = desk(visit).paper_taken().await?;
    let (lamp, state) = match taken {
        None => (Lamp::Look, frame.t("readiness-paper-never")),
        Some(mark) => {
            let old = mark.at.plus_seconds(PAPER_DAYS * 86_400) < frame.now;
            let state = frame.with2(
                "readiness-paper-taken",
                "at",
                frame.minute(mark.at),
                "by",
                mark.by.name,
            );
            (if old { Lamp::Look } else { Lamp::Good }, state)
        }
    };
    Ok(part(frame, "/readiness/sheet", "call-sheet-title", lamp, state))
}

async fn deciders_part(visit: &Visit, frame: &Frame) -> Result<Part, Failure> {
    let deciders = desk(visit).deciders().await?;
    let (lamp, state) = match deciders.len() {
        0 => (Lamp::Look, frame.t("readiness-deciders-none")),
        n => (Lamp::Good, frame.with("readiness-deciders-fine", "count", n)),
    };
    Ok(part(frame, "/readiness/deciders", "deciders-title", lamp, state))
}

async fn procedures_part(visit: &Visit, frame: &Frame) -> Result<Part, Failure> {
    let today = jst_date(frame.now);
    let procedures = desk(visit).procedures().await?;
    let stale = procedures.iter().filter(|own| own.is_stale_on(today)).count();
    let missing = PROCEDURE_KINDS.len().saturating_sub(procedures.len());
    let (lamp, state) = match (missing, stale) {
        (0, 0) => (Lamp::Good, frame.t("readiness-procedures-fine")),
        (missing, stale) => (
            Lamp::Look,
            frame.with2("readiness-procedures-look", "missing", missing, "stale", stale),
        ),
    };
    Ok(part(frame, "/readiness/procedures", "procedures-title", lamp, state))
}

async fn drills_part(visit: &Visit, frame: &Frame) -> Result<Part, Failure> {
    let drills = desk(visit).drills().await?;
    let last = drills.iter().find_map(|drill| Some((drill, drill.ended_at()?)));
    let (lamp, state) = match last {
        None => (Lamp::Look, frame.t("readiness-drills-none")),
        Some((drill, at)) => {
            let score = drill_score(drill);
            let old = at.plus_seconds(DRILL_DAYS * 86_400) < frame.now;
            let reached = format!("{}/{}", score.reached, score.people);
            let state =
                frame.with2("readiness-drills-last", "at", frame.day(at), "reached", reached);
            (if old { Lamp::Look } else { Lamp::Good }, state)
        }
    };
    let (lamp, state) = match drills::late_improvements(visit, frame).await? {
        0 => (lamp, state),
        n => (
            Lamp::Look,
            format!("{state} {}", frame.with("readiness-improvements-late", "count", n)),
        ),
    };
    Ok(part(frame, "/readiness/drills", "drills-title", lamp, state))
}

fn part(frame: &Frame, address: &'static str, title: &str, lamp: Lamp, state: String) -> Part {
    Part { address, title: frame.t(title), lamp, state }
}

/// The desk over this site's store.
pub(super) fn desk(visit: &Visit) -> ReadinessDesk {
    let site = &visit.site;
    ReadinessDesk::new(Arc::clone(&site.store), Arc::clone(&site.clock), Arc::clone(&site.chance))
}

/// Passes the gate for reading: whoever works on cases, and whoever keeps the settings.
async fn pass_to_read(visit: &Visit, kind: &'static str, id: &str) -> Result<(), Failure> {
    let action =
        if visit.may(Action::ViewCase) { Action::ViewCase } else { Action::ManageSettings };
    visit.pass_personal(action, kind, id, "").await.map(drop)
}
