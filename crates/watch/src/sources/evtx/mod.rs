//! Windows event log files (EVTX), also damaged ones.
//!
//! Chunks are read one by one instead of through the parser's own file reader, so that a bad file header, a torn last chunk
//! or one destroyed chunk costs only itself, and a file of any size needs the memory of one chunk.

mod chunk;

use std::io::{self, SeekFrom};

use sakimori_words::{Event, Text};

use self::chunk::{Broken, CHUNK_BYTES, read_chunk};
use super::{Context, Damage, FileContext, LogSource, ReadSeek, Reading, Unreadable};

pub use self::chunk::fuzz_evtx_chunk;

/// Windows event log files.
pub(super) struct Evtx;

const FILE_HEADER_BYTES: u64 = 4_096;
const FILE_MAGIC: &[u8] = b"ElfFile\0";
const CHUNK_MAGIC: &[u8] = b"ElfChnk\0";

impl LogSource for Evtx {
    fn name(&self) -> &'static str {
        "evtx"
    }

    fn title(&self) -> Text {
        Text::new("Windows イベントログ (EVTX ファイル)", "Windows event log files (EVTX)")
    }

    fn read_line(&self, _line: &[u8], _context: &Context) -> Option<Event> {
        None
    }

    fn claims_file(&self, file: &FileContext<'_>, head: &[u8]) -> bool {
        let first_chunk = head.get(4_096..).unwrap_or_default();
        let named = file.name.to_ascii_lowercase().ends_with(".evtx");
        head.starts_with(FILE_MAGIC) || first_chunk.starts_with(CHUNK_MAGIC) || named
    }

    fn read_file(
        &self,
        input: &mut dyn ReadSeek,
        file: &FileContext<'_>,
        each: &mut dyn FnMut(Reading<'_>),
    ) -> io::Result<()> {
        let mut bytes = Vec::new();
        read_at(input, 0, FILE_MAGIC.len(), &mut bytes)?;
        if bytes != FILE_MAGIC {
            each(unreadable(file, Damage::FileHeader, "", ""));
        }
        let file_bytes = input.seek(SeekFrom::End(0))?;
        if file_bytes < FILE_HEADER_BYTES {
            each(unreadable(file, Damage::Cut, "", ""));
        }
        for number in chunks_oldest_first(input, file_bytes)? {
            read_at(input, offset(number), CHUNK_BYTES, &mut bytes)?;
            read_one(number, std::mem::take(&mut bytes), file, each);
        }
        Ok(())
    }
}

fn read_one(
    number: u64,
    bytes: Vec<u8>,
    file: &FileContext<'_>,
    each: &mut dyn FnMut(Reading<'_>),
) {
    read_chunk(bytes, file.context, file.wanted, &mut |record| match record {
        Ok(Some((record, event))) => each(Reading::Event { file: file.name, record, event }),
        Ok(None) => each(Reading::Passed),
        Err(Broken { record, damage, reason }) => {
            let chunk = || format!("chunk {number}");
            let place = record.map_or_else(chunk, |record| format!("record {record}"));
            each(unreadable(file, damage, &place, &reason));
        }
    });
}

/// A full log overwrites its oldest chunk, so the oldest can stand anywhere. Records are handed out in the order in which
/// Windows wrote them, because correlations follow time.
fn chunks_oldest_first(input: &mut dyn ReadSeek, file_bytes: u64) -> io::Result<Vec<u64>> {
    let chunk_bytes = CHUNK_BYTES as u64;
    let n_chunks = file_bytes.saturating_sub(FILE_HEADER_BYTES).div_ceil(chunk_bytes);
    let mut oldest = (u64::MAX, 0);
    let mut header = Vec::new();
    for number in 0..n_chunks {
        read_at(input, offset(number), 40, &mut header)?;
        if let Some(first_record) = first_record(&header) {
            oldest = oldest.min((first_record, number));
        }
    }
    Ok((oldest.1..n_chunks).chain(0..oldest.1).collect())
}

/// The first record number of a chunk whose header makes sense.
fn first_record(header: &[u8]) -> Option<u64> {
    let number = |at: usize| Some(u64::from_le_bytes(header.get(at..at + 8)?.try_into().ok()?));
    let (first, last) = (number(24)?, number(32)?);
    (header.starts_with(CHUNK_MAGIC) && first <= last).then_some(first)
}

const fn offset(chunk_number: u64) -> u64 {
    FILE_HEADER_BYTES + chunk_number * CHUNK_BYTES as u64
}

/// Reads up to `n_bytes`; fewer when the file ends before.
fn read_at(
    input: &mut dyn ReadSeek,
    offset: u64,
    n_bytes: usize,
    bytes: &mut Vec<u8>,
) -> io::Result<()> {
    bytes.clear();
    input.seek(SeekFrom::Start(offset))?;
    io::Read::read_to_end(&mut io::Read::take(input, n_bytes as u64), bytes)?;
    Ok(())
}

fn unreadable(
    file: &FileContext<'_>,
    damage: Damage,
    place: &str,
    reason: &str,
) -> Reading<'static> {
    let part = Unreadable::file(file.name, damage, &reason);
    Reading::Unreadable(Unreadable { place: place.to_owned(), ..part })
}
