//! Bytes to text, for logs that do not say how they are encoded.

use std::borrow::Cow;

use encoding_rs::{EUC_JP, ISO_2022_JP, SHIFT_JIS};
use memchr::memchr;
use sakimori_words::Fields;

/// Announces the characters of ISO-2022-JP.
const ESCAPE: u8 = 0x1b;

/// Longest one-line message kept in the `message` column, in characters; the whole text stays in `raw`.
const MESSAGE_CHARS_MAX: usize = 1_000;

/// The line as text: UTF-8, else `Shift_JIS` or EUC-JP when the bytes are whole in it, ISO-2022-JP when it announces itself,
/// else UTF-8 with replacement characters.
pub(crate) fn decode(line: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(line) {
        // The escape alone first: looking for one byte is far cheaper, and nearly no text has it.
        Ok(text) if memchr(ESCAPE, line).is_some() && text.contains("\u{1b}$") => ISO_2022_JP
            .decode_without_bom_handling_and_without_replacement(line)
            .unwrap_or(text.into()),
        Ok(text) => text.into(),
        Err(_) => decode_japanese(line).unwrap_or_else(|| String::from_utf8_lossy(line)),
    }
}

/// The line of a text, from 1, in which the byte at `offset` stands.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// One line for people: control characters become blanks, and it ends somewhere.
pub(crate) fn message(text: &str) -> String {
    let text = trimmed(text);
    let mut line = Line::with_room(text.len().min(MESSAGE_CHARS_MAX));
    line.push(text);
    line.into_text()
}

/// A one-line message being written.
pub(crate) struct Line {
    text: String,
    left_chars: usize,
}

impl Line {
    pub(crate) fn new() -> Self {
        Self::with_room(256)
    }

    fn with_room(n_bytes: usize) -> Self {
        Self { text: String::with_capacity(n_bytes), left_chars: MESSAGE_CHARS_MAX }
    }

    /// Adds text as far as there is room.
    pub(crate) fn push(&mut self, text: &str) {
        let text = first_chars(text, self.left_chars);
        // All of them are looked at: a loop that may stop early does not become wide steps.
        let is_plain = |all, byte: &u8| all & matches!(byte, b' '..=b'~');
        if text.as_bytes().iter().fold(true, is_plain) {
            self.text.push_str(text);
            self.left_chars -= text.len();
        } else {
            let chars = text.chars().map(|c| if c.is_control() { ' ' } else { c });
            self.left_chars -= text.chars().count();
            self.text.extend(chars);
        }
    }

    /// Adds a blank and the word, when there is one.
    pub(crate) fn push_word(&mut self, word: &str) {
        if !word.is_empty() {
            self.push(" ");
            self.push(word);
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.left_chars == 0
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// At most the first `n_chars` characters.
pub(crate) fn first_chars(text: &str, n_chars: usize) -> &str {
    if text.len() <= n_chars {
        return text;
    }
    let end = text.char_indices().nth(n_chars).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

/// The first of these fields that says something; else an empty text.
pub(crate) fn first_meaningful(fields: &Fields, names: &[&str]) -> String {
    first_meaningful_of(names.iter().filter_map(|name| fields.text(name)))
}

/// The first text that says something; else an empty one.
pub(crate) fn first_meaningful_of<'t>(mut texts: impl Iterator<Item = Cow<'t, str>>) -> String {
    let told = texts.find(|text| !meaningful(text).is_empty());
    told.map(|text| meaningful(&text).to_owned()).unwrap_or_default()
}

/// An empty text when the log wrote one of the usual signs for "nothing": `-`, `N/A`, `LOCAL`.
pub(crate) fn meaningful(text: &str) -> &str {
    match trimmed(text) {
        "-" | "N/A" | "n/a" | "LOCAL" | "(null)" | "NULL" => "",
        other => other,
    }
}

/// Without white space around it; mostly there is none, and looking at both ends is cheaper than walking in from them.
fn trimmed(text: &str) -> &str {
    let is_graphic = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if is_graphic(bytes.first()) && is_graphic(bytes.last()) { text } else { text.trim() }
}

/// Nearly every EUC-JP text is also whole in `Shift_JIS`, read there as half-width katakana. Real text is seldom mostly that.
fn decode_japanese(line: &[u8]) -> Option<Cow<'_, str>> {
    let candidates = [SHIFT_JIS, EUC_JP]
        .into_iter()
        .filter_map(|encoding| encoding.decode_without_bom_handling_and_without_replacement(line));
    candidates.min_by_key(|text| {
        text.chars().filter(|c| matches!(c, '\u{ff61}'..='\u{ff9f}' | '\u{80}'..='\u{9f}')).count()
    })
}
