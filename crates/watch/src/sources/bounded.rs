//! Fields with an end: a short record that repeats a long name cannot fill memory.

use sakimori_words::{Fields, Value};

/// Most fields taken from one record; `raw` has the rest.
const FIELDS_MAX: usize = 10_000;

/// Most bytes of names and texts taken from one record; `raw` has the rest.
const FIELD_BYTES_MAX: usize = 1 << 20;

/// Fields being collected from one record, as far as there is room.
pub(super) struct Bounded {
    fields: Fields,
    left_bytes: usize,
}

impl Bounded {
    pub(super) const fn new() -> Self {
        Self { fields: Fields::new(), left_bytes: FIELD_BYTES_MAX }
    }

    /// Adds a field; a text for which there is no room is cut.
    pub(super) fn push(&mut self, name: &str, value: Value<'_>) {
        if self.fields.len() >= FIELDS_MAX || name.len() >= self.left_bytes {
            self.left_bytes = 0;
            return;
        }
        self.left_bytes -= name.len() + 1;
        let value = match value {
            Value::Text(text) => {
                let end = text.floor_char_boundary(self.left_bytes);
                self.left_bytes -= end;
                Value::Text(text.get(..end).unwrap_or_default())
            }
            other => other,
        };
        self.fields.push(name, value);
    }

    pub(super) fn into_fields(self) -> Fields {
        self.fields
    }
}
