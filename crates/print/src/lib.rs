//! Documents in offices' hands: one [`Document`](sakimori_words::document::Document) becomes a PDF, a workbook, or words for the
//! telephone.
//!
//! The same document with the same fonts gives the same bytes, so that files can be compared by their digest. Only
//! [`Fonts::find`] reads files, and no font is built in: licences and rare characters of names are the matter of the machine.

mod characters;
mod error;
mod pdf;
mod phone;
mod troubles;
mod workbook;

pub use error::PrintError;
pub use pdf::{Fonts, pdf};
pub use phone::text;
pub use troubles::TROUBLES;
pub use workbook::{CellMap, MappedCell, Target, fill_form, xlsx, xlsx_table};

#[cfg(test)]
mod tests;
