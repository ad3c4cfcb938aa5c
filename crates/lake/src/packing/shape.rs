//! Shapes: how the texts of a record are made of its values.

/// Stands before the number of a value.
const VALUE: char = '\u{1}';
/// Stands before the number of a value that is a whole number.
const NUMBER: char = '\u{2}';
/// Stands before the number of a column.
const COLUMN: char = '\u{3}';
/// Stands before the number of a way of writing the time.
const CLOCK: char = '\u{4}';
/// Stands before the number of a word.
const WORD: char = '\u{5}';
/// Stands in a record where its message begins and ends, and for the message that is the part between.
const EDGE: char = '\u{6}';
/// As a message: what stands between the edges of the record.
const OF_RAW: &str = "\u{6}";
/// Ends a text.
pub(super) const END: char = '\u{7}';
/// Stands between the name of a field and what it holds.
const HOLDS: char = '\u{8}';
/// Stands before a mark whose text is written as JSON writes it, with backslashes.
const JSON: char = '\u{E}';

/// Numbers are characters from here on, so that a shape is readable text.
const ZERO: u32 = 0x30;

/// Most pieces of one record, so that their numbers are plain characters.
pub(super) const PIECES_MAX: usize = 1_000;

/// Most fields of one record.
pub(super) const FIELDS_MAX: usize = 256;

/// Where a piece of a text is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Among the values.
    Value(usize),
    /// Among the values that are whole numbers.
    Number(usize),
    /// In a column that the event has anyway.
    Column(usize),
    /// In the time, written in one of the ways of [`super::clock`].
    Clock(usize),
    /// Among the words.
    Word(usize),
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text that stands in the shape itself.
    Text(&'a str),
    /// Text that is kept elsewhere.
    Of(Place),
    /// The same as JSON writes it.
    Json(Place),
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

/// How the record, its message and its fields are made of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape<'a> {
    pub(super) raw: Vec<Piece<'a>>,
    pub(super) message: Message<'a>,
    pub(super) src: Vec<(&'a str, Vec<Piece<'a>>)>,
}

/// Whether a text can stand in a shape or among words: it holds none of the marks.
pub(super) fn is_shapeable(text: &str) -> bool {
    !text.bytes().any(is_mark)
}

const fn is_mark(byte: u8) -> bool {
    matches!(byte, 1..=8 | 0xE)
}

impl<'a> Shape<'a> {
    /// Appends the shape as text.
    pub(super) fn write(&self, to: &mut String) {
        let src = self.src.iter().map(|(name, pieces)| (*name, pieces.as_slice()));
        write(&self.raw, &self.message, src, to);
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

/// Appends the shape of these parts as text.
pub(super) fn write<'a: 'b, 'b>(
    raw: &[Piece<'a>],
    message: &Message<'a>,
    src: impl Iterator<Item = (&'b str, &'b [Piece<'a>])>,
    to: &mut String,
) {
    write_all(raw, to);
    to.push(END);
    match message {
        Message::OfRaw => to.push(EDGE),
        Message::Own(pieces) => write_all(pieces, to),
    }
    to.push(END);
    for (name, pieces) in src {
        to.push_str(name);
        to.push(HOLDS);
        write_all(pieces, to);
        to.push(END);
    }
}

fn write_all(pieces: &[Piece<'_>], to: &mut String) {
    pieces.iter().for_each(|piece| write_one(piece, to));
}

fn write_one(piece: &Piece<'_>, to: &mut String) {
    match *piece {
        Piece::Text(text) => to.push_str(text),
        Piece::Of(place) => write_place(place, to),
        Piece::Json(place) => {
            to.push(JSON);
            write_place(place, to);
        }
        Piece::Edge => to.push(EDGE),
    }
}

fn write_place(place: Place, to: &mut String) {
    let (mark, n) = match place {
        Place::Value(n) => (VALUE, n),
        Place::Number(n) => (NUMBER, n),
        Place::Column(n) => (COLUMN, n),
        Place::Clock(n) => (CLOCK, n),
        Place::Word(n) => (WORD, n),
    };
    to.extend([mark, number(n)]);
}

/// Numbers are below [`PIECES_MAX`], far from the characters that do not exist.
fn number(n: usize) -> char {
    u32::try_from(n).ok().and_then(|n| char::from_u32(ZERO + n)).unwrap_or(char::MAX)
}

fn number_of(mark: char) -> Option<usize> {
    let n = u32::from(mark).checked_sub(ZERO)?;
    usize::try_from(n).ok().filter(|n| *n < PIECES_MAX)
}

fn read_field(part: &str) -> Option<(&str, Vec<Piece<'_>>)> {
    let (name, value) = part.split_once(HOLDS)?;
    Some((name, read_all(value)?))
}

fn read_all(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.bytes().position(is_mark) {
        let (before, from) = rest.split_at_checked(at)?;
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        let mut marks = from.chars();
        pieces.push(read_mark(&mut marks)?);
        rest = marks.as_str();
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    (pieces.len() <= PIECES_MAX).then_some(pieces)
}

fn read_mark<'a>(marks: &mut std::str::Chars<'_>) -> Option<Piece<'a>> {
    match marks.next()? {
        EDGE => Some(Piece::Edge),
        JSON => {
            let mark = marks.next()?;
            read_place(mark, marks).map(Piece::Json)
        }
        mark => read_place(mark, marks).map(Piece::Of),
    }
}

fn read_place(mark: char, rest: &mut std::str::Chars<'_>) -> Option<Place> {
    let n = number_of(rest.next()?)?;
    match mark {
        VALUE => Some(Place::Value(n)),
        NUMBER => Some(Place::Number(n)),
        COLUMN => Some(Place::Column(n)),
        CLOCK => Some(Place::Clock(n)),
        WORD => Some(Place::Word(n)),
        _ => None,
    }
}
