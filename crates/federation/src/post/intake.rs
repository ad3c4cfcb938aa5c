//! Taking in a half: in one change when all of it can be kept, else envelope by envelope.

use sakimori_ledger::LedgerError;

use super::Post;
use super::receive::{Received, keep_refused, pass_over, receive, receive_item, receive_marks};
use super::send::TRIES_MAX;
use super::work::Work;
use crate::exchange::{Half, Item, PAGE_ITEMS_MAX, RefusedItem};
use crate::neighbour::Neighbour;

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

/// Takes in a half and commits.
pub(super) async fn take_half(
    post: &Post,
    from: &Neighbour,
    half: &Half,
) -> Result<Received, LedgerError> {
    let _one_at_a_time = post.changing.lock().await;
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
        Part::Whole(half) => receive(post, work, from, half).await,
        Part::Marks(half) => receive_marks(post, work, from, half).await,
        Part::One(item) => receive_item(post, work, from, item).await,
        Part::Unfit(item, error) => pass_over(work, from, item, error).await,
        Part::Refusals(refused) => {
            keep_refused(work, from.id(), refused).await.map(|()| Received::default())
        }
    }
}
