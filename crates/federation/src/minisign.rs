//! Signature files that a person checks with minisign, without us.
//!
//! The format is that of minisign 0.11 (jedisct1/minisign, "Signature format"), prehashed only: Ed25519 over the BLAKE2b-512 of the
//! file, and a second signature over the first one and the trusted comment. Four lines of text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::{Blake2b512, Digest as _};

use crate::dsse::{PublicKey, SecretKey};

/// Ed25519 over the file's BLAKE2b-512.
const PREHASHED: &[u8; 2] = b"ED";
/// Ed25519, as public keys name it.
const PLAIN: &[u8; 2] = b"Ed";
const UNTRUSTED: &str = "untrusted comment: ";
const TRUSTED: &str = "trusted comment: ";
/// Longest signature file that is read, in bytes: minisign's own comments have at most 8,192.
const FILE_BYTES_MAX: usize = 16 * 1024;

/// Why a signature file does not speak for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MinisignError {
    /// It is no signature file of minisign.
    #[error("it is no minisign signature")]
    Unreadable,
    /// It is of the old kind, over the file itself, which we neither write nor take.
    #[error("it is of the old kind, not prehashed")]
    NotPrehashed,
    /// Somebody else signed.
    #[error("it was made with another key")]
    OtherKey,
    /// The file is not the one that was signed.
    #[error("it is not of this file")]
    OtherFile,
    /// The trusted comment is not the one that was signed.
    #[error("its trusted comment was altered")]
    OtherComment,
}

/// The key as `minisign -P` takes it: one line of base64.
#[must_use]
pub fn minisign_public_key(key: &PublicKey) -> String {
    STANDARD.encode([PLAIN.as_slice(), &key_id(key), key.as_bytes()].concat())
}

/// The text of a signature file for `file`. Control characters in the comment are left out: it is one line.
pub(crate) fn sign(key: &SecretKey, file: &[u8], comment: &str) -> String {
    let comment: String = comment.chars().filter(|c| !c.is_control()).collect();
    let signature = key.sign(&Blake2b512::digest(file));
    let line = STANDARD.encode([PREHASHED.as_slice(), &key_id(&key.public()), &signature].concat());
    let over_both = key.sign(&[signature.as_slice(), comment.as_bytes()].concat());
    let over_both = STANDARD.encode(over_both);
    format!("{UNTRUSTED}signature of Sakimori\n{line}\n{TRUSTED}{comment}\n{over_both}\n")
}

/// The trusted comment of the signature file `text`, once it fits `file` and `key`.
///
/// # Errors
/// When it does not.
pub(crate) fn check(key: &PublicKey, file: &[u8], text: &str) -> Result<String, MinisignError> {
    let Parts { algorithm, key_id: named, signature, comment, over_both } =
        parts(text).ok_or(MinisignError::Unreadable)?;
    match &algorithm {
        PREHASHED => {}
        PLAIN => return Err(MinisignError::NotPrehashed),
        _ => return Err(MinisignError::Unreadable),
    }
    if named != key_id(key) {
        return Err(MinisignError::OtherKey);
    }
    if !key.signed(&Blake2b512::digest(file), &signature) {
        return Err(MinisignError::OtherFile);
    }
    if !key.signed(&[signature.as_slice(), comment.as_bytes()].concat(), &over_both) {
        return Err(MinisignError::OtherComment);
    }
    Ok(comment.to_owned())
}

struct Parts<'t> {
    algorithm: [u8; 2],
    key_id: [u8; 8],
    signature: [u8; 64],
    comment: &'t str,
    over_both: [u8; 64],
}

fn parts(text: &str) -> Option<Parts<'_>> {
    if text.len() > FILE_BYTES_MAX {
        return None;
    }
    let mut lines = text.lines();
    lines.next()?.strip_prefix(UNTRUSTED)?;
    let bytes = STANDARD.decode(lines.next()?).ok()?;
    let comment = lines.next()?.strip_prefix(TRUSTED)?;
    let over_both = STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
    let (algorithm, rest) = bytes.split_first_chunk()?;
    let (key_id, signature) = rest.split_first_chunk()?;
    let signature = signature.try_into().ok()?;
    Some(Parts { algorithm: *algorithm, key_id: *key_id, signature, comment, over_both })
}

/// The eight bytes by which minisign tells keys apart; ours are the first of the key's digest.
fn key_id(key: &PublicKey) -> [u8; 8] {
    key.id().as_bytes().first_chunk().copied().unwrap_or_default()
}

/// Reads any text as a signature file; for fuzzing.
pub fn fuzz_minisign(bytes: &[u8]) {
    let key = SecretKey::from_bytes(&[7; 32]).public();
    let _ = check(&key, b"file", &String::from_utf8_lossy(bytes));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SecretKey {
        SecretKey::from_bytes(&[seed; 32])
    }

    #[test]
    fn a_signature_speaks_for_its_file_its_comment_and_its_key_and_for_nothing_else() {
        let text = sign(&key(1), b"bundle", "from Osaka\nto somebody");
        assert_eq!(check(&key(1).public(), b"bundle", &text).unwrap(), "from Osakato somebody");
        let says = |key: &SecretKey, file: &[u8], text: &str| check(&key.public(), file, text);
        assert_eq!(says(&key(2), b"bundle", &text), Err(MinisignError::OtherKey));
        assert_eq!(says(&key(1), b"bundl3", &text), Err(MinisignError::OtherFile));
        let other = text.replace("Osaka", "Nara");
        assert_eq!(says(&key(1), b"bundle", &other), Err(MinisignError::OtherComment));
        assert_eq!(says(&key(1), b"bundle", "hello"), Err(MinisignError::Unreadable));
        let cut: String = text.lines().take(3).collect::<Vec<_>>().join("\n");
        assert_eq!(says(&key(1), b"bundle", &cut), Err(MinisignError::Unreadable));
    }

    #[test]
    fn the_key_of_media_is_not_the_organisations_key_and_is_the_same_every_time() {
        assert_ne!(key(1).for_media().public(), key(1).public());
        assert_eq!(key(1).for_media().public(), key(1).for_media().public());
        assert_ne!(key(1).for_media().public(), key(2).for_media().public());
    }
}
