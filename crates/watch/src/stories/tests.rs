use sakimori_words::{Finding, FindingId, Instant, Involved, Level, Text};

use super::{LINK_SECONDS, Lead, PUSH_SECONDS, Tactic, stories};

fn finding(at: i64, level: Level, tag: &str, machines: &[&str]) -> Finding {
    let time = Instant::from_micros(0).plus_seconds(at);
    Finding {
        id: FindingId::from(""),
        time,
        found_at: time,
        rule_id: format!("rule-{tag}-{at}"),
        title: Text::new("題", "title"),
        reason: Text::default(),
        next_step: Text::default(),
        level,
        tags: vec![format!("attack.{tag}")],
        author: String::new(),
        clause: String::new(),
        source: String::new(),
        host: String::new(),
        user: String::new(),
        involved: machines.iter().map(|name| Involved::Machine((*name).to_owned())).collect(),
        summary: String::new(),
        evidence: Vec::new(),
    }
}

fn together(findings: &[Finding]) -> Vec<Vec<usize>> {
    let leads: Vec<Lead<'_>> = findings.iter().map(Lead::from).collect();
    stories(&leads).into_iter().map(|story| story.leads).collect()
}

#[test]
fn findings_that_share_somebody_are_one_story_whatever_their_order() {
    let vpn = finding(0, Level::Medium, "initial-access", &["vpn", "ws1"]);
    let server = finding(900, Level::High, "lateral_movement", &["fs1", "ws1"]);
    let encrypted = finding(1_800, Level::Critical, "impact", &["fs1"]);
    let elsewhere = finding(950, Level::High, "execution", &["ws9"]);
    let findings = [encrypted, elsewhere, vpn, server];
    assert_eq!(together(&findings), [vec![2, 3, 0], vec![1]]);
    let leads: Vec<Lead<'_>> = findings.iter().map(Lead::from).collect();
    let story = stories(&leads).remove(0);
    assert_eq!(story.tactics, [Tactic::InitialAccess, Tactic::LateralMovement, Tactic::Impact]);
    assert_eq!((story.level, story.n_rules), (Level::Critical, 3));
}

#[test]
fn a_later_finding_joins_two_stories_into_one() {
    let findings = [
        finding(0, Level::High, "initial-access", &["a"]),
        finding(10, Level::High, "execution", &["b"]),
        finding(20, Level::High, "execution", &["c"]),
        finding(30, Level::High, "lateral-movement", &["c", "b"]),
        finding(40, Level::High, "impact", &["b", "a"]),
        finding(50, Level::High, "impact", &["c"]),
    ];
    assert_eq!(together(&findings), [vec![0, 1, 2, 3, 4, 5]]);
}

#[test]
fn the_same_thing_on_one_machine_after_the_other_is_one_story() {
    let pushed = |at: i64, machine: &str| Finding {
        rule_id: "pushed".to_owned(),
        ..finding(at, Level::High, "execution", &[machine])
    };
    let findings = [pushed(0, "a"), pushed(PUSH_SECONDS, "b"), pushed(PUSH_SECONDS * 2 + 1, "c")];
    assert_eq!(together(&findings), [vec![2], vec![0, 1]]);
}

#[test]
fn after_a_quiet_day_somebody_is_a_new_story() {
    let findings = [
        finding(0, Level::High, "execution", &["a"]),
        finding(LINK_SECONDS, Level::High, "execution", &["a"]),
        finding(LINK_SECONDS * 3, Level::High, "execution", &["a"]),
    ];
    assert_eq!(together(&findings), [vec![0, 1], vec![2]]);
}

#[test]
fn a_small_finding_joins_a_story_and_makes_none() {
    let findings = [
        finding(0, Level::Low, "discovery", &["a"]),
        finding(60, Level::High, "execution", &["a"]),
        finding(60, Level::Low, "discovery", &["z"]),
    ];
    assert_eq!(together(&findings), [vec![0, 1]]);
}

#[test]
fn who_is_named_by_nobody_stands_alone() {
    let findings =
        [finding(0, Level::High, "execution", &[]), finding(1, Level::High, "execution", &[])];
    assert_eq!(together(&findings).len(), 2);
}
