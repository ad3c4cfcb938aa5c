//! Following growing text files, line by line, through rotation.
//!
//! The position is kept in the ledger after the lines are durable. When the process is killed between the two, the lines of
//! the last batch are read again: a repeated line is better than a missing one. A file that was renamed away (logrotate) is
//! found again by its inode beside its old name and read to its end before the new one is begun, also after a stop.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sakimori_ledger::Store;
use sakimori_watch::sources::{self, Context};
use sakimori_words::{Digest, Event, Trouble};
use serde::{Deserialize, Serialize};

use super::Pipeline;
use crate::troubles;

const LOOK_EVERY: Duration = Duration::from_millis(700);

/// Lines made durable together.
const BATCH: usize = 1_000;

/// A line longer than this is taken in pieces.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// Bytes at the beginning of a file by which a replaced file is told from a grown one.
const HEAD_BYTES: u64 = 256;

const SHELF: &str = "followed_file";

/// How far a file has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Position {
    /// Digest of the first [`HEAD_BYTES`] read so far, over `head_bytes` of them.
    head: Digest,
    head_bytes: u64,
    /// Digest of the last bytes read, as many as `head_bytes`: a new file that begins like the old one ends elsewhere.
    tail: Digest,
    offset: u64,
    /// Number of the file in its file system; 0 where there is none.
    inode: u64,
}

/// Follows `path` for ever.
pub(crate) async fn follow(path: PathBuf, store: Arc<dyn Store>, pipeline: Arc<Pipeline>) {
    let mut followed = Followed { key: path.display().to_string(), path, store, pipeline };
    let mut kept = followed.position_until_read().await;
    let mut position = kept.clone();
    loop {
        // Nothing more is read before the ledger knows how far: else a ledger that fails would have lines stored over and over.
        if kept != position {
            match followed.keep(&position).await {
                Ok(()) => kept = position.clone(),
                Err(trouble) => {
                    followed.rest_after(&trouble).await;
                    continue;
                }
            }
        }
        match followed.take_new_lines(&position).await {
            Ok(next) if next == position => tokio::time::sleep(LOOK_EVERY).await,
            Ok(next) => position = next,
            Err(trouble) => followed.rest_after(&trouble).await,
        }
    }
}

/// A file that is followed.
struct Followed {
    key: String,
    path: PathBuf,
    store: Arc<dyn Store>,
    pipeline: Arc<Pipeline>,
}

impl Followed {
    async fn position_until_read(&mut self) -> Position {
        loop {
            match self.store.get_private(SHELF, &self.key).await {
                Ok(kept) => {
                    let kept = kept.and_then(|kept| serde_json::from_value(kept.body).ok());
                    return kept.unwrap_or_default();
                }
                Err(error) => self.rest_after(&error.trouble()).await,
            }
        }
    }

    async fn keep(&self, position: &Position) -> Result<(), Trouble> {
        let body = serde_json::to_value(position).unwrap_or_default();
        self.store.put_private(SHELF, &self.key, body, None).await.map_err(|error| error.trouble())
    }

    async fn rest_after(&self, trouble: &Trouble) {
        self.pipeline.note_trouble(trouble);
        tokio::time::sleep(LOOK_EVERY * 10).await;
    }

    /// Takes one batch of lines; the position after it, the same when there was nothing new.
    async fn take_new_lines(&self, position: &Position) -> Result<Position, Trouble> {
        let source = format!("follow/{}", self.key);
        let context = Context { source, received_at: self.pipeline.now() };
        let (events, next) = match read_batch(&self.path, position, &context) {
            Ok(read) => read,
            // Between rotation and the first new line there is no file; that is no trouble.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(position.clone());
            }
            Err(error) => {
                return Err(Trouble::new(&troubles::FILE, format!("{}: {error}", self.key)));
            }
        };
        if !events.is_empty() {
            self.pipeline.take(events).await?;
        }
        Ok(next)
    }
}

/// The next lines: of the file read so far under whatever name it has now, else of the one at `path` from its start.
fn read_batch(
    path: &Path,
    position: &Position,
    context: &Context,
) -> std::io::Result<(Vec<Event>, Position)> {
    let mut input = BufReader::new(File::open(path)?);
    if is_read_so_far(&mut input, position)? {
        return lines(&mut input, position.clone(), End::MayGrow, context);
    }
    if let Some(mut rotated) = renamed(path, position)? {
        // Until its writer has been told of the rotation, it goes on writing into the renamed file.
        let begun = input.get_ref().metadata()?.len() > 0;
        let end = if begun { End::Final } else { End::MayGrow };
        let (events, next) = lines(&mut rotated, position.clone(), end, context)?;
        if !events.is_empty() || !begun {
            return Ok((events, next));
        }
    }
    let fresh = Position { inode: inode(input.get_ref())?, ..Position::default() };
    lines(&mut input, fresh, End::MayGrow, context)
}

/// Whether more can still be written behind the last byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    MayGrow,
    Final,
}

fn lines(
    input: &mut BufReader<File>,
    mut position: Position,
    end: End,
    context: &Context,
) -> std::io::Result<(Vec<Event>, Position)> {
    input.seek(SeekFrom::Start(position.offset))?;
    let mut events = Vec::new();
    while events.len() < BATCH {
        let Some((line, n_bytes)) = next_line(input, end)? else { break };
        position.offset += n_bytes;
        events.push(sources::read_line(&line, context));
    }
    position.inode = inode(input.get_ref())?;
    position.head_bytes = position.offset.min(HEAD_BYTES);
    position.head = Digest::of(&bytes_at(input, 0, position.head_bytes)?);
    position.tail =
        Digest::of(&bytes_at(input, position.offset - position.head_bytes, position.head_bytes)?);
    Ok((events, position))
}

/// Whether this is the file that was read so far: it has not shrunk, and what was read still begins and ends as it did.
fn is_read_so_far(input: &mut BufReader<File>, position: &Position) -> std::io::Result<bool> {
    let file = input.get_ref();
    if position.inode != 0 && inode(file)? != position.inode {
        return Ok(false);
    }
    if file.metadata()?.len() < position.offset || position.offset < position.head_bytes {
        return Ok(false);
    }
    let (n_bytes, last) = (position.head_bytes, position.offset - position.head_bytes);
    Ok(Digest::of(&bytes_at(input, 0, n_bytes)?) == position.head
        && Digest::of(&bytes_at(input, last, n_bytes)?) == position.tail)
}

/// The file read so far under the name a rotation gave it, beside its old one.
fn renamed(path: &Path, position: &Position) -> std::io::Result<Option<BufReader<File>>> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(None) };
    if position.inode == 0 {
        return Ok(None);
    }
    let name = name.to_string_lossy();
    let stem = name.split('.').next().unwrap_or(&name);
    for entry in std::fs::read_dir(folder)?.flatten() {
        let alike = entry.file_name().to_string_lossy().starts_with(stem)
            && entry.file_type().is_ok_and(|kind| kind.is_file());
        // What this account cannot open is not what it has read.
        let Some(file) = alike.then(|| File::open(entry.path()).ok()).flatten() else { continue };
        let mut input = BufReader::new(file);
        if is_read_so_far(&mut input, position)? {
            return Ok(Some(input));
        }
    }
    Ok(None)
}

#[cfg(unix)]
fn inode(file: &File) -> std::io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    Ok(file.metadata()?.ino())
}

#[cfg(not(unix))]
fn inode(_file: &File) -> std::io::Result<u64> {
    // Without a number, files are told apart by their first and last bytes alone.
    Ok(0)
}

fn bytes_at(input: &mut BufReader<File>, from: u64, n_bytes: u64) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    input.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    input.take(n_bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The next complete line without its end, and how many bytes it took. A line without an end is not complete yet, unless it
/// is over the limit or nothing more can come.
fn next_line(input: &mut BufReader<File>, end: End) -> std::io::Result<Option<(Vec<u8>, u64)>> {
    use std::io::Read;
    let mut line = Vec::new();
    let n_bytes = input.take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
    let n_bytes = u64::try_from(n_bytes).unwrap_or(0);
    let complete = line.last() == Some(&b'\n');
    if n_bytes == 0 || (!complete && n_bytes < LINE_BYTES_MAX && end == End::MayGrow) {
        return Ok(None);
    }
    if complete {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    Ok(Some((line, n_bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_words::Instant;

    fn read(path: &Path, position: &Position) -> (Vec<String>, Position) {
        let context =
            Context { source: "follow/x".to_owned(), received_at: Instant::from_micros(0) };
        let (events, position) = read_batch(path, position, &context).unwrap();
        (
            events.iter().map(|event| String::from_utf8_lossy(&event.raw).into_owned()).collect(),
            position,
        )
    }

    #[test]
    fn a_growing_file_is_read_once_and_a_rotated_one_from_its_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.log");
        std::fs::write(&path, "one\r\ntwo\nthr").unwrap();
        let (lines, position) = read(&path, &Position::default());
        assert_eq!(lines, ["one", "two"]);
        std::fs::write(&path, "one\r\ntwo\nthree\n").unwrap();
        let (lines, position) = read(&path, &position);
        assert_eq!(lines, ["three"]);
        assert_eq!(read(&path, &position).0, Vec::<String>::new());
        std::fs::write(&path, "a longer first line after rotation\n").unwrap();
        assert_eq!(read(&path, &position).0, ["a longer first line after rotation"]);
    }

    #[test]
    fn the_end_of_a_renamed_file_is_read_before_the_new_one_is_begun() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.log");
        std::fs::write(&path, "header\none\n").unwrap();
        let (_, position) = read(&path, &Position::default());
        std::fs::write(&path, "header\none\ntwo\nlast without an end").unwrap();
        std::fs::rename(&path, folder.path().join("app.log.1")).unwrap();
        std::fs::write(&path, "header\nnew\n").unwrap();
        let (lines, position) = read(&path, &position);
        assert_eq!(lines, ["two", "last without an end"]);
        let (lines, position) = read(&path, &position);
        assert_eq!(lines, ["header", "new"]);
        assert_eq!(read(&path, &position), (Vec::<String>::new(), position));
    }

    #[test]
    fn a_file_replaced_by_one_that_begins_alike_is_read_from_its_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.csv");
        let header = format!("{}\n", "h".repeat(400));
        std::fs::write(&path, format!("{header}one\n")).unwrap();
        let (_, position) = read(&path, &Position::default());
        // copytruncate: the same file with other lines, already longer than what was read.
        std::fs::write(&path, format!("{header}four\nfive\n")).unwrap();
        assert_eq!(read(&path, &position).0[1..], ["four", "five"]);
    }
}
