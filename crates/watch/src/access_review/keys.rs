//! How accounts, patients, family names and departments are compared, whoever wrote them.

use unicode_normalization::UnicodeNormalization;

use crate::sources::csv::folded_name;

/// An account as it is compared: without the domain in front or behind, full and half width alike, in lower case.
#[must_use]
pub fn user_key(written: &str) -> String {
    let own = written.rsplit('\\').next().unwrap_or(written);
    let own = own.split('@').next().unwrap_or(own);
    folded_name(own)
}

/// A patient's number as it is compared: without the assigning authority of HL7 (`123^^^…`) and without leading zeros, which
/// one system prints and the next does not.
#[must_use]
pub fn patient_key(written: &str) -> String {
    let number = folded_name(written.split('^').next().unwrap_or(written));
    let significant = number.trim_start_matches('0');
    let all_digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if all_digits && !significant.is_empty() { significant.to_owned() } else { number }
}

/// The family name of a name in kana: what stands before the first blank, in full-width katakana. Empty without a blank, since
/// the whole name would be equal to nobody's.
pub(super) fn family_of(kana: &str) -> String {
    let mut parts = kana.split_whitespace();
    let (first, given) = (parts.next().unwrap_or_default(), parts.next());
    if given.is_some() { katakana(first) } else { String::new() }
}

/// Kana in full-width katakana.
pub(super) fn katakana(text: &str) -> String {
    let full_width = text.trim().nfkc();
    full_width.map(to_katakana).collect()
}

fn to_katakana(sign: char) -> char {
    match sign {
        'ぁ'..='ゖ' => char::from_u32(u32::from(sign) + 0x60).unwrap_or(sign),
        other => other,
    }
}

/// The seven digits of a postcode; empty for anything else.
pub(super) fn postcode(written: &str) -> String {
    let digits: String = written.nfkc().filter(char::is_ascii_digit).collect();
    if digits.len() == 7 { digits } else { String::new() }
}

/// Several names in one cell, divided by `;`, `；`, `、` or `/`.
pub(super) fn several(written: &str) -> impl Iterator<Item = &str> {
    let parts = written.split([';', '；', '、', '/', '／']);
    parts.map(str::trim).filter(|part| !part.is_empty())
}
