//! The public page: warnings and shared cases for everybody (TLP:CLEAR), searched, as an archive and as a feed. Off until somebody switches it on.
//!
//! Nobody signs in here and nobody is recognised, so the answers are the same for everybody and may be kept by caches.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_ledger::{Fact, LedgerError, Put, Store};
use sakimori_share::{Channel, SharedCase};
use sakimori_warn::{Warning, WarningContent};
use sakimori_words::{Instant, Tlp};

use super::Screen;
use crate::failure::Failure;
use crate::site::{Side, Site};
use crate::troubles;
use crate::visit::Visit;

mod archive;
mod feed;
mod materials;
mod switch;
#[cfg(test)]
mod tests;

/// Every screen of this part.
pub(crate) const SCREENS: &[Screen] = &[Screen { path: "/public", routes, menu: None }];

/// Shelf of what is open to everybody.
const SHELF: &str = "public-page";
const KEY: &str = "warnings";
/// Shared cases that are looked through.
const CASES_MAX: usize = 1_000;

/// How long a cache keeps a page: a flash warning is to be answered in hours, so minutes are soon enough.
const CACHED: &str = "public, max-age=300";

fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/public", get(archive::list))
        .route("/public/materials", get(materials::list))
        .route("/public/materials/{id}", get(materials::one))
        .route("/public/feed.atom", get(feed::show))
        .route("/public/warnings/{origin}/{id}", get(archive::one))
        .route("/public/warnings/{origin}/{id}/attachments/{digest}", get(archive::attachment))
        .route("/public/cases/{id}", get(archive::case))
        .route("/settings/public", get(switch::show).post(switch::take))
}

/// Whether the public page is on.
pub(crate) async fn is_open(store: &dyn Store) -> Result<bool, LedgerError> {
    let record = store.get(SHELF, KEY).await?;
    Ok(record.map(|record| record.read()).transpose()?.unwrap_or(false))
}

async fn set_open(site: &Site, open: bool, by: &str, at: Instant) -> Result<(), LedgerError> {
    let kind = if open { "public_page_opened" } else { "public_page_closed" };
    let fact = Fact::new("settings", kind, at, by, &open)?.put(Put::new(SHELF, KEY, &open)?);
    site.store.commit(vec![fact]).await.map(drop)
}

/// What everybody may see, the newest first; nothing exists here while the page is off.
async fn everybodys(site: &Site) -> Result<Vec<Warning>, Failure> {
    if site.settings.side == Side::Node || !is_open(site.store.as_ref()).await? {
        return Err(Failure::new(&troubles::NOT_FOUND, ""));
    }
    let gone_out = site.warnings.gone_out().await?.into_iter().map(|(warning, _)| warning);
    Ok(gone_out.filter(|one| is_for_everybody(&one.content)).collect())
}

/// The shared cases that everybody may read, the newest first, those withdrawn too: whoever has read one must learn of it.
async fn everybodys_cases(site: &Site) -> Result<Vec<SharedCase>, Failure> {
    let own = site.shares.own(CASES_MAX).await?.into_iter();
    let mut cases: Vec<SharedCase> =
        own.filter_map(|own| own.current().map(|release| release.case.clone())).collect();
    cases.retain(|case| Channel::PublicPage.carries(&case.content));
    cases.sort_by_key(|case| std::cmp::Reverse(case.modified_at));
    Ok(cases)
}

/// Exercises are not for everybody: whoever does not take part in them would believe them.
pub(crate) fn is_for_everybody(content: &WarningContent) -> bool {
    content.tlp == Tlp::Clear && !content.exercise
}

fn at_hub(visit: &Visit) -> Result<(), Failure> {
    match visit.site.settings.side {
        Side::Hub => Ok(()),
        Side::Node => Err(Failure::new(&troubles::NOT_FOUND, "")),
    }
}

/// What switching asks for.
const SWITCHES: Action = Action::ManageSettings;
