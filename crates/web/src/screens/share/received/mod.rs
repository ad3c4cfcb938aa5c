//! Cases that offices shared: each once, whatever the routes, with what this program looks for and what would have helped.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_share::{ReceivedCase, SharedKey};
use sakimori_words::{Instant, OrganisationId, SharedCaseId};

use super::{Document, ROWS_MAX, office_name, received_address};
use crate::failure::Answer;
use crate::frame::Frame;
use crate::site::Site;
use crate::visit::{Visit, page};

/// The routes of what came.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/shared", get(list)).route("/shared/{origin}/{id}", get(show))
}

#[derive(Template)]
#[template(path = "screens/share/received/page.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    path: String,
    tlp: &'static str,
    title: String,
    words: String,
    at: Instant,
    withdrawn: bool,
    exercise: bool,
}

#[derive(Template)]
#[template(path = "screens/share/received/one.html")]
struct OnePage {
    frame: Frame,
    office: String,
    revision: u32,
    published_at: Instant,
    modified_at: Instant,
    withdrawn: bool,
    routes: Vec<(String, Instant)>,
    doc: Document,
}

async fn list(visit: Visit) -> Answer {
    visit.pass(Action::ReadShared, "shared_case", "").await?;
    let received = visit.site.shares.received(ROWS_MAX).await?;
    let mut frame = visit.frame("shared-title").await;
    frame.live = true;
    page(&ListPage { rows: received.iter().map(|one| row(&visit, &frame, one)).collect(), frame })
}

fn row(visit: &Visit, frame: &Frame, received: &ReceivedCase) -> Row {
    let case = &received.case;
    let ladder = &visit.site.content.sharing().ladder;
    let about = sakimori_share::about(&case.content, ladder, frame.lang);
    Row {
        path: received_address(&received.key),
        tlp: case.content.tlp.label(),
        title: case.content.title.clone(),
        words: about.map(|(_, value)| value).collect::<Vec<_>>().join(" · "),
        at: case.modified_at,
        withdrawn: case.withdrawn,
        exercise: case.content.exercise,
    }
}

async fn show(visit: Visit, Path((origin, id)): Path<(String, String)>) -> Answer {
    visit.pass(Action::ReadShared, "shared_case", &id).await?;
    let key = SharedKey { origin: OrganisationId::from(origin), id: SharedCaseId::from(id) };
    let received = visit.site.shares.received_one(&key).await?;
    let frame = visit.frame_titled(received.case.content.title.clone()).await;
    let mut routes = Vec::new();
    for route in &received.routes {
        routes.push((office_name(&visit, &route.from).await?, route.received_at));
    }
    page(&OnePage {
        office: office_name(&visit, &key.origin).await?,
        revision: received.case.revision,
        published_at: received.case.created_at,
        modified_at: received.case.modified_at,
        withdrawn: received.case.withdrawn,
        routes,
        doc: Document::of(&frame, &visit, &received.case.content),
        frame,
    })
}
