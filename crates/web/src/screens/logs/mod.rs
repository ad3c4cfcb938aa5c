//! The logs: search, the state of the sources, and connecting a new one.

use sakimori_identity::{Action, Side};

use super::{MenuEntry, Screen};

mod access_review;
mod connect;
mod mail;
mod maintenance;
mod retention;
mod retro;
mod search;
mod senders;
mod sources;
mod statement;

pub(crate) use maintenance::{MaintenanceBeside, maintenance_beside};
pub(crate) use sources::{SourceLine, lines_of};

/// Every screen of this part.
pub(crate) const SCREENS: &[Screen] = &[
    Screen {
        path: "/search",
        routes: search::routes,
        menu: Some(MenuEntry {
            word: "menu-search",
            place: 40,
            side: Some(Side::Node),
            action: Action::SearchLogs,
        }),
    },
    Screen {
        path: "/mail",
        routes: mail::routes,
        menu: Some(MenuEntry {
            word: "menu-mail",
            place: 45,
            side: Some(Side::Node),
            action: Action::HandInMail,
        }),
    },
    Screen {
        path: "/maintenance",
        routes: maintenance::routes,
        menu: Some(MenuEntry {
            word: "menu-maintenance",
            place: 52,
            side: Some(Side::Node),
            action: Action::ViewFindings,
        }),
    },
    Screen {
        path: "/retro",
        routes: retro::routes,
        menu: Some(MenuEntry {
            word: "menu-retro",
            place: 54,
            side: Some(Side::Node),
            action: Action::SearchLogs,
        }),
    },
    Screen {
        path: "/sources",
        routes: sources::routes,
        menu: Some(MenuEntry {
            word: "menu-sources",
            place: 50,
            side: Some(Side::Node),
            action: Action::ViewSystem,
        }),
    },
    Screen {
        path: "/record-access",
        routes: access_review::routes,
        menu: Some(MenuEntry {
            word: "menu-record-access",
            place: 55,
            side: Some(Side::Node),
            action: Action::ReviewAccess,
        }),
    },
    Screen { path: "/sources/connect", routes: connect::routes, menu: None },
    Screen { path: "/sources/senders", routes: senders::routes, menu: None },
    Screen { path: "/sources/retention", routes: retention::routes, menu: None },
];
