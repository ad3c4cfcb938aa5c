//! The detector: rules in, findings out, on a live stream and over files alike.

mod ids;
mod involved;
mod lists;
mod wants;
mod wording;

use std::collections::HashMap;
use std::sync::Arc;

use sakimori_sigma::{
    Correlated, Correlator, CorrelatorLimits, CorrelatorSnapshot, Coverage, Document, Held, Lost,
    RuleProblem, RuleSet, Scratch,
};
use sakimori_words::{Event, EvidenceRef, Finding, Text};

pub(crate) use self::involved::{
    account as account_of, account_name, address as address_of, involved, machine_name,
};
pub use self::lists::{RuleLists, RuleListsError};
pub(crate) use self::wants::Wants;
pub(crate) use self::wording::about;
use self::wording::{finding, of_correlation};

#[cfg(test)]
mod tests;

/// A rule file as text, with our own words about it where we have them.
#[derive(Clone, Debug, Default)]
pub struct RuleText {
    /// Where it came from, for reports: a path, or the id of a built-in detection.
    pub name: String,
    /// The Sigma YAML, one or more documents.
    pub yaml: String,
    /// Our words for a finding of this rule; `None` for rules of others.
    pub advice: Option<Advice>,
    /// Why the file could not be read, if so: it is then refused with this reason.
    pub unreadable: Option<String>,
}

/// The longest rule file that is read, in bytes. A longer one is refused, never cut.
pub const RULE_BYTES_MAX: u64 = 16 << 20;

/// What a rule says to a person, in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// What happened.
    pub title: Text,
    /// Why it matters.
    pub reason: Text,
    /// What to do next.
    pub next_step: Text,
    /// The clause of a notice behind it, or empty.
    pub clause: String,
}

/// What became of the rules that were given.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct RulesReport {
    /// Rules and correlations that are looked for.
    pub loaded: usize,
    /// Rules for log sources that Sakimori does not read, by `product/service/category`, with their number.
    pub not_applicable: Vec<(String, usize)>,
    /// Files or documents that are not valid rules: name of the file and reason.
    pub refused: Vec<(String, String)>,
    /// Rules that do not run before the hospital gives the list they ask for: name of the list, of the file, and title.
    pub waiting: Vec<(String, String, String)>,
    /// Lists that were given and that no rule asks for.
    pub lists_unused: Vec<String>,
    /// Documents left out because a later one has the same id: the id, and the names of the file left out and the one used.
    pub replaced: Vec<(String, String, String)>,
    /// Documents left out because their authors call them `deprecated`.
    pub deprecated: usize,
    /// Documents left out because their authors call them `unsupported`.
    pub unsupported: usize,
}

/// Compiled rules and the state of correlations.
pub struct Detector {
    rules: Arc<RuleSet>,
    correlator: Correlator,
    scratch: Scratch,
    advice: HashMap<String, Advice>,
    report: RulesReport,
    /// Machines that sensors have named.
    named: ids::Named,
}

impl Detector {
    /// Compiles the rules. A rule that cannot be used is reported and the others work; of two with the same id the later wins.
    #[must_use]
    pub fn new(rules: &[RuleText]) -> Self {
        Self::with_lists(rules, &RuleLists::default())
    }

    /// As [`Detector::new`], with what the hospital gives for the placeholders of rules. A rule without its list does not run.
    #[must_use]
    pub fn with_lists(rules: &[RuleText], lists: &RuleLists) -> Self {
        let mut report = RulesReport::default();
        let mut advice = HashMap::new();
        let mut documents = Vec::new();
        for rule in rules {
            let read = read_rule(rule, &mut report.refused);
            remember_advice(&mut advice, rule, &read);
            documents.extend(read);
        }
        report.lists_unused = unused(lists, rules);
        let (rules, problems) = RuleSet::compile(documents, lists.placeholders());
        problems.into_iter().for_each(|problem| report.take(problem));
        report.note(rules.coverage());
        let correlator = Correlator::new(&rules, CorrelatorLimits::RECOMMENDED);
        let named = ids::Named::default();
        let rules = Arc::new(rules);
        Self { rules, correlator, scratch: Scratch::new(), advice, report, named }
    }

    /// What became of the rules.
    #[must_use]
    pub fn report(&self) -> &RulesReport {
        &self.report
    }

    /// The ids of the documents of a rule file, as far as it can be read.
    #[must_use]
    pub fn ids_of(rule: &RuleText) -> Vec<String> {
        let read = read_rule(rule, &mut Vec::new());
        read.iter().map(|document| document.header().id.clone()).collect()
    }

    /// What correlations had to leave out so far; to be shown beside the rules.
    #[must_use]
    pub fn lost(&self) -> Lost {
        self.correlator.lost()
    }

    /// What the rules find in `event`. `evidence` is asked only when something was found, since over files it costs a digest.
    ///
    /// The findings have no id yet and `found_at` is when the event was received.
    pub fn look(&mut self, event: &Event, evidence: &dyn Fn() -> EvidenceRef) -> Vec<Finding> {
        let matched = self.rules.matches_with(&mut self.scratch, event);
        if matched.is_empty() && !self.correlator.is_waiting() {
            return self.alarm(event, evidence).into_iter().collect();
        }
        let correlated = self.correlator.offer(&self.rules, event, matched, evidence);
        let mut found = self.single(event, evidence);
        self.add_alarm(&mut found, event, evidence);
        found.extend(correlated.into_iter().filter_map(|result| self.counted(event, result)));
        found
    }

    /// Which records of files the rules may match; for one thread.
    pub(crate) fn wants(&self) -> Wants {
        Wants::of(Arc::clone(&self.rules))
    }

    /// As [`Detector::look`] for single events; what correlations need of the event is handed back, to be counted with
    /// [`Detector::count`] when everything is known that came before it.
    pub(crate) fn look_alone(
        &mut self,
        event: &Event,
        evidence: &dyn Fn() -> EvidenceRef,
    ) -> (Vec<Finding>, Option<Held>) {
        let matched = self.rules.matches_with(&mut self.scratch, event);
        if matched.is_empty() {
            return (self.alarm(event, evidence).into_iter().collect(), None);
        }
        let held = self.correlator.hold(&self.rules, event, matched);
        let mut found = self.single(event, evidence);
        self.add_alarm(&mut found, event, evidence);
        (found, held)
    }

    /// What correlations find in an event that was put aside. The events must come in the order of their time, whatever their
    /// sources: they are taken as those of one.
    pub(crate) fn count(&mut self, held: &Held, evidence: &EvidenceRef) -> Vec<Finding> {
        let evidence = || evidence.clone();
        let results = self.correlator.offer_held(ALL_SOURCES, &self.rules, held, &evidence);
        results.into_iter().filter_map(|result| self.counted(held.event(), result)).collect()
    }

    /// What correlations find that could not be judged before the last event was known.
    pub(crate) fn finish(&mut self) -> Vec<Finding> {
        let results = self.correlator.finish(&self.rules);
        let nothing = Event::default();
        results.into_iter().filter_map(|result| self.counted(&nothing, result)).collect()
    }

    /// The findings of the rules that matched last and speak for themselves.
    fn single(&self, event: &Event, evidence: &dyn Fn() -> EvidenceRef) -> Vec<Finding> {
        let matched = self.scratch.matched().iter();
        let speaking = matched.filter(|rule| self.rules.speaks(**rule));
        let headers = speaking.filter_map(|rule| self.rules.header(*rule));
        let single = headers.map(|header| Finding {
            evidence: vec![evidence()],
            ..finding(header, self.advice.get(&header.id), event)
        });
        single.collect()
    }

    /// What a sensor's alarm says by itself.
    fn alarm(&mut self, event: &Event, evidence: &dyn Fn() -> EvidenceRef) -> Option<Finding> {
        let finding = ids::finding(event, &mut self.named)?;
        Some(Finding { evidence: vec![evidence()], ..finding })
    }

    /// Adds what a sensor's alarm says by itself, unless a rule that knows it better has spoken.
    fn add_alarm(
        &mut self,
        found: &mut Vec<Finding>,
        event: &Event,
        evidence: &dyn Fn() -> EvidenceRef,
    ) {
        if found.iter().any(|own| own.rule_id != ids::SEVERE_RULE) {
            return;
        }
        if let Some(alarm) = self.alarm(event, evidence) {
            found.clear();
            found.push(alarm);
        }
    }

    /// The finding of a correlation that came true with `event`, or when its window ended.
    fn counted(&self, event: &Event, mut result: Correlated) -> Option<Finding> {
        let last = result.last_event.take();
        let event = last.as_deref().unwrap_or(event);
        let header = self.rules.header(result.rule)?;
        let finding = finding(header, self.advice.get(&header.id), event);
        Some(of_correlation(finding, &event.product, result))
    }

    /// The state of correlations, to be kept over a restart.
    #[must_use]
    pub fn snapshot(&self) -> CorrelatorSnapshot {
        self.correlator.snapshot(&self.rules)
    }

    /// Goes on where the state of before the restart ended. Correlations that have changed since begin anew.
    pub fn restore(&mut self, kept: CorrelatorSnapshot) {
        self.correlator = Correlator::restore(&self.rules, CorrelatorLimits::RECOMMENDED, kept);
    }
}

/// Under which name the correlations of a hunt count: over files there is one order of time, not one for each source.
const ALL_SOURCES: &str = "";

impl RulesReport {
    fn take(&mut self, problem: RuleProblem) {
        match &problem.waits_for {
            None => self.refused.push(named(problem)),
            Some(list) => {
                let name = if problem.origin.is_empty() { problem.rule_id } else { problem.origin };
                self.waiting.push((list.clone(), name, problem.title));
            }
        }
    }

    fn note(&mut self, coverage: &Coverage) {
        self.loaded = coverage.n_rules + coverage.n_correlations;
        let unmapped = coverage.unmapped.iter();
        self.not_applicable = unmapped
            .map(|unmapped| (log_source_name(&unmapped.log_source), unmapped.n_rules))
            .collect();
        let replaced = coverage.replaced.iter();
        self.replaced =
            replaced.map(|own| (own.id.clone(), own.origin.clone(), own.by.clone())).collect();
        self.deprecated = coverage.n_deprecated;
        self.unsupported = coverage.n_unsupported;
    }
}

/// The documents of a file; what cannot be read of it is refused.
fn read_rule(rule: &RuleText, refused: &mut Vec<(String, String)>) -> Vec<Document> {
    let mut refuse = |why: String| refused.push((rule.name.clone(), why));
    if let Some(why) = &rule.unreadable {
        refuse(why.clone());
        return Vec::new();
    }
    if rule.yaml.len() as u64 > RULE_BYTES_MAX {
        refuse(format!("the file is longer than {} MiB", RULE_BYTES_MAX >> 20));
        return Vec::new();
    }
    let mut documents = Vec::new();
    for read in Document::parse_each(&rule.yaml, &rule.name) {
        match read {
            Ok(document) => documents.push(document),
            Err(error) => refuse(error.to_string()),
        }
    }
    documents
}

/// The lists that no rule names, most likely because a name is spelled in another way.
fn unused(lists: &RuleLists, rules: &[RuleText]) -> Vec<String> {
    let is_asked = |name: &str| {
        let asked = format!("%{name}%");
        rules.iter().any(|rule| rule.yaml.contains(&asked))
    };
    lists.names().map(|(name, _)| name).filter(|name| !is_asked(name)).map(str::to_owned).collect()
}

/// A problem with the name of its file, and of the document in it.
fn named(problem: RuleProblem) -> (String, String) {
    let RuleProblem { rule_id, title, origin, why, .. } = problem;
    let name = if origin.is_empty() { rule_id } else { origin };
    (name, format!("{title}: {why}"))
}

fn remember_advice(advice: &mut HashMap<String, Advice>, rule: &RuleText, documents: &[Document]) {
    for document in documents {
        let id = document.header().id.clone();
        match &rule.advice {
            Some(own) => advice.insert(id, own.clone()),
            // A rule of others that replaces ours does not speak our words.
            None => advice.remove(&id),
        };
    }
}

fn log_source_name(source: &sakimori_sigma::LogSource) -> String {
    let parts = [&source.product, &source.service, &source.category];
    let told: Vec<&str> =
        parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    told.join("/")
}
