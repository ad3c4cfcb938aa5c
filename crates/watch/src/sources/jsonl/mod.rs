//! JSON lines: Windows events as collectors write them (Winlogbeat, `NXLog`, `evtx_dump`, flat), and any other JSON object.

mod windows_json;

use sakimori_words::{Event, Fields, Instant, Text, Value};

use super::{Context, LogSource, blank, json, text, timestamps, windows};

/// JSON lines.
pub(super) struct JsonLines;

impl LogSource for JsonLines {
    fn name(&self) -> &'static str {
        "jsonl"
    }

    fn title(&self) -> Text {
        Text::new(
            "JSON (Winlogbeat・NXLog などの Windows ログ、その他の JSON)",
            "JSON lines (Windows logs from Winlogbeat, NXLog and others; any other JSON)",
        )
    }

    fn read_line(&self, line: &[u8], context: &Context) -> Option<Event> {
        if !json::may_be_object(line) && !line.trim_ascii_start().starts_with(b"@cee:") {
            return None;
        }
        let line_text = text::decode(line);
        let line_text = line_text.trim_start_matches('\u{feff}').trim();
        let json_text = line_text.strip_prefix("@cee:").unwrap_or(line_text);
        let rendered = json_text.starts_with('{') && json_text.contains("\"System\"");
        if let Some(src) = rendered.then(|| windows::event_fields(json_text)).flatten() {
            return Some(windows_event(src, line, context));
        }
        let fields = json::flatten(json_text).filter(|fields| !fields.is_empty())?;
        match windows_json::native_fields(&fields) {
            Some(src) => Some(windows_event(src, line, context)),
            None => Some(any_event(fields, line, context)),
        }
    }
}

fn windows_event(src: Fields, line: &[u8], context: &Context) -> Event {
    let mut event = Event { src, ..blank(line, context) };
    windows::fill(&mut event);
    event
}

/// An object nobody has described: columns from the names most programs use, OCSF's own among them.
fn any_event(src: Fields, line: &[u8], context: &Context) -> Event {
    let first = |names: &[&str]| text::first_meaningful(&src, names);
    let told = first(&["message", "msg", "summary", "description"]);
    let message = if told.is_empty() { text_of(&src) } else { told };
    Event {
        time: time(&src).unwrap_or(context.received_at),
        product: first(&["product", "observer.product", "metadata.product.name"]).to_lowercase(),
        service: first(&["service", "event.dataset"]).to_lowercase(),
        class_uid: src.int("class_uid").and_then(|uid| u32::try_from(uid).ok()).unwrap_or(0),
        activity: first(&[
            "action",
            "event.action",
            "activity",
            "activity_name",
            "operation",
            "event",
        ]),
        status: status(&first(&["outcome", "event.outcome", "result", "status"])),
        host: first(&["host", "hostname", "host.name", "computer", "terminal", "device.hostname"]),
        user: first(&[
            "user",
            "username",
            "user.name",
            "user_name",
            "user_id",
            "userid",
            "staff_id",
            "actor.user.name",
        ]),
        src_ip: first(&[
            "src_ip",
            "source.ip",
            "client_ip",
            "ip",
            "remote_addr",
            "src_endpoint.ip",
        ]),
        dst_ip: first(&["dst_ip", "dest_ip", "destination.ip", "dst_endpoint.ip"]),
        process: first(&["process", "process.name", "program", "application"]),
        message: text::message(&message),
        src,
        ..blank(line, context)
    }
}

fn time(src: &Fields) -> Option<Instant> {
    const NAMES: [&str; 9] = [
        "@timestamp",
        "timestamp",
        "time",
        "ts",
        "datetime",
        "date",
        "EventTime",
        "eventTime",
        "occurred_at",
    ];
    NAMES.iter().find_map(|name| match src.get(name)? {
        Value::Text(text) => timestamps::parse(text),
        Value::Int(number) => timestamps::from_epoch(number),
        // Seconds with a fraction, as Zeek writes `ts`.
        Value::Float(seconds) => micros(seconds).map(Instant::from_micros),
        Value::Null | Value::Bool(_) => None,
    })
}

fn micros(seconds: f64) -> Option<i64> {
    // Through text, because a cast from float to integer has no checked form.
    format!("{:.0}", seconds * 1e6).parse().ok()
}

fn status(outcome: &str) -> String {
    match outcome.to_lowercase().as_str() {
        "success" | "succeeded" | "ok" | "true" | "成功" => "success".to_owned(),
        "failure" | "failed" | "fail" | "error" | "denied" | "false" | "失敗" => {
            "failure".to_owned()
        }
        _ => String::new(),
    }
}

fn text_of(src: &Fields) -> String {
    let pairs = src.iter().take(40).map(|(name, value)| format!("{name}={}", value.to_text()));
    pairs.collect::<Vec<_>>().join(" ")
}

/// Reads any bytes as a JSON line.
///
/// # Panics
/// When `raw` is not what came.
pub fn fuzz_json_line(bytes: &[u8]) {
    let context = Context { source: "fuzz".to_owned(), received_at: Instant::default() };
    if let Some(event) = JsonLines.read_line(bytes, &context) {
        assert_eq!(event.raw, bytes, "raw is what came");
    }
}
