//! By which ways the answers came, and how soon: what an exercise of the relay is for.

use std::collections::HashMap;

use askama::Template;
use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_warn::{Route, RouteResult};
use sakimori_words::OrganisationId;

use super::super::document::Document;
use super::super::{key_of, key_path};
use super::Address;
use crate::failure::Answer;
use crate::frame::Frame;
use crate::visit::{Visit, page};

#[derive(Template)]
#[template(path = "screens/warn/coverage/by_route.html")]
struct RoutesPage {
    frame: Frame,
    key_path: String,
    doc: Document,
    rows: Vec<(String, RouteResult)>,
}

pub(super) async fn show(visit: Visit, Path((origin, id)): Address) -> Answer {
    visit.pass(Action::ViewCoverage, "warning", &id).await?;
    let key = key_of(&origin, &id);
    let warning = visit.site.warnings.warning(&key).await?;
    let roll = visit.site.post.roll().await?;
    let offices = roll.iter().map(|one| &one.organisation).filter(|one| one.kind.is_office());
    let names: HashMap<&OrganisationId, &str> =
        offices.map(|office| (&office.id, office.name.as_str())).collect();
    let frame = visit.frame("routes-title").await;
    let name = |route: &Route| match route {
        Route::Office(id) => {
            names.get(id).map_or_else(|| id.to_string(), |name| (*name).to_owned())
        }
        Route::Direct => frame.t("routes-direct"),
        Route::Desk => frame.t("routes-desk"),
        Route::Telephone => frame.t("routes-telephone"),
    };
    let results = visit.site.warnings.route_results(&warning).await?;
    page(&RoutesPage {
        key_path: key_path(&key),
        doc: Document::of(&frame, &visit.site.content, &warning.content, ""),
        rows: results.iter().map(|(route, result)| (name(route), result.clone())).collect(),
        frame,
    })
}
