//! DSSE: a signature over bytes as they are, with their type bound into it.
//!
//! The Dead Simple Signing Envelope (secure-systems-lab/dsse, protocol 1.0.2) signs a payload without canonicalising it,
//! so an envelope can be stored, forwarded, mailed or carried on a medium unchanged. What is verified here is exactly
//! what was signed: the payload bytes are handed out only by [`Dsse::open`].

use std::fmt;

use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sakimori_words::{Chance, Digest};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An organisation's signing key. Lives in memory and in the file the binary keeps it in, never in the journal.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// A new key from chance.
    #[must_use]
    pub fn new(chance: &dyn Chance) -> Self {
        let mut seed = [0_u8; 32];
        chance.fill(&mut seed);
        Self::from_bytes(&seed)
    }

    /// The key whose 32 secret bytes these are.
    #[must_use]
    pub fn from_bytes(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Its 32 secret bytes, for the file the binary keeps it in.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The key that signs files for media: made from this one, so that there is one key to keep safe, and unlike it, so that no
    /// signature of one format can ever stand in the other.
    pub(crate) fn for_media(&self) -> Self {
        let seed = Digest::of_parts(&[b"sakimori key for media v1\0", &self.to_bytes()]);
        Self::from_bytes(seed.as_bytes())
    }

    /// A bare signature, for formats that are not ours.
    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public().id().short())
    }
}

/// An organisation's public key (Ed25519), written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The key these 32 bytes spell; `None` when they are no point of the curve or a weak one.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak()).map(Self)
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Whether the bare signature over `bytes` is this key's.
    pub(crate) fn signed(&self, bytes: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(bytes, &Signature::from_bytes(signature)).is_ok()
    }

    /// The key's id in envelopes: the digest of its bytes.
    #[must_use]
    pub fn id(&self) -> Digest {
        Digest::of(self.as_bytes())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Digest::from_bytes(*self.as_bytes()).fmt(f)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Digest::deserialize(deserializer)?;
        Self::from_bytes(bytes.as_bytes())
            .ok_or_else(|| serde::de::Error::custom("not an Ed25519 public key"))
    }
}

/// Why a signed payload was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The envelope says that it carries something else.
    #[error("payload type is not the expected one")]
    WrongType,
    /// No signature of that key fits the payload: forged, altered, or signed by somebody else.
    #[error("no signature of the expected key fits the payload")]
    Forged,
}

/// A signed payload with its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dsse {
    /// The signed bytes; base64 in JSON.
    #[serde(with = "base64_bytes")]
    payload: Vec<u8>,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<DsseSignature>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct DsseSignature {
    keyid: Digest,
    #[serde(with = "base64_bytes")]
    sig: Vec<u8>,
}

impl Dsse {
    /// Signs `payload` as a thing of type `payload_type`.
    #[must_use]
    pub fn seal(payload_type: &str, payload: Vec<u8>, key: &SecretKey) -> Self {
        let signature = key.0.sign(&pre_authentication(payload_type, &payload));
        let signature =
            DsseSignature { keyid: key.public().id(), sig: signature.to_bytes().to_vec() };
        Self { payload, payload_type: payload_type.to_owned(), signatures: vec![signature] }
    }

    /// The payload, once a signature by `key` over it and over `payload_type` is found good.
    ///
    /// # Errors
    /// When the type is another one or no signature of `key` fits.
    pub fn open(&self, payload_type: &str, key: &PublicKey) -> Result<&[u8], OpenError> {
        if self.payload_type != payload_type {
            return Err(OpenError::WrongType);
        }
        let signed = pre_authentication(&self.payload_type, &self.payload);
        let good = self.signatures.iter().take(MAX_SIGNATURES).any(|signature| {
            signature.keyid == key.id()
                && Signature::from_slice(&signature.sig)
                    .is_ok_and(|signature| key.0.verify_strict(&signed, &signature).is_ok())
        });
        if good { Ok(&self.payload) } else { Err(OpenError::Forged) }
    }

    /// The payload before any check: only to learn whose key to check it with.
    #[must_use]
    pub(crate) fn unverified(&self) -> &[u8] {
        &self.payload
    }

    /// What it says it carries.
    #[must_use]
    pub fn payload_type(&self) -> &str {
        &self.payload_type
    }

    /// The digest of type and payload: two envelopes with the same one carry the same thing.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&pre_authentication(&self.payload_type, &self.payload))
    }

    /// The size of the payload in bytes.
    #[must_use]
    pub fn payload_bytes(&self) -> usize {
        self.payload.len()
    }
}

/// More signatures than this are not looked at: checking costs time, and an attacker pays nothing to add some.
const MAX_SIGNATURES: usize = 4;

/// DSSE's pre-authentication encoding: what the signature is over.
fn pre_authentication(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// Bytes as standard base64 in JSON.
pub(crate) mod base64_bytes {
    use base64::Engine as _;

    use super::{Deserialize, Deserializer, STANDARD, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        STANDARD.decode(text.as_bytes()).map_err(serde::de::Error::custom)
    }
}
