//! Counting over event time: late, repeated, endless and hostile events included.

use proptest::prelude::*;
use sakimori_words::{Digest, Event, EvidenceRef, Fields, Instant, SECOND_MICROS, Value};

use super::{Correlated, Correlator, CorrelatorLimits, CorrelatorSnapshot, EVIDENCE_MAX};
use crate::{Document, Placeholders, RuleSet, Scratch};

const RULES: &str = "\
title: fail
name: fail
logsource: {product: p}
detection: {s: {what: fail}, condition: s}
---
title: success
name: success
logsource: {product: p}
detection: {s: {what: success}, condition: s}
---
title: write
name: write
logsource: {product: p}
detection: {s: {what: write}, condition: s}
";

fn rules(correlations: &str) -> RuleSet {
    let text = format!("{RULES}---\n{correlations}");
    let (rules, problems) = RuleSet::compile(Document::parse(&text).unwrap(), &Placeholders::new());
    assert_eq!(problems, Vec::new());
    rules
}

fn event(what: &str, user: &str, seconds: i64) -> Event {
    let fields = [("what", what), ("user", user)];
    let fields = fields.map(|(name, text)| (name.to_owned(), Value::from(text)));
    Event {
        product: "p".into(),
        time: Instant::from_micros(seconds * SECOND_MICROS),
        src: fields.into_iter().collect::<Fields>(),
        ..Event::default()
    }
}

fn evidence(seq: u64) -> EvidenceRef {
    EvidenceRef::Event { seq, leaf: Digest::default() }
}

fn seqs(result: &Correlated) -> Vec<u64> {
    let seq = |own: &EvidenceRef| match own {
        EvidenceRef::Event { seq, .. } => *seq,
        other => panic!("{other:?}"),
    };
    result.evidence.iter().map(seq).collect()
}

struct Bench {
    rules: RuleSet,
    scratch: Scratch,
    correlator: Correlator,
    /// Events offered so far; the number of each is its evidence.
    n_offered: u64,
}

impl Bench {
    fn new(correlations: &str) -> Self {
        Self::with_limits(correlations, CorrelatorLimits::RECOMMENDED)
    }

    fn with_limits(correlations: &str, limits: CorrelatorLimits) -> Self {
        let rules = rules(correlations);
        let correlator = Correlator::new(&rules, limits);
        Self { rules, scratch: Scratch::new(), correlator, n_offered: 0 }
    }

    fn offer(&mut self, event: &Event) -> Vec<Correlated> {
        self.n_offered += 1;
        let evidence = || evidence(self.n_offered);
        let matched = self.rules.matches_with(&mut self.scratch, event);
        self.correlator.offer(&self.rules, event, matched, &evidence)
    }

    /// As [`Self::run`], with what comes true at the end.
    fn run_to_the_end(&mut self, events: &[Event]) -> Vec<String> {
        let mut titles = self.run(events);
        for result in self.correlator.finish(&self.rules) {
            titles.push(self.rules.header(result.rule).unwrap().title.clone());
        }
        titles
    }

    /// The titles of what came true, event by event.
    fn run(&mut self, events: &[Event]) -> Vec<String> {
        let mut titles = Vec::new();
        for event in events {
            for result in self.offer(event) {
                titles.push(self.rules.header(result.rule).unwrap().title.clone());
            }
        }
        titles
    }
}

const BRUTE_FORCE: &str = "\
title: brute force
name: brute_force
correlation:
  type: event_count
  rules: [fail]
  group-by: [user]
  timespan: 1m
  condition: {gte: 3}
";

#[test]
fn many_events_of_one_group_in_the_timespan_come_true_once() {
    let mut bench = Bench::new(BRUTE_FORCE);
    let events: Vec<Event> = (0..10).map(|at| event("fail", "ito", at * 5)).collect();
    assert_eq!(bench.run(&events), ["brute force"]);
    let results = bench.run(&(0..10).map(|at| event("fail", "ito", 200 + at)).collect::<Vec<_>>());
    assert_eq!(results, ["brute force"], "after the quiet it counts anew");
}

#[test]
fn a_result_says_who_when_and_on_what_evidence() {
    let mut bench = Bench::new(BRUTE_FORCE);
    bench.run(&[event("fail", "Ito", 1), event("fail", "ITO", 20)]);
    let results = bench.offer(&event("fail", "ito", 61));
    let [result] = results.as_slice() else { panic!("{results:?}") };
    assert_eq!(result.group, [("user".to_owned(), "ito".to_owned())]);
    assert_eq!(result.first_at.as_micros(), SECOND_MICROS);
    assert_eq!(result.last_at.as_micros(), 61 * SECOND_MICROS);
    assert_eq!(seqs(result), [1, 2, 3]);
    assert!((result.value - 3.0).abs() < f64::EPSILON);
}

#[test]
fn groups_and_windows_are_kept_apart() {
    let mut bench = Bench::new(BRUTE_FORCE);
    let other = ["ito", "abe", "sato", "ito", "abe"].map(|user| event("fail", user, 1));
    assert_eq!(bench.run(&other), [""; 0]);
    let slow: Vec<Event> = (0..9).map(|at| event("fail", "kato", at * 31)).collect();
    assert_eq!(bench.run(&slow), [""; 0]);
}

#[test]
fn an_event_without_the_group_field_is_not_counted() {
    let mut bench = Bench::new(BRUTE_FORCE);
    let nameless: Vec<Event> = (0..5).map(|at| event("fail", "", at)).collect();
    assert_eq!(bench.run(&nameless), [""; 0]);
}

#[test]
fn rules_that_only_feed_a_correlation_do_not_speak() {
    let silent = rules(BRUTE_FORCE);
    let speaks = |rules: &RuleSet, title: &str| {
        let (rule, _) = rules.headers().find(|(_, header)| header.title == title).unwrap();
        rules.speaks(rule)
    };
    assert!(
        !speaks(&silent, "fail") && speaks(&silent, "success") && speaks(&silent, "brute force")
    );
    let loud = rules(&BRUTE_FORCE.replace("timespan", "generate: true\n  timespan"));
    assert!(speaks(&loud, "fail"));
}

#[test]
fn different_values_are_counted_once_each() {
    let mut bench = Bench::new(
        "title: spray\ncorrelation: {type: value_count, rules: [fail], group-by: [what], timespan: 1m, condition: {field: user, gte: 3}}",
    );
    let same: Vec<Event> = (0..9).map(|at| event("fail", "ito", at)).collect();
    assert_eq!(bench.run(&same), [""; 0]);
    assert_eq!(bench.run(&[event("fail", "abe", 10), event("fail", "ABE", 11)]), [""; 0]);
    assert_eq!(bench.run(&[event("fail", "sato", 12)]), ["spray"]);
}

const GUESSED: &str = "\
title: guessed
correlation:
  type: temporal_ordered
  rules: [brute_force, success]
  group-by: [user]
  timespan: 5m
";

#[test]
fn correlations_chain_and_keep_the_order() {
    let chain = format!("{GUESSED}---\n{BRUTE_FORCE}");
    let fails = [1, 2, 3].map(|at| event("fail", "ito", at));
    let success = event("success", "ito", 60);
    let mut bench = Bench::new(&chain);
    assert_eq!(bench.run(&fails), [""; 0], "the inner one only feeds the outer");
    assert_eq!(bench.run(std::slice::from_ref(&success)), ["guessed"]);
    let mut bench = Bench::new(&chain);
    assert_eq!(bench.run(&[event("success", "ito", 0)]), [""; 0]);
    assert_eq!(bench.run(&fails), [""; 0], "success before the failures means nothing");
    let mut bench = Bench::new(&chain);
    assert_eq!(bench.run(std::slice::from_ref(&success)), [""; 0]);
    assert_eq!(bench.run(&fails), ["guessed"], "only the lines came in another order");
}

#[test]
fn all_rules_in_any_order_make_it_temporal() {
    let mut bench = Bench::new(
        "title: both\ncorrelation: {type: temporal, rules: [write, success], group-by: [user], timespan: 10s}",
    );
    assert_eq!(bench.run(&[event("write", "a", 0), event("success", "a", 11)]), [""; 0]);
    assert_eq!(bench.run(&[event("write", "a", 15)]), ["both"]);
}

#[test]
fn sums_means_and_percentiles_are_computed() {
    let numbers = |kind: &str, condition: &str, values: &[&str]| {
        let mut bench = Bench::new(&format!(
            "title: yes\ncorrelation: {{type: {kind}, rules: [write], group-by: [what], timespan: 1h, condition: {{field: user, {condition}}}}}",
        ));
        let events: Vec<Event> = values.iter().map(|value| event("write", value, 1)).collect();
        !bench.run_to_the_end(&events).is_empty()
    };
    assert!(numbers("value_sum", "gt: 100", &["60", "41"]));
    assert!(!numbers("value_sum", "gt: 100", &["60", "40"]));
    assert!(numbers("value_avg", "gte: 50", &["20", "nothing", "80"]));
    assert!(!numbers("value_avg", "gte: 50", &["20", "70"]));
    assert!(numbers("value_percentile", "percentile: 50, gte: 20", &["10", "20", "30"]));
    assert!(!numbers("value_percentile", "percentile: 100, gte: 31", &["10", "20", "30"]));
    assert!(numbers("value_percentile", "gte: 20", &["10", "20", "30"]), "the median if not told");
    assert!(!numbers("value_percentile", "gte: 21", &["10", "20", "30"]));
}

fn counted(kind: &str, condition: &str) -> Bench {
    Bench::new(&format!(
        "title: yes\ncorrelation: {{type: {kind}, rules: [fail], group-by: [user], timespan: 1m, condition: {{{condition}}}}}",
    ))
}

fn fails(seconds: impl IntoIterator<Item = i64>) -> Vec<Event> {
    seconds.into_iter().map(|at| event("fail", "ito", at)).collect()
}

#[test]
fn what_more_events_could_make_untrue_is_judged_when_the_window_has_ended() {
    let run = |condition: &str, seconds: &[i64]| {
        counted("event_count", condition).run_to_the_end(&fails(seconds.iter().copied())).len()
    };
    assert_eq!(run("lt: 3", &[0, 1, 2]), 0, "two of three are not fewer than three");
    assert_eq!(run("lt: 3", &[0, 1]), 1);
    assert_eq!(run("eq: 2", &[0, 1, 2]), 0);
    assert_eq!(run("neq: 3", &[0, 1, 2]), 0);
    assert_eq!(run("gte: 2, lte: 3", &[0, 1, 2, 3]), 0);
    assert_eq!(run("gte: 2, lte: 3", &[0, 1, 2, 100, 200, 201]), 2, "window by window");
}

#[test]
fn a_mean_is_that_of_the_whole_window_and_comes_when_the_time_of_its_source_has_passed_it() {
    let mut bench = Bench::new(
        "title: yes\ncorrelation: {type: value_avg, rules: [write], group-by: [what], timespan: 1m, condition: {field: user, gte: 50}}",
    );
    let high_then_low = [("90", 0), ("10", 1), ("10", 2)];
    let events = high_then_low.map(|(value, at)| event("write", value, at));
    assert_eq!(bench.run_to_the_end(&events), [""; 0]);
    let low_then_high = [("10", 1_000), ("95", 1_001), ("95", 1_059)];
    let events = low_then_high.map(|(value, at)| event("write", value, at));
    assert_eq!(bench.run(&events), [""; 0], "the window is open");
    // Any event of the source says what time it is, ten minutes of lateness later.
    let results = bench.offer(&event("nothing", "", 1_700));
    let [result] = results.as_slice() else { panic!("{results:?}") };
    assert_eq!(result.group, [("what".to_owned(), "write".to_owned())]);
    assert!(!result.evidence.is_empty() && (result.value - 200.0 / 3.0).abs() < 1e-9);
    assert_eq!(result.last_event.as_ref().unwrap().time.as_micros(), 1_059 * SECOND_MICROS);
}

#[test]
fn every_window_that_had_to_end_first_has_evidence() {
    let mut bench = counted("event_count", "lte: 100");
    bench.run(&fails([0].into_iter().chain(std::iter::repeat_n(59, 30)).chain([61, 62])));
    let results = bench.correlator.finish(&bench.rules);
    assert_eq!(results.len(), 2, "{results:?}");
    assert_eq!(seqs(&results[0]).len(), EVIDENCE_MAX);
    assert_eq!(seqs(&results[1]), [32, 33]);
}

#[test]
fn an_open_window_goes_on_after_a_restart() {
    let mut bench = counted("event_count", "eq: 2");
    bench.run(&fails([0]));
    let kept = serde_json::to_string(&bench.correlator.snapshot(&bench.rules)).unwrap();
    let kept = serde_json::from_str(&kept).unwrap();
    bench.correlator = Correlator::restore(&bench.rules, CorrelatorLimits::RECOMMENDED, kept);
    assert_eq!(bench.run_to_the_end(&fails([1])), ["yes"]);
}

#[test]
fn the_event_that_completes_a_result_is_always_among_its_evidence_and_older_ones_are_not() {
    let mut bench = Bench::new(&BRUTE_FORCE.replace("gte: 3", "gte: 30"));
    // Enough to fill the evidence, but too old for the window of the others.
    bench.run(&fails(std::iter::repeat_n(0, 25)));
    let results: Vec<Correlated> =
        fails(100..130).iter().flat_map(|event| bench.offer(event)).collect();
    let [result] = results.as_slice() else { panic!("{results:?}") };
    let seqs = seqs(result);
    assert_eq!((seqs.len(), seqs.first(), seqs.last()), (EVIDENCE_MAX, Some(&26), Some(&55)));
}

#[test]
fn the_quiet_after_an_inner_result_does_not_starve_the_outer_one() {
    let chain = format!("{GUESSED}---\n{}", BRUTE_FORCE.replace("1m", "1h"));
    let mut bench = Bench::new(&chain);
    // Guessing goes on for half an hour, then succeeds: the first result lies outside the outer timespan.
    let guesses = fails((0..60).map(|at| at * 30));
    assert_eq!(bench.run(&guesses), [""; 0]);
    assert_eq!(bench.run(&[event("success", "ito", 1_790)]), ["guessed"]);
}

#[test]
fn one_stretch_of_an_inner_result_is_counted_once_and_found_once() {
    let outer = "title: often\ncorrelation: {type: event_count, rules: [brute_force], group-by: [user], timespan: 1d, condition: {gte: 2}}";
    let inner = BRUTE_FORCE.replace("timespan", "generate: true\n  timespan");
    let mut bench = Bench::new(&format!("{outer}\n---\n{inner}"));
    assert_eq!(bench.run(&fails(0..20)), [""; 0]);
    assert_eq!(bench.run(&fails(600..620)), ["often"]);
    let loud = outer.replace("timespan", "generate: true, timespan");
    let mut bench = Bench::new(&format!("{loud}\n---\n{inner}"));
    assert_eq!(bench.run(&fails(0..20)), ["brute force"], "once for one stretch");
}

#[test]
fn a_sum_of_many_parts_is_whole() {
    let limits = CorrelatorLimits { events_per_group: 16, ..CorrelatorLimits::RECOMMENDED };
    let sum = "title: much\ncorrelation: {type: value_sum, rules: [write], group-by: [what], timespan: 1h, condition: {field: user, gte: 1000}}";
    let mut bench = Bench::with_limits(sum, limits);
    let writes: Vec<Event> = (0..1_000).map(|at| event("write", "1", at)).collect();
    assert_eq!(bench.run(&writes), ["much"]);
    assert_eq!(bench.correlator.lost(), super::Lost::default());
    let mut slow = Bench::with_limits(sum, limits);
    let writes: Vec<Event> = (0..2_000).map(|at| event("write", "1", at * 4)).collect();
    assert_eq!(slow.run(&writes), [""; 0], "what is older than the timespan does not count");
}

#[test]
fn matches_put_aside_are_counted_in_the_order_they_are_offered_whatever_their_file() {
    let mut bench = Bench::new(BRUTE_FORCE);
    let mut held = Vec::new();
    for at in [2_000, 0, 2_010, 2_020] {
        let mut own = event("fail", "ito", at);
        own.raw = b"long".to_vec();
        own.src.push("other", "not read by any correlation");
        let matched = bench.rules.matches(&own);
        held.push(bench.correlator.hold(&bench.rules, &own, &matched).unwrap());
    }
    assert!(held.iter().all(|own| own.event().raw.is_empty() && own.event().src.len() == 1));
    held.sort_by_key(super::Held::time);
    let mut n_results = 0;
    for own in &held {
        let evidence = || evidence(1);
        n_results += bench.correlator.offer_held("", &bench.rules, own, &evidence).len();
    }
    assert_eq!((n_results, bench.correlator.lost()), (1, super::Lost::default()));
    assert!(bench.correlator.hold(&bench.rules, &event("write", "ito", 0), &[]).is_none());
}

#[test]
fn aliases_name_another_field_in_each_rule() {
    let mut bench = Bench::new(
        "title: both\ncorrelation: {type: temporal, rules: [write, success], group-by: [who], timespan: 10s, aliases: {who: {write: user, success: by}}}",
    );
    let mut success = event("success", "somebody", 5);
    success.src.push("by", "ito");
    assert_eq!(bench.run(&[event("write", "ito", 1), success]), ["both"]);
}

#[test]
fn a_correlation_of_nothing_or_of_itself_is_reported() {
    let report = |correlation: &str| {
        let text = format!("{RULES}---\n{correlation}");
        let (rules, problems) =
            RuleSet::compile(Document::parse(&text).unwrap(), &Placeholders::new());
        (rules.coverage().n_correlations, problems.len())
    };
    let circle = GUESSED.replace("title: guessed", "title: guessed\nname: guessed");
    assert_eq!(report(&circle.replace("brute_force", "guessed")), (0, 1));
    assert_eq!(report(&circle.replace("brute_force", "absent")), (0, 1));
}

#[test]
fn what_comes_later_than_the_limit_is_counted_as_lost() {
    let mut bench = Bench::new(BRUTE_FORCE);
    bench.run(&[event("fail", "ito", 10_000), event("fail", "ito", 9_000)]);
    assert_eq!(bench.correlator.lost().n_late, 1);
}

#[test]
fn another_source_may_be_years_behind() {
    let mut bench = Bench::new(BRUTE_FORCE);
    bench.run(&[event("fail", "ito", 300_000_000)]);
    let old = (0..3).map(|at| Event { source: "old.evtx".into(), ..event("fail", "ito", at) });
    assert_eq!(bench.run(&old.collect::<Vec<_>>()), ["brute force"]);
}

#[test]
fn a_record_from_the_future_does_not_silence_the_present() {
    let mut bench = Bench::new(BRUTE_FORCE);
    let received = |own: Event| Event { received_at: Instant::from_micros(5_000_000), ..own };
    bench.run(&[received(event("fail", "eve", 9_000_000))]);
    let honest: Vec<Event> = (0..3).map(|at| received(event("fail", "ito", at))).collect();
    assert_eq!(bench.run(&honest), ["brute force"]);
}

#[test]
fn endless_groups_are_forgotten_aloud() {
    let limits = CorrelatorLimits { groups: 50, ..CorrelatorLimits::RECOMMENDED };
    let mut bench = Bench::with_limits(BRUTE_FORCE, limits);
    for at in 0..200 {
        bench.offer(&event("fail", &format!("user{at}"), 1));
    }
    assert!(bench.correlator.lost().n_groups >= 140);
    let n_groups: usize = bench.correlator.groups.iter().map(|groups| groups.len()).sum();
    assert!(n_groups <= 50);
}

#[test]
fn endless_events_of_one_group_are_forgotten_aloud() {
    let limits = CorrelatorLimits { events_per_group: 8, ..CorrelatorLimits::RECOMMENDED };
    let mut bench = Bench::with_limits(
        "title: spray\ncorrelation: {type: value_count, rules: [fail], group-by: [what], timespan: 1m, condition: {field: user, gte: 3}}",
        limits,
    );
    for _ in 0..100 {
        bench.offer(&event("fail", "ito", 1));
    }
    assert_eq!(bench.correlator.lost().n_events, 92);
    assert_eq!(bench.correlator.n_events, 8);
}

#[test]
fn stale_groups_are_swept_and_live_ones_kept() {
    let mut bench = Bench::new(BRUTE_FORCE);
    for at in 0..9_000 {
        bench.offer(&event("fail", &format!("user{at}"), at));
    }
    let n_groups: usize = bench.correlator.groups.iter().map(|groups| groups.len()).sum();
    assert!(n_groups < 5_500, "{n_groups}");
    assert_eq!(bench.correlator.lost(), super::Lost::default());
}

#[test]
fn counting_goes_on_after_a_restart() {
    let mut bench = Bench::new(BRUTE_FORCE);
    bench.run(&[event("fail", "ito", 1), event("fail", "ito", 2)]);
    let kept = bench.correlator.snapshot(&bench.rules);
    let text = serde_json::to_string(&kept).unwrap();
    insta::assert_snapshot!(text);
    let kept: CorrelatorSnapshot = serde_json::from_str(&text).unwrap();
    bench.correlator =
        Correlator::restore(&bench.rules, CorrelatorLimits::RECOMMENDED, kept.clone());
    assert_eq!(bench.correlator.snapshot(&bench.rules), kept);
    assert_eq!(bench.run(&[event("fail", "ito", 3)]), ["brute force"]);
    let mut changed = Bench::new(&BRUTE_FORCE.replace("1m", "2m"));
    changed.correlator = Correlator::restore(&changed.rules, CorrelatorLimits::RECOMMENDED, kept);
    assert_eq!(changed.run(&[event("fail", "ito", 3)]), [""; 0], "a changed rule counts anew");
}

#[test]
fn a_result_points_at_no_more_evidence_than_a_person_reads() {
    let mut bench = Bench::new(&BRUTE_FORCE.replace("gte: 3", "gte: 60"));
    let results: Vec<Correlated> =
        (0..60).flat_map(|_| bench.offer(&event("fail", "ito", 1))).collect();
    assert_eq!(results.len(), 1);
    assert_eq!(results[0].evidence.len(), EVIDENCE_MAX);
    assert_eq!(seqs(&results[0]).last(), Some(&60));
}

/// Whether some window of a minute holds three events.
fn happened(times: &[i64]) -> bool {
    times
        .iter()
        .any(|start| times.iter().filter(|time| (*start..=start + 60).contains(*time)).count() >= 3)
}

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_decide_whether_it_came_true(
        times in prop::collection::vec(0_i64..500, 0..12),
    ) {
        let mut bench = Bench::new(BRUTE_FORCE);
        let results = bench.run(&times.iter().map(|at| event("fail", "ito", *at)).collect::<Vec<_>>());
        prop_assert_eq!(!results.is_empty(), happened(&times));
    }

    #[test]
    fn any_kept_state_is_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        crate::fuzz_snapshot(&bytes);
    }

    #[test]
    fn a_damaged_kept_state_does_not_panic(source in any::<u32>(), time in any::<i64>(), from in any::<i64>(), to in any::<i64>()) {
        let mut bench = Bench::new(BRUTE_FORCE);
        bench.run(&[event("fail", "ito", 1)]);
        let mut kept = serde_json::to_value(bench.correlator.snapshot(&bench.rules)).unwrap();
        let group = &mut kept["correlations"][0]["groups"][0];
        group["hits"][0]["source"] = source.into();
        group["hits"][0]["time"] = time.into();
        group["quiet"] = serde_json::json!({ "from": from, "to": to, "source": source });
        let kept = serde_json::from_value(kept).unwrap();
        bench.correlator = Correlator::restore(&bench.rules, CorrelatorLimits::RECOMMENDED, kept);
        bench.run(&[event("fail", "ito", 2), event("fail", "ito", 3), event("fail", "ito", 700)]);
    }
}
