//! Exceptions: what people declared ordinary here, who answers for it, until when, and what it has held back.

mod make;
mod one;
mod shown;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::{get, post};
use sakimori_identity::Action;
use sakimori_watch::{ExceptionsError, Standing};

use self::shown::{Row, people};
use crate::failure::{Answer, fails_with};
use crate::frame::Frame;
use crate::site::Site;
use crate::visit::{Visit, page};

fails_with!(ExceptionsError);

/// The routes of the list and of one exception.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/exceptions", get(show))
        .route("/exceptions/{id}", get(one::show))
        .route("/exceptions/{id}/renew", post(one::renew))
        .route("/exceptions/{id}/withdraw", post(one::withdraw))
}

/// The routes that make an exception from a finding.
pub(super) fn making() -> Router<Arc<Site>> {
    Router::new().route("/findings/{id}/exception", get(make::show).post(make::send))
}

#[derive(Template)]
#[template(path = "screens/respond/exceptions/list.html")]
struct ListPage {
    frame: Frame,
    parts: Vec<Part>,
}

/// Exceptions that stand alike.
struct Part {
    heading: String,
    rows: Vec<Row>,
}

async fn show(visit: Visit) -> Answer {
    visit.pass_to_list(Action::ViewFindings, "exception", "exceptions").await?;
    let listed = visit.site.findings.exceptions().list().await?;
    let people = people(&visit.site).await?;
    let frame = visit.frame("exceptions-title").await;
    let mut parts: Vec<Part> = Vec::new();
    let mut last = None;
    for one in &listed {
        let standing = one.exception.standing(frame.now);
        if last.replace(standing) != Some(standing) {
            parts.push(Part { heading: frame.t(heading(standing)), rows: Vec::new() });
        }
        if let Some(part) = parts.last_mut() {
            part.rows.push(Row::of(&frame, &people, one));
        }
    }
    page(&ListPage { frame, parts })
}

const fn heading(standing: Standing) -> &'static str {
    match standing {
        Standing::Expiring => "exceptions-expiring",
        Standing::Active => "exceptions-active",
        Standing::Expired => "exceptions-expired",
        Standing::Withdrawn => "exceptions-withdrawn",
    }
}
