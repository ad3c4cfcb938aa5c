//! What a rule asks of one value of one field.

use std::net::IpAddr;

use jiff::tz::TimeZone;
use sakimori_words::Value;

use crate::glob::Shape;

/// One question about one value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Matcher {
    /// Its text has this shape; `cased`: upper and lower case differ.
    Text { shape: Shape, cased: bool },
    /// Its text contains a match of this regular expression.
    Regex { source: Box<str>, flags: RegexFlags },
    /// It is an address of this network.
    Cidr(Network),
    /// It is a number, or a part of a time, that compares so.
    Compare { part: Option<TimePart>, order: Order, bound: Bound },
    /// It relates so to the value of another field.
    FieldRef { other: Box<str>, relation: Relation, cased: bool },
    /// The field is there, or not.
    Exists(bool),
    /// The field is not there, or has no value.
    Null,
}

/// Sub-modifiers of `re`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct RegexFlags {
    pub(crate) ignore_case: bool,
    pub(crate) multi_line: bool,
    pub(crate) dot_matches_newline: bool,
}

/// How two numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Order {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

/// The part of a time that a rule speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TimePart {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// How a value relates to the value of another field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Relation {
    Equals,
    StartsWith,
    EndsWith,
    Contains,
}

/// A number to compare with; equal bits are equal numbers, so that tests can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bound(u64);

impl Bound {
    /// Reads a number; `None` for anything else, and for infinities.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        number_of(text).map(|number| Self(number.to_bits()))
    }

    pub(crate) const fn number(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl Order {
    pub(crate) fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            // Both numbers come from text, so equal spelling gives equal bits.
            #[expect(
                clippy::float_cmp,
                reason = "numbers of logs are compared as they are written"
            )]
            Self::Equal => left == right,
            Self::GreaterOrEqual => left >= right,
            Self::Greater => left > right,
        }
    }
}

impl Relation {
    pub(crate) fn holds(self, value: &str, other: &str) -> bool {
        match self {
            Self::Equals => value == other,
            Self::StartsWith => value.starts_with(other),
            Self::EndsWith => value.ends_with(other),
            Self::Contains => value.contains(other),
        }
    }
}

/// A network in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Network {
    base: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads `10.0.0.0/8` or `2001:db8::/32`; an address alone is a network of one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (base, prefix) = match text.split_once('/') {
            Some((base, prefix)) => (base.parse::<IpAddr>().ok()?, Some(prefix)),
            None => (text.parse().ok()?, None),
        };
        let width = if base.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(width), |own| own.parse().ok())?;
        (prefix <= width).then_some(Self { base, prefix })
    }

    /// Whether `text` is an address inside. IPv4 addresses written as IPv6 (`::ffff:10.0.0.1`) count as IPv4.
    pub(crate) fn contains(self, text: &str) -> bool {
        match (self.base, text.trim().parse::<IpAddr>().map(|address| address.to_canonical())) {
            (IpAddr::V4(base), Ok(IpAddr::V4(address))) => {
                let outside = u32::from(base) ^ u32::from(address);
                outside.checked_shr(32 - u32::from(self.prefix)).unwrap_or(0) == 0
            }
            (IpAddr::V6(base), Ok(IpAddr::V6(address))) => {
                let outside = u128::from(base) ^ u128::from(address);
                outside.checked_shr(128 - u32::from(self.prefix)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl TimePart {
    /// This part of the time that `value` spells, taken as it is written: no time zone is converted.
    pub(crate) fn of(self, value: Value<'_>) -> Option<f64> {
        let text = value.to_text();
        let written = text.trim().trim_end_matches('Z');
        let time = written.parse::<jiff::civil::DateTime>().ok().or_else(|| {
            Some(text.trim().parse::<jiff::Timestamp>().ok()?.to_zoned(TimeZone::UTC).datetime())
        })?;
        Some(match self {
            Self::Minute => f64::from(time.minute()),
            Self::Hour => f64::from(time.hour()),
            Self::Day => f64::from(time.day()),
            Self::Week => f64::from(time.date().iso_week_date().week()),
            Self::Month => f64::from(time.month()),
            Self::Year => f64::from(time.year()),
        })
    }
}

/// A value as a number: also digits in text, and `0x…` as Windows writes masks and ids.
pub(crate) fn number(value: Value<'_>) -> Option<f64> {
    match value {
        #[expect(
            clippy::cast_precision_loss,
            reason = "counters beyond 2^53 are compared approximately"
        )]
        Value::Int(number) => Some(number as f64),
        Value::Float(number) => Some(number),
        Value::Text(text) => number_of(text),
        Value::Null | Value::Bool(_) => None,
    }
}

fn number_of(text: &str) -> Option<f64> {
    let text = text.trim();
    #[expect(
        clippy::cast_precision_loss,
        reason = "counters beyond 2^53 are compared approximately"
    )]
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(hex, 16).ok().map(|number| number as f64);
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}
