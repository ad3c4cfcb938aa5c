//! How often the indicators of a shared case were seen by those who looked back for them, without a word of who they are. Pure.

use std::collections::BTreeMap;

use sakimori_standards::stix::Sighting;
use sakimori_words::{Date, Instant, jst_date};
use serde::{Deserialize, Serialize};

use crate::case::{SharedKey, Signer};
use crate::indicators::SharedIndicator;

/// How often one indicator was seen. There is no place in it for who saw it, nor for a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The indicator's value.
    pub value: String,
    /// How many events.
    pub count: u64,
    /// At how many institutions.
    pub n_institutions: u64,
    /// The day in Japan of the first event.
    pub first: Date,
    /// The day of the last.
    pub last: Date,
}

/// What looking back for the indicators of a case came to, at one institution or at many together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sightings {
    /// How many institutions looked.
    pub n_looked: u64,
    /// What was seen, in the order of the values.
    #[serde(default)]
    pub seen: Vec<Seen>,
}

impl Sightings {
    /// What one institution found.
    #[must_use]
    pub fn of_one(found: &[Sighting]) -> Self {
        let seen = found.iter().map(|own| Seen {
            value: own.indicator.value.clone(),
            count: own.count,
            n_institutions: 1,
            first: jst_date(own.first_at),
            last: jst_date(own.last_at),
        });
        Self { n_looked: 1, ..Self::sum(&[Self { n_looked: 0, seen: seen.collect() }]) }
    }

    /// Several added up.
    #[must_use]
    pub fn sum(all: &[Self]) -> Self {
        let mut by_value: BTreeMap<&str, Seen> = BTreeMap::new();
        for seen in all.iter().flat_map(|one| &one.seen) {
            by_value
                .entry(&seen.value)
                .and_modify(|own| own.add(seen))
                .or_insert_with(|| seen.clone());
        }
        let n_looked = all.iter().fold(0_u64, |n, one| n.saturating_add(one.n_looked));
        Self { n_looked, seen: by_value.into_values().collect() }
    }

    /// Only what a case names: nothing else that a sender writes is kept or passed on.
    #[must_use]
    pub fn about(mut self, indicators: &[SharedIndicator]) -> Self {
        let named = |value: &str| indicators.iter().any(|told| told.indicator.value == value);
        self.seen.retain(|seen| named(&seen.value));
        self
    }

    /// As one institution may tell it: it speaks for nobody else.
    #[must_use]
    pub fn by_one(mut self) -> Self {
        self.n_looked = self.n_looked.min(1);
        self.seen.iter_mut().for_each(|seen| seen.n_institutions = seen.n_institutions.min(1));
        self
    }
}

impl Seen {
    fn add(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.n_institutions = self.n_institutions.saturating_add(other.n_institutions);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Looking back for what a case tells, at this institution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// The case.
    pub case: SharedKey,
    /// The run that looks.
    pub run: String,
    /// How far it is.
    pub state: LookState,
}

/// How far looking back for a case is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LookState {
    /// The run is not over.
    Running,
    /// It is over, and nothing has gone back yet.
    Found {
        /// What it found.
        sightings: Sightings,
    },
    /// The counts went back, without a name.
    Returned {
        /// What was told.
        sightings: Sightings,
        /// When.
        at: Instant,
        /// Who decided it; by itself when nobody did.
        by: Option<Signer>,
    },
}
