//! From one record to the pieces of its texts and the values in them.

use std::borrow::Cow;
use std::ops::Range;

use sakimori_words::Event;

use super::clock::Clocks;
use super::shape::{FIELDS_MAX, Message, PIECES_MAX, Piece, Place, is_shapeable, write};
use super::{TAKEN, taken_from};

/// Longest text that is cut: longer ones are documents, not lines, and have no shape in common.
pub(super) const TEXT_BYTES_MAX: usize = 32 * 1024;

/// Shortest value that is taken from another column: shorter ones agree by chance, and chance makes many shapes.
const TAKEN_BYTES_MIN: usize = 3;

/// The first so many columns are sought in texts. What the others hold is one of a few words, which are as well in the shape.
const SOUGHT: usize = 6;

/// Places at which a value may stand inside other words before it is given up.
const TRIES_MAX: usize = 8;

/// Places that begin like a value and are looked at before it is given up, so that no text makes sealing slow.
const LOOKS_MAX: usize = 512;

/// The record of an event that may be cut; `None` when it is no text, too long, or holds the marks of shapes.
pub(super) fn record_of(event: &Event) -> Option<&str> {
    let raw = std::str::from_utf8(&event.raw).ok()?;
    (fits(raw) && fits(&event.message) && event.src.len() <= FIELDS_MAX).then_some(raw)
}

/// Cuts a record: writes its shape, in which [`Place::Value`] counts the values, which it returns. `None` when one of its fields
/// is too long or holds the marks of shapes. `raw` is its record as [`record_of`] gives it, `clocks` stand at its time.
pub(super) fn cut<'a>(
    event: &'a Event,
    raw: &'a str,
    clocks: &Clocks,
    shape: &mut String,
) -> Option<Vec<Cow<'a, str>>> {
    let mut cutting = Cutting::of(event, clocks);
    let fields = cutting.fields(event)?;
    let (raw, message) = cutting.texts(raw, &event.message);
    let n_pieces = raw.len() + cutting.pieces.len() + cutting.values.len();
    if n_pieces > PIECES_MAX {
        return None;
    }
    let pieces = |range: &Range<usize>| cutting.pieces.get(range.clone()).unwrap_or_default();
    shape.clear();
    write(&raw, &message, fields.iter().map(|(name, range)| (*name, pieces(range))), shape);
    Some(cutting.values)
}

/// Whether a text is short enough and holds no marks of shapes.
pub(super) fn fits(text: &str) -> bool {
    text.len() <= TEXT_BYTES_MAX && is_shapeable(text)
}

/// What is known of one record while its texts are cut.
struct Cutting<'a, 'c> {
    clocks: &'c Clocks,
    /// What a shape may take from columns, by number.
    columns: [&'a str; TAKEN],
    /// The values so far.
    values: Vec<Cow<'a, str>>,
    /// What the fields are made of, one after the other.
    pieces: Vec<Piece<'a>>,
    /// What to look for in texts, in the order of the record's own fields.
    wanted: Vec<Wanted<'a>>,
}

/// A text to look for, and the pieces it is made of.
struct Wanted<'a> {
    text: Cow<'a, str>,
    pieces: Range<usize>,
}

/// A place of a text that pieces fill.
#[derive(Clone)]
struct Span<'a> {
    from: usize,
    until: usize,
    fill: Fill<'a>,
}

#[derive(Clone)]
enum Fill<'a> {
    One(Piece<'a>),
    Many(Range<usize>),
}

impl<'a, 'c> Cutting<'a, 'c> {
    fn of(event: &'a Event, clocks: &'c Clocks) -> Self {
        Self {
            clocks,
            columns: taken_from(event),
            values: Vec::with_capacity(48),
            pieces: Vec::with_capacity(64),
            wanted: Vec::with_capacity(48),
        }
    }

    /// The record's own fields, each with the pieces of its value. `None` when one holds the marks of shapes.
    fn fields(&mut self, event: &'a Event) -> Option<Vec<(&'a str, Range<usize>)>> {
        let mut fields = Vec::with_capacity(event.src.len());
        for (name, value) in event.src.iter() {
            let value = value.to_text();
            if !fits(name) || !fits(&value) {
                return None;
            }
            fields.push((name, self.keep(value)));
        }
        for n in 0..SOUGHT {
            self.want_column(n);
        }
        Some(fields)
    }

    /// The pieces of a field's value: what a column or the time holds already, else one of the values. An empty one has none.
    fn keep(&mut self, value: Cow<'a, str>) -> Range<usize> {
        let from = self.pieces.len();
        if value.is_empty() {
            return from..from;
        }
        let taken = |column: &&str| column.len() >= TAKEN_BYTES_MIN && **column == *value;
        match self.columns.iter().position(taken) {
            Some(n) => self.pieces.push(Piece::Of(Place::Column(n))),
            None => self.keep_value(value.clone()),
        }
        let range = from..self.pieces.len();
        self.wanted.push(Wanted { text: value, pieces: range.clone() });
        range
    }

    fn keep_value(&mut self, value: Cow<'a, str>) {
        let spans = self.clock_spans(&value, Vec::new());
        match (spans.as_slice(), value) {
            ([_, ..], Cow::Borrowed(text)) => {
                let pieces = self.fill(text, 0, text.len(), &spans);
                self.pieces.extend(pieces);
            }
            // Of a number only the beginning is the time.
            ([Span { from: 0, until, fill: Fill::One(clock) }], Cow::Owned(text)) => {
                self.pieces.push(*clock);
                if let Some(rest) = text.get(*until..).filter(|rest| !rest.is_empty()) {
                    let piece = self.new_value(Cow::Owned(rest.to_owned()));
                    self.pieces.push(piece);
                }
            }
            (_, value) => {
                let piece = self.new_value(value);
                self.pieces.push(piece);
            }
        }
    }

    fn new_value(&mut self, value: Cow<'a, str>) -> Piece<'a> {
        self.values.push(value);
        Piece::Of(Place::Value(self.values.len() - 1))
    }

    /// A column whose value no field has may stand in the record too.
    fn want_column(&mut self, n: usize) {
        let Some(column) = self.columns.get(n).copied() else { return };
        let known = self.wanted.iter().any(|wanted| wanted.text == column);
        if column.len() >= TAKEN_BYTES_MIN && !known {
            self.pieces.push(Piece::Of(Place::Column(n)));
            let pieces = self.pieces.len() - 1..self.pieces.len();
            self.wanted.push(Wanted { text: Cow::Borrowed(column), pieces });
        }
    }

    fn texts(&mut self, raw: &'a str, message: &'a str) -> (Vec<Piece<'a>>, Message<'a>) {
        let spans = self.spans(raw);
        if let Some((from, until)) = inside(raw, message, &spans) {
            let mut pieces = self.fill(raw, 0, from, &spans);
            pieces.push(Piece::Edge);
            pieces.extend(self.fill(raw, from, until, &spans));
            pieces.push(Piece::Edge);
            pieces.extend(self.fill(raw, until, raw.len(), &spans));
            return (pieces, Message::OfRaw);
        }
        let pieces = self.fill(raw, 0, raw.len(), &spans);
        let spans = self.spans(message);
        (pieces, Message::Own(self.fill(message, 0, message.len(), &spans)))
    }

    /// Where what is wanted stands in a text, in the order of places, none over another.
    fn spans(&self, text: &str) -> Vec<Span<'a>> {
        let mut spans: Vec<Span<'a>> = Vec::with_capacity(self.wanted.len() + 8);
        let mut cursor = 0;
        for wanted in &self.wanted {
            let plain = || Fill::Many(wanted.pieces.clone());
            let found = find(text, &wanted.text, cursor, &spans)
                .map(|at| (at, wanted.text.len(), plain()))
                .or_else(|| self.find_json(text, wanted, cursor, &spans));
            if let Some((from, length, fill)) = found {
                cursor = from + length;
                spans.push(Span { from, until: cursor, fill });
            }
        }
        self.clock_spans(text, spans)
    }

    /// Where a text stands as JSON writes it, when that is another way.
    fn find_json(
        &self,
        text: &str,
        wanted: &Wanted<'a>,
        cursor: usize,
        spans: &[Span<'a>],
    ) -> Option<(usize, usize, Fill<'a>)> {
        let [Piece::Of(place)] = self.pieces.get(wanted.pieces.clone())? else { return None };
        let json = in_json(&wanted.text)?;
        let at = find(text, &json, cursor, spans)?;
        Some((at, json.len(), Fill::One(Piece::Json(*place))))
    }

    /// The spans and, where they leave room, those of the time, in the order of places.
    fn clock_spans(&self, text: &str, mut spans: Vec<Span<'a>>) -> Vec<Span<'a>> {
        for (from, until, place) in self.clocks.find(text) {
            if is_free(from, until, &spans) {
                spans.push(Span { from, until, fill: Fill::One(Piece::Of(place)) });
            }
        }
        spans.sort_unstable_by_key(|span| span.from);
        spans
    }

    /// The part of a text as pieces: what fills its spans, and the words between.
    fn fill(
        &mut self,
        text: &'a str,
        from: usize,
        until: usize,
        spans: &[Span<'a>],
    ) -> Vec<Piece<'a>> {
        let mut pieces = Vec::with_capacity(2 * spans.len() + 8);
        let mut at = from;
        for span in spans.iter().filter(|span| span.from >= from && span.until <= until) {
            self.words(text.get(at..span.from).unwrap_or_default(), &mut pieces);
            match &span.fill {
                Fill::One(piece) => pieces.push(*piece),
                Fill::Many(range) => {
                    pieces.extend_from_slice(self.pieces.get(range.clone()).unwrap_or_default());
                }
            }
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
            pieces.extend(word.map(|word| self.new_value(Cow::Borrowed(word))));
            rest = rest.get(until..).unwrap_or_default();
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest));
        }
    }
}

/// A value as JSON writes it, when that differs.
pub(super) fn in_json(value: &str) -> Option<String> {
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
    // A message is what comes last, mostly at the end.
    let from = match raw.strip_suffix(message) {
        Some(before) => before.len(),
        None => memchr::memmem::rfind(raw.as_bytes(), message.as_bytes())?,
    };
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

fn find_from(text: &str, value: &str, from: usize, spans: &[Span<'_>]) -> Option<usize> {
    let (bytes, value) = (text.as_bytes(), value.as_bytes());
    // Values follow each other closely: comparing at each first byte is quicker than preparing a search.
    let places = memchr::memchr_iter(*value.first()?, bytes.get(from..)?).take(LOOKS_MAX);
    let places = places.map(|at| from + at);
    let held = places.filter(|at| bytes.get(*at..).is_some_and(|rest| rest.starts_with(value)));
    held.take(TRIES_MAX).find(|at| {
        let until = at + value.len();
        is_edge(text, *at) && is_edge(text, until) && is_free(*at, until, spans)
    })
}

fn is_free(from: usize, until: usize, spans: &[Span<'_>]) -> bool {
    !spans.iter().any(|span| span.from < until && from < span.until)
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
