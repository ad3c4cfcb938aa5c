//! Taking in a half: in one change when all of it can be kept, else envelope by envelope.

use std::sync::PoisonError;

use sakimori_ledger::LedgerError;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use super::Post;
use super::receive::{
    Received, keep_refused, looked_at, pass_over, receive, receive_item, receive_marks,
};
use super::send::TRIES_MAX;
use super::work::Work;
use crate::exchange::{Half, Item, PAGE_ITEMS_MAX, RefusedItem};
use crate::neighbour::Neighbour;

/// Most halves that are taken in together.
const HALVES_MAX: usize = 64;

/// What is taken in by one change.
#[derive(Clone, Copy)]
enum Part<'h> {
    /// A half with everything in it.
    Whole(&'h Half),
    /// Only how far the neighbour has read and what it refused.
    Marks(&'h Half),
    /// One envelope.
    One(&'h Item),
    /// One envelope that could not be kept, and why.
    Unfit(&'h Item, &'h LedgerError),
    /// What the neighbour is told about refusals.
    Refusals(&'h [RefusedItem]),
}

/// A half that waits to be taken in.
pub(super) struct Waiting {
    from: Neighbour,
    half: Half,
    reply: oneshot::Sender<Result<Received, LedgerError>>,
}

/// Takes in a half and commits. Halves that come while another is being written are taken in together, by one change and one
/// flush to disk.
pub(super) async fn take_half(
    post: &Post,
    from: &Neighbour,
    half: &Half,
) -> Result<Received, LedgerError> {
    let mut taken = wait(post, from, half);
    let _one_at_a_time = post.changing.lock().await;
    loop {
        match taken.try_recv() {
            Ok(received) => return received,
            Err(TryRecvError::Empty) => take_waiting(post).await,
            // Whoever had it in hand went away before the commit.
            Err(TryRecvError::Closed) => taken = wait(post, from, half),
        }
    }
}

fn wait(
    post: &Post,
    from: &Neighbour,
    half: &Half,
) -> oneshot::Receiver<Result<Received, LedgerError>> {
    let (reply, taken) = oneshot::channel();
    let waiting = Waiting { from: from.clone(), half: half.clone(), reply };
    post.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(waiting);
    taken
}

/// Takes in what waits longest.
async fn take_waiting(post: &Post) {
    let batch: Vec<Waiting> = {
        let mut waiting = post.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let n = waiting.len().min(HALVES_MAX);
        waiting.drain(..n).collect()
    };
    if let [_, _, ..] = batch.as_slice()
        && let Ok(received) = take_together(post, &batch).await
    {
        for (waiting, received) in batch.into_iter().zip(received) {
            // Whoever went away no longer wants to know.
            drop(waiting.reply.send(Ok(received)));
        }
        return;
    }
    for Waiting { from, half, reply } in batch {
        drop(reply.send(take_alone(post, &from, &half).await));
    }
}

/// All of them in one change, or none.
async fn take_together(post: &Post, batch: &[Waiting]) -> Result<Vec<Received>, LedgerError> {
    let mut work = Work::new(&*post.store, post.clock.now(), String::new());
    let looked_at = batch.iter().flat_map(|waiting| looked_at(&waiting.from, &waiting.half));
    work.read_ahead(looked_at.collect()).await?;
    let mut received = vec![];
    for Waiting { from, half, .. } in batch {
        work.speak_for(format!("org:{}", from.id()));
        received.push(receive(post, &mut work, from, half).await?);
    }
    work.commit(vec![]).await?;
    Ok(received)
}

async fn take_alone(post: &Post, from: &Neighbour, half: &Half) -> Result<Received, LedgerError> {
    match commit(post, from, Part::Whole(half)).await {
        Err(error) if is_about_content(&error) => one_by_one(post, from, half).await,
        taken => taken,
    }
}

/// One envelope that the ledger cannot keep would stop the link for ever, and with it everybody behind the same relay: the half
/// comes again, as it is, with every round. So the bad one is found and passed over.
async fn one_by_one(post: &Post, from: &Neighbour, half: &Half) -> Result<Received, LedgerError> {
    let mut received = commit(post, from, Part::Marks(half)).await?;
    for item in half.items.iter().take(PAGE_ITEMS_MAX) {
        let taken = match commit(post, from, Part::One(item)).await {
            Err(error) if is_about_content(&error) => {
                commit(post, from, Part::Unfit(item, &error)).await?
            }
            taken => taken?,
        };
        received.add(taken);
    }
    commit(post, from, Part::Refusals(&received.refused)).await?;
    Ok(received)
}

/// Whether the ledger works and only will not keep this: it is unfit, or at odds with a record that stays as it is.
pub(super) const fn is_about_content(error: &LedgerError) -> bool {
    matches!(error, LedgerError::Unfit { .. }) || error.is_conflict()
}

/// Takes in a part; tried again when another process changed the same records.
async fn commit(post: &Post, from: &Neighbour, part: Part<'_>) -> Result<Received, LedgerError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let mut work = Work::new(&*post.store, post.clock.now(), format!("org:{}", from.id()));
        let received = take(post, &mut work, from, part).await?;
        match work.commit(vec![]).await {
            Err(error) if error.is_conflict() && tries < TRIES_MAX => {}
            Err(error) => return Err(error),
            Ok(()) => return Ok(received),
        }
    }
}

async fn take(
    post: &Post,
    work: &mut Work<'_>,
    from: &Neighbour,
    part: Part<'_>,
) -> Result<Received, LedgerError> {
    match part {
        Part::Whole(half) => {
            work.read_ahead(looked_at(from, half)).await?;
            receive(post, work, from, half).await
        }
        Part::Marks(half) => receive_marks(post, work, from, half).await,
        Part::One(item) => receive_item(post, work, from, item).await,
        Part::Unfit(item, error) => pass_over(work, from, item, error).await,
        Part::Refusals(refused) => {
            keep_refused(work, from.id(), refused).await.map(|()| Received::default())
        }
    }
}
