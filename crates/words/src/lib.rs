//! The vocabulary every part of Sakimori speaks.
//!
//! Ids, time, organisations, log events, findings, the evidence behind a claim, the trouble a person sees, and the ports
//! through which the world enters (clock, chance). Everything may depend on this crate, so it stays small and slow-moving:
//! a type moves here when a second crate needs it, not before. No input or output, no engine, no policy.

mod audience;
pub mod document;
mod event;
mod evidence;
mod finding;
mod ids;
mod inventory;
mod lang;
mod organisation;
pub mod passages;
mod ports;
mod prefecture;
pub mod spreadsheet;
mod time;
mod tlp;
mod token;
mod trouble;
mod wareki;

pub use audience::Audience;
pub use event::{Event, Fields, RECORD_ACCESS, Value};
pub use evidence::{Digest, EvidenceRef};
pub use finding::{Finding, Involved, Level};
pub use ids::{
    AssetId, CaseId, ExceptionId, FindingId, MessageId, OrganisationId, PersonId, ReportId,
    SessionId, SharedCaseId, WarningId, new_uuid7,
};
pub use inventory::{Inventory, OwnedProduct};
pub use lang::{Lang, Text};
pub use organisation::{
    Founder, Institution, InstitutionKind, Organisation, OrganisationKind, VendorContract,
};
pub use ports::{Chance, Clock};
pub use prefecture::{PREFECTURES, Prefecture};
pub use time::{Instant, ParseInstantError, SECOND_MICROS, jst_date, jst_datetime};
pub use tlp::Tlp;
pub use token::AccessToken;
pub use trouble::{Retry, Trouble, TroubleKind};
pub use wareki::{Era, moment_words, parse_date, parse_moment_words, wareki, wareki_with_western};

/// A calendar date without a time zone, as forms carry it.
pub use jiff::civil::Date;

#[cfg(test)]
mod tests;
