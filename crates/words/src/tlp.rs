//! Traffic Light Protocol 2.0 (FIRST, 2022): who may see a shared item.

use serde::{Deserialize, Serialize};

/// A TLP 2.0 label, from the widest to the narrowest audience. Labels are never translated (FIRST).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tlp {
    /// The world.
    #[serde(rename = "TLP:CLEAR")]
    Clear,
    /// The community.
    #[serde(rename = "TLP:GREEN")]
    Green,
    /// The recipient's organisation and its clients.
    #[serde(rename = "TLP:AMBER")]
    Amber,
    /// The recipient's organisation only.
    #[serde(rename = "TLP:AMBER+STRICT")]
    AmberStrict,
    /// The named recipients only.
    #[serde(rename = "TLP:RED")]
    Red,
}

impl Tlp {
    /// The label as FIRST writes it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Clear => "TLP:CLEAR",
            Self::Green => "TLP:GREEN",
            Self::Amber => "TLP:AMBER",
            Self::AmberStrict => "TLP:AMBER+STRICT",
            Self::Red => "TLP:RED",
        }
    }

    /// The label, or RED when it is unknown: an unreadable marking closes, it never opens.
    #[must_use]
    pub fn from_label(label: &str) -> Self {
        [Self::Clear, Self::Green, Self::Amber, Self::AmberStrict]
            .into_iter()
            .find(|tlp| tlp.label() == label)
            .unwrap_or(Self::Red)
    }
}
