//! Events as columns: the one schema that hot events, sealed segments and SQL share.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, BinaryArray, MapArray, MapBuilder, MapFieldNames, RecordBatch, StringArray,
    StringBuilder, TimestampMicrosecondArray, UInt32Array, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use sakimori_words::{Digest, Event, Fields, Instant};

use crate::leaf::leaf_digest;
use crate::packing::{Packer, packed_arrays, sealed_schema, shapes_of};
use crate::reader::StoredEvent;

/// Most rows of one batch of hot events.
pub const HOT_BATCH_ROWS: usize = 8_192;

/// Most bytes of raw records and field texts in one batch; Arrow's 32-bit text offsets end at 2 GiB.
const BATCH_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How SQL reads a bare date or an hour: as a clock in Japan shows it. The values themselves are instants in UTC.
const ZONE: &str = "+09:00";

/// The columns of stored events, in their order.
///
/// `raw` is the record as text, `raw_bytes` its exact bytes only when they are not valid UTF-8. `src` holds the record's own
/// fields as text under their own names. `leaf_check` is the first four bytes of the leaf digest, big-endian: enough to name
/// the one event that was changed, while the segment's signed root is what proves that none was.
#[must_use]
pub fn events_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(build_schema);
    Arc::clone(&SCHEMA)
}

fn build_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let instant = |name: &str| {
        Field::new(name, DataType::Timestamp(TimeUnit::Microsecond, Some(ZONE.into())), false)
    };
    Arc::new(Schema::new(vec![
        instant("time"),
        instant("received_at"),
        Field::new("seq", DataType::UInt64, false),
        text("source"),
        text("product"),
        text("service"),
        Field::new("class_uid", DataType::UInt32, false),
        text("activity"),
        text("status"),
        text("host"),
        text("user"),
        text("patient"),
        text("src_ip"),
        text("dst_ip"),
        text("process"),
        text("message"),
        text("raw"),
        Field::new("raw_bytes", DataType::Binary, true),
        Field::new("src", map_type(), false),
        Field::new("leaf_check", DataType::UInt32, false),
    ]))
}

fn map_type() -> DataType {
    let key = Field::new("key", DataType::Utf8, false);
    let value = Field::new("value", DataType::Utf8, true);
    let entry = Field::new("key_value", DataType::Struct(vec![key, value].into()), false);
    DataType::Map(Arc::new(entry), false)
}

/// The events as record batches, none larger than [`HOT_BATCH_ROWS`] rows or the bytes a batch may hold.
pub(crate) fn batches_of(events: &[StoredEvent]) -> Result<Vec<RecordBatch>, ArrowError> {
    let mut batches = Vec::new();
    let mut rest = events;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rows_that_fit(rest));
        batches.push(batch_of(now)?);
        rest = later;
    }
    Ok(batches)
}

/// How many of `events` go into the next batch: at least one.
fn rows_that_fit(events: &[StoredEvent]) -> usize {
    let mut bytes = 0_usize;
    let fitting = events.iter().take(HOT_BATCH_ROWS).take_while(|stored| {
        bytes = bytes.saturating_add(text_bytes(&stored.event));
        bytes <= BATCH_BYTES_MAX
    });
    fitting.count().max(1)
}

/// An upper bound for the bytes an event puts into any one column.
fn text_bytes(event: &Event) -> usize {
    // Invalid bytes become three-byte replacement characters.
    event.raw.len().saturating_mul(3)
        + event.message.len()
        + event.src.iter().map(|(name, value)| name.len() + value.to_text().len()).sum::<usize>()
}

/// Events as batches of a segment: what can be stored packed is. Each batch is made when it is asked for, so that no more
/// than one is in memory.
pub(crate) struct SealedBatches<'e> {
    events: &'e [StoredEvent],
    packer: Packer,
    shapes: ArrayRef,
    /// How many events the batches so far hold.
    done: usize,
}

impl<'e> SealedBatches<'e> {
    /// The batches of `events`.
    pub(crate) fn of(events: &'e [StoredEvent]) -> Self {
        let packer = Packer::of(events.iter().map(|stored| &stored.event));
        let shapes = shapes_of(&packer);
        Self { events, packer, shapes, done: 0 }
    }

    fn batch(&self, events: &[StoredEvent]) -> Result<RecordBatch, ArrowError> {
        let until = self.done + events.len();
        let (packed, is_packed) = packed_arrays(&self.packer, &self.shapes, self.done, until)?;
        let as_it_is = |row: usize| is_packed.get(row).is_none_or(|packed| !packed);
        let mut columns = columns_of(events, &as_it_is)?;
        columns.extend(packed);
        RecordBatch::try_new(sealed_schema(), columns)
    }
}

impl Iterator for SealedBatches<'_> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.events.get(self.done..).filter(|rest| !rest.is_empty())?;
        let events = rest.get(..rows_that_fit(rest))?;
        let batch = self.batch(events);
        self.done += events.len();
        Some(batch)
    }
}

fn batch_of(events: &[StoredEvent]) -> Result<RecordBatch, ArrowError> {
    RecordBatch::try_new(events_schema(), columns_of(events, &|_| true)?)
}

/// The columns of events. Those that can be packed are empty where `as_it_is` does not hold.
fn columns_of(
    events: &[StoredEvent],
    as_it_is: &dyn Fn(usize) -> bool,
) -> Result<Vec<ArrayRef>, ArrowError> {
    let instants = |pick: fn(&Event) -> Instant| -> ArrayRef {
        let values = events.iter().map(|stored| pick(&stored.event).as_micros());
        Arc::new(TimestampMicrosecondArray::from_iter_values(values).with_timezone(ZONE))
    };
    let text = |pick: fn(&Event) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(events.iter().map(|stored| pick(&stored.event))))
    };
    let numbers = |pick: fn(&StoredEvent) -> u32| -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(events.iter().map(pick)))
    };
    let message = events
        .iter()
        .enumerate()
        .map(|(row, stored)| if as_it_is(row) { stored.event.message.as_str() } else { "" });
    Ok(vec![
        instants(|event| event.time),
        instants(|event| event.received_at),
        Arc::new(UInt64Array::from_iter_values(events.iter().map(|stored| stored.seq))),
        text(|event| &event.source),
        text(|event| &event.product),
        text(|event| &event.service),
        numbers(|stored| stored.event.class_uid),
        text(|event| &event.activity),
        text(|event| &event.status),
        text(|event| &event.host),
        text(|event| &event.user),
        text(|event| &event.patient),
        text(|event| &event.src_ip),
        text(|event| &event.dst_ip),
        text(|event| &event.process),
        Arc::new(StringArray::from_iter_values(message)),
        raw_text(events, as_it_is),
        raw_bytes(events),
        src_map(events, as_it_is)?,
        numbers(|stored| leaf_check(&stored.leaf)),
    ])
}

fn raw_text(events: &[StoredEvent], as_it_is: &dyn Fn(usize) -> bool) -> ArrayRef {
    let text = |(row, stored): (usize, &'_ StoredEvent)| {
        if as_it_is(row) {
            String::from_utf8_lossy(&stored.event.raw).into_owned()
        } else {
            String::new()
        }
    };
    Arc::new(StringArray::from_iter_values(events.iter().enumerate().map(text)))
}

fn raw_bytes(events: &[StoredEvent]) -> ArrayRef {
    let exact = events.iter().map(|stored| {
        let raw = stored.event.raw.as_slice();
        std::str::from_utf8(raw).is_err().then_some(raw)
    });
    Arc::new(exact.collect::<BinaryArray>())
}

fn src_map(
    events: &[StoredEvent],
    as_it_is: &dyn Fn(usize) -> bool,
) -> Result<ArrayRef, ArrowError> {
    let names = MapFieldNames {
        entry: "key_value".to_owned(),
        key: "key".to_owned(),
        value: "value".to_owned(),
    };
    let mut map = MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new());
    for (row, stored) in events.iter().enumerate() {
        for (name, value) in stored.event.src.iter().filter(|_| as_it_is(row)) {
            map.keys().append_value(name);
            map.values().append_value(value.to_text());
        }
        map.append(true)?;
    }
    Ok(Arc::new(map.finish()))
}

/// The first four bytes of a leaf digest.
pub(crate) fn leaf_check(leaf: &Digest) -> u32 {
    let [a, b, c, d, ..] = *leaf.as_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// The evidence columns of a batch: what leaves are made of.
pub(crate) struct EvidenceColumns<'a> {
    seq: &'a UInt64Array,
    source: &'a StringArray,
    received_at: &'a TimestampMicrosecondArray,
    raw: &'a StringArray,
    raw_bytes: &'a BinaryArray,
    leaf_check: &'a UInt32Array,
}

/// One row of the evidence columns.
pub(crate) struct EvidenceRow<'a> {
    /// Sequence number.
    pub(crate) seq: u64,
    /// Source.
    pub(crate) source: &'a str,
    /// The leaf as the row's own content gives it.
    pub(crate) leaf: Digest,
    /// Whether the stored check agrees with that leaf.
    pub(crate) agrees: bool,
}

impl<'a> EvidenceColumns<'a> {
    /// Finds the evidence columns; `None` when one is missing or has another type or nulls.
    pub(crate) fn of(batch: &'a RecordBatch) -> Option<Self> {
        Some(Self {
            seq: column(batch, "seq")?,
            source: column(batch, "source")?,
            received_at: column(batch, "received_at")?,
            raw: column(batch, "raw")?,
            raw_bytes: batch.column_by_name("raw_bytes")?.as_any().downcast_ref()?,
            leaf_check: column(batch, "leaf_check")?,
        })
    }

    /// The rows in their order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = EvidenceRow<'a>> + '_ {
        (0..self.seq.len()).map(|row| {
            let (seq, source) = (self.seq.value(row), self.source.value(row));
            let received_at = Instant::from_micros(self.received_at.value(row));
            let leaf = leaf_digest(seq, source, received_at, self.raw(row));
            EvidenceRow {
                seq,
                source,
                leaf,
                agrees: leaf_check(&leaf) == self.leaf_check.value(row),
            }
        })
    }

    /// The exact bytes of the record in `row`.
    pub(crate) fn raw(&self, row: usize) -> &'a [u8] {
        if self.raw_bytes.is_null(row) {
            self.raw.value(row).as_bytes()
        } else {
            self.raw_bytes.value(row)
        }
    }
}

/// The event in the row of a batch that has this sequence number. Field values come back as text.
pub(crate) fn find_event(batch: &RecordBatch, seq: u64) -> Option<StoredEvent> {
    let row = EvidenceColumns::of(batch)?.seq.iter().position(|own| own == Some(seq))?;
    event_at(batch, row)
}

/// The events of a batch with a number over `after` and up to `last`, in no particular order.
pub(crate) fn events_in(batch: &RecordBatch, after: u64, last: u64) -> Vec<StoredEvent> {
    let Some(evidence) = EvidenceColumns::of(batch) else { return Vec::new() };
    let seq = |row: usize| evidence.seq.value(row);
    let rows = (0..batch.num_rows()).filter(|row| seq(*row) > after && seq(*row) <= last);
    rows.filter_map(|row| event_at(batch, row)).collect()
}

fn event_at(batch: &RecordBatch, row: usize) -> Option<StoredEvent> {
    let evidence = EvidenceColumns::of(batch)?;
    let seq = evidence.seq.value(row);
    let text = |name| column::<StringArray>(batch, name).map(|array| array.value(row).to_owned());
    let instant = |name| {
        column::<TimestampMicrosecondArray>(batch, name)
            .map(|array| Instant::from_micros(array.value(row)))
    };
    let event = Event {
        source: text("source")?,
        received_at: instant("received_at")?,
        time: instant("time")?,
        raw: evidence.raw(row).to_vec(),
        product: text("product")?,
        service: text("service")?,
        class_uid: column::<UInt32Array>(batch, "class_uid")?.value(row),
        activity: text("activity")?,
        status: text("status")?,
        host: text("host")?,
        user: text("user")?,
        patient: text("patient")?,
        src_ip: text("src_ip")?,
        dst_ip: text("dst_ip")?,
        process: text("process")?,
        message: text("message")?,
        src: fields_of(column::<MapArray>(batch, "src")?, row)?,
    };
    let leaf = leaf_digest(seq, &event.source, event.received_at, &event.raw);
    Some(StoredEvent { seq, leaf, event })
}

/// Every event of a batch.
#[cfg(test)]
pub(crate) fn all_events(batch: &RecordBatch) -> Vec<StoredEvent> {
    let evidence = EvidenceColumns::of(batch).expect("a batch of events");
    evidence.seq.iter().flatten().filter_map(|seq| find_event(batch, seq)).collect()
}

fn fields_of(map: &MapArray, row: usize) -> Option<Fields> {
    let entries = map.value(row);
    let keys = entries.column(0).as_any().downcast_ref::<StringArray>()?;
    let values = entries.column(1).as_any().downcast_ref::<StringArray>()?;
    let n_bytes = |texts: &StringArray| texts.iter().flatten().map(str::len).sum::<usize>();
    let mut fields = Fields::with_capacity(keys.len(), n_bytes(keys) + n_bytes(values));
    let pairs = keys.iter().zip(values.iter());
    fields.extend(pairs.filter_map(|(key, value)| Some((key?, value.unwrap_or_default()))));
    Some(fields)
}

/// A column of that name and type without nulls.
pub(crate) fn column<'a, A: Array + 'static>(batch: &'a RecordBatch, name: &str) -> Option<&'a A> {
    let array = batch.column_by_name(name)?.as_any().downcast_ref::<A>()?;
    (array.null_count() == 0).then_some(array)
}
