//! Reading what may be failing: in large pieces, in ever smaller ones where that fails, never writing, never giving up the rest.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::AcquireError;
use crate::manifest::Range;

/// Pieces tried after the whole, in bytes: what drives and controllers read at once, a page, a sector.
const PIECES: [usize; 3] = [64 * 1024, 4096, 512];

/// Something of a known length that is read by position.
pub trait Source: Send {
    /// Its length in bytes.
    fn size_bytes(&self) -> u64;

    /// Reads some bytes at `offset`; 0 only at the end.
    ///
    /// # Errors
    /// What the system said.
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

/// A device or a file, opened for reading only.
#[derive(Debug)]
pub struct FileSource {
    file: File,
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
        Ok(Self { file, size_bytes })
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

/// Fills `buffer` from `offset`. What cannot be read is zero and named, neighbours together.
pub(crate) fn read_or_note(source: &mut dyn Source, offset: u64, buffer: &mut [u8]) -> Vec<Range> {
    let mut bad = Vec::new();
    read_piece(source, offset, buffer, &PIECES, &mut bad);
    bad
}

fn read_piece(
    source: &mut dyn Source,
    offset: u64,
    buffer: &mut [u8],
    smaller: &[usize],
    bad: &mut Vec<Range>,
) {
    if read_whole(source, offset, buffer).is_ok() {
        return;
    }
    let Some((piece_bytes, smaller)) = smaller.split_first() else {
        buffer.fill(0);
        join(bad, Range { offset, length: buffer.len() as u64 });
        return;
    };
    let mut at = offset;
    for piece in buffer.chunks_mut(*piece_bytes) {
        read_piece(source, at, piece, smaller, bad);
        at += piece.len() as u64;
    }
}

fn read_whole(source: &mut dyn Source, offset: u64, mut buffer: &mut [u8]) -> io::Result<()> {
    let mut at = offset;
    while !buffer.is_empty() {
        match source.read_at(at, buffer) {
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
