//! A correlator's state over a restart.

use sakimori_words::Trouble;
use serde::{Deserialize, Serialize};

use super::group::{Group, KeptGroup};
use super::{Correlator, CorrelatorLimits, Lost};
use crate::ruleset::RuleSet;
use crate::troubles;

/// A correlator's state as it is kept over a restart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CorrelatorSnapshot {
    lost: Lost,
    /// Name of each source and its newest time.
    sources: Vec<(String, i64)>,
    correlations: Vec<KeptCorrelation>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct KeptCorrelation {
    id: String,
    definition: String,
    groups: Vec<KeptGroup>,
}

impl CorrelatorSnapshot {
    /// The trouble of a snapshot that cannot be read back.
    #[must_use]
    pub fn trouble(detail: &str) -> Trouble {
        Trouble::new(&troubles::UNREADABLE_SNAPSHOT, detail)
    }
}

impl Correlator {
    /// The state to keep over a restart. `rules` are those the correlator was made for.
    #[must_use]
    pub fn snapshot(&self, rules: &RuleSet) -> CorrelatorSnapshot {
        let mut sources: Vec<(u32, String)> =
            self.sources.numbers.iter().map(|(name, number)| (*number, name.clone())).collect();
        sources.sort_unstable();
        let correlations = rules.correlations().iter().zip(&self.groups);
        CorrelatorSnapshot {
            lost: self.lost,
            sources: sources
                .into_iter()
                .map(|(number, name)| (name, self.sources.newest(number)))
                .collect(),
            correlations: correlations
                .map(|(own, groups)| KeptCorrelation {
                    id: own.id().to_owned(),
                    definition: own.definition(),
                    groups: groups.iter().map(|(key, group)| group.kept(key)).collect(),
                })
                .collect(),
        }
    }

    /// The state of before a restart. Counts of correlations that have changed since are dropped.
    #[must_use]
    pub fn restore(rules: &RuleSet, limits: CorrelatorLimits, kept: CorrelatorSnapshot) -> Self {
        let mut own = Self::new(rules, limits);
        own.lost = kept.lost;
        // Sources were written in the order of their numbers, which begin at 1.
        for (name, newest) in kept.sources {
            own.sources.insert(name, newest);
        }
        for past in kept.correlations {
            let same = |now: &&super::CompiledCorrelation| {
                now.id() == past.id && now.definition() == past.definition
            };
            let Some(at) = rules.correlations().iter().position(|now| same(&now)) else { continue };
            let (Some(now), Some(groups)) = (rules.correlations().get(at), own.groups.get_mut(at))
            else {
                continue;
            };
            for group in past.groups {
                groups.insert(group.key.clone(), Group::restored(group, now.span()));
            }
        }
        own.recount();
        own
    }
}
