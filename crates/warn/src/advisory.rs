//! What a warning says about products: which of which maker, in which versions, and what helps.

use serde::{Deserialize, Serialize};

/// One vulnerability, or several that are mended together (脆弱性情報).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Advisory {
    /// Its CVE ids, e.g. `CVE-2018-13379`.
    pub cves: Vec<String>,
    /// The products it is about.
    pub products: Vec<AffectedProduct>,
    /// What helps until and beyond the fix (回避策・対策).
    pub remedy: String,
    /// Where it is published.
    pub link: String,
}

/// A product in the versions that are affected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AffectedProduct {
    /// Its maker as the advisory writes it.
    pub vendor: String,
    /// Its name as the advisory writes it.
    pub product: String,
    /// The affected versions in the advisory's words: `< 8.2.2`, `6.0.0 to 6.0.4`, `vers:all/*`.
    pub versions: String,
    /// The first version that is not affected; empty when there is none or nobody said.
    pub fixed_in: String,
}
