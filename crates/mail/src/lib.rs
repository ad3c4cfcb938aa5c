//! Warnings by e-mail: the lowest channel, for institutions of the register that have no node.
//!
//! What this crate promises:
//!
//! - one letter for each revision of a warning, or reminder of it, and each institution, kept in the ledger before anything is sent, paced, tried again
//!   and given up after a bounded time. A letter that the relay has taken is never sent again, with one exception that no sender of
//!   mail can rule out: the relay's `250` does not arrive, or the process ends between it and the commit. Such a second copy has the
//!   same Message-ID;
//! - every letter has one recipient, a return path that names it and cannot be forged, and two DKIM signatures;
//! - returned mail is read whatever it is made of; what it says about an address is believed only with the token of the letter;
//! - that a letter was sent is never an acknowledgement. A person answers behind the letter's link, and that is recorded elsewhere.
//!
//! The decisions are pure ([`Letter::after`], [`read_returned`], [`LetterState`]); [`Mailroom`] does the keeping, [`Relay`] the sending.

mod address;
mod compose;
mod dkim;
mod error;
mod letter;
mod relay;
mod returned;
mod room;
mod secret;
mod smtp;
mod troubles;

pub use compose::{Sender, Writing, compose};
pub use dkim::{DkimKeys, DnsRecord};
pub use error::MailError;
pub use letter::{Addressee, GIVE_UP_HOURS, Letter, LetterState, Matter, Outcome, Tally};
pub use relay::{HandOver, Obstacle, Relay, RelaySettings, Security, SmtpRelay};
pub use returned::{RETURNED_BYTES_MAX, Returned, Saying, fuzz_returned, read_returned};
pub use room::{DEAD_AFTER, KnownAddress, Mailroom, Overview, Run, ToCall};
pub use secret::{LINK_DAYS, MailSecret};
pub use troubles::TROUBLES;

#[cfg(test)]
mod peers;
#[cfg(test)]
mod tests;
