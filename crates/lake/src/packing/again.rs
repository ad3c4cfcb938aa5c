//! Records of a shape that is known already: their values are read off, not looked for.
//!
//! Nearly every record is put together as the one before it from the same program. Walking along its shape costs a fraction of
//! cutting it, and whatever does not fit to the last byte is cut.

use std::borrow::Cow;

use sakimori_words::Event;

use super::clock::Clocks;
use super::cut::{fits, in_json};
use super::shape::{Message, Piece, Place, Shape};
use super::{TAKEN, taken_from};

/// A shape as it was cut, to read further records by.
pub(super) struct Pattern {
    raw: Vec<Part>,
    /// `None` when the message stands between the edges of the record.
    message: Option<Vec<Part>>,
    src: Vec<(Box<str>, Vec<Part>)>,
    n_values: usize,
}

/// A [`Piece`] that has its text.
enum Part {
    Text(Box<str>),
    Of(Place),
    Json(Place),
    Edge,
}

impl Pattern {
    /// The pattern of a shape with so many values; `None` for what is no shape.
    pub(super) fn of(shape: &str, n_values: usize) -> Option<Self> {
        let Shape { raw, message, src } = Shape::read(shape)?;
        let message = match message {
            Message::OfRaw => None,
            Message::Own(pieces) => Some(parts(&pieces)),
        };
        let src = src.iter().map(|(name, pieces)| ((*name).into(), parts(pieces))).collect();
        Some(Self { raw: parts(&raw), message, src, n_values })
    }

    /// The values of a record of this shape, with which it is put together again to the byte; `None` for any other. `raw` is its
    /// record as text.
    pub(super) fn values<'a>(
        &self,
        event: &'a Event,
        raw: &'a str,
        clocks: &Clocks,
    ) -> Option<Vec<Cow<'a, str>>> {
        let values = vec![None; self.n_values];
        let left_at_edges = Vec::new();
        let mut reading = Reading { clocks, columns: taken_from(event), values, left_at_edges };
        reading.fields(event, &self.src)?;
        reading.text(&self.raw, raw)?;
        match &self.message {
            Some(parts) => reading.text(parts, &event.message)?,
            None => {
                let &[from, until] = reading.left_at_edges.as_slice() else { return None };
                let message = raw.get(raw.len() - from..raw.len() - until);
                (message == Some(&event.message)).then_some(())?;
            }
        }
        reading.values.into_iter().collect()
    }
}

fn parts(pieces: &[Piece<'_>]) -> Vec<Part> {
    let part = |piece: &Piece<'_>| match *piece {
        Piece::Text(text) => Part::Text(text.into()),
        Piece::Of(place) => Part::Of(place),
        Piece::Json(place) => Part::Json(place),
        Piece::Edge => Part::Edge,
    };
    pieces.iter().map(part).collect()
}

/// What is known of one record while it is read.
struct Reading<'a, 'c> {
    clocks: &'c Clocks,
    columns: [&'a str; TAKEN],
    values: Vec<Option<Cow<'a, str>>>,
    /// How many bytes of the record were left where its message begins and where it ends.
    left_at_edges: Vec<usize>,
}

impl<'a> Reading<'a, '_> {
    fn fields(&mut self, event: &'a Event, src: &[(Box<str>, Vec<Part>)]) -> Option<()> {
        if event.src.len() != src.len() {
            return None;
        }
        for ((name, value), (known, parts)) in event.src.iter().zip(src) {
            let value = value.to_text();
            if *name != **known || !fits(&value) {
                return None;
            }
            match (parts.as_slice(), value) {
                ([Part::Of(Place::Value(n))], value) => {
                    let place = self.values.get_mut(*n)?;
                    if value.is_empty() || place.replace(value).is_some() {
                        return None;
                    }
                }
                (parts, Cow::Borrowed(text)) => self.text(parts, text)?,
                (parts, Cow::Owned(text)) => {
                    self.walk(parts, &text, |value| Cow::Owned(value.to_owned()))?;
                }
            }
        }
        Some(())
    }

    fn text(&mut self, parts: &[Part], text: &'a str) -> Option<()> {
        self.walk(parts, text, Cow::Borrowed)
    }

    /// Walks along a text; `None` where it is not what its parts say.
    fn walk<'t>(
        &mut self,
        parts: &[Part],
        text: &'t str,
        keep: impl Fn(&'t str) -> Cow<'a, str>,
    ) -> Option<()> {
        let mut rest = text;
        for (at, part) in parts.iter().enumerate() {
            rest = match (part, self.known(part)) {
                (Part::Edge, _) => {
                    self.left_at_edges.push(rest.len());
                    rest
                }
                (Part::Json(_), Some(known)) => match in_json(known) {
                    Some(json) => rest.strip_prefix(json.as_str())?,
                    None => rest.strip_prefix(known)?,
                },
                (_, Some(known)) => rest.strip_prefix(known)?,
                (Part::Of(Place::Value(n)), None) => {
                    let is_last = at + 1 == parts.len();
                    let end = if is_last { rest.len() } else { word_bytes(rest) };
                    let (value, after) = rest.split_at_checked(end)?;
                    *self.values.get_mut(*n)? = Some(keep(value)).filter(|_| end > 0);
                    after
                }
                (_, None) => return None,
            };
        }
        rest.is_empty().then_some(())
    }

    /// The text of a part; of a value, when the record has told it before.
    fn known<'k>(&'k self, part: &'k Part) -> Option<&'k str> {
        match part {
            Part::Text(text) => Some(text),
            Part::Of(place) | Part::Json(place) => match *place {
                Place::Value(n) => self.values.get(n)?.as_deref(),
                Place::Column(n) => self.columns.get(n).copied(),
                Place::Clock(n) => Some(self.clocks.text(n)).filter(|text| !text.is_empty()),
                Place::Number(_) | Place::Word(_) => None,
            },
            Part::Edge => None,
        }
    }
}

/// How many bytes of letters and digits stand in front.
fn word_bytes(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_alphanumeric).count()
}
