//! Checkpoints: the size and root of the catalogue's tree in a C2SP signed note, small enough for a hub, a printed page or a
//! USB stick to witness.
//!
//! <https://c2sp.org/signed-note> and <https://c2sp.org/tlog-checkpoint>: three lines of text (origin, size, root), an
//! empty line, and a signature line that any implementation of those two pages can check.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sakimori_words::Digest;

/// The algorithm byte of Ed25519 in a signed note.
const ED25519: u8 = 1;

/// The longest note that is read, in bytes; ours have about 200.
const NOTE_BYTES_MAX: usize = 65_536;

/// The state of a catalogue at one moment, signed by its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose log it is, e.g. `sakimori.example/node/osaka-north`.
    pub origin: String,
    /// How many catalogue records it covers.
    pub size: u64,
    /// The root of the tree over those records.
    pub root: Digest,
    /// The signed note itself, ready to be sent, stored or printed.
    pub note: String,
}

/// Why a note is not a checkpoint to rely on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The text is no signed note with a checkpoint in it.
    #[error("not a signed checkpoint: {0}")]
    Malformed(&'static str),
    /// No signature by the expected key and name.
    #[error("not signed by `{0}`")]
    NotSignedBy(String),
    /// The signature of the expected key does not fit the text.
    #[error("the signature of `{0}` does not fit the text")]
    BadSignature(String),
}

impl Checkpoint {
    /// Signs the state of a catalogue. `origin` is the name of the key as well, as the tlog-checkpoint page asks.
    #[must_use]
    pub fn sign(origin: &str, size: u64, root: Digest, key: &SigningKey) -> Self {
        let text = format!("{origin}\n{size}\n{}\n", BASE64.encode(root.as_bytes()));
        let mut signature = key_id(origin, &key.verifying_key()).to_vec();
        signature.extend_from_slice(&key.sign(text.as_bytes()).to_bytes());
        let note = format!("{text}\n\u{2014} {origin} {}\n", BASE64.encode(signature));
        Self { origin: origin.to_owned(), size, root, note }
    }

    /// Reads a checkpoint without believing it: no signature is checked.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] when the text is no signed checkpoint.
    pub fn read_unchecked(note: &str) -> Result<Self, NoteError> {
        let (text, _) = split(note)?;
        let mut lines = text.lines();
        let origin = lines.next().filter(|line| !line.is_empty());
        let size = lines.next().and_then(read_decimal);
        let root = lines.next().and_then(read_root);
        let (Some(origin), Some(size), Some(root)) = (origin, size, root) else {
            return Err(NoteError::Malformed("origin, size or root"));
        };
        Ok(Self { origin: origin.to_owned(), size, root, note: note.to_owned() })
    }

    /// Reads a checkpoint and checks that the holder of `key` signed it under its origin's name.
    ///
    /// # Errors
    /// When it is malformed, not signed by that key, or changed since.
    pub fn read(note: &str, key: &VerifyingKey) -> Result<Self, NoteError> {
        let checkpoint = Self::read_unchecked(note)?;
        let (text, signatures) = split(note)?;
        let signature = signature_of(signatures, &checkpoint.origin, key)
            .ok_or_else(|| NoteError::NotSignedBy(checkpoint.origin.clone()))?;
        key.verify_strict(text.as_bytes(), &signature)
            .map_err(|_| NoteError::BadSignature(checkpoint.origin.clone()))?;
        Ok(checkpoint)
    }
}

/// The key as others are given it (`name+id+key`, the signed-note page's verifier key), to check checkpoints elsewhere.
#[must_use]
pub fn verifier_line(origin: &str, key: &VerifyingKey) -> String {
    let id: String = key_id(origin, key).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{origin}+{id}+{}", BASE64.encode(algorithm_and_key(key)))
}

/// Reads what [`verifier_line`] wrote: the origin and its key.
#[must_use]
pub fn read_verifier_line(line: &str) -> Option<(String, VerifyingKey)> {
    let (origin, rest) = line.split_once('+')?;
    let (id, encoded) = rest.split_once('+')?;
    let bytes = BASE64.decode(encoded).ok()?;
    let (&ED25519, key) = bytes.split_first()? else { return None };
    let key = VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
    let expected: String = key_id(origin, &key).iter().map(|byte| format!("{byte:02x}")).collect();
    (id == expected).then(|| (origin.to_owned(), key))
}

/// Whether `origin` can name a key: not empty, no space, no plus sign, no control character.
pub(crate) fn is_origin(origin: &str) -> bool {
    !origin.is_empty()
        && origin.len() <= 255
        && !origin.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

/// Reads `bytes` as a note, for fuzzing: must never panic.
pub fn fuzz_note(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let key = SigningKey::from_bytes(&[7; 32]).verifying_key();
    let _ = Checkpoint::read(&text, &key);
    let _ = read_verifier_line(&text);
}

/// Text (with its last line feed) and signature lines.
pub(crate) fn split(note: &str) -> Result<(&str, &str), NoteError> {
    if note.len() > NOTE_BYTES_MAX {
        return Err(NoteError::Malformed("too long"));
    }
    let at = note.rfind("\n\n").ok_or(NoteError::Malformed("no signatures"))?;
    match (note.get(..=at), note.get(at + 2..)) {
        (Some(text), Some(signatures)) if signatures.ends_with('\n') => Ok((text, signatures)),
        _ => Err(NoteError::Malformed("no signatures")),
    }
}

fn signature_of(signatures: &str, origin: &str, key: &VerifyingKey) -> Option<Signature> {
    let id = key_id(origin, key);
    signatures.lines().find_map(|line| {
        let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let bytes = BASE64.decode(encoded).ok()?;
        let (line_id, signature) = bytes.split_first_chunk::<4>()?;
        let signature: &[u8; 64] = signature.try_into().ok()?;
        (name == origin && *line_id == id).then(|| Signature::from_bytes(signature))
    })
}

fn key_id(origin: &str, key: &VerifyingKey) -> [u8; 4] {
    let digest = Digest::of_parts(&[origin.as_bytes(), b"\n", &algorithm_and_key(key)]);
    let [a, b, c, d, ..] = *digest.as_bytes();
    [a, b, c, d]
}

fn algorithm_and_key(key: &VerifyingKey) -> Vec<u8> {
    let mut bytes = vec![ED25519];
    bytes.extend_from_slice(key.as_bytes());
    bytes
}

/// A decimal number without sign or leading zeros, so that one size has one spelling.
fn read_decimal(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|number| number.to_string() == text)
}

fn read_root(text: &str) -> Option<Digest> {
    let bytes: [u8; 32] = BASE64.decode(text).ok()?.try_into().ok()?;
    Some(Digest::from_bytes(bytes))
}

#[cfg(test)]
mod tests;
