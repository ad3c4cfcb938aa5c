//! The office's side: a witness that keeps what it has seen of every log below it, and says when one does not fit.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use sakimori_federation::{
    Delivered, Handler, HandlerError, Outgoing, Parcel, Post, Relation, Taken,
};
use sakimori_lake::proof::{Cosigner, HeadOffer, SeenHead, judge_offer};
use sakimori_ledger::{Fact, LedgerError, Put, Store};
use sakimori_web::ports::{WatchedLog, WatchedState};
use sakimori_words::{Clock, Instant, OrganisationId, OrganisationKind, Trouble};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{ANSWER_TYPE, Answer, OFFER_TYPE, Refused};
use crate::node::stores::log_name;
use crate::troubles;

/// What was seen of each log, by the institution that keeps it.
const SHELF: &str = "log_heads";

/// Without a head for so many seconds although the link works, something is wrong with the log: nodes offer theirs twice a day.
const LATE_SECONDS: i64 = 25 * 3_600;

/// Records read from the shelf at a time.
const SHELF_PAGE: usize = 1_000;

/// A link that was used within so many seconds works.
const LINK_SECONDS: i64 = 3_600;

/// What the office knows of one log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Watched {
    /// The newest head that fits; `None` before the first.
    seen: Option<SeenHead>,
    /// When it came.
    seen_at: Option<Instant>,
    /// The first offer that did not fit since somebody looked; it stays until then.
    alarm: Option<Refused>,
}

/// Takes heads in and answers them.
pub(crate) struct Watch {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) cosigner: Cosigner,
}

#[async_trait]
impl Handler for Watch {
    fn takes(&self, message_type: &str) -> bool {
        message_type == OFFER_TYPE
    }

    async fn take(&self, delivered: &Delivered) -> Result<Taken, HandlerError> {
        if delivered.another_route {
            return Ok(Taken::default());
        }
        let not_understood =
            |what: String| HandlerError::NotUnderstood(Trouble::new(&troubles::LOG_HEAD, what));
        let offer: HeadOffer =
            delivered.body().map_err(|error| not_understood(error.to_string()))?;
        let keeper = &delivered.header.origin;
        let record = self.store.get(SHELF, keeper.as_str()).await?;
        let version = record.as_ref().map_or(0, |record| record.version);
        let watched: Watched = record.map(|record| record.read()).transpose()?.unwrap_or_default();
        let (watched, answer) =
            self.judge(keeper, watched, &offer, self.clock.now()).map_err(not_understood)?;
        let kind = if answer.refused.is_none() { "head_seen" } else { "head_refused" };
        let body = json!({ "offer": offer, "answer": answer });
        let actor = format!("org:{keeper}");
        let stream = format!("log_heads/{keeper}");
        let fact = Fact::new(stream, kind, self.clock.now(), actor, &body)?;
        let put = Put::new(SHELF, keeper.as_str(), &watched)?.version(version);
        let mut message = Outgoing::new(keeper.clone(), ANSWER_TYPE, json!(answer));
        message.in_reply_to = Some(delivered.header.id.clone());
        Ok(Taken { facts: vec![fact.put(put)], parcels: vec![Parcel::New(message)] })
    }
}

impl Watch {
    /// What is kept of an offer and what is answered.
    fn judge(
        &self,
        keeper: &OrganisationId,
        mut watched: Watched,
        offer: &HeadOffer,
        now: Instant,
    ) -> Result<(Watched, Answer), String> {
        let witness = self.cosigner.witness_line();
        let mut answer = Answer { size: 0, witness, note: None, refused: None };
        match judge_offer(&log_name(keeper), watched.seen.as_ref(), offer) {
            Ok(seen) => {
                let note = self.cosigner.cosign(&seen.note, now);
                answer.note = Some(note.map_err(|error| error.to_string())?);
                (watched.seen, watched.seen_at) = (Some(seen), Some(now));
            }
            Err(refusal) => {
                let (why, alarming) = (refusal.to_string(), refusal.is_alarming());
                let refused = Refused { at: now, why, alarming };
                if alarming && watched.alarm.is_none() {
                    watched.alarm = Some(refused.clone());
                }
                answer.refused = Some(refused);
            }
        }
        answer.size = watched.seen.as_ref().map_or(0, |seen| seen.size);
        Ok((watched, answer))
    }
}

impl Watched {
    /// Every log below us as the screens show it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(crate) async fn all(
        store: &dyn Store,
        post: &Post,
        now: Instant,
    ) -> Result<Vec<WatchedLog>, LedgerError> {
        let links = post.links().await?;
        let mut known = on_shelf(store).await?;
        let mut logs = Vec::new();
        for link in &links {
            let organisation = &link.neighbour.organisation;
            let keeps_logs = organisation.kind == OrganisationKind::Institution;
            if link.neighbour.relation != Relation::Child || !keeps_logs {
                continue;
            }
            let watched = known.remove(organisation.id.as_str()).unwrap_or_default();
            let link_works = link.neighbour.is_active()
                && link.last_contact_at.is_some_and(|at| at.plus_seconds(LINK_SECONDS) > now);
            logs.push(WatchedLog {
                organisation: organisation.id.clone(),
                name: organisation.name.clone(),
                size: watched.seen.as_ref().map(|seen| seen.size),
                seen_at: watched.seen_at,
                state: watched.state(link_works, now),
            });
        }
        Ok(logs)
    }

    fn state(&self, link_works: bool, now: Instant) -> WatchedState {
        match (&self.alarm, self.seen_at) {
            (Some(alarm), _) => WatchedState::Differs { since: alarm.at, what: alarm.why.clone() },
            (None, None) => WatchedState::Never,
            (None, Some(at)) if link_works && at.plus_seconds(LATE_SECONDS) < now => {
                WatchedState::Late
            }
            (None, Some(_)) => WatchedState::Fits,
        }
    }
}

/// Everything on the shelf, by the institution that keeps the log.
async fn on_shelf(store: &dyn Store) -> Result<BTreeMap<String, Watched>, LedgerError> {
    let mut known = BTreeMap::new();
    loop {
        let after: Option<String> =
            known.last_key_value().map(|(key, _): (&String, _)| key.clone());
        let page = store.list(SHELF, after.as_deref(), SHELF_PAGE).await?;
        if page.is_empty() {
            return Ok(known);
        }
        for record in page {
            let watched = record.read()?;
            known.insert(record.key, watched);
        }
    }
}

/// Somebody has looked into what did not fit: the next head of that log is taken as a first one. What was seen before stays
/// in the journal.
///
/// # Errors
/// When the ledger refuses.
pub(crate) async fn accept_anew(
    store: &dyn Store,
    keeper: &OrganisationId,
    by: &str,
    reason: &str,
    now: Instant,
) -> Result<(), LedgerError> {
    let Some(record) = store.get(SHELF, keeper.as_str()).await? else { return Ok(()) };
    let before: Watched = record.read()?;
    let body = json!({ "reason": reason, "before": before });
    let fact = Fact::new(format!("log_heads/{keeper}"), "begun_anew", now, by, &body)?;
    let put = Put::new(SHELF, keeper.as_str(), &Watched::default())?.version(record.version);
    store.commit(vec![fact.put(put)]).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_stays_and_lateness_counts_only_while_the_link_works() {
        let now = Instant::from_micros(0).plus_days(10);
        let seen =
            |days: i64| Watched { seen_at: Some(now.plus_days(-days)), ..Watched::default() };
        assert_eq!(Watched::default().state(true, now), WatchedState::Never);
        assert_eq!(seen(0).state(true, now), WatchedState::Fits);
        assert_eq!(seen(2).state(true, now), WatchedState::Late);
        assert_eq!(seen(2).state(false, now), WatchedState::Fits);
        let refused = Refused { at: now, why: "smaller".to_owned(), alarming: true };
        let alarmed = Watched { alarm: Some(refused), ..seen(0) };
        let differs = WatchedState::Differs { since: now, what: "smaller".to_owned() };
        assert_eq!(alarmed.state(true, now), differs);
    }
}
