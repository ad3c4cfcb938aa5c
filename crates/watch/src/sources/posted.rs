//! Reading what a program hands in over HTTP: lines, or JSON objects however they are written.

use std::fmt;

use sakimori_words::{Event, Instant};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::json_values::Splitter;
use super::{Context, read_line};

/// A body that is not JSON objects; nothing of it was read.
#[derive(Debug, thiserror::Error)]
#[error("the body is not JSON objects")]
pub struct NotRecords(#[source] serde_json::Error);

/// Reads a body of lines (plain text, JSON lines). Blank lines are skipped; every other line is an event, understood or not.
#[must_use]
pub fn read_posted_lines(body: &[u8], context: &Context) -> Vec<Event> {
    let lines = body.split(|byte| *byte == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines
        .filter(|line| !line.trim_ascii().is_empty())
        .map(|line| read_line(line, context))
        .collect()
}

/// Reads a JSON body: one object, an array of objects, or several of either one after the other. Every object is an event,
/// whose `raw` is the object exactly as it was written.
///
/// # Errors
/// When the body is anything else, at whatever place: then nothing of it was read.
pub fn read_posted_json(body: &[u8], context: &Context) -> Result<Vec<Event>, NotRecords> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    for records in serde_json::Deserializer::from_slice(body).into_iter::<Records>() {
        records.map_err(NotRecords)?;
    }
    let mut splitter = Splitter::new(usize::MAX);
    let mut objects = splitter.push(body);
    objects.extend(splitter.finish());
    Ok(objects.iter().map(|object| read_line(object, context)).collect())
}

/// One object or an array of objects, looked at and not kept.
struct Records;

/// One object, looked at and not kept.
struct Object;

impl<'de> Deserialize<'de> for Records {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Records {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object or an array of JSON objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self, A::Error> {
        skip(members).map(|()| self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self, A::Error> {
        while elements.next_element::<Object>()?.is_some() {}
        Ok(self)
    }
}

impl<'de> Visitor<'de> for Object {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self, A::Error> {
        skip(members).map(|()| self)
    }
}

fn skip<'de, A: MapAccess<'de>>(mut members: A) -> Result<(), A::Error> {
    while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Reads any bytes as a posted body.
///
/// # Panics
/// When an object is not kept as it came: that is what the fuzzer looks for.
pub fn fuzz_posted_body(bytes: &[u8]) {
    let context = Context { source: "http/fuzz".to_owned(), received_at: Instant::default() };
    let lines = read_posted_lines(bytes, &context);
    assert!(lines.iter().all(|event| !event.raw.is_empty()));
    for event in read_posted_json(bytes, &context).unwrap_or_default() {
        let object = serde_json::from_slice::<Object>(&event.raw);
        assert!(object.is_ok(), "raw is one object");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn context() -> Context {
        Context { source: "http/emr".to_owned(), received_at: Instant::default() }
    }

    fn raws(body: &str) -> Vec<String> {
        let read = read_posted_json(body.as_bytes(), &context());
        let read = read.map_err(|error| error.0.to_string());
        match read {
            Ok(events) => events
                .iter()
                .map(|event| String::from_utf8_lossy(&event.raw).into_owned())
                .collect(),
            Err(why) => vec![format!("refused: {why}")],
        }
    }

    #[test]
    fn objects_are_kept_as_they_were_written() {
        assert_eq!(raws("{\"a\": 1}"), ["{\"a\": 1}"]);
        assert_eq!(
            raws("[ {\"a\":\"}],\"},\n {\"b\":[{}]} ]\n"),
            ["{\"a\":\"}],\"}", "{\"b\":[{}]}"]
        );
        assert_eq!(
            raws("{\"a\":1}{\"b\":2}\n[{\"c\":\n3}]"),
            ["{\"a\":1}", "{\"b\":2}", "{\"c\":\n3}"]
        );
        assert_eq!(raws("[]"), [""; 0]);
        assert_eq!(raws(""), [""; 0]);
    }

    #[test]
    fn a_body_with_anything_else_in_it_is_refused_as_a_whole() {
        for body in [
            "{\"a\":1",
            "[{\"a\":1},2]",
            "\"text\"",
            "[{\"a\":1}] x",
            "{\"a\":1},{\"b\":2}",
            "[[{\"a\":1}]]",
        ] {
            assert!(raws(body)[0].starts_with("refused: "), "{body}");
        }
    }

    #[test]
    fn every_line_is_an_event_and_a_broken_one_is_kept_as_it_is() {
        let events = read_posted_lines(b"{\"a\":1}\r\n\n{broken\nplain", &context());
        let raws: Vec<_> = events.iter().map(|event| event.raw.as_slice()).collect();
        assert_eq!(raws, [b"{\"a\":1}".as_slice(), b"{broken", b"plain"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(text in "[\\[\\]{}\",:a1\\\\ \n]{0,40}") {
            fuzz_posted_body(text.as_bytes());
        }
    }
}
