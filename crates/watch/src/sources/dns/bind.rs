//! BIND's `named`: its log of questions, and refusals.

use sakimori_words::{Event, Instant};

use super::super::timestamps;
use super::{Question, is_ip, is_record_type};

/// `client @0x7f01 10.20.7.31#53112 (files.example): view internal: query: files.example IN A +E(0)K (10.20.1.5)`.
pub(super) fn fill(event: &mut Event, body: &str) -> bool {
    let Some((client, client_port, said)) = split_client(body) else { return false };
    let question = Question { client, client_port, ..Question::default() };
    if let Some(asked) = said.strip_prefix("query: ") {
        let mut words = asked.split(' ');
        let [Some(query), Some(query_class), Some(record_type)] = [(); 3].map(|()| words.next())
        else {
            return false;
        };
        if !is_record_type(record_type) {
            return false;
        }
        Question { query, query_class, record_type, ..question }.fill(event, "named", "query");
        return true;
    }
    let Some((query, record_type, query_class)) = refused(said) else { return false };
    let refusal =
        Question { query, record_type, query_class, response_code: "REFUSED", ..question };
    refusal.fill(event, "named", "refuse");
    true
}

/// Address, port and what follows; the name that older and newer versions put between, and the view, are skipped.
fn split_client(body: &str) -> Option<(&str, &str, &str)> {
    let rest = body.strip_prefix("client ")?;
    let rest = match rest.strip_prefix('@') {
        Some(rest) => rest.split_once(' ')?.1,
        None => rest,
    };
    // An address of IPv6 holds colons; its port does not.
    let hash = rest.find('#')?;
    let end = hash + rest.get(hash..)?.find([' ', ':'])?;
    let (peer, rest) = rest.split_at_checked(end)?;
    let (address, port) = peer.split_once('#').filter(|(address, _)| is_ip(address))?;
    let said = match rest.strip_prefix(" (") {
        Some(named) => named.split_once("): ")?.1,
        None => rest.strip_prefix(": ")?,
    };
    let said = match said.strip_prefix("view ") {
        Some(viewed) => viewed.split_once(": ")?.1,
        None => said,
    };
    Some((address, port, said))
}

/// `query (cache) 'files.example/A/IN' denied`, with a reason behind it in newer versions.
fn refused(said: &str) -> Option<(&str, &str, &str)> {
    let said = said.strip_prefix("query ")?;
    let said = said.strip_prefix("(cache) ").unwrap_or(said);
    let (asked, rest) = said.strip_prefix('\'')?.rsplit_once('\'')?;
    let mut parts = rest.starts_with(" denied").then_some(asked)?.rsplitn(3, '/');
    let (class, record_type) = (parts.next()?, parts.next()?);
    Some((parts.next()?, record_type, class))
}

/// `20-Nov-2026 02:11:09.123 queries: info: client …`, or with an ISO date: a line of BIND's own file.
pub(super) fn fill_dated(event: &mut Event, line: &str) -> bool {
    let Some((at, rest)) = split_date(line, event.received_at) else { return false };
    let rest = ["queries: ", "security: ", "query-errors: "]
        .iter()
        .find_map(|category| rest.strip_prefix(category))
        .unwrap_or(rest);
    let rest = rest.strip_prefix("info: ").unwrap_or(rest);
    if !fill(event, rest) {
        return false;
    }
    event.time = at;
    event.process = "named".to_owned();
    true
}

fn split_date(line: &str, received_at: Instant) -> Option<(Instant, &str)> {
    let (date, rest) = line.split_once(' ')?;
    if date.contains('T') {
        return Some((timestamps::parse(date)?, rest));
    }
    let mut parts = date.split('-');
    let [Some(day), Some(month), Some(year), None] = [(); 4].map(|()| parts.next()) else {
        return None;
    };
    let (time, rest) = rest.split_once(' ')?;
    let text = format!("{month} {day} {year} {time}");
    let (at, _) = timestamps::parse_without_year(&text, received_at)?;
    Some((at, rest))
}
