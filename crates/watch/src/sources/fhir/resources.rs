//! Finding the resources in a text: alone, one after the other, or as entries of a Bundle; each with its own bytes.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Where a resource stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Which of the values that follow each other, from 0.
    pub(super) value: usize,
    /// Which entry of the Bundle, from 0.
    pub(super) entry: Option<usize>,
}

/// What could not be read.
pub(super) struct Rest<'a> {
    /// From the end of the last resource that was read.
    pub(super) text: &'a str,
    /// Why.
    pub(super) error: serde_json::Error,
}

/// Hands every resource to `each`; returns what follows the first place that is not JSON.
pub(super) fn split<'a>(text: &'a str, each: &mut dyn FnMut(Place, &'a str)) -> Option<Rest<'a>> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let mut value = 0;
    let mut end = 0;
    loop {
        match values.next() {
            None => return None,
            Some(Ok(raw)) => {
                let json = raw.get();
                if resource_type(json).as_deref() != Some("Bundle") {
                    each(Place { value, entry: None }, json);
                } else if let Err(error) = entries(json, value, each).1 {
                    return Some(Rest { text: json, error });
                }
                end = values.byte_offset();
                value += 1;
            }
            // A Bundle that was cut short still has its first entries.
            Some(Err(error)) => {
                let rest = text.get(end..).unwrap_or_default();
                let n_read_bytes = entries(rest, value, each).0;
                return Some(Rest { text: rest.get(n_read_bytes..).unwrap_or_default(), error });
            }
        }
    }
}

#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(borrow, rename = "resourceType")]
    resource_type: Option<Cow<'a, str>>,
}

/// The type a resource gives itself.
fn resource_type(json: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Typed<'_>>(json).ok()?.resource_type
}

/// Hands out the resources of a Bundle; returns how far it came, in bytes, and whether that was the whole.
fn entries<'a>(
    bundle: &'a str,
    value: usize,
    each: &mut dyn FnMut(Place, &'a str),
) -> (usize, serde_json::Result<()>) {
    let mut n_read_bytes = 0;
    let mut entry = 0;
    let mut take = |resource: Option<&'a str>| {
        if let Some(resource) = resource {
            each(Place { value, entry: Some(entry) }, resource);
            n_read_bytes = end_in(bundle, resource);
        }
        entry += 1;
    };
    let mut deserializer = serde_json::Deserializer::from_str(bundle);
    let outcome = Bundle(&mut take).deserialize(&mut deserializer);
    (n_read_bytes, outcome)
}

/// Where `part`, a piece of `whole`, ends in it.
fn end_in(whole: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(whole.as_ptr().addr()) + part.len()
}

struct Bundle<'t, 'a>(&'t mut dyn FnMut(Option<&'a str>));

impl<'a> DeserializeSeed<'a> for Bundle<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Bundle<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Bundle")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<Cow<'_, str>>()? {
            if name == "entry" {
                members.next_value_seed(Entries(&mut *self.0))?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Entries<'t, 'a>(&'t mut dyn FnMut(Option<&'a str>));

impl<'a> DeserializeSeed<'a> for Entries<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
}

impl<'a> Visitor<'a> for Entries<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the entries of a Bundle")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(entry) = entries.next_element::<Entry<'a>>()? {
            (self.0)(entry.resource.map(RawValue::get));
        }
        Ok(())
    }
}
