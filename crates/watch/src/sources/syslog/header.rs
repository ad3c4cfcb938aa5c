//! What stands before a syslog message: priority, time, machine, program, structured data.

use std::borrow::Cow;

use sakimori_words::Instant;

use super::super::{text, timestamps};

/// A line's header and what follows it. Texts are empty where the line says nothing.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Header<'a> {
    pub(in super::super) facility: &'static str,
    pub(in super::super) severity: &'static str,
    pub(in super::super) at: Option<Instant>,
    pub(in super::super) host: &'a str,
    pub(in super::super) program: &'a str,
    pub(in super::super) process_id: &'a str,
    /// The line names its program as `program[123]`, the way programs of Unix systems log.
    pub(in super::super) bracketed: bool,
    pub(in super::super) message_id: &'a str,
    /// Structured data as `id.name` and value.
    pub(in super::super) data: Vec<(String, Cow<'a, str>)>,
    pub(in super::super) body: &'a str,
    /// The body with what was taken for a program still in front.
    pub(in super::super) tagged_body: &'a str,
    /// Only a date stands in front, so it is syslog only if another source knows what follows.
    pub(in super::super) only_dated: bool,
}

/// Most parameters of structured data taken from one line; `raw` has the rest.
const PARAMETERS_MAX: usize = 1_000;

const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
    "ftp", "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4",
    "local5", "local6", "local7",
];

const SEVERITIES: [&str; 8] =
    ["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"];

/// What may follow a machine's name at once and looks like a program or a machine itself.
const PAYLOADS: [&str; 3] = ["CEF:", "LEEF:", "@cee:"];

/// The name of a facility given as its number; empty when it is none.
pub(in super::super) fn facility(number: &str) -> &'static str {
    named(&FACILITIES, number)
}

/// The name of a severity given as its number; empty when it is none.
pub(in super::super) fn severity(number: &str) -> &'static str {
    named(&SEVERITIES, number)
}

fn named(names: &[&'static str], number: &str) -> &'static str {
    number.parse().ok().and_then(|number: usize| names.get(number).copied()).unwrap_or_default()
}

/// Splits a line that begins with a priority or a date; `None` for anything else, which is not syslog.
pub(super) fn split_header(line: &str, written_by: Instant) -> Option<Header<'_>> {
    let (priority, rest) = split_priority(line);
    let header = match priority {
        Some(_) => split_5424(rest)
            .or_else(|| split_dated(rest, written_by))
            .unwrap_or(Header { body: rest.trim_start(), ..Header::default() }),
        // Files that a syslog daemon wrote have no priority; but many other logs begin with a date.
        None => {
            let header = split_dated(rest, written_by)?;
            Header { only_dated: header.program.is_empty(), ..header }
        }
    };
    let place = |number: usize| (FACILITIES.get(number / 8), SEVERITIES.get(number % 8));
    Some(match priority.map(place) {
        Some((Some(facility), Some(severity))) => Header { facility, severity, ..header },
        _ => header,
    })
}

/// `<34>` and what follows.
fn split_priority(line: &str) -> (Option<usize>, &str) {
    let inside = line.strip_prefix('<').and_then(|line| line.split_once('>'));
    match inside.and_then(|(number, rest)| Some((read_priority(number)?, rest))) {
        Some((priority, rest)) => (Some(priority), rest),
        None => (None, line),
    }
}

fn read_priority(number: &str) -> Option<usize> {
    let digits = (1..=3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    number.parse().ok().filter(|priority| digits && *priority < 192)
}

/// RFC 5424: `1 TIME HOST APP PROCID MSGID DATA MSG`.
fn split_5424(rest: &str) -> Option<Header<'_>> {
    let rest = rest.strip_prefix("1 ")?;
    let (time, rest) = rest.split_once(' ')?;
    let at = timestamps::parse(time);
    if at.is_none() && time != "-" {
        return None;
    }
    let mut words = rest.splitn(5, ' ').map(text::meaningful);
    let mut header = Header {
        at,
        host: words.next()?,
        program: words.next()?,
        process_id: words.next()?,
        message_id: words.next()?,
        ..Header::default()
    };
    let rest = rest.splitn(5, ' ').nth(4).unwrap_or_default();
    header.body = split_data(rest, &mut header.data);
    Some(header)
}

/// Structured data, `-` or `[id name="value" …]…`; returns the message behind it. Broken data counts as message.
fn split_data<'a>(rest: &'a str, data: &mut Vec<(String, Cow<'a, str>)>) -> &'a str {
    let mut rest = rest.strip_prefix('-').unwrap_or(rest);
    while let Some(after) = rest.strip_prefix('[').and_then(|element| split_element(element, data))
    {
        rest = after;
    }
    rest.trim_start().trim_start_matches('\u{feff}')
}

fn split_element<'a>(element: &'a str, data: &mut Vec<(String, Cow<'a, str>)>) -> Option<&'a str> {
    let end = element.find([' ', ']'])?;
    let (id, mut rest) = element.split_at_checked(end)?;
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(']') {
            return Some(after);
        }
        let (name, quoted) = rest.split_once("=\"")?;
        let end = end_of_value(quoted)?;
        let (value, after) = quoted.split_at_checked(end)?;
        if data.len() < PARAMETERS_MAX {
            data.push((format!("{id}.{name}"), unescape(value)));
        }
        rest = after.strip_prefix('"')?;
    }
}

fn end_of_value(quoted: &str) -> Option<usize> {
    let mut escaped = false;
    quoted.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return value.into();
    }
    value.replace("\\\"", "\"").replace("\\]", "]").replace("\\\\", "\\").into()
}

/// RFC 3164, or the same with an ISO date, as daemons write files: `TIME HOST PROGRAM[PID]: MSG`.
fn split_dated(rest: &str, written_by: Instant) -> Option<Header<'_>> {
    let rest = rest.trim_start();
    // Cisco puts a `*` or `.` before a time that is not synchronised.
    let dated = rest.trim_start_matches(['*', '.']);
    let (at, rest) =
        timestamps::parse_without_year(dated, written_by).or_else(|| split_iso(dated))?;
    let rest = rest.trim_start_matches(':').trim_start();
    let host = rest.split(' ').next().filter(|word| is_host(word)).unwrap_or_default();
    let rest = rest.strip_prefix(host).unwrap_or(rest).trim_start();
    let (program, process_id, body) = split_tag(rest);
    let bracketed = !process_id.is_empty() && process_id.bytes().all(|byte| byte.is_ascii_digit());
    let at = Some(at);
    let header = Header { at, host, program, process_id, bracketed, body, ..Header::default() };
    Some(Header { tagged_body: rest, ..header })
}

/// Some devices leave their name out, and a program or the message itself stands there.
fn is_host(word: &str) -> bool {
    let payload = PAYLOADS.iter().any(|payload| word.starts_with(payload));
    !(payload || word.ends_with(':') || word.contains(['[', '=']))
}

fn split_iso(rest: &str) -> Option<(Instant, &str)> {
    if !rest.trim_start().starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let (word, after) = rest.split_once(' ')?;
    match timestamps::parse(word).filter(|_| word.contains('T')) {
        Some(at) => Some((at, after)),
        None => {
            let (time, after) = after.split_once(' ')?;
            Some((timestamps::parse(&format!("{word} {time}"))?, after))
        }
    }
}

/// `sshd[123]: text` → program, process id, text. Without a tag everything is text.
fn split_tag(rest: &str) -> (&str, &str, &str) {
    const PROGRAM_BYTES_MAX: usize = 48;
    let untagged = ("", "", rest);
    if PAYLOADS.iter().any(|payload| rest.starts_with(payload)) {
        return untagged;
    }
    let Some(end) = rest.find(['[', ':', ' ']).filter(|end| *end > 0 && *end <= PROGRAM_BYTES_MAX)
    else {
        return untagged;
    };
    let Some((program, after)) = rest.split_at_checked(end) else { return untagged };
    if let Some(body) = after.strip_prefix(':') {
        return (program, "", body.trim_start());
    }
    match after.strip_prefix('[').and_then(|after| after.split_once(']')) {
        Some((id, body)) if id.len() <= 16 => {
            (program, id, body.strip_prefix(':').unwrap_or(body).trim_start())
        }
        _ => untagged,
    }
}
