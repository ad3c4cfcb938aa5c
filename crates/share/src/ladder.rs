//! The first rung of the ladder whose words fit enough institutions. Pure.
//!
//! It is not enough to count whom the words fit: who knows the rule and the register also knows that an institution which could
//! have been named more finely would have been. So `k` counts the institutions that would be named in exactly these words
//! (the candidates), and [`Spread`] divides the whole register that way.

use std::collections::{BTreeMap, HashMap};

use sakimori_content::{Ladder, PeriodGrain, Rung};
use sakimori_words::{Organisation, OrganisationId, Tlp};
use serde::{Deserialize, Serialize};

use crate::place::Place;

/// One rung that was tried for an institution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// Its number, from 0, the finest.
    pub rung: usize,
    /// How the rung's words describe the institution.
    pub place: Place,
    /// Institutions the words fit.
    pub n_fitting: usize,
    /// Institutions that would be named in exactly these words: those that no finer rung names.
    pub n_candidates: usize,
}

/// How an institution may be named, with every rung that was tried on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Climb {
    /// The rungs in the order they were tried; the last is the one that holds.
    pub tried: Vec<Tried>,
    /// How many candidates were asked for.
    pub k: usize,
    /// How exactly the date is named at that rung while the victim has not published.
    pub period: PeriodGrain,
}

impl Climb {
    /// The words to use.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.tried.last().map(|tried| &tried.place)
    }

    /// How many institutions would be named in those words.
    #[must_use]
    pub fn n_candidates(&self) -> usize {
        self.tried.last().map_or(0, |tried| tried.n_candidates)
    }
}

/// Why nothing may be shared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LadderError {
    /// The victim is not in the register, or the register does not say where and how large it is.
    #[error("the institution is not in the register with its prefecture and profile")]
    NotInRegister,
    /// Even the coarsest words fit too few.
    #[error("even the coarsest words fit {n} institutions, {k} are needed")]
    TooFew {
        /// Institutions they fit.
        n: usize,
        /// Institutions they must fit.
        k: usize,
    },
}

/// How many candidates a label asks for.
#[must_use]
pub const fn k_for(ladder: &Ladder, tlp: Tlp) -> usize {
    match tlp {
        Tlp::Clear => ladder.k_world,
        Tlp::Green | Tlp::Amber | Tlp::AmberStrict | Tlp::Red => ladder.k_community,
    }
}

/// The whole register, each institution under the rung that names it.
#[derive(Clone, Debug)]
pub struct Spread<'a> {
    ladder: &'a Ladder,
    population: &'a [Organisation],
    k: usize,
    /// Rung of each institution, by its place in `population`.
    rung_of: Vec<Option<usize>>,
    /// Where each institution stands in `population`.
    index_of: HashMap<&'a OrganisationId, usize>,
    /// How many the words of each rung fit, and how many would be named in them.
    counts: BTreeMap<(usize, Place), Counted>,
}

/// How many institutions the words of one rung stand for.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    n_fitting: usize,
    n_candidates: usize,
}

impl<'a> Spread<'a> {
    /// Divides `population`: at each rung, from the finest, every group of at least `k` institutions that no finer rung names is
    /// named there. When fewer than `k` are left over at the coarsest rung, the smallest group of the rung before goes with them.
    #[must_use]
    pub fn new(ladder: &'a Ladder, population: &'a [Organisation], k: usize) -> Self {
        let index_of = population.iter().enumerate().map(|(index, one)| (&one.id, index)).collect();
        let rung_of = vec![None; population.len()];
        let mut spread = Self { ladder, population, k, rung_of, index_of, counts: BTreeMap::new() };
        for (index, rung) in ladder.rungs.iter().enumerate() {
            for (_, members) in spread.groups(rung, |named| named.is_none()) {
                if members.len() >= k {
                    spread.name(&members, Some(index));
                }
            }
        }
        spread.take_the_rest_along();
        spread.count();
        spread
    }

    /// How the institution may be named.
    ///
    /// # Errors
    /// When it is not in the register, or even the coarsest words fit too few.
    pub fn climb(&self, victim: &OrganisationId) -> Result<Climb, LadderError> {
        let index = *self.index_of.get(victim).ok_or(LadderError::NotInRegister)?;
        let organisation = self.population.get(index).ok_or(LadderError::NotInRegister)?;
        let last = self.rung_of.get(index).copied().flatten();
        let upto = last.unwrap_or(self.ladder.rungs.len().saturating_sub(1));
        let mut tried = Vec::new();
        for (number, rung) in self.ladder.rungs.iter().enumerate().take(upto + 1) {
            let place = Place::of(self.ladder, rung, organisation);
            tried.push(self.tried(number, place.ok_or(LadderError::NotInRegister)?));
        }
        let n = tried.last().map_or(0, |tried| tried.n_candidates);
        let period = self.ladder.rungs.get(upto).map_or(PeriodGrain::None, |rung| rung.period);
        if last.is_none() || n < self.k {
            return Err(LadderError::TooFew { n, k: self.k });
        }
        Ok(Climb { tried, k: self.k, period })
    }

    /// Everybody who would be named in the words of `place` at rung `number`.
    pub fn candidates<'s>(
        &'s self,
        number: usize,
        place: &'s Place,
    ) -> impl Iterator<Item = &'a Organisation> + 's {
        let under = self.population.iter().zip(&self.rung_of);
        under
            .filter(move |(_, rung)| rung.is_none_or(|rung| rung >= number))
            .map(|(one, _)| one)
            .filter(move |one| place.fits(self.ladder, one))
    }

    fn tried(&self, number: usize, place: Place) -> Tried {
        let counted = self.counts.get(&(number, place.clone())).copied().unwrap_or_default();
        let Counted { n_fitting, n_candidates } = counted;
        Tried { rung: number, place, n_fitting, n_candidates }
    }

    fn count(&mut self) {
        for (number, rung) in self.ladder.rungs.iter().enumerate() {
            for (organisation, named) in self.population.iter().zip(&self.rung_of) {
                let Some(place) = Place::of(self.ladder, rung, organisation) else { continue };
                let counted = self.counts.entry((number, place)).or_default();
                counted.n_fitting += 1;
                counted.n_candidates += usize::from(named.is_none_or(|named| named >= number));
            }
        }
    }

    /// Groups by the words of `rung`, of those whose rung so far passes `chosen`.
    fn groups(
        &self,
        rung: &Rung,
        chosen: impl Fn(Option<usize>) -> bool,
    ) -> BTreeMap<Place, Vec<usize>> {
        let mut groups: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
        for (index, organisation) in self.population.iter().enumerate() {
            let named = self.rung_of.get(index).copied().flatten();
            if chosen(named)
                && let Some(place) = Place::of(self.ladder, rung, organisation)
            {
                groups.entry(place).or_default().push(index);
            }
        }
        groups
    }

    fn name(&mut self, members: &[usize], rung: Option<usize>) {
        for index in members {
            if let Some(own) = self.rung_of.get_mut(*index) {
                *own = rung;
            }
        }
    }

    /// Those whom the coarsest words leave in too small a group get company from the rung before.
    fn take_the_rest_along(&mut self) {
        let Some((top, coarsest)) = self.ladder.rungs.iter().enumerate().next_back() else {
            return;
        };
        for (place, rest) in self.groups(coarsest, |named| named.is_none()) {
            let company = (0..top).rev().find_map(|number| {
                let finer = self.ladder.rungs.get(number)?;
                let groups = self.groups(finer, |named| named == Some(number));
                let fitting = groups.into_values().filter(|members| self.fits_all(&place, members));
                fitting.min_by_key(Vec::len)
            });
            if let Some(company) = company {
                self.name(&company, Some(top));
                self.name(&rest, Some(top));
            }
        }
    }

    fn fits_all(&self, place: &Place, members: &[usize]) -> bool {
        let fits = |index: &usize| {
            self.population.get(*index).is_some_and(|one| place.fits(self.ladder, one))
        };
        members.iter().all(fits)
    }
}
