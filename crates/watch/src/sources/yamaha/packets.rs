//! Packets that a filter let through or threw away, and sessions that a dynamic filter watched.

use super::super::ocsf::{FAILURE, NETWORK, SUCCESS};
use super::super::timestamps;
use super::shapes::{is_mac, split_end, split_interface, split_word};
use super::{Told, fields};

pub(super) fn read(said: &str) -> Option<Told<'_>> {
    match said.strip_prefix("[INSPECT] ") {
        Some(session) => read_session(session),
        None => read_filter(said),
    }
}

/// `PP[01][out][101099] TCP 192.0.2.10:50000 > 198.51.100.5:443 (2026/11/20 10:00:00)`: written when the session ends, with
/// the time at which it began.
fn read_session(session: &str) -> Option<Told<'_>> {
    let (interface, rest) = split_interface(session)?;
    let (direction, rest) = rest.strip_prefix('[')?.split_once("][")?;
    let (filter, rest) = rest.split_once("] ")?;
    let (packet, began) = match rest.rsplit_once(" (") {
        Some((packet, began)) => (packet, began.strip_suffix(')')?),
        None => (rest, ""),
    };
    let packet = Packet::read(packet)?;
    Some(Told {
        service: "inspect",
        activity: "inspect",
        status: SUCCESS,
        at: timestamps::parse(began),
        ..packet.told(&[
            ("action", "inspect"),
            ("interface", interface),
            ("direction", direction),
            ("filter", filter),
        ])
    })
}

/// `LAN2 Rejected at IN(2000) filter: TCP 203.0.113.7:50000 > 192.0.2.10:23`.
fn read_filter(said: &str) -> Option<Told<'_>> {
    let (interface, rest) = split_interface(said)?;
    let (verdict, rest) = rest.strip_prefix(' ')?.split_once(" at ")?;
    let (activity, status) = match verdict {
        "Rejected" => ("reject", FAILURE),
        "Passed" => ("pass", SUCCESS),
        _ => return None,
    };
    let (direction, rest) = rest.split_once('(')?;
    let direction = match direction {
        "IN" => "in",
        "OUT" => "out",
        _ => return None,
    };
    let (filter, packet) = rest.split_once(") filter: ")?;
    // The verdict is sure even when the packet is written in a way of its own.
    let packet = Packet::read(packet)
        .or_else(|| Packet::read_frame(packet))
        .unwrap_or(Packet { detail: packet, ..Packet::default() });
    Some(Told {
        service: "filter",
        activity,
        status,
        ..packet.told(&[
            ("action", activity),
            ("interface", interface),
            ("direction", direction),
            ("filter", filter),
        ])
    })
}

/// `PP[01] IP Commencing: UDP 192.0.2.1:500 > 198.51.100.5:500`: the packet that made the router dial.
pub(super) fn read_commencing<'a>(interface: &str, detail: &'a str) -> Option<Told<'a>> {
    let packet = Packet::read(detail.strip_prefix("IP Commencing: ")?)?;
    let told = packet.told(&[("action", "dial"), ("interface", interface)]);
    Some(Told { activity: "dial", ..told })
}

#[derive(Default)]
struct Packet<'a> {
    protocol: &'a str,
    /// Address and port.
    from: (&'a str, &'a str),
    to: (&'a str, &'a str),
    macs: (&'a str, &'a str),
    /// Whatever follows.
    detail: &'a str,
}

impl<'a> Packet<'a> {
    /// `TCP 203.0.113.7:50000 > 192.0.2.10:23`; what follows the arrow may be cut off.
    fn read(packet: &'a str) -> Option<Self> {
        let (protocol, rest) = split_word(packet);
        let (from, rest) = split_word(rest);
        let from = split_end(from)?;
        let rest = rest.strip_prefix('>')?;
        let (to, detail) = split_word(rest);
        let to = if to.is_empty() { ("", "") } else { split_end(to)? };
        let detail = detail.trim_start_matches([':', ' ']);
        Some(Self { protocol, from, to, detail, ..Self::default() })
    }

    /// `00:a0:de:11:22:33 > 00:a0:de:44:55:66 IP`, of a filter for Ethernet.
    fn read_frame(packet: &'a str) -> Option<Self> {
        let (from, rest) = split_word(packet);
        let (to, detail) = split_word(rest.strip_prefix('>')?);
        let macs = (is_mac(from) && is_mac(to)).then_some((from, to))?;
        Some(Self { macs, detail, ..Self::default() })
    }

    fn told(&self, about: &[(&str, &str)]) -> Told<'a> {
        let own = [
            ("protocol", self.protocol),
            ("src_ip", self.from.0),
            ("src_port", self.from.1),
            ("dst_ip", self.to.0),
            ("dst_port", self.to.1),
            ("src_mac", self.macs.0),
            ("dst_mac", self.macs.1),
            ("detail", self.detail),
        ];
        Told {
            class_uid: NETWORK,
            src_ip: self.from.0,
            dst_ip: self.to.0,
            fields: fields(&[about, &own].concat()),
            ..Told::default()
        }
    }
}
