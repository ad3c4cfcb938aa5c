//! Windows events in the JSON of collectors, brought back to their native names.

use sakimori_words::{Fields, Value};

use super::super::windows::{supply, without_blanks};

/// The native names of a Windows event; `None` when the object is something else.
pub(super) fn native_fields(fields: &Fields) -> Option<Fields> {
    from_winlogbeat(fields).or_else(|| from_flat(fields))
}

/// Winlogbeat: `winlog.event_id`, `winlog.event_data.TargetUserName`… Everything else keeps its dotted name.
fn from_winlogbeat(fields: &Fields) -> Option<Fields> {
    let event_id = fields.int("winlog.event_id")?;
    let mut native = Fields::new();
    native.push("EventID", event_id);
    for (name, value) in fields.iter().filter(|(name, _)| *name != "winlog.event_id") {
        native.push(winlogbeat_name(name), value);
        // Data without a name: Winlogbeat counts them, rules know them all as `Data`.
        if name.strip_prefix("winlog.event_data.param").is_some_and(is_number) {
            native.push("Data", value);
        }
    }
    supply(&mut native, "TimeCreated", fields.get("@timestamp"));
    supply(&mut native, "Level", fields.text("log.level").and_then(|level| level_number(&level)));
    supply(&mut native, "Keywords", audit_keywords(fields).map(Value::from));
    Some(native)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Winlogbeat's words for the levels of Windows.
fn level_number(level: &str) -> Option<Value<'static>> {
    Some(Value::Int(match level {
        "critical" => 1,
        "error" => 2,
        "warning" => 3,
        "information" | "info" => 4,
        "verbose" => 5,
        _ => return None,
    }))
}

/// The mask of which Winlogbeat gives only the words.
fn audit_keywords(fields: &Fields) -> Option<&'static str> {
    let words = fields.iter().filter(|(name, _)| *name == "winlog.keywords");
    words.into_iter().find_map(|(_, word)| match &*word.to_text() {
        "Audit Failure" => Some("0x8010000000000000"),
        "Audit Success" => Some("0x8020000000000000"),
        _ => None,
    })
}

fn winlogbeat_name(name: &str) -> String {
    let Some(inner) = name.strip_prefix("winlog.") else { return name.to_owned() };
    let data = inner.strip_prefix("event_data.").or_else(|| inner.strip_prefix("user_data."));
    match (data, inner) {
        (Some(data), _) => data.rsplit('.').next().unwrap_or(data).replace(' ', ""),
        (None, "channel") => "Channel".to_owned(),
        (None, "computer_name") => "Computer".to_owned(),
        (None, "provider_name") => "Provider_Name".to_owned(),
        (None, "provider_guid") => "Provider_Guid".to_owned(),
        (None, "record_id") => "EventRecordID".to_owned(),
        (None, "process.pid") => "Execution_ProcessID".to_owned(),
        (None, "process.thread.id") => "Execution_ThreadID".to_owned(),
        (None, "activity_id") => "Correlation_ActivityID".to_owned(),
        (None, "user.identifier") => "Security_UserID".to_owned(),
        (None, other) => other.to_owned(),
    }
}

/// `NXLog` and flat exports: `EventID` beside `Channel` or a provider, everything already under its native name.
fn from_flat(fields: &Fields) -> Option<Fields> {
    let event_id = fields.int("EventID").or_else(|| fields.int("EventId"))?;
    let provider = ["Provider_Name", "ProviderName", "SourceName", "Provider"]
        .iter()
        .find_map(|name| fields.text(name));
    let channel = ["Channel", "LogName"].iter().find_map(|name| fields.text(name));
    if provider.is_none() && channel.is_none() {
        return None;
    }
    let mut native = Fields::new();
    native.push("EventID", event_id);
    for (name, value) in fields.iter().filter(|(name, _)| *name != "EventID") {
        native.push(without_blanks(name), value);
    }
    supply(&mut native, "Channel", channel.as_deref().map(Value::from));
    supply(&mut native, "Provider_Name", provider.as_deref().map(Value::from));
    let named = |names: &[&str]| names.iter().find_map(|name| fields.get(name));
    supply(
        &mut native,
        "Computer",
        named(&["Hostname", "ComputerName", "MachineName", "host.name", "host"]),
    );
    supply(&mut native, "EventRecordID", named(&["RecordNumber", "RecordID", "RecordId"]));
    let time = ["EventTime", "TimeCreated.SystemTime", "@timestamp", "timestamp", "time"];
    supply(&mut native, "TimeCreated", named(&time));
    Some(native)
}
