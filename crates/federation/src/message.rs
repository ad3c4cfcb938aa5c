//! Messages between organisations: a signed header and body, and the route records relays add around them.

use std::collections::BTreeMap;

use sakimori_words::{Digest, Instant, MessageId, OrganisationId, Tlp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::dsse::{Dsse, OpenError, PublicKey, SecretKey};
use crate::files::{FILES_MAX, FileRef};
use crate::link::SEQ_MAX;

/// Type of the signed payload that carries a message.
pub const MESSAGE_TYPE: &str = "application/vnd.sakimori.message.v1+json";
/// Type of the signed payload that carries a route record.
pub const VIA_TYPE: &str = "application/vnd.sakimori.via.v1+json";
/// Largest body of a message in bytes, as JSON. Larger things are named by address and digest, not carried.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Most relays a message may have passed: the tree is ministry, prefecture, city, institution.
pub const VIAS_MAX: usize = 8;
/// Longest remark (周知文) of a relay, in characters.
pub const REMARK_CHARS_MAX: usize = 2_000;

/// What a message says about itself. Signed together with its body by its origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageHeader {
    /// Its id, a UUIDv7. The same id by two routes is the same message.
    pub id: MessageId,
    /// Who wrote and signed it.
    pub origin: OrganisationId,
    /// Whom it is for; `None`: published to the members below its origin, each office deciding what it passes on.
    pub to: Option<OrganisationId>,
    /// Which of the origin's streams it belongs to. A stream is one addressee over one set of routes; opaque to others.
    pub stream: String,
    /// Its number in that stream: from 1, without gaps.
    pub seq: u64,
    /// What the body is, e.g. `application/vnd.sakimori.warning.v1+json`.
    #[serde(rename = "type")]
    pub message_type: String,
    /// When it was written.
    pub created: Instant,
    /// After this moment it is no longer applied.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires: Option<Instant>,
    /// Who may see it.
    pub tlp: Tlp,
    /// Whether it belongs to an exercise (訓練). Shown everywhere it is shown.
    pub exercise: bool,
    /// The message it answers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub in_reply_to: Option<MessageId>,
    /// The files that belong to it, at most [`crate::FILES_MAX`]: whoever gets it from a hub above fetches them there.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub files: Vec<FileRef>,
}

/// A message on its way: signed by its origin, with the record of every relay around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Header and body under the origin's signature. Never touched by a relay.
    pub message: Dsse,
    /// Signed route records, the first relay first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vias: Vec<Dsse>,
}

/// One relay's record: who passed the message on, when, and with what words (周知).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Via {
    /// The relay.
    pub by: OrganisationId,
    /// When it passed the message on.
    pub at: Instant,
    /// Its own words to those below; empty when it only forwarded.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remark: String,
    /// Digest of the message it passed on.
    pub message: Digest,
    /// Digest of the route record before it; `None` for the first relay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Digest>,
}

/// How a message reached this organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is addressed to this organisation.
    ForUs,
    /// It is published to members, this organisation among them.
    Published,
    /// It is addressed to another organisation and passes through this office, which forwards it and may read it.
    Passing,
}

/// A verified message, handed to the stage that understands its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// What it says about itself.
    pub header: MessageHeader,
    /// Exactly the signed bytes: header and body as the origin wrote them.
    #[serde(with = "crate::dsse::base64_bytes")]
    pub payload: Vec<u8>,
    /// The relays it passed, the first relay first; empty when it came from its origin.
    pub vias: Vec<Via>,
    /// The neighbour that handed it over.
    pub from: OrganisationId,
    /// When it was accepted here.
    pub received_at: Instant,
    /// Why it is here.
    pub standing: Standing,
    /// Whether the same message had already come by another route; only the route is new then.
    pub another_route: bool,
    /// The digest of the signed message, the same on every route.
    pub digest: Digest,
}

impl Delivered {
    /// The body as the type that `header.message_type` names.
    ///
    /// # Errors
    /// When the body does not read as `T`.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        #[derive(Deserialize)]
        struct Body<T> {
            body: T,
        }
        serde_json::from_slice::<Body<T>>(&self.payload).map(|payload| payload.body)
    }
}

/// Signs a message. The bytes made here are the ones every relay and receiver sees.
#[must_use]
pub fn seal_message(header: &MessageHeader, body: &Value, key: &SecretKey) -> Dsse {
    let payload = serde_json::json!({ "header": header, "body": body });
    Dsse::seal(MESSAGE_TYPE, payload.to_string().into_bytes(), key)
}

/// Signs a route record for `envelope` and adds it.
pub fn add_via(
    envelope: &mut Envelope,
    by: &OrganisationId,
    at: Instant,
    remark: &str,
    key: &SecretKey,
) {
    let via = Via {
        by: by.clone(),
        at,
        remark: remark.to_owned(),
        message: envelope.message.digest(),
        after: envelope.vias.last().map(Dsse::digest),
    };
    let payload = serde_json::json!(via).to_string().into_bytes();
    envelope.vias.push(Dsse::seal(VIA_TYPE, payload, key));
}

/// Keys of organisations, as we and the neighbour that handed something over vouch for them.
pub type Keys = BTreeMap<OrganisationId, PublicKey>;

/// Why an envelope was not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not a message in a known format.
    #[error("envelope is not readable: {what}")]
    Unreadable {
        /// What was wrong, without the content.
        what: String,
    },
    /// The body is larger than [`BODY_BYTES_MAX`] or the route longer than [`VIAS_MAX`].
    #[error("envelope of {bytes} bytes and {n_vias} relays is over the limit")]
    TooLarge {
        /// Size of the signed payload.
        bytes: usize,
        /// Number of route records.
        n_vias: usize,
    },
    /// The signed thing is of another type.
    #[error("envelope carries `{found}`")]
    WrongType {
        /// What it carries.
        found: String,
    },
    /// A signature does not fit: forged or altered on the way.
    #[error("signature of `{by}` does not fit")]
    Forged {
        /// Whose signature.
        by: OrganisationId,
    },
    /// Nobody we trust vouches for that organisation.
    #[error("`{organisation}` is unknown here")]
    UnknownOrganisation {
        /// Who.
        organisation: OrganisationId,
    },
    /// The route records do not lead from the origin to the neighbour that handed it over.
    #[error("route records do not lead to `{from}`")]
    BrokenRoute {
        /// Who handed it over.
        from: OrganisationId,
    },
}

/// A message whose signatures were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What it says about itself.
    pub header: MessageHeader,
    /// The signed bytes.
    pub payload: Vec<u8>,
    /// The relays it passed.
    pub vias: Vec<Via>,
    /// Digest of the signed message.
    pub digest: Digest,
}

impl Envelope {
    /// Checks origin's and relays' signatures and that the route ends at `from`. Reads no clock, keeps nothing.
    ///
    /// # Errors
    /// Names the first thing that does not fit; nothing of the envelope may be used then.
    pub fn verify(&self, from: &OrganisationId, keys: &Keys) -> Result<Verified, EnvelopeError> {
        self.check_size()?;
        let origin = self.claimed_header()?.origin;
        let payload = open(&self.message, MESSAGE_TYPE, &origin, keys)?.to_vec();
        // Read again from the verified bytes: nothing read before the check is used after it.
        let header = read_header(&payload)?;
        let vias = self.verify_vias(keys)?;
        let last = vias.last().map_or(&header.origin, |via| &via.by);
        if last != from {
            return Err(EnvelopeError::BrokenRoute { from: from.clone() });
        }
        Ok(Verified { header, payload, vias, digest: self.message.digest() })
    }

    /// The header as claimed, before any check: only for looking up keys and for records of refusals.
    ///
    /// # Errors
    /// When it is not readable or not a message.
    pub fn claimed_header(&self) -> Result<MessageHeader, EnvelopeError> {
        if self.message.payload_type() != MESSAGE_TYPE {
            return Err(EnvelopeError::WrongType { found: clip(self.message.payload_type()) });
        }
        read_header(self.message.unverified())
    }

    /// Whose keys it takes to check this envelope, by its own word.
    pub(crate) fn claimed_signers(&self) -> Vec<OrganisationId> {
        let origin = self.claimed_header().ok().map(|header| header.origin);
        let relays = self.vias.iter().take(VIAS_MAX).filter_map(|via| {
            let via: Via = read_json(via.unverified()).ok()?;
            is_plain_id(via.by.as_str()).then_some(via.by)
        });
        origin.into_iter().chain(relays).collect()
    }

    fn check_size(&self) -> Result<(), EnvelopeError> {
        let (bytes, n_vias) = (self.message.payload_bytes(), self.vias.len());
        let vias_fit = self.vias.iter().all(|via| via.payload_bytes() <= VIA_BYTES_MAX);
        if bytes > BODY_BYTES_MAX + HEADER_BYTES_MAX || n_vias > VIAS_MAX || !vias_fit {
            return Err(EnvelopeError::TooLarge { bytes, n_vias });
        }
        Ok(())
    }

    fn verify_vias(&self, keys: &Keys) -> Result<Vec<Via>, EnvelopeError> {
        let mut vias = Vec::with_capacity(self.vias.len());
        let mut before = None;
        for record in &self.vias {
            let claimed: Via = read_json(record.unverified())?;
            let via: Via = read_json(open(record, VIA_TYPE, &claimed.by, keys)?)?;
            if via.message != self.message.digest() || via.after != before {
                return Err(EnvelopeError::Forged { by: via.by });
            }
            before = Some(record.digest());
            vias.push(via);
        }
        Ok(vias)
    }
}

/// Longest name of a stream in bytes.
pub(crate) const STREAM_BYTES_MAX: usize = 256;
/// Longest type of a message in bytes.
const TYPE_BYTES_MAX: usize = 128;
/// Room for the header beside the largest body.
const HEADER_BYTES_MAX: usize = 4 * 1024;
/// Room for a route record with the longest remark (three bytes a character, escaped at worst).
const VIA_BYTES_MAX: usize = REMARK_CHARS_MAX * 6 + 1_024;

fn open<'a>(
    dsse: &'a Dsse,
    payload_type: &str,
    by: &OrganisationId,
    keys: &Keys,
) -> Result<&'a [u8], EnvelopeError> {
    let key = keys
        .get(by)
        .ok_or_else(|| EnvelopeError::UnknownOrganisation { organisation: by.clone() })?;
    dsse.open(payload_type, key).map_err(|error| match error {
        OpenError::WrongType => EnvelopeError::WrongType { found: clip(dsse.payload_type()) },
        OpenError::Forged => EnvelopeError::Forged { by: by.clone() },
    })
}

fn read_header(payload: &[u8]) -> Result<MessageHeader, EnvelopeError> {
    #[derive(Deserialize)]
    struct Payload {
        header: MessageHeader,
    }
    let Payload { header } = read_json(payload)?;
    let ids = [
        Some(header.id.as_str()),
        Some(header.origin.as_str()),
        header.to.as_ref().map(OrganisationId::as_str),
        header.in_reply_to.as_ref().map(MessageId::as_str),
    ];
    let type_fits = is_short_line(&header.message_type, TYPE_BYTES_MAX);
    let texts_fit = is_stream_name(&header.stream) && type_fits;
    let seq_fits = (1..=SEQ_MAX).contains(&header.seq);
    let files_fit =
        header.files.len() <= FILES_MAX && header.files.iter().all(FileRef::is_within_limits);
    if !ids.into_iter().flatten().all(is_plain_id) || !texts_fit || !seq_fits || !files_fit {
        return Err(EnvelopeError::Unreadable { what: "header out of bounds".to_owned() });
    }
    Ok(header)
}

/// Whether a text can be the name of a stream. Like ids, these become parts of keys in the ledger.
pub(crate) fn is_stream_name(text: &str) -> bool {
    is_short_line(text, STREAM_BYTES_MAX) && !text.contains('/')
}

/// The ledger keeps no name with a control character in it, and nobody can read one.
fn is_short_line(text: &str, bytes_max: usize) -> bool {
    text.len() <= bytes_max && !text.chars().any(char::is_control)
}

/// Ids become parts of keys in the ledger, so they are short and plain: letters, digits, dot, hyphen, underscore.
pub(crate) fn is_plain_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

pub(crate) fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, EnvelopeError> {
    serde_json::from_slice(bytes).map_err(|error| EnvelopeError::Unreadable {
        what: format!("{:?} at line {} column {}", error.classify(), error.line(), error.column()),
    })
}

/// A foreign text cut to what a record of a refusal needs.
pub(crate) fn clip(text: &str) -> String {
    text.chars().take(120).collect()
}
