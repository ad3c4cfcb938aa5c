//! The folder into which the mail server delivers what came back: `inbox/bounces/`, files or a Maildir (`new/`).
//!
//! What was understood moves to `done/`, what a person should read to `failed/` with the reason beside it.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sakimori_mail::{MailError, Mailroom, RETURNED_BYTES_MAX, Saying, read_returned};
use sakimori_words::{Lang, Trouble};

use crate::files;
use crate::intake::mail_folder::free_place;

/// Name of the folder inside the inbox.
pub(crate) const FOLDER: &str = "bounces";

/// Files taken in one look: letters go on meanwhile.
const FILES_MAX: usize = 200;

/// The folder of one office.
pub(crate) struct ReturnedFolder {
    folder: PathBuf,
    /// Sizes at the last look: somebody may still be writing.
    seen: BTreeMap<PathBuf, u64>,
}

impl ReturnedFolder {
    /// Opens the folder in `inbox`, making it and its sub-folders when they are not there.
    ///
    /// # Errors
    /// SK-NODE-007 when they cannot be made.
    pub(crate) fn open(inbox: &Path) -> Result<Self, Trouble> {
        let folder = inbox.join(FOLDER);
        for sub in ["new", "done", "failed"] {
            let sub = folder.join(sub);
            std::fs::create_dir_all(&sub).map_err(|error| files::refused(&sub, &error))?;
        }
        Ok(Self { folder, seen: BTreeMap::new() })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }

    /// Takes in every file that has not grown since the last look. `local`: what return paths begin with.
    pub(crate) async fn look(&mut self, room: &Mailroom, local: &str) {
        let waiting = self.waiting();
        let at_rest = waiting.iter().filter(|(path, bytes)| self.seen.get(*path) == Some(bytes));
        for (path, _) in at_rest.take(FILES_MAX) {
            if let Err(error) = self.take(path, room, local).await {
                tracing::warn!(file = %path.display(), %error, "a returned mail could not be taken in");
            }
        }
        self.seen = waiting;
    }

    fn waiting(&self) -> BTreeMap<PathBuf, u64> {
        let folders = [self.folder.clone(), self.folder.join("new")];
        let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
        let files = entries.filter_map(|entry| {
            let entry = entry.ok()?;
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            let meta = entry.metadata().ok()?;
            (meta.is_file() && !hidden).then(|| (entry.path(), meta.len()))
        });
        files.collect()
    }

    async fn take(&self, path: &Path, room: &Mailroom, local: &str) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(RETURNED_BYTES_MAX).unwrap_or(u64::MAX);
        std::fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
        match understood(&bytes, room, local).await {
            Ok(()) => self.put(path, "done").map(drop),
            // The ledger may be back at the next look; the mail stays where it is.
            Err(error @ MailError::Ledger(_)) => Err(std::io::Error::other(error)),
            Err(error) => {
                let place = self.put(path, "failed")?;
                let trouble = error.trouble();
                let why = format!("{}\n{}\n", trouble.render(Lang::Ja), trouble.render(Lang::En));
                std::fs::write(place.with_added_extension("txt"), why)
            }
        }
    }

    fn put(&self, path: &Path, sub: &str) -> std::io::Result<PathBuf> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let place = free_place(&self.folder.join(sub), &name.unwrap_or_default(), "again");
        std::fs::rename(path, &place)?;
        Ok(place)
    }
}

async fn understood(bytes: &[u8], room: &Mailroom, local: &str) -> Result<(), MailError> {
    let returned = read_returned(bytes, local, room.secret()).ok_or(MailError::NotOurs)?;
    if returned.saying == Saying::Unclear {
        return Err(MailError::Unclear);
    }
    room.take_back(&returned.id, &returned.saying).await
}
