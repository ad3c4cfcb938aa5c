//! Opening a file of a machine that is examined: never through a link, never waiting, and without touching its access time.

use std::fs::File;
use std::io;
use std::path::Path;

/// Opens a file for reading. Its access time stays where the system allows that (the owner's and root's files on Linux).
pub(crate) fn open_untouched(path: &Path) -> io::Result<File> {
    match open_with(path, true) {
        // Only the owner and root may ask for it.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => open_with(path, false),
        opened => opened,
    }
}

#[cfg(target_os = "linux")]
fn open_with(path: &Path, untouched: bool) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    // Between looking and opening, a file may become a link or a pipe.
    let mut flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    if untouched {
        flags |= OFlags::NOATIME;
    }
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(not(target_os = "linux"))]
fn open_with(path: &Path, _: bool) -> io::Result<File> {
    File::open(path)
}
