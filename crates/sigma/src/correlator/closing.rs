//! Correlations that can be judged only when their window has ended: means, percentiles, upper bounds, exact numbers.

use sakimori_words::{Event, SECOND_MICROS};

use super::{Arrival, Correlated, Correlator, Match, Window, correlated};
use crate::ruleset::RuleSet;

impl Correlator {
    /// Ends all windows that are still open, as at the end of a file, and returns the correlations that came true in them.
    pub fn finish(&mut self, rules: &RuleSet) -> Vec<Correlated> {
        let mut results = Vec::new();
        self.close(rules, &mut results, true);
        results
    }

    /// Windows are looked at again when their source's time has moved on by an eighth of the shortest timespan.
    pub(super) fn is_time_to_look(&mut self, source: u32, time: i64) -> bool {
        let shortest = self.waiting_span_micros / 8;
        let last = self.looked_at.get(&source).copied();
        let due = last.is_none_or(|last| time >= last.saturating_add(shortest.max(SECOND_MICROS)));
        if due {
            self.looked_at.insert(source, time);
        }
        due
    }

    pub(super) fn close_ended(&mut self, rules: &RuleSet, results: &mut Vec<Correlated>) {
        self.close(rules, results, false);
    }

    /// In the order of the correlations: what one gives another that stands later still counts.
    fn close(&mut self, rules: &RuleSet, results: &mut Vec<Correlated>, all: bool) {
        for at in self.waiting.clone() {
            for (key, source, window, last_event) in self.ended(rules, at, all) {
                self.result(rules, at, key, source, (window, last_event), results);
            }
        }
        self.recount();
    }

    /// The windows of one correlation that have ended and in which it came true.
    fn ended(
        &mut self,
        rules: &RuleSet,
        at: usize,
        all: bool,
    ) -> Vec<(Vec<String>, u32, Window, Event)> {
        let lateness = self.lateness();
        let sources = &self.sources;
        let is_over =
            |source: u32, end: i64| all || end < sources.newest(source).saturating_sub(lateness);
        let (Some(correlation), Some(groups)) =
            (rules.correlations().get(at), self.groups.get_mut(at))
        else {
            return Vec::new();
        };
        let mut ended = Vec::new();
        for (key, group) in groups.iter_mut() {
            let source = group.source();
            for window in group.close(correlation, is_over) {
                let last_event = group.last_event(&window);
                ended.push((key.clone(), source, window, last_event));
            }
        }
        groups.retain(|_, group| group.len() > 0);
        // Groups stand in no order, results do.
        ended.sort_by(|(key, _, one, _), (other_key, _, other, _)| {
            (one.last, key).cmp(&(other.last, other_key))
        });
        ended
    }

    /// Hands a result on to the correlations that listen to it. They read the fields it is grouped by.
    fn result(
        &mut self,
        rules: &RuleSet,
        at: usize,
        key: Vec<String>,
        source: u32,
        (window, mut event): (Window, Event),
        results: &mut Vec<Correlated>,
    ) {
        let Some(correlation) = rules.correlations().get(at) else { return };
        let time = window.last;
        let mut result = correlated(correlation, key, window, None);
        result.last_event = Some(Box::new(event.clone()));
        for (name, value) in &result.group {
            event.src.push(name.as_str(), value.as_str());
        }
        if let Some(evidence) = result.evidence.last().cloned() {
            let aliases = rules.aliases(&event);
            let evidence = || evidence.clone();
            let arrival = Arrival { event: &event, aliases, source, time, evidence: &evidence };
            let matched = Match::of_result(&result, true);
            self.follow(rules, vec![matched], &arrival, results);
        }
        if rules.speaks(result.rule) {
            results.push(result);
        }
    }
}
