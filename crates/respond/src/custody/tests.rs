//! What a hospital can rely on about its evidence, whatever order things are done in.

use proptest::prelude::*;
use sakimori_words::{CaseId, Digest};

use super::decide::{self, Decided};
use super::*;
use crate::tests::{TestChance, TestClock, case_desk, director, it_person, jst, opening};
use crate::{Actor, Moment};

fn clerk() -> Actor {
    Actor::new("clerk", "田中 一郎", "事務担当")
}

fn pulled(machine: &str, completes: bool) -> PulledDisk {
    PulledDisk {
        machine: machine.to_owned(),
        serial: "WD-0001".to_owned(),
        seal: "B-17".to_owned(),
        place: "3階 施錠ロッカー".to_owned(),
        witness: "夜間当直 鈴木".to_owned(),
        completes,
        ..PulledDisk::default()
    }
}

fn manifest(sha256: &str) -> Vec<u8> {
    let blake3 = "b".repeat(64);
    serde_json::json!({
        "format": "sakimori-evidence/1", "kind": "disk", "title": "電子カルテDBの予備",
        "source": {"path": "/dev/sdb", "size_bytes": 4096, "model": "SSD 870", "serial": "S5Y1"},
        "started_at": "2026-11-02T05:00:00+09:00", "finished_at": "2026-11-02T05:30:00+09:00",
        "size_bytes": 4096, "sha256": sha256, "blake3": blake3,
        "bad_ranges": [{"offset": 512, "length": 512}],
        "tool": {"name": "sakimori", "version": "0.1.0", "digest": "x"},
        "examiner": "山田", "witness": "佐藤", "chunks": [1, 2, 3],
    })
    .to_string()
    .into_bytes()
}

/// A case's evidence without a store.
struct Locker {
    custody: Custody,
    lines: Vec<ChainLine>,
    chance: TestChance,
    minutes: i64,
}

impl Locker {
    fn new() -> Self {
        Self {
            custody: Custody::default(),
            lines: Vec::new(),
            chance: TestChance::default(),
            minutes: 0,
        }
    }

    fn act(
        &mut self,
        by: &Actor,
        decide: impl Fn(&Custody, Moment<'_>) -> Result<Decided, CustodyError>,
    ) -> Result<Decided, CustodyError> {
        self.minutes += 1;
        let now = jst("2026-11-02T06:00").plus_seconds(self.minutes * 60);
        let moment = Moment { now, by, chance: &self.chance };
        let decided = decide(&self.custody, moment)?;
        let (after, lines) =
            self.custody.written(&CaseId::from("case-1"), decided.acts.clone(), moment);
        self.custody = after;
        self.lines.extend(lines);
        Ok(decided)
    }

    fn chain(&self) -> String {
        self.lines.iter().map(|line| line.text() + "\n").collect()
    }
}

#[test]
fn a_pulled_labelled_bagged_and_locked_disk_opens_the_gate_in_one_act() {
    let mut locker = Locker::new();
    let it = it_person();
    locker.act(&it, |c, _| decide::name_machine(c, "EMR-DB01", "電子カルテ")).unwrap();
    let shut = locker.act(&it, |c, _| decide::mark_rebuild(c, "EMR-DB01")).unwrap_err();
    assert!(matches!(shut, CustodyError::GateShut { .. }), "{shut}");
    let decided =
        locker.act(&it, |c, m| decide::pull_disk(c, &pulled("EMR-DB01", true), m)).unwrap();
    assert_eq!(decided.no, "E-001");
    assert!(decided.entries[0].1.ja.contains("袋 B-17"), "{:?}", decided.entries);
    let item = &locker.custody.items["E-001"];
    assert_eq!((item.state.as_str(), item.place.as_str()), ("stored", "3階 施錠ロッカー"));
    locker.act(&it, |c, _| decide::mark_rebuild(c, "EMR-DB01")).unwrap();
    assert!(locker.custody.machines["EMR-DB01"].rebuild.is_some());
}

#[test]
fn one_of_several_disks_is_not_the_evidence_of_a_server() {
    let mut locker = Locker::new();
    let it = it_person();
    locker.act(&it, |c, m| decide::pull_disk(c, &pulled("EMR-DB01", false), m)).unwrap();
    assert_eq!(locker.custody.machines["EMR-DB01"].state.as_str(), "collecting");
    let last = ItemFacts {
        kind: EvidenceKind::Disk,
        machine: "EMR-DB01".into(),
        completes: true,
        ..ItemFacts::default()
    };
    locker.act(&it, |c, m| decide::find_item(c, &last, m)).unwrap();
    assert!(locker.act(&it, |c, _| decide::mark_rebuild(c, "EMR-DB01")).is_err());
    let seal = Handling {
        kind: EventKind::Seal,
        seal: "B-18".into(),
        to: "ロッカー".into(),
        ..Handling::default()
    };
    locker.act(&it, |c, m| decide::handle(c, "E-002", &seal, m)).unwrap();
    locker.act(&it, |c, _| decide::mark_rebuild(c, "EMR-DB01")).unwrap();
}

#[test]
fn an_image_opens_the_gate_once_it_is_verified_and_said_to_be_the_last() {
    let mut locker = Locker::new();
    let it = it_person();
    let mut json: serde_json::Value = serde_json::from_slice(&manifest(&"a".repeat(64))).unwrap();
    json["source"]["host"] = "EMR-DB02".into();
    json["source"]["size_bytes"] = 0.into();
    let ranges: Vec<_> =
        (0..2_500).map(|_| serde_json::json!({"offset": 0, "length": 1})).collect();
    json["bad_ranges"] = ranges.into();
    let bytes = json.to_string().into_bytes();
    let no = locker
        .act(&it, |c, m| decide::acquire(c, "", "", &read_manifest(&bytes, m)?, m))
        .unwrap()
        .no;
    let measured = &locker.custody.items[&no].measured;
    assert_eq!((measured.bad_ranges.len(), measured.bad_left_out), (2_000, 500));
    assert_eq!(measured.manifest_sha256, Some(Digest::of(&bytes)));
    locker.act(&it, |c, _| decide::complete(c, &no)).unwrap();
    assert!(locker.act(&it, |c, _| decide::mark_rebuild(c, "EMR-DB02")).is_err());
    let check = Handling {
        kind: EventKind::Check,
        hash_after: Digest::from_hex(&"a".repeat(64)),
        ..Handling::default()
    };
    locker.act(&it, |c, m| decide::handle(c, &no, &check, m)).unwrap();
    locker.act(&it, |c, _| decide::mark_rebuild(c, "EMR-DB02")).unwrap();
}

#[test]
fn memory_and_logs_alone_do_not_open_the_gate() {
    let mut locker = Locker::new();
    let it = it_person();
    for kind in [EvidenceKind::Memory, EvidenceKind::Logs, EvidenceKind::Photo] {
        let facts =
            ItemFacts { kind, machine: "PC-7".into(), completes: true, ..ItemFacts::default() };
        let no = locker.act(&it, |c, m| decide::find_item(c, &facts, m)).unwrap().no;
        let seal = Handling {
            kind: EventKind::Seal,
            seal: "B".into(),
            to: "金庫".into(),
            ..Handling::default()
        };
        locker.act(&it, |c, m| decide::handle(c, &no, &seal, m)).unwrap();
    }
    assert!(locker.act(&it, |c, _| decide::mark_rebuild(c, "PC-7")).is_err());
}

#[test]
fn a_waiver_takes_a_manager_who_is_not_the_asker_and_a_reason() {
    let mut locker = Locker::new();
    let (it, boss) = (it_person(), director());
    let manager = Authority { manager: true };
    locker.act(&it, |c, _| decide::name_machine(c, "PC-7", "")).unwrap();
    let early = locker.act(&boss, |c, m| decide::waive(c, "PC-7", "不要", manager, m));
    assert!(early.is_err(), "nobody asked");
    locker.act(&it, |c, _| decide::ask_waiver(c, "PC-7", "予備機がない")).unwrap();
    let alone = locker.act(&it, |c, m| decide::waive(c, "PC-7", "可", manager, m)).unwrap_err();
    assert!(matches!(alone, CustodyError::SamePerson));
    let clerk = clerk();
    let low = locker.act(&clerk, |c, m| decide::waive(c, "PC-7", "可", Authority::default(), m));
    assert!(matches!(low.unwrap_err(), CustodyError::NotPermitted));
    assert!(locker.act(&boss, |c, m| decide::waive(c, "PC-7", " ", manager, m)).is_err());
    let waived =
        locker.act(&boss, |c, m| decide::waive(c, "PC-7", "救急を優先", manager, m)).unwrap();
    assert!(waived.entries[0].1.ja.contains("【証拠の放棄】"), "{:?}", waived.entries);
    locker.act(&it, |c, _| decide::mark_rebuild(c, "PC-7")).unwrap();
}

#[test]
fn a_digest_that_does_not_match_is_recorded_and_stays() {
    let mut locker = Locker::new();
    let it = it_person();
    let (first, other) = ("a".repeat(64), "c".repeat(64));
    let read = |bytes: Vec<u8>| {
        move |c: &Custody, m: Moment<'_>| {
            decide::acquire(c, "", "EMR-DB01", &read_manifest(&bytes, m)?, m)
        }
    };
    let no = locker.act(&it, read(manifest(&first))).unwrap().no;
    assert_eq!(locker.custody.items[&no].measured.bad_ranges.len(), 1);
    let check = Handling {
        kind: EventKind::Check,
        hash_after: Digest::from_hex(&other),
        ..Handling::default()
    };
    let decided = locker.act(&it, |c, m| decide::handle(c, &no, &check, m)).unwrap();
    assert!(decided.entries[0].1.ja.contains("不一致"), "{:?}", decided.entries);
    let item = &locker.custody.items[&no];
    assert!(item.has_mismatch() && item.state == ItemState::Acquired);
    let right = Handling { hash_after: Digest::from_hex(&first), ..check };
    locker.act(&it, |c, m| decide::handle(c, &no, &right, m)).unwrap();
    let item = &locker.custody.items[&no];
    assert!(item.has_mismatch(), "a later match does not take it back");
    assert_eq!(item.state, ItemState::Verified);
    // A second acquisition of the same item is compared with the first, never in its place.
    let again = manifest(&other);
    locker.act(&it, |c, m| decide::acquire(c, &no, "", &read_manifest(&again, m)?, m)).unwrap();
    assert_eq!(locker.custody.items[&no].measured.sha256, Digest::from_hex(&first));
}

#[test]
fn destroying_takes_two_people_and_waits_for_the_hold() {
    let mut locker = Locker::new();
    let (it, boss) = (it_person(), director());
    let manager = Authority { manager: true };
    let why = Handling { reason: "保存期間の終了".into(), ..Handling::default() };
    locker.act(&it, |c, m| decide::pull_disk(c, &pulled("PC-7", true), m)).unwrap();
    assert!(
        locker.act(&boss, |c, m| decide::destroy(c, "E-001", &why, false, manager, m)).is_err()
    );
    locker.act(&it, |c, _| decide::ask_destruction(c, "E-001", "保存期間の終了")).unwrap();
    let held = locker.act(&boss, |c, m| decide::destroy(c, "E-001", &why, true, manager, m));
    assert!(matches!(held.unwrap_err(), CustodyError::OnHold));
    let alone = locker.act(&it, |c, m| decide::destroy(c, "E-001", &why, false, manager, m));
    assert!(matches!(alone.unwrap_err(), CustodyError::SamePerson));
    locker.act(&boss, |c, m| decide::destroy(c, "E-001", &why, false, manager, m)).unwrap();
    assert_eq!(locker.custody.items["E-001"].state, ItemState::Destroyed);
    assert!(!locker.custody.machines["PC-7"].may_be_rebuilt(), "nothing is left of it");
}

/// Everything a person may try, with wrong values among them.
#[derive(Clone, Debug)]
enum Try {
    Name(u8),
    Plan(u8),
    Pull(u8, bool),
    Find(u8, u8, bool),
    Step(u8, u8),
    Handle(u8, u8, u8),
    Acquire(u8, u8, bool),
    Remark(u8),
    Complete(u8),
    Ask(u8),
    Waive(u8, bool),
    Rebuild(u8),
    AskDestroy(u8),
    Destroy(u8, bool, bool),
}

fn any_try() -> impl Strategy<Value = Try> {
    let b = any::<u8>;
    prop_oneof![
        b().prop_map(Try::Name),
        b().prop_map(Try::Plan),
        (b(), any::<bool>()).prop_map(|(m, all)| Try::Pull(m, all)),
        (b(), b(), any::<bool>()).prop_map(|(m, k, all)| Try::Find(m, k, all)),
        (b(), b()).prop_map(|(i, s)| Try::Step(i, s)),
        (b(), b(), b()).prop_map(|(i, k, h)| Try::Handle(i, k, h)),
        (b(), b(), any::<bool>()).prop_map(|(i, h, new)| Try::Acquire(i, h, new)),
        b().prop_map(Try::Remark),
        b().prop_map(Try::Complete),
        b().prop_map(Try::Ask),
        (b(), any::<bool>()).prop_map(|(m, may)| Try::Waive(m, may)),
        b().prop_map(Try::Rebuild),
        b().prop_map(Try::AskDestroy),
        (b(), any::<bool>(), any::<bool>()).prop_map(|(i, h, may)| Try::Destroy(i, h, may)),
    ]
}

fn hash(choice: u8) -> Option<Digest> {
    (!choice.is_multiple_of(3)).then(|| Digest::of(&[choice % 3]))
}

fn tried(c: &Custody, attempt: &Try, m: Moment<'_>) -> Result<Decided, CustodyError> {
    let machine = |choice: u8| format!("PC-{}", choice % 3);
    let item = |choice: u8| format!("E-{:03}", choice % 4 + 1);
    match *attempt {
        Try::Name(n) => decide::name_machine(c, &machine(n), ""),
        Try::Plan(n) => decide::plan(c, &machine(n)),
        Try::Pull(n, all) => decide::pull_disk(c, &pulled(&machine(n), all), m),
        Try::Find(n, kind, completes) => {
            let kind = EvidenceKind::ALL[usize::from(kind) % EvidenceKind::ALL.len()];
            let facts = ItemFacts { kind, machine: machine(n), completes, ..ItemFacts::default() };
            decide::find_item(c, &facts, m)
        }
        Try::Step(i, step) => {
            let reason = "読めない".to_owned();
            let until = sakimori_words::jst_date(m.now);
            let steps = [
                ItemStep::Protect,
                ItemStep::Begin,
                ItemStep::Fail { reason },
                ItemStep::Retain { until },
            ];
            decide::step(c, &item(i), &steps[usize::from(step) % 4], m)
        }
        Try::Handle(i, kind, h) => {
            let handling = Handling {
                kind: EventKind::ALL[usize::from(kind) % EventKind::ALL.len()],
                to: "金庫".into(),
                reason: "調査".into(),
                seal: "B-1".into(),
                hash_after: hash(h),
                ..Handling::default()
            };
            decide::handle(c, &item(i), &handling, m)
        }
        Try::Acquire(i, h, new) => {
            let bytes = manifest(&Digest::of(&[h % 2]).to_string());
            let no = if new { String::new() } else { item(i) };
            decide::acquire(c, &no, &machine(i), &read_manifest(&bytes, m)?, m)
        }
        Try::Remark(i) => decide::remark(c, &item(i), "札を貼り直した"),
        Try::Complete(i) => decide::complete(c, &item(i)),
        Try::Ask(n) => decide::ask_waiver(c, &machine(n), "急ぐ"),
        Try::Waive(n, manager) => decide::waive(c, &machine(n), "救急", Authority { manager }, m),
        Try::Rebuild(n) => decide::mark_rebuild(c, &machine(n)),
        Try::AskDestroy(i) => decide::ask_destruction(c, &item(i), "終了"),
        Try::Destroy(i, hold, manager) => {
            let why = Handling { reason: "終了".into(), ..Handling::default() };
            decide::destroy(c, &item(i), &why, hold, Authority { manager }, m)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_machine_is_rebuilt_before_its_evidence_and_the_chain_holds_whatever_is_done(
        tries in prop::collection::vec((any_try(), 0_u8..3), 1..60),
        cut in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
    ) {
        let people = [it_person(), director(), clerk()];
        let mut locker = Locker::new();
        for (attempt, who) in &tries {
            let before = locker.custody.clone();
            let by = &people[usize::from(*who)];
            let done = locker.act(by, |c, m| tried(c, attempt, m));
            if let (Ok(_), Try::Rebuild(n)) = (&done, attempt) {
                let machine = format!("PC-{}", n % 3);
                prop_assert!(before.machines[&machine].may_be_rebuilt());
            }
        }
        for machine in locker.custody.machines.values() {
            prop_assert!(machine.rebuild.is_none() || machine.may_be_rebuilt());
            match &machine.state {
                MachineState::Waived { by, reason, asked, .. } => {
                    prop_assert_ne!(&by.person, &asked.by.person);
                    prop_assert!(!reason.is_empty());
                }
                MachineState::Secured { items, .. } => prop_assert!(!items.is_empty()),
                _ => {}
            }
        }
        // The lines alone say the same.
        let chain = locker.chain();
        let head = locker.custody.head;
        prop_assert_eq!(check_chain(&chain, Some(head)), Ok(head));
        let read: Vec<ChainLine> =
            chain.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        prop_assert_eq!(&Custody::replay(&read), &locker.custody);
        if !read.is_empty() {
            tampering_is_found(&chain, head, cut.index(read.len()), other.index(read.len()))?;
        }
    }
}

fn joined(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn tampering_is_found(
    chain: &str,
    head: ChainHead,
    at: usize,
    other: usize,
) -> Result<(), TestCaseError> {
    let lines: Vec<&str> = chain.lines().collect();
    let n = at as u64 + 1;
    let mut changed = lines.clone();
    let forged = lines[at].replace("\"by\":{", "\"by\": {");
    changed[at] = &forged;
    prop_assert_eq!(check_chain(&joined(&changed), Some(head)), Err(changed_or_other(n, head)));
    let mut shorter = lines.clone();
    shorter.remove(at);
    let missing = ChainFault::Missing { first: n, last: n };
    prop_assert_eq!(check_chain(&joined(&shorter), Some(head)), Err(missing));
    let mut longer = lines.clone();
    longer.insert(at + 1, lines[other]);
    let found = check_chain(&joined(&longer), Some(head)).unwrap_err();
    prop_assert!(!matches!(found, ChainFault::Another { .. }), "{found}");
    // Somebody who writes the whole chain anew is found by the head on paper.
    prop_assert!(check_chain(&joined(&lines[..at]), None).is_ok());
    Ok(())
}

/// Nothing follows the last line, so that only the head on paper tells that it was changed.
fn changed_or_other(n: u64, head: ChainHead) -> ChainFault {
    if n == head.n { ChainFault::Another { n } } else { ChainFault::Changed { n } }
}

#[test]
fn a_line_whose_link_was_changed_is_the_one_that_is_named() {
    let mut locker = Locker::new();
    let it = it_person();
    for name in ["A", "B", "C", "D"] {
        locker.act(&it, |c, _| decide::name_machine(c, name, "")).unwrap();
    }
    let mut lines = locker.lines.clone();
    lines[1].prev = Digest::of(b"forged");
    let text: String = lines.iter().map(|line| line.text() + "\n").collect();
    assert_eq!(check_chain(&text, Some(locker.custody.head)), Err(ChainFault::Changed { n: 2 }));
    assert_eq!(check_chain("not json\n", None), Err(ChainFault::Changed { n: 1 }));
}

#[test]
fn a_chain_of_version_1_keeps_its_meaning() {
    let kept = include_str!("samples/chain-v1.jsonl");
    let head = check_chain(kept, None).unwrap();
    let lines: Vec<ChainLine> =
        kept.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let written: String = lines.iter().map(|line| line.text() + "\n").collect();
    assert_eq!(written, kept, "written again it is the same bytes");
    let custody = Custody::replay(&lines);
    assert_eq!((custody.head, custody.items.len()), (head, 2));
    assert!(custody.machines["EMR-DB01"].rebuild.is_some());
}

#[test]
fn hostile_manifests_are_told_what_is_wrong() {
    let chance = TestChance::default();
    let it = it_person();
    let moment = Moment { now: jst("2026-11-02T06:00"), by: &it, chance: &chance };
    let read = |text: &str| read_manifest(text.as_bytes(), moment).unwrap_err().to_string();
    let with = |field: &str, value: serde_json::Value| {
        let mut json: serde_json::Value =
            serde_json::from_slice(&manifest(&"a".repeat(64))).unwrap();
        json[field] = value;
        read(&json.to_string())
    };
    let huge = serde_json::json!([{"offset": u64::MAX, "length": 2}]);
    let far = serde_json::json!([{"offset": 4000, "length": 200}]);
    let said = [
        read(""),
        read("{}"),
        read("[1,2]"),
        read(&"[".repeat(100_000)),
        with("format", "sakimori-evidence/9".into()),
        with("kind", "spoon".into()),
        with("sha256", "zz".into()),
        with("sha256", serde_json::Value::Null),
        with("blake3", "00".into()),
        with("bad_ranges", huge),
        with("bad_ranges", far),
        with("started_at", "yesterday".into()),
        with("finished_at", "2099-01-01T00:00:00Z".into()),
        with("size_bytes", (-1).into()),
        with("title", "あ".repeat(1_001).into()),
    ];
    insta::assert_snapshot!(said.join("\n"));
    let large = vec![b' '; MANIFEST_BYTES_MAX + 1];
    assert!(matches!(read_manifest(&large, moment), Err(ManifestError::TooLarge { .. })));
}

proptest! {
    #[test]
    fn any_bytes_are_no_chain_and_no_manifest_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        fuzz_custody_chain(&bytes);
        let (chance, it) = (TestChance::default(), it_person());
        let moment = Moment { now: jst("2026-11-02T06:00"), by: &it, chance: &chance };
        let _ = read_manifest(&bytes, moment);
        let _ = picture(&bytes);
    }
}

#[tokio::test]
async fn the_desk_keeps_the_chain_and_the_timeline_together() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-11-02T06:41");
    let desk = case_desk(folder.path(), &clock).await;
    let (it, boss) = (it_person(), director());
    let case = desk.open(&opening("画面がおかしい"), &it).await.unwrap();
    desk.name_machines_of_findings(&case.id, &it).await.unwrap();
    desk.pull_disk(&case.id, &pulled("EMR-DB01", true), &it).await.unwrap();
    desk.mark_rebuild(&case.id, "EMR-DB01", &it).await.unwrap();
    desk.name_machine(&case.id, "PC-7", "受付", &it).await.unwrap();
    let shut = desk.mark_rebuild(&case.id, "PC-7", &it).await.unwrap_err();
    assert_eq!(shut.trouble().kind.code, "SK-RESPOND-050");
    desk.ask_waiver(&case.id, "PC-7", "予備がない", &it).await.unwrap();
    let manager = Authority { manager: true };
    desk.waive_evidence(&case.id, "PC-7", "救急", manager, &boss).await.unwrap();
    let chain = desk.custody_chain(&case.id).await.unwrap();
    let head = desk.custody_head(&case.id).await.unwrap();
    assert_eq!(check_chain(&chain, Some(head)), Ok(head));
    let custody = desk.custody(&case.id).await.unwrap();
    let read: Vec<ChainLine> =
        chain.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(Custody::replay(&read), custody);
    assert_eq!(custody.unsecured().count(), 0);
    let timeline = desk.timeline(&case.id).await.unwrap();
    assert!(timeline.iter().any(|entry| entry.text.ja.contains("EMR-DB01 を再構築に回す")));
    // Two people at once: both are kept, in one chain.
    let (pulled_a, pulled_b) = (pulled("PC-8", true), pulled("PC-9", true));
    let (a, b) = tokio::join!(
        desk.pull_disk(&case.id, &pulled_a, &it),
        desk.pull_disk(&case.id, &pulled_b, &boss)
    );
    a.unwrap();
    b.unwrap();
    let chain = desk.custody_chain(&case.id).await.unwrap();
    let head = desk.custody_head(&case.id).await.unwrap();
    assert_eq!(check_chain(&chain, Some(head)), Ok(head));
    assert_eq!(desk.custody(&case.id).await.unwrap().items.len(), 3);
    every_reference_resolves(&export::case_uco(&case, &desk.custody(&case.id).await.unwrap()));
}

/// The graph of CASE/UCO: every `@id` that something points at is a node, and every prefix is known.
fn every_reference_resolves(text: &str) {
    let document: serde_json::Value = serde_json::from_str(text).unwrap();
    let nodes = document["@graph"].as_array().unwrap();
    let ids: std::collections::BTreeSet<&str> =
        nodes.iter().map(|node| node["@id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), nodes.len());
    let prefixes = document["@context"].as_object().unwrap();
    fn walk(value: &serde_json::Value, found: &mut dyn FnMut(&str, &serde_json::Value)) {
        match value {
            serde_json::Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                found(name, value);
                walk(value, found);
            }),
            serde_json::Value::Array(values) => values.iter().for_each(|one| walk(one, found)),
            _ => {}
        }
    }
    walk(&document["@graph"], &mut |name, value| match (name, value.as_str()) {
        ("@id", Some(id)) => assert!(ids.contains(id), "{id} is no node"),
        ("@type", Some(kind)) => {
            assert!(prefixes.contains_key(kind.split(':').next().unwrap()), "{kind}");
        }
        (name, _) if !name.starts_with('@') => {
            assert!(prefixes.contains_key(name.split(':').next().unwrap()), "{name}");
        }
        _ => {}
    });
}

/// Items with everything on them: measured, handled, mismatched, remarked.
fn full_locker() -> Locker {
    let mut locker = Locker::new();
    let it = it_person();
    locker.act(&it, |c, m| decide::pull_disk(c, &pulled("EMR-DB01", true), m)).unwrap();
    let bytes = manifest(&"a".repeat(64));
    locker.act(&it, |c, m| decide::acquire(c, "E-001", "", &read_manifest(&bytes, m)?, m)).unwrap();
    for handling in [
        Handling {
            kind: EventKind::Check,
            hash_after: Digest::from_hex(&"c".repeat(64)),
            ..Handling::default()
        },
        Handling {
            kind: EventKind::HandOver,
            from: "見本市民病院".into(),
            to: "大阪府警察本部 サイバー犯罪捜査課".into(),
            reason: "任意提出".into(),
            authority: "令8-123".into(),
            witness: "鈴木".into(),
            ..Handling::default()
        },
    ] {
        locker.act(&it, |c, m| decide::handle(c, "E-001", &handling, m)).unwrap();
    }
    let copy = ItemFacts {
        root_no: "E-001".into(),
        title: "=cmd|' /C calc'!A0".into(),
        make: "ACME".into(),
        ..ItemFacts::default()
    };
    locker.act(&it, |c, m| decide::find_item(c, &copy, m)).unwrap();
    locker.act(&it, |c, _| decide::remark(c, "E-001-1", "札を貼り直した")).unwrap();
    locker
}

#[test]
fn exports_have_every_column_and_every_reference() {
    let locker = full_locker();
    let csv = export::csv(&CaseId::from("case-1"), &locker.custody);
    insta::assert_snapshot!("csv", csv.replace("\r\n", "\n"));
    assert!(csv.contains("'=cmd"), "a title is no formula");
    let chance = TestChance::default();
    let it = it_person();
    let moment = Moment { now: jst("2026-11-02T06:00"), by: &it, chance: &chance };
    let case = crate::decide::open(&opening("画面がおかしい"), &crate::tests::content(), moment)
        .unwrap()
        .case;
    let graph = export::case_uco(&case, &locker.custody);
    every_reference_resolves(&graph);
    for part in ["\"E-001-1\"", "rootExhibitNumber", "wasInformedBy", "令8-123", "hexBinary"] {
        assert!(graph.contains(part), "{part}\n{graph}");
    }
    assert_eq!(graph, export::case_uco(&case, &locker.custody), "the same bytes every time");
}

#[test]
fn the_form_says_everything_in_both_languages() {
    let locker = full_locker();
    let item = &locker.custody.items["E-001"];
    let form = custody_form("画面がおかしい", "case-1", item, locker.custody.head);
    let mut text = String::new();
    for row in form.about.iter().chain(&form.object).chain(&form.identity) {
        text.push_str(&format!("{} / {}: {}\n", row.label.ja, row.label.en, row.value.ja));
    }
    for event in &form.events {
        text.push_str(&format!(
            "{} {} {} → {} [{}] {}\n",
            event.at.ja,
            event.what.ja,
            event.from.ja,
            event.to.ja,
            event.particulars.ja,
            event.people.ja
        ));
    }
    insta::assert_snapshot!("form", text);
}
