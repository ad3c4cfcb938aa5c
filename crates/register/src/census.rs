//! How many institutions of each sort there are: kept beside the entries, in the same commits.

use std::collections::BTreeMap;

use sakimori_words::{
    Founder, Institution, InstitutionKind, Organisation, OrganisationId, OrganisationKind,
    Prefecture,
};
use serde::{Deserialize, Serialize};

use crate::facility::Facility;

/// What institutions that are counted together have in common: everything a rule about addressees can ask, except the place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cell {
    /// Kind; `None` when its profile is not known.
    pub kind: Option<InstitutionKind>,
    /// 許可病床数.
    pub permitted_beds: u32,
    /// Founder; `None` when its profile is not known.
    pub founder: Option<Founder>,
    /// Functions, in order.
    pub functions: Vec<String>,
}

/// Counts of the open institutions of one prefecture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "KeptTally", into = "KeptTally")]
pub struct Tally {
    /// By sort.
    cells: BTreeMap<Cell, u64>,
    /// By the way they are reached ([`crate::Way::as_str`]).
    ways: BTreeMap<String, u64>,
}

/// Counts of the open institutions of every prefecture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    prefectures: BTreeMap<Prefecture, Tally>,
}

impl Cell {
    /// The cell an institution is counted in.
    #[must_use]
    pub fn of(organisation: &Organisation) -> Self {
        let profile = organisation.institution.as_ref();
        let mut functions = profile.map(|own| own.functions.clone()).unwrap_or_default();
        functions.sort();
        functions.dedup();
        Self {
            kind: profile.map(|own| own.kind),
            permitted_beds: profile.map_or(0, |own| own.permitted_beds),
            founder: profile.map(|own| own.founder),
            functions,
        }
    }

    /// An institution of this sort in that prefecture, without name or id: for rules that are written over organisations.
    #[must_use]
    pub fn example(&self, prefecture: Prefecture) -> Organisation {
        let institution = self.kind.zip(self.founder).map(|(kind, founder)| Institution {
            kind,
            permitted_beds: self.permitted_beds,
            founder,
            functions: self.functions.clone(),
            code: String::new(),
            vendors: vec![],
        });
        Organisation {
            id: OrganisationId::from(""),
            kind: OrganisationKind::Institution,
            name: String::new(),
            prefecture: Some(prefecture),
            institution,
        }
    }
}

impl Tally {
    /// Counts an entry; closed ones are not counted.
    pub fn add(&mut self, facility: &Facility) {
        if facility.is_open() {
            *self.cells.entry(Cell::of(&facility.organisation)).or_default() += 1;
            *self.ways.entry(facility.way.as_str().to_owned()).or_default() += 1;
        }
    }

    /// Takes an entry that was counted out again.
    pub fn remove(&mut self, facility: &Facility) {
        if facility.is_open() {
            take_one(&mut self.cells, &Cell::of(&facility.organisation));
            take_one(&mut self.ways, &facility.way.as_str().to_owned());
        }
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.cells.values().sum()
    }

    /// How many are reached so ([`crate::Way::as_str`]).
    #[must_use]
    pub fn reached_by(&self, way: &str) -> u64 {
        self.ways.get(way).copied().unwrap_or_default()
    }

    /// Every sort and its number.
    pub fn cells(&self) -> impl Iterator<Item = (&Cell, u64)> {
        self.cells.iter().map(|(cell, count)| (cell, *count))
    }
}

impl Census {
    /// Every prefecture that has entries, in the order of codes.
    pub fn prefectures(&self) -> impl Iterator<Item = (Prefecture, &Tally)> {
        self.prefectures.iter().map(|(prefecture, tally)| (*prefecture, tally))
    }

    /// All institutions.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.prefectures.values().map(Tally::total).sum()
    }

    /// How many institutions `fits` (a rule over prefecture and sort).
    #[must_use]
    pub fn count(&self, fits: impl Fn(Prefecture, &Cell) -> bool) -> u64 {
        self.cells().filter(|(at, cell, _)| fits(*at, cell)).map(|(_, _, count)| count).sum()
    }

    /// Every sort in every prefecture and its number: the population from which anonymity is computed.
    pub fn cells(&self) -> impl Iterator<Item = (Prefecture, &Cell, u64)> {
        self.prefectures
            .iter()
            .flat_map(|(at, tally)| tally.cells().map(|(cell, count)| (*at, cell, count)))
    }

    /// How many are reached so ([`crate::Way::as_str`]).
    #[must_use]
    pub fn reached_by(&self, way: &str) -> u64 {
        self.prefectures.values().map(|tally| tally.reached_by(way)).sum()
    }

    /// Puts in the tally of a prefecture.
    pub(crate) fn set(&mut self, prefecture: Prefecture, tally: Tally) {
        if tally != Tally::default() {
            self.prefectures.insert(prefecture, tally);
        }
    }
}

fn take_one<K: Ord>(counts: &mut BTreeMap<K, u64>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// The tally as it is kept: JSON has no maps with keys of several parts.
#[derive(Serialize, Deserialize)]
struct KeptTally {
    cells: Vec<(Cell, u64)>,
    ways: BTreeMap<String, u64>,
}

impl From<KeptTally> for Tally {
    fn from(kept: KeptTally) -> Self {
        Self { cells: kept.cells.into_iter().collect(), ways: kept.ways }
    }
}

impl From<Tally> for KeptTally {
    fn from(tally: Tally) -> Self {
        Self { cells: tally.cells.into_iter().collect(), ways: tally.ways }
    }
}
