//! FortiGate firewalls and VPN gateways: `key=value` lines (`FortiOS` 5.6 and later).

use sakimori_words::{Event, Fields, Text};

use super::ocsf::{
    AUTHENTICATION, DETECTION, DNS, ENTITY, FAILURE, HTTP, NETWORK, SUCCESS, TUNNEL,
};
use super::pairs::read_pairs;
use super::{Context, LogSource, blank, text, timestamps};

/// FortiGate.
pub(super) struct FortiGate;

impl LogSource for FortiGate {
    fn name(&self) -> &'static str {
        "fortigate"
    }

    fn title(&self) -> Text {
        Text::new("FortiGate (ファイアウォール・VPN装置)", "FortiGate firewall and VPN gateway")
    }

    fn read_line(&self, line: &[u8], context: &Context) -> Option<Event> {
        if !begins_like_ours(line) {
            return None;
        }
        let line_text = text::decode(line);
        let fields = read_pairs(line_text.trim()).fields;
        let ours = fields.get("type").is_some()
            && ["logid", "devid", "devname"].iter().any(|name| fields.get(name).is_some());
        ours.then(|| read(fields, line, context))
    }
}

/// Cheap, because every line of every other source is asked too.
fn begins_like_ours(line: &[u8]) -> bool {
    const FIRST_KEYS: [&[u8]; 7] =
        [b"date=", b"logver=", b"devname=", b"eventtime=", b"timestamp=", b"itime=", b"logid="];
    let line = line.trim_ascii_start();
    FIRST_KEYS.iter().any(|key| line.starts_with(key))
}

fn read(fields: Fields, line: &[u8], context: &Context) -> Event {
    let first = |names: &[&str]| text::first_meaningful(&fields, names);
    let (class_uid, status) = kind(&fields);
    Event {
        time: time(&fields).unwrap_or(context.received_at),
        product: "fortigate".to_owned(),
        service: fields.text("type").unwrap_or_default().into_owned(),
        class_uid,
        activity: first(&["action", "eventtype", "subtype"]),
        status: status.to_owned(),
        host: first(&["devname", "devid"]),
        user: first(&["user", "xauthuser", "unauthuser", "srcuser"]),
        src_ip: source_address(&fields),
        dst_ip: first(&["dstip", "locip"]),
        process: first(&["app", "appcat"]),
        message: summary(&fields),
        src: fields,
        ..blank(line, context)
    }
}

/// From where it came. What an administrator does names the screen and the address: `ui="GUI(192.0.2.7)"`.
fn source_address(fields: &Fields) -> String {
    let told = text::first_meaningful(fields, &["srcip", "remip", "assignip"]);
    let screen = if told.is_empty() { fields.text("ui") } else { None };
    let inside = screen.as_deref().and_then(|ui| ui.split_once('(')?.1.strip_suffix(')'));
    let address = inside.filter(|text| text.parse::<std::net::IpAddr>().is_ok());
    address.map_or(told, str::to_owned)
}

fn time(fields: &Fields) -> Option<sakimori_words::Instant> {
    let from_clock = || {
        let (date, time) = (fields.text("date")?, fields.text("time")?);
        timestamps::from_date_and_time(&date, &time, fields.text("tz").as_deref())
    };
    fields.int("eventtime").and_then(timestamps::from_epoch).or_else(from_clock)
}

/// OCSF class and outcome.
pub(super) fn kind(fields: &Fields) -> (u32, &'static str) {
    let word = |name: &str| fields.text(name).unwrap_or_default();
    let (action, status) = (word("action"), word("status"));
    let refused = |text: &str| {
        ["deny", "denied", "block", "blocked", "dropped", "reset", "fail", "failed", "failure"]
            .contains(&text)
            || text.ends_with("-fail")
            || text.ends_with("-failed")
    };
    let accepted = |text: &str| {
        ["accept", "close", "timeout", "pass", "passthrough", "allowed", "success", "tunnel-up"]
            .contains(&text)
    };
    let outcome = match (&*action, &*status) {
        (action, status) if refused(action) || refused(status) => FAILURE,
        (action, status) if accepted(action) || accepted(status) => SUCCESS,
        _ => "",
    };
    let class_uid = match (&*word("type"), &*word("subtype"), &*action) {
        ("traffic", _, _) => NETWORK,
        ("utm", "dns", _) => DNS,
        ("utm", "webfilter", _) => HTTP,
        ("utm", _, _) => DETECTION,
        ("event", "vpn", action) if action.contains("login") => AUTHENTICATION,
        ("event", "vpn", _) => TUNNEL,
        ("event", _, "login" | "logout") | ("event", "user", _) => AUTHENTICATION,
        ("event", "system", "Add" | "Edit" | "Delete") => ENTITY,
        _ => 0,
    };
    (class_uid, outcome)
}

fn summary(fields: &Fields) -> String {
    if let Some(msg) = fields.text("msg").or_else(|| fields.text("logdesc")) {
        return text::message(&msg);
    }
    let word = |name: &str| fields.text(name).unwrap_or_default();
    let [from, to] = [word("srcip"), word("dstip")];
    let [from_port, to_port] = [word("srcport"), word("dstport")];
    let [kind, action, service] = [word("type"), word("action"), word("service")];
    let parts: [&str; 13] = [
        &kind, " ", &action, ": ", &from, ":", &from_port, " -> ", &to, ":", &to_port, " ",
        &service,
    ];
    text::message(&parts.concat())
}
