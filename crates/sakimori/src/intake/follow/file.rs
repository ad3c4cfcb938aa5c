//! Where reading a followed file goes on: in the file read so far under whatever name it has now, in those that came between, in
//! the one that has the name today.
//!
//! Logrotate and its like rename a file (`app.log.1`, `app-20261121.log`) or copy it and empty it. What was read so far is found
//! again by its inode and by its first and last bytes, or by these bytes alone when it was copied; what was rotated away after
//! it by its name and by when it was last written. A rotated file that was packed (`.gz`) meanwhile is not read.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Seek, SeekFrom};
use std::path::Path;

use sakimori_watch::sources::{self, Context};
use sakimori_words::{Digest, Event, Instant};
use serde::{Deserialize, Serialize};

use crate::files;

/// Lines made durable together.
const BATCH: usize = 1_000;

/// A line longer than this is taken in pieces.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// Bytes at the beginning of a file by which a replaced file is told from a grown one.
const HEAD_BYTES: u64 = 256;

/// How far a file has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Position {
    /// Digest of the first [`HEAD_BYTES`] read so far, over `head_bytes` of them.
    head: Digest,
    head_bytes: u64,
    /// Digest of the last bytes read, as many as `head_bytes`: a new file that begins like the old one ends elsewhere.
    tail: Digest,
    offset: u64,
    /// Number of the file in its file system; 0 where there is none.
    inode: u64,
    /// When the file had last been written to as its last lines were read; `None` before there was a file.
    written_at: Option<Instant>,
    /// How far the file was read that came before this one, which may still lie beside it.
    before: Option<Box<Position>>,
    /// A number of the log: every event of this file behind it is of a line behind this position.
    kept_up_to: Option<u64>,
}

impl Position {
    /// Whether there has been a file at all.
    const fn is_begun(&self) -> bool {
        self.inode != 0 || self.written_at.is_some() || self.offset > 0
    }

    /// The last number of the log when this position was kept; `None` before it was kept with one.
    pub(super) const fn kept_up_to(&self) -> Option<u64> {
        self.kept_up_to
    }

    /// This position, to be kept when the last number of the log is `seq`.
    pub(super) fn at_number(self, seq: u64) -> Self {
        Self { kept_up_to: Some(seq), ..self }
    }
}

/// A file that holds lines behind a position, and where they begin in it.
struct Part {
    input: BufReader<File>,
    from: Position,
}

/// The next lines, and the position after them; the same when there are none.
pub(super) fn read_batch(
    path: &Path,
    position: &Position,
    context: &Context,
) -> std::io::Result<(Vec<Event>, Position)> {
    let mut parts = parts(path, position)?;
    let mut read = (Vec::new(), position.clone());
    while !parts.is_empty() {
        let part = parts.remove(0);
        // Until its writer has been told of the rotation, it goes on writing into the renamed file.
        let end = if any_begun(&parts)? { End::Final } else { End::MayGrow };
        read = lines(part, end, context)?;
        if !read.0.is_empty() || end == End::MayGrow {
            break;
        }
    }
    Ok(read)
}

/// The position after the lines `kept`, which were read from `position` on before a stop.
pub(super) fn pass_over(
    path: &Path,
    position: &Position,
    kept: &[&[u8]],
) -> std::io::Result<Position> {
    let (mut position, mut kept) = (position.clone(), kept);
    let mut parts = parts(path, &position)?;
    while !parts.is_empty() {
        let Part { mut input, from } = parts.remove(0);
        let end = if parts.is_empty() { End::MayGrow } else { End::Final };
        let mut offset = from.offset;
        while let Some((line, later)) = kept.split_first()
            && let Some(n_bytes) = bytes_of_kept(&mut input, offset, line, end)?
        {
            offset += n_bytes;
            kept = later;
        }
        if offset > from.offset {
            position = settled(&mut input, offset, from)?;
        }
    }
    Ok(position)
}

/// How many bytes the kept line takes at `offset`; `None` when another one is there.
fn bytes_of_kept(
    input: &mut BufReader<File>,
    offset: u64,
    line: &[u8],
    end: End,
) -> std::io::Result<Option<u64>> {
    let n_bytes = line.len() as u64;
    let there = bytes_at(input, offset, n_bytes + 2)?;
    let Some(behind) = there.strip_prefix(line) else { return Ok(None) };
    Ok(match behind {
        // A piece of a longer line.
        _ if n_bytes == LINE_BYTES_MAX => Some(n_bytes),
        [b'\n', ..] => Some(n_bytes + 1),
        [b'\r', b'\n'] => Some(n_bytes + 2),
        // A last line without an end, which its writer may have gone on with since.
        _ if n_bytes > 0 && end == End::Final => Some(n_bytes),
        _ => None,
    })
}

/// The files that hold what comes after `position`, oldest first.
fn parts(path: &Path, position: &Position) -> std::io::Result<Vec<Part>> {
    let mut current = open(path)?;
    let is_own = match &mut current {
        Some(input) => is_read_so_far(input, position)?,
        None => false,
    };
    let mut parts = Vec::new();
    // Of a file of which nothing was read, nobody can tell whether it was copied and emptied since.
    if position.is_begun() && (!is_own || position.offset == 0) {
        parts = rotated(path, position, is_own)?;
    }
    if let Some(input) = current {
        let from = if is_own { position.clone() } else { beginning(&input, position)? };
        parts.push(Part { input, from });
    }
    Ok(parts)
}

/// What a rotation has put beside `path` since: the file read so far, unless it is the one at `path`, and those after it.
fn rotated(path: &Path, position: &Position, is_in_place: bool) -> std::io::Result<Vec<Part>> {
    let mut siblings = siblings(path)?;
    let mut parts = Vec::new();
    if !is_in_place && let Some(input) = take_own(&mut siblings, position)? {
        let from = Position { inode: inode(input.get_ref())?, ..position.clone() };
        parts.push(Part { input, from });
    }
    for mut sibling in siblings {
        if sibling.came_after(position) && !is_one_before(&mut sibling.input, position)? {
            parts.push(Part { from: beginning(&sibling.input, position)?, input: sibling.input });
        }
    }
    Ok(parts)
}

/// The file read so far: under another name, else, when it was copied and emptied, its copy.
fn take_own(
    siblings: &mut Vec<Sibling>,
    position: &Position,
) -> std::io::Result<Option<BufReader<File>>> {
    let own = find(siblings, |sibling| is_read_so_far(&mut sibling.input, position))?;
    if own.is_some() {
        return Ok(own);
    }
    // The oldest one: of several copies that begin alike, those made before were read then.
    find(siblings, |sibling| {
        Ok(sibling.came_after(position) && is_copy(&mut sibling.input, position)?)
    })
}

/// A file whose name begins like that of the followed one.
struct Sibling {
    input: BufReader<File>,
    written_at: Option<Instant>,
    /// Whether its name is one that rotation gives.
    rotated: bool,
}

impl Sibling {
    /// Whether it was rotated away no earlier than the file of `position` was last read.
    fn came_after(&self, position: &Position) -> bool {
        // A position that an earlier version kept does not say.
        self.rotated && position.written_at.is_some() && self.written_at >= position.written_at
    }
}

/// The files beside `path` that may have had its name, in the order in which they were last written.
fn siblings(path: &Path) -> std::io::Result<Vec<Sibling>> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(Vec::new());
    };
    let name = name.to_string_lossy();
    let stem = name.split('.').next().unwrap_or(&name);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)?.flatten() {
        let own = entry.file_name();
        let own = own.to_string_lossy();
        let alike = own != name
            && own.starts_with(stem)
            && entry.file_type().is_ok_and(|kind| kind.is_file());
        // What this account cannot open is not what it has read.
        let Some(file) = alike.then(|| File::open(entry.path()).ok()).flatten() else { continue };
        let written_at = files::written_at(&file.metadata()?);
        let rotated = is_rotated_name(&name, &own);
        found.push((written_at, own.into_owned(), rotated, file));
    }
    found.sort_by(|left, right| (left.0, &left.1).cmp(&(right.0, &right.1)));
    let sibling = |(written_at, _, rotated, file)| Sibling {
        input: BufReader::new(file),
        written_at,
        rotated,
    };
    Ok(found.into_iter().map(sibling).collect())
}

/// Whether rotation gives the file `name` the name `other`: nothing but a number or a date is added, behind the name or before
/// its extension. `app-audit.log` is another log than `app.log`.
fn is_rotated_name(name: &str, other: &str) -> bool {
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name, ""),
    };
    let Some(added) = other.strip_prefix(stem) else { return false };
    let added = added.strip_prefix(extension).or_else(|| added.strip_suffix(extension));
    added.is_some_and(|added| {
        added.contains(|letter: char| letter.is_ascii_digit())
            && added.chars().all(|letter| letter.is_ascii_digit() || ".-_T".contains(letter))
    })
}

/// Takes the first of them for which `is` says yes.
fn find(
    siblings: &mut Vec<Sibling>,
    mut is: impl FnMut(&mut Sibling) -> std::io::Result<bool>,
) -> std::io::Result<Option<BufReader<File>>> {
    for n in 0..siblings.len() {
        if let Some(sibling) = siblings.get_mut(n)
            && is(sibling)?
        {
            return Ok(Some(siblings.remove(n).input));
        }
    }
    Ok(None)
}

fn open(path: &Path) -> std::io::Result<Option<BufReader<File>>> {
    match File::open(path) {
        Ok(file) => Ok(Some(BufReader::new(file))),
        // Between rotation and the first new line there is no file; that is no trouble.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The start of a file that comes after the one of `position`.
fn beginning(input: &BufReader<File>, position: &Position) -> std::io::Result<Position> {
    let before = (position.offset > 0).then(|| Position { before: None, ..position.clone() });
    Ok(Position {
        inode: inode(input.get_ref())?,
        written_at: files::written_at(&input.get_ref().metadata()?),
        before: before.map(Box::new),
        kept_up_to: position.kept_up_to,
        ..Position::default()
    })
}

fn any_begun(parts: &[Part]) -> std::io::Result<bool> {
    for part in parts {
        if part.input.get_ref().metadata()?.len() > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether more can still be written behind the last byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    MayGrow,
    Final,
}

fn lines(part: Part, end: End, context: &Context) -> std::io::Result<(Vec<Event>, Position)> {
    let Part { mut input, from } = part;
    input.seek(SeekFrom::Start(from.offset))?;
    let (mut events, mut offset) = (Vec::new(), from.offset);
    while events.len() < BATCH {
        let Some((line, n_bytes)) = next_line(&mut input, end)? else { break };
        offset += n_bytes;
        events.push(sources::read_line(&line, context));
    }
    let position = if events.is_empty() { from } else { settled(&mut input, offset, from)? };
    Ok((events, position))
}

/// The position `offset` in the file of `from`.
fn settled(input: &mut BufReader<File>, offset: u64, from: Position) -> std::io::Result<Position> {
    let head_bytes = offset.min(HEAD_BYTES);
    Ok(Position {
        head: Digest::of(&bytes_at(input, 0, head_bytes)?),
        head_bytes,
        tail: Digest::of(&bytes_at(input, offset - head_bytes, head_bytes)?),
        offset,
        inode: inode(input.get_ref())?,
        written_at: files::written_at(&input.get_ref().metadata()?),
        ..from
    })
}

/// Whether this is the file that was read so far: it has not shrunk, and what was read still begins and ends as it did.
fn is_read_so_far(input: &mut BufReader<File>, position: &Position) -> std::io::Result<bool> {
    if position.inode != 0 && inode(input.get_ref())? != position.inode {
        return Ok(false);
    }
    if position.inode == 0 && position.offset == 0 {
        return Ok(false);
    }
    begins_and_ends_alike(input, position)
}

/// Whether this is a copy of the file that was read so far.
fn is_copy(input: &mut BufReader<File>, position: &Position) -> std::io::Result<bool> {
    Ok(position.offset > 0 && begins_and_ends_alike(input, position)?)
}

/// Whether this is the file that was read before the one of `position`, whatever was added to it late.
fn is_one_before(input: &mut BufReader<File>, position: &Position) -> std::io::Result<bool> {
    match &position.before {
        Some(before) => is_read_so_far(input, before),
        None => Ok(false),
    }
}

fn begins_and_ends_alike(
    input: &mut BufReader<File>,
    position: &Position,
) -> std::io::Result<bool> {
    let len = input.get_ref().metadata()?.len();
    if len < position.offset || position.offset < position.head_bytes {
        return Ok(false);
    }
    let (n_bytes, last) = (position.head_bytes, position.offset - position.head_bytes);
    Ok(same(&bytes_at(input, 0, n_bytes)?, &position.head)
        && same(&bytes_at(input, last, n_bytes)?, &position.tail))
}

/// Whether the digest is of these bytes; before the first line there are neither.
fn same(bytes: &[u8], digest: &Digest) -> bool {
    bytes.is_empty() || Digest::of(bytes) == *digest
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
