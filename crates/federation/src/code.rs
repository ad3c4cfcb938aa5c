//! The enrolment code (登録コード): what one office reads out and the other types in.
//!
//! Twenty characters of Crockford's base 32 carry a 60-bit fingerprint of the hub's key and a 40-bit secret. The
//! fingerprint lets the newcomer recognise the hub before it says anything; the secret proves to each side that the other
//! one was given the code. Both are useless after one use or 24 hours.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sakimori_words::{Chance, Digest};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::dsse::PublicKey;

/// How long a code can be used, in hours.
pub const CODE_HOURS: i64 = 24;

/// Digits that cannot be mistaken for one another when read out by telephone (no I, L, O, U).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_CHARS: usize = 20;
const SECRET_BITS: u32 = 40;
const FINGERPRINT_BITS: u32 = 60;

/// An enrolment code.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolmentCode(u128);

/// A text that is no enrolment code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an enrolment code has {CODE_CHARS} letters and digits, {n_chars} were read")]
pub struct ParseCodeError {
    /// How many usable characters there were.
    pub n_chars: usize,
}

impl EnrolmentCode {
    /// A new code for the hub with this key.
    #[must_use]
    pub fn new(hub: &PublicKey, chance: &dyn Chance) -> Self {
        let mut secret = [0_u8; 16];
        chance.fill(&mut secret);
        let secret = u128::from_be_bytes(secret) & ((1 << SECRET_BITS) - 1);
        Self((fingerprint(hub) << SECRET_BITS) | secret)
    }

    /// Reads a code as people type it: any case, any grouping, full-width, O for 0, I or L for 1.
    ///
    /// # Errors
    /// When it is not twenty letters and digits of the code's alphabet.
    pub fn parse(text: &str) -> Result<Self, ParseCodeError> {
        let digits: Vec<u8> = text.chars().filter_map(digit).collect();
        let n_other = text.chars().filter(|c| c.is_alphanumeric() && digit(*c).is_none()).count();
        if digits.len() != CODE_CHARS || n_other > 0 {
            return Err(ParseCodeError { n_chars: digits.len() });
        }
        Ok(Self(digits.iter().fold(0, |bits, digit| (bits << 5) | u128::from(*digit))))
    }

    /// Whether the hub with this key made the code.
    #[must_use]
    pub fn names(&self, hub: &PublicKey) -> bool {
        self.0 >> SECRET_BITS == fingerprint(hub)
    }

    /// The key both sides prove with. A hub keeps this instead of the code.
    #[must_use]
    pub fn proof_key(&self) -> ProofKey {
        ProofKey(Digest::of_parts(&[b"sakimori enrolment code v1\0", &self.0.to_be_bytes()]))
    }
}

impl fmt::Display for EnrolmentCode {
    /// Five groups of four: `7K2M-9QXT-…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in (0..CODE_CHARS).rev() {
            let digit = usize::try_from((self.0 >> (place * 5)) & 31).unwrap_or(0);
            let letter = ALPHABET.get(digit).copied().unwrap_or(b'?');
            write!(f, "{}", char::from(letter))?;
            if place % 4 == 0 && place > 0 {
                f.write_str("-")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnrolmentCode(hidden)")
    }
}

/// What two parties that share a code prove to each other with.
#[derive(Clone, PartialEq, Eq)]
pub struct ProofKey(Digest);

impl ProofKey {
    /// From the text a hub keeps it as.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Digest::from_hex(text).map(Self)
    }

    /// The text a hub keeps it as, in its private shelf.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.0.to_string()
    }

    /// By what the hub finds the invitation, without the code travelling.
    #[must_use]
    pub fn lookup(&self) -> String {
        Digest::of_parts(&[b"sakimori enrolment lookup v1\0", self.0.as_bytes()]).to_string()
    }

    /// Proves knowledge of the code for `role`, bound to `parts`.
    #[must_use]
    pub fn prove(&self, role: &str, parts: &[&[u8]]) -> Vec<u8> {
        self.mac(role, parts).finalize().into_bytes().to_vec()
    }

    /// Whether `proof` is the one for `role` and `parts`; takes the same time for every wrong one.
    #[must_use]
    pub fn is_proven(&self, proof: &[u8], role: &str, parts: &[&[u8]]) -> bool {
        let expected = self.mac(role, parts).finalize().into_bytes();
        expected.as_slice().ct_eq(proof).into()
    }

    fn mac(&self, role: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut key = [0_u8; 64];
        // An HMAC key shorter than the block is padded with zeros; doing it here leaves no error case.
        for (place, byte) in key.iter_mut().zip(self.0.as_bytes()) {
            *place = *byte;
        }
        let mut mac = Hmac::<Sha256>::new(&key.into());
        for part in [role.as_bytes()].iter().chain(parts) {
            // Each part behind its length, so that no two lists of parts spell the same bytes.
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProofKey(hidden)")
    }
}

fn fingerprint(hub: &PublicKey) -> u128 {
    let digest = hub.id();
    let head =
        digest.as_bytes().iter().take(8).fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
    head >> (64 - FINGERPRINT_BITS)
}

fn digit(c: char) -> Option<u8> {
    let c = match c {
        // Full-width letters and digits, as Japanese input methods give them.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0)?,
        other => other,
    };
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET.iter().position(|own| char::from(*own) == c).and_then(|at| u8::try_from(at).ok())
}

/// Reads any bytes as a code; for fuzzing.
///
/// # Panics
/// When a code that was read does not read back from its own spelling.
pub fn fuzz_code(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(code) = EnrolmentCode::parse(&text) {
        assert_eq!(EnrolmentCode::parse(&code.to_string()), Ok(code));
    }
}
