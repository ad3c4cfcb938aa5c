//! Which rows may hold a text, without making their records again.
//!
//! Searching a year for a few characters would otherwise put every record together only to find that it is not the one. A text
//! stands in a record inside a value, inside the words of the shape, or across the place where they meet. The first is looked
//! for in whole columns at once, the others once for each shape.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use arrow::array::{Array, ArrayRef, BooleanArray, DictionaryArray, Int64Array, StringArray};
use arrow::datatypes::Int32Type;
use arrow::error::ArrowError;
use memchr::memmem::Finder;

use super::clock;
use super::cut::in_json;
use super::shape::{Message, Piece, Place, Shape};
use super::unpack::{downcast, unfit};
use super::{NUMBERS, TAKEN, TAKEN_FROM, TEXTS, packed_columns};

/// Most places of a shape at which a text is looked for in each row.
const CROSSINGS_MAX: usize = 256;

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

    /// Whether the text may stand where JSON writes a value otherwise. There is a backslash in front of it, or it begins with what
    /// follows one: a quote, a letter, or some of the digits of a control character's number.
    fn may_meet_escapes(&self) -> bool {
        let begins = self.text.bytes().next().is_some_and(|byte| {
            matches!(byte, b'"' | b'n' | b'r' | b't' | b'u') || byte.is_ascii_hexdigit()
        });
        begins || self.text.contains('\\')
    }

    /// Whether a whole number may hold the text.
    fn is_number(&self) -> bool {
        self.text.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Whether `before`, the beginning of the text, may end a piece.
    fn may_end(&self, before: &[u8], piece: &Piece<'_>) -> Answer {
        match piece {
            Piece::Text(words) => Answer::of(self.ends(before, words.as_bytes())),
            other => may_have(before.last(), other),
        }
    }

    /// Whether `after`, the rest of the text, may begin a piece.
    fn may_begin(&self, after: &[u8], piece: &Piece<'_>) -> Answer {
        match piece {
            Piece::Text(words) => Answer::of(self.begins(after, words.as_bytes())),
            other => may_have(after.first(), other),
        }
    }

    /// Adds to `verdict` where the text may stand across the place where two pieces meet.
    fn judge_crossing(&self, left: &Piece<'_>, right: &Piece<'_>, verdict: &mut Verdict) {
        for at in 1..self.text.len() {
            let (before, after) = self.text.as_bytes().split_at(at);
            let sides = (self.may_end(before, left), self.may_begin(after, right));
            match sides {
                (Answer::No, _) | (_, Answer::No) => {}
                (Answer::Yes, Answer::Yes) => verdict.always = true,
                (left, right) => {
                    verdict.crossings.push(Crossing {
                        left: left.place(),
                        right: right.place(),
                        at,
                    });
                }
            }
        }
    }

    fn judge_pieces(&self, pieces: &[Piece<'_>], verdict: &mut Verdict) {
        let seen: Vec<&Piece<'_>> = pieces.iter().filter(|piece| **piece != Piece::Edge).collect();
        verdict.always |= seen.iter().any(|piece| match piece {
            Piece::Text(words) => self.is_in(words.as_bytes()),
            clock @ Piece::Of(Place::Clock(_)) => {
                may_have(self.text.as_bytes(), clock) == Answer::Yes
            }
            _ => false,
        });
        for pair in seen.windows(2) {
            if let [left, right] = pair {
                self.judge_crossing(left, right, verdict);
            }
        }
    }

    /// What a shape says of all its records.
    fn judge(&self, shape: &Shape<'_>) -> Verdict {
        let mut verdict = Verdict::default();
        self.judge_pieces(&shape.raw, &mut verdict);
        if let Message::Own(pieces) = &shape.message {
            self.judge_pieces(pieces, &mut verdict);
        }
        // Looking at so many places in each row takes longer than putting its record together.
        verdict.always |= verdict.crossings.len() > CROSSINGS_MAX;
        verdict
    }
}

/// Whether a piece may begin or end with a part of the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    No,
    Yes,
    /// What stands there in a row decides.
    Asks(Place),
}

impl Answer {
    const fn of(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }

    const fn place(self) -> Option<Place> {
        match self {
            Self::Asks(place) => Some(place),
            Self::No | Self::Yes => None,
        }
    }
}

/// Whether a piece that is no text of a shape may have these characters.
fn may_have<'a>(bytes: impl IntoIterator<Item = &'a u8>, piece: &Piece<'_>) -> Answer {
    let mut bytes = bytes.into_iter();
    match piece {
        Piece::Of(Place::Number(_)) => Answer::of(bytes.all(u8::is_ascii_digit)),
        Piece::Of(Place::Clock(n)) => Answer::of(bytes.all(|byte| clock::may_write(*n, *byte))),
        Piece::Of(place @ (Place::Value(_) | Place::Column(_))) => Answer::Asks(*place),
        _ => Answer::Yes,
    }
}

/// What a shape says of all its records.
#[derive(Default)]
struct Verdict {
    /// Each of them may hold the text.
    always: bool,
    /// Those may whose values fit.
    crossings: Vec<Crossing>,
}

/// A place where the text may stand across two pieces: `at` bytes of it end the left one. A side without a place fits anyway.
struct Crossing {
    left: Option<Place>,
    right: Option<Place>,
    at: usize,
}

/// For each row of a segment whether its record or message may hold the needle: never no where it does.
///
/// `columns` are those that [`Needle::columns`] names.
///
/// # Errors
/// When columns are missing or have other types or lengths: the file was not written by this crate.
pub fn may_hold(needle: &Needle, columns: &[ArrayRef]) -> Result<BooleanArray, ArrowError> {
    let columns = Columns::of(needle, columns)?;
    let mut rows = vec![false; columns.shapes.len()];
    for own in columns.own {
        mark(needle, own, false, &mut rows);
    }
    for column in columns.taken.iter().chain(&columns.values).chain([&columns.words]) {
        mark(needle, column, true, &mut rows);
    }
    for column in &columns.numbers {
        mark_numbers(needle, column, &mut rows);
    }
    columns.mark_shapes(needle, &mut rows)?;
    Ok(rows.into())
}

/// The columns in which the texts of a record stand when they are not packed.
const OWN: [&str; 2] = ["raw", "message"];

/// What [`Needle::columns`] names.
struct Columns<'a> {
    own: [&'a StringArray; 2],
    taken: Vec<&'a StringArray>,
    shapes: &'a DictionaryArray<Int32Type>,
    values: Vec<&'a StringArray>,
    words: &'a StringArray,
    numbers: Vec<&'a Int64Array>,
}

impl<'a> Columns<'a> {
    fn of(needle: &Needle, columns: &'a [ArrayRef]) -> Result<Self, ArrowError> {
        let n_rows = columns.first().ok_or_else(unfit)?.len();
        let named = needle.columns().len() == columns.len();
        if !named || columns.iter().any(|column| column.len() != n_rows) {
            return Err(unfit());
        }
        let [raw, message, rest @ ..] = columns else { return Err(unfit()) };
        let (taken, rest) = rest.split_at_checked(TAKEN).ok_or_else(unfit)?;
        let (shapes, rest) = rest.split_first().ok_or_else(unfit)?;
        let (values, rest) = rest.split_at_checked(TEXTS).ok_or_else(unfit)?;
        let (words, numbers) = rest.split_first().ok_or_else(unfit)?;
        Ok(Self {
            own: [downcast(raw)?, downcast(message)?],
            taken: taken.iter().map(downcast).collect::<Result<_, _>>()?,
            shapes: downcast(shapes)?,
            values: values.iter().map(downcast).collect::<Result<_, _>>()?,
            words: downcast(words)?,
            numbers: numbers.iter().map(downcast).collect::<Result<_, _>>()?,
        })
    }

    /// Marks the rows that may hold the needle by what their shapes say.
    fn mark_shapes(&self, needle: &Needle, rows: &mut [bool]) -> Result<(), ArrowError> {
        let texts: &StringArray = downcast(self.shapes.values())?;
        let mut known: HashMap<i32, Verdict> = HashMap::new();
        for (n_row, (row, key)) in rows.iter_mut().zip(self.shapes.keys()).enumerate() {
            let Some(key) = key else { continue };
            let verdict = match known.entry(key) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let n = usize::try_from(key).ok().filter(|n| *n < texts.len());
                    let text = texts.value(n.ok_or_else(unfit)?);
                    new.insert(needle.judge(&Shape::read(text).ok_or_else(unfit)?))
                }
            };
            *row = *row
                || verdict.always
                || verdict.crossings.iter().any(|crossing| self.fits(needle, crossing, n_row));
        }
        Ok(())
    }

    /// Whether the values of a row let the needle stand there.
    fn fits(&self, needle: &Needle, crossing: &Crossing, row: usize) -> bool {
        let Some((before, after)) = needle.text.as_bytes().split_at_checked(crossing.at) else {
            return true;
        };
        let value = |place| self.value(place, row);
        let left = crossing.left.and_then(value).is_none_or(|left| needle.ends(before, left));
        left && crossing.right.and_then(value).is_none_or(|right| needle.begins(after, right))
    }

    fn value(&self, place: Place, row: usize) -> Option<&'a [u8]> {
        let column = match place {
            Place::Value(n) => self.values.get(n)?,
            Place::Column(n) => self.taken.get(n)?,
            Place::Number(_) | Place::Clock(_) | Place::Word(_) => return None,
        };
        column.is_valid(row).then(|| column.value(row).as_bytes())
    }
}

/// Marks the rows in which a column holds the needle, or would as JSON writes it.
fn mark(needle: &Needle, column: &StringArray, as_json: bool, rows: &mut [bool]) {
    let bytes = column.value_data();
    let held = || needle.is_in(bytes);
    let special = as_json && needle.may_meet_escapes() && has_special(bytes);
    if !special && !held() {
        return;
    }
    for (row, value) in rows.iter_mut().zip(column.iter()) {
        let Some(value) = value else { continue };
        let in_json = || in_json(value).is_some_and(|value| needle.is_in(value.as_bytes()));
        *row = *row || needle.is_in(value.as_bytes()) || (special && in_json());
    }
}

/// Whether JSON writes any of the bytes otherwise. Without a way out of the loop, so that many are looked at in one step.
fn has_special(bytes: &[u8]) -> bool {
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1F);
    bytes.chunks(4_096).any(|part| part.iter().fold(false, |any, byte| any | is_special(byte)))
}

/// Marks the rows in which a number holds the needle.
fn mark_numbers(needle: &Needle, column: &Int64Array, rows: &mut [bool]) {
    for (row, value) in rows.iter_mut().zip(column) {
        let Some(value) = value else { continue };
        *row = *row || needle.is_in(value.to_string().as_bytes());
    }
}
