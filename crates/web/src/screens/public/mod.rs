//! The public page: warnings for everybody (TLP:CLEAR), searched, as an archive and as a feed. Off until somebody switches it on.
//!
//! Nobody signs in here and nobody is recognised, so the answers are the same for everybody and may be kept by caches.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_ledger::{Fact, LedgerError, Put, Store};
use sakimori_warn::Warning;
use sakimori_words::{Instant, Tlp};

use super::Screen;
use crate::failure::Failure;
use crate::site::{Side, Site};
use crate::troubles;
use crate::visit::Visit;

mod archive;
mod feed;
mod switch;
#[cfg(test)]
mod tests;

/// Every screen of this part.
pub(crate) const SCREENS: &[Screen] = &[Screen { path: "/public", routes, menu: None }];

/// Shelf of what is open to everybody.
const SHELF: &str = "public-page";
const KEY: &str = "warnings";

/// How long a cache keeps a page: a flash warning is to be answered in hours, so minutes are soon enough.
const CACHED: &str = "public, max-age=300";

fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/public", get(archive::list))
        .route("/public/feed.atom", get(feed::show))
        .route("/public/warnings/{origin}/{id}", get(archive::one))
        .route("/settings/public", get(switch::show).post(switch::take))
}

/// Whether the public page is on.
async fn is_open(store: &dyn Store) -> Result<bool, LedgerError> {
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
    Ok(gone_out.filter(is_for_everybody).collect())
}

/// Exercises are not for everybody: whoever does not take part in them would believe them.
fn is_for_everybody(warning: &Warning) -> bool {
    warning.content.tlp == Tlp::Clear && !warning.content.exercise
}

fn at_hub(visit: &Visit) -> Result<(), Failure> {
    match visit.site.settings.side {
        Side::Hub => Ok(()),
        Side::Node => Err(Failure::new(&troubles::NOT_FOUND, "")),
    }
}

/// What switching asks for.
const SWITCHES: Action = Action::ManageSettings;
