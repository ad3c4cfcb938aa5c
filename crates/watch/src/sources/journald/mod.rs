//! The journal of systemd: `journalctl -o json` by line, `journalctl -o export` as a file.

mod entry;
mod export;

use std::io;

use memchr::memmem::Finder;
use sakimori_words::{Event, Instant, Text, Value};

use self::entry::Entry;
use super::bounded::Bounded;
use super::syslog::{Header, facility, read_message, severity};
use super::{Context, FileContext, LogSource, ReadSeek, Reading, json, text};

pub use self::export::fuzz_journal;

/// What each of its lines holds.
static TIME: json::Mark = json::Mark::new(|| Finder::new("\"__REALTIME_TIMESTAMP\""));

/// The journal of systemd.
pub(super) struct Journald;

impl LogSource for Journald {
    fn name(&self) -> &'static str {
        "journald"
    }

    fn title(&self) -> Text {
        Text::new("systemd ジャーナル (journalctl)", "systemd journal (journalctl)")
    }

    fn read_line(&self, line: &[u8], context: &Context) -> Option<Event> {
        if !json::may_hold(line, &TIME) {
            return None;
        }
        let json_text = std::str::from_utf8(line).ok()?.trim_start_matches('\u{feff}').trim();
        Some(read(&Entry::from_json(json_text)?, line, context))
    }

    fn claims_file(&self, _file: &FileContext<'_>, head: &[u8]) -> bool {
        export::begins(head)
    }

    fn read_file(
        &self,
        input: &mut dyn ReadSeek,
        file: &FileContext<'_>,
        each: &mut dyn FnMut(Reading<'_>),
    ) -> io::Result<()> {
        export::read_file(input, file, each)
    }
}

/// What the program said is read as its line in syslog would be; the journal's own fields follow.
fn read(entry: &Entry, raw: &[u8], context: &Context) -> Event {
    let word = |name: &str| entry.first(name).map(text::decode).unwrap_or_default();
    let either = |own: &str, other: &str| match word(own) {
        own if own.is_empty() => word(other),
        own => own,
    };
    let (program, process_id) =
        (either("SYSLOG_IDENTIFIER", "_COMM"), either("SYSLOG_PID", "_PID"));
    let (host, message) = (word("_HOSTNAME"), word("MESSAGE"));
    let audit_record = audit_record(entry);
    let header = Header {
        facility: facility(&word("SYSLOG_FACILITY")),
        severity: severity(&word("PRIORITY")),
        at: at(&word("__REALTIME_TIMESTAMP")),
        host: &host,
        program: &program,
        process_id: &process_id,
        bracketed: true,
        body: audit_record.as_deref().unwrap_or(&message),
        ..Header::default()
    };
    let mut event = read_message(&header, raw, context);
    let mut fields = Bounded::new();
    for (name, value) in entry.iter() {
        fields.push(name, Value::from(&*text::decode(value)));
    }
    for (name, value) in fields.into_fields().iter() {
        event.src.push(name, value);
    }
    if event.product.is_empty() {
        event.product = "linux".to_owned();
    }
    event
}

/// Microseconds since 1970.
fn at(micros: &str) -> Option<Instant> {
    micros.parse().ok().map(Instant::from_micros)
}

/// The journal keeps a record of the kernel's audit as its type and its text; this is the record as auditd writes it.
fn audit_record(entry: &Entry) -> Option<String> {
    let word = |name: &str| entry.first(name).map(text::decode);
    let kind =
        word("_AUDIT_TYPE_NAME").filter(|_| word("_TRANSPORT").as_deref() == Some("audit"))?;
    let micros = word("_SOURCE_REALTIME_TIMESTAMP").or_else(|| word("__REALTIME_TIMESTAMP"))?;
    let micros: u64 = micros.parse().ok()?;
    let (seconds, millis) = (micros / 1_000_000, micros % 1_000_000 / 1_000);
    let (number, message) = (word("_AUDIT_ID")?, word("MESSAGE")?);
    let body = message.strip_prefix(&*kind).unwrap_or(&message).trim_start();
    Some(format!("type={kind} msg=audit({seconds}.{millis:03}:{number}): {body}"))
}
