//! What archives hold, by their lists of names alone. Nothing is unpacked, so nothing can burst.

use std::io::Cursor;

use zip::ZipArchive;

use super::addresses::line;
use crate::sources::text;

/// Names kept of one archive.
const NAMES_MAX: usize = 100;

/// Names looked through in one archive.
const LOOKED_MAX: usize = 5_000;

/// What is known of an archive.
#[derive(Debug, Default)]
pub(super) struct Packed {
    /// Names of what it holds, as far as they are kept.
    pub(super) names: Vec<String>,
    /// Names beyond those kept.
    pub(super) more: usize,
    /// A password is needed for at least one file.
    pub(super) has_password: bool,
    /// Its list could not be read.
    pub(super) unreadable: bool,
}

/// The list of a zip archive.
pub(super) fn zip(bytes: &[u8]) -> Packed {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else {
        return Packed { unreadable: true, has_password: local_flag(bytes), ..Packed::default() };
    };
    let n_files = archive.len();
    let mut packed = Packed { more: n_files.saturating_sub(NAMES_MAX), ..Packed::default() };
    for index in 0..n_files.min(LOOKED_MAX) {
        let Ok(file) = archive.by_index_raw(index) else {
            packed.unreadable = true;
            continue;
        };
        packed.has_password |= file.encrypted();
        let name = line(&text::decode(file.name_raw()));
        // What matters is never beyond the limit: a dangerous name takes the place of a harmless one.
        if packed.names.len() < NAMES_MAX {
            packed.names.push(name);
        } else if super::attachments::is_telling(&name) {
            packed.names.pop();
            packed.names.insert(0, name);
        }
    }
    packed
}

/// Whether the first file of a broken archive says that it is encrypted (bit 0 of its flags).
fn local_flag(bytes: &[u8]) -> bool {
    bytes.get(6).is_some_and(|flags| flags & 1 == 1)
}

/// Whether a 7z archive names its cipher (AES, `06 F1 07 01`) at its end.
pub(super) fn seven_z_has_password(bytes: &[u8]) -> bool {
    let tail = bytes.get(bytes.len().saturating_sub(4_096)..).unwrap_or_default();
    memchr::memmem::find(tail, &[0x06, 0xf1, 0x07, 0x01]).is_some()
}

/// Whether a RAR archive hides even its list: an encryption header (type 4) stands first in version 5, a flag in version 4.
pub(super) fn rar_has_password(bytes: &[u8]) -> bool {
    let version_5 = bytes.starts_with(b"Rar!\x1a\x07\x01\x00");
    match version_5 {
        // Signature, CRC, one-byte size, type.
        true => bytes.get(13) == Some(&4),
        false => bytes.get(10).is_some_and(|flags| flags & 0x80 != 0),
    }
}
