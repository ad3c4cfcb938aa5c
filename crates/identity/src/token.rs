//! Secrets that open something, and how they are written and kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sakimori_words::{Chance, Digest};

/// Letters of base32 as authenticator apps read it (RFC 4648).
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Letters of base32 for people: without I, L, O and U, which are misread (Crockford).
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A new token of 256 unpredictable bits for a link or a cookie.
pub(crate) fn new_token(chance: &dyn Chance) -> String {
    let mut bytes = [0_u8; 32];
    chance.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is kept of a token: its digest. With 256 unpredictable bits a slow hash would add nothing.
pub(crate) fn kept(token: &str) -> String {
    Digest::of(token.as_bytes()).to_string()
}

/// Base32 for authenticator apps.
pub(crate) fn base32(bytes: &[u8]) -> String {
    letters(bytes, BASE32)
}

/// A new recovery code: 120 unpredictable bits as six groups of four. ASVS 5.0 §6.5.2 asks for a slow hash below 112 bits.
pub(crate) fn new_recovery_code(chance: &dyn Chance) -> String {
    let mut bytes = [0_u8; 15];
    chance.fill(&mut bytes);
    in_groups(&letters(&bytes, CROCKFORD), "-")
}

/// A recovery code as it was made, from what somebody typed off the paper at night.
pub(crate) fn read_recovery_code(typed: &str) -> Option<String> {
    let letters: String = typed.chars().map(narrow).filter_map(crockford_letter).collect();
    (letters.len() == 24).then(|| in_groups(&letters, "-"))
}

fn crockford_letter(typed: char) -> Option<char> {
    match typed.to_ascii_uppercase() {
        'O' => Some('0'),
        'I' | 'L' => Some('1'),
        letter if letter.is_ascii_alphanumeric() => Some(letter),
        _ => None,
    }
}

/// Text in groups of four.
pub(crate) fn in_groups(text: &str, between: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(between)
}

/// Full-width letters and digits, as a Japanese keyboard gives them, in their narrow form.
pub(crate) fn narrow(typed: char) -> char {
    match typed {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(typed) - 0xfee0).unwrap_or(typed),
        '\u{3000}' => ' ',
        other => other,
    }
}

fn letters(bytes: &[u8], alphabet: &[u8; 32]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let mut bits = 0_u32;
    let mut n_bits = 0_u32;
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        n_bits += 8;
        while n_bits >= 5 {
            n_bits -= 5;
            text.push(letter(bits >> n_bits, alphabet));
        }
        bits &= (1 << n_bits) - 1;
    }
    if n_bits > 0 {
        text.push(letter(bits << (5 - n_bits), alphabet));
    }
    text
}

fn letter(bits: u32, alphabet: &[u8; 32]) -> char {
    alphabet.get((bits & 31) as usize).copied().map_or('?', char::from)
}
