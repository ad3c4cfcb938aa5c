//! The register of institutions at an office: searched, entered, changed, taken in as lists; and who of them uses the portal.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use sakimori_identity::Action;
use sakimori_register::{Facility, RegisterError, Way};
use sakimori_words::{Lang, Prefecture};

use super::{MenuEntry, Screen};
use crate::failure::{Failure, fails_with};
use crate::form::Form;
use crate::frame::{Choice, Frame};
use crate::site::{Side, Site};
use crate::troubles;
use crate::visit::Visit;

mod checklists;
pub(super) mod contacts;
mod entry;
mod import;
mod invite;
mod list;
#[cfg(test)]
mod tests;

fails_with!(RegisterError);

/// Every screen of this part.
pub(crate) const SCREENS: &[Screen] = &[Screen {
    path: "/register",
    routes,
    menu: Some(MenuEntry {
        word: "menu-register",
        place: 52,
        side: Some(Side::Hub),
        action: Action::ViewRegister,
    }),
}];

/// Largest list taken in on the screen; larger ones by `sakimori register import`.
const UPLOAD_BYTES_MAX: usize = 16 * 1024 * 1024;

fn routes() -> Router<Arc<Site>> {
    let upload = DefaultBodyLimit::max(UPLOAD_BYTES_MAX);
    Router::new()
        .route("/register", get(list::show))
        .route("/register/export.csv", get(list::export))
        .route("/register/checklists", get(checklists::show))
        .route("/register/checklists/{id}", get(checklists::export))
        .route("/register/new", get(entry::offer).post(entry::add))
        .route("/register/import", get(import::offer).post(import::take).layer(upload))
        .route("/register/proposals", post(import::decide))
        .route("/register/entry/{id}", get(entry::show).post(entry::change))
        .route("/register/entry/{id}/close", post(entry::close))
        .route("/register/entry/{id}/invite", post(invite::invite))
        .route("/register/entry/{id}/member", post(invite::switch))
}

/// An institution keeps no register.
fn at_hub(visit: &Visit) -> Result<(), Failure> {
    match visit.site.settings.side {
        Side::Hub => Ok(()),
        Side::Node => Err(Failure::new(&troubles::NOT_FOUND, "")),
    }
}

/// The gate for changing the register.
async fn manage(visit: &Visit, id: &str) -> Result<(), Failure> {
    at_hub(visit)?;
    visit.pass_personal(Action::ManageRegister, "register", id, "").await.map(drop)
}

fn address(facility: &Facility) -> String {
    format!("/register/entry/{}", facility.id())
}

/// The way chosen in the field `name`; a problem is noted in the form.
fn way_in(form: &mut Form, name: &str) -> Option<Way> {
    form.choice(name, &Way::CHOSEN.map(|way| (way.as_str(), way)))
}

fn way_choices(frame: &Frame) -> Vec<Choice> {
    let choice = |way: Way| Choice::new(way.as_str(), way_word(frame, way.as_str()));
    Way::CHOSEN.map(choice).to_vec()
}

fn way_word(frame: &Frame, way: &str) -> String {
    frame.t(&format!("way-{way}"))
}

fn prefecture_choices(frame: &Frame, none: &str) -> Vec<Choice> {
    let none = Choice::new("", frame.t(none));
    let name = |lang: Lang| move |one: Prefecture| Choice::new(one.code(), one.name(lang));
    std::iter::once(none).chain(Prefecture::all().map(name(frame.lang))).collect()
}
