//! Refusals are recorded, but nobody may fill our journal by being refused.

use std::collections::BTreeMap;

use sakimori_words::Instant;

/// After a refusal of one kind on one stream is recorded, further ones are only counted for so long, in seconds.
const QUIET_SECONDS: i64 = 3_600;
/// So many refusals of one kind on one stream are recorded one by one before counting starts.
const RECORDED_MAX: u64 = 10;

/// Counts refusals that are not recorded one by one.
#[derive(Debug, Default)]
pub(crate) struct RefusalTally(BTreeMap<(String, &'static str), Count>);

#[derive(Debug)]
struct Count {
    since_at: Instant,
    n_recorded: u64,
    n_silent: u64,
}

impl RefusalTally {
    /// Whether this refusal is recorded; if so, how many were not since the last record.
    pub(crate) fn record(&mut self, stream: &str, code: &'static str, now: Instant) -> Option<u64> {
        let count = self.0.entry((stream.to_owned(), code)).or_insert(Count {
            since_at: now,
            n_recorded: 0,
            n_silent: 0,
        });
        if now >= count.since_at.plus_seconds(QUIET_SECONDS) {
            count.since_at = now;
            count.n_recorded = 0;
        }
        if count.n_recorded >= RECORDED_MAX {
            count.n_silent += 1;
            return None;
        }
        count.n_recorded += 1;
        Some(std::mem::take(&mut count.n_silent))
    }
}
