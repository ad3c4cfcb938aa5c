//! Tokens that programs show instead of a person's password: made once, shown once, kept as a digest.

use crate::{Chance, Digest};

/// What every token begins with, so that one that leaked into a file is recognised for what it is.
const BEGINS: &str = "skm_";

/// Characters of a token: the beginning and 64 hexadecimal digits.
const CHARS: usize = 68;

/// A token that was just made.
#[derive(Debug)]
pub struct AccessToken {
    /// The token. Shown now and never again.
    pub shown: String,
    /// What is kept of it, and what it is found by.
    pub kept: String,
}

impl AccessToken {
    /// A new token of 256 unpredictable bits.
    #[must_use]
    pub fn new(chance: &dyn Chance) -> Self {
        let mut bytes = [0_u8; 32];
        chance.fill(&mut bytes);
        // A digest of the bytes' own type writes them as hexadecimal digits; nothing is hashed here.
        let shown = format!("{BEGINS}{}", Digest::from_bytes(bytes));
        Self { kept: kept(&shown), shown }
    }

    /// What is kept of the token that a program shows; nothing for a text that no token can be.
    #[must_use]
    pub fn kept_of(shown: &str) -> Option<String> {
        (shown.len() == CHARS).then(|| kept(shown))
    }
}

/// With 256 unpredictable bits a slow hash would add nothing, and finding by digest leaves no comparison that could be timed.
fn kept(shown: &str) -> String {
    Digest::of(shown.as_bytes()).to_string()
}
