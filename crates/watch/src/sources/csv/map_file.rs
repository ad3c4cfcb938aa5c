//! A column map as it is written in TOML.

use std::collections::BTreeMap;
use std::fmt;

use sakimori_words::Text;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MapFile {
    pub(super) name: Spanned<String>,
    pub(super) title: Text,
    /// Where a map of the content pack comes from; own maps need none.
    #[serde(default, rename = "provenance")]
    pub(super) _provenance: Option<toml::Table>,
    #[serde(default)]
    pub(super) header: Option<Spanned<Vec<Names>>>,
    #[serde(default)]
    pub(super) file_name: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) names: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    pub(super) encoding: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) delimiter: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) product: String,
    #[serde(default)]
    pub(super) service: String,
    #[serde(default)]
    pub(super) class_uid: u32,
    /// Class of rows whose activity, after its values are mapped, is this.
    #[serde(default)]
    pub(super) class_of: BTreeMap<String, u32>,
    pub(super) time: TimeFile,
    #[serde(default)]
    pub(super) columns: ColumnsFile,
    #[serde(default)]
    pub(super) values: ValuesFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TimeFile {
    pub(super) columns: Spanned<Columns>,
    #[serde(default)]
    pub(super) formats: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) zone: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ColumnsFile {
    pub(super) user: Option<Spanned<Names>>,
    pub(super) patient: Option<Spanned<Names>>,
    pub(super) host: Option<Spanned<Names>>,
    pub(super) src_ip: Option<Spanned<Names>>,
    pub(super) dst_ip: Option<Spanned<Names>>,
    pub(super) activity: Option<Spanned<Names>>,
    pub(super) status: Option<Spanned<Names>>,
    pub(super) process: Option<Spanned<Names>>,
    pub(super) message: Option<Spanned<Names>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ValuesFile {
    pub(super) activity: BTreeMap<String, String>,
    pub(super) status: BTreeMap<String, Spanned<String>>,
}

/// One name, or several columns that are put together; each may have several names.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Columns {
    One(String),
    Several(Vec<Names>),
}

impl Columns {
    /// The names of each.
    pub(super) fn names(&self) -> Vec<Vec<String>> {
        match self {
            Self::One(name) => vec![vec![name.clone()]],
            Self::Several(columns) => columns.iter().map(|names| names.0.clone()).collect(),
        }
    }
}

/// One name, or several of which the first that says something counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NamesVisitor)
    }
}

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a column name or a list of them")
    }

    fn visit_str<E>(self, name: &str) -> Result<Names, E> {
        Ok(Names(vec![name.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Names, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = elements.next_element()? {
            names.push(name);
        }
        Ok(Names(names))
    }
}
