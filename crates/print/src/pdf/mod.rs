//! A document on A4 as an official letter, set by typst.
//!
//! Always exported as PDF/UA-1 and PDF/A-2b: tagged for readers who do not see it, kept readable for years, and an error
//! instead of an empty box where a glyph is missing.

mod fonts;
mod sheet;
mod world;

use sakimori_words::document::Document;
use typst::diag::{SourceDiagnostic, Warned};
use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

pub use fonts::Fonts;

use crate::PrintError;
use sheet::Sheet;
use world::PaperWorld;

/// Longest document, in characters: about 300 pages.
const CHARS_MAX: usize = 300_000;

/// Compilations after which the typesetter forgets what it did not use: reports of one night are alike.
const KEPT_RUNS: usize = 8;

/// The document as PDF.
///
/// # Errors
/// When there is no font, a character is in none of them, or the document is longer than 300 000 characters.
pub fn pdf(document: &Document, fonts: &Fonts) -> Result<Vec<u8>, PrintError> {
    if fonts.is_empty() {
        return Err(PrintError::NoFonts { folders: fonts.folders() });
    }
    let sheet = Sheet::of(document, fonts.families());
    if sheet.chars() > CHARS_MAX {
        return Err(PrintError::TooLong { chars: sheet.chars(), chars_max: CHARS_MAX });
    }
    let characters = fonts.missing(sheet.texts());
    if !characters.is_empty() {
        return Err(PrintError::MissingCharacters { characters });
    }
    let set = set(&sheet, fonts, &document.stamp());
    comemo::evict(KEPT_RUNS);
    set
}

fn set(sheet: &Sheet, fonts: &Fonts, stamp: &str) -> Result<Vec<u8>, PrintError> {
    let world = PaperWorld::new(sheet, fonts)?;
    let Warned { output, .. } = typst::compile::<PagedDocument>(&world);
    let pages = output.map_err(|problems| refused(&problems))?;
    let standards = PdfStandards::new(&[PdfStandard::Ua_1, PdfStandard::A_2b])
        .map_err(|problem| PrintError::Typesetter { problem: problem.message().to_string() })?;
    let options = PdfOptions {
        ident: Smart::Custom(stamp.to_owned()),
        creator: Smart::Custom(Some("Sakimori".to_owned())),
        standards,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&pages, &options).map_err(|problems| refused(&problems))
}

fn refused(problems: &[SourceDiagnostic]) -> PrintError {
    let problems: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    PrintError::Typesetter { problem: problems.join("; ") }
}
