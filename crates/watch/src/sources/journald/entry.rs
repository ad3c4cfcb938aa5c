//! One entry of the journal: fields whose values are bytes, some of them several times.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Most values taken from one entry; `raw` has the rest.
const VALUES_MAX: usize = 10_000;

/// Most bytes of names and values taken from one entry. A name is repeated for every value, so a short entry could fill memory.
const ENTRY_BYTES_MAX: usize = 16 << 20;

/// The fields of an entry in their order.
#[derive(Default)]
pub(super) struct Entry {
    fields: Vec<(String, Vec<u8>)>,
    n_bytes: usize,
}

impl Entry {
    /// Reads `journalctl -o json`: text, or a list of numbers for bytes that are no text, or a list of either when a field is
    /// there several times, or `null` when journalctl left out a long value.
    pub(super) fn from_json(json: &str) -> Option<Self> {
        let mut entry = Self::default();
        let mut deserializer = serde_json::Deserializer::from_str(json);
        (&mut deserializer).deserialize_map(Members(&mut entry)).ok()?;
        deserializer.end().ok()?;
        Some(entry)
    }

    pub(super) fn push(&mut self, name: &str, value: Vec<u8>) {
        let n_bytes = self.n_bytes.saturating_add(name.len()).saturating_add(value.len());
        if self.fields.len() < VALUES_MAX && n_bytes <= ENTRY_BYTES_MAX {
            self.n_bytes = n_bytes;
            self.fields.push((name.to_owned(), value));
        }
    }

    /// The first value of that name.
    pub(super) fn first(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }
}

struct Members<'e>(&'e mut Entry);

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry of the journal")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            let mut values = Values { entry: self.0, name, bytes: Vec::new() };
            members.next_value_seed(&mut values)?;
            values.end_of_bytes();
        }
        Ok(())
    }
}

/// The values of one member.
struct Values<'e> {
    entry: &'e mut Entry,
    name: String,
    /// The numbers of a list so far.
    bytes: Vec<u8>,
}

impl Values<'_> {
    fn end_of_bytes(&mut self) {
        if !self.bytes.is_empty() {
            self.entry.push(&self.name, std::mem::take(&mut self.bytes));
        }
    }
}

impl<'de> DeserializeSeed<'de> for &mut Values<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Values<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, bytes or a list of them")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.entry.push(&self.name, text.as_bytes().to_vec());
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        // What is no byte is not of the journal's making.
        self.bytes.push(u8::try_from(number).unwrap_or(b'?'));
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while elements.next_element_seed(&mut *self)?.is_some() {}
        self.end_of_bytes();
        Ok(())
    }
}
