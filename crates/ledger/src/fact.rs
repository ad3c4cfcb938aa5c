//! What is committed and what is read back: facts, puts, entries and records.

use sakimori_words::{Digest, EvidenceRef, Instant};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::LedgerError;

/// Something that happened, as it is handed in: who did what when, and which records change because of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// What it belongs to, e.g. `case/<id>` or `access/2026-11-20`.
    pub stream: String,
    /// What happened, in snake case and the past tense: `suspicion_opened`.
    pub kind: String,
    /// When it happened, by the caller's clock.
    pub at: Instant,
    /// Who did it: a person's id, `system`, or `org:<id>`.
    pub actor: String,
    /// The particulars. Never a secret: the journal is never forgotten.
    pub body: Value,
    /// The records that change with it, in this order. A fact may put each (shelf, key) once.
    pub puts: Vec<Put>,
}

impl Fact {
    /// A fact without puts.
    ///
    /// # Errors
    /// [`LedgerError::Unfit`] when the body cannot be written as JSON.
    pub fn new(
        stream: impl Into<String>,
        kind: impl Into<String>,
        at: Instant,
        actor: impl Into<String>,
        body: &impl Serialize,
    ) -> Result<Self, LedgerError> {
        let body = to_value(body, "the body of a fact")?;
        Ok(Self {
            stream: stream.into(),
            kind: kind.into(),
            at,
            actor: actor.into(),
            body,
            puts: vec![],
        })
    }

    /// The same fact with one more put.
    #[must_use]
    pub fn put(mut self, put: Put) -> Self {
        self.puts.push(put);
        self
    }
}

/// One record that a fact lays on a shelf or takes off it.
#[derive(Clone, Debug, PartialEq)]
pub struct Put {
    /// The shelf, e.g. `case`.
    pub shelf: String,
    /// The key on the shelf, usually an id.
    pub key: String,
    /// The record; `None` takes it off the shelf. JSON `null` is refused, because it would read as "taken off".
    pub body: Option<Value>,
    /// What must be true of the record for the commit to happen.
    pub expect: Expect,
}

impl Put {
    /// Lays `record` on `shelf` under `key`, whatever was there before. Narrow it with [`Put::absent`] or [`Put::version`].
    ///
    /// # Errors
    /// [`LedgerError::Unfit`] when the record cannot be written as JSON.
    pub fn new(
        shelf: impl Into<String>,
        key: impl Into<String>,
        record: &impl Serialize,
    ) -> Result<Self, LedgerError> {
        let body = Some(to_value(record, "a record")?);
        Ok(Self { shelf: shelf.into(), key: key.into(), body, expect: Expect::Any })
    }

    /// Takes the record off the shelf, whether or not it is there.
    #[must_use]
    pub fn removal(shelf: impl Into<String>, key: impl Into<String>) -> Self {
        Self { shelf: shelf.into(), key: key.into(), body: None, expect: Expect::Any }
    }

    /// Only if the key is not on the shelf yet.
    #[must_use]
    pub fn absent(mut self) -> Self {
        self.expect = Expect::Absent;
        self
    }

    /// Only if the record is still the one with this [`Record::version`].
    #[must_use]
    pub fn version(mut self, version: u64) -> Self {
        self.expect = Expect::Version(version);
        self
    }
}

/// What must be true of a record for a put to happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expect {
    /// Anything.
    #[default]
    Any,
    /// The key is not on the shelf.
    Absent,
    /// The record on the shelf has this version; 0 means absent.
    Version(u64),
}

/// A fact as the journal keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Place in the journal, from 1, without gaps.
    pub seq: u64,
    /// What it belongs to.
    pub stream: String,
    /// What happened.
    pub kind: String,
    /// When it happened.
    pub at: Instant,
    /// Who did it.
    pub actor: String,
    /// The particulars.
    pub body: Value,
    /// The records that changed with it.
    pub puts: Vec<Put>,
    /// `body` exactly as it is stored and hashed.
    pub body_text: String,
    /// `puts` exactly as they are stored and hashed.
    pub puts_text: String,
    /// Digest of the entry before; all zero for the first.
    pub previous: Digest,
    /// Digest of this entry, which includes `previous` (layout: [`crate::DIGEST_TAG`]).
    pub digest: Digest,
}

impl Entry {
    /// A reference to this entry that notices a change of it.
    #[must_use]
    pub fn evidence(&self) -> EvidenceRef {
        EvidenceRef::Journal { seq: self.seq, digest: self.digest }
    }
}

/// What some entries of a stream put on one shelf.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamPuts {
    /// The [`Entry::seq`] of the last entry that was looked through; `None` when there was none.
    pub through: Option<u64>,
    /// How many entries were looked through.
    pub n_entries: usize,
    /// What they put, oldest first.
    pub puts: Vec<PutText>,
}

/// A put as the journal's text holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutText {
    /// The key on the shelf.
    pub key: String,
    /// The record's JSON; `None` takes it off the shelf.
    pub body: Option<String>,
}

/// A record as it lies on its shelf.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The shelf.
    pub shelf: String,
    /// The key.
    pub key: String,
    /// The [`Entry::seq`] of the fact that put it. Grows with every put and is never used twice, not even after a removal.
    pub version: u64,
    /// When that fact happened.
    pub at: Instant,
    /// The record.
    pub body: Value,
}

impl Record {
    /// The record as the type that was put.
    ///
    /// # Errors
    /// [`LedgerError::Shape`] when the record does not have that shape, for example because a newer version wrote it.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, LedgerError> {
        T::deserialize(&self.body).map_err(|cause| LedgerError::Shape {
            shelf: self.shelf.clone(),
            key: self.key.clone(),
            cause,
        })
    }
}

/// A secret on the private shelf.
#[derive(Clone, Debug, PartialEq)]
pub struct PrivateRecord {
    /// The shelf.
    pub shelf: String,
    /// The key.
    pub key: String,
    /// The secret.
    pub body: Value,
    /// When it may be forgotten. The ledger has no clock: readers check this themselves, [`crate::Store::purge_private`]
    /// only cleans up.
    pub expires_at: Option<Instant>,
}

impl PrivateRecord {
    /// Whether it has expired at `now`.
    #[must_use]
    pub fn expired(&self, now: Instant) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// The secret as the type that was put.
    ///
    /// # Errors
    /// [`LedgerError::Shape`] when it does not have that shape.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, LedgerError> {
        T::deserialize(&self.body).map_err(|cause| LedgerError::Shape {
            shelf: self.shelf.clone(),
            key: self.key.clone(),
            cause,
        })
    }
}

/// Where the journal ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Sequence number of the last entry; 0 for an empty journal.
    pub seq: u64,
    /// Its digest; all zero for an empty journal.
    pub digest: Digest,
}

fn to_value(value: &impl Serialize, what: &'static str) -> Result<Value, LedgerError> {
    serde_json::to_value(value)
        .map_err(|cause| LedgerError::Unfit { what: what.to_owned(), why: cause.to_string() })
}
