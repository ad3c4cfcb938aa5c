//! The rules that share a log source and event id, with an index over the literals they need.
//!
//! For every rule the index knows a few sets of literals of which it cannot do without one each, the rarest it could choose.
//! One pass over each field finds those of all rules at once, and only rules that have all they need are asked.

use std::collections::HashMap;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError, MatchKind};

use super::RuleIndex;
use super::hints::{Anchor, Hint};
use super::predicate::Predicate;
use super::values::{EVERYTHING, FieldId, Values};
use crate::fast_hash::RuleMap;

/// A condition over tests, by their number.
#[derive(Clone, Debug)]
pub(crate) enum Program {
    Test(usize),
    All(Vec<Program>),
    Any(Vec<Program>),
    AtLeast(usize, Vec<Program>),
    Not(Box<Program>),
}

/// A test that many rules may share.
#[derive(Debug)]
pub(crate) struct SharedTest {
    pub(crate) predicate: Predicate,
    /// Literals of which one must be found, if there is such a set.
    pub(crate) hints: Option<Vec<Hint>>,
}

/// The rules of one bucket, ready to match.
#[derive(Debug)]
pub(crate) struct Bucket {
    tests: Vec<BucketTest>,
    rules: Vec<Entry>,
    /// Rules that need nothing the index could find.
    always: Vec<usize>,
    fields: Vec<FieldIndex>,
}

/// A test in one bucket.
#[derive(Debug)]
struct BucketTest {
    shared: Arc<SharedTest>,
    /// The rules that wait for it, with the bit it sets. Only such tests are in the index.
    watchers: Vec<(u32, u8)>,
}

impl BucketTest {
    const fn is_indexed(&self) -> bool {
        !self.watchers.is_empty()
    }
}

#[derive(Debug)]
struct Entry {
    rule: RuleIndex,
    program: Program,
    /// Bits that must all be set before the condition is worth asking.
    needs: u8,
}

/// The literals that some test looks for in one field.
#[derive(Debug)]
struct FieldIndex {
    field: FieldId,
    whole: RuleMap<Box<str>, Vec<Target>>,
    /// Length of the longest text of `whole`, so that long values are not hashed for nothing.
    whole_bytes_max: usize,
    parts: Option<AhoCorasick>,
    /// Says quickly, and for few literals only, that none of them is there.
    glance: Option<AhoCorasick>,
    /// For each literal of `parts`, what finding it means.
    targets: Vec<Vec<(Anchor, Target)>>,
}

#[derive(Clone, Copy, Debug)]
struct Target {
    test: u32,
    decides: bool,
}

/// Memory that is kept from event to event.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    /// What is known of each test of the current bucket, with the pass it was learnt in.
    tests: Vec<(u32, Known)>,
    /// The bits set for each rule, with the pass they were set in.
    rules: Vec<(u32, u8)>,
    candidates: Vec<u32>,
    pass: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Known {
    #[default]
    Nothing,
    /// A literal it needs is there; it must be asked.
    Possible,
    Yes,
    No,
}

impl Marks {
    fn begin(&mut self, bucket: &Bucket) {
        self.pass = self.pass.wrapping_add(1);
        if self.pass == 0 {
            self.pass = 1;
            self.tests.clear();
            self.rules.clear();
        }
        let fit = |have: usize, need: usize| have.max(need);
        self.tests.resize(fit(self.tests.len(), bucket.tests.len()), (0, Known::Nothing));
        self.rules.resize(fit(self.rules.len(), bucket.rules.len()), (0, 0));
        self.candidates.clear();
    }

    fn known(&self, test: usize) -> Known {
        match self.tests.get(test) {
            Some((pass, known)) if *pass == self.pass => *known,
            _ => Known::Nothing,
        }
    }

    fn learn(&mut self, test: usize, known: Known) {
        if let Some(own) = self.tests.get_mut(test) {
            *own = (self.pass, known);
        }
    }

    /// Sets a bit of a rule; `true` when that makes the needed bits complete.
    fn set(&mut self, rule: u32, bit: u8, needs: u8) -> bool {
        let Some(own) = self.rules.get_mut(rule as usize) else { return false };
        if own.0 != self.pass {
            *own = (self.pass, 0);
        }
        let before = own.1;
        own.1 |= bit;
        before != needs && own.1 == needs
    }
}

impl Bucket {
    /// Builds the index over `rules`; `tests` are all tests of the rule set, of which the programs speak by number.
    ///
    /// # Errors
    /// When the literals are too many for the automaton to number.
    pub(crate) fn new(
        rules: Vec<(RuleIndex, Program)>,
        tests: &[Arc<SharedTest>],
    ) -> Result<Self, BuildError> {
        let mut builder = Builder { all: tests, numbers: HashMap::new(), own: Vec::new() };
        let programs: Vec<_> =
            rules.into_iter().map(|(rule, program)| (rule, builder.localised(program))).collect();
        let costs = costs(&builder.own);
        let tests = builder.own.into_iter();
        let mut bucket = Self {
            tests: tests.map(|shared| BucketTest { shared, watchers: Vec::new() }).collect(),
            rules: Vec::with_capacity(programs.len()),
            always: Vec::new(),
            fields: Vec::new(),
        };
        for (rule, program) in programs {
            bucket.add(rule, program, &costs);
        }
        bucket.fields = field_indexes(&bucket.tests)?;
        Ok(bucket)
    }

    fn add(&mut self, rule: RuleIndex, program: Program, costs: &[u64]) {
        let at = self.rules.len();
        let needs = cheapest(necessities(&program, &self.tests, costs), costs);
        if needs.is_empty() {
            self.always.push(at);
        }
        let mut bits = 0;
        for (bit, any) in (0..8).map(|shift| 1_u8 << shift).zip(needs) {
            bits |= bit;
            for test in any {
                if let Some(test) = self.tests.get_mut(test) {
                    test.watchers.push((u32::try_from(at).unwrap_or(u32::MAX), bit));
                }
            }
        }
        self.rules.push(Entry { rule, program, needs: bits });
    }

    /// The literals of which one must stand in an event, in whatever field, or no rule matches it: as they are written in JSON,
    /// folded. `None` when there is no such set.
    pub(crate) fn words(&self) -> Option<Vec<String>> {
        let indexed = self.tests.iter().filter(|test| test.is_indexed());
        let hints = indexed.flat_map(|test| test.shared.hints.iter().flatten());
        let words = self.always.is_empty().then(|| hints.map(|hint| in_json(&hint.literal)));
        words?.collect()
    }

    /// Adds the rules that the event matches to `matched`.
    pub(crate) fn matches(
        &self,
        values: &mut Values<'_, '_>,
        marks: &mut Marks,
        matched: &mut Vec<RuleIndex>,
    ) {
        marks.begin(self);
        for index in &self.fields {
            self.scan(index, values, marks);
        }
        let candidates = std::mem::take(&mut marks.candidates);
        let hinted = candidates.iter().map(|rule| *rule as usize);
        for rule in hinted.chain(self.always.iter().copied()) {
            let Some(entry) = self.rules.get(rule) else { continue };
            if self.holds(&entry.program, values, marks) {
                matched.push(entry.rule);
            }
        }
        marks.candidates = candidates;
    }

    fn scan(&self, index: &FieldIndex, values: &mut Values<'_, '_>, marks: &mut Marks) {
        if index.field == EVERYTHING {
            self.scan_text(index, values.everything_folded(), marks);
            return;
        }
        let mut next = values.first(index.field);
        while let Some(occurrence) = next {
            self.scan_text(index, values.folded(occurrence), marks);
            next = values.next(occurrence);
        }
    }

    fn scan_text(&self, index: &FieldIndex, text: &str, marks: &mut Marks) {
        if text.len() <= index.whole_bytes_max {
            for target in index.whole.get(text).into_iter().flatten() {
                self.found(*target, marks);
            }
        }
        let Some(parts) = &index.parts else { return };
        if index.glance.as_ref().is_some_and(|glance| !glance.is_match(text)) {
            return;
        }
        for hit in parts.find_overlapping_iter(text) {
            for (anchor, target) in
                index.targets.get(hit.pattern().as_usize()).into_iter().flatten()
            {
                let fits = match anchor {
                    Anchor::Anywhere => true,
                    Anchor::Start => hit.start() == 0,
                    Anchor::End => hit.end() == text.len(),
                    Anchor::Whole => hit.start() == 0 && hit.end() == text.len(),
                };
                if fits {
                    self.found(*target, marks);
                }
            }
        }
    }

    fn found(&self, target: Target, marks: &mut Marks) {
        let test = target.test as usize;
        let before = marks.known(test);
        if before == Known::Yes || (before == Known::Possible && !target.decides) {
            return;
        }
        marks.learn(test, if target.decides { Known::Yes } else { Known::Possible });
        if before == Known::Possible {
            return;
        }
        for (rule, bit) in self.tests.get(test).into_iter().flat_map(|own| &own.watchers) {
            let needs = self.rules.get(*rule as usize).map_or(0, |entry| entry.needs);
            if marks.set(*rule, *bit, needs) {
                marks.candidates.push(*rule);
            }
        }
    }

    fn holds(&self, program: &Program, values: &mut Values<'_, '_>, marks: &mut Marks) -> bool {
        match program {
            Program::Test(test) => self.answer(*test, values, marks),
            Program::All(parts) => parts.iter().all(|part| self.holds(part, values, marks)),
            Program::Any(parts) => parts.iter().any(|part| self.holds(part, values, marks)),
            Program::AtLeast(n, parts) => {
                parts.iter().filter(|part| self.holds(part, values, marks)).take(*n).count() >= *n
            }
            Program::Not(part) => !self.holds(part, values, marks),
        }
    }

    fn answer(&self, test: usize, values: &mut Values<'_, '_>, marks: &mut Marks) -> bool {
        let Some(own) = self.tests.get(test) else { return false };
        match marks.known(test) {
            Known::Yes => true,
            Known::No => false,
            Known::Nothing if own.is_indexed() => false,
            Known::Nothing | Known::Possible => {
                let yes = own.shared.predicate.holds(values);
                marks.learn(test, if yes { Known::Yes } else { Known::No });
                yes
            }
        }
    }
}

/// Gives the tests of one bucket numbers of their own.
struct Builder<'t> {
    all: &'t [Arc<SharedTest>],
    numbers: HashMap<usize, usize>,
    own: Vec<Arc<SharedTest>>,
}

impl Builder<'_> {
    fn localised(&mut self, program: Program) -> Program {
        match program {
            Program::Test(test) => Program::Test(self.number(test)),
            Program::All(parts) => Program::All(self.each(parts)),
            Program::Any(parts) => Program::Any(self.each(parts)),
            Program::AtLeast(n, parts) => Program::AtLeast(n, self.each(parts)),
            Program::Not(part) => Program::Not(Box::new(self.localised(*part))),
        }
    }

    fn each(&mut self, parts: Vec<Program>) -> Vec<Program> {
        parts.into_iter().map(|part| self.localised(part)).collect()
    }

    fn number(&mut self, test: usize) -> usize {
        let (own, all) = (&mut self.own, self.all);
        *self.numbers.entry(test).or_insert_with(|| {
            own.extend(all.get(test).cloned());
            own.len().saturating_sub(1)
        })
    }
}

/// How often each test may be expected to be found: popular and short literals are common in events too.
fn costs(tests: &[Arc<SharedTest>]) -> Vec<u64> {
    let mut uses: HashMap<(FieldId, &str), u64> = HashMap::new();
    for test in tests {
        for hint in test.hints.iter().flatten() {
            *uses.entry((test.predicate.field, hint.literal.as_str())).or_default() += 1;
        }
    }
    let cost = |test: &SharedTest| {
        let hints = test.hints.iter().flatten();
        hints
            .map(|hint| {
                let popular = uses.get(&(test.predicate.field, hint.literal.as_str()));
                let short = 12_usize.saturating_sub(hint.literal.len()) as u64;
                popular.copied().unwrap_or(1) * 4 + short * short
            })
            .sum()
    };
    tests.iter().map(|test| cost(test)).collect()
}

/// Sets of tests of which, set by set, one must be found, or the program is false.
fn necessities(program: &Program, tests: &[BucketTest], costs: &[u64]) -> Vec<Vec<usize>> {
    match program {
        Program::Test(test) => {
            let hinted = tests.get(*test).is_some_and(|own| own.shared.hints.is_some());
            if hinted { vec![vec![*test]] } else { Vec::new() }
        }
        Program::All(parts) => {
            parts.iter().flat_map(|part| necessities(part, tests, costs)).collect()
        }
        Program::Any(parts) | Program::AtLeast(1.., parts) => {
            let best_of =
                |part| cheapest(necessities(part, tests, costs), costs).into_iter().next();
            let each: Option<Vec<_>> = parts.iter().map(best_of).collect();
            each.map(|each| each.into_iter().flatten().collect()).into_iter().collect()
        }
        Program::AtLeast(0, _) | Program::Not(_) => Vec::new(),
    }
}

/// Enough of the sets, cheapest first: one that is rare by itself, or several common ones.
fn cheapest(mut sets: Vec<Vec<usize>>, costs: &[u64]) -> Vec<Vec<usize>> {
    let cost = |set: &Vec<usize>| -> u64 {
        set.iter().map(|test| costs.get(*test).copied().unwrap_or(0)).sum()
    };
    sets.sort_by_cached_key(|set| cost(set));
    sets.dedup();
    let n_common = sets.iter().take_while(|set| cost(set) > RARE_COST).count();
    sets.truncate(n_common.clamp(1, SETS_MAX));
    sets
}

/// A set cheaper than this is taken to be rare.
const RARE_COST: u64 = 40;

/// How many sets a rule waits for at most.
const SETS_MAX: usize = 3;

fn field_indexes(tests: &[BucketTest]) -> Result<Vec<FieldIndex>, BuildError> {
    let mut fields: Vec<FieldIndexBuilder> = Vec::new();
    for (number, test) in (0_u32..).zip(tests).filter(|(_, test)| test.is_indexed()) {
        let Some(hints) = &test.shared.hints else { continue };
        let field = test.shared.predicate.field;
        let at = fields.iter().position(|own| own.field == field).unwrap_or_else(|| {
            fields.push(FieldIndexBuilder { field, ..FieldIndexBuilder::default() });
            fields.len() - 1
        });
        if let Some(index) = fields.get_mut(at) {
            hints.iter().for_each(|hint| index.add(hint, number));
        }
    }
    fields.into_iter().map(FieldIndexBuilder::build).collect()
}

#[derive(Default)]
struct FieldIndexBuilder {
    field: FieldId,
    whole: RuleMap<Box<str>, Vec<Target>>,
    numbers: HashMap<String, usize>,
    literals: Vec<String>,
    targets: Vec<Vec<(Anchor, Target)>>,
}

impl FieldIndexBuilder {
    fn add(&mut self, hint: &Hint, test: u32) {
        let target = Target { test, decides: hint.decides };
        // Keywords are never the whole event, so only fields have values to look up.
        if hint.anchor == Anchor::Whole {
            self.whole.entry(hint.literal.as_str().into()).or_default().push(target);
            return;
        }
        let number = *self.numbers.entry(hint.literal.clone()).or_insert_with(|| {
            self.literals.push(hint.literal.clone());
            self.targets.push(Vec::new());
            self.literals.len() - 1
        });
        if let Some(targets) = self.targets.get_mut(number) {
            targets.push((hint.anchor, target));
        }
    }

    fn build(self) -> Result<FieldIndex, BuildError> {
        let parts = (!self.literals.is_empty()).then(|| automaton(&self.literals)).transpose()?;
        let few = (1..=GLANCE_LITERALS_MAX).contains(&self.literals.len());
        let glance = few.then(|| glance(&self.literals)).transpose()?;
        Ok(FieldIndex {
            field: self.field,
            whole_bytes_max: self.whole.keys().map(|text| text.len()).max().unwrap_or(0),
            whole: self.whole,
            parts,
            glance,
            targets: self.targets,
        })
    }
}

/// How a literal stands in a value written as JSON; `None` when there are several ways.
fn in_json(literal: &str) -> Option<String> {
    let is_plain = |byte| matches!(byte, b' '..=b'~');
    let may_be_fraction = |byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'+' | b'-');
    let many_ways = literal.is_empty()
        || !literal.bytes().all(is_plain)
        || literal.bytes().all(may_be_fraction)
            && !literal.bytes().all(|byte| byte.is_ascii_digit());
    (!many_ways).then(|| literal.replace('\\', "\\\\").replace('"', "\\\""))
}

fn automaton(literals: &[String]) -> Result<AhoCorasick, BuildError> {
    let n_bytes: usize = literals.iter().map(String::len).sum();
    let kind = if n_bytes <= DFA_LITERAL_BYTES_MAX {
        AhoCorasickKind::DFA
    } else {
        AhoCorasickKind::ContiguousNFA
    };
    AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .kind(Some(kind))
        .prefilter(false)
        .build(literals)
}

/// Vector instructions look for a few literals at once, many times as fast as an automaton, but cannot say which overlap.
fn glance(literals: &[String]) -> Result<AhoCorasick, BuildError> {
    AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(literals)
}

/// More literals than this are not looked for by vector instructions.
const GLANCE_LITERALS_MAX: usize = 32;

/// The quicker automaton needs some 200 bytes of memory for each byte of literals, so it is for small sets.
const DFA_LITERAL_BYTES_MAX: usize = 65_536;
