//! Reading past the cache of the system, so that exactly the sectors asked for are read. Linux only; elsewhere there is none.

use std::io;
use std::path::Path;

/// What memory, offset and length must be multiples of at most, in bytes.
#[cfg(target_os = "linux")]
const ALIGNED_BYTES: usize = 4096;
/// What lengths are rounded up to, in bytes: the smallest sector.
#[cfg(target_os = "linux")]
const SECTOR_BYTES: usize = 512;

/// A second handle on a source.
#[derive(Debug)]
#[cfg(target_os = "linux")]
pub(crate) struct Direct {
    file: std::fs::File,
    room: Vec<u8>,
}

#[cfg(target_os = "linux")]
impl Direct {
    /// Opens the handle; none where the file system refuses it.
    pub(crate) fn open(path: &Path) -> Option<Self> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = i32::try_from(rustix::fs::OFlags::DIRECT.bits()).ok()?;
        let file = std::fs::File::options().read(true).custom_flags(flags).open(path).ok()?;
        Some(Self { file, room: Vec::new() })
    }

    /// Reads some bytes at `offset`; `InvalidInput` where offset or length do not fit the sectors of the device.
    pub(crate) fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        use std::os::unix::fs::FileExt as _;
        let n_bytes = buffer.len().next_multiple_of(SECTOR_BYTES);
        self.room.resize(self.room.len().max(n_bytes + ALIGNED_BYTES), 0);
        let from = self.room.as_ptr().align_offset(ALIGNED_BYTES);
        let aligned = self.room.get_mut(from..from.saturating_add(n_bytes));
        let aligned = aligned.ok_or(io::ErrorKind::InvalidInput)?;
        let n = self.file.read_at(aligned, offset)?.min(buffer.len());
        if let (Some(to), Some(read)) = (buffer.get_mut(..n), aligned.get(..n)) {
            to.copy_from_slice(read);
        }
        Ok(n)
    }
}

/// There is none on this system.
#[derive(Debug)]
#[cfg(not(target_os = "linux"))]
pub(crate) enum Direct {}

#[cfg(not(target_os = "linux"))]
impl Direct {
    pub(crate) const fn open(_: &Path) -> Option<Self> {
        None
    }

    pub(crate) fn read_at(&mut self, _: u64, _: &mut [u8]) -> io::Result<usize> {
        match *self {}
    }
}
