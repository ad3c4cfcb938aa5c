//! Checklists (チェックリスト): what an institution answers about itself, item by item.

use std::collections::BTreeSet;

use sakimori_words::Text;
use serde::Deserialize;

use crate::Provenance;

/// A list of questions that are answered with yes or no.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checklist {
    /// Its id, e.g. `mhlw-2025`.
    pub id: String,
    /// What it is called.
    pub title: Text,
    /// What whoever answers must know about it.
    pub about: Text,
    /// The items, in their order.
    #[serde(rename = "item")]
    pub items: Vec<ChecklistItem>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChecklistItem {
    /// Its id within the list, e.g. `2-3`.
    pub id: String,
    /// Its number on the form, e.g. `2-③`.
    pub number: String,
    /// Under which heading it stands.
    pub group: Text,
    /// What is asked: a sentence that is true or not.
    pub asks: Text,
    /// Whether it does not apply to an institution without a contract with a company.
    #[serde(default)]
    pub without_vendor: bool,
    /// Whether number or gist could not be read in the form itself.
    #[serde(default)]
    pub uncertain: bool,
}

impl Checklist {
    /// The item of that id.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<&ChecklistItem> {
        self.items.iter().find(|item| item.id == id)
    }

    /// What is wrong with it: near which text, and what.
    pub(crate) fn problems(&self) -> Vec<(String, String)> {
        let mut seen = BTreeSet::new();
        let twice = self.items.iter().filter(|item| !seen.insert(&item.id));
        let mut found: Vec<(String, String)> = twice
            .map(|item| (item.id.clone(), format!("the item `{}` stands there twice", item.id)))
            .collect();
        if self.items.is_empty() {
            found.push((self.id.clone(), "it asks nothing".to_owned()));
        }
        found
    }
}
