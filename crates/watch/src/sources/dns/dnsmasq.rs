//! dnsmasq's `log-queries`, also as Pi-hole writes it.

use sakimori_words::Event;

use super::{Question, is_ip, is_record_type};

/// Where an answer came from, in dnsmasq's words.
const ANSWERS: &[&str] = &[
    "reply",
    "cached",
    "cached-stale",
    "config",
    "hosts",
    "DHCP",
    "gravity blocked",
    "blacklisted",
];

/// `query[A] files.example from 10.20.7.31`, `reply files.example is 198.51.100.9`, `forwarded files.example to 10.20.1.5`.
pub(super) fn fill(event: &mut Event, body: &str) -> bool {
    let (client, client_port, said) = split_extra(body);
    let question = Question { client, client_port, ..Question::default() };
    if let Some((record_type, rest)) =
        said.strip_prefix("query[").and_then(|said| said.split_once("] "))
    {
        let Some((query, client)) = rest.rsplit_once(" from ") else { return false };
        if !is_ip(client) || !is_record_type(record_type) {
            return false;
        }
        Question { client, query, record_type, ..question }.fill(event, "dnsmasq", "query");
        return true;
    }
    if let Some((query, server)) =
        said.strip_prefix("forwarded ").and_then(|said| said.rsplit_once(" to "))
    {
        let forwarded_to = server.split('#').next().filter(|server| is_ip(server));
        let Some(forwarded_to) = forwarded_to else { return false };
        Question { query, forwarded_to, ..question }.fill(event, "dnsmasq", "forward");
        return true;
    }
    fill_answer(event, question, said)
}

/// With `log-queries=extra` a number, the client and its port stand in front: `12 10.20.7.31/53112 query[A] …`.
fn split_extra(body: &str) -> (&str, &str, &str) {
    let split = || {
        let (number, rest) = body.split_once(' ')?;
        let (peer, said) = rest.split_once(' ')?;
        let (address, port) = peer.split_once('/')?;
        (number.parse::<u64>().is_ok() && is_ip(address)).then_some((address, port, said))
    };
    split().unwrap_or(("", "", body))
}

fn fill_answer<'a>(event: &mut Event, question: Question<'a>, said: &'a str) -> bool {
    let known = ANSWERS.iter().find_map(|own| said.strip_prefix(own)?.strip_prefix(' '));
    // A name out of a file of hosts: `/etc/hosts fs01.hospital.example is 10.20.1.20`.
    let of_file =
        said.starts_with('/').then(|| said.split_once(' ').map(|(_, rest)| rest)).flatten();
    let Some((query, told)) = known.or(of_file).and_then(|rest| rest.split_once(" is ")) else {
        return false;
    };
    let question = match told {
        "NXDOMAIN" | "SERVFAIL" | "REFUSED" => Question { query, response_code: told, ..question },
        answer => Question { query, answer, ..question },
    };
    question.fill(event, "dnsmasq", "answer");
    true
}
