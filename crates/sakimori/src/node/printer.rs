//! The printer of the screens: fonts of this machine and of the data folder, one document at a time.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sakimori_print::{Fonts, PrintError, pdf, text, xlsx};
use sakimori_web::ports::{Paper, Printer};
use sakimori_words::Trouble;
use sakimori_words::document::Document;

use crate::troubles;

/// Folder of the data folder whose fonts come before those of the machine.
const FOLDER: &str = "fonts";

/// Makes files of documents.
pub(crate) struct Press {
    state: Arc<State>,
}

struct State {
    folder: PathBuf,
    /// Found with the first PDF, and again after one that a font would have helped. Held while a PDF is set: the typesetter
    /// uses every core, and a second one would only take more memory.
    fonts: Mutex<Option<Fonts>>,
}

impl Press {
    pub(crate) fn new(data: &std::path::Path) -> Self {
        Self { state: Arc::new(State { folder: data.join(FOLDER), fonts: Mutex::new(None) }) }
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
