//! Results as plain values.

use std::fmt;

use sakimori_words::Instant;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// The rows of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows, each with one cell per column.
    pub rows: Vec<Vec<Cell>>,
    /// Whether there were more rows than asked for.
    pub truncated: bool,
}

/// One value of a result.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text; also everything that has no other form here (durations, lists, bytes as hexadecimal digits).
    Text(String),
    /// A point in time.
    Time(Instant),
    /// A record's own fields.
    Fields(Vec<(String, String)>),
}

impl fmt::Display for Cell {
    /// The value for a table on a terminal or a CSV file; times in Japan, nothing for `Null`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Bool(flag) => write!(f, "{flag}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Time(at) => write!(f, "{at}"),
            Self::Fields(fields) => {
                for (n, (name, value)) in fields.iter().enumerate() {
                    let space = if n == 0 { "" } else { " " };
                    write!(f, "{space}{name}={value}")?;
                }
                Ok(())
            }
        }
    }
}

impl Serialize for Cell {
    /// As JSON shows it: times as RFC 3339 in UTC, fields as an object.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Time(at) => serializer.serialize_str(&at.rfc3339()),
            Self::Fields(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

impl Cell {
    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        let inside = match self {
            Self::Text(text) => text.len(),
            Self::Fields(fields) => {
                fields.iter().map(|(name, value)| name.len() + value.len() + 48).sum()
            }
            _ => 0,
        };
        size_of::<Self>() + inside
    }
}
