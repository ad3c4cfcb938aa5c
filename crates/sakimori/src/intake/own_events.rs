//! What Sakimori itself writes into the log, so that the log says by itself where it can be relied on: its clock, its losses.

use sakimori_watch::OWN_SOURCES;
use sakimori_watch::sources::{self, Context};
use sakimori_words::{Event, Instant};
use serde_json::{Map, Value};

/// An event of the source `sakimori/<part>`: a JSON line, read like any other. `message` is Japanese, then English.
pub(super) fn own_event(
    part: &str,
    what: &str,
    at: Instant,
    message: &[String; 2],
    more: Vec<(&str, Value)>,
) -> Event {
    let mut line = Map::new();
    let fixed = [
        ("time", at.rfc3339()),
        ("product", "sakimori".to_owned()),
        ("service", part.to_owned()),
        ("event", what.to_owned()),
        ("message", message.join(" / ")),
    ];
    line.extend(fixed.map(|(name, text)| (name.to_owned(), Value::from(text))));
    line.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    let context = Context { source: format!("{OWN_SOURCES}{part}"), received_at: at };
    sources::read_line(Value::Object(line).to_string().as_bytes(), &context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_write_ourselves_reads_as_a_log_record() {
        let at = Instant::parse("2026-11-20T09:00:00Z").unwrap();
        let message = ["ずれ".to_owned(), "off".to_owned()];
        let event = own_event("clock", "clock_state", at, &message, vec![("count", 12.into())]);
        assert_eq!((event.source.as_str(), event.time), ("sakimori/clock", at));
        assert_eq!((event.product.as_str(), event.service.as_str()), ("sakimori", "clock"));
        assert_eq!(
            (event.activity.as_str(), event.message.as_str()),
            ("clock_state", "ずれ / off")
        );
        assert_eq!(event.src.int("count"), Some(12));
    }
}
