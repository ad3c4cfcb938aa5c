//! The router itself: links, addresses it lent, switches it leads, restarts.

use super::super::ocsf::DHCP;
use super::shapes::{is_address, is_mac, split_interface, split_word};
use super::{Told, fields};

pub(super) fn read(said: &str) -> Option<Told<'_>> {
    read_link(said)
        .or_else(|| read_lease(said))
        .or_else(|| read_switch(said))
        .or_else(|| read_repetition(said))
        .or_else(|| read_start(said))
}

/// `LAN2: link up (1000BASE-T Full Duplex)`, `LAN1: PORT4 link down`.
fn read_link(said: &str) -> Option<Told<'_>> {
    let (interface, rest) = split_interface(said)?;
    let rest = rest.strip_prefix(": ")?;
    let (port, rest) = match rest.split_once(' ') {
        Some((port, rest)) if port.starts_with("PORT") => (port, rest),
        _ => ("", rest),
    };
    let (state, speed) = match rest.strip_prefix("link ")?.split_once(" (") {
        Some((state, speed)) => (state, speed.strip_suffix(')')?),
        None => (rest.strip_prefix("link ")?, ""),
    };
    let activity = match state.trim_end() {
        "up" => "link up",
        "down" => "link down",
        _ => return None,
    };
    let about = [("action", activity), ("interface", interface), ("port", port), ("speed", speed)];
    Some(Told { service: "link", activity, fields: fields(&about), ..Told::default() })
}

/// `[DHCPD] LAN1(port4) Allocates 192.0.2.31: 00:00:5e:00:53:af`.
fn read_lease(said: &str) -> Option<Told<'_>> {
    let rest = said.strip_prefix("[DHCPD] ")?;
    let (interface, rest) = split_interface(rest).unwrap_or(("", rest));
    let (word, rest) = split_word(rest);
    let activity = match word {
        "Allocates" => "allocate",
        "Assigns" => "assign",
        "Extends" => "extend",
        "Releases" => "release",
        _ => return None,
    };
    let (ip, mac) = rest.trim_end().split_once(": ")?;
    let about = [("action", activity), ("interface", interface), ("src_ip", ip), ("mac", mac)];
    (is_address(ip) && is_mac(mac)).then(|| Told {
        service: "dhcp",
        class_uid: DHCP,
        activity,
        src_ip: ip,
        fields: fields(&about),
        ..Told::default()
    })
}

/// `[SWCTL] lan1:6(pharmacy): lan1:2 link up (100-fdx)`, of a switch that the router leads.
fn read_switch(said: &str) -> Option<Told<'_>> {
    let (switch, detail) = said.strip_prefix("[SWCTL] ")?.split_once(": ")?;
    let activity = if detail.contains("link up") {
        "link up"
    } else if detail.contains("link down") {
        "link down"
    } else {
        ""
    };
    let about = [("action", activity), ("switch", switch), ("detail", detail)];
    Some(Told { service: "switch", activity, fields: fields(&about), ..Told::default() })
}

/// `same message repeated 3 times`.
fn read_repetition(said: &str) -> Option<Told<'_>> {
    let count = said.strip_prefix("same message repeated ")?.trim_end().strip_suffix(" times")?;
    let whole = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    let about = [("action", "repeat"), ("count", count)];
    whole.then(|| Told {
        service: "repeat",
        activity: "repeat",
        fields: fields(&about),
        ..Told::default()
    })
}

/// `RTX830 Rev.15.02.90 (Mon Apr  6 10:00:00 2026) starts`, `Restart by restart command`.
fn read_start(said: &str) -> Option<Told<'_>> {
    let restarted = said.trim_end() == "Restart by restart command";
    let (model, rest) = split_word(said);
    let (revision, rest) = split_word(rest);
    let ours = ["RTX", "NVR", "FWX", "SRT", "vRX"].iter().any(|name| model.starts_with(name));
    let started = ours && revision.starts_with("Rev.") && rest.trim_end().ends_with(" starts");
    let (activity, model, revision) = match (restarted, started) {
        (true, _) => ("restart", "", ""),
        (false, true) => ("start", model, revision),
        (false, false) => return None,
    };
    let about = [("action", activity), ("model", model), ("revision", revision)];
    Some(Told { service: "system", activity, fields: fields(&about), ..Told::default() })
}
