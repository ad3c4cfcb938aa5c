//! Many rules compiled into one matcher.

mod bucket;
mod compile;
mod event_ids;
mod hints;
mod predicate;
mod values;

use std::collections::{BTreeMap, HashMap};

use aho_corasick::{AhoCorasick, MatchKind};
use sakimori_words::{Event, Trouble};

use self::bucket::{Bucket, Marks};
use self::compile::Compiler;
use self::values::{Buffers, Names, Values};
use crate::correlator::CompiledCorrelation;
use crate::document::{Document, Header, LogSource};
use crate::glob::fold_into;
use crate::logsource::{Alias, Dispatch, Route, add_event_ids};
use crate::troubles;

pub(crate) use self::values::field_text;

/// Values for `%placeholders%` in rules that use `expand`, e.g. `DomainControllers`.
pub type Placeholders = BTreeMap<String, Vec<String>>;

/// A rule or correlation inside one [`RuleSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIndex(pub(crate) u32);

/// Many rules compiled into one matcher; shared freely between threads.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// Rules in the order of their documents, then correlations.
    members: Vec<Member>,
    names: Names,
    dispatch: Dispatch,
    plans: Vec<Plan>,
    correlations: Vec<CompiledCorrelation>,
    coverage: Coverage,
}

#[derive(Debug)]
struct Member {
    header: Header,
    speaks: bool,
}

/// The rules of one log source, by the event ids they can match.
#[derive(Debug, Default)]
struct Plan {
    any_id: Option<Asked>,
    by_id: HashMap<i64, Asked>,
}

/// Rules that are asked together.
#[derive(Debug)]
struct Asked {
    bucket: Bucket,
    /// Whether one of them looks at flat columns.
    asks_columns: bool,
    /// The words of which one must stand in a record written as JSON, or none of them matches; `None` when there are none.
    words: Option<Vec<String>>,
}

impl Plan {
    fn asked(&self, event_ids: &[i64]) -> impl Iterator<Item = &Asked> {
        let by_id = event_ids.iter().filter_map(|id| self.by_id.get(id));
        by_id.chain(&self.any_id)
    }
}

/// What is known of a record before it is read.
#[derive(Clone, Debug)]
pub enum Foresight {
    /// No rule can match it.
    Never,
    /// Only when one of these words stands in it.
    OnlyWith(Words),
    /// It has to be read.
    MayMatch,
}

/// Words of which one must stand in a record.
#[derive(Clone, Debug)]
pub struct Words(AhoCorasick);

impl Words {
    /// Whether one of them stands in the record, written as JSON. `folded` is memory to work in.
    pub fn stand_in(&self, json: &str, folded: &mut String) -> bool {
        folded.clear();
        fold_into(json, folded);
        self.0.is_match(folded.as_str())
    }
}

/// Among more words than this one is found in almost every record, and looking was for nothing.
const WORDS_MAX: usize = 1_000;

/// Sigma's name of the product whose records are foreseen.
const WINDOWS: &str = "windows";

/// Working memory of one matching thread. Reusing it saves the allocations of every event.
#[derive(Debug, Default)]
pub struct Scratch {
    event_ids: Vec<i64>,
    route: Route,
    buffers: Buffers,
    marks: Marks,
    matched: Vec<RuleIndex>,
}

impl Scratch {
    /// Working memory for any rule set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The rules the event matched that it was used for last.
    #[must_use]
    pub fn matched(&self) -> &[RuleIndex] {
        &self.matched
    }
}

/// Why a readable document is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{title} ({rule_id}): {why}")]
pub struct RuleProblem {
    /// Id of the document.
    pub rule_id: String,
    /// Its title.
    pub title: String,
    /// The file it stands in, when that was told.
    pub origin: String,
    /// What the matter is, in one sentence.
    pub why: String,
    /// The placeholder it waits for, when nothing else is known to be the matter with it.
    pub waits_for: Option<String>,
}

impl RuleProblem {
    /// The problem as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        Trouble::because(&troubles::RULE_NOT_USED, self)
    }
}

/// How many rules of a log source that the mapping table does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmapped {
    /// The log source as the rules spell it.
    pub log_source: LogSource,
    /// Rules that therefore never apply.
    pub n_rules: usize,
}

/// What a rule set can see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Rules that can match some event.
    pub n_rules: usize,
    /// Correlations.
    pub n_correlations: usize,
    /// Rules that never apply because their log source is not mapped, most rules first.
    pub unmapped: Vec<Unmapped>,
    /// Documents left out because their authors call them `deprecated`.
    pub n_deprecated: usize,
    /// Documents left out because their authors call them `unsupported`.
    pub n_unsupported: usize,
    /// Documents left out because a later one has the same id.
    pub replaced: Vec<Replaced>,
}

/// A document that a later one with the same id has replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// The id of both.
    pub id: String,
    /// Where the earlier one stands, as far as told.
    pub origin: String,
    /// Where the later one stands, as far as told.
    pub by: String,
}

impl RuleSet {
    /// Compiles documents; what cannot be used is named and left out, the rest works.
    ///
    /// When two documents have the same id the later one wins, so that a local copy replaces a built-in rule. Documents whose
    /// status is `deprecated` or `unsupported` are left out; a local copy with such a status thus switches a rule off. A filter is
    /// added to the rules it names as a further condition, so an exclusion says `condition: not selection`.
    #[must_use]
    pub fn compile(
        documents: Vec<Document>,
        placeholders: &Placeholders,
    ) -> (Self, Vec<RuleProblem>) {
        Compiler::new(placeholders).compile(documents)
    }

    /// The rules this event matches, in the order of their documents; also those that only a correlation listens to
    /// (see [`RuleSet::speaks`]).
    #[must_use]
    pub fn matches(&self, event: &Event) -> Vec<RuleIndex> {
        self.matches_with(&mut Scratch::new(), event).to_vec()
    }

    /// As [`RuleSet::matches`], with working memory that is kept from event to event.
    pub fn matches_with<'s>(&self, scratch: &'s mut Scratch, event: &Event) -> &'s [RuleIndex] {
        let Scratch { event_ids, route, buffers, marks, matched } = scratch;
        matched.clear();
        event_ids.clear();
        add_event_ids(event, event_ids);
        self.dispatch.route(event, event_ids, route);
        if route.plans.is_empty() {
            return matched;
        }
        let mut values = Values::new(event, &self.names, &route.aliases, buffers);
        for plan in route.plans.iter().filter_map(|plan| self.plans.get(*plan)) {
            for asked in plan.asked(event_ids) {
                asked.bucket.matches(&mut values, marks, matched);
            }
        }
        matched.sort_unstable();
        matched.dedup();
        matched
    }

    /// What can be told of a Windows record before it is read: whether some rule may match one of this service with this event
    /// id.
    #[must_use]
    pub fn foresee(&self, service: &str, event_id: i64) -> Foresight {
        let event_ids = [event_id];
        let plans = self.dispatch.plans_for(WINDOWS, service, event_id);
        let plans = plans.filter_map(|plan| self.plans.get(plan));
        let mut words = Vec::new();
        for asked in plans.flat_map(|plan| plan.asked(&event_ids)) {
            match &asked.words {
                // What a column says need not stand in the record: `logon` is made of an event id.
                Some(own) if !asked.asks_columns && words.len() + own.len() <= WORDS_MAX => {
                    words.extend(own);
                }
                Some(_) | None => return Foresight::MayMatch,
            }
        }
        if words.is_empty() {
            return Foresight::Never;
        }
        let found = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(words);
        found.map_or(Foresight::MayMatch, |words| Foresight::OnlyWith(Words(words)))
    }

    /// Whether some rule may match this Windows event, of which native fields are known, but no flat columns yet. When no rule
    /// asks for a column the answer is exact.
    pub fn may_match(&self, scratch: &mut Scratch, event: &Event) -> bool {
        let Scratch { event_ids, route, .. } = &mut *scratch;
        event_ids.clear();
        add_event_ids(event, event_ids);
        self.dispatch.route(event, event_ids, route);
        let mut plans = route.plans.iter().filter_map(|plan| self.plans.get(*plan));
        plans.any(|plan| plan.asked(event_ids).any(|asked| asked.asks_columns))
            || !self.matches_with(scratch, event).is_empty()
    }

    /// What the rule or correlation says about itself.
    #[must_use]
    pub fn header(&self, rule: RuleIndex) -> Option<&Header> {
        self.members.get(rule.0 as usize).map(|member| &member.header)
    }

    /// Whether a match of it is a finding. `false` for a rule that only feeds correlations which do not ask it to `generate`.
    #[must_use]
    pub fn speaks(&self, rule: RuleIndex) -> bool {
        self.members.get(rule.0 as usize).is_some_and(|member| member.speaks)
    }

    /// All rules and correlations, with what they say about themselves.
    pub fn headers(&self) -> impl Iterator<Item = (RuleIndex, &Header)> {
        (0..).map(RuleIndex).zip(self.members.iter().map(|member| &member.header))
    }

    /// What the set can and cannot see.
    #[must_use]
    pub const fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    pub(crate) fn correlations(&self) -> &[CompiledCorrelation] {
        &self.correlations
    }

    /// The record's own names for Sigma's fields in this event.
    pub(crate) fn aliases(&self, event: &Event) -> Vec<&'static [Alias]> {
        let mut route = Route::default();
        let mut event_ids = Vec::new();
        add_event_ids(event, &mut event_ids);
        self.dispatch.route(event, &event_ids, &mut route);
        route.aliases
    }
}

#[cfg(test)]
mod tests;
