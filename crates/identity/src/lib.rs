//! People, roles, sign-in, sessions, and the one gate that decides and records.
//!
//! What this crate promises:
//!
//! - nobody gets in on a password alone: every account has a one-time code (TOTP), and paper recovery codes for the night the
//!   telephone is lost. A code works once;
//! - guessing is slowed per account and per source without a way to lock the real person out for ever: a browser on which
//!   the person has signed in before is judged by itself;
//! - nothing is allowed that no role grants ([`decide`]: default deny, a pure function, its whole table kept as a reviewed
//!   snapshot), and [`Gate::pass`] writes the access record (アクセス記録) in the same call, refusing when it cannot;
//! - verifiers, sessions and one-time links live on the ledger's private shelf, never in the journal; tokens are kept hashed.
//!
//! What it does not promise: the secrets of authenticators must be readable to compute codes, so whoever reads the store's
//! file can compute them too. The file is readable by its owner only; an export with secrets is to be kept like a key.

mod credentials;
mod enrol;
mod error;
mod gate;
mod identity;
mod origin;
mod password;
mod people;
mod policy;
mod principal;
mod role;
mod session;
mod sign_in;
mod throttle;
mod token;
mod totp;
mod troubles;

pub use enrol::{
    Enrolled, Enrolment, Invitation, InvitationView, MEMBER_INVITATION_HOURS, NewAccount,
    NewInvitation, NewMember,
};
pub use error::IdentityError;
pub use gate::{AccessRecord, Denied, Gate, Permit, access_stream};
pub use identity::{Identity, IdentitySettings};
pub use origin::{RequestOrigin, same_origin};
pub use password::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, PasswordFault};
pub use people::{NewPerson, Person};
pub use policy::{Action, Decision, Resource, STEP_UP_MINUTES, decide};
pub use principal::Principal;
pub use role::{Role, Side};
pub use session::SessionView;
pub use sign_in::{Client, Credentials, SignedIn, fuzz_credentials};
pub use troubles::{CROSS_SITE, TROUBLES};

#[cfg(test)]
mod tests;
