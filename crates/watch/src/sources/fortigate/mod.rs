//! FortiGate firewalls and VPN gateways: `key=value` lines (`FortiOS` 5.6 and later).

use std::borrow::Cow;
use std::net::IpAddr;

use sakimori_words::{Event, Fields, Instant, Text, Value};

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
        let told = Told::by(&fields);
        let event = told.is_ours().then(|| told.event(line, context))?;
        Some(Event { src: fields, ..event })
    }
}

/// Cheap, because every line of every other source is asked too.
fn begins_like_ours(line: &[u8]) -> bool {
    const FIRST_KEYS: [&[u8]; 7] =
        [b"date=", b"logver=", b"devname=", b"eventtime=", b"timestamp=", b"itime=", b"logid="];
    let line = line.trim_ascii_start();
    FIRST_KEYS.iter().any(|key| line.starts_with(key))
}

/// The first value under a name.
type Said<'a> = Option<Value<'a>>;

/// What columns are made of, found in one pass over the pairs: asking for each name would go over them thirty times. In a
/// list the first that says something counts.
#[derive(Default)]
struct Told<'a> {
    log_id: Said<'a>,
    kind: Said<'a>,
    /// `action`, `eventtype`, `subtype`.
    activities: [Said<'a>; 3],
    status: Said<'a>,
    devices: [Said<'a>; 2],
    users: [Said<'a>; 4],
    sources: [Said<'a>; 3],
    source_port: Said<'a>,
    screen: Said<'a>,
    destinations: [Said<'a>; 2],
    destination_port: Said<'a>,
    programs: [Said<'a>; 2],
    service: Said<'a>,
    messages: [Said<'a>; 2],
    since_1970: Said<'a>,
    date: Said<'a>,
    clock: Said<'a>,
    zone: Said<'a>,
}

impl<'a> Told<'a> {
    fn by(fields: &'a Fields) -> Self {
        let mut told = Self::default();
        for (name, value) in fields.iter() {
            if let Some(said) = told.under(name) {
                said.get_or_insert(value);
            }
        }
        told
    }

    /// Where the value under that name belongs.
    fn under(&mut self, name: &str) -> Option<&mut Said<'a>> {
        let [action, event_type, subtype] = &mut self.activities;
        let [device_name, device_id] = &mut self.devices;
        let [user, vpn_user, guest_user, source_user] = &mut self.users;
        let [source, peer, assigned] = &mut self.sources;
        let [destination, own_end] = &mut self.destinations;
        let [app, app_category] = &mut self.programs;
        let [msg, description] = &mut self.messages;
        Some(match name {
            "logid" => &mut self.log_id,
            "type" => &mut self.kind,
            "action" => action,
            "eventtype" => event_type,
            "subtype" => subtype,
            "status" => &mut self.status,
            "devname" => device_name,
            "devid" => device_id,
            "user" => user,
            "xauthuser" => vpn_user,
            "unauthuser" => guest_user,
            "srcuser" => source_user,
            "srcip" => source,
            "remip" => peer,
            "assignip" => assigned,
            "srcport" => &mut self.source_port,
            "ui" => &mut self.screen,
            "dstip" => destination,
            "locip" => own_end,
            "dstport" => &mut self.destination_port,
            "app" => app,
            "appcat" => app_category,
            "service" => &mut self.service,
            "msg" => msg,
            "logdesc" => description,
            "eventtime" => &mut self.since_1970,
            "date" => &mut self.date,
            "time" => &mut self.clock,
            "tz" => &mut self.zone,
            _ => return None,
        })
    }

    fn is_ours(&self) -> bool {
        let [device_name, device_id] = self.devices;
        self.kind.is_some() && [self.log_id, device_id, device_name].iter().any(Option::is_some)
    }

    fn event(&self, line: &[u8], context: &Context) -> Event {
        let [action, _, subtype] = self.activities.map(word);
        let (class_uid, status) = kind(&word(self.kind), &subtype, &action, &word(self.status));
        Event {
            time: self.time().unwrap_or(context.received_at),
            product: "fortigate".to_owned(),
            service: word(self.kind).into_owned(),
            class_uid,
            activity: first(&self.activities),
            status: status.to_owned(),
            host: first(&self.devices),
            user: first(&self.users),
            src_ip: self.source_address(),
            dst_ip: first(&self.destinations),
            process: first(&self.programs),
            message: self.message(),
            ..blank(line, context)
        }
    }

    /// From where it came. What an administrator does names the screen and the address: `ui="GUI(192.0.2.7)"`.
    fn source_address(&self) -> String {
        let told = first(&self.sources);
        let screen = if told.is_empty() { word(self.screen) } else { "".into() };
        let inside = screen.split_once('(').and_then(|(_, inside)| inside.strip_suffix(')'));
        let address = inside.filter(|text| text.parse::<IpAddr>().is_ok());
        address.map_or(told, str::to_owned)
    }

    fn time(&self) -> Option<Instant> {
        let from_clock = || {
            let (date, clock) = (said(self.date)?, said(self.clock)?);
            timestamps::from_date_and_time(&date, &clock, said(self.zone).as_deref())
        };
        let since_1970 = self.since_1970.and_then(Value::to_int);
        since_1970.and_then(timestamps::from_epoch).or_else(from_clock)
    }

    fn message(&self) -> String {
        if let Some(msg) = self.messages.iter().find_map(|msg| said(*msg)) {
            return text::message(&msg);
        }
        let ([source, ..], [destination, _]) = (self.sources, self.destinations);
        let ([action, ..], [from, to]) = (self.activities, [source, destination].map(word));
        let [from_port, to_port] = [self.source_port, self.destination_port].map(word);
        let [kind, action, service] = [self.kind, action, self.service].map(word);
        let parts: [&str; 13] = [
            &kind, " ", &action, ": ", &from, ":", &from_port, " -> ", &to, ":", &to_port, " ",
            &service,
        ];
        text::message(&parts.concat())
    }
}

/// What a field says, when it says something.
fn said(value: Said<'_>) -> Option<Cow<'_, str>> {
    value.map(Value::to_text).filter(|text| !text.is_empty())
}

fn word(value: Said<'_>) -> Cow<'_, str> {
    said(value).unwrap_or_default()
}

/// The first of these that says something; else an empty text.
fn first(values: &[Said<'_>]) -> String {
    text::first_meaningful_of(values.iter().flatten().map(|value| value.to_text()))
}

/// OCSF class and outcome.
pub(super) fn kind(kind: &str, subtype: &str, action: &str, status: &str) -> (u32, &'static str) {
    let class_uid = match (kind, subtype, action) {
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
    (class_uid, outcome(action, status))
}

fn outcome(action: &str, status: &str) -> &'static str {
    match [action, status] {
        words if words.into_iter().any(is_refusal) => FAILURE,
        words if words.into_iter().any(is_acceptance) => SUCCESS,
        _ => "",
    }
}

fn is_refusal(word: &str) -> bool {
    matches!(
        word,
        "deny"
            | "denied"
            | "block"
            | "blocked"
            | "dropped"
            | "reset"
            | "fail"
            | "failed"
            | "failure"
    ) || word.ends_with("-fail")
        || word.ends_with("-failed")
}

fn is_acceptance(word: &str) -> bool {
    matches!(
        word,
        "accept"
            | "close"
            | "timeout"
            | "pass"
            | "passthrough"
            | "allowed"
            | "success"
            | "tunnel-up"
    )
}
