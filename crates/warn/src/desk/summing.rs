//! The institutions without a node, in numbers: told to the origin by the office that asks them, and added up there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sakimori_federation::{Addressee, Delivered, HandlerError, Outgoing, Parcel, Routes, Taken};
use sakimori_ledger::{Fact, Put};
use sakimori_words::{Instant, Organisation, Trouble};
use serde_json::json;

use super::taking::{knows, own_fact};
use super::{RECEIVED, WarningDesk, covering, expecting, read_all, record_key, stream};
use crate::coverage::Coverage;
use crate::error::WarnError;
use crate::exchange::{MEMBER_SUMS_TYPE, MemberSumsV1, read_member_sums};
use crate::received::{ReceivedRevision, ReceivedWarning};
use crate::troubles::{NOT_THE_SENDERS, UNKNOWN};
use crate::warning::Warning;

/// [`MemberSumsV1`] by warning and the office that told them.
const TOLD: &str = "warning-sums";
/// [`MemberSumsV1`] by warning: what we told last.
const SAID: &str = "warning-sums-said";
/// How many warnings are looked through, the newest.
const LOOK_BACK_MAX: usize = 100;
/// So many days after its deadline nobody is told any more.
const TOLD_DAYS: i64 = 90;
/// How many offices tell about one warning: prefectures, cities with health centres, wards, CEPTOAR bodies.
const OFFICES_MAX: usize = 1_000;

/// Up to which journal entry the members were counted for each warning, and which members those were: what nobody has touched since is
/// not counted again.
#[derive(Default)]
pub(super) struct Counted(Mutex<HashMap<String, Count>>);

/// Up to which journal entry, and whom. Weak, so that a list of the whole country is not held because of an old warning.
type Count = (u64, Weak<Vec<Organisation>>);

impl Counted {
    /// Up to where `members` were counted; `None` when others were.
    fn through(&self, key: &str, members: &Arc<Vec<Organisation>>) -> Option<u64> {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (through, of) = counted.get(key)?;
        (of.as_ptr() == Arc::as_ptr(members)).then_some(*through)
    }

    fn keep(&self, key: &str, through: u64, members: &Arc<Vec<Organisation>>) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.insert(key.to_owned(), (through, Arc::downgrade(members)));
    }
}

/// Tells the origin of every warning that went on from here how far our members are, when that has changed. Returns how many
/// warnings that were.
pub(super) async fn tell(desk: &WarningDesk) -> Result<usize, WarnError> {
    let Some(members) = &desk.members else { return Ok(0) };
    let members = members.all().await?;
    let now = desk.clock.now();
    let mut n_told = 0;
    for received in
        read_all::<ReceivedWarning>(&desk.store.list_latest(RECEIVED, None, LOOK_BACK_MAX).await?)?
    {
        let Some(revision) = received.current().filter(|revision| revision.relay.is_some()) else {
            continue;
        };
        let is_old = now > revision.warning.due_at.plus_days(TOLD_DAYS);
        if !is_old && tell_about(desk, revision, &members, now).await? {
            n_told += 1;
        }
    }
    Ok(n_told)
}

async fn tell_about(
    desk: &WarningDesk,
    revision: &ReceivedRevision,
    members: &Arc<Vec<Organisation>>,
    now: Instant,
) -> Result<bool, WarnError> {
    let warning = &revision.warning;
    let key = record_key(&warning.key);
    if let Some(through) = desk.counted.through(&key, members)
        && desk.store.stream_entries(&stream(&warning.key), through, 1).await?.is_empty()
    {
        return Ok(false);
    }
    let said = desk.store.get(SAID, &key).await?;
    let version = said.as_ref().map(|record| record.version);
    let said: Option<MemberSumsV1> = said.map(|record| record.read()).transpose()?;
    let (cells, through) = covering::member_cells(desk, warning, members).await?;
    let same = match &said {
        Some(said) => said.revision == warning.revision && said.cells == cells,
        None => cells.is_empty(),
    };
    if same {
        desk.counted.keep(&key, through, members);
        return Ok(false);
    }
    let sums =
        MemberSumsV1 { warning: warning.key.clone(), revision: warning.revision, at: now, cells };
    let to = Addressee::Organisation(warning.key.origin.clone());
    let parcel = Parcel::New(Outgoing {
        exercise: warning.content.exercise,
        in_reply_to: Some(revision.message.clone()),
        routes: Routes::Over(revision.neighbours()),
        ..Outgoing::addressed(to, MEMBER_SUMS_TYPE, json!(sums))
    });
    let put = Put::new(SAID, key, &sums)?;
    let actor = format!("org:{}", desk.post.me().id);
    let fact = Fact::new(stream(&warning.key), "members_told", now, actor, &sums)?;
    desk.commit(vec![parcel], vec![fact.put(expecting(put, version))]).await?;
    Ok(true)
}

/// Keeps what an office told, also when it only passes through this one. Of several words the latest counts.
pub(super) async fn take(desk: &WarningDesk, delivered: &Delivered) -> Result<Taken, HandlerError> {
    let told = read_member_sums(delivered).map_err(HandlerError::NotUnderstood)?;
    let office = &delivered.header.origin;
    if !knows(desk, &told.warning).await? {
        let detail = format!("numbers about `{}` of `{}`", told.warning.id, told.warning.origin);
        return Err(HandlerError::NotUnderstood(Trouble::new(&UNKNOWN, detail)));
    }
    if covering::office_below(desk, office.as_str()).await?.is_none() {
        let detail = format!("`{office}` is no office, and counts nobody");
        return Err(HandlerError::NotUnderstood(Trouble::new(&NOT_THE_SENDERS, detail)));
    }
    let key = format!("{}/{office}", record_key(&told.warning));
    let record = desk.store.get(TOLD, &key).await?;
    let version = record.as_ref().map(|record| record.version);
    let kept: Option<MemberSumsV1> = record.map(|record| record.read()).transpose()?;
    if kept.is_some_and(|kept| (kept.revision, kept.at) >= (told.revision, told.at)) {
        return Ok(Taken::default());
    }
    let put = expecting(Put::new(TOLD, key, &told)?, version);
    let body = json!({ "word": delivered.header.id, "from": delivered.from, "office": office });
    let fact = own_fact(desk, &told.warning, "members_counted", &body)?.put(put);
    Ok(Taken { facts: vec![fact], parcels: vec![] })
}

/// Adds what offices below told about the current revision, in the order of their ids.
pub(super) async fn add_told(
    desk: &WarningDesk,
    warning: &Warning,
    coverage: &mut Coverage,
) -> Result<(), WarnError> {
    let prefix = format!("{}/", record_key(&warning.key));
    let late = desk.clock.now() > warning.due_at;
    for record in desk.store.list_prefix(TOLD, &prefix, OFFICES_MAX).await? {
        let told: MemberSumsV1 = record.read()?;
        let id = record.key.strip_prefix(&prefix).unwrap_or_default();
        if told.revision != warning.revision {
            continue;
        }
        if let Some(office) = covering::office_below(desk, id).await? {
            coverage.take_told(office, &told, late);
        }
    }
    Ok(())
}
