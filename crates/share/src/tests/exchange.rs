//! Released wire formats stay readable.

use sakimori_federation::MessageHeader;
use sakimori_words::{Digest, Founder, Instant, InstitutionKind, MessageId, Text, Tlp};

use crate::exchange::{
    ConsentAnswerV1, ConsentRequestV1, SharedCaseV1, SightingsV1, fuzz_exchange,
};
use crate::{
    Analysis, Area, ConsentAnswer, PassedField, Period, Place, SharedCase, SharedContent, SharedKey,
};

fn header(tlp: Tlp) -> MessageHeader {
    MessageHeader {
        id: MessageId::from("m"),
        origin: "mhlw".into(),
        to: None,
        stream: "members".to_owned(),
        seq: 1,
        message_type: crate::exchange::SHARED_CASE_TYPE.to_owned(),
        created: Instant::default(),
        expires: None,
        tlp,
        exercise: false,
        in_reply_to: None,
        files: vec![],
    }
}

fn case() -> SharedCase {
    let at = Instant::parse("2026-11-22T00:00:00Z").unwrap();
    SharedCase {
        key: SharedKey { origin: "mhlw".into(), id: "0199aaaa-0000-7000-8000-000000000001".into() },
        revision: 2,
        created_at: at,
        modified_at: at,
        withdrawn: false,
        content: SharedContent {
            title: "電子カルテの停止".to_owned(),
            place: Place {
                area: Area::Block("kinki".to_owned()),
                beds: Some((400, None)),
                kind: Some(InstitutionKind::Hospital),
                founder: Some(Founder::PublicBody),
            },
            period: Period::Quarter { year: 2026, quarter: 2 },
            technical: vec![PassedField {
                id: "incident_class".to_owned(),
                label: Text::new("事案の類型", "Class of incident"),
                value: Text::new("ランサムウェア", "Ransomware"),
            }],
            damage: vec![],
            analysis: Analysis {
                route: "supplier-line".to_owned(),
                family: Some("lockbit".to_owned()),
                techniques: vec!["T1486".to_owned()],
                safeguards: vec!["backup-offline".to_owned()],
            },
            course: "<HOST-1> が暗号化された".to_owned(),
            lesson: "切り離す".to_owned(),
            indicators: vec![],
            tlp: Tlp::Green,
            exercise: false,
            urgent: false,
        },
    }
}

#[test]
fn version_1_is_written_and_read_as_its_samples() {
    let case = case();
    let request = ConsentRequestV1::new("q-1", "厚生労働省", &case.content, 12);
    let answer = ConsentAnswerV1 {
        request: "q-1".to_owned(),
        digest: Digest::of(b"content"),
        answer: ConsentAnswer::WithChanges,
        person: "院長 花子".to_owned(),
        note: "台数を消す".to_owned(),
    };
    insta::with_settings!({ snapshot_path => "../exchange/samples", prepend_module_to_snapshot => false }, {
        insta::assert_json_snapshot!("shared-case.v1", SharedCaseV1::new(&case));
        insta::assert_json_snapshot!("consent-request.v1", request);
        insta::assert_json_snapshot!("consent-answer.v1", answer);
    });
    let bytes = serde_json::to_vec(&SharedCaseV1::new(&case)).unwrap();
    let read: SharedCaseV1 = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(read.into_case(&header(Tlp::Green)), case);
    let bytes = serde_json::to_vec(&request).unwrap();
    let read: ConsentRequestV1 = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(
        read.content().digest(),
        case.content.digest(),
        "what is approved is what was asked"
    );
    fuzz_exchange(&bytes);
}

#[test]
fn a_case_with_indicators_is_read_as_its_sample_and_one_without_is_as_it_always_was() {
    let mut case = case();
    let before = case.content.digest();
    let indicator = sakimori_standards::Indicator::address("198.51.100.7").unwrap();
    let seen_as = "侵入に使われた接続元".to_owned();
    let technique = Some("T1133".to_owned());
    case.content.indicators = vec![crate::SharedIndicator { indicator, seen_as, technique }];
    assert_ne!(case.content.digest(), before, "consent is to the indicators as well");
    insta::with_settings!({ snapshot_path => "../exchange/samples", prepend_module_to_snapshot => false }, {
        insta::assert_json_snapshot!("shared-case-indicators.v1", SharedCaseV1::new(&case));
    });
    let bytes = serde_json::to_vec(&SharedCaseV1::new(&case)).unwrap();
    let read: SharedCaseV1 = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(read.into_case(&header(Tlp::Green)), case);
}

#[test]
fn counts_are_read_as_their_sample() {
    let day = sakimori_words::parse_date("2026-11-02").unwrap();
    let value = "198.51.100.7".to_owned();
    let seen = vec![crate::Seen { value, count: 3, n_institutions: 1, first: day, last: day }];
    let at = Instant::parse("2026-11-22T00:00:00Z").unwrap();
    let told = SightingsV1::new(&case().key, at, &crate::Sightings { n_looked: 4, seen });
    insta::with_settings!({ snapshot_path => "../exchange/samples", prepend_module_to_snapshot => false }, {
        insta::assert_json_snapshot!("sightings.v1", told);
    });
    let bytes = serde_json::to_vec(&told).unwrap();
    assert_eq!(serde_json::from_slice::<SightingsV1>(&bytes).unwrap(), told);
}

#[test]
fn an_urgent_case_says_so_and_consent_is_to_that_as_well() {
    let mut case = case();
    let before = case.content.digest();
    case.content.urgent = true;
    assert_ne!(case.content.digest(), before);
    let request = ConsentRequestV1::new("q-1", "厚生労働省", &case.content, 12);
    assert!(request.content().urgent);
    let bytes = serde_json::to_vec(&SharedCaseV1::new(&case)).unwrap();
    let read: SharedCaseV1 = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(read.into_case(&header(Tlp::Green)), case);
}

#[test]
fn the_least_a_sender_may_write_is_read_and_the_label_is_that_of_the_signed_header() {
    let least = include_str!("../exchange/samples/shared-case-least.v1.json");
    let least: SharedCaseV1 = serde_json::from_str(least).unwrap();
    let case = least.into_case(&header(Tlp::Red));
    assert_eq!((case.content.tlp, case.withdrawn), (Tlp::Red, false));
    assert_eq!(case.content.period, Period::Unsaid);
}
