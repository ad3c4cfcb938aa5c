//! Which findings an exception speaks of.

use sakimori_words::{Finding, Involved};
use serde::{Deserialize, Serialize};

use crate::detector::{account_name, machine_name};

/// Longest value of a scope, in characters. The detector cuts longer names, and a cut name could be another's too.
const VALUE_CHARS_MAX: usize = 255;

/// Most machines, accounts and addresses that a scope asks for.
const INVOLVED_MAX: usize = 10;

/// What a finding must say to be covered: everything that is not empty must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scope {
    /// The rule's id; empty: any rule.
    pub rule: String,
    /// The machine by its short name, whatever the case; empty: any.
    pub host: String,
    /// The account without its domain, whatever the case; empty: any.
    pub user: String,
    /// The source, exactly; empty: any.
    pub source: String,
    /// All of these are involved.
    pub involved: Vec<Involved>,
}

impl Scope {
    /// The scope with its names as they are compared; `None` when it cannot be used: it says nothing, or one of its values
    /// stands for no name, so that leaving it out would cover more than was meant.
    #[must_use]
    pub fn normal(&self) -> Option<Self> {
        let Self { rule, host, user, source, involved } = self;
        let mut involved = involved.clone();
        involved.sort_unstable();
        involved.dedup();
        let normal = Self {
            rule: rule.clone(),
            host: machine_name(host),
            user: account_name(user),
            source: source.clone(),
            involved,
        };
        let lost = normal.host.is_empty() != host.is_empty()
            || normal.user.is_empty() != user.is_empty()
            || normal.involved.len() > INVOLVED_MAX;
        let texts = [rule, host, user, source];
        let long = texts.iter().any(|text| text.chars().count() > VALUE_CHARS_MAX);
        (!lost && !long && !normal.says_nothing()).then_some(normal)
    }

    /// Whether it asks for something besides the rule.
    #[must_use]
    pub fn is_narrowed(&self) -> bool {
        self.names_somebody() || !self.source.is_empty()
    }

    /// Whether it asks for a machine, an account or an address: without one it covers whoever comes.
    #[must_use]
    pub fn names_somebody(&self) -> bool {
        !self.host.is_empty() || !self.user.is_empty() || !self.involved.is_empty()
    }

    /// Whether the finding is one of these. A scope that says nothing covers nothing.
    #[must_use]
    pub fn covers(&self, finding: &Finding) -> bool {
        let fits = |asked: &str, own: &str| asked.is_empty() || asked == own;
        !self.says_nothing()
            && fits(&self.rule, &finding.rule_id)
            && fits(&self.source, &finding.source)
            && (self.host.is_empty() || machine_name(&self.host) == machine_name(&finding.host))
            && (self.user.is_empty() || account_name(&self.user) == account_name(&finding.user))
            && self.involved.iter().all(|one| finding.involved.contains(one))
    }

    fn says_nothing(&self) -> bool {
        self.rule.is_empty() && !self.is_narrowed()
    }
}
