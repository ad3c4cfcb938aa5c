//! Servers that name the protocol's message first: ISC dhcpd and dnsmasq.

use sakimori_words::Event;

use super::{Lease, is_ip, is_mac};

/// Messages of DHCP, and those that dnsmasq names for IPv6.
const MESSAGES: &[(&str, &str)] = &[
    ("DHCPDISCOVER", "discover"),
    ("DHCPOFFER", "offer"),
    ("DHCPREQUEST", "request"),
    ("DHCPACK", "ack"),
    ("DHCPNAK", "nak"),
    ("DHCPRELEASE", "release"),
    ("DHCPDECLINE", "decline"),
    ("DHCPINFORM", "inform"),
    ("DHCPSOLICIT", "solicit"),
    ("DHCPADVERTISE", "advertise"),
    ("DHCPRENEW", "renew"),
    ("DHCPREBIND", "rebind"),
    ("DHCPCONFIRM", "confirm"),
    ("DHCPREPLY", "reply"),
];

fn activity(message: &str) -> Option<&'static str> {
    MESSAGES.iter().find(|(own, _)| *own == message).map(|(_, activity)| *activity)
}

/// `DHCPREQUEST for 10.20.7.31 (10.20.1.5) from 02:00:00:00:00:31 (pc31) via eth0: wrong network.`
pub(super) fn fill_dhcpd(event: &mut Event, body: &str) {
    let Some((message, rest)) = body.split_once(' ') else { return };
    let Some(activity) = activity(message) else { return };
    let mut lease = Lease { message, ..Lease::default() };
    let mut rest = rest;
    while let Some((preposition, after)) = rest.split_once(' ') {
        match preposition {
            "for" | "on" | "of" | "from" | "to" => {}
            "via" => {
                // A reason stands behind a colon; so does what is left of an interface's name.
                let (interface, reason) = after.split_once(": ").unwrap_or((after, ""));
                lease.interface = interface.split(' ').next().unwrap_or_default();
                lease.reason = reason;
                break;
            }
            _ => break,
        }
        let (word, after) = after.split_once(' ').unwrap_or((after, ""));
        match word.trim_end_matches(':') {
            ip if is_ip(ip) => lease.ip = ip,
            mac if is_mac(mac) => lease.mac = mac,
            _ => break,
        }
        rest = take_brackets(after, &mut lease);
    }
    lease.fill(event, activity);
}

/// `(pc31) via eth0` → what follows. In brackets stands the server, the card's address, or the client's name for itself.
fn take_brackets<'a>(rest: &'a str, lease: &mut Lease<'a>) -> &'a str {
    let Some((inside, after)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(") "))
    else {
        return rest;
    };
    match inside {
        mac if is_mac(mac) => lease.mac = mac,
        name if !lease.mac.is_empty() => lease.hostname = name,
        _ => {}
    }
    after
}

/// `DHCPACK(eth0) 10.20.7.31 02:00:00:00:00:31 pc31`, with a number of the exchange in front when told to.
pub(super) fn fill_dnsmasq(event: &mut Event, body: &str) {
    let numbered = body.split_once(' ').filter(|(number, _)| number.parse::<u32>().is_ok());
    let body = numbered.map_or(body, |(_, rest)| rest);
    let (first, rest) = body.split_once(' ').unwrap_or((body, ""));
    let Some((message, interface)) = first.split_once('(') else { return };
    let Some(activity) = activity(message) else { return };
    let mut lease = Lease { message, ..Lease::default() };
    lease.interface = interface.trim_end_matches(')');
    let mut rest = rest.trim();
    while let Some(word) = rest.split(' ').next() {
        match word {
            ip if lease.ip.is_empty() && is_ip(ip) => lease.ip = ip,
            mac if lease.mac.is_empty() && is_mac(mac) => lease.mac = mac,
            _ => break,
        }
        rest = rest.strip_prefix(word).unwrap_or_default().trim_start();
    }
    match activity {
        "ack" | "offer" | "reply" | "advertise" => lease.hostname = rest,
        _ => lease.reason = rest,
    }
    lease.fill(event, activity);
}
