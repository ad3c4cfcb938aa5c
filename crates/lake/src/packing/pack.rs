//! From a record to its shape and values.

use std::borrow::Cow;
use std::collections::HashMap;

use sakimori_words::Event;

use super::VALUES;
use super::shape::{FIELDS_MAX, Message, PIECES_MAX, Piece, Shape, is_shapeable};

/// Longest text that is cut: longer ones are documents, not lines, and have no shape in common.
pub(super) const TEXT_BYTES_MAX: usize = 32 * 1024;

/// How many records have to share a shape: what is stored for fewer is mostly the shape itself.
const SHARED_MIN: usize = 8;

/// Shortest value that is taken from another column: shorter ones agree by chance, and chance makes many shapes.
const TAKEN_BYTES_MIN: usize = 3;

/// Places at which a value may stand inside other words before it is given up.
const TRIES_MAX: usize = 8;

/// What is known of one record while its texts are cut.
struct Cutting<'a> {
    /// What a shape may take from columns, by number.
    columns: [&'a str; 10],
    /// The values so far.
    values: Vec<Cow<'a, str>>,
    words: String,
    /// What to look for in texts, in the order of the record's own fields.
    wanted: Vec<(Cow<'a, str>, Wanted)>,
}

/// Where something that is looked for is kept.
#[derive(Clone, Copy)]
enum Wanted {
    Value(usize),
    Column(usize),
}

/// A place of a text that a value fills.
#[derive(Clone, Copy)]
struct Span<'a> {
    from: usize,
    until: usize,
    piece: Piece<'a>,
}

/// Records cut into shapes and values, many at a time: which shapes are worth storing shows only then.
#[derive(Default)]
pub(crate) struct Packer {
    shapes: HashMap<String, usize>,
    /// How many records have each shape.
    counts: Vec<usize>,
    rows: Vec<Option<Row>>,
    /// The values of all records, one after the other, and where each ends.
    texts: String,
    ends: Vec<usize>,
    /// The shape being written; kept for its memory.
    shape: String,
}

/// A record in a [`Packer`].
#[derive(Clone, Copy)]
struct Row {
    shape: usize,
    /// Its values among all, the words behind them.
    first: usize,
    last: usize,
}

/// A record as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed<'a> {
    /// The number of its shape among [`Packer::shapes`].
    pub(crate) shape: usize,
    texts: &'a str,
    /// Where the text before ends, then where each value ends, the words last.
    ends: &'a [usize],
}

impl<'a> Packed<'a> {
    /// Value `n`, if there is one.
    pub(crate) fn value(&self, n: usize) -> Option<&'a str> {
        let n_values = self.ends.len().saturating_sub(2);
        if n < n_values { self.text(n) } else { None }
    }

    /// The words for which no column was left; empty mostly.
    pub(crate) fn words(&self) -> &'a str {
        self.ends.len().checked_sub(2).and_then(|n| self.text(n)).unwrap_or_default()
    }

    fn text(&self, n: usize) -> Option<&'a str> {
        self.texts.get(*self.ends.get(n)?..*self.ends.get(n + 1)?)
    }
}

impl Packer {
    /// Cuts all records.
    pub(crate) fn of<'a>(events: impl Iterator<Item = &'a Event>) -> Self {
        let mut packer = Self { ends: vec![0], ..Self::default() };
        for event in events {
            let row = packer.cut(event);
            packer.rows.push(row);
        }
        packer
    }

    /// The record in that place as it is stored; `None` when it is stored as it is.
    pub(crate) fn row(&self, at: usize) -> Option<Packed<'_>> {
        let row = (*self.rows.get(at)?)?;
        if self.counts.get(row.shape).is_none_or(|count| *count < SHARED_MIN) {
            return None;
        }
        let ends = self.ends.get(row.first..=row.last)?;
        Some(Packed { shape: row.shape, texts: &self.texts, ends })
    }

    /// All shapes by number.
    pub(crate) fn shapes(&self) -> Vec<&str> {
        let mut shapes: Vec<_> = self.shapes.iter().map(|(text, n)| (*n, text.as_str())).collect();
        shapes.sort_unstable();
        shapes.into_iter().map(|(_, text)| text).collect()
    }

    fn cut(&mut self, event: &Event) -> Option<Row> {
        let raw = std::str::from_utf8(&event.raw).ok()?;
        let texts = [raw, &event.message];
        let fits = |text: &str| text.len() <= TEXT_BYTES_MAX && is_shapeable(text);
        if !texts.into_iter().all(fits) || event.src.len() > FIELDS_MAX {
            return None;
        }
        let mut cutting = Cutting::of(event);
        let src = cutting.fields(event)?;
        let (pieces, message) = cutting.texts(raw, &event.message);
        let n_pieces = pieces.len().max(message.len());
        if n_pieces > PIECES_MAX || cutting.values.len() > VALUES {
            return None;
        }
        self.shape.clear();
        Shape { raw: pieces, message, src }.write(&mut self.shape);
        Some(self.keep(&cutting.values, &cutting.words))
    }

    fn keep(&mut self, values: &[Cow<'_, str>], words: &str) -> Row {
        let next = self.shapes.len();
        let shape = match self.shapes.get(&self.shape) {
            Some(shape) => *shape,
            None => {
                self.shapes.insert(self.shape.clone(), next);
                self.counts.push(0);
                next
            }
        };
        if let Some(count) = self.counts.get_mut(shape) {
            *count += 1;
        }
        let first = self.ends.len() - 1;
        for text in values.iter().map(AsRef::as_ref).chain([words]) {
            self.texts.push_str(text);
            self.ends.push(self.texts.len());
        }
        Row { shape, first, last: self.ends.len() - 1 }
    }
}

impl<'a> Cutting<'a> {
    fn of(event: &'a Event) -> Self {
        let columns = [
            &event.host,
            &event.user,
            &event.patient,
            &event.src_ip,
            &event.dst_ip,
            &event.process,
            &event.activity,
            &event.status,
            &event.product,
            &event.service,
        ];
        let columns = columns.map(String::as_str);
        Self { columns, values: Vec::new(), words: String::new(), wanted: Vec::new() }
    }

    /// The record's own fields, each with where its value is kept. `None` when there are more than there are columns.
    fn fields(&mut self, event: &'a Event) -> Option<Vec<(&'a str, Option<Piece<'a>>)>> {
        let mut fields = Vec::with_capacity(event.src.len());
        for (name, value) in event.src.iter() {
            if !is_shapeable(name) {
                return None;
            }
            let piece = self.keep(value.to_text());
            fields.push((name, piece));
        }
        for n in 0..self.columns.len() {
            self.want_column(n);
        }
        (self.values.len() <= VALUES).then_some(fields)
    }

    /// Where a value is kept: in a column that holds it already, or as one of the values. Nothing keeps an empty one.
    fn keep(&mut self, value: Cow<'a, str>) -> Option<Piece<'a>> {
        if value.is_empty() {
            return None;
        }
        let taken = |column: &&str| column.len() >= TAKEN_BYTES_MIN && **column == *value;
        let (piece, wanted) = match self.columns.iter().position(|column| taken(&column)) {
            Some(n) => (Piece::Column(n), Wanted::Column(n)),
            None => {
                self.values.push(value.clone());
                let n = self.values.len() - 1;
                (Piece::Value(n), Wanted::Value(n))
            }
        };
        self.wanted.push((value, wanted));
        Some(piece)
    }

    /// A column whose value no field has may stand in the record too.
    fn want_column(&mut self, n: usize) {
        let Some(column) = self.columns.get(n).copied() else { return };
        let known = self.wanted.iter().any(|(value, _)| *value == column);
        if column.len() >= TAKEN_BYTES_MIN && !known {
            self.wanted.push((Cow::Borrowed(column), Wanted::Column(n)));
        }
    }

    fn texts(&mut self, raw: &'a str, message: &'a str) -> (Vec<Piece<'a>>, Message<'a>) {
        let spans = self.spans(raw);
        if let Some((from, until)) = inside(raw, message, &spans) {
            let mut pieces = self.pieces(raw, 0, from, &spans);
            pieces.push(Piece::Edge);
            pieces.extend(self.pieces(raw, from, until, &spans));
            pieces.push(Piece::Edge);
            pieces.extend(self.pieces(raw, until, raw.len(), &spans));
            return (pieces, Message::OfRaw);
        }
        let pieces = self.pieces(raw, 0, raw.len(), &spans);
        let spans = self.spans(message);
        (pieces, Message::Own(self.pieces(message, 0, message.len(), &spans)))
    }

    /// Where what is wanted stands in a text, in the order of places, none over another.
    fn spans(&self, text: &str) -> Vec<Span<'a>> {
        let mut spans: Vec<Span<'a>> = Vec::with_capacity(self.wanted.len());
        let mut cursor = 0;
        for (value, wanted) in &self.wanted {
            let found = find(text, value, cursor, &spans)
                .map(|at| (at, value.len(), wanted.plain()))
                .or_else(|| {
                    let escaped = escaped(value)?;
                    let at = find(text, &escaped, cursor, &spans)?;
                    Some((at, escaped.len(), wanted.escaped()))
                });
            if let Some((from, length, piece)) = found {
                cursor = from + length;
                spans.push(Span { from, until: cursor, piece });
            }
        }
        spans.sort_unstable_by_key(|span| span.from);
        spans
    }

    /// The part of a text as pieces: what fills it, and the words between.
    fn pieces(
        &mut self,
        text: &'a str,
        from: usize,
        until: usize,
        spans: &[Span<'a>],
    ) -> Vec<Piece<'a>> {
        let mut pieces = Vec::new();
        let mut at = from;
        for span in spans.iter().filter(|span| span.from >= from && span.until <= until) {
            self.words(text.get(at..span.from).unwrap_or_default(), &mut pieces);
            pieces.push(span.piece);
            at = span.until;
        }
        self.words(text.get(at..until).unwrap_or_default(), &mut pieces);
        pieces
    }

    /// Text between values. Words with a digit in them differ from record to record; the others make the shape.
    fn words(&mut self, text: &'a str, pieces: &mut Vec<Piece<'a>>) {
        let mut rest = text;
        while let Some((from, until)) = first_number(rest) {
            let (before, word) = (rest.get(..from), rest.get(from..until));
            pieces.extend(before.filter(|text| !text.is_empty()).map(Piece::Text));
            pieces.extend(word.map(|word| self.word(word)));
            rest = rest.get(until..).unwrap_or_default();
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest));
        }
    }

    fn word(&mut self, word: &'a str) -> Piece<'a> {
        if self.values.len() < VALUES {
            self.values.push(Cow::Borrowed(word));
            return Piece::Value(self.values.len() - 1);
        }
        self.words.push_str(word);
        self.words.push(' ');
        Piece::Word
    }
}

impl Wanted {
    const fn plain<'a>(self) -> Piece<'a> {
        match self {
            Self::Value(n) => Piece::Value(n),
            Self::Column(n) => Piece::Column(n),
        }
    }

    const fn escaped<'a>(self) -> Piece<'a> {
        match self {
            Self::Value(n) => Piece::Escaped(n),
            Self::Column(n) => Piece::EscapedColumn(n),
        }
    }
}

/// A value as JSON writes it, when that differs.
pub(super) fn escaped(value: &str) -> Option<String> {
    if !value.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F)) {
        return None;
    }
    let quoted = serde_json::to_string(value).ok()?;
    quoted.get(1..quoted.len().checked_sub(1)?).map(str::to_owned)
}

/// Where the message stands in the record, when it does and cuts no value in two.
fn inside(raw: &str, message: &str, spans: &[Span<'_>]) -> Option<(usize, usize)> {
    if message.is_empty() {
        return None;
    }
    // A message is what comes last.
    let from = raw.rfind(message)?;
    let until = from + message.len();
    let cuts = |span: &Span<'_>, at: usize| span.from < at && at < span.until;
    let whole = !spans.iter().any(|span| cuts(span, from) || cuts(span, until));
    (whole && is_edge(raw, from) && is_edge(raw, until)).then_some((from, until))
}

/// The first place from `cursor` on, else from the beginning, where a value stands as a word of its own and nothing else does.
fn find(text: &str, value: &str, cursor: usize, spans: &[Span<'_>]) -> Option<usize> {
    find_from(text, value, cursor, spans)
        .or_else(|| (cursor > 0).then(|| find_from(text, value, 0, spans)).flatten())
}

fn find_from(text: &str, value: &str, cursor: usize, spans: &[Span<'_>]) -> Option<usize> {
    let mut from = cursor;
    for _ in 0..TRIES_MAX {
        let at = from + text.get(from..)?.find(value)?;
        let until = at + value.len();
        let free = || !spans.iter().any(|span| span.from < until && at < span.until);
        if is_edge(text, at) && is_edge(text, until) && free() {
            return Some(at);
        }
        from = at + value.chars().next().map_or(1, char::len_utf8);
    }
    None
}

/// Whether no word goes on across `at`.
fn is_edge(text: &str, at: usize) -> bool {
    let letter = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_alphanumeric);
    !(at > 0 && letter(at - 1) && letter(at))
}

/// The first word of letters and digits that has a digit.
fn first_number(text: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let digit = bytes.iter().position(u8::is_ascii_digit)?;
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric();
    let before = bytes.iter().take(digit).rev().take_while(|byte| is_letter(byte)).count();
    let after = bytes.iter().skip(digit).take_while(|byte| is_letter(byte)).count();
    Some((digit - before, digit + after))
}
