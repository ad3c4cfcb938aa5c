//! Alarms of network sensors speak for themselves: a Suricata alert and a Zeek notice are findings at their own level.
//!
//! No Sigma rule can do this, since a rule has one title and one level. What a rule of ours says about the same event is said
//! better and goes before. So that a scan over the whole house is not a finding for every machine, one signature names at most
//! [`MACHINES_MAX`] machines within [`WINDOW_SECONDS`]; alarms about further ones are counted together.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sakimori_words::{Event, Finding, Instant, Level, SECOND_MICROS, Text};

use super::involved::involved;
use super::wording::{NAME_CHARS_MAX, TEXT_CHARS_MAX, cut};
use crate::sources::ocsf::{DETECTION, FAILURE};

/// The built-in rule that calls every severe alert by one name; the alert's own finding says more.
pub(super) const SEVERE_RULE: &str = "dd11dd36-cda8-4bec-ab86-2b1131cb75b1";

/// Most machines that one signature makes a finding of their own for within [`WINDOW_SECONDS`].
const MACHINES_MAX: usize = 20;

/// How long the machines of a signature are counted, in seconds.
const WINDOW_SECONDS: i64 = 3_600;

/// Signatures whose machines are counted at a time.
const SIGNATURES_MAX: usize = 500;

/// Longest name of a signature in a title, in characters.
const SIGNATURE_CHARS_MAX: usize = 160;

/// What Zeek says about itself, not about an attack.
const ABOUT_THE_SENSOR: [&str; 3] = ["CaptureLoss::", "PacketFilter::", "Reporter::"];

/// Which machines each signature has named of late.
#[derive(Debug, Default)]
pub(super) struct Named(BTreeMap<String, (Instant, BTreeSet<String>)>);

/// An alarm, whoever raised it.
struct Alarm {
    rule_id: String,
    /// The sensor.
    sensor: &'static str,
    /// What the signature is called.
    signature: String,
    /// What kind of thing it is, by the sensor's words.
    kind: String,
    level: Level,
    blocked: bool,
    tags: Vec<String>,
}

/// What an alarm says; `None` for everything that is none.
pub(super) fn finding(event: &Event, named: &mut Named) -> Option<Finding> {
    if event.class_uid != DETECTION {
        return None;
    }
    let alarm = match (event.product.as_str(), event.service.as_str()) {
        ("suricata", "alert") => suricata(event)?,
        ("zeek", "notice") => zeek(event)?,
        _ => return None,
    };
    let host = named.machine(&alarm.rule_id, &machine_of(event), event.time);
    Some(Finding {
        id: "".into(),
        time: event.time,
        found_at: event.received_at,
        rule_id: alarm.rule_id.clone(),
        title: title(&alarm),
        reason: reason(&alarm, event),
        next_step: next_step(&alarm),
        level: alarm.level,
        author: alarm.sensor.to_owned(),
        tags: alarm.tags,
        clause: String::new(),
        source: cut(&event.source, NAME_CHARS_MAX),
        host,
        user: cut(&event.user, NAME_CHARS_MAX),
        involved: involved(event),
        summary: cut(&event.message, TEXT_CHARS_MAX),
        evidence: Vec::new(),
    })
}

/// Severity 1 is the gravest; what has none is taken as slight.
fn suricata(event: &Event) -> Option<Alarm> {
    let signature = field(event, "alert.signature");
    let number = event.src.int("alert.signature_id")?;
    let generator = event.src.int("alert.gid").unwrap_or(1);
    Some(Alarm {
        rule_id: format!("suricata-{generator}:{number}"),
        sensor: "Suricata",
        signature: if signature.is_empty() { number.to_string() } else { signature },
        kind: field(event, "alert.category"),
        level: match event.src.int("alert.severity") {
            Some(1) => Level::High,
            Some(2) => Level::Medium,
            _ => Level::Low,
        },
        blocked: event.status == FAILURE,
        tags: tags(event),
    })
}

/// Notices have no severity; their kinds were chosen by whoever set the sensor up.
fn zeek(event: &Event) -> Option<Alarm> {
    let note = field(event, "note");
    if note.is_empty() {
        return None;
    }
    let about_itself = ABOUT_THE_SENSOR.iter().any(|begin| note.starts_with(begin));
    let said = field(event, "msg");
    Some(Alarm {
        rule_id: format!("zeek-{}", cut(&note, NAME_CHARS_MAX)),
        sensor: "Zeek",
        signature: note,
        kind: said,
        level: if about_itself { Level::Low } else { Level::Medium },
        blocked: field(event, "actions").contains("ACTION_DROP"),
        tags: Vec::new(),
    })
}

/// What the signature's author says of ATT&CK, written as rules write it.
fn tags(event: &Event) -> Vec<String> {
    let plain = |text: &str| {
        let fits = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-' | '.');
        !text.is_empty() && text.len() <= 40 && text.chars().all(fits)
    };
    let names = ["alert.metadata.mitre_tactic_name", "alert.metadata.mitre_technique_id"];
    let values = event.src.iter().filter(|(name, _)| names.iter().any(|own| name.starts_with(own)));
    let values = values.map(|(_, value)| value.to_text().into_owned());
    let mut tags: Vec<String> = values
        .filter(|text| plain(text))
        .map(|text| format!("attack.{}", text.to_lowercase()))
        .take(10)
        .collect();
    tags.dedup();
    tags
}

/// The machine inside: the one that acts, when it is ours, else the one that is reached.
fn machine_of(event: &Event) -> String {
    let inside = |text: &str| match text.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => address.is_private(),
        Ok(IpAddr::V6(address)) => address.is_unique_local(),
        Err(_) => false,
    };
    let (from, to) = (&event.src_ip, &event.dst_ip);
    let chosen = if inside(from) || to.is_empty() { from } else { to };
    cut(chosen, NAME_CHARS_MAX)
}

impl Named {
    /// The machine, when the signature has not named too many; else nobody, so that the rest is counted together.
    fn machine(&mut self, signature: &str, machine: &str, at: Instant) -> String {
        if self.0.len() >= SIGNATURES_MAX && !self.0.contains_key(signature) {
            let oldest = self.0.iter().min_by_key(|(_, (since, _))| *since);
            if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                self.0.remove(&oldest);
            }
        }
        let (since, machines) =
            self.0.entry(signature.to_owned()).or_insert_with(|| (at, BTreeSet::new()));
        if at.micros_since(*since) > WINDOW_SECONDS * SECOND_MICROS {
            *since = at;
            machines.clear();
        }
        if machines.contains(machine) {
            return machine.to_owned();
        }
        if machines.len() >= MACHINES_MAX {
            return String::new();
        }
        machines.insert(machine.to_owned());
        machine.to_owned()
    }
}

fn title(alarm: &Alarm) -> Text {
    let signature = cut(&alarm.signature, SIGNATURE_CHARS_MAX);
    let [ja, en] = if alarm.blocked { ["（遮断済み）", " (blocked)"] } else { ["", ""] };
    Text::new(
        format!("ネットワーク監視の警報: {signature}{ja}"),
        format!("Alarm of the network sensor: {signature}{en}"),
    )
}

fn reason(alarm: &Alarm, event: &Event) -> Text {
    let kind = cut(&alarm.kind, SIGNATURE_CHARS_MAX * 2);
    let (from, to) = (cut(&event.src_ip, 64), cut(&event.dst_ip, 64));
    let sensor = alarm.sensor;
    let [ja, en] = match (alarm.blocked, alarm.sensor) {
        (true, _) => ["通信は監視装置が止めました。", "The sensor stopped the traffic."],
        (false, "Suricata") => ["通信は止められていません。", "The traffic was not stopped."],
        (false, _) => ["", ""],
    };
    Text::new(
        format!("{sensor} が {from} から {to} への通信を警報にしました（{kind}）。{ja}"),
        format!("{sensor} raised an alarm about traffic from {from} to {to} ({kind}). {en}")
            .trim_end()
            .to_owned(),
    )
}

fn next_step(alarm: &Alarm) -> Text {
    match alarm.level {
        Level::High | Level::Critical => Text::new(
            "院内側のアドレスの機器を特定し、その前後のログを検索してください。ほかの検知も重なれば LAN ケーブルを抜いて（電源は切らない）、「疑い」を開いてください。",
            "Find the machine behind the inside address and search its logs around that time. If other findings concern it too, pull its network cable (leave it on) and open a suspicion.",
        ),
        Level::Medium => Text::new(
            "院内側のアドレスの機器の担当者に、心当たりがあるか確かめてください。同じ機器にほかの検知があれば、あわせて見てください。",
            "Ask whoever looks after the machine behind the inside address whether this was intended, and look at its other findings.",
        ),
        Level::Low | Level::Informational => Text::new(
            "急ぎません。続くようなら、監視装置の担当者に、この種類の警報を調整してもらってください。",
            "Not urgent. If it goes on, have whoever looks after the sensor tune this kind of alarm.",
        ),
    }
}

fn field(event: &Event, name: &str) -> String {
    event.src.text(name).map(|text| text.trim().to_owned()).unwrap_or_default()
}
