use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::cosignature::Cosigner;
use super::super::evidence::{Evidence, EvidenceError, Proved, check_evidence, fuzz_evidence};
use super::super::gather::{GatherError, SeenElsewhere, gather_evidence, grow_proof};
use super::super::timestamp::StampedHead;
use super::super::witness::judge_offer;
use super::cosignature::office;
use super::timestamp::granted;
use crate::note::verifier_line;
use crate::tests::{Fixture, ORIGIN, START, event, events, signer};

/// Three seals of ten events each, and what the office saw after the second.
async fn sealed(fixture: &Fixture) -> (String, String) {
    let lake = fixture.open().await;
    let mut witnessed = (String::new(), String::new());
    for n in 0..3_u64 {
        lake.append(&events(n * 10..n * 10 + 10)).await.unwrap();
        lake.seal().await.unwrap();
        if n == 1 {
            witnessed = witness(fixture, &office()).await;
        }
    }
    lake.append(&events(30..32)).await.unwrap();
    witnessed
}

async fn witness(fixture: &Fixture, office: &Cosigner) -> (String, String) {
    let offer = grow_proof(&*fixture.catalogue(), 0).await.unwrap().unwrap();
    let seen = judge_offer(ORIGIN, None, &offer).unwrap();
    (office.cosign(&seen.note, START.plus_seconds(3_600)).unwrap(), office.witness_line())
}

async fn gathered(fixture: &Fixture, ranges: &[(u64, u64)]) -> Result<Evidence, GatherError> {
    let seen = SeenElsewhere { cosigned: vec![sealed(fixture).await], stamped: Vec::new() };
    gather_evidence(&*fixture.catalogue(), fixture.store().as_ref(), ranges, &seen).await
}

fn key() -> String {
    verifier_line(ORIGIN, &signer().verifying_key())
}

fn check(document: &Value) -> Result<Proved, EvidenceError> {
    check_evidence(document.to_string().as_bytes(), Some(&key()))
}

#[tokio::test]
async fn exported_events_are_proved_without_the_log() {
    let fixture = Fixture::new();
    let evidence = gathered(&fixture, &[(25, 25), (3, 4), (3, 3)]).await.unwrap();
    let proved = check_evidence(evidence.to_text().as_bytes(), Some(&key())).unwrap();
    assert!(proved.key_was_given);
    assert_eq!(proved.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [3, 4, 25]);
    assert_eq!(proved.events[0].raw, event(2).raw);
    assert_eq!(proved.events[0].source, event(2).source);
    assert_eq!(proved.checkpoint.size, 4);
    assert_eq!(evidence.records.len(), 2);
}

#[tokio::test]
async fn a_witness_bounds_the_time_of_what_it_has_seen() {
    let fixture = Fixture::new();
    let evidence = gathered(&fixture, &[(3, 3), (25, 25)]).await.unwrap();
    let proved = check_evidence(evidence.to_text().as_bytes(), None).unwrap();
    assert!(!proved.key_was_given);
    assert_eq!((proved.witnesses.len(), proved.witnesses[0].size), (1, 3));
    let seen: Vec<_> = proved.events.iter().map(|event| event.seen_at).collect();
    assert_eq!(seen, [Some(START.plus_seconds(3_600)), None]);
}

/// A released version stays readable for ever: this document was written by the program of version 1.
#[test]
fn the_document_of_version_1_is_still_proved() {
    let kept = include_bytes!("../../../samples/evidence-v1.json");
    let proved = check_evidence(kept, Some(&key())).unwrap();
    assert_eq!(proved.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [3, 25]);
    assert_eq!(proved.events[0].seen_at, Some(START.plus_seconds(3_600)));
    assert_eq!(proved.events[1].raw, event(24).raw);
}

#[tokio::test]
#[ignore = "a person makes a sample when a version is released"]
async fn make_the_sample_of_evidence() {
    let evidence = gathered(&Fixture::new(), &[(3, 3), (25, 25)]).await.unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    std::fs::write(folder.join("evidence-v1.json"), evidence.to_text()).unwrap();
}

#[tokio::test]
async fn what_is_not_sealed_or_not_there_is_said() {
    let fixture = Fixture::new();
    let error = gathered(&fixture, &[(31, 31)]).await.unwrap_err();
    assert!(matches!(error, GatherError::NotSealed(31)), "{error}");
    assert_eq!(error.trouble().kind.code, "SK-LAKE-021");
    let none = gather_evidence(
        &*fixture.catalogue(),
        fixture.store().as_ref(),
        &[(0, 0)],
        &SeenElsewhere::default(),
    )
    .await;
    assert!(matches!(none, Err(GatherError::NoSuchEvent(0))));
    let many = gather_evidence(
        &*fixture.catalogue(),
        fixture.store().as_ref(),
        &[(0, u64::MAX)],
        &SeenElsewhere::default(),
    )
    .await;
    assert!(matches!(many, Err(GatherError::TooMany)));
}

#[tokio::test]
async fn a_document_with_anything_changed_is_refused_and_the_place_named() {
    let fixture = Fixture::new();
    let evidence = gathered(&fixture, &[(3, 3), (25, 25)]).await.unwrap();
    let whole = serde_json::to_value(&evidence).unwrap();
    assert!(check(&whole).is_ok());
    let other = serde_json::to_value(&evidence.events[1].path).unwrap();
    let changes: [(&str, Value, &str); 12] = [
        ("/events/0/raw", json!("Zm9yZ2Vk"), "event 3: its content does not give its leaf"),
        ("/events/0/seq", json!(4), "event 4: its content does not give its leaf"),
        ("/events/0/source", json!("syslog/elsewhere"), "event 3: its content"),
        ("/events/0/received_at", json!(0), "event 3: its content"),
        ("/events/0/path", other, "event 3: its leaf does not lead"),
        ("/events/0/index", json!(7), "event 3: its leaf does not lead"),
        ("/events/0/record", json!(3), "event 3: its record does not state that part"),
        ("/events/0/part/first_seq", json!(2), "event 3: its record does not state that part"),
        ("/records/0/n", json!(2), "catalogue record 2 is not in the signed log"),
        ("/records/0/path", json!([]), "catalogue record 1 is not in the signed log"),
        ("/witnesses/0/path", json!([]), "is not the beginning of this log"),
        ("/version", json!(2), "version 2"),
    ];
    for (place, to, said) in changes {
        let mut changed = whole.clone();
        *changed.pointer_mut(place).unwrap() = to;
        let error = check(&changed).unwrap_err().to_string();
        assert!(error.contains(said), "{place}: {error}");
    }
    let mut changed = whole.clone();
    let json = changed["records"][0]["json"].as_str().unwrap().replace("10.0.0.1", "10.0.0.2");
    changed["records"][0]["json"] = json!(json);
    assert!(matches!(check(&changed), Err(EvidenceError::Record(1))));
    let mut changed = whole.clone();
    changed["checkpoint"] = json!(evidence.checkpoint.replacen("\n4\n", "\n5\n", 1));
    assert!(matches!(check(&changed), Err(EvidenceError::Checkpoint(_))));
    let mut changed = whole;
    let note = evidence.witnesses[0].note.replacen("\n3\n", "\n4\n", 1);
    changed["witnesses"][0]["note"] = json!(note);
    assert!(check(&changed).is_err());
}

#[tokio::test]
async fn a_forgery_under_another_key_is_refused_by_whoever_knows_the_key() {
    let fixture = Fixture::new();
    let evidence = gathered(&fixture, &[(3, 3)]).await.unwrap();
    let other = verifier_line(ORIGIN, &crate::SigningKey::from_bytes(&[1; 32]).verifying_key());
    let text = evidence.to_text();
    let error = check_evidence(text.as_bytes(), Some(&other)).unwrap_err();
    assert!(matches!(error, EvidenceError::OtherKey(_)), "{error}");
    let error = check_evidence(text.as_bytes(), Some("no line")).unwrap_err();
    assert!(matches!(error, EvidenceError::Key(_)), "{error}");
}

#[tokio::test]
async fn a_time_stamp_over_an_earlier_head_goes_along_and_over_another_is_refused() {
    let fixture = Fixture::new();
    let (note, _) = sealed(&fixture).await;
    let seen = SeenElsewhere {
        cosigned: Vec::new(),
        stamped: vec![StampedHead { reply: granted(&note), note: note.clone() }],
    };
    let mut evidence =
        gather_evidence(&*fixture.catalogue(), fixture.store().as_ref(), &[(3, 3)], &seen)
            .await
            .unwrap();
    let proved = check_evidence(evidence.to_text().as_bytes(), None).unwrap();
    assert_eq!((proved.timestamps.len(), proved.timestamps[0].size), (1, 3));
    evidence.timestamps[0].reply = granted("something else");
    let error = check_evidence(evidence.to_text().as_bytes(), None).unwrap_err();
    assert!(matches!(error, EvidenceError::Stamp(_)), "{error}");
}

#[tokio::test]
async fn a_document_without_events_proves_nothing() {
    let fixture = Fixture::new();
    let mut evidence = gathered(&fixture, &[(3, 3)]).await.unwrap();
    evidence.events.clear();
    let error = check_evidence(evidence.to_text().as_bytes(), None).unwrap_err();
    assert!(matches!(error, EvidenceError::Empty));
}

proptest! {
    #[test]
    fn any_bytes_are_checked_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzz_evidence(&bytes);
    }
}
