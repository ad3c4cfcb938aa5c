//! What institutions read and teach with (研修・資料): lessons of our own, and where the authorities keep theirs.

use std::collections::BTreeSet;

use sakimori_words::Text;
use serde::Deserialize;

use crate::Provenance;

/// What a material is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaterialKind {
    /// A lesson to be read together.
    Training,
    /// Something elsewhere.
    Reference,
}

/// For whom a lesson is (階層別, S2-14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// 初学者: everybody.
    Beginner,
    /// 経営層.
    Management,
    /// システム・セキュリティ管理者.
    System,
}

/// A material.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Material {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: MaterialKind,
    /// For whom, of a lesson.
    #[serde(default)]
    pub tier: Option<Tier>,
    /// How long it takes, in minutes, of a lesson.
    #[serde(default)]
    pub minutes: Option<u32>,
    /// What it is called.
    pub title: Text,
    /// What it is for.
    pub about: Text,
    /// Where it is, of a reference.
    #[serde(default)]
    pub link: Option<String>,
    /// What it says, point by point.
    #[serde(default)]
    pub points: Vec<Text>,
    /// What to ask afterwards.
    #[serde(default)]
    pub questions: Vec<Question>,
    /// The clauses it serves.
    pub clauses: Vec<String>,
}

/// A question with the answer that is hoped for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What is asked.
    pub asks: Text,
    /// The answer.
    pub answer: Text,
}

/// Every material, and where they come from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Materials {
    /// They, in their order.
    #[serde(rename = "material")]
    pub(crate) materials: Vec<Material>,
    provenance: Provenance,
}

impl Materials {
    /// What is wrong with them: near which text, and what.
    pub(crate) fn problems(&self) -> Vec<(String, String)> {
        let mut seen = BTreeSet::new();
        let mut found = vec![];
        for one in &self.materials {
            if !seen.insert(&one.id) {
                found.push((one.id.clone(), format!("`{}` stands there twice", one.id)));
            }
            let whole = match one.kind {
                MaterialKind::Training => one.tier.is_some() && !one.points.is_empty(),
                MaterialKind::Reference => {
                    one.link.as_ref().is_some_and(|link| link.starts_with("https://"))
                }
            };
            if !whole {
                let what = "a lesson has a tier and points, a reference an https link".to_owned();
                found.push((one.id.clone(), what));
            }
        }
        found
    }
}
