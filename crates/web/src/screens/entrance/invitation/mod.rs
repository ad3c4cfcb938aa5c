//! The link an invited person opens: account, authenticator, paper codes.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::{get, post};

use super::account::{self, Stage};
use super::beside_its_field;
use crate::failure::Answer;
use crate::form::Form;
use crate::frame::Frame;
use crate::site::Site;
use crate::visit::{Guest, page};

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/invitation", get(show).post(take_account))
        .route("/invitation/code", post(take_code))
}

#[derive(Template)]
#[template(path = "screens/entrance/invitation/page.html")]
struct InvitationPage {
    frame: Frame,
    form: Form,
    name: String,
    roles: String,
    restores: bool,
    token: String,
}

async fn show(guest: Guest) -> Answer {
    let mut form = Form::new();
    form.set("token", guest.query.text("token"));
    invitation_page(&guest, form).await
}

async fn take_account(guest: Guest, mut form: Form) -> Answer {
    let invitation = guest.site.identity.invitation(form.text("token")).await?;
    // A restored account keeps its names; only the password is new.
    if let Some(name) = &invitation.sign_in_name {
        form.set("sign-in-name", name);
        form.set("display-name", &invitation.display_name);
    }
    let account = account::read(&mut form);
    if form.fine() {
        match guest.site.identity.accept_invitation(form.text("token"), account).await {
            Ok(enrolment) => account::lay_in(&mut form, &enrolment),
            Err(error) => beside_its_field(&mut form, error)?,
        }
    }
    if form.fine() { code_page(&guest, form).await } else { invitation_page(&guest, form).await }
}

async fn take_code(guest: Guest, mut form: Form) -> Answer {
    let (ticket, code) = (form.text("ticket").to_owned(), form.text("code").to_owned());
    match guest.site.identity.confirm_enrolment(&ticket, &code, &guest.client()).await {
        Ok(enrolled) => {
            let frame = guest.frame("setup-paper-title").await;
            account::paper_page(frame, &guest.site, &enrolled, "/today", None)
        }
        Err(error) => {
            beside_its_field(&mut form, error)?;
            code_page(&guest, form).await
        }
    }
}

async fn code_page(guest: &Guest, form: Form) -> Answer {
    let carried = vec![("token".to_owned(), form.value("token").to_owned())];
    let stage = Stage { action: "/invitation/code", carried, step: None };
    account::code_page(guest.frame("setup-code-title").await, form, stage)
}

async fn invitation_page(guest: &Guest, mut form: Form) -> Answer {
    let token = form.text("token").to_owned();
    let invitation = guest.site.identity.invitation(&token).await?;
    if form.value("display-name").is_empty() {
        form.set("display-name", &invitation.display_name);
    }
    let roles: Vec<_> =
        invitation.roles.iter().map(|role| role.label().get(guest.lang()).to_owned()).collect();
    page(&InvitationPage {
        frame: guest.frame("invitation-title").await,
        form,
        name: invitation.display_name,
        roles: roles.join("・"),
        restores: invitation.sign_in_name.is_some(),
        token,
    })
}
