//! The generated attack through our own sources and the built-in detections.

use std::collections::BTreeMap;

use sakimori_content::Content;
use sakimori_testkit::attack::{handa, musashi_kosugi, osaka};
use sakimori_testkit::{Line, ordinary_day};
use sakimori_watch::sources::{Context, read_line, understood};
use sakimori_watch::{Advice, Detector, Lead, RuleText, Tactic, stories};
use sakimori_words::{Digest, Event, EvidenceRef, Finding, Instant, Level};

pub(crate) fn built_in() -> Vec<RuleText> {
    let content = Content::embedded().unwrap();
    let detections = content.detections().iter();
    detections
        .map(|own| RuleText {
            name: own.id.clone(),
            yaml: own.rule.clone(),
            advice: Some(Advice {
                title: own.reason.title.clone(),
                reason: own.reason.reason.clone(),
                next_step: own.reason.next_step.clone(),
                clause: own.reason.clause.clone(),
            }),
            unreadable: None,
        })
        .collect()
}

fn read(line: &Line) -> Event {
    read_line(&line.bytes, &Context { source: line.source.clone(), received_at: line.at })
}

fn findings(lines: &[Line]) -> Vec<Finding> {
    let mut detector = Detector::new(&built_in());
    assert_eq!(detector.report().refused, []);
    let evidence = || EvidenceRef::Event { seq: 0, leaf: Digest::default() };
    lines.iter().flat_map(|line| detector.look(&read(line), &evidence)).collect()
}

/// Titles of what was found, with how often.
fn found(lines: &[Line]) -> BTreeMap<(Level, String), usize> {
    let mut counts = BTreeMap::new();
    for finding in findings(lines) {
        *counts.entry((finding.level, finding.title.ja)).or_default() += 1;
    }
    counts
}

fn attack() -> Vec<Line> {
    osaka(Instant::parse("2026-11-20T02:00:00+09:00").unwrap(), "osaka")
}

#[test]
fn our_sources_understand_every_generated_line() {
    for line in attack().iter().chain(&ordinary_day(1, 2_000)) {
        let event = read(line);
        assert!(understood(&event) && !event.product.is_empty(), "{event:?}");
        assert!(event.time.micros_since(line.at).abs() < 1_000_000, "{event:?}");
    }
}

#[test]
fn the_attack_is_found_at_every_stage() {
    const STAGES: [&str; 22] = [
        "vpn-password-guessing",
        "vpn-success-after-guessing",
        "vpn-logon-at-night",
        "vpn-logon-by-supplier",
        "remote-desktop-from-vpn",
        "vpn-user-scans-network",
        "password-memory-read",
        "av-removed-by-installer",
        "defender-switched-off",
        "same-administrator-many-computers",
        "remote-desktop-to-many-machines",
        "same-service-on-many-machines",
        "domain-database-copied",
        "group-policy-pushes-tasks-or-scripts",
        "same-task-on-many-machines",
        "firewall-admin-from-internet",
        "large-upload",
        "shadow-copies-deleted",
        "backup-catalogue-deleted",
        "many-files-rewritten",
        "ransom-note-left",
        "event-log-cleared",
    ];
    let found = found(&attack());
    println!("{found:#?}");
    let titles: BTreeMap<String, String> =
        built_in().into_iter().map(|rule| (rule.name, rule.advice.unwrap().title.ja)).collect();
    let missed: Vec<&str> = STAGES
        .into_iter()
        .filter(|stage| !found.keys().any(|(_, title)| *title == titles[*stage]))
        .collect();
    assert_eq!(missed, [""; 0], "{found:#?}");
}

/// The attack is one story that begins before the files are encrypted and tells its steps in their order.
fn is_one_story(lines: &[Line], steps: &[Tactic]) {
    let findings = findings(lines);
    let stories = stories(&findings.iter().map(Lead::from).collect::<Vec<_>>());
    let told: Vec<_> = stories.iter().map(|story| (&story.tactics, &story.involved)).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    let story = &stories[0];
    assert_eq!(story.level, Level::Critical);
    let encrypted = lines.iter().find(|line| line.bytes.windows(7).any(|part| part == b".locked"));
    assert!(story.first_at.plus_seconds(30 * 60) <= encrypted.unwrap().at, "{}", story.first_at);
    let order: Vec<Option<usize>> =
        steps.iter().map(|step| story.tactics.iter().position(|own| own == step)).collect();
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{:?}", story.tactics);
}

#[test]
fn osaka_is_one_story() {
    let steps =
        [Tactic::InitialAccess, Tactic::LateralMovement, Tactic::Exfiltration, Tactic::Impact];
    is_one_story(&attack(), &steps);
}

#[test]
fn handa_is_one_story() {
    let start = Instant::parse("2021-10-30T23:50:00+09:00").unwrap();
    let steps = [Tactic::InitialAccess, Tactic::LateralMovement, Tactic::Impact];
    is_one_story(&handa(start, "handa"), &steps);
}

#[test]
fn musashi_kosugi_is_one_story() {
    let start = Instant::parse("2026-02-09T01:50:00+09:00").unwrap();
    let steps =
        [Tactic::InitialAccess, Tactic::LateralMovement, Tactic::Exfiltration, Tactic::Impact];
    is_one_story(&musashi_kosugi(start, "kosugi"), &steps);
}

#[test]
fn thirty_ordinary_days_tell_at_most_three_stories_each() {
    for seed in 1..=30 {
        let findings = findings(&ordinary_day(seed, 1_000));
        let stories = stories(&findings.iter().map(Lead::from).collect::<Vec<_>>());
        assert!(stories.len() <= 3, "day {seed}: {stories:#?}");
    }
}

#[test]
fn an_ordinary_day_raises_nothing_serious() {
    let found = found(&ordinary_day(1, 5_000));
    println!("{found:#?}");
    assert!(found.keys().all(|(level, _)| *level < Level::High), "{found:#?}");
}

#[test]
fn a_fortigate_that_writes_cef_is_watched_as_one_that_does_not() {
    let start = Instant::parse("2026-11-20T10:00:00+09:00").unwrap();
    let guess = |n: i64| {
        let at = start.plus_seconds(n * 10);
        let seconds = at.as_micros() / 1_000_000;
        let bytes = format!(
            "<134>Nov 20 10:00:00 FW-01 CEF: 0|Fortinet|Fortigate|v7.4.4|39426|event:vpn ssl-login-fail|7|deviceExternalId=FG1 \
             FTNTFGTeventtime={seconds} FTNTFGTlogid=0101039426 cat=event:vpn FTNTFGTsubtype=vpn FTNTFGTvd=root act=ssl-login-fail \
             FTNTFGTremip=203.0.113.7 duser=admin msg=SSL user failed to logged in"
        );
        Line { at, source: "syslog/10.20.0.1".to_owned(), bytes: bytes.into_bytes() }
    };
    let found = found(&(0..12).map(guess).collect::<Vec<_>>());
    assert_eq!(
        found.keys().map(|(_, title)| title.as_str()).collect::<Vec<_>>(),
        ["VPN でパスワードの総当たりを受けている"]
    );
}
