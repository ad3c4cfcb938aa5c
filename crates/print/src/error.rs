//! What keeps a document from being made.

/// A document that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// No Japanese font was found.
    #[error("no Japanese font was found in {}", folders.join(", "))]
    NoFonts {
        /// Where was looked.
        folders: Vec<String>,
    },
    /// No font has these characters; paper would show empty boxes in their places.
    #[error("no font on this machine has {}", named(characters))]
    MissingCharacters {
        /// The characters.
        characters: Vec<char>,
    },
    /// Longer than any document for an office.
    #[error("the document has {chars} characters, more than {chars_max}")]
    TooLong {
        /// How long it is.
        chars: usize,
        /// How long it may be.
        chars_max: usize,
    },
    /// The typesetter refused it.
    #[error("the typesetter refused the document: {problem}")]
    Typesetter {
        /// Its words.
        problem: String,
    },
    /// The workbook could not be written.
    #[error("the workbook could not be written")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// A workbook that is not the one its map was made for.
    #[error("{}", problems.join("; "))]
    OtherForm {
        /// Everything that does not fit.
        problems: Vec<String>,
    },
}

/// `𠮷 (U+20BB7), 😀 (U+1F600)`.
fn named(characters: &[char]) -> String {
    let named = characters.iter().map(|c| format!("{c} (U+{:04X})", u32::from(*c)));
    named.collect::<Vec<_>>().join(", ")
}
