//! Cases that offices shared: each once, whatever the routes, with what this program looks for and what would have helped.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_share::{LookState, ReceivedCase, SharedKey};
use sakimori_watch::By;
use sakimori_watch::retro::{Asked, IndicatorList, NewOrder, RETRO_NAME_CHARS_MAX};
use sakimori_words::{Instant, OrganisationId, SharedCaseId};

use super::seen::{self, SeenRow};
use super::{Document, ROWS_MAX, office_name, received_address, signer};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::Frame;
use crate::site::{Side, Site};
use crate::visit::{Visit, page};

/// The routes of what came.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/shared", get(list).post(set))
        .route("/shared/{origin}/{id}", get(show).post(act))
}

#[derive(Template)]
#[template(path = "screens/share/received/page.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    /// Whether counts go back by themselves, at an institution.
    by_itself: Option<bool>,
    may_set: bool,
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
    by_itself: bool,
    own: Option<Own>,
    below: Option<Below>,
    doc: Document,
}

/// What looking back came to in this institution.
struct Own {
    state: String,
    class: &'static str,
    run: String,
    is_over: bool,
    rows: Vec<SeenRow>,
    may_return: bool,
}

/// What those below an office told.
struct Below {
    n_looked: u64,
    rows: Vec<SeenRow>,
}

async fn list(visit: Visit) -> Answer {
    visit.pass(Action::ReadShared, "shared_case", "").await?;
    let received = visit.site.shares.received(ROWS_MAX).await?;
    let mut frame = visit.frame("shared-title").await;
    frame.live = true;
    let by_itself = match visit.site.settings.side {
        Side::Node => Some(visit.site.shares.sightings_return_by_themselves().await?),
        Side::Hub => None,
    };
    page(&ListPage {
        rows: received.iter().map(|one| row(&visit, &frame, one)).collect(),
        by_itself,
        may_set: visit.may(Action::ManageSettings),
        frame,
    })
}

/// Decides whether counts of what is found go back by themselves.
async fn set(visit: Visit, form: Form) -> Answer {
    visit.pass(Action::ManageSettings, "settings", "sightings").await?;
    let by_itself = form.text("do") == "by-itself";
    visit.site.shares.let_sightings_return(by_itself, &signer(&visit)).await?;
    let word = if by_itself { "flash-seen-by-itself" } else { "flash-seen-ask" };
    visit.done("/shared", &Flash::new(word))
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
        by_itself: visit.site.shares.sightings_return_by_themselves().await?,
        own: own(&visit, &frame, &key).await?,
        below: below(&visit, &key).await?,
        may_look_back: !received.case.withdrawn
            && !received.case.content.indicators.is_empty()
            && visit.site.settings.side == Side::Node
            && visit.may(Action::HandleFinding),
        doc: Document::of(&frame, &visit, &received.case.content),
        frame,
    })
}

async fn own(visit: &Visit, frame: &Frame, key: &SharedKey) -> Result<Option<Own>, Failure> {
    let Some(look) = visit.site.shares.look(key).await? else { return Ok(None) };
    let (state, class, found) = match &look.state {
        LookState::Running => (frame.t("seen-running"), "", None),
        LookState::Found { sightings } => (frame.t("seen-not-returned"), "look", Some(sightings)),
        LookState::Returned { sightings, at, by } => {
            let at = frame.minute(*at);
            let said = match by {
                None => frame.with("seen-returned", "when", at),
                Some(by) => frame.with2("seen-returned-by", "when", at, "name", &by.name),
            };
            (said, "good", Some(sightings))
        }
    };
    Ok(Some(Own {
        state,
        class,
        run: format!("/retro/{}", look.run),
        is_over: found.is_some(),
        rows: found.map(seen::rows).unwrap_or_default(),
        may_return: matches!(look.state, LookState::Found { .. })
            && visit.may(Action::HandleFinding),
    }))
}

async fn below(visit: &Visit, key: &SharedKey) -> Result<Option<Below>, Failure> {
    if visit.site.settings.side == Side::Node {
        return Ok(None);
    }
    let sightings = visit.site.shares.sightings(key).await?;
    let told = sightings.n_looked > 0;
    Ok(told.then(|| Below { n_looked: sightings.n_looked, rows: seen::rows(&sightings) }))
}

async fn act(visit: Visit, path: Path<(String, String)>, form: Form) -> Answer {
    match form.text("do") {
        "return" => give_back(visit, path).await,
        _ => look_back(visit, path).await,
    }
}

/// Lets the counts go back without a name.
async fn give_back(visit: Visit, Path((origin, id)): Path<(String, String)>) -> Answer {
    visit.pass(Action::HandleFinding, "retro", &id).await?;
    let key = SharedKey { origin: OrganisationId::from(origin), id: SharedCaseId::from(id) };
    visit.site.shares.return_sightings(&key, &signer(&visit)).await?;
    visit.done(&received_address(&key), &Flash::new("flash-seen-returned"))
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
    visit.site.shares.looks_back(&key, &run.id, &signer(&visit)).await?;
    visit.done(&format!("/retro/{}", run.id), &Flash::new("flash-retro-asked"))
}
