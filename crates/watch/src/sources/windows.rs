//! What all roads a Windows event may come by have in common: its native names and its columns.

use std::borrow::Cow;

use memchr::memmem;
use sakimori_words::{Event, Fields, Value};

use super::json::walk;
use super::ocsf::{ACCOUNT, AUTHENTICATION, FAILURE, GROUP, RDP, SUCCESS};
use super::{text, timestamps, windows_activities};

/// Deepest nesting of elements that is told apart; what lies deeper keeps the names of its innermost ones.
const DEPTH_MAX: usize = 12;

/// Fields a usual record has, so that their list is made once.
const FIELDS_USUAL: usize = 40;

/// Longest value in a one-line message, in characters.
const VALUE_CHARS_MAX: usize = 200;

/// The parts of an event that may stand without an `Event` around them.
const SECTIONS: [&str; 4] = ["System", "EventData", "UserData", "RenderingInfo"];

/// Reads `{"Event": {"System": …, "EventData": …}}`, or the same without the outer member as `OpenWEC` writes it, into native
/// names:
///
/// - children of `System` by their names, their attributes as `Name_Attribute`, except `TimeCreated` (its `SystemTime`) and
///   `Qualifiers` (of `EventID`); attributes may stand under `#attributes` or beside each other;
/// - `EventData` by the name of each `Data`, without the blanks Defender puts in (`Threat Name` is `ThreatName`); nameless
///   ones all as `Data`;
/// - `UserData` by the names of its innermost elements;
/// - what a collector adds beside these under dotted names.
///
/// `None` when the text is no such object.
pub(crate) fn event_fields(json: &str) -> Option<Fields> {
    let mut fields = Fields::with_capacity(FIELDS_USUAL, json.len());
    let mut has_system = false;
    let whole = walk(json, &mut |leaf| {
        let mut path = [""; DEPTH_MAX];
        path.iter_mut().zip(leaf.path).for_each(|(place, name)| *place = name);
        has_system |= matches!(path, ["System", _, ..] | ["Event", "System", ..]);
        let depth = leaf.path.len().min(DEPTH_MAX);
        if let Some(name) = path.get(..depth).and_then(native_name) {
            fields.push(name, leaf.value);
        }
    });
    (whole && has_system && fields.get("EventID").is_some()).then_some(fields)
}

/// Channel and event id of a record as the EVTX parser renders it, without reading the record; `None` when it is not written
/// exactly in the usual way, and has to be read.
pub(crate) fn rendered_head(json: &[u8]) -> Option<(&str, i64)> {
    let inside = json.strip_prefix(b"{\"Event\":{")?;
    let system = match inside.strip_prefix(b"\"#attributes\":{") {
        Some(attributes) => after(attributes, b"},")?,
        None => inside,
    };
    let system = system.strip_prefix(b"\"System\":{")?;
    let id = after(system, b"\"EventID\":")?;
    let digits = match id.strip_prefix(b"{\"#attributes\":{") {
        Some(attributes) => after(attributes, b"},")?.strip_prefix(b"\"#text\":")?,
        None => id,
    };
    let n_digits = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    matches!(digits.get(n_digits)?, b',' | b'}').then_some(())?;
    let event_id = std::str::from_utf8(digits.get(..n_digits)?).ok()?.parse().ok()?;
    let channel = after(digits, b"\"Channel\":\"")?;
    // A name with anything to escape has no quote here, and is read.
    let channel_end = memmem::find(channel, b"\",\"Computer\":\"")?;
    let channel = std::str::from_utf8(channel.get(..channel_end)?).ok()?;
    let alone = !channel.contains(['"', '\\']) && !has_another_event_id(digits);
    alone.then_some((channel, event_id))
}

/// Whether the event's own data has a field of that name, too: rules ask for either.
fn has_another_event_id(json: &[u8]) -> bool {
    memmem::find_iter(json, b"ID\":").any(|at| {
        let name = json.get(..at).unwrap_or_default();
        name.ends_with(b"Event") || name.ends_with(b"Event ")
    })
}

/// What follows the first `mark`.
fn after<'b>(bytes: &'b [u8], mark: &[u8]) -> Option<&'b [u8]> {
    let at = memmem::find(bytes, mark)?;
    bytes.get(at + mark.len()..)
}

/// Says of a Windows event what product and service it belongs to.
pub(crate) fn place(event: &mut Event) {
    event.product = "windows".to_owned();
    event.service = service(&event.src.text("Channel").unwrap_or_default());
}

/// Fills the columns of a Windows event from `event.src`.
pub(crate) fn fill(event: &mut Event) {
    place(event);
    event.host = text::first_meaningful(&event.src, &["Computer"]);
    let created = event.src.text("TimeCreated").and_then(|text| timestamps::parse(&text));
    // A time of zero (1601) means that nobody set it.
    if let Some(at) = created.filter(|at| at.as_micros() > 0) {
        event.time = at;
    }
    let event_id = event.src.int("EventID").unwrap_or_default();
    if let Some(known) = windows_activities::activity(&event.service, event_id) {
        event.class_uid = known.class_uid;
        event.activity = known.activity.to_owned();
        event.status = known.status.to_owned();
    }
    if event.status.is_empty() {
        event.status = outcome(&event.src).to_owned();
    }
    event.user = user(event);
    event.src_ip = address(
        &event.src,
        &["IpAddress", "SourceIp", "SourceAddress", "ClientAddress", "Address"],
    );
    event.dst_ip = address(&event.src, &["DestinationIp", "DestAddress"]);
    event.process = text::first_meaningful(
        &event.src,
        &["Image", "NewProcessName", "ProcessName", "Application", "ImagePath", "ServiceFileName"],
    );
    event.message = message(event, event_id);
}

/// Sigma's service for a channel. For a channel nobody has named: the channel without what all of them share, so that one
/// can see what it is (`Microsoft-Windows-GroupPolicy/Operational` gives `grouppolicy`).
pub(crate) fn service(channel: &str) -> String {
    if let Some(service) = sakimori_sigma::windows_service(channel) {
        return service.to_owned();
    }
    let channel = channel.to_ascii_lowercase();
    let short = channel.strip_prefix("microsoft-windows-").unwrap_or(&channel);
    short.strip_suffix("/operational").unwrap_or(short).replace(['/', ' '], "-")
}

fn native_name<'p>(path: &[&'p str]) -> Option<Cow<'p, str>> {
    match path {
        ["System", inside @ ..] | ["Event", "System", inside @ ..] => name_in_system(inside),
        ["Event", inside @ ..] => name_in_data(inside),
        [section, ..] if SECTIONS.contains(section) => name_in_data(path),
        _ => Some(path.join(".").into()),
    }
}

fn name_in_system<'p>(path: &[&'p str]) -> Option<Cow<'p, str>> {
    match path {
        ["TimeCreated", "#attributes", "SystemTime"] | ["TimeCreated", "SystemTime"] => {
            Some("TimeCreated".into())
        }
        ["EventID", "#attributes", "Qualifiers"]
        | ["EventID", "Qualifiers"]
        | ["EventIDQualifiers"] => Some("Qualifiers".into()),
        ["UserID"] => Some("Security_UserID".into()),
        [name] | [name, "#text"] => Some((*name).into()),
        [name, "#attributes", attribute] | [name, attribute] => attribute_of(name, attribute),
        _ => innermost(path),
    }
}

fn name_in_data<'p>(path: &[&'p str]) -> Option<Cow<'p, str>> {
    match path {
        ["#attributes", ..] | ["UserData", _, "#attributes", ..] | [_] => None,
        ["EventData", "#text"] => Some("Data".into()),
        ["RenderingInfo", name] => attribute_of("RenderingInfo", name),
        [_, "#text"] => Some("#text".into()),
        _ => innermost(path),
    }
}

/// The name of the innermost element, with its attribute when it is one.
fn innermost<'p>(path: &[&'p str]) -> Option<Cow<'p, str>> {
    match path {
        [.., name, "#attributes", attribute] => attribute_of(name, attribute),
        [.., name, "#text"] | [.., name] => Some(without_blanks(name)),
        [] => None,
    }
}

/// The name of an attribute. Those that every record has need not be put together.
fn attribute_of<'p>(name: &str, attribute: &str) -> Option<Cow<'p, str>> {
    Some(match (name, attribute) {
        ("Provider", "Name") => "Provider_Name".into(),
        ("Provider", "Guid") => "Provider_Guid".into(),
        ("Correlation", "ActivityID") => "Correlation_ActivityID".into(),
        ("Execution", "ProcessID") => "Execution_ProcessID".into(),
        ("Execution", "ThreadID") => "Execution_ThreadID".into(),
        _ => [name, "_", attribute].concat().into(),
    })
}

/// The name as rules write it: without the blanks that some providers put in.
pub(crate) fn without_blanks(name: &str) -> Cow<'_, str> {
    if name.contains(' ') { name.replace(' ', "").into() } else { name.into() }
}

fn address(fields: &Fields, names: &[&str]) -> String {
    let text = text::first_meaningful(fields, names);
    text.strip_prefix("::ffff:").map(str::to_owned).unwrap_or(text)
}

/// Logons and account changes speak of the target; everything else of the one who acts.
fn user(event: &Event) -> String {
    const ACTOR: &[&str] =
        &["SubjectUserName", "User", "SourceUser", "AccountName", "UserName", "TargetUserName"];
    const TARGET: &[&str] = &["TargetUserName", "TargetUser", "User", "Param1", "SubjectUserName"];
    match event.class_uid {
        AUTHENTICATION | ACCOUNT | GROUP | RDP => text::first_meaningful(&event.src, TARGET),
        _ => text::first_meaningful(&event.src, ACTOR),
    }
}

/// What the record says of its outcome: the audit keywords, else a status code.
fn outcome(fields: &Fields) -> &'static str {
    const AUDIT_FAILURE: u64 = 0x10_0000_0000_0000;
    const AUDIT_SUCCESS: u64 = 0x20_0000_0000_0000;
    let keywords = fields.text("Keywords");
    let digits = keywords.as_deref().and_then(|text| text.strip_prefix("0x"));
    let bits = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0);
    match bits {
        bits if bits & AUDIT_FAILURE != 0 => FAILURE,
        bits if bits & AUDIT_SUCCESS != 0 => SUCCESS,
        _ => "",
    }
}

/// `4625 logon failure: TargetUserName=taro IpAddress=10.0.0.5 …`. For events nobody has named, the first line of the
/// rendered message stands for the activity when the event was forwarded with one.
fn message(event: &Event, event_id: i64) -> String {
    let mut line = text::Line::new();
    line.push(&event_id.to_string());
    if event.activity.is_empty() {
        let rendered = ["RenderingInfo_Message", "Message", "message"];
        let rendered = rendered.iter().find_map(|name| event.src.text(name)).unwrap_or_default();
        line.push_word(rendered.lines().next().unwrap_or_default());
    } else {
        line.push_word(&event.activity);
        line.push_word(&event.status);
    }
    let mut separator = ": ";
    for (name, value) in event.src.iter().filter(|(name, _)| speaks_of_the_event(name)) {
        let value = value.to_text();
        let value = text::meaningful(&value);
        if !value.is_empty() {
            line.push(separator);
            line.push(name);
            line.push("=");
            line.push(text::first_chars(value, VALUE_CHARS_MAX));
            separator = " ";
        }
        if line.is_full() {
            break;
        }
    }
    line.into_text()
}

/// Not a field of the event's header or of the collector that sent it, which the one-line message need not repeat.
fn speaks_of_the_event(name: &str) -> bool {
    let header = matches!(
        name,
        "Provider_Name"
            | "Provider_Guid"
            | "Provider_EventSourceName"
            | "EventID"
            | "Qualifiers"
            | "Version"
            | "Level"
            | "Task"
            | "Opcode"
            | "Keywords"
            | "TimeCreated"
            | "EventRecordID"
            | "Correlation"
            | "Correlation_ActivityID"
            | "Correlation_RelatedActivityID"
            | "Execution_ProcessID"
            | "Execution_ThreadID"
            | "Channel"
            | "Computer"
            | "Security"
            | "Security_UserID"
            | "UtcTime"
            | "RuleName"
    );
    let collector = matches!(
        name,
        "EventTime"
            | "EventReceivedTime"
            | "Hostname"
            | "SourceName"
            | "SourceModuleName"
            | "SourceModuleType"
            | "RecordNumber"
            | "Severity"
            | "SeverityValue"
            | "keywords"
            | "message"
            | "Message"
            | "RenderingInfo_Message"
    );
    !header && !collector && !name.contains(['.', '@'])
}

/// Adds a field unless the record has one of that name.
pub(crate) fn supply(fields: &mut Fields, name: &str, value: Option<Value<'_>>) {
    if let Some(value) = value.filter(|_| fields.get(name).is_none()) {
        fields.push(name, value);
    }
}
