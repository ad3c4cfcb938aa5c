//! From many records to their shapes and values: which shapes are worth storing, and which values are the same in all records of a
//! shape, shows only when all are cut.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use sakimori_words::Event;

use super::again::Pattern;
use super::clock::Clocks;
use super::cut::{cut, in_json, record_of};
use super::shape::{Message, Piece, Place, Shape};
use super::{NUMBERS, TEXTS};

/// How many records have to share a shape: what is stored for fewer is mostly the shape itself.
const SHARED_MIN: usize = 8;

/// Kinds that are tried before a record is cut.
const LATELY_MAX: usize = 4;

/// Records cut into shapes and values.
#[derive(Default)]
pub(crate) struct Packer {
    kinds: Vec<Kind>,
    /// The number of each kind by its shape as it was cut.
    numbers: HashMap<String, usize>,
    /// Kinds met lately, the last one first, by what their records have in common.
    lately: HashMap<Alike, Vec<usize>>,
    rows: Vec<Option<Row>>,
    /// The values of all records, one after the other, and where each ends.
    texts: String,
    ends: Vec<usize>,
    /// The shape being written; kept for its memory.
    shape: String,
}

/// What records of one kind have in common and is quickly asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Alike {
    class_uid: u32,
    n_fields: usize,
}

/// Records of one shape.
struct Kind {
    count: usize,
    /// The values of the first of them.
    first: Range<usize>,
    /// What is known of each value.
    values: Vec<Known>,
    /// Where each is stored, when everything is known.
    slots: Vec<Slot>,
    /// To read further records by, once there are some.
    pattern: Option<Pattern>,
    /// The shape as it is stored; nothing when its records are stored as they are.
    stored: Option<String>,
}

/// What the records so far say of a value.
#[derive(Clone, Copy)]
struct Known {
    /// Whether all are the same.
    same: bool,
    /// Whether all are whole numbers.
    number: bool,
}

/// Where a value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// In the shape: it is always the same.
    Shape,
    /// In the next column of numbers.
    Number,
    /// In the next column of texts.
    Text,
    /// Among the words.
    Word,
}

/// A record in a [`Packer`].
#[derive(Clone, Copy)]
struct Row {
    kind: usize,
    /// Its values among all.
    first: usize,
    last: usize,
}

/// A record as it is stored.
#[derive(Clone, Copy)]
pub(crate) struct Packed<'a> {
    /// The number of its shape among [`Packer::shapes`].
    pub(super) shape: usize,
    slots: &'a [Slot],
    texts: &'a str,
    /// Where each value ends, behind where the first begins.
    ends: &'a [usize],
}

impl<'a> Packed<'a> {
    /// The values that are not in the shape, each with where it is stored.
    pub(super) fn values(&self) -> impl Iterator<Item = (Slot, &'a str)> {
        let values = self.slots.iter().copied().zip(texts_at(self.texts, self.ends));
        values.filter(|(slot, _)| *slot != Slot::Shape)
    }
}

/// The texts that end at `ends`, behind the first of which they begin.
fn texts_at<'a>(texts: &'a str, ends: &'a [usize]) -> impl Iterator<Item = &'a str> {
    let bounds = ends.iter().zip(ends.iter().skip(1));
    bounds.map(|(from, until)| texts.get(*from..*until).unwrap_or_default())
}

impl Packer {
    /// Cuts all records.
    pub(crate) fn of<'a>(events: impl Iterator<Item = &'a Event>) -> Self {
        let mut packer = Self { ends: vec![0], ..Self::default() };
        let mut clocks = Clocks::default();
        for event in events {
            let row = packer.add(event, &mut clocks);
            packer.rows.push(row);
        }
        packer.settle();
        packer
    }

    /// The record in that place as it is stored; `None` when it is stored as it is.
    pub(crate) fn row(&self, at: usize) -> Option<Packed<'_>> {
        let row = (*self.rows.get(at)?)?;
        let kind = self.kinds.get(row.kind).filter(|kind| kind.stored.is_some())?;
        let ends = self.ends.get(row.first..=row.last)?;
        Some(Packed { shape: row.kind, slots: &kind.slots, texts: &self.texts, ends })
    }

    /// All shapes by number; empty those that are not stored.
    pub(crate) fn shapes(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().map(|kind| kind.stored.as_deref().unwrap_or_default())
    }

    /// Takes in a record; `None` when it is stored as it is.
    fn add(&mut self, event: &Event, clocks: &mut Clocks) -> Option<Row> {
        let raw = record_of(event)?;
        clocks.set(event.time, raw);
        let alike = Alike { class_uid: event.class_uid, n_fields: event.src.len() };
        if let Some((kind, values)) = self.read_again(alike, event, raw, clocks) {
            return Some(self.keep(kind, &values));
        }
        let values = cut(event, raw, clocks, &mut self.shape)?;
        let kind = self.kind();
        if self.comes_again(kind, values.len()) {
            self.remember(alike, kind);
        }
        Some(self.keep(kind, &values))
    }

    /// The record as one of a kind that was met lately.
    fn read_again<'a>(
        &mut self,
        alike: Alike,
        event: &'a Event,
        raw: &'a str,
        clocks: &Clocks,
    ) -> Option<(usize, Vec<Cow<'a, str>>)> {
        let lately = self.lately.get_mut(&alike)?;
        let kinds = &self.kinds;
        let (at, kind, values) = lately.iter().enumerate().find_map(|(at, kind)| {
            let pattern = kinds.get(*kind)?.pattern.as_ref()?;
            Some((at, *kind, pattern.values(event, raw, clocks)?))
        })?;
        lately.get_mut(..=at)?.rotate_right(1);
        Some((kind, values))
    }

    /// Whether the kind has records already and can be read by. Patterns are made for these only: a log may have as many shapes as
    /// records.
    fn comes_again(&mut self, kind: usize, n_values: usize) -> bool {
        let Some(kind) = self.kinds.get_mut(kind).filter(|kind| kind.count > 0) else {
            return false;
        };
        if kind.pattern.is_none() {
            kind.pattern = Pattern::of(&self.shape, n_values);
        }
        kind.pattern.is_some()
    }

    /// Has a kind tried first on records alike.
    fn remember(&mut self, alike: Alike, kind: usize) {
        let lately = self.lately.entry(alike).or_default();
        lately.retain(|known| *known != kind);
        lately.insert(0, kind);
        lately.truncate(LATELY_MAX);
    }

    fn keep(&mut self, kind: usize, values: &[Cow<'_, str>]) -> Row {
        let first = self.ends.len() - 1;
        for text in values {
            self.texts.push_str(text);
            self.ends.push(self.texts.len());
        }
        let row = Row { kind, first, last: self.ends.len() - 1 };
        self.learn(row, values);
        row
    }

    /// The number of the kind whose shape was written last.
    fn kind(&mut self) -> usize {
        if let Some(kind) = self.numbers.get(&self.shape) {
            return *kind;
        }
        self.numbers.insert(self.shape.clone(), self.kinds.len());
        let (values, slots) = (Vec::new(), Vec::new());
        let kind = Kind { count: 0, first: 0..0, values, slots, pattern: None, stored: None };
        self.kinds.push(kind);
        self.kinds.len() - 1
    }

    fn learn(&mut self, row: Row, values: &[Cow<'_, str>]) {
        let Some(kind) = self.kinds.get_mut(row.kind) else { return };
        if kind.count == 0 {
            kind.first = row.first..row.last;
            let known = |value: &Cow<'_, str>| Known { same: true, number: is_number(value) };
            kind.values = values.iter().map(known).collect();
        }
        kind.count += 1;
        let ends = self.ends.get(kind.first.start..=kind.first.end).unwrap_or_default();
        let first = texts_at(&self.texts, ends);
        for ((known, value), first) in kind.values.iter_mut().zip(values).zip(first) {
            known.same = known.same && first == value;
            known.number = known.number && is_number(value);
        }
    }

    /// Decides where values are stored.
    fn settle(&mut self) {
        for (shape, number) in &self.numbers {
            let Some(kind) = self.kinds.get_mut(*number) else { continue };
            if kind.count < SHARED_MIN {
                continue;
            }
            kind.slots = slots(&kind.values);
            let ends = self.ends.get(kind.first.start..=kind.first.end).unwrap_or_default();
            kind.stored = stored(shape, &kind.slots, texts_at(&self.texts, ends));
        }
    }
}

/// Where the values of a kind are stored.
fn slots(values: &[Known]) -> Vec<Slot> {
    let (mut numbers, mut texts) = (0, 0);
    let slot = |known: &Known| match known {
        Known { same: true, .. } => Slot::Shape,
        Known { number: true, .. } if numbers < NUMBERS => {
            numbers += 1;
            Slot::Number
        }
        _ if texts < TEXTS => {
            texts += 1;
            Slot::Text
        }
        _ => Slot::Word,
    };
    values.iter().map(slot).collect()
}

/// The shape as it is stored, from the shape as it was cut and the values of one of its records.
fn stored<'a>(
    shape: &str,
    slots: &[Slot],
    values: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let cut = Shape::read(shape)?;
    let places = places(slots);
    let fixed: Vec<(&str, Option<String>)> = values.map(|text| (text, in_json(text))).collect();
    let raw = placed(&cut.raw, &places, &fixed)?;
    let message = match &cut.message {
        Message::OfRaw => Message::OfRaw,
        Message::Own(pieces) => Message::Own(placed(pieces, &places, &fixed)?),
    };
    let src = cut.src.iter();
    let src = src.map(|(name, pieces)| Some((*name, placed(pieces, &places, &fixed)?)));
    let shape = Shape { raw, message, src: src.collect::<Option<_>>()? };
    let mut text = String::new();
    shape.write(&mut text);
    Some(text)
}

/// The places of values by number; nothing for those in the shape.
fn places(slots: &[Slot]) -> Vec<Option<Place>> {
    let (mut numbers, mut texts, mut words) = (0.., 0.., 0..);
    let place = |slot: &Slot| match slot {
        Slot::Shape => None,
        Slot::Number => numbers.next().map(Place::Number),
        Slot::Text => texts.next().map(Place::Value),
        Slot::Word => words.next().map(Place::Word),
    };
    slots.iter().map(place).collect()
}

/// Pieces with the places in which values are stored, and with the text of those that are the same in all records.
fn placed<'a>(
    pieces: &[Piece<'a>],
    places: &[Option<Place>],
    fixed: &'a [(&'a str, Option<String>)],
) -> Option<Vec<Piece<'a>>> {
    let place = |piece: &Piece<'a>| match *piece {
        Piece::Of(Place::Value(n)) => Some(match places.get(n)? {
            Some(place) => Piece::Of(*place),
            None => Piece::Text(fixed.get(n)?.0),
        }),
        Piece::Json(Place::Value(n)) => Some(match places.get(n)? {
            Some(place) => Piece::Json(*place),
            None => Piece::Text(fixed.get(n)?.1.as_deref()?),
        }),
        other => Some(other),
    };
    pieces.iter().map(place).collect()
}

/// Whether a text is a whole number exactly as numbers are written.
fn is_number(text: &str) -> bool {
    match text.as_bytes() {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.len() < 18 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}
