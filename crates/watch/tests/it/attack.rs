//! The generated attack through our own sources and the built-in detections.

use std::collections::BTreeMap;

use sakimori_content::Content;
use sakimori_testkit::attack::osaka;
use sakimori_testkit::{Line, ordinary_day};
use sakimori_watch::sources::{Context, read_line, understood};
use sakimori_watch::{Advice, Detector, RuleText};
use sakimori_words::{Digest, Event, EvidenceRef, Instant, Level};

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

/// Titles of what was found, with how often.
fn found(lines: &[Line]) -> BTreeMap<(Level, String), usize> {
    let mut detector = Detector::new(&built_in());
    assert_eq!(detector.report().refused, []);
    let evidence = || EvidenceRef::Event { seq: 0, leaf: Digest::default() };
    let mut counts = BTreeMap::new();
    for line in lines {
        for finding in detector.look(&read(line), &evidence) {
            *counts.entry((finding.level, finding.title.ja)).or_default() += 1;
        }
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
