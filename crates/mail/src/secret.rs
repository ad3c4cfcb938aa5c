//! What proves that a link or a return path was made here: HMAC-SHA-256 with a key of this office, one use apart from the other.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sakimori_words::{Digest, Instant};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// How long a link can be answered with, in days: the longest deadline of a warning is weeks, and people come back from leave.
pub const LINK_DAYS: i64 = 60;

/// Hexadecimal digits of a letter's id: 64 bits.
const ID_CHARS: usize = 16;
/// Hexadecimal digits of a return path's proof: 64 bits. A wrong one only costs an attacker a try by mail.
const RETURN_CHARS: usize = 16;
/// Hexadecimal digits of a link's proof: 128 bits.
const LINK_CHARS: usize = 32;

/// The key of one office's mail.
pub struct MailSecret(Zeroizing<[u8; 32]>);

impl MailSecret {
    /// The key with these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The id of the letter called `key` to `address`: the same letter has the same id after every restart.
    pub(crate) fn letter_id(&self, key: &str, address: &str) -> String {
        self.proof("letter", &format!("{key} {}", address.to_lowercase()), ID_CHARS)
    }

    /// The local part of a letter's return path: `{local}+{id}-{proof}`.
    pub(crate) fn return_local(&self, local: &str, id: &str) -> String {
        format!("{local}+{id}-{}", self.proof("return", id, RETURN_CHARS))
    }

    /// The letter whose return path stands in `text`, when we made it. `local` is what our return paths begin with.
    pub(crate) fn returned_id(&self, local: &str, text: &str) -> Option<String> {
        let text = text.to_ascii_lowercase();
        let begins = format!("{}+", local.to_ascii_lowercase());
        text.match_indices(&begins).find_map(|(at, _)| {
            let rest = text.get(at + begins.len()..)?;
            let id = rest.get(..ID_CHARS)?;
            let proof = rest.get(ID_CHARS..)?.strip_prefix('-')?.get(..RETURN_CHARS)?;
            self.proves("return", id, proof, RETURN_CHARS).then(|| id.to_owned())
        })
    }

    /// A link to answer the letter `id` by, until `expires_at`.
    pub(crate) fn link(&self, id: &str, expires_at: Instant) -> String {
        let until = expires_at.as_micros() / 1_000_000;
        let said = format!("{id}-{until:x}");
        let proof = self.proof("link", &said, LINK_CHARS);
        format!("{said}-{proof}")
    }

    /// The letter a link was made for, and until when; `None` when we did not make it.
    pub(crate) fn linked(&self, link: &str) -> Option<(String, Instant)> {
        let (said, proof) = link.rsplit_once('-')?;
        if !self.proves("link", said, proof, LINK_CHARS) {
            return None;
        }
        let (id, until) = said.split_once('-')?;
        let until = i64::from_str_radix(until, 16).ok()?;
        Some((id.to_owned(), Instant::default().plus_seconds(until)))
    }

    fn proves(&self, purpose: &str, text: &str, proof: &str, chars: usize) -> bool {
        bool::from(self.proof(purpose, text, chars).as_bytes().ct_eq(proof.as_bytes()))
    }

    fn proof(&self, purpose: &str, text: &str, chars: usize) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&*self.0) else { return String::new() };
        for part in [b"sakimori mail v1\0".as_slice(), purpose.as_bytes(), b"\0", text.as_bytes()] {
            mac.update(part);
        }
        let whole = Digest::from_bytes(mac.finalize().into_bytes().into()).to_string();
        whole.get(..chars).unwrap_or_default().to_owned()
    }
}
