//! Cases that offices shared: each once, whatever the routes, with what this program looks for and what would have helped.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_share::{ReceivedCase, SharedKey};
use sakimori_watch::By;
use sakimori_watch::retro::{Asked, IndicatorList, NewOrder, RETRO_NAME_CHARS_MAX};
use sakimori_words::{Instant, OrganisationId, SharedCaseId};

use super::{Document, ROWS_MAX, office_name, received_address};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::frame::Frame;
use crate::site::{Side, Site};
use crate::visit::{Visit, page};

/// The routes of what came.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/shared", get(list))
        .route("/shared/{origin}/{id}", get(show).post(look_back))
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
    may_look_back: bool,
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
        may_look_back: !received.case.withdrawn
            && !received.case.content.indicators.is_empty()
            && visit.site.settings.side == Side::Node
            && visit.may(Action::HandleFinding),
        doc: Document::of(&frame, &visit, &received.case.content),
        frame,
    })
}

/// Looks for the indicators of a case in the whole log of this institution.
async fn look_back(visit: Visit, Path((origin, id)): Path<(String, String)>) -> Answer {
    visit.pass(Action::HandleFinding, "retro", &id).await?;
    let key = SharedKey { origin: OrganisationId::from(origin), id: SharedCaseId::from(id) };
    let content = visit.site.shares.received_one(&key).await?.case.content;
    let values = content.indicators.iter().map(|told| format!("{}\n", told.indicator.value));
    let order = NewOrder {
        name: content.title.chars().take(RETRO_NAME_CHARS_MAX).collect(),
        asked: Asked::Indicators(IndicatorList::read(&values.collect::<String>())),
        from: None,
        until: None,
        every: None,
    };
    let by = By { person: &visit.principal.person, name: &visit.principal.name };
    let run = visit.site.retro.ask(order, by).await?;
    visit.done(&format!("/retro/{}", run.id), &Flash::new("flash-retro-asked"))
}
