//! Workbooks for forms whose cells are fixed: which field stands in which cell is data, one file for each version of a form.

use std::collections::BTreeSet;

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Worksheet, XlsxError};
use sakimori_words::document::{Datum, Document};
use serde::Deserialize;

use super::{Looks, book, cut, identity, parts, table::sheet_name, tidy};
use crate::PrintError;

/// Last row and column a map may name: forms are pages, and a far cell makes a sheet of a million rows.
const ROW_MAX: u32 = 2_000;
const COLUMN_MAX: u16 = 255;

/// Where the fields of a form stand in its workbook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellMap {
    /// Id of the form.
    pub form: String,
    /// Version of the form.
    pub version: String,
    /// Whether the cells are those of an official file, or our own because no official cells are known.
    pub official: bool,
    /// Widths of the columns of every sheet, from A on, in characters.
    #[serde(default)]
    pub widths: Vec<u8>,
    /// The cells, in no particular order.
    #[serde(rename = "cell")]
    pub cells: Vec<MappedCell>,
}

/// A cell of a form.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappedCell {
    /// The field that stands in it: id of a row of the document, or `@title`, `@number`, `@dated`, `@marks`, `@sender`,
    /// `@addressees`. Its value is written to `at`.
    pub field: String,
    /// Name of the sheet.
    pub sheet: String,
    /// Where the value goes, e.g. `C7`.
    pub at: String,
    /// Where the field's label goes; nowhere when it is left out.
    #[serde(default)]
    pub label_at: Option<String>,
}

impl CellMap {
    /// Reads a map.
    ///
    /// # Errors
    /// When the text is no map, a cell is no cell, or two fields share one.
    pub fn parse(text: &str) -> Result<Self, PrintError> {
        let map: Self = toml::from_str(text)
            .map_err(|error| PrintError::CellMap { problem: error.message().to_owned() })?;
        map.check()?;
        Ok(map)
    }

    fn check(&self) -> Result<(), PrintError> {
        let mut taken = BTreeSet::new();
        for cell in &self.cells {
            for at in std::iter::once(&cell.at).chain(&cell.label_at) {
                let place = place(at).ok_or_else(|| PrintError::CellMap {
                    problem: format!("`{at}` of `{}` is no cell", cell.field),
                })?;
                if !taken.insert((sheet_name(&cell.sheet), place)) {
                    return Err(PrintError::CellMap {
                        problem: format!("{at} of sheet `{}` is used twice", cell.sheet),
                    });
                }
            }
        }
        Ok(())
    }

    /// The sheets in the order in which cells first name them.
    fn sheets(&self) -> Vec<&str> {
        let mut sheets: Vec<&str> = Vec::new();
        for cell in &self.cells {
            if !sheets.contains(&cell.sheet.as_str()) {
                sheets.push(&cell.sheet);
            }
        }
        sheets
    }
}

/// The document in the cells of its form. Fields that the map does not place stand in the sheet `data` like all others.
///
/// # Errors
/// When the map belongs to another form or version, or a workbook cannot hold it.
pub fn xlsx_cells(document: &Document, map: &CellMap) -> Result<Vec<u8>, PrintError> {
    let fits = document
        .form
        .as_ref()
        .is_some_and(|form| (&form.id, &form.version) == (&map.form, &map.version));
    if !fits {
        let problem = format!("it is for {} {}, not for this document", map.form, map.version);
        return Err(PrintError::CellMap { problem });
    }
    let mut workbook = book(document.dated, &document.head.title)?;
    for name in map.sheets() {
        let sheet = workbook.add_worksheet();
        sheet.set_name(sheet_name(name))?.set_paper_size(9).set_print_fit_to_pages(1, 0);
        for (column, width) in (0..).zip(&map.widths) {
            sheet.set_column_width(column, f64::from(*width))?;
        }
        for cell in map.cells.iter().filter(|cell| cell.sheet == name) {
            fill(sheet, document, cell)?;
        }
    }
    tidy::write(workbook.add_worksheet(), document)?;
    identity(workbook.add_worksheet(), document)?;
    Ok(workbook.save_to_buffer()?)
}

fn fill(sheet: &mut Worksheet, document: &Document, cell: &MappedCell) -> Result<(), XlsxError> {
    let looks = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let looks = looks.set_border(FormatBorder::Thin);
    let Some((label, value)) = found(document, &cell.field) else { return Ok(()) };
    if let Some(at) = place(&cell.at) {
        let first = parts(&value).into_iter().next().unwrap_or(Datum::Unknown);
        Looks::new(document.lang, looks.clone()).write(sheet, at, &first)?;
    }
    if let Some((row, column)) = cell.label_at.as_deref().and_then(place) {
        let label = cut(&label).into_iter().next().unwrap_or_default();
        sheet.write_string_with_format(row, column, label, &looks.set_bold())?;
    }
    Ok(())
}

/// Label and value of a field.
fn found(document: &Document, field: &str) -> Option<(String, Datum)> {
    let head = &document.head;
    let value = match field {
        "@title" => Datum::text(&head.title),
        "@number" => Datum::text(&head.number),
        "@dated" => Datum::Day(document.dated),
        "@marks" => Datum::text(head.marks.join("\n")),
        "@sender" => Datum::text(head.sender.join("\n")),
        "@addressees" => Datum::text(head.addressees.join("\n")),
        _ => {
            let row = document.rows().find(|row| row.code == field)?;
            return Some((row.label.clone(), row.value.clone()));
        }
    };
    Some((String::new(), value))
}

/// Row and column of a cell such as `C7`, both from 0.
fn place(at: &str) -> Option<(u32, u16)> {
    let digits = at.find(|c: char| c.is_ascii_digit())?;
    let (letters, number) = at.split_at_checked(digits)?;
    let mut column: u16 = 0;
    for letter in letters.bytes() {
        let place = letter.is_ascii_uppercase().then(|| u16::from(letter - b'A') + 1)?;
        column = column.checked_mul(26)?.checked_add(place)?;
    }
    let row: u32 = number.parse().ok()?;
    let fits = (1..=ROW_MAX).contains(&row) && (1..=COLUMN_MAX).contains(&column);
    fits.then(|| (row - 1, column - 1))
}
