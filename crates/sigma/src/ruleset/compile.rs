//! From documents to a rule set.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::bucket::{Bucket, Program, SharedTest};
use super::event_ids::possible_event_ids;
use super::hints::hints;
use super::predicate::Predicate;
use super::values::asks_columns;
use super::{
    Asked, Member, Placeholders, Plan, Replaced, RuleIndex, RuleProblem, RuleSet, Unmapped,
};
use crate::correlator::CompiledCorrelation;
use crate::detection::{Expr, Test};
use crate::document::{Correlation, Document, Filter, Header, LogSource, Rule, RuleError};
use crate::logsource::gates;

/// Collects rules until all are known, then builds the indexes.
pub(super) struct Compiler<'p> {
    placeholders: &'p Placeholders,
    set: RuleSet,
    problems: Vec<RuleProblem>,
    tests: Vec<Arc<SharedTest>>,
    test_numbers: HashMap<Test, usize>,
    drafts: BTreeMap<LogSource, Draft>,
    unmapped: BTreeMap<LogSource, usize>,
}

/// The rules of one log source before they are indexed.
#[derive(Default)]
struct Draft {
    any_id: Vec<Drafted>,
    by_id: BTreeMap<i64, Vec<Drafted>>,
}

/// A rule on its way into a bucket.
#[derive(Clone)]
struct Drafted {
    rule: RuleIndex,
    program: Program,
    asks_columns: bool,
}

/// Why a rule cannot be used, and for which placeholder it waits when that is all.
struct Unusable {
    why: String,
    waits_for: Option<String>,
}

impl Unusable {
    fn of(part: &str, error: RuleError) -> Self {
        let why = format!("{part}{error}");
        let waits_for = match error {
            RuleError::Unfilled { name, .. } => Some(name),
            RuleError::Yaml { .. } | RuleError::Missing { .. } | RuleError::Wrong { .. } => None,
        };
        Self { why, waits_for }
    }
}

impl<'p> Compiler<'p> {
    pub(super) fn new(placeholders: &'p Placeholders) -> Self {
        Self {
            placeholders,
            set: RuleSet::default(),
            problems: Vec::new(),
            tests: Vec::new(),
            test_numbers: HashMap::new(),
            drafts: BTreeMap::new(),
            unmapped: BTreeMap::new(),
        }
    }

    pub(super) fn compile(mut self, documents: Vec<Document>) -> (RuleSet, Vec<RuleProblem>) {
        let (mut rules, mut correlations, mut filters) = (Vec::new(), Vec::new(), Vec::new());
        let documents = latest_of_each_id(documents, &mut self.set.coverage.replaced);
        for document in documents {
            if self.is_withdrawn(document.header()) {
                continue;
            }
            match document {
                Document::Rule(rule) => rules.push(*rule),
                Document::Correlation(correlation) => correlations.push(*correlation),
                Document::Filter(filter) => filters.push(*filter),
            }
        }
        for rule in rules {
            self.add_rule(rule, &filters);
        }
        self.set.coverage.n_rules = self.set.members.len();
        self.build_plans();
        self.add_correlations(correlations);
        self.note_coverage();
        (self.set, self.problems)
    }

    /// Whether its authors say that it is not to be used any more, or not yet; counted.
    fn is_withdrawn(&mut self, header: &Header) -> bool {
        let coverage = &mut self.set.coverage;
        let count = match header.status.to_ascii_lowercase().as_str() {
            "deprecated" => &mut coverage.n_deprecated,
            "unsupported" => &mut coverage.n_unsupported,
            _ => return false,
        };
        *count += 1;
        true
    }

    fn problem(&mut self, header: &Header, why: impl Into<String>) {
        self.problems.push(RuleProblem {
            rule_id: header.id.clone(),
            title: header.title.clone(),
            origin: header.origin.clone(),
            why: why.into(),
            waits_for: None,
        });
    }

    fn add_rule(&mut self, rule: Rule, filters: &[Filter]) {
        if gates(&rule.log_source).is_empty() {
            *self.unmapped.entry(rule.log_source).or_default() += 1;
            return;
        }
        match self.condition(&rule, filters) {
            Ok((expr, program)) => {
                let index = self.add_member(rule.header);
                self.draft(rule.log_source, index, &expr, program);
            }
            Err(unusable) => {
                self.problem(&rule.header, unusable.why);
                if let Some(problem) = self.problems.last_mut() {
                    problem.waits_for = unusable.waits_for;
                }
            }
        }
    }

    fn condition(&mut self, rule: &Rule, filters: &[Filter]) -> Result<(Expr, Program), Unusable> {
        let own = rule.detection.expression(self.placeholders);
        let mut parts = vec![own.map_err(|error| Unusable::of("", error))?];
        for filter in filters.iter().filter(|filter| narrows(filter, rule)) {
            let added = filter.detection.expression(self.placeholders);
            let name = format!("filter `{}`: ", filter.header.title);
            parts.push(added.map_err(|error| Unusable::of(&name, error))?);
        }
        let expr = Expr::All(parts);
        let program = self
            .program(&expr)
            .map_err(|error| Unusable { why: error.to_string(), waits_for: None })?;
        Ok((expr, program))
    }

    fn add_member(&mut self, header: Header) -> RuleIndex {
        let index = u32::try_from(self.set.members.len()).unwrap_or(u32::MAX);
        self.set.members.push(Member { header, speaks: true });
        RuleIndex(index)
    }

    fn draft(&mut self, source: LogSource, rule: RuleIndex, expr: &Expr, program: Program) {
        let draft = self.drafts.entry(source).or_default();
        let drafted = Drafted { rule, program, asks_columns: asks_columns(expr) };
        match possible_event_ids(expr) {
            None => draft.any_id.push(drafted),
            Some(ids) => {
                for id in ids {
                    draft.by_id.entry(id).or_default().push(drafted.clone());
                }
            }
        }
    }

    fn program(&mut self, expr: &Expr) -> Result<Program, regex::Error> {
        Ok(match expr {
            Expr::Test(test) => Program::Test(self.test(test)?),
            Expr::All(parts) => Program::All(self.programs(parts)?),
            Expr::Any(parts) => Program::Any(self.programs(parts)?),
            Expr::AtLeast(n, parts) => Program::AtLeast(*n, self.programs(parts)?),
            Expr::Not(part) => Program::Not(Box::new(self.program(part)?)),
        })
    }

    fn programs(&mut self, parts: &[Expr]) -> Result<Vec<Program>, regex::Error> {
        parts.iter().map(|part| self.program(part)).collect()
    }

    /// The number of a test; the same test in several rules is one.
    fn test(&mut self, test: &Test) -> Result<usize, regex::Error> {
        if let Some(number) = self.test_numbers.get(test) {
            return Ok(*number);
        }
        let predicate = Predicate::new(test, &mut self.set.names)?;
        self.tests.push(Arc::new(SharedTest { predicate, hints: hints(&test.any) }));
        self.test_numbers.insert(test.clone(), self.tests.len() - 1);
        Ok(self.tests.len() - 1)
    }

    fn build_plans(&mut self) {
        for (source, draft) in std::mem::take(&mut self.drafts) {
            let number = self.set.plans.len();
            for gate in gates(&source) {
                self.set.dispatch.add(gate, number);
            }
            let any_id = (!draft.any_id.is_empty()).then(|| self.asked(draft.any_id)).flatten();
            let mut by_id = HashMap::new();
            for (id, rules) in draft.by_id {
                by_id.extend(self.asked(rules).map(|asked| (id, asked)));
            }
            self.set.plans.push(Plan { any_id, by_id });
        }
    }

    fn asked(&mut self, rules: Vec<Drafted>) -> Option<Asked> {
        let asks_columns = rules.iter().any(|drafted| drafted.asks_columns);
        let rules = rules.into_iter().map(|drafted| (drafted.rule, drafted.program)).collect();
        let bucket = self.bucket(rules)?;
        Some(Asked { words: bucket.words(), bucket, asks_columns })
    }

    fn bucket(&mut self, rules: Vec<(RuleIndex, Program)>) -> Option<Bucket> {
        let indexes: Vec<RuleIndex> = rules.iter().map(|(rule, _)| *rule).collect();
        match Bucket::new(rules, &self.tests) {
            Ok(bucket) => Some(bucket),
            Err(error) => {
                let headers = indexes.iter().filter_map(|rule| self.set.header(*rule).cloned());
                for header in headers.collect::<Vec<_>>() {
                    let why = format!("the rules of its log source cannot be indexed: {error}");
                    self.problem(&header, why);
                }
                None
            }
        }
    }

    /// Correlations may name each other, so they are added in rounds until no round adds one.
    fn add_correlations(&mut self, correlations: Vec<Correlation>) {
        let mut waiting = correlations;
        loop {
            let before = waiting.len();
            let (ready, blocked): (Vec<_>, Vec<_>) = waiting
                .into_iter()
                .partition(|own| own.rules.iter().all(|rule| self.find(rule).is_some()));
            waiting = blocked;
            for correlation in ready {
                self.add_correlation(correlation);
            }
            if waiting.len() == before || waiting.is_empty() {
                break;
            }
        }
        for correlation in waiting {
            let missing = correlation.rules.iter().filter(|rule| self.find(rule).is_none());
            let missing: Vec<&str> = missing.map(String::as_str).collect();
            let why = format!(
                "it listens to rules that are not there, not used here, or wait for it in turn: {}",
                missing.join(", ")
            );
            self.problem(&correlation.header, why);
        }
        self.silence_listened_rules();
    }

    fn add_correlation(&mut self, correlation: Correlation) {
        let members: Vec<RuleIndex> =
            correlation.rules.iter().filter_map(|rule| self.find(rule)).collect();
        let headers: Vec<&Header> =
            members.iter().filter_map(|member| self.set.header(*member)).collect();
        let index = RuleIndex(u32::try_from(self.set.members.len()).unwrap_or(u32::MAX));
        let compiled = CompiledCorrelation::new(&correlation, index, &members, &headers);
        self.set.correlations.push(compiled);
        self.add_member(correlation.header);
    }

    /// A rule of that id or name.
    fn find(&self, rule: &str) -> Option<RuleIndex> {
        let named =
            |header: &Header| !rule.is_empty() && (header.id == rule || header.name == rule);
        self.set.headers().find(|(_, header)| named(header)).map(|(index, _)| index)
    }

    fn silence_listened_rules(&mut self) {
        let mut listened: HashMap<RuleIndex, bool> = HashMap::new();
        for correlation in &self.set.correlations {
            for member in correlation.members() {
                *listened.entry(member).or_default() |= correlation.generates();
            }
        }
        for (rule, generates) in listened {
            if let Some(member) = self.set.members.get_mut(rule.0 as usize) {
                member.speaks = generates;
            }
        }
    }

    fn note_coverage(&mut self) {
        let unmapped = std::mem::take(&mut self.unmapped).into_iter();
        let mut unmapped: Vec<Unmapped> =
            unmapped.map(|(log_source, n_rules)| Unmapped { log_source, n_rules }).collect();
        unmapped.sort_by_key(|own| std::cmp::Reverse(own.n_rules));
        self.set.coverage.unmapped = unmapped;
        self.set.coverage.n_correlations = self.set.correlations.len();
    }
}

/// Of documents with the same id only the last, naming the others; documents without an id all stay.
fn latest_of_each_id(documents: Vec<Document>, replaced: &mut Vec<Replaced>) -> Vec<Document> {
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut kept = Vec::with_capacity(documents.len());
    for document in documents.into_iter().rev() {
        let Header { id, origin, .. } = document.header();
        match seen.get(id).filter(|_| !id.is_empty()) {
            Some(by) => {
                let (id, origin, by) = (id.clone(), origin.clone(), by.clone());
                replaced.push(Replaced { id, origin, by });
            }
            None => {
                seen.insert(id.clone(), origin.clone());
                kept.push(document);
            }
        }
    }
    kept.reverse();
    replaced.reverse();
    kept
}

/// Whether a filter adds its condition to a rule: it names the rule, or names none, and the rule has all of its log source.
fn narrows(filter: &Filter, rule: &Rule) -> bool {
    let has = |asked: &str, own: &str| asked.is_empty() || asked == own;
    let (asked, own) = (&filter.log_source, &rule.log_source);
    let named =
        |name: &String| !name.is_empty() && (*name == rule.header.id || *name == rule.header.name);
    has(&asked.product, &own.product)
        && has(&asked.category, &own.category)
        && has(&asked.service, &own.service)
        && (filter.rules.is_empty() || filter.rules.iter().any(named))
}
