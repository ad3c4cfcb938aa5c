//! The node's side: offers the newest head to every office above, and keeps what they answer.

use std::sync::Arc;

use async_trait::async_trait;
use sakimori_federation::{Delivered, Handler, HandlerError, Neighbour, Outgoing, Post, Taken};
use sakimori_lake::proof::{Cosignature, HeadOffer, grow_proof};
use sakimori_lake::{CatalogueStore, Checkpoint, VerifyingKey};
use sakimori_ledger::{Fact, LedgerError, Put, Store};
use sakimori_words::{Clock, Digest, Instant, OrganisationId, Trouble};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{ANSWER_TYPE, Answer, OFFER_TYPE, Refused};
use crate::troubles;

/// What each office has acknowledged of our log.
const SHELF: &str = "log_head_answers";

/// Most offices above one institution.
const OFFICES_MAX: usize = 100;

/// What was last offered to each office.
const OFFERED: &str = "log_head_offers";

/// After so many seconds the head is offered again, changed or not: an office that hears nothing for a day has to wonder.
const AGAIN_SECONDS: i64 = 12 * 3_600;

/// What one office has acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Acknowledged {
    /// The office.
    pub(crate) office: OrganisationId,
    /// Its key for cosignatures, pinned at the first answer.
    pub(crate) witness: String,
    /// How many records it has seen, by its own word: where the next proof begins.
    pub(crate) size: u64,
    /// The newest note it cosigned; `None` before the first.
    pub(crate) note: Option<String>,
    /// When it saw that, by its own clock.
    pub(crate) seen_at: Option<Instant>,
    /// Why the last offer was not kept; `None` when it was.
    pub(crate) refused: Option<Refused>,
    /// When the last answer came.
    pub(crate) answered_at: Instant,
}

/// What was last offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Offered {
    head: Digest,
    from: u64,
    at: Instant,
}

/// Takes the offices' answers in.
pub(crate) struct Keeper {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The key of our own log.
    pub(crate) key: VerifyingKey,
}

/// What every office has acknowledged.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) async fn acknowledged(store: &dyn Store) -> Result<Vec<Acknowledged>, LedgerError> {
    store.list(SHELF, None, OFFICES_MAX).await?.iter().map(sakimori_ledger::Record::read).collect()
}

/// Offers the head of the log of `catalogue` to every office above that has not been offered it.
///
/// # Errors
/// When the log or the ledger cannot be read; the next round tries again.
pub(crate) async fn offer_due(
    post: &Post,
    store: &dyn Store,
    catalogue: &dyn CatalogueStore,
    now: Instant,
) -> Result<(), Trouble> {
    let offices = post.parents().await.map_err(|error| error.trouble())?;
    for office in offices.iter().filter(|office| office.is_active()) {
        offer_to(office, post, store, catalogue, now).await?;
    }
    Ok(())
}

async fn offer_to(
    office: &Neighbour,
    post: &Post,
    store: &dyn Store,
    catalogue: &dyn CatalogueStore,
    now: Instant,
) -> Result<(), Trouble> {
    let ledger = |error: LedgerError| error.trouble();
    let id = office.id().as_str();
    let known: Option<Acknowledged> = read(store, SHELF, id).await.map_err(ledger)?;
    let offered: Option<Offered> = read(store, OFFERED, id).await.map_err(ledger)?;
    let from = known.as_ref().map_or(0, |known| known.size);
    let offer = grow_proof(catalogue, from).await.map_err(|error| error.trouble())?;
    let Some(offer) = offer else { return Ok(()) };
    let head = Digest::of(offer.note.as_bytes());
    if !is_due(offered.as_ref(), known.as_ref(), &head, from, now) {
        return Ok(());
    }
    let fact = offered_fact(id, &offer, &Offered { head, from, at: now }, now).map_err(ledger)?;
    let message = Outgoing::new(office.id().clone(), OFFER_TYPE, json!(offer));
    post.post(vec![sakimori_federation::Parcel::New(message)], vec![fact])
        .await
        .map(drop)
        .map_err(|error| error.trouble())
}

/// Whether the head is to be offered now: it is another one than before, or from another place, or it is time again; and no
/// earlier offer is still on its way.
fn is_due(
    offered: Option<&Offered>,
    known: Option<&Acknowledged>,
    head: &Digest,
    from: u64,
    now: Instant,
) -> bool {
    let Some(offered) = offered else { return true };
    if now >= offered.at.plus_seconds(AGAIN_SECONDS) {
        return true;
    }
    let answered = known.is_some_and(|known| known.answered_at >= offered.at);
    // An office that found something wrong hears the same again only after the pause: it has to look first.
    let alarmed =
        known.and_then(|known| known.refused.as_ref()).is_some_and(|refused| refused.alarming);
    let settled = known.is_some_and(|known| known.refused.is_none());
    answered && !alarmed && (offered.head != *head || (!settled && offered.from != from))
}

fn offered_fact(
    office: &str,
    offer: &HeadOffer,
    offered: &Offered,
    now: Instant,
) -> Result<Fact, LedgerError> {
    let body = json!({ "office": office, "note": offer.note, "from": offer.from });
    let fact = Fact::new("log", "head_offered", now, "system", &body)?;
    Ok(fact.put(Put::new(OFFERED, office, offered)?))
}

async fn read<T: serde::de::DeserializeOwned>(
    store: &dyn Store,
    shelf: &str,
    key: &str,
) -> Result<Option<T>, LedgerError> {
    store.get(shelf, key).await?.map(|record| record.read()).transpose()
}

#[async_trait]
impl Handler for Keeper {
    fn takes(&self, message_type: &str) -> bool {
        message_type == ANSWER_TYPE
    }

    async fn take(&self, delivered: &Delivered) -> Result<Taken, HandlerError> {
        if delivered.another_route {
            return Ok(Taken::default());
        }
        let not_understood =
            |what: String| HandlerError::NotUnderstood(Trouble::new(&troubles::LOG_HEAD, what));
        let answer: Answer = delivered.body().map_err(|error| not_understood(error.to_string()))?;
        let office = &delivered.header.origin;
        let known: Option<Acknowledged> = read(&*self.store, SHELF, office.as_str()).await?;
        let next = self.judge(office, known, &answer).map_err(not_understood)?;
        let kind = if next.refused.is_none() { "head_witnessed" } else { "head_refused" };
        let actor = format!("org:{office}");
        let fact = Fact::new("log", kind, self.clock.now(), actor, &answer)?;
        let fact = fact.put(Put::new(SHELF, office.as_str(), &next)?);
        Ok(Taken { facts: vec![fact], parcels: Vec::new() })
    }
}

impl Keeper {
    /// What is kept of an answer, or why nothing of it is.
    fn judge(
        &self,
        office: &OrganisationId,
        known: Option<Acknowledged>,
        answer: &Answer,
    ) -> Result<Acknowledged, String> {
        if known.as_ref().is_some_and(|known| known.witness != answer.witness) {
            return Err("the office answers with another witness key than before".to_owned());
        }
        let mut next = known.unwrap_or_else(|| Acknowledged {
            office: office.clone(),
            witness: answer.witness.clone(),
            size: 0,
            note: None,
            seen_at: None,
            refused: None,
            answered_at: Instant::default(),
        });
        if let Some(note) = &answer.note {
            Checkpoint::read(note, &self.key).map_err(|error| error.to_string())?;
            let cosignature = Cosignature::read(note, &answer.witness);
            next.seen_at = Some(cosignature.map_err(|error| error.to_string())?.at);
            next.note = Some(note.clone());
        }
        next.size = answer.size;
        next.refused.clone_from(&answer.refused);
        next.answered_at = self.clock.now();
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(size: u64, refused: Option<bool>) -> Acknowledged {
        let at = Instant::from_micros(0).plus_seconds(60);
        Acknowledged {
            office: "office".into(),
            witness: String::new(),
            size,
            note: None,
            seen_at: None,
            refused: refused.map(|alarming| Refused { at, why: String::new(), alarming }),
            answered_at: at,
        }
    }

    #[test]
    fn a_head_is_offered_when_it_is_new_and_the_last_one_was_answered() {
        let (one, two) = (Digest::of(b"one"), Digest::of(b"two"));
        let at = Instant::from_micros(0);
        let soon = at.plus_seconds(120);
        let offered = Offered { head: one, from: 0, at };
        let due = |known: Option<Acknowledged>, head, from, now| {
            is_due(Some(&offered), known.as_ref(), &head, from, now)
        };
        assert!(is_due(None, None, &one, 0, at));
        assert!(!due(None, two, 0, soon), "the first offer is still on its way");
        assert!(!due(Some(known(1, None)), one, 1, soon), "the office has it");
        assert!(due(Some(known(1, None)), two, 1, soon));
        assert!(due(Some(known(1, None)), one, 1, at.plus_seconds(AGAIN_SECONDS)));
        assert!(due(Some(known(3, Some(false))), one, 3, soon), "asked for from another place");
        assert!(!due(Some(known(3, Some(true))), two, 3, soon), "the office has to look first");
    }
}
