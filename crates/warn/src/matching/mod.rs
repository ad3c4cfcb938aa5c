//! Which of our devices a warning is about: names compared through a table of aliases, versions with three answers. Pure.
//!
//! A device is "not affected" only when that follows from what is written down on both sides; everything else is put before a
//! person, with the words that were compared. Nothing here hides a device.

use sakimori_words::{Inventory, OwnedProduct, Text};
use serde::{Deserialize, Serialize};

use crate::advisory::{Advisory, AffectedProduct};
use crate::answer::Answer;

mod names;
#[cfg(test)]
mod tests;
mod versions;

pub use names::{Aliases, normalised};
pub use versions::{VersionRule, judge_version};

use names::Likeness;

/// What a comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 該当しない.
    NotAffected,
    /// 要確認: what is written down does not decide it.
    CannotTell,
    /// 該当する.
    Affected,
}

/// One line of the list that a warning names, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceMatch {
    /// Our line.
    pub owned: OwnedProduct,
    /// What the warning says of the product.
    pub named: AffectedProduct,
    /// What the comparison came to.
    pub verdict: Verdict,
    /// What was compared, e.g. `8.1.3 < 8.2.2`.
    pub why: Text,
}

/// A warning held against the list of devices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assessment {
    /// The lines the warning names, affected ones first; a line stands here once, with its gravest reason.
    pub matches: Vec<DeviceMatch>,
}

impl Assessment {
    /// How many devices are in that state.
    #[must_use]
    pub fn n_devices(&self, verdict: Verdict) -> u32 {
        let own = self.matches.iter().filter(|one| one.verdict == verdict);
        own.fold(0, |sum, one| sum.saturating_add(one.owned.n_devices))
    }

    /// The answer that follows from the list. A person gives it, or another one.
    #[must_use]
    pub fn proposal(&self) -> Answer {
        match self.matches.iter().map(|one| one.verdict).max() {
            Some(Verdict::Affected) => Answer::Affected,
            Some(Verdict::CannotTell) => Answer::Checking,
            Some(Verdict::NotAffected) | None => Answer::NotAffected,
        }
    }
}

/// Holds what a warning says about products against the list.
#[must_use]
pub fn assess(advisories: &[Advisory], list: &Inventory, aliases: &Aliases) -> Assessment {
    let named = || advisories.iter().flat_map(|advisory| &advisory.products);
    let gravest = |owned: &OwnedProduct| {
        let all = named().filter_map(|named| match_one(owned, named, aliases));
        // The first of equals: the order of the warning is the order of its importance.
        all.reduce(|kept, next| if next.verdict > kept.verdict { next } else { kept })
    };
    let mut matches: Vec<DeviceMatch> = list.products.iter().filter_map(gravest).collect();
    matches.sort_by_key(|one| std::cmp::Reverse(one.verdict));
    Assessment { matches }
}

/// One line of the list against one product of a warning; `None` when they are not the same product.
#[must_use]
pub fn match_one(
    owned: &OwnedProduct,
    named: &AffectedProduct,
    aliases: &Aliases,
) -> Option<DeviceMatch> {
    let vendor = aliases.compare_vendors(&owned.vendor, &named.vendor);
    let product = aliases.compare_products(&owned.product, &named.product);
    let likeness = match (vendor, product) {
        (Likeness::Different, _) | (_, Likeness::Different) => return None,
        // "Anything of anybody" says nothing about this device.
        (Likeness::Unnamed, Likeness::Unnamed | Likeness::Similar) => return None,
        (Likeness::Same, Likeness::Same) => Likeness::Same,
        _ => Likeness::Similar,
    };
    let (of_version, why) = judge_version(&owned.version, &named.versions, &named.fixed_in);
    // The version of a product that is only similar proves nothing, neither way.
    let (verdict, why) = match likeness {
        Likeness::Same => (of_version, why),
        _ => (Verdict::CannotTell, similar(owned, named, &why)),
    };
    Some(DeviceMatch { owned: owned.clone(), named: named.clone(), verdict, why })
}

fn similar(owned: &OwnedProduct, named: &AffectedProduct, why: &Text) -> Text {
    let name = |vendor: &str, product: &str| format!("{vendor} {product}").trim().to_owned();
    let ours = name(&owned.vendor, &owned.product);
    let theirs = name(&named.vendor, &named.product);
    Text::new(
        format!("製品名が完全には一致しません（「{ours}」と「{theirs}」）。{}", why.ja),
        format!("the names are not quite the same (`{ours}` and `{theirs}`); {}", why.en),
    )
}
