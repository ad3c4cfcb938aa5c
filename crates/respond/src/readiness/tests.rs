//! What is prepared can be relied on at night.

use std::sync::Arc;

use proptest::prelude::*;
use sakimori_content::{Answered, ContactRole, LocalContact, OwnPhone, PhoneKind, deputy_circle};

use super::*;
use crate::tests::{
    TestChance, TestClock, case_desk, content, director, hospital, it_person, jst, opening, store,
};
use crate::{EvidenceHold, IsolationChoice, Opening, RespondError};

fn person(id: &str, name: &str, phone: &str) -> LocalContact {
    LocalContact {
        id: id.to_owned(),
        role: ContactRole::Staff,
        name: name.to_owned(),
        duty: "当直".to_owned(),
        phones: vec![OwnPhone::always(phone, "")],
        ..LocalContact::default()
    }
}

fn tree() -> Vec<LocalContact> {
    let mut head = person("head", "山田 太郎", "090-0000-0001");
    head.phones[0].kind = PhoneKind::Mobile;
    head.phones[0].answered = Answered::Weekdays { opens_minute: 540, closes_minute: 1_050 };
    head.deputies = vec!["second".to_owned()];
    head.systems = vec!["電子カルテ".to_owned(), "医事会計".to_owned()];
    head.verified_on = Some("2026-10-01".parse().unwrap());
    vec![
        head,
        person("second", "佐藤 花子", "+81-90-0000-0002"),
        person("third", "鈴木", "内線 1234"),
    ]
}

fn csv_of(rows: &[Vec<String>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

#[test]
fn the_tree_comes_back_from_a_spreadsheet_as_it_went_out_also_in_shift_jis() {
    let text = csv_of(&contact_rows(&tree()));
    let read = read_contacts(text.as_bytes(), &[], String::new).unwrap();
    assert_eq!(read, tree());
    let (shift_jis, _, _) = encoding_rs::SHIFT_JIS.encode(&text);
    assert_eq!(read_contacts(&shift_jis, &tree(), String::new).unwrap(), tree());
}

#[test]
fn every_fault_of_a_file_is_told_by_its_cell_and_nothing_is_taken() {
    let text = "名称,区分,電話1,受付1,確認日,代行\n\
                山田,院内,9012345678,月曜だけ,昨日,だれか\n\
                ,警察署,06-0000-0110,,,\n";
    let Err(ContactsFileError::Cells(faults)) = read_contacts(text.as_bytes(), &[], String::new)
    else {
        panic!("the file is refused")
    };
    let told: Vec<String> =
        faults.iter().map(|one| format!("{} {}: {}", one.line, one.column, one.why.ja)).collect();
    insta::assert_snapshot!(told.join("\n"));
    assert_eq!(read_contacts(b"a,b\n1,2\n", &[], String::new), Err(ContactsFileError::NoHeading));
}

#[test]
fn deputies_that_go_round_in_a_circle_are_refused_and_do_no_harm_where_they_are_already() {
    let mut tree = tree();
    assert_eq!(deputy_circle(&tree, "head"), None);
    tree[1].deputies = vec!["third".to_owned(), "gone".to_owned()];
    tree[2].deputies = vec!["head".to_owned()];
    let circle = deputy_circle(&tree, "head").unwrap();
    assert_eq!(circle, ["山田 太郎", "佐藤 花子", "鈴木", "山田 太郎"]);
    let text = csv_of(&contact_rows(&tree)).replace("、gone", "");
    let Err(ContactsFileError::Cells(faults)) = read_contacts(text.as_bytes(), &[], String::new)
    else {
        panic!("the file is refused")
    };
    let lines: Vec<u64> = faults.iter().map(|one| one.line).collect();
    assert_eq!(lines, [2, 3, 4]);
    assert!(faults[0].why.ja.contains("山田 太郎 → 佐藤 花子 → 鈴木 → 山田 太郎"));

    let one_at_a_time = "名称,区分,代行\n鈴木,院内,鈴木\n";
    assert!(read_contacts(one_at_a_time.as_bytes(), &[], String::new).is_err(), "one's own deputy");

    // Kept by an earlier version: everybody stands there once, the list ends.
    let deciders = ["head", "second"].map(|contact| Decider {
        contact: contact.to_owned(),
        position: "当直".to_owned(),
        limits: String::new(),
    });
    let content = content();
    let at = jst("2026-11-20T21:47");
    let reached = reach(&deciders, &tree, content.calendar(), at);
    let names: Vec<&str> = reached.iter().map(|one| one.contact.as_str()).collect();
    assert_eq!(names, ["head", "second", "third"]);
    let sheet = content.call_sheet(at, hospital().prefecture, &[], &tree);
    let deputies = sheet.entries.iter().flat_map(|entry| &entry.deputies);
    assert!(deputies.count() <= 3);
}

#[test]
fn an_imported_row_takes_the_place_of_the_contact_with_its_name_and_others_stay() {
    let text = "名称,区分,電話1\n佐藤 花子,院内,090-9999-0002\n新人,院内,090-9999-0003\n";
    let read = read_contacts(text.as_bytes(), &tree(), || "new".to_owned()).unwrap();
    let told: Vec<(&str, &str)> =
        read.iter().map(|own| (own.id.as_str(), own.first_phone())).collect();
    assert_eq!(
        told,
        [
            ("head", "090-0000-0001"),
            ("second", "090-9999-0002"),
            ("third", "内線 1234"),
            ("new", "090-9999-0003")
        ]
    );
}

#[test]
fn at_night_the_deputy_of_the_decider_is_the_one_who_answers() {
    let deciders = [Decider {
        contact: "head".to_owned(),
        position: "病院長".to_owned(),
        limits: String::new(),
    }];
    let content = content();
    let at = |text: &str| reach(&deciders, &tree(), content.calendar(), jst(text));
    let night: Vec<(String, bool)> = at("2026-11-20T03:12")
        .into_iter()
        .map(|one| (one.name.clone(), one.answers_now()))
        .collect();
    assert_eq!(night, [("山田 太郎".to_owned(), false), ("佐藤 花子".to_owned(), true)]);
    assert!(at("2026-11-20T10:00")[0].answers_now());
}

#[tokio::test]
async fn a_drill_is_timed_scored_and_closed_only_when_everything_is_better() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-11-20T09:00");
    let desk = ReadinessDesk::new(
        store(folder.path(), "node.db").await,
        clock.clone(),
        Arc::new(TestChance::default()),
    );
    let plan = DrillPlan {
        title: "秋の連絡訓練".to_owned(),
        people: ["head", "second", "third", "head"].map(str::to_owned).to_vec(),
        ..DrillPlan::default()
    };
    let (it, boss) = (it_person(), director());
    let id = desk.plan_drill(&plan, &tree(), &it).await.unwrap().id;
    let early = desk.tried(&id, "head", "", Tried::Answered, &it).await;
    assert!(matches!(early, Err(RespondError::NotNow { .. })));
    desk.start_drill(&id, &it).await.unwrap();
    clock.set("2026-11-20T09:02");
    let (one, two) = tokio::join!(
        desk.tried(&id, "head", "090-0000-0001", Tried::NoAnswer, &it),
        desk.tried(&id, "second", "090-0000-0002", Tried::Answered, &boss)
    );
    one.unwrap();
    two.unwrap();
    let drill = desk.drill(&id).await.unwrap();
    let waiting: Vec<&str> = drill.waiting().iter().map(|one| one.contact.as_str()).collect();
    assert_eq!(waiting, ["third", "head"], "who was not tried yet comes before who did not answer");
    clock.set("2026-11-20T09:10");
    desk.tried(&id, "head", "090-0000-0001", Tried::Answered, &it).await.unwrap();
    desk.tried(&id, "third", "内線 1234", Tried::WrongNumber, &it).await.unwrap();
    let drill = desk.end_drill(&id, &it).await.unwrap();
    let score = drill_score(&drill);
    assert_eq!((score.people, score.reached, score.seconds_to_all), (3, 2, None));
    assert_eq!(
        (score.unreached, score.wrong),
        (vec!["鈴木".to_owned()], vec!["鈴木 内線 1234".to_owned()])
    );
    let due = "2026-12-20".parse().unwrap();
    let drill = desk.improve_drill(&id, "内線を直す", "佐藤", due, &it).await.unwrap();
    assert!(desk.close_drill(&id, &it).await.is_err(), "something is not better yet");
    let open = &drill.improvements[0];
    let silent = desk.improved(&id, &open.id, " ", &it).await.unwrap_err();
    assert!(matches!(silent, RespondError::Missing { what: "done" }));
    let after = desk.improved(&id, &open.id, "連絡網を更新", &it).await.unwrap();
    let own = &after.improvements[0];
    assert_eq!((own.done.as_str(), own.done_by.as_ref()), ("連絡網を更新", Some(&it)));
    assert!(desk.improved(&id, &open.id, "もう一度", &it).await.is_err(), "done once");
    desk.close_drill(&id, &it).await.unwrap();
    assert_eq!(desk.drills().await.unwrap().len(), 1);
}

#[tokio::test]
async fn procedures_are_kept_in_versions_and_become_stale_after_a_year() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-11-20T09:00");
    let desk = ReadinessDesk::new(
        store(folder.path(), "node.db").await,
        clock,
        Arc::new(TestChance::default()),
    );
    let mut text = ProcedureText {
        stopping: "2台以上で同じ症状なら外部回線を切る".to_owned(),
        approved_by: "病院長 山田".to_owned(),
        reviewed_on: Some("2026-11-20".parse().unwrap()),
        ..ProcedureText::default()
    };
    desk.write_procedure("isolation", &text, &it_person()).await.unwrap();
    text.stopping = "1台でも切る".to_owned();
    let second = desk.write_procedure("isolation", &text, &it_person()).await.unwrap();
    assert_eq!(second.version, 2);
    assert!(desk.versions("isolation").await.unwrap()[0].text.stopping.starts_with("2台"));
    assert!(!second.is_stale_on("2027-11-20".parse().unwrap()));
    assert!(second.is_stale_on("2027-11-21".parse().unwrap()));
    assert!(desk.write_procedure("lunch", &text, &it_person()).await.is_err());
}

#[tokio::test]
async fn a_decision_names_the_criteria_in_force_and_waits_when_they_are_not_those_that_were_seen() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-11-20T09:00");
    let desk = case_desk(folder.path(), &clock).await;
    let ready = ReadinessDesk::new(
        Arc::clone(&desk.store),
        Arc::clone(&desk.clock),
        Arc::clone(&desk.chance),
    );
    let it = it_person();
    let case = desk.open(&opening("電子カルテが開かない"), &it).await.unwrap();
    let choice = IsolationChoice {
        guide: "isolation".to_owned(),
        option: "segments".to_owned(),
        decided_by: "山田 太郎".to_owned(),
        decider_role: "病院長".to_owned(),
        decided_at: None,
        clinical_impact: "調査中".to_owned(),
        revert_condition: "感染がないことを確認したとき".to_owned(),
        review_at: None,
    };
    let made_up = desk.decide_isolation_by(&case.id, &choice, Some(7), &it).await.unwrap_err();
    assert!(matches!(made_up, RespondError::CriteriaChanged { seen: Some(7), now: None }));
    let after = desk.decide_isolation_by(&case.id, &choice, None, &it).await.unwrap();
    assert_eq!(after.isolation().unwrap().own_criteria, None);
    let mut text = ProcedureText {
        stopping: "2台以上で同じ症状なら外部回線を切る".to_owned(),
        approved_by: "病院長 山田".to_owned(),
        ..ProcedureText::default()
    };
    for (version, stopping) in [(1, "2台以上"), (2, "1台でも")] {
        text.stopping = stopping.to_owned();
        ready.write_procedure("isolation", &text, &it).await.unwrap();
        let before = Some(version - 1).filter(|own| *own > 0);
        let late = desk.decide_isolation_by(&case.id, &choice, before, &it).await.unwrap_err();
        assert_eq!(late.trouble().kind.code, "SK-RESPOND-025");
        let after = desk.decide_isolation_by(&case.id, &choice, Some(version), &it).await.unwrap();
        assert_eq!(after.isolation().unwrap().own_criteria, Some(version));
    }
    assert_eq!(desk.case(&case.id).await.unwrap().isolation.len(), 3, "no refused one was kept");
}

#[tokio::test]
async fn what_an_exercise_showed_is_open_until_somebody_says_what_was_done() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-11-20T09:00");
    let desk = case_desk(folder.path(), &clock).await;
    let (it, boss) = (it_person(), director());
    let play = Opening { exercise: true, ..opening("電子カルテが開かない") };
    let case = desk.open(&play, &it).await.unwrap();
    let due = "2026-11-30".parse().unwrap();
    let case = desk.improve_exercise(&case.id, "当直表を更新", "佐藤", due, &it).await.unwrap();
    let wanted = case.rehearsal.improvements[0].clone();
    assert!(
        wanted.is_open() && !wanted.is_late_on(due) && wanted.is_late_on(due.tomorrow().unwrap())
    );
    desk.close(&case.id, "訓練終了", &it).await.unwrap();
    clock.set("2026-12-02T10:00");
    let silent = desk.improved_exercise(&case.id, &wanted.id, "", &boss).await.unwrap_err();
    assert!(matches!(silent, RespondError::Missing { what: "done" }));
    let case = desk.improved_exercise(&case.id, &wanted.id, "差し替えた", &boss).await.unwrap();
    let own = &case.rehearsal.improvements[0];
    assert_eq!((own.done.as_str(), own.done_by.as_ref()), ("差し替えた", Some(&boss)));
    let again = desk.improved_exercise(&case.id, &wanted.id, "また", &it).await.unwrap_err();
    assert!(matches!(again, RespondError::Unknown { what: "improvement", .. }));
    let real = desk.open(&opening("本物"), &it).await.unwrap();
    let real = desk.improved_exercise(&real.id, &wanted.id, "x", &it).await.unwrap_err();
    assert!(matches!(real, RespondError::NotAnExercise));
    // An improvement kept before somebody had to say what was done still reads.
    let old = r#"{"id":"1","what":"x","owner":"y","due_on":"2026-11-30","done_at":null}"#;
    assert!(serde_json::from_str::<Improvement>(old).unwrap().is_open());
}

#[tokio::test]
async fn an_exercise_holds_no_logs_is_closed_with_open_duties_and_is_scored() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-11-20T09:00");
    let desk = case_desk(folder.path(), &clock).await;
    let it = it_person();
    let play = Opening { exercise: true, ..opening("電子カルテが開かない") };
    let case = desk.open(&play, &it).await.unwrap();
    assert_eq!(desk.holds().await.unwrap(), [] as [EvidenceHold; 0]);
    let known = ["電子カルテ".to_owned(), "PACS".to_owned()];
    assert_eq!(affected_systems(&case, &known), ["電子カルテ"]);
    let step = content().playbook("first-hour", "2026-11-20".parse().unwrap()).unwrap().steps[0]
        .id
        .clone();
    desk.add_inject(&case.id, 5, "病棟から電話", &step, &it).await.unwrap();
    clock.set("2026-11-20T09:04");
    let case_now = desk.case(&case.id).await.unwrap();
    assert!(case_now.rehearsal.told(case_now.opened_at, jst("2026-11-20T09:04")).is_empty());
    clock.set("2026-11-20T09:12");
    let done = crate::StepState::Done { note: String::new() };
    desk.mark_step(&case.id, &step, &done, &it).await.unwrap();
    let case = desk.close(&case.id, "訓練終了", &it).await.unwrap();
    assert_eq!(inject_scores(&case)[0].minutes, Some(7));
    assert_eq!(exercise_marks(&case)[0].minutes, 12);
    let due = "2026-12-20".parse().unwrap();
    desk.improve_exercise(&case.id, "番号を壁に貼る", "佐藤", due, &it).await.unwrap();
    let real = desk.open(&opening("本物"), &it).await.unwrap();
    let refused = desk.add_inject(&real.id, 5, "x", "", &it).await;
    assert!(matches!(refused, Err(RespondError::NotAnExercise)));
    assert_eq!(desk.holds().await.unwrap().len(), 1);
}

proptest! {
    #[test]
    fn any_bytes_are_a_file_of_contacts_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        fuzz_contacts_file(&bytes);
    }

    #[test]
    fn any_table_of_text_is_read_or_refused(cells in prop::collection::vec(".{0,20}", 0..12)) {
        let text = format!("名称,電話1,受付1,代行\n{}\n", cells.join(","));
        fuzz_contacts_file(text.as_bytes());
    }
}
