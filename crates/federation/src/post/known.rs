//! Looking up neighbours, keys and ways.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use sakimori_ledger::{LedgerError, Record, Store, list_all};
use sakimori_words::{OrganisationId, OrganisationKind};

use super::Post;
use super::publish::n_due;
use super::shelves::{CONTACT, COUNTER, Contact, KNOWN, Known, LINK, NEIGHBOUR, PARENT};
use super::work::Work;
use crate::link::Link;
use crate::message::{Envelope, Keys};
use crate::neighbour::{KnownOrganisation, LinkStatus, Neighbour, Relation};

/// How many records are read at a time.
const PAGE: usize = 1_000;

pub(super) async fn neighbours(post: &Post) -> Result<Vec<Neighbour>, LedgerError> {
    list_all(&*post.store, NEIGHBOUR).await?.iter().map(Record::read).collect()
}

/// Everybody we know, as of a version of the counter [`ROLL`].
pub(super) type Roll = (u64, Arc<Vec<KnownOrganisation>>);

/// Changes with every record of [`NEIGHBOUR`] and [`KNOWN`].
pub(super) const ROLL: &str = "roll";

/// Everybody we know, read again when somebody came, went or changed.
pub(super) async fn roll(post: &Post) -> Result<Arc<Vec<KnownOrganisation>>, LedgerError> {
    // Asked before the records are read: what changes in between is read again next time.
    let version = post.store.get(COUNTER, ROLL).await?.map_or(0, |record| record.version);
    let kept = post.roll.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((_, roll)) = kept.filter(|(at, _)| *at == version) {
        return Ok(roll);
    }
    let roll = Arc::new(organisations(post).await?);
    let mut kept = post.roll.lock().unwrap_or_else(PoisonError::into_inner);
    *kept = Some((version, Arc::clone(&roll)));
    Ok(roll)
}

pub(super) async fn organisations(post: &Post) -> Result<Vec<KnownOrganisation>, LedgerError> {
    let neighbours = neighbours(post).await?;
    let children: BTreeSet<&OrganisationId> =
        neighbours.iter().filter(|n| is_child(n)).map(Neighbour::id).collect();
    let mut known: BTreeMap<OrganisationId, KnownOrganisation> = BTreeMap::new();
    for neighbour in neighbours.iter().filter(|n| n.is_active()) {
        known.insert(neighbour.id().clone(), own_entry(neighbour));
    }
    for record in list_all(&*post.store, KNOWN).await? {
        let vouched: Known = record.read()?;
        if vouched.disputed {
            continue;
        }
        let below = children.contains(&vouched.voucher);
        let id = vouched.organisation.id.clone();
        let entry = known.entry(id).or_insert_with(|| KnownOrganisation {
            organisation: vouched.organisation,
            key: vouched.key,
            vouchers: vec![],
            below,
            relation: None,
        });
        entry.below |= below;
        entry.vouchers.push(vouched.voucher);
    }
    Ok(known.into_values().collect())
}

pub(super) async fn links(post: &Post) -> Result<Vec<LinkStatus>, LedgerError> {
    let mut links = vec![];
    for neighbour in neighbours(post).await? {
        let id = neighbour.id().as_str();
        let link: Link =
            post.store.get(LINK, id).await?.map(|r| r.read()).transpose()?.unwrap_or_default();
        let contact = contact(post, neighbour.id()).await?;
        let n_due = if is_child(&neighbour) {
            n_due(post, &neighbour, contact.published.max(link.published)).await?
        } else {
            0
        };
        links.push(LinkStatus {
            n_waiting: link.last.saturating_sub(link.confirmed.seq) + n_due,
            n_received: link.read.seq,
            last_contact_at: contact.last_at,
            n_failures: contact.n_failures,
            last_trouble: contact.last_trouble,
            neighbour,
        });
    }
    Ok(links)
}

pub(super) async fn contact(post: &Post, id: &OrganisationId) -> Result<Contact, LedgerError> {
    let record = post.store.get_private(CONTACT, id.as_str()).await?;
    Ok(record.map(|record| record.read()).transpose()?.unwrap_or_default())
}

/// The active neighbour of that id.
pub(super) async fn neighbour(
    store: &dyn Store,
    id: &OrganisationId,
) -> Result<Option<Neighbour>, LedgerError> {
    let record = store.get(NEIGHBOUR, id.as_str()).await?;
    let neighbour: Option<Neighbour> = record.map(|record| record.read()).transpose()?;
    Ok(neighbour.filter(Neighbour::is_active))
}

/// The keys needed to check `envelope`, as far as we and the neighbour `from` that handed it over vouch for them.
pub(super) async fn keys_for(
    work: &mut Work<'_>,
    from: &Neighbour,
    envelope: &Envelope,
) -> Result<Keys, LedgerError> {
    let mut keys = Keys::new();
    for id in envelope.claimed_signers() {
        if let Some(key) = key_of(work, from, &id).await? {
            keys.insert(id, key);
        }
    }
    Ok(keys)
}

async fn key_of(
    work: &mut Work<'_>,
    from: &Neighbour,
    id: &OrganisationId,
) -> Result<Option<crate::PublicKey>, LedgerError> {
    let direct: Option<Neighbour> = work.get(NEIGHBOUR, id.as_str()).await?;
    if let Some(direct) = direct.filter(Neighbour::is_active) {
        return Ok(Some(direct.key));
    }
    let vouched: Option<Known> = work.get(KNOWN, &known_key(id, from.id())).await?;
    Ok(vouched.filter(|known| !known.disputed).map(|known| known.key))
}

/// Whether somebody vouches, undisputed, for another key of `id`.
pub(super) async fn vouched_with_another_key(
    post: &Post,
    id: &OrganisationId,
    key: &crate::PublicKey,
) -> Result<bool, LedgerError> {
    for record in post.store.list_prefix(KNOWN, &format!("{id}/"), PAGE).await? {
        let known: Known = record.read()?;
        if !known.disputed && known.key != *key {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The best neighbour to leave by for `to`, other than `except`.
pub(super) async fn best_hop(
    post: &Post,
    to: &OrganisationId,
    except: Option<&OrganisationId>,
) -> Result<Option<OrganisationId>, LedgerError> {
    let store = &*post.store;
    let usable = |neighbour: &Neighbour| Some(neighbour.id()) != except;
    if let Some(direct) = neighbour(store, to).await?.filter(|n| usable(n)) {
        return Ok(Some(direct.id().clone()));
    }
    let mut ways = vec![];
    for record in store.list_prefix(KNOWN, &format!("{to}/"), PAGE).await? {
        let known: Known = record.read()?;
        ways.extend(neighbour(store, &known.voucher).await?.filter(|n| usable(n) && is_child(n)));
    }
    if ways.is_empty() {
        ways = parents(post).await?;
        ways.retain(|parent| usable(parent));
    }
    ways.sort_by_key(|way| {
        (way.organisation.kind == OrganisationKind::CeptoarBody, way.id().clone())
    });
    Ok(ways.first().map(|way| way.id().clone()))
}

/// The hubs above us.
pub(super) async fn parents(post: &Post) -> Result<Vec<Neighbour>, LedgerError> {
    let mut parents = vec![];
    for record in list_all(&*post.store, PARENT).await? {
        parents.extend(neighbour(&*post.store, &OrganisationId::from(record.key)).await?);
    }
    Ok(parents)
}

/// The organisations that enrolled under us.
pub(super) async fn children(post: &Post) -> Result<Vec<Neighbour>, LedgerError> {
    let mut neighbours = neighbours(post).await?;
    neighbours.retain(is_child);
    Ok(neighbours)
}

pub(super) fn is_child(neighbour: &Neighbour) -> bool {
    neighbour.is_active() && neighbour.relation == Relation::Child
}

/// The key of an entry on [`KNOWN`].
pub(super) fn known_key(organisation: &OrganisationId, voucher: &OrganisationId) -> String {
    format!("{organisation}/{voucher}")
}

fn own_entry(neighbour: &Neighbour) -> KnownOrganisation {
    KnownOrganisation {
        organisation: neighbour.organisation.clone(),
        key: neighbour.key,
        vouchers: vec![neighbour.id().clone()],
        below: neighbour.relation == Relation::Child,
        relation: Some(neighbour.relation),
    }
}
