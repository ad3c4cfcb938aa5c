//! Syslog: RFC 5424, RFC 3164 and the spellings devices really use, with whatever another source knows inside.

mod header;
mod programs;

use sakimori_words::{Event, Fields, Instant, Text};

use self::header::split_header;
use super::{Context, LogSource, SOURCES, blank, text};

pub(super) use self::header::{Header, facility, severity};

/// Syslog.
pub(super) struct Syslog;

impl LogSource for Syslog {
    fn name(&self) -> &'static str {
        "syslog"
    }

    fn title(&self) -> Text {
        Text::new("syslog (RFC 5424・RFC 3164)", "syslog (RFC 5424, RFC 3164)")
    }

    fn read_line(&self, line: &[u8], context: &Context) -> Option<Event> {
        self.read_old_line(line, context, context.received_at)
    }

    fn read_old_line(&self, line: &[u8], context: &Context, written_by: Instant) -> Option<Event> {
        let line_text = text::decode(line);
        let trimmed = line_text.trim_end_matches(['\0', '\r', '\n']).trim_start_matches('\u{feff}');
        let header = split_header(trimmed, written_by)?;
        let known = read_known(&header, line, context, written_by);
        known.or_else(|| (!header.only_dated).then(|| plain(&header, line, context)))
    }
}

/// Reads what follows a header, whether syslog wrote the header or the journal.
pub(super) fn read_message(header: &Header<'_>, line: &[u8], context: &Context) -> Event {
    let known = read_known(header, line, context, context.received_at);
    known.unwrap_or_else(|| plain(header, line, context))
}

/// The line as another source reads what follows the header; `None` when none knows it.
fn read_known(
    header: &Header<'_>,
    line: &[u8],
    context: &Context,
    written_by: Instant,
) -> Option<Event> {
    if let Some(event) = read_payload(header.body, context, written_by) {
        return Some(with_header(event, header, line));
    }
    // The interface of a device (`PP[01] …`, `LAN2: …`) looks like a program.
    let whole = header.tagged_body;
    if whole.len() <= header.body.len() {
        return None;
    }
    let event = read_payload(whole, context, written_by)?;
    let nobody = Header { program: "", process_id: "", bracketed: false, ..header.clone() };
    Some(with_header(event, &nobody, line))
}

/// What another source knows: a FortiGate line, a JSON object.
fn read_payload(body: &str, context: &Context, written_by: Instant) -> Option<Event> {
    let others = SOURCES.iter().filter(|source| source.name() != Syslog.name());
    others.into_iter().find_map(|source| source.read_old_line(body.as_bytes(), context, written_by))
}

/// The payload's own reading wins; the header fills what it left open.
fn with_header(mut event: Event, header: &Header<'_>, line: &[u8]) -> Event {
    event.raw = line.to_vec();
    if let Some(at) = header.at.filter(|_| event.time == event.received_at) {
        event.time = at;
    }
    if event.host.is_empty() {
        event.host = header.host.to_owned();
    }
    if event.product.is_empty() && event.service.is_empty() {
        (event.product, event.service) = programs::source_of(header);
    }
    push_header(&mut event.src, header);
    event
}

fn plain(header: &Header<'_>, line: &[u8], context: &Context) -> Event {
    let mut event = Event {
        time: header.at.unwrap_or(context.received_at),
        host: header.host.to_owned(),
        process: header.program.to_owned(),
        message: text::message(header.body),
        ..blank(line, context)
    };
    push_header(&mut event.src, header);
    programs::fill(&mut event, header);
    event
}

fn push_header(fields: &mut Fields, header: &Header<'_>) {
    let texts = [
        ("syslog_facility", header.facility),
        ("syslog_severity", header.severity),
        ("syslog_hostname", header.host),
        ("syslog_appname", header.program),
        ("syslog_procid", header.process_id),
        ("syslog_msgid", header.message_id),
    ];
    for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        fields.push(name, text);
    }
    for (name, value) in &header.data {
        fields.push(name, &**value);
    }
}

/// Reads any bytes as a syslog line.
///
/// # Panics
/// When `raw` is not what came.
pub fn fuzz_syslog_line(bytes: &[u8]) {
    let context = Context { source: "fuzz".to_owned(), received_at: Instant::default() };
    if let Some(event) = Syslog.read_line(bytes, &context) {
        assert_eq!(event.raw, bytes, "raw is what came");
    }
}

/// Reads any bytes as what a program says, for the fuzz functions of sources that are known by a program's name.
pub(super) fn fuzz_program_line(program: &str, body: &[u8]) {
    fuzz_syslog_line(&[format!("<30>Nov 20 02:00:00 h {program}[7]: ").as_bytes(), body].concat());
}
