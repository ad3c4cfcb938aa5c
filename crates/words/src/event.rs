//! One log record: the raw bytes as they came, and what a source understood of them.

use serde::{Deserialize, Serialize};

use crate::Instant;

/// A value of a native field, kept in the type its source gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Present and empty: JSON `null`, an EVTX element without content.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
}

impl Value {
    /// The value as text, as a log line would show it; `Null` is empty.
    #[must_use]
    pub fn to_text(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Null => "".into(),
            Self::Bool(flag) => flag.to_string().into(),
            Self::Int(number) => number.to_string().into(),
            Self::Float(number) => number.to_string().into(),
            Self::Text(text) => text.as_str().into(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// A record's own fields under their own names (`EventID`, `srcip`, `alert.signature`), in the order they came.
///
/// Detection rules are written against these names, not against normalised columns: normalising loses fields
/// (the public OCSF mapping passes about sixty Windows fields through unchanged and gets others wrong).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(Vec<(String, Value)>);

impl Fields {
    /// No fields.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a field at the end. A name may occur twice; [`Fields::get`] returns the first.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.push((name.into(), value.into()));
    }

    /// The first field of that exact name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The first field of that name as non-empty text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<std::borrow::Cow<'_, str>> {
        self.get(name).map(Value::to_text).filter(|text| !text.is_empty())
    }

    /// The first field of that name as a whole number, also when it came as digits in text.
    #[must_use]
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Int(number) => Some(*number),
            Value::Text(text) => text.trim().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Float(_) => None,
        }
    }

    /// All fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

/// The OCSF class of events that say who read, changed or sent a patient's record (Datastore Activity).
pub const RECORD_ACCESS: u32 = 6005;

/// One log record.
///
/// `raw` is evidence and is never changed; everything else is a reading of it. The flat columns are named after OCSF and
/// become columns of the `events` table; an empty text means that the source did not say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Which configured source it came from, e.g. `syslog/10.0.0.5`, `inbox/Security.evtx`.
    pub source: String,
    /// When this node received it, by its own clock.
    pub received_at: Instant,
    /// When it happened according to the record itself; `received_at` when the record does not say.
    pub time: Instant,
    /// The record exactly as received. For binary formats: the record rendered by a stable, documented rule.
    pub raw: Vec<u8>,
    /// Sigma's product: `windows`, `linux`, `fortios`, `suricata`… Empty: unknown.
    pub product: String,
    /// Sigma's service, in lower case: `security`, `sysmon`, `sshd`… Empty: none.
    pub service: String,
    /// OCSF class, e.g. 3002 Authentication, 4001 Network Activity, 0 when unknown (Base Event).
    pub class_uid: u32,
    /// What was done, in the source's word for it (`logon`, `deny`, `alert`).
    pub activity: String,
    /// `success`, `failure` or empty.
    pub status: String,
    /// The machine the record speaks of.
    pub host: String,
    /// The account the record speaks of.
    pub user: String,
    /// The patient whose record it speaks of: the identifier as the source writes it.
    pub patient: String,
    /// Where it came from on the network.
    pub src_ip: String,
    /// Where it went on the network.
    pub dst_ip: String,
    /// The program involved.
    pub process: String,
    /// One line for people.
    pub message: String,
    /// The record's own fields under their own names.
    pub src: Fields,
}
