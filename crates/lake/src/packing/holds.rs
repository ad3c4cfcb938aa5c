//! Which rows may hold a text, without making their records again.
//!
//! Searching a year for a few characters would otherwise put every record together only to find that it is not the one. A text
//! stands in a record inside a value, inside the words of the shape, or across the place where they meet. The first is looked
//! for in whole columns at once, the others once for each shape.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, BooleanArray, DictionaryArray, Int64Array, StringArray};
use arrow::datatypes::Int32Type;
use arrow::error::ArrowError;
use memchr::memmem::Finder;

use super::clock;
use super::cut::in_json;
use super::shape::{Message, Piece, Place, Shape};
use super::unpack::{downcast, unfit};
use super::{NUMBERS, SHAPE, TAKEN, TAKEN_FROM, packed_columns};

/// A text that is looked for in records.
#[derive(Clone, Debug)]
pub struct Needle {
    text: String,
    finder: Finder<'static>,
    any_case: bool,
}

impl Needle {
    /// The text, as written or in any case. `None` where rows cannot be told apart by it without making their records: an empty
    /// text, and in any case one with letters that have cases beyond ASCII.
    #[must_use]
    pub fn new(text: &str, any_case: bool) -> Option<Self> {
        let cased =
            |letter: char| !letter.is_ascii() && (letter.is_lowercase() || letter.is_uppercase());
        if text.is_empty() || (any_case && text.chars().any(cased)) {
            return None;
        }
        let text = if any_case { text.to_ascii_lowercase() } else { text.to_owned() };
        let finder = Finder::new(text.as_bytes()).into_owned();
        Some(Self { text, finder, any_case })
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is looked for in any case.
    #[must_use]
    pub const fn any_case(&self) -> bool {
        self.any_case
    }

    fn is_in(&self, text: &[u8]) -> bool {
        if self.any_case {
            self.finder.find(&text.to_ascii_lowercase()).is_some()
        } else {
            self.finder.find(text).is_some()
        }
    }

    /// Whether the two texts agree as far as both go, from their beginnings.
    fn begins(&self, a: &[u8], b: &[u8]) -> bool {
        a.iter().zip(b).all(|(a, b)| self.same(*a, *b))
    }

    /// The same from their ends.
    fn ends(&self, a: &[u8], b: &[u8]) -> bool {
        a.iter().rev().zip(b.iter().rev()).all(|(a, b)| self.same(*a, *b))
    }

    const fn same(&self, a: u8, b: u8) -> bool {
        if self.any_case { a.eq_ignore_ascii_case(&b) } else { a == b }
    }

    /// The columns of a segment that tell, in the order in which [`may_hold`] takes them.
    #[must_use]
    pub fn columns(&self) -> Vec<&'static str> {
        let packed = packed_columns();
        let (numbers, texts) = packed.get(1..).unwrap_or_default().split_at(NUMBERS);
        let numbers = if self.is_number() { numbers } else { &[] };
        let names = packed.iter().take(1).chain(texts).chain(numbers).map(String::as_str);
        OWN.into_iter().chain(TAKEN_FROM.into_iter().take(TAKEN)).chain(names).collect()
    }

    /// Whether a whole number may hold the text.
    fn is_number(&self) -> bool {
        self.text.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Whether the text may stand across the place where two pieces meet.
    fn may_cross(&self, left: &Piece<'_>, right: &Piece<'_>) -> bool {
        let text = self.text.as_bytes();
        (1..text.len()).any(|at| {
            let (before, after) = text.split_at(at);
            let ends = match left {
                Piece::Text(words) => self.ends(before, words.as_bytes()),
                other => may_have(before.last(), other),
            };
            ends && match right {
                Piece::Text(words) => self.begins(after, words.as_bytes()),
                other => may_have(after.first(), other),
            }
        })
    }

    /// Whether every record of a shape may hold the text, whatever its values.
    fn may_be_in(&self, pieces: &[Piece<'_>]) -> bool {
        let seen: Vec<&Piece<'_>> = pieces.iter().filter(|piece| **piece != Piece::Edge).collect();
        let inside = |piece: &&Piece<'_>| match piece {
            Piece::Text(words) => self.is_in(words.as_bytes()),
            clock @ Piece::Of(Place::Clock(_)) => may_have(self.text.as_bytes(), clock),
            _ => false,
        };
        seen.iter().any(inside)
            || seen.windows(2).any(|pair| match pair {
                [left, right] => self.may_cross(left, right),
                _ => false,
            })
    }

    fn may_be_in_shape(&self, shape: &Shape<'_>) -> bool {
        self.may_be_in(&shape.raw)
            || match &shape.message {
                Message::Own(pieces) => self.may_be_in(pieces),
                Message::OfRaw => false,
            }
    }
}

/// Whether a piece that is no text of a shape may have these characters.
fn may_have<'a>(bytes: impl IntoIterator<Item = &'a u8>, piece: &Piece<'_>) -> bool {
    let mut bytes = bytes.into_iter();
    match piece {
        Piece::Of(Place::Number(_)) => bytes.all(u8::is_ascii_digit),
        Piece::Of(Place::Clock(_)) => bytes.all(|byte| clock::may_write(*byte)),
        _ => true,
    }
}

/// For each row of a segment whether its record or message may hold the needle: never no where it does.
///
/// `columns` are those that [`Needle::columns`] names.
///
/// # Errors
/// When columns are missing or have other types or lengths: the file was not written by this crate.
pub fn may_hold(needle: &Needle, columns: &[ArrayRef]) -> Result<BooleanArray, ArrowError> {
    let n_rows = columns.first().ok_or_else(unfit)?.len();
    let names = needle.columns();
    if names.len() != columns.len() || columns.iter().any(|column| column.len() != n_rows) {
        return Err(unfit());
    }
    let mut rows = vec![false; n_rows];
    for (name, column) in names.into_iter().zip(columns) {
        if name == SHAPE {
            mark_shapes(needle, downcast(column)?, &mut rows)?;
        } else if let Some(numbers) = column.as_any().downcast_ref() {
            mark_numbers(needle, numbers, &mut rows);
        } else {
            mark(needle, downcast(column)?, !OWN.contains(&name), &mut rows);
        }
    }
    Ok(rows.into())
}

/// The columns in which the texts of a record stand when they are not packed.
const OWN: [&str; 2] = ["raw", "message"];

/// Marks the rows whose shape alone may hold the needle.
fn mark_shapes(
    needle: &Needle,
    shapes: &DictionaryArray<Int32Type>,
    rows: &mut [bool],
) -> Result<(), ArrowError> {
    let texts: &StringArray = downcast(shapes.values())?;
    let mut known: HashMap<i32, bool> = HashMap::new();
    for (row, key) in rows.iter_mut().zip(shapes.keys()) {
        let Some(key) = key else { continue };
        *row |= match known.get(&key) {
            Some(known) => *known,
            None => {
                let n = usize::try_from(key).ok().filter(|n| *n < texts.len()).ok_or_else(unfit)?;
                let shape = Shape::read(texts.value(n)).ok_or_else(unfit)?;
                *known.entry(key).or_insert(needle.may_be_in_shape(&shape))
            }
        };
    }
    Ok(())
}

/// Marks the rows in which a column holds the needle, or would as JSON writes it.
fn mark(needle: &Needle, column: &StringArray, as_json: bool, rows: &mut [bool]) {
    let bytes = column.value_data();
    let held = || needle.is_in(bytes);
    let special = as_json && bytes.iter().any(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F));
    if !special && !held() {
        return;
    }
    for (row, value) in rows.iter_mut().zip(column.iter()) {
        let Some(value) = value else { continue };
        let in_json = || in_json(value).is_some_and(|value| needle.is_in(value.as_bytes()));
        *row = *row || needle.is_in(value.as_bytes()) || (special && in_json());
    }
}

/// Marks the rows in which a number holds the needle.
fn mark_numbers(needle: &Needle, column: &Int64Array, rows: &mut [bool]) {
    for (row, value) in rows.iter_mut().zip(column) {
        let Some(value) = value else { continue };
        *row = *row || needle.is_in(value.to_string().as_bytes());
    }
}
