//! The text of one sheet: where its rows and cells stand in it, and the same text with other values in some cells.
//!
//! The text is cut and pasted at the places that change, never written anew: what we do not know stays as it was.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};

use super::package::{Attributes, attributes, broken, said};
use crate::PrintError;

/// Last row and column of the format.
const ROW_MAX: u32 = 1 << 20;
const COLUMN_MAX: u32 = 1 << 14;

/// A cell's row and column, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) row: u32,
    pub(super) column: u32,
}

/// What is written into a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Value {
    /// Words.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Nothing: the cell stays as it was.
    #[default]
    Nothing,
}

/// A cell as it stands in the text.
pub(super) struct Cell {
    pub(super) place: Place,
    /// What is shown.
    pub(super) text: String,
    /// Whether it is calculated.
    pub(super) formula: bool,
    style: Option<String>,
    span: Range<usize>,
}

/// A row as it stands in the text.
struct Row {
    number: u32,
    tag: Range<usize>,
    /// Where its end tag begins; the end of its only tag when it has no cells.
    end: usize,
    empty: bool,
}

/// A sheet.
pub(super) struct SheetXml {
    text: String,
    /// The prefix of its elements with its colon; mostly empty.
    prefix: String,
    /// The element around the rows: its tag, where its end tag begins, whether it has no rows.
    data: Row,
    rows: Vec<Row>,
    cells: Vec<Cell>,
    merged: Vec<(Place, Place)>,
}

impl Place {
    /// `C7`.
    pub(super) fn parse(at: &str) -> Option<Self> {
        let digits = at.find(|c: char| c.is_ascii_digit())?;
        let (letters, number) = at.split_at_checked(digits)?;
        let mut column: u32 = 0;
        for letter in letters.bytes() {
            let place = letter.is_ascii_uppercase().then(|| u32::from(letter - b'A') + 1)?;
            column = column.checked_mul(26)?.checked_add(place)?;
        }
        let row: u32 = number.parse().ok()?;
        let fits = (1..=ROW_MAX).contains(&row) && (1..=COLUMN_MAX).contains(&column);
        fits.then_some(Self { row, column })
    }

    pub(super) const fn with_column(self, column: u32) -> Self {
        Self { column, ..self }
    }

    pub(super) const fn with_row(self, row: u32) -> Self {
        Self { row, ..self }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut letters, mut left) = (Vec::new(), self.column);
        while left > 0 {
            left -= 1;
            letters.push(char::from(b'A' + u8::try_from(left % 26).unwrap_or_default()));
            left /= 26;
        }
        letters.reverse();
        write!(f, "{}{}", letters.into_iter().collect::<String>(), self.row)
    }
}

impl SheetXml {
    /// Reads a sheet. `strings` are the texts that its cells point at.
    pub(super) fn read(text: &str, strings: &[String]) -> Result<Self, PrintError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut scan = Scan::new(text, strings);
        let mut reader = Reader::from_str(text);
        loop {
            let start = offset(&reader);
            let event = reader.read_event().map_err(|error| broken(&error))?;
            let span = start..offset(&reader);
            match &event {
                Event::Start(tag) => scan.open(tag, span, false),
                Event::Empty(tag) => scan.open(tag, span, true),
                Event::End(tag) => scan.close(tag.local_name().as_ref(), span),
                Event::Eof => return scan.done(),
                other => scan.say(&said(other)),
            }
        }
    }

    /// Its cells.
    pub(super) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The first and last cell of the merged cell that `place` lies in; itself twice when it is not merged.
    pub(super) fn merged(&self, place: Place) -> (Place, Place) {
        let around = |(first, last): &&(Place, Place)| {
            (first.row..=last.row).contains(&place.row)
                && (first.column..=last.column).contains(&place.column)
        };
        self.merged.iter().find(around).copied().unwrap_or((place, place))
    }

    /// The text with those values in it.
    pub(super) fn with(&self, values: &BTreeMap<Place, Value>) -> Result<String, PrintError> {
        let mut patches: Vec<(Range<usize>, String)> = Vec::new();
        let mut new_rows: BTreeMap<u32, String> = BTreeMap::new();
        let mut into_empty: BTreeMap<u32, String> = BTreeMap::new();
        for (place, value) in values {
            let old = self.cells.iter().find(|cell| cell.place == *place);
            let written = self.cell(*place, value, old.and_then(|cell| cell.style.as_deref()));
            match (old, self.rows.iter().find(|row| row.number == place.row)) {
                (Some(old), _) => patches.push((old.span.clone(), written)),
                (None, Some(row)) if row.empty => {
                    into_empty.entry(row.number).or_default().push_str(&written);
                }
                (None, Some(row)) => {
                    let at = self.before(*place).unwrap_or(row.end);
                    patches.push((at..at, written));
                }
                (None, None) => new_rows.entry(place.row).or_default().push_str(&written),
            }
        }
        patches.extend(
            into_empty.into_iter().filter_map(|(number, cells)| self.filled(number, &cells)),
        );
        patches.extend(self.rows_added(new_rows));
        // Values come in the order of their cells, and patches of one place keep that order.
        patches.sort_by_key(|(span, _)| (span.start, span.end));
        self.patched(&patches)
    }

    /// Where the next cell of the row begins.
    fn before(&self, place: Place) -> Option<usize> {
        let next = self.cells.iter().filter(|cell| cell.place.row == place.row);
        let next = next.filter(|cell| cell.place.column > place.column);
        next.min_by_key(|cell| cell.place.column).map(|cell| cell.span.start)
    }

    /// A row without cells, with cells.
    fn filled(&self, number: u32, cells: &str) -> Option<(Range<usize>, String)> {
        let row = self.rows.iter().find(|row| row.number == number)?;
        let tag = self.text.get(row.tag.clone())?;
        Some((row.tag.clone(), self.opened(tag, "row", cells)))
    }

    /// `<row …/>` as `<row …>cells</row>`.
    fn opened(&self, tag: &str, name: &str, inner: &str) -> String {
        let tag = tag.trim_end_matches('>').trim_end().trim_end_matches('/').trim_end();
        format!("{tag}>{inner}</{}{name}>", self.prefix)
    }

    /// Rows that are not there yet, each before the next one that is.
    fn rows_added(&self, new: BTreeMap<u32, String>) -> Vec<(Range<usize>, String)> {
        let prefix = &self.prefix;
        let whole = |(number, cells): (u32, String)| {
            (number, format!("<{prefix}row r=\"{number}\">{cells}</{prefix}row>"))
        };
        let new: Vec<(u32, String)> = new.into_iter().map(whole).collect();
        if self.data.empty {
            let rows: String = new.into_iter().map(|(_, row)| row).collect();
            let tag = self.text.get(self.data.tag.clone()).unwrap_or_default();
            let patch = (self.data.tag.clone(), self.opened(tag, "sheetData", &rows));
            return if rows.is_empty() { Vec::new() } else { vec![patch] };
        }
        let place = |number: u32| {
            let next = self.rows.iter().filter(|row| row.number > number);
            next.min_by_key(|row| row.number).map_or(self.data.end, |row| row.tag.start)
        };
        new.into_iter().map(|(number, row)| (place(number)..place(number), row)).collect()
    }

    fn cell(&self, place: Place, value: &Value, style: Option<&str>) -> String {
        let p = &self.prefix;
        let style = style.map(|style| format!(" s=\"{}\"", escape(style))).unwrap_or_default();
        match value {
            Value::Text(text) => format!(
                "<{p}c r=\"{place}\"{style} t=\"inlineStr\"><{p}is><{p}t xml:space=\"preserve\">{}</{p}t></{p}is></{p}c>",
                escape(text.as_str())
            ),
            Value::Number(number) => {
                format!("<{p}c r=\"{place}\"{style}><{p}v>{number}</{p}v></{p}c>")
            }
            Value::Nothing => String::new(),
        }
    }

    fn patched(&self, patches: &[(Range<usize>, String)]) -> Result<String, PrintError> {
        let (mut text, mut at) = (String::with_capacity(self.text.len()), 0);
        for (span, new) in patches {
            let kept = self.text.get(at..span.start);
            text.push_str(kept.ok_or_else(|| broken(&"two changes overlap"))?);
            text.push_str(new);
            at = span.end;
        }
        text.push_str(self.text.get(at..).unwrap_or_default());
        Ok(text)
    }
}

fn offset(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

/// What was read so far.
struct Scan<'a> {
    text: &'a str,
    strings: &'a [String],
    prefix: String,
    data: Option<Row>,
    rows: Vec<Row>,
    cells: Vec<Cell>,
    merged: Vec<(Place, Place)>,
    /// The cell that is being read, its kind, and whether a value of it is.
    cell: Option<Cell>,
    kind: String,
    in_value: bool,
    in_reading: bool,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str, strings: &'a [String]) -> Self {
        Self {
            text,
            strings,
            prefix: String::new(),
            data: None,
            rows: Vec::new(),
            cells: Vec::new(),
            merged: Vec::new(),
            cell: None,
            kind: String::new(),
            in_value: false,
            in_reading: false,
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>, span: Range<usize>, empty: bool) {
        match tag.local_name().as_ref() {
            "sheetData" => {
                let name = tag.name();
                self.prefix = name.as_ref().trim_end_matches("sheetData").to_owned();
                self.data = Some(Row { number: 0, end: span.end, tag: span, empty });
            }
            "row" => {
                let number = attributes(tag).get("r").and_then(|own| own.parse().ok());
                let number =
                    number.unwrap_or_else(|| self.rows.last().map_or(1, |row| row.number + 1));
                self.rows.push(Row { number, end: span.end, tag: span, empty });
            }
            "c" => self.open_cell(&attributes(tag), span, empty),
            "v" | "t" => self.in_value = !empty && self.cell.is_some(),
            "rPh" => self.in_reading = !empty,
            "f" => self.cell.iter_mut().for_each(|cell| cell.formula = true),
            "mergeCell" => {
                let range = attributes(tag).remove("ref").unwrap_or_default();
                let ends = range.split_once(':');
                let ends = ends
                    .and_then(|(first, last)| Some((Place::parse(first)?, Place::parse(last)?)));
                self.merged.extend(ends);
            }
            _ => {}
        }
    }

    fn open_cell(&mut self, own: &Attributes, span: Range<usize>, empty: bool) {
        let row = self.rows.last().map_or(1, |row| row.number);
        let after = self.cells.last().filter(|cell| cell.place.row == row);
        let next = Place { row, column: after.map_or(1, |cell| cell.place.column + 1) };
        let cell = Cell {
            place: own.get("r").and_then(|at| Place::parse(at)).unwrap_or(next),
            text: String::new(),
            formula: false,
            style: own.get("s").cloned(),
            span,
        };
        if empty {
            self.cells.push(cell);
        } else {
            self.kind = own.get("t").cloned().unwrap_or_default();
            self.cell = Some(cell);
        }
    }

    fn say(&mut self, text: &str) {
        if let Some(cell) = self.cell.as_mut().filter(|_| self.in_value && !self.in_reading) {
            cell.text.push_str(text);
        }
    }

    fn close(&mut self, name: &str, span: Range<usize>) {
        match name {
            "v" | "t" => self.in_value = false,
            "rPh" => self.in_reading = false,
            "c" => self.close_cell(span.end),
            "row" => {
                if let Some(row) = self.rows.last_mut() {
                    row.end = span.start;
                }
            }
            "sheetData" => self.data.iter_mut().for_each(|data| data.end = span.start),
            _ => {}
        }
    }

    fn close_cell(&mut self, end: usize) {
        let Some(mut cell) = self.cell.take() else { return };
        cell.span.end = end;
        if self.kind == "s" {
            let number: Option<usize> = cell.text.trim().parse().ok();
            cell.text = number.and_then(|n| self.strings.get(n)).cloned().unwrap_or_default();
        }
        self.cells.push(cell);
    }

    fn done(self) -> Result<SheetXml, PrintError> {
        let data = self.data.ok_or_else(|| broken(&"a sheet has no cells"))?;
        Ok(SheetXml {
            text: self.text.to_owned(),
            prefix: self.prefix,
            data,
            rows: self.rows,
            cells: self.cells,
            merged: self.merged,
        })
    }
}
