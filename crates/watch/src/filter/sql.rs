//! From the tree to a condition over the table `events`. What was typed appears in literals and nowhere else.

use std::net::Ipv4Addr;

use sakimori_words::Instant;

use super::Node;
use super::fields::{Condition, Pattern, Place, Wanted};
use super::moments::Span;
use super::scan::Comparison;

/// The condition that a tree means.
pub(super) fn condition(node: &Node) -> String {
    match node {
        Node::All(parts) if parts.is_empty() => "TRUE".to_owned(),
        Node::All(parts) => joined(parts, " AND "),
        Node::Any(parts) => joined(parts, " OR "),
        Node::Not(inner) => format!("NOT ({})", condition(inner)),
        Node::Term(term) => one(term),
    }
}

fn joined(parts: &[Node], word: &str) -> String {
    let inner = |part: &Node| match part {
        Node::All(_) | Node::Any(_) => format!("({})", condition(part)),
        Node::Not(_) | Node::Term(_) => condition(part),
    };
    parts.iter().map(inner).collect::<Vec<_>>().join(word)
}

fn one(term: &Condition) -> String {
    match term {
        Condition::Words(pattern) if pattern.is_anything() => "TRUE".to_owned(),
        Condition::Words(pattern) => {
            let like = like(pattern);
            format!("(message ILIKE {like} OR raw ILIKE {like})")
        }
        Condition::Text { place, exact, pattern } => text(&place_sql(place), *exact, pattern),
        Condition::Time { column, comparison, span } => time(column, *comparison, *span),
        Condition::Count { column, comparison, value } => {
            format!("{column} {} {value}", sign(*comparison))
        }
        Condition::Number { name, comparison, value } => format!(
            "coalesce(TRY_CAST(src[{}] AS DOUBLE) {} {value}, FALSE)",
            literal(name),
            sign(*comparison)
        ),
        Condition::Class(uids) => {
            let uids: Vec<String> = uids.iter().map(u32::to_string).collect();
            format!("class_uid IN ({})", uids.join(", "))
        }
        Condition::Address { columns, wanted } => {
            let parts: Vec<String> = columns.iter().map(|column| address(column, wanted)).collect();
            if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(" OR ")) }
        }
    }
}

/// The record's own fields may be missing: a missing one is empty, so that "not this value" holds for it.
fn place_sql(place: &Place) -> String {
    match place {
        // Without quotes `user` is a function of the SQL standard.
        Place::Column("user") => "\"user\"".to_owned(),
        Place::Column(name) => (*name).to_owned(),
        Place::Own(name) => format!("coalesce(src[{}], '')", literal(name)),
    }
}

fn text(place: &str, exact: bool, pattern: &Pattern) -> String {
    if pattern.is_anything() {
        return format!("{place} <> ''");
    }
    match (&*pattern.pieces, exact) {
        ([whole], true) => format!("{place} = {}", literal(whole)),
        (_, true) => format!("{place} LIKE {}", like(pattern)),
        (_, false) => format!("{place} ILIKE {}", like(pattern)),
    }
}

/// A span compared as people mean it: `<=` a day includes that day.
fn time(column: &str, comparison: Comparison, span: Span) -> String {
    let bound = |sign: &str, at: Instant| format!("{column} {sign} TIMESTAMP '{}'", at.rfc3339());
    match comparison {
        Comparison::Less => bound("<", span.from),
        Comparison::LessOrSame => bound("<", span.until),
        Comparison::More => bound(">=", span.until),
        Comparison::MoreOrSame => bound(">=", span.from),
        Comparison::Same | Comparison::Different => {
            format!("({} AND {})", bound(">=", span.from), bound("<", span.until))
        }
    }
}

const fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Same => "=",
        Comparison::Different => "<>",
        Comparison::Less => "<",
        Comparison::LessOrSame => "<=",
        Comparison::More => ">",
        Comparison::MoreOrSame => ">=",
    }
}

fn address(column: &str, wanted: &Wanted) -> String {
    match wanted {
        Wanted::Pattern(pattern) => text(column, true, pattern),
        Wanted::Network { address, bits } => network(column, *address, *bits),
    }
}

/// A network: the whole parts of its address as a prefix, the part in which it ends as a range.
fn network(column: &str, address: Ipv4Addr, bits: u8) -> String {
    if bits == 32 {
        return format!("{column} = {}", literal(&address.to_string()));
    }
    let whole = usize::from(bits / 8);
    let octets = address.octets();
    let prefix: String = octets.iter().take(whole).map(|octet| format!("{octet}.")).collect();
    let start = format!("{column} LIKE '{prefix}%.%'");
    if bits.is_multiple_of(8) {
        return start;
    }
    let rest = 8 - bits % 8;
    let octet = octets.get(whole).copied().unwrap_or_default();
    let low = (octet >> rest) << rest;
    let high = low | (u8::MAX >> (bits % 8));
    let part = whole + 1;
    format!(
        "({start} AND coalesce(TRY_CAST(substr_index(substr_index({column}, '.', {part}), '.', -1) AS INT) BETWEEN {low} AND {high}, FALSE))"
    )
}

/// A pattern for LIKE in which only the gaps are wildcards.
fn like(pattern: &Pattern) -> String {
    let piece = |piece: &String| piece.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    literal(&pattern.pieces.iter().map(piece).collect::<Vec<_>>().join("%"))
}

/// A text as an SQL literal.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
