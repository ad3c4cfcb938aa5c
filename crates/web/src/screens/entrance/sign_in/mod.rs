//! Signing in.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use sakimori_identity::{Credentials, IdentityError};

use super::enter;
use crate::address;
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::Frame;
use crate::site::Site;
use crate::visit::{Guest, page};

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/sign-in", get(show).post(take))
}

#[derive(Template)]
#[template(path = "screens/entrance/sign_in/page.html")]
struct SignInPage {
    frame: Frame,
    form: Form,
    next: String,
}

async fn show(guest: Guest) -> Answer {
    let mut form = Form::new();
    form.set("next", guest.query.text("next"));
    form_page(&guest, form).await
}

async fn take(guest: Guest, mut form: Form) -> Answer {
    let credentials = Credentials {
        name: form.text("sign-in-name").to_owned(),
        password: form.value("password").to_owned(),
        code: form.text("code-or-paper").to_owned(),
    };
    let signed_in = match guest.site.identity.sign_in(credentials, &guest.client()).await {
        Ok(signed_in) => signed_in,
        Err(error) => {
            form.wrong("", refusal(error)?);
            let page = form_page(&guest, form).await?;
            return Ok((StatusCode::UNAUTHORIZED, page).into_response());
        }
    };
    let flash = signed_in
        .recovery_codes_left
        .map(|left| Flash::new("flash-paper-code-used").with("left", left));
    Ok(enter(&guest.site, &signed_in, address::local(form.text("next")), flash.as_ref()))
}

/// What the form says about a refusal; never which of the three was wrong.
fn refusal(error: IdentityError) -> Result<Problem, crate::Failure> {
    match error {
        IdentityError::Refused => Ok(Problem::new("problem-sign-in")),
        IdentityError::Wait { seconds } => {
            Ok(Problem::new("problem-wait").with("seconds", seconds))
        }
        other => Err(other.into()),
    }
}

async fn form_page(guest: &Guest, form: Form) -> Answer {
    let next = form.text("next").to_owned();
    page(&SignInPage { frame: guest.frame("sign-in-title").await, form, next })
}
