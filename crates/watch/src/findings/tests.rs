use std::sync::Arc;

use sakimori_ledger::Store;
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_words::{
    CaseId, Clock, Digest, EvidenceRef, Finding, FindingId, Instant, Involved, Level, PersonId,
    Text,
};

use super::{EVIDENCE_MAX, FindingState, Findings, FindingsError, KeptStory, Which};

struct Desk {
    findings: Findings,
    store: Arc<dyn Store>,
    clock: Arc<StepClock>,
    _folder: tempfile::TempDir,
}

async fn desk() -> Desk {
    let (folder, store, clock) = crate::desk::ledger().await;
    let findings = open(&store, &clock, 1);
    Desk { findings, store, clock, _folder: folder }
}

fn open(store: &Arc<dyn Store>, clock: &Arc<StepClock>, seed: u64) -> Findings {
    Findings::new(Arc::clone(store), clock.clone(), Arc::new(SeededChance::new(seed)))
}

fn found(host: &str, at: Instant, seq: u64) -> Finding {
    Finding {
        id: "".into(),
        time: at,
        found_at: at,
        rule_id: "rule-1".to_owned(),
        title: Text::new("題", "title"),
        reason: Text::default(),
        next_step: Text::default(),
        level: Level::High,
        tags: vec![],
        author: String::new(),
        clause: String::new(),
        source: "test".to_owned(),
        host: host.to_owned(),
        user: "administrator".to_owned(),
        involved: Vec::new(),
        summary: String::new(),
        evidence: vec![EvidenceRef::Event { seq, leaf: Digest::of(&seq.to_be_bytes()) }],
    }
}

fn person() -> PersonId {
    "tanaka".into()
}

#[tokio::test]
async fn findings_of_one_rule_and_machine_within_ten_minutes_are_one_finding() {
    let desk = desk().await;
    let start = desk.clock.now();
    let new =
        desk.findings.keep(vec![found("DC01", start, 1), found("FS01", start, 2)]).await.unwrap();
    assert_eq!(new.len(), 2);
    desk.clock.step_seconds(500);
    let more = (3..60).map(|seq| found("DC01", desk.clock.now(), seq)).collect();
    assert_eq!(desk.findings.keep(more).await.unwrap(), []);
    let listed = desk.findings.list(Which::Open, None, 10).await.unwrap();
    assert_eq!(listed.len(), 2);
    let dc01 = listed.iter().find(|kept| kept.finding.host == "DC01").unwrap();
    assert_eq!((dc01.count, dc01.finding.evidence.len()), (58, EVIDENCE_MAX));
    assert_eq!((dc01.first_at, dc01.last_at), (start, start.plus_seconds(500)));
    desk.clock.step_seconds(601);
    assert_eq!(
        desk.findings.keep(vec![found("DC01", desk.clock.now(), 99)]).await.unwrap().len(),
        1
    );
    assert_eq!(desk.findings.open_count().await.unwrap(), 3);
}

#[tokio::test]
async fn a_flood_costs_one_journal_entry_a_minute_and_no_count_is_lost_at_the_end() {
    let desk = desk().await;
    let start = desk.clock.now();
    for second in 0..130_u32 {
        let at = start.plus_seconds(second.into());
        desk.clock.set(at);
        let batch = (0..10).map(|n| found("DC01", at, u64::from(second) * 10 + n)).collect();
        desk.findings.keep(batch).await.unwrap();
    }
    assert_eq!(desk.store.head().await.unwrap().seq, 3);
    desk.findings.tick(true).await.unwrap();
    let again = open(&desk.store, &desk.clock, 2);
    assert_eq!(again.list(Which::All, None, 9).await.unwrap()[0].count, 1_300);
    assert!(desk.store.check().await.unwrap().problems.is_empty());
}

#[tokio::test]
async fn after_a_restart_the_same_events_fall_into_the_same_finding() {
    let desk = desk().await;
    let at = desk.clock.now();
    desk.findings.keep(vec![found("DC01", at, 1)]).await.unwrap();
    let again = open(&desk.store, &desk.clock, 2);
    assert_eq!(again.keep(vec![found("DC01", at, 1)]).await.unwrap(), []);
    let listed = again.list(Which::All, None, 9).await.unwrap();
    assert_eq!((listed.len(), listed[0].finding.evidence.len()), (1, 1));
}

#[tokio::test]
async fn a_person_closes_reopens_and_hands_a_finding_to_a_case_and_all_of_it_is_on_record() {
    let desk = desk().await;
    let id = desk.findings.keep(vec![found("DC01", desk.clock.now(), 1)]).await.unwrap()[0]
        .finding
        .id
        .clone();
    let closed = FindingState::Closed { reason: "定期点検による".to_owned() };
    let kept = desk.findings.set_state(&id, 0, closed.clone(), &person()).await.unwrap();
    assert_eq!((kept.revision, kept.handled.unwrap().by), (1, person()));
    assert_eq!(desk.findings.open_count().await.unwrap(), 0);
    assert_eq!(desk.findings.list(Which::Done, None, 9).await.unwrap()[0].state, closed);
    desk.findings.set_state(&id, 1, FindingState::LookedAt, &person()).await.unwrap();
    assert_eq!(desk.findings.open_count().await.unwrap(), 1);
    let case = FindingState::Case { case: CaseId::from("case-1") };
    desk.findings.set_state(&id, 2, case.clone(), &person()).await.unwrap();
    assert_eq!(desk.findings.get(&id).await.unwrap().state, case);
    let story = desk.store.stream_entries(&format!("finding/{id}"), 0, 10).await.unwrap();
    let kinds: Vec<&str> = story.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds[0], "finding_opened");
    assert_eq!(kinds[1..], ["finding_state_changed"; 3]);
}

#[tokio::test]
async fn two_people_never_overwrite_each_other_unseen() {
    let desk = desk().await;
    let id = desk.findings.keep(vec![found("DC01", desk.clock.now(), 1)]).await.unwrap()[0]
        .finding
        .id
        .clone();
    desk.findings.set_state(&id, 0, FindingState::LookedAt, &person()).await.unwrap();
    let late = desk.findings.set_state(&id, 0, FindingState::LookedAt, &"sato".into()).await;
    assert!(matches!(late, Err(FindingsError::MovedOn { found: 1, .. })));
    // More of the same is not a change a person must look at first.
    desk.findings.keep(vec![found("DC01", desk.clock.now(), 2)]).await.unwrap();
    desk.findings.set_state(&id, 1, FindingState::LookedAt, &"sato".into()).await.unwrap();
    assert_eq!(desk.findings.get(&id).await.unwrap().count, 2);
}

#[tokio::test]
async fn what_comes_after_closing_is_a_new_finding() {
    let desk = desk().await;
    let at = desk.clock.now();
    let id = desk.findings.keep(vec![found("DC01", at, 1)]).await.unwrap()[0].finding.id.clone();
    let closed = FindingState::Closed { reason: "訓練".to_owned() };
    desk.findings.set_state(&id, 0, closed, &person()).await.unwrap();
    desk.clock.step_seconds(1);
    assert_eq!(desk.findings.keep(vec![found("DC01", at, 2)]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn closing_asks_for_a_reason_and_nothing_becomes_new_again() {
    let desk = desk().await;
    let id = desk.findings.keep(vec![found("DC01", desk.clock.now(), 1)]).await.unwrap()[0]
        .finding
        .id
        .clone();
    for state in [FindingState::New, FindingState::Closed { reason: "  ".to_owned() }] {
        let refused = desk.findings.set_state(&id, 0, state, &person()).await;
        assert!(matches!(refused, Err(FindingsError::State { .. })));
    }
    let unknown = desk.findings.get(&FindingId::from("nobody")).await;
    assert!(matches!(unknown, Err(FindingsError::Unknown { .. })));
}

#[tokio::test]
async fn lists_go_on_where_the_page_before_ended() {
    let desk = desk().await;
    for n in 0..5_i64 {
        desk.clock.step_seconds(1);
        desk.findings.keep(vec![found(&format!("PC{n}"), desk.clock.now(), 1)]).await.unwrap();
    }
    let first = desk.findings.list(Which::All, None, 3).await.unwrap();
    let rest = desk.findings.list(Which::All, Some(&first[2].finding.id), 3).await.unwrap();
    let hosts: Vec<&str> =
        first.iter().chain(&rest).map(|kept| kept.finding.host.as_str()).collect();
    assert_eq!(hosts, ["PC4", "PC3", "PC2", "PC1", "PC0"]);
}

#[tokio::test]
async fn a_story_is_told_until_nothing_of_it_waits() {
    let desk = desk().await;
    let start = desk.clock.now();
    let with = |host: &str, minutes: i64, names: &[&str]| Finding {
        rule_id: format!("rule-{host}"),
        involved: names.iter().map(|name| Involved::Machine((*name).to_owned())).collect(),
        ..found(host, start.plus_seconds(minutes * 60), minutes.unsigned_abs())
    };
    let told = vec![with("a", 1, &["a", "b"]), with("b", 2, &["b"]), with("c", 3, &["c"])];
    let kept = desk.findings.keep(told).await.unwrap();
    let of = |host: &str| &kept.iter().find(|one| one.finding.host == host).unwrap().finding.id;
    let case = FindingState::Case { case: CaseId::from("case") };
    desk.findings.set_state(of("a"), 0, case, &person()).await.unwrap();
    let hosts = |stories: &[KeptStory]| -> Vec<Vec<String>> {
        let of =
            |story: &KeptStory| story.findings.iter().map(|one| one.finding.host.clone()).collect();
        stories.iter().map(of).collect()
    };
    let stories = desk.findings.stories().await.unwrap();
    assert_eq!(hosts(&stories), [vec!["a", "b"], vec!["c"]]);
    let nothing = FindingState::Closed { reason: "a drill".to_owned() };
    desk.findings.set_state(of("b"), 0, nothing, &person()).await.unwrap();
    assert_eq!(hosts(&desk.findings.stories().await.unwrap()), [vec!["c"]]);
}
