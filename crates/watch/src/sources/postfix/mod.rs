//! Mail: Postfix, the gateways built on it, and Dovecot.

mod dovecot;
mod parts;

use sakimori_words::{Event, Fields, Text};

use self::parts::{Peer, push_pairs, split_queue_id};
use super::ocsf::{AUTHENTICATION, EMAIL, FAILURE, SUCCESS};
use super::{Context, LogSource};

/// Mail: Postfix and Dovecot.
pub(super) struct Postfix;

impl LogSource for Postfix {
    fn name(&self) -> &'static str {
        "postfix"
    }

    fn title(&self) -> Text {
        Text::new("メールサーバ (Postfix・Dovecot)", "Mail server (Postfix, Dovecot)")
    }

    /// Its lines say nothing of their program themselves; the name in front of them does.
    fn read_line(&self, _line: &[u8], _context: &Context) -> Option<Event> {
        None
    }
}

/// Fills in what a line of a mail server says; `false` when it is another program's.
pub(super) fn fill(event: &mut Event, program: &str, body: &str) -> bool {
    if program == "dovecot" {
        dovecot::fill(event, body);
        return true;
    }
    // `postfix/smtpd`, `postfix/submission/smtpd`, and of a second instance `postfix-out/smtp`.
    let Some((instance, service)) = program.split_once('/') else { return false };
    if instance != "postfix" && !instance.starts_with("postfix-") {
        return false;
    }
    let daemon = service.rsplit('/').next().unwrap_or_default();
    event.product = "linux".to_owned();
    event.service = "postfix".to_owned();
    event.class_uid = EMAIL;
    event.src.push("daemon", daemon);
    let (queue_id, said) = split_queue_id(body);
    if !queue_id.is_empty() {
        event.src.push("queue_id", queue_id);
    }
    match daemon {
        "smtpd" | "postscreen" => fill_receiving(event, said),
        "cleanup" => fill_cleanup(event, said),
        "qmgr" | "nqmgr" => fill_queue(event, said),
        "smtp" | "lmtp" | "local" | "virtual" | "pipe" | "error" | "discard" => {
            fill_delivery(event, said);
        }
        "pickup" => fill_pairs(event, "submit", said),
        _ => {}
    }
    true
}

/// What clients do: connect, get refused, log on, hand over a message.
fn fill_receiving(event: &mut Event, said: &str) {
    const SPOKEN: [(&str, &str); 5] = [
        ("connect from ", "connect"),
        ("disconnect from ", "disconnect"),
        ("CONNECT from ", "connect"),
        ("DISCONNECT ", "disconnect"),
        ("lost connection after ", "disconnect"),
    ];
    if let Some(rest) = said.strip_prefix("warning: ") {
        fill_logon_failure(event, rest);
    } else if is_refusal(said) {
        fill_refusal(event, said);
    } else if said.starts_with("client=") {
        fill_acceptance(event, said);
    } else if let Some((beginning, activity)) =
        SPOKEN.iter().find(|(beginning, _)| said.starts_with(beginning))
    {
        event.activity = (*activity).to_owned();
        let rest = said.strip_prefix(beginning).unwrap_or_default();
        // `lost connection after AUTH from host[address]`.
        let peer = rest.split_once(" from ").map_or(rest, |(_, peer)| peer);
        set_peer(event, peer);
    }
}

/// `unknown[203.0.113.7]: SASL LOGIN authentication failed: reason, sasl_username=tanaka`.
fn fill_logon_failure(event: &mut Event, said: &str) {
    let Some((peer, said)) = said.split_once(": SASL ") else { return };
    let Some((method, reason)) = said.split_once(" authentication failed") else { return };
    event.class_uid = AUTHENTICATION;
    event.activity = "logon".to_owned();
    event.status = FAILURE.to_owned();
    set_peer(event, peer);
    event.src.push("sasl_method", method);
    let reason = reason.trim_start_matches([':', ' ']);
    let (reason, user) = reason.rsplit_once("sasl_username=").unwrap_or((reason, ""));
    let texts = [("reason", reason.trim_end_matches([',', ' '])), ("sasl_username", user.trim())];
    push_texts(&mut event.src, texts);
    event.user = user.trim().to_owned();
}

/// `reject: RCPT from …`, also of a filter (`milter-reject:`), of a rule (`discard:`, `hold:`), and of postscreen.
fn is_refusal(said: &str) -> bool {
    ["reject: ", "milter-reject: ", "discard: ", "hold: "]
        .iter()
        .any(|beginning| said.starts_with(beginning))
}

/// `reject: RCPT from host[address]: 554 5.7.1 reason; from=<a> to=<b> proto=ESMTP helo=<c>`.
fn fill_refusal(event: &mut Event, said: &str) {
    let Some((verdict, rest)) = said.split_once(": ") else { return };
    event.activity = verdict.to_owned();
    event.status = FAILURE.to_owned();
    // What Postfix puts behind a stranger's words comes last.
    let (told, pairs) = match rest.rsplit_once("; from=") {
        Some((told, _)) => (told, rest.get(told.len() + 2..).unwrap_or_default()),
        None => (rest, ""),
    };
    // A header or a line of the message is a stranger's words, and stands before the peer.
    let quoted = told.starts_with("header ") || told.starts_with("body ");
    let split = if quoted { told.rsplit_once(" from ") } else { told.split_once(" from ") };
    let (stage, told) = split.unwrap_or(("", told));
    event.src.push("stage", stage);
    // A milter and header checks give their reason behind the pairs.
    let (peer, reason) = told.split_once(": ").unwrap_or((told, ""));
    set_peer(event, peer);
    push_texts(&mut event.src, [("reason", reason)]);
    push_pairs(&mut event.src, pairs);
}

/// `client=host[address], sasl_method=LOGIN, sasl_username=tanaka`: the only line that says that a logon succeeded.
fn fill_acceptance(event: &mut Event, said: &str) {
    fill_pairs(event, "accept", said);
    let client = said.strip_prefix("client=").unwrap_or(said);
    set_peer(event, client.split(", ").next().unwrap_or_default());
    event.status = SUCCESS.to_owned();
    if let Some(user) = event.src.text("sasl_username").map(|user| user.into_owned()) {
        event.class_uid = AUTHENTICATION;
        event.activity = "logon".to_owned();
        event.user = user;
    }
}

fn fill_cleanup(event: &mut Event, said: &str) {
    if is_refusal(said) {
        fill_refusal(event, said);
    } else if said.starts_with("message-id=") {
        fill_pairs(event, "message", said);
    }
}

/// `from=<a>, size=1234, nrcpt=1 (queue active)`, or `removed`.
fn fill_queue(event: &mut Event, said: &str) {
    if said == "removed" {
        event.activity = "remove".to_owned();
        return;
    }
    let expired = said.contains(", status=expired");
    fill_pairs(event, "queue", said);
    if expired {
        event.status = FAILURE.to_owned();
    }
}

/// `to=<b>, relay=host[address]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 Ok)`.
fn fill_delivery(event: &mut Event, said: &str) {
    if !said.starts_with("to=") {
        return;
    }
    fill_pairs(event, "deliver", said);
    let status = event.src.text("status").unwrap_or_default();
    event.status = match &*status {
        "sent" => SUCCESS,
        "deferred" | "bounced" | "undeliverable" => FAILURE,
        _ => "",
    }
    .to_owned();
    let relay = event.src.text("relay").unwrap_or_default();
    let address = Peer::read(&relay).address.to_owned();
    event.dst_ip = address;
}

fn fill_pairs(event: &mut Event, activity: &str, said: &str) {
    event.activity = activity.to_owned();
    push_pairs(&mut event.src, said);
}

fn set_peer(event: &mut Event, peer: &str) {
    let peer = Peer::read(peer);
    event.src_ip = peer.address.to_owned();
    let name = Some(peer.name).filter(|name| *name != "unknown").unwrap_or_default();
    push_texts(&mut event.src, [("client_name", name), ("client_ip", peer.address)]);
}

fn push_texts<'a>(fields: &mut Fields, texts: impl IntoIterator<Item = (&'a str, &'a str)>) {
    for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        fields.push(name, text);
    }
}

/// Reads any bytes as what the programs of a mail server say.
///
/// # Panics
/// When `raw` is not what came.
pub fn fuzz_mail_line(bytes: &[u8]) {
    let programs: [(&str, &[u8]); 6] = [
        ("postfix/smtpd", b""),
        ("postfix/smtpd", b"NOQUEUE: reject: RCPT from "),
        ("postfix/smtpd", b"4F1B2C: client="),
        ("postfix/smtp", b"4F1B2C: to="),
        ("dovecot", b"imap-login: Login: "),
        ("dovecot", b"auth: "),
    ];
    for (program, beginning) in programs {
        super::syslog::fuzz_program_line(program, &[beginning, bytes].concat());
    }
}
