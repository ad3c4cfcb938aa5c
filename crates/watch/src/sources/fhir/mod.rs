//! FHIR `AuditEvent`, R4 and R5: one resource a line, pretty-printed files, Bundles, and bodies of HTTP requests.

mod audit_event;
mod refusal;
mod resources;

use std::io;

use memchr::memmem::Finder;
use sakimori_words::{Event, Instant, Text};

use self::audit_event::Unfit;
use self::resources::{Place, Rest, split};
use super::lines::{self, TextInput};
use super::{
    Context, Damage, FileContext, Limits, LogSource, ReadSeek, Reading, Unreadable, json, plain,
    read_old_line, text,
};

pub use self::refusal::NotAuditEvents;

/// Largest Bundle file that is read, in bytes: it is held in memory.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// What each of its lines holds.
static RESOURCE: json::Mark = json::Mark::new(|| Finder::new("\"AuditEvent\""));

/// FHIR `AuditEvent`.
pub(super) struct Fhir;

impl LogSource for Fhir {
    fn name(&self) -> &'static str {
        "fhir"
    }

    fn title(&self) -> Text {
        Text::new(
            "FHIR AuditEvent (R4・R5、JSON・NDJSON・Bundle)",
            "FHIR AuditEvent (R4 and R5; JSON, NDJSON, Bundle)",
        )
    }

    fn read_line(&self, line: &[u8], context: &Context) -> Option<Event> {
        if !json::may_hold(line, &RESOURCE) {
            return None;
        }
        let json = text::decode(without_mark(line).trim_ascii());
        match audit_event::read(&json, line, context) {
            Ok(event) => Some(event),
            // It names itself an AuditEvent and is none: counted among what was not understood, so that somebody asks.
            Err(Unfit::Element(_) | Unfit::TooLarge) => Some(plain(line, context)),
            Err(Unfit::Json(_) | Unfit::Type(_)) => None,
        }
    }

    /// Bundles only: everything else is one value after the other, which text files are cut into anyway.
    fn claims_file(&self, _file: &FileContext<'_>, head: &[u8]) -> bool {
        let head = without_mark(head).trim_ascii_start();
        let after_name = |at: usize| head.get(at..).unwrap_or_default();
        let name = b"\"resourceType\"";
        let Some(at) = head.windows(name.len()).position(|window| window == name) else {
            return false;
        };
        let value = after_name(at + name.len()).trim_ascii_start();
        let value = value.strip_prefix(b":").unwrap_or_default().trim_ascii_start();
        head.starts_with(b"{") && value.starts_with(b"\"Bundle\"")
    }

    fn read_file(
        &self,
        input: &mut dyn ReadSeek,
        file: &FileContext<'_>,
        each: &mut dyn FnMut(Reading<'_>),
    ) -> io::Result<()> {
        let mut bytes = Vec::new();
        let outcome = read_all(input, &mut bytes);
        let Ok(json) = std::str::from_utf8(without_mark(&bytes)) else {
            input.seek(io::SeekFrom::Start(0))?;
            return lines::read_text(input, file, Limits::STANDARD.line_bytes, each);
        };
        read_resources(json, file, each);
        if bytes.len() as u64 > FILE_BYTES_MAX {
            each(Reading::Unreadable(Unreadable::file(file.name, Damage::Limit, &"")));
        }
        outcome
    }
}

/// Every resource of a POST body: an `AuditEvent`, a Bundle of them, or one after the other (NDJSON). All or none.
///
/// The `raw` of each event is its resource exactly as it stands in the body.
///
/// # Errors
/// When the body is not JSON, or a resource in it is no `AuditEvent` or lacks `recorded`, `type` (R4) or `code` (R5), or `agent`;
/// the error names the resource and the element.
pub fn fhir_audit_events(body: &[u8], context: &Context) -> Result<Vec<Event>, NotAuditEvents> {
    let json = std::str::from_utf8(without_mark(body)).map_err(|_| NotAuditEvents::Encoding)?;
    let mut events = Vec::new();
    let mut refused = None;
    let rest = split(json, &mut |place, resource| {
        if refused.is_none() {
            match audit_event::read(resource, resource.as_bytes(), context) {
                Ok(event) => events.push(event),
                Err(unfit) => refused = Some(NotAuditEvents::of(&place, unfit)),
            }
        }
    });
    match (refused, rest) {
        (Some(refused), _) => Err(refused),
        (None, Some(rest)) => Err(NotAuditEvents::json(&rest.error)),
        (None, None) if events.is_empty() => Err(NotAuditEvents::Empty),
        (None, None) => Ok(events),
    }
}

fn read_resources(json: &str, file: &FileContext<'_>, each: &mut dyn FnMut(Reading<'_>)) {
    let mut record = 0;
    let mut take = |event: Event| {
        record += 1;
        each(Reading::Event { file: file.name, record, event });
    };
    let rest = split(json, &mut |_: Place, resource| {
        take(read_old_line(resource.as_bytes(), file.context, file.written_by));
    });
    if let Some(Rest { text, error }) = rest {
        let pieces = text.trim().as_bytes().chunks(Limits::STANDARD.line_bytes);
        pieces.for_each(|piece| take(plain(piece, file.context)));
        let damage = if error.is_eof() { Damage::Cut } else { Damage::Record };
        each(Reading::Unreadable(Unreadable::file(file.name, damage, &error)));
    }
}

/// The beginning of a file; UTF-16 becomes UTF-8. What was read before an error is in `bytes`.
fn read_all(input: &mut dyn ReadSeek, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut input = TextInput::new(input);
    let mut piece = Vec::new();
    loop {
        let outcome = input.read_piece(&mut piece);
        bytes.extend_from_slice(&piece);
        if outcome.is_err() || piece.is_empty() || bytes.len() as u64 > FILE_BYTES_MAX {
            return outcome;
        }
    }
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Reads any bytes as an `AuditEvent`, as the body of a request and as a Bundle file.
///
/// # Panics
/// When `raw` is not what came.
pub fn fuzz_fhir(bytes: &[u8]) {
    let context = Context { source: "fuzz".to_owned(), received_at: Instant::default() };
    let begun = br#"{"resourceType":"AuditEvent","recorded":"2026-11-20T00:00:00Z","agent":[{}],"#;
    let bundle = br#"{"resourceType":"Bundle","entry":[{"resource":"#;
    for line in [bytes.to_vec(), [&begun[..], bytes].concat(), [&bundle[..], bytes].concat()] {
        if let Some(event) = Fhir.read_line(&line, &context) {
            assert_eq!(event.raw, line, "raw is what came");
        }
        let _ = fhir_audit_events(&line, &context);
        let file = FileContext {
            name: "fuzz.json",
            context: &context,
            written_by: context.received_at,
            maps: &[],
            wanted: None,
        };
        let read = Fhir.read_file(&mut io::Cursor::new(&line), &file, &mut |_| {});
        assert!(read.is_ok(), "bytes in memory can always be read");
    }
}
