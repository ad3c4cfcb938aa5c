//! The day: what a person sees first.

use sakimori_identity::Action;

use super::{MenuEntry, Screen};
use crate::live;

mod today;

/// Every screen of this part.
pub(crate) const SCREENS: &[Screen] = &[
    Screen {
        path: "/today",
        routes: today::routes,
        menu: Some(MenuEntry {
            word: "menu-today",
            place: 10,
            side: None,
            action: Action::ViewToday,
        }),
    },
    Screen { path: "/live", routes: live::routes, menu: None },
];
