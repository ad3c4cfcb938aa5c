//! Samba's `full_audit` module: what people do with the files of a share.

mod operations;

use std::net::IpAddr;

use sakimori_words::{Event, Text};

use self::operations::{activity, find, told};
use super::ocsf::{FAILURE, FILE, SMB, SUCCESS};
use super::{Context, LogSource};

/// Samba's `full_audit` module.
pub(super) struct Samba;

impl LogSource for Samba {
    fn name(&self) -> &'static str {
        "samba"
    }

    fn title(&self) -> Text {
        Text::new("Samba ファイルサーバ (full_audit)", "Samba file server (full_audit)")
    }

    /// Its lines begin with free text, so only the program's name in front of them says whose they are.
    fn read_line(&self, _line: &[u8], _context: &Context) -> Option<Event> {
        None
    }
}

/// Fills in what a line of Samba's says; `false` when it is another program's.
pub(super) fn fill(event: &mut Event, program: &str, body: &str) -> bool {
    if program != "smbd_audit" {
        return false;
    }
    event.product = "linux".to_owned();
    event.service = "samba".to_owned();
    if let Some(record) = split(body) {
        fill_record(event, &record);
    }
    true
}

/// `PREFIX|OPERATION|RESULT|ARGUMENTS`, cut into its parts.
struct Record<'a> {
    prefix: &'a str,
    operation: &'static str,
    succeeded: bool,
    /// Why it failed, in the words of the system.
    reason: &'a str,
    arguments: &'a str,
}

/// The prefix may be anything, so the first known operation with a result behind it decides.
fn split(line: &str) -> Option<Record<'_>> {
    let bars = line.match_indices('|').map(|(at, _)| at);
    bars.take(16).find_map(|bar| {
        let (prefix, rest) = line.split_at_checked(bar)?;
        let mut parts = rest.strip_prefix('|')?.splitn(3, '|');
        let operation = find(parts.next()?)?;
        let result = parts.next()?;
        let failed = result.strip_prefix("fail (").and_then(|reason| reason.strip_suffix(')'));
        let ours = result == "ok" || failed.is_some();
        let (reason, arguments) = (failed.unwrap_or_default(), parts.next().filter(|_| ours)?);
        Some(Record { prefix, operation, succeeded: failed.is_none(), reason, arguments })
    })
}

fn fill_record(event: &mut Event, record: &Record<'_>) {
    let client = Client::read(record.prefix);
    let told = told(record.operation, record.arguments);
    let (status, result) = if record.succeeded { (SUCCESS, "ok") } else { (FAILURE, "fail") };
    let connection = matches!(record.operation, "connect" | "disconnect");
    event.class_uid = if connection { SMB } else { FILE };
    event.activity = activity(record.operation, &told).to_owned();
    event.status = status.to_owned();
    event.user = client.user.to_owned();
    event.src_ip = client.ip.to_owned();
    let texts = [
        ("prefix", record.prefix),
        ("user", client.user),
        ("src_ip", client.ip),
        ("machine", client.machine),
        ("share", client.share),
        ("operation", record.operation),
        ("result", result),
        ("reason", record.reason),
    ];
    let texts = texts.into_iter().chain(told.fields());
    for (name, text) in texts.filter(|(_, text)| !text.is_empty()) {
        event.src.push(name, text);
    }
}

/// Who it was, as far as the prefix says so beyond doubt.
#[derive(Default)]
struct Client<'a> {
    user: &'a str,
    ip: &'a str,
    machine: &'a str,
    share: &'a str,
}

impl<'a> Client<'a> {
    /// `full_audit:prefix` is free text. Understood are parts that name themselves (`USER=%u|IP=%I`), and the usual orders
    /// `%u|%I`, `%u|%I|%m|%S` and `%I|%u`, which the address gives away.
    fn read(prefix: &'a str) -> Self {
        let parts: Vec<&str> = prefix.split('|').collect();
        if parts.iter().all(|part| part.contains('=')) {
            return Self::named(&parts);
        }
        let is_ip = |part: &&str| part.parse::<IpAddr>().is_ok();
        if parts.iter().copied().filter(|part| is_ip(part)).count() != 1 {
            return Self::default();
        }
        match *parts.as_slice() {
            [ip] => Self { ip, ..Self::default() },
            [user, ip, machine, share] if is_ip(&ip) => Self { user, ip, machine, share },
            [user, ip, ..] if is_ip(&ip) => Self { user, ip, ..Self::default() },
            [ip, user] if is_ip(&ip) => Self { user, ip, ..Self::default() },
            _ => Self { ip: parts.into_iter().find(is_ip).unwrap_or_default(), ..Self::default() },
        }
    }

    fn named(parts: &[&'a str]) -> Self {
        let mut client = Self::default();
        for (name, value) in parts.iter().filter_map(|part| part.split_once('=')) {
            match name.trim().to_ascii_lowercase().as_str() {
                "user" | "username" => client.user = value,
                "ip" | "addr" | "address" if value.parse::<IpAddr>().is_ok() => client.ip = value,
                "machine" | "client" | "host" => client.machine = value,
                "share" | "volume" | "service" => client.share = value,
                _ => {}
            }
        }
        client
    }
}

/// Reads any bytes as what `full_audit` says.
///
/// # Panics
/// When `raw` is not what came.
pub fn fuzz_samba_line(bytes: &[u8]) {
    let beginnings: [&[u8]; 3] =
        [b"", b"tanaka|10.20.7.31|renameat|ok|", b"IP=10.20.7.31|create_file|fail (x)|"];
    for beginning in beginnings {
        super::syslog::fuzz_program_line("smbd_audit", &[beginning, bytes].concat());
    }
}
