//! From the evening paper to the ministry and back: two offices, their messages carried by hand.

use std::sync::Arc;

use sakimori_content::Recipient;
use sakimori_words::{Digest, MessageId, Organisation};

use super::{bare, chief, media, officer};
use crate::office::{
    Awareness, EntryHeading, NewTask, OfficeCase, OfficeDesk, OfficeError, Peer, Place, TaskKind,
    TaskSide, UP_FORM, UpDraft, check_office_form,
};
use crate::tests::{TestClock, content, hospital, jst, ministry, prefecture};
use crate::{Addressee, ObligationState, ReplyKind, Report, RespondError, Stage};

fn below(organisation: Organisation) -> Peer {
    Peer { organisation, place: Place::Below }
}

fn above(organisation: Organisation) -> Peer {
    Peer { organisation, place: Place::Above }
}

fn to_ministry() -> UpDraft {
    UpDraft {
        stage: Stage::Prompt,
        to: Addressee {
            recipient: Recipient::Ministry,
            name: ministry().name,
            organisation: Some(ministry().id),
        },
        department: "医療対策課".to_owned(),
        phone: "06-0000-7777".to_owned(),
    }
}

async fn drafted(desk: &OfficeDesk) -> (OfficeCase, Report) {
    let case = desk.enter(&media("見本中央病院"), &officer()).await.unwrap();
    let note = |heading, text| desk.note_office_case(&case.id, heading, text, None, &BY);
    note(EntryHeading::Damage, "端末 200 台が暗号化").await.unwrap();
    note(EntryHeading::Recovery, "バックアップは無事").await.unwrap();
    let case = desk.draft_up(&case.id, &to_ministry(), &content(), &officer()).await.unwrap();
    let report = case.upward.last().unwrap().clone();
    (case, report)
}

static BY: std::sync::LazyLock<crate::Actor> = std::sync::LazyLock::new(officer);

#[tokio::test]
async fn media_report_to_ministry_to_tasking_to_investigation_to_closing() {
    let clock = TestClock::at("2026-11-20T21:00");
    let (pref, _one) = bare(&clock, prefecture()).await;
    let (mhlw, _two) = bare(&clock, ministry()).await;
    let (case, report) = drafted(&pref).await;
    let id = &case.id;
    assert_eq!(report.document.row("damage").unwrap().value.ja.lines().count(), 1);
    assert!(report.document.row("prevention").unwrap().open, "still finding out is an answer");

    let seen = report.document.digest();
    let same = pref.approve_up(id, &report.id, &seen, &officer()).await;
    assert!(matches!(same, Err(RespondError::SamePerson)));
    let early = pref.submit_up(id, &report.id, false, &officer()).await;
    assert!(matches!(early, Err(RespondError::ReportState { .. })));
    pref.approve_up(id, &report.id, &seen, &chief()).await.unwrap();
    clock.set("2026-11-20T22:00");
    let (case, sent) = pref.submit_up(id, &report.id, false, &officer()).await.unwrap();
    assert!(matches!(case.duties[0].state, ObligationState::Sent { .. }));
    assert_eq!(sent.to, [ministry().id]);

    let message = MessageId::from("m1");
    let peer = below(prefecture());
    let received = mhlw.receive_office_report(&peer, &message, &sent.body).await.unwrap();
    let again = mhlw.receive_office_report(&peer, &message, &sent.body).await.unwrap();
    assert!(received.new && !again.new);
    let theirs = mhlw.office_cases().await.unwrap();
    let [their] = &theirs[..] else { panic!("{theirs:?}") };
    assert_eq!((their.awareness, their.duties.len()), (Awareness::OtherOffice, 0));
    assert_eq!(
        (their.institution.name.as_str(), their.institution.beds),
        ("見本中央病院", Some(200))
    );
    let ours = serde_json::to_string(their).unwrap();
    assert!(
        !ours.contains("暗号化"),
        "the ministry's case holds nothing of the prefecture's record"
    );

    pref.take_up_reply(&ministry().id, &received.receipt.body).await.unwrap();
    pref.take_up_reply(&ministry().id, &received.receipt.body).await.unwrap();
    let case = pref.office_case(id).await.unwrap().case;
    assert!(matches!(case.duties[0].state, ObligationState::Met { .. }));
    assert_eq!(case.upward[0].receipts.len(), 1, "the same answer twice is taken once");

    let task = NewTask {
        to: prefecture(),
        kind: TaskKind::Investigate,
        text: "侵入の経路を調査すること".to_owned(),
        basis: "平成30年10月29日 通知 記の3".to_owned(),
        due_at: Some(jst("2026-11-24T17:00")),
    };
    let (_, task) = mhlw.give_task(&their.id, &task, &chief()).await.unwrap();
    let (joined, receipt) = pref.take_task(&above(ministry()), &task.body).await.unwrap();
    assert_eq!(joined, *id, "the task finds the case that was reported");
    pref.take_task(&above(ministry()), &task.body).await.unwrap();
    mhlw.take_task_answer(&below(prefecture()), &receipt.body).await.unwrap();
    let taken = pref.office_case(id).await.unwrap().case.tasks;
    assert_eq!((taken.len(), taken[0].due_at), (1, Some(jst("2026-11-24T17:00"))));

    pref.note_office_case(id, EntryHeading::Response, "VPN 装置のログを確認", None, &officer())
        .await
        .unwrap();
    let (_, answer) =
        pref.answer_task(id, &taken[0].id, "給食業者の VPN から", true, &officer()).await.unwrap();
    for _ in 0..2 {
        mhlw.take_task_answer(&below(prefecture()), &answer.body).await.unwrap();
    }
    let given = &mhlw.office_case(&their.id).await.unwrap().case.tasks[0];
    assert!(given.is_done() && given.answers.len() == 1);
    assert!(matches!(&given.side, TaskSide::Given { received_at: Some(_), .. }));
    let (_, accepted) =
        mhlw.reply(&received.report.id, ReplyKind::Accepted, "", &chief()).await.unwrap();
    pref.take_up_reply(&ministry().id, &accepted.body).await.unwrap();
    pref.close_office_case(id, "復旧を確認", &officer()).await.unwrap();
    mhlw.close_office_case(&their.id, "復旧を確認", &chief()).await.unwrap();
}

#[tokio::test]
async fn a_strangers_message_reaches_no_case() {
    let clock = TestClock::at("2026-11-20T21:00");
    let (pref, _one) = bare(&clock, prefecture()).await;
    let (mhlw, _two) = bare(&clock, ministry()).await;
    let (case, report) = drafted(&pref).await;
    pref.approve_up(&case.id, &report.id, &report.document.digest(), &chief()).await.unwrap();
    let (_, sent) = pref.submit_up(&case.id, &report.id, false, &officer()).await.unwrap();
    let message = MessageId::from("m1");
    let strangers = [
        below(hospital()),
        above(prefecture()),
        Peer { organisation: prefecture(), place: Place::Elsewhere },
    ];
    for peer in strangers {
        let refused = mhlw.receive_office_report(&peer, &message, &sent.body).await;
        assert!(matches!(refused, Err(RespondError::Office(OfficeError::NotTheirs { .. }))));
    }
    let other = Organisation { id: "other-pref".into(), ..prefecture() };
    let refused = mhlw.receive_office_report(&below(other.clone()), &message, &sent.body).await;
    assert!(matches!(refused, Err(RespondError::WrongSender { .. })));
    assert_eq!(mhlw.office_cases().await.unwrap(), []);

    let received =
        mhlw.receive_office_report(&below(prefecture()), &message, &sent.body).await.unwrap();
    let refused = pref.take_up_reply(&other.id, &received.receipt.body).await;
    assert!(matches!(refused, Err(RespondError::Unknown { what: "addressee", .. })));
    let their = mhlw.office_cases().await.unwrap()[0].id.clone();
    let new = NewTask {
        to: prefecture(),
        kind: TaskKind::Collect,
        text: "状況".to_owned(),
        basis: String::new(),
        due_at: None,
    };
    let (_, task) = mhlw.give_task(&their, &new, &chief()).await.unwrap();
    for peer in [below(ministry()), above(hospital())] {
        assert!(pref.take_task(&peer, &task.body).await.is_err(), "{peer:?}");
    }
    let (_, receipt) = pref.take_task(&above(ministry()), &task.body).await.unwrap();
    assert!(mhlw.take_task_answer(&below(other), &receipt.body).await.is_err());
    assert!(pref.office_case(&case.id).await.unwrap().case.tasks.len() == 1);
}

#[tokio::test]
async fn approving_alone_is_loud_and_a_new_draft_needs_a_new_approval() {
    let clock = TestClock::at("2026-11-20T21:00");
    let (pref, _one) = bare(&clock, prefecture()).await;
    let (case, report) = drafted(&pref).await;
    assert!(matches!(
        pref.approve_up_alone(&case.id, &report.id, " ", &officer()).await,
        Err(RespondError::Missing { .. })
    ));
    let alone =
        pref.approve_up_alone(&case.id, &report.id, "夜間で不在", &officer()).await.unwrap();
    assert!(alone.upward[0].document.banner[0].ja.contains("単独承認（緊急）"));
    let again = pref.refresh_up(&case.id, &report.id, &content(), &officer()).await.unwrap();
    assert!(again.upward[0].approval().is_none() && again.upward[0].document.banner.is_empty());
    let stale = pref.approve_up(&case.id, &report.id, &Digest::of(b"old"), &chief()).await;
    assert!(matches!(stale, Err(RespondError::ChangedMeanwhile)));
}

#[tokio::test]
async fn what_may_name_a_patient_does_not_leave_unseen() {
    let clock = TestClock::at("2026-11-20T21:00");
    let (pref, _one) = bare(&clock, prefecture()).await;
    let case = pref.enter(&media("見本中央病院"), &officer()).await.unwrap();
    pref.note_office_case(
        &case.id,
        EntryHeading::Damage,
        "患者番号 00123456 の記録",
        None,
        &officer(),
    )
    .await
    .unwrap();
    let case = pref.draft_up(&case.id, &to_ministry(), &content(), &officer()).await.unwrap();
    let report = &case.upward[0];
    pref.approve_up(&case.id, &report.id, &report.document.digest(), &chief()).await.unwrap();
    let refused = pref.submit_up(&case.id, &report.id, false, &officer()).await;
    assert!(matches!(refused, Err(RespondError::Office(OfficeError::MayNamePatient { .. }))));
    pref.submit_up(&case.id, &report.id, true, &officer()).await.unwrap();
}

#[test]
fn the_form_of_the_pack_fits_the_case() {
    let pack: Arc<_> = content();
    let form = pack.form(UP_FORM, sakimori_words::jst_date(jst("2026-11-20T21:00"))).unwrap();
    assert_eq!(check_office_form(form), Vec::<String>::new());
}
