//! PREPARE: what the institution has.

use sakimori_identity::{Action, Side};
use sakimori_prepare::PrepareError;

use super::{MenuEntry, Screen};
use crate::failure::fails_with;

mod devices;
#[cfg(test)]
mod tests;

fails_with!(PrepareError);

/// Every screen of this part.
pub(crate) const SCREENS: &[Screen] = &[Screen {
    path: "/devices",
    routes: devices::routes,
    menu: Some(MenuEntry {
        word: "menu-devices",
        place: 51,
        side: Some(Side::Node),
        action: Action::ViewAssets,
    }),
}];
