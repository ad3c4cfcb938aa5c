//! The way in: setup, sign-in, fresh codes, invitations, language, and the demonstration's change of roles.

use axum::Router;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use sakimori_identity::{IdentityError, SignedIn};
use sakimori_words::{Lang, PersonId};

use super::Screen;
use crate::arrival::LANGUAGE_COOKIE;
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::site::Site;
use crate::troubles;
use crate::visit::{self, Guest, Visit};

mod account;
mod invitation;
pub(super) mod qr;
mod setup;
mod sign_in;
mod step_up;

/// Every screen of this part.
pub(crate) const SCREENS: &[Screen] = &[
    Screen { path: "/setup", routes: setup::routes, menu: None },
    Screen { path: "/invitation", routes: invitation::routes, menu: None },
    Screen { path: "/sign-in", routes: sign_in::routes, menu: None },
    Screen { path: "/step-up", routes: step_up::routes, menu: None },
    Screen { path: "/", routes: small_routes, menu: None },
];

fn small_routes() -> Router<std::sync::Arc<Site>> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/today") }))
        .route("/language", post(choose_language))
        .route("/sign-out", post(sign_out))
        .route("/demo/enter", post(enter_demonstration))
}

async fn choose_language(guest: Guest, form: Form) -> Answer {
    let lang = Lang::from_tag(form.text("lang")).unwrap_or_default();
    let mut response = visit::go(&guest.site, form.text("next"), None);
    visit::set_cookie(&mut response, &guest.site, LANGUAGE_COOKIE, lang.tag(), Some(ONE_YEAR_S));
    Ok(response)
}

async fn sign_out(visit: Visit) -> Answer {
    visit.site.identity.sign_out(visit.token()).await?;
    let mut response = visit::go(&visit.site, "/sign-in", Some(&Flash::new("flash-signed-out")));
    visit::set_cookie(
        &mut response,
        &visit.site,
        &visit.site.settings.session_cookie(),
        "",
        Some(0),
    );
    Ok(response)
}

async fn enter_demonstration(guest: Guest, form: Form) -> Answer {
    let Some(demo) = &guest.site.demo else {
        return Err(Failure::new(&troubles::NOT_FOUND, ""));
    };
    let token = demo.enter(&PersonId::from(form.text("person"))).await?;
    let mut response = visit::go(&guest.site, "/today", None);
    visit::set_cookie(
        &mut response,
        &guest.site,
        &guest.site.settings.session_cookie(),
        &token,
        None,
    );
    Ok(response)
}

const ONE_YEAR_S: u32 = 31_536_000;

/// Leads to `next` with the cookies of a fresh session.
fn enter(site: &Site, signed_in: &SignedIn, next: &str, flash: Option<&Flash>) -> Response {
    let mut response = visit::go(site, next, flash);
    keep_session(&mut response, site, signed_in);
    response
}

/// Sets the session cookie (ends with the browser) and the mark of a known browser (stays).
fn keep_session(response: &mut Response, site: &Site, signed_in: &SignedIn) {
    visit::set_cookie(response, site, &site.settings.session_cookie(), &signed_in.token, None);
    visit::set_cookie(
        response,
        site,
        &site.settings.device_cookie(),
        &signed_in.device,
        Some(ONE_YEAR_S),
    );
}

/// Puts a refusal of the identity beside the field it is about; other errors end the visit.
fn beside_its_field(form: &mut Form, error: IdentityError) -> Result<(), Failure> {
    let (field, problem) = match error {
        IdentityError::WeakPassword(fault) => ("new-password", Problem::said(fault.text())),
        IdentityError::NameTaken => ("sign-in-name", Problem::new("problem-name-taken")),
        IdentityError::NameUnfit => ("sign-in-name", Problem::new("problem-name-unfit")),
        IdentityError::CodeWrong => ("code", Problem::new("problem-code-wrong")),
        other => return Err(other.into()),
    };
    form.wrong(field, problem);
    Ok(())
}
