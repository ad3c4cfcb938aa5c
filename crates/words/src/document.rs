//! A document as an office can be handed it: one definition, projected by `print` onto paper, into a workbook, or into words
//! for the telephone.
//!
//! Plain data in one language. Whoever owns a record makes the document from it; nothing here knows a report from a custody
//! form.

use crate::{
    Date, Digest, Instant, Lang, Text, jst_date, jst_datetime, moment_words, parse_moment_words,
    wareki,
};

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it is called in the record, e.g. `50DC0952-1`; the same for every version of it.
    pub id: String,
    /// Which version of it this is.
    pub version: String,
    /// Digest of what it was made from; printed, so that paper can be compared with the record.
    pub source: Digest,
    /// The form it fills in, when it fills in one: cell maps are chosen by it.
    pub form: Option<FormVersion>,
    /// Its language.
    pub lang: Lang,
    /// The day it bears.
    pub dated: Date,
    /// Everything above the first block.
    pub head: LetterHead,
    /// What it says, in order.
    pub blocks: Vec<Block>,
    /// Lines below the end.
    pub foot: Vec<String>,
}

/// A form and its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormVersion {
    /// Id of the form.
    pub id: String,
    /// Its version.
    pub version: String,
}

/// The head of an official letter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LetterHead {
    /// Its number, top right; may be empty.
    pub number: String,
    /// For whom, top left.
    pub addressees: Vec<String>,
    /// From whom, right: name, address, contact.
    pub sender: Vec<String>,
    /// Its title, centred.
    pub title: String,
    /// What must be seen on every page: 訓練, 下書き.
    pub marks: Vec<String>,
    /// The sentence above 記. When it is empty there is no 記 and no 以上: the paper is a form or a list, not a letter.
    pub opening: String,
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// Running text.
    Paragraph(String),
    /// Labels with their values.
    Rows(Vec<Row>),
    /// A table.
    Table(Table),
    /// Boxes that are ticked or not.
    Checks(Vec<Check>),
    /// A remark in small print.
    Note(String),
    /// What follows begins on a new page.
    PageBreak,
}

impl Block {
    /// What it says, its kind first.
    fn said(&self, lang: Lang) -> Vec<String> {
        let one = |kind: &str, text: &str| vec![kind.to_owned(), text.to_owned()];
        match self {
            Self::Heading(text) => one("heading", text),
            Self::Paragraph(text) => one("paragraph", text),
            Self::Note(text) => one("note", text),
            Self::PageBreak => vec!["page".to_owned()],
            Self::Rows(rows) => {
                let said = rows.iter().flat_map(|row| [row.label.clone(), row.value.words(lang)]);
                std::iter::once("rows".to_owned()).chain(said).collect()
            }
            Self::Checks(checks) => {
                let said =
                    checks.iter().flat_map(|one| [one.label.clone(), one.ticked.to_string()]);
                std::iter::once("checks".to_owned()).chain(said).collect()
            }
            Self::Table(table) => {
                let heads = table.columns.iter().map(|column| column.title.clone());
                let cells = table.rows.iter().map(|row| {
                    let cells: Vec<String> = row.iter().map(|cell| cell.words(lang)).collect();
                    cells.join("\u{1f}")
                });
                ["table".to_owned(), table.caption.clone()]
                    .into_iter()
                    .chain(heads)
                    .chain(cells)
                    .collect()
            }
        }
    }
}

/// A label with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Id of the field, the same in every language and version.
    pub code: String,
    /// Label.
    pub label: String,
    /// Value.
    pub value: Datum,
}

impl Row {
    /// A row.
    pub fn new(code: impl Into<String>, label: impl Into<String>, value: Datum) -> Self {
        Self { code: code.into(), label: label.into(), value }
    }
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Id of the table.
    pub code: String,
    /// What it shows, in words.
    pub caption: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows; a row shorter than the columns is blank at the end, a longer one is cut by nobody and goes on unnamed.
    pub rows: Vec<Vec<Datum>>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Id of the column.
    pub code: String,
    /// Its head.
    pub title: String,
    /// Its share of the width; 0 counts as 1.
    pub share: u8,
}

impl Column {
    /// A column.
    pub fn new(code: impl Into<String>, title: impl Into<String>, share: u8) -> Self {
        Self { code: code.into(), title: title.into(), share }
    }
}

/// A box that is ticked or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Id of the question.
    pub code: String,
    /// The question.
    pub label: String,
    /// Whether it is ticked.
    pub ticked: bool,
}

/// A value that keeps what it is, so that each projection can write it its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datum {
    /// Words, perhaps in several lines. Empty: left blank, for somebody to write on the paper.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A day.
    Day(Date),
    /// A moment.
    Moment(Instant),
    /// Not known yet, which is an answer: 調査中.
    Unknown,
}

impl Datum {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A text of the record in one language. A moment becomes one again, so that workbooks can calculate with it.
    #[must_use]
    pub fn of(text: &Text, lang: Lang) -> Self {
        parse_moment_words(text).map_or_else(|| Self::text(text.get(lang)), Self::Moment)
    }

    /// The value as people read it: era dates in Japanese, western ones in English.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Day(day) => day_words(*day, lang),
            Self::Moment(at) => moment_words(*at).get(lang).to_owned(),
            Self::Unknown => unknown(lang).to_owned(),
        }
    }

    /// The day or moment as machines read it (`2026-11-20`, `2026-11-20T18:00:00+09:00`); `None` for what is neither.
    #[must_use]
    pub fn iso(&self) -> Option<String> {
        match self {
            Self::Day(day) => Some(day.to_string()),
            Self::Moment(at) => {
                Some(format!("{}+09:00", jst_datetime(*at).strftime("%Y-%m-%dT%H:%M:%S")))
            }
            Self::Text(_) | Self::Number(_) | Self::Unknown => None,
        }
    }

    /// The day in Japan, of a day or a moment.
    #[must_use]
    pub fn day(&self) -> Option<Date> {
        match self {
            Self::Day(day) => Some(*day),
            Self::Moment(at) => Some(jst_date(*at)),
            Self::Text(_) | Self::Number(_) | Self::Unknown => None,
        }
    }
}

impl Document {
    /// The day it bears, as it is written.
    #[must_use]
    pub fn dated_words(&self) -> String {
        day_words(self.dated, self.lang)
    }

    /// What every file of it carries: id, version and digest of the source.
    #[must_use]
    pub fn stamp(&self) -> String {
        format!("{} / {} / SHA-256 {}", self.id, self.version, self.source)
    }

    /// Digest of everything it says under its title: two papers with the same one read alike. For papers whose record has no
    /// digest of its own.
    #[must_use]
    pub fn content_digest(&self) -> Digest {
        let mut said: Vec<String> = vec![self.head.title.clone(), self.head.marks.join("\n")];
        for block in &self.blocks {
            said.extend(block.said(self.lang));
        }
        let parts: Vec<String> = said.iter().map(|text| format!("{}:{text}", text.len())).collect();
        let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
        Digest::of_parts(&parts)
    }

    /// Labels with their values, wherever they stand.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.blocks
            .iter()
            .filter_map(|block| if let Block::Rows(rows) = block { Some(rows) } else { None })
            .flatten()
    }
}

/// `調査中` and its English.
#[must_use]
pub const fn unknown(lang: Lang) -> &'static str {
    match lang {
        Lang::Ja => "調査中",
        Lang::En => "Still finding out",
    }
}

fn day_words(day: Date, lang: Lang) -> String {
    match lang {
        Lang::Ja => wareki(day),
        Lang::En => day.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_is_written_in_its_era_and_kept_as_a_day() {
        let first = Datum::Day(date(2019, 5, 1));
        assert_eq!(first.words(Lang::Ja), "令和元年5月1日");
        assert_eq!(first.words(Lang::En), "2019-05-01");
        assert_eq!(first.iso().as_deref(), Some("2019-05-01"));
    }

    #[test]
    fn a_moment_among_texts_is_a_moment_again() {
        let at = Instant::parse("2026-11-20T18:00:00+09:00").unwrap();
        assert_eq!(Datum::of(&moment_words(at), Lang::Ja), Datum::Moment(at));
        assert_eq!(Datum::of(&Text::new("未定", "open"), Lang::En), Datum::text("open"));
    }

    #[test]
    fn papers_that_differ_in_one_cell_have_different_digests() {
        let paper = |cell: &str| Document {
            id: "1".to_owned(),
            version: "1".to_owned(),
            source: Digest::of(b""),
            form: None,
            lang: Lang::Ja,
            dated: date(2026, 11, 20),
            head: LetterHead::default(),
            blocks: vec![Block::Table(Table {
                code: "t".to_owned(),
                caption: String::new(),
                columns: Vec::new(),
                rows: vec![vec![Datum::text(cell), Datum::Number(1)]],
            })],
            foot: Vec::new(),
        };
        assert_eq!(paper("A").content_digest(), paper("A").content_digest());
        assert_ne!(paper("A").content_digest(), paper("B").content_digest());
    }

    #[test]
    fn a_moment_is_that_of_japan() {
        let at = Datum::Moment(Instant::parse("2026-11-19T15:05:00Z").unwrap());
        assert_eq!(at.words(Lang::Ja), "令和8年11月20日（金）0時05分");
        assert_eq!(at.iso().as_deref(), Some("2026-11-20T00:05:00+09:00"));
        assert_eq!(at.day(), Some(date(2026, 11, 20)));
    }
}
