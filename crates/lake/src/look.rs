//! Looking through everything once: segment by segment, without holding one in memory, passing over what is not wanted.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, TimestampMicrosecondArray, UInt64Array};
use arrow::compute::filter_record_batch;
use arrow::compute::kernels::boolean::or;
use arrow::error::ArrowError;
use sakimori_words::Instant;

use crate::background::in_background;
use crate::batch::{column, events_in};
use crate::packing::{Needle, may_hold, unpacked};
use crate::segment::read_parquet;
use crate::{LakeError, LakeReader, SegmentInfo, StoredEvent};

/// Which events somebody who looks through the log wants to see.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Only those with a higher number.
    pub after_seq: u64,
    /// Only those up to this number.
    pub up_to_seq: u64,
    /// Only those of that time or later.
    pub from: Instant,
    /// Only those before.
    pub until: Instant,
    /// Only those that may hold one of these; all when there are none. A hint: what is shown need not hold any.
    pub needles: Vec<Needle>,
}

/// Whoever looks at events one after the other.
pub trait Look: Send {
    /// Looks at an event.
    fn look(&mut self, event: &StoredEvent);

    /// Told after every few thousand events that were looked at or passed over; whether to go on.
    fn goes_on(&mut self, n_events: u64) -> bool;
}

impl Wanted {
    /// Whether any event of a segment can be wanted.
    #[must_use]
    pub fn touches(&self, segment: &SegmentInfo) -> bool {
        let (first_at, last_at) = segment.time;
        segment.last_seq > self.after_seq
            && segment.first_seq <= self.up_to_seq
            && last_at >= self.from
            && first_at < self.until
    }

    /// Shows the wanted events of an unsealed batch.
    pub fn show_unsealed(&self, batch: &RecordBatch, look: &mut dyn Look) {
        for stored in events_in(batch, self.after_seq, self.up_to_seq) {
            if self.is_of_time(stored.event.time) {
                look.look(&stored);
            }
        }
        let _ = look.goes_on(batch.num_rows() as u64);
    }

    fn is_of_time(&self, at: Instant) -> bool {
        at >= self.from && at < self.until
    }

    fn show(&self, batch: &RecordBatch, look: &mut dyn Look) -> Result<(), ArrowError> {
        let mut left = filter_record_batch(batch, &self.within(batch)?)?;
        if !self.needles.is_empty() && left.num_rows() > 0 {
            left = filter_record_batch(&left, &self.may_hold(&left)?)?;
        }
        if left.num_rows() > 0 {
            let events = events_in(&unpacked(&left)?, self.after_seq, self.up_to_seq);
            events.iter().for_each(|stored| look.look(stored));
        }
        Ok(())
    }

    /// Rows whose number and time are wanted.
    fn within(&self, batch: &RecordBatch) -> Result<BooleanArray, ArrowError> {
        let unfit = || ArrowError::ParseError("a segment without numbers or times".to_owned());
        let times = column::<TimestampMicrosecondArray>(batch, "time").ok_or_else(unfit)?;
        let numbers = column::<UInt64Array>(batch, "seq").ok_or_else(unfit)?;
        let rows = times.values().iter().zip(numbers.values()).map(|(time, seq)| {
            *seq > self.after_seq
                && *seq <= self.up_to_seq
                && self.is_of_time(Instant::from_micros(*time))
        });
        Ok(rows.collect::<Vec<bool>>().into())
    }

    /// Rows that may hold any of the texts.
    fn may_hold(&self, batch: &RecordBatch) -> Result<BooleanArray, ArrowError> {
        let mut any = BooleanArray::from(vec![false; batch.num_rows()]);
        for needle in &self.needles {
            let columns: Option<Vec<ArrayRef>> = needle
                .columns()
                .into_iter()
                .map(|name| batch.column_by_name(name).cloned())
                .collect();
            let columns = columns.ok_or_else(|| {
                ArrowError::ParseError("a segment without its columns".to_owned())
            })?;
            any = or(&any, &may_hold(needle, &columns)?)?;
        }
        Ok(any)
    }
}

impl LakeReader {
    /// Shows the wanted events of a segment in the order in which it holds them: by source, then by time.
    ///
    /// # Errors
    /// When the segment cannot be read, or not to its end.
    pub async fn show_segment<L: Look + 'static>(
        &self,
        segment: &SegmentInfo,
        wanted: Wanted,
        look: &Arc<Mutex<L>>,
    ) -> Result<(), LakeError> {
        let bytes = self.read_segment(&segment.file).await?;
        let (file, look) = (segment.file.clone(), Arc::clone(look));
        in_background(move || {
            let damaged = |reason: String| LakeError::Segment { file: file.clone(), reason };
            for batch in read_parquet(bytes).map_err(damaged)? {
                let batch = batch.map_err(|error| damaged(error.to_string()))?;
                let mut look = look.lock().unwrap_or_else(PoisonError::into_inner);
                wanted.show(&batch, &mut *look).map_err(|error| damaged(error.to_string()))?;
                if !look.goes_on(batch.num_rows() as u64) {
                    return Ok(());
                }
            }
            Ok(())
        })
        .await
    }
}
