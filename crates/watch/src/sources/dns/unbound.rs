//! Unbound: `log-queries` and `log-replies`.

use sakimori_words::{Event, Instant};

use super::{Question, is_ip, is_record_type};

/// `[812:0] info: 10.20.7.31 files.example. A IN`, and of a reply `… NOERROR 0.012345 0 62` behind it.
pub(super) fn fill(event: &mut Event, body: &str) -> bool {
    let said = match body.strip_prefix('[').and_then(|body| body.split_once("] ")) {
        Some((_, said)) => said,
        None => body,
    };
    let tag = ["info: ", "query: ", "reply: "].into_iter().find(|tag| said.starts_with(tag));
    let Some(said) = tag.and_then(|tag| said.strip_prefix(tag)) else { return false };
    let mut words = said.split(' ');
    let [Some(client), Some(query), Some(record_type), Some(query_class)] =
        [(); 4].map(|()| words.next())
    else {
        return false;
    };
    let known_class = matches!(query_class, "IN" | "CH" | "HS" | "NONE" | "ANY")
        || query_class.starts_with("CLASS");
    if !is_ip(client) || !query.ends_with('.') || !is_record_type(record_type) || !known_class {
        return false;
    }
    let response_code = words.next().unwrap_or_default();
    let question =
        Question { client, query, record_type, query_class, response_code, ..Question::default() };
    let activity = if response_code.is_empty() { "query" } else { "answer" };
    question.fill(event, "unbound", activity);
    true
}

/// `[1795108269] unbound[812:0] info: …`, a line of Unbound's own file.
pub(super) fn fill_dated(event: &mut Event, line: &str) -> bool {
    let Some((seconds, rest)) = line.strip_prefix('[').and_then(|line| line.split_once("] "))
    else {
        return false;
    };
    let micros = seconds.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1_000_000));
    let said = rest.strip_prefix("unbound[").and_then(|rest| rest.split_once("] "));
    let (Some(micros), Some((_, said))) = (micros, said) else { return false };
    if !fill(event, said) {
        return false;
    }
    event.time = Instant::from_micros(micros);
    event.process = "unbound".to_owned();
    true
}
