//! The desk: reads and keeps shared cases for one organisation, be it the office that shares, the victim, or whoever receives.

use std::sync::Arc;

use async_trait::async_trait;
use sakimori_content::{Content, Form};
use sakimori_federation::{Parcel, Post};
use sakimori_ledger::{Fact, LedgerError, Put, Record, Store};
use sakimori_words::{
    Chance, Clock, Instant, Organisation, OrganisationId, SharedCaseId, jst_date,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::case::{SharedCase, SharedContent, SharedKey, Signer, Writing};
use crate::error::ShareError;
use crate::ladder::{Climb, Spread, k_for};
use crate::own::{ConsentAnswer, GoesOut, OwnCase};
use crate::published::Channel;
use crate::received::{AskedConsent, ReceivedCase};
use crate::reported::ReportedCase;
use crate::scrub::{NameBook, Scrubbed};
use crate::statistics::{Counted, Table};

mod consenting;
mod publishing;
mod sighting;
mod taking;
mod writing;

pub use consenting::WrittenConsent;
pub use publishing::SentOut;

/// [`OwnCase`] by id.
const OWN: &str = "share-own";
/// [`AskedConsent`] by office and question.
const ASKED: &str = "share-asked";
/// [`ReceivedCase`] by id and origin.
const RECEIVED: &str = "share-received";
/// Most cases of our own that figures count.
const COUNTED_MAX: usize = 20_000;

/// The register: every institution of the area, by which the ladder counts how many are alike.
#[async_trait]
pub trait Population: Send + Sync {
    /// The institutions as the register has them now.
    ///
    /// # Errors
    /// When the register cannot be read.
    async fn institutions(&self) -> Result<Vec<Organisation>, LedgerError>;
}

/// A draft as it would leave now, with everything an officer looks at before deciding.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// What would leave; `None` while nothing may be shared.
    pub content: Option<SharedContent>,
    /// The rungs that were tried.
    pub climb: Option<Climb>,
    /// Why nothing may be shared, in the words of the ladder.
    pub refusal: Option<crate::ladder::LadderError>,
    /// What the scrubber replaced and what it leaves to be looked at.
    pub scrubbed: Scrubbed,
}

/// One organisation's desk for shared cases. Share it in an `Arc`; hand it to [`Post::deliver`] as a handler.
pub struct ShareDesk {
    store: Arc<dyn Store>,
    post: Arc<Post>,
    content: Arc<Content>,
    population: Arc<dyn Population>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

impl ShareDesk {
    /// A desk over one organisation's store, post and register.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        post: Arc<Post>,
        content: Arc<Content>,
        population: Arc<dyn Population>,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Self {
        Self { store, post, content, population, clock, chance }
    }

    /// Begins a case from what was reported.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn draft(&self, reported: ReportedCase, by: &Signer) -> Result<OwnCase, ShareError> {
        writing::draft(self, reported, by).await
    }

    /// Changes what a draft says. What the victim had answered is void: it was to other words.
    ///
    /// # Errors
    /// When there is no draft, it awaits release, or a word is in none of the lists.
    pub async fn write(
        &self,
        id: &SharedCaseId,
        writing: Writing,
        by: &Signer,
    ) -> Result<OwnCase, ShareError> {
        writing::write(self, id, writing, by).await
    }

    /// The draft as it would leave now.
    ///
    /// # Errors
    /// When there is no draft, or the register cannot be read.
    pub async fn preview(&self, own: &OwnCase) -> Result<Preview, ShareError> {
        writing::preview(self, own).await
    }

    /// Shows the draft to the victim and asks. Where it has a node a message goes there; otherwise an officer shows it by other ways
    /// and writes the answer down.
    ///
    /// # Errors
    /// When something in the draft was not looked at, nothing may be shared, or the gate finds what identifies the victim.
    pub async fn ask(&self, id: &SharedCaseId, by: &Signer) -> Result<OwnCase, ShareError> {
        consenting::ask(self, id, by).await
    }

    /// Writes down an answer that came by other ways than a node.
    ///
    /// # Errors
    /// When nothing was asked, or a name or the way is missing.
    pub async fn record_consent(
        &self,
        id: &SharedCaseId,
        consent: WrittenConsent,
        by: &Signer,
    ) -> Result<OwnCase, ShareError> {
        consenting::record(self, id, consent, by).await
    }

    /// Hands an approved draft to the person who releases (決裁依頼).
    ///
    /// # Errors
    /// When the victim has not approved it.
    pub async fn submit(&self, id: &SharedCaseId, by: &Signer) -> Result<OwnCase, ShareError> {
        writing::submit(self, id, by).await
    }

    /// Gives a submitted draft back to its author (差戻し), or takes a released one back before it goes out.
    ///
    /// # Errors
    /// When none awaits release or its batch, or no reason is given.
    pub async fn send_back(
        &self,
        id: &SharedCaseId,
        by: &Signer,
        reason: &str,
    ) -> Result<OwnCase, ShareError> {
        writing::send_back(self, id, by, reason).await
    }

    /// Releases a submitted draft: everything is counted and looked for once more.
    ///
    /// It goes out with the next batch
    /// ([`Self::publish_due`]); an urgent one and an exercise are signed and queued for everybody below at once.
    ///
    /// # Errors
    /// When `by` wrote at it, the register has changed, the gate stays shut, or too few would receive it. Nothing leaves then.
    pub async fn release(&self, id: &SharedCaseId, by: &Signer) -> Result<OwnCase, ShareError> {
        publishing::release(self, id, by).await
    }

    /// Sends out what was released for a batch that has come, each once, also after a restart or beside another process.
    ///
    /// It is looked through once more. What may not go out any more is given back to its authors with the reason.
    ///
    /// # Errors
    /// When the ledger fails; what did not go out is due again.
    pub async fn publish_due(&self) -> Result<SentOut, ShareError> {
        publishing::publish_due(self).await
    }

    /// When `content` goes out if it is released now.
    #[must_use]
    pub fn goes_out(&self, content: &SharedContent) -> GoesOut {
        GoesOut::of(content, &self.content.sharing().publication, self.clock.now())
    }

    /// Withdraws a published case at once: everybody who has it sees it struck out. The reason stays here.
    ///
    /// # Errors
    /// When it was not published, or was withdrawn already.
    pub async fn withdraw(
        &self,
        id: &SharedCaseId,
        by: &Signer,
        because: &str,
    ) -> Result<OwnCase, ShareError> {
        publishing::withdraw(self, id, by, because).await
    }

    /// Begins a further revision of a published case; the victim is asked again.
    ///
    /// # Errors
    /// When nothing was published, it was withdrawn, or a draft is there already.
    pub async fn revise(&self, id: &SharedCaseId, by: &Signer) -> Result<OwnCase, ShareError> {
        writing::revise(self, id, by).await
    }

    /// Whether enough organisations would receive a case of `victim`: said while it is written, not only at its release.
    ///
    /// # Errors
    /// [`ShareError::Audience`] when too few would, or the ledger cannot be read.
    pub async fn check_receivers(&self, victim: &OrganisationId) -> Result<(), ShareError> {
        publishing::check_receivers(self, victim).await
    }

    /// Our own cases, the newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn own(&self, limit: usize) -> Result<Vec<OwnCase>, ShareError> {
        read_all(&self.store.list_latest(OWN, None, limit).await?)
    }

    /// One of our own cases.
    ///
    /// # Errors
    /// When there is no such case.
    pub async fn own_one(&self, id: &SharedCaseId) -> Result<OwnCase, ShareError> {
        Ok(self.load::<OwnCase>(OWN, id.as_str()).await?.0)
    }

    /// What offices ask us as the victim, the newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn asked(&self, limit: usize) -> Result<Vec<AskedConsent>, ShareError> {
        let mut asked: Vec<AskedConsent> =
            read_all(&self.store.list_latest(ASKED, None, limit).await?)?;
        asked.sort_by_key(|one| std::cmp::Reverse(one.asked_at));
        Ok(asked)
    }

    /// One question.
    ///
    /// # Errors
    /// When there is no such question.
    pub async fn asked_one(&self, office: &str, request: &str) -> Result<AskedConsent, ShareError> {
        Ok(self.load::<AskedConsent>(ASKED, &asked_key(office, request)).await?.0)
    }

    /// A named person of the victim answers.
    ///
    /// # Errors
    /// When there is no such question, it was answered, or a change or refusal says nothing of why.
    pub async fn answer(
        &self,
        (office, request): (&str, &str),
        answer: ConsentAnswer,
        note: &str,
        by: &Signer,
    ) -> Result<AskedConsent, ShareError> {
        consenting::answer(self, (office, request), answer, note, by).await
    }

    /// Cases that came, the newest first, each once however often it came.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn received(&self, limit: usize) -> Result<Vec<ReceivedCase>, ShareError> {
        read_all(&self.store.list_latest(RECEIVED, None, limit).await?)
    }

    /// One case that came.
    ///
    /// # Errors
    /// When there is no such case.
    pub async fn received_one(&self, key: &SharedKey) -> Result<ReceivedCase, ShareError> {
        Ok(self.load::<ReceivedCase>(RECEIVED, &received_key(key)).await?.0)
    }

    /// Figures over `incidents` of this office, suppressed so that none can be worked out.
    #[must_use]
    pub fn statistics(&self, incidents: &[Counted<'_>]) -> Table {
        let ladder = &self.content.sharing().ladder;
        let k = u64::try_from(ladder.k_community).unwrap_or(u64::MAX);
        Table::of(ladder, incidents, jst_date(self.clock.now()), k)
    }

    /// Most incidents that figures count.
    #[must_use]
    pub const fn counted_max() -> usize {
        COUNTED_MAX
    }

    /// Everything another format may be made of: the cases we have published and not withdrawn.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn published(&self, limit: usize) -> Result<Vec<SharedCase>, ShareError> {
        let current = self
            .own(limit)
            .await?
            .into_iter()
            .filter_map(|own| own.releases.into_iter().next_back().map(|release| release.case));
        Ok(current.filter(|case| !case.withdrawn).collect())
    }

    /// What the portal of this office shows: the cases it published and those that came, the latest change first. Those withdrawn too:
    /// whoever has read one must learn of it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn in_portal(&self, limit: usize) -> Result<Vec<SharedCase>, ShareError> {
        let own = self.own(limit).await?;
        let own = own.into_iter().filter_map(|own| own.releases.into_iter().next_back());
        let received = self.received(limit).await?.into_iter().map(|came| came.case);
        let mut cases: Vec<SharedCase> = own.map(|release| release.case).chain(received).collect();
        cases.retain(|case| Channel::Portal.carries(&case.content));
        cases.sort_by_key(|case| std::cmp::Reverse(case.modified_at));
        cases.truncate(limit);
        Ok(cases)
    }

    /// The form that reports are made with, for the labels of its choices.
    fn form(&self) -> Result<&Form, ShareError> {
        let id = &self.content.sharing().fields.form;
        let form = self.content.form(id, jst_date(self.clock.now()));
        form.ok_or(ShareError::Missing { field: "報告様式" })
    }

    /// The register and the names in it.
    async fn register(&self) -> Result<(Vec<Organisation>, NameBook), LedgerError> {
        let population = self.population.institutions().await?;
        let names = NameBook::of_register(&population);
        Ok((population, names))
    }

    fn climb(
        &self,
        population: &[Organisation],
        own: &OwnCase,
        (tlp, urgent): (sakimori_words::Tlp, bool),
    ) -> Result<Climb, crate::ladder::LadderError> {
        let ladder = &self.content.sharing().ladder;
        let nationwide;
        let ladder = match urgent {
            true => {
                nationwide = ladder.without_region();
                &nationwide
            }
            false => ladder,
        };
        let spread = Spread::new(ladder, population, k_for(ladder, tlp));
        spread.climb(&own.reported.institution.id)
    }

    /// A record with its version, or [`ShareError::Unknown`].
    async fn load<T: DeserializeOwned>(
        &self,
        shelf: &str,
        key: &str,
    ) -> Result<(T, u64), ShareError> {
        let record = self.store.get(shelf, key).await?.ok_or(ShareError::Unknown)?;
        Ok((record.read()?, record.version))
    }

    /// Keeps a case of our own with the fact that changed it, and queues parcels, in one commit.
    async fn keep(
        &self,
        own: &OwnCase,
        version: Option<u64>,
        (kind, by): (&str, &Signer),
        body: impl Serialize,
        parcels: Vec<Parcel>,
    ) -> Result<(), ShareError> {
        let put = expecting(Put::new(OWN, own.id.as_str(), own)?, version);
        let fact = fact(&own_stream(&own.id), kind, self.clock.now(), by, &body)?.put(put);
        self.post.post(parcels, vec![fact]).await?;
        Ok(())
    }
}

fn own_stream(id: &SharedCaseId) -> String {
    format!("share/{id}")
}

/// The key of a received case: its id first, so that key order is time order.
fn received_key(key: &SharedKey) -> String {
    format!("{}/{}", key.id, key.origin)
}

fn asked_key(office: &str, request: &str) -> String {
    format!("{request}/{office}")
}

/// A fact done by a person.
fn fact(
    stream: &str,
    kind: &str,
    at: Instant,
    by: &Signer,
    body: &impl Serialize,
) -> Result<Fact, LedgerError> {
    Fact::new(stream, kind, at, by.person.as_str(), body)
}

/// A put that expects the record in the version it was read in; `None`: not there yet.
fn expecting(put: Put, version: Option<u64>) -> Put {
    match version {
        Some(version) => put.version(version),
        None => put.absent(),
    }
}

fn read_all<T: DeserializeOwned>(records: &[Record]) -> Result<Vec<T>, ShareError> {
    records.iter().map(|record| record.read().map_err(ShareError::from)).collect()
}
