//! SHARE 共有: a case told so that others learn from it and nobody recognises the victim.
//!
//! An office takes the technical part of a report, the damage in bands, and says where and when as vaguely as the register demands
//! ([`Spread`]). An officer writes what happened anew; what may identify is replaced ([`scrub()`]). The victim sees exactly what
//! would leave and answers; another officer releases; and no byte leaves without passing [`gate()`]. Every step is a fact in the
//! ledger.
//!
//! The decisions are pure; [`ShareDesk`] does the reading and keeping. Other formats (STIX, CSAF, mail) are made from [`SharedCase`] and
//! pass the same gate.

mod case;
mod desk;
mod detections;
mod error;
pub mod exchange;
mod gate;
mod indicators;
mod ladder;
mod letter;
mod own;
mod period;
mod place;
mod published;
mod received;
mod reported;
mod scrub;
mod sightings;
mod statistics;
mod troubles;

pub use case::{Analysis, SharedCase, SharedContent, SharedKey, Signer, Writing};
pub use desk::{Population, Preview, SentOut, ShareDesk, WrittenConsent};
pub use detections::detections_for;
pub use error::ShareError;
pub use gate::{Canaries, GateRefusal, Passed, channels, gate};
pub use indicators::{INDICATORS_MAX, SharedIndicator, is_of_a_house};
pub use ladder::{Climb, LadderError, Spread, Tried, k_for};
pub use letter::{about, broken_up, found, kind_words, letter, line};
pub use own::{Consent, ConsentAnswer, ConsentWay, Draft, DraftState, GoesOut, OwnCase, Release};
pub use period::Period;
pub use place::{Area, Place};
pub use published::{
    Channel, atom_entry, intelligence, public_article, public_path, public_row, publisher,
    stix_objects,
};
pub use received::{Answered, AskedConsent, ReceivedCase, Route};
pub use reported::{PassedField, ReportedCase, ReportedField};
pub use scrub::{
    Kind, NameBook, Override, Replacement, Scrubbed, formal_names, fuzz_scrub, scrub, short_names,
};
pub use sightings::{Look, LookState, Seen, Sightings};
pub use statistics::{Column, Counted, Figure, Table, suppressed};
pub use troubles::TROUBLES;

#[cfg(test)]
mod tests;
