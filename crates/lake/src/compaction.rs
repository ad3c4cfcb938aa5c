//! Putting many small segments of a week or month together: a search over a year then opens dozens of files instead of thousands.
//!
//! Events keep the parts they were sealed in and the signed roots of those, so a compacted segment is proved exactly as the
//! segments it replaces. What is written is compressed harder: nobody waits for it.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array as _, RecordBatch, StringArray, TimestampMicrosecondArray, UInt64Array};
use arrow::compute::interleave_record_batch;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use sakimori_words::{Date, Digest, Instant, jst_date};

use crate::catalogue::{Part, SegmentInfo, SourceCount};
use crate::retention::RetentionClass;
use crate::segment::{Effort, SegmentFile, file_name, open_with_rows};

/// Most events of a compacted segment: what can be read and written again within a few hundred megabytes.
const EVENTS_MAX: u64 = 2_000_000;

/// Most segments put together at once; each keeps a page of every column in memory.
const SEGMENTS_MAX: usize = 32;

/// Days after its end in which a month or week still receives what machines held back.
const RESTS_DAYS: i64 = 2;

/// Rows read from a segment at a time while many are open.
const ROWS_READ: usize = 512;

/// Rows written at a time.
const ROWS_WRITTEN: usize = 8_192;

/// The next segments to put together, if any: of one class and of a month that is over, or a week of this one.
pub(crate) fn next_to_compact(
    segments: &[Arc<SegmentInfo>],
    now: Instant,
) -> Option<Vec<Arc<SegmentInfo>>> {
    let rested = jst_date(now.plus_days(-RESTS_DAYS));
    let mut spans: BTreeMap<(RetentionClass, Span), Vec<Arc<SegmentInfo>>> = BTreeMap::new();
    for segment in segments {
        if let Some(span) = span_over(jst_date(segment.received.0), rested) {
            spans.entry((segment.class, span)).or_default().push(Arc::clone(segment));
        }
    }
    spans.values().find_map(|segments| first_group(segments))
}

/// Year, month, and the week in it when the month is not over.
type Span = (i16, i8, Option<i8>);

/// The span of `day` that was over by `rested`. A month that goes on is put together week by week, so that a search does not
/// open a hundred files for it.
fn span_over(day: Date, rested: Date) -> Option<Span> {
    let week = |day: Date| (day.day() - 1) / 7;
    let month = |day: Date| (day.year(), day.month());
    let (year, of_year) = month(day);
    match month(day).cmp(&month(rested)) {
        Ordering::Less => Some((year, of_year, None)),
        Ordering::Equal if week(day) < week(rested) => Some((year, of_year, Some(week(day)))),
        _ => None,
    }
}

/// The first neighbours that are small enough to become one.
fn first_group(segments: &[Arc<SegmentInfo>]) -> Option<Vec<Arc<SegmentInfo>>> {
    let mut group: Vec<Arc<SegmentInfo>> = Vec::new();
    let mut events = 0_u64;
    for segment in segments {
        let full = events + segment.events > EVENTS_MAX || group.len() == SEGMENTS_MAX;
        if full && group.len() > 1 {
            break;
        }
        if full {
            (group, events) = (Vec::new(), 0);
        }
        events += segment.events;
        group.push(Arc::clone(segment));
    }
    (group.len() > 1).then_some(group)
}

/// Writes the events of `inputs` (segments of one class with their files, in the order of `seq`) as one segment.
pub(crate) fn compact(
    inputs: Vec<(Arc<SegmentInfo>, Bytes)>,
    previous: Digest,
) -> Result<(SegmentInfo, Bytes), String> {
    let mut info = describe(&inputs).ok_or("nothing to put together")?;
    let mut merge = Merge::open(inputs.into_iter().map(|(_, file)| file))?;
    let mut file = SegmentFile::begin(&info, previous, Effort::Once)?;
    while let Some(batch) = merge.next_rows()? {
        file.write(&batch)?;
    }
    let file = file.finish()?;
    info.file_bytes = file.len() as u64;
    info.file_digest = Digest::of(&file);
    Ok((info, file))
}

fn describe(inputs: &[(Arc<SegmentInfo>, Bytes)]) -> Option<SegmentInfo> {
    let all = || inputs.iter().map(|(segment, _)| segment);
    let first = all().next()?;
    let mut parts: Vec<Part> = all().flat_map(|segment| segment.parts()).collect();
    parts.sort_by_key(|part| part.first_seq);
    let roots: Vec<&[u8]> = parts.iter().map(|part| part.root.as_bytes().as_slice()).collect();
    let root = Digest::of_parts(&roots);
    let received = widest(all().map(|segment| segment.received))?;
    let first_seq = parts.first()?.first_seq;
    Some(SegmentInfo {
        file: file_name(first.class, received.0, first_seq, root),
        file_bytes: 0,
        file_digest: Digest::default(),
        class: first.class,
        first_seq,
        last_seq: parts.iter().map(|part| part.last_seq).max()?,
        events: all().map(|segment| segment.events).sum(),
        root,
        compacted: parts,
        missing: all().flat_map(|segment| segment.missing.clone()).collect(),
        raw_bytes: all().map(|segment| segment.raw_bytes).sum(),
        received,
        time: widest(all().map(|segment| segment.time))?,
        sources: sources(all()),
    })
}

fn widest(bounds: impl Iterator<Item = (Instant, Instant)>) -> Option<(Instant, Instant)> {
    bounds.reduce(|(a, b), (c, d)| (a.min(c), b.max(d)))
}

fn sources<'a>(segments: impl Iterator<Item = &'a Arc<SegmentInfo>>) -> Vec<SourceCount> {
    let mut sources: BTreeMap<&str, SourceCount> = BTreeMap::new();
    for count in segments.flat_map(|segment| &segment.sources) {
        match sources.get_mut(count.source.as_str()) {
            Some(sum) => {
                sum.events += count.events;
                sum.last_event_at = sum.last_event_at.max(count.last_event_at);
            }
            None => {
                sources.insert(&count.source, count.clone());
            }
        }
    }
    sources.into_values().collect()
}

/// Rows of several segments in the order in which a segment is sorted: source, time, number.
struct Merge {
    inputs: Vec<Input>,
}

/// One segment being read.
struct Input {
    rows: ParquetRecordBatchReader,
    /// The batch being read; `None` at the end.
    now: Option<Batch>,
    row: usize,
}

/// A batch with the columns it is sorted by.
struct Batch {
    batch: RecordBatch,
    source: StringArray,
    time: TimestampMicrosecondArray,
    seq: UInt64Array,
}

impl Merge {
    fn open(files: impl Iterator<Item = Bytes>) -> Result<Self, String> {
        let open = |file| -> Result<Input, String> {
            let mut input = Input { rows: open_with_rows(file, ROWS_READ)?, now: None, row: 0 };
            input.refill()?;
            Ok(input)
        };
        Ok(Self { inputs: files.map(open).collect::<Result<_, _>>()? })
    }

    /// The next rows; `None` at the end.
    fn next_rows(&mut self) -> Result<Option<RecordBatch>, String> {
        let mut batches: Vec<RecordBatch> = Vec::new();
        // Where the current batch of each input stands among `batches`.
        let mut places: Vec<Option<usize>> = vec![None; self.inputs.len()];
        let mut rows = Vec::with_capacity(ROWS_WRITTEN);
        while rows.len() < ROWS_WRITTEN {
            let Some(least) = self.least() else { break };
            let (Some(input), Some(place)) = (self.inputs.get_mut(least), places.get_mut(least))
            else {
                break;
            };
            let Some(now) = &input.now else { break };
            let at = *place.get_or_insert_with(|| {
                batches.push(now.batch.clone());
                batches.len() - 1
            });
            rows.push((at, input.row));
            input.row += 1;
            if input.row == now.batch.num_rows() {
                input.refill()?;
                *place = None;
            }
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let batches: Vec<&RecordBatch> = batches.iter().collect();
        interleave_record_batch(&batches, &rows).map(Some).map_err(|error| error.to_string())
    }

    /// The input whose next row comes first. There are few, so looking at all is quick.
    fn least(&self) -> Option<usize> {
        let waiting = self.inputs.iter().enumerate().filter(|(_, input)| input.now.is_some());
        waiting.min_by(|(_, a), (_, b)| a.compare(b)).map(|(n, _)| n)
    }
}

impl Input {
    fn refill(&mut self) -> Result<(), String> {
        self.row = 0;
        self.now = loop {
            let Some(batch) = self.rows.next() else { break None };
            let batch = batch.map_err(|error| error.to_string())?;
            if batch.num_rows() > 0 {
                break Some(Batch::of(batch).ok_or("its columns hold something else")?);
            }
        };
        Ok(())
    }

    fn compare(&self, other: &Self) -> Ordering {
        let (Some(a), Some(b)) = (&self.now, &other.now) else { return Ordering::Equal };
        a.source
            .value(self.row)
            .cmp(b.source.value(other.row))
            .then_with(|| a.time.value(self.row).cmp(&b.time.value(other.row)))
            .then_with(|| a.seq.value(self.row).cmp(&b.seq.value(other.row)))
    }
}

impl Batch {
    fn of(batch: RecordBatch) -> Option<Self> {
        fn column<A: Clone + 'static>(batch: &RecordBatch, name: &str) -> Option<A> {
            batch.column_by_name(name)?.as_any().downcast_ref::<A>().cloned()
        }
        let (source, time, seq) =
            (column(&batch, "source")?, column(&batch, "time")?, column(&batch, "seq")?);
        Some(Self { batch, source, time, seq })
    }
}
