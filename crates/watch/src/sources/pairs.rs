//! `key=value key="quoted value"` pairs.

use memchr::memchr2_iter;
use sakimori_words::{Fields, Value};

/// Most pairs taken from one line; `raw` has the rest.
const PAIRS_MAX: usize = 10_000;

/// Pairs of a usual line, so that their list is made once.
const PAIRS_USUAL: usize = 40;

/// Longest key. What is longer is text with an equals sign in it.
const KEY_BYTES_MAX: usize = 64;

/// The pairs of a line, and how much of it is something else.
pub(super) struct Pairs {
    pub(super) fields: Fields,
    pub(super) skipped_bytes: usize,
}

/// Reads all pairs; words without `=` are skipped. Whole numbers without quotes or leading zeros become `Int`.
pub(super) fn read_pairs(line: &str) -> Pairs {
    let mut fields = Fields::with_capacity(PAIRS_USUAL, line.len());
    let mut skipped_bytes = 0;
    let mut rest = line;
    while fields.len() < PAIRS_MAX {
        rest = without_blanks(rest);
        if rest.is_empty() {
            break;
        }
        let mut pair = split_key(rest);
        if pair.is_none() {
            let (word, after) = split_word(rest);
            skipped_bytes += word.len();
            rest = after;
        }
        // What closes a quoted value is the pair behind it, which is then cut already.
        while let Some((key, value)) = pair.filter(|_| fields.len() < PAIRS_MAX) {
            (rest, pair) = push_value(&mut fields, key, value);
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

/// Without white space in front; mostly that is one blank or none.
fn without_blanks(text: &str) -> &str {
    let text = text.strip_prefix(' ').unwrap_or(text);
    if text.as_bytes().first().is_some_and(u8::is_ascii_graphic) { text } else { text.trim_start() }
}

/// Without blanks in front; mostly that is one.
fn without_spaces(text: &str) -> &str {
    let text = text.strip_prefix(' ').unwrap_or(text);
    if text.starts_with(' ') { text.trim_start_matches(' ') } else { text }
}

/// The text up to the next white space, and what follows.
fn split_word(text: &str) -> (&str, &str) {
    let end = text.bytes().position(may_end_word).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    if rest.as_bytes().first().is_none_or(u8::is_ascii) {
        return (word, rest);
    }
    // White space of other scripts, such as the ideographic blank.
    let more = rest.find(char::is_whitespace).unwrap_or(rest.len());
    text.split_at_checked(end + more).unwrap_or((text, ""))
}

/// A key, and the text that begins with its value.
type Pair<'a> = (&'a str, &'a str);

/// `key=` at the beginning: the key, and what follows the sign.
fn split_key(text: &str) -> Option<Pair<'_>> {
    let bytes = text.as_bytes();
    let bytes = bytes.get(..=KEY_BYTES_MAX).unwrap_or(bytes);
    let end = bytes.iter().position(|byte| !is_of_key(*byte)).filter(|end| *end > 0)?;
    if bytes.get(end) != Some(&b'=') {
        return None;
    }
    Some((text.get(..end)?, text.get(end + 1..)?))
}

/// What a byte may be. Looked up, because a line of pairs asks it of most of its bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A part of a key.
    Key,
    /// White space, or the beginning of a character that may be white space.
    End,
    Other,
}

fn kind_of(byte: u8) -> Kind {
    static KINDS: [Kind; 256] = kinds();
    KINDS.get(usize::from(byte)).copied().unwrap_or(Kind::Other)
}

#[expect(clippy::indexing_slicing, reason = "the compiler runs it and would see a place outside")]
const fn kinds() -> [Kind; 256] {
    let mut kinds = [Kind::End; 256];
    let mut byte = 0_u8;
    while byte.is_ascii() {
        kinds[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' => Kind::Key,
            b' ' | b'\t'..=b'\r' => Kind::End,
            _ => Kind::Other,
        };
        byte += 1;
    }
    kinds
}

fn is_of_key(byte: u8) -> bool {
    kind_of(byte) == Kind::Key
}

fn may_end_word(byte: u8) -> bool {
    kind_of(byte) == Kind::End
}

/// Adds the field whose value stands in front; returns what follows it, and the pair there when it is known.
fn push_value<'a>(fields: &mut Fields, key: &str, rest: &'a str) -> (&'a str, Option<Pair<'a>>) {
    let Some(quoted) = rest.strip_prefix('"') else {
        let (word, after) = split_word(rest);
        fields.push(key, bare_value(word));
        return (after, None);
    };
    match Closed::find(quoted) {
        Some(Closed { value, escapes, after, pair }) => {
            if escapes {
                fields.push(key, &value.replace("\\\"", "\""));
            } else {
                fields.push(key, value);
            }
            (after, pair)
        }
        None => {
            // Cut off in the middle: what is there is the value.
            fields.push(key, quoted);
            ("", None)
        }
    }
}

/// A value that stood in quotes, and what follows it.
struct Closed<'a> {
    value: &'a str,
    /// Whether a backslash is in it.
    escapes: bool,
    after: &'a str,
    pair: Option<Pair<'a>>,
}

impl<'a> Closed<'a> {
    /// A quote closes the value when the line or the next pair follows it. `FortiOS` does not escape quotes everywhere, and
    /// paths (`"C:\Temp\"`) end in what looks like an escaped one.
    fn find(quoted: &'a str) -> Option<Self> {
        let (mut last, mut escapes) = (None, false);
        for at in memchr2_iter(b'"', b'\\', quoted.as_bytes()) {
            if quoted.as_bytes().get(at) == Some(&b'\\') {
                escapes = true;
                continue;
            }
            let (value, after) = (quoted.get(..at)?, quoted.get(at + 1..)?);
            let next = without_spaces(after);
            let pair = if next.len() < after.len() { split_key(next) } else { None };
            if next.is_empty() || pair.is_some() {
                return Some(Self { value, escapes, after: next, pair });
            }
            last = Some(Self { value, escapes, after, pair });
        }
        last
    }
}

/// Whether the text begins with `key=`.
pub(super) fn begins_with_pair(text: &str) -> bool {
    split_key(text).is_some()
}

/// A value without quotes: a whole number when it is written like one.
pub(super) fn bare_value(word: &str) -> Value<'_> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    if !digits.as_bytes().first().is_none_or(u8::is_ascii_digit) {
        return Value::Text(word);
    }
    let padded = digits.len() > 1 && digits.starts_with('0');
    let number = if padded { None } else { word.parse().ok() };
    number.map_or(Value::Text(word), Value::Int)
}
