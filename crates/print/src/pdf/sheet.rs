//! The document as the template reads it: every text already in words, cut into lines and into pieces that fit a cell.

use sakimori_words::Lang;
use sakimori_words::document::{Block, Check, Datum, Document, Row, Table};
use serde::Serialize;

use crate::characters::visible;

/// Runs of narrow characters longer than this are cut so that a path or a digest fits into a cell.
const RUN_CHARS_MAX: usize = 12;
/// How long the pieces of such a run are.
const PIECE_CHARS: usize = 6;

/// A text: its lines, each in pieces between which a line may be broken.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Words(Vec<Vec<String>>);

/// What the template draws.
#[derive(Serialize)]
pub(super) struct Sheet {
    lang: &'static str,
    fonts: Vec<String>,
    /// Year, month and day for the file's own date.
    date: [i16; 3],
    title: Words,
    /// The title as one line, for the file's own title.
    name: String,
    author: String,
    number: Words,
    dated: String,
    addressees: Vec<Words>,
    sender: Vec<Words>,
    marks: Vec<Words>,
    opening: Words,
    blocks: Vec<Part>,
    foot: Vec<Words>,
    stamp: Words,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Part {
    Heading {
        text: Words,
    },
    Paragraph {
        text: Words,
    },
    Rows {
        rows: Vec<[Words; 2]>,
    },
    Table {
        caption: Words,
        shares: Vec<u8>,
        heads: Vec<Words>,
        numbers: Vec<bool>,
        rows: Vec<Vec<Words>>,
    },
    Checks {
        checks: Vec<Tick>,
    },
    Note {
        text: Words,
    },
    PageBreak,
}

#[derive(Serialize)]
struct Tick {
    label: Words,
    ticked: bool,
}

impl Sheet {
    pub(super) fn of(document: &Document, families: &[String]) -> Self {
        let (head, day) = (&document.head, document.dated);
        Self {
            lang: document.lang.tag(),
            fonts: families.to_vec(),
            // A file's own date knows no year before 0.
            date: [day.year().max(0), i16::from(day.month()), i16::from(day.day())],
            title: words(&head.title),
            name: one_line(&head.title, &document.id),
            author: head.sender.first().map(|name| one_line(name, "")).unwrap_or_default(),
            number: words(&head.number),
            dated: document.dated_words(),
            addressees: all(&head.addressees),
            sender: all(&head.sender),
            marks: all(&head.marks),
            opening: words(&head.opening),
            blocks: document.blocks.iter().map(|block| part(block, document.lang)).collect(),
            foot: all(&document.foot),
            stamp: words(&document.stamp()),
        }
    }

    /// Every text of it.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let head = [&self.title, &self.number, &self.opening, &self.stamp];
        let lists = [&self.addressees, &self.sender, &self.marks, &self.foot];
        let words = head.into_iter().chain(lists.into_iter().flatten());
        words.chain(self.blocks.iter().flat_map(Part::words)).flat_map(Words::pieces)
    }

    /// How long it is; a cell counts though it is empty, because it takes room.
    pub(super) fn chars(&self) -> usize {
        let texts: usize = self.texts().map(|text| text.chars().count()).sum();
        let cells: usize = self.blocks.iter().map(|part| 1 + part.words().len()).sum();
        texts + cells * RUN_CHARS_MAX
    }
}

impl Part {
    fn words(&self) -> Vec<&Words> {
        match self {
            Self::Heading { text } | Self::Paragraph { text } | Self::Note { text } => vec![text],
            Self::Rows { rows } => rows.iter().flatten().collect(),
            Self::Table { caption, heads, rows, .. } => {
                std::iter::once(caption).chain(heads).chain(rows.iter().flatten()).collect()
            }
            Self::Checks { checks } => checks.iter().map(|check| &check.label).collect(),
            Self::PageBreak => Vec::new(),
        }
    }
}

impl Words {
    fn pieces(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().map(String::as_str)
    }
}

fn part(block: &Block, lang: Lang) -> Part {
    match block {
        Block::Heading(text) => Part::Heading { text: words(text) },
        Block::Paragraph(text) => Part::Paragraph { text: words(text) },
        Block::Note(text) => Part::Note { text: words(text) },
        Block::Rows(rows) => Part::Rows { rows: rows.iter().map(|row| pair(row, lang)).collect() },
        Block::Table(table) => drawn(table, lang),
        Block::Checks(checks) => Part::Checks { checks: checks.iter().map(tick).collect() },
        Block::PageBreak => Part::PageBreak,
    }
}

fn pair(row: &Row, lang: Lang) -> [Words; 2] {
    [words(&row.label), words(&row.value.words(lang))]
}

fn tick(check: &Check) -> Tick {
    Tick { label: words(&check.label), ticked: check.ticked }
}

/// A table with as many columns as its longest row, so that nothing is left out.
fn drawn(table: &Table, lang: Lang) -> Part {
    let width = table.rows.iter().map(Vec::len).fold(table.columns.len(), usize::max);
    let column = |at: usize| table.columns.get(at);
    let numbers = (0..width).map(|at| {
        let mut cells = table.rows.iter().filter_map(|row| row.get(at)).peekable();
        cells.peek().is_some() && cells.all(|cell| matches!(cell, Datum::Number(_)))
    });
    Part::Table {
        caption: words(&table.caption),
        shares: (0..width).map(|at| column(at).map_or(1, |column| column.share.max(1))).collect(),
        heads: (0..width).map(|at| words(column(at).map_or("", |column| &column.title))).collect(),
        numbers: numbers.collect(),
        rows: table.rows.iter().map(|row| cells(row, width, lang)).collect(),
    }
}

/// A row with all its cells, blank ones at the end.
fn cells(row: &[Datum], width: usize, lang: Lang) -> Vec<Words> {
    let cell = |at: usize| row.get(at).map(|cell| cell.words(lang)).unwrap_or_default();
    (0..width).map(|at| words(&cell(at))).collect()
}

fn all(lines: &[String]) -> Vec<Words> {
    lines.iter().map(|line| words(line)).collect()
}

/// A text in one line; `instead` when it is blank, because a PDF/UA file must have a title.
fn one_line(text: &str, instead: &str) -> String {
    let text = visible(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() { format!("{instead}-") } else { text }
}

fn words(text: &str) -> Words {
    Words(visible(text).split('\n').map(pieces).collect())
}

/// A line cut inside runs of narrow characters that are too long for a cell.
fn pieces(line: &str) -> Vec<String> {
    let (mut pieces, mut piece) = (Vec::new(), String::new());
    let mut run = String::new();
    for c in line.chars() {
        if c.is_ascii_graphic() {
            run.push(c);
        } else {
            end_run(&mut run, &mut piece, &mut pieces);
            piece.push(c);
        }
    }
    end_run(&mut run, &mut piece, &mut pieces);
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

fn end_run(run: &mut String, piece: &mut String, pieces: &mut Vec<String>) {
    let run = std::mem::take(run);
    if run.len() <= RUN_CHARS_MAX {
        piece.push_str(&run);
        return;
    }
    for (at, c) in run.char_indices() {
        if at > 0 && at % PIECE_CHARS == 0 {
            pieces.push(std::mem::take(piece));
        }
        piece.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_digest_can_be_broken_and_reads_the_same() {
        let Words(lines) = words("照合値 0123456789abcdef\n済");
        assert_eq!(lines, [vec!["照合値 012345", "6789ab", "cdef"], vec!["済"]]);
    }
}
