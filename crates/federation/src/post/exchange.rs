//! The rounds: a child dials, a parent answers; and the same bytes as a file.

use std::sync::PoisonError;

use sakimori_ledger::{LedgerError, PrivateRecord, Record};
use sakimori_words::{Digest, Instant, OrganisationId};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Post;
use super::intake::take_half;
use super::known::{contact, is_child, neighbour};
use super::medium;
use super::publish::{N_PUBLISHED, lay_out};
use super::receive::Received;
use super::send::{TRIES_MAX, own_actor};
use super::shelves::{
    Asked, CONTACT, COUNTER, Contact, ENVELOPE, LINK, NEIGHBOUR, OUTBOX, Queued, journal_stream,
    numbered, seq_of,
};
use super::work::Work;
use crate::errors::{ExchangeError, Refusal};
use crate::exchange::{
    ANSWER_TYPE, BUNDLE_TYPE, Half, Item, PAGE_BYTES_MAX, PAGE_ITEMS_MAX, REQUEST_TYPE,
    SKEW_SECONDS_MAX, UncheckedHalf, bytes_of, seal_half,
};
use crate::files::FileRef;
use crate::link::Link;
use crate::message::{Envelope, EnvelopeError};
use crate::neighbour::{Neighbour, Relation};
use crate::parcel::{Answered, Exchanged};
use crate::wire::{Door, Trust, Wire};

/// So many records are asked for by their keys, which the ledger answers together with what others ask.
const FEW_MAX: usize = 8;

/// Answers a child.
pub(super) async fn handle(post: &Post, request: &[u8]) -> Result<Answered, ExchangeError> {
    let Admitted { sender: child, half, mut link, n_published } =
        admit(post, REQUEST_TYPE, request).await?;
    let looked_through = note_question(post, &child, &half, &link, n_published).await?;
    let idle = is_idle(&half, &link);
    let received = if idle { Received::default() } else { take_half(post, &child, &half).await? };
    if !idle || looked_through < n_published {
        link = link_to(post, child.id()).await?;
    }
    let answer = compose(post, child.id(), half.nonce, link).await?;
    Ok(Answered {
        more: half.more || answer.more,
        bytes: seal_half(ANSWER_TYPE, &answer, &post.key),
        n_received: received.n_received.saturating_sub(received.refused.len()),
    })
}

/// Whether the half brings nothing and says nothing new. Most do: everybody asks every minute, so this way stays short.
fn is_idle(half: &Half, link: &Link) -> bool {
    half.items.is_empty()
        && half.refused.is_empty()
        && link.refused.is_empty()
        && half.have == link.confirmed
}

/// Lays out what was published since the child last asked, then notes that it asks: one record for each child, however often it
/// asks. A question that was asked before, or is older than one that was, is refused. Returns up to where was looked through before.
async fn note_question(
    post: &Post,
    child: &Neighbour,
    half: &Half,
    link: &Link,
    n_published: u64,
) -> Result<u64, ExchangeError> {
    let id = child.id().as_str();
    for _ in 0..TRIES_MAX {
        let kept = post.store.get_private(CONTACT, id).await?;
        let mut before: Contact =
            kept.as_ref().map(PrivateRecord::read).transpose()?.unwrap_or_default();
        // Our own clock was set back: no question of that time would pass now, so it says nothing about later ones.
        if before.asked.at > post.clock.now().plus_seconds(SKEW_SECONDS_MAX) {
            before.asked = Asked::default();
        }
        let Some(asked) = before.asked.after(half.at, &half.nonce) else { break };
        let looked_through = before.published.max(link.published);
        lay_out(post, child, looked_through, n_published).await?;
        let last_at = Some(post.clock.now());
        let contact = Contact { last_at, asked, published: n_published, ..Contact::default() };
        let expected = kept.map(|kept| kept.body);
        let new = Some(json!(contact));
        if post.store.swap_private(CONTACT, id, expected.as_ref(), new, None).await? {
            return Ok(looked_through);
        }
    }
    Err(refuse(post, child.id(), Refusal::Replayed).await)
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
    let link = link_to(post, parent).await?;
    let asked = compose(post, parent, new_nonce(post), link).await?;
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
    let Standing { neighbour, link, n_published } = standing(post, id).await?;
    let Some(to) = neighbour else {
        return Err(ExchangeError::NoSuchHub { organisation: id.clone() });
    };
    if is_child(&to) {
        let looked_through = contact(post, id).await?.published.max(link.published);
        lay_out(post, &to, looked_through, n_published).await?;
    }
    let link = link_to(post, id).await?;
    let half = compose(post, id, new_nonce(post), link).await?;
    let half = Half { medium_key: Some(post.key.for_media().public()), ..half };
    Ok(seal_half(BUNDLE_TYPE, &half, &post.key))
}

/// The files of the messages that wait for a neighbour: a medium carries them beside the bundle.
pub(super) async fn files_waiting(
    post: &Post,
    id: &OrganisationId,
) -> Result<Vec<FileRef>, LedgerError> {
    let (items, _) = page(post, id, &link_to(post, id).await?).await?;
    let headers = items.iter().filter_map(|item| item.envelope.claimed_header().ok());
    let mut files: Vec<FileRef> = headers.flat_map(|header| header.files).collect();
    files.sort_by_key(|file| file.digest.to_string());
    files.dedup();
    Ok(files)
}

/// Takes in the bytes of a medium.
pub(super) async fn read_bundle(post: &Post, bytes: &[u8]) -> Result<Exchanged, ExchangeError> {
    let Admitted { sender, half, .. } = admit(post, BUNDLE_TYPE, bytes).await?;
    let received = take_half(post, &sender, &half).await?;
    medium::note(post, &half).await?;
    Ok(Exchanged {
        n_sent: 0,
        n_received: received.n_received,
        n_refused: received.refused.len(),
        progressed: received.progressed(),
        more: half.more,
    })
}

/// A half that was let in, and how things stand with its sender.
struct Admitted {
    sender: Neighbour,
    half: Half,
    link: Link,
    n_published: u64,
}

/// Lets in a half that an enrolled neighbour signed for us, in time. A refusal is recorded.
async fn admit(post: &Post, payload_type: &str, bytes: &[u8]) -> Result<Admitted, ExchangeError> {
    let unknown = OrganisationId::from("unknown");
    let frame = match UncheckedHalf::read(payload_type, bytes) {
        Ok(frame) => frame,
        Err(error) => return Err(refuse(post, &unknown, error.into()).await),
    };
    let claimed = frame.from().clone();
    let Standing { neighbour, link, n_published } = standing(post, &claimed).await?;
    let Some(sender) = neighbour else {
        let error = EnvelopeError::UnknownOrganisation { organisation: claimed };
        return Err(refuse(post, &unknown, error.into()).await);
    };
    match check_half(post, payload_type, &sender, frame) {
        Ok(half) => Ok(Admitted { sender, half, link, n_published }),
        Err(refusal) => Err(refuse(post, &claimed, refusal).await),
    }
}

/// What an exchange begins from.
struct Standing {
    neighbour: Option<Neighbour>,
    link: Link,
    n_published: u64,
}

/// Reads it in one question to the ledger.
async fn standing(post: &Post, id: &OrganisationId) -> Result<Standing, LedgerError> {
    let places = [(NEIGHBOUR, id.as_str()), (LINK, id.as_str()), (COUNTER, N_PUBLISHED)];
    let mut records = post.store.get_many(&places).await?.into_iter();
    let neighbour: Option<Neighbour> = read(records.next())?;
    Ok(Standing {
        neighbour: neighbour.filter(Neighbour::is_active),
        link: read(records.next())?.unwrap_or_default(),
        n_published: read(records.next())?.unwrap_or_default(),
    })
}

fn read<T: DeserializeOwned>(record: Option<Option<Record>>) -> Result<Option<T>, LedgerError> {
    record.flatten().map(|record| record.read()).transpose()
}

async fn link_to(post: &Post, id: &OrganisationId) -> Result<Link, LedgerError> {
    Ok(read(Some(post.store.get(LINK, id.as_str()).await?))?.unwrap_or_default())
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
    if over_the_wire {
        check_clock(post, half.at)?;
    }
    Ok(half)
}

/// Whether a neighbour's clock, as its question names it, is near enough to ours.
pub(super) fn check_clock(post: &Post, theirs: Instant) -> Result<(), Refusal> {
    let ours = post.clock.now();
    let apart = ours.plus_seconds(-SKEW_SECONDS_MAX)..=ours.plus_seconds(SKEW_SECONDS_MAX);
    if apart.contains(&theirs) { Ok(()) } else { Err(Refusal::ClockSkew { theirs, ours }) }
}

/// Our half for `to`: how far we have read, and the next page of what waits.
async fn compose(
    post: &Post,
    to: &OrganisationId,
    nonce: String,
    link: Link,
) -> Result<Half, LedgerError> {
    let nothing_waits = link.last == link.confirmed.seq;
    let (items, more) = if nothing_waits { (vec![], false) } else { page(post, to, &link).await? };
    Ok(Half {
        from: post.me().id,
        to: to.clone(),
        at: post.clock.now(),
        nonce,
        have: link.read,
        items,
        more,
        refused: link.refused,
        medium_key: None,
    })
}

async fn page(
    post: &Post,
    to: &OrganisationId,
    link: &Link,
) -> Result<(Vec<Item>, bool), LedgerError> {
    let (mut items, mut page_bytes) = (vec![], 0);
    for record in waiting(post, to, link).await? {
        let Some(seq) = seq_of(&record.key, to) else { break };
        let queued: Queued = record.read()?;
        let Some(envelope) = post.store.get(ENVELOPE, &queued.envelope).await? else { break };
        let envelope: Envelope = envelope.read()?;
        page_bytes += bytes_of(&envelope).len();
        if items.len() == PAGE_ITEMS_MAX || (page_bytes > PAGE_BYTES_MAX && !items.is_empty()) {
            return Ok((items, true));
        }
        items.push(Item { seq, envelope });
    }
    Ok((items, false))
}

/// The beginning of what waits for `to`. Asks for no more records than there are: behind them lie those of all other neighbours.
async fn waiting(
    post: &Post,
    to: &OrganisationId,
    link: &Link,
) -> Result<Vec<Record>, LedgerError> {
    let after = link.confirmed.seq;
    let n_waiting = usize::try_from(link.last.saturating_sub(after)).unwrap_or(usize::MAX);
    if n_waiting > FEW_MAX {
        let after = numbered(to.as_str(), after);
        return post.store.list(OUTBOX, Some(&after), n_waiting.min(PAGE_ITEMS_MAX + 1)).await;
    }
    let keys: Vec<String> =
        (after..link.last).map(|before| numbered(to.as_str(), before + 1)).collect();
    let places: Vec<(&str, &str)> = keys.iter().map(|key| (OUTBOX, key.as_str())).collect();
    Ok(post.store.get_many(&places).await?.into_iter().flatten().collect())
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
            Contact { n_failures, last_trouble: error.trouble().to_string(), ..before }
        }
    };
    post.store.put_private(CONTACT, id.as_str(), json!(contact), None).await
}
