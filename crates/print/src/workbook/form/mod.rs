//! Filling in a workbook that an office hands out: values go into its cells, everything else of the file stays as it was.
//!
//! Which value goes where is a [`CellMap`], data for each version of a form. Nothing is written before the workbook has shown
//! that it is the one the map was made for: words it must contain are there, every label is found once, every cell is free.

mod package;
mod sheet;

use std::collections::BTreeMap;

use sakimori_words::document::{Datum, Document};

use self::package::Package;
use self::sheet::{Cell, Place, SheetXml, Value};
use super::cut;
use crate::PrintError;

/// Where the fields of a form stand in its workbook, and how the workbook is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellMap {
    /// Words that stand somewhere in the workbook of this version.
    pub says: Vec<String>,
    /// The cells, in no particular order.
    pub cells: Vec<MappedCell>,
}

/// A value and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedCell {
    /// Id of the row of the document.
    pub field: String,
    /// Name of the sheet; empty: any.
    pub sheet: String,
    /// Where the value goes.
    pub place: Target,
}

/// Where a value goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Into this cell, e.g. `C7`.
    At(String),
    /// Into the cell right of this label.
    RightOf(String),
    /// Into the cell below this label.
    Below(String),
}

/// The workbook with the document's values in it. A field that is blank in the document, or not in it, is left as it was.
///
/// # Errors
/// When the file is no workbook, or not the one the map was made for: everything that does not fit is named.
pub fn fill_form(
    document: &Document,
    map: &CellMap,
    workbook: &[u8],
) -> Result<Vec<u8>, PrintError> {
    let mut package = Package::read(workbook)?;
    let mut sheets = package.sheets()?;
    let mut problems = missing_words(&sheets, map);
    let mut edits: BTreeMap<usize, BTreeMap<Place, Value>> = BTreeMap::new();
    for cell in &map.cells {
        match target(&sheets, cell) {
            Ok((sheet, place)) => {
                let value = value(document, &cell.field);
                let of_sheet = edits.entry(sheet).or_default();
                if of_sheet.insert(place, value.unwrap_or_default()).is_some() {
                    problems.push(format!("`{}`: its cell is used twice", cell.field));
                }
            }
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(PrintError::OtherForm { problems });
    }
    for (at, edits) in edits {
        if let Some(sheet) = sheets.get_mut(at) {
            let filled = edits.into_iter().filter(|(_, value)| *value != Value::Nothing);
            let xml = sheet.xml.with(&filled.collect())?;
            package.replace(&sheet.path, xml);
        }
    }
    package.write()
}

/// A sheet of the workbook.
pub(super) struct Sheet {
    name: String,
    path: String,
    xml: SheetXml,
}

fn missing_words(sheets: &[Sheet], map: &CellMap) -> Vec<String> {
    let said = |words: &str| {
        let words = plain(words);
        sheets
            .iter()
            .flat_map(|sheet| sheet.xml.cells())
            .any(|cell| plain(&cell.text).contains(&words))
    };
    let missing = map.says.iter().filter(|words| !said(words));
    missing.map(|words| format!("the words 「{words}」 are missing")).collect()
}

/// The sheet and cell that a value goes into.
fn target(sheets: &[Sheet], cell: &MappedCell) -> Result<(usize, Place), String> {
    let named = || {
        let fits = |sheet: &Sheet| cell.sheet.is_empty() || sheet.name == cell.sheet;
        sheets.iter().enumerate().filter(move |(_, sheet)| fits(sheet))
    };
    if named().next().is_none() {
        return Err(format!("the sheet 「{}」 is missing", cell.sheet));
    }
    let (label, right) = match &cell.place {
        Target::At(at) => {
            let place = Place::parse(at).ok_or_else(|| format!("`{at}` is no cell"))?;
            let (number, sheet) = named().next().ok_or_else(String::new)?;
            return free(sheet, sheet.xml.merged(place).0, at).map(|place| (number, place));
        }
        Target::RightOf(label) => (label, true),
        Target::Below(label) => (label, false),
    };
    let wanted = plain(label);
    let all: Vec<(usize, &Sheet, &Cell)> = named()
        .flat_map(|(n, sheet)| sheet.xml.cells().iter().map(move |own| (n, sheet, own)))
        .collect();
    let exactly = all.iter().filter(|(_, _, own)| plain(&own.text) == wanted).count();
    let fits = |own: &Cell| {
        let text = plain(&own.text);
        if exactly > 0 { text == wanted } else { text.contains(&wanted) }
    };
    let mut found = all.into_iter().filter(|(_, _, own)| fits(own));
    match (found.next(), found.next()) {
        (Some((n, sheet, own)), None) => {
            let (first, last) = sheet.xml.merged(own.place);
            let beside = if right {
                first.with_column(last.column + 1)
            } else {
                first.with_row(last.row + 1)
            };
            free(sheet, sheet.xml.merged(beside).0, label).map(|place| (n, place))
        }
        (None, _) => Err(format!("the label 「{label}」 is missing")),
        (Some(_), Some(_)) => Err(format!("the label 「{label}」 stands there more than once")),
    }
}

/// The place, when nothing is written there yet.
fn free(sheet: &Sheet, place: Place, named: &str) -> Result<Place, String> {
    let taken = sheet.xml.cells().iter().find(|own| own.place == place);
    match taken.filter(|own| own.formula || !own.text.trim().is_empty()) {
        None => Ok(place),
        Some(own) => {
            let text: String = own.text.chars().take(30).collect();
            Err(format!("the cell {place} for 「{named}」 is not empty: {text}"))
        }
    }
}

/// What is written: a number as a number, everything else as words, because how a cell shows days is the office's matter.
fn value(document: &Document, field: &str) -> Option<Value> {
    let row = document.rows().find(|row| row.code == field)?;
    Some(match &row.value {
        Datum::Number(number) => Value::Number(*number),
        other => match cut(&other.words(document.lang)).into_iter().next() {
            Some(text) if !text.trim().is_empty() => Value::Text(text),
            _ => Value::Nothing,
        },
    })
}

/// A label without what differs between copies of one form: spaces, line ends, full-width letters.
fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    };
    text.chars().filter(|c| !c.is_whitespace()).map(narrow).collect()
}
