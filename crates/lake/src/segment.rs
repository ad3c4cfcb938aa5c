//! Segments: sealed events as Parquet files that any engine reads.
//!
//! Rows are sorted by source and time, which a year of hospital logs measured 7 % smaller than by time alone; `seq` is a
//! column, so the Merkle root is rebuilt in the order of intake whatever the order of rows.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::array::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;
use sakimori_words::{Digest, Instant, jst_date};

use crate::LakeError;
use crate::batch::{EvidenceColumns, SealedBatches};
use crate::catalogue::{Part, SegmentInfo, SourceCount};
use crate::leaf::leaf_digest;
use crate::merkle::Tree;
use crate::packing::{NUMBERS, SHAPE, packed_columns, records_of, sealed_schema, unpacked};
use crate::reader::StoredEvent;
use crate::retention::RetentionClass;

/// Rows of a row group: small enough to be skipped when a search is about one source.
const ROW_GROUP_ROWS: usize = 131_072;

/// Rows of a page: what a filter reads at least.
const PAGE_ROWS: usize = 8_192;

/// Most bytes of a dictionary; a column that needs more goes on without one.
const DICTIONARY_BYTES_MAX: usize = 32 * 1024;

/// Most bytes of shapes in a row group.
const SHAPES_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The folder of all segments in their store.
pub(crate) const SEGMENTS: &str = "segments";

/// A segment that was written into memory and is not stored yet.
pub(crate) struct Sealed {
    /// What the catalogue will say of it.
    pub(crate) info: SegmentInfo,
    /// The Parquet file.
    pub(crate) file: Bytes,
    /// The root over the leaves as the events give them now. It differs from the recorded one only when a log file was
    /// changed between acknowledgement and sealing.
    pub(crate) content_root: Digest,
}

/// Writes the events (in the order of `seq`, at least one) as one segment for each class among them. `expected_seq` is the one
/// after the last sealed.
pub(crate) fn seal_events(
    events: Vec<StoredEvent>,
    expected_seq: u64,
    previous: Digest,
) -> Result<Vec<Sealed>, LakeError> {
    let mut missing = missing(&events, expected_seq);
    let mut by_class: BTreeMap<RetentionClass, Vec<StoredEvent>> = BTreeMap::new();
    for stored in events {
        by_class.entry(RetentionClass::of(&stored.event)).or_default().push(stored);
    }
    let sealed = by_class
        .into_iter()
        .map(|(class, events)| seal_class(class, events, std::mem::take(&mut missing), previous));
    sealed.collect()
}

fn seal_class(
    class: RetentionClass,
    mut events: Vec<StoredEvent>,
    missing: Vec<(u64, u64)>,
    previous: Digest,
) -> Result<Sealed, LakeError> {
    let mut info = describe(class, &events, missing);
    let content_root = events.iter().map(content_leaf).collect::<Tree>().root();
    events.sort_unstable_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    let file = write_parquet(&events, &info, previous)
        .map_err(|reason| LakeError::Segment { file: info.file.clone(), reason })?;
    info.file_bytes = file.len() as u64;
    info.file_digest = Digest::of(&file);
    Ok(Sealed { info, file, content_root })
}

fn content_leaf(stored: &StoredEvent) -> Digest {
    let event = &stored.event;
    leaf_digest(stored.seq, &event.source, event.received_at, &event.raw)
}

fn sort_key(stored: &StoredEvent) -> (&str, Instant, u64) {
    (&stored.event.source, stored.event.time, stored.seq)
}

fn describe(
    class: RetentionClass,
    events: &[StoredEvent],
    missing: Vec<(u64, u64)>,
) -> SegmentInfo {
    let first_seq = events.first().map_or(0, |stored| stored.seq);
    let last_seq = events.last().map_or(0, |stored| stored.seq);
    let root = events.iter().map(|stored| stored.leaf).collect::<Tree>().root();
    let received = bounds(events.iter().map(|stored| stored.event.received_at));
    SegmentInfo {
        file: file_name(class, received.0, first_seq, root),
        file_bytes: 0,
        file_digest: Digest::default(),
        class,
        first_seq,
        last_seq,
        events: events.len() as u64,
        root,
        compacted: Vec::new(),
        missing,
        raw_bytes: events.iter().map(|stored| stored.event.raw.len() as u64).sum(),
        received,
        time: bounds(events.iter().map(|stored| stored.event.time)),
        sources: count_sources(events),
    }
}

/// Where a segment is stored: by class and day of its oldest event in Japan, so that people find their way too.
pub(crate) fn file_name(
    class: RetentionClass,
    oldest: Instant,
    first_seq: u64,
    root: Digest,
) -> String {
    let (day, name) = (jst_date(oldest), root.short());
    format!("{SEGMENTS}/{class}/{}/{first_seq:020}-{name}.parquet", day.strftime("%Y/%m/%d"))
}

fn bounds(instants: impl Iterator<Item = Instant> + Clone) -> (Instant, Instant) {
    (instants.clone().min().unwrap_or_default(), instants.max().unwrap_or_default())
}

/// The sequence numbers that should be there and are not.
fn missing(events: &[StoredEvent], expected_seq: u64) -> Vec<(u64, u64)> {
    let mut expected = expected_seq;
    let mut missing = Vec::new();
    for stored in events {
        if stored.seq > expected {
            missing.push((expected, stored.seq - 1));
        }
        expected = stored.seq.saturating_add(1);
    }
    missing
}

fn count_sources(events: &[StoredEvent]) -> Vec<SourceCount> {
    let mut sources: BTreeMap<&str, (u64, Instant)> = BTreeMap::new();
    for StoredEvent { event, .. } in events {
        let (count, last) = sources.entry(&event.source).or_insert((0, event.received_at));
        *count += 1;
        *last = event.received_at.max(*last);
    }
    let count = |(source, (events, last_event_at)): (&str, (u64, Instant))| SourceCount {
        source: source.to_owned(),
        events,
        last_event_at,
    };
    sources.into_iter().map(count).collect()
}

fn write_parquet(
    events: &[StoredEvent],
    info: &SegmentInfo,
    previous: Digest,
) -> Result<Bytes, String> {
    let mut file = SegmentFile::begin(info, previous, Effort::Often)?;
    for batch in SealedBatches::of(events) {
        file.write(&batch.map_err(|error| error.to_string())?)?;
    }
    file.finish()
}

/// How hard a file is compressed. Measured on a generated year of a hospital's logs: level 9 takes 14 % less room than level
/// 3 for two and a half times the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Written again later: sealing.
    Often,
    /// Written to stay: compaction.
    Once,
}

/// A segment file being written, in memory.
pub(crate) struct SegmentFile(ArrowWriter<Vec<u8>>);

impl SegmentFile {
    /// Begins the file of `info`.
    pub(crate) fn begin(
        info: &SegmentInfo,
        previous: Digest,
        effort: Effort,
    ) -> Result<Self, String> {
        let properties = properties(info, previous, effort)?;
        ArrowWriter::try_new(Vec::new(), sealed_schema(), Some(properties))
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// Adds rows, in the order in which segments are sorted.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), String> {
        self.0.write(batch).map_err(|error| error.to_string())
    }

    /// The whole file.
    pub(crate) fn finish(self) -> Result<Bytes, String> {
        self.0.into_inner().map(Bytes::from).map_err(|error| error.to_string())
    }
}

fn properties(
    info: &SegmentInfo,
    previous: Digest,
    effort: Effort,
) -> Result<WriterProperties, String> {
    let level = if effort == Effort::Often { 3 } else { 9 };
    let zstd = ZstdLevel::try_new(level).map_err(|error| error.to_string())?;
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(zstd))
        .set_created_by(concat!("sakimori-lake ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_sorting_columns(Some(vec![sorted_by(SOURCE_COLUMN), sorted_by(TIME_COLUMN)]))
        .set_key_value_metadata(Some(footer(info, previous)));
    let numbers = packed_columns().iter().skip(1).take(NUMBERS).map(String::as_str);
    for name in ["time", "received_at", "seq"].into_iter().chain(numbers) {
        builder = builder
            .set_column_dictionary_enabled(name.into(), false)
            .set_column_encoding(name.into(), Encoding::DELTA_BINARY_PACKED);
    }
    for name in ["raw", "raw_bytes", "leaf_check"] {
        builder = plain(builder, name);
    }
    // What differs in most rows is only larger for a dictionary.
    builder = builder.set_dictionary_page_size_limit(DICTIONARY_BYTES_MAX);
    // A shape is long and stored once, as long as it is in a dictionary.
    builder = builder.set_column_dictionary_page_size_limit(SHAPE.into(), SHAPES_BYTES_MAX);
    for name in packed_columns() {
        builder =
            builder.set_column_statistics_enabled(name.as_str().into(), EnabledStatistics::None);
    }
    for name in packed_columns().iter().skip(1 + NUMBERS) {
        builder =
            builder.set_column_encoding(name.as_str().into(), Encoding::DELTA_LENGTH_BYTE_ARRAY);
    }
    for name in ["user", "patient", "src_ip", "dst_ip", "host"] {
        builder = builder.set_column_bloom_filter_enabled(name.into(), true);
    }
    Ok(builder.build())
}

/// Texts that are all different gain nothing from a dictionary or from statistics.
fn plain(builder: WriterPropertiesBuilder, name: &str) -> WriterPropertiesBuilder {
    builder
        .set_column_dictionary_enabled(ColumnPath::from(name), false)
        .set_column_encoding(ColumnPath::from(name), Encoding::PLAIN)
        .set_column_statistics_enabled(ColumnPath::from(name), EnabledStatistics::None)
}

/// Places of the sorting columns among the Parquet leaves.
const TIME_COLUMN: i32 = 0;
const SOURCE_COLUMN: i32 = 3;

const fn sorted_by(column_idx: i32) -> SortingColumn {
    SortingColumn { column_idx, descending: false, nulls_first: false }
}

/// What the file says of itself, so that it can be checked where its catalogue is not at hand.
fn footer(info: &SegmentInfo, previous: Digest) -> Vec<KeyValue> {
    [
        ("sakimori.format", "1".to_owned()),
        ("sakimori.class", info.class.to_string()),
        ("sakimori.first_seq", info.first_seq.to_string()),
        ("sakimori.last_seq", info.last_seq.to_string()),
        ("sakimori.events", info.events.to_string()),
        ("sakimori.root", info.root.to_string()),
        ("sakimori.previous", previous.to_string()),
    ]
    .map(|(key, value)| KeyValue::new(key.to_owned(), value))
    .into()
}

/// Opens a segment's bytes as batches.
pub(crate) fn read_parquet(file: Bytes) -> Result<ParquetRecordBatchReader, String> {
    open_with_rows(file, PAGE_ROWS)
}

/// As [`read_parquet`], with so many rows in a batch.
pub(crate) fn open_with_rows(file: Bytes, rows: usize) -> Result<ParquetRecordBatchReader, String> {
    // Our own schema, not the one inside the file: arrow's reader of that one panics on damaged bytes (59.3, found by the
    // test that flips bytes).
    let options = ArrowReaderOptions::new().with_schema(sealed_schema());
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
        .map_err(|error| error.to_string())?;
    builder.with_batch_size(rows).build().map_err(|error| error.to_string())
}

/// All events of a segment, with the columns of [`crate::events_schema`].
pub(crate) fn read_batches(file: Bytes) -> Result<Vec<RecordBatch>, String> {
    let batches = read_parquet(file)?.map(|batch| unpacked(&batch?));
    batches.map(|batch| batch.map_err(|error| error.to_string())).collect()
}

/// One event of a segment as its own content gives it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SealedLeaf {
    /// Sequence number.
    pub(crate) seq: u64,
    /// Leaf over the row's content.
    pub(crate) leaf: Digest,
    /// Source.
    pub(crate) source: String,
    /// Whether the row's own check agrees with the leaf.
    pub(crate) agrees: bool,
}

/// The leaves of a segment's events in the order of `seq`.
pub(crate) fn read_leaves(file: Bytes) -> Result<Vec<SealedLeaf>, String> {
    // Whoever can write the file decides its bytes, and the Parquet reader is not ours: a panic in it is one more way of
    // saying that the file cannot be read.
    catch_unwind(AssertUnwindSafe(|| collect_leaves(file)))
        .unwrap_or_else(|_| Err("its reader gave up".to_owned()))
}

fn collect_leaves(file: Bytes) -> Result<Vec<SealedLeaf>, String> {
    let mut leaves = Vec::new();
    for batch in read_parquet(file)? {
        let batch =
            batch.and_then(|batch| records_of(&batch)).map_err(|error| error.to_string())?;
        let columns = EvidenceColumns::of(&batch).ok_or("its evidence columns hold nulls")?;
        leaves.extend(columns.rows().map(|row| SealedLeaf {
            seq: row.seq,
            leaf: row.leaf,
            source: row.source.to_owned(),
            agrees: row.agrees,
        }));
    }
    leaves.sort_unstable();
    Ok(leaves)
}

/// Whether the events in a part's range (leaves are in the order of `seq`) give the root that was signed for it.
pub(crate) fn is_whole(part: &Part, leaves: &[SealedLeaf]) -> bool {
    let tree: Tree = rows_of(part, leaves).iter().map(|row| row.leaf).collect();
    tree.size() == part.events && tree.root() == part.root
}

/// The leaves in a part's range.
pub(crate) fn rows_of<'a>(part: &Part, leaves: &'a [SealedLeaf]) -> &'a [SealedLeaf] {
    let from = leaves.partition_point(|row| row.seq < part.first_seq);
    let to = leaves.partition_point(|row| row.seq <= part.last_seq);
    leaves.get(from..to).unwrap_or_default()
}

/// Whether a file holds exactly the bytes and events that `info` records.
pub(crate) fn is_as_recorded(file: Bytes, info: &SegmentInfo) -> Result<bool, String> {
    if Digest::of(&file) != info.file_digest {
        return Ok(false);
    }
    let leaves = read_leaves(file)?;
    let whole = info.parts().iter().all(|part| is_whole(part, &leaves));
    Ok(whole && leaves.len() as u64 == info.events)
}

/// A segment file with other events than its record says.
#[cfg(test)]
pub(crate) fn rewrite_for_test(events: &[StoredEvent], info: &SegmentInfo) -> Bytes {
    write_parquet(events, info, Digest::default()).expect("events that can be written")
}

/// Reads `bytes` as a segment, for fuzzing: must never panic.
pub fn fuzz_segment(bytes: &[u8]) {
    let _ = read_leaves(Bytes::copy_from_slice(bytes));
}
