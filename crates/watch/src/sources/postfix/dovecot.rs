//! Dovecot: who logs on to read mail.

use std::net::IpAddr;

use sakimori_words::Event;

use super::super::ocsf::{AUTHENTICATION, FAILURE, SUCCESS};
use super::push_texts;

/// Most pairs taken from one line; `raw` has the rest.
const PAIRS_MAX: usize = 100;

/// Fills in what a line of Dovecot says.
pub(super) fn fill(event: &mut Event, body: &str) {
    event.product = "linux".to_owned();
    event.service = "dovecot".to_owned();
    let Some((part, said)) = body.split_once(": ") else { return };
    // A level may stand before the message: `imap-login: Info: Login: …`.
    let said = ["Info: ", "Error: ", "Warning: "]
        .iter()
        .find_map(|level| said.strip_prefix(level))
        .unwrap_or(said);
    event.src.push("daemon", part.split(['(', '<']).next().unwrap_or(part));
    if part.ends_with("-login") {
        fill_login(event, said);
    } else if part == "auth" || part.starts_with("auth-worker") {
        fill_refused(event, said);
    } else if let Some(reason) =
        said.strip_prefix("Logged out").or(said.strip_prefix("Disconnected"))
    {
        fill_logout(event, part, reason);
    }
}

/// `Login: user=<tanaka>, method=PLAIN, rip=203.0.113.7, lip=10.20.1.30, TLS`, or a refusal with the same pairs.
fn fill_login(event: &mut Event, said: &str) {
    let Some((told, pairs)) = said.split_once(": user=<") else { return };
    let failed = told.contains("auth failed") || told.contains("auth_failed");
    let (activity, status) = match told {
        "Login" => ("logon", SUCCESS),
        _ if failed => ("logon", FAILURE),
        // Somebody connected and did not try.
        _ => ("disconnect", ""),
    };
    event.class_uid = AUTHENTICATION;
    event.activity = activity.to_owned();
    event.status = status.to_owned();
    let (user, pairs) = pairs.split_once('>').unwrap_or((pairs, ""));
    let reason = if told == "Login" { "" } else { told };
    push_texts(&mut event.src, [("reason", reason), ("user", user)]);
    event.user = user.to_owned();
    for (name, value) in pairs.split(", ").filter_map(|pair| pair.split_once('=')).take(PAIRS_MAX) {
        let value = value.trim_start_matches('<').trim_end_matches('>');
        match (name, value.parse::<IpAddr>()) {
            ("rip", Ok(_)) => event.src_ip = value.to_owned(),
            ("lip", Ok(_)) => event.dst_ip = value.to_owned(),
            ("method" | "mpid" | "session", _) => {}
            _ => continue,
        }
        event.src.push(name, value);
    }
}

/// `passwd-file(tanaka,203.0.113.7): unknown user`, `pam(tanaka,203.0.113.7,<session>): Password mismatch`.
fn fill_refused(event: &mut Event, said: &str) {
    const REASONS: [&str; 4] =
        ["unknown user", "Password mismatch", "password mismatch", "pam_authenticate() failed"];
    let Some((who, reason)) = said.rsplit_once("): ") else { return };
    let Some((database, who)) = who.rsplit_once('(') else { return };
    if !REASONS.iter().any(|known| reason.starts_with(known)) {
        return;
    }
    let mut who = who.split(',');
    let (user, address) = (who.next().unwrap_or_default(), who.next().unwrap_or_default());
    let address = if address.parse::<IpAddr>().is_ok() { address } else { "" };
    event.class_uid = AUTHENTICATION;
    event.activity = "check password".to_owned();
    event.status = FAILURE.to_owned();
    event.user = user.to_owned();
    event.src_ip = address.to_owned();
    let database = database.rsplit(' ').next().unwrap_or(database);
    push_texts(
        &mut event.src,
        [("database", database), ("user", user), ("rip", address), ("reason", reason)],
    );
}

/// `imap(tanaka)<812><session>: Logged out in=10 out=20`.
fn fill_logout(event: &mut Event, part: &str, reason: &str) {
    let Some((_, user)) = part.split_once('(') else { return };
    let user = user.split(')').next().unwrap_or_default();
    event.class_uid = AUTHENTICATION;
    event.activity = "logoff".to_owned();
    event.user = user.to_owned();
    push_texts(&mut event.src, [("user", user), ("reason", reason.trim())]);
}
