//! The exchange: one signed request from a child and one signed answer from its parent, the same shape both ways.
//!
//! Each direction of a link numbers its envelopes from 1. Either side says how far it has read (`have`); whatever comes
//! after that is sent again, so loss, repetition and reordering on the wire cost nothing but another round.

use sakimori_words::{Digest, Instant, OrganisationId};
use serde::{Deserialize, Serialize};

use crate::dsse::{Dsse, OpenError, PublicKey, SecretKey};
use crate::message::{Envelope, EnvelopeError, read_json};

/// Type of the signed payload a child sends.
pub(crate) const REQUEST_TYPE: &str = "application/vnd.sakimori.exchange-request.v1+json";
/// Type of the signed payload a parent answers with.
pub(crate) const ANSWER_TYPE: &str = "application/vnd.sakimori.exchange-answer.v1+json";
/// Type of the signed payload of a bundle file, which has no answer.
pub(crate) const BUNDLE_TYPE: &str = "application/vnd.sakimori.bundle.v1+json";
/// Largest exchange on the wire, in bytes. What does not fit follows in the next round.
pub const EXCHANGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How much envelope JSON goes into one exchange, in bytes: base64 around it and the frame must stay under the limit.
pub const PAGE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most envelopes in one exchange.
pub const PAGE_ITEMS_MAX: usize = 500;
/// Clocks may differ by this much, in seconds, before an exchange is refused.
pub const SKEW_SECONDS_MAX: i64 = 600;

/// How far one side has read the other's envelopes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReadMark {
    /// Number of the last envelope read; 0 before the first.
    pub seq: u64,
    /// Digest of the message in it. Another one under the same number means that one side was restored from an older copy.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub digest: Option<Digest>,
}

/// One numbered envelope of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    /// Its number on this link and direction: from 1, without gaps.
    pub seq: u64,
    /// The envelope.
    pub envelope: Envelope,
}

/// An envelope the other side took note of but did not believe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RefusedItem {
    /// Its number on the link.
    pub seq: u64,
    /// The trouble code.
    pub code: String,
}

/// One side's half of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Half {
    /// Who speaks.
    pub from: OrganisationId,
    /// To whom.
    pub to: OrganisationId,
    /// The speaker's clock.
    pub at: Instant,
    /// Chosen anew for each request; the answer repeats it.
    pub nonce: String,
    /// How far the speaker has read.
    pub have: ReadMark,
    /// What the speaker has for the other, in order of `seq`.
    pub items: Vec<Item>,
    /// Whether the speaker has more than fits.
    pub more: bool,
    /// What the speaker did not believe of the last things it read.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub refused: Vec<RefusedItem>,
    /// The key of the minisign signature beside a bundle: the speaker's own signature over this half vouches for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub medium_key: Option<PublicKey>,
}

/// Its JSON. What is written here has text keys and no number that JSON does not know, so writing it cannot fail.
pub(crate) fn bytes_of(what: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(what).unwrap_or_default()
}

/// Signs a half.
#[must_use]
pub(crate) fn seal_half(payload_type: &str, half: &Half, key: &SecretKey) -> Vec<u8> {
    bytes_of(&Dsse::seal(payload_type, bytes_of(half), key))
}

/// A half before its signature was checked: only its sender may be looked at, to find the key.
#[derive(Debug)]
pub(crate) struct UncheckedHalf {
    dsse: Dsse,
    from: OrganisationId,
}

impl UncheckedHalf {
    /// Reads the frame of a half of type `payload_type`.
    ///
    /// # Errors
    /// When the bytes are too many, unreadable or of another type.
    pub(crate) fn read(payload_type: &str, bytes: &[u8]) -> Result<Self, EnvelopeError> {
        #[derive(Deserialize)]
        struct Claim {
            from: OrganisationId,
        }
        if bytes.len() > EXCHANGE_BYTES_MAX {
            return Err(EnvelopeError::TooLarge { bytes: bytes.len(), n_vias: 0 });
        }
        let dsse: Dsse = read_json(bytes)?;
        if dsse.payload_type() != payload_type {
            let found = crate::message::clip(dsse.payload_type());
            return Err(EnvelopeError::WrongType { found });
        }
        let Claim { from } = read_json(dsse.unverified())?;
        Ok(Self { dsse, from })
    }

    /// Who claims to speak.
    #[must_use]
    pub(crate) const fn from(&self) -> &OrganisationId {
        &self.from
    }

    /// The half, once the speaker's signature is found good.
    ///
    /// # Errors
    /// When it is not, or when the content is unreadable.
    pub(crate) fn open(self, payload_type: &str, key: &PublicKey) -> Result<Half, EnvelopeError> {
        let payload = self.dsse.open(payload_type, key).map_err(|error| match error {
            OpenError::WrongType => {
                EnvelopeError::WrongType { found: crate::message::clip(self.dsse.payload_type()) }
            }
            OpenError::Forged => EnvelopeError::Forged { by: self.from.clone() },
        })?;
        read_json(payload)
    }
}

/// Reads any bytes as an exchange; for fuzzing.
pub fn fuzz_exchange(bytes: &[u8]) {
    for payload_type in [REQUEST_TYPE, ANSWER_TYPE, BUNDLE_TYPE] {
        let key = SecretKey::from_bytes(&[7; 32]).public();
        if let Ok(half) = UncheckedHalf::read(payload_type, bytes) {
            let _ = half.open(payload_type, &key);
        }
    }
    if let Ok(envelope) = serde_json::from_slice::<Envelope>(bytes) {
        let _ = envelope.claimed_header();
    }
}
