//! What a single record says about sessions: somebody came in, somebody left.
//!
//! Failed logons say nothing here: nobody came in.

use std::net::IpAddr;

use sakimori_words::{Event, Instant};
use serde::{Deserialize, Serialize};

use super::LATE_SECONDS;
use super::session::{Road, plain_account};
use crate::sources::ocsf::{FAILURE, SUCCESS};
use crate::sources::text;

/// Longest name that is taken from a record, in characters.
const NAME_CHARS_MAX: usize = 200;

/// Callers remembered between the records a router writes about one of them.
const CALLS_MAX: usize = 100;

/// How long a router takes from a call to the line being up, in seconds.
const CALL_SECONDS: i64 = 120;

/// What a record says about a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sign {
    pub(super) what: What,
    pub(super) road: Road,
    pub(super) at: Instant,
    /// Whether it came as it happened.
    pub(super) live: bool,
    /// The device or machine that speaks.
    pub(super) device: String,
    /// Its number for the session; empty: it gives none.
    pub(super) key: String,
    pub(super) account: String,
    pub(super) groups: Vec<String>,
    pub(super) from: Option<IpAddr>,
    pub(super) inside: Option<IpAddr>,
    /// Address of the machine logged on to, when the record gives one.
    pub(super) to: Option<IpAddr>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum What {
    /// Somebody came in at that time, or is still in since then.
    In {
        /// When they came in.
        since: Instant,
    },
    /// Somebody left.
    Out,
}

/// Who called a router: the records about one caller come one by one, and only the last says that they are in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Calls(Vec<Call>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Call {
    device: String,
    at: Instant,
    account: String,
    from: Option<IpAddr>,
}

/// What the record says; `None` when it speaks of no session.
pub(super) fn read(event: &Event, calls: &mut Calls) -> Option<Sign> {
    if event.status == FAILURE {
        return None;
    }
    match event.product.as_str() {
        "fortigate" => fortigate(event),
        "yamaha" => yamaha(event, calls),
        "windows" => windows(event),
        "linux" => linux(event),
        _ => None,
    }
}

fn blank(event: &Event, road: Road, what: What) -> Sign {
    let at = event.time.min(event.received_at);
    let device = if event.host.is_empty() { &event.source } else { &event.host };
    Sign {
        what,
        road,
        at,
        live: event.received_at.micros_since(at) <= LATE_SECONDS * sakimori_words::SECOND_MICROS,
        device: named(device),
        key: String::new(),
        account: plain_account(&named(&event.user)),
        groups: Vec::new(),
        from: address(&event.src_ip),
        inside: None,
        to: address(&event.dst_ip),
    }
}

/// SSL and `IPsec` tunnels. `tunnel-stats` comes every ten minutes and says since when the tunnel stands.
fn fortigate(event: &Event) -> Option<Sign> {
    let field = |name: &str| field(event, name);
    if field("subtype") != "vpn" {
        return None;
    }
    let at = event.time.min(event.received_at);
    let what = match field("action").as_str() {
        "tunnel-up" => What::In { since: at },
        "tunnel-stats" => {
            let seconds = event.src.int("duration").unwrap_or_default().clamp(0, 400 * 86_400);
            What::In { since: at.plus_seconds(-seconds) }
        }
        "tunnel-down" => What::Out,
        _ => return None,
    };
    let mut groups: Vec<String> = ["group", "xauthgroup", "vpntunnel"].map(field).to_vec();
    groups.retain(|group| !group.is_empty());
    let user = [field("user"), field("xauthuser")].into_iter().find(|user| !user.is_empty());
    Some(Sign {
        key: field("tunnelid"),
        account: plain_account(&user.unwrap_or_default()),
        groups,
        from: address(&field("remip")),
        inside: address(&field("tunnelip")).or_else(|| address(&field("assignip"))),
        to: None,
        ..blank(event, Road::Vpn, what)
    })
}

/// A tunnel of a router has no account, only its own name; somebody who dials in has one.
fn yamaha(event: &Event, calls: &mut Calls) -> Option<Sign> {
    let field = |name: &str| field(event, name);
    let interface = field("interface");
    let came = What::In { since: event.time.min(event.received_at) };
    match (event.service.as_str(), event.activity.as_str()) {
        ("tunnel", activity @ ("up" | "down")) => {
            let what = if activity == "up" { came } else { What::Out };
            let tunnel = format!("TUNNEL[{}]", field("tunnel"));
            let sign = blank(event, Road::Vpn, what);
            Some(Sign { key: tunnel.clone(), groups: vec![tunnel], ..sign })
        }
        ("l2tp", "connect") | ("ppp", "call") => {
            calls.note(&blank(event, Road::Vpn, came));
            None
        }
        ("ppp", "up") if interface.starts_with("PP[ANONYMOUS") => {
            let sign = blank(event, Road::Vpn, came);
            let (account, from) = calls.take(&sign);
            let inside = address(&field("remote"));
            let groups = vec![interface.clone()];
            Some(Sign { key: interface, account, groups, from, inside, to: None, ..sign })
        }
        ("ppp", "down" | "disconnect") if interface.starts_with("PP[ANONYMOUS") => {
            let sign = blank(event, Road::Vpn, What::Out);
            Some(Sign { key: interface, from: None, ..sign })
        }
        _ => None,
    }
}

impl Calls {
    fn note(&mut self, sign: &Sign) {
        if self.0.len() >= CALLS_MAX {
            self.0.remove(0);
        }
        let (device, account) = (sign.device.clone(), sign.account.clone());
        self.0.push(Call { device, at: sign.at, account, from: sign.from });
    }

    /// The account and the address that called the device just before.
    fn take(&mut self, up: &Sign) -> (String, Option<IpAddr>) {
        let recent = |call: &&Call| {
            let seconds = up.at.micros_since(call.at) / sakimori_words::SECOND_MICROS;
            call.device == up.device && (0..=CALL_SECONDS).contains(&seconds)
        };
        let own = || self.0.iter().rev().filter(recent);
        let account = own().map(|call| call.account.clone()).find(|account| !account.is_empty());
        let from = own().find_map(|call| call.from);
        self.0.retain(|call| call.device != up.device);
        (account.unwrap_or_default(), from)
    }
}

/// Remote desktop: by the security log, or by the two logs of the terminal services.
fn windows(event: &Event) -> Option<Sign> {
    let field = |name: &str| field(event, name);
    let came = What::In { since: event.time.min(event.received_at) };
    let (what, key, account) = match (event.service.as_str(), event.src.int("EventID")?) {
        ("security", 4624) if field("LogonType") == "10" => {
            (came, field("TargetLogonId"), event.user.clone())
        }
        // Every use of a share ends with a 4634 too; those are not asked for here.
        ("security", 4634) if matches!(field("LogonType").as_str(), "10" | "") => {
            (What::Out, field("TargetLogonId"), event.user.clone())
        }
        ("security", 4647) => (What::Out, field("TargetLogonId"), event.user.clone()),
        ("security", 4778) => (came, field("LogonID"), field("AccountName")),
        ("security", 4779) => (What::Out, field("LogonID"), field("AccountName")),
        ("terminalservices-localsessionmanager", 21 | 25) => {
            (came, session_number(&field("SessionID")), field("User"))
        }
        ("terminalservices-localsessionmanager", 23 | 24) => {
            (What::Out, session_number(&field("SessionID")), field("User"))
        }
        ("terminalservices-remoteconnectionmanager", 1149) => {
            (came, String::new(), field("Param1"))
        }
        _ => return None,
    };
    let from = ["IpAddress", "ClientAddress", "Address", "Param3"];
    let from = from.iter().find_map(|name| address(&field(name)));
    // Somebody at the machine itself (`LOCAL`) is no remote session.
    let remote = what == What::Out || from.is_some_and(|from| !from.is_loopback());
    let sign = blank(event, Road::Rdp, what);
    remote.then(|| Sign { key, account: plain_account(&account), from, to: None, ..sign })
}

/// Numbers of sessions and of logons are told apart.
fn session_number(number: &str) -> String {
    if number.is_empty() { String::new() } else { format!("session {number}") }
}

/// SSH, as its server says it in syslog or the audit system records it.
fn linux(event: &Event) -> Option<Sign> {
    let came = What::In { since: event.time.min(event.received_at) };
    match event.service.as_str() {
        "sshd" if event.activity == "logon" && event.status == SUCCESS => {
            Some(Sign { to: None, ..blank(event, Road::Ssh, came) })
        }
        "sshd" => sshd_left(event),
        "auditd" if field(event, "exe").ends_with("/sshd") => {
            let what = match field(event, "type").as_str() {
                "USER_LOGIN" => came,
                "USER_LOGOUT" => What::Out,
                _ => return None,
            };
            let sign = Sign { to: None, ..blank(event, Road::Ssh, what) };
            (what == What::Out || sign.from.is_some()).then_some(sign)
        }
        _ => None,
    }
}

/// `Disconnected from user kyushoku 203.0.113.7 port 50022`, `pam_unix(sshd:session): session closed for user kyushoku`.
fn sshd_left(event: &Event) -> Option<Sign> {
    let said = event.message.as_str();
    let sign = blank(event, Road::Ssh, What::Out);
    let (account, from) = match said.split_once("Disconnected from user ") {
        Some((_, rest)) => {
            let mut words = rest.split_whitespace();
            (words.next()?, words.next().and_then(address))
        }
        None => {
            let rest = said.split_once("session closed for user ")?.1;
            (rest.split_whitespace().next()?, None)
        }
    };
    Some(Sign { account: plain_account(&named(account)), from, to: None, ..sign })
}

fn field(event: &Event, name: &str) -> String {
    let text = event.src.text(name).unwrap_or_default();
    let text = text::meaningful(&text);
    if text == "N/A" { String::new() } else { named(text) }
}

fn named(text: &str) -> String {
    text::first_chars(text, NAME_CHARS_MAX).to_owned()
}

fn address(text: &str) -> Option<IpAddr> {
    let address = text.trim().parse::<IpAddr>().ok()?.to_canonical();
    (!address.is_unspecified()).then_some(address)
}
