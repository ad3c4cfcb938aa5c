//! The register of institutions (医療機関等名簿): every one that is to be warned, whether it has a node or not.
//!
//! What this crate promises:
//!
//! - a list of the authorities is taken in row by row, as often as it comes: what is known is updated, what is not understood is
//!   handed back with the reason, and what a complete list no longer names is proposed as closed, never closed by itself;
//! - the census ([`Census`]) is kept in the same commit as the entries it counts, so that "how many does this rule address" and
//!   "how many look alike" are answered without reading the entries, and are never a commit behind them;
//! - an entry knows whom to call today: contacts are those of [`sakimori_content::LocalContact`], with their times and deputies.
//!
//! Reading and comparing lists is pure ([`read_list`], [`compare`]); [`Register`] does the keeping.

mod census;
mod compare;
mod desk;
mod error;
mod facility;
mod folding;
mod list;
mod proposal;
mod troubles;

pub use census::{Cell, Census, Tally};
pub use compare::{Comparison, Extent, Terms, compare};
pub use desk::{Asked, Imported, Register, Shown};
pub use error::RegisterError;
pub use facility::{Contacts, Dial, Facility, Source, Way};
pub use list::{
    BEDS_MAX, CellFault, LIST_BYTES_MAX, ListError, Reading, RefusedRow, Row, fuzz_list,
    list_heading, list_row, read_list, read_mail, read_phone, refused_csv,
};
pub use proposal::{Proposal, Proposed};
pub use troubles::TROUBLES;

#[cfg(test)]
mod tests;
