//! How often the indicators of a case were seen, as rows of a table.

use sakimori_share::{Sightings, broken_up};

/// One indicator that was seen.
pub(super) struct SeenRow {
    pub(super) value: String,
    pub(super) count: u64,
    pub(super) n_institutions: u64,
    /// The first day and the last; one day when they are the same.
    pub(super) days: String,
}

/// The rows of what was seen, the most frequent first.
pub(super) fn rows(sightings: &Sightings) -> Vec<SeenRow> {
    let mut rows: Vec<SeenRow> = sightings
        .seen
        .iter()
        .map(|seen| SeenRow {
            value: broken_up(&seen.value),
            count: seen.count,
            n_institutions: seen.n_institutions,
            days: if seen.first == seen.last {
                seen.first.to_string()
            } else {
                format!("{} – {}", seen.first, seen.last)
            },
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    rows
}
