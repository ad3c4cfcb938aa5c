//! The monthly review as it is kept: what was put before people, their verdicts, the signature.
//!
//! Patients are kept by pseudonym only: the journal cannot forget. A verdict is never edited; a later one stands before it and
//! both remain. A signed review does not change any more.

mod items;

use std::sync::Arc;

use jiff::civil::Date;
use sakimori_ledger::{Entry, Fact, LedgerError, Put, Store};
use sakimori_words::{Clock, Digest, Instant, PersonId, Trouble};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use self::items::{Item, ItemKind, Verdict, VerdictKind, misuse_finding};
use super::context::ContextSize;
use super::explain::Explanation;
use super::month::Outcome;
use crate::{By, troubles};

/// Reviews by month.
const SHELF: &str = "access_review";
/// Their items, by month and number.
const ITEM_SHELF: &str = "access_review_item";

/// Most items of one review: list and samples of any sensible settings.
const ITEMS_MAX: usize = 1_000;

/// Longest note beside a verdict, in characters.
pub const NOTE_CHARS_MAX: usize = 1_000;

/// A month that was gone through, before it is kept.
pub struct Run {
    /// The first day of the month.
    pub month: Date,
    /// What it came to.
    pub outcome: Outcome,
    /// What the samples were drawn with.
    pub seed: Digest,
    /// How much was known about staff and patients.
    pub known: ContextSize,
    /// Digests of the lists used, with the name of each.
    pub lists: Vec<(String, Digest)>,
}

/// The review of one month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// The month: `2026-10`.
    pub month: String,
    /// Accesses of the month that name an account and a patient.
    pub accesses: u64,
    /// Records of access that name no account or no patient.
    pub unnamed: u64,
    /// Explained accesses by explanation.
    pub explained: Vec<(Explanation, u64)>,
    /// Accesses that nothing explains.
    pub unexplained: u64,
    /// Of them, those only counted.
    pub not_gathered: u64,
    /// How many (person, patient, day) stayed unexplained.
    pub n_candidates: u64,
    /// What the samples were drawn with: the accesses with the smallest digests of seed and number.
    pub seed: Digest,
    /// How much was known about staff and patients.
    pub known: ContextSize,
    /// Digests of the lists used, with the name of each.
    pub lists: Vec<(String, Digest)>,
    /// How many items were put before people.
    pub n_items: u32,
    /// When it was made.
    pub made_at: Instant,
    /// By whom.
    pub made_by: PersonId,
    /// Their name then.
    pub made_by_name: String,
    /// The signature; `None` while it is open.
    pub signature: Option<Signature>,
}

impl Review {
    /// Share of accesses explained, in thousandths.
    #[must_use]
    pub fn explained_permille(&self) -> u64 {
        let explained = self.accesses.saturating_sub(self.unexplained);
        (explained * 1_000).checked_div(self.accesses).unwrap_or(1_000)
    }
}

/// Who answers for a review, and what it came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// The person.
    pub by: PersonId,
    /// Their name then.
    pub by_name: String,
    /// When.
    pub at: Instant,
    /// Whether they gave some of the verdicts themselves: allowed where one person does both, and said on the report.
    pub judged_too: bool,
    /// What they add.
    pub note: String,
    /// Verdicts by kind, as signed.
    pub verdicts: Vec<(VerdictKind, u32)>,
}

/// Why a review could not be kept or changed.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// There is no such review or item.
    #[error("there is no access review `{what}`")]
    Unknown {
        /// Month and number.
        what: String,
    },
    /// Verdicts have been given already.
    #[error("the review of {month} has {n_verdicts} verdicts")]
    Begun {
        /// The month.
        month: String,
        /// How many items have one.
        n_verdicts: usize,
    },
    /// Somebody was faster.
    #[error("item {number} of {month} has {found} verdicts, not {seen}")]
    MovedOn {
        /// The month.
        month: String,
        /// The item.
        number: u32,
        /// Verdicts the person saw.
        seen: usize,
        /// Verdicts it has.
        found: usize,
    },
    /// A verdict without what it rests on.
    #[error("the verdict asks for a note of 1 to {NOTE_CHARS_MAX} characters")]
    Note,
    /// It was signed.
    #[error("the review of {month} was signed")]
    Signed {
        /// The month.
        month: String,
    },
    /// Items still wait.
    #[error("{n_waiting} items of {month} wait for a verdict")]
    Unfinished {
        /// The month.
        month: String,
        /// How many.
        n_waiting: usize,
    },
    /// The ledger failed.
    #[error("the ledger did not keep or give the review")]
    Ledger(#[from] LedgerError),
}

impl ReviewError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::Unknown { .. } => &troubles::REVIEW_UNKNOWN,
            Self::Begun { .. } => &troubles::REVIEW_BEGUN,
            Self::MovedOn { .. } => &troubles::REVIEW_MOVED_ON,
            Self::Note => &troubles::REVIEW_NOTE,
            Self::Signed { .. } => &troubles::REVIEW_SIGNED,
            Self::Unfinished { .. } => &troubles::REVIEW_UNFINISHED,
            Self::Ledger(cause) => return cause.trouble(),
        };
        Trouble::because(kind, self)
    }
}

/// The reviews of an organisation, on streams `access_review/<month>`.
pub struct Reviews {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl Reviews {
    /// The reviews kept in this ledger.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Keeps what a month came to as a review to be judged. One that nobody has judged yet is made anew. `pseudonym` stands
    /// for patients from here on.
    ///
    /// # Errors
    /// [`ReviewError::Begun`], [`ReviewError::Signed`], or the ledger's.
    pub async fn keep(
        &self,
        run: Run,
        pseudonym: &(dyn Fn(&str) -> String + Sync),
        by: By<'_>,
    ) -> Result<Review, ReviewError> {
        let month = month_name(run.month);
        let (version, n_before) = self.replaceable(&month).await?;
        let at = self.clock.now();
        let items = items::items_of(&month, &run.outcome, pseudonym);
        let review = review_of(&month, run, items.len(), at, by);
        let body = json!({
            "items": review.n_items, "accesses": review.accesses, "unexplained": review.unexplained,
            "seed": review.seed, "lists": review.lists,
        });
        let put = Put::new(SHELF, &month, &review)?;
        let put = version.map_or_else(|| put.clone().absent(), |own| put.clone().version(own));
        let stream = stream(&month);
        let mut fact =
            Fact::new(stream, "access_review_made", at, by.person.as_str(), &body)?.put(put);
        for item in &items {
            fact = fact.put(Put::new(ITEM_SHELF, item.key(), item)?);
        }
        for number in review.n_items + 1..=n_before {
            fact = fact.put(Put::removal(ITEM_SHELF, items::key(&month, number)));
        }
        match self.store.commit(vec![fact]).await {
            Ok(_) => Ok(review),
            Err(LedgerError::Conflict { .. }) => Err(ReviewError::Begun { month, n_verdicts: 0 }),
            Err(error) => Err(error.into()),
        }
    }

    /// The reviews, newest month first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn list(&self) -> Result<Vec<Review>, ReviewError> {
        let records = self.store.list_latest(SHELF, None, ITEMS_MAX).await?;
        Ok(records.iter().map(sakimori_ledger::Record::read).collect::<Result<_, _>>()?)
    }

    /// The review of a month with its items.
    ///
    /// # Errors
    /// [`ReviewError::Unknown`], or the ledger's.
    pub async fn get(&self, month: &str) -> Result<(Review, Vec<Item>), ReviewError> {
        let review = self.review(month).await?.ok_or_else(|| unknown(month))?.0;
        Ok((review, self.items(month).await?))
    }

    /// One item.
    ///
    /// # Errors
    /// [`ReviewError::Unknown`], or the ledger's.
    pub async fn item(&self, month: &str, number: u32) -> Result<Item, ReviewError> {
        let key = items::key(month, number);
        let record = self.store.get(ITEM_SHELF, &key).await?.ok_or_else(|| unknown(&key))?;
        Ok(record.read()?)
    }

    /// Records a verdict on an item that had `seen` of them when the person decided. Earlier verdicts remain. Returns the
    /// journal entry too, which a finding can point at.
    ///
    /// # Errors
    /// [`ReviewError`] except [`ReviewError::Begun`] and [`ReviewError::Unfinished`].
    pub async fn judge(
        &self,
        month: &str,
        number: u32,
        seen: usize,
        kind: VerdictKind,
        note: &str,
        by: By<'_>,
    ) -> Result<(Item, Entry), ReviewError> {
        let note = fitting_note(kind, note)?;
        let (review, review_version) = self.review(month).await?.ok_or_else(|| unknown(month))?;
        if review.signature.is_some() {
            return Err(ReviewError::Signed { month: month.to_owned() });
        }
        let key = items::key(month, number);
        let record = self.store.get(ITEM_SHELF, &key).await?.ok_or_else(|| unknown(&key))?;
        let mut item: Item = record.read()?;
        let moved_on =
            |found| ReviewError::MovedOn { month: month.to_owned(), number, seen, found };
        if item.verdicts.len() != seen {
            return Err(moved_on(item.verdicts.len()));
        }
        let at = self.clock.now();
        item.verdicts.push(Verdict {
            kind,
            note,
            by: by.person.clone(),
            by_name: by.name.to_owned(),
            at,
        });
        let body = json!({ "item": number, "verdict": kind, "nth": item.verdicts.len() });
        let fact = Fact::new(stream(month), "access_judged", at, by.person.as_str(), &body)?
            .put(Put::new(ITEM_SHELF, &key, &item)?.version(record.version))
            // Laid out unchanged, so that a signature given at the same moment is noticed by one of the two.
            .put(Put::new(SHELF, month, &review)?.version(review_version));
        match self.store.commit(vec![fact]).await {
            Ok(entries) => {
                let entry = entries.into_iter().next().ok_or_else(|| unknown(&key))?;
                Ok((item, entry))
            }
            Err(LedgerError::Conflict { .. }) => Err(moved_on(seen + 1)),
            Err(error) => Err(error.into()),
        }
    }

    /// Signs a review whose items all have a verdict that stands.
    ///
    /// # Errors
    /// [`ReviewError::Unfinished`], [`ReviewError::Signed`], [`ReviewError::Unknown`], or the ledger's.
    pub async fn sign(&self, month: &str, note: &str, by: By<'_>) -> Result<Review, ReviewError> {
        let (mut review, version) = self.review(month).await?.ok_or_else(|| unknown(month))?;
        let signed = || ReviewError::Signed { month: month.to_owned() };
        if review.signature.is_some() {
            return Err(signed());
        }
        let items = self.items(month).await?;
        let n_waiting = items.iter().filter(|item| item.waits()).count();
        if n_waiting > 0 {
            return Err(ReviewError::Unfinished { month: month.to_owned(), n_waiting });
        }
        let at = self.clock.now();
        let verdicts = items::counts(&items);
        let judged_too = items.iter().any(|item| item.was_judged_by(by.person));
        let body = json!({ "verdicts": verdicts, "judged_too": judged_too });
        review.signature = Some(Signature {
            by: by.person.clone(),
            by_name: by.name.to_owned(),
            at,
            judged_too,
            note: note.trim().chars().take(NOTE_CHARS_MAX).collect(),
            verdicts,
        });
        let fact = Fact::new(stream(month), "access_review_signed", at, by.person.as_str(), &body)?
            .put(Put::new(SHELF, month, &review)?.version(version));
        match self.store.commit(vec![fact]).await {
            Ok(_) => Ok(review),
            Err(LedgerError::Conflict { .. }) => Err(signed()),
            Err(error) => Err(error.into()),
        }
    }

    /// The newest month that was reviewed and signed, for checklists: "reviewed regularly: yes, last on …".
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn last_signed(&self) -> Result<Option<Review>, ReviewError> {
        Ok(self.list().await?.into_iter().find(|review| review.signature.is_some()))
    }

    async fn review(&self, month: &str) -> Result<Option<(Review, u64)>, ReviewError> {
        let Some(record) = self.store.get(SHELF, month).await? else { return Ok(None) };
        Ok(Some((record.read()?, record.version)))
    }

    async fn items(&self, month: &str) -> Result<Vec<Item>, ReviewError> {
        let prefix = format!("{month}/");
        let records = self.store.list_prefix(ITEM_SHELF, &prefix, ITEMS_MAX).await?;
        Ok(records.iter().map(sakimori_ledger::Record::read).collect::<Result<_, _>>()?)
    }

    /// The version and the number of items of a review that may be made anew; nothing and 0 when there is none.
    async fn replaceable(&self, month: &str) -> Result<(Option<u64>, u32), ReviewError> {
        let Some((review, version)) = self.review(month).await? else { return Ok((None, 0)) };
        if review.signature.is_some() {
            return Err(ReviewError::Signed { month: month.to_owned() });
        }
        let items = self.items(month).await?;
        let n_verdicts = items.iter().filter(|item| !item.verdicts.is_empty()).count();
        if n_verdicts > 0 {
            return Err(ReviewError::Begun { month: month.to_owned(), n_verdicts });
        }
        Ok((Some(version), review.n_items))
    }
}

fn review_of(month: &str, run: Run, n_items: usize, at: Instant, by: By<'_>) -> Review {
    let outcome = run.outcome;
    Review {
        month: month.to_owned(),
        accesses: outcome.accesses,
        unnamed: outcome.unnamed,
        explained: outcome.explained.into_iter().collect(),
        unexplained: outcome.unexplained,
        not_gathered: outcome.not_gathered,
        n_candidates: outcome.n_candidates,
        seed: run.seed,
        known: run.known,
        lists: run.lists,
        n_items: u32::try_from(n_items).unwrap_or(u32::MAX),
        made_at: at,
        made_by: by.person.clone(),
        made_by_name: by.name.to_owned(),
        signature: None,
    }
}

/// What stands beside a verdict: everything but "justified" says what it rests on.
fn fitting_note(kind: VerdictKind, note: &str) -> Result<String, ReviewError> {
    let note = note.trim();
    let missing = note.is_empty() && kind != VerdictKind::Justified;
    if missing || note.chars().count() > NOTE_CHARS_MAX {
        return Err(ReviewError::Note);
    }
    Ok(note.to_owned())
}

/// `2026-10`.
fn month_name(first: Date) -> String {
    format!("{:04}-{:02}", first.year(), first.month())
}

fn stream(month: &str) -> String {
    format!("access_review/{month}")
}

fn unknown(what: &str) -> ReviewError {
    ReviewError::Unknown { what: what.chars().take(20).collect() }
}
