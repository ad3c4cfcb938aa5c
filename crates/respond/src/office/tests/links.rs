//! The one-time link: works once, for its time, and says nothing to strangers.

use super::{Office, media, officer};
use crate::office::{
    Awareness, ConcernedInstitution, EmergencyReport, LinkState, NewLink, OfficeError, Stopped,
};
use crate::{RespondError, patient_passages};

fn clinic() -> NewLink {
    NewLink {
        institution: ConcernedInstitution {
            name: "さくら診療所".to_owned(), ..Default::default()
        },
        case: None,
        hours: 24,
        exercise: false,
    }
}

fn report() -> EmergencyReport {
    EmergencyReport {
        what: "パソコンに英語の脅迫文が出て、電子カルテが開けません".to_owned(),
        since: "今朝8時ごろ".to_owned(),
        stopped: vec![Stopped::Records, Stopped::Billing],
        contact: "事務長 田中".to_owned(),
        phone: "06-0000-3333".to_owned(),
        consent: true,
        names_no_patient: false,
    }
}

fn unusable<T>(result: &Result<T, RespondError>) -> bool {
    matches!(result, Err(RespondError::Office(OfficeError::LinkUnusable)))
}

#[tokio::test]
async fn a_clinic_reports_once_and_the_officers_case_opens() {
    let office = Office::prefecture().await;
    let (link, token) = office.desk.make_link(&clinic(), &officer()).await.unwrap();
    let typed = token.to_lowercase().replace('-', " ");
    let receipt = office.desk.send_emergency(&typed, "192.0.2.1", &report()).await.unwrap();
    let file = office.desk.office_case(&receipt.case).await.unwrap();
    assert_eq!(file.case.awareness, Awareness::EmergencyLink);
    assert_eq!((file.case.institution.phone.as_str(), file.case.duties.len()), ("06-0000-3333", 1));
    assert_eq!(file.case.emergency_receipt, receipt.number);
    assert!(file.entries.iter().any(|entry| entry.text.ja.contains("電子カルテ、会計・レセプト")));
    assert!(unusable(&office.desk.send_emergency(&token, "192.0.2.1", &report()).await));
    let kept = office.desk.links().await.unwrap();
    assert!(matches!(&kept[0].state, LinkState::Used { case, .. } if *case == receipt.case));
    assert_eq!(kept[0].id, link.id);
    let journal = office.desk.store.entries(0, 100).await.unwrap();
    let journal = format!("{journal:?}");
    assert!(!journal.contains(&token) && !journal.contains(&token.replace('-', "")));
}

#[tokio::test]
async fn a_link_made_from_a_case_fills_that_case() {
    let office = Office::prefecture().await;
    let case = office.desk.enter(&media("さくら診療所"), &officer()).await.unwrap();
    let new = NewLink { case: Some(case.id.clone()), ..clinic() };
    let (_, token) = office.desk.make_link(&new, &officer()).await.unwrap();
    let receipt = office.desk.send_emergency(&token, "192.0.2.1", &report()).await.unwrap();
    assert_eq!(receipt.case, case.id);
    assert_eq!(office.desk.office_cases().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_expired_or_revoked_or_wrong_link_is_refused_alike() {
    let office = Office::prefecture().await;
    let (link, token) = office.desk.make_link(&clinic(), &officer()).await.unwrap();
    let (_, late) = office.desk.make_link(&clinic(), &officer()).await.unwrap();
    office.desk.revoke_link(&link.id, &officer()).await.unwrap();
    office.clock.set("2026-11-21T21:05");
    for token in [token.as_str(), late.as_str(), "ABCDE-FGHJK-MNPQR-STVWX", ""] {
        assert!(unusable(&office.desk.link_of(token, "192.0.2.1").await), "{token}");
    }
}

#[tokio::test]
async fn guessing_is_slowed_down_and_others_can_go_on() {
    let office = Office::prefecture().await;
    let (_, token) = office.desk.make_link(&clinic(), &officer()).await.unwrap();
    for _ in 0..10 {
        assert!(unusable(&office.desk.link_of("WRONG", "203.0.113.9").await));
    }
    let slowed = office.desk.link_of(&token, "203.0.113.9").await;
    assert!(matches!(slowed, Err(RespondError::Office(OfficeError::TooManyAttempts { .. }))));
    assert!(office.desk.link_of(&token, "192.0.2.1").await.is_ok());
    office.clock.set("2026-11-20T21:11");
    assert!(office.desk.link_of(&token, "203.0.113.9").await.is_ok());
}

#[tokio::test]
async fn what_may_name_a_patient_is_shown_before_it_is_sent_and_consent_is_needed() {
    let office = Office::prefecture().await;
    let (_, token) = office.desk.make_link(&clinic(), &officer()).await.unwrap();
    let named = EmergencyReport {
        what: "患者番号 00123456 の画面が消えた".to_owned(), ..report()
    };
    let refused = office.desk.send_emergency(&token, "192.0.2.1", &named).await;
    let n_places = match refused {
        Err(RespondError::Office(OfficeError::MayNamePatient { n_places })) => n_places,
        other => panic!("{other:?}"),
    };
    assert_eq!(n_places, 1);
    let without = EmergencyReport { consent: false, ..report() };
    let refused = office.desk.send_emergency(&token, "192.0.2.1", &without).await;
    assert!(matches!(refused, Err(RespondError::Office(OfficeError::NoConsent))));
    let confirmed = EmergencyReport { names_no_patient: true, ..named };
    office.desk.send_emergency(&token, "192.0.2.1", &confirmed).await.unwrap();
}

#[test]
fn telephones_and_days_are_no_patients() {
    for text in ["06-0000-3333 へ", "09000001111", "20261120 から", "端末 12000 台", ""] {
        assert_eq!(patient_passages(text), [], "{text}");
    }
    assert_eq!(patient_passages("１２３４５６７ の方").len(), 1);
}
