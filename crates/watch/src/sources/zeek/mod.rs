//! Zeek's logs: JSON lines, and tab-separated files whose header names the columns.

mod paths;
mod tsv;

use std::io;

use memchr::memmem::Finder;
use sakimori_words::{Event, Fields, Instant, Text, Value};

use self::paths::{class_uid, of_fields, of_file_name};
use super::ocsf::{FAILURE, SUCCESS};
use super::{Context, FileContext, LogSource, ReadSeek, Reading, blank, json, text, timestamps};

pub use self::tsv::fuzz_zeek_file;

/// What each of its lines holds.
static TIME: json::Mark = json::Mark::new(|| Finder::new("\"ts\""));

/// Zeek.
pub(super) struct Zeek;

impl LogSource for Zeek {
    fn name(&self) -> &'static str {
        "zeek"
    }

    fn title(&self) -> Text {
        Text::new("Zeek (ネットワーク監視、JSON・TSV)", "Zeek network monitor (JSON, TSV)")
    }

    fn read_line(&self, line: &[u8], context: &Context) -> Option<Event> {
        if !json::may_hold(line, &TIME) {
            return None;
        }
        let line_text = text::decode(line);
        let json_text = line_text.trim_start_matches('\u{feff}').trim();
        let fields = json::flatten(json_text)?;
        let at = time(fields.get("ts")?)?;
        let path = path_of(&fields, context)?;
        Some(read(fields, &path, at, line, context))
    }

    fn claims_file(&self, _file: &FileContext<'_>, head: &[u8]) -> bool {
        head.starts_with(b"#separator ")
    }

    fn read_file(
        &self,
        input: &mut dyn ReadSeek,
        file: &FileContext<'_>,
        each: &mut dyn FnMut(Reading<'_>),
    ) -> io::Result<()> {
        tsv::read_file(input, file, each)
    }
}

/// Which log a JSON line belongs to: what it says itself, else what its fields say, else the name of its file. `None` when
/// it is not Zeek's.
fn path_of(fields: &Fields, context: &Context) -> Option<String> {
    let own = ["_path", "@path", "@stream"].iter().find_map(|name| fields.text(name));
    if let Some(path) = own.filter(|path| is_path(path)) {
        return Some(path.into_owned());
    }
    if let Some(path) = of_fields(fields) {
        return Some(path.to_owned());
    }
    let of_connection = fields.get("uid").is_some() && fields.get("id.orig_h").is_some();
    of_connection.then(|| of_file_name(&context.source).unwrap_or_default().to_owned())
}

fn is_path(path: &str) -> bool {
    path.len() <= 64 && path.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

/// Zeek writes seconds with a fraction, or an ISO date when it is told so.
fn time(ts: Value<'_>) -> Option<Instant> {
    match ts {
        Value::Float(_) => seconds(&ts.to_text()),
        Value::Int(number) => timestamps::from_epoch(number),
        Value::Text(text) => timestamps::parse(text).or_else(|| seconds(text)),
        Value::Null | Value::Bool(_) => None,
    }
}

/// `1795108269.120000`.
fn seconds(text: &str) -> Option<Instant> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    let micros: i64 = format!("{fraction:0<6}").get(..6).filter(|_| digits)?.parse().ok()?;
    let seconds: i64 = seconds.parse().ok().filter(|seconds| *seconds >= 0)?;
    Some(Instant::from_micros(seconds.checked_mul(1_000_000)?.checked_add(micros)?))
}

fn read(fields: Fields, path: &str, at: Instant, line: &[u8], context: &Context) -> Event {
    let first = |names: &[&str]| {
        let mut words = names.iter().filter_map(|name| fields.text(name));
        words.next().map(|word| word.into_owned()).unwrap_or_default()
    };
    let activity = first(&["action", "request_type", "operation", "method", "command", "note"]);
    Event {
        time: at,
        product: "zeek".to_owned(),
        service: path.to_owned(),
        class_uid: class_uid(path),
        activity: if activity.is_empty() { path.to_owned() } else { activity },
        status: outcome(&fields).to_owned(),
        host: first(&["_system_name"]),
        user: user(&fields, path),
        src_ip: first(&["id.orig_h", "src", "client_addr", "tx_hosts"]),
        dst_ip: first(&["id.resp_h", "dst", "server_addr", "rx_hosts"]),
        process: if path == "conn" { first(&["service"]) } else { String::new() },
        message: summary(&fields, path),
        src: fields,
        ..blank(line, context)
    }
}

fn user(fields: &Fields, path: &str) -> String {
    // `client` is a principal for Kerberos, and the client's version for SSH.
    let name = match path {
        "kerberos" => "client",
        "ftp" => "user",
        _ => "username",
    };
    fields.text(name).map(|user| user.into_owned()).unwrap_or_default()
}

/// Kerberos, NTLM and SSH say whether a logon succeeded.
fn outcome(fields: &Fields) -> &'static str {
    match fields.get("success").or_else(|| fields.get("auth_success")) {
        Some(Value::Bool(true)) => SUCCESS,
        Some(Value::Bool(false)) => FAILURE,
        _ => "",
    }
}

fn summary(fields: &Fields, path: &str) -> String {
    const TELLING: [&str; 17] = [
        "msg",
        "note",
        "query",
        "uri",
        "server_name",
        "name",
        "cookie",
        "filename",
        "mime_type",
        "certificate.subject",
        "operation",
        "subject",
        "command",
        "username",
        "client",
        "host_name",
        "conn_state",
    ];
    let told = TELLING.iter().find_map(|name| fields.text(name)).unwrap_or_default();
    let word = |name: &str| fields.text(name).unwrap_or_default();
    let host = if path == "http" { word("host") } else { "".into() };
    let end = |address: &str, port: &str| match (word(address), word(port)) {
        (address, port) if port.is_empty() => address.into_owned(),
        (address, port) => format!("{address}:{port}"),
    };
    let way = match (end("id.orig_h", "id.orig_p"), end("id.resp_h", "id.resp_p")) {
        (from, to) if from.is_empty() && to.is_empty() => String::new(),
        (from, to) => format!("{from} -> {to}"),
    };
    let parts = [path, &host, &told, &way];
    text::message(&parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
}
