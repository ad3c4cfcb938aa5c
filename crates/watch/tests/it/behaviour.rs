//! Six ordinary weeks of a hospital, and then the attacks: what behaviour says, and what it does not.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use sakimori_content::Content;
use sakimori_testkit::attack::{handa, musashi_kosugi, osaka};
use sakimori_testkit::{Line, hospital_day};
use sakimori_watch::Behaviour;
use sakimori_watch::sources::{Context, read_line};
use sakimori_words::{Digest, EvidenceRef, Finding, Instant, jst_date};

/// Thursday, 1 October 2026, with Sports Day and Culture Day in the weeks that follow.
const FIRST_DAY: &str = "2026-10-01T00:00:00+09:00";
const DAYS: i64 = 42;

fn first_day() -> Instant {
    Instant::parse(FIRST_DAY).unwrap()
}

fn look(behaviour: &mut Behaviour, lines: &[Line]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (seq, line) in (0..).zip(lines) {
        let context = Context { source: line.source.clone(), received_at: line.at };
        let event = read_line(&line.bytes, &context);
        let evidence = || EvidenceRef::Event { seq, leaf: Digest::default() };
        found.extend(behaviour.look(&event, &evidence));
        found.extend(behaviour.hear(&event, &evidence));
    }
    found
}

/// A behaviour after six ordinary weeks, and what it said in them: once for all tests, because it takes seconds.
static SIX_WEEKS: LazyLock<(Behaviour, Vec<Finding>)> = LazyLock::new(|| six_weeks(1));

fn six_weeks(seed: u64) -> (Behaviour, Vec<Finding>) {
    let content = Content::embedded().unwrap();
    let mut behaviour = Behaviour::new();
    let mut found = Vec::new();
    for day in 0..DAYS {
        let midnight = first_day().plus_days(day);
        let free = !content.calendar().is_business_day(jst_date(midnight));
        found.extend(look(&mut behaviour, &hospital_day("kosugi", seed, midnight, free)));
    }
    (behaviour, found)
}

/// The rules that spoke, each with machine and account.
fn told(found: &[Finding]) -> Vec<String> {
    let line = |own: &Finding| {
        let rule = own.rule_id.strip_prefix("sakimori-behaviour-").unwrap();
        format!("{} {rule} {}/{}", own.time, own.host, own.user)
    };
    found.iter().map(line).collect()
}

/// What a person reads of the first finding of each rule.
fn in_words(found: &[Finding]) -> String {
    let mut rules = BTreeSet::new();
    let first = found.iter().filter(|own| rules.insert(own.rule_id.clone()));
    let text = |own: &Finding| {
        let Finding { rule_id, level, title, reason, summary, .. } = own;
        let lines = [&title.ja, &reason.ja, &title.en, &reason.en, summary].map(String::as_str);
        format!("{rule_id} ({}, {})\n{}\n", level.as_str(), own.evidence.len(), lines.join("\n"))
    };
    first.map(text).collect::<Vec<_>>().join("\n")
}

fn spoke(found: &[Finding], rule: &str) -> bool {
    found.iter().any(|own| own.rule_id == format!("sakimori-behaviour-{rule}"))
}

#[test]
fn ordinary_weeks_raise_at_most_one_finding_a_week() {
    let (behaviour, found) = &*SIX_WEEKS;
    println!("{:#?}", told(found));
    // Two of the six weeks are for learning.
    assert!(found.len() <= 4, "{:#?}", told(found));
    let listed: Vec<String> =
        behaviour.on_though_unused().into_iter().map(|own| own.machine).collect();
    for machine in ["reha-pc03", "10.40.2.15"] {
        assert!(listed.contains(&machine.to_owned()), "{listed:?}");
    }
    assert!(
        !listed.iter().any(|own| own.starts_with("ward") || own.starts_with("ws")),
        "{listed:?}"
    );
}

#[test]
fn each_attack_after_ordinary_weeks_is_unusual_in_its_ways() {
    let (behaviour, _) = &*SIX_WEEKS;
    let start = first_day().plus_days(DAYS).plus_seconds(110 * 60);
    let attacked = |lines: Vec<Line>| {
        let mut own = Behaviour::restore(behaviour.snapshot());
        look(&mut own, &lines)
    };
    let found = attacked(musashi_kosugi(start, "kosugi"));
    for rule in ["volume-out", "new-destination", "night-activity", "files-per-minute"] {
        assert!(spoke(&found, rule), "musashi-kosugi: {rule}: {:#?}", told(&found));
    }
    assert!(found.iter().all(|own| !own.evidence.is_empty()));
    insta::assert_snapshot!("what_behaviour_says", in_words(&found));

    let found = attacked(osaka(start, "kosugi"));
    for rule in ["logon-fan-out", "files-per-minute", "volume-out", "first-admin-logon"] {
        assert!(spoke(&found, rule), "osaka: {rule}: {:#?}", told(&found));
    }

    let found = attacked(handa(start, "kosugi"));
    for rule in ["files-per-minute", "night-activity"] {
        assert!(spoke(&found, rule), "handa: {rule}: {:#?}", told(&found));
    }
}

#[test]
#[ignore = "takes a minute: more weeks of other hospitals"]
fn other_hospitals_are_as_quiet() {
    for seed in 2..6 {
        let (_, found) = six_weeks(seed);
        println!("{seed}: {:#?}", told(&found));
        assert!(found.len() <= 4, "{seed}: {:#?}", told(&found));
    }
}
