//! Encodings of CSV exports, and comparing names the way people see them.

use std::borrow::Cow;

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};
use unicode_normalization::UnicodeNormalization;

use super::super::text;

/// Names under which a map may give an encoding. UTF-16 is told by its byte order mark alone.
const ENCODINGS: [(&str, &Encoding); 6] = [
    ("utf-8", UTF_8),
    ("shift_jis", SHIFT_JIS),
    ("cp932", SHIFT_JIS),
    ("windows-31j", SHIFT_JIS),
    ("euc-jp", EUC_JP),
    ("utf-16", UTF_8),
];

/// The encoding of that name.
pub(super) fn encoding(name: &str) -> Option<&'static Encoding> {
    let known = ENCODINGS.iter().find(|(own, _)| name.eq_ignore_ascii_case(own));
    known.map(|(_, encoding)| *encoding)
}

/// The beginning of a file in every encoding it may be in, with the encoding in which its rows are then read (UTF-16 comes
/// to them as UTF-8).
pub(super) fn readings(head: &[u8]) -> Vec<(&'static Encoding, String)> {
    let marked = match head {
        [0xff, 0xfe, ..] => Some((UTF_16LE, UTF_8)),
        [0xfe, 0xff, ..] => Some((UTF_16BE, UTF_8)),
        [0xef, 0xbb, 0xbf, ..] => Some((UTF_8, UTF_8)),
        _ => None,
    };
    let candidates = match marked {
        Some(one) => vec![one],
        None => [UTF_8, SHIFT_JIS, EUC_JP].map(|own| (own, own)).to_vec(),
    };
    let read = |(own, of_rows): (&'static Encoding, _)| {
        (of_rows, own.decode_with_bom_removal(head).0.into_owned())
    };
    candidates.into_iter().map(read).collect()
}

/// A row as text. Without an encoding it is guessed for every row.
pub(super) fn decode<'r>(row: &'r [u8], encoding: Option<&'static Encoding>) -> Cow<'r, str> {
    match encoding {
        Some(encoding) => encoding.decode_without_bom_handling(row).0,
        None => text::decode(row),
    }
}

/// A name as it is compared: full and half width alike, without blanks, in lower case.
pub(super) fn folded(name: &str) -> String {
    if name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return name.to_ascii_lowercase();
    }
    let visible = name.nfkc().filter(|c| !c.is_whitespace() && *c != '\u{feff}');
    visible.collect::<String>().to_lowercase()
}

/// A date as it is read: full-width digits and signs become narrow, blanks one.
pub(super) fn narrow(text: &str) -> String {
    let text: Cow<'_, str> =
        if text.is_ascii() { text.into() } else { text.nfkc().collect::<String>().into() };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
