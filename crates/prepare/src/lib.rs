//! PREPARE 予防: what an institution has, so that a warning can be held against it, and what it answers about itself.
//!
//! For now checklists and the list of devices and systems (資産): kept by hand or brought in as CSV from the list that is there already, every
//! change a fact in the ledger. Other stages see it as [`sakimori_words::Inventory`]. Reading and merging are pure;
//! [`AssetDesk`] does the keeping.

mod asset;
mod checklist;
mod desk;
mod error;
mod file;
mod troubles;

pub use asset::{Asset, AssetFields, AssetKind, FIELD_CHARS_MAX, NOTE_CHARS_MAX};
pub use checklist::{CheckAnswer, Checked, ChecklistDesk, NewCheck, Sheet, SheetTally, fault};
pub use desk::{AssetDesk, By, Import, OwnAlias, OwnAliasKind};
pub use error::PrepareError;
pub use file::{
    ASSETS_FILE_BYTES_MAX, AssetsFile, AssetsFileError, RefusedRow, asset_rows, read_assets,
};
pub use troubles::TROUBLES;

#[cfg(test)]
mod tests;
