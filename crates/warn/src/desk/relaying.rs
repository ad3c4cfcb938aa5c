//! Passing a warning on to those below (周知), and handing current ones to newcomers.

use sakimori_federation::{Neighbour, Parcel, Relation, Relay};
use sakimori_ledger::{Fact, LedgerError, Put};
use sakimori_words::{Instant, MessageId, OrganisationId};
use serde_json::json;

use super::institution::word_parcel;
use super::issuing::with_puts;
use super::{
    HANDED, ISSUED, NewRelay, RECEIVED, Tended, WarningDesk, expecting, fact, members, read_all,
    record_key, stream,
};
use crate::draft::IssuedWarning;
use crate::error::WarnError;
use crate::received::{ReceivedWarning, RelayRecord};
use crate::warning::Warning;

/// A newcomer is handed warnings released so many days ago or less.
const HAND_OVER_DAYS: i64 = 90;
/// How many warnings are looked through for newcomers.
const LOOK_BACK_MAX: usize = 500;

pub(super) async fn relay(
    desk: &WarningDesk,
    relay: &NewRelay,
) -> Result<ReceivedWarning, WarnError> {
    let (mut received, version): (ReceivedWarning, u64) =
        desk.load(RECEIVED, &record_key(&relay.key)).await?;
    let now = desk.clock.now();
    let revision = received.current_mut()?;
    let children = children_for(desk, &revision.warning).await?;
    if children.is_empty() && members::addressed(desk, &revision.warning).await?.is_empty() {
        return Err(WarnError::NobodyBelow);
    }
    revision.relay = Some(RelayRecord {
        by: relay.by.clone(),
        at: now,
        remark: relay.remark.clone(),
        n_to: u32::try_from(children.len()).unwrap_or(u32::MAX),
    });
    let passed_on = Parcel::Relay(Relay {
        origin: revision.warning.key.origin.clone(),
        message: revision.message.clone(),
        to: children.clone(),
        remark: relay.remark.clone(),
    });
    let answer = word_parcel(desk, revision, revision.neighbours());
    let puts = handed_puts(&revision.warning, &children)?;
    let body =
        json!({ "revision": revision.warning.revision, "remark": relay.remark, "to": children });
    let put = Put::new(RECEIVED, record_key(&relay.key), &received)?;
    let fact = fact(&relay.key, "warning_relayed", now, &relay.by, &body)?
        .put(expecting(put, Some(version)));
    desk.commit(vec![passed_on, answer], vec![with_puts(fact, puts)]).await?;
    Ok(received)
}

/// The children a warning is handed to.
pub(super) async fn children_for(
    desk: &WarningDesk,
    warning: &Warning,
) -> Result<Vec<OrganisationId>, LedgerError> {
    let children = children(desk).await?;
    let reached =
        children.into_iter().filter(|child| warning.content.addressees.reach(&child.organisation));
    Ok(reached.map(|child| child.organisation.id).collect())
}

async fn children(desk: &WarningDesk) -> Result<Vec<Neighbour>, LedgerError> {
    let mut neighbours = desk.post.neighbours().await?;
    neighbours.retain(|neighbour| neighbour.is_active() && neighbour.relation == Relation::Child);
    Ok(neighbours)
}

/// Notes to whom a revision was handed.
pub(super) fn handed_puts(
    warning: &Warning,
    children: &[OrganisationId],
) -> Result<Vec<Put>, LedgerError> {
    let head = handed_prefix(warning);
    children.iter().map(|child| Put::new(HANDED, format!("{head}{child}"), &true)).collect()
}

fn handed_prefix(warning: &Warning) -> String {
    format!("{}/{}/", record_key(&warning.key), warning.revision)
}

pub(super) async fn tend(desk: &WarningDesk) -> Result<Tended, WarnError> {
    let mut tended = Tended::default();
    if !desk.post.me().kind.is_office() {
        return Ok(tended);
    }
    let children = children(desk).await?;
    for going_out in going_out(desk).await? {
        tended.n_handed += hand_to_newcomers(desk, &going_out, &children).await?;
    }
    Ok(tended)
}

/// A revision that is handed to whoever enrols.
struct GoingOut {
    warning: Warning,
    message: MessageId,
    remark: String,
    /// Since when it goes out here.
    since_at: Instant,
}

/// Current revisions: our own, and those we decided to pass on.
async fn going_out(desk: &WarningDesk) -> Result<Vec<GoingOut>, WarnError> {
    let issued = desk.store.list_latest(ISSUED, None, LOOK_BACK_MAX).await?;
    let received = desk.store.list_latest(RECEIVED, None, LOOK_BACK_MAX).await?;
    let issued = read_all::<IssuedWarning>(&issued)?.into_iter().filter_map(|mut issued| {
        let release = issued.releases.pop()?;
        let since_at = release.warning.released_at;
        Some(GoingOut {
            warning: release.warning,
            message: release.message,
            remark: String::new(),
            since_at,
        })
    });
    let received = read_all::<ReceivedWarning>(&received)?.into_iter().filter_map(|received| {
        let revision = received.revisions.into_iter().next()?;
        let relay = revision.relay?;
        Some(GoingOut {
            warning: revision.warning,
            message: revision.message,
            remark: relay.remark,
            since_at: relay.at,
        })
    });
    let oldest_at = desk.clock.now().plus_days(-HAND_OVER_DAYS);
    let is_current = |out: &GoingOut| {
        out.warning.released_at >= oldest_at && out.warning.content.withdrawn.is_none()
    };
    Ok(issued.chain(received).filter(is_current).collect())
}

async fn hand_to_newcomers(
    desk: &WarningDesk,
    out: &GoingOut,
    children: &[Neighbour],
) -> Result<usize, WarnError> {
    let head = handed_prefix(&out.warning);
    let mut newcomers = vec![];
    for child in children {
        let addressed = out.warning.content.addressees.reach(&child.organisation);
        if !addressed || child.enrolled_at < out.since_at {
            continue;
        }
        let handed = desk.store.get(HANDED, &format!("{head}{}", child.id())).await?;
        if handed.is_none() {
            newcomers.push(child.id().clone());
        }
    }
    if newcomers.is_empty() {
        return Ok(0);
    }
    let body = json!({ "revision": out.warning.revision, "to": newcomers });
    let now = desk.clock.now();
    let fact = Fact::new(stream(&out.warning.key), "handed_to_newcomers", now, "system", &body)?;
    let fact = with_puts(fact, handed_puts(&out.warning, &newcomers)?);
    let n_handed = newcomers.len();
    let message = out.message.clone();
    let origin = out.warning.key.origin.clone();
    let remark = out.remark.clone();
    let relay = Parcel::Relay(Relay { origin, message, to: newcomers, remark });
    desk.commit(vec![relay], vec![fact]).await?;
    Ok(n_handed)
}
