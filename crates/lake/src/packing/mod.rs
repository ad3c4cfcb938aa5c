//! Storing a record once: its text is cut into the values that were read from it and the words around them.
//!
//! A log line and the reading of it say the same thing twice or three times: the line, its own fields, the message made of
//! them. In a segment the values of the fields stand in columns of their own, where equal and similar ones lie together and
//! compress well, and the [`Shape`] of the line says how the line, the fields and the message are made of the values again, to
//! the byte. Lines of one kind share one shape, which a dictionary stores once.
//!
//! What has no shape in common with enough others, is not text, or does not come out of its shape exactly as it went in, is
//! stored as it is.

mod holds;
mod pack;
mod shape;
mod unpack;

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

pub use self::holds::{Needle, may_hold};
pub(crate) use self::pack::{Packed, Packer};
pub use self::unpack::{Unpacks, fuzz_shape, unpack};
pub(crate) use self::unpack::{records_of, unpacked};

use crate::batch::events_schema;

/// The column that segments have beside those of [`events_schema`].
pub const PACKED: &str = "packed";

/// Columns for values. A record with more values than this is stored as it is.
pub(crate) const VALUES: usize = 48;

/// The columns of an event that a shape may take a value from instead of storing it once more, in the order in which shapes
/// number them. Appending is the only change that old segments survive.
pub const TAKEN_FROM: [&str; 10] = [
    "host", "user", "patient", "src_ip", "dst_ip", "process", "activity", "status", "product",
    "service",
];

/// The columns of a segment: those of [`events_schema`], and [`PACKED`].
///
/// Where `packed.shape` is there, `raw`, `message` and `src` are empty and come out of [`unpack`].
#[must_use]
pub fn sealed_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let mut fields: Vec<Arc<Field>> = events_schema().fields().iter().cloned().collect();
        let packed = Field::new(PACKED, DataType::Struct(packed_fields()), false);
        fields.push(Arc::new(packed));
        Arc::new(Schema::new(fields))
    });
    Arc::clone(&SCHEMA)
}

/// The parts of the packed column: `shape`, the values `v00`…, and `words`, the values for which no column was left.
pub(crate) fn packed_fields() -> Fields {
    let shape = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let text = |name: String| Field::new(name, DataType::Utf8, true);
    let mut fields = vec![Field::new("shape", shape, true)];
    fields.extend((0..VALUES).map(|n| text(value_name(n))));
    fields.push(text("words".to_owned()));
    fields.into()
}

/// The name of the column of value `n`.
pub(crate) fn value_name(n: usize) -> String {
    format!("v{n:02}")
}

#[cfg(test)]
mod tests;
