//! Taking in what a neighbour hands over: check everything, then keep, forward, hold or refuse.

use sakimori_ledger::LedgerError;
use sakimori_words::{Digest, Instant, OrganisationId};
use serde_json::json;

use super::confirm::{confirm, note_their_refusals};
use super::files::await_files;
use super::known::{best_hop, keys_for};
use super::send::{hand_over, keep_with_via};
use super::shelves::{
    Arrived, COUNTER, ENVELOPE, HELD, Held, INBOX, LINK, NEIGHBOUR, OUTBOX, REFUSED, SEEN,
    STREAM_IN, Seen, journal_stream, message_key, numbered, stream_key,
};
use super::work::{Slotted, Work};
use super::{DIRECTORY_TYPE, Post, RESEND_TYPE, directory, resend};
use crate::errors::Refusal;
use crate::exchange::{Half, Item, PAGE_ITEMS_MAX, ReadMark, RefusedItem};
use crate::link::{Arrival, Link};
use crate::message::{Envelope, MessageHeader, Standing, Verified, clip};
use crate::neighbour::{Neighbour, Relation};

/// Counts what came into the inbox.
const N_INBOX: &str = "inbox";

/// What became of a half.
#[derive(Debug, Default)]
pub(super) struct Received {
    /// Envelopes that came for the first time on this link, refused ones among them.
    pub n_received: usize,
    /// Those of them that were refused, as the neighbour is told.
    pub refused: Vec<RefusedItem>,
    /// Whether the neighbour has read further than it had told before.
    pub confirmed_more: bool,
}

impl Received {
    /// What became of a further part of the same half.
    pub(super) fn add(&mut self, further: Self) {
        self.n_received += further.n_received;
        self.refused.extend(further.refused);
        self.confirmed_more |= further.confirmed_more;
    }

    /// Whether the link got on.
    pub(super) const fn progressed(&self) -> bool {
        self.n_received > 0 || self.confirmed_more
    }
}

/// Takes in one half of an exchange whose signature was checked. Everything happens in `work`, nothing before its commit.
pub(super) async fn receive(
    post: &Post,
    work: &mut Work<'_>,
    from: &Neighbour,
    half: &Half,
) -> Result<Received, LedgerError> {
    let mut received = receive_marks(post, work, from, half).await?;
    for item in half.items.iter().take(PAGE_ITEMS_MAX) {
        received.add(receive_item(post, work, from, item).await?);
    }
    keep_refused(work, from.id(), &received.refused).await?;
    Ok(received)
}

/// The records that [`receive`] will look at, as far as the half tells.
pub(super) fn looked_at(from: &Neighbour, half: &Half) -> Vec<Slotted> {
    let id = from.id().as_str();
    let mut places = vec![(LINK, id.to_owned()), (OUTBOX, numbered(id, half.have.seq))];
    for item in half.items.iter().take(PAGE_ITEMS_MAX) {
        places.push((COUNTER, N_INBOX.to_owned()));
        let signers = item.envelope.claimed_signers();
        places.extend(signers.iter().map(|signer| (NEIGHBOUR, signer.to_string())));
        let Ok(header) = item.envelope.claimed_header() else { continue };
        let stream = stream_key(&header.origin, &header.stream);
        places.push((HELD, numbered(&stream, header.seq.saturating_add(1))));
        places.push((STREAM_IN, stream));
        places.push((SEEN, message_key(&header.origin, &header.id)));
    }
    places
}

/// Takes in how far the neighbour has read, and what it did not believe of that.
pub(super) async fn receive_marks(
    post: &Post,
    work: &mut Work<'_>,
    from: &Neighbour,
    half: &Half,
) -> Result<Received, LedgerError> {
    let confirmed_more = confirm(post, work, from.id(), &half.have).await?;
    note_their_refusals(work, from.id(), &half.refused)?;
    Ok(Received { confirmed_more, ..Received::default() })
}

/// Takes in the next envelope of the link. Nothing happens when it was read before, or when it comes after a gap: that is sent
/// again once we say how far we have read.
pub(super) async fn receive_item(
    post: &Post,
    work: &mut Work<'_>,
    from: &Neighbour,
    item: &Item,
) -> Result<Received, LedgerError> {
    if !is_next(work, from.id(), item).await? {
        return Ok(Received::default());
    }
    match take(post, work, from, item).await? {
        Ok(()) => Ok(Received { n_received: 1, ..Received::default() }),
        Err(refusal) => {
            let refused = note_refusal(work, from.id(), item, &refusal)?;
            work.put(REFUSED, &numbered(from.id().as_str(), item.seq), &item.envelope)?;
            mark_read(work, from.id(), item).await?;
            Ok(Received { n_received: 1, refused: vec![refused], confirmed_more: false })
        }
    }
}

/// Goes past an envelope that the ledger cannot keep. Only that it came and why it is gone is kept, so that what follows it on
/// the link is not lost with it.
pub(super) async fn pass_over(
    work: &mut Work<'_>,
    from: &Neighbour,
    item: &Item,
    error: &LedgerError,
) -> Result<Received, LedgerError> {
    if !is_next(work, from.id(), item).await? {
        return Ok(Received::default());
    }
    let refusal = Refusal::CannotBeKept { why: clip(&error.to_string()) };
    let refused = note_refusal(work, from.id(), item, &refusal)?;
    mark_read(work, from.id(), item).await?;
    Ok(Received { n_received: 1, refused: vec![refused], confirmed_more: false })
}

async fn is_next(
    work: &mut Work<'_>,
    from: &OrganisationId,
    item: &Item,
) -> Result<bool, LedgerError> {
    let link: Link = work.get(LINK, from.as_str()).await?.unwrap_or_default();
    Ok(link.arrival(item.seq) == Arrival::Next)
}

fn note_refusal(
    work: &mut Work<'_>,
    from: &OrganisationId,
    item: &Item,
    refusal: &Refusal,
) -> Result<RefusedItem, LedgerError> {
    let trouble = refusal.trouble();
    let body = json!({
        "seq": item.seq,
        "code": trouble.kind.code,
        "detail": trouble.detail,
        "digest": item.envelope.message.digest(),
    });
    work.fact(&journal_stream(from), "envelope_refused", &body)?;
    Ok(RefusedItem { seq: item.seq, code: trouble.kind.code.to_owned() })
}

async fn mark_read(
    work: &mut Work<'_>,
    from: &OrganisationId,
    item: &Item,
) -> Result<(), LedgerError> {
    let mut link: Link = work.get(LINK, from.as_str()).await?.unwrap_or_default();
    link.read = ReadMark { seq: item.seq, digest: Some(item.envelope.message.digest()) };
    work.put(LINK, from.as_str(), &link)
}

/// Keeps what the next half tells the neighbour about refusals, when that changes.
pub(super) async fn keep_refused(
    work: &mut Work<'_>,
    from: &OrganisationId,
    refused: &[RefusedItem],
) -> Result<(), LedgerError> {
    let mut link: Link = work.get(LINK, from.as_str()).await?.unwrap_or_default();
    if link.refused == refused {
        return Ok(());
    }
    work.fact(&journal_stream(from), "refusals_told", &refused)?;
    link.refused = refused.to_vec();
    work.put(LINK, from.as_str(), &link)
}

/// What is to be done with a verified message.
enum Verdict {
    /// It came before by this route, or it is our own coming back.
    Repeat,
    /// It came before by another route.
    AnotherRoute(Seen),
    /// It is new.
    New(Standing),
}

/// Checks one envelope and does with it what is right. An inner `Err` means: refused, nothing applied.
async fn take(
    post: &Post,
    work: &mut Work<'_>,
    from: &Neighbour,
    item: &Item,
) -> Result<Result<(), Refusal>, LedgerError> {
    let keys = keys_for(work, from, &item.envelope).await?;
    let verified = match item.envelope.verify(from.id(), &keys) {
        Ok(verified) => verified,
        Err(error) => return Ok(Err(error.into())),
    };
    let verdict = match examine(post, work, from, &verified).await? {
        Ok(verdict) => verdict,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let header = &verified.header;
    let body = json!({ "seq": item.seq, "digest": verified.digest, "header": header, "vias": verified.vias });
    work.fact(&journal_stream(from.id()), "received", &body)?;
    mark_read(work, from.id(), item).await?;
    match verdict {
        Verdict::Repeat => Ok(Ok(())),
        Verdict::AnotherRoute(seen) => {
            take_another_route(post, work, from, item, &verified, seen).await.map(Ok)
        }
        Verdict::New(standing) => {
            take_new(post, work, from, &item.envelope, &verified, standing).await
        }
    }
}

async fn examine(
    post: &Post,
    work: &mut Work<'_>,
    from: &Neighbour,
    verified: &Verified,
) -> Result<Result<Verdict, Refusal>, LedgerError> {
    let header = &verified.header;
    let me = post.me();
    if header.origin == me.id || verified.vias.iter().any(|via| via.by == me.id) {
        return Ok(Ok(Verdict::Repeat));
    }
    // Also what we have from above already: a relay record of a child on it would be words from below to us.
    if header.to.is_none() && from.relation == Relation::Child {
        let what = "publish to those above";
        return Ok(Err(Refusal::OutOfScope { by: from.id().clone(), what }));
    }
    let seen = work.get::<Seen>(SEEN, &message_key(&header.origin, &header.id)).await?;
    if let Some(seen) = seen {
        return Ok(examine_again(verified, from, seen));
    }
    Ok(match &header.to {
        Some(to) if *to == me.id => Ok(Verdict::New(Standing::ForUs)),
        None => Ok(Verdict::New(Standing::Published)),
        Some(to) if !me.kind.is_office() => Err(Refusal::NotForUs { to: to.clone() }),
        Some(_) => Ok(Verdict::New(Standing::Passing)),
    })
}

fn examine_again(verified: &Verified, from: &Neighbour, seen: Seen) -> Result<Verdict, Refusal> {
    if seen.digest != verified.digest {
        return Err(Refusal::ContentConflict { message: verified.header.id.clone() });
    }
    if seen.routes.contains(&route_name(from, verified)) {
        return Ok(Verdict::Repeat);
    }
    Ok(Verdict::AnotherRoute(seen))
}

async fn take_another_route(
    post: &Post,
    work: &mut Work<'_>,
    from: &Neighbour,
    item: &Item,
    verified: &Verified,
    mut seen: Seen,
) -> Result<(), LedgerError> {
    let key = message_key(&verified.header.origin, &verified.header.id);
    seen.routes.push(route_name(from, verified));
    await_files(work, from, &verified.header.files).await?;
    let envelope_key = format!("{key}/route-{}", seen.routes.len());
    work.put(SEEN, &key, &seen)?;
    work.put(ENVELOPE, &envelope_key, &item.envelope)?;
    let standing = match &verified.header.to {
        None => Standing::Published,
        Some(to) if *to == post.me().id => Standing::ForUs,
        Some(_) => Standing::Passing,
    };
    if is_own_type(&verified.header.message_type) {
        return Ok(());
    }
    let arrived = Arrived {
        envelope: envelope_key,
        from: from.id().clone(),
        received_at: work.at(),
        standing,
        another_route: true,
    };
    into_inbox(work, &arrived).await
}

async fn take_new(
    post: &Post,
    work: &mut Work<'_>,
    from: &Neighbour,
    envelope: &Envelope,
    verified: &Verified,
    standing: Standing,
) -> Result<Result<(), Refusal>, LedgerError> {
    let header = &verified.header;
    let hop = match (&header.to, standing) {
        (Some(to), Standing::Passing) => match way_on(post, from, to).await? {
            Some(hop) => Some(hop),
            None => return Ok(Err(Refusal::NoRoute { to: to.clone() })),
        },
        _ => None,
    };
    let key = message_key(&header.origin, &header.id);
    let seen = Seen { digest: verified.digest, routes: vec![route_name(from, verified)] };
    work.put(SEEN, &key, &seen)?;
    work.put(ENVELOPE, &key, envelope)?;
    await_files(work, from, &header.files).await?;
    let arrived = Arrived {
        envelope: key,
        from: from.id().clone(),
        received_at: work.at(),
        standing,
        another_route: false,
    };
    match (standing, hop) {
        (Standing::ForUs, _) => in_order(post, work, from, verified, arrived).await.map(Ok),
        (Standing::Passing, Some(hop)) => {
            forward(post, work, envelope, verified, &hop).await?;
            into_inbox(work, &arrived).await.map(Ok)
        }
        (Standing::Passing | Standing::Published, _) => match expired(header, work.at()) {
            Some(refusal) => Ok(Err(refusal)),
            None => into_inbox(work, &arrived).await.map(Ok),
        },
    }
}

fn expired(header: &MessageHeader, now: Instant) -> Option<Refusal> {
    let expires_at = header.expires.filter(|expires_at| *expires_at <= now)?;
    Some(Refusal::Expired { expires_at })
}

/// The neighbour to forward to. What came from above goes down only, so that nothing circles between two hubs above us.
async fn way_on(
    post: &Post,
    from: &Neighbour,
    to: &OrganisationId,
) -> Result<Option<OrganisationId>, LedgerError> {
    let Some(hop) = best_hop(post, to, Some(from.id())).await? else { return Ok(None) };
    let upward = super::known::neighbour(&*post.store, &hop)
        .await?
        .is_some_and(|hop| hop.relation == Relation::Parent);
    Ok((!(upward && from.relation == Relation::Parent)).then_some(hop))
}

async fn forward(
    post: &Post,
    work: &mut Work<'_>,
    envelope: &Envelope,
    verified: &Verified,
    hop: &OrganisationId,
) -> Result<(), LedgerError> {
    let mut envelope = envelope.clone();
    let queued = keep_with_via(post, work, &mut envelope, &verified.header, "")?;
    hand_over(work, hop, &queued).await
}

/// Applies a message for us when its stream has come that far, and everything that waited for it.
async fn in_order(
    post: &Post,
    work: &mut Work<'_>,
    from: &Neighbour,
    verified: &Verified,
    arrived: Arrived,
) -> Result<(), LedgerError> {
    let header = &verified.header;
    let stream = stream_key(&header.origin, &header.stream);
    let last: u64 = work.get(STREAM_IN, &stream).await?.unwrap_or(0);
    let place = numbered(&stream, header.seq);
    if header.seq > last + 1 && work.get::<Held>(HELD, &place).await?.is_none() {
        let held = Held {
            origin: header.origin.clone(),
            stream: header.stream.clone(),
            seq: header.seq,
            arrived,
        };
        work.put(HELD, &place, &held)?;
        return resend::ask(post, work, &held, last).await;
    }
    // A number that was there before under another id, applied or held: the origin was restored from an older copy, or gives
    // its numbers out twice. Nothing is lost, and nothing waits for it.
    apply(post, work, from, header, &verified.payload, &arrived).await?;
    if header.seq == last + 1 {
        work.put(STREAM_IN, &stream, &header.seq)?;
        release(post, work, &stream).await?;
    }
    Ok(())
}

/// Applies held messages of a stream as far as they follow without a gap.
pub(super) async fn release(
    post: &Post,
    work: &mut Work<'_>,
    stream: &str,
) -> Result<(), LedgerError> {
    loop {
        let next = work.get::<u64>(STREAM_IN, stream).await?.unwrap_or(0) + 1;
        let key = numbered(stream, next);
        let Some(held) = work.get::<Held>(HELD, &key).await? else { return Ok(()) };
        work.fact(
            &journal_stream(&held.arrived.from),
            "released",
            &json!({ "stream": stream, "seq": next }),
        )?;
        work.remove(HELD, &key);
        work.put(STREAM_IN, stream, &next)?;
        let Some(envelope) = work.get::<Envelope>(ENVELOPE, &held.arrived.envelope).await? else {
            continue;
        };
        let from = work.get::<Neighbour>(NEIGHBOUR, held.arrived.from.as_str()).await?;
        if let (Ok(header), Some(from)) = (envelope.claimed_header(), from) {
            let payload = envelope.message.unverified();
            apply(post, work, &from, &header, payload, &held.arrived).await?;
        }
    }
}

/// Does what a message of the post's own types asks; everything else goes to the inbox.
async fn apply(
    post: &Post,
    work: &mut Work<'_>,
    from: &Neighbour,
    header: &MessageHeader,
    payload: &[u8],
    arrived: &Arrived,
) -> Result<(), LedgerError> {
    if let Some(refusal) = expired(header, work.at()) {
        // Its place in the stream is taken all the same: what is late does not hold up what follows.
        let trouble = refusal.trouble();
        let body =
            json!({ "message": header.id, "code": trouble.kind.code, "detail": trouble.detail });
        return work.fact(&journal_stream(from.id()), "expired", &body);
    }
    match header.message_type.as_str() {
        DIRECTORY_TYPE => directory::apply(post, work, from, header, payload).await,
        RESEND_TYPE => resend::apply(post, work, from, header, payload).await,
        _ => into_inbox(work, arrived).await,
    }
}

fn is_own_type(message_type: &str) -> bool {
    [DIRECTORY_TYPE, RESEND_TYPE].contains(&message_type)
}

async fn into_inbox(work: &mut Work<'_>, arrived: &Arrived) -> Result<(), LedgerError> {
    let place = work.get::<u64>(COUNTER, N_INBOX).await?.unwrap_or(0) + 1;
    work.put(COUNTER, N_INBOX, &place)?;
    work.put(INBOX, &numbered("in", place), arrived)
}

/// The neighbour and the relays a message came by, as one name.
fn route_name(from: &Neighbour, verified: &Verified) -> String {
    let mut name: Vec<&str> = verified.vias.iter().map(|via| via.by.as_str()).collect();
    if name.last() != Some(&from.id().as_str()) {
        name.push(from.id().as_str());
    }
    Digest::of(name.join("+").as_bytes()).short()
}
