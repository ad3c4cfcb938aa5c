//! The attributes of a LEEF record: `key=value`, a tab or another agreed character between them.

use sakimori_words::Fields;

use super::super::cef::for_each_pair;
use super::super::pairs::bare_value;
use super::super::text::first_chars;

/// Most attributes taken from one record; `raw` has the rest.
const ATTRIBUTES_MAX: usize = 10_000;

/// Longest key. What is longer is text with an equals sign in it.
const KEY_BYTES_MAX: usize = 64;

/// How far a known key is looked for, in characters.
const LOOKED_AT_CHARS: usize = 4_000;

/// How relays write the tab that they were not to pass on (rsyslog, syslog-ng), and what some products write in its place.
const LOST_TABS: [&str; 3] = ["#011", "\\t", "|"];

/// Keys that the format itself defines and that are hardly ever missing: they show where attributes begin.
const KNOWN_KEYS: [&str; 10] = [
    "cat",
    "devTime",
    "devTimeFormat",
    "dst",
    "dstPort",
    "proto",
    "sev",
    "src",
    "srcPort",
    "usrName",
];

/// The delimiter that a record of version 2.0 names, and the attributes: `^|…`, `x09|…`, `0x5e|…`, `|…` or nothing, which
/// both mean a tab.
pub(super) fn split_delimiter(rest: &str) -> (String, &str) {
    let named = rest.split_once('|').and_then(|(name, rest)| Some((delimiter(name)?, rest)));
    named.unwrap_or_else(|| ("\t".to_owned(), rest))
}

fn delimiter(name: &str) -> Option<String> {
    let mut chars = name.chars();
    match (chars.next(), chars.next()) {
        (None, _) => return Some("\t".to_owned()),
        (Some(only), None) if !only.is_alphanumeric() => return Some(only.to_string()),
        _ if name == "\\t" => return Some("\t".to_owned()),
        _ => {}
    }
    let digits = name.strip_prefix("0x").or_else(|| name.strip_prefix('x'))?;
    let short = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let code = u32::from_str_radix(digits, 16).ok().filter(|code| short && *code > 0)?;
    char::from_u32(code).map(String::from)
}

/// Adds all attributes. A piece that is no `key=value` belongs to the value before it.
///
/// Where the delimiter does not occur it was lost on the way: a known key then shows what stands in its place.
pub(super) fn push_attributes(text: &str, delimiter: &str, fields: &mut Fields) {
    if !text.contains(delimiter) {
        if let Some(lost) = LOST_TABS.iter().find(|lost| leads_to_known_key(text, lost)) {
            return push_split(text, lost, fields);
        }
        if leads_to_known_key(text, " ") {
            return for_each_pair(text, &mut |key, value| fields.push(key, bare_value(value)));
        }
    }
    push_split(text, delimiter, fields);
}

fn leads_to_known_key(text: &str, delimiter: &str) -> bool {
    let text = first_chars(text, LOOKED_AT_CHARS);
    KNOWN_KEYS.iter().any(|key| text.contains(&format!("{delimiter}{key}=")))
}

fn push_split(text: &str, delimiter: &str, fields: &mut Fields) {
    let mut open: Option<(&str, String)> = None;
    let mut n_attributes = 0;
    // Many end with a delimiter.
    for piece in text.strip_suffix(delimiter).unwrap_or(text).split(delimiter) {
        match (split_key(piece), &mut open) {
            (Some((key, value)), _) if n_attributes < ATTRIBUTES_MAX => {
                n_attributes += 1;
                if let Some((key, value)) = open.replace((key, value.to_owned())) {
                    fields.push(key, bare_value(value.trim()));
                }
            }
            (_, Some((_, value))) => {
                value.push_str(delimiter);
                value.push_str(piece);
            }
            (_, None) => {}
        }
    }
    if let Some((key, value)) = open {
        fields.push(key, bare_value(value.trim()));
    }
}

fn split_key(piece: &str) -> Option<(&str, &str)> {
    let (key, value) = piece.split_once('=')?;
    let key = key.trim();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let named = (1..=KEY_BYTES_MAX).contains(&key.len()) && key.bytes().all(allowed);
    named.then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_a_character_or_its_number_or_a_tab() {
        let named = |text| split_delimiter(text).0;
        assert_eq!(["^|a=1", "x5e|a=1", "0x5E|a=1"].map(named), ["^", "^", "^"]);
        assert_eq!(["|a=1", "a=1\tb=x|y", "x09|a=1", "\\t|a=1"].map(named), ["\t"; 4]);
        assert_eq!(["a=1^b=2|c", "x00|a=1", "0xzz|a=1", "x12345|a=1"].map(named), ["\t"; 4]);
        assert_eq!(split_delimiter("x7C|a=1|b=2"), ("|".to_owned(), "a=1|b=2"));
    }
}
