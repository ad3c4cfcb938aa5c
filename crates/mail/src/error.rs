//! Why mail could not be made, sent, kept or answered.

use sakimori_ledger::LedgerError;
use sakimori_words::{Trouble, TroubleKind};

use crate::relay::Obstacle;
use crate::troubles as t;

/// Why the mailroom refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// An address is none.
    #[error("`{address}` is no mail address")]
    Address {
        /// What was given.
        address: String,
    },
    /// A signing key is not readable, or could not be made.
    #[error("a DKIM key cannot be used: {why}")]
    Key {
        /// What is wrong with it.
        why: String,
    },
    /// The relay's settings contradict each other.
    #[error("the relay cannot be used: {why}")]
    Relay {
        /// Which one, and why.
        why: String,
    },
    /// The relay takes no letter at all.
    #[error("{said}")]
    Stopped {
        /// What stands in the way.
        obstacle: Obstacle,
        /// What was said about it.
        said: String,
    },
    /// Nobody here made that link, or what it led to is gone.
    #[error("nobody here made that link")]
    Link,
    /// The link is too old.
    #[error("the link has expired")]
    Expired,
    /// Too many answers with one link.
    #[error("too many answers with one link")]
    TooOften,
    /// A returned mail carries no token of ours.
    #[error("it came back to no letter of this office")]
    NotOurs,
    /// A returned mail that says nothing we understand.
    #[error("what it says about the letter is not understood")]
    Unclear,
    /// The ledger failed.
    #[error("could not read or keep it")]
    Ledger(#[from] LedgerError),
}

impl MailError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::Address { .. } | Self::Relay { .. } => &t::SETTINGS,
            Self::Key { .. } => &t::KEY,
            Self::Stopped { obstacle, .. } => obstacle.kind(),
            Self::Link => &t::LINK,
            Self::Expired => &t::EXPIRED,
            Self::TooOften => &t::TOO_OFTEN,
            Self::NotOurs | Self::Unclear => &t::RETURNED,
            Self::Ledger(error) => return error.trouble(),
        };
        Trouble::because(kind, self)
    }
}

impl Obstacle {
    const fn kind(self) -> &'static TroubleKind {
        match self {
            Self::Line => &t::RELAY_LINE,
            Self::NoEncryption => &t::RELAY_ENCRYPTION,
            Self::Certificate => &t::RELAY_CERTIFICATE,
            Self::Account => &t::RELAY_ACCOUNT,
            Self::Refusal => &t::RELAY_REFUSAL,
        }
    }
}
