//! The debug log of Windows' DNS server: one line a packet.

use jiff::civil::DateTime;
use sakimori_words::{Event, Instant, Value};

use super::super::ocsf::DNS;
use super::{is_ip, is_record_type};

/// A line cut into its parts.
struct Packet<'a> {
    at: Option<Instant>,
    protocol: &'a str,
    direction: &'a str,
    remote: &'a str,
    xid: &'a str,
    is_response: bool,
    opcode: &'a str,
    flags: &'a str,
    response_code: &'a str,
    record_type: &'a str,
    query: String,
}

/// `11/20/2026 2:11:09 AM 0E70 PACKET  000000D4B3A0 UDP Rcv 10.20.7.31    5b47   Q [0001   D   NOERROR] A      (5)files(7)example(0)`;
/// `false` when it is no such line.
pub(super) fn fill(event: &mut Event, line: &str) -> bool {
    let Some(packet) = split(line) else { return false };
    event.time = packet.at.unwrap_or(event.received_at);
    event.product = "windows".to_owned();
    event.service = "dns-server-debug".to_owned();
    event.class_uid = DNS;
    event.activity = match (packet.opcode, packet.is_response) {
        ("U", _) => "update",
        ("N", _) => "notify",
        (_, true) => "answer",
        (_, false) => "query",
    }
    .to_owned();
    let remote = packet.remote.to_owned();
    if packet.direction == "Rcv" {
        event.src_ip = remote;
    } else {
        event.dst_ip = remote;
    }
    event.src.push("response", Value::Bool(packet.is_response));
    let texts = [
        ("direction", packet.direction),
        ("protocol", packet.protocol),
        ("remote_ip", packet.remote),
        ("xid", packet.xid),
        ("opcode", packet.opcode),
        ("flags", packet.flags),
        ("response_code", packet.response_code),
        ("query", packet.query.as_str()),
        ("record_type", packet.record_type),
    ];
    for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        event.src.push(name, text);
    }
    true
}

fn split(line: &str) -> Option<Packet<'_>> {
    let (before, after) = line.split_once(" PACKET ")?;
    // The number of the thread is the last word before.
    let (when, _thread) = before.rsplit_once(' ')?;
    let (head, rest) = after.split_once('[')?;
    let (inside, tail) = rest.split_once(']')?;
    let mut words = head.split_whitespace();
    let _packet = words.next()?;
    let protocol = words.next().filter(|word| matches!(*word, "UDP" | "TCP"))?;
    let direction = words.next().filter(|word| matches!(*word, "Rcv" | "Snd"))?;
    let remote = words.next().filter(|word| is_ip(word))?;
    let xid = words.next()?;
    let (is_response, opcode) = match (words.next()?, words.next()) {
        ("R", Some(opcode)) => (true, opcode),
        (opcode, None) => (false, opcode),
        _ => return None,
    };
    // `0001   D   NOERROR`: the bits, their letters (maybe none), the outcome.
    let (flags, response_code) = inside.trim().rsplit_once(' ')?;
    let (record_type, name) = tail.trim().split_once(' ')?;
    let whole = is_record_type(record_type) && matches!(opcode, "Q" | "N" | "U" | "?");
    whole.then(|| Packet {
        at: at(when),
        protocol,
        direction,
        remote,
        xid,
        is_response,
        opcode,
        flags: flags.trim_end(),
        response_code,
        record_type,
        query: query(name.trim()),
    })
}

/// `(5)files(7)example(0)` → `files.example`. What is not counted so is kept as it stands, without dots around it.
fn query(counted: &str) -> String {
    let labels = || {
        let mut labels = Vec::new();
        let mut rest = counted;
        loop {
            let (number, after) = rest.strip_prefix('(')?.split_once(')')?;
            match number.parse::<usize>().ok()? {
                0 => return Some(labels.join(".")),
                n_bytes => {
                    let (label, after) = after.split_at_checked(n_bytes)?;
                    labels.push(label);
                    rest = after;
                }
            }
        }
    };
    labels().unwrap_or_else(|| counted.trim_matches('.').to_owned())
}

/// The language of Windows decides how a date is written. Taken are those that can be read in one way only.
fn at(when: &str) -> Option<Instant> {
    let mut words = when.split_whitespace();
    let (date, time, half) = (words.next()?, words.next()?, words.next());
    let numbers = |text: &str| -> Option<[i16; 3]> {
        let parts: Option<Vec<i16>> =
            text.split(['/', '-', '.', ':']).map(|part| part.parse().ok()).collect();
        parts?.try_into().ok()
    };
    let (year, month, day) = match (numbers(date)?, half) {
        ([year, month, day], _) if year > 31 => (year, month, day),
        ([month, day, year], Some("AM" | "PM")) => (year, month, day),
        ([day, month, year], _) if day > 12 || date.contains('.') => (year, month, day),
        ([month, day, year], _) if day > 12 => (year, month, day),
        _ => return None,
    };
    let [hour, minute, second] = numbers(time)?;
    let hour = match (half, hour) {
        (Some("AM"), 12) => 0,
        (Some("PM"), hour @ 1..=11) => hour + 12,
        (_, hour) => hour,
    };
    let part = |number: i16| i8::try_from(number).ok();
    let at =
        DateTime::new(year, part(month)?, part(day)?, part(hour)?, part(minute)?, part(second)?, 0);
    at.ok().map(Instant::from_jst)
}
