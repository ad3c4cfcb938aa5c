//! Which machine asked for which name: BIND, Unbound, dnsmasq, and the debug log of Windows' DNS server.

mod bind;
mod dnsmasq;
mod unbound;
mod windows_debug;

use std::net::IpAddr;

use sakimori_words::{Event, Instant, Text};

use super::ocsf::{DNS, FAILURE};
use super::{Context, LogSource, blank, text};

/// DNS servers.
pub(super) struct Dns;

impl LogSource for Dns {
    fn name(&self) -> &'static str {
        "dns"
    }

    fn title(&self) -> Text {
        Text::new(
            "DNS サーバ (Windows・BIND・Unbound・dnsmasq)",
            "DNS server (Windows, BIND, Unbound, dnsmasq)",
        )
    }

    /// What stands in a file without a syslog header: Windows' debug log, and the own files of BIND and Unbound.
    fn read_line(&self, line: &[u8], context: &Context) -> Option<Event> {
        let first = line.trim_ascii_start().first()?;
        if !first.is_ascii_digit() && *first != b'[' {
            return None;
        }
        let line_text = text::decode(line);
        let line_text = line_text.trim();
        let mut event = Event { message: text::message(line_text), ..blank(line, context) };
        let ours = bind::fill_dated(&mut event, line_text)
            || unbound::fill_dated(&mut event, line_text)
            || windows_debug::fill(&mut event, line_text);
        ours.then_some(event)
    }
}

/// Fills in what a line of a DNS server says of a question; `false` when it is another program's, or says something else.
pub(super) fn fill(event: &mut Event, program: &str, body: &str) -> bool {
    match program {
        "named" => bind::fill(event, body),
        "unbound" => unbound::fill(event, body),
        "dnsmasq" => dnsmasq::fill(event, body),
        _ => false,
    }
}

/// A question, and the answer where the line tells it. Names are without the dot at their end, as rules write them.
#[derive(Clone, Copy, Debug, Default)]
struct Question<'a> {
    client: &'a str,
    client_port: &'a str,
    query: &'a str,
    record_type: &'a str,
    query_class: &'a str,
    answer: &'a str,
    /// `NOERROR`, `NXDOMAIN`…
    response_code: &'a str,
    /// Whom the question was handed on to.
    forwarded_to: &'a str,
}

impl Question<'_> {
    /// Fills columns and fields; `activity` is `query`, `answer`, `forward` or `refuse`.
    fn fill(&self, event: &mut Event, service: &str, activity: &str) {
        event.product = "linux".to_owned();
        event.service = service.to_owned();
        event.class_uid = DNS;
        event.activity = activity.to_owned();
        event.status = if activity == "refuse" { FAILURE } else { "" }.to_owned();
        event.src_ip = self.client.to_owned();
        event.dst_ip = self.forwarded_to.to_owned();
        let texts = [
            ("src_ip", self.client),
            ("src_port", self.client_port),
            ("query", without_dot(self.query)),
            ("record_type", self.record_type),
            ("query_class", self.query_class),
            ("answer", without_dot(self.answer)),
            ("response_code", self.response_code),
            ("forwarded_to", self.forwarded_to),
        ];
        for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            event.src.push(name, text);
        }
    }
}

/// The root is a dot and stays one.
fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').filter(|name| !name.is_empty()).unwrap_or(name)
}

fn is_ip(word: &str) -> bool {
    word.parse::<IpAddr>().is_ok()
}

/// `A`, `AAAA`, `TYPE65`, `NSEC3PARAM`: capitals and digits.
fn is_record_type(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.len() <= 16
        && word
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Reads any bytes as what DNS servers say.
///
/// # Panics
/// When `raw` is not what came.
pub fn fuzz_dns_line(bytes: &[u8]) {
    let programs: [(&str, &[u8]); 4] = [
        ("named", b"client @0x1 10.20.7.31#53112 ("),
        ("unbound", b"[7:0] info: 10.20.7.31 "),
        ("dnsmasq", b"query[A] "),
        ("dnsmasq", b"reply "),
    ];
    for (program, beginning) in programs {
        super::syslog::fuzz_program_line(program, &[beginning, bytes].concat());
    }
    let context = Context { source: "fuzz".to_owned(), received_at: Instant::default() };
    let beginnings: [&[u8]; 4] = [
        b"",
        b"20-Nov-2026 02:11:09.123 queries: info: client ",
        b"[1795108269] unbound[7:0] info: ",
        b"11/20/2026 2:11:09 AM 0E70 PACKET  00D4 UDP Rcv 10.20.7.31 5b47 ",
    ];
    for beginning in beginnings {
        let line = [beginning, bytes].concat();
        if let Some(event) = Dns.read_line(&line, &context) {
            assert_eq!(event.raw, line, "raw is what came");
        }
    }
}
