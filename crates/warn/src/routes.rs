//! By which ways answers came, and how soon: what an exercise wants to know of each route (S0-3: 都道府県と医療セプターの並行周知).

use std::collections::BTreeMap;

use sakimori_words::{Instant, OrganisationId};

use crate::answer::{AnswerState, Stage};
use crate::warning::Warning;

/// A way by which answers reach an office.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    /// Through an office below.
    Office(OrganisationId),
    /// From the institution's own node, without an office between.
    Direct,
    /// At the office's own desk: by the portal or a letter's link.
    Desk,
    /// By a telephone call of the office.
    Telephone,
}

/// What came by one route.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteResult {
    /// Institutions that were heard of by it.
    pub n_heard: usize,
    /// Of these, heard of by no other.
    pub n_only: usize,
    /// Of these, answered by a named person.
    pub n_answered: usize,
    /// Minutes from the release to the last word of those who answered, the one in the middle.
    pub median_minutes: Option<i64>,
}

/// Takes in one answer after the other, and tells the results at the end.
#[derive(Debug)]
pub(crate) struct RouteTally {
    revision: u32,
    released_at: Instant,
    own: OrganisationId,
    routes: BTreeMap<Route, (RouteResult, Vec<i64>)>,
}

impl RouteTally {
    /// For the current revision of `warning`, at the office `own`.
    pub(crate) fn new(warning: &Warning, own: OrganisationId) -> Self {
        let Warning { revision, released_at, .. } = *warning;
        Self { revision, released_at, own, routes: BTreeMap::new() }
    }

    pub(crate) fn note(&mut self, state: &AnswerState) {
        if state.revision != self.revision {
            return;
        }
        let routes = self.routes_of(state);
        let minutes = state.stage_at.micros_since(self.released_at).max(0) / 60_000_000;
        for route in &routes {
            let (result, times) = self.routes.entry(route.clone()).or_default();
            result.n_heard += 1;
            result.n_only += usize::from(routes.len() == 1);
            if state.stage >= Stage::Acknowledged {
                result.n_answered += 1;
                times.push(minutes);
            }
        }
    }

    fn routes_of(&self, state: &AnswerState) -> Vec<Route> {
        let route = |id: &OrganisationId| match id {
            id if *id == self.own && state.call.is_some() => Route::Telephone,
            id if *id == self.own => Route::Desk,
            id if *id == state.organisation => Route::Direct,
            id => Route::Office(id.clone()),
        };
        let mut routes: Vec<Route> = state.routes.iter().map(route).collect();
        if state.call.is_some() && !routes.contains(&Route::Telephone) {
            routes.push(Route::Telephone);
        }
        routes
    }

    pub(crate) fn results(self) -> BTreeMap<Route, RouteResult> {
        let finished = |(route, (result, mut times)): (Route, (RouteResult, Vec<i64>))| {
            times.sort_unstable();
            let median_minutes = times.get(times.len().saturating_sub(1) / 2).copied();
            (route, RouteResult { median_minutes, ..result })
        };
        self.routes.into_iter().map(finished).collect()
    }
}
