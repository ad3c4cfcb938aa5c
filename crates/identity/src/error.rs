//! Why identity refused.

use sakimori_ledger::LedgerError;
use sakimori_words::Trouble;

use crate::troubles;

/// Why identity refused.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The first account exists already.
    #[error("the setup link was used already")]
    SetupUsed,
    /// The link or form is unknown, used or too old.
    #[error("the link is unknown, used or expired")]
    LinkInvalid,
    /// Name, password or code is wrong; which one is not said.
    #[error("name, password or code is wrong")]
    Refused,
    /// Too many wrong attempts.
    #[error("too many wrong attempts; wait {seconds} s")]
    Wait {
        /// How long.
        seconds: u64,
    },
    /// The password is too easy to guess.
    #[error("the password is refused")]
    WeakPassword(#[from] crate::PasswordFault),
    /// The first code of an authenticator does not fit.
    #[error("the code does not fit")]
    CodeWrong,
    /// There is no session any more.
    #[error("not signed in")]
    SignedOut,
    /// No role allows it.
    #[error("not allowed")]
    NotAllowed,
    /// A fresh code is needed first.
    #[error("a fresh code is needed")]
    StepUp,
    /// Somebody has that sign-in name.
    #[error("the sign-in name is taken")]
    NameTaken,
    /// The name cannot be used.
    #[error("the name cannot be used")]
    NameUnfit,
    /// Nobody could manage people any more.
    #[error("the last administrator must remain")]
    LastAdministrator,
    /// The role belongs to the other kind of deployment, or there is none.
    #[error("the roles do not fit this deployment")]
    RoleUnfit,
    /// No such person, session or invitation.
    #[error("no such person")]
    Unknown,
    /// Signing in without credentials exists only in a demonstration.
    #[error("this is not a demonstration")]
    NotADemonstration,
    /// Hashing a password failed.
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] LedgerError),
}

impl IdentityError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::SetupUsed => &troubles::SETUP_USED,
            Self::LinkInvalid => &troubles::LINK_INVALID,
            Self::Refused => &troubles::REFUSED,
            Self::Wait { .. } => &troubles::WAIT,
            Self::WeakPassword(_) => &troubles::WEAK_PASSWORD,
            Self::CodeWrong => &troubles::CODE_WRONG,
            Self::SignedOut => &troubles::SIGNED_OUT,
            Self::NotAllowed => &troubles::NOT_ALLOWED,
            Self::StepUp => &troubles::STEP_UP,
            Self::NameTaken => &troubles::NAME_TAKEN,
            Self::NameUnfit => &troubles::NAME_UNFIT,
            Self::LastAdministrator => &troubles::LAST_ADMINISTRATOR,
            Self::RoleUnfit => &troubles::ROLE_UNFIT,
            Self::Unknown => &troubles::UNKNOWN,
            Self::NotADemonstration => &troubles::NOT_A_DEMONSTRATION,
            Self::Hashing(_) => &troubles::HASHING,
            Self::Store(error) => return error.trouble(),
        };
        Trouble::because(kind, self)
    }
}
