//! One 64 KiB chunk of an EVTX file.

use std::sync::{Arc, LazyLock};

use encoding_rs::SHIFT_JIS;
use evtx::err::EvtxError;
use evtx::{EvtxChunkData, EvtxRecord, ParserSettings};
use sakimori_words::{Event, Instant};

use super::super::{Context, Damage, Wanted, blank, text, windows};
use super::CHUNK_MAGIC;

/// Size of a chunk.
pub(super) const CHUNK_BYTES: usize = 65_536;

/// Where a chunk keeps the table of its names.
const NAME_TABLE: std::ops::Range<usize> = 128..384;

/// Records are rendered as one-line JSON; ANSI strings are those of a Japanese Windows.
static SETTINGS: LazyLock<Arc<ParserSettings>> =
    LazyLock::new(|| Arc::new(ParserSettings::new().indent(false).ansi_codec(SHIFT_JIS)));

/// A part of a chunk that could not be read, or only by guessing.
pub(super) struct Broken {
    /// Which record; `None` for the chunk itself.
    pub(super) record: Option<u64>,
    /// What is wrong.
    pub(super) damage: Damage,
    /// Why, in technical words.
    pub(super) reason: String,
}

/// A record with its number; `None` when it is not wanted.
type Record = Option<(u64, Event)>;

type Each<'e> = &'e mut dyn FnMut(Result<Record, Broken>);

/// Reads every record of a chunk that can be read. A chunk of zeros is unused space and says nothing.
pub(super) fn read_chunk(
    mut bytes: Vec<u8>,
    context: &Context,
    wanted: Option<&dyn Wanted>,
    each: Each<'_>,
) {
    if bytes.iter().all(|byte| *byte == 0) {
        return;
    }
    let n_missing_bytes = CHUNK_BYTES.saturating_sub(bytes.len());
    if n_missing_bytes > 0 {
        each(Err(Broken::chunk(Damage::Cut, format!("{n_missing_bytes} bytes"))));
        bytes.resize(CHUNK_BYTES, 0);
    }
    if bytes.starts_with(CHUNK_MAGIC) {
        return read_sound(bytes, context, wanted, each);
    }
    each(Err(Broken::chunk(Damage::ChunkHeader, "")));
    restore_magic(&mut bytes);
    // What else is wrong with it says nothing more: most such blocks never were chunks.
    read_sound(bytes, context, wanted, &mut |reading| match reading {
        Err(Broken { record: None, .. }) => {}
        told => each(told),
    });
}

fn read_sound(bytes: Vec<u8>, context: &Context, wanted: Option<&dyn Wanted>, each: Each<'_>) {
    match EvtxChunkData::new(bytes, false) {
        Ok(mut data) => {
            if !data.validate_checksum() {
                each(Err(Broken::chunk(Damage::Checksum, "")));
            }
            read_records(&mut data, context, wanted, each);
        }
        Err(error) => each(Err(Broken::chunk(Damage::Chunk, chain(&error)))),
    }
}

impl Broken {
    fn chunk(damage: Damage, reason: impl Into<String>) -> Self {
        Self { record: None, damage, reason: reason.into() }
    }
}

fn read_records(
    data: &mut EvtxChunkData,
    context: &Context,
    wanted: Option<&dyn Wanted>,
    each: Each<'_>,
) {
    let Err(error) = try_records(data, context, wanted, each) else { return };
    each(Err(Broken::chunk(Damage::Chunk, error)));
    // The table only saves looking names up; every name also stands where it is first used.
    if clear_name_table(data)
        && let Err(error) = try_records(data, context, wanted, each)
    {
        each(Err(Broken::chunk(Damage::Chunk, error)));
    }
}

fn try_records(
    data: &mut EvtxChunkData,
    context: &Context,
    wanted: Option<&dyn Wanted>,
    each: Each<'_>,
) -> Result<(), String> {
    let mut chunk = data.parse(Arc::clone(&SETTINGS)).map_err(|error| chain(&error))?;
    for record in chunk.iter() {
        let read = record.and_then(|record| read_record(record, context, wanted));
        each(read.map_err(|error| broken(&error)));
    }
    Ok(())
}

fn read_record(
    record: EvtxRecord<'_>,
    context: &Context,
    wanted: Option<&dyn Wanted>,
) -> Result<Record, EvtxError> {
    let number = record.event_record_id;
    let at = Instant::from_micros(record.timestamp.as_microsecond());
    let json = record.into_json_bytes()?.data;
    if let Some(wanted) = wanted
        && let Ok(text) = std::str::from_utf8(&json)
        && let Some((channel, event_id)) = windows::rendered_head(&json)
        && !wanted.by_head(channel, event_id, text)
    {
        return Ok(None);
    }
    let mut event = blank(&[], context);
    if at.as_micros() > 0 {
        event.time = at;
    }
    match std::str::from_utf8(&json).ok().and_then(windows::event_fields) {
        Some(src) => {
            event.src = src;
            windows::place(&mut event);
            if wanted.is_some_and(|wanted| !wanted.by_fields(&event)) {
                return Ok(None);
            }
            windows::fill(&mut event);
        }
        None => event.message = text::message(&String::from_utf8_lossy(&json)),
    }
    event.raw = json;
    Ok(Some((number, event)))
}

fn broken(error: &EvtxError) -> Broken {
    match error {
        EvtxError::FailedToParseRecord { record_id, .. } => {
            Broken { record: Some(*record_id), damage: Damage::Record, reason: chain(error) }
        }
        _ => Broken::chunk(Damage::Chunk, chain(error)),
    }
}

/// The error with its causes, outermost first.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn restore_magic(bytes: &mut [u8]) {
    bytes.iter_mut().zip(CHUNK_MAGIC).for_each(|(byte, magic)| *byte = *magic);
}

/// Empties the table of names; `false` when it was empty already.
fn clear_name_table(data: &mut EvtxChunkData) -> bool {
    let Some(table) = data.data.get_mut(NAME_TABLE) else { return false };
    if table.iter().all(|byte| *byte == 0) {
        return false;
    }
    table.fill(0);
    match EvtxChunkData::new(std::mem::take(&mut data.data), false) {
        Ok(cleared) => {
            *data = cleared;
            true
        }
        Err(_) => false,
    }
}

/// Reads any bytes as a chunk.
///
/// # Panics
/// When a record has no raw form.
pub fn fuzz_evtx_chunk(bytes: &[u8]) {
    let context = Context { source: "fuzz".to_owned(), received_at: Instant::default() };
    let bytes = bytes.get(..CHUNK_BYTES.min(bytes.len())).unwrap_or_default();
    read_chunk(bytes.to_vec(), &context, None, &mut |record| {
        if let Ok(Some((_, event))) = record {
            assert!(!event.raw.is_empty(), "every record keeps its raw form");
        }
    });
}
