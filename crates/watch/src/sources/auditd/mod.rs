//! The audit log of Linux: records of `auditd`, from its own file or through syslog.

mod names;
mod pairs;

use sakimori_words::{Event, Fields, Instant, Text, Value};

use self::names::{record_type, syscall};
use self::pairs::read_pairs;
use super::ocsf::{ACCOUNT, AUTHENTICATION, FAILURE, FILE, GROUP, PROCESS, SESSION, SUCCESS};
use super::{Context, LogSource, blank, text};

/// Longest argument that is put together from its pieces, in bytes; `raw` has the rest.
const ARGUMENT_BYTES_MAX: usize = 1 << 20;

/// Longest command line put together from its arguments, in characters; the arguments themselves are all there.
const COMMAND_LINE_CHARS_MAX: usize = 65_536;

/// The account number of a process that nobody has logged on to start: -1 without its sign.
const NOBODY: &str = "4294967295";

/// The audit log of Linux.
pub(super) struct Auditd;

impl LogSource for Auditd {
    fn name(&self) -> &'static str {
        "auditd"
    }

    fn title(&self) -> Text {
        Text::new("Linux 監査ログ (auditd)", "Linux audit log (auditd)")
    }

    fn read_line(&self, line: &[u8], context: &Context) -> Option<Event> {
        if !begins_like_ours(line) {
            return None;
        }
        let line_text = text::decode(line);
        let record = split(line_text.trim())?;
        Some(read(&record, line, context))
    }
}

/// Cheap, because every line of every other source is asked too.
fn begins_like_ours(line: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 4] = [b"type=", b"node=", b"audit: type=", b"["];
    let line = line.trim_ascii_start();
    BEGINNINGS.iter().any(|beginning| line.starts_with(beginning))
}

/// A record cut into its parts.
struct Record<'a> {
    node: &'a str,
    kind: String,
    at: Option<Instant>,
    /// Number that all records of one event share.
    serial: &'a str,
    body: &'a str,
}

/// `node=NAME type=EXECVE msg=audit(1700000000.123:456): …`; the kernel's own lines have no `msg=`.
fn split(line: &str) -> Option<Record<'_>> {
    // The kernel may put the seconds since its start in front.
    let line = match line.strip_prefix('[').and_then(|line| line.split_once(']')) {
        Some((seconds, rest)) if seconds.trim().parse::<f64>().is_ok() => rest.trim_start(),
        Some(_) => return None,
        None => line,
    };
    let line = line.strip_prefix("audit: ").unwrap_or(line);
    let (node, line) = match line.strip_prefix("node=").and_then(|line| line.split_once(' ')) {
        Some((node, rest)) => (node, rest),
        None => ("", line),
    };
    let (kind, rest) = line.strip_prefix("type=")?.split_once(' ')?;
    let rest = rest.strip_prefix("msg=").unwrap_or(rest);
    let (stamp, body) = rest.strip_prefix("audit(")?.split_once(')')?;
    let (seconds, serial) = stamp.rsplit_once(':')?;
    let body = body.strip_prefix(':').unwrap_or(body).trim_start();
    Some(Record { node, kind: record_type(kind), at: time(seconds), serial, body })
}

/// `1700000000.123`, or a date where `ausearch -i` wrote one.
fn time(text: &str) -> Option<Instant> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = seconds.parse().ok()?;
    let micros = format!("{fraction:0<6}").get(..6)?.parse::<i64>().ok()?;
    Some(Instant::from_micros(seconds.checked_mul(1_000_000)?.checked_add(micros)?))
}

fn read(record: &Record<'_>, line: &[u8], context: &Context) -> Event {
    let fields = fields(record);
    let word = |name: &str| {
        let text = fields.text(name).unwrap_or_default();
        let text = text::meaningful(&text);
        if matches!(text, "?" | NOBODY | "unset") { String::new() } else { text.to_owned() }
    };
    let first = |names: &[&str]| {
        names.iter().map(|name| word(name)).find(|text| !text.is_empty()).unwrap_or_default()
    };
    let (class_uid, activity) = kind(&record.kind);
    Event {
        time: record.at.unwrap_or(context.received_at),
        product: "linux".to_owned(),
        service: "auditd".to_owned(),
        class_uid,
        activity: activity.to_owned(),
        status: outcome(&first(&["res", "success", "result"])).to_owned(),
        host: record.node.to_owned(),
        user: first(&["acct", "AUID", "UID", "auid", "uid"]),
        src_ip: first(&["addr"]),
        process: first(&["exe", "comm"]),
        message: summary(record, &fields),
        src: fields,
        ..blank(line, context)
    }
}

fn fields(record: &Record<'_>) -> Fields {
    let mut fields = Fields::new();
    fields.push("type", record.kind.as_str());
    fields.push("audit_id", record.serial);
    let mut pieces = Fields::new();
    for pair in read_pairs(record.body, &record.kind) {
        match pair.name.split_once('[') {
            // A long argument comes in pieces: `a1[0]=… a1[1]=…`.
            Some((argument, _)) => pieces.push(argument, pair.value()),
            None => fields.push(pair.name, pair.value()),
        }
    }
    join_pieces(&mut fields, &pieces);
    if record.kind == "SYSCALL" && fields.get("SYSCALL").is_none() {
        let name = syscall(fields.text("arch").as_deref(), fields.int("syscall"));
        if let Some(name) = name {
            fields.push("SYSCALL", name);
        }
    }
    if record.kind == "EXECVE" {
        let command = command_line(&fields);
        fields.push("commandline", &command);
    }
    fields
}

/// Puts each argument that came in pieces together under its own name.
fn join_pieces(fields: &mut Fields, pieces: &Fields) {
    let mut joined: Option<(&str, String)> = None;
    for (name, piece) in pieces.iter() {
        match &mut joined {
            Some((own, text)) if *own == name => {
                let room = ARGUMENT_BYTES_MAX.saturating_sub(text.len());
                text.push_str(text::first_chars(&piece.to_text(), room));
            }
            _ => {
                if let Some((name, text)) = joined.replace((name, piece.to_text().into_owned())) {
                    fields.push(name, &text);
                }
            }
        }
    }
    if let Some((name, text)) = joined {
        fields.push(name, &text);
    }
}

/// The arguments of an EXECVE record in their order, with blanks between.
fn command_line(fields: &Fields) -> String {
    let argument = |name: &str| name.strip_prefix('a')?.parse::<u32>().ok();
    let mut arguments: Vec<(u32, Value<'_>)> =
        fields.iter().filter_map(|(name, value)| Some((argument(name)?, value))).collect();
    arguments.sort_by_key(|(number, _)| *number);
    let words: Vec<_> = arguments.iter().map(|(_, value)| value.to_text()).collect();
    text::first_chars(&words.join(" "), COMMAND_LINE_CHARS_MAX).to_owned()
}

/// OCSF class and what was done.
fn kind(record_type: &str) -> (u32, &'static str) {
    match record_type {
        "EXECVE" | "PROCTITLE" => (PROCESS, "launch"),
        "SYSCALL" => (PROCESS, "system call"),
        "PATH" | "CWD" => (FILE, "access"),
        "USER_AUTH" | "USER_LOGIN" | "USER_ERR" => (AUTHENTICATION, "logon"),
        "USER_LOGOUT" => (AUTHENTICATION, "logoff"),
        "USER_CMD" | "USER_START" | "USER_END" | "USER_ROLE_CHANGE" => (SESSION, "session"),
        "ADD_USER" => (ACCOUNT, "create"),
        "DEL_USER" => (ACCOUNT, "delete"),
        "USER_MGMT" | "USER_CHAUTHTOK" | "ACCT_LOCK" | "ACCT_UNLOCK" => (ACCOUNT, "change"),
        "ADD_GROUP" | "DEL_GROUP" | "GRP_MGMT" => (GROUP, "change"),
        "SERVICE_START" => (0, "start"),
        "SERVICE_STOP" => (0, "stop"),
        "CONFIG_CHANGE" | "DAEMON_CONFIG" => (0, "configuration change"),
        _ => (0, ""),
    }
}

fn outcome(word: &str) -> &'static str {
    match word {
        "success" | "yes" | "1" => SUCCESS,
        "failed" | "fail" | "no" | "0" => FAILURE,
        _ => "",
    }
}

fn summary(record: &Record<'_>, fields: &Fields) -> String {
    let told = ["commandline", "cmd", "proctitle", "name", "cwd", "unit", "exe", "comm"];
    let told = told.iter().find_map(|name| fields.text(name));
    let what = fields.text("SYSCALL").or_else(|| fields.text("op")).unwrap_or_default();
    let parts = [record.kind.as_str(), &what, told.as_deref().unwrap_or(record.body)];
    text::message(&parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
}

/// Reads any bytes as an audit record.
///
/// # Panics
/// When `raw` is not what came.
pub fn fuzz_audit_line(bytes: &[u8]) {
    let context = Context { source: "fuzz".to_owned(), received_at: Instant::default() };
    let with_header = [b"type=EXECVE msg=audit(1.0:1): ", bytes].concat();
    for line in [bytes, &with_header] {
        if let Some(event) = Auditd.read_line(line, &context) {
            assert_eq!(event.raw, line, "raw is what came");
        }
    }
}
