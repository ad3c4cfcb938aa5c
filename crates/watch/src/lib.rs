//! WATCH 検知: log sources, detection on the stream and over files, findings, coverage of sources.
//!
//! A log line or a file of records goes in through [`sources`] and becomes `words::Event`s: what was understood in columns,
//! what was not kept as it came. [`Detector`] holds the rules and turns events into findings; [`Findings`] keeps them, grouped,
//! for people to act on, apart from what an exception ([`Exceptions`]) holds back; [`Behaviour`] learns what is usual and says
//! what is not; [`stories`] puts those of one attack together; [`SourceBook`] knows which source has fallen silent and
//! whose clock is off; [`Senders`] knows who may hand in records over HTTP; [`SavedSearches`] keeps what people search for again
//! and again; [`hunt`] runs the same rules over files without keeping anything; [`retro`] looks back over the whole log for what is
//! known only today; [`filter`] is how people say which events they want; [`mail`] examines a mail that staff find suspicious;
//! [`maintenance`] matches suppliers' sessions with announced work plans; [`access_review`] explains accesses to patients' records
//! and ranks the rest. Nothing here opens a file, a socket or a clock: the binary hands in bytes and instants.

pub mod access_review;
mod behaviour;
#[cfg(test)]
mod desk;
mod detector;
mod exceptions;
pub mod filter;
mod findings;
mod framing;
pub mod hunt;
pub mod mail;
pub mod maintenance;
pub mod retro;
mod saved_searches;
mod senders;
mod source_book;
pub mod sources;
mod stories;
mod troubles;

pub use behaviour::{
    Behaviour, BehaviourSnapshot, KindProgress, LATE_DAYS, LEARNING_DAYS, NIGHTS_KEPT,
    NightActivity, OnThoughUnused, Progress,
};
pub use detector::{
    Advice, Detector, RULE_BYTES_MAX, RuleLists, RuleListsError, RuleText, RulesReport,
};
pub use exceptions::{
    EXCEPTION_DAYS, EXCEPTION_DAYS_MAX, EXCEPTION_REASON_CHARS_MAX, EXCEPTIONS_MAX, EXPIRING_DAYS,
    Exception, Exceptions, ExceptionsError, Held, Listed, NewException, Scope, Standing, Term,
    Turn,
};
pub use findings::{
    COUNT_SECONDS, Covered, EVIDENCE_MAX, FindingState, Findings, FindingsError, GROUP_SECONDS,
    Handled, INVOLVED_MAX, KeptFinding, KeptStory, Known, STORY_FINDINGS_MAX, Which,
};
pub use framing::{Frame, Framer};
/// CSV for spreadsheets; it lives with the words, since other stages write tables too.
pub use sakimori_words::spreadsheet;
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
    pub use crate::behaviour::fuzz_behaviour;
    pub use crate::filter::fuzz_filter;
    pub use crate::framing::fuzz_framer;
    pub use crate::mail::fuzz_mail;
    pub use crate::maintenance::fuzz_plans_file;
    pub use crate::retro::fuzz_indicators;
    pub use crate::sources::fuzz::*;
}
