//! Small shapes that return in many lines of a router: interfaces, ends of a connection, addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Splits an interface off the front: `LAN2`, `LAN1(port4)`, `LAN1.1`, `PP[01]`, `PP[ANONYMOUS01]`, `TUNNEL[1]`.
pub(super) fn split_interface(text: &str) -> Option<(&str, &str)> {
    const NUMBERED: [&str; 7] = ["LANC", "LAN", "WAN", "VLAN", "BRIDGE", "ONU", "LOOPBACK"];
    const BRACKETED: [&str; 3] = ["PP[", "TUNNEL[", "PPPOE["];
    let rest = match BRACKETED.iter().find_map(|kind| text.strip_prefix(kind)) {
        Some(rest) => {
            let (id, rest) = rest.split_once(']')?;
            is_id(id).then_some(rest)?
        }
        None => {
            let rest = NUMBERED.iter().find_map(|kind| text.strip_prefix(kind))?;
            let rest = skip_number(rest)?;
            skip_port(rest)
        }
    };
    text.split_at_checked(text.len() - rest.len())
}

/// An address and its port, which may be empty: `203.0.113.7:443`, `203.0.113.7`, `2001:db8::1.443`, `[2001:db8::1]:443`.
pub(super) fn split_end(text: &str) -> Option<(&str, &str)> {
    if text.parse::<IpAddr>().is_ok() {
        return Some((text, ""));
    }
    let is_port = |port: &str| !port.is_empty() && port.parse::<u16>().is_ok();
    let v4 = text.rsplit_once(':').filter(|(ip, _)| ip.parse::<Ipv4Addr>().is_ok());
    let v6 = || text.rsplit_once('.').filter(|(ip, _)| ip.parse::<Ipv6Addr>().is_ok());
    let bracketed = || text.strip_prefix('[')?.split_once("]:").filter(|(ip, _)| is_address(ip));
    v4.or_else(v6).or_else(bracketed).filter(|(_, port)| is_port(port))
}

pub(super) fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

/// `00:a0:de:12:34:56`.
pub(super) fn is_mac(text: &str) -> bool {
    let mut n_parts = 0;
    text.split(':').all(|part| {
        n_parts += 1;
        part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit())
    }) && n_parts == 6
}

/// Splits the first word off; both are empty at the end.
pub(super) fn split_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.trim_start().split_once(' ').unwrap_or((text.trim_start(), ""));
    (word, rest.trim_start())
}

/// The number or name of a PP or tunnel: `01`, `ANONYMOUS`, `ANONYMOUS01`.
fn is_id(id: &str) -> bool {
    let number = id.strip_prefix("ANONYMOUS").unwrap_or(id);
    id.len() <= 16 && !id.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// `2`, `1.1`, `1/3`.
fn skip_number(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '/');
    (text.starts_with(|c: char| c.is_ascii_digit())).then_some(rest)
}

fn skip_port(text: &str) -> &str {
    let port = text.strip_prefix("(port").and_then(|rest| rest.split_once(')'));
    port.filter(|(number, _)| number.bytes().all(|b| b.is_ascii_digit()))
        .map_or(text, |(_, rest)| rest)
}
