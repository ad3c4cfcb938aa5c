//! Passing a warning on (周知): untouched, with the office's own words beside it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_warn::{NewRelay, WarnError, WarningKey};

use super::document::Document;
use super::{key_of, key_path, matching, signer};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::Frame;
use crate::site::Site;
use crate::visit::{Visit, page};

/// The routes of the form.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/warnings/{origin}/{id}/relay", get(show).post(relay))
}

#[derive(Template)]
#[template(path = "screens/warn/relay/page.html")]
struct RelayPage {
    frame: Frame,
    form: Form,
    doc: Document,
    path: String,
    back: String,
    count: usize,
}

type Address = Path<(String, String)>;

async fn show(visit: Visit, Path((origin, id)): Address) -> Answer {
    visit.pass(Action::RelayWarning, "warning", &id).await?;
    draw(&visit, &key_of(&origin, &id), Form::new()).await
}

async fn draw(visit: &Visit, key: &WarningKey, form: Form) -> Answer {
    let received = visit.site.warnings.received_one(key).await?;
    let content = &received.current().ok_or(WarnError::Unknown)?.warning.content;
    let frame = visit.frame("relay-title").await;
    let back = format!("/warnings{}", key_path(key));
    page(&RelayPage {
        form,
        doc: Document::of(&frame, &visit.site.content, content, &back),
        path: format!("{back}/relay"),
        back,
        count: matching(visit, &content.addressees).await?,
        frame,
    })
}

async fn relay(visit: Visit, Path((origin, id)): Address, mut form: Form) -> Answer {
    visit.pass(Action::RelayWarning, "warning", &id).await?;
    let key = key_of(&origin, &id);
    let remark = form.limited("remark", sakimori_federation::REMARK_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, &key, form).await;
    }
    let relay = NewRelay { key: key.clone(), remark, by: signer(&visit) };
    visit.site.warnings.relay(&relay).await?;
    visit.done(&format!("/coverage{}", key_path(&key)), &Flash::new("flash-warning-relayed"))
}
