//! Forms: the sections and fields of a report, from which screen, print and file are rendered.

use sakimori_words::Text;
use serde::Deserialize;

use crate::Provenance;

/// What kind of answer a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Taken from the record; nobody types it.
    Derived,
    /// Free text.
    Text,
    /// One or more of the choices.
    Choice,
    /// A moment.
    DateTime,
    /// A number, exact or approximate.
    Count,
}

/// One choice of a field.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldChoice {
    /// Its id.
    pub id: String,
    /// Its label.
    pub label: Text,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its id within the form; typed answers are kept under it.
    pub id: String,
    /// Its label.
    pub label: Text,
    /// Help beside the input; empty texts when the label says all.
    #[serde(default)]
    pub hint: Text,
    /// Kind of answer.
    pub kind: FieldKind,
    /// Key into the record for derived fields, e.g. `case.knew_at`; empty for typed ones.
    #[serde(default)]
    pub source: String,
    /// The choices of a choice field.
    #[serde(default, rename = "choice")]
    pub choices: Vec<FieldChoice>,
    /// The clause that asks for it, when there is one.
    #[serde(default)]
    pub clause: String,
}

impl Field {
    /// Whether people type its answer.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        self.kind != FieldKind::Derived
    }

    /// The label of a choice.
    #[must_use]
    pub fn choice(&self, id: &str) -> Option<&Text> {
        self.choices.iter().find(|choice| choice.id == id).map(|choice| &choice.label)
    }
}

/// One section.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its id within the form.
    pub id: String,
    /// Its heading.
    pub title: Text,
    /// Its fields in order.
    #[serde(rename = "field")]
    pub fields: Vec<Field>,
}

/// A form.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Its id, e.g. `first-report`.
    pub id: String,
    /// Version of the form; a report keeps the version it was made with.
    pub version: String,
    /// Its title; `{stage}` is filled in.
    pub title: Text,
    /// Words for "we are still finding out": a legal answer in a first report.
    pub investigating: Text,
    /// Words for "does not apply".
    pub not_applicable: Text,
    /// Words for "nothing recorded yet".
    pub nothing_yet: Text,
    /// Its sections in order.
    #[serde(rename = "section")]
    pub sections: Vec<Section>,
    /// Source and dates.
    pub provenance: Provenance,
}

impl Form {
    /// The field of that id.
    #[must_use]
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields().find(|field| field.id == id)
    }

    /// All fields in order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.sections.iter().flat_map(|section| &section.fields)
    }
}
