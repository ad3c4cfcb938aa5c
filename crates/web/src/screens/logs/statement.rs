//! SQL from a simple form: text is quoted, wildcards in it are taken literally, times are UTC.

use sakimori_words::Instant;

/// What the simple form asks for; empty text means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) from: Option<Instant>,
    pub(crate) to: Option<Instant>,
    pub(crate) source: String,
    pub(crate) host: String,
    pub(crate) user: String,
    pub(crate) address: String,
    pub(crate) text: String,
}

/// Most rows the simple form asks for.
pub(crate) const FORM_ROWS: usize = 200;

/// The statement for a form, newest first.
pub(crate) fn statement(wanted: &Wanted) -> String {
    let mut conditions = Vec::new();
    if let Some(from) = wanted.from {
        conditions.push(format!("time >= TIMESTAMP '{}'", from.rfc3339()));
    }
    if let Some(to) = wanted.to {
        conditions.push(format!("time < TIMESTAMP '{}'", to.rfc3339()));
    }
    for (column, value) in
        [("source", &wanted.source), ("host", &wanted.host), ("\"user\"", &wanted.user)]
    {
        if !value.is_empty() {
            conditions.push(format!("{column} ILIKE {}", part(value)));
        }
    }
    if !wanted.address.is_empty() {
        let address = quoted(&wanted.address);
        conditions.push(format!("(src_ip = {address} OR dst_ip = {address})"));
    }
    if !wanted.text.is_empty() {
        conditions.push(format!("(message ILIKE {0} OR raw ILIKE {0})", part(&wanted.text)));
    }
    let conditions = if conditions.is_empty() {
        String::new()
    } else {
        format!("\nWHERE {}", conditions.join("\n  AND "))
    };
    format!(
        "SELECT time, source, host, \"user\", activity, status, src_ip, dst_ip, message, raw\nFROM events{conditions}\nORDER BY time DESC\nLIMIT {FORM_ROWS}"
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

/// A text as an SQL literal.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A pattern that finds `text` anywhere, with the wildcards in it taken literally.
fn part(text: &str) -> String {
    let literal = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    quoted(&format!("%{literal}%"))
}

#[cfg(test)]
mod tests {
    use sakimori_words::Instant;

    use super::{Wanted, statement};

    #[test]
    fn a_form_becomes_one_statement_and_no_quote_escapes() {
        let wanted = Wanted {
            from: Some(Instant::parse("2026-11-20T00:00:00Z").unwrap()),
            host: "o'hara".to_owned(),
            address: "10.0.0.5".to_owned(),
            text: "100%_\\ '; DROP TABLE events --".to_owned(),
            ..Wanted::default()
        };
        insta::assert_snapshot!(statement(&wanted), @r#"
        SELECT time, source, host, "user", activity, status, src_ip, dst_ip, message, raw
        FROM events
        WHERE time >= TIMESTAMP '2026-11-20T00:00:00.000000Z'
          AND host ILIKE '%o''hara%'
          AND (src_ip = '10.0.0.5' OR dst_ip = '10.0.0.5')
          AND (message ILIKE '%100\%\_\\ ''; DROP TABLE events --%' OR raw ILIKE '%100\%\_\\ ''; DROP TABLE events --%')
        ORDER BY time DESC
        LIMIT 200
        "#);
    }

    #[test]
    fn an_empty_form_asks_for_the_newest() {
        assert!(!statement(&Wanted::default()).contains("WHERE"));
    }
}
