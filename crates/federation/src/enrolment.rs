//! What a newcomer and a hub say to each other once, and how often a newcomer may try.

use std::collections::BTreeMap;

use sakimori_words::{Instant, Organisation};
use serde::{Deserialize, Serialize};

use crate::code::ProofKey;
use crate::dsse::{Dsse, PublicKey, SecretKey};
use crate::message::{EnvelopeError, read_json};

/// Type of the signed payload with which a hub introduces itself.
pub(crate) const INTRODUCTION_TYPE: &str = "application/vnd.sakimori.introduction.v1+json";
/// Type of the signed payload with which a newcomer asks to be taken in.
pub(crate) const REQUEST_TYPE: &str = "application/vnd.sakimori.enrolment-request.v1+json";
/// Type of the signed payload with which a hub takes it in.
pub(crate) const ANSWER_TYPE: &str = "application/vnd.sakimori.enrolment-answer.v1+json";
/// Largest of the three, in bytes.
pub(crate) const ENROLMENT_BYTES_MAX: usize = 64 * 1024;

/// A hub's introduction. Believed when the enrolment code carries the fingerprint of its key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Introduction {
    pub organisation: Organisation,
    pub key: PublicKey,
    /// Certificate authority (DER) of its server.
    #[serde(with = "crate::dsse::base64_bytes")]
    pub authority: Vec<u8>,
}

/// A newcomer's request. The proof shows that it was given the code and means this hub.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct EnrolmentRequest {
    pub organisation: Organisation,
    pub key: PublicKey,
    pub nonce: String,
    /// By what the hub finds the invitation.
    pub lookup: String,
    #[serde(with = "crate::dsse::base64_bytes")]
    pub proof: Vec<u8>,
}

/// A hub's answer. The proof shows that it made the code and took in this key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct EnrolmentAnswer {
    pub organisation: Organisation,
    pub key: PublicKey,
    pub nonce: String,
    #[serde(with = "crate::dsse::base64_bytes")]
    pub proof: Vec<u8>,
}

/// Something a stranger says about itself under its own key.
pub(crate) trait SelfSigned: Serialize + for<'de> Deserialize<'de> {
    const TYPE: &'static str;
    fn key(&self) -> &PublicKey;
}

impl SelfSigned for Introduction {
    const TYPE: &'static str = INTRODUCTION_TYPE;
    fn key(&self) -> &PublicKey {
        &self.key
    }
}

impl SelfSigned for EnrolmentRequest {
    const TYPE: &'static str = REQUEST_TYPE;
    fn key(&self) -> &PublicKey {
        &self.key
    }
}

impl SelfSigned for EnrolmentAnswer {
    const TYPE: &'static str = ANSWER_TYPE;
    fn key(&self) -> &PublicKey {
        &self.key
    }
}

/// Signs what we say about ourselves.
pub(crate) fn seal<T: SelfSigned>(said: &T, key: &SecretKey) -> Vec<u8> {
    let dsse = Dsse::seal(T::TYPE, serde_json::json!(said).to_string().into_bytes(), key);
    serde_json::json!(dsse).to_string().into_bytes()
}

/// Reads what a stranger says about itself; its signature fits the key it names, no more is known yet.
pub(crate) fn open<T: SelfSigned>(bytes: &[u8]) -> Result<T, EnvelopeError> {
    if bytes.len() > ENROLMENT_BYTES_MAX {
        return Err(EnvelopeError::TooLarge { bytes: bytes.len(), n_vias: 0 });
    }
    let dsse: Dsse = read_json(bytes)?;
    if dsse.payload_type() != T::TYPE {
        let found = crate::message::clip(dsse.payload_type());
        return Err(EnvelopeError::WrongType { found });
    }
    let said: T = read_json(dsse.unverified())?;
    let forged = |_| EnvelopeError::Forged { by: "unknown".into() };
    read_json(dsse.open(T::TYPE, said.key()).map_err(forged)?)
}

/// The newcomer's proof: it knows the code, means this hub, and owns this key.
pub(crate) fn newcomer_proof(
    code: &ProofKey,
    hub: &PublicKey,
    newcomer: &PublicKey,
    nonce: &str,
) -> Vec<u8> {
    code.prove("newcomer", &[hub.as_bytes(), newcomer.as_bytes(), nonce.as_bytes()])
}

/// Whether a newcomer's proof fits.
pub(crate) fn newcomer_is_proven(
    request: &EnrolmentRequest,
    code: &ProofKey,
    hub: &PublicKey,
) -> bool {
    let parts: [&[u8]; 3] = [hub.as_bytes(), request.key.as_bytes(), request.nonce.as_bytes()];
    code.is_proven(&request.proof, "newcomer", &parts)
}

/// The hub's proof: it made the code and took in this key.
pub(crate) fn hub_proof(
    code: &ProofKey,
    hub: &PublicKey,
    newcomer: &PublicKey,
    nonce: &str,
) -> Vec<u8> {
    code.prove("hub", &[hub.as_bytes(), newcomer.as_bytes(), nonce.as_bytes()])
}

/// Whether a hub's proof fits.
pub(crate) fn hub_is_proven(
    answer: &EnrolmentAnswer,
    code: &ProofKey,
    newcomer: &PublicKey,
) -> bool {
    let parts: [&[u8]; 3] = [answer.key.as_bytes(), newcomer.as_bytes(), answer.nonce.as_bytes()];
    code.is_proven(&answer.proof, "hub", &parts)
}

/// In this span failures are counted, in seconds.
const WINDOW_SECONDS: i64 = 600;
/// Most failures of one source in the span.
const FAILURES_OF_SOURCE_MAX: usize = 5;
/// Most failures of all sources together in the span: 2^40 secrets are out of reach at this pace.
const FAILURES_MAX: usize = 100;

/// Failed enrolments of late.
#[derive(Debug, Default)]
pub(crate) struct Attempts(BTreeMap<String, Vec<Instant>>);

impl Attempts {
    /// When the next attempt from `source` is looked at; `None`: now.
    pub(crate) fn wait_until(&mut self, source: &str, now: Instant) -> Option<Instant> {
        self.0.retain(|_, failures| {
            failures.retain(|at| now < at.plus_seconds(WINDOW_SECONDS));
            !failures.is_empty()
        });
        let own = self.0.get(source).map_or(&[][..], Vec::as_slice);
        let n_all: usize = self.0.values().map(Vec::len).sum();
        let oldest = if own.len() >= FAILURES_OF_SOURCE_MAX {
            own.first()
        } else if n_all >= FAILURES_MAX {
            self.0.values().flatten().min()
        } else {
            None
        };
        oldest.map(|at| at.plus_seconds(WINDOW_SECONDS))
    }

    /// Counts a failure.
    pub(crate) fn failed(&mut self, source: &str, now: Instant) {
        self.0.entry(source.to_owned()).or_default().push(now);
    }
}

/// Reads any bytes as each of the three; for fuzzing.
pub fn fuzz_enrolment(bytes: &[u8]) {
    let _ = open::<Introduction>(bytes);
    let _ = open::<EnrolmentRequest>(bytes);
    let _ = open::<EnrolmentAnswer>(bytes);
}
