//! The first three minutes: language, profile of the organisation, first account with its authenticator, paper codes.
//!
//! Nothing is written before the first code fits: earlier pages travel along in hidden fields, so an abandoned setup leaves
//! nothing behind and the profile is recorded under the name of the person who gave it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::{get, post};
use sakimori_identity::{IdentityError, Side};
use sakimori_words::Lang;

use super::account::{self, Stage};
use super::beside_its_field;
use crate::failure::{Answer, Failure};
use crate::form::Form;
use crate::frame::Frame;
use crate::profile;
use crate::screens::manage::organisation::{self, Choices};
use crate::site::Site;
use crate::visit::{Guest, page};
use crate::{arrival, visit};

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/setup", get(show_language).post(take_language))
        .route("/setup/profile", get(show_profile).post(take_profile))
        .route("/setup/account", post(take_account))
        .route("/setup/code", post(take_code))
}

#[derive(Template)]
#[template(path = "screens/entrance/setup/language.html")]
struct LanguagePage {
    frame: Frame,
    token: String,
    steps: u8,
}

#[derive(Template)]
#[template(path = "screens/entrance/setup/profile.html")]
struct ProfilePage {
    frame: Frame,
    form: Form,
    choices: Choices,
    token: String,
    steps: u8,
}

#[derive(Template)]
#[template(path = "screens/entrance/setup/account.html")]
struct AccountPage {
    frame: Frame,
    form: Form,
    stage: Stage,
}

async fn show_language(guest: Guest) -> Answer {
    refuse_when_set_up(&guest).await?;
    let token = guest.query.text("token").to_owned();
    page(&LanguagePage {
        frame: guest.frame("setup-language-title").await,
        token,
        steps: steps(&guest),
    })
}

async fn take_language(guest: Guest, form: Form) -> Answer {
    let lang = Lang::from_tag(form.text("lang")).unwrap_or_default();
    let next = crate::address::with_query("/setup/profile", &[("token", form.text("token"))]);
    let mut response = visit::go(&guest.site, &next, None);
    visit::set_cookie(
        &mut response,
        &guest.site,
        arrival::LANGUAGE_COOKIE,
        lang.tag(),
        Some(31_536_000),
    );
    Ok(response)
}

async fn show_profile(guest: Guest) -> Answer {
    refuse_when_set_up(&guest).await?;
    let mut form = Form::new();
    form.set("token", guest.query.text("token"));
    organisation::prefill(&mut form, guest.site.settings.side);
    profile_page(&guest, form).await
}

async fn take_profile(guest: Guest, mut form: Form) -> Answer {
    refuse_when_set_up(&guest).await?;
    let settings = &guest.site.settings;
    organisation::read(&mut form, &settings.organisation, settings.side);
    if !form.fine() {
        return profile_page(&guest, form).await;
    }
    account_page(&guest, form).await
}

async fn take_account(guest: Guest, mut form: Form) -> Answer {
    refuse_when_set_up(&guest).await?;
    let account = account::read(&mut form);
    if !form.fine() {
        return account_page(&guest, form).await;
    }
    match guest.site.identity.redeem_setup(form.text("token"), account).await {
        Ok(enrolment) => account::lay_in(&mut form, &enrolment),
        Err(error) => {
            beside_its_field(&mut form, error)?;
            return account_page(&guest, form).await;
        }
    }
    code_page(&guest, form).await
}

async fn take_code(guest: Guest, mut form: Form) -> Answer {
    let settings = &guest.site.settings;
    let Some(profile) = organisation::read(&mut form, &settings.organisation, settings.side) else {
        return profile_page(&guest, form).await;
    };
    let (ticket, code) = (form.text("ticket").to_owned(), form.text("code").to_owned());
    let enrolled =
        match guest.site.identity.confirm_enrolment(&ticket, &code, &guest.client()).await {
            Ok(enrolled) => enrolled,
            Err(error) => {
                beside_its_field(&mut form, error)?;
                return code_page(&guest, form).await;
            }
        };
    let actor = enrolled.person.id.as_str();
    profile::save(guest.site.store.as_ref(), &profile, actor, guest.site.clock.now()).await?;
    guest.site.control.profile_saved(&profile.organisation).await;
    let next = match settings.side {
        Side::Node => "/sources/connect?first=1",
        Side::Hub => "/today",
    };
    let frame = guest.frame("setup-paper-title").await;
    account::paper_page(frame, &guest.site, &enrolled, next, Some((5, steps(&guest))))
}

async fn profile_page(guest: &Guest, form: Form) -> Answer {
    let token = form.text("token").to_owned();
    let title = match guest.site.settings.side {
        Side::Node => "setup-institution-title",
        Side::Hub => "setup-office-title",
    };
    let frame = guest.frame(title).await;
    let choices = Choices::new(guest.site.settings.side, guest.lang());
    page(&ProfilePage { frame, form, choices, token, steps: steps(guest) })
}

async fn account_page(guest: &Guest, form: Form) -> Answer {
    let stage = Stage {
        action: "/setup/account",
        carried: carried(&form, &[]),
        step: Some((3, steps(guest))),
    };
    page(&AccountPage { frame: guest.frame("setup-account-title").await, form, stage })
}

async fn code_page(guest: &Guest, form: Form) -> Answer {
    let stage = Stage {
        action: "/setup/code",
        carried: carried(&form, &["display-name", "sign-in-name"]),
        step: Some((4, steps(guest))),
    };
    account::code_page(guest.frame("setup-code-title").await, form, stage)
}

/// The profile's fields and the token, to travel on; the password never does.
fn carried(form: &Form, more: &[&str]) -> Vec<(String, String)> {
    let names = organisation::FIELDS.iter().chain(&["token"]).chain(more);
    names
        .flat_map(|name| {
            form.all(name).map(|value| ((*name).to_owned(), value.to_owned())).collect::<Vec<_>>()
        })
        .collect()
}

/// A node also connects its first source.
fn steps(guest: &Guest) -> u8 {
    match guest.site.settings.side {
        Side::Node => 6,
        Side::Hub => 5,
    }
}

/// A used link says so at once and not only after three pages.
async fn refuse_when_set_up(guest: &Guest) -> Result<(), Failure> {
    if guest.site.identity.people().await?.is_empty() {
        Ok(())
    } else {
        Err(IdentityError::SetupUsed.into())
    }
}
