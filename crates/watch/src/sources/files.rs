//! Reading whole files: which format, which limits, what could not be read.

use std::io::{self, SeekFrom};

use sakimori_words::Instant;

use super::{Context, FileContext, ReadSeek, Reading, SOURCES, archive, lines};

/// Bytes looked at to recognise a format: as far as the first chunk of an EVTX file whose own header is damaged.
pub(super) const HEAD_BYTES: u64 = 4_104;

/// Bounds on what one file may cost, so that a crafted archive cannot fill memory or never end.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest line taken as one record; a longer one becomes several, none is dropped.
    pub line_bytes: usize,
    /// Most entries looked at in one archive.
    pub archive_entries: usize,
    /// Largest unpacked entry of a format that must be held in memory (EVTX inside an archive).
    pub entry_bytes: u64,
    /// Most bytes unpacked from one archive.
    pub archive_bytes: u64,
    /// Most unpacked bytes for one packed byte.
    pub archive_ratio: u64,
}

impl Limits {
    /// The limits Sakimori uses: 8 MiB lines, 10,000 entries, 1 GiB an entry, 16 GiB an archive, ratio 200 (an EVTX file
    /// that is mostly unused space packs up to about 150 times).
    pub const STANDARD: Self = Self {
        line_bytes: 8 << 20,
        archive_entries: 10_000,
        entry_bytes: 1 << 30,
        archive_bytes: 16 << 30,
        archive_ratio: 200,
    };
}

/// Unpacked size below which the ratio says nothing: a few kilobytes of zeros pack a thousandfold.
const RATIO_FREE_BYTES: u64 = 8 << 20;

impl Limits {
    /// Most bytes that so many packed ones may unpack to.
    #[must_use]
    pub fn unpacked_bytes(&self, packed_bytes: u64) -> u64 {
        let by_ratio = packed_bytes.saturating_mul(self.archive_ratio);
        by_ratio.max(RATIO_FREE_BYTES).min(self.archive_bytes)
    }
}

impl Default for Limits {
    /// [`Limits::STANDARD`].
    fn default() -> Self {
        Self::STANDARD
    }
}

/// Reads a file of any known format, a zip archive of such files, or one packed with gzip.
///
/// Known are EVTX, ATNA, FHIR Bundles, CSV by column map, Zeek's tables, exports of the systemd journal, and text by line.
/// The format is recognised by content, and by the name only when an EVTX file has lost its header. Everything readable is
/// handed to `each` in file order, everything else as [`Reading::Unreadable`].
///
/// # Errors
/// When the input itself fails (disk, network). Damage in the content is never an error.
pub fn read_file(
    name: &str,
    input: &mut dyn ReadSeek,
    context: &Context,
    limits: &Limits,
    each: &mut dyn FnMut(Reading<'_>),
) -> io::Result<()> {
    read_file_written(name, None, input, context, limits, each)
}

/// As [`read_file`], for a file of which it is known when it was last written.
///
/// Lines that name no year are then dated from there and not from today; entries of an archive from the time the archive
/// gives them.
///
/// # Errors
/// As [`read_file`].
pub fn read_file_written(
    name: &str,
    written_at: Option<Instant>,
    input: &mut dyn ReadSeek,
    context: &Context,
    limits: &Limits,
    each: &mut dyn FnMut(Reading<'_>),
) -> io::Result<()> {
    let written_by = written_at.unwrap_or(context.received_at);
    read_file_with(
        &FileContext { name, context, written_by, maps: &[], wanted: None },
        input,
        limits,
        each,
    )
}

/// As [`read_file`], with everything that is known about the file, column maps for CSV among it.
///
/// # Errors
/// As [`read_file`].
pub fn read_file_with(
    file: &FileContext<'_>,
    input: &mut dyn ReadSeek,
    limits: &Limits,
    each: &mut dyn FnMut(Reading<'_>),
) -> io::Result<()> {
    let file = FileContext { written_by: file.written_by.min(file.context.received_at), ..*file };
    let head = read_head(input)?;
    match archive::packed_as(&head) {
        Some("zip") => return archive::read_archive(&file, input, limits, each),
        Some("gzip") => return archive::read_gzip(&file, input, limits, each),
        _ => {}
    }
    read_plain(&head, input, &file, limits, each)
}

/// Reads a file that is no archive.
pub(super) fn read_plain(
    head: &[u8],
    input: &mut dyn ReadSeek,
    file: &FileContext<'_>,
    limits: &Limits,
    each: &mut dyn FnMut(Reading<'_>),
) -> io::Result<()> {
    match SOURCES.iter().find(|source| source.claims_file(file, head)) {
        Some(source) => source.read_file(input, file, each),
        None => lines::read_text(input, file, limits.line_bytes, each),
    }
}

pub(super) fn read_head(input: &mut dyn ReadSeek) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    input.seek(SeekFrom::Start(0))?;
    io::Read::read_to_end(&mut io::Read::take(&mut *input, HEAD_BYTES), &mut head)?;
    input.seek(SeekFrom::Start(0))?;
    Ok(head)
}
