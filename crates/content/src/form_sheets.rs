//! Sheets of offices (様式): which field of our own form stands under which label, in which order, one file for each version.
//!
//! The offices' own files are not ours to hand out. Where one is at hand its cells are found by `at` or by their labels; where
//! none is, the same fields are laid out in the same order.

use sakimori_words::Text;
use sakimori_words::document::{Block, Datum, Document, FormVersion, LetterHead, Row};
use serde::Deserialize;

use crate::Provenance;

/// A sheet of an office that is filled in from a form of ours.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormSheet {
    /// Its id, e.g. `ppc-prompt`.
    pub id: String,
    /// Version of the office's sheet: the month from which it is used.
    pub version: String,
    /// Its title.
    pub title: Text,
    /// For whom it is.
    pub addressee: Text,
    /// What to know when it is handed in.
    pub remark: Text,
    /// Id of our form that its fields come from.
    pub form: String,
    /// Whether labels and cells were taken from the office's file; else they are the words of the rule that asks for them.
    pub official: bool,
    /// Words that stand in the office's workbook of this version.
    pub says: Vec<String>,
    /// Its parts in order.
    #[serde(rename = "section")]
    pub sections: Vec<SheetSection>,
    /// Source and dates.
    pub provenance: Provenance,
}

/// A part of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetSection {
    /// Its heading.
    pub title: Text,
    /// Its cells in order.
    #[serde(rename = "cell")]
    pub cells: Vec<SheetCell>,
}

/// A field of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetCell {
    /// Its id within the sheet.
    pub id: String,
    /// Its label; the Japanese one is looked for in the office's workbook.
    pub label: Text,
    /// The fields of our form that answer it, one below the other. None: a person decides and writes it in.
    #[serde(default)]
    pub fields: Vec<String>,
    /// Name of the workbook's sheet; empty: any.
    #[serde(default)]
    pub sheet: String,
    /// The cell of the value, e.g. `C7`; empty: beside the label.
    #[serde(default)]
    pub at: String,
    /// Whether the value stands below its label instead of right of it.
    #[serde(default)]
    pub below: bool,
}

impl FormSheet {
    /// The name under which the office's blank is looked for, e.g. `ppc-prompt-2022-04.xlsx`.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}-{}.xlsx", self.id, self.version)
    }

    /// All cells in order.
    pub fn cells(&self) -> impl Iterator<Item = &SheetCell> {
        self.sections.iter().flat_map(|section| &section.cells)
    }

    /// A report in the order and under the labels of this sheet. What a person has to decide is left blank.
    #[must_use]
    pub fn document(&self, report: &Document) -> Document {
        let say = |text: &Text| text.get(report.lang).to_owned();
        let mut blocks = Vec::new();
        for section in &self.sections {
            let rows = section.cells.iter();
            let rows = rows.map(|cell| Row::new(&*cell.id, say(&cell.label), cell.value(report)));
            blocks.extend([Block::Heading(say(&section.title)), Block::Rows(rows.collect())]);
        }
        blocks.push(Block::Note(say(&self.remark)));
        Document {
            id: format!("{}-{}", report.id, self.id),
            form: Some(FormVersion { id: self.id.clone(), version: self.version.clone() }),
            head: LetterHead {
                title: say(&self.title),
                addressees: vec![say(&self.addressee)],
                opening: String::new(),
                ..report.head.clone()
            },
            blocks,
            ..report.clone()
        }
    }
}

impl SheetCell {
    /// What answers it: the value of its only field as what it is, those of several as words.
    fn value(&self, report: &Document) -> Datum {
        let found: Vec<&Row> =
            self.fields.iter().filter_map(|id| report.rows().find(|row| row.code == *id)).collect();
        match found.as_slice() {
            [] => Datum::text(""),
            [only] => only.value.clone(),
            several => {
                let line = |row: &&Row| format!("{}: {}", row.label, row.value.words(report.lang));
                Datum::text(several.iter().map(line).collect::<Vec<_>>().join("\n"))
            }
        }
    }
}
