//! The folder into which the mail server delivers what staff forward as suspicious: examined, kept, answered in a file.
//!
//! `inbox/suspicious-mail/` takes files or a Maildir (`new/`). A mail that was examined moves to `done/`, one that is none to
//! `failed/` with the reason beside it. The answer to a person of the house lies in `answers/` as a mail that the site's own mail
//! server sends (`sendmail -t < …`): this program speaks to no mail server.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sakimori_watch::By;
use sakimori_watch::mail::{
    HandedIn, Handing, House, MAIL_BYTES_MAX, MailDesk, MailDeskError, NotMail, Via, answer,
    answer_mail,
};
use sakimori_words::{Lang, PersonId, Trouble};

use super::Pipeline;
use crate::files;

/// Name of the folder inside the inbox.
pub(crate) const FOLDER: &str = "suspicious-mail";

/// How often the folder is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(700);

/// Looks in a row at which a file must be as large as before: somebody may still be writing it.
const LOOKS_AT_REST: u32 = 2;

/// Looks after which a mail that could not be kept is tried again: about half a minute.
const LOOKS_BETWEEN_TRIES: u32 = 40;

/// The folder of one node.
pub(crate) struct MailFolder {
    folder: PathBuf,
    desk: Arc<MailDesk>,
    pipeline: Arc<Pipeline>,
}

impl MailFolder {
    /// Opens the folder in `inbox`, making it and its sub-folders when they are not there.
    ///
    /// # Errors
    /// SK-NODE-007 when they cannot be made.
    pub(crate) fn open(
        inbox: &Path,
        desk: Arc<MailDesk>,
        pipeline: Arc<Pipeline>,
    ) -> Result<Self, Trouble> {
        let folder = inbox.join(FOLDER);
        for sub in ["new", "done", "failed", "answers"] {
            let sub = folder.join(sub);
            std::fs::create_dir_all(&sub).map_err(|error| files::refused(&sub, &error))?;
        }
        Ok(Self { folder, desk, pipeline })
    }

    /// Watches the folder for ever.
    pub(crate) async fn watch(self) {
        let mut seen: HashMap<PathBuf, (u64, u32)> = HashMap::new();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let mut now = HashMap::new();
            for (path, bytes) in self.waiting() {
                let rested = match seen.get(&path) {
                    Some((before, rested)) if *before == bytes => rested.saturating_add(1),
                    _ => 1,
                };
                let due = rested
                    .checked_sub(LOOKS_AT_REST)
                    .is_some_and(|more| more.is_multiple_of(LOOKS_BETWEEN_TRIES));
                if due {
                    self.take(&path).await;
                }
                now.insert(path, (bytes, rested));
            }
            seen = now;
        }
    }

    /// Files directly in the folder and in `new/`, with their sizes. Links, and names that begin with a dot, are left alone.
    fn waiting(&self) -> Vec<(PathBuf, u64)> {
        let folders = [self.folder.clone(), self.folder.join("new")];
        let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
        let mut waiting: Vec<(PathBuf, u64)> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
                let meta = entry.metadata().ok()?;
                (meta.is_file() && !hidden).then(|| (entry.path(), meta.len()))
            })
            .collect();
        waiting.sort();
        waiting
    }

    async fn take(&self, path: &Path) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        let done = match self.examine(path, &name).await {
            Ok(handed) => self.finish(path, &name, &handed).await,
            Err(MailDeskError::NotMail(error)) => self.set_aside(path, &name, &error.trouble()),
            Err(error) => return self.pipeline.note_trouble(&error.trouble()),
        };
        if let Err(error) = done {
            self.pipeline.note_trouble(&files::refused(path, &error));
        }
    }

    async fn examine(&self, path: &Path, name: &str) -> Result<HandedIn, MailDeskError> {
        let bytes =
            read(path).map_err(|error| MailDeskError::Shelf(files::refused(path, &error)))?;
        if bytes.len() > MAIL_BYTES_MAX {
            return Err(NotMail::TooLarge { bytes: bytes.len() }.into());
        }
        let system = PersonId::from("system");
        let by = By { person: &system, name: FOLDER };
        self.desk.hand_in(bytes, Handing { by, via: &Via::Folder, file: name }).await
    }

    /// Moves the mail away, then puts the answer where the mail server finds it: a mail is rather not answered than answered
    /// again and again.
    async fn finish(&self, path: &Path, name: &str, handed: &HandedIn) -> std::io::Result<()> {
        std::fs::rename(path, free_place(&self.folder.join("done"), name, &handed.id))?;
        let house = self.desk.house().await.unwrap_or_default();
        let Some(mail) = mail_of(handed, &house) else { return Ok(()) };
        let half = self.folder.join("answers").join(format!(".{}", handed.id));
        std::fs::write(&half, mail)?;
        let whole = self.folder.join("answers").join(format!("{}-answer.eml", handed.id));
        std::fs::rename(half, whole)
    }

    fn set_aside(&self, path: &Path, name: &str, trouble: &Trouble) -> std::io::Result<()> {
        self.pipeline.note_trouble(trouble);
        let place = free_place(&self.folder.join("failed"), name, "again");
        std::fs::rename(path, &place)?;
        let reason = format!("{}\n{}\n", trouble.render(Lang::Ja), trouble.render(Lang::En));
        std::fs::write(place.with_added_extension("txt"), reason)
    }
}

fn mail_of(handed: &HandedIn, house: &House) -> Option<String> {
    answer_mail(&handed.examined, &answer(&handed.examined, house), house)
}

/// At most one byte more than is examined: enough to see that it is too much.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let limit = MAIL_BYTES_MAX as u64 + 1;
    std::fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The name itself, or with `mark` in front while it is taken.
pub(crate) fn free_place(folder: &Path, name: &str, mark: &str) -> PathBuf {
    let mut place = folder.join(name);
    while place.try_exists().unwrap_or(false) {
        let name = place.file_name().map(|name| name.to_string_lossy().into_owned());
        place = folder.join(format!("{mark}-{}", name.unwrap_or_default()));
    }
    place
}
