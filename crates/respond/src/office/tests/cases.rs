//! Cases: opened by reports or by officers, joined and parted, never lost.

use super::{Office, chief, media, officer};
use crate::office::{
    CaseFilter, DispatchRoute, DispatchState, EntryHeading, OfficeError, OfficeState, in_order,
    is_silent, proposals, routes_for,
};
use crate::tests::{jst, ministry};
use crate::{HandIn, ObligationState, RespondError};

#[tokio::test]
async fn the_first_report_of_a_case_opens_it_and_later_ones_join_it() {
    let office = Office::prefecture().await;
    let first = office.receive("hospital", "case-a", 1).await;
    office.receive("hospital", "case-a", 1).await;
    let second = office.receive("hospital", "case-a", 2).await;
    let other = office.receive("hospital", "case-b", 1).await;
    let cases = office.desk.office_cases().await.unwrap();
    assert_eq!(cases.len(), 2);
    let case = cases.iter().find(|case| case.reports.contains(&first.report.id)).unwrap();
    assert_eq!(case.reports, [first.report.id.clone(), second.report.id.clone()]);
    assert_eq!((case.number.as_str(), case.known_at), ("C2026-0001", first.report.received_at));
    assert_eq!(office.desk.case_of(&second.report.id).await.unwrap(), Some(case.id.clone()));
    assert_ne!(office.desk.case_of(&other.report.id).await.unwrap(), Some(case.id.clone()));
    let [duty] = &case.duties[..] else { panic!("{:?}", case.duties) };
    assert_eq!(duty.remind_at, Some(case.known_at.plus_seconds(3 * 3_600)));
}

#[tokio::test]
async fn at_the_ministry_no_clock_to_the_ministry_runs() {
    let office = Office::of(ministry()).await;
    office.receive("hospital", "case-a", 1).await;
    assert_eq!(office.desk.office_cases().await.unwrap()[0].duties, []);
}

#[tokio::test]
async fn a_typed_case_and_a_later_report_are_proposed_and_a_person_joins_or_parts_them() {
    let office = Office::prefecture().await;
    let mut typed = media("大阪架空急性期センター");
    typed.known_at = Some(jst("2026-11-20T19:30"));
    let typed = office.desk.enter(&typed, &officer()).await.unwrap();
    let received = office.receive("hospital", "case-a", 1).await;
    let all = office.desk.office_cases().await.unwrap();
    let reported = all.iter().find(|case| case.id != typed.id).unwrap();
    assert_eq!(proposals(reported, &all), [&typed]);

    let joined =
        office.desk.join_cases(&typed.id, &reported.id, "同じ障害", &officer()).await.unwrap();
    assert_eq!(joined.known_at, typed.known_at, "the earlier moment of knowing holds");
    assert_eq!(joined.duties[0].remind_at, typed.duties[0].remind_at);
    let gone = office.desk.office_case(&typed.id).await.unwrap();
    assert!(matches!(gone.case.state, OfficeState::Joined { .. }));
    assert_eq!(gone.case.damage, "電子カルテが使えないとの報道", "nothing is lost");
    assert!(!CaseFilter { closed: true, ..CaseFilter::default() }.takes(&gone.case));

    let parted =
        office.desk.part_cases(&typed.id, &reported.id, "別の日の障害", &officer()).await.unwrap();
    assert_eq!(parted.reports, [received.report.id]);
    assert!(office.desk.office_case(&typed.id).await.unwrap().case.is_open());
    let all = office.desk.office_cases().await.unwrap();
    assert_eq!(proposals(&parted, &all), Vec::<&_>::new(), "not proposed again");
    let record = office.desk.office_case(&reported.id).await.unwrap().entries;
    assert_eq!(record.len(), 3, "opened, joined, parted: {record:?}");
}

#[tokio::test]
async fn a_report_of_a_joined_case_arrives_where_the_case_goes_on() {
    let office = Office::prefecture().await;
    office.receive("hospital", "case-a", 1).await;
    let from = office.desk.office_cases().await.unwrap()[0].id.clone();
    let into = office.desk.enter(&media("大阪架空急性期センター"), &officer()).await.unwrap().id;
    office.desk.join_cases(&from, &into, "同じ", &officer()).await.unwrap();
    let next = office.receive("hospital", "case-a", 2).await;
    assert_eq!(office.desk.case_of(&next.report.id).await.unwrap(), Some(into));
}

#[tokio::test]
async fn a_case_closes_only_after_the_ministry_was_told_or_a_person_said_why_not() {
    let office = Office::prefecture().await;
    let case = office.desk.enter(&media("見本病院"), &officer()).await.unwrap();
    let refused = office.desk.close_office_case(&case.id, "復旧", &officer()).await;
    assert!(matches!(refused, Err(RespondError::DutiesOpen { n_open: 1 })));
    let hand_in = HandIn {
        channel: "電話".to_owned(),
        receipt_number: "12".to_owned(),
        at: Some(jst("2026-11-20T20:40")),
    };
    let duty = &case.duties[0].id;
    let told = office.desk.ministry_told(&case.id, duty, &hand_in, &officer()).await.unwrap();
    assert!(matches!(told.duties[0].state, ObligationState::Met { .. }));
    office.desk.close_office_case(&case.id, "復旧を確認", &chief()).await.unwrap();
    let refused = office
        .desk
        .note_office_case(&case.id, EntryHeading::Damage, "追記", None, &officer())
        .await;
    assert!(matches!(refused, Err(RespondError::CaseClosed)));
    office.desk.reopen_office_case(&case.id, "再発", &officer()).await.unwrap();
}

#[tokio::test]
async fn what_was_found_out_is_corrected_not_edited() {
    let office = Office::prefecture().await;
    let id = office.desk.enter(&media("見本病院"), &officer()).await.unwrap().id;
    let desk = &office.desk;
    desk.note_office_case(&id, EntryHeading::Damage, "端末 20 台", None, &officer()).await.unwrap();
    let wrong = desk.office_case(&id).await.unwrap();
    let wrong = wrong.under(EntryHeading::Damage).next().unwrap();
    desk.correct_office_case(&id, &wrong.id, "端末 200 台", &chief()).await.unwrap();
    let file = desk.office_case(&id).await.unwrap();
    let holds: Vec<&str> =
        file.under(EntryHeading::Damage).map(|entry| entry.text.ja.as_str()).collect();
    assert_eq!(holds, ["端末 200 台"]);
    assert!(file.entries.contains(wrong) && file.is_corrected(&wrong.id));
}

#[tokio::test]
async fn silent_institutions_stand_first() {
    let office = Office::prefecture().await;
    let quiet = office.desk.enter(&media("静かな病院"), &officer()).await.unwrap();
    office.clock.set("2026-11-21T20:59");
    let fresh = office.desk.enter(&media("新しい病院"), &officer()).await.unwrap();
    let mut cases = office.desk.office_cases().await.unwrap();
    assert!(!is_silent(&quiet, jst("2026-11-21T20:59")));
    in_order(&mut cases, jst("2026-11-21T21:00"));
    assert!(is_silent(&quiet, jst("2026-11-21T21:01")));
    let order = |now: &str| {
        let mut cases = cases.clone();
        in_order(&mut cases, jst(now));
        cases.iter().map(|case| case.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(order("2026-11-21T21:01"), [quiet.id, fresh.id]);
}

#[tokio::test]
async fn help_goes_step_by_step_and_by_the_number_of_beds() {
    assert_eq!(routes_for(Some(199)), [DispatchRoute::HelpTeam]);
    assert_eq!(routes_for(Some(200)), [DispatchRoute::HelpTeam, DispatchRoute::MinistryTeam]);
    assert_eq!(routes_for(Some(201)), [DispatchRoute::MinistryTeam]);
    let office = Office::prefecture().await;
    let (desk, by) = (&office.desk, officer());
    office.receive("hospital", "case-a", 1).await;
    let id = desk.office_cases().await.unwrap()[0].id.clone();
    let (case, told) =
        desk.request_dispatch(&id, DispatchRoute::MinistryTeam, "", "夜間", &by).await.unwrap();
    let (_, told) = told.expect("the hospital that reported hears of it");
    assert!(String::from_utf8(told.body).unwrap().contains("初動対応の支援: 依頼済み"));
    let dispatch = case.dispatches[0].id.clone();
    let advance =
        |to, person: &'static str| desk.advance_dispatch(&id, &dispatch, to, person, "", &by);
    let refused = advance(DispatchState::OnTheWay, "").await;
    assert!(matches!(refused, Err(RespondError::Office(OfficeError::DispatchOrder { .. }))));
    assert!(matches!(
        advance(DispatchState::Assigned, "").await,
        Err(RespondError::Missing { .. })
    ));
    advance(DispatchState::Assigned, "佐藤 班長").await.unwrap();
    advance(DispatchState::OnTheWay, "").await.unwrap();
    advance(DispatchState::HandedOver, "なにわ電子カルテ").await.unwrap();
    let (case, _) = advance(DispatchState::Closed, "").await.unwrap();
    assert_eq!(case.dispatches[0].steps.len(), 5);
}
