//! The findings desk: keeps what the detector found, grouped, until a person has dealt with it.

mod covered;
mod groups;
mod retrospect;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use sakimori_ledger::{Fact, LedgerError, Put, Store};
use sakimori_words::{
    CaseId, Chance, Clock, ExceptionId, Finding, FindingId, Instant, PersonId, Trouble,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Mutex;

pub use self::covered::Covered;
use self::groups::{Group, Groups, Round, Tally, group_key, stream};
pub use self::retrospect::Known;
use crate::exceptions::{Exception, Exceptions};
use crate::stories::{Lead, Story, stories};
use crate::troubles;

/// Findings of one rule on one machine and account that are no further apart than this become one finding, in seconds.
pub const GROUP_SECONDS: i64 = 600;

/// Most events a finding points at; the count goes on.
pub const EVIDENCE_MAX: usize = 20;

/// Most machines, accounts and addresses that one finding gathers.
pub const INVOLVED_MAX: usize = 50;

/// How many of the newest open findings are put together into stories.
pub const STORY_FINDINGS_MAX: usize = 2_000;

/// Shortest time between two journal entries that only raise a finding's count, in seconds.
pub const COUNT_SECONDS: i64 = 60;

/// Findings that wait for somebody, by id.
const OPEN_SHELF: &str = "finding_open";
/// Findings that an exception holds back, by id.
const HELD_BACK_SHELF: &str = "finding_held_back";
/// Findings somebody has dealt with, by id.
const DONE_SHELF: &str = "finding_done";
/// The latest finding of each rule, machine and account.
const GROUP_SHELF: &str = "finding_group";

/// Keeps findings in the ledger, on stream `finding/<id>`.
pub struct Findings {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    exceptions: Exceptions,
    /// Held over every change, so that two of them never see the same state.
    groups: Mutex<Groups>,
}

/// A finding as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptFinding {
    /// What the detector said when it spoke first, with the first events behind it.
    pub finding: Finding,
    /// How often it was found.
    pub count: u64,
    /// Time of the first event behind it.
    pub first_at: Instant,
    /// Time of the last event behind it.
    pub last_at: Instant,
    /// What people did with it.
    pub state: FindingState,
    /// How often its state was changed; shown forms carry it so that two people do not overwrite each other.
    pub revision: u32,
    /// Who changed the state and when; `None` while it is new.
    pub handled: Option<Handled>,
}

/// Who dealt with a finding, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handled {
    /// The person.
    pub by: PersonId,
    /// When.
    pub at: Instant,
}

/// What people did with a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum FindingState {
    /// Nobody has looked yet.
    New,
    /// Someone has looked and it stays on the list.
    LookedAt,
    /// It is part of a case.
    Case {
        /// Which.
        case: CaseId,
    },
    /// It means nothing, or is settled.
    Closed {
        /// Why, in one sentence.
        reason: String,
    },
    /// It is ordinary here: an exception was in force when it was found.
    HeldBack {
        /// Which.
        exception: ExceptionId,
    },
}

impl FindingState {
    /// The state in which a finding begins: new, unless an exception holds it back.
    fn first(by: Option<ExceptionId>) -> Self {
        by.map_or(Self::New, |exception| Self::HeldBack { exception })
    }

    /// Whether it still waits for somebody: new or looked at.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::New | Self::LookedAt)
    }

    /// The exception that holds it back.
    #[must_use]
    pub const fn held_back_by(&self) -> Option<&ExceptionId> {
        match self {
            Self::HeldBack { exception } => Some(exception),
            Self::New | Self::LookedAt | Self::Case { .. } | Self::Closed { .. } => None,
        }
    }

    fn check(&self) -> Result<(), FindingsError> {
        match self {
            Self::New | Self::HeldBack { .. } => Err(FindingsError::State { state: self.clone() }),
            Self::Closed { reason } if reason.trim().is_empty() => {
                Err(FindingsError::State { state: self.clone() })
            }
            Self::LookedAt | Self::Case { .. } | Self::Closed { .. } => Ok(()),
        }
    }
}

/// A story and its findings, in the order of their time.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptStory {
    /// What belongs together; its leads are the places in `findings`.
    pub story: Story,
    /// The findings.
    pub findings: Vec<KeptFinding>,
}

/// Which findings a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// New and looked at.
    Open,
    /// In a case or closed.
    Done,
    /// Both: everything that no exception holds back.
    All,
    /// Held back by an exception.
    HeldBack,
}

impl KeptStory {
    fn of(mut story: Story, newest: &[KeptFinding]) -> Self {
        let own = std::mem::take(&mut story.leads);
        let findings: Vec<KeptFinding> =
            own.into_iter().filter_map(|at| newest.get(at).cloned()).collect();
        story.leads = (0..findings.len()).collect();
        Self { story, findings }
    }
}

/// Why the desk could not do it.
#[derive(Debug, thiserror::Error)]
pub enum FindingsError {
    /// No finding has that id.
    #[error("there is no finding `{id}`")]
    Unknown {
        /// The id.
        id: FindingId,
    },
    /// Its state was changed since the person looked.
    #[error("finding `{id}` is at revision {found}, not {seen}")]
    MovedOn {
        /// The id.
        id: FindingId,
        /// Revision the person saw.
        seen: u32,
        /// Revision it has now.
        found: u32,
    },
    /// Closing asks for a reason, nothing goes back to new, and only an exception holds back.
    #[error("a finding cannot become {state:?}")]
    State {
        /// What was asked for.
        state: FindingState,
    },
    /// The ledger failed.
    #[error("the ledger did not keep or give the finding")]
    Ledger(#[from] LedgerError),
}

impl FindingsError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Unknown { .. } => Trouble::because(&troubles::FINDING_UNKNOWN, self),
            Self::MovedOn { .. } => Trouble::because(&troubles::FINDING_MOVED_ON, self),
            Self::State { .. } => Trouble::because(&troubles::FINDING_STATE, self),
            Self::Ledger(cause) => cause.trouble(),
        }
    }
}

impl Findings {
    /// A desk over the ledger. One per node: it alone groups findings.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        let desk = (Arc::clone(&store), Arc::clone(&clock), Arc::clone(&chance));
        let exceptions = Exceptions::new(desk.0, desk.1, desk.2);
        Self { store, clock, chance, exceptions, groups: Mutex::default() }
    }

    /// What people declared ordinary here.
    #[must_use]
    pub const fn exceptions(&self) -> &Exceptions {
        &self.exceptions
    }

    /// Keeps findings; returns those that are new, with their ids. A finding that belongs to one kept within the last ten
    /// minutes raises its count instead. Counts are written at most once a minute for each; call [`Findings::tick`].
    ///
    /// What an exception covers that is in force now is kept and counted apart, as [`FindingState::HeldBack`].
    ///
    /// # Errors
    /// When the ledger refuses. Nothing of this call is kept then, so the caller tries again.
    pub async fn keep(&self, findings: Vec<Finding>) -> Result<Vec<KeptFinding>, FindingsError> {
        let mut groups = self.groups.lock().await;
        let mut round = Round::default();
        let now = self.clock.now();
        let active = self.exceptions.active(now).await?;
        for finding in findings {
            self.sort_in(&groups, &mut round, &active, finding).await?;
        }
        let facts = round.facts(&mut self.tally(&round).await?, now, false)?;
        self.store.commit(facts).await?;
        Ok(groups.take_in(round))
    }

    /// Writes counts that are due. Call about once a minute, and with `all` at the end of the program.
    ///
    /// # Errors
    /// When the ledger refuses; the counts stay waiting.
    pub async fn tick(&self, all: bool) -> Result<(), FindingsError> {
        let mut groups = self.groups.lock().await;
        let mut round = groups.waiting();
        let facts = round.facts(&mut self.tally(&round).await?, self.clock.now(), all)?;
        self.store.commit(facts).await?;
        groups.take_in(round);
        Ok(())
    }

    /// The finding with that id.
    ///
    /// # Errors
    /// When there is none, or the ledger fails.
    pub async fn get(&self, id: &FindingId) -> Result<KeptFinding, FindingsError> {
        let groups = self.groups.lock().await;
        match groups.by_id(id) {
            Some(group) => Ok(group.kept.clone()),
            None => self.stored(id).await?.ok_or_else(|| FindingsError::Unknown { id: id.clone() }),
        }
    }

    /// Findings, newest first; those older than `before`.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn list(
        &self,
        which: Which,
        before: Option<&FindingId>,
        limit: usize,
    ) -> Result<Vec<KeptFinding>, FindingsError> {
        let shelves: &[&str] = match which {
            Which::Open => &[OPEN_SHELF],
            Which::Done => &[DONE_SHELF],
            Which::All => &[OPEN_SHELF, DONE_SHELF],
            Which::HeldBack => &[HELD_BACK_SHELF],
        };
        let mut found = Vec::new();
        for shelf in shelves {
            let before = before.map(FindingId::as_str);
            for record in self.store.list_latest(shelf, before, limit).await? {
                found.push(record.read::<KeptFinding>()?);
            }
        }
        found.sort_by(|one, other| other.finding.id.cmp(&one.finding.id));
        found.truncate(limit);
        let groups = self.groups.lock().await;
        Ok(found.into_iter().map(|kept| groups.newest(kept)).collect())
    }

    /// What belongs together among the newest findings (at most [`STORY_FINDINGS_MAX`]), the story to look at first in front.
    /// What was closed as meaningless links nothing; a story of which nothing waits for anybody is not told.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn stories(&self) -> Result<Vec<KeptStory>, FindingsError> {
        let mut newest = self.list(Which::All, None, STORY_FINDINGS_MAX).await?;
        newest.retain(|kept| !matches!(kept.state, FindingState::Closed { .. }));
        let leads = newest.iter().map(|KeptFinding { finding, first_at, last_at, .. }| Lead {
            finding,
            first_at: *first_at,
            last_at: *last_at,
        });
        let told = stories(&leads.collect::<Vec<_>>()).into_iter();
        let told = told.map(|story| KeptStory::of(story, &newest));
        Ok(told.filter(|kept| kept.findings.iter().any(|one| one.state.is_open())).collect())
    }

    /// How many findings wait for somebody.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn open_count(&self) -> Result<u64, FindingsError> {
        Ok(self.store.count(OPEN_SHELF).await?)
    }

    /// Records what `by` did with a finding whose `revision` they saw. Every state but new can be reached from every other,
    /// because a wrong press at three in the morning must be undone; the journal keeps all of them.
    ///
    /// # Errors
    /// When there is no such finding, somebody was faster, a reason is missing, or the ledger fails.
    pub async fn set_state(
        &self,
        id: &FindingId,
        revision: u32,
        state: FindingState,
        by: &PersonId,
    ) -> Result<KeptFinding, FindingsError> {
        state.check()?;
        let mut groups = self.groups.lock().await;
        let uncounted = self.uncounted(groups.by_id(id)).await?;
        let mut kept = match groups.by_id(id) {
            Some(group) => group.kept.clone(),
            None => {
                self.stored(id).await?.ok_or_else(|| FindingsError::Unknown { id: id.clone() })?
            }
        };
        if kept.revision != revision {
            return Err(FindingsError::MovedOn {
                id: id.clone(),
                seen: revision,
                found: kept.revision,
            });
        }
        let left_shelf = kept.shelf();
        let at = self.clock.now();
        kept.state = state;
        kept.revision += 1;
        kept.handled = Some(Handled { by: by.clone(), at });
        let body = json!({ "state": kept.state, "revision": kept.revision, "count": kept.count });
        let mut fact = Fact::new(stream(id), "finding_state_changed", at, by.as_str(), &body)?;
        if left_shelf != kept.shelf() {
            fact = fact.put(Put::removal(left_shelf, id.as_str()));
        }
        let mut fact = fact.put(Put::new(kept.shelf(), id.as_str(), &kept)?);
        fact.puts.extend(uncounted);
        self.store.commit(vec![fact]).await?;
        groups.replace(&kept, at);
        Ok(kept)
    }

    /// Moves with every change of the ledger, for screens that follow along.
    #[must_use]
    pub fn watch(&self) -> tokio::sync::watch::Receiver<u64> {
        self.store.watch()
    }

    /// Puts a finding where it belongs: into a group that is still open or held back alike, or into a new one. Of several
    /// exceptions that cover it the oldest counts.
    async fn sort_in(
        &self,
        groups: &Groups,
        round: &mut Round,
        active: &[Exception],
        mut finding: Finding,
    ) -> Result<(), FindingsError> {
        let by = active.iter().find(|exception| exception.scope.covers(&finding));
        let by = by.map(|exception| &exception.id);
        let key = group_key(&finding, by);
        if !round.touched.contains_key(&key) {
            let group = match groups.by_key.get(&key) {
                Some(group) => Some(group.clone()),
                None => self.stored_group(&key).await?,
            };
            round.touched.extend(group.map(|group| (key.clone(), group)));
        }
        match round.touched.get_mut(&key).filter(|group| group.kept.takes(&finding, by)) {
            Some(group) => group.add(&finding),
            None => {
                finding.id = FindingId::new(self.clock.now(), &*self.chance);
                let left = round.touched.insert(key, Group::new(finding, by.cloned()));
                round.left.extend(left.filter(|group| group.waits));
            }
        }
        Ok(())
    }

    /// What the exceptions of a round have held back so far.
    async fn tally(&self, round: &Round) -> Result<Tally, LedgerError> {
        let mut tally = Tally::new();
        for id in round.exceptions() {
            let held = self.exceptions.held(&id).await?;
            tally.insert(id, held);
        }
        Ok(tally)
    }

    /// What an exception has held back of a group and the journal does not know yet.
    async fn uncounted(&self, group: Option<&Group>) -> Result<Option<Put>, LedgerError> {
        let waiting = group.filter(|group| group.waits);
        let Some(group) = waiting else { return Ok(None) };
        let Some(by) = group.kept.state.held_back_by() else { return Ok(None) };
        let held = self.exceptions.held(by).await?;
        group.tally(&mut Tally::from([(by.clone(), held)]))
    }

    async fn stored(&self, id: &FindingId) -> Result<Option<KeptFinding>, FindingsError> {
        for shelf in [OPEN_SHELF, DONE_SHELF, HELD_BACK_SHELF] {
            if let Some(record) = self.store.get(shelf, id.as_str()).await? {
                return Ok(Some(record.read()?));
            }
        }
        Ok(None)
    }

    async fn stored_group(&self, key: &str) -> Result<Option<Group>, FindingsError> {
        let Some(record) = self.store.get(GROUP_SHELF, key).await? else { return Ok(None) };
        let id: FindingId = record.read()?;
        Ok(self.stored(&id).await?.map(|kept| Group::stored(kept, record.at)))
    }
}
