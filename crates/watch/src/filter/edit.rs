//! Filters that a click makes: one more term, written so that it is read back as exactly that value.

use super::Filter;

/// The term that wants `value` in `field`, or with `negated` anything but it.
#[must_use]
pub fn term(field: &str, value: &str, negated: bool) -> String {
    let minus = if negated { "-" } else { "" };
    let name = if is_plain_name(field) { field.to_owned() } else { quoted(field) };
    // In an address a slash begins the length of a network.
    let value =
        if is_plain_value(value, field == "source") { value.to_owned() } else { quoted(value) };
    format!("{minus}{name}:{value}")
}

/// `text` narrowed by one more term. Alternatives are put into parentheses first; a term that is there already, or its
/// opposite, is taken out instead of standing there twice.
#[must_use]
pub fn narrowed(text: &str, field: &str, value: &str, negated: bool) -> String {
    let (added, opposite) = (term(field, value, negated), term(field, value, !negated));
    let text = text.trim();
    let has_alternatives =
        Filter::read(text).is_ok_and(|filter| matches!(filter.root, super::Node::Any(_)));
    if text.is_empty() {
        added
    } else if has_alternatives {
        format!("({text}) {added}")
    } else {
        let is_plain = !text.contains(['"', '“', '”', '＂', '(', '（'])
            && !text.split_whitespace().any(|word| matches!(word, "NOT" | "AND"));
        let kept: Vec<&str> = if is_plain {
            text.split_whitespace().filter(|own| *own != added && *own != opposite).collect()
        } else {
            vec![text]
        };
        [kept, vec![&*added]].concat().join(" ")
    }
}

fn is_plain_name(name: &str) -> bool {
    let first = name.chars().next();
    name.chars().count() > 1
        && first.is_some_and(|c| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
        && !["AND", "OR", "NOT"].contains(&name)
}

/// Whether a value needs no quotes: nothing in it means anything to the language.
fn is_plain_value(value: &str, slashes: bool) -> bool {
    let plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '@') || (slashes && c == '/')
    };
    !value.is_empty() && value.chars().all(plain)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
