//! Mail to institutions without a node: the page behind a letter's link, what an office sees of its mail, and the letter's words.
//!
//! The page behind a link asks for no account: the link is the proof, and it names one institution and one revision. Opening it changes
//! nothing, because programs that look for dangerous mail open every link.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use sakimori_mail::{MailError, Matter};
use sakimori_warn::Warning;

use super::Screen;
use crate::failure::{Failure, fails_with};
use crate::site::{Side, Site};
use crate::troubles;

mod answer;
mod letter;
mod overview;
pub(in crate::screens) mod part;
mod reminder;
#[cfg(test)]
mod tests;

pub use letter::{Addressing, Answering, MailText, letter_by_mail};
pub use reminder::{is_mailed, reminded_by_mail};

fails_with!(MailError);

/// Every screen of this part.
pub(crate) const SCREENS: &[Screen] = &[Screen { path: "/m", routes, menu: None }];

fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/m/{link}", get(answer::show).post(answer::take))
        .route("/m/{link}/attachments/{digest}", get(answer::attachment))
        .route("/settings/mail", get(overview::show).post(overview::take))
}

/// What letters about a warning are about.
#[must_use]
pub fn matter_of(warning: &Warning) -> Matter {
    Matter {
        origin: warning.key.origin.clone(),
        warning: warning.key.id.clone(),
        revision: warning.revision,
        reminder: 0,
    }
}

/// Institutions send nothing here and are asked nothing.
fn at_hub(site: &Site) -> Result<(), Failure> {
    match site.settings.side {
        Side::Hub => Ok(()),
        Side::Node => Err(Failure::new(&troubles::NOT_FOUND, "")),
    }
}
