//! What an organisation hands to its post, and what stages give back when something is delivered to them.

use async_trait::async_trait;
use sakimori_ledger::{Fact, LedgerError};
use sakimori_words::{Audience, Instant, MessageId, OrganisationId, Tlp, Trouble};
use serde_json::Value;

use crate::files::FileRef;
use crate::message::Delivered;

/// For whom a new message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addressee {
    /// One organisation, anywhere in the tree.
    Organisation(OrganisationId),
    /// Published to members, who read it and decide about relaying it further.
    Members(Members),
}

/// The children something published is handed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Members {
    /// These, each queued at once.
    These(Vec<OrganisationId>),
    /// All whom the rule reaches. Kept once and laid into each child's queue when it next asks, so that publishing costs the
    /// same for ten and for a quarter of a million.
    Reached {
        /// The rule.
        audience: Audience,
        /// Until when it is also handed to children that enrol after now.
        newcomers_until: Instant,
    },
}

/// By which neighbours a message for one organisation leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Routes {
    /// The shortest: the addressee itself, else the child that vouches for it, else a parent. Authorities come before CEPTOAR
    /// bodies, which need not see reports.
    #[default]
    Best,
    /// Exactly by these, each carrying the same signed message. Used to answer on every route something came by.
    Over(Vec<OrganisationId>),
}

/// A new message to be signed and queued.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Its id when the caller needs to know it beforehand; otherwise one is made.
    pub id: Option<MessageId>,
    /// For whom.
    pub to: Addressee,
    /// What the body is, e.g. `application/vnd.sakimori.report.v1+json`.
    pub message_type: String,
    /// The body, at most [`crate::BODY_BYTES_MAX`] as JSON.
    pub body: Value,
    /// Who may see it.
    pub tlp: Tlp,
    /// Whether it belongs to an exercise.
    pub exercise: bool,
    /// After this moment receivers do not apply it any more; `None` for everything that must not get lost.
    pub expires: Option<Instant>,
    /// The message it answers.
    pub in_reply_to: Option<MessageId>,
    /// By which neighbours it leaves. Only for one organisation.
    pub routes: Routes,
    /// The files that belong to it; each is kept here already. They reach those below us, who can ask for them.
    pub files: Vec<FileRef>,
}

impl Outgoing {
    /// A message for one organisation by the best route, TLP:AMBER, no exercise.
    #[must_use]
    pub fn new(to: OrganisationId, message_type: &str, body: Value) -> Self {
        Self::addressed(Addressee::Organisation(to), message_type, body)
    }

    /// The same for whomever it is addressed to.
    #[must_use]
    pub fn addressed(to: Addressee, message_type: &str, body: Value) -> Self {
        Self {
            id: None,
            to,
            message_type: message_type.to_owned(),
            body,
            tlp: Tlp::Amber,
            exercise: false,
            expires: None,
            in_reply_to: None,
            routes: Routes::Best,
            files: vec![],
        }
    }
}

/// A published message to be passed on to children (周知), untouched and under our own route record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// Who published it. Ids are chosen by their origin, so an id alone does not name a message.
    pub origin: OrganisationId,
    /// Which.
    pub message: MessageId,
    /// To which children.
    pub to: Members,
    /// Our words to them; may be empty.
    pub remark: String,
}

/// Something to be queued.
#[derive(Clone, Debug, PartialEq)]
pub enum Parcel {
    /// A new message.
    New(Outgoing),
    /// A relayed one.
    Relay(Relay),
    /// Newcomers get this published message no longer: a later one stands in its place, or it was withdrawn.
    Retire {
        /// Who published it.
        origin: OrganisationId,
        /// Which.
        message: MessageId,
    },
}

/// What a stage makes of a delivered message: facts to keep and parcels to queue, all in one commit with the taking.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Taken {
    /// Facts to keep. Their expectations are checked; when one fails the message is offered again.
    pub facts: Vec<Fact>,
    /// Answers and further messages.
    pub parcels: Vec<Parcel>,
}

/// Why a stage could not take a message.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// It does not understand the message; it is set aside, kept, and the post goes on.
    #[error("the message is not understood")]
    NotUnderstood(Trouble),
    /// The ledger failed; the message is offered again later.
    #[error("could not read the ledger")]
    Ledger(#[from] LedgerError),
}

/// A stage that takes messages of its types. What it returns is committed exactly once; what it commits by itself may happen
/// again when the power fails in between.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Whether messages of this type are its own.
    fn takes(&self, message_type: &str) -> bool;

    /// Whether it also reads messages of this type that only pass through to another organisation. An office reads answers to
    /// the warnings it relayed, but not a report that was not addressed to it.
    fn takes_passing(&self, message_type: &str) -> bool {
        let _ = message_type;
        false
    }

    /// Whether [`Handler::take`] changes nothing by itself: several messages may be offered to it at the same time then.
    fn only_reads(&self) -> bool {
        false
    }

    /// What is to be kept and sent because of `delivered`.
    async fn take(&self, delivered: &Delivered) -> Result<Taken, HandlerError>;
}

/// What [`crate::Post::deliver`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Messages taken by a stage.
    pub n_taken: usize,
    /// Messages set aside because no stage understood them.
    pub n_set_aside: usize,
}

/// What an exchange moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchanged {
    /// Envelopes we sent.
    pub n_sent: usize,
    /// Envelopes we took in.
    pub n_received: usize,
    /// Envelopes we refused.
    pub n_refused: usize,
    /// Whether one of the two sides has more waiting.
    pub more: bool,
    /// Whether the link got on: something came that had not come before, or the other side confirmed more of what we sent. Who
    /// repeats an exchange because of `more` stops when a round got nowhere: the other side may say `more` for ever.
    pub progressed: bool,
}

/// The answer to a child's exchange, and what the child brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// The signed answer, to be sent back as it is.
    pub bytes: Vec<u8>,
    /// Envelopes that came for the first time on this link and were not refused; 0: there is nothing new to deliver.
    pub n_received: usize,
    /// More waits on either side than fitted, so the child asks again at once.
    pub more: bool,
}
