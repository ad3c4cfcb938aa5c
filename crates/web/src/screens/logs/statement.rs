//! SQL from what a person asked for: filter, source and time. Texts are quoted, times are UTC.

use sakimori_watch::filter::Filter;
use sakimori_words::Instant;

/// Which events are wanted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) from: Option<Instant>,
    pub(crate) to: Option<Instant>,
    /// Exactly this source; empty: any.
    pub(crate) source: String,
    pub(crate) filter: Filter,
}

/// Most rows a filter shows on one page.
pub(crate) const FILTER_ROWS: usize = 200;

/// Characters of a message that a list shows; the event's own page has all of it.
const MESSAGE_CHARS: usize = 300;

/// Columns that a filter's page asks for.
const LISTED: &str = "time, seq, source, class_uid, activity, status, host, \"user\", patient, src_ip, dst_ip, process";

/// The newest events that are wanted, for the screen.
pub(crate) fn newest(wanted: &Wanted) -> String {
    format!(
        "SELECT {LISTED}, left(message, {MESSAGE_CHARS}) AS message\nFROM events{}\nORDER BY time DESC\nLIMIT {FILTER_ROWS}",
        conditions(wanted)
    )
}

/// All events that are wanted, for a file.
pub(crate) fn whole(wanted: &Wanted) -> String {
    format!(
        "SELECT {LISTED}, received_at, message, raw\nFROM events{}\nORDER BY time DESC",
        conditions(wanted)
    )
}

/// How many of the wanted events fall into each span of `step_micros`: number of the span since 1970 in Japan, and count.
pub(crate) fn counts(wanted: &Wanted, step_micros: i64) -> String {
    format!(
        "SELECT CAST((CAST(time AS BIGINT) + 32400000000) / {step_micros} AS BIGINT) AS bucket, count(*) AS n\nFROM events{}\nGROUP BY 1\nORDER BY 1",
        conditions(wanted)
    )
}

/// Everything about one event.
pub(crate) fn event(seq: u64) -> String {
    format!("SELECT * FROM events WHERE seq = {seq}")
}

/// The newest events received since then: when, source, class, host, user, number of fields understood, message.
pub(crate) fn arrived_since(since: Instant) -> String {
    format!(
        "SELECT received_at, source, class_uid, host, \"user\", cardinality(src) AS n_fields, left(message, {MESSAGE_CHARS}) AS message\nFROM events\nWHERE received_at >= TIMESTAMP '{}'\nORDER BY received_at DESC\nLIMIT 5",
        since.rfc3339()
    )
}

/// Events of the last 24 hours by hour, for the chart: hour as whole hours since 1970 and count.
pub(crate) fn hourly(since: Instant) -> String {
    format!(
        "SELECT CAST(CAST(received_at AS BIGINT) / 3600000000 AS BIGINT) AS hour, count(*) AS n\nFROM events\nWHERE received_at >= TIMESTAMP '{}'\nGROUP BY 1\nORDER BY 1",
        since.rfc3339()
    )
}

/// The newest records of a source that no reader understood.
pub(crate) fn not_understood(source: &str, since: Instant) -> String {
    format!(
        "SELECT received_at, raw\nFROM events\nWHERE source = {} AND class_uid = 0 AND received_at >= TIMESTAMP '{}'\nORDER BY received_at DESC\nLIMIT 10",
        quoted(source),
        since.rfc3339()
    )
}

fn conditions(wanted: &Wanted) -> String {
    let mut conditions = Vec::new();
    if let Some(from) = wanted.from {
        conditions.push(format!("time >= TIMESTAMP '{}'", from.rfc3339()));
    }
    if let Some(to) = wanted.to {
        conditions.push(format!("time < TIMESTAMP '{}'", to.rfc3339()));
    }
    if !wanted.source.is_empty() {
        conditions.push(format!("source = {}", quoted(&wanted.source)));
    }
    if !wanted.filter.is_everything() {
        conditions.push(format!("({})", wanted.filter.condition()));
    }
    if conditions.is_empty() {
        String::new()
    } else {
        format!("\nWHERE {}", conditions.join("\n  AND "))
    }
}

/// A text as an SQL literal.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use sakimori_watch::filter::Filter;
    use sakimori_words::Instant;

    use super::{Wanted, counts, newest};

    fn wanted(filter: &str) -> Wanted {
        let filter = Filter::read(filter).unwrap();
        Wanted { from: None, to: None, source: String::new(), filter }
    }

    #[test]
    fn what_was_asked_becomes_one_statement_and_no_quote_escapes() {
        let wanted = Wanted {
            from: Some(Instant::parse("2026-11-20T00:00:00Z").unwrap()),
            source: "syslog/o'hara".to_owned(),
            ..wanted("host:a OR \"'; DROP TABLE events --\"")
        };
        insta::assert_snapshot!(newest(&wanted), @r#"
        SELECT time, seq, source, class_uid, activity, status, host, "user", patient, src_ip, dst_ip, process, left(message, 300) AS message
        FROM events
        WHERE time >= TIMESTAMP '2026-11-20T00:00:00.000000Z'
          AND source = 'syslog/o''hara'
          AND (host ILIKE 'a' OR (message ILIKE '%''; DROP TABLE events --%' OR raw ILIKE '%''; DROP TABLE events --%'))
        ORDER BY time DESC
        LIMIT 200
        "#);
    }

    #[test]
    fn nothing_asked_wants_the_newest_and_counts_everything() {
        assert!(!newest(&wanted("")).contains("WHERE"));
        assert!(counts(&wanted(""), 60_000_000).contains("/ 60000000 AS BIGINT) AS bucket"));
    }
}
