//! Archives that other collectors made: what they are, and their members, read with bounds so that a bomb does no harm.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use serde::Serialize;

use crate::container::LIST;
use crate::manifest::List;
use crate::tar::{self, BLOCK_BYTES, padding};
use crate::unpack::sha256_of;

/// Members that are listed.
const MEMBERS_MAX: u64 = 100_000;
/// Bytes of the list.
const LIST_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes of a name that are kept.
const NAME_BYTES_MAX: usize = 4096;
/// Bytes that are unpacked to find the members of a packed tar archive; its contents are thrown away as they come.
const UNPACKED_BYTES_MAX: u64 = 16 << 30;
/// Where the end of a zip archive is looked for: its record and the longest comment.
const ZIP_END_BYTES: u64 = 22 + 65_535;

/// What an archive was recognised as, and its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// `velociraptor`, `uac`, or the form: `zip`, `tar.gz`, `tar`, `unknown`.
    pub as_what: &'static str,
    /// The list and its text; `None` when nothing could be listed.
    pub list: Option<(List, Vec<u8>)>,
}

/// Looks into an archive. One that cannot be read is `unknown`, not an error: it is taken as it is.
///
/// # Errors
/// When the file itself cannot be read.
pub fn recognise_archive(path: &Path) -> io::Result<Recognised> {
    let mut head = Vec::new();
    File::open(path)?.take(512).read_to_end(&mut head)?;
    let mut members = Members::default();
    let form = match head.as_slice() {
        [b'P', b'K', 3 | 5 | 7, 4 | 6 | 8, ..] => {
            members.broken = zip_members(File::open(path)?, &mut members).is_none();
            "zip"
        }
        [0x1f, 0x8b, ..] => {
            let unpacked = flate2::read::MultiGzDecoder::new(BufReader::new(File::open(path)?));
            members.broken = tar_members(unpacked, &mut members).is_none();
            "tar.gz"
        }
        _ if tar::read_header(&head).is_some() => {
            members.broken = tar_members(BufReader::new(File::open(path)?), &mut members).is_none();
            "tar"
        }
        _ => return Ok(Recognised { as_what: "unknown", list: None }),
    };
    let as_what = members.made_by().unwrap_or(form);
    Ok(Recognised { as_what, list: Some(members.into_list()) })
}

#[derive(Serialize)]
struct Member<'a> {
    path: &'a str,
    length: u64,
}

#[expect(clippy::struct_excessive_bools, reason = "four independent things seen on the way")]
#[derive(Default)]
struct Members {
    text: Vec<u8>,
    n_members: u64,
    cut: bool,
    broken: bool,
    velociraptor: bool,
    uac: bool,
}

impl Members {
    /// Adds a member; whether there is room for more.
    fn add(&mut self, path: &str, length: u64) -> bool {
        let mut end = path.len().min(NAME_BYTES_MAX);
        while !path.is_char_boundary(end) {
            end -= 1;
        }
        let path = path.get(..end).unwrap_or_default();
        if self.n_members >= MEMBERS_MAX || self.text.len() >= LIST_BYTES_MAX {
            self.cut = true;
            return false;
        }
        self.n_members += 1;
        self.text.extend(serde_json::to_vec(&Member { path, length }).unwrap_or_default());
        self.text.push(b'\n');
        let name = path.trim_start_matches("./");
        // The offline collector writes these at the top; UAC its log and the answers of the live system.
        self.velociraptor |=
            matches!(name, "client_info.json" | "collection_context.json" | "uploads.json");
        self.uac |=
            name == "uac.log" || name.ends_with("/uac.log") || name.starts_with("live_response/");
        true
    }

    const fn made_by(&self) -> Option<&'static str> {
        match (self.velociraptor, self.uac) {
            (true, _) => Some("velociraptor"),
            (false, true) => Some("uac"),
            (false, false) => None,
        }
    }

    fn into_list(self) -> (List, Vec<u8>) {
        let list = List {
            file: LIST.to_owned(),
            entries: self.n_members,
            failed: 0,
            cut: self.cut || self.broken,
            sha256: sha256_of(&self.text),
        };
        (list, self.text)
    }
}

/// Reads the headers of a tar archive; `None` when it ends or breaks early.
fn tar_members(archive: impl Read, members: &mut Members) -> Option<()> {
    let mut archive = archive.take(UNPACKED_BYTES_MAX);
    let mut long_name = None;
    loop {
        let mut block = [0; BLOCK_BYTES];
        archive.read_exact(&mut block).ok()?;
        if block == [0; BLOCK_BYTES] {
            return Some(());
        }
        let header = tar::read_header(&block)?;
        if header.kind == b'L' && header.length <= NAME_BYTES_MAX as u64 {
            let mut name = Vec::new();
            archive.by_ref().take(header.length).read_to_end(&mut name).ok()?;
            long_name = Some(tar::name(&name));
            skip(&mut archive, padding(header.length) as u64)?;
            continue;
        }
        let is_member = !matches!(header.kind, b'L' | b'K' | b'x' | b'g');
        if is_member && !members.add(&long_name.take().unwrap_or(header.path), header.length) {
            return Some(());
        }
        skip(&mut archive, header.length.checked_add(padding(header.length) as u64)?)?;
    }
}

fn skip(archive: &mut impl Read, n_bytes: u64) -> Option<()> {
    let skipped = io::copy(&mut archive.take(n_bytes), &mut io::sink()).ok()?;
    (skipped == n_bytes).then_some(())
}

/// Reads the directory of a zip archive, and none of its contents; `None` when it breaks early.
fn zip_members(mut file: File, members: &mut Members) -> Option<()> {
    let (n_entries, offset) = zip_directory(&mut file)?;
    file.seek(SeekFrom::Start(offset)).ok()?;
    let mut directory = BufReader::new(file);
    for _ in 0..n_entries {
        let mut fixed = [0; 46];
        directory.read_exact(&mut fixed).ok()?;
        if !fixed.starts_with(b"PK\x01\x02") {
            return None;
        }
        let name = read_some(&mut directory, little(&fixed, 28, 2)?)?;
        let extra = read_some(&mut directory, little(&fixed, 30, 2)?)?;
        read_some(&mut directory, little(&fixed, 32, 2)?)?;
        let length = little(&fixed, 24, 4)?;
        let length = if length == u64::from(u32::MAX) {
            zip64_length(&extra).unwrap_or(length)
        } else {
            length
        };
        if !members.add(&String::from_utf8_lossy(&name), length) {
            return Some(());
        }
    }
    Some(())
}

/// Number of entries and place of the directory, from the end of the archive.
fn zip_directory(file: &mut File) -> Option<(u64, u64)> {
    let end = file.seek(SeekFrom::End(0)).ok()?;
    let tail_at = end.saturating_sub(ZIP_END_BYTES);
    file.seek(SeekFrom::Start(tail_at)).ok()?;
    let mut tail = Vec::new();
    file.take(ZIP_END_BYTES).read_to_end(&mut tail).ok()?;
    let at = tail.windows(4).rposition(|four| four == b"PK\x05\x06")?;
    let (before, record) = tail.split_at_checked(at)?;
    let plain = (little(record, 10, 2)?, little(record, 16, 4)?);
    let locator = before.len().checked_sub(20).and_then(|from| before.get(from..));
    let Some(locator) = locator.filter(|locator| locator.starts_with(b"PK\x06\x07")) else {
        return Some(plain);
    };
    file.seek(SeekFrom::Start(little(locator, 8, 8)?)).ok()?;
    let mut record = [0; 56];
    file.read_exact(&mut record).ok()?;
    let is_one = record.starts_with(b"PK\x06\x06");
    is_one.then(|| Some((little(&record, 32, 8)?, little(&record, 48, 8)?))).flatten()
}

/// The length in the zip64 part of the extra fields.
fn zip64_length(mut extra: &[u8]) -> Option<u64> {
    loop {
        let (kind, length) = (little(extra, 0, 2)?, usize::try_from(little(extra, 2, 2)?).ok()?);
        if kind == 1 {
            return little(extra, 4, 8);
        }
        extra = extra.get(4 + length..)?;
    }
}

fn read_some(reader: &mut impl Read, n_bytes: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(n_bytes).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 == n_bytes).then_some(bytes)
}

fn little(bytes: &[u8], from: usize, width: usize) -> Option<u64> {
    let bytes = bytes.get(from..from.checked_add(width)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// Any bytes, read as a file of each form: never falls, never takes more than the limits.
///
/// # Panics
/// When that is not so: a fault of this program.
pub fn fuzz_archive(bytes: &[u8]) {
    for packed in [false, true] {
        let mut members = Members::default();
        let _ = if packed {
            tar_members(flate2::read::MultiGzDecoder::new(bytes), &mut members)
        } else {
            tar_members(bytes, &mut members)
        };
        assert!(members.n_members <= MEMBERS_MAX);
    }
    let _ = zip64_length(bytes);
}
