//! Zip archives of log files, and single ones that were packed with gzip. Nothing is unpacked to disk, and nothing can fill
//! memory or go on forever.

use std::fmt::Display;
use std::io::{self, BufReader, Cursor, ErrorKind, Read, SeekFrom};

use flate2::read::MultiGzDecoder;
use jiff::civil::DateTime;
use sakimori_words::Instant;
use zip::ZipArchive;
use zip::read::ZipFile;

use super::files::{HEAD_BYTES, read_plain};
use super::{
    Context, Damage, FileContext, Limits, ReadSeek, Reading, SOURCES, Unreadable, lines, text,
};

/// Where a tar archive, which is what mostly lies in a packed file that is no log, says that it is one.
const TAR: (usize, &[u8]) = (257, b"ustar");

const UNPACKS_TO_MORE: &str = "it unpacks to more than the limit";
const TOO_TIGHT: &str = "it is packed too tightly to be a log";

/// Beginnings of archives; inside another archive none is opened but a file packed with gzip.
const ARCHIVES: [(&[u8], &str); 7] = [
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!", "rar"),
    (b"\xfd7zXZ\0", "xz"),
    (b"BZh", "bzip2"),
];

/// The archive format of a file that begins so, when it is one.
pub(super) fn packed_as(head: &[u8]) -> Option<&'static str> {
    ARCHIVES.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, format)| *format)
}

/// Reads every log file in a zip archive.
pub(super) fn read_archive(
    archive_file: &FileContext<'_>,
    input: &mut dyn ReadSeek,
    limits: &Limits,
    each: &mut dyn FnMut(Reading<'_>),
) -> io::Result<()> {
    let FileContext { name, written_by, .. } = *archive_file;
    let mut archive = match ZipArchive::new(input) {
        Ok(archive) => archive,
        Err(error) => {
            each(unreadable(name, Damage::Archive, &error));
            return Ok(());
        }
    };
    let n_entries = archive.len();
    if n_entries > limits.archive_entries {
        let reason = format!("{n_entries} > {}", limits.archive_entries);
        each(unreadable(name, Damage::TooManyEntries, &reason));
    }
    let mut left_bytes = limits.archive_bytes;
    for index in 0..n_entries.min(limits.archive_entries) {
        let entry_name = match archive.by_index_data(index) {
            Ok(entry) if entry.is_dir() => continue,
            Ok(entry) => format!("{name}/{}", safe_name(entry.name_raw())),
            Err(_) => format!("{name}/#{index}"),
        };
        match archive.by_index(index) {
            Ok(entry) if entry.is_symlink() => each(unreadable(&entry_name, Damage::Link, &"")),
            Ok(entry) => {
                let written_by = written_at(&entry).map_or(written_by, |at| at.min(written_by));
                let file = FileContext { name: &entry_name, written_by, ..*archive_file };
                let used = read_entry(entry, &file, limits, left_bytes, each);
                left_bytes = left_bytes.saturating_sub(used);
            }
            Err(error) => each(unreadable(&entry_name, Damage::Packed, &error)),
        }
    }
    Ok(())
}

/// When the entry was last written. The archive names no zone; a Japanese machine's clock is taken for granted. 1980 is where
/// the format's calendar begins and what is written when nobody knew.
fn written_at(entry: &ZipFile<'_, &mut dyn ReadSeek>) -> Option<Instant> {
    let at = entry.last_modified().filter(|at| at.year() > 1980)?;
    let part = |number: u8| i8::try_from(number).ok();
    let at = DateTime::new(
        i16::try_from(at.year()).ok()?,
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        part(at.second())?,
        0,
    );
    at.ok().map(Instant::from_jst)
}

/// Reads a log file that was packed with gzip, as rotation leaves it.
pub(super) fn read_gzip(
    packed: &FileContext<'_>,
    input: &mut dyn ReadSeek,
    limits: &Limits,
    each: &mut dyn FnMut(Reading<'_>),
) -> io::Result<()> {
    let packed_bytes = input.seek(SeekFrom::End(0))?;
    input.seek(SeekFrom::Start(0))?;
    let bounds =
        [(limits.archive_bytes, UNPACKS_TO_MORE), (limits.unpacked_bytes(packed_bytes), TOO_TIGHT)];
    unpack(input, packed, limits, bounds, each);
    Ok(())
}

/// Reads what a gzip stream unpacks to, within the bounds; returns how many bytes that were.
fn unpack(
    input: &mut dyn Read,
    packed: &FileContext<'_>,
    limits: &Limits,
    bounds: [(u64, &'static str); 2],
    each: &mut dyn FnMut(Reading<'_>),
) -> u64 {
    let mut unpacked = Bounded::new(MultiGzDecoder::new(BufReader::new(input)), bounds);
    let name = unpacked_name(packed.name);
    let file = FileContext { name: &name, ..*packed };
    let read = read_head(&mut unpacked)
        .and_then(|head| read_unpacked(head, &mut unpacked, &file, limits, each));
    if let Err(error) = read {
        each(unreadable(packed.name, damage_of(&error), &error));
    }
    unpacked.used_bytes
}

/// `app.log.2.gz/app.log.2`: the packed file and, as for an archive, what is in it.
fn unpacked_name(name: &str) -> String {
    let own = name.rsplit(['/', '\\']).next().unwrap_or(name);
    format!("{name}/{}", own.strip_suffix(".gz").unwrap_or(own))
}

/// What an error on the way through packed bytes says about them.
fn damage_of(error: &io::Error) -> Damage {
    if is_damage(error) { Damage::Cut } else { Damage::Limit }
}

/// Whether an error while unpacking says that the packed bytes are wrong, as against the disk that holds them.
#[must_use]
pub fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof | ErrorKind::InvalidInput | ErrorKind::InvalidData
    )
}

/// Reads one entry; returns how many bytes it unpacked to.
fn read_entry(
    entry: ZipFile<'_, &mut dyn ReadSeek>,
    file: &FileContext<'_>,
    limits: &Limits,
    left_bytes: u64,
    each: &mut dyn FnMut(Reading<'_>),
) -> u64 {
    let bounds = [
        (left_bytes, UNPACKS_TO_MORE),
        (limits.unpacked_bytes(entry.compressed_size()), TOO_TIGHT),
    ];
    let mut bounded = Bounded::new(entry, bounds);
    let read = read_head(&mut bounded).and_then(|head| {
        if packed_as(&head) == Some("gzip") {
            let mut packed = Cursor::new(head).chain(&mut bounded);
            return Ok(unpack(&mut packed, file, limits, bounds, each));
        }
        read_unpacked(head, &mut bounded, file, limits, each).map(|()| 0)
    });
    let used_bytes = read.unwrap_or_else(|error| {
        each(unreadable(file.name, Damage::Limit, &error));
        0
    });
    bounded.used_bytes.saturating_add(used_bytes)
}

/// The beginning of a file that is being unpacked, as much as there is of it before something is wrong.
fn read_head(input: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    match Read::read_to_end(&mut Read::take(input, HEAD_BYTES), &mut head) {
        Err(error) if head.is_empty() => Err(error),
        // What is wrong comes again with the next read.
        _ => Ok(head),
    }
}

fn read_unpacked(
    mut head: Vec<u8>,
    input: &mut dyn Read,
    file: &FileContext<'_>,
    limits: &Limits,
    each: &mut dyn FnMut(Reading<'_>),
) -> io::Result<()> {
    if let Some(format) = packed_as(&head).or_else(|| is_tar(&head).then_some("tar")) {
        each(unreadable(file.name, Damage::Nested, &format));
        return Ok(());
    }
    if !SOURCES.iter().any(|source| source.claims_file(file, &head)) {
        return lines::read_text(
            &mut Cursor::new(head).chain(input),
            file,
            limits.line_bytes,
            each,
        );
    }
    // Its source must be able to go back and forth, so it is held in memory.
    let rest = Read::read_to_end(&mut Read::take(&mut *input, limits.entry_bytes), &mut head);
    let cut = head.len() as u64 >= limits.entry_bytes;
    read_plain(&head, &mut Cursor::new(&head), file, limits, each)?;
    rest?;
    if cut {
        Err(io::Error::other("it is larger than the limit for files inside archives"))
    } else {
        Ok(())
    }
}

fn is_tar(head: &[u8]) -> bool {
    head.get(TAR.0..).is_some_and(|there| there.starts_with(TAR.1))
}

/// A name for people and evidence: no way up, no drive, no control characters, `Shift_JIS` understood.
fn safe_name(raw: &[u8]) -> String {
    let name = text::decode(raw).replace('\\', "/");
    let parts = name.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
    let parts = parts.map(|part| part.replace(|c: char| c.is_control() || c == ':', "_"));
    parts.collect::<Vec<_>>().join("/")
}

struct Bounded<R> {
    inner: R,
    used_bytes: u64,
    /// Most bytes, and what to say when there are more.
    bounds: [(u64, &'static str); 2],
    /// What went wrong, which is said again with every further read.
    broken: Option<(ErrorKind, String)>,
}

impl<R: Read> Bounded<R> {
    const fn new(inner: R, bounds: [(u64, &'static str); 2]) -> Self {
        Self { inner, used_bytes: 0, bounds, broken: None }
    }

    fn read_on(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.inner.read(buffer)?;
        self.used_bytes = self.used_bytes.saturating_add(n_bytes as u64);
        match self.bounds.iter().find(|(bound, _)| self.used_bytes > *bound) {
            Some((_, reason)) => Err(io::Error::other(*reason)),
            None => Ok(n_bytes),
        }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some((kind, reason)) = &self.broken {
            return Err(io::Error::new(*kind, reason.clone()));
        }
        let read = self.read_on(buffer);
        if let Err(error) = &read
            && error.kind() != ErrorKind::Interrupted
        {
            self.broken = Some((error.kind(), error.to_string()));
        }
        read
    }
}

fn unreadable(file: &str, damage: Damage, reason: &dyn Display) -> Reading<'static> {
    Reading::Unreadable(Unreadable::file(file, damage, reason))
}

/// Reads any bytes as a file.
///
/// # Panics
/// When bytes in memory cannot be read.
pub fn fuzz_file(bytes: &[u8]) {
    let context = Context { source: "fuzz".to_owned(), received_at: Instant::default() };
    let read =
        super::read_file("fuzz", &mut Cursor::new(bytes), &context, &Limits::STANDARD, &mut |_| {});
    assert!(read.is_ok(), "bytes in memory can always be read");
}
