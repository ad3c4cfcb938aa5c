//! WATCH 検知: log sources, detection on the stream and over files, findings, coverage of sources.
//!
//! A log line or a file of records goes in through [`sources`] and becomes `words::Event`s: what was understood in columns,
//! what was not kept as it came. [`Detector`] holds the rules and turns events into findings; [`Findings`] keeps them, grouped,
//! for people to act on; [`stories`] puts those of one attack together; [`SourceBook`] knows which source has fallen silent and
//! whose clock is off; [`Senders`] knows who may hand in records over HTTP; [`SavedSearches`] keeps what people search for again
//! and again; [`hunt`] runs the same rules over files without keeping anything; [`filter`] is how people say which events they want; [`mail`] examines a mail that staff find suspicious; [`access_review`] explains accesses to
//! patients' records and ranks the rest; [`retro`] looks back over the whole log for what is known only today. Nothing here opens a file, a socket or a clock: the binary hands in bytes and instants.

pub mod access_review;
#[cfg(test)]
mod desk;
mod detector;
pub mod filter;
mod findings;
mod framing;
pub mod hunt;
pub mod mail;
pub mod retro;
mod saved_searches;
mod senders;
mod source_book;
pub mod sources;
mod stories;
mod troubles;

pub use detector::{Advice, Detector, RULE_BYTES_MAX, RuleText, RulesReport};
pub use findings::{
    COUNT_SECONDS, EVIDENCE_MAX, FindingState, Findings, FindingsError, GROUP_SECONDS, Handled,
    INVOLVED_MAX, KeptFinding, KeptStory, Known, STORY_FINDINGS_MAX, Which,
};
pub use framing::{Frame, Framer};
pub use saved_searches::{
    SAVED_SEARCHES_MAX, SEARCH_NAME_CHARS_MAX, SEARCH_TEXT_CHARS_MAX, SavedSearch, SavedSearches,
    SavedSearchesError, SearchFields,
};
pub use senders::{
    By, NewSender, SENDER_NAME_CHARS_MAX, Sender, SenderCertificate, SenderCertificateView,
    SenderView, Senders, SendersError,
};
pub use source_book::{
    DAYS_KEPT, Day, DayCount, DayState, LATE_SECONDS, LEARNT_EVENTS, LEARNT_SECONDS, OWN_SOURCES,
    SILENT_SECONDS_MIN, SKEW_SECONDS_MAX, Skew, SourceBook, SourceBookSnapshot, SourceState,
};
pub use stories::{LINK_SECONDS, Lead, PUSH_SECONDS, Story, Tactic, stories};
pub use troubles::TROUBLES;

/// One entry per kind of untrusted input: takes any bytes, must return.
pub mod fuzz {
    pub use crate::access_review::fuzz_access_list;
    pub use crate::filter::fuzz_filter;
    pub use crate::framing::fuzz_framer;
    pub use crate::mail::fuzz_mail;
    pub use crate::retro::fuzz_indicators;
    pub use crate::sources::fuzz::*;
}
