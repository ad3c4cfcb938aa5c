//! Two cases told from beginning to end, at both desks, over a real store.

use sakimori_content::ContactRole;
use sakimori_words::document::Datum;
use sakimori_words::{Founder, Instant, Lang, MessageId, Organisation, OrganisationId, ReportId};

use super::{
    TestClock, case_desk, content, director, draft_of, hospital, it_person, jst, mass_rename,
    ministry, office_desk, officer, opening, party, prefecture, printed, told,
};
use crate::{
    Answer, Call, CallOutcome, Case, CaseDesk, Draft, EntryKind, FindingBrief, HandIn, Handling,
    IsolationChoice, LearnedFrom, Obligation, ObligationState, OfficeDesk, Opening, Origin,
    Outcome, Outgoing, Reception, ReplyKind, Report, RespondError, Stage, Standing, StepState,
    Threshold, Tri, Weighed,
};

fn duty<'a>(case: &'a Case, id: &str) -> &'a Obligation {
    case.obligations.iter().find(|duty| duty.id == id).unwrap()
}

fn done(note: &str) -> StepState {
    StepState::Done { note: note.to_owned() }
}

/// Dials the number the call sheet shows at `at`; without one, `phone`.
fn call(case_at: &str, role: ContactRole, phone: &str, receipt: &str) -> Call {
    let vendors = hospital().institution.unwrap().vendors;
    let sheet = content().call_sheet(jst(case_at), hospital().prefecture, &vendors, &[]);
    let entry = sheet.first(role).unwrap();
    Call {
        contact: entry.id.clone(),
        role,
        name: entry.name.ja.clone(),
        phone: entry.dial().map_or(phone.to_owned(), |line| line.phone.clone()),
        at: jst(case_at),
        outcome: CallOutcome::Answered,
        spoke_with: "当直".to_owned(),
        receipt_number: receipt.to_owned(),
        note: String::new(),
    }
}

fn osaka_threshold() -> Threshold {
    Threshold {
        disorder: Weighed::new(Tri::Yes, "電子カルテが使えない"),
        leak: Weighed::new(Tri::Unknown, ""),
        leak_feared: Weighed::new(Tri::Yes, "外部への通信の有無を確認中"),
        data_lost: Weighed::new(Tri::Yes, "サーバーのファイルが暗号化された"),
        care: Weighed::new(Tri::Yes, "救急と予定手術を停止"),
        care_feared: Weighed::new(Tri::Yes, ""),
        illicit: Weighed::new(Tri::Yes, "脅迫文がある"),
        leak_known_at: None,
    }
}

async fn open_from_findings(desk: &CaseDesk) -> Case {
    let opening = Opening {
        title: "電子カルテの障害（ランサムウェアの疑い）".to_owned(),
        origin: Origin::Findings { findings: vec![FindingBrief::from(&mass_rename())] },
        learned_from: LearnedFrom::Monitoring,
        detected_at: None,
        knew_at: None,
        exercise: false,
    };
    desk.open(&opening, &it_person()).await.unwrap()
}

async fn first_hour(desk: &CaseDesk, clock: &TestClock, case: &Case) {
    let (it, id) = (it_person(), &case.id);
    clock.set("2026-11-02T06:43");
    desk.mark_step(id, "note-time", &done("写真3枚"), &it).await.unwrap();
    desk.mark_step(id, "backup-path", &done(""), &it).await.unwrap();
    clock.set("2026-11-02T06:55");
    let choice = IsolationChoice {
        guide: "isolation".to_owned(),
        option: "segments".to_owned(),
        decided_by: "山田 太郎".to_owned(),
        decider_role: "病院長".to_owned(),
        decided_at: Some(jst("2026-11-02T06:50")),
        clinical_impact: "電子カルテと部門の連携が止まる。救急の新規受入れを停止".to_owned(),
        revert_condition: "区画ごとに感染がないことを確認したとき".to_owned(),
        review_at: None,
    };
    desk.decide_isolation(id, &choice, &it).await.unwrap();
    desk.mark_step(id, "isolate", &done("電話で判断"), &it).await.unwrap();
    clock.set("2026-11-02T07:20");
    for (at, role, receipt) in [
        ("2026-11-02T06:58", ContactRole::Vendor, ""),
        ("2026-11-02T07:05", ContactRole::Police, "サ-123"),
        ("2026-11-02T07:12", ContactRole::Ministry, "電-7"),
    ] {
        desk.record_call(id, &call(at, role, "06-0000-0110", receipt), &it).await.unwrap();
    }
    let memory = StepState::Skipped {
        reason: "専門家の到着まで電源を切らずに置く".to_owned()
    };
    desk.mark_step(id, "memory", &memory, &it).await.unwrap();
}

async fn answers(desk: &CaseDesk, case: &Case) {
    let answers = [
        ("incident_class", Answer::Choice { ids: vec!["ransomware".to_owned()] }),
        ("affected_systems", Answer::text("電子カルテ、オーダリング、部門システムの一部")),
        ("affected_count", Answer::Count { number: 1_300, approximate: true }),
        ("intrusion_path", Answer::text("給食の委託先との接続を経由した可能性（調査中）")),
        (
            "care_limits",
            Answer::Choice { ids: vec!["emergency".to_owned(), "planned-surgery".to_owned()] },
        ),
        ("subject_count", Answer::Investigating),
        ("support_request", Answer::Choice { ids: vec!["ministry".to_owned()] }),
        ("next_report_at", Answer::Moment { at: jst("2026-11-02T17:00") }),
    ];
    for (field, answer) in answers {
        desk.answer(&case.id, field, &answer, &it_person()).await.unwrap();
    }
}

async fn deliver(office: &OfficeDesk, outgoing: &Outgoing, message: &str) -> Reception {
    let (from, message) = (OrganisationId::from("hospital"), MessageId::from(message));
    office.receive(&from, &message, &outgoing.body).await.unwrap()
}

#[tokio::test]
async fn the_osaka_case_from_the_first_finding_to_the_last_report() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-11-02T06:41");
    let desk = case_desk(folder.path(), &clock).await;
    let case = open_from_findings(&desk).await;
    assert_eq!(case.detected_at, jst("2026-11-02T06:01"));
    assert_eq!(case.handling, Handling::Suspected);
    assert_eq!(duty(&case, "vendor-call").standing(jst("2026-11-02T06:57")), Standing::Pressing);

    first_hour(&desk, &clock, &case).await;
    let case = desk.case(&case.id).await.unwrap();
    for called in ["vendor-call", "police-call", "ministry-call"] {
        assert!(matches!(duty(&case, called).state, ObligationState::Met { .. }), "{called}");
    }
    let order: Vec<&str> =
        case.isolation().unwrap().order.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(order, ["backup-path", "outside-lines", "segment-borders"]);
    assert_eq!(case.isolation().unwrap().review_at, jst("2026-11-02T07:50"));

    clock.set("2026-11-02T07:30");
    let case = desk.judge(&case.id, &osaka_threshold(), &it_person()).await.unwrap();
    assert_eq!(case.judgement().unwrap().outcome, Outcome::Reached);
    assert_eq!(case.handling, Handling::Confirmed);
    let due = |id: &str| duty(&case, id).due_at.map(|at| at.to_string());
    assert_eq!(due("ppc-prompt"), None);
    assert_eq!(duty(&case, "ppc-prompt").remind_at, Some(jst("2026-11-05T06:41")));
    assert_eq!(due("ppc-final-60").as_deref(), Some("2026-12-31 23:59:59"));
    assert_eq!(due("ministry-report"), None);

    clock.set("2026-11-02T07:40");
    answers(&desk, &case).await;
    let report = desk.draft(&case.id, &draft_of(Stage::Prompt), &it_person()).await.unwrap();
    insta::assert_snapshot!("osaka_first_report", printed(&report.document));
    let alone = desk.approve(&report.id, &it_person()).await.unwrap_err();
    assert!(matches!(alone, RespondError::SamePerson));
    let early = desk.submit(&report.id, &it_person()).await.unwrap_err();
    assert!(matches!(early, RespondError::ReportState { .. }));

    clock.set("2026-11-02T07:52");
    desk.approve(&report.id, &director()).await.unwrap();
    let (report, outgoing) = desk.submit(&report.id, &it_person()).await.unwrap();
    assert_eq!(outgoing.to, [OrganisationId::from("mhlw"), OrganisationId::from("osaka-pref")]);
    assert_eq!(desk.outgoing(&report).await.unwrap(), outgoing);

    offices_answer(folder.path(), &clock, &desk, &report, &outgoing).await;
    to_the_end(&desk, &clock, &case).await;
    let file = desk.file(&case.id).await.unwrap();
    assert_eq!(file.reports.len(), 2);
    insta::assert_snapshot!("osaka_timeline", told(&file.timeline));
}

/// The ministry gets the report twice and has it once; an officer reads and accepts it; the prefecture only receives it.
async fn offices_answer(
    folder: &std::path::Path,
    clock: &std::sync::Arc<TestClock>,
    desk: &CaseDesk,
    report: &Report,
    outgoing: &Outgoing,
) {
    clock.set("2026-11-02T07:53");
    let office = office_desk(folder, clock, ministry()).await;
    let first = deliver(&office, outgoing, "m-1").await;
    assert!(first.new);
    assert_eq!(first.report.number, "2026-00001");
    clock.set("2026-11-02T08:10");
    let again = deliver(&office, outgoing, "m-1-again").await;
    assert!(!again.new);
    assert_eq!((&again.receipt, &again.report), (&first.receipt, &first.report));
    assert_eq!(office.reports(None, 10).await.unwrap().len(), 1);
    assert_eq!(first.report.waiting_seconds(jst("2026-11-02T08:53")), 3_600);
    assert_eq!(first.report.reporting_seconds() / 60, 72);

    let after = desk.take_reply(&"mhlw".into(), &first.receipt.body).await.unwrap();
    let twice = desk.take_reply(&"mhlw".into(), &first.receipt.body).await.unwrap();
    assert_eq!(after.receipts.len(), 1);
    assert_eq!(after, twice);
    let case = desk.case(&report.case).await.unwrap();
    assert!(matches!(duty(&case, "ministry-report").state, ObligationState::Met { .. }));
    assert!(matches!(duty(&case, "prefecture-report").state, ObligationState::Sent { .. }));

    clock.set("2026-11-02T08:30");
    let id: ReportId = first.report.id.clone();
    let read = office.read(&id, &officer()).await.unwrap();
    let read_again = office.read(&id, &officer()).await.unwrap();
    assert_eq!(read.read_by.len(), 1);
    assert_eq!(read, read_again);
    let (answered, reply) =
        office.reply(&id, ReplyKind::Accepted, "支援チームを派遣します", &officer()).await.unwrap();
    assert!(answered.is_answered());
    desk.take_reply(&"mhlw".into(), &reply.body).await.unwrap();
    let stranger = desk.take_reply(&"somebody".into(), &reply.body).await.unwrap_err();
    assert!(matches!(stranger, RespondError::Unknown { what: "addressee", .. }));

    let prefecture = office_desk(folder, clock, prefecture()).await;
    let received = deliver(&prefecture, outgoing, "p-1").await;
    desk.take_reply(&"osaka-pref".into(), &received.receipt.body).await.unwrap();
    let forged = prefecture.receive(&"other".into(), &"p-2".into(), &outgoing.body).await;
    assert!(matches!(forged.unwrap_err(), RespondError::WrongSender { .. }));
}

async fn to_the_end(desk: &CaseDesk, clock: &TestClock, case: &Case) {
    let (it, id) = (it_person(), &case.id);
    clock.set("2026-11-04T10:00");
    let web_form = |number: &str| HandIn {
        channel: "個人情報保護委員会 報告フォーム".to_owned(),
        receipt_number: number.to_owned(),
        at: None,
    };
    desk.hand_in(id, "ppc-prompt", &web_form("P-1"), &it).await.unwrap();
    let closing = desk.close(id, "復旧完了", &it).await.unwrap_err();
    assert!(matches!(closing, RespondError::DutiesOpen { n_open: 3 }));

    let path = Answer::text("給食の委託先の VPN 装置を経由");
    desk.answer(id, "intrusion_path", &path, &it).await.unwrap();
    let follow_up = desk.draft(id, &draft_of(Stage::FollowUp), &it).await.unwrap();
    let row = |field: &str| follow_up.document.row(field).unwrap().value.ja.clone();
    assert_eq!(
        row("follows"),
        "第1報（厚生労働省 受付番号 2026-00001、大阪府 受付番号 2026-00001）"
    );
    assert_eq!(row("intrusion_path"), "給食の委託先の VPN 装置を経由");
    let second = desk.draft(id, &draft_of(Stage::FollowUp), &it).await.unwrap_err();
    assert!(matches!(second, RespondError::ReportState { .. }));
    desk.approve(&follow_up.id, &director()).await.unwrap();
    desk.submit(&follow_up.id, &director()).await.unwrap();

    clock.set("2027-01-11T15:00");
    let late = desk.hand_in(id, "ppc-final-60", &web_form("P-2"), &it).await.unwrap();
    assert!(duty(&late, "ppc-final-60").was_late());
    let letters = HandIn { channel: "患者への書面".to_owned(), ..web_form("") };
    desk.hand_in(id, "subject-notice", &letters, &it).await.unwrap();
    desk.excuse(id, "ceptoar-report", "所属団体なし", &it).await.unwrap();
    let lifting = desk.release_hold(id, "終了", &it).await.unwrap_err();
    assert!(matches!(lifting, RespondError::CaseOpen));
    let closed = desk.close(id, "診療を全面再開", &director()).await.unwrap();
    assert!(matches!(closed.handling, Handling::Closed { .. }));
    let after = desk.note(id, EntryKind::Fact, "追記", None, &it).await.unwrap_err();
    assert!(matches!(after, RespondError::CaseClosed));
    desk.release_hold(id, "ディスクは封緘して保管", &director()).await.unwrap();
}

fn small_hospital() -> Organisation {
    let mut hospital = hospital();
    hospital.id = "small-hospital".into();
    hospital.name = "架空市立病院".to_owned();
    if let Some(institution) = &mut hospital.institution {
        institution.permitted_beds = 176;
        institution.founder = Founder::Municipality;
        institution.functions = Vec::new();
    }
    hospital
}

/// One person on duty on New Year's Eve: the year-end number, an approval alone that nobody can overlook, and a reinstallation
/// that is only left undone or done under a name.
#[tokio::test]
async fn the_uda_case_with_one_person_on_duty_on_new_years_eve() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-12-31T23:40");
    let desk = case_desk(folder.path(), &clock).await;
    let it = it_person();
    let case = desk.open(&opening("電子カルテの画面に英語の脅迫文が出ている"), &it).await.unwrap();
    assert_eq!(case.title, "電子カルテの画面に英語の脅迫文が出ている");
    clock.set("2026-12-31T23:59");
    let to_ministry = call("2026-12-31T23:59", ContactRole::Ministry, "", "");
    assert_eq!(to_ministry.phone, "080-2073-0768");
    let unanswered = Call { outcome: CallOutcome::NoAnswer, ..to_ministry.clone() };
    let case = desk.record_call(&case.id, &unanswered, &it).await.unwrap();
    assert!(duty(&case, "ministry-call").is_open());
    let case = desk.record_call(&case.id, &to_ministry, &it).await.unwrap();
    assert!(!duty(&case, "ministry-call").is_open());

    let no_reason = StepState::Skipped { reason: " ".to_owned() };
    let refused = desk.mark_step(&case.id, "no-rebuild", &no_reason, &it).await.unwrap_err();
    assert!(matches!(refused, RespondError::Missing { what: "reason" }));
    let case = desk.mark_step(&case.id, "no-rebuild", &done("全端末に掲示"), &it).await.unwrap();
    assert!(case.hold.released.is_none());

    clock.set("2027-01-01T00:20");
    desk.judge(&case.id, &osaka_threshold(), &it).await.unwrap();
    let draft = Draft { party: party(small_hospital()), ..draft_of(Stage::Prompt) };
    let report = desk.draft(&case.id, &draft, &it).await.unwrap();
    assert!(report.unanswered.contains(&"affected_systems".to_owned()));
    assert_eq!(report.document.row("affected_systems").unwrap().value.ja, "調査中");
    let silent = desk.approve_alone(&report.id, "", &it).await.unwrap_err();
    assert!(matches!(silent, RespondError::Missing { what: "reason" }));
    let reason = "病院長・副院長とも電話に出ない（3回）";
    let paper = report.to_document(Lang::Ja);
    assert!(paper.head.marks.iter().any(|mark| mark.starts_with("下書き")));
    let report = desk.approve_alone(&report.id, reason, &it).await.unwrap();
    assert!(report.document.banner.iter().any(|banner| banner.ja.contains("単独承認")));
    let paper = report.to_document(Lang::Ja);
    assert!(paper.head.marks.iter().all(|mark| !mark.starts_with("下書き")));
    assert!(paper.head.marks.iter().any(|mark| mark.contains("単独承認")));
    assert_eq!(paper.source, report.document.digest());
    let knew = paper.rows().find(|row| row.code == "knew_at").unwrap();
    assert_eq!(knew.value, Datum::Moment(Instant::parse("2026-12-31T23:40:00+09:00").unwrap()));
    let (_, outgoing) = desk.submit(&report.id, &it).await.unwrap();

    let office = office_desk(folder.path(), &clock, ministry()).await;
    let from = OrganisationId::from("small-hospital");
    let received = office.receive(&from, &"m".into(), &outgoing.body).await.unwrap().report;
    assert_eq!(received.number, "2027-00001");
    assert_eq!(received.report.approved_alone_because.as_deref(), Some(reason));
    assert!(received.report.document.banner[0].ja.contains(reason));
    assert!(received.to_document(Lang::Ja).head.number.starts_with("受付番号 2027-00001"));
    insta::assert_snapshot!("uda_first_report", printed(&received.report.document));
}

#[tokio::test]
async fn two_people_ticking_at_once_both_count() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-11-02T06:41");
    let desk = case_desk(folder.path(), &clock).await;
    let case = desk.open(&opening("画面がおかしい"), &it_person()).await.unwrap();
    let (note, (it, head)) = (done(""), (it_person(), director()));
    let (first, second, third) = tokio::join!(
        desk.mark_step(&case.id, "note-time", &note, &it),
        desk.mark_step(&case.id, "tell-officer", &note, &head),
        desk.note(&case.id, EntryKind::Fact, "検査部門も同じ症状", None, &head),
    );
    assert!(first.is_ok() && second.is_ok() && third.is_ok());
    let file = desk.file(&case.id).await.unwrap();
    assert!(file.case.step("note-time").is_some() && file.case.step("tell-officer").is_some());
    assert_eq!(file.timeline.len(), 3 + 3);
}

#[tokio::test]
async fn a_case_ended_by_mistake_goes_on_with_the_deadlines_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-11-02T06:41");
    let desk = case_desk(folder.path(), &clock).await;
    let it = it_person();
    let before = desk.open(&opening("画面がおかしい"), &it).await.unwrap();
    clock.set("2026-11-02T07:41");
    let ended = desk.dismiss(&before.id, "プリンターの故障", &it).await.unwrap();
    assert!(ended.obligations.iter().all(|duty| !duty.is_open()));
    assert_eq!(desk.holds().await.unwrap(), std::slice::from_ref(&before.hold));
    desk.release_hold(&before.id, "事案ではない", &it).await.unwrap();
    assert_eq!(desk.holds().await.unwrap(), []);
    assert_eq!(desk.open_cases().await.unwrap(), []);
    clock.set("2026-11-02T09:41");
    let again = desk.reopen(&before.id, "別の端末でも脅迫文", &it).await.unwrap();
    assert_eq!(again.obligations, before.obligations);
    assert!(again.hold.released.is_none() && again.is_open());
    assert_eq!(desk.holds().await.unwrap(), std::slice::from_ref(&again.hold));
    assert_eq!(desk.open_cases().await.unwrap(), [again]);
}

#[tokio::test]
async fn a_wrong_line_is_corrected_by_another_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-11-02T06:41");
    let desk = case_desk(folder.path(), &clock).await;
    let it = it_person();
    let case = desk.open(&opening("画面がおかしい"), &it).await.unwrap();
    desk.note(&case.id, EntryKind::Fact, "感染は3台", None, &it).await.unwrap();
    let wrong = desk.timeline(&case.id).await.unwrap().pop().unwrap();
    desk.correct(&case.id, &wrong.id, "感染は5台", &it).await.unwrap();
    let timeline = desk.timeline(&case.id).await.unwrap();
    let last = timeline.last().unwrap();
    assert_eq!(last.corrects.as_ref(), Some(&wrong.id));
    assert!(timeline.contains(&wrong));
    let nowhere = desk.correct(&case.id, "no-such-line", "…", &it).await.unwrap_err();
    assert!(matches!(nowhere, RespondError::Unknown { what: "timeline entry", .. }));
}
