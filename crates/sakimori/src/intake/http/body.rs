//! The body of a request: what it claims to be, how it is unpacked, which events are in it.

use std::io::Read as _;
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use flate2::read::MultiGzDecoder;
use futures::StreamExt as _;
use sakimori_watch::sources::{self, Context};
use sakimori_words::{Event, Trouble};

use super::Refusal;
use crate::troubles;

/// Longest body, in bytes, as it travels and unpacked. Log shippers send a few megabytes at once; what is stored together
/// must fit into one portion of the log store, which is as large.
pub(super) const BODY_BYTES_MAX: usize = 16 << 20;

/// How long a body may take to arrive. A slow sender gives its place back and comes again.
const ARRIVAL_LIMIT: Duration = Duration::from_secs(60);

/// What a door expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Log records: lines or JSON objects.
    Records,
    /// FHIR `AuditEvent`s.
    AuditEvents,
}

/// What a body is, as its headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claimed {
    kind: Kind,
    packed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Lines,
    Json,
    AuditEvents,
}

impl Form {
    /// What the headers say about the body.
    pub(super) fn of(self, headers: &HeaderMap) -> Result<Claimed, Refusal> {
        let packed = match text(headers, &CONTENT_ENCODING).to_ascii_lowercase().as_str() {
            "" | "identity" => false,
            "gzip" | "x-gzip" => true,
            other => return Err(unknown(&format!("Content-Encoding: {}", cut(other)))),
        };
        let content_type = text(headers, &CONTENT_TYPE);
        let essence =
            content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let kind = match (self, essence.as_str()) {
            (
                Self::Records,
                ""
                | "text/plain"
                | "application/x-ndjson"
                | "application/ndjson"
                | "application/jsonl"
                | "application/x-jsonlines",
            ) => Kind::Lines,
            (Self::Records, "application/json") => Kind::Json,
            (
                Self::AuditEvents,
                ""
                | "application/fhir+json"
                | "application/json"
                | "application/fhir+ndjson"
                | "application/x-ndjson",
            ) => Kind::AuditEvents,
            (_, other) => return Err(unknown(&format!("Content-Type: {}", cut(other)))),
        };
        Ok(Claimed { kind, packed })
    }
}

/// The body as it travelled, when it is not too long and comes in time.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Refusal> {
    let said = text(headers, &CONTENT_LENGTH).parse::<usize>().unwrap_or(0);
    if said > BODY_BYTES_MAX {
        return Err(too_large());
    }
    let arriving = async {
        let mut bytes = Vec::new();
        let mut pieces = body.into_data_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| unreadable(&error))?;
            if bytes.len() + piece.len() > BODY_BYTES_MAX {
                return Err(too_large());
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    };
    match tokio::time::timeout(ARRIVAL_LIMIT, arriving).await {
        Ok(read) => read,
        Err(_) => Err(Refusal::new(&troubles::BODY_SLOW, "")),
    }
}

/// Every event of the body, or why there is none.
pub(super) fn events(
    bytes: &[u8],
    claimed: Claimed,
    context: &Context,
) -> Result<Vec<Event>, Refusal> {
    let unpacked = if claimed.packed { Some(unpack(bytes)?) } else { None };
    let bytes = unpacked.as_deref().unwrap_or(bytes);
    match claimed.kind {
        Kind::AuditEvents => {
            sources::fhir_audit_events(bytes, context).map_err(|error| unreadable(&error))
        }
        Kind::Lines => Ok(sources::read_posted_lines(bytes, context)),
        Kind::Json => sources::read_posted_json(bytes, context).map_err(|error| unreadable(&error)),
    }
}

/// What was packed. Unpacking ends as soon as there is more than a body may have, whatever a few bytes promise.
fn unpack(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let limit = u64::try_from(BODY_BYTES_MAX).unwrap_or(u64::MAX);
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(bytes)
        .take(limit.saturating_add(1))
        .read_to_end(&mut unpacked)
        .map_err(|error| unreadable(&error))?;
    if unpacked.len() > BODY_BYTES_MAX { Err(too_large()) } else { Ok(unpacked) }
}

fn too_large() -> Refusal {
    let detail = format!("more than {} MiB", BODY_BYTES_MAX >> 20);
    Refusal::new(&troubles::BODY_TOO_LARGE, detail)
}

fn unknown(what: &str) -> Refusal {
    Refusal::new(&troubles::BODY_KIND, what)
}

fn unreadable(error: &dyn std::error::Error) -> Refusal {
    Refusal::of(Trouble::because(&troubles::BODY_UNREADABLE, error))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim).unwrap_or_default()
}

fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use sakimori_words::Instant;

    use super::*;

    fn context() -> Context {
        Context { source: "http/emr".to_owned(), received_at: Instant::default() }
    }

    fn headers(content_type: &'static str, encoding: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if !content_type.is_empty() {
            headers.insert(CONTENT_TYPE, content_type.parse().unwrap());
        }
        if !encoding.is_empty() {
            headers.insert(CONTENT_ENCODING, encoding.parse().unwrap());
        }
        headers
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// How many events a body has, or the code with which it is refused.
    fn outcome(content_type: &'static str, encoding: &'static str, body: &[u8]) -> String {
        let fhir = content_type.starts_with("application/fhir");
        let form = if fhir { Form::AuditEvents } else { Form::Records };
        let claimed = form.of(&headers(content_type, encoding));
        let read = claimed.and_then(|claimed| events(body, claimed, &context()));
        match read {
            Ok(events) => format!("{} events", events.len()),
            Err(refusal) => format!("{} {}", refusal.status.as_u16(), refusal.trouble.kind.code),
        }
    }

    #[test]
    fn lines_and_json_are_read_packed_or_not() {
        assert_eq!(outcome("", "", b"one\ntwo\n"), "2 events");
        assert_eq!(outcome("text/plain; charset=utf-8", "", b"one"), "1 events");
        assert_eq!(
            outcome("application/x-ndjson", "gzip", &packed(b"{\"a\":1}\n{\"b\":2}\n")),
            "2 events"
        );
        assert_eq!(outcome("application/json", "", b"[{\"a\":1},{\"b\":2},{\"c\":3}]"), "3 events");
        let two_members = [packed(b"one\n"), packed(b"two\n")].concat();
        assert_eq!(outcome("text/plain", "gzip", &two_members), "2 events");
    }

    #[test]
    fn what_cannot_be_read_is_refused_as_a_whole() {
        assert_eq!(outcome("application/json", "", b"[{\"a\":1},"), "400 SK-NODE-024");
        assert_eq!(outcome("text/plain", "gzip", b"not packed"), "400 SK-NODE-024");
        let half = packed(&b"line\n".repeat(1_000));
        assert_eq!(outcome("text/plain", "gzip", &half[..half.len() / 2]), "400 SK-NODE-024");
        assert_eq!(outcome("image/png", "", b""), "415 SK-NODE-025");
        assert_eq!(outcome("text/plain", "br", b""), "415 SK-NODE-025");
    }

    #[test]
    fn audit_events_are_read_and_other_resources_refused() {
        let event = br#"{"resourceType":"AuditEvent","recorded":"2026-11-20T09:00:00+09:00","type":{"code":"rest"},"agent":[{"requestor":true}]}"#;
        assert_eq!(outcome("application/fhir+json; fhirVersion=4.0", "", event), "1 events");
        let other = br#"{"resourceType":"Patient"}"#;
        assert_eq!(outcome("application/fhir+json", "", other), "400 SK-NODE-024");
        assert_eq!(outcome("application/fhir+xml", "", b"<AuditEvent/>"), "415 SK-NODE-025");
    }

    #[test]
    fn a_few_bytes_that_unpack_to_gigabytes_are_stopped_at_the_limit() {
        let bomb = packed(&vec![b'x'; BODY_BYTES_MAX + 1]);
        assert!(bomb.len() < 100_000);
        assert_eq!(outcome("text/plain", "gzip", &bomb), "413 SK-NODE-022");
    }
}
