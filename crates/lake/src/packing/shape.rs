//! Shapes: how the texts of a record are made of its values.

use super::{TAKEN_FROM, VALUES};

/// Stands before the number of a value.
const VALUE: char = '\u{1}';
/// Stands before the number of a value that is written as JSON writes it, with backslashes.
const ESCAPED: char = '\u{2}';
/// Stands before the number of a column.
const COLUMN: char = '\u{3}';
/// Stands before the number of a column that is written as JSON writes it.
const ESCAPED_COLUMN: char = '\u{4}';
/// Stands for the next of the words.
const WORD: char = '\u{5}';
/// Stands in a record where its message begins and ends, and for the message that is the part between.
const EDGE: char = '\u{6}';
/// As a message: what stands between the edges of the record.
const OF_RAW: &str = "\u{6}";
/// Ends a text.
const END: char = '\u{7}';
/// Stands between the name of a field and what it holds.
const HOLDS: char = '\u{8}';

/// Texts with these characters have no shape.
const MARKS: std::ops::RangeInclusive<char> = VALUE..=HOLDS;

/// Numbers are characters from here on, so that a shape is readable text.
const ZERO: u32 = 0x30;

/// Most pieces of one text, so that numbers of pieces are plain characters.
pub(super) const PIECES_MAX: usize = 500;

/// Most fields of one record.
pub(super) const FIELDS_MAX: usize = 256;

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text that stands in the shape itself.
    Text(&'a str),
    /// A value.
    Value(usize),
    /// A value as JSON writes it.
    Escaped(usize),
    /// What a column holds.
    Column(usize),
    /// What a column holds, as JSON writes it.
    EscapedColumn(usize),
    /// The next word.
    Word,
    /// Where the message begins or ends; no text.
    Edge,
}

/// What a message is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message<'a> {
    /// The pieces of the record between its edges.
    OfRaw,
    /// Pieces of its own.
    Own(Vec<Piece<'a>>),
}

impl Message<'_> {
    /// Its own pieces.
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::OfRaw => 0,
            Self::Own(pieces) => pieces.len(),
        }
    }
}

/// How the record, its message and its fields are made of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape<'a> {
    pub(super) raw: Vec<Piece<'a>>,
    pub(super) message: Message<'a>,
    pub(super) src: Vec<(&'a str, Option<Piece<'a>>)>,
}

/// Whether a text can stand in a shape.
pub(super) fn is_shapeable(text: &str) -> bool {
    !text.bytes().any(|byte| MARKS.contains(&char::from(byte)))
}

impl<'a> Shape<'a> {
    /// Appends the shape as text.
    pub(super) fn write(&self, to: &mut String) {
        write_all(&self.raw, to);
        to.push(END);
        match &self.message {
            Message::OfRaw => to.push(EDGE),
            Message::Own(pieces) => write_all(pieces, to),
        }
        to.push(END);
        for (name, value) in &self.src {
            to.push_str(name);
            to.push(HOLDS);
            value.iter().for_each(|piece| write_one(piece, to));
            to.push(END);
        }
    }

    /// Reads what [`Shape::write`] wrote; `None` for anything else.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split_terminator(END);
        let raw = read_all(parts.next()?)?;
        let message = match parts.next()? {
            OF_RAW => Message::OfRaw,
            own => Message::Own(read_all(own)?),
        };
        let src: Vec<_> = parts.map(read_field).collect::<Option<_>>()?;
        (src.len() <= FIELDS_MAX).then_some(Self { raw, message, src })
    }
}

fn write_all(pieces: &[Piece<'_>], to: &mut String) {
    pieces.iter().for_each(|piece| write_one(piece, to));
}

fn write_one(piece: &Piece<'_>, to: &mut String) {
    match piece {
        Piece::Text(text) => to.push_str(text),
        Piece::Value(n) => to.extend([VALUE, number(*n)]),
        Piece::Escaped(n) => to.extend([ESCAPED, number(*n)]),
        Piece::Column(n) => to.extend([COLUMN, number(*n)]),
        Piece::EscapedColumn(n) => to.extend([ESCAPED_COLUMN, number(*n)]),
        Piece::Word => to.push(WORD),
        Piece::Edge => to.push(EDGE),
    }
}

/// Numbers are below [`PIECES_MAX`], far from the characters that do not exist.
fn number(n: usize) -> char {
    u32::try_from(n).ok().and_then(|n| char::from_u32(ZERO + n)).unwrap_or(char::MAX)
}

fn number_of(mark: char, limit: usize) -> Option<usize> {
    let n = u32::from(mark).checked_sub(ZERO)?;
    usize::try_from(n).ok().filter(|n| *n < limit)
}

fn read_field(part: &str) -> Option<(&str, Option<Piece<'_>>)> {
    let (name, value) = part.split_once(HOLDS)?;
    match *read_all(value)?.as_slice() {
        [] => Some((name, None)),
        [piece] => Some((name, Some(piece))),
        _ => None,
    }
}

fn read_all(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(|letter| MARKS.contains(&letter)) {
        let (before, from) = rest.split_at(at);
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        let mut marks = from.chars();
        pieces.push(read_mark(marks.next()?, &mut marks)?);
        rest = marks.as_str();
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    (pieces.len() <= PIECES_MAX).then_some(pieces)
}

fn read_mark<'a>(mark: char, rest: &mut std::str::Chars<'_>) -> Option<Piece<'a>> {
    let mut n = |limit| number_of(rest.next()?, limit);
    match mark {
        VALUE => n(VALUES).map(Piece::Value),
        ESCAPED => n(VALUES).map(Piece::Escaped),
        COLUMN => n(TAKEN_FROM.len()).map(Piece::Column),
        ESCAPED_COLUMN => n(TAKEN_FROM.len()).map(Piece::EscapedColumn),
        WORD => Some(Piece::Word),
        EDGE => Some(Piece::Edge),
        _ => None,
    }
}
