//! Following growing text files, line by line, through rotation: every line is kept once.
//!
//! How far a file has been read is kept in the ledger after its lines are durable, together with the log's last number then.
//! When the process is killed between the two, the log knows better: the lines of this file behind that number are those that
//! follow the kept position, and reading goes on after them. The log is the truth, the kept position only saves looking far.

mod file;
mod packed;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sakimori_lake::LakeReader;
use sakimori_ledger::Store;
use sakimori_watch::sources::Context;
use sakimori_words::Trouble;

use self::file::{Position, pass_over, read_batch};
use self::packed::Packs;
use super::Pipeline;
use crate::troubles;

const LOOK_EVERY: Duration = Duration::from_millis(700);

const SHELF: &str = "followed_file";

/// Follows `path` for ever.
pub(crate) async fn follow(
    path: PathBuf,
    log: LakeReader,
    store: Arc<dyn Store>,
    pipeline: Arc<Pipeline>,
) {
    let key = path.display().to_string();
    let source = format!("follow/{key}");
    let followed = Followed { source, key, path, log, store, pipeline, packs: Arc::default() };
    loop {
        // Whatever went wrong, nobody knows how far the lines were kept until the log has been asked again.
        let Err(trouble) = followed.go_on().await;
        followed.pipeline.note_trouble(&trouble);
        tokio::time::sleep(LOOK_EVERY * 10).await;
    }
}

/// A file that is followed.
struct Followed {
    key: String,
    /// What its events name as their source. Nobody else writes events of this source.
    source: String,
    path: PathBuf,
    log: LakeReader,
    store: Arc<dyn Store>,
    pipeline: Arc<Pipeline>,
    packs: Arc<Mutex<Packs>>,
}

impl Followed {
    /// Reads on from what was kept, until something goes wrong.
    async fn go_on(&self) -> Result<Infallible, Trouble> {
        let mut position = self.caught_up().await?;
        loop {
            let next = self.take_new_lines(&position).await?;
            if next == position {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            // Nothing more is read before the ledger knows how far, so that the log never has to be asked for much.
            self.keep(&next).await?;
            position = next;
        }
    }

    /// The position after the last line that the log holds.
    async fn caught_up(&self) -> Result<Position, Trouble> {
        let kept = self.store.get_private(SHELF, &self.key).await;
        let kept = kept.map_err(|error| error.trouble())?;
        let kept: Position =
            kept.and_then(|kept| serde_json::from_value(kept.body).ok()).unwrap_or_default();
        let Some(kept_up_to) = kept.kept_up_to() else { return self.begun(kept).await };
        let later = self.log.events_of(&self.source, kept_up_to).await;
        let later = later.map_err(|error| error.trouble())?;
        let Some(last) = later.last() else { return Ok(kept) };
        let seq = last.seq;
        let passed = self.with_files(move |path, packs| {
            let lines: Vec<&[u8]> = later.iter().map(|stored| &*stored.event.raw).collect();
            pass_over(path, &kept, &lines, packs)
        });
        let position = passed.await?.at_number(seq);
        self.keep(&position).await?;
        Ok(position)
    }

    /// Begins to count from the log as it is now, before the first line can be in it.
    async fn begun(&self, position: Position) -> Result<Position, Trouble> {
        let last = self.log.last_seq().await.map_err(|error| error.trouble())?;
        let position = position.at_number(last);
        self.keep(&position).await?;
        Ok(position)
    }

    async fn keep(&self, position: &Position) -> Result<(), Trouble> {
        let body = serde_json::to_value(position).unwrap_or_default();
        self.store.put_private(SHELF, &self.key, body, None).await.map_err(|error| error.trouble())
    }

    /// Takes one batch of lines; the position after it, the same when there was nothing new.
    async fn take_new_lines(&self, position: &Position) -> Result<Position, Trouble> {
        let context = Context { source: self.source.clone(), received_at: self.pipeline.now() };
        let from = position.clone();
        let read = self.with_files(move |path, packs| read_batch(path, &from, &context, packs));
        let (events, next) = read.await?;
        let last = self.pipeline.take(events).await?;
        Ok(match last {
            Some(last) => next.at_number(last),
            None => next,
        })
    }

    /// Reads in the files on a thread of its own: on the way through a packed one, much may have to be unpacked.
    async fn with_files<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Path, &mut Packs) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, Trouble> {
        let (path, packs) = (self.path.clone(), Arc::clone(&self.packs));
        let reading = tokio::task::spawn_blocking(move || {
            let mut packs = packs.lock().unwrap_or_else(PoisonError::into_inner);
            let read = read(&path, &mut packs);
            (read, packs.damage())
        });
        let (read, damage) =
            reading.await.map_err(|error| Trouble::because(&troubles::INTAKE, &error))?;
        if let Some(damage) = damage {
            let detail = format!("{}: {damage}", self.key);
            self.pipeline.note_trouble(&Trouble::new(&troubles::PACKED_LOG, detail));
        }
        read.map_err(|error| self.trouble(&error))
    }

    fn trouble(&self, error: &std::io::Error) -> Trouble {
        Trouble::new(&troubles::FILE, format!("{}: {error}", self.key))
    }
}
