//! Signing and queueing.

use sakimori_ledger::{Fact, LedgerError};
use sakimori_words::{Digest, MessageId, OrganisationId, Tlp};
use serde_json::json;

use super::Post;
use super::known::best_hop;
use super::publish::{publish, retire};
use super::shelves::{
    ENVELOPE, LINK, NEIGHBOUR, OUTBOX, Queued, SENT, STREAM_OUT, Sent, journal_stream, message_key,
    numbered, stream_key,
};
use super::work::Work;
use crate::errors::SendError;
use crate::files::FILES_MAX;
use crate::link::Link;
use crate::message::{
    BODY_BYTES_MAX, Envelope, MessageHeader, REMARK_CHARS_MAX, STREAM_BYTES_MAX, add_via,
    seal_message,
};
use crate::neighbour::Neighbour;
use crate::parcel::{Addressee, Members, Outgoing, Parcel, Relay, Routes};

/// How often a change is tried again when somebody else changed the same records first.
pub(super) const TRIES_MAX: usize = 5;
/// In place of an addressee: what is published to members.
pub(super) const EVERYBODY: &str = "*";
/// The stream of everything published to members.
const MEMBERS_STREAM: &str = "members";
/// The stream of everything for a direct neighbour.
const DIRECT_STREAM: &str = "direct";

/// The work of one post office is done with one hand; see [`Post::post`].
pub(super) async fn post(
    post: &Post,
    parcels: &[Parcel],
    facts: Vec<Fact>,
) -> Result<Vec<MessageId>, SendError> {
    if parcels.is_empty() {
        // Nothing of the post changes, so nobody waits in line: facts of many callers are kept by one flush to disk.
        post.store.commit(facts).await?;
        return Ok(vec![]);
    }
    let _one_at_a_time = post.changing.lock().await;
    let mut tries = 0;
    loop {
        tries += 1;
        let mut work = Work::new(&*post.store, post.clock.now(), own_actor(post));
        let mut sent = vec![];
        for parcel in parcels {
            sent.push(queue(post, &mut work, parcel).await?);
        }
        match work.commit(facts.clone()).await {
            // A conflict on a record of the post is tried again; one of the caller's own expectations fails for good.
            Err(error) if tries < TRIES_MAX && is_ours(&error) => {}
            Err(error) => return Err(error.into()),
            Ok(()) => return Ok(sent),
        }
    }
}

/// Whether the conflict is about a record of the post.
pub(super) fn is_ours(error: &LedgerError) -> bool {
    matches!(error, LedgerError::Conflict { shelf, .. } if shelf.starts_with("post-"))
}

/// Adds one parcel to the change.
pub(super) async fn queue(
    post: &Post,
    work: &mut Work<'_>,
    parcel: &Parcel,
) -> Result<MessageId, SendError> {
    match parcel {
        Parcel::New(outgoing) => queue_new(post, work, outgoing).await,
        Parcel::Relay(relay) => queue_relay(post, work, relay).await,
        Parcel::Retire { origin, message } => {
            retire(work, origin, message).await?;
            Ok(message.clone())
        }
    }
}

async fn queue_new(
    post: &Post,
    work: &mut Work<'_>,
    outgoing: &Outgoing,
) -> Result<MessageId, SendError> {
    check_body(outgoing)?;
    let (to, hops) = hops(post, work, outgoing).await?;
    let stream = stream_name(to.as_ref(), &hops);
    let address = to.clone().unwrap_or_else(|| OrganisationId::from(EVERYBODY));
    let stream_at = stream_key(&address, &stream);
    let seq = work.get::<u64>(STREAM_OUT, &stream_at).await?.unwrap_or(0) + 1;
    let at = work.at();
    let header = MessageHeader {
        id: outgoing.id.clone().unwrap_or_else(|| MessageId::new(at, &*post.chance)),
        origin: post.me().id,
        to,
        stream,
        seq,
        message_type: outgoing.message_type.clone(),
        created: at,
        expires: outgoing.expires,
        tlp: outgoing.tlp,
        exercise: outgoing.exercise,
        in_reply_to: outgoing.in_reply_to.clone(),
        files: outgoing.files.clone(),
    };
    let message = seal_message(&header, &outgoing.body, &post.key);
    let digest = message.digest();
    let envelope_key = message_key(&header.origin, &header.id);
    work.fact(
        &journal_stream(&address),
        "written",
        &json!({ "header": header, "digest": digest }),
    )?;
    work.put(ENVELOPE, &envelope_key, &Envelope { message, vias: vec![] })?;
    work.put(STREAM_OUT, &stream_at, &seq)?;
    let audience = match &outgoing.to {
        Addressee::Members(Members::Reached { audience, .. }) => Some(audience.clone()),
        Addressee::Members(Members::These(_)) | Addressee::Organisation(_) => None,
    };
    let sent = Sent { message: header.id.clone(), digest, hops: hops.clone(), audience };
    work.put(SENT, &numbered(&stream_at, seq), &sent)?;
    let queued = Queued { message: header.id.clone(), digest, envelope: envelope_key.clone() };
    for hop in &hops {
        hand_over(work, hop, &queued).await?;
    }
    if let Addressee::Members(Members::Reached { audience, newcomers_until }) = &outgoing.to {
        publish(work, &envelope_key, &queued, audience, *newcomers_until).await?;
    }
    Ok(header.id)
}

async fn queue_relay(
    post: &Post,
    work: &mut Work<'_>,
    relay: &Relay,
) -> Result<MessageId, SendError> {
    let remark_chars = relay.remark.chars().count();
    if remark_chars > REMARK_CHARS_MAX {
        return Err(SendError::TooLarge {
            what: "the remark",
            size: remark_chars,
            limit: REMARK_CHARS_MAX,
        });
    }
    let unknown = || SendError::UnknownMessage { message: relay.message.clone() };
    let envelope_key = message_key(&relay.origin, &relay.message);
    let mut envelope: Envelope = work.get(ENVELOPE, &envelope_key).await?.ok_or_else(unknown)?;
    let header = envelope.claimed_header().map_err(|_| unknown())?;
    check_relay(&header)?;
    if let Members::These(children) = &relay.to {
        for child in children {
            known_hop(work, child).await?;
        }
    }
    let message = envelope_key.clone();
    let queued = if header.origin == post.me().id {
        // Our own message, for children that enrolled after it went out: there is no relay in between.
        let digest = envelope.message.digest();
        Queued { message: header.id.clone(), digest, envelope: envelope_key }
    } else {
        keep_with_via(post, work, &mut envelope, &header, &relay.remark)?
    };
    match &relay.to {
        Members::These(children) => {
            for child in children {
                hand_over(work, child, &queued).await?;
            }
        }
        Members::Reached { audience, newcomers_until } => {
            publish(work, &message, &queued, audience, *newcomers_until).await?;
        }
    }
    Ok(header.id)
}

/// Adds our route record to an envelope that passes through and keeps it for handing over.
pub(super) fn keep_with_via(
    post: &Post,
    work: &mut Work<'_>,
    envelope: &mut Envelope,
    header: &MessageHeader,
    remark: &str,
) -> Result<Queued, LedgerError> {
    let at = work.at();
    add_via(envelope, &post.me().id, at, remark, &post.key);
    let digest = envelope.message.digest();
    let message = message_key(&header.origin, &header.id);
    let envelope_key = format!("{message}/{}", sakimori_words::new_uuid7(at, &*post.chance));
    let stream = journal_stream(&post.me().id);
    let body = json!({ "message": header.id, "digest": digest, "remark": remark });
    work.fact(&stream, "passed_on", &body)?;
    work.put(ENVELOPE, &envelope_key, envelope)?;
    Ok(Queued { message: header.id.clone(), digest, envelope: envelope_key })
}

/// Puts an envelope at the end of the queue for `hop`.
pub(super) async fn hand_over(
    work: &mut Work<'_>,
    hop: &OrganisationId,
    queued: &Queued,
) -> Result<(), LedgerError> {
    let mut link: Link = work.get(LINK, hop.as_str()).await?.unwrap_or_default();
    let seq = link.queue();
    let body = json!({ "seq": seq, "message": queued.message, "digest": queued.digest });
    work.fact(&journal_stream(hop), "queued", &body)?;
    work.put(LINK, hop.as_str(), &link)?;
    work.put(OUTBOX, &numbered(hop.as_str(), seq), queued)
}

/// Under which name our own acts appear in the journal.
pub(super) fn own_actor(post: &Post) -> String {
    format!("org:{}", post.me().id)
}

async fn hops(
    post: &Post,
    work: &mut Work<'_>,
    outgoing: &Outgoing,
) -> Result<(Option<OrganisationId>, Vec<OrganisationId>), SendError> {
    let (to, mut hops) = match (&outgoing.to, &outgoing.routes) {
        (Addressee::Members(Members::These(children)), _) => (None, children.clone()),
        (Addressee::Members(Members::Reached { .. }), _) => (None, vec![]),
        (Addressee::Organisation(to), Routes::Over(hops)) => (Some(to.clone()), hops.clone()),
        (Addressee::Organisation(to), Routes::Best) => {
            let hop = best_hop(post, to, None).await?;
            let hop = hop.ok_or_else(|| SendError::NoRoute { to: to.clone() })?;
            (Some(to.clone()), vec![hop])
        }
    };
    hops.sort();
    hops.dedup();
    for hop in &hops {
        known_hop(work, hop).await?;
    }
    if let (Some(to), true) = (&to, hops.is_empty()) {
        return Err(SendError::NoRoute { to: to.clone() });
    }
    Ok((to, hops))
}

async fn known_hop(work: &mut Work<'_>, hop: &OrganisationId) -> Result<(), SendError> {
    let known: Option<Neighbour> = work.get(NEIGHBOUR, hop.as_str()).await?;
    match known.filter(Neighbour::is_active) {
        Some(_) => Ok(()),
        None => Err(SendError::NoRoute { to: hop.clone() }),
    }
}

/// One stream per addressee and set of routes: whatever leaves by the same routes arrives in order, and a broken line on
/// one route never holds up what goes by another.
fn stream_name(to: Option<&OrganisationId>, hops: &[OrganisationId]) -> String {
    let Some(to) = to else { return MEMBERS_STREAM.to_owned() };
    if hops.iter().all(|hop| hop == to) {
        return DIRECT_STREAM.to_owned();
    }
    let name: Vec<&str> = hops.iter().map(OrganisationId::as_str).collect();
    let name = name.join("+");
    if name.len() <= STREAM_BYTES_MAX { name } else { Digest::of(name.as_bytes()).to_string() }
}

fn check_body(outgoing: &Outgoing) -> Result<(), SendError> {
    let size = outgoing.body.to_string().len();
    if size > BODY_BYTES_MAX {
        return Err(SendError::TooLarge { what: "the body", size, limit: BODY_BYTES_MAX });
    }
    let n_files = outgoing.files.len();
    if n_files > FILES_MAX {
        let what = "the list of files";
        return Err(SendError::TooLarge { what, size: n_files, limit: FILES_MAX });
    }
    Ok(())
}

/// Passing on is for published messages whose label allows it: AMBER+STRICT and RED end at the first recipient.
fn check_relay(header: &MessageHeader) -> Result<(), SendError> {
    if header.to.is_some() {
        return Err(SendError::NotPublished { message: header.id.clone() });
    }
    if header.tlp > Tlp::Amber {
        return Err(SendError::MarkingForbids { label: header.tlp.label() });
    }
    Ok(())
}
