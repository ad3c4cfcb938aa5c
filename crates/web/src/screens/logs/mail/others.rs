//! Who else got a mail, by the log of the mail gateway.

use askama::Template;
use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_watch::mail::{HandedIn, MAIL_SOURCE};
use sakimori_words::Instant;

use super::super::statement::quoted;
use super::seen;
use crate::failure::Answer;
use crate::frame::Frame;
use crate::ports::{SearchCell, SearchLimits, SearchTable, Sight};
use crate::visit::{Visit, page};

const LIMITS: SearchLimits = SearchLimits { rows: 500, seconds: 60 };

/// Days before a mail was handed in that are searched: people hand in what lies in their inbox.
const DAYS_BEFORE: i64 = 30;

/// Class of mail events.
const EMAIL: u32 = 4009;

#[derive(Template)]
#[template(path = "screens/logs/mail/others.html")]
struct OthersPage {
    frame: Frame,
    id: String,
    subject: String,
    since: Instant,
    /// What was looked for: id and senders.
    looked_for: Vec<String>,
    rows: Vec<Row>,
    truncated: bool,
    sql: String,
}

struct Row {
    at: Option<Instant>,
    recipient: String,
    outcome: &'static str,
    /// Whether it is this very mail, and not only one of the same sender.
    same: bool,
    detail: String,
    event: String,
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    let handed = seen(&visit, &id).await?;
    let purpose = format!("mail {id}");
    visit.pass_personal(Action::SearchLogs, "events", "", &purpose).await?;
    let since = handed.at.plus_days(-DAYS_BEFORE);
    let senders = senders(&handed);
    let message_id = handed.examined.message_id.clone();
    let frame = visit.frame("mail-others-title").await;
    let mut found = OthersPage {
        frame,
        id,
        subject: handed.examined.subject.clone(),
        since,
        looked_for: senders
            .iter()
            .chain([&message_id])
            .filter(|text| !text.is_empty())
            .cloned()
            .collect(),
        rows: Vec::new(),
        truncated: false,
        sql: String::new(),
    };
    if !found.looked_for.is_empty() {
        found.sql = statement(&message_id, &senders, since);
        let table = visit.site.search.sql(&found.sql, Sight::Masked, LIMITS).await?;
        found.truncated = table.truncated;
        found.rows = table.rows.iter().map(|row| line(&table, row)).collect();
    }
    page(&found)
}

/// The address it shows, and the one on its envelope, which is what a mail server writes down.
fn senders(handed: &HandedIn) -> Vec<String> {
    let mut senders =
        vec![handed.examined.sender().to_owned(), handed.examined.return_path.clone()];
    senders.retain(|sender| !sender.is_empty());
    senders.dedup();
    senders
}

/// A mail server writes id, sender and recipients of one mail in separate lines that share a queue's number. Numbers come
/// back after days, so lines far from each other do not belong together.
fn statement(message_id: &str, senders: &[String], since: Instant) -> String {
    let own = |name: &str| format!("coalesce(src[{}], '')", quoted(name));
    let senders: Vec<String> =
        senders.iter().map(|sender| quoted(&sender.to_lowercase())).collect();
    let by_sender = match senders.is_empty() {
        true => "FALSE".to_owned(),
        false => format!("lower({}) IN ({})", own("from"), senders.join(", ")),
    };
    let by_id = match message_id.is_empty() {
        true => "FALSE".to_owned(),
        false => format!("{} = {}", own("message-id"), quoted(message_id)),
    };
    let mails = format!(
        "class_uid = {EMAIL} AND source <> {} AND time >= TIMESTAMP '{}'",
        quoted(MAIL_SOURCE),
        since.rfc3339()
    );
    format!(
        "WITH mails AS (\n  SELECT time, seq, host, status, activity, left(message, 300) AS message, {queue} AS queue, {to} AS recipient,\n    {by_id} AS by_id, {by_sender} AS by_sender\n  FROM events\n  WHERE {mails}\n),\nqueues AS (\n  SELECT host, queue, min(time) AS first_at, bool_or(by_id) AS same\n  FROM mails\n  WHERE (by_id OR by_sender) AND queue <> ''\n  GROUP BY host, queue\n)\nSELECT m.time, m.seq, m.recipient, m.status, m.activity, m.message, coalesce(q.same, m.by_id) AS same\nFROM mails m LEFT JOIN queues q ON m.host = q.host AND m.queue = q.queue\n  AND m.time BETWEEN q.first_at - INTERVAL '1 hour' AND q.first_at + INTERVAL '5 days'\nWHERE m.recipient <> '' AND (q.queue IS NOT NULL OR m.by_id OR m.by_sender)\nORDER BY same DESC, m.time DESC\nLIMIT 500",
        queue = own("queue_id"),
        to = own("to"),
    )
}

fn line(table: &SearchTable, row: &[SearchCell]) -> Row {
    let cell = |name: &str| {
        let at = table.columns.iter().position(|own| own == name)?;
        row.get(at)
    };
    let text = |name: &str| cell(name).map(SearchCell::text).unwrap_or_default();
    Row {
        at: match cell("time") {
            Some(SearchCell::Time(at)) => Some(*at),
            _ => None,
        },
        recipient: text("recipient"),
        outcome: outcome(&text("activity"), &text("status")),
        same: text("same") == "true",
        detail: text("message"),
        event: crate::address::with_query("/search/event", &[("seq", &text("seq"))]),
    }
}

fn outcome(activity: &str, status: &str) -> &'static str {
    match (activity, status) {
        ("deliver", "success") => "mail-delivered",
        ("deliver", "failure") => "mail-not-delivered",
        ("reject" | "milter-reject" | "discard" | "hold", _) => "mail-refused",
        _ => "mail-outcome-unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_words_stay_inside_their_quotes() {
        let since = Instant::parse("2026-10-21T00:00:00Z").unwrap();
        let sql = statement("a'b@c", &["X'@y.example".to_owned()], since);
        insta::assert_snapshot!(sql);
    }
}
