//! YAML as an ordered value that remembers its lines, so that every complaint can point at one.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use crate::document::RuleError;

/// A YAML value and the line it stands on (from 1).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) line: u64,
    pub(crate) kind: Kind,
    span: (u64, u64),
}

/// What a YAML value is. Maps keep their order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    /// A number with a fraction, as it is spelled: `4.0` is not `4` when a version is meant.
    Fraction(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

/// Reads all documents of `text`, each for itself when the whole cannot be read; empty ones are skipped.
pub(crate) fn read_each(text: &str) -> Vec<Result<Node, RuleError>> {
    let cause = match read(text) {
        Ok(nodes) => return nodes.into_iter().map(Ok).collect(),
        Err(cause) => cause,
    };
    let parts = parts(text);
    if parts.len() < 2 {
        return vec![Err(cause)];
    }
    let read_part = |(first_line, part)| match read(part) {
        Ok(nodes) => nodes.into_iter().map(|node| Ok(node.moved(first_line))).collect(),
        Err(error) => vec![Err(error.moved(first_line))],
    };
    parts.into_iter().flat_map(read_part).collect()
}

/// The documents of a file as text, each with the number of lines before it. A line that begins with `---` always begins a
/// document, even inside a text value.
fn parts(text: &str) -> Vec<(u64, &str)> {
    let mut parts = Vec::new();
    let (mut start, mut start_line, mut at) = (0, 0, 0);
    for (number, line) in (0..).zip(text.split_inclusive('\n')) {
        let marker = line.strip_prefix("---").is_some_and(|rest| {
            rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_whitespace())
        });
        if marker && at > start {
            parts.extend(text.get(start..at).map(|part| (start_line, part)));
            (start, start_line) = (at, number);
        }
        at += line.len();
    }
    parts.extend(text.get(start..).map(|part| (start_line, part)));
    parts.retain(|(_, part)| !part.trim().is_empty());
    parts
}

/// Reads all documents of `text`; empty ones are skipped.
pub(crate) fn read(text: &str) -> Result<Vec<Node>, RuleError> {
    // YAML 1.2: `yes`, `off` or `n` is what somebody typed, not a boolean.
    let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
    let mut documents: Vec<Node> = serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| RuleError::Yaml {
            line: error.location().map_or(0, |location| location.line()),
            cause: error.to_string(),
        })?;
    for document in &mut documents {
        document.restore_fractions(text);
    }
    Ok(documents)
}

impl Node {
    /// The value under `key` of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let Kind::Map(entries) = &self.kind else { return None };
        entries.iter().find(|(name, _)| name.as_text() == Some(key)).map(|(_, value)| value)
    }

    /// The text of a text value.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A single value spelled as text; `None` for lists, maps and null.
    pub(crate) fn spelled(&self) -> Option<String> {
        match &self.kind {
            Kind::Text(text) | Kind::Fraction(text) => Some(text.clone()),
            Kind::Int(number) => Some(number.to_string()),
            Kind::Bool(flag) => Some(flag.to_string()),
            Kind::Null | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The items of a list, or the value itself as the only item.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// A complaint about this value.
    pub(crate) fn wrong(&self, why: &'static str) -> RuleError {
        RuleError::Wrong { line: self.line, why, text: self.spelled().unwrap_or_default() }
    }

    /// The same value `n_lines` further down.
    fn moved(mut self, n_lines: u64) -> Self {
        self.line += n_lines;
        self.kind = match self.kind {
            Kind::List(items) => {
                Kind::List(items.into_iter().map(|item| item.moved(n_lines)).collect())
            }
            Kind::Map(entries) => {
                let moved = |(key, value): (Self, Self)| (key.moved(n_lines), value.moved(n_lines));
                Kind::Map(entries.into_iter().map(moved).collect())
            }
            single => single,
        };
        self
    }

    fn restore_fractions(&mut self, source: &str) {
        match &mut self.kind {
            Kind::Fraction(text) => {
                let (start, len) = self.span;
                if let Some(spelling) = slice(source, start, len).filter(|own| is_float(own)) {
                    spelling.clone_into(text);
                }
            }
            Kind::List(items) => {
                items.iter_mut().for_each(|item| item.restore_fractions(source));
            }
            Kind::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
                key.restore_fractions(source);
                value.restore_fractions(source);
            }),
            Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Text(_) => {}
        }
    }
}

fn slice(source: &str, start: u64, len: u64) -> Option<&str> {
    let start = usize::try_from(start).ok()?;
    source.get(start..start.checked_add(usize::try_from(len).ok()?)?).map(str::trim)
}

fn is_float(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Kind>::deserialize(deserializer)?;
        let span = spanned.referenced.span();
        Ok(Self {
            line: spanned.referenced.line(),
            span: (span.byte_offset().unwrap_or(u64::MAX), span.byte_len().unwrap_or(0)),
            kind: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyKind)
    }
}

struct AnyKind;

impl<'de> Visitor<'de> for AnyKind {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_none<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        Kind::deserialize(deserializer)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Kind, E> {
        Ok(Kind::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Kind, E> {
        Ok(Kind::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Kind, E> {
        Ok(i64::try_from(number).map_or_else(|_| Kind::Fraction(number.to_string()), Kind::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Kind, E> {
        Ok(Kind::Fraction(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Kind, E> {
        Ok(Kind::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Kind, E> {
        Ok(Kind::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Kind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Kind::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        let mut entries: Vec<(Node, Node)> = Vec::new();
        while let Some((key, value)) = map.next_entry::<Node, Node>()? {
            if key.spelled().is_none() {
                return Err(A::Error::custom("a key must be a single value"));
            }
            entries.push((key, value));
        }
        Ok(Kind::Map(entries))
    }
}
