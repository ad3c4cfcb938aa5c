//! A fresh code before something weighty.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use sakimori_identity::IdentityError;

use crate::address;
use crate::failure::Answer;
use crate::form::{Form, Problem};
use crate::frame::Frame;
use crate::site::Site;
use crate::visit::{Visit, go, page};

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/step-up", get(show).post(take))
}

#[derive(Template)]
#[template(path = "screens/entrance/sign_in/step_up.html")]
struct StepUpPage {
    frame: Frame,
    form: Form,
    next: String,
}

async fn show(visit: Visit) -> Answer {
    let mut form = Form::new();
    form.set("next", visit.query().text("next"));
    form_page(&visit, form).await
}

async fn take(visit: Visit, mut form: Form) -> Answer {
    let problem = match visit
        .site
        .identity
        .step_up(visit.token(), form.text("code"), &visit.client())
        .await
    {
        Ok(_) => return Ok(go(&visit.site, address::local(form.text("next")), None)),
        Err(IdentityError::CodeWrong | IdentityError::Refused) => {
            Problem::new("problem-code-wrong")
        }
        Err(IdentityError::Wait { seconds }) => {
            Problem::new("problem-wait").with("seconds", seconds)
        }
        Err(other) => return Err(other.into()),
    };
    form.wrong("code", problem);
    Ok((StatusCode::UNAUTHORIZED, form_page(&visit, form).await?).into_response())
}

async fn form_page(visit: &Visit, form: Form) -> Answer {
    let next = form.text("next").to_owned();
    let mut frame = visit.frame("step-up-title").await;
    frame.narrow = true;
    page(&StepUpPage { frame, form, next })
}
