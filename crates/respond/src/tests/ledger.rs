//! What the journal of a hospital says whatever several people did in whatever order: read by code that knows no desk.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use sakimori_ledger::{Entry, Store};
use sakimori_words::ReportId;
use serde_json::Value;

use super::rules::{every_harm, no_harm};
use super::{TestClock, content, director, draft_of, it_person, opening, store};
use crate::custody::{Authority, MachineState, PulledDisk};
use crate::{
    Actor, Answer, Case, CaseDesk, EntryKind, HandIn, Report, ReportState, ServiceChange,
    ServiceState, Stage, Substitute, Taking, TimelineEntry,
};

/// Something a person tries at the desk; what is refused changes nothing.
#[derive(Clone, Debug)]
enum Try {
    Note,
    Correct(u8),
    Judge(bool),
    Answer,
    Draft(u8),
    Approve(u8),
    ApproveAlone(u8, bool),
    Withdraw(u8),
    Submit(u8),
    HandIn(u8),
    MoveLimit(u8, i64, bool, bool),
    AddService,
    Service(u8, u8),
    Pull(u8),
    Waive(u8, bool),
    Rebuild(u8),
    Close,
    Reopen,
}

fn any_try() -> impl Strategy<Value = Try> {
    prop_oneof![
        Just(Try::Note),
        any::<u8>().prop_map(Try::Correct),
        any::<bool>().prop_map(Try::Judge),
        Just(Try::Answer),
        any::<u8>().prop_map(Try::Draft),
        any::<u8>().prop_map(Try::Approve),
        any::<(u8, bool)>().prop_map(|(n, said)| Try::ApproveAlone(n, said)),
        any::<u8>().prop_map(Try::Withdraw),
        any::<u8>().prop_map(Try::Submit),
        any::<u8>().prop_map(Try::HandIn),
        (any::<u8>(), -30_i64..90, any::<bool>(), any::<bool>())
            .prop_map(|(n, days, reason, granted)| Try::MoveLimit(n, days, reason, granted)),
        Just(Try::AddService),
        any::<(u8, u8)>().prop_map(|(n, to)| Try::Service(n, to)),
        (0_u8..3).prop_map(Try::Pull),
        (0_u8..3, any::<bool>()).prop_map(|(n, said)| Try::Waive(n, said)),
        (0_u8..3).prop_map(Try::Rebuild),
        Just(Try::Close),
        Just(Try::Reopen),
    ]
}

fn nth<T>(all: &[T], n: u8) -> Option<&T> {
    all.get(usize::from(n).checked_rem(all.len())?)
}

fn machine(n: u8) -> String {
    format!("PC-{n}")
}

fn said(yes: bool) -> &'static str {
    if yes { "理由" } else { " " }
}

/// Tries one thing. Whether it was refused does not matter here: the journal is read afterwards.
async fn attempt(desk: &CaseDesk, clock: &TestClock, case: &Case, what: &Try, by: &Actor) {
    let file = desk.file(&case.id).await.unwrap();
    let (id, case) = (&case.id, &file.case);
    let report = |n: u8| nth(&case.reports, n).cloned().unwrap_or_else(|| ReportId::from("none"));
    let head =
        || Taking { decided_by: "山田".to_owned(), decider_role: "院長".to_owned(), at: None };
    match what {
        Try::Note => drop(desk.note(id, EntryKind::Fact, "追記", None, by).await),
        Try::Correct(n) => {
            let entry = nth(&file.timeline, *n).unwrap();
            drop(desk.correct(id, &entry.id, "訂正", by).await);
        }
        Try::Judge(harm) => {
            let threshold = if *harm { every_harm() } else { no_harm() };
            drop(desk.judge(id, &threshold, by).await);
        }
        Try::Answer => {
            drop(desk.answer(id, "affected_systems", &Answer::text("電子カルテ"), by).await);
        }
        Try::Draft(n) => {
            let stage = [Stage::Prompt, Stage::FollowUp, Stage::Final][usize::from(n % 3)];
            drop(desk.draft(id, &draft_of(stage), by).await);
        }
        Try::Approve(n) => drop(desk.approve(&report(*n), by).await),
        Try::ApproveAlone(n, why) => {
            drop(desk.approve_alone(&report(*n), said(*why), by).await);
        }
        Try::Withdraw(n) => drop(desk.withdraw_approval(&report(*n), "誤り", by).await),
        Try::Submit(n) => drop(desk.submit(&report(*n), by).await),
        Try::HandIn(n) => {
            let duty = nth(&case.obligations, *n).unwrap();
            let form =
                HandIn { channel: "書面".to_owned(), receipt_number: String::new(), at: None };
            drop(desk.hand_in(id, &duty.id, &form, by).await);
        }
        Try::MoveLimit(n, days, reason, granted) => {
            let duty = nth(&case.obligations, *n).unwrap();
            let to = sakimori_words::Clock::now(clock).plus_seconds(days * 86_400);
            drop(desk.move_limit(id, &duty.id, to, [said(*reason), said(*granted)], by).await);
        }
        Try::AddService => {
            let name = format!("診療 {}", case.room.services.len());
            drop(desk.add_service(id, &name, 1, by).await);
        }
        Try::Service(n, to) => {
            let Some(service) = nth(&case.room.services, *n) else { return };
            let states = [
                ServiceState::Normal,
                ServiceState::Degraded,
                ServiceState::Stopped,
                ServiceState::Workaround { by: Substitute::Paper },
                ServiceState::Partial { scope: "一部".to_owned() },
                ServiceState::Restored,
            ];
            let change = ServiceChange {
                state: nth(&states, *to).unwrap().clone(),
                condition: String::new(),
                planned_restore: None,
                taking: head(),
            };
            drop(desk.change_service(id, &service.id, &change, None, by).await);
        }
        Try::Pull(n) => {
            let disk = PulledDisk {
                machine: machine(*n),
                serial: "WD".to_owned(),
                seal: "B".to_owned(),
                place: "金庫".to_owned(),
                completes: n % 2 == 0,
                ..PulledDisk::default()
            };
            drop(desk.pull_disk(id, &disk, by).await);
        }
        Try::Waive(n, why) => {
            let manager = Authority { manager: by.person == director().person };
            drop(desk.name_machine(id, &machine(*n), "", by).await);
            drop(desk.waive_evidence(id, &machine(*n), said(*why), manager, by).await);
        }
        Try::Rebuild(n) => {
            drop(desk.name_machine(id, &machine(*n), "", by).await);
            drop(desk.mark_rebuild(id, &machine(*n), by).await);
        }
        Try::Close => drop(desk.close(id, "終了", by).await),
        Try::Reopen => drop(desk.reopen(id, "再発", by).await),
    }
}

/// The bodies an entry laid on a shelf, with their keys.
fn laid<'a>(entry: &'a Entry, shelf: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let puts = entry.puts.iter().filter(move |put| put.shelf == shelf);
    puts.filter_map(|put| Some((put.key.as_str(), put.body.as_ref()?)))
}

fn read<T: serde::de::DeserializeOwned>(body: &Value) -> T {
    serde_json::from_value(body.clone()).unwrap()
}

/// A report goes to `submitted` only from `approved`, for the same document, and one person alone is named with the reason.
fn no_report_left_unapproved(journal: &[Entry]) {
    let mut known: BTreeMap<&str, Report> = BTreeMap::new();
    for entry in journal {
        for (id, body) in laid(entry, "case_report") {
            let after: Report = read(body);
            if let ReportState::Submitted { approval, .. } = &after.state {
                let before = &known[id].state;
                let earlier = match before {
                    ReportState::Approved { approval } => approval,
                    ReportState::Submitted { approval, .. } => approval,
                    ReportState::Draft => panic!("{id} left as a draft at entry {}", entry.seq),
                };
                assert_eq!(earlier, approval);
                assert_eq!(approval.digest, after.document.digest());
                let alone = approval.by.person == after.drafted_by.person;
                assert!(!alone || approval.alone_because.is_some(), "{id}");
            }
            if entry.kind == "report_approved_alone" {
                let text = entry.body_text.as_str();
                assert!(text.contains("理由"), "the journal says why: {text}");
            }
            known.insert(id, after);
        }
    }
}

/// Every line of the timeline is laid once and is today what it was then.
fn no_line_was_edited(journal: &[Entry], timeline: &[TimelineEntry]) {
    let mut keys = BTreeSet::new();
    let mut lines = Vec::new();
    for entry in journal {
        assert!(entry.puts.iter().all(|put| put.shelf != "case_timeline" || put.body.is_some()));
        for (key, body) in laid(entry, "case_timeline") {
            assert!(keys.insert(key.to_owned()), "{key} was laid twice");
            lines.push(read::<TimelineEntry>(body));
        }
    }
    assert_eq!(lines.len(), timeline.len());
    assert!(timeline.iter().all(|line| lines.contains(line)));
}

/// A deadline that is later than in the entry before stands beside who granted it and why; what the rule itself changes (the
/// sixty days once an act may be illicit) comes with a judgement.
fn no_deadline_later_in_silence(journal: &[Entry]) {
    let mut last: Option<Case> = None;
    for entry in journal {
        for (_, body) in laid(entry, "case") {
            let after: Case = read(body);
            for duty in last.iter().flat_map(|case| &case.obligations) {
                let still = after.obligations.iter().find(|one| one.id == duty.id).unwrap();
                let (Some(was), Some(is)) = (duty.due_at, still.due_at) else { continue };
                if is <= was {
                    continue;
                }
                let moved = after.room.limit_moves.last().unwrap();
                assert_eq!((&moved.obligation, moved.to), (&duty.id, is), "{}", entry.kind);
                assert!(!moved.reason.is_empty() && !moved.granted_by.is_empty());
            }
            for service in &after.room.services {
                for pair in service.steps.windows(2) {
                    assert!(pair[0].state.leads_to(&pair[1].state), "{}", entry.kind);
                }
            }
            last = Some(after);
        }
    }
}

/// A machine is marked for rebuild in no entry before the one in which its evidence was secured or waived.
fn no_machine_rebuilt_before_its_evidence(journal: &[Entry]) {
    let mut ready: BTreeSet<String> = BTreeSet::new();
    for entry in journal {
        for (key, body) in laid(entry, "custody_machine") {
            let machine: crate::custody::Machine = read(body);
            if machine.rebuild.is_some() {
                assert!(ready.contains(key), "{key} at entry {}", entry.seq);
            }
            match machine.state {
                MachineState::Secured { .. } => drop(ready.insert(key.to_owned())),
                MachineState::Waived { by, reason, .. } => {
                    assert!(by.person == director().person && !reason.trim().is_empty());
                    ready.insert(key.to_owned());
                }
                _ => {}
            }
        }
    }
}

/// Runs the tries of several people at one desk and returns the journal and the timeline as the desk shows it.
async fn lived(tries: &[(Try, usize, u32)]) -> (Vec<Entry>, Vec<TimelineEntry>) {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-11-02T06:41");
    let kept: Arc<dyn Store> = store(folder.path(), "node.db").await;
    let chance = Arc::new(super::TestChance::default());
    let desk = CaseDesk::new(Arc::clone(&kept), clock.clone(), chance, content());
    let people = [it_person(), director(), Actor::new("clerk", "田中 一郎", "事務担当")];
    let case = desk.open(&opening("画面がおかしい"), &people[0]).await.unwrap();
    for (what, who, minutes) in tries {
        clock.advance_minutes(i64::from(*minutes));
        attempt(&desk, &clock, &case, what, &people[*who]).await;
    }
    let journal = kept.entries(0, 10_000).await.unwrap();
    (journal, desk.timeline(&case.id).await.unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_several_people_do_the_journal_shows_every_rule_kept(
        tries in proptest::collection::vec((any_try(), 0_usize..3, 0_u32..2_000), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (journal, timeline) = runtime.block_on(lived(&tries));
        no_report_left_unapproved(&journal);
        no_line_was_edited(&journal, &timeline);
        no_deadline_later_in_silence(&journal);
        no_machine_rebuilt_before_its_evidence(&journal);
        for entry in &journal {
            prop_assert!(!entry.actor.is_empty());
        }
    }
}

/// The property above is worth something only when its sequences reach the acts it speaks of.
#[tokio::test]
async fn the_rules_of_the_journal_are_tried_on_reports_that_left_and_machines_that_were_rebuilt() {
    let tries = [
        (Try::Judge(true), 0, 5),
        (Try::Draft(0), 0, 5),
        (Try::Submit(0), 0, 1),
        (Try::Approve(0), 0, 1),
        (Try::Approve(0), 1, 1),
        (Try::Submit(0), 0, 1),
        (Try::Rebuild(0), 0, 1),
        (Try::Pull(0), 0, 1),
        (Try::Rebuild(0), 0, 1),
        (Try::Waive(1, false), 1, 1),
        (Try::Rebuild(1), 0, 1),
    ];
    let (journal, timeline) = lived(&tries).await;
    no_report_left_unapproved(&journal);
    no_line_was_edited(&journal, &timeline);
    no_deadline_later_in_silence(&journal);
    no_machine_rebuilt_before_its_evidence(&journal);
    let kinds: Vec<&str> = journal.iter().map(|entry| entry.kind.as_str()).collect();
    let n = |kind: &str| kinds.iter().filter(|own| **own == kind).count();
    assert_eq!((n("report_approved"), n("report_submitted")), (1, 1), "{kinds:?}");
    let rebuilt = journal.iter().flat_map(|entry| laid(entry, "custody_machine"));
    let rebuilt = rebuilt.filter(|(_, body)| !body["rebuild"].is_null()).count();
    assert_eq!(rebuilt, 1, "only the machine whose disk was pulled");
}
