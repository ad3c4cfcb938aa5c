//! Where reading a followed file goes on: in the file read so far under whatever name it has now, in those that came between, in
//! the one that has the name today.
//!
//! Logrotate and its like rename a file (`app.log.1`, `app-20261121.log`) or copy it and empty it. What was read so far is found
//! again by its inode and by its first and last bytes, or by these bytes alone when it was copied; what was rotated away after
//! it by its name and by when it was last written. One that was packed (`.gz`) meanwhile is read as what was packed: by its bytes
//! it is known, since it has another inode.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use sakimori_watch::sources::{self, Context};
use sakimori_words::{Digest, Event, Instant};
use serde::{Deserialize, Serialize};

use super::packed::{self, Packs, Unpacking};
use crate::files;

/// Lines made durable together.
const BATCH: usize = 1_000;

/// A line longer than this is taken in pieces.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// Bytes at the beginning of a file by which a replaced file is told from a grown one.
pub(super) const HEAD_BYTES: u64 = 256;

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

/// A file as it lies there, or what was packed in it.
enum Input {
    Plain(File),
    Packed(Unpacking),
}

impl Input {
    fn inode(&self) -> std::io::Result<u64> {
        match self {
            Self::Plain(file) => inode(file),
            Self::Packed(packed) => packed.inode(),
        }
    }

    fn written_at(&self) -> std::io::Result<Option<Instant>> {
        match self {
            Self::Plain(file) => Ok(files::written_at(&file.metadata()?)),
            Self::Packed(packed) => packed.written_at(),
        }
    }

    /// Most bytes there can be; of a packed file only unpacking tells.
    fn most_bytes(&self) -> std::io::Result<u64> {
        match self {
            Self::Plain(file) => Ok(file.metadata()?.len()),
            Self::Packed(_) => Ok(u64::MAX),
        }
    }

    const fn is_packed(&self) -> bool {
        matches!(self, Self::Packed(_))
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(file) => file.read(buffer),
            Self::Packed(packed) => packed.read(buffer),
        }
    }
}

impl Seek for Input {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        match self {
            Self::Plain(file) => file.seek(to),
            Self::Packed(packed) => packed.seek(to),
        }
    }
}

/// A file that holds lines behind a position, and where they begin in it.
struct Part {
    input: BufReader<Input>,
    from: Position,
}

/// The next lines, and the position after them; the same when there are none.
pub(super) fn read_batch(
    path: &Path,
    position: &Position,
    context: &Context,
    packs: &mut Packs,
) -> std::io::Result<(Vec<Event>, Position)> {
    let mut parts = parts(path, position, packs)?;
    let mut read = (Vec::new(), position.clone());
    while !parts.is_empty() {
        let part = parts.remove(0);
        // Until its writer has been told of the rotation, it goes on writing into the renamed file.
        let is_followed = any_begun(&parts)?;
        let end = part.end(is_followed);
        read = lines(part, end, context)?;
        if !read.0.is_empty() || !is_followed {
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
    packs: &mut Packs,
) -> std::io::Result<Position> {
    let (mut position, mut kept) = (position.clone(), kept);
    let mut parts = parts(path, &position, packs)?;
    while !parts.is_empty() {
        let part = parts.remove(0);
        let end = part.end(!parts.is_empty());
        let Part { mut input, from } = part;
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
    input: &mut BufReader<Input>,
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
fn parts(path: &Path, position: &Position, packs: &mut Packs) -> std::io::Result<Vec<Part>> {
    packs.look_again();
    let mut current = open(path)?;
    let is_own = match &mut current {
        Some(input) => is_read_so_far(input, position)?,
        None => false,
    };
    let mut parts = Vec::new();
    // Of a file of which nothing was read, nobody can tell whether it was copied and emptied since.
    if position.is_begun() && (!is_own || position.offset == 0) {
        parts = rotated(path, position, is_own, packs)?;
    }
    if let Some(input) = current {
        let from = if is_own { position.clone() } else { beginning(&input, position)? };
        parts.push(Part { input, from });
    }
    Ok(parts)
}

/// What a rotation has put beside `path` since: the file read so far, unless it is the one at `path`, and those after it.
fn rotated(
    path: &Path,
    position: &Position,
    is_in_place: bool,
    packs: &mut Packs,
) -> std::io::Result<Vec<Part>> {
    let mut siblings = siblings(path, position, packs)?;
    let mut parts = Vec::new();
    if !is_in_place && let Some(input) = take_own(&mut siblings, position)? {
        let from = Position { inode: input.get_ref().inode()?, ..position.clone() };
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
) -> std::io::Result<Option<BufReader<Input>>> {
    let own = find(siblings, |sibling| {
        // As long as nothing was read of a file, one that got its inode since could be taken for it; by its time it comes in its turn.
        let in_its_turn = position.written_at.is_some() && sibling.rotated;
        let may_be = position.offset > 0 || !in_its_turn;
        Ok(may_be && is_read_so_far(&mut sibling.input, position)?)
    })?;
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
    input: BufReader<Input>,
    written_at: Option<Instant>,
    /// Whether its name is one that rotation gives.
    rotated: bool,
}

impl Sibling {
    /// Whether it was rotated away no earlier than the file of `position` was last read.
    fn came_after(&self, position: &Position) -> bool {
        self.rotated
            && match self.input.get_ref() {
                Input::Packed(_) => is_after(self.written_at, position),
                // A position that an earlier version kept does not say.
                Input::Plain(_) => {
                    position.written_at.is_some() && self.written_at >= position.written_at
                }
            }
    }
}

/// The files beside `path` that may have had its name, in the order in which they were last written.
fn siblings(path: &Path, position: &Position, packs: &mut Packs) -> std::io::Result<Vec<Sibling>> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(Vec::new());
    };
    let name = name.to_string_lossy();
    for _ in 0..LISTINGS_MAX {
        let names = names_beside(folder, &name)?;
        let mut found = Vec::new();
        for own in without_those_being_packed(&names) {
            // What this account cannot open is not what it has read.
            let Ok(file) = File::open(folder.join(own)) else { continue };
            if let Some(sibling) = sibling(&name, own, file, position, packs)? {
                found.push((sibling, own));
            }
        }
        // A file that was renamed or packed meanwhile could have been missed under both its names.
        if names_beside(folder, &name)? == names {
            found.sort_by(|(left, left_name), (right, right_name)| {
                (left.written_at, left_name).cmp(&(right.written_at, right_name))
            });
            return Ok(found.into_iter().map(|(sibling, _)| sibling).collect());
        }
    }
    Err(std::io::Error::other("its folder changes too quickly"))
}

/// Times a folder is listed again because a file in it was given another name meanwhile.
const LISTINGS_MAX: usize = 10;

/// Names of the files that begin like `name`, up to its first dot.
fn names_beside(folder: &Path, name: &str) -> std::io::Result<BTreeSet<String>> {
    let stem = name.split('.').next().unwrap_or(name);
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder)?.flatten() {
        let own = entry.file_name().to_string_lossy().into_owned();
        let is_file = || entry.file_type().is_ok_and(|kind| kind.is_file());
        if own != name && own.starts_with(stem) && is_file() {
            names.insert(own);
        }
    }
    Ok(names)
}

/// The packed file is written first and the other one removed then: as long as both are there, the packed one may be half.
fn without_those_being_packed(names: &BTreeSet<String>) -> impl Iterator<Item = &String> {
    names.iter().filter(|own| {
        own.strip_suffix(packed::ENDING).is_none_or(|unpacked| !names.contains(unpacked))
    })
}

/// The file of that name; `None` for one that was packed before the file of `position` was last read: there may be a year of them.
fn sibling(
    name: &str,
    own: &str,
    file: File,
    position: &Position,
    packs: &mut Packs,
) -> std::io::Result<Option<Sibling>> {
    let unpacked = own.strip_suffix(packed::ENDING);
    let rotated = is_rotated_name(name, unpacked.unwrap_or(own));
    let input = match unpacked {
        Some(_) if !rotated || !is_after(files::written_at(&file.metadata()?), position) => {
            return Ok(None);
        }
        Some(_) => Input::Packed(packs.open(file)?),
        None => Input::Plain(file),
    };
    let written_at = input.written_at()?;
    Ok(Some(Sibling { written_at, input: BufReader::new(input), rotated }))
}

/// Whether a packed file was last written no earlier than the one of `position` was last read. Some programs that pack keep
/// the time to the second.
fn is_after(written_at: Option<Instant>, position: &Position) -> bool {
    // A position that an earlier version kept does not say.
    let (Some(own), Some(read)) = (written_at, position.written_at) else { return false };
    own >= if own == packed::whole_seconds(own) { packed::whole_seconds(read) } else { read }
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
) -> std::io::Result<Option<BufReader<Input>>> {
    for n in 0..siblings.len() {
        if let Some(sibling) = siblings.get_mut(n)
            && is(sibling)?
        {
            return Ok(Some(siblings.remove(n).input));
        }
    }
    Ok(None)
}

fn open(path: &Path) -> std::io::Result<Option<BufReader<Input>>> {
    match File::open(path) {
        Ok(file) => Ok(Some(BufReader::new(Input::Plain(file)))),
        // Between rotation and the first new line there is no file; that is no trouble.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The start of a file that comes after the one of `position`.
fn beginning(input: &BufReader<Input>, position: &Position) -> std::io::Result<Position> {
    let before = match position.offset {
        0 => position.before.clone(),
        _ => Some(Box::new(Position { before: None, ..position.clone() })),
    };
    Ok(Position {
        inode: input.get_ref().inode()?,
        written_at: input.get_ref().written_at()?,
        before,
        kept_up_to: position.kept_up_to,
        ..Position::default()
    })
}

fn any_begun(parts: &[Part]) -> std::io::Result<bool> {
    for part in parts {
        if part.input.get_ref().most_bytes()? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Part {
    /// Whether more can come behind its last byte, when there are, or are not, files that were begun after it.
    fn end(&self, is_followed: bool) -> End {
        // Nobody writes into a packed file any more.
        if is_followed || self.input.get_ref().is_packed() { End::Final } else { End::MayGrow }
    }
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
fn settled(input: &mut BufReader<Input>, offset: u64, from: Position) -> std::io::Result<Position> {
    let head_bytes = offset.min(HEAD_BYTES);
    Ok(Position {
        head: Digest::of(&bytes_at(input, 0, head_bytes)?),
        head_bytes,
        tail: Digest::of(&bytes_at(input, offset - head_bytes, head_bytes)?),
        offset,
        inode: input.get_ref().inode()?,
        written_at: input.get_ref().written_at()?,
        ..from
    })
}

/// Whether this is the file that was read so far: it has not shrunk, and what was read still begins and ends as it did.
fn is_read_so_far(input: &mut BufReader<Input>, position: &Position) -> std::io::Result<bool> {
    if position.inode != 0 && input.get_ref().inode()? != position.inode {
        return Ok(false);
    }
    if position.inode == 0 && position.offset == 0 {
        return Ok(false);
    }
    begins_and_ends_alike(input, position)
}

/// Whether this is a copy of the file that was read so far.
fn is_copy(input: &mut BufReader<Input>, position: &Position) -> std::io::Result<bool> {
    Ok(position.offset > 0 && begins_and_ends_alike(input, position)?)
}

/// Whether this is the file that was read before the one of `position`, whatever was added to it late.
fn is_one_before(input: &mut BufReader<Input>, position: &Position) -> std::io::Result<bool> {
    // A packed file is told from one that only begins alike by its time.
    let is_as_old = |own: Option<Instant>| {
        own.map(packed::whole_seconds) <= position.written_at.map(packed::whole_seconds)
    };
    match &position.before {
        // It has another inode since it was packed.
        Some(before) if input.get_ref().is_packed() => {
            Ok(is_as_old(input.get_ref().written_at()?) && is_copy(input, before)?)
        }
        Some(before) => is_read_so_far(input, before),
        None => Ok(false),
    }
}

fn begins_and_ends_alike(
    input: &mut BufReader<Input>,
    position: &Position,
) -> std::io::Result<bool> {
    if input.get_ref().most_bytes()? < position.offset || position.offset < position.head_bytes {
        return Ok(false);
    }
    let (n_bytes, last) = (position.head_bytes, position.offset - position.head_bytes);
    // Before the first line there are neither.
    Ok(n_bytes == 0
        || Digest::of(&bytes_at(input, 0, n_bytes)?) == position.head
            && Digest::of(&bytes_at(input, last, n_bytes)?) == position.tail)
}

#[cfg(unix)]
pub(super) fn inode(file: &File) -> std::io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    Ok(file.metadata()?.ino())
}

#[cfg(not(unix))]
pub(super) fn inode(_file: &File) -> std::io::Result<u64> {
    // Without a number, files are told apart by their first and last bytes alone.
    Ok(0)
}

fn bytes_at(input: &mut BufReader<Input>, from: u64, n_bytes: u64) -> std::io::Result<Vec<u8>> {
    input.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    input.take(n_bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The next complete line without its end, and how many bytes it took. A line without an end is not complete yet, unless it
/// is over the limit or nothing more can come.
fn next_line(input: &mut BufReader<Input>, end: End) -> std::io::Result<Option<(Vec<u8>, u64)>> {
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
