//! Exceptions: what people declared ordinary here, for how long, and who answers for it.
//!
//! An exception deletes nothing. What it covers is kept and counted like every finding, in a state of its own
//! ([`crate::FindingState::HeldBack`]), and it ends by the clock alone: whether it is in force is asked anew for every finding.

mod scope;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use sakimori_ledger::{Entry, Fact, LedgerError, Put, Record, Store};
use sakimori_words::{
    Chance, Clock, ExceptionId, FindingId, Instant, PersonId, SECOND_MICROS, Text, Trouble,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use self::scope::Scope;
use crate::troubles;

/// How many days an exception lasts unless somebody says otherwise.
pub const EXCEPTION_DAYS: i64 = 90;

/// Most days an exception can last: what is ordinary is looked at anew at least once a year.
pub const EXCEPTION_DAYS_MAX: i64 = 366;

/// From how many days before its end on an exception is pointed out.
pub const EXPIRING_DAYS: i64 = 14;

/// Most exceptions in force at a time: more than that is a rule to be changed, not a list anybody watches.
pub const EXCEPTIONS_MAX: usize = 200;

/// Longest reason, in characters.
pub const EXCEPTION_REASON_CHARS_MAX: usize = 500;

/// Turns of one exception that are read for its page.
const TURNS_MAX: usize = 200;

/// Exceptions nobody has withdrawn, in force or expired, by id.
const SHELF: &str = "finding_exception";
/// Exceptions somebody withdrew, by id.
const WITHDRAWN_SHELF: &str = "finding_exception_withdrawn";
/// What each has held back, by its id. Written by the findings desk, together with the finding.
const HELD_SHELF: &str = "finding_exception_held";

/// The exceptions of the organisation, on stream `exception/<id>`.
pub struct Exceptions {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

/// An exception as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Its id.
    pub id: ExceptionId,
    /// What it covers.
    pub scope: Scope,
    /// What the finding says from which it was made.
    pub title: Text,
    /// The finding from which it was made.
    pub finding: FindingId,
    /// Why, who answers and until when; of the last renewal.
    pub term: Term,
    /// Since when it has been in force without a break.
    pub since: Instant,
    /// Who made it.
    pub made_by: PersonId,
    /// When it was made.
    pub made_at: Instant,
    /// When and why it was withdrawn.
    pub withdrawn: Option<Withdrawal>,
    /// How often it was changed; shown forms carry it so that two people do not overwrite each other.
    pub revision: u32,
}

/// What is agreed anew with every renewal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Why this is ordinary here.
    pub reason: String,
    /// The person who answers for it. That they exist is for the caller to check, who knows the people.
    pub owner: PersonId,
    /// From this moment on it holds nothing back.
    pub expires_at: Instant,
}

/// Who ended an exception before its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Why.
    pub reason: String,
    /// The person.
    pub by: PersonId,
    /// When.
    pub at: Instant,
}

/// An exception to be made.
#[derive(Clone, Debug)]
pub struct NewException {
    /// What it covers.
    pub scope: Scope,
    /// Whether it is meant that nothing besides the rule is asked for.
    pub everywhere: bool,
    /// What the finding says from which it is made.
    pub title: Text,
    /// That finding.
    pub finding: FindingId,
    /// Why, who answers and until when.
    pub term: Term,
}

/// How an exception stands at a moment, the most pressing first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// In force, and it ends within [`EXPIRING_DAYS`].
    Expiring,
    /// In force.
    Active,
    /// Its time is over.
    Expired,
    /// Somebody ended it.
    Withdrawn,
}

/// What an exception has held back so far; at most a minute behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// How many findings, each counted once however often it occurred.
    pub findings: u64,
    /// How often those occurred.
    pub times: u64,
    /// When the last of them occurred.
    pub last_at: Option<Instant>,
}

/// An exception with what it has held back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The exception.
    pub exception: Exception,
    /// What it has held back.
    pub held: Held,
}

/// One entry of an exception's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// What happened: `exception_made`, `exception_renewed` or `exception_withdrawn`.
    pub kind: String,
    /// When.
    pub at: Instant,
    /// Who did it.
    pub by: PersonId,
    /// Why.
    pub reason: String,
    /// Until when it was agreed; `None` for a withdrawal.
    pub expires_at: Option<Instant>,
}

/// Why the exception could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum ExceptionsError {
    /// The scope cannot be used.
    #[error("the scope says nothing besides the rule, or not what it seems to")]
    Scope,
    /// The reason is missing or too long.
    #[error("an exception needs a reason of at most {limit} characters")]
    Reason {
        /// Most characters.
        limit: usize,
    },
    /// Nobody answers for it.
    #[error("an exception needs an owner")]
    Owner,
    /// The end is past or too far away.
    #[error("{expires_at} is not within the next {limit} days")]
    Expiry {
        /// The end that was asked for.
        expires_at: Instant,
        /// Most days.
        limit: i64,
    },
    /// There are as many as can be in force.
    #[error("{limit} exceptions are in force already")]
    Full {
        /// Most exceptions.
        limit: usize,
    },
    /// No exception has that id.
    #[error("there is no exception `{id}`")]
    Unknown {
        /// The id.
        id: ExceptionId,
    },
    /// It was changed since the person looked, or withdrawn.
    #[error("exception `{id}` was changed by somebody else, or withdrawn")]
    MovedOn {
        /// The id.
        id: ExceptionId,
    },
    /// The ledger failed.
    #[error("the ledger did not keep or give the exception")]
    Ledger(#[from] LedgerError),
}

impl ExceptionsError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::Ledger(cause) => return cause.trouble(),
            Self::Scope => &troubles::EXCEPTION_SCOPE,
            Self::Reason { .. } | Self::Owner | Self::Expiry { .. } => &troubles::EXCEPTION_TERM,
            Self::Full { .. } => &troubles::EXCEPTIONS_FULL,
            Self::Unknown { .. } => &troubles::EXCEPTION_UNKNOWN,
            Self::MovedOn { .. } => &troubles::EXCEPTION_MOVED_ON,
        };
        Trouble::because(kind, self)
    }
}

impl Exception {
    /// Whether it holds back what is found at `now`.
    #[must_use]
    pub fn is_active(&self, now: Instant) -> bool {
        self.withdrawn.is_none() && self.since <= now && now < self.term.expires_at
    }

    /// How it stands at `now`.
    #[must_use]
    pub fn standing(&self, now: Instant) -> Standing {
        let soon = self.term.expires_at <= now.plus_days(EXPIRING_DAYS);
        match (&self.withdrawn, now >= self.term.expires_at) {
            (Some(_), _) => Standing::Withdrawn,
            (None, true) => Standing::Expired,
            (None, false) if soon => Standing::Expiring,
            (None, false) => Standing::Active,
        }
    }

    const fn shelf(&self) -> &'static str {
        if self.withdrawn.is_some() { WITHDRAWN_SHELF } else { SHELF }
    }
}

impl Term {
    fn check(&self, now: Instant) -> Result<(), ExceptionsError> {
        check_reason(&self.reason)?;
        if self.owner.as_str().is_empty() {
            return Err(ExceptionsError::Owner);
        }
        if self.expires_at <= now || self.expires_at > now.plus_days(EXCEPTION_DAYS_MAX) {
            let (expires_at, limit) = (self.expires_at, EXCEPTION_DAYS_MAX);
            return Err(ExceptionsError::Expiry { expires_at, limit });
        }
        Ok(())
    }
}

impl Held {
    /// Adds what was found since it was counted last.
    pub(crate) fn add(&mut self, is_new: bool, times: u64, last_at: Instant) {
        self.findings += u64::from(is_new);
        self.times += times;
        self.last_at = self.last_at.max(Some(last_at));
    }

    pub(crate) fn put(&self, id: &ExceptionId) -> Result<Put, LedgerError> {
        Put::new(HELD_SHELF, id.as_str(), self)
    }
}

impl Exceptions {
    /// The exceptions kept in this ledger.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        Self { store, clock, chance }
    }

    /// Makes an exception, in force from now on. What was found before stays where it is.
    ///
    /// # Errors
    /// [`ExceptionsError::Scope`], [`ExceptionsError::Reason`], [`ExceptionsError::Owner`], [`ExceptionsError::Expiry`],
    /// [`ExceptionsError::Full`], or the ledger's.
    pub async fn make(
        &self,
        new: NewException,
        by: &PersonId,
    ) -> Result<Exception, ExceptionsError> {
        let now = self.clock.now();
        let scope = new.scope.normal().ok_or(ExceptionsError::Scope)?;
        if !scope.is_narrowed() && !new.everywhere {
            return Err(ExceptionsError::Scope);
        }
        new.term.check(now)?;
        // Two people who make the last two at the same moment may both succeed: the limit guards the list, not the disk.
        if self.active(now).await?.len() >= EXCEPTIONS_MAX {
            return Err(ExceptionsError::Full { limit: EXCEPTIONS_MAX });
        }
        let exception = Exception {
            id: ExceptionId::new(now, &*self.chance),
            scope,
            title: new.title,
            finding: new.finding,
            term: new.term,
            since: now,
            made_by: by.clone(),
            made_at: now,
            withdrawn: None,
            revision: 0,
        };
        let Exception { id, scope, title, finding, term, .. } = &exception;
        let body = json!({ "scope": scope, "title": title, "finding": finding,
            "reason": term.reason, "owner": term.owner, "expires_at": term.expires_at });
        let put = Put::new(SHELF, id.as_str(), &exception)?.absent();
        let fact = Fact::new(stream(id), "exception_made", now, by.as_str(), &body)?;
        self.store.commit(vec![fact.put(put)]).await?;
        Ok(exception)
    }

    /// Agrees anew on an exception whose `revision` the person saw, be it in force or expired.
    ///
    /// # Errors
    /// [`ExceptionsError::Unknown`], [`ExceptionsError::MovedOn`], [`ExceptionsError::Reason`], [`ExceptionsError::Owner`],
    /// [`ExceptionsError::Expiry`], or the ledger's.
    pub async fn renew(
        &self,
        id: &ExceptionId,
        revision: u32,
        term: Term,
        by: &PersonId,
    ) -> Result<Exception, ExceptionsError> {
        let now = self.clock.now();
        let (mut exception, version) = self.unchanged(id, revision).await?;
        term.check(now)?;
        if !exception.is_active(now) {
            exception.since = now;
        }
        exception.term = term;
        exception.revision += 1;
        let Term { reason, owner, expires_at } = &exception.term;
        let body = json!({ "reason": reason, "owner": owner, "expires_at": expires_at });
        let fact = Fact::new(stream(id), "exception_renewed", now, by.as_str(), &body)?;
        let put = Put::new(SHELF, id.as_str(), &exception)?.version(version);
        self.commit(fact.put(put), exception).await
    }

    /// Ends an exception whose `revision` the person saw. It cannot be renewed any more.
    ///
    /// # Errors
    /// [`ExceptionsError::Unknown`], [`ExceptionsError::MovedOn`], [`ExceptionsError::Reason`], or the ledger's.
    pub async fn withdraw(
        &self,
        id: &ExceptionId,
        revision: u32,
        reason: &str,
        by: &PersonId,
    ) -> Result<Exception, ExceptionsError> {
        let now = self.clock.now();
        let (mut exception, version) = self.unchanged(id, revision).await?;
        let reason = reason.trim();
        check_reason(reason)?;
        exception.withdrawn =
            Some(Withdrawal { reason: reason.to_owned(), by: by.clone(), at: now });
        exception.revision += 1;
        let body = json!({ "reason": reason });
        let fact = Fact::new(stream(id), "exception_withdrawn", now, by.as_str(), &body)?;
        let fact = fact.put(Put::removal(SHELF, id.as_str()).version(version));
        let put = Put::new(exception.shelf(), id.as_str(), &exception)?;
        self.commit(fact.put(put), exception).await
    }

    /// The exception of that id.
    ///
    /// # Errors
    /// [`ExceptionsError::Unknown`], or the ledger's.
    pub async fn get(&self, id: &ExceptionId) -> Result<Listed, ExceptionsError> {
        for shelf in [SHELF, WITHDRAWN_SHELF] {
            if let Some(record) = self.store.get(shelf, id.as_str()).await? {
                let held = self.held(id).await?;
                return Ok(Listed { exception: record.read()?, held });
            }
        }
        Err(ExceptionsError::Unknown { id: id.clone() })
    }

    /// All of them: those that end soon in front, then those in force, expired, withdrawn; in each by their end.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn list(&self) -> Result<Vec<Listed>, ExceptionsError> {
        let mut records = self.store.list(SHELF, None, usize::MAX).await?;
        records.extend(self.store.list_latest(WITHDRAWN_SHELF, None, EXCEPTIONS_MAX).await?);
        let mut listed = Vec::with_capacity(records.len());
        for record in &records {
            let exception: Exception = record.read()?;
            let held = self.held(&exception.id).await?;
            listed.push(Listed { exception, held });
        }
        let now = self.clock.now();
        listed.sort_by_key(|Listed { exception, .. }| order(exception, now));
        Ok(listed)
    }

    /// Those that hold back what is found at `now`, the oldest first.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn active(&self, now: Instant) -> Result<Vec<Exception>, LedgerError> {
        let records = self.store.list(SHELF, None, usize::MAX).await?;
        let mut active = records.iter().map(Record::read).collect::<Result<Vec<Exception>, _>>()?;
        active.retain(|exception| exception.is_active(now));
        Ok(active)
    }

    /// What was agreed when, the oldest first.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn turns(&self, id: &ExceptionId) -> Result<Vec<Turn>, ExceptionsError> {
        let entries = self.store.stream_entries(&stream(id), 0, TURNS_MAX).await?;
        Ok(entries.into_iter().map(Turn::of).collect())
    }

    /// What the exception has held back.
    pub(crate) async fn held(&self, id: &ExceptionId) -> Result<Held, LedgerError> {
        let record = self.store.get(HELD_SHELF, id.as_str()).await?;
        record.map_or(Ok(Held::default()), |record| record.read())
    }

    /// The exception as the person saw it, with its version on the shelf.
    async fn unchanged(
        &self,
        id: &ExceptionId,
        revision: u32,
    ) -> Result<(Exception, u64), ExceptionsError> {
        let moved_on = || ExceptionsError::MovedOn { id: id.clone() };
        let Some(record) = self.store.get(SHELF, id.as_str()).await? else {
            let withdrawn = self.store.get(WITHDRAWN_SHELF, id.as_str()).await?.is_some();
            let unknown = ExceptionsError::Unknown { id: id.clone() };
            return Err(if withdrawn { moved_on() } else { unknown });
        };
        let exception: Exception = record.read()?;
        if exception.revision != revision {
            return Err(moved_on());
        }
        Ok((exception, record.version))
    }

    async fn commit(&self, fact: Fact, after: Exception) -> Result<Exception, ExceptionsError> {
        match self.store.commit(vec![fact]).await {
            Ok(_) => Ok(after),
            // Somebody else was quicker.
            Err(LedgerError::Conflict { .. }) => Err(ExceptionsError::MovedOn { id: after.id }),
            Err(error) => Err(error.into()),
        }
    }
}

impl Turn {
    fn of(entry: Entry) -> Self {
        let expires_at = entry.body.get("expires_at").cloned();
        Self {
            at: entry.at,
            by: PersonId::from(entry.actor),
            reason: entry
                .body
                .get("reason")
                .and_then(|text| text.as_str())
                .unwrap_or("")
                .to_owned(),
            expires_at: expires_at.and_then(|at| serde_json::from_value(at).ok()),
            kind: entry.kind,
        }
    }
}

fn check_reason(reason: &str) -> Result<(), ExceptionsError> {
    let fits = reason.chars().count() <= EXCEPTION_REASON_CHARS_MAX && !reason.trim().is_empty();
    fits.then_some(()).ok_or(ExceptionsError::Reason { limit: EXCEPTION_REASON_CHARS_MAX })
}

/// The journal's stream of one exception.
fn stream(id: &ExceptionId) -> String {
    format!("exception/{id}")
}

/// Of what still counts the next to end is in front, of what is over the last that ended.
fn order(exception: &Exception, now: Instant) -> (Standing, i64) {
    let standing = exception.standing(now);
    let seconds = exception.term.expires_at.as_micros() / SECOND_MICROS;
    match standing {
        Standing::Expiring | Standing::Active => (standing, seconds),
        Standing::Expired | Standing::Withdrawn => (standing, -seconds),
    }
}
