//! How far a neighbour says it has read: confirming, sending again, numbering anew.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use sakimori_ledger::LedgerError;
use sakimori_words::OrganisationId;
use serde_json::json;

use super::Post;
use super::shelves::{LINK, OUTBOX, Queued, journal_stream, numbered, seq_of};
use super::work::Work;
use crate::exchange::{PAGE_ITEMS_MAX, ReadMark, RefusedItem};
use crate::link::{Confirmation, Link};
use crate::troubles;

/// How many records of the outbox are read at a time.
const PAGE: usize = 1_000;

/// Notes how far the neighbour has read, and numbers anew when it remembers more than we do. Returns whether it has read further
/// than it had told before.
pub(super) async fn confirm(
    post: &Post,
    work: &mut Work<'_>,
    from: &OrganisationId,
    have: &ReadMark,
) -> Result<bool, LedgerError> {
    let mut link: Link = work.get(LINK, from.as_str()).await?.unwrap_or_default();
    let sent: Option<Queued> = work.get(OUTBOX, &numbered(from.as_str(), have.seq)).await?;
    let stream = journal_stream(from);
    match link.confirmation(have, sent.map(|sent| sent.digest)) {
        Confirmation::Same => return Ok(false),
        Confirmation::Absurd => return refuse(post, work, from, have),
        Confirmation::Forked if !link.may_number_anew(work.at()) => {
            return refuse(post, work, from, have);
        }
        Confirmation::UpTo => work.fact(&stream, "confirmed", have)?,
        Confirmation::Forked => {
            work.fact(&stream, "numbered_anew", &json!({ "theirs": have, "ours": link }))?;
            number_anew(post, work, from, &mut link, have).await?;
        }
    }
    let more = have.seq > link.confirmed.seq;
    link.confirmed = have.clone();
    work.put(LINK, from.as_str(), &link)?;
    Ok(more)
}

/// The mark is not believed and nothing changes. Recorded, but never so often that the neighbour fills our journal with it.
fn refuse(
    post: &Post,
    work: &mut Work<'_>,
    from: &OrganisationId,
    have: &ReadMark,
) -> Result<bool, LedgerError> {
    let (stream, code) = (journal_stream(from), troubles::OUT_OF_SCOPE.code);
    let silent = {
        let mut refusals = post.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.record(&stream, code, work.at())
    };
    if let Some(n_silent_before) = silent {
        let body = json!({ "code": code, "have": have.seq, "n_silent_before": n_silent_before });
        work.fact(&stream, "read_mark_refused", &body)?;
    }
    Ok(false)
}

/// We were restored from an older copy and the neighbour has read further than we remember sending. What it has not confirmed in
/// our memory and would not get behind its mark anyway is queued once more; what it knows already it recognises by id.
async fn number_anew(
    post: &Post,
    work: &mut Work<'_>,
    from: &OrganisationId,
    link: &mut Link,
    have: &ReadMark,
) -> Result<(), LedgerError> {
    let unconfirmed = unconfirmed(post, from, link.confirmed.seq).await?;
    link.last = link.last.max(have.seq);
    link.numbered_anew_at = Some(work.at());
    let behind = unconfirmed.iter().filter(|(seq, _)| *seq > have.seq);
    let mut queued_already: BTreeSet<&str> =
        behind.map(|(_, queued)| queued.envelope.as_str()).collect();
    for (seq, queued) in &unconfirmed {
        if *seq <= have.seq && queued_already.insert(&queued.envelope) {
            let next = link.queue();
            work.put(OUTBOX, &numbered(from.as_str(), next), queued)?;
        }
    }
    Ok(())
}

/// What lies in the outbox for the neighbour behind `after`. Walks the records that are there, never the numbers: how many of
/// those there are is the neighbour's word.
async fn unconfirmed(
    post: &Post,
    from: &OrganisationId,
    after: u64,
) -> Result<Vec<(u64, Queued)>, LedgerError> {
    let mut unconfirmed = vec![];
    let mut after = numbered(from.as_str(), after);
    loop {
        let page = post.store.list(OUTBOX, Some(&after), PAGE).await?;
        for record in &page {
            let Some(seq) = seq_of(&record.key, from) else { return Ok(unconfirmed) };
            unconfirmed.push((seq, record.read()?));
        }
        match page.last() {
            Some(last) if page.len() == PAGE => after.clone_from(&last.key),
            _ => return Ok(unconfirmed),
        }
    }
}

/// Notes what the neighbour did not believe of what we sent.
pub(super) fn note_their_refusals(
    work: &mut Work<'_>,
    from: &OrganisationId,
    refused: &[RefusedItem],
) -> Result<(), LedgerError> {
    for item in refused.iter().take(PAGE_ITEMS_MAX) {
        work.fact(&journal_stream(from), "refused_by_neighbour", item)?;
    }
    Ok(())
}
