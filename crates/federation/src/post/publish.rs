//! What is published to all whom a rule reaches: kept once, and laid into a child's queue when that child next asks.
//!
//! The queue of a child stays what it is, numbered without gaps and confirmed by the child; only the moment at which a published
//! message enters it is the child's own. So publishing costs one record, whoever it is for.

use sakimori_ledger::LedgerError;
use sakimori_words::{Audience, Instant, MessageId, OrganisationId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Post;
use super::send::{TRIES_MAX, hand_over, own_actor};
use super::shelves::{COUNTER, LINK, PUBLISHED, PUBLISHED_AS, Queued, message_key, numbered};
use super::work::Work;
use crate::link::Link;
use crate::neighbour::Neighbour;

/// Counts what is published.
pub(super) const N_PUBLISHED: &str = "published";

/// A published message and whom it is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Published {
    queued: Queued,
    audience: Audience,
    at: Instant,
    newcomers_until: Instant,
    /// Since when newcomers get it no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retired_at: Option<Instant>,
}

impl Published {
    /// Whether it is handed to `child`, that asks at `now`.
    fn is_for(&self, child: &Neighbour, now: Instant) -> bool {
        let newcomer = child.enrolled_at > self.at;
        let too_late = now > self.newcomers_until
            || self.retired_at.is_some_and(|retired_at| child.enrolled_at > retired_at);
        self.audience.reach(&child.organisation) && !(newcomer && too_late)
    }
}

/// Keeps `queued` for all whom `audience` reaches.
pub(super) async fn publish(
    work: &mut Work<'_>,
    key: &str,
    queued: &Queued,
    audience: &Audience,
    newcomers_until: Instant,
) -> Result<(), LedgerError> {
    let number = work.get::<u64>(COUNTER, N_PUBLISHED).await?.unwrap_or(0) + 1;
    let published = Published {
        queued: queued.clone(),
        audience: audience.clone(),
        at: work.at(),
        newcomers_until,
        retired_at: None,
    };
    work.fact("post/published", "published", &json!({ "number": number, "message": key }))?;
    work.put(COUNTER, N_PUBLISHED, &number)?;
    work.put(PUBLISHED, &place(number), &published)?;
    // A message that is passed on twice is found by its later place.
    let _: Option<u64> = work.get(PUBLISHED_AS, key).await?;
    work.put(PUBLISHED_AS, key, &number)
}

/// Newcomers get it no longer. Nothing happens when it was never published by a rule.
pub(super) async fn retire(
    work: &mut Work<'_>,
    origin: &OrganisationId,
    message: &MessageId,
) -> Result<(), LedgerError> {
    let key = message_key(origin, message);
    let Some(number) = work.get::<u64>(PUBLISHED_AS, &key).await? else { return Ok(()) };
    let Some(published) = work.get::<Published>(PUBLISHED, &place(number)).await? else {
        return Ok(());
    };
    let published = Published { retired_at: Some(work.at()), ..published };
    work.fact("post/published", "retired", &json!({ "number": number, "message": key }))?;
    work.put(PUBLISHED, &place(number), &published)
}

/// Lays everything published up to `last` that is for `child` into its queue, each once. Whoever calls goes on from what was
/// looked through already.
pub(super) async fn lay_out(
    post: &Post,
    child: &Neighbour,
    after: u64,
    last: u64,
) -> Result<(), LedgerError> {
    let due = due(post, child, after, last).await?;
    if due.is_empty() {
        return Ok(());
    }
    let mut tries = 0;
    loop {
        tries += 1;
        let mut work = Work::new(&*post.store, post.clock.now(), own_actor(post));
        hand_over_due(&mut work, child, &due, last).await?;
        match work.commit(vec![]).await {
            Err(error) if error.is_conflict() && tries < TRIES_MAX => {}
            done => return done,
        }
    }
}

async fn hand_over_due(
    work: &mut Work<'_>,
    child: &Neighbour,
    due: &[(u64, Queued)],
    last: u64,
) -> Result<(), LedgerError> {
    let id = child.id().as_str();
    let before = work.get::<Link>(LINK, id).await?.unwrap_or_default().published;
    let due: Vec<&Queued> =
        due.iter().filter(|(number, _)| *number > before).map(|(_, queued)| queued).collect();
    for queued in &due {
        hand_over(work, child.id(), queued).await?;
    }
    if due.is_empty() {
        return Ok(());
    }
    let mut link: Link = work.get(LINK, id).await?.unwrap_or_default();
    link.published = last.max(before);
    work.put(LINK, id, &link)
}

/// How many published messages wait for `child` that are not in its queue yet.
pub(super) async fn n_due(post: &Post, child: &Neighbour, after: u64) -> Result<u64, LedgerError> {
    let last = post.store.get(COUNTER, N_PUBLISHED).await?;
    let last: u64 = last.map(|record| record.read()).transpose()?.unwrap_or(0);
    Ok(due(post, child, after, last).await?.len() as u64)
}

async fn due(
    post: &Post,
    child: &Neighbour,
    after: u64,
    last: u64,
) -> Result<Vec<(u64, Queued)>, LedgerError> {
    let now = post.clock.now();
    let mut due = vec![];
    for number in after + 1..=last {
        let Some(record) = post.store.get(PUBLISHED, &place(number)).await? else { continue };
        let published: Published = record.read()?;
        if published.is_for(child, now) {
            due.push((number, published.queued));
        }
    }
    Ok(due)
}

fn place(number: u64) -> String {
    numbered("all", number)
}
