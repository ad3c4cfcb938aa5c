//! Reading what may be failing: in large pieces, in ever smaller ones where that fails, never writing, never giving up the rest.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant as Stopwatch};

use crate::direct::Direct;
use crate::error::AcquireError;
use crate::manifest::Range;

/// The largest piece tried after the whole, in bytes: what drives and controllers read at once.
const LARGEST_PIECE_BYTES: usize = 64 * 1024;
/// Pieces tried after that one, in bytes: a page, a sector.
const SMALLER_PIECES: [usize; 2] = [4096, 512];

/// Something of a known length that is read by position.
pub trait Source: Send {
    /// Its length in bytes.
    fn size_bytes(&self) -> u64;

    /// Reads some bytes at `offset`; 0 only at the end.
    ///
    /// # Errors
    /// What the system said.
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Reads some bytes at `offset` and, where the system can, nothing beside them: else what lies beside a bad place is lost with
    /// it, because the system reads ahead (measured: 128 KiB for one bad page).
    ///
    /// # Errors
    /// What the system said.
    fn read_alone(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.read_at(offset, buffer)
    }
}

/// A device or a file, opened for reading only.
#[derive(Debug)]
pub struct FileSource {
    file: File,
    direct: Option<Direct>,
    size_bytes: u64,
}

impl FileSource {
    /// Opens it. The length of a device is where its end is: its metadata say 0.
    ///
    /// # Errors
    /// When it cannot be opened, or is a folder, a pipe or a terminal.
    pub fn open(path: &Path) -> Result<Self, AcquireError> {
        let failed = |cause| AcquireError::Source { path: path.to_path_buf(), cause };
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if !metadata.is_file() && !is_block_device(&metadata) {
            let why = "neither a disk nor a file";
            return Err(AcquireError::NotThatKind { path: path.to_path_buf(), why });
        }
        let mut file = File::open(path).map_err(failed)?;
        let size_bytes = file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(Self { file, direct: Direct::open(path), size_bytes })
    }
}

impl Source for FileSource {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.read(buffer)
    }

    fn read_alone(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match self.direct.as_mut().map(|direct| direct.read_at(offset, buffer)) {
            // A disk with sectors of 4 KiB refuses smaller ones, a file system may refuse all.
            Some(Err(error)) if error.kind() == io::ErrorKind::InvalidInput => {
                self.read_at(offset, buffer)
            }
            Some(read) => read,
            None => self.read_at(offset, buffer),
        }
    }
}

#[cfg(unix)]
fn is_block_device(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_block_device()
}

#[cfg(not(unix))]
fn is_block_device(_: &std::fs::Metadata) -> bool {
    false
}

/// What of a source could not be read, in the order of the stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Unread {
    /// All of it; the stream has zeros there.
    pub(crate) bad: Vec<Range>,
    /// What of it was not tried to the last sector.
    pub(crate) given_up: Vec<Range>,
}

impl Unread {
    pub(crate) fn is_empty(&self) -> bool {
        self.bad.is_empty()
    }

    fn add(&mut self, range: Range, given_up: bool) {
        join(&mut self.bad, range);
        if given_up {
            join(&mut self.given_up, range);
        }
    }
}

/// Reads what may be failing, chunk by chunk, and spends no more time on a dead place than it was given.
pub(crate) struct Reader<'a> {
    source: &'a mut dyn Source,
    patience: Duration,
    /// Less than `patience` while one chunk after the other gives nothing: a dead half of a disk must not take weeks.
    left: Duration,
}

impl<'a> Reader<'a> {
    /// `patience`: how long the bad places of one chunk are read again in smaller and smaller pieces.
    pub(crate) fn new(source: &'a mut dyn Source, patience: Duration) -> Self {
        Self { source, patience, left: patience }
    }

    /// Fills `buffer` from `offset`. What cannot be read is zero and named, neighbours together.
    pub(crate) fn fill(&mut self, offset: u64, buffer: &mut [u8]) -> Unread {
        if read_whole(offset, buffer, |at, part| self.source.read_at(at, part)).is_ok() {
            self.left = self.patience;
            return Unread::default();
        }
        let mut attempt =
            Attempt { source: &mut *self.source, began: Stopwatch::now(), left: self.left };
        let unread = attempt.pieces(offset, buffer);
        self.left = if Range::sum_bytes(&unread.bad) == buffer.len() as u64 {
            self.left / 2
        } else {
            self.patience
        };
        unread
    }
}

/// One chunk with a bad place in it.
struct Attempt<'a> {
    source: &'a mut dyn Source,
    began: Stopwatch,
    left: Duration,
}

impl Attempt<'_> {
    /// Goes forwards piece by piece. Once patience is out, a piece that fails is followed by those at the end, backwards, until one
    /// of them fails: what lies between is given up.
    fn pieces(&mut self, offset: u64, buffer: &mut [u8]) -> Unread {
        let mut unread = Unread::default();
        let mut pieces = in_pieces(offset, buffer, LARGEST_PIECE_BYTES);
        while let Some((at, piece)) = pieces.next() {
            if !self.piece(at, piece, &SMALLER_PIECES, &mut unread) && self.is_out() {
                let skipped = self.backwards(pieces);
                skipped.into_iter().rev().for_each(|range| unread.add(range, true));
                break;
            }
        }
        unread
    }

    /// The pieces before the first that can be read up to the end, from the last to the first.
    fn backwards<'b>(
        &mut self,
        pieces: impl DoubleEndedIterator<Item = (u64, &'b mut [u8])>,
    ) -> Vec<Range> {
        let mut skipped = Vec::new();
        for (offset, piece) in pieces.rev() {
            if !skipped.is_empty() || !self.read(offset, piece) {
                piece.fill(0);
                skipped.push(Range { offset, length: piece.len() as u64 });
            }
        }
        skipped
    }

    /// Reads a piece, or the smaller ones it consists of while there is patience. Whether all of it could be read.
    fn piece(
        &mut self,
        offset: u64,
        buffer: &mut [u8],
        smaller: &[usize],
        unread: &mut Unread,
    ) -> bool {
        if self.read(offset, buffer) {
            return true;
        }
        match smaller.split_first() {
            Some((n_bytes, smaller)) if !self.is_out() => {
                for (at, piece) in in_pieces(offset, buffer, *n_bytes) {
                    self.piece(at, piece, smaller, unread);
                }
            }
            rest => {
                buffer.fill(0);
                unread.add(Range { offset, length: buffer.len() as u64 }, rest.is_some());
            }
        }
        false
    }

    fn read(&mut self, offset: u64, buffer: &mut [u8]) -> bool {
        read_whole(offset, buffer, |at, part| self.source.read_alone(at, part)).is_ok()
    }

    fn is_out(&self) -> bool {
        self.began.elapsed() >= self.left
    }
}

fn in_pieces(
    offset: u64,
    buffer: &mut [u8],
    n_bytes: usize,
) -> impl DoubleEndedIterator<Item = (u64, &mut [u8])> + ExactSizeIterator {
    let pieces = buffer.chunks_mut(n_bytes).enumerate();
    pieces.map(move |(number, piece)| (offset + (number * n_bytes) as u64, piece))
}

fn read_whole(
    offset: u64,
    mut buffer: &mut [u8],
    mut read: impl FnMut(u64, &mut [u8]) -> io::Result<usize>,
) -> io::Result<()> {
    let mut at = offset;
    while !buffer.is_empty() {
        match read(at, buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => {
                at += n as u64;
                buffer = buffer.get_mut(n..).unwrap_or_default();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Adds `range`, joined with the last one when they touch.
pub(crate) fn join(ranges: &mut Vec<Range>, range: Range) {
    match ranges.last_mut() {
        Some(last) if last.offset + last.length == range.offset => last.length += range.length,
        _ => ranges.push(range),
    }
}
