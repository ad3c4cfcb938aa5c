//! What can be asked of an event: columns under the names people use, and the record's own fields.

use std::net::Ipv4Addr;

use super::FilterProblem;
use super::classes::classes_of;
use super::moments::{Span, span};
use super::scan::{Comparison, Given};

/// A column of events as filters name it.
#[derive(Debug)]
pub struct Field {
    /// Its name in the table and in filters.
    pub name: &'static str,
    /// Other names for it.
    pub others: &'static [&'static str],
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Written by machines: compared as it stands, so that whole files can be skipped.
    Exact,
    /// Written by people and devices: capitals do not matter.
    Loose,
    /// Long text: found anywhere inside.
    Body,
    /// A point in time.
    Time,
    /// A whole number.
    Number,
    /// A kind of event.
    Class,
    /// Network addresses in these columns.
    Address(&'static [&'static str]),
}

const fn field(name: &'static str, others: &'static [&'static str], kind: Kind) -> Field {
    Field { name, others, kind }
}

/// Every column that a filter knows.
pub const FIELDS: &[Field] = &[
    field("host", &["機器", "機器名", "端末", "ホスト"], Kind::Loose),
    field("user", &["利用者", "ユーザー", "アカウント"], Kind::Loose),
    field("patient", &["患者", "患者id"], Kind::Exact),
    field("ip", &["ipアドレス", "アドレス"], Kind::Address(&["src_ip", "dst_ip"])),
    field("src_ip", &["接続元"], Kind::Address(&["src_ip"])),
    field("dst_ip", &["接続先"], Kind::Address(&["dst_ip"])),
    field("status", &["結果"], Kind::Loose),
    field("class", &["class_uid", "種類"], Kind::Class),
    field("activity", &["action", "操作"], Kind::Loose),
    field("process", &["プログラム", "プロセス"], Kind::Loose),
    field("message", &["メッセージ"], Kind::Body),
    field("raw", &["原文"], Kind::Body),
    field("source", &["送信元"], Kind::Exact),
    field("product", &["製品"], Kind::Exact),
    field("service", &[], Kind::Exact),
    field("time", &["日時", "時刻"], Kind::Time),
    field("received_at", &["received", "受信"], Kind::Time),
    field("seq", &["番号"], Kind::Number),
];

/// One condition on an event.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    /// A text somewhere in the message or the raw record.
    Words(Pattern),
    /// A text in a place.
    Text { place: Place, exact: bool, pattern: Pattern },
    /// A time in a column.
    Time { column: &'static str, comparison: Comparison, span: Span },
    /// A whole number in a column.
    Count { column: &'static str, comparison: Comparison, value: u64 },
    /// A number in one of the record's own fields.
    Number { name: String, comparison: Comparison, value: f64 },
    /// One of these classes.
    Class(Vec<u32>),
    /// An address in one of these columns.
    Address { columns: &'static [&'static str], wanted: Wanted },
}

/// Where a text is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Column(&'static str),
    /// One of the record's own fields.
    Own(String),
}

/// An address, a pattern of addresses or a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Pattern(Pattern),
    Network { address: Ipv4Addr, bits: u8 },
}

/// A text in pieces between which anything may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) pieces: Vec<String>,
}

impl Pattern {
    fn of(given: &Given) -> Self {
        let whole = || vec![given.text.clone()];
        let parts = || given.text.split('*').map(str::to_owned).collect();
        Self { pieces: if given.quoted { whole() } else { parts() } }
    }

    /// The same text with anything before and after it.
    fn inside(mut self) -> Self {
        self.pieces.insert(0, String::new());
        self.pieces.push(String::new());
        self
    }

    /// Whether any text but an empty one fits.
    pub(super) fn is_anything(&self) -> bool {
        self.pieces.len() > 1 && self.pieces.iter().all(String::is_empty)
    }
}

/// A text to be found anywhere.
pub(super) fn words(given: &Given) -> Condition {
    Condition::Words(Pattern::of(given).inside())
}

/// The condition that a field compared with a value means.
pub(super) fn condition(
    name: &str,
    comparison: Comparison,
    value: &Given,
) -> Result<Condition, FilterProblem> {
    match known(name) {
        Some(field) => on_column(field, name, comparison, value),
        None => on_own_field(name.strip_prefix("src.").unwrap_or(name), comparison, value),
    }
}

fn known(name: &str) -> Option<&'static Field> {
    let name = name.to_lowercase();
    FIELDS.iter().find(|field| field.name == name || field.others.contains(&&*name))
}

fn on_column(
    field: &Field,
    typed: &str,
    comparison: Comparison,
    value: &Given,
) -> Result<Condition, FilterProblem> {
    let ordered = matches!(field.kind, Kind::Time | Kind::Number);
    if comparison != Comparison::Same && !ordered {
        return Err(FilterProblem::NoOrder(typed.to_owned()));
    }
    let text =
        |pattern, exact| Condition::Text { place: Place::Column(field.name), exact, pattern };
    let typed = || value.text.clone();
    match field.kind {
        Kind::Exact => Ok(text(Pattern::of(value), true)),
        Kind::Loose if field.name == "status" => Ok(text(Pattern::of(&outcome(value)), false)),
        Kind::Loose => Ok(text(Pattern::of(value), false)),
        Kind::Body => Ok(text(Pattern::of(value).inside(), false)),
        Kind::Time => {
            let span = span(&value.text).ok_or_else(|| FilterProblem::NotTime(typed()))?;
            Ok(Condition::Time { column: field.name, comparison, span })
        }
        Kind::Number => {
            let value = value.text.parse().map_err(|_| FilterProblem::NotNumber(typed()))?;
            Ok(Condition::Count { column: field.name, comparison, value })
        }
        Kind::Class => {
            let uids = classes_of(&value.text).ok_or_else(|| FilterProblem::NotClass(typed()))?;
            Ok(Condition::Class(uids))
        }
        Kind::Address(columns) => Ok(Condition::Address { columns, wanted: wanted(value)? }),
    }
}

fn on_own_field(
    name: &str,
    comparison: Comparison,
    value: &Given,
) -> Result<Condition, FilterProblem> {
    let name = name.to_owned();
    if comparison == Comparison::Same {
        let place = Place::Own(name);
        return Ok(Condition::Text { place, exact: false, pattern: Pattern::of(value) });
    }
    let number = value.text.parse::<f64>().ok().filter(|number| number.is_finite());
    let value = number.ok_or_else(|| FilterProblem::NotNumber(value.text.clone()))?;
    Ok(Condition::Number { name, comparison, value })
}

/// The two outcomes, also as Japanese screens call them.
fn outcome(given: &Given) -> Given {
    let text = match &*given.text {
        "失敗" if !given.quoted => "failure",
        "成功" if !given.quoted => "success",
        own => own,
    };
    Given { text: text.to_owned(), quoted: given.quoted }
}

fn wanted(value: &Given) -> Result<Wanted, FilterProblem> {
    let Some((address, bits)) = value.text.split_once('/').filter(|_| !value.quoted) else {
        return Ok(Wanted::Pattern(Pattern::of(value)));
    };
    let not_network = || FilterProblem::NotNetwork(value.text.clone());
    let bits: u8 = bits.parse().ok().filter(|bits| *bits <= 32).ok_or_else(not_network)?;
    let address = address.parse().map_err(|_| not_network())?;
    Ok(Wanted::Network { address, bits })
}
