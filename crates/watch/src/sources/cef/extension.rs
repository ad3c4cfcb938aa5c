//! The extension of a CEF record: `key=value` with blanks inside the values.

use sakimori_words::{Fields, Value};

use super::super::appliances::unescape;
use super::super::pairs::bare_value;

/// Most pairs taken from one record; `raw` has the rest.
const PAIRS_MAX: usize = 10_000;

/// Longest key. What is longer is text with an equals sign in it.
const KEY_BYTES_MAX: usize = 64;

/// Most labelled fields that are given their label as a second name. The standard knows 24 of them.
const LABELS_MAX: usize = 40;

/// Longest value given a second name, in characters: the longest the standard allows.
const LABELLED_CHARS_MAX: usize = 4_000;

/// Adds all pairs. `\=`, `\\`, `\n`, `\r` and, because many write it, `\|` are undone in the values.
pub(super) fn push_extension(text: &str, fields: &mut Fields) {
    for_each_pair(text, &mut |key, value| {
        let value = unescape(value, |c| match c {
            '=' | '\\' | '|' => Some(c),
            'n' => Some('\n'),
            'r' => Some('\r'),
            _ => None,
        });
        fields.push(key, bare_value(&value));
    });
}

/// Hands out keys and values as they are written. A value ends where the next `key=` begins.
pub(in crate::sources) fn for_each_pair(text: &str, each: &mut dyn FnMut(&str, &str)) {
    let mut hand_out = |start: Start, end: usize| {
        let key = text.get(start.key_at..start.equals_at).unwrap_or_default();
        let value = text.get(start.equals_at + 1..end).unwrap_or_default();
        each(key, value.trim_matches([' ', '\t']));
    };
    let mut open: Option<Start> = None;
    for start in Starts::new(text).take(PAIRS_MAX) {
        if let Some(before) = open.replace(start) {
            hand_out(before, start.key_at);
        }
    }
    if let Some(last) = open {
        hand_out(last, text.len());
    }
}

/// Gives fields such as `cs1` the text of their `cs1Label` as a second name.
pub(super) fn add_labelled(fields: &mut Fields) {
    let labels =
        fields.iter().filter_map(|(name, label)| Some((name.strip_suffix("Label")?, label)));
    let labelled = labels.take(LABELS_MAX).filter_map(|(name, label)| {
        let value = fields.get(name)?;
        let value = match value {
            Value::Text(text) => {
                Value::from(super::super::text::first_chars(text, LABELLED_CHARS_MAX))
            }
            other => other,
        };
        let label = label.to_text().trim().to_owned();
        (!label.is_empty()).then_some((label, value))
    });
    let labelled: Fields = labelled.collect();
    fields.extend(labelled.iter());
}

/// Where a pair begins.
#[derive(Clone, Copy)]
struct Start {
    key_at: usize,
    equals_at: usize,
}

/// Walks from one beginning of a pair to the next, looking at every byte once.
struct Starts<'a> {
    text: &'a str,
    at: usize,
    word_at: usize,
    escaped: bool,
}

impl<'a> Starts<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, word_at: 0, escaped: false }
    }
}

impl Iterator for Starts<'_> {
    type Item = Start;

    fn next(&mut self) -> Option<Start> {
        let bytes = self.text.as_bytes().get(self.at..)?;
        for byte in bytes {
            let at = self.at;
            self.at += 1;
            let escaped = self.escaped;
            self.escaped = *byte == b'\\' && !escaped;
            match byte {
                b' ' | b'\t' => self.word_at = self.at,
                b'=' if !escaped && is_key(self.text.get(self.word_at..at)) => {
                    return Some(Start { key_at: self.word_at, equals_at: at });
                }
                _ => {}
            }
        }
        None
    }
}

fn is_key(word: Option<&str>) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-[]".contains(&byte);
    word.is_some_and(|word| (1..=KEY_BYTES_MAX).contains(&word.len()) && word.bytes().all(allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_extension(text: &str) -> Fields {
        let mut fields = Fields::new();
        push_extension(text, &mut fields);
        fields
    }

    fn check(text: &str, expected: &[(&str, &str)]) {
        let fields = read_extension(text);
        let read: Vec<(&str, String)> =
            fields.iter().map(|(name, value)| (name, value.to_text().into_owned())).collect();
        let expected: Vec<(&str, String)> =
            expected.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn blanks_and_unescaped_signs_belong_to_the_value_before() {
        check(
            "fname=検査 結果.pdf request=https://a.example/x?y\\=1&z=2 act=blocked",
            &[
                ("fname", "検査 結果.pdf"),
                ("request", "https://a.example/x?y=1&z=2"),
                ("act", "blocked"),
            ],
        );
        check(
            "filePath=C:\\\\Temp\\\\ cs1= msg=two\\nlines | and \\| a pipe",
            &[("filePath", "C:\\Temp\\"), ("cs1", ""), ("msg", "two\nlines | and | a pipe")],
        );
    }

    #[test]
    fn a_label_names_its_field_a_second_time() {
        let mut fields = read_extension("cs1Label=規則 cs1=許可 12 cn1=5 cn2Label=nothing");
        add_labelled(&mut fields);
        assert_eq!(fields.text("規則").as_deref(), Some("許可 12"));
        assert!(fields.get("nothing").is_none());
    }
}
