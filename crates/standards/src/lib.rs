//! The standards of the field, so that other people's tools and ours understand each other.
//!
//! STIX, MISP and CSAF files are read into [`Reading`]s and [`csaf::Advisory`]s, and shared items ([`SharedIntelligence`]), advisories and
//! warnings are written as STIX, MISP, CSAF and CAP. All of that is pure: the same input gives the same bytes, ids and times come
//! from outside. [`taxii`] adds the shelf in the ledger from which a TAXII 2.1 server answers, and the reader's side of it.
//!
//! Two rules hold everywhere. Reading is tolerant and honest: what is not understood is named or counted, never dropped in silence, and
//! any bytes are answered without falling over. Marking fails closed: what carries no readable TLP label is RED.

pub mod atom;
pub mod cap;
pub mod csaf;
pub mod ids;
pub mod intelligence;
pub mod misp;
#[cfg(test)]
mod peers;
#[cfg(test)]
mod sample;
pub mod stix;
pub mod taxii;
pub mod tlp;
mod troubles;

pub use intelligence::{
    FileKind, Indicator, IndicatorKind, Note, Publisher, ReadIndicator, Reading,
    SharedIntelligence, Technique, read_file,
};
pub use troubles::TROUBLES;

/// One entry per kind of untrusted input: takes any bytes, must return.
pub mod fuzz {
    pub use crate::cap::fuzz_cap;
    pub use crate::csaf::fuzz_csaf;
    pub use crate::misp::fuzz_misp;
    pub use crate::stix::{fuzz_pattern, fuzz_stix};
    pub use crate::taxii::fuzz_query;
}
