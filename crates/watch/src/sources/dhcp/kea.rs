//! Kea: a message's id, the client in brackets, and a sentence.

use sakimori_words::Event;

use super::super::timestamps;
use super::{Lease, is_ip};

/// Beginnings of Kea's ids and what they mean in the protocol's words. A longer one stands before what it begins with.
const MESSAGES: &[(&str, &str)] = &[
    ("LEASE_ALLOC_FAIL", "nak"),
    ("LEASE_ADVERT_FAIL", "nak"),
    ("LEASE_ALLOC", "ack"),
    ("LEASE_RENEW", "ack"),
    ("LEASE_REUSE", "ack"),
    ("LEASE_OFFER", "offer"),
    ("LEASE_ADVERT", "offer"),
    ("PACKET_NAK", "nak"),
    ("DECLINE_LEASE", "decline"),
    ("RELEASE", "release"),
    ("INIT_REBOOT", "request"),
];

/// `2026-11-20 02:11:09.123 INFO  [kea-dhcp4.leases/812.1] DHCP4_LEASE_ALLOC …`, a line of Kea's own file.
pub(super) fn fill_dated(event: &mut Event, line: &str) -> bool {
    let mut words = line.splitn(3, ' ');
    let [Some(date), Some(time), Some(rest)] = [(); 3].map(|()| words.next()) else { return false };
    let logger = rest.split_whitespace().nth(1).unwrap_or_default();
    let service = ["kea-dhcp4", "kea-dhcp6"]
        .into_iter()
        .find(|own| logger.strip_prefix('[').is_some_and(|logger| logger.starts_with(own)));
    let (Some(service), Some(at)) = (service, timestamps::parse(&format!("{date} {time}"))) else {
        return false;
    };
    event.time = at;
    event.product = "linux".to_owned();
    event.service = service.to_owned();
    event.process = service.to_owned();
    fill(event, rest);
    // Understood, whatever it says: the logger's name is Kea's.
    if event.src.is_empty() {
        event.src.push("logger", logger.trim_matches(['[', ']']));
    }
    true
}

/// `INFO  [kea-dhcp4.leases/812.1] DHCP4_LEASE_ALLOC [hwtype=1 02:00:00:00:00:31], cid=[…], tid=0x1: lease 10.20.7.31 has been …`
pub(super) fn fill(event: &mut Event, body: &str) {
    let said = match body.split_once("] ") {
        Some((logger, rest)) if logger.contains("[kea-") => rest,
        _ => body,
    };
    let Some((id, said)) = said.trim_start().split_once(' ') else { return };
    let Some(name) = id.strip_prefix("DHCP4_").or(id.strip_prefix("DHCP6_")) else { return };
    let activity = MESSAGES.iter().find(|(beginning, _)| name.starts_with(beginning));
    let activity = activity.map_or("", |(_, activity)| *activity);
    let within = |before: &str| {
        let (_, rest) = said.split_once(before)?;
        Some(rest.split_once(']')?.0)
    };
    let mac = within("[hwtype=").and_then(|inside| Some(inside.split_once(' ')?.1));
    // The sentence is the server's own, so its first address is the client's.
    let sentence = said.split_once("]: ").or(said.split_once(": ")).map_or(said, |(_, rest)| rest);
    let words = sentence.split([' ', ',']).map(|word| word.trim_end_matches('.'));
    let lease = Lease {
        message: id,
        ip: words.into_iter().find(|word| is_ip(word)).unwrap_or_default(),
        mac: mac.or(within("duid=[")).unwrap_or_default(),
        ..Lease::default()
    };
    lease.fill(event, activity);
}
