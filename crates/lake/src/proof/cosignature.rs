//! Cosignatures: a witness's signed word that it saw a checkpoint, and when, and that the log had only grown since the last.
//!
//! <https://c2sp.org/tlog-cosignature>, `cosignature/v1` with Ed25519: one more signature line under the same note, over the
//! text of the note and a time. Any tool that knows that page checks it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sakimori_words::{Digest, Instant, SECOND_MICROS};

use crate::note::{NoteError, is_origin, split};

/// The algorithm byte of a timestamped Ed25519 cosignature in a signed note.
const COSIGNATURE_V1: u8 = 4;

/// Signature lines of a note that are looked at: checking costs time, and an attacker pays nothing to add some.
const LINES_MAX: usize = 32;

/// A witness that cosigns.
#[derive(Clone)]
pub struct Cosigner {
    name: String,
    key: SigningKey,
}

/// A good cosignature of a known witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// The witness's name.
    pub witness: String,
    /// When it saw the checkpoint, by its own clock, to the second.
    pub at: Instant,
}

/// Why a cosignature is nothing to rely on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CosignatureError {
    /// The text is no signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The line that names the witness cannot be read.
    #[error("not the line of a witness")]
    Witness,
    /// No cosignature of that witness stands under the note.
    #[error("not cosigned by `{0}`")]
    NotCosignedBy(String),
    /// One stands there and does not fit the text.
    #[error("the cosignature of `{0}` does not fit the text")]
    Bad(String),
}

impl Cosigner {
    /// The witness called `name`; `None` when that cannot name a key (a space, a plus sign, nothing).
    #[must_use]
    pub fn new(name: &str, key: SigningKey) -> Option<Self> {
        is_origin(name).then(|| Self { name: name.to_owned(), key })
    }

    /// Its key as others are given it: a verifier line (`name+id+key`) of the kind for cosignatures.
    #[must_use]
    pub fn witness_line(&self) -> String {
        let key = self.key.verifying_key();
        let id: String =
            key_id(&self.name, &key).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}+{id}+{}", self.name, BASE64.encode(algorithm_and_key(&key)))
    }

    /// `note` with this witness's line under it. Whoever calls has checked the note's own signature and that the log has
    /// only grown.
    ///
    /// # Errors
    /// When `note` is no signed note.
    pub fn cosign(&self, note: &str, now: Instant) -> Result<String, NoteError> {
        let (text, _) = split(note)?;
        let seconds = u64::try_from(now.as_micros() / SECOND_MICROS).unwrap_or_default();
        let mut line = key_id(&self.name, &self.key.verifying_key()).to_vec();
        line.extend_from_slice(&seconds.to_be_bytes());
        line.extend_from_slice(&self.key.sign(&cosigned(seconds, text)).to_bytes());
        Ok(format!("{note}\u{2014} {} {}\n", self.name, BASE64.encode(line)))
    }
}

impl Cosignature {
    /// Finds the cosignature of the witness with `witness_line` under `note` and checks it.
    ///
    /// # Errors
    /// When there is none or it does not fit.
    pub fn read(note: &str, witness_line: &str) -> Result<Self, CosignatureError> {
        let (name, key) = read_witness_line(witness_line).ok_or(CosignatureError::Witness)?;
        let (text, lines) = split(note)?;
        let found = lines.lines().take(LINES_MAX).find_map(|line| parts_of(line, &name, &key));
        let Some((seconds, signature)) = found else {
            return Err(CosignatureError::NotCosignedBy(name));
        };
        key.verify_strict(&cosigned(seconds, text), &signature)
            .map_err(|_| CosignatureError::Bad(name.clone()))?;
        let micros = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(SECOND_MICROS);
        Ok(Self { witness: name, at: Instant::from_micros(micros) })
    }
}

/// Reads the line by which a witness is known: its name and key.
#[must_use]
pub fn read_witness_line(line: &str) -> Option<(String, VerifyingKey)> {
    let (name, rest) = line.split_once('+')?;
    let (id, encoded) = rest.split_once('+')?;
    let bytes = BASE64.decode(encoded).ok()?;
    let (&COSIGNATURE_V1, key) = bytes.split_first()? else { return None };
    let key = VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
    let expected: String = key_id(name, &key).iter().map(|byte| format!("{byte:02x}")).collect();
    (is_origin(name) && id == expected).then(|| (name.to_owned(), key))
}

/// Reads `bytes` as a cosigned note, for fuzzing: must never panic.
pub fn fuzz_cosignature(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = read_witness_line(&text);
    if let Some(cosigner) = Cosigner::new("w.example/fuzz", SigningKey::from_bytes(&[7; 32])) {
        let _ = Cosignature::read(&text, &cosigner.witness_line());
        let _ = cosigner.cosign(&text, Instant::default());
    }
}

/// What a cosignature is over.
fn cosigned(seconds: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {seconds}\n{text}").into_bytes()
}

fn parts_of(line: &str, name: &str, key: &VerifyingKey) -> Option<(u64, Signature)> {
    let (line_name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let bytes = BASE64.decode(encoded).ok()?;
    let (id, rest) = bytes.split_first_chunk::<4>()?;
    let (seconds, signature) = rest.split_first_chunk::<8>()?;
    let signature: &[u8; 64] = signature.try_into().ok()?;
    let ours = line_name == name && *id == key_id(name, key);
    ours.then(|| (u64::from_be_bytes(*seconds), Signature::from_bytes(signature)))
}

fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let digest = Digest::of_parts(&[name.as_bytes(), b"\n", &algorithm_and_key(key)]);
    let [a, b, c, d, ..] = *digest.as_bytes();
    [a, b, c, d]
}

fn algorithm_and_key(key: &VerifyingKey) -> Vec<u8> {
    let mut bytes = vec![COSIGNATURE_V1];
    bytes.extend_from_slice(key.as_bytes());
    bytes
}
