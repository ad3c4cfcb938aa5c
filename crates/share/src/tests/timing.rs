//! When a shared case goes out must not tell when it was reported.

use proptest::prelude::*;
use sakimori_words::{Instant, jst_datetime};

use super::country::content;

/// Seven days, in microseconds.
const WEEK_MICROS: i64 = 7 * 86_400 * 1_000_000;

fn moments() -> impl Strategy<Value = Instant> {
    let from = Instant::parse("2026-01-01T00:00:00Z").unwrap();
    (0..10 * 366 * 86_400_000_000_i64).prop_map(move |micros| from.plus_micros(micros))
}

proptest! {
    /// Whenever something is released, it waits at most a week, for the day and the minute of the setting.
    #[test]
    fn a_batch_comes_every_week_at_its_hour(now in moments()) {
        let due = content().sharing().publication.next_after(now);
        let waits = due.micros_since(now);
        prop_assert!(0 < waits && waits <= WEEK_MICROS);
        let local = jst_datetime(due);
        prop_assert_eq!(local.strftime("%A %H:%M:%S").to_string(), "Wednesday 10:00:00");
    }

    /// Two releases of one week go out at one moment: nobody can tell from it which was released when.
    #[test]
    fn whatever_is_released_within_a_week_goes_out_together(now in moments(), micros in 1..WEEK_MICROS) {
        let publication = &content().sharing().publication;
        let due = publication.next_after(now);
        let other = due.plus_micros(-micros);
        prop_assert_eq!(publication.next_after(other), due);
    }
}
