//! Counting matches over event time: the moving part of correlations.

mod closing;
mod group;
mod held;
mod plan;
mod snapshot;

use std::collections::{BTreeSet, HashMap};

use sakimori_words::{Event, EvidenceRef, Instant, SECOND_MICROS};
use serde::{Deserialize, Serialize};

use self::group::{Group, Hit, Joining, Window};
pub use self::held::Held;
pub(crate) use self::plan::CompiledCorrelation;
pub use self::snapshot::CorrelatorSnapshot;
use crate::glob::folded;
use crate::logsource::Alias;
use crate::ruleset::{RuleIndex, RuleSet, field_text};

/// How much a correlator remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorrelatorLimits {
    /// How far behind the newest event of its source an event may come and still be counted, in seconds.
    pub lateness_seconds: i64,
    /// How many groups (e.g. accounts) all correlations may hold together.
    pub groups: usize,
    /// How many events all groups may hold together.
    pub events: usize,
    /// How many events one group may hold; a correlation that asks for more gets as many as it asks for.
    pub events_per_group: usize,
}

impl CorrelatorLimits {
    /// Ten minutes of lateness, 100,000 groups, a million events, 4,096 events a group: some 200 MB at the very worst.
    pub const RECOMMENDED: Self =
        Self { lateness_seconds: 600, groups: 100_000, events: 1_000_000, events_per_group: 4_096 };
}

/// What a correlator had to leave out. Never silent: shown beside the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// Events that came later than the limit allows.
    pub n_late: u64,
    /// Groups forgotten because there were too many.
    pub n_groups: u64,
    /// Events forgotten because their group had too many.
    pub n_events: u64,
}

/// A correlation that came true.
#[derive(Clone, Debug, PartialEq)]
pub struct Correlated {
    /// Which correlation.
    pub rule: RuleIndex,
    /// The fields it is grouped by, with their values.
    pub group: Vec<(String, String)>,
    /// Event time of the first event counted.
    pub first_at: Instant,
    /// Event time of the last event counted.
    pub last_at: Instant,
    /// What was compared with the condition: events, different values, rules, or the computed number.
    pub value: f64,
    /// Of a count of different values: the fields counted with their values, folded, in the order of their time; of at most
    /// [`COUNTED_MAX`] values.
    pub counted: Vec<(String, String)>,
    /// The first events behind it and last the one that completed it, at most [`EVIDENCE_MAX`].
    pub evidence: Vec<EvidenceRef>,
    /// For one that could be judged only when its window had ended: the last event in it, without record and fields.
    pub last_event: Option<Box<Event>>,
}

/// How many events a result points at.
pub const EVIDENCE_MAX: usize = 20;

/// How many of the different values a result names.
pub const COUNTED_MAX: usize = 20;

/// The moving state of all correlations of one rule set.
#[derive(Debug)]
pub struct Correlator {
    limits: CorrelatorLimits,
    lost: Lost,
    sources: Sources,
    /// For each rule, the correlations that listen to it and its place among their rules.
    listeners: HashMap<RuleIndex, Vec<(usize, usize)>>,
    /// The correlations that are judged when their window ends.
    waiting: Vec<usize>,
    /// The shortest of their timespans.
    waiting_span_micros: i64,
    /// For each source, when windows were last looked at for having ended.
    looked_at: HashMap<u32, i64>,
    /// The fields that some correlation reads.
    fields: Vec<String>,
    /// For each correlation, its groups by the values they are grouped by.
    groups: Vec<HashMap<Vec<String>, Group>>,
    n_events: usize,
    turn: u64,
}

impl Correlator {
    /// An empty state for `rules`.
    #[must_use]
    pub fn new(rules: &RuleSet, limits: CorrelatorLimits) -> Self {
        let mut listeners: HashMap<RuleIndex, Vec<(usize, usize)>> = HashMap::new();
        for (at, correlation) in rules.correlations().iter().enumerate() {
            for (place, member) in correlation.members().enumerate() {
                listeners.entry(member).or_default().push((at, place));
            }
        }
        let waits = || rules.correlations().iter().enumerate().filter(|(_, o)| o.waits_for_end());
        let fields: BTreeSet<&String> =
            rules.correlations().iter().flat_map(CompiledCorrelation::fields).collect();
        Self {
            limits,
            lost: Lost::default(),
            sources: Sources::default(),
            listeners,
            waiting: waits().map(|(at, _)| at).collect(),
            waiting_span_micros: waits().map(|(_, own)| own.span()).min().unwrap_or(0),
            looked_at: HashMap::new(),
            fields: fields.into_iter().cloned().collect(),
            groups: rules.correlations().iter().map(|_| HashMap::new()).collect(),
            n_events: 0,
            turn: 0,
        }
    }

    /// Counts an event with the rules it matched and returns the correlations that came true by it.
    ///
    /// Time is the event's own: late events within the limit are counted where they belong. A correlation that came true is
    /// quiet for that group until its timespan has passed, so one attack is one result and not one for every further event;
    /// correlations that listen to it hear of it all the same. One whose condition more events could make untrue again (an
    /// upper bound, a mean) is judged once, when its source's time has left its window behind, and is returned then. An event
    /// that lacks a field the correlation groups by or counts is not counted. `evidence` is asked only for events that are
    /// counted.
    pub fn offer(
        &mut self,
        rules: &RuleSet,
        event: &Event,
        matched: &[RuleIndex],
        evidence: &dyn Fn() -> EvidenceRef,
    ) -> Vec<Correlated> {
        self.offer_from(&event.source, rules, event, matched, evidence)
    }

    /// As [`Correlator::offer`], taking the event as one of the source `source`: its order in time is judged among those.
    pub fn offer_from(
        &mut self,
        source: &str,
        rules: &RuleSet,
        event: &Event,
        matched: &[RuleIndex],
        evidence: &dyn Fn() -> EvidenceRef,
    ) -> Vec<Correlated> {
        let mut results = Vec::new();
        let listened = matched.iter().filter(|rule| self.listeners.contains_key(rule));
        let open: Vec<Match> = listened.map(|rule| Match::of_event(*rule)).collect();
        if open.is_empty() && !self.is_waiting() {
            return results;
        }
        let Some((source, time)) = self.arrival(source, event, !open.is_empty()) else {
            return results;
        };
        if !open.is_empty() {
            let aliases = rules.aliases(event);
            let arrival = Arrival { event, aliases, source, time, evidence };
            self.follow(rules, open, &arrival, &mut results);
        }
        if self.is_waiting() && self.is_time_to_look(source, time) {
            self.close_ended(rules, &mut results);
        }
        self.tidy(rules);
        results
    }

    /// Whether some correlation waits for the end of a window, so that every event tells it what time it is.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.waiting.iter().any(|at| self.groups.get(*at).is_some_and(|groups| !groups.is_empty()))
    }

    /// What had to be left out so far.
    #[must_use]
    pub const fn lost(&self) -> Lost {
        self.lost
    }

    /// A result is a match for the correlations that listen to it. Compiling has ruled out circles, so this ends.
    fn follow(
        &mut self,
        rules: &RuleSet,
        mut open: Vec<Match>,
        arrival: &Arrival<'_>,
        results: &mut Vec<Correlated>,
    ) {
        while let Some(matched) = open.pop() {
            for (at, place) in self.listeners.get(&matched.rule).cloned().unwrap_or_default() {
                let Some(correlation) = rules.correlations().get(at) else { continue };
                if matched.is_quiet() && !correlation.hears_quiet_matches() {
                    continue;
                }
                let Some((result, loud)) = self.count(at, correlation, place, &matched, arrival)
                else {
                    continue;
                };
                open.push(Match::of_result(&result, loud));
                if loud && rules.speaks(result.rule) {
                    results.push(result);
                }
            }
        }
    }

    /// The event's source and the time to count it at, unless it comes too late.
    fn arrival(&mut self, source: &str, event: &Event, counts: bool) -> Option<(u32, i64)> {
        let lateness = self.lateness();
        let time = believed_time(event, lateness);
        let (source, newest) = self.sources.number(source);
        if time < newest.saturating_sub(lateness) {
            self.lost.n_late += u64::from(counts);
            return None;
        }
        self.sources.advance(source, time);
        Some((source, time))
    }

    fn count(
        &mut self,
        at: usize,
        correlation: &CompiledCorrelation,
        place: usize,
        matched: &Match,
        arrival: &Arrival<'_>,
    ) -> Option<(Correlated, bool)> {
        let read = |field: &str| field_text(arrival.event, field, &arrival.aliases);
        let shown = correlation.group_values(place, &read)?;
        let mark = bounded(correlation.mark(place, &read)?).into();
        let key = shown.iter().map(|value| bounded(folded(value))).collect();
        let lateness = self.lateness();
        self.turn += 1;
        let feeds = self.listeners.contains_key(&correlation.rule());
        let group = self.groups.get_mut(at)?.entry(key).or_default();
        group.touched = self.turn;
        let n_before = group.len();
        let evidence = || matched.evidence(arrival);
        let joining = Joining { correlation, feeds, evidence: &evidence };
        let time = matched.outcome.as_ref().map_or(arrival.time, |own| own.last_at.as_micros());
        let hit = Hit { time, source: arrival.source, mark, evidence: Vec::new() };
        let came_true = if correlation.waits_for_end() {
            group.gather(hit, &joining, arrival.event);
            None
        } else {
            group.forget(|source, time| {
                time < self.sources.newest(source).saturating_sub(correlation.span() + lateness)
            });
            group.add(hit, &joining)
        };
        let capacity = correlation.capacity(self.limits.events_per_group);
        self.lost.n_events += group.shrink_to(capacity, correlation);
        self.n_events = (self.n_events + group.len()).saturating_sub(n_before);
        let window = came_true?;
        let loud = window.loud;
        Some((correlated(correlation, shown, window, Some((arrival.evidence)())), loud))
    }

    fn lateness(&self) -> i64 {
        self.limits.lateness_seconds.saturating_mul(SECOND_MICROS)
    }

    /// Forgets what no event can complete any more, now and then; then, if there is still too much, what was not touched longest.
    fn tidy(&mut self, rules: &RuleSet) {
        let n_groups: usize = self.groups.iter().map(HashMap::len).sum();
        let crowded = n_groups > self.limits.groups || self.n_events > self.limits.events;
        if !crowded && !self.turn.is_multiple_of(TURNS_BETWEEN_SWEEPS) {
            return;
        }
        self.sweep(rules);
        let n_groups: usize = self.groups.iter().map(HashMap::len).sum();
        if n_groups > self.limits.groups || self.n_events > self.limits.events {
            self.evict();
        }
    }

    fn sweep(&mut self, rules: &RuleSet) {
        let lateness = self.lateness();
        let sources = &self.sources;
        for (groups, correlation) in self.groups.iter_mut().zip(rules.correlations()) {
            if correlation.waits_for_end() {
                // What has ended is judged before it goes.
                groups.retain(|_, group| group.len() > 0);
                continue;
            }
            let keep_micros = correlation.span() + lateness;
            groups.retain(|_, group| {
                group.is_live(|source, time| {
                    time >= sources.newest(source).saturating_sub(keep_micros)
                })
            });
        }
        self.recount();
    }

    /// Forgets the eighth of the groups that was not touched for longest.
    fn evict(&mut self) {
        let mut turns: Vec<u64> =
            self.groups.iter().flat_map(HashMap::values).map(|group| group.touched).collect();
        let at = turns.len() / 8;
        if turns.is_empty() {
            return;
        }
        let (_, cutoff, _) = turns.select_nth_unstable(at);
        let cutoff = *cutoff;
        for groups in &mut self.groups {
            let before = groups.len();
            groups.retain(|_, group| group.touched > cutoff);
            self.lost.n_groups += (before - groups.len()) as u64;
        }
        self.recount();
    }

    fn recount(&mut self) {
        self.n_events = self.groups.iter().flat_map(HashMap::values).map(Group::len).sum();
    }
}

const TURNS_BETWEEN_SWEEPS: u64 = 4_096;

/// An event on its way through the correlations.
struct Arrival<'a> {
    event: &'a Event,
    aliases: Vec<&'static [Alias]>,
    source: u32,
    time: i64,
    evidence: &'a dyn Fn() -> EvidenceRef,
}

/// A rule that matched, or a correlation that came true.
struct Match {
    rule: RuleIndex,
    /// When and on what evidence, for a correlation.
    outcome: Option<Outcome>,
}

struct Outcome {
    last_at: Instant,
    evidence: Vec<EvidenceRef>,
    loud: bool,
}

impl Match {
    const fn of_event(rule: RuleIndex) -> Self {
        Self { rule, outcome: None }
    }

    fn of_result(own: &Correlated, loud: bool) -> Self {
        let outcome = Outcome { last_at: own.last_at, evidence: own.evidence.clone(), loud };
        Self { rule: own.rule, outcome: Some(outcome) }
    }

    /// Whether it came in the quiet after a result of the same correlation and group.
    fn is_quiet(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| !outcome.loud)
    }

    fn evidence(&self, arrival: &Arrival<'_>) -> Vec<EvidenceRef> {
        match &self.outcome {
            Some(outcome) => outcome.evidence.clone(),
            None => vec![(arrival.evidence)()],
        }
    }
}

/// `completed_by` is the event that made it come true; it stands last, whatever else is left out.
fn correlated(
    correlation: &CompiledCorrelation,
    shown: Vec<String>,
    window: Window,
    completed_by: Option<EvidenceRef>,
) -> Correlated {
    let mut evidence = window.evidence;
    if let Some(last) = completed_by {
        evidence.retain(|own| *own != last);
        evidence.truncate(EVIDENCE_MAX - 1);
        evidence.push(last);
    }
    evidence.truncate(EVIDENCE_MAX);
    Correlated {
        rule: correlation.rule(),
        group: correlation.group_names().zip(shown).collect(),
        first_at: Instant::from_micros(window.first),
        last_at: Instant::from_micros(window.last),
        value: window.value,
        counted: window.marks.iter().flat_map(|mark| correlation.counted(mark)).collect(),
        evidence,
        last_event: None,
    }
}

/// The time to count an event at: its own, unless it claims to be from the future.
///
/// A record dated ahead would otherwise make every honest record after it late. Without a time of receipt (a test, a
/// file read without one) the claim is believed.
fn believed_time(event: &Event, lateness: i64) -> i64 {
    let (claimed, received) = (event.time.as_micros(), event.received_at.as_micros());
    let from_future = received != 0 && claimed > received.saturating_add(lateness);
    if from_future { received } else { claimed }
}

/// Keeps what is remembered of hostile, endless values short; different values stay different.
fn bounded(value: String) -> String {
    if value.len() <= VALUE_BYTES_MAX {
        value
    } else {
        format!("sha256:{}", sakimori_words::Digest::of(value.as_bytes()))
    }
}

const VALUE_BYTES_MAX: usize = 256;

/// How far the time of each source has come.
#[derive(Debug)]
struct Sources {
    numbers: HashMap<String, u32>,
    newest: Vec<i64>,
}

impl Default for Sources {
    fn default() -> Self {
        // Number 0 stands for all sources beyond the limit.
        Self { numbers: HashMap::new(), newest: vec![i64::MIN] }
    }
}

impl Sources {
    /// The number of a source and the newest time seen from it.
    fn number(&mut self, name: &str) -> (u32, i64) {
        let number = match self.numbers.get(name) {
            Some(number) => *number,
            None if self.newest.len() >= SOURCES_MAX => 0,
            None => self.insert(name.to_owned(), i64::MIN),
        };
        (number, self.newest(number))
    }

    fn insert(&mut self, name: String, newest: i64) -> u32 {
        let number = u32::try_from(self.newest.len()).unwrap_or(0);
        self.newest.push(newest);
        self.numbers.insert(name, number);
        number
    }

    fn newest(&self, number: u32) -> i64 {
        self.newest.get(number as usize).copied().unwrap_or(i64::MIN)
    }

    fn advance(&mut self, number: u32, time: i64) {
        // The shared number is never advanced: nothing of those sources is late, and nothing of them is swept early.
        if number != 0
            && let Some(newest) = self.newest.get_mut(number as usize)
        {
            *newest = (*newest).max(time);
        }
    }
}

/// Sources are addresses in syslog, and those can be forged without end.
const SOURCES_MAX: usize = 65_536;

#[cfg(test)]
mod tests;
