//! Which machine got which address: ISC dhcpd, Kea, dnsmasq, and the audit files of Windows' DHCP server.

mod isc;
mod kea;
mod windows_audit;

use std::net::IpAddr;

use sakimori_words::{Event, Instant, Text};

use super::ocsf::{DHCP, FAILURE, SUCCESS};
use super::{Context, LogSource, blank, text};

/// DHCP servers.
pub(super) struct Dhcp;

impl LogSource for Dhcp {
    fn name(&self) -> &'static str {
        "dhcp"
    }

    fn title(&self) -> Text {
        Text::new(
            "DHCP サーバ (Windows・ISC・Kea・dnsmasq)",
            "DHCP server (Windows, ISC, Kea, dnsmasq)",
        )
    }

    /// What stands in a file without a syslog header: Windows' audit files, and Kea's own log.
    fn read_line(&self, line: &[u8], context: &Context) -> Option<Event> {
        if !line.trim_ascii_start().first().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let line_text = text::decode(line);
        let line_text = line_text.trim_end_matches(['\r', '\n']);
        let mut event = Event { message: text::message(line_text), ..blank(line, context) };
        let ours =
            windows_audit::fill(&mut event, line_text) || kea::fill_dated(&mut event, line_text);
        ours.then_some(event)
    }
}

/// Fills in what a line of a DHCP server says; `false` when it is another program's.
pub(super) fn fill(event: &mut Event, program: &str, body: &str) -> bool {
    match program {
        "dhcpd" => isc::fill_dhcpd(event, body),
        "dnsmasq-dhcp" => isc::fill_dnsmasq(event, body),
        "kea-dhcp4" | "kea-dhcp6" => kea::fill(event, body),
        _ => return false,
    }
    event.product = "linux".to_owned();
    event.service = program.to_owned();
    true
}

/// What a line says of one client.
#[derive(Debug, Default)]
struct Lease<'a> {
    /// The message in the server's own words, e.g. `DHCPACK`, `DHCP4_LEASE_ALLOC`.
    message: &'a str,
    ip: &'a str,
    /// Address of the network card, or of IPv6 the client's identifier.
    mac: &'a str,
    hostname: &'a str,
    interface: &'a str,
    reason: &'a str,
}

impl Lease<'_> {
    /// Fills columns and fields; `activity` is the message of the protocol in small letters.
    fn fill(&self, event: &mut Event, activity: &str) {
        event.class_uid = DHCP;
        event.activity = activity.to_owned();
        event.status = match activity {
            "ack" | "reply" => SUCCESS,
            "nak" | "decline" => FAILURE,
            _ => "",
        }
        .to_owned();
        event.src_ip = self.ip.to_owned();
        let texts = [
            ("message_type", self.message),
            ("ip", self.ip),
            ("mac", self.mac),
            ("hostname", self.hostname),
            ("interface", self.interface),
            ("reason", self.reason),
        ];
        for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            event.src.push(name, text);
        }
    }
}

fn is_ip(word: &str) -> bool {
    word.parse::<IpAddr>().is_ok()
}

/// Hexadecimal pairs with colons between: six of them, or more in an identifier of IPv6.
fn is_mac(word: &str) -> bool {
    let pair = |pair: &str| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
    word.len() >= 17 && word.split(':').all(pair)
}

/// Reads any bytes as what DHCP servers say.
///
/// # Panics
/// When `raw` is not what came.
pub fn fuzz_dhcp_line(bytes: &[u8]) {
    let programs: [(&str, &[u8]); 4] = [
        ("dhcpd", b"DHCPREQUEST for "),
        ("dnsmasq-dhcp", b"DHCPACK(eth0) "),
        ("kea-dhcp4", b"DHCP4_LEASE_ALLOC [hwtype=1 "),
        ("kea-dhcp6", b""),
    ];
    for (program, beginning) in programs {
        super::syslog::fuzz_program_line(program, &[beginning, bytes].concat());
    }
    let context = Context { source: "fuzz".to_owned(), received_at: Instant::default() };
    let dated = [b"10,11/20/26,02:11:09,", bytes].concat();
    for line in [bytes, &dated] {
        if let Some(event) = Dhcp.read_line(line, &context) {
            assert_eq!(event.raw, line, "raw is what came");
        }
    }
}
