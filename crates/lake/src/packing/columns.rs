//! Packed records as columns of a segment.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, DictionaryArray, Int32Array, Int64Builder, StringArray, StringBuilder,
};
use arrow::error::ArrowError;

use super::pack::{Packed, Packer, Slot};
use super::shape::END;
use super::{NUMBERS, TEXTS};

/// The [`packed columns`](super::packed_columns) of the records in the places `from..until`, and which of them are packed.
pub(crate) fn packed_arrays(
    packer: &Packer,
    shapes: &ArrayRef,
    from: usize,
    until: usize,
) -> Result<(Vec<ArrayRef>, Vec<bool>), ArrowError> {
    let rows: Vec<Option<Packed<'_>>> = (from..until).map(|row| packer.row(row)).collect();
    let mut columns = Columns::with_capacity(rows.len());
    rows.iter().for_each(|row| columns.push(row.as_ref()));
    let key = |row: &Option<Packed<'_>>| row.and_then(|row| i32::try_from(row.shape).ok());
    let keys: Int32Array = rows.iter().map(key).collect();
    let shapes = DictionaryArray::try_new(keys, Arc::clone(shapes))?;
    let mut arrays: Vec<ArrayRef> = vec![Arc::new(shapes)];
    arrays.extend(columns.finish());
    Ok((arrays, rows.iter().map(Option::is_some).collect()))
}

/// All shapes of a packer, by number.
pub(crate) fn shapes_of(packer: &Packer) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(packer.shapes()))
}

struct Columns {
    numbers: Vec<Int64Builder>,
    texts: Vec<StringBuilder>,
    words: StringBuilder,
}

impl Columns {
    fn with_capacity(rows: usize) -> Self {
        Self {
            numbers: (0..NUMBERS).map(|_| Int64Builder::with_capacity(rows)).collect(),
            texts: (0..TEXTS).map(|_| StringBuilder::with_capacity(rows, rows * 8)).collect(),
            words: StringBuilder::with_capacity(rows, 0),
        }
    }

    fn push(&mut self, row: Option<&Packed<'_>>) {
        let (mut numbers, mut texts) = (self.numbers.iter_mut(), self.texts.iter_mut());
        let mut words: Option<String> = None;
        for (slot, value) in row.into_iter().flat_map(Packed::values) {
            match slot {
                Slot::Shape => {}
                Slot::Number => {
                    if let Some(column) = numbers.next() {
                        column.append_option(value.parse().ok());
                    }
                }
                Slot::Text => {
                    if let Some(column) = texts.next() {
                        column.append_value(value);
                    }
                }
                Slot::Word => {
                    let words = words.get_or_insert_default();
                    words.push_str(value);
                    words.push(END);
                }
            }
        }
        numbers.for_each(Int64Builder::append_null);
        texts.for_each(StringBuilder::append_null);
        self.words.append_option(words);
    }

    fn finish(mut self) -> impl Iterator<Item = ArrayRef> {
        let numbers: Vec<ArrayRef> =
            self.numbers.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        let texts: Vec<ArrayRef> =
            self.texts.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        numbers.into_iter().chain(texts).chain([Arc::new(self.words.finish()) as ArrayRef])
    }
}
