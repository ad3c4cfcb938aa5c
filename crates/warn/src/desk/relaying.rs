//! Passing a warning on to those below (周知).

use sakimori_federation::{Members, Parcel, Relay};
use sakimori_ledger::Put;
use sakimori_words::Instant;
use serde_json::json;

use super::institution::word_parcel;
use super::members::n_addressed;
use super::{NewRelay, RECEIVED, WarningDesk, expecting, fact, record_key};
use crate::error::WarnError;
use crate::received::{ReceivedWarning, RelayRecord};
use crate::warning::Warning;

/// A newcomer is handed warnings released so many days ago or less.
const HAND_OVER_DAYS: i64 = 90;

pub(super) async fn relay(
    desk: &WarningDesk,
    relay: &NewRelay,
) -> Result<ReceivedWarning, WarnError> {
    let (mut received, version): (ReceivedWarning, u64) =
        desk.load(RECEIVED, &record_key(&relay.key)).await?;
    let now = desk.clock.now();
    let mut parcels = retired(&received);
    let revision = received.current_mut()?;
    // An office with nobody of its own below has done its part too; whoever enrols later is handed it.
    let n_to = n_below_for(desk, &revision.warning).await?;
    revision.relay =
        Some(RelayRecord { by: relay.by.clone(), at: now, remark: relay.remark.clone(), n_to });
    parcels.push(Parcel::Relay(Relay {
        origin: revision.warning.key.origin.clone(),
        message: revision.message.clone(),
        to: members(&revision.warning, now),
        remark: relay.remark.clone(),
    }));
    parcels.push(word_parcel(desk, revision, revision.neighbours()));
    let body =
        json!({ "revision": revision.warning.revision, "remark": relay.remark, "n_to": n_to });
    let put = Put::new(RECEIVED, record_key(&relay.key), &received)?;
    let fact = fact(&relay.key, "warning_relayed", now, &relay.by, &body)?
        .put(expecting(put, Some(version)));
    desk.commit(parcels, vec![fact]).await?;
    Ok(received)
}

/// Earlier revisions that we passed on are for newcomers no longer.
fn retired(received: &ReceivedWarning) -> Vec<Parcel> {
    let relayed = received.revisions.iter().filter(|revision| revision.relay.is_some());
    let retire = relayed.map(|revision| Parcel::Retire {
        origin: received.key.origin.clone(),
        message: revision.message.clone(),
    });
    retire.collect()
}

/// Everybody below whom the warning is for, and for a while also those who enrol later. Newcomers are not told of what was withdrawn.
pub(super) fn members(warning: &Warning, now: Instant) -> Members {
    let days = if warning.content.withdrawn.is_some() { 0 } else { HAND_OVER_DAYS };
    let audience = warning.content.addressees.clone();
    Members::Reached { audience, newcomers_until: now.plus_days(days) }
}

/// To how many a warning goes: children it is handed to, and members of the register, who read it here.
pub(super) async fn n_below_for(desk: &WarningDesk, warning: &Warning) -> Result<u32, WarnError> {
    let n_members = n_addressed(desk, warning).await?;
    let n = desk.post.n_reached(&warning.content.addressees).await? + n_members;
    Ok(u32::try_from(n).unwrap_or(u32::MAX))
}
