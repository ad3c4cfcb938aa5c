//! What well-known programs of Unix systems say in syslog.

use sakimori_words::{Event, Value};

use super::super::ocsf::{AUTHENTICATION, FAILURE, SCHEDULED_JOB, SESSION, SUCCESS};
use super::header::Header;

/// Program and Sigma's service; all of them are product `linux`.
const PROGRAMS: &[(&str, &str)] = &[
    ("anacron", "cron"),
    ("audisp-syslog", "auditd"),
    ("audispd", "auditd"),
    ("audit", "auditd"),
    ("auditd", "auditd"),
    ("chage", "auth"),
    ("chfn", "auth"),
    ("chsh", "auth"),
    ("clamd", "clamav"),
    ("cron", "cron"),
    ("crond", "cron"),
    ("crontab", "cron"),
    ("dbus-daemon", "syslog"),
    ("freshclam", "clamav"),
    ("gpasswd", "auth"),
    ("groupadd", "auth"),
    ("groupmod", "auth"),
    ("guacd", "guacamole"),
    ("kernel", "syslog"),
    ("login", "auth"),
    ("named", "syslog"),
    ("passwd", "auth"),
    ("pkexec", "auth"),
    ("polkitd", "auth"),
    ("rsyslogd", "syslog"),
    ("runuser", "auth"),
    ("sshd", "sshd"),
    ("sshd-session", "sshd"),
    ("su", "auth"),
    ("sudo", "sudo"),
    ("systemd", "syslog"),
    ("systemd-logind", "auth"),
    ("useradd", "auth"),
    ("userdel", "auth"),
    ("usermod", "auth"),
    ("vsftpd", "vsftpd"),
];

/// Programs that are a product of their own.
const PRODUCTS: &[(&str, &str)] = &[("apache2", "apache"), ("httpd", "apache")];

/// Fills product and service, and for logons who and from where.
pub(super) fn fill(event: &mut Event, header: &Header<'_>) {
    (event.product, event.service) = source_of(header);
    if event.product == "cisco" {
        return;
    }
    match event.service.as_str() {
        "sshd" => fill_sshd(event, header.body),
        "sudo" => fill_sudo(event, header.body),
        "cron" => event.class_uid = SCHEDULED_JOB,
        _ => {}
    }
}

/// Product and service of the program that wrote the line.
pub(super) fn source_of(header: &Header<'_>) -> (String, String) {
    let program = header.program.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let program = program.trim_matches(['(', ')']);
    // Cisco devices put a mnemonic such as `%SYS-5-CONFIG_I` where the program stands.
    if program.starts_with('%') {
        return ("cisco".to_owned(), "syslog".to_owned());
    }
    let named = |table: &[(&'static str, &'static str)]| {
        table.iter().find(|(known, _)| *known == program).map(|(_, name)| *name)
    };
    match (named(PROGRAMS), named(PRODUCTS)) {
        (Some(service), _) => ("linux".to_owned(), service.to_owned()),
        (None, Some(product)) => (product.to_owned(), product.to_owned()),
        (None, None) if header.bracketed && !is_windows(program) => {
            ("linux".to_owned(), program.to_owned())
        }
        (None, None) => (String::new(), program.to_owned()),
    }
}

/// `NXLog` writes the provider of a Windows event where the program stands.
fn is_windows(program: &str) -> bool {
    program.starts_with("microsoft")
}

/// `Failed password for invalid user admin from 203.0.113.7 port 50022 ssh2`.
fn fill_sshd(event: &mut Event, body: &str) {
    let (status, rest) = match (body.strip_prefix("Accepted "), body.strip_prefix("Failed ")) {
        (Some(rest), _) => (SUCCESS, rest),
        (_, Some(rest)) => (FAILURE, rest),
        _ => return,
    };
    let Some((method, rest)) = rest.split_once(" for ") else { return };
    let Some((user, rest)) = rest.rsplit_once(" from ") else { return };
    let user = user.strip_prefix("invalid user ").unwrap_or(user);
    let address = rest.split(' ').next().unwrap_or_default();
    logon(event, "logon", status, user);
    event.src_ip = address.to_owned();
    for (name, text) in [("method", method), ("user", user), ("src_ip", address)] {
        event.src.push(name, Value::from(text));
    }
}

/// `tanaka : TTY=pts/0 ; PWD=/home/tanaka ; USER=root ; COMMAND=/bin/cat /etc/shadow`.
fn fill_sudo(event: &mut Event, body: &str) {
    let Some((user, rest)) = body.split_once(" : ") else { return };
    let status = if rest.contains("incorrect password") || rest.contains("NOT in sudoers") {
        FAILURE
    } else {
        SUCCESS
    };
    logon(event, "run as another account", status, user.trim());
    event.class_uid = SESSION;
    // The command stands last and may hold anything, ` ; ` too.
    let (rest, command) = match rest.split_once(" ; COMMAND=") {
        Some((rest, command)) => (rest, Some(("COMMAND", command))),
        None => (rest, None),
    };
    let pairs = rest.split(" ; ").filter_map(|pair| pair.trim().split_once('='));
    for (name, value) in pairs.chain(command) {
        event.src.push(name, Value::from(value));
    }
}

fn logon(event: &mut Event, activity: &str, status: &str, user: &str) {
    event.class_uid = AUTHENTICATION;
    event.activity = activity.to_owned();
    event.status = status.to_owned();
    event.user = user.to_owned();
}
