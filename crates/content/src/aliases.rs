//! Other names of makers and products, so that what a warning names is found in a list that people typed.

use serde::{Deserialize, Serialize};

use crate::Provenance;

/// One maker or product under all its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameAlias {
    /// The name that stands for all of them.
    pub name: String,
    /// The others, in any spelling: width, kana, case and corporate suffixes make no difference.
    pub also: Vec<String>,
}

/// The table of names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameAliases {
    /// What companies add to their names without meaning another company, e.g. `株式会社`, `Inc`.
    pub corporate: Vec<String>,
    /// Makers.
    #[serde(rename = "vendor")]
    pub vendors: Vec<NameAlias>,
    /// Products.
    #[serde(rename = "product")]
    pub products: Vec<NameAlias>,
    /// Where the table comes from.
    pub provenance: Provenance,
}
