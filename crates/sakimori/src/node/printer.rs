//! The printer of the screens: fonts of this machine and of the data folder, one document at a time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sakimori_content::{FormSheet, SheetCell};
use sakimori_print::{CellMap, Fonts, MappedCell, PrintError, Target, fill_form, pdf, text, xlsx};
use sakimori_web::ports::{Paper, Printer};
use sakimori_words::Trouble;
use sakimori_words::document::Document;

use crate::{files, troubles};

/// Folder of the data folder whose fonts come before those of the machine.
const FOLDER: &str = "fonts";

/// Folder of the data folder where blank workbooks of offices lie, named after form and version.
const BLANKS: &str = "forms";
/// Largest blank that is read, in bytes; those of ministries have some hundred kilobytes.
const BLANK_BYTES_MAX: u64 = 20 << 20;

/// Makes files of documents.
pub(crate) struct Press {
    state: Arc<State>,
}

struct State {
    folder: PathBuf,
    /// Where the offices' blanks lie.
    blanks: PathBuf,
    /// Found with the first PDF, and again after one that a font would have helped. Held while a PDF is set: the typesetter
    /// uses every core, and a second one would only take more memory.
    fonts: Mutex<Option<Fonts>>,
}

impl Press {
    pub(crate) fn new(data: &Path) -> Self {
        let (folder, blanks) = (data.join(FOLDER), data.join(BLANKS));
        Self { state: Arc::new(State { folder, blanks, fonts: Mutex::new(None) }) }
    }
}

#[async_trait]
impl Printer for Press {
    async fn print(&self, document: Document, paper: Paper) -> Result<Vec<u8>, Trouble> {
        let state = Arc::clone(&self.state);
        let made = tokio::task::spawn_blocking(move || match paper {
            Paper::Pdf => state.pdf(&document),
            Paper::Workbook => xlsx(&document),
            Paper::Words => Ok(text(&document).into_bytes()),
        });
        let made = made.await.map_err(|error| Trouble::because(&troubles::OUTPUT, &error))?;
        made.map_err(|error| error.trouble())
    }

    async fn fill(&self, document: Document, sheet: &FormSheet) -> Result<Vec<u8>, Trouble> {
        let (path, map) = (self.state.blanks.join(sheet.file_name()), map_of(sheet));
        let made = tokio::task::spawn_blocking(move || filled(&document, &map, &path));
        made.await.map_err(|error| Trouble::because(&troubles::OUTPUT, &error))?
    }
}

/// The office's blank at `path` filled in, or a workbook of ours where there is none.
fn filled(document: &Document, map: &CellMap, path: &Path) -> Result<Vec<u8>, Trouble> {
    if !path.try_exists().map_err(|error| files::refused(path, &error))? {
        return xlsx(document).map_err(|error| error.trouble());
    }
    let blank = files::read_given(path, BLANK_BYTES_MAX)?;
    fill_form(document, map, &blank).map_err(|error| {
        let trouble = error.trouble();
        Trouble { detail: format!("{}: {}", path.display(), trouble.detail), ..trouble }
    })
}

/// The cells of a sheet as the printer takes them. Those that a person fills in have no value and need no place.
fn map_of(sheet: &FormSheet) -> CellMap {
    let cells = sheet.cells().filter(|cell| !cell.fields.is_empty());
    let place = |cell: &SheetCell| match (cell.at.as_str(), cell.below) {
        ("", false) => Target::RightOf(cell.label.ja.clone()),
        ("", true) => Target::Below(cell.label.ja.clone()),
        (at, _) => Target::At(at.to_owned()),
    };
    let mapped = |cell: &SheetCell| MappedCell {
        field: cell.id.clone(),
        sheet: cell.sheet.clone(),
        place: place(cell),
    };
    CellMap { says: sheet.says.clone(), cells: cells.map(mapped).collect() }
}

impl State {
    fn pdf(&self, document: &Document) -> Result<Vec<u8>, PrintError> {
        let mut fonts = self.fonts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = fonts.get_or_insert_with(|| Fonts::find(Some(&self.folder)));
        let made = pdf(document, known);
        // Whoever puts the font there that the trouble asks for tries again, and is not told to restart.
        if let Err(PrintError::NoFonts { .. } | PrintError::MissingCharacters { .. }) = made {
            *fonts = None;
        }
        made
    }
}
