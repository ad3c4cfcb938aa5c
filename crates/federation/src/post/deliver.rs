//! Offering accepted messages to the stages, each exactly once.

use std::collections::BTreeSet;

use futures::future::join_all;
use sakimori_ledger::{LedgerError, Record, list_all};
use serde_json::json;

use super::Post;
use super::intake::is_about_content;
use super::send::{TRIES_MAX, own_actor, queue};
use super::shelves::{ASIDE, Arrived, ENVELOPE, INBOX, journal_stream};
use super::work::Work;
use crate::errors::{Refusal, SendError};
use crate::message::{Delivered, Envelope, Standing, Via, clip, read_json};
use crate::parcel::{Delivery, Handler, HandlerError, Parcel, Taken};
use crate::troubles;

/// How many messages are read from the inbox at a time.
const PAGE: usize = 100;

pub(super) async fn deliver(
    post: &Post,
    handlers: &[&dyn Handler],
) -> Result<Delivery, LedgerError> {
    let mut delivery = Delivery::default();
    loop {
        // Every message leaves the inbox, taken or set aside, so the first page is always the next one.
        let page = post.store.list(INBOX, None, PAGE).await?;
        if page.is_empty() {
            return Ok(delivery);
        }
        let mut rest = page.as_slice();
        while !rest.is_empty() {
            let (n_tried, are_taken) = together(post, handlers, rest).await?;
            let (tried, after) = rest.split_at(n_tried.clamp(1, rest.len()));
            if are_taken {
                delivery.n_taken += tried.len();
            } else {
                for record in tried {
                    one(post, handlers, INBOX, record, &mut delivery).await?;
                }
            }
            rest = after;
        }
    }
}

/// Delivers as many messages from the beginning of `records` as may go into one change: those a stage takes and that touch no
/// record twice. How many these are, and whether it worked; otherwise they are taken one by one.
async fn together(
    post: &Post,
    handlers: &[&dyn Handler],
    records: &[Record],
) -> Result<(usize, bool), LedgerError> {
    let _one_after_the_other = post.delivering.lock().await;
    let mut offers: Vec<(&str, Arrived, Taken)> = vec![];
    let mut touched = BTreeSet::new();
    for (record, (arrived, offered)) in
        records.iter().zip(offer_all(post, handlers, records).await?)
    {
        let Ok(Ok(taken)) = offered else { break };
        let places: Vec<_> = taken.facts.iter().flat_map(|fact| &fact.puts).collect();
        if places.iter().any(|put| touched.contains(&(put.shelf.clone(), put.key.clone()))) {
            break;
        }
        touched.extend(places.iter().map(|put| (put.shelf.clone(), put.key.clone())));
        offers.push((&record.key, arrived, taken));
    }
    let n_tried = offers.len();
    if n_tried < 2 {
        return Ok((n_tried, false));
    }
    let _one_at_a_time = post.changing.lock().await;
    match conclude_together(post, &offers).await {
        // One of them is at odds with the ledger: it is found when each is taken alone.
        Err(error) if is_about_content(&error) => Ok((n_tried, false)),
        concluded => Ok((n_tried, concluded?)),
    }
}

/// Offers messages, at the same time to stages that only read; to others one after the other up to the first that is not taken.
async fn offer_all(
    post: &Post,
    handlers: &[&dyn Handler],
    records: &[Record],
) -> Result<Vec<(Arrived, Offered)>, LedgerError> {
    let arrived: Vec<Arrived> = records.iter().map(Record::read).collect::<Result<_, _>>()?;
    // One that cannot be read ends the run; those before it are delivered all the same.
    let delivered = join_all(arrived.iter().map(|one| delivered(post, one))).await;
    let mut readable = delivered.iter().filter_map(|one| one.as_ref().ok()?.as_ref());
    let only_read =
        readable.all(|one| handler_of(handlers, one).is_none_or(|handler| handler.only_reads()));
    if only_read {
        let offered = join_all(delivered.into_iter().map(|one| offer_one(handlers, one))).await;
        return Ok(arrived.into_iter().zip(offered).collect());
    }
    let mut offers = vec![];
    for (arrived, delivered) in arrived.into_iter().zip(delivered) {
        let offered = offer_one(handlers, delivered).await;
        let goes_on = matches!(offered, Ok(Ok(_)));
        offers.push((arrived, offered));
        if !goes_on {
            break;
        }
    }
    Ok(offers)
}

/// `false`: another process took one of them meanwhile, and nothing is kept.
async fn conclude_together(
    post: &Post,
    offers: &[(&str, Arrived, Taken)],
) -> Result<bool, LedgerError> {
    let mut work = Work::new(&*post.store, post.clock.now(), own_actor(post));
    work.read_ahead(offers.iter().map(|(key, ..)| (INBOX, (*key).to_owned())).collect()).await?;
    let mut facts = vec![];
    for (key, arrived, taken) in offers {
        if work.get::<Arrived>(INBOX, key).await?.is_none() {
            return Ok(false);
        }
        note_taken(post, &mut work, INBOX, key, arrived, taken).await?;
        facts.extend(taken.facts.iter().cloned());
    }
    work.commit(facts).await.map(|()| true)
}

pub(super) async fn deliver_set_aside(
    post: &Post,
    handlers: &[&dyn Handler],
) -> Result<Delivery, LedgerError> {
    let mut delivery = Delivery::default();
    for record in list_all(&*post.store, ASIDE).await? {
        one(post, handlers, ASIDE, &record, &mut delivery).await?;
    }
    Ok(delivery)
}

/// Delivers one message: its removal from the inbox, the stage's facts and its answers are one commit.
async fn one(
    post: &Post,
    handlers: &[&dyn Handler],
    shelf: &'static str,
    record: &Record,
    delivery: &mut Delivery,
) -> Result<(), LedgerError> {
    let arrived: Arrived = record.read()?;
    let _one_after_the_other = post.delivering.lock().await;
    let mut tries = 0;
    loop {
        tries += 1;
        let mut offered = match offer(post, handlers, &arrived).await {
            Err(error) if is_unfit(&error) => Err(cannot_be_kept(&error)),
            offered => offered?,
        };
        if offered.is_err() && shelf == ASIDE {
            return Ok(());
        }
        let _one_at_a_time = post.changing.lock().await;
        let mut concluded = conclude(post, shelf, &record.key, &arrived, offered.as_ref()).await;
        if let Some(error) = concluded.as_ref().err().filter(|error| is_unfit(error)) {
            if shelf == ASIDE {
                return Ok(());
            }
            // What a stage wants kept of it will not fit next time either. Without this nothing behind it would be delivered.
            offered = Err(cannot_be_kept(error));
            concluded = conclude(post, shelf, &record.key, &arrived, offered.as_ref()).await;
        }
        match concluded {
            Err(error) if error.is_conflict() && tries < TRIES_MAX => continue,
            Err(error) => return Err(error),
            Ok(false) => {}
            Ok(true) if offered.is_ok() => delivery.n_taken += 1,
            Ok(true) => delivery.n_set_aside += 1,
        }
        return Ok(());
    }
}

const fn is_unfit(error: &LedgerError) -> bool {
    matches!(error, LedgerError::Unfit { .. })
}

/// Why a message is set aside whose outcome the ledger will not keep.
fn cannot_be_kept(error: &LedgerError) -> String {
    Refusal::CannotBeKept { why: clip(&error.to_string()) }.trouble().to_string()
}

/// What the stage makes of a message, or why it is set aside.
type Offered = Result<Result<Taken, String>, LedgerError>;

async fn offer(post: &Post, handlers: &[&dyn Handler], arrived: &Arrived) -> Offered {
    offer_one(handlers, delivered(post, arrived).await).await
}

/// The stage that takes a message.
fn handler_of<'h>(handlers: &[&'h dyn Handler], delivered: &Delivered) -> Option<&'h dyn Handler> {
    let message_type = &delivered.header.message_type;
    let passing = delivered.standing == Standing::Passing;
    let takes = |handler: &&&dyn Handler| {
        if passing { handler.takes_passing(message_type) } else { handler.takes(message_type) }
    };
    handlers.iter().find(takes).copied()
}

async fn offer_one(
    handlers: &[&dyn Handler],
    delivered: Result<Option<Delivered>, LedgerError>,
) -> Offered {
    let Some(delivered) = delivered? else {
        return Ok(Err("the envelope cannot be read".to_owned()));
    };
    let message_type = &delivered.header.message_type;
    let passing = delivered.standing == Standing::Passing;
    let handler = handler_of(handlers, &delivered);
    let Some(handler) = handler else {
        let code = troubles::NOT_UNDERSTOOD.code;
        // What only passes through was forwarded already; nobody here needs to read it.
        let unread =
            if passing { Ok(Taken::default()) } else { Err(format!("{code} {message_type}")) };
        return Ok(unread);
    };
    match handler.take(&delivered).await {
        Ok(taken) => Ok(Ok(taken)),
        Err(HandlerError::Ledger(error)) => Err(error),
        Err(HandlerError::NotUnderstood(trouble)) => Ok(Err(trouble.to_string())),
    }
}

/// Takes the message out of the inbox together with everything the stage wants kept and sent. `false`: another process, or an
/// earlier call, took it meanwhile, and nothing is kept or sent again.
async fn conclude(
    post: &Post,
    shelf: &'static str,
    key: &str,
    arrived: &Arrived,
    offered: Result<&Taken, &String>,
) -> Result<bool, LedgerError> {
    let mut work = Work::new(&*post.store, post.clock.now(), own_actor(post));
    if work.get::<Arrived>(shelf, key).await?.is_none() {
        return Ok(false);
    }
    let stream = journal_stream(&arrived.from);
    match offered {
        Ok(taken) => {
            note_taken(post, &mut work, shelf, key, arrived, taken).await?;
            work.commit(taken.facts.clone()).await?;
        }
        Err(why) => {
            work.fact(&stream, "set_aside", &json!({ "envelope": arrived.envelope, "why": why }))?;
            work.remove(shelf, key);
            work.put(ASIDE, key, arrived)?;
            work.commit(vec![]).await?;
        }
    }
    Ok(true)
}

async fn note_taken(
    post: &Post,
    work: &mut Work<'_>,
    shelf: &'static str,
    key: &str,
    arrived: &Arrived,
    taken: &Taken,
) -> Result<(), LedgerError> {
    let stream = journal_stream(&arrived.from);
    work.fact(&stream, "delivered", &json!({ "envelope": arrived.envelope }))?;
    work.remove(shelf, key);
    for parcel in &taken.parcels {
        queue_answer(post, work, &stream, parcel).await?;
    }
    Ok(())
}

async fn queue_answer(
    post: &Post,
    work: &mut Work<'_>,
    stream: &str,
    parcel: &Parcel,
) -> Result<(), LedgerError> {
    match queue(post, work, parcel).await {
        Ok(_) => Ok(()),
        Err(SendError::Ledger(error)) => Err(error),
        // The message itself is taken; that the answer found no way is in the journal.
        Err(error) => {
            work.fact(stream, "answer_not_queued", &json!({ "why": error.trouble().to_string() }))
        }
    }
}

async fn delivered(post: &Post, arrived: &Arrived) -> Result<Option<Delivered>, LedgerError> {
    let Some(record) = post.store.get(ENVELOPE, &arrived.envelope).await? else { return Ok(None) };
    let envelope: Envelope = record.read()?;
    let Ok(header) = envelope.claimed_header() else { return Ok(None) };
    // Signatures were checked when the envelope was accepted; since then only the ledger held it.
    let vias = envelope.vias.iter().filter_map(|via| read_json::<Via>(via.unverified()).ok());
    Ok(Some(Delivered {
        header,
        payload: envelope.message.unverified().to_vec(),
        vias: vias.collect(),
        from: arrived.from.clone(),
        received_at: arrived.received_at,
        standing: arrived.standing,
        another_route: arrived.another_route,
        digest: envelope.message.digest(),
    }))
}
