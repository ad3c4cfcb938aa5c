//! The directory: whom a neighbour vouches for. It travels as ordinary messages, so it is ordered, signed and never lost.

use std::collections::{BTreeMap, BTreeSet};

use sakimori_ledger::{LedgerError, list_all};
use sakimori_words::{Organisation, OrganisationId, OrganisationKind};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::known::{children, is_child, known_key, neighbours, parents};
use super::send::queue;
use super::shelves::{KNOWN, Known, NEIGHBOUR, journal_stream};
use super::work::Work;
use super::{Post, send};
use crate::dsse::PublicKey;
use crate::errors::{Refusal, SendError};
use crate::message::{MessageHeader, is_plain_id, read_json};
use crate::neighbour::{Neighbour, Relation, may_enrol_under};
use crate::parcel::{Outgoing, Parcel, Routes};

/// Type of a message that says whom its origin vouches for.
pub const DIRECTORY_TYPE: &str = "application/vnd.sakimori.directory.v1+json";
/// Most bytes of entries in one directory message; the rest follows in further ones.
const PAGE_BYTES: usize = 48 * 1024;
/// Largest description of one organisation, in bytes of JSON.
pub(super) const ORGANISATION_BYTES_MAX: usize = 16 * 1024;

/// Most neighbours that vouch for one organisation.
const VOUCHERS_MAX: usize = 100;

/// An organisation and its key, vouched for by the message's origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub organisation: Organisation,
    pub key: PublicKey,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Directory {
    entries: Vec<Entry>,
    /// Organisations the origin no longer vouches for.
    #[serde(default)]
    withdrawn: Vec<OrganisationId>,
}

/// Takes over our new description and tells everybody around us.
pub(super) async fn describe(post: &Post, me: Organisation) -> Result<(), SendError> {
    let me = Organisation { id: post.me().id, ..me };
    let entry = Entry { organisation: me.clone(), key: post.public_key() };
    let to: Vec<OrganisationId> = neighbours(post)
        .await?
        .iter()
        .filter(|neighbour| neighbour.is_active())
        .map(|neighbour| neighbour.id().clone())
        .collect();
    send::post(post, &parcels(&to, vec![entry], &[]), vec![]).await?;
    post.known_as(me);
    Ok(())
}

/// Tells `to` whom we vouch for.
pub(super) async fn announce(
    post: &Post,
    work: &mut Work<'_>,
    to: &[OrganisationId],
    entries: Vec<Entry>,
    withdrawn: &[OrganisationId],
) -> Result<(), LedgerError> {
    if entries.is_empty() && withdrawn.is_empty() {
        return Ok(());
    }
    for parcel in parcels(to, entries, withdrawn) {
        // A neighbour that parted a moment ago needs no directory; only the ledger's failure is one.
        if let Err(SendError::Ledger(error)) = queue(post, work, &parcel).await {
            return Err(error);
        }
    }
    Ok(())
}

/// Takes in whom the neighbour vouches for, as far as it may, and tells the other side of the tree.
pub(super) async fn apply(
    post: &Post,
    work: &mut Work<'_>,
    from: &Neighbour,
    header: &MessageHeader,
    payload: &[u8],
) -> Result<(), LedgerError> {
    #[derive(Deserialize)]
    struct Payload {
        body: Directory,
    }
    // A neighbour vouches in its own words only: what it merely forwards has no right but its author's, and that one's hub
    // speaks for it.
    if header.origin != *from.id() {
        return refuse_forwarded(work, from, header);
    }
    let Ok(Payload { body }) = read_json::<Payload>(payload) else {
        return work.fact(&journal_stream(from.id()), "directory_unreadable", &json!({}));
    };
    let mut news = vec![];
    for entry in body.entries {
        match judge(post, work, from, &entry).await? {
            Ok(Judged::New) => news.push(entry),
            Ok(Judged::Known) => {}
            Err(refusal) => note(work, from, &entry, &refusal)?,
        }
    }
    let mut gone = vec![];
    // No organisation has an id that is not plain, and such a text is no key to ask the ledger for.
    for id in body.withdrawn.into_iter().filter(|id| is_plain_id(id.as_str())) {
        if withdraw(work, from, &id).await? && !known_otherwise(post, from, &id).await? {
            gone.push(id);
        }
    }
    let onward = match from.relation {
        Relation::Child => parents(post).await?,
        Relation::Parent => children(post).await?,
    };
    let onward: Vec<OrganisationId> = onward.iter().map(|n| n.id().clone()).collect();
    announce(post, work, &onward, news, &gone).await
}

fn refuse_forwarded(
    work: &mut Work<'_>,
    from: &Neighbour,
    header: &MessageHeader,
) -> Result<(), LedgerError> {
    let what = "vouch past its own hub";
    let trouble = Refusal::OutOfScope { by: header.origin.clone(), what }.trouble();
    let body = json!({ "message": header.id, "code": trouble.kind.code, "detail": trouble.detail });
    work.fact(&journal_stream(from.id()), "directory_refused", &body)
}

enum Judged {
    New,
    Known,
}

/// Whether the neighbour may vouch for that, and if so keeps it.
async fn judge(
    post: &Post,
    work: &mut Work<'_>,
    from: &Neighbour,
    entry: &Entry,
) -> Result<Result<Judged, Refusal>, LedgerError> {
    let id = &entry.organisation.id;
    if *id == post.me().id {
        return Ok(Ok(Judged::Known));
    }
    if let Err(refusal) = check_scope(post, from, entry) {
        return Ok(Err(refusal));
    }
    let conflict = || Refusal::KeyConflict { organisation: id.clone(), voucher: from.id().clone() };
    if let Some(mut direct) =
        work.get::<Neighbour>(NEIGHBOUR, id.as_str()).await?.filter(Neighbour::is_active)
    {
        if direct.key != entry.key {
            return Ok(Err(conflict()));
        }
        if id != from.id() || direct.organisation == entry.organisation {
            return Ok(Ok(Judged::Known));
        }
        direct.organisation = entry.organisation.clone();
        work.put(NEIGHBOUR, id.as_str(), &direct)?;
        return Ok(Ok(Judged::New));
    }
    match keep(work, from, entry).await? {
        Judged::Known => Ok(Ok(Judged::Known)),
        Judged::New if settle(post, work, from, id).await? => Ok(Ok(Judged::New)),
        Judged::New => Ok(Err(conflict())),
    }
}

/// Decides which key of `id` holds when vouchers name different ones, and returns whether the one of `from` does.
///
/// An authority counts for more than a CEPTOAR body; among equals the key that held so far. The other entries are disputed and
/// open nothing until their vouchers agree: whoever lost a key enrols anew under each hub.
async fn settle(
    post: &Post,
    work: &mut Work<'_>,
    from: &Neighbour,
    id: &OrganisationId,
) -> Result<bool, LedgerError> {
    let mut entries = vec![];
    let mut vouchers: BTreeSet<OrganisationId> = BTreeSet::from([from.id().clone()]);
    for record in post.store.list_prefix(KNOWN, &format!("{id}/"), VOUCHERS_MAX).await? {
        vouchers.insert(record.read::<Known>()?.voucher);
    }
    for voucher in vouchers {
        let Some(known) = work.get::<Known>(KNOWN, &known_key(id, &voucher)).await? else {
            continue;
        };
        let neighbour: Option<Neighbour> = work.get(NEIGHBOUR, voucher.as_str()).await?;
        let Some(neighbour) = neighbour.filter(Neighbour::is_active) else { continue };
        let is_authority = neighbour.organisation.kind != OrganisationKind::CeptoarBody;
        let held_so_far = !known.disputed && voucher != *from.id();
        entries.push((is_authority, held_so_far, known));
    }
    let holds = entries.iter().max_by_key(|(authority, held, _)| (*authority, *held));
    let Some(key) = holds.map(|(_, _, known)| known.key) else { return Ok(true) };
    let mut ours_holds = true;
    for (_, _, known) in entries {
        let disputed = known.key != key;
        ours_holds &= !(disputed && known.voucher == *from.id());
        if disputed != known.disputed {
            let known = Known { disputed, ..known };
            let kind = if disputed { "key_disputed" } else { "key_agreed" };
            work.fact(&journal_stream(&known.voucher), kind, &known)?;
            work.put(KNOWN, &known_key(id, &known.voucher), &known)?;
        }
    }
    Ok(ours_holds)
}

/// A hub below us vouches for what may stand below us; an institution only describes itself.
fn check_scope(post: &Post, from: &Neighbour, entry: &Entry) -> Result<(), Refusal> {
    let organisation = &entry.organisation;
    let out = |what| Err(Refusal::OutOfScope { by: from.id().clone(), what });
    let bytes = json!(organisation).to_string().len();
    if !is_plain_id(organisation.id.as_str()) || bytes > ORGANISATION_BYTES_MAX {
        return out("describe an organisation like that");
    }
    let itself = organisation.id == *from.id();
    if itself && organisation.kind != from.organisation.kind {
        return out("become another kind of organisation");
    }
    let below = may_enrol_under(organisation.kind, post.me().kind);
    let may_vouch = from.organisation.kind.is_office() && below;
    if from.relation == Relation::Child && !itself && !may_vouch {
        return out("vouch for that organisation");
    }
    Ok(())
}

async fn keep(work: &mut Work<'_>, from: &Neighbour, entry: &Entry) -> Result<Judged, LedgerError> {
    let key = known_key(&entry.organisation.id, from.id());
    let before: Option<Known> = work.get(KNOWN, &key).await?;
    let same = before
        .as_ref()
        .is_some_and(|before| before.key == entry.key && before.organisation == entry.organisation);
    if same {
        return Ok(Judged::Known);
    }
    let known = Known {
        organisation: entry.organisation.clone(),
        key: entry.key,
        voucher: from.id().clone(),
        disputed: false,
    };
    let kind = if before.is_some() { "vouched_anew" } else { "vouched" };
    work.fact(&journal_stream(from.id()), kind, &known)?;
    work.put(KNOWN, &key, &known)?;
    Ok(Judged::New)
}

fn note(
    work: &mut Work<'_>,
    from: &Neighbour,
    entry: &Entry,
    refusal: &Refusal,
) -> Result<(), LedgerError> {
    let trouble = refusal.trouble();
    let body = json!({ "code": trouble.kind.code, "detail": trouble.detail, "entry": entry });
    work.fact(&journal_stream(from.id()), "entry_refused", &body)
}

async fn withdraw(
    work: &mut Work<'_>,
    from: &Neighbour,
    id: &OrganisationId,
) -> Result<bool, LedgerError> {
    let key = known_key(id, from.id());
    if work.get::<Known>(KNOWN, &key).await?.is_none() {
        return Ok(false);
    }
    work.fact(&journal_stream(from.id()), "no_longer_vouched", &json!({ "organisation": id }))?;
    work.remove(KNOWN, &key);
    Ok(true)
}

/// Whether we know `id` from anybody but `from`.
async fn known_otherwise(
    post: &Post,
    from: &Neighbour,
    id: &OrganisationId,
) -> Result<bool, LedgerError> {
    if super::known::neighbour(&*post.store, id).await?.is_some() {
        return Ok(true);
    }
    for record in post.store.list_prefix(KNOWN, &format!("{id}/"), VOUCHERS_MAX).await? {
        if record.read::<Known>()?.voucher != *from.id() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Everybody above us: what a newcomer below must know to believe what comes down.
pub(super) async fn those_above(post: &Post) -> Result<Vec<Entry>, LedgerError> {
    side(post, false).await
}

/// Everybody below us: what a hub above must know to believe what comes up.
pub(super) async fn those_below(post: &Post) -> Result<Vec<Entry>, LedgerError> {
    side(post, true).await
}

async fn side(post: &Post, below: bool) -> Result<Vec<Entry>, LedgerError> {
    let neighbours = neighbours(post).await?;
    let on_side: BTreeMap<&OrganisationId, &Neighbour> = neighbours
        .iter()
        .filter(|n| n.is_active() && is_child(n) == below)
        .map(|n| (n.id(), n))
        .collect();
    let mut entries: BTreeMap<OrganisationId, Entry> = on_side
        .values()
        .map(|n| (n.id().clone(), Entry { organisation: n.organisation.clone(), key: n.key }))
        .collect();
    for record in list_all(&*post.store, KNOWN).await? {
        let known: Known = record.read()?;
        if on_side.contains_key(&known.voucher) {
            let id = known.organisation.id.clone();
            let entry = Entry { organisation: known.organisation, key: known.key };
            entries.entry(id).or_insert(entry);
        }
    }
    Ok(entries.into_values().collect())
}

/// Directory messages for each of `to`, in pages.
fn parcels(
    to: &[OrganisationId],
    entries: Vec<Entry>,
    withdrawn: &[OrganisationId],
) -> Vec<Parcel> {
    let mut pages = vec![Directory { entries: vec![], withdrawn: withdrawn.to_vec() }];
    let mut page_bytes = json!(withdrawn).to_string().len();
    for entry in entries {
        let entry_bytes = json!(entry).to_string().len();
        if page_bytes + entry_bytes > PAGE_BYTES {
            pages.push(Directory::default());
            page_bytes = 0;
        }
        page_bytes += entry_bytes;
        if let Some(page) = pages.last_mut() {
            page.entries.push(entry);
        }
    }
    let message = |to: &OrganisationId, page: &Directory| {
        let outgoing = Outgoing::new(to.clone(), DIRECTORY_TYPE, json!(page));
        Parcel::New(Outgoing { routes: Routes::Over(vec![to.clone()]), ..outgoing })
    };
    to.iter().flat_map(|to| pages.iter().map(move |page| message(to, page))).collect()
}

/// What we say when a neighbour came, went or changed.
pub(super) async fn tell_the_other_side(
    post: &Post,
    work: &mut Work<'_>,
    neighbour: &Neighbour,
    withdrawn: bool,
) -> Result<(), LedgerError> {
    let onward = match neighbour.relation {
        Relation::Child => parents(post).await?,
        Relation::Parent => children(post).await?,
    };
    let onward: Vec<OrganisationId> = onward.iter().map(|n| n.id().clone()).collect();
    let entry = Entry { organisation: neighbour.organisation.clone(), key: neighbour.key };
    if withdrawn {
        announce(post, work, &onward, vec![], &[neighbour.id().clone()]).await
    } else {
        announce(post, work, &onward, vec![entry], &[]).await
    }
}
