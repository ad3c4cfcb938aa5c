//! Node and hub: signed envelopes, enrolment, outbox and inbox, exchange over any wire.
//!
//! Organisations form a tree: the ministry; prefectures and CEPTOAR bodies; institutions, which may hang under both. A child
//! enrols with a hub by a short code and from then on dials it; a hub never dials down. [`Post`] is one organisation's
//! post office. What it promises:
//!
//! - a message is signed once by its origin and never touched again; every relay adds its own signed route record;
//! - a queued message is delivered exactly once, in the order of its stream, however often the line breaks, repeats or
//!   reorders, and also after either side was restored from an older copy;
//! - the files a message names are fetched by whoever got it, and are byte for byte what its origin named;
//! - the same message by two routes is delivered once, then each further route is told once;
//! - whatever is forged, altered, unknown, replayed or too large is refused as a [`sakimori_words::Trouble`] with nothing applied, and the
//!   refusal is in the journal.

mod backoff;
mod code;
mod dsse;
mod enrolment;
mod errors;
mod exchange;
mod fetch;
mod files;
mod http;
mod link;
mod message;
mod minisign;
mod neighbour;
mod parcel;
mod post;
mod refusals;
mod troubles;
mod wire;

pub use backoff::{FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, wait_ms};
pub use code::{CODE_HOURS, EnrolmentCode, ParseCodeError, fuzz_code};
pub use dsse::{Dsse, OpenError, PublicKey, SecretKey};
pub use enrolment::fuzz_enrolment;
pub use errors::{EnrolError, ExchangeError, FileError, Refusal, SendError};
pub use exchange::{
    EXCHANGE_BYTES_MAX, PAGE_BYTES_MAX, PAGE_ITEMS_MAX, SKEW_SECONDS_MAX, fuzz_exchange,
};
pub use fetch::{Fetch, FetchError, FetchedAnswer, fetch};
pub use files::{FILE_BYTES_MAX, FILE_PART_BYTES, FILES_MAX, FileRef, Files, MemoryFiles};
pub use http::{HTTP_SETTINGS, HttpSettings, HttpWire};
pub use message::{
    BODY_BYTES_MAX, Delivered, Envelope, EnvelopeError, Keys, MESSAGE_TYPE, MessageHeader,
    REMARK_CHARS_MAX, Standing, VIA_TYPE, VIAS_MAX, Verified, Via, add_via, seal_message,
};
pub use minisign::{MinisignError, fuzz_minisign, minisign_public_key};
pub use neighbour::{KnownOrganisation, LinkStatus, Neighbour, Parted, Relation, may_enrol_under};
pub use parcel::{
    Addressee, Answered, Delivery, Exchanged, Handler, HandlerError, Members, Outgoing, Parcel,
    Relay, Routes, Taken,
};
pub use post::{
    AwaitedFile, BundleSignature, DIRECTORY_TYPE, Fetched, MEDIUM_CODE_DAYS, Post, RESEND_TYPE,
    awaited_files,
};
pub use troubles::TROUBLES;
pub use wire::{Door, Trust, Wire, WireError};

#[cfg(test)]
mod tests;
