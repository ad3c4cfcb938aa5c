//! Why something was refused or could not be done.

use sakimori_ledger::LedgerError;
use sakimori_words::{Digest, Instant, MessageId, OrganisationId, Trouble, TroubleKind};

use crate::code::ParseCodeError;
use crate::message::EnvelopeError;
use crate::troubles as t;
use crate::wire::WireError;

/// Why something that came from outside was not believed or not taken. Nothing of it was applied.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The envelope or the exchange around it does not hold.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// It is for somebody else.
    #[error("it is for `{to}`, not for us")]
    NotForUs {
        /// For whom it is.
        to: OrganisationId,
    },
    /// It was used before.
    #[error("the same request came before")]
    Replayed,
    /// The two clocks differ by more than [`crate::SKEW_SECONDS_MAX`].
    #[error("their clock shows {theirs}, ours {ours}")]
    ClockSkew {
        /// The sender's clock.
        theirs: Instant,
        /// Our clock.
        ours: Instant,
    },
    /// It came after its time.
    #[error("it expired at {expires_at}")]
    Expired {
        /// When.
        expires_at: Instant,
    },
    /// Two different messages under one id.
    #[error("message `{message}` came before with other content")]
    ContentConflict {
        /// Their id.
        message: MessageId,
    },
    /// Two neighbours vouch for different keys of one organisation.
    #[error("`{voucher}` vouches for another key of `{organisation}` than the one known here")]
    KeyConflict {
        /// Whose key.
        organisation: OrganisationId,
        /// Who vouches for the new one.
        voucher: OrganisationId,
    },
    /// The sender may not do this at its place in the tree.
    #[error("`{by}` may not {what}")]
    OutOfScope {
        /// Who tried.
        by: OrganisationId,
        /// What.
        what: &'static str,
    },
    /// It is for an organisation to which no way is known.
    #[error("no way to `{to}` is known")]
    NoRoute {
        /// For whom it is.
        to: OrganisationId,
    },
    /// The bytes of a file are not those its message names.
    #[error("the file `{digest}` is another one than the message names")]
    AlteredFile {
        /// The digest in the message.
        digest: Digest,
    },
    /// Our ledger cannot keep it. The link goes on without it.
    #[error("it cannot be kept: {why}")]
    CannotBeKept {
        /// What the ledger said.
        why: String,
    },
}

impl Refusal {
    /// The kind of trouble.
    #[must_use]
    pub const fn kind(&self) -> &'static TroubleKind {
        match self {
            Self::Envelope(error) => match error {
                EnvelopeError::Unreadable { .. } => &t::UNREADABLE,
                EnvelopeError::TooLarge { .. } => &t::TOO_LARGE,
                EnvelopeError::WrongType { .. } => &t::WRONG_TYPE,
                EnvelopeError::Forged { .. } => &t::FORGED,
                EnvelopeError::UnknownOrganisation { .. } => &t::UNKNOWN_ORGANISATION,
                EnvelopeError::BrokenRoute { .. } => &t::BROKEN_ROUTE,
            },
            Self::NotForUs { .. } => &t::NOT_FOR_US,
            Self::Replayed => &t::REPLAYED,
            Self::ClockSkew { .. } => &t::CLOCK_SKEW,
            Self::Expired { .. } => &t::EXPIRED,
            Self::ContentConflict { .. } => &t::CONTENT_CONFLICT,
            Self::KeyConflict { .. } => &t::KEY_CONFLICT,
            Self::OutOfScope { .. } => &t::OUT_OF_SCOPE,
            Self::NoRoute { .. } => &t::NO_ROUTE,
            Self::CannotBeKept { .. } => &t::CANNOT_BE_KEPT,
            Self::AlteredFile { .. } => &t::ALTERED_FILE,
        }
    }

    /// The refusal as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        Trouble::because(self.kind(), self)
    }
}

/// Why a message was not queued. Nothing was queued and no fact kept.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The body is larger than [`crate::BODY_BYTES_MAX`], or the remark longer than [`crate::REMARK_CHARS_MAX`].
    #[error("{what} has {size}, the limit is {limit}")]
    TooLarge {
        /// Body or remark.
        what: &'static str,
        /// Its size.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// No neighbour leads there.
    #[error("no way to `{to}` is known")]
    NoRoute {
        /// Where to.
        to: OrganisationId,
    },
    /// That message is not here, so it cannot be relayed.
    #[error("message `{message}` is not here")]
    UnknownMessage {
        /// Which.
        message: MessageId,
    },
    /// Its TLP label forbids passing it on.
    #[error("{label} forbids passing it on")]
    MarkingForbids {
        /// The label.
        label: &'static str,
    },
    /// Only published messages are relayed.
    #[error("message `{message}` is not published to members")]
    NotPublished {
        /// Which.
        message: MessageId,
    },
    /// The ledger failed.
    #[error("could not keep it")]
    Ledger(#[from] LedgerError),
}

impl SendError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::TooLarge { .. } => &t::TOO_LARGE_TO_SEND,
            Self::NoRoute { .. } => &t::NO_ROUTE,
            Self::UnknownMessage { .. } => &t::UNKNOWN_MESSAGE,
            Self::MarkingForbids { .. } | Self::NotPublished { .. } => &t::MARKING_FORBIDS,
            Self::Ledger(error) => return error.trouble(),
        };
        Trouble::because(kind, self)
    }
}

/// Why an exchange did not take place.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// What the other side sent was refused.
    #[error("what came was refused")]
    Refused(#[from] Refusal),
    /// The hub could not be reached or did not want it.
    #[error("the hub could not be reached")]
    Wire(#[from] WireError),
    /// There is no such parent hub.
    #[error("`{organisation}` is not a parent hub of ours")]
    NoSuchHub {
        /// Who was asked for.
        organisation: OrganisationId,
    },
    /// A file could not be handed out or kept.
    #[error("a file could not be handed out or kept")]
    File(#[from] FileError),
    /// The ledger failed.
    #[error("could not keep what came")]
    Ledger(#[from] LedgerError),
}

/// Why a file of a message cannot be kept or given.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is empty or larger than [`crate::FILE_BYTES_MAX`].
    #[error("{n_bytes} bytes, at most {limit}")]
    Size {
        /// How large it is.
        n_bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// It is not here, or not yet.
    #[error("it is not here yet")]
    NotHere,
    /// What lies under its digest are other bytes.
    #[error("the file in this place was changed")]
    Altered,
    /// The place cannot be read or written.
    #[error("{0}")]
    Place(Trouble),
}

impl FileError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Size { .. } => Trouble::because(&t::FILE_SIZE, self),
            Self::NotHere => Trouble::because(&t::FILE_NOT_HERE, self),
            Self::Altered => Trouble::because(&t::ALTERED_FILE, self),
            Self::Place(trouble) => trouble.clone(),
        }
    }
}

impl ExchangeError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Refused(refusal) => refusal.trouble(),
            Self::Wire(error) => error.trouble(),
            Self::NoSuchHub { .. } => Trouble::because(&t::NO_SUCH_HUB, self),
            Self::File(error) => error.trouble(),
            Self::Ledger(error) => error.trouble(),
        }
    }
}

/// Why an enrolment did not take place.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// What was typed is no code.
    #[error("what was typed is no enrolment code")]
    NotACode(#[from] ParseCodeError),
    /// The hub that answered is not the one that made the code.
    #[error("the hub at `{address}` is not the one that made the code")]
    OtherHub {
        /// Who was dialled.
        address: String,
    },
    /// The code is unknown, used, or older than 24 hours. Which one is not said.
    #[error("the enrolment code cannot be used")]
    UnusableCode,
    /// A proof did not fit: somebody stands between the two.
    #[error("the proof of `{by}` does not fit the code")]
    WrongProof {
        /// Whose proof.
        by: OrganisationId,
    },
    /// Too many wrong attempts.
    #[error("too many attempts; the next is possible at {next_at}")]
    TooManyAttempts {
        /// When the next attempt is looked at.
        next_at: Instant,
    },
    /// An answer came on a medium to a request that was never made, or is too long ago.
    #[error("`{hub}` answers a request that does not wait for an answer")]
    NotAsked {
        /// Who answers.
        hub: OrganisationId,
    },
    /// Another key is already enrolled under that id.
    #[error("`{organisation}` is already enrolled with another key")]
    AlreadyEnrolled {
        /// Whose id.
        organisation: OrganisationId,
    },
    /// A kind of organisation that does not belong under this hub.
    #[error("a {kind} does not belong under this hub")]
    WrongKind {
        /// The kind, as in files.
        kind: String,
    },
    /// The request or answer was refused.
    #[error("what came was refused")]
    Refused(#[from] Refusal),
    /// The hub could not be reached or did not want it.
    #[error("the hub could not be reached")]
    Wire(#[from] WireError),
    /// The ledger failed.
    #[error("could not keep the enrolment")]
    Ledger(#[from] LedgerError),
}

impl From<EnvelopeError> for EnrolError {
    fn from(error: EnvelopeError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<EnvelopeError> for ExchangeError {
    fn from(error: EnvelopeError) -> Self {
        Self::Refused(error.into())
    }
}

impl EnrolError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::NotACode(_) => &t::NOT_A_CODE,
            Self::OtherHub { .. } => &t::OTHER_HUB,
            Self::UnusableCode => &t::UNUSABLE_CODE,
            Self::WrongProof { .. } => &t::WRONG_PROOF,
            Self::TooManyAttempts { .. } => &t::TOO_MANY_ATTEMPTS,
            Self::NotAsked { .. } => &t::NOT_ASKED,
            Self::AlreadyEnrolled { .. } => &t::ALREADY_ENROLLED,
            Self::WrongKind { .. } => &t::WRONG_KIND,
            Self::Refused(refusal) => return refusal.trouble(),
            Self::Wire(error) => return error.trouble(),
            Self::Ledger(error) => return error.trouble(),
        };
        Trouble::because(kind, self)
    }
}

impl WireError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::BadAddress { .. } => &t::BAD_ADDRESS,
            Self::NotEncrypted { .. } => &t::NOT_ENCRYPTED,
            Self::NoAnswer { .. } => &t::NO_ANSWER,
            Self::OtherCertificate { .. } => &t::OTHER_CERTIFICATE,
            Self::Refused { .. } => &t::HUB_REFUSED,
            Self::TooLarge { .. } => &t::TOO_LARGE,
        };
        Trouble::because(kind, self)
    }
}
