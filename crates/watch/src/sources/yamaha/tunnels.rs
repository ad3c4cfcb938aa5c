//! Tunnels, their keys, L2TP, PPP and whoever dials in.

use super::super::ocsf::{AUTHENTICATION, FAILURE, SUCCESS, TUNNEL};
use super::packets::read_commencing;
use super::shapes::{is_address, split_interface, split_word};
use super::{Told, fields};

pub(super) fn read(said: &str) -> Option<Told<'_>> {
    read_state(said)
        .or_else(|| read_ike(said))
        .or_else(|| read_l2tp(said))
        .or_else(|| read_pp(said))
}

/// `IP Tunnel[1] Up`.
fn read_state(said: &str) -> Option<Told<'_>> {
    let rest = said.strip_prefix("IPv6 ").or_else(|| said.strip_prefix("IP "))?;
    let (tunnel, state) = rest.strip_prefix("Tunnel[")?.split_once("] ")?;
    let activity = match state.trim_end() {
        "Up" => "up",
        "Down" => "down",
        _ => return None,
    };
    let about = [("action", activity), ("tunnel", tunnel)];
    Some(Told { service: "tunnel", activity, ..told(&about) })
}

/// `[IKE] initiate ISAKMP phase to 198.51.100.5 (local address 192.0.2.1)`, `[IKE1] SA:3/IKE established`.
fn read_ike(said: &str) -> Option<Told<'_>> {
    let (version, rest) = said.strip_prefix("[IKE")?.split_once("] ")?;
    if !matches!(version, "" | "1" | "2") {
        return None;
    }
    match rest.strip_prefix("SA:") {
        Some(sa) => read_sa(sa),
        None => read_phase(rest),
    }
}

fn read_phase(rest: &str) -> Option<Told<'_>> {
    let (action, rest) = split_word(rest);
    let (phase, rest) = split_word(rest);
    let (peer, rest) = split_word(rest.strip_prefix("phase to ")?);
    let local = rest.strip_prefix("(local address ").and_then(|rest| rest.split_once(')'));
    let local = local.map(|(local, _)| local).filter(|local| is_address(local));
    let local = local.unwrap_or_default();
    // Whoever initiates is the one it comes from.
    let (src_ip, dst_ip) = match action {
        "initiate" => (local, peer),
        "respond" => (peer, local),
        _ => return None,
    };
    let about = [("action", action), ("phase", phase), ("peer", peer), ("local", local)];
    is_address(peer).then(|| Told {
        service: "ike",
        activity: action,
        src_ip,
        dst_ip,
        ..told(&about)
    })
}

fn read_sa(sa: &str) -> Option<Told<'_>> {
    let (number, rest) = sa.split_once('/')?;
    let (kind, activity) = rest.trim_end().split_once(' ')?;
    let whole = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let about = [("action", activity), ("sa", number), ("phase", kind)];
    (whole && matches!(activity, "established" | "deleted")).then(|| Told {
        service: "ike",
        activity,
        ..told(&about)
    })
}

/// `[L2TP] TUNNEL[1] connected from 203.0.113.7`, `… session 6789 established`, `… disconnect tunnel 12345 complete`.
fn read_l2tp(said: &str) -> Option<Told<'_>> {
    let rest = said.strip_prefix("[L2TP] ").or_else(|| said.strip_prefix("[L2TPv3] "))?;
    let (interface, rest) = split_interface(rest)?;
    let detail = rest.strip_prefix(' ')?;
    let peer = detail.strip_prefix("connected from ").map(|rest| split_word(rest).0);
    let peer = peer.filter(|peer| is_address(peer)).unwrap_or_default();
    let activity = match detail {
        _ if !peer.is_empty() => "connect",
        _ if detail.ends_with(" established") => "established",
        _ if detail.starts_with("disconnect") => "disconnect",
        _ => "",
    };
    let about =
        [("action", activity), ("interface", interface), ("src_ip", peer), ("detail", detail)];
    Some(Told { service: "l2tp", activity, src_ip: peer, ..told(&about) })
}

/// Lines of a `PP` or `PPPOE` interface. No other device calls its interfaces so, so even an unknown text is the router's.
fn read_pp(said: &str) -> Option<Told<'_>> {
    let (interface, rest) = split_interface(said)?;
    let detail = rest.strip_prefix([' ', ':'])?.trim();
    if !interface.starts_with("PP") || detail.is_empty() {
        return None;
    }
    let own = read_call(interface, detail)
        .or_else(|| read_address(interface, detail))
        .or_else(|| read_refusal(interface, detail))
        .or_else(|| read_commencing(interface, detail));
    let told = own.unwrap_or_else(|| {
        let activity = state(detail);
        Told { activity, ..told(&[("action", activity), ("interface", interface)]) }
    });
    let mut told = Told { service: "ppp", ..told };
    told.fields.push("detail", detail);
    Some(told)
}

/// `Call detected from user 'kyushoku'`: somebody dials in, by L2TP or PPTP, and gives this name. Whether the password was
/// right shows only when the line comes up.
fn read_call<'a>(interface: &'a str, detail: &'a str) -> Option<Told<'a>> {
    let user = detail.strip_prefix("Call detected from user ")?.trim_matches('\'');
    let about = [("action", "call"), ("interface", interface), ("user", user)];
    Some(Told { class_uid: AUTHENTICATION, activity: "call", user, ..told(&about) })
}

/// `PPP/IPCP up  (Local: 192.0.2.1, Remote: 192.0.2.200)`.
fn read_address<'a>(interface: &'a str, detail: &'a str) -> Option<Told<'a>> {
    let (layer, rest) = split_word(detail.strip_prefix("PPP/")?);
    let (activity, rest) = split_word(rest);
    let status = match activity {
        "up" => SUCCESS,
        "down" => "",
        _ => return None,
    };
    let ends = rest.strip_prefix("(Local: ").and_then(|rest| rest.strip_suffix(')'));
    let (local, remote) = ends.and_then(|ends| ends.split_once(", Remote: ")).unwrap_or_default();
    let [local, remote] = [local, remote].map(|end| if is_address(end) { end } else { "" });
    // Whoever dialled in has the remote address from now on.
    let src_ip = if interface.starts_with("PP[ANONYMOUS") { remote } else { "" };
    let about = [
        ("action", activity),
        ("interface", interface),
        ("layer", layer),
        ("local", local),
        ("remote", remote),
    ];
    Some(Told { activity, status, src_ip, ..told(&about) })
}

/// `RECV CHAP Failure in CS_OPEN/SS_CLOSED`, `Disconnected, cause [PPP: Authentication failed]`.
fn read_refusal<'a>(interface: &'a str, detail: &'a str) -> Option<Told<'a>> {
    let (way, rest) = split_word(detail);
    let failed = matches!(way, "RECV" | "SEND") && split_word(rest).1.starts_with("Failure");
    let refused = failed || detail.contains("[PPP: Authentication failed]");
    let about = [("action", "logon"), ("interface", interface)];
    refused.then(|| Told {
        class_uid: AUTHENTICATION,
        activity: "logon",
        status: FAILURE,
        ..told(&about)
    })
}

/// What a line says that only names a state.
fn state(detail: &str) -> &'static str {
    match detail {
        "PPPoE Connect" | "CONNECT" => "connect",
        "Connecting to PPPoE server" | "SETUP" => "dial",
        _ if detail.starts_with("Disconnected") => "disconnect",
        _ => "",
    }
}

fn told<'a>(about: &[(&str, &str)]) -> Told<'a> {
    Told { class_uid: TUNNEL, fields: fields(about), ..Told::default() }
}
