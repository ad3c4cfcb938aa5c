//! The ten dated points of Osaka 2022 on the board: seventy-three days as one record, over a real store.

use sakimori_content::Recipient;
use sakimori_words::Instant;

use super::{TestClock, case_desk, content, director, draft_of, it_person, jst, opening};
use crate::{
    Addressee, Case, CaseDesk, Disclosure, Draft, EvidenceStanding, HandIn, MhlwPhase,
    PatientNotice, Phase, RespondError, ServiceChange, ServiceState, Stage, Substitute, Taking,
    Threshold, Tri, Weighed, regions,
};

const PAPER: ServiceState = ServiceState::Workaround { by: Substitute::Paper };
const COPY: ServiceState = ServiceState::Workaround { by: Substitute::ReferenceCopy };

fn partly(scope: &str) -> ServiceState {
    ServiceState::Partial { scope: scope.to_owned() }
}

/// One dated point: when, which service, how it runs from then on, and what was said about it.
type Point = (&'static str, &'static str, ServiceState, &'static str);

/// What the hospital published, as steps of services.
fn points() -> Vec<Point> {
    vec![
        ("2026-10-31T08:30", "救急", ServiceState::Stopped, "新規の受入れを停止"),
        ("2026-10-31T08:30", "予定手術", ServiceState::Stopped, "延期して連絡"),
        ("2026-10-31T08:30", "外来初診", ServiceState::Stopped, ""),
        ("2026-10-31T08:30", "電子カルテ", PAPER, "紙カルテで運用"),
        ("2026-10-31T08:30", "画像・文書の参照", ServiceState::Stopped, ""),
        ("2026-11-01T15:00", "画像・文書の参照", partly("参照だけ"), "文書画像の参照システム"),
        ("2026-11-04T08:30", "予定手術", partly("一部の手術"), "紙の指示で実施"),
        ("2026-11-10T08:30", "電子カルテ", COPY, "バックアップからの参照環境"),
        ("2026-11-10T08:30", "救急", partly("三次救急、小児救急の一部"), ""),
        ("2026-11-17T08:30", "救急", partly("二次救急まで"), "救急外来で参照できる"),
        ("2026-11-28T08:30", "予定手術", partly("手術枠を拡大"), "手術室で参照できる"),
        ("2026-12-12T08:30", "電子カルテ", partly("基幹システムを再開"), "部門は順次"),
        ("2026-12-22T08:30", "電子カルテ", ServiceState::Restored, "全面利用"),
        ("2027-01-11T08:30", "救急", ServiceState::Restored, "通常診療"),
        ("2027-01-11T08:30", "予定手術", ServiceState::Restored, ""),
        ("2027-01-11T08:30", "外来初診", ServiceState::Restored, ""),
        ("2027-01-11T08:30", "画像・文書の参照", ServiceState::Restored, ""),
    ]
}

fn head() -> Taking {
    Taking {
        decided_by: "山田 太郎".to_owned(), decider_role: "病院長".to_owned(), at: None
    }
}

async fn on_the_board(desk: &CaseDesk, clock: &TestClock, case: &Case) {
    for (name, priority) in
        [("救急", 1), ("予定手術", 1), ("外来初診", 2), ("電子カルテ", 2), ("画像・文書の参照", 3)]
    {
        desk.add_service(&case.id, name, priority, &it_person()).await.unwrap();
    }
    for (at, name, state, condition) in points() {
        clock.set(at);
        let now = desk.case(&case.id).await.unwrap();
        let service = now.room.services.iter().find(|one| one.name == name).unwrap();
        let change = ServiceChange {
            state,
            condition: condition.to_owned(),
            planned_restore: None,
            taking: head(),
        };
        let seen = Some(service.steps.len());
        desk.change_service(&case.id, &service.id, &change, seen, &it_person()).await.unwrap();
    }
}

fn threshold() -> Threshold {
    let yes = |why: &str| Weighed::new(Tri::Yes, why);
    Threshold {
        disorder: yes("電子カルテが使えない"),
        leak: Weighed::new(Tri::Unknown, ""),
        leak_feared: yes("調査中"),
        data_lost: yes("暗号化された"),
        care: yes("救急と手術を停止"),
        care_feared: yes(""),
        illicit: yes("脅迫文がある"),
        leak_known_at: None,
    }
}

/// The board as it is read: one line for each service.
fn read(case: &Case, at: Instant) -> String {
    let there = regions(case, EvidenceStanding::None, at);
    let mut text = format!(
        "{at} 対応: {} ({}) 公表: {} 患者: {}\n",
        there.phase.map(|one| one.words().ja).unwrap_or_default(),
        there.mhlw.map(|one| one.words().ja).unwrap_or_default(),
        there.disclosure.words().ja,
        there.patient_notice.words().ja,
    );
    for (service, step) in there.services {
        let (state, since) = step.map_or(("通常".to_owned(), String::new()), |step| {
            (step.state.words().ja, format!(" {} {}", step.taken.at, step.condition))
        });
        text.push_str(&format!("  {}: {state}{since}\n", service.name));
    }
    text
}

#[tokio::test]
async fn seventy_three_days_of_osaka_are_one_record_that_answers_for_any_day() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-10-31T07:00");
    let desk = case_desk(folder.path(), &clock).await;
    let (it, head_of) = (it_person(), director());
    let case = desk.open(&opening("電子カルテに英語の脅迫文"), &it).await.unwrap();
    let id = &case.id;
    desk.follow(id, "ransomware", &it).await.unwrap();
    clock.set("2026-10-31T08:00");
    desk.judge(id, &threshold(), &it).await.unwrap();
    clock.set("2026-10-31T08:29");
    desk.advance(id, Phase::Contained, "", &head(), Some(1), &it).await.unwrap();
    on_the_board(&desk, &clock, &case).await;
    let board = desk.case(id).await.unwrap();
    for day in ["10-31", "11-15", "12-12"] {
        let at = jst(&format!("2026-{day}T23:59"));
        insta::assert_snapshot!(format!("osaka_board_{day}"), read(&board, at));
    }
    let on_paper = |at: &str| {
        let there = regions(&board, EvidenceStanding::None, jst(at));
        let paper =
            there.services.iter().filter(|(_, step)| step.is_some_and(|step| step.state == PAPER));
        paper.map(|(service, _)| service.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(on_paper("2026-11-09T23:59"), ["電子カルテ"]);
    assert_eq!(on_paper("2026-11-15T23:59"), [""; 0], "read-only copy since the 10th");
    let last = serde_json::to_vec(&board).unwrap().len();
    assert!(last < 200_000, "{last} bytes");

    clock.set("2027-01-11T09:00");
    desk.advance(id, Phase::Monitoring, "公表時に記録", &head(), None, &it).await.unwrap();
    for to in [Disclosure::Prepared, Disclosure::Approved, Disclosure::Published] {
        desk.disclose(id, to, "記者会見", &head(), None, &head_of).await.unwrap();
    }
    let told =
        PatientNotice::Substituted { how: "病院のウェブサイトで公表".to_owned() };
    desk.notify_patients(id, &told, &head(), None, &head_of).await.unwrap();
    let after = desk.case(id).await.unwrap();
    assert_eq!(after.phase().mhlw(), Some(MhlwPhase::Afterwards));
    let before = regions(&after, EvidenceStanding::None, jst("2026-12-31T00:00"));
    assert_eq!((before.disclosure, before.phase), (Disclosure::Internal, Some(Phase::Contained)));
    reports_to_the_last(&desk, &clock, &after).await;
}

fn to_the_ministry(stage: Stage) -> Draft {
    let mut draft = draft_of(stage);
    draft.addressees.retain(|one| one.recipient == Recipient::Ministry);
    draft
}

/// Prompt, follow-up, final: each approved by another person, and after the final one the chain is closed for that office.
async fn reports_to_the_last(desk: &CaseDesk, clock: &TestClock, case: &Case) {
    let (it, head_of, id) = (it_person(), director(), &case.id);
    for (at, stage) in [
        ("2027-01-11T10:00", Stage::Prompt),
        ("2027-01-12T10:00", Stage::FollowUp),
        ("2027-01-20T10:00", Stage::Final),
    ] {
        clock.set(at);
        let report = desk.draft(id, &to_the_ministry(stage), &it).await.unwrap();
        desk.approve(&report.id, &head_of).await.unwrap();
        let twice = desk.approve(&report.id, &head_of).await.unwrap_err();
        assert!(matches!(&twice, RespondError::DoneBy { by, .. } if *by == head_of.name));
        desk.submit(&report.id, &it).await.unwrap();
        let again = desk.submit(&report.id, &head_of).await.unwrap_err();
        assert_eq!(again.trouble().kind.code, "SK-RESPOND-046");
    }
    let file = desk.file(id).await.unwrap();
    let standing: Vec<String> =
        file.reports.iter().map(|one| one.standing(&file.reports).words().ja).collect();
    assert_eq!(standing, ["次の報に引き継いだ", "次の報に引き継いだ", "提出済み（受領待ち）"]);
    let closed = desk.draft(id, &to_the_ministry(Stage::FollowUp), &it).await.unwrap_err();
    assert!(matches!(&closed, RespondError::ChainClosed { offices } if offices == "厚生労働省"));
    let other = Draft {
        addressees: vec![Addressee {
            recipient: Recipient::Police,
            name: "大阪府警察本部".to_owned(),
            organisation: None,
        }],
        ..to_the_ministry(Stage::FollowUp)
    };
    let report = desk.draft(id, &other, &it).await.unwrap();
    assert_eq!(report.number, 4);
    to_the_end(desk, clock, case).await;
    let report = desk.draft(id, &to_the_ministry(Stage::FollowUp), &it).await;
    assert!(matches!(report, Err(RespondError::ReportState { .. })), "the one to the police first");
}

/// Every duty is fulfilled or excused, the case ends, and goes on when something new is found.
async fn to_the_end(desk: &CaseDesk, clock: &TestClock, case: &Case) {
    let (it, id) = (it_person(), &case.id);
    clock.set("2027-02-01T10:00");
    for duty in desk.case(id).await.unwrap().obligations {
        let by_letter =
            HandIn { channel: "書面".to_owned(), receipt_number: String::new(), at: None };
        if duty.is_open() {
            desk.hand_in(id, &duty.id, &by_letter, &it).await.ok();
        }
    }
    desk.advance(id, Phase::Review, "", &head(), None, &it).await.unwrap();
    let closed = desk.close(id, "診療を全面再開", &director()).await.unwrap();
    assert_eq!(closed.phase(), Phase::Closed);
    let late = desk.advance(id, Phase::Recovering, "再発", &head(), None, &it).await.unwrap_err();
    assert!(matches!(late, RespondError::CaseClosed));
    clock.set("2027-02-02T10:00");
    let again = desk.reopen(id, "別の端末で同じ痕跡", &it).await.unwrap();
    assert_eq!(again.phase(), Phase::Confirmed);
    let content = content();
    assert!(!crate::plays(&again, &content, jst("2027-02-02T10:00")).is_empty());
}
