//! What setup and invitation have in common: the account form, the authenticator's QR code, the paper codes.

use askama::Template;
use axum::response::{IntoResponse, Response};
use sakimori_identity::{Enrolled, Enrolment, NewAccount};

use super::{keep_session, qr};
use crate::failure::Failure;
use crate::form::Form;
use crate::frame::Frame;
use crate::site::Site;
use crate::visit;

/// Where a form of the wizard stands: what is carried along in hidden fields and where it goes.
pub(crate) struct Stage {
    /// Where the form is sent.
    pub(crate) action: &'static str,
    /// Fields of earlier pages.
    pub(crate) carried: Vec<(String, String)>,
    /// Number of this step and of all steps; `None` outside the setup.
    pub(crate) step: Option<(u8, u8)>,
}

#[derive(Template)]
#[template(path = "screens/entrance/setup/code.html")]
struct CodePage {
    frame: Frame,
    form: Form,
    stage: Stage,
    qr: String,
    secret: String,
}

#[derive(Template)]
#[template(path = "screens/entrance/setup/paper.html")]
struct PaperPage {
    frame: Frame,
    codes: Vec<String>,
    sign_in_name: String,
    next: &'static str,
    step: Option<(u8, u8)>,
}

/// Reads the account's fields; the password is taken as typed.
pub(crate) fn read(form: &mut Form) -> NewAccount {
    NewAccount {
        display_name: form.required("display-name", 64),
        sign_in_name: form.required("sign-in-name", 64),
        password: form.value("new-password").to_owned(),
    }
}

/// Lays a fresh enrolment into the form, so that a mistyped code shows the same QR code again.
pub(crate) fn lay_in(form: &mut Form, enrolment: &Enrolment) {
    form.set("ticket", &enrolment.ticket);
    form.set("otpauth-uri", &enrolment.otpauth_uri);
    form.set("secret", &enrolment.secret);
}

/// The page with the QR code. What it needs lies in the form.
pub(crate) fn code_page(frame: Frame, form: Form, mut stage: Stage) -> Result<Response, Failure> {
    for name in ["ticket", "otpauth-uri", "secret"] {
        stage.carried.push((name.to_owned(), form.value(name).to_owned()));
    }
    let qr = qr::svg(form.value("otpauth-uri"), &frame.t("code-qr-title"));
    let secret = form.value("secret").to_owned();
    visit::page(&CodePage { frame, form, stage, qr, secret })
}

/// The page with the paper codes; the visitor is signed in from here on.
pub(crate) fn paper_page(
    frame: Frame,
    site: &Site,
    enrolled: &Enrolled,
    next: &'static str,
    step: Option<(u8, u8)>,
) -> Result<Response, Failure> {
    let page = PaperPage {
        frame,
        codes: enrolled.recovery_codes.clone(),
        sign_in_name: enrolled.person.sign_in_name.clone(),
        next,
        step,
    };
    let mut response = visit::page(&page)?.into_response();
    keep_session(&mut response, site, &enrolled.signed_in);
    Ok(response)
}
