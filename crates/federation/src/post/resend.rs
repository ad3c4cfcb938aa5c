//! Asking an origin for messages of a stream that did not come, and going on without them after a week.

use sakimori_ledger::{LedgerError, list_all};
use sakimori_words::{Instant, OrganisationId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Post;
use super::known::neighbour;
use super::receive::release;
use super::send::{EVERYBODY, hand_over, own_actor, queue};
use super::shelves::{
    COUNTER, HELD, Held, Queued, SENT, STREAM_IN, Sent, journal_stream, message_key, numbered,
    stream_key,
};
use super::work::Work;
use crate::errors::{Refusal, SendError};
use crate::message::{MessageHeader, is_stream_name, read_json};
use crate::neighbour::Neighbour;
use crate::parcel::{Outgoing, Parcel, Routes};

/// Type of a message that asks its receiver to send part of a stream again.
pub const RESEND_TYPE: &str = "application/vnd.sakimori.resend.v1+json";
/// A missing message is asked for again after so long, in seconds.
const ASK_AGAIN_SECONDS: i64 = 600;
/// After so long we go on without a missing message, in days. The gap stays in the journal.
const GIVE_UP_DAYS: i64 = 7;
/// Most messages sent again for one request.
const RESEND_MAX: u64 = 200;

/// Which messages are missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Missing {
    /// Who misses them: as `to` of the stream.
    to: OrganisationId,
    /// Of which stream.
    stream: String,
    /// First missing number.
    first: u64,
    /// Last missing number.
    last: u64,
}

/// Asks for what is missing before `held`, unless that was done a moment ago.
pub(super) async fn ask(
    post: &Post,
    work: &mut Work<'_>,
    held: &Held,
    last_applied: u64,
) -> Result<(), LedgerError> {
    let asked_key = format!("asked|{}", stream_key(&held.origin, &held.stream));
    let asked: Option<Instant> = work.get(COUNTER, &asked_key).await?;
    if asked.is_some_and(|asked_at| work.at() < asked_at.plus_seconds(ASK_AGAIN_SECONDS)) {
        return Ok(());
    }
    let missing = Missing {
        to: post.me().id,
        stream: held.stream.clone(),
        first: last_applied + 1,
        last: held.seq - 1,
    };
    work.fact(&journal_stream(&held.arrived.from), "gap_found", &missing)?;
    work.put(COUNTER, &asked_key, &work.at())?;
    let mut request = Outgoing::new(held.origin.clone(), RESEND_TYPE, json!(missing));
    // Back the way the stream comes: the origin sends again only to the neighbour that asks.
    if neighbour(&*post.store, &held.arrived.from).await?.is_some() {
        request.routes = Routes::Over(vec![held.arrived.from.clone()]);
    }
    match queue(post, work, &Parcel::New(request)).await {
        Err(SendError::Ledger(error)) => Err(error),
        // Without a way to the origin the gap stays in the journal and is given up after a week.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Sends again what a receiver misses: to the one that misses it, over the neighbour that handed over its request. Nobody makes
/// us send to others.
pub(super) async fn apply(
    post: &Post,
    work: &mut Work<'_>,
    from: &Neighbour,
    header: &MessageHeader,
    payload: &[u8],
) -> Result<(), LedgerError> {
    #[derive(Deserialize)]
    struct Payload {
        body: Missing,
    }
    let Ok(Payload { body: missing }) = read_json(payload) else { return Ok(()) };
    let published = missing.to.as_str() == EVERYBODY;
    let its_own = published || missing.to == header.origin;
    if !its_own || !is_stream_name(&missing.stream) {
        return refuse(work, from, header);
    }
    // What was published went to each neighbour for itself, so only a neighbour can miss it.
    let hop = if published { &header.origin } else { from.id() };
    let stream = stream_key(&missing.to, &missing.stream);
    let last = missing.last.min(missing.first.saturating_add(RESEND_MAX));
    for seq in missing.first..=last {
        let Some(sent) = work.get::<Sent>(SENT, &numbered(&stream, seq)).await? else { continue };
        let reached = match &sent.audience {
            Some(audience) => neighbour(&*post.store, hop)
                .await?
                .is_some_and(|hop| audience.reach(&hop.organisation)),
            None => false,
        };
        if reached || sent.hops.contains(hop) {
            let envelope = message_key(&post.me().id, &sent.message);
            let queued = Queued { message: sent.message, digest: sent.digest, envelope };
            hand_over(work, hop, &queued).await?;
        }
    }
    Ok(())
}

fn refuse(
    work: &mut Work<'_>,
    from: &Neighbour,
    header: &MessageHeader,
) -> Result<(), LedgerError> {
    let what = "ask for what others miss";
    let trouble = Refusal::OutOfScope { by: header.origin.clone(), what }.trouble();
    let body = json!({ "message": header.id, "code": trouble.kind.code, "detail": trouble.detail });
    work.fact(&journal_stream(from.id()), "resend_refused", &body)
}

/// Forgets what has expired, asks again for missing messages, gives up old gaps.
pub(super) async fn tend(post: &Post) -> Result<(), LedgerError> {
    let _one_at_a_time = post.changing.lock().await;
    let now = post.clock.now();
    post.store.purge_private(now).await?;
    let mut work = Work::new(&*post.store, now, own_actor(post));
    for record in list_all(&*post.store, HELD).await? {
        let held: Held = record.read()?;
        let stream = stream_key(&held.origin, &held.stream);
        let last: u64 = work.get(STREAM_IN, &stream).await?.unwrap_or(0);
        if held.seq <= last {
            continue;
        }
        if now < held.arrived.received_at.plus_days(GIVE_UP_DAYS) {
            ask(post, &mut work, &held, last).await?;
        } else if neighbour(&*post.store, &held.arrived.from).await?.is_some() {
            let gap = json!({ "stream": stream, "first": last + 1, "last": held.seq - 1 });
            work.fact(&journal_stream(&held.arrived.from), "gap_given_up", &gap)?;
            work.put(STREAM_IN, &stream, &(held.seq - 1))?;
            release(post, &mut work, &stream).await?;
        }
    }
    work.commit(vec![]).await
}
