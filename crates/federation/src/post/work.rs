//! One change of the post's records: read, decide, then commit everything at once or nothing.

use std::collections::BTreeMap;

use sakimori_ledger::{Expect, Fact, LedgerError, Put, Record, Store};
use sakimori_words::Instant;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::known::ROLL;
use super::shelves::{COUNTER, KNOWN, NEIGHBOUR};

/// A change being prepared. What was read is expected unchanged at the commit, so that two processes never mix.
pub(super) struct Work<'s> {
    store: &'s dyn Store,
    at: Instant,
    actor: String,
    slots: BTreeMap<Slotted, Slot>,
    facts: Vec<Fact>,
}

/// Shelf and key.
pub(super) type Slotted = (&'static str, String);

struct Slot {
    version: Option<u64>,
    body: Option<Value>,
    /// Which fact carries the change; `None`: only read.
    changed_by: Option<usize>,
}

impl Slot {
    fn read(record: Option<Record>) -> Self {
        let (version, body) = record.map_or((None, None), |r| (Some(r.version), Some(r.body)));
        Self { version, body, changed_by: None }
    }
}

impl<'s> Work<'s> {
    pub(super) fn new(store: &'s dyn Store, at: Instant, actor: impl Into<String>) -> Self {
        Self { store, at, actor: actor.into(), slots: BTreeMap::new(), facts: vec![] }
    }

    /// Facts from here on are noted in the name of `actor`.
    pub(super) fn speak_for(&mut self, actor: String) {
        self.actor = actor;
    }

    /// When this change happens.
    pub(super) const fn at(&self) -> Instant {
        self.at
    }

    /// Reads what this change will look at, by one question to the ledger. What is missing here is read when it is looked at.
    pub(super) async fn read_ahead(&mut self, mut places: Vec<Slotted>) -> Result<(), LedgerError> {
        places.retain(|place| !self.slots.contains_key(place));
        let asked: Vec<(&str, &str)> =
            places.iter().map(|(shelf, key)| (*shelf, key.as_str())).collect();
        let records = self.store.get_many(&asked).await?;
        let slots = places.into_iter().zip(records.into_iter().map(Slot::read));
        self.slots.extend(slots);
        Ok(())
    }

    /// The record as this change sees it.
    pub(super) async fn get<T: DeserializeOwned>(
        &mut self,
        shelf: &'static str,
        key: &str,
    ) -> Result<Option<T>, LedgerError> {
        let slot = (shelf, key.to_owned());
        if !self.slots.contains_key(&slot) {
            let record = self.store.get(shelf, key).await?;
            self.slots.insert(slot.clone(), Slot::read(record));
        }
        let Some(body) = self.slots.get(&slot).and_then(|slot| slot.body.as_ref()) else {
            return Ok(None);
        };
        T::deserialize(body).map(Some).map_err(|cause| LedgerError::Shape {
            shelf: shelf.to_owned(),
            key: key.to_owned(),
            cause,
        })
    }

    /// Notes that something happened. Puts that follow belong to it.
    pub(super) fn fact(
        &mut self,
        stream: &str,
        kind: &str,
        body: &impl Serialize,
    ) -> Result<(), LedgerError> {
        self.facts.push(Fact::new(stream, kind, self.at, self.actor.as_str(), body)?);
        Ok(())
    }

    /// Lays a record on its shelf, as part of the fact noted last. The key must have been read before, or be new.
    pub(super) fn put(
        &mut self,
        shelf: &'static str,
        key: &str,
        record: &impl Serialize,
    ) -> Result<(), LedgerError> {
        let body = serde_json::to_value(record).map_err(|cause| LedgerError::Unfit {
            what: format!("a record of {shelf}"),
            why: cause.to_string(),
        })?;
        self.change(shelf, key, Some(body));
        Ok(())
    }

    /// Takes a record off its shelf, as part of the fact noted last.
    pub(super) fn remove(&mut self, shelf: &'static str, key: &str) {
        self.change(shelf, key, None);
    }

    fn change(&mut self, shelf: &'static str, key: &str, body: Option<Value>) {
        let changed_by = Some(self.facts.len().saturating_sub(1));
        let slot = self.slots.entry((shelf, key.to_owned())).or_insert(Slot {
            version: None,
            body: None,
            changed_by: None,
        });
        slot.body = body;
        slot.changed_by = changed_by;
    }

    /// Whoever keeps everybody we know in memory reads again when one of them changed.
    fn note_change_of_roll(&mut self) -> Result<(), LedgerError> {
        let on_roll = |(place, slot): (&(&'static str, String), &Slot)| {
            slot.changed_by.filter(|_| [NEIGHBOUR, KNOWN].contains(&place.0))
        };
        if let Some(by) = self.slots.iter().find_map(on_roll)
            && let Some(fact) = self.facts.get_mut(by)
        {
            fact.puts.push(Put::new(COUNTER, ROLL, &self.at)?);
        }
        Ok(())
    }

    /// Commits everything together with `further` facts. Without any fact nothing is written.
    pub(super) async fn commit(mut self, further: Vec<Fact>) -> Result<(), LedgerError> {
        self.note_change_of_roll()?;
        for ((shelf, key), slot) in self.slots {
            let Some(by) = slot.changed_by else { continue };
            // Put on a shelf and taken off again within this change: nothing to tell.
            if slot.version.is_none() && slot.body.is_none() {
                continue;
            }
            let expect = slot.version.map_or(Expect::Absent, Expect::Version);
            let put = Put { shelf: shelf.to_owned(), key, body: slot.body, expect };
            if let Some(fact) = self.facts.get_mut(by) {
                fact.puts.push(put);
            }
        }
        self.facts.extend(further);
        if self.facts.is_empty() {
            return Ok(());
        }
        self.store.commit(self.facts).await.map(|_| ())
    }
}
