//! The rounds: a child dials, a parent answers; and the same bytes as a file.

use std::sync::PoisonError;

use sakimori_ledger::LedgerError;
use sakimori_words::{Digest, Instant, OrganisationId};
use serde_json::json;

use super::Post;
use super::intake::take_half;
use super::known::{contact, is_child, neighbour};
use super::send::own_actor;
use super::shelves::{
    CONTACT, Contact, ENVELOPE, LINK, NONCE, OUTBOX, Queued, journal_stream, numbered, seq_of,
};
use super::work::Work;
use crate::errors::{ExchangeError, Refusal};
use crate::exchange::{
    ANSWER_TYPE, BUNDLE_TYPE, Half, Item, PAGE_BYTES_MAX, PAGE_ITEMS_MAX, REQUEST_TYPE,
    SKEW_SECONDS_MAX, UncheckedHalf, seal_half,
};
use crate::link::Link;
use crate::message::{Envelope, EnvelopeError};
use crate::neighbour::{Neighbour, Relation};
use crate::parcel::{Answered, Exchanged};
use crate::wire::{Door, Trust, Wire};

/// Answers a child.
pub(super) async fn handle(post: &Post, request: &[u8]) -> Result<Answered, ExchangeError> {
    let (child, half) = admit(post, REQUEST_TYPE, request).await?;
    let received = take_half(post, &child, &half).await?;
    note_contact(post, child.id(), None).await?;
    let answer = compose(post, child.id(), half.nonce).await?;
    Ok(Answered {
        bytes: seal_half(ANSWER_TYPE, &answer, &post.key),
        n_received: received.n_received.saturating_sub(received.refused.len()),
    })
}

/// Dials a parent once.
pub(super) async fn exchange_once(
    post: &Post,
    parent: &OrganisationId,
    wire: &dyn Wire,
) -> Result<Exchanged, ExchangeError> {
    let outcome = dial(post, parent, wire).await;
    if !matches!(outcome, Err(ExchangeError::Ledger(_) | ExchangeError::NoSuchHub { .. })) {
        note_contact(post, parent, outcome.as_ref().err()).await?;
    }
    outcome
}

async fn dial(
    post: &Post,
    parent: &OrganisationId,
    wire: &dyn Wire,
) -> Result<Exchanged, ExchangeError> {
    let no_such_hub = || ExchangeError::NoSuchHub { organisation: parent.clone() };
    let hub = neighbour(&*post.store, parent).await?.filter(|hub| !is_child(hub));
    let hub = hub.ok_or_else(no_such_hub)?;
    let address = hub.address.clone().ok_or_else(no_such_hub)?;
    let asked = compose(post, parent, new_nonce(post)).await?;
    let request = seal_half(REQUEST_TYPE, &asked, &post.key);
    let trust = Trust::Authority(hub.authority.clone());
    let answer = wire.ask(&address, Door::Exchange, &trust, request).await?;
    let answer = match open_answer(post, &hub, &asked, &answer) {
        Ok(answer) => answer,
        Err(refusal) => return Err(refuse(post, parent, refusal).await),
    };
    let received = take_half(post, &hub, &answer).await?;
    Ok(Exchanged {
        n_sent: asked.items.len(),
        n_received: received.n_received,
        n_refused: received.refused.len(),
        progressed: received.progressed(),
        more: asked.more || answer.more,
    })
}

fn open_answer(post: &Post, hub: &Neighbour, asked: &Half, answer: &[u8]) -> Result<Half, Refusal> {
    let half = UncheckedHalf::read(ANSWER_TYPE, answer)?.open(ANSWER_TYPE, &hub.key)?;
    if half.from != *hub.id() || half.to != post.me().id {
        return Err(Refusal::NotForUs { to: half.to });
    }
    // An answer to another question is an old one played again.
    if half.nonce != asked.nonce {
        return Err(Refusal::Replayed);
    }
    Ok(half)
}

/// Everything that waits for a neighbour, as bytes for a medium.
pub(super) async fn write_bundle(
    post: &Post,
    id: &OrganisationId,
) -> Result<Vec<u8>, ExchangeError> {
    if neighbour(&*post.store, id).await?.is_none() {
        return Err(ExchangeError::NoSuchHub { organisation: id.clone() });
    }
    let half = compose(post, id, new_nonce(post)).await?;
    Ok(seal_half(BUNDLE_TYPE, &half, &post.key))
}

/// Takes in the bytes of a medium.
pub(super) async fn read_bundle(post: &Post, bytes: &[u8]) -> Result<Exchanged, ExchangeError> {
    let (from, half) = admit(post, BUNDLE_TYPE, bytes).await?;
    let received = take_half(post, &from, &half).await?;
    Ok(Exchanged {
        n_sent: 0,
        n_received: received.n_received,
        n_refused: received.refused.len(),
        progressed: received.progressed(),
        more: half.more,
    })
}

/// Lets in a half that an enrolled neighbour signed for us, in time and for the first time. A refusal is recorded.
async fn admit(
    post: &Post,
    payload_type: &str,
    bytes: &[u8],
) -> Result<(Neighbour, Half), ExchangeError> {
    let unknown = OrganisationId::from("unknown");
    let frame = match UncheckedHalf::read(payload_type, bytes) {
        Ok(frame) => frame,
        Err(error) => return Err(refuse(post, &unknown, error.into()).await),
    };
    let claimed = frame.from().clone();
    let Some(sender) = neighbour(&*post.store, &claimed).await? else {
        let error = EnvelopeError::UnknownOrganisation { organisation: claimed };
        return Err(refuse(post, &unknown, error.into()).await);
    };
    let checked = check_half(post, payload_type, &sender, frame);
    let half = match checked {
        Ok(half) => half,
        Err(refusal) => return Err(refuse(post, &claimed, refusal).await),
    };
    if payload_type == REQUEST_TYPE && !first_use(post, &half).await? {
        return Err(refuse(post, &claimed, Refusal::Replayed).await);
    }
    Ok((sender, half))
}

fn check_half(
    post: &Post,
    payload_type: &str,
    sender: &Neighbour,
    frame: UncheckedHalf,
) -> Result<Half, Refusal> {
    let half = frame.open(payload_type, &sender.key)?;
    if half.to != post.me().id {
        return Err(Refusal::NotForUs { to: half.to });
    }
    let over_the_wire = payload_type == REQUEST_TYPE;
    if over_the_wire && sender.relation != Relation::Child {
        return Err(Refusal::OutOfScope { by: half.from, what: "dial down" });
    }
    let ours = post.clock.now();
    let apart = ours.plus_seconds(-SKEW_SECONDS_MAX)..=ours.plus_seconds(SKEW_SECONDS_MAX);
    if over_the_wire && !apart.contains(&half.at) {
        return Err(Refusal::ClockSkew { theirs: half.at, ours });
    }
    Ok(half)
}

/// Whether this nonce comes for the first time. Remembered for as long as a request with it could pass the clock check.
async fn first_use(post: &Post, half: &Half) -> Result<bool, LedgerError> {
    let key = Digest::of_parts(&[half.from.as_str().as_bytes(), b"|", half.nonce.as_bytes()]);
    let forget_at = half.at.plus_seconds(2 * SKEW_SECONDS_MAX);
    post.store.swap_private(NONCE, &key.to_string(), None, Some(json!(true)), Some(forget_at)).await
}

/// Our half for `to`: how far we have read, and the next page of what waits.
async fn compose(post: &Post, to: &OrganisationId, nonce: String) -> Result<Half, LedgerError> {
    let record = post.store.get(LINK, to.as_str()).await?;
    let link: Link = record.map(|record| record.read()).transpose()?.unwrap_or_default();
    let (items, more) = page(post, to, link.confirmed.seq).await?;
    Ok(Half {
        from: post.me().id,
        to: to.clone(),
        at: post.clock.now(),
        nonce,
        have: link.read,
        items,
        more,
        refused: link.refused,
    })
}

async fn page(
    post: &Post,
    to: &OrganisationId,
    after: u64,
) -> Result<(Vec<Item>, bool), LedgerError> {
    let after = numbered(to.as_str(), after);
    let records = post.store.list(OUTBOX, Some(&after), PAGE_ITEMS_MAX + 1).await?;
    let (mut items, mut page_bytes) = (vec![], 0);
    for record in records {
        let Some(seq) = seq_of(&record.key, to) else { break };
        let queued: Queued = record.read()?;
        let Some(envelope) = post.store.get(ENVELOPE, &queued.envelope).await? else { break };
        let envelope: Envelope = envelope.read()?;
        page_bytes += json!(envelope).to_string().len();
        if items.len() == PAGE_ITEMS_MAX || (page_bytes > PAGE_BYTES_MAX && !items.is_empty()) {
            return Ok((items, true));
        }
        items.push(Item { seq, envelope });
    }
    Ok((items, false))
}

fn new_nonce(post: &Post) -> String {
    let mut bytes = [0_u8; 32];
    post.chance.fill(&mut bytes);
    Digest::from_bytes(bytes).short()
}

/// Records a refusal on the journal, but never lets an attacker fill it. Returns the error to answer with.
pub(super) async fn refuse(post: &Post, from: &OrganisationId, refusal: Refusal) -> ExchangeError {
    let trouble = refusal.trouble();
    match record(post, &journal_stream(from), trouble.kind.code, &trouble.detail).await {
        Ok(()) => refusal.into(),
        Err(error) => error.into(),
    }
}

pub(super) async fn record(
    post: &Post,
    stream: &str,
    code: &'static str,
    detail: &str,
) -> Result<(), LedgerError> {
    let now: Instant = post.clock.now();
    let silent =
        post.refusals.lock().unwrap_or_else(PoisonError::into_inner).record(stream, code, now);
    let Some(n_silent_before) = silent else { return Ok(()) };
    let mut work = Work::new(&*post.store, now, own_actor(post));
    let detail: String = detail.chars().take(500).collect();
    let body = json!({ "code": code, "detail": detail, "n_silent_before": n_silent_before });
    work.fact(stream, "refused", &body)?;
    work.commit(vec![]).await
}

async fn note_contact(
    post: &Post,
    id: &OrganisationId,
    error: Option<&ExchangeError>,
) -> Result<(), LedgerError> {
    let contact = match error {
        None => Contact { last_at: Some(post.clock.now()), ..Contact::default() },
        Some(error) => {
            let before = contact(post, id).await?;
            let n_failures = before.n_failures.saturating_add(1);
            Contact {
                last_at: before.last_at,
                n_failures,
                last_trouble: error.trouble().to_string(),
            }
        }
    };
    post.store.put_private(CONTACT, id.as_str(), json!(contact), None).await
}
