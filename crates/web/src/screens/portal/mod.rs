//! The portal: an institution of the register without a node reads, answers and reports here, and sees nothing else.
//!
//! Every handler passes the gate for the person's own institution ([`Visit::pass_in_portal`]); which institution that is comes from the
//! account, never from the address.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use sakimori_register::Facility;

use super::Screen;
use crate::arrival::Arrival;
use crate::failure::Failure;
use crate::frame::MenuLink;
use crate::paper;
use crate::site::{Side, Site};
use crate::troubles;
use crate::visit::Visit;
use crate::wording;

mod cases;
mod checklist;
mod contacts;
mod inbox;
mod materials;
mod report;
#[cfg(test)]
mod tests;
mod warning;

pub(in crate::screens) use checklist::CHECK_ANSWERS;
pub(in crate::screens) use warning::as_letter;

/// Every screen of this part. Its menu is its own ([`menu`]).
pub(crate) const SCREENS: &[Screen] = &[Screen { path: "/portal", routes, menu: None }];

/// The menu of a person of the portal: path and word.
const MENU: [(&str, &str); 7] = [
    ("/portal", "portal-inbox"),
    ("/portal/cases", "portal-cases"),
    ("/portal/checklist", "portal-checklist"),
    ("/portal/materials", "materials-title"),
    ("/portal/contacts", "portal-contacts"),
    ("/portal/report", "portal-report"),
    ("/account", "menu-account"),
];

fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/portal", get(inbox::show))
        .route("/portal/cases", get(cases::list))
        .route("/portal/cases/{origin}/{id}", get(cases::show))
        .route("/portal/checklist", get(checklist::show).post(checklist::save))
        .route("/portal/materials", get(materials::list))
        .route("/portal/materials/{id}", get(materials::one))
        .route("/portal/contacts", get(contacts::show).post(contacts::change))
        .route("/portal/report", get(report::offer).post(report::begin))
        .route("/portal/warnings/{origin}/{id}", get(warning::show).post(warning::answer))
        .route("/portal/warnings/{origin}/{id}/attachments/{digest}", get(warning::attachment))
        .merge(paper::beside("/portal/warnings/{origin}/{id}/letter", &get(warning::letter)))
}

/// What a person of the portal finds in the bar.
pub(crate) fn menu(arrival: &Arrival) -> Vec<MenuLink> {
    let is_here = |path: &str| arrival.is_under(path);
    // The inbox lies above the others: of two that fit, the longer is the page.
    let is_current = |path: &str| {
        is_here(path) && !MENU.iter().any(|(other, _)| other.len() > path.len() && is_here(other))
    };
    let link = |(path, word): (&'static str, &str)| MenuLink {
        path,
        label: wording::say(arrival.lang, word),
        current: is_current(path),
    };
    MENU.into_iter().map(link).collect()
}

/// The entry of the person's own institution. Only after the gate.
async fn own(visit: &Visit) -> Result<(Facility, u64), Failure> {
    match visit.site.settings.side {
        Side::Hub => Ok(visit.site.register.get(&visit.principal.organisation).await?),
        Side::Node => Err(Failure::new(&troubles::NOT_FOUND, "")),
    }
}
