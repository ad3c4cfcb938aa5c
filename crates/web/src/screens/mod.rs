//! The screens: one folder each, under the part of the day or the stage they belong to. How to add one: `README.md` here.

use std::sync::Arc;

use axum::Router;
use sakimori_identity::Action;
use sakimori_warn::WarningKey;
use sakimori_words::WarningId;

use crate::site::{Side, Site};

pub(crate) mod daily;
pub(crate) mod entrance;
pub(crate) mod logs;
pub(crate) mod mailing;
pub(crate) mod manage;
mod materials;
pub(crate) mod portal;
pub(crate) mod prepare;
pub(crate) mod public;
pub(crate) mod register;
pub(crate) mod respond;
pub(crate) mod share;
pub(crate) mod trouble;
pub(crate) mod warn;

/// A screen: its routes, and its place in the menu if it has one.
pub(crate) struct Screen {
    /// Where it begins. Everything under this path belongs to it.
    pub(crate) path: &'static str,
    /// Its routes.
    pub(crate) routes: fn() -> Router<Arc<Site>>,
    /// Its place in the menu; `None` for screens reached from others.
    pub(crate) menu: Option<MenuEntry>,
}

/// A place in the menu.
pub(crate) struct MenuEntry {
    /// The word shown.
    pub(crate) word: &'static str,
    /// Order: below 50 in the bar, from 50 behind "more".
    pub(crate) place: u8,
    /// On which side it is shown; `None` on both.
    pub(crate) side: Option<Side>,
    /// Shown to those who may do this.
    pub(crate) action: Action,
}

/// Where a received warning is read and answered.
pub(crate) fn warning_address(key: &WarningKey) -> String {
    format!("/warnings/{}/{}", key.origin, key.id)
}

/// Where an office sees who has answered a warning.
pub(crate) fn coverage_address(key: &WarningKey) -> String {
    format!("/coverage/{}/{}", key.origin, key.id)
}

/// Where a warning of our own is written and released.
pub(crate) fn draft_address(id: &WarningId) -> String {
    format!("/outbox/{id}")
}

/// Every screen of the site.
pub(crate) fn all() -> impl Iterator<Item = &'static Screen> {
    [
        entrance::SCREENS,
        daily::SCREENS,
        logs::SCREENS,
        prepare::SCREENS,
        respond::SCREENS,
        warn::SCREENS,
        share::SCREENS,
        register::SCREENS,
        portal::SCREENS,
        mailing::SCREENS,
        public::SCREENS,
        manage::SCREENS,
    ]
    .into_iter()
    .flatten()
}
