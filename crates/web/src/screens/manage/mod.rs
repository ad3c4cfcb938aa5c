//! Running the place: organisation, contacts, connection to the office above, people, access records.

use sakimori_identity::Action;

use super::{MenuEntry, Screen};
use crate::site::Side;

mod access;
pub(crate) mod organisation;
mod people;
mod readers;
mod settings;

/// Every screen of this part.
pub(crate) const SCREENS: &[Screen] = &[
    Screen {
        path: "/people",
        routes: people::routes,
        menu: Some(MenuEntry {
            word: "menu-people",
            place: 70,
            side: None,
            action: Action::ManagePeople,
        }),
    },
    Screen {
        path: "/settings",
        routes: settings::routes,
        menu: Some(MenuEntry {
            word: "menu-settings",
            place: 80,
            side: None,
            action: Action::ManageSettings,
        }),
    },
    Screen {
        path: "/readers",
        routes: readers::routes,
        menu: Some(MenuEntry {
            word: "menu-readers",
            place: 57,
            side: Some(Side::Hub),
            action: Action::ViewSystem,
        }),
    },
    Screen {
        path: "/access",
        routes: access::routes,
        menu: Some(MenuEntry {
            word: "menu-access",
            place: 90,
            side: None,
            action: Action::ReviewAccess,
        }),
    },
    Screen {
        path: "/account",
        routes: people::own_routes,
        menu: Some(MenuEntry {
            word: "menu-account",
            place: 95,
            side: None,
            action: Action::ManageOwnAccount,
        }),
    },
];
