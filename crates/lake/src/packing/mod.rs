//! Storing a record once: its text is cut into the values that were read from it and the words around them.
//!
//! A log line and the reading of it say the same thing twice or three times: the line, its own fields, the message made of
//! them, and the time once more in each. In a segment the values of the fields stand in columns of their own, where equal and
//! similar ones lie together and compress well, and the [`Shape`](shape::Shape) of the line says how the line, the fields and
//! the message are made of the values again, to the byte. Lines of one kind share one shape, which a dictionary stores once; what is the
//! same in all of them is a part of the shape, and what the time says is no value at all.
//!
//! What has no shape in common with enough others, is not text, or does not come out of its shape exactly as it went in, is
//! stored as it is.

mod again;
mod clock;
mod columns;
mod cut;
mod holds;
mod pack;
mod shape;
mod unpack;

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use sakimori_words::Event;

pub(crate) use self::columns::{packed_arrays, shapes_of};
pub use self::holds::{Needle, may_hold};
pub(crate) use self::pack::Packer;
pub use self::unpack::{Unpacks, fuzz_shape, unpack};
pub(crate) use self::unpack::{records_of, unpacked};

use crate::batch::events_schema;

/// Columns for values that are whole numbers.
pub(crate) const NUMBERS: usize = 16;

/// Columns for all other values. A record with more has the rest among its words.
pub(crate) const TEXTS: usize = 16;

/// The columns of an event that a shape may take a value from instead of storing it once more, in the order in which shapes
/// number them; the time, which shapes write in many ways, last.
pub const TAKEN_FROM: [&str; TAKEN + 1] = [
    "host", "user", "patient", "src_ip", "dst_ip", "process", "activity", "status", "product",
    "service", "time",
];

/// How many of [`TAKEN_FROM`] are texts.
pub(crate) const TAKEN: usize = 10;

/// What those texts are in an event.
fn taken_from(event: &Event) -> [&str; TAKEN] {
    [
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
    ]
}

/// The column of shapes.
pub(crate) const SHAPE: &str = "packed_shape";

/// The column of words.
const WORDS: &str = "packed_words";

/// The names of the columns that segments have beside those of [`events_schema`], in their order: the shape, the numbers, the
/// texts, and the words for which no column was left.
#[must_use]
pub fn packed_columns() -> &'static [String] {
    static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let mut names = vec![SHAPE.to_owned()];
        names.extend((0..NUMBERS).map(|n| format!("packed_n{n:02}")));
        names.extend((0..TEXTS).map(|n| format!("packed_t{n:02}")));
        names.push(WORDS.to_owned());
        names
    });
    &NAMES
}

/// The columns of a segment: those of [`events_schema`] and the [`packed_columns`].
///
/// Where there is a shape, `raw`, `message` and `src` are empty and come out of [`unpack`].
#[must_use]
pub fn sealed_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let mut fields: Vec<Arc<Field>> = events_schema().fields().iter().cloned().collect();
        let packed = packed_columns().iter().zip(packed_types());
        fields.extend(packed.map(|(name, of)| Arc::new(Field::new(name, of, true))));
        Arc::new(Schema::new(fields))
    });
    Arc::clone(&SCHEMA)
}

fn packed_types() -> impl Iterator<Item = DataType> {
    let shape = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let numbers = std::iter::repeat_n(DataType::Int64, NUMBERS);
    std::iter::once(shape).chain(numbers).chain(std::iter::repeat_n(DataType::Utf8, TEXTS + 1))
}

#[cfg(test)]
mod tests;
