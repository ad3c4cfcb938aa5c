//! A record's own fields, in one piece of memory.

use std::borrow::Cow;
use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value of a native field, kept in the type its source gave it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value<'a> {
    /// Present and empty: JSON `null`, an EVTX element without content.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(&'a str),
}

impl<'a> Value<'a> {
    /// The value as text, as a log line would show it; `Null` is empty.
    #[must_use]
    pub fn to_text(self) -> Cow<'a, str> {
        match self {
            Self::Null => "".into(),
            Self::Bool(flag) => flag.to_string().into(),
            Self::Int(number) => number.to_string().into(),
            Self::Float(number) => number.to_string().into(),
            Self::Text(text) => text.into(),
        }
    }

    /// The value as a whole number, also when it came as digits in text.
    #[must_use]
    pub fn to_int(self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(number),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Null | Self::Bool(_) | Self::Float(_) => None,
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// A record's own fields under their own names (`EventID`, `srcip`, `alert.signature`), in the order they came.
///
/// Detection rules are written against these names, not against normalised columns: normalising loses fields
/// (the public OCSF mapping passes about sixty Windows fields through unchanged and gets others wrong).
///
/// A record has some forty fields, and a node reads ten thousands of records a second: names and texts lie one behind the
/// other in one text, so that a record costs three pieces of memory and not eighty, and its list of fields is short. A field
/// that would make them longer than 4 GiB is left out; no store keeps so long a record.
#[derive(Clone, Default, PartialEq)]
pub struct Fields {
    /// Name, text, name, text… in order. A value that is no text has none.
    texts: String,
    entries: Vec<Entry>,
    /// Numbers in order, as bits.
    numbers: Vec<u64>,
    /// What any of the names looks like: most names that are asked for no field has, and few of those get past this.
    looks: Looks,
}

/// Numbers that a record with any has room for at once.
const NUMBERS_USUAL: usize = 16;

/// A field; it begins where the one before ends.
#[derive(Clone, Copy, PartialEq)]
struct Entry {
    /// What the name looks like.
    look: Look,
    name_end: u32,
    value: Kept,
}

#[derive(Clone, Copy, PartialEq)]
enum Kept {
    Null,
    Bool(bool),
    /// The number in this place.
    Int(u32),
    /// The number in this place.
    Float(u32),
    /// What follows the name, up to here.
    Text(u32),
}

impl Entry {
    /// Where its name and text end.
    const fn ends(&self) -> usize {
        match self.value {
            Kept::Text(end) => end as usize,
            Kept::Null | Kept::Bool(_) | Kept::Int(_) | Kept::Float(_) => self.name_end as usize,
        }
    }
}

/// Length and outermost bytes of a name: a rule or a column asks for a name that most fields do not have, and few that have
/// another look like it.
#[derive(Clone, Copy, PartialEq)]
struct Look(u32);

impl Look {
    fn of(name: &str) -> Self {
        let name = name.as_bytes();
        let [first, last] = [name.first(), name.last()].map(|byte| byte.copied().unwrap_or(0));
        let low = name.len().to_le_bytes();
        Self(u32::from_le_bytes([first, last, low[0], low[1]]))
    }
}

/// Looks that were seen, a bit for each, shared by some.
#[derive(Clone, Copy, Default, PartialEq)]
struct Looks(u128);

impl Looks {
    const fn add(&mut self, look: Look) {
        self.0 |= Self::bit(look);
    }

    const fn may_have(self, look: Look) -> bool {
        self.0 & Self::bit(look) != 0
    }

    /// The bit is told by the upper seven bits of a product (Fibonacci hashing).
    const fn bit(look: Look) -> u128 {
        1 << (look.0.wrapping_mul(0x9E37_79B9) >> 25)
    }
}

impl Fields {
    /// No fields.
    #[must_use]
    pub const fn new() -> Self {
        Self { texts: String::new(), entries: Vec::new(), numbers: Vec::new(), looks: Looks(0) }
    }

    /// No fields yet, and room for some with names and texts of so many bytes.
    #[must_use]
    pub fn with_capacity(n_fields: usize, n_bytes: usize) -> Self {
        Self {
            texts: String::with_capacity(n_bytes),
            entries: Vec::with_capacity(n_fields),
            ..Self::new()
        }
    }

    /// Adds a field at the end. A name may occur twice; [`Fields::get`] returns the first.
    pub fn push<'v>(&mut self, name: impl AsRef<str>, value: impl Into<Value<'v>>) {
        self.add(name.as_ref(), value.into());
    }

    fn add(&mut self, name: &str, value: Value<'_>) {
        let begins = self.texts.len();
        let text = if let Value::Text(text) = value { text } else { "" };
        let name_end = u32::try_from(begins + name.len());
        let (Ok(name_end), Ok(end)) = (name_end, u32::try_from(begins + name.len() + text.len()))
        else {
            return;
        };
        self.texts.push_str(name);
        self.texts.push_str(text);
        let value = match value {
            Value::Null => Kept::Null,
            Value::Bool(flag) => Kept::Bool(flag),
            Value::Int(number) => Kept::Int(self.add_number(number.cast_unsigned())),
            Value::Float(number) => Kept::Float(self.add_number(number.to_bits())),
            Value::Text(_) => Kept::Text(end),
        };
        let look = Look::of(name);
        self.looks.add(look);
        self.entries.push(Entry { look, name_end, value });
    }

    fn add_number(&mut self, bits: u64) -> u32 {
        if self.numbers.is_empty() {
            self.numbers.reserve(NUMBERS_USUAL);
        }
        self.numbers.push(bits);
        u32::try_from(self.numbers.len() - 1).unwrap_or(u32::MAX)
    }

    /// The first field of that exact name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value<'_>> {
        let look = Look::of(name);
        if !self.looks.may_have(look) {
            return None;
        }
        let mut from = 0;
        loop {
            let rest = self.entries.get(from..)?;
            let at = from + rest.iter().position(|entry| entry.look == look)?;
            let entry = self.entries.get(at)?;
            if self.name(at, entry) == Some(name.as_bytes()) {
                return Some(self.value(entry));
            }
            from = at + 1;
        }
    }

    /// The first field of that name as non-empty text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).map(Value::to_text).filter(|text| !text.is_empty())
    }

    /// The first field of that name as a whole number, also when it came as digits in text.
    #[must_use]
    pub fn int(&self, name: &str) -> Option<i64> {
        self.get(name)?.to_int()
    }

    /// All fields in order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = (&str, Value<'_>)> {
        self.entries.iter().scan(0, |from, entry| {
            let name = self.texts.get(*from..entry.name_end as usize).unwrap_or_default();
            *from = entry.ends();
            Some((name, self.value(entry)))
        })
    }

    /// How many fields there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no field.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many bytes names and texts have together.
    #[must_use]
    pub const fn text_bytes(&self) -> usize {
        self.texts.len()
    }

    /// How much memory the fields take, in bytes.
    #[must_use]
    pub const fn n_bytes(&self) -> usize {
        self.texts.len()
            + self.entries.len() * size_of::<Entry>()
            + self.numbers.len() * size_of::<u64>()
    }

    /// The name of the entry at that place.
    fn name(&self, at: usize, entry: &Entry) -> Option<&[u8]> {
        let before = at.checked_sub(1).and_then(|before| self.entries.get(before));
        let begins = before.map_or(0, Entry::ends);
        self.texts.as_bytes().get(begins..entry.name_end as usize)
    }

    // Inlined: whoever goes over all fields asks for each.
    #[inline]
    fn value(&self, entry: &Entry) -> Value<'_> {
        let number = |place: u32| self.numbers.get(place as usize).copied().unwrap_or_default();
        match entry.value {
            Kept::Null => Value::Null,
            Kept::Bool(flag) => Value::Bool(flag),
            Kept::Int(place) => Value::Int(number(place).cast_signed()),
            Kept::Float(place) => Value::Float(f64::from_bits(number(place))),
            Kept::Text(end) => {
                let text = self.texts.get(entry.name_end as usize..end as usize);
                Value::Text(text.unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'v, N: AsRef<str>, V: Into<Value<'v>>> Extend<(N, V)> for Fields {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, fields: I) {
        fields.into_iter().for_each(|(name, value)| self.push(name, value));
    }
}

impl<'v, N: AsRef<str>, V: Into<Value<'v>>> FromIterator<(N, V)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut own = Self::new();
        own.extend(fields);
        own
    }
}

impl Serialize for Fields {
    /// A list of pairs.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Pairs)
    }
}

/// Reads the list of pairs.
struct Pairs;

/// A value as it is read.
#[derive(Deserialize)]
#[serde(untagged)]
enum Owned {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

impl Owned {
    fn as_value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Int(number) => Value::Int(*number),
            Self::Float(number) => Value::Float(*number),
            Self::Text(text) => Value::Text(text),
        }
    }
}

impl<'de> Visitor<'de> for Pairs {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of names and values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pairs: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::new();
        while let Some((name, value)) = pairs.next_element::<(String, Owned)>()? {
            fields.push(&name, value.as_value());
        }
        Ok(fields)
    }
}
