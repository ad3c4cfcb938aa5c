//! What Postfix's lines are made of: queue ids, peers, `key=value` pairs.

use std::net::IpAddr;

use sakimori_words::{Fields, Value};

/// Most pairs taken from one line; `raw` has the rest.
const PAIRS_MAX: usize = 200;

/// Pairs that Postfix writes. What else looks like one is part of a text.
const KEYS: &[&str] = &[
    "client",
    "conn_use",
    "delay",
    "delays",
    "dsn",
    "from",
    "helo",
    "message-id",
    "nrcpt",
    "orig_client",
    "orig_queue_id",
    "orig_to",
    "proto",
    "relay",
    "sasl_method",
    "sasl_sender",
    "sasl_username",
    "size",
    "status",
    "to",
    "uid",
];

/// `4F1B2C: …` → the id and what follows; an empty id when there is none. `NOQUEUE` is no id.
pub(super) fn split_queue_id(body: &str) -> (&str, &str) {
    match body.split_once(": ") {
        Some(("NOQUEUE", rest)) => ("", rest),
        Some((id, rest)) if is_queue_id(id) => (id, rest),
        _ => ("", body),
    }
}

/// Short ids are hexadecimal capitals, long ones have no vowels; so no word is one.
fn is_queue_id(id: &str) -> bool {
    let short = |byte: u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    let long = |byte: u8| byte.is_ascii_alphanumeric() && !b"AEIOUaeiou".contains(&byte);
    (5..=20).contains(&id.len()) && (id.bytes().all(short) || id.bytes().all(long))
}

/// The other end of a connection.
#[derive(Debug, Default)]
pub(super) struct Peer<'a> {
    pub(super) name: &'a str,
    /// An IP address, or empty.
    pub(super) address: &'a str,
}

impl<'a> Peer<'a> {
    /// `mail.example[198.51.100.44]:25`, `[198.51.100.44]:25`, `unknown[198.51.100.44]`.
    pub(super) fn read(text: &'a str) -> Self {
        let Some((name, rest)) = text.split_once('[') else { return Self::default() };
        let address = rest.split_once(']').map(|(address, _)| address).unwrap_or_default();
        let address = address.strip_prefix("IPv6:").unwrap_or(address);
        let known = address.parse::<IpAddr>().is_ok();
        if known && !name.contains(' ') { Self { name, address } } else { Self::default() }
    }
}

/// Reads `key=value` pairs with commas or blanks between them, and what stands in brackets behind the last.
pub(super) fn push_pairs(fields: &mut Fields, text: &str) {
    let mut rest = text;
    for _ in 0..PAIRS_MAX {
        rest = rest.trim_start_matches([',', ' ']);
        let Some((key, after)) = rest.split_once('=').filter(|(key, _)| KEYS.contains(key)) else {
            break;
        };
        let (value, after) = split_value(after);
        push_value(fields, key, value);
        rest = after;
    }
    let reason = rest.trim().trim_start_matches(':').trim();
    let bracketed = reason.strip_prefix('(').and_then(|reason| reason.strip_suffix(')'));
    let reason = bracketed.unwrap_or(reason);
    if !reason.is_empty() {
        fields.push("reason", reason);
    }
}

/// A value in `<…>` was given by a stranger: it ends with a bracket that has an end behind it.
fn split_value(text: &str) -> (&str, &str) {
    if let Some(inside) = text.strip_prefix('<') {
        let ends = inside.match_indices('>').find(|(at, _)| {
            let after = inside.get(at + 1..).unwrap_or_default();
            after.is_empty() || after.starts_with([',', ' ', ':'])
        });
        if let Some((value, after)) = ends.and_then(|(at, _)| inside.split_at_checked(at)) {
            return (value, after.strip_prefix('>').unwrap_or(after));
        }
    }
    let end = text.find([',', ' ']).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn push_value(fields: &mut Fields, key: &str, value: &str) {
    let number = matches!(key, "size" | "nrcpt" | "uid").then(|| value.parse().ok()).flatten();
    fields.push(key, number.map_or_else(|| Value::from(value), Value::Int));
}
