//! `key=value key="quoted value"` pairs.

use sakimori_words::{Fields, Value};

/// Most pairs taken from one line; `raw` has the rest.
const PAIRS_MAX: usize = 10_000;

/// Longest key. What is longer is text with an equals sign in it.
const KEY_BYTES_MAX: usize = 64;

/// The pairs of a line, and how much of it is something else.
pub(super) struct Pairs {
    pub(super) fields: Fields,
    pub(super) skipped_bytes: usize,
}

/// Reads all pairs; words without `=` are skipped. Whole numbers without quotes or leading zeros become `Int`.
pub(super) fn read_pairs(line: &str) -> Pairs {
    let mut fields = Fields::new();
    let mut skipped_bytes = 0;
    let mut rest = line;
    while fields.len() < PAIRS_MAX {
        rest = rest.trim_start();
        let Some((word, _)) = split_word(rest) else { break };
        match split_key(word) {
            Some(key) => {
                let (value, after) = split_value(rest.get(key.len() + 1..).unwrap_or_default());
                fields.push(key, value);
                rest = after;
            }
            None => {
                skipped_bytes += word.len();
                rest = rest.get(word.len()..).unwrap_or_default();
            }
        }
    }
    Pairs { fields, skipped_bytes: skipped_bytes + rest.len() }
}

/// Reads any bytes as pairs.
///
/// # Panics
/// When there are more pairs than the limit.
pub fn fuzz_key_value(bytes: &[u8]) {
    let pairs = read_pairs(&String::from_utf8_lossy(bytes));
    assert!(pairs.fields.len() <= PAIRS_MAX, "the number of pairs is bounded");
}

fn split_word(rest: &str) -> Option<(&str, &str)> {
    if rest.is_empty() {
        return None;
    }
    Some(rest.split_once(char::is_whitespace).unwrap_or((rest, "")))
}

/// The key of `key=…`, if the word begins with one.
fn split_key(word: &str) -> Option<&str> {
    let (key, _) = word.split_once('=')?;
    let named = !key.is_empty()
        && key.len() <= KEY_BYTES_MAX
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    named.then_some(key)
}

fn split_value(rest: &str) -> (Value, &str) {
    let Some(quoted) = rest.strip_prefix('"') else {
        let (word, after) = split_word(rest).unwrap_or_default();
        return (bare_value(word), after);
    };
    match closing_quote(quoted).and_then(|at| Some((quoted.get(..at)?, quoted.get(at + 1..)?))) {
        Some((value, after)) => (Value::Text(value.replace("\\\"", "\"")), after),
        // Cut off in the middle: what is there is the value.
        None => (Value::from(quoted), ""),
    }
}

/// A quote closes the value when the line or the next pair follows it. `FortiOS` does not escape quotes everywhere, and paths
/// (`"C:\Temp\"`) end in what looks like an escaped one.
fn closing_quote(quoted: &str) -> Option<usize> {
    let quotes = quoted.match_indices('"').map(|(at, _)| at);
    let mut last = None;
    for at in quotes {
        let after = quoted.get(at + 1..).unwrap_or_default();
        let next = after.trim_start_matches(' ');
        if next.is_empty() || (next.len() < after.len() && begins_with_pair(next)) {
            return Some(at);
        }
        last = Some(at);
    }
    last
}

/// Whether the text begins with `key=`.
pub(super) fn begins_with_pair(text: &str) -> bool {
    let end = text.bytes().take(KEY_BYTES_MAX + 1).position(|byte| byte == b'=');
    end.and_then(|end| text.get(..=end)).and_then(split_key).is_some()
}

/// A value without quotes: a whole number when it is written like one.
pub(super) fn bare_value(word: &str) -> Value {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let padded = digits.len() > 1 && digits.starts_with('0');
    match word.parse() {
        Ok(whole) if number && !padded => Value::Int(whole),
        _ => Value::from(word),
    }
}
