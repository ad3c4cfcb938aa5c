//! The desk: reads and keeps warnings for one organisation, be it office or institution.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use sakimori_content::Content;
use sakimori_federation::{Parcel, Post};
use sakimori_ledger::{Fact, LedgerError, Put, Record, Store};
use sakimori_words::{Chance, Clock, Instant, OrganisationId, WarningId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::answer::{Answer, AnswerState};
use crate::chase::{ChaseStep, Chased, Reminders, chase_steps};
use crate::coverage::{Coverage, OfficeRow, Selection};
use crate::devices::DeviceTotals;
use crate::draft::IssuedWarning;
use crate::error::WarnError;
use crate::received::{NewAnswer, ReceivedWarning};
use crate::routes::{Route, RouteResult};
use crate::warning::{Signer, Warning, WarningContent, WarningKey};

mod chasing;
mod covering;
mod current;
mod files;
mod institution;
mod issuing;
mod members;
mod relaying;
mod succession;
mod summing;
mod taking;

#[cfg(test)]
mod tests;

/// [`IssuedWarning`] by id.
const ISSUED: &str = "warning-issued";
/// [`ReceivedWarning`] by id and origin.
const RECEIVED: &str = "warning-received";
/// [`AnswerState`] by warning and organisation.
const ANSWER: &str = "warning-answer";

/// One organisation's desk for warnings. Share it in an `Arc`; hand it to [`Post::deliver`] as a handler.
pub struct WarningDesk {
    store: Arc<dyn Store>,
    post: Arc<Post>,
    content: Arc<Content>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    tallies: covering::Tallies,
    counted: summing::Counted,
    current: current::Current,
    members: Option<Arc<dyn Members>>,
}

/// How an office passes a warning on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRelay {
    /// Which warning.
    pub key: WarningKey,
    /// The office's own words to its institutions (周知文); may be empty.
    pub remark: String,
    /// The officer who decides it.
    pub by: Signer,
}

impl WarningDesk {
    /// A desk over one organisation's store and post.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        post: Arc<Post>,
        content: Arc<Content>,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Self {
        Self {
            store,
            post,
            content,
            clock,
            chance,
            tallies: covering::Tallies::default(),
            counted: summing::Counted::default(),
            current: current::Current::default(),
            members: None,
        }
    }

    /// Begins a warning of our own.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn begin(
        &self,
        content: WarningContent,
        author: &Signer,
    ) -> Result<IssuedWarning, WarnError> {
        issuing::begin(self, content, author).await
    }

    /// Changes what a draft says.
    ///
    /// # Errors
    /// When there is no draft, or it awaits release.
    pub async fn edit(
        &self,
        id: &WarningId,
        content: WarningContent,
        author: &Signer,
    ) -> Result<IssuedWarning, WarnError> {
        issuing::edit(self, id, content, author).await
    }

    /// Hands a draft to the person who releases (決裁依頼).
    ///
    /// # Errors
    /// When something is missing in it, or it was submitted already.
    pub async fn submit(&self, id: &WarningId, by: &Signer) -> Result<IssuedWarning, WarnError> {
        issuing::submit(self, id, by).await
    }

    /// Gives a submitted draft back to its author (差戻し).
    ///
    /// # Errors
    /// When none awaits release.
    pub async fn send_back(
        &self,
        id: &WarningId,
        by: &Signer,
        reason: &str,
    ) -> Result<IssuedWarning, WarnError> {
        issuing::send_back(self, id, by, reason).await
    }

    /// Releases a submitted draft (発出): signs it and queues it for everybody below whom it is for.
    ///
    /// # Errors
    /// When a second person is needed, nobody below is addressed, or it cannot be queued. Nothing is released then.
    pub async fn release(&self, id: &WarningId, by: &Signer) -> Result<IssuedWarning, WarnError> {
        issuing::release(self, id, by).await
    }

    /// Begins a further revision of a released warning.
    ///
    /// # Errors
    /// When nothing was released, it was withdrawn, or a draft is there already.
    pub async fn revise(&self, id: &WarningId, by: &Signer) -> Result<IssuedWarning, WarnError> {
        issuing::revise(self, id, by).await
    }

    /// Submits a revision that withdraws the warning (撤回); it is released like any other.
    ///
    /// # Errors
    /// As [`WarningDesk::revise`].
    pub async fn withdraw(
        &self,
        id: &WarningId,
        by: &Signer,
        reason: &str,
    ) -> Result<IssuedWarning, WarnError> {
        issuing::withdraw(self, id, by, reason).await
    }

    /// Throws a draft away.
    ///
    /// # Errors
    /// When there is none.
    pub async fn drop_draft(&self, id: &WarningId, by: &Signer) -> Result<(), WarnError> {
        issuing::drop_draft(self, id, by).await
    }

    /// Our own warnings, the newest first, those begun before `before` only.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn issued(
        &self,
        before: Option<&WarningId>,
        limit: usize,
    ) -> Result<Vec<IssuedWarning>, WarnError> {
        let before = before.map(WarningId::as_str);
        read_all(&self.store.list_latest(ISSUED, before, limit).await?)
    }

    /// One of our own warnings.
    ///
    /// # Errors
    /// When there is no such warning.
    pub async fn issued_one(&self, id: &WarningId) -> Result<IssuedWarning, WarnError> {
        Ok(self.load::<IssuedWarning>(ISSUED, id.as_str()).await?.0)
    }

    /// Warnings that came, the newest first, those before `before` only.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn received(
        &self,
        before: Option<&WarningKey>,
        limit: usize,
    ) -> Result<Vec<ReceivedWarning>, WarnError> {
        let before = before.map(record_key);
        read_all(&self.store.list_latest(RECEIVED, before.as_deref(), limit).await?)
    }

    /// One warning that came.
    ///
    /// # Errors
    /// When there is no such warning.
    pub async fn received_one(&self, key: &WarningKey) -> Result<ReceivedWarning, WarnError> {
        Ok(self.load::<ReceivedWarning>(RECEIVED, &record_key(key)).await?.0)
    }

    /// The current revision of a warning, our own or one that came.
    ///
    /// # Errors
    /// When there is no such warning, or it was not released yet.
    pub async fn warning(&self, key: &WarningKey) -> Result<Warning, WarnError> {
        current::warning(self, key).await.map(Arc::unwrap_or_clone)
    }

    /// A person opens a warning that came. The origin learns of it; opening again changes nothing.
    ///
    /// # Errors
    /// When there is no such warning, or the answer cannot be queued.
    pub async fn open(&self, key: &WarningKey, by: &Signer) -> Result<ReceivedWarning, WarnError> {
        institution::open(self, key, by).await
    }

    /// A named person answers (確認), or changes the answer. It returns on every route the warning came by.
    ///
    /// # Errors
    /// When there is no such warning, or the answer cannot be queued.
    pub async fn acknowledge(
        &self,
        key: &WarningKey,
        by: &Signer,
        answer: Answer,
        note: &str,
    ) -> Result<ReceivedWarning, WarnError> {
        let given = NewAnswer { answer, note: note.to_owned(), devices: None };
        self.acknowledge_with(key, by, &given).await
    }

    /// The same, with what the list of devices says.
    ///
    /// # Errors
    /// As [`WarningDesk::acknowledge`].
    pub async fn acknowledge_with(
        &self,
        key: &WarningKey,
        by: &Signer,
        given: &NewAnswer,
    ) -> Result<ReceivedWarning, WarnError> {
        institution::acknowledge(self, key, by, given).await
    }

    /// A named person says that what was asked for is done (完了).
    ///
    /// # Errors
    /// When nobody answered yet, or the answer is still 確認中.
    pub async fn finish(
        &self,
        key: &WarningKey,
        by: &Signer,
        note: &str,
    ) -> Result<ReceivedWarning, WarnError> {
        institution::finish(self, key, by, note).await
    }

    /// Passes a warning that came on to everybody below whom it is for (周知), untouched. One officer may decide it.
    ///
    /// # Errors
    /// When nobody below is addressed, or its TLP label forbids it.
    pub async fn relay(&self, relay: &NewRelay) -> Result<ReceivedWarning, WarnError> {
        relaying::relay(self, relay).await
    }

    /// The warning that took the place of `key`: released here or received, and not withdrawn. `None` when `key` stands.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn replaced_by(&self, key: &WarningKey) -> Result<Option<Arc<Warning>>, WarnError> {
        succession::replaced_by(self, key).await
    }

    /// What this office does about those who have not answered, in the order of time. Nothing when it was withdrawn or replaced.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn chase_steps(&self, warning: &Warning) -> Result<Vec<ChaseStep>, WarnError> {
        let replaced = self.replaced_by(&warning.key).await?.is_some();
        Ok(if replaced { vec![] } else { chase_steps(warning, &self.content) })
    }

    /// How many have answered and how many have not, for our own warnings and those we relayed. Kept in memory and followed: cheap
    /// to ask for again and again.
    ///
    /// # Errors
    /// When there is no such warning.
    pub async fn coverage(&self, key: &WarningKey) -> Result<Coverage, WarnError> {
        covering::numbers(self, &*current::warning(self, key).await?).await
    }

    /// Who has answered and who has not: those that `selection` takes, in order, from `page.start` up to `page.end`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn coverage_rows(
        &self,
        warning: &Warning,
        selection: &Selection,
        page: Range<usize>,
    ) -> Result<CoverageRows, WarnError> {
        covering::rows(self, warning, selection, page).await
    }

    /// The institutions and vendors of which no named person has answered.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn silent(&self, warning: &Warning) -> Result<Silent, WarnError> {
        covering::silent(self, warning).await
    }

    /// Whether an organisation lies below us, with a node or as a member of the register.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn is_below(&self, id: &OrganisationId) -> Result<bool, WarnError> {
        covering::is_below(self, id).await
    }

    /// The devices behind the answers of institutions and vendors.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn device_totals(&self, warning: &Warning) -> Result<DeviceTotals, WarnError> {
        covering::device_totals(self, warning).await
    }

    /// The offices a warning was handed to, those that have not relayed first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn coverage_offices(&self, warning: &Warning) -> Result<Vec<OfficeRow>, WarnError> {
        covering::office_rows(self, warning).await
    }

    /// By which ways the answers to a warning came, and how soon. Reads every answer.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn route_results(
        &self,
        warning: &Warning,
    ) -> Result<BTreeMap<Route, RouteResult>, WarnError> {
        covering::route_results(self, warning).await
    }

    /// Records that an officer reached an organisation by telephone, and what it answered if it did.
    ///
    /// # Errors
    /// When there is no such warning.
    pub async fn record_call(
        &self,
        key: &WarningKey,
        organisation: &OrganisationId,
        call: &NewCall,
    ) -> Result<AnswerState, WarnError> {
        chasing::record_call(self, key, organisation, call).await
    }

    /// Sends a reminder (督促) to each of these organisations, by the word of an officer.
    ///
    /// # Errors
    /// When one of them cannot be reached.
    pub async fn remind(
        &self,
        warning: &Warning,
        organisations: &[OrganisationId],
        deputies: bool,
        by: &Signer,
    ) -> Result<(), WarnError> {
        let n_to = u32::try_from(organisations.len()).unwrap_or(u32::MAX);
        let by = Some(by.clone());
        let reminders = Reminders { at: self.clock.now(), deputies, n_to, by };
        chasing::remind(self, warning, organisations, &reminders).await
    }

    /// Sends the reminders that are due by the rules of `content/warn/chasing.toml`, each once; to be called every minute or so.
    ///
    /// # Errors
    /// When the ledger fails. What was not sent is due again.
    pub async fn chase(&self) -> Result<Vec<Reminded>, WarnError> {
        chasing::chase(self).await
    }

    /// Tells the origins of warnings that went on from here how far the institutions without a node are, where that has changed; to be
    /// called every few minutes. Returns how many warnings that were.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn tell_sums(&self) -> Result<usize, WarnError> {
        summing::tell(self).await
    }

    /// What was done so far about those who have not answered.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn chased(&self, warning: &Warning) -> Result<Chased, WarnError> {
        Ok(chasing::chased(self, warning).await?.0)
    }

    /// Stops the reminders of this warning that go out by themselves, or lets them go on.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn set_chasing(
        &self,
        warning: &Warning,
        goes_on: bool,
        by: &Signer,
    ) -> Result<(), WarnError> {
        chasing::set_chasing(self, warning, goes_on, by).await
    }

    /// A record with its version, or [`WarnError::Unknown`].
    async fn load<T: DeserializeOwned>(
        &self,
        shelf: &str,
        key: &str,
    ) -> Result<(T, u64), WarnError> {
        let record = self.store.get(shelf, key).await?.ok_or(WarnError::Unknown)?;
        Ok((record.read()?, record.version))
    }

    /// Keeps facts and queues parcels in one commit.
    async fn commit(&self, parcels: Vec<Parcel>, facts: Vec<Fact>) -> Result<(), WarnError> {
        self.post.post(parcels, facts).await?;
        Ok(())
    }
}

pub use chasing::{NewCall, Reminded};
pub use covering::{CoverageRows, Silent};
pub use files::attachments;
pub use members::{MemberWarning, Members};

/// The key of a received warning: its id first, so that key order is time order.
fn record_key(key: &WarningKey) -> String {
    format!("{}/{}", key.id, key.origin)
}

fn answer_key(key: &WarningKey, organisation: &OrganisationId) -> String {
    format!("{}/{organisation}", record_key(key))
}

/// A fact in a warning's history, done by a person.
fn fact(
    key: &WarningKey,
    kind: &str,
    at: Instant,
    by: &Signer,
    body: &impl Serialize,
) -> Result<Fact, LedgerError> {
    Fact::new(stream(key), kind, at, by.person.as_str(), body)
}

/// What the journal says of an answer beside the record that the same fact puts, which has all of it.
fn said(state: &AnswerState) -> Value {
    json!({
        "organisation": state.organisation,
        "revision": state.revision,
        "stage": state.stage,
        "answer": state.answer,
    })
}

fn stream(key: &WarningKey) -> String {
    format!("warning/{}/{}", key.origin, key.id)
}

/// A put that expects the record in the version it was read in; `None`: not there yet.
fn expecting(put: Put, version: Option<u64>) -> Put {
    match version {
        Some(version) => put.version(version),
        None => put.absent(),
    }
}

fn read_all<T: DeserializeOwned>(records: &[Record]) -> Result<Vec<T>, WarnError> {
    records.iter().map(|record| record.read().map_err(WarnError::from)).collect()
}
