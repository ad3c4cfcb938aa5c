//! What the desk makes of messages the post delivers. It only reads; the post commits what is returned.

use async_trait::async_trait;
use sakimori_federation::{Delivered, Handler, HandlerError, Standing, Taken};
use sakimori_ledger::{Fact, LedgerError, Put};
use sakimori_words::Trouble;
use serde_json::json;

use super::institution::word_parcel;
use super::{
    ANSWER, RECEIVED, WarningDesk, answer_key, current, expecting, record_key, stream, succession,
    summing,
};
use crate::answer::{Acknowledgement, AnswerState};
use crate::exchange::{
    ACKNOWLEDGEMENT_TYPE, MEMBER_SUMS_TYPE, REMINDER_TYPE, WARNING_TYPE, read_acknowledgement,
    read_reminder, read_warning,
};
use crate::received::{ArrivalOfRevision, ReceivedWarning, RouteRecord};
use crate::troubles::{NOT_THE_SENDERS, UNKNOWN};
use crate::warning::WarningKey;

#[async_trait]
impl Handler for WarningDesk {
    fn takes(&self, message_type: &str) -> bool {
        [WARNING_TYPE, ACKNOWLEDGEMENT_TYPE, REMINDER_TYPE, MEMBER_SUMS_TYPE]
            .contains(&message_type)
    }

    /// An office counts the answers that pass through it to the origin.
    fn takes_passing(&self, message_type: &str) -> bool {
        [ACKNOWLEDGEMENT_TYPE, MEMBER_SUMS_TYPE].contains(&message_type)
    }

    fn only_reads(&self) -> bool {
        true
    }

    async fn take(&self, delivered: &Delivered) -> Result<Taken, HandlerError> {
        match delivered.header.message_type.as_str() {
            WARNING_TYPE => take_warning(self, delivered).await,
            ACKNOWLEDGEMENT_TYPE => take_acknowledgement(self, delivered).await,
            MEMBER_SUMS_TYPE => summing::take(self, delivered).await,
            _ => take_reminder(self, delivered).await,
        }
    }
}

async fn take_warning(desk: &WarningDesk, delivered: &Delivered) -> Result<Taken, HandlerError> {
    // Warnings come down: published by an office to those below it. What an institution addresses to us is no warning, however
    // much it looks like one.
    if delivered.standing != Standing::Published {
        let detail = format!("`{}` is not above us", delivered.header.origin);
        return Err(HandlerError::NotUnderstood(Trouble::new(&NOT_THE_SENDERS, detail)));
    }
    let warning = read_warning(delivered).map_err(HandlerError::NotUnderstood)?;
    let key = record_key(&warning.key);
    let record = desk.store.get(RECEIVED, &key).await?;
    let version = record.as_ref().map(|record| record.version);
    let kept = record.map(|record| record.read::<ReceivedWarning>()).transpose()?;
    let mut received =
        kept.unwrap_or_else(|| ReceivedWarning { key: warning.key.clone(), revisions: vec![] });
    let route = RouteRecord {
        from: delivered.from.clone(),
        vias: delivered.vias.clone(),
        received_at: delivered.received_at,
    };
    let arrival = received.arrive(&warning, &delivered.header.id, route);
    let kind = match arrival {
        ArrivalOfRevision::Newest => "warning_received",
        ArrivalOfRevision::Outdated => "outdated_revision_received",
        ArrivalOfRevision::AnotherRoute => "route_added",
        ArrivalOfRevision::Conflict => "revision_conflict",
    };
    let body = json!({
        "revision": warning.revision,
        "message": delivered.header.id,
        "from": delivered.from,
        "digest": delivered.digest,
    });
    let put = expecting(Put::new(RECEIVED, &*key, &received)?, version);
    let mut fact = own_fact(desk, &warning.key, kind, &body)?.put(put);
    if let Some(successor) = succession::put(&warning)? {
        fact = fact.put(successor);
    }
    let revision = received.revisions.iter().find(|r| r.warning.revision == warning.revision);
    // The answer goes back the way this copy came; the other ways have theirs already.
    let parcels =
        revision.map(|revision| word_parcel(desk, revision, vec![delivered.from.clone()]));
    Ok(Taken { facts: vec![fact], parcels: parcels.into_iter().collect() })
}

/// Counts an answer, also one that only passes through this office: the same rule on every hub, each organisation once.
async fn take_acknowledgement(
    desk: &WarningDesk,
    delivered: &Delivered,
) -> Result<Taken, HandlerError> {
    let word = read_acknowledgement(delivered).map_err(HandlerError::NotUnderstood)?;
    if !knows(desk, &word.warning).await? {
        let detail = format!("answer to `{}` of `{}`", word.warning.id, word.warning.origin);
        return Err(HandlerError::NotUnderstood(Trouble::new(&UNKNOWN, detail)));
    }
    let key = answer_key(&word.warning, &word.organisation);
    let record = desk.store.get(ANSWER, &key).await?;
    let version = record.as_ref().map(|record| record.version);
    let kept: Option<AnswerState> = record.map(|record| record.read()).transpose()?;
    let state = merged(kept.as_ref(), &word, delivered);
    if kept.as_ref() == Some(&state) {
        return Ok(Taken::default());
    }
    let put = expecting(Put::new(ANSWER, key, &state)?, version);
    let body = json!({ "word": delivered.header.id, "from": delivered.from, "stage": word.stage, "organisation": word.organisation });
    let fact = own_fact(desk, &word.warning, "answer_counted", &body)?.put(put);
    Ok(Taken { facts: vec![fact], parcels: vec![] })
}

fn merged(
    kept: Option<&AnswerState>,
    word: &Acknowledgement,
    delivered: &Delivered,
) -> AnswerState {
    let fresh = || AnswerState::new(word.warning.clone(), word.revision, word.organisation.clone());
    kept.cloned().unwrap_or_else(fresh).merge(word, &delivered.from)
}

pub(super) async fn knows(desk: &WarningDesk, key: &WarningKey) -> Result<bool, LedgerError> {
    let (shelf, place) = current::place(desk, key);
    Ok(desk.store.version(shelf, &place).await?.is_some())
}

async fn take_reminder(desk: &WarningDesk, delivered: &Delivered) -> Result<Taken, HandlerError> {
    let reminder = read_reminder(delivered).map_err(HandlerError::NotUnderstood)?;
    let key = record_key(&reminder.warning);
    let Some(record) = desk.store.get(RECEIVED, &key).await? else {
        let detail = format!("reminder of `{}`", reminder.warning.id);
        return Err(HandlerError::NotUnderstood(Trouble::new(&UNKNOWN, detail)));
    };
    let mut received: ReceivedWarning = record.read()?;
    let revision = received
        .revisions
        .iter_mut()
        .find(|revision| revision.warning.revision == reminder.revision);
    let Some(revision) = revision else { return Ok(Taken::default()) };
    revision.reminded_at.push(delivered.received_at);
    if reminder.deputies {
        revision.deputies_reminded_at = Some(delivered.received_at);
    }
    let put = expecting(Put::new(RECEIVED, &*key, &received)?, Some(record.version));
    let body = json!({ "from": delivered.header.origin });
    let fact = own_fact(desk, &reminder.warning, "reminded", &body)?.put(put);
    Ok(Taken { facts: vec![fact], parcels: vec![] })
}

pub(super) fn own_fact(
    desk: &WarningDesk,
    key: &WarningKey,
    kind: &str,
    body: &serde_json::Value,
) -> Result<Fact, LedgerError> {
    Fact::new(stream(key), kind, desk.clock.now(), format!("org:{}", desk.post.me().id), body)
}
