//! What an institution owns, as the stages that ask about it see it: the list lives in the stage that prepares.

use crate::{AssetId, Instant};

/// One line of the list: so many devices of one product in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedProduct {
    /// The line.
    pub asset: AssetId,
    /// Maker or seller as people wrote it; may be empty.
    pub vendor: String,
    /// Product as people wrote it.
    pub product: String,
    /// Version as people wrote it; may be empty.
    pub version: String,
    /// Where it stands.
    pub place: String,
    /// How many devices.
    pub n_devices: u32,
}

/// The list at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// When it was last changed.
    pub changed_at: Instant,
    /// Its lines, without those that were retired.
    pub products: Vec<OwnedProduct>,
}

impl Inventory {
    /// How many devices stand on the list.
    #[must_use]
    pub fn n_devices(&self) -> u32 {
        self.products.iter().fold(0, |sum, one| sum.saturating_add(one.n_devices))
    }
}
