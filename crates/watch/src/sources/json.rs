//! Walking through a JSON object leaf by leaf, without building a tree.

use std::fmt;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use sakimori_words::{Fields, Value};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Most leaves taken from one record. More is an attack on memory, not a log; `raw` has the rest.
const LEAVES_MAX: usize = 10_000;

/// Most bytes of names and values taken from one record. A name is repeated for every element of its list, so a short record
/// could fill memory; `raw` has the rest.
const LEAF_BYTES_MAX: usize = 1 << 20;

/// One scalar value and where it stands.
pub(crate) struct Leaf<'a> {
    /// Names of the objects around it and its own, outermost first.
    pub(crate) path: &'a [String],
    /// The value. Whole numbers beyond `i64` are text.
    pub(crate) value: Value<'a>,
}

/// Whether a line may be a JSON object, behind marks and white space of any kind. Cheap, because every line of every other source
/// is asked too.
pub(crate) fn may_be_object(line: &[u8]) -> bool {
    let first = line.trim_ascii_start().first();
    first.is_some_and(|byte| *byte == b'{' || !byte.is_ascii_graphic())
}

/// A text that is looked for in every line. Made once: making it costs more than looking through a line.
pub(crate) type Mark = LazyLock<Finder<'static>>;

/// Whether it may be one that holds this text.
pub(crate) fn may_hold(line: &[u8], mark: &Mark) -> bool {
    may_be_object(line) && mark.find(line).is_some()
}

/// Hands every scalar of a JSON object to `each`, in order; `false` when it is no JSON object or is broken, in which case
/// the leaves before the break have been handed out.
pub(crate) fn walk(json: &str, each: &mut dyn FnMut(Leaf<'_>)) -> bool {
    if !json.trim_start().starts_with('{') {
        return false;
    }
    let mut walker = Walker {
        names: Vec::with_capacity(8),
        depth: 0,
        each,
        n_left: LEAVES_MAX,
        left_bytes: LEAF_BYTES_MAX,
    };
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let walked = DeserializeSeed::deserialize(&mut walker, &mut deserializer);
    walked.is_ok() && deserializer.end().is_ok()
}

/// The fields of a JSON object under their dotted names; `None` when it is no JSON object or is broken. Every element of a
/// list is a field of its own under the list's name, since rules ask whether any of them matches.
pub(crate) fn flatten(json: &str) -> Option<Fields> {
    let mut fields = Fields::new();
    walk(json, &mut |leaf| fields.push(leaf.path.join("."), leaf.value)).then_some(fields)
}

struct Walker<'w> {
    /// Names of the objects around the present place; those beyond `depth` are memory to be used again.
    names: Vec<String>,
    depth: usize,
    each: &'w mut dyn FnMut(Leaf<'_>),
    n_left: usize,
    left_bytes: usize,
}

impl Walker<'_> {
    fn leaf(&mut self, value: Value<'_>) {
        let path = self.names.get(..self.depth).unwrap_or_default();
        let name_bytes = path.iter().map(|name| name.len() + 1).sum::<usize>();
        let value_bytes = match value {
            Value::Text(text) => text.len(),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 0,
        };
        if self.n_left == 0 || name_bytes > self.left_bytes {
            self.n_left = 0;
            return;
        }
        self.n_left -= 1;
        self.left_bytes -= name_bytes;
        let value = cut(value, self.left_bytes);
        self.left_bytes = self.left_bytes.saturating_sub(value_bytes);
        (self.each)(Leaf { path, value });
    }
}

/// The beginning of a text for which there is no room.
fn cut(value: Value<'_>, n_bytes: usize) -> Value<'_> {
    match value {
        Value::Text(text) if text.len() > n_bytes => {
            Value::Text(text.get(..text.floor_char_boundary(n_bytes)).unwrap_or_default())
        }
        fits => fits,
    }
}

impl<'de> DeserializeSeed<'de> for &mut Walker<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Walker<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<(), E> {
        self.leaf(Value::Bool(flag));
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.leaf(Value::Int(number));
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        match i64::try_from(number) {
            Ok(number) => self.leaf(Value::Int(number)),
            Err(_) => self.leaf(Value::Text(&number.to_string())),
        }
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.leaf(Value::Float(number));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.leaf(Value::from(text));
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.leaf(Value::Null);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while elements.next_element_seed(&mut *self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let depth = self.depth;
        if self.names.len() == depth {
            self.names.push(String::new());
        }
        while let Some(name) = self.names.get_mut(depth)
            && members.next_key_seed(NameInto(name))?.is_some()
        {
            self.depth = depth + 1;
            members.next_value_seed(&mut *self)?;
            self.depth = depth;
        }
        Ok(())
    }
}

/// Reads a member's name into memory that is there already.
struct NameInto<'n>(&'n mut String);

impl<'de> DeserializeSeed<'de> for NameInto<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameInto<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<(), E> {
        self.0.clear();
        self.0.push_str(name);
        Ok(())
    }
}
