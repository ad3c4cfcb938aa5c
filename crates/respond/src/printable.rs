//! The document of a report: ordered sections of label and value. Screen, print and file are projections of it.

use sakimori_words::{Digest, Text};
use serde::{Deserialize, Serialize};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintedRow {
    /// The field's id in the form.
    pub field: String,
    /// Label.
    pub label: Text,
    /// Value; may have several lines.
    pub value: Text,
    /// Whether the value says that it is not yet known.
    pub open: bool,
}

/// One section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintedSection {
    /// The section's id in the form.
    pub id: String,
    /// Heading.
    pub title: Text,
    /// Its rows in order.
    pub rows: Vec<PrintedRow>,
}

/// A document ready to be shown, printed or sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintableReport {
    /// Title, e.g. `サイバー攻撃等事案報告書（速報・第1報）`.
    pub title: Text,
    /// Date of the document as it stands at the top right.
    pub dated: Text,
    /// Addressees, top left.
    pub addressees: Vec<Text>,
    /// Sender, right.
    pub sender: Text,
    /// A line that must not be overlooked (`訓練`, `単独承認`), if any.
    pub banner: Vec<Text>,
    /// Its sections in order.
    pub sections: Vec<PrintedSection>,
}

impl PrintableReport {
    /// Digest of the document; what was approved and what leaves are compared by it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        // Serializing plain strings cannot fail; an empty document would simply never match an approval.
        Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// The row of a field.
    #[must_use]
    pub fn row(&self, field: &str) -> Option<&PrintedRow> {
        self.rows().find(|row| row.field == field)
    }

    /// All rows, in the order they are printed.
    pub fn rows(&self) -> impl Iterator<Item = &PrintedRow> {
        self.sections.iter().flat_map(|section| &section.rows)
    }
}
