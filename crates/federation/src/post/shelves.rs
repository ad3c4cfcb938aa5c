//! What the post keeps, and under which names.

use sakimori_words::{Audience, Digest, Instant, MessageId, Organisation, OrganisationId};
use serde::{Deserialize, Serialize};

use crate::dsse::PublicKey;
use crate::message::Standing;

/// [`crate::Neighbour`] by its id.
pub(super) const NEIGHBOUR: &str = "post-neighbour";
/// Ids of the hubs above us: few, and asked for with every message that goes up.
pub(super) const PARENT: &str = "post-parent";
/// [`crate::link::Link`] by neighbour.
pub(super) const LINK: &str = "post-link";
/// [`Queued`] by neighbour and number.
pub(super) const OUTBOX: &str = "post-outbox";
/// [`crate::Envelope`] by [`message_key`]; further routes and relays behind a slash.
pub(super) const ENVELOPE: &str = "post-envelope";
/// [`Seen`] by [`message_key`].
pub(super) const SEEN: &str = "post-seen";
/// Last number given out, by addressee and stream.
pub(super) const STREAM_OUT: &str = "post-stream-out";
/// [`Sent`] by addressee, stream and number, so that a missing message can be sent again.
pub(super) const SENT: &str = "post-sent";
/// Last number applied, by origin and stream.
pub(super) const STREAM_IN: &str = "post-stream-in";
/// [`Arrived`] messages that wait for an earlier one of their stream.
pub(super) const HELD: &str = "post-held";
/// [`Arrived`] messages in the order in which stages get them.
pub(super) const INBOX: &str = "post-inbox";
/// [`Arrived`] messages no stage understood.
pub(super) const ASIDE: &str = "post-aside";
/// [`Known`] by organisation and voucher.
pub(super) const KNOWN: &str = "post-known";
/// [`super::files::AwaitedFile`] by its digest.
pub(super) const AWAITED_FILE: &str = "post-awaited-file";
/// Refused envelopes, raw, by neighbour and number.
pub(super) const REFUSED: &str = "post-refused";
/// [`super::publish::Published`] by number, for all whom a rule reaches.
pub(super) const PUBLISHED: &str = "post-published";
/// The number on [`PUBLISHED`] by [`message_key`].
pub(super) const PUBLISHED_AS: &str = "post-published-as";
/// Counters by name.
pub(super) const COUNTER: &str = "post-counter";

/// Private: open and used invitations by lookup.
pub(super) const INVITATION: &str = "post-invitation";
/// Private: [`Contact`] by neighbour. Not in the journal: an idle poll must not grow it.
pub(super) const CONTACT: &str = "post-contact";

/// Private: the key beside the bundles of a neighbour, by its id.
pub(super) const MEDIUM_KEY: &str = "post-medium-key";
/// Private: [`super::medium::Joining`] by the id of the hub that was asked by a medium.
pub(super) const JOINING: &str = "post-joining";

/// Most questions a child asks in one moment.
const NONCES_MAX: usize = 100;

/// An envelope queued for a neighbour.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Queued {
    /// The message in it.
    pub message: MessageId,
    /// Digest of the signed message.
    pub digest: Digest,
    /// Key of the envelope on [`ENVELOPE`].
    pub envelope: String,
}

/// Where a message of ours went.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Sent {
    /// The message.
    pub message: MessageId,
    /// Its digest.
    pub digest: Digest,
    /// The neighbours it left by.
    pub hops: Vec<OrganisationId>,
    /// Whom it reaches besides, when it was published by a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<Audience>,
}

/// A message seen before, and the routes it came by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Seen {
    /// Digest of the signed message.
    pub digest: Digest,
    /// Neighbour and relays of each route, joined.
    pub routes: Vec<String>,
}

/// A verified message that waits for its stage.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Arrived {
    /// Key of the envelope on [`ENVELOPE`].
    pub envelope: String,
    /// Who handed it over.
    pub from: OrganisationId,
    /// When.
    pub received_at: Instant,
    /// Why it is here.
    pub standing: Standing,
    /// Whether it had come by another route before.
    pub another_route: bool,
}

/// A held message with its place in its stream.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Held {
    /// Who wrote it.
    pub origin: OrganisationId,
    /// In which stream.
    pub stream: String,
    /// Its number there.
    pub seq: u64,
    /// The message.
    pub arrived: Arrived,
}

/// An organisation as one neighbour vouches for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Known {
    /// As it describes itself.
    pub organisation: Organisation,
    /// Its key.
    pub key: PublicKey,
    /// Who vouches.
    pub voucher: OrganisationId,
    /// Whether another voucher, who counts for more, names another key. A disputed key opens nothing.
    #[serde(default)]
    pub disputed: bool,
}

/// How the last attempts on a link went.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Contact {
    /// The last good exchange.
    pub last_at: Option<Instant>,
    /// Failures since.
    pub n_failures: u32,
    /// Code and particulars of the last one.
    pub last_trouble: String,
    /// What it asked last, when it is a child: an older question is one played again.
    #[serde(default)]
    pub asked: Asked,
    /// Up to which number of what is published nothing more is to be laid out for it.
    #[serde(default)]
    pub published: u64,
}

/// The latest moment a child's questions named, and the nonces of those that named it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    /// By the child's clock.
    pub at: Instant,
    /// Usually one.
    pub nonces: Vec<String>,
}

impl Asked {
    /// What is remembered after a question of that moment and nonce; `None`: it, or a later one, was asked before.
    pub(super) fn after(&self, at: Instant, nonce: &str) -> Option<Self> {
        let nonce = nonce.to_owned();
        if at > self.at {
            return Some(Self { at, nonces: vec![nonce] });
        }
        let new = at == self.at && !self.nonces.contains(&nonce) && self.nonces.len() < NONCES_MAX;
        new.then(|| Self { at, nonces: self.nonces.iter().cloned().chain([nonce]).collect() })
    }
}

/// An invitation behind an enrolment code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Invitation {
    /// What both sides prove with.
    pub proof_key: String,
    /// Until when.
    pub expires_at: Instant,
    /// Who invited.
    pub by: String,
    /// The organisation that may enrol anew under its id.
    pub again: Option<OrganisationId>,
    /// The key that used it; only that one may repeat its request when the answer was lost.
    pub used_by: Option<PublicKey>,
}

/// A key of numbered things that sorts as the numbers do.
pub(super) fn numbered(head: &str, seq: u64) -> String {
    format!("{head}/{seq:020}")
}

/// The number in a key of the outbox, if it is `to`'s.
pub(super) fn seq_of(key: &str, to: &OrganisationId) -> Option<u64> {
    key.strip_prefix(to.as_str())?.strip_prefix('/')?.parse().ok()
}

/// The key of a message. Its origin is part of it: an organisation chooses ids for its own messages, never for another's.
pub(super) fn message_key(origin: &OrganisationId, id: &MessageId) -> String {
    format!("{origin}|{id}")
}

/// The key of a stream of an organisation.
pub(super) fn stream_key(organisation: &OrganisationId, stream: &str) -> String {
    format!("{organisation}|{stream}")
}

/// The journal's stream of everything between us and `neighbour`.
pub(super) fn journal_stream(neighbour: &OrganisationId) -> String {
    format!("post/{neighbour}")
}
