//! From shapes and values back to records, messages and fields.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, DictionaryArray, Int64Array, MapArray, RecordBatch, StringArray,
    StringBuilder, StructArray, TimestampMicrosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Int32Type};
use arrow::error::ArrowError;

use super::clock;
use super::cut::{TEXT_BYTES_MAX, in_json};
use super::shape::{END, Message, Piece, Place, Shape};
use super::{NUMBERS, TAKEN, TAKEN_FROM, TEXTS, packed_columns};
use crate::batch::events_schema;

/// Most bytes of text in one batch; Arrow's 32-bit text offsets end at 2 GiB. A forged shape could repeat values without end.
const BATCH_BYTES_MAX: usize = 1024 * 1024 * 1024;

/// Which column comes out of the packed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unpacks {
    /// The record as text.
    Raw,
    /// Its message.
    Message,
    /// Its own fields.
    Src,
}

impl Unpacks {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Raw, Self::Message, Self::Src];

    /// The column's name.
    #[must_use]
    pub const fn column(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Message => "message",
            Self::Src => "src",
        }
    }
}

/// The column `what` of events from columns of a segment: `own` is the column of that name, `packed` those named by
/// [`packed_columns`], `taken` those named by [`TAKEN_FROM`].
///
/// # Errors
/// When columns are missing or have other types or lengths, or a record does not fit its shape: the file was not written by
/// this crate.
pub fn unpack(
    what: Unpacks,
    own: &ArrayRef,
    packed: &[ArrayRef],
    taken: &[ArrayRef],
) -> Result<ArrayRef, ArrowError> {
    if packed.iter().chain(taken).any(|column| column.len() != own.len()) {
        return Err(unfit());
    }
    let shapes: &DictionaryArray<Int32Type> = downcast(packed.first().ok_or_else(unfit)?)?;
    if shapes.null_count() == shapes.len() {
        return Ok(Arc::clone(own));
    }
    let rows = Rows::of(shapes, packed, taken)?;
    match what {
        Unpacks::Raw | Unpacks::Message => rows.texts(what, downcast(own)?),
        Unpacks::Src => rows.fields(downcast(own)?),
    }
}

/// A batch of a segment with the columns of [`events_schema`].
pub(crate) fn unpacked(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let column = |name: &str| match Unpacks::ALL.iter().find(|what| what.column() == name) {
        Some(what) => unpack_of(*what, batch),
        None => named(batch, name).cloned(),
    };
    let schema = events_schema();
    let columns =
        schema.fields().iter().map(|field| column(field.name())).collect::<Result<_, _>>()?;
    RecordBatch::try_new(schema, columns)
}

/// A batch of a segment in which `raw` is as it came; the other packed columns are not there.
pub(crate) fn records_of(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let raw = unpack_of(Unpacks::Raw, batch)?;
    let schema = events_schema();
    let names = ["seq", "source", "received_at", "raw_bytes", "leaf_check"];
    let places = names.into_iter().chain(["raw"]).map(|name| schema.index_of(name));
    let kept = schema.project(&places.collect::<Result<Vec<_>, _>>()?)?;
    let columns = names.into_iter().map(|name| named(batch, name).cloned());
    let columns = columns.chain([Ok(raw)]).collect::<Result<_, _>>()?;
    RecordBatch::try_new(Arc::new(kept), columns)
}

fn unpack_of(what: Unpacks, batch: &RecordBatch) -> Result<ArrayRef, ArrowError> {
    let all = |names: &mut dyn Iterator<Item = &str>| {
        names.map(|name| named(batch, name).cloned()).collect::<Result<Vec<_>, _>>()
    };
    let packed = all(&mut packed_columns().iter().map(String::as_str))?;
    let taken = all(&mut TAKEN_FROM.into_iter())?;
    unpack(what, named(batch, what.column())?, &packed, &taken)
}

fn named<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, ArrowError> {
    batch.column_by_name(name).ok_or_else(unfit)
}

pub(super) fn unfit() -> ArrowError {
    ArrowError::ParseError("a packed record does not fit its shape".to_owned())
}

fn fitting(bytes: usize, limit: usize) -> Result<(), ArrowError> {
    if bytes > limit { Err(unfit()) } else { Ok(()) }
}

pub(super) fn downcast<A: Array + 'static>(array: &ArrayRef) -> Result<&A, ArrowError> {
    array.as_any().downcast_ref().ok_or_else(unfit)
}

pub(super) fn part(parts: &StructArray, n: usize) -> Result<&ArrayRef, ArrowError> {
    parts.columns().get(n).ok_or_else(unfit)
}

/// The rows of a batch.
struct Rows<'a> {
    shapes: &'a DictionaryArray<Int32Type>,
    read: HashMap<i32, Shape<'a>>,
    numbers: Vec<&'a Int64Array>,
    values: Vec<&'a StringArray>,
    words: &'a StringArray,
    taken: Vec<&'a StringArray>,
    time: &'a TimestampMicrosecondArray,
}

impl<'a> Rows<'a> {
    fn of(
        shapes: &'a DictionaryArray<Int32Type>,
        packed: &'a [ArrayRef],
        taken: &'a [ArrayRef],
    ) -> Result<Self, ArrowError> {
        let columns = packed.get(1..).filter(|columns| columns.len() == NUMBERS + TEXTS + 1);
        let (numbers, texts) = columns.ok_or_else(unfit)?.split_at(NUMBERS);
        let (words, values) = texts.split_last().ok_or_else(unfit)?;
        let (time, taken) =
            taken.split_last().filter(|(_, taken)| taken.len() == TAKEN).ok_or_else(unfit)?;
        let mut rows = Self {
            shapes,
            read: HashMap::new(),
            numbers: numbers.iter().map(downcast).collect::<Result<_, _>>()?,
            values: values.iter().map(downcast).collect::<Result<_, _>>()?,
            words: downcast(words)?,
            taken: taken.iter().map(downcast).collect::<Result<_, _>>()?,
            time: downcast(time)?,
        };
        rows.read_shapes()?;
        Ok(rows)
    }

    /// Reads each shape that occurs, once.
    fn read_shapes(&mut self) -> Result<(), ArrowError> {
        let texts: &StringArray = downcast(self.shapes.values())?;
        for key in self.shapes.keys().iter().flatten() {
            if self.read.contains_key(&key) {
                continue;
            }
            let n = usize::try_from(key).map_err(|_| unfit())?;
            let text = if n < texts.len() { texts.value(n) } else { return Err(unfit()) };
            self.read.insert(key, Shape::read(text).ok_or_else(unfit)?);
        }
        Ok(())
    }

    fn shape(&self, row: usize) -> Option<&Shape<'a>> {
        let keys = self.shapes.keys();
        if keys.is_null(row) { None } else { self.read.get(&keys.value(row)) }
    }

    fn texts(&self, what: Unpacks, own: &StringArray) -> Result<ArrayRef, ArrowError> {
        let mut texts = StringBuilder::with_capacity(own.len(), own.len() * 256);
        let mut text = String::new();
        let mut bytes = 0;
        for row in 0..own.len() {
            text.clear();
            match (self.shape(row), what) {
                (None, _) => text.push_str(own.value(row)),
                (Some(shape), Unpacks::Message) => self.put(message(shape), row, &mut text)?,
                (Some(shape), _) => self.put(&shape.raw, row, &mut text)?,
            }
            bytes += text.len();
            fitting(bytes, BATCH_BYTES_MAX)?;
            texts.append_value(&text);
        }
        Ok(Arc::new(texts.finish()))
    }

    /// Appends what the pieces say in a row.
    fn put(&self, pieces: &[Piece<'a>], row: usize, to: &mut String) -> Result<(), ArrowError> {
        for piece in pieces {
            match piece {
                Piece::Text(text) => to.push_str(text),
                Piece::Of(place) => self.put_place(*place, row, to)?,
                Piece::Json(place) => {
                    let mut value = String::new();
                    self.put_place(*place, row, &mut value)?;
                    to.push_str(in_json(&value).as_deref().unwrap_or(&value));
                }
                Piece::Edge => {}
            }
            fitting(to.len(), TEXT_BYTES_MAX)?;
        }
        Ok(())
    }

    fn put_place(&self, place: Place, row: usize, to: &mut String) -> Result<(), ArrowError> {
        match place {
            Place::Value(n) => to.push_str(text_of(&self.values, n, row)?),
            Place::Column(n) => to.push_str(text_of(&self.taken, n, row)?),
            Place::Number(n) => {
                let column = self.numbers.get(n).filter(|column| column.is_valid(row));
                let number = column.ok_or_else(unfit)?.value(row);
                write!(to, "{number}").map_err(|_| unfit())?;
            }
            Place::Clock(n) => {
                if !clock::write(n, self.time.value(row), to) {
                    return Err(unfit());
                }
            }
            Place::Word(n) => {
                let words = if self.words.is_valid(row) { self.words.value(row) } else { "" };
                to.push_str(words.split_terminator(END).nth(n).ok_or_else(unfit)?);
            }
        }
        Ok(())
    }

    fn fields(&self, own: &MapArray) -> Result<ArrayRef, ArrowError> {
        let mut names = StringBuilder::new();
        let mut values = StringBuilder::new();
        let mut lengths = Vec::with_capacity(own.len());
        for row in 0..own.len() {
            lengths.push(match self.shape(row) {
                Some(shape) => self.put_fields(shape, row, &mut names, &mut values)?,
                None => copy_fields(own, row, &mut names, &mut values)?,
            });
        }
        map_of(own.data_type(), lengths, names, values)
    }

    fn put_fields(
        &self,
        shape: &Shape<'a>,
        row: usize,
        names: &mut StringBuilder,
        values: &mut StringBuilder,
    ) -> Result<usize, ArrowError> {
        let mut text = String::new();
        for (name, pieces) in &shape.src {
            names.append_value(name);
            text.clear();
            self.put(pieces, row, &mut text)?;
            fitting(text.len() + values.values_slice().len(), BATCH_BYTES_MAX)?;
            values.append_value(&text);
        }
        Ok(shape.src.len())
    }
}

/// What the message of a record is made of.
fn message<'b, 'a>(shape: &'b Shape<'a>) -> &'b [Piece<'a>] {
    match &shape.message {
        Message::Own(pieces) => pieces,
        Message::OfRaw => shape.raw.split(|piece| *piece == Piece::Edge).nth(1).unwrap_or_default(),
    }
}

fn text_of<'a>(columns: &[&'a StringArray], n: usize, row: usize) -> Result<&'a str, ArrowError> {
    let column = columns.get(n).filter(|column| column.is_valid(row));
    column.map(|column| column.value(row)).ok_or_else(unfit)
}

fn copy_fields(
    own: &MapArray,
    row: usize,
    names: &mut StringBuilder,
    values: &mut StringBuilder,
) -> Result<usize, ArrowError> {
    let entries = own.value(row);
    let (keys, texts): (&StringArray, &StringArray) =
        (downcast(part(&entries, 0)?)?, downcast(part(&entries, 1)?)?);
    for (key, text) in keys.iter().zip(texts.iter()) {
        names.append_value(key.unwrap_or_default());
        values.append_option(text);
    }
    Ok(entries.len())
}

fn map_of(
    data_type: &DataType,
    lengths: Vec<usize>,
    mut names: StringBuilder,
    mut values: StringBuilder,
) -> Result<ArrayRef, ArrowError> {
    let DataType::Map(entry, ordered) = data_type else { return Err(unfit()) };
    let DataType::Struct(fields) = entry.data_type() else { return Err(unfit()) };
    let columns: Vec<ArrayRef> = vec![Arc::new(names.finish()), Arc::new(values.finish())];
    let entries = StructArray::try_new(fields.clone(), columns, None::<NullBuffer>)?;
    let offsets = OffsetBuffer::<i32>::from_lengths(lengths);
    let map = MapArray::try_new(Arc::clone(entry), offsets, entries, None, *ordered)?;
    Ok(Arc::new(map))
}

/// Reads `text` as a shape, for fuzzing: must never panic.
pub fn fuzz_shape(text: &[u8]) {
    if let Ok(text) = std::str::from_utf8(text)
        && let Some(shape) = Shape::read(text)
    {
        let mut written = String::new();
        shape.write(&mut written);
        let _ = Shape::read(&written);
    }
}
