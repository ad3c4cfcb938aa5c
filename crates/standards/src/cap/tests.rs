//! Alerts are written as the schema wants them, and their heads are read back.

use proptest::prelude::*;
use sakimori_words::{Instant, Tlp};

use super::*;
use crate::sample::AT;

pub(crate) fn alert() -> Alert {
    Alert {
        identifier: "warning-1, revision 2".to_owned(),
        sender: "pref.example.jp".to_owned(),
        sent_at: AT,
        standing: Standing::Actual,
        kind: MessageKind::Alert,
        tlp: Tlp::Green,
        lang: "ja-JP".to_owned(),
        event: "サイバー攻撃に関する注意喚起".to_owned(),
        urgency: Urgency::Immediate,
        severity: Severity::Severe,
        certainty: Certainty::Observed,
        expires_at: Some(AT.plus_days(5)),
        sender_name: "奈良県 医療政策局".to_owned(),
        headline: "VPN装置の脆弱性 <至急> & 対応".to_owned(),
        description: "本文\n二行目".to_owned(),
        instruction: "一 更新する\n二 確かめる".to_owned(),
        web: "https://www.pref.example.jp/a?b=1&c=2".to_owned(),
        contact: "0742-00-0000".to_owned(),
        area: "奈良県".to_owned(),
        parameters: vec![("文書番号".to_owned(), "事務連絡".to_owned())],
        resources: vec![Resource {
            description: "別添 <1>.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            n_bytes: 183_204,
        }],
    }
}

/// One of each kind and label, one without anything that can be left out.
pub(crate) fn samples() -> Vec<Alert> {
    let earlier = vec![reference("pref.example.jp", "warning-1", AT); 2];
    let bare = Alert {
        expires_at: None,
        sender_name: String::new(),
        headline: String::new(),
        description: String::new(),
        instruction: String::new(),
        web: String::new(),
        contact: String::new(),
        area: String::new(),
        parameters: vec![],
        resources: vec![],
        ..alert()
    };
    let labels = crate::tlp::LABELS.into_iter().map(|tlp| Alert { tlp, ..alert() });
    let update = Alert { kind: MessageKind::Update(earlier.clone()), ..alert() };
    let cancel = Alert { kind: MessageKind::Cancel(earlier), ..alert() };
    let exercise = Alert { standing: Standing::Exercise, ..alert() };
    labels.chain([bare, update, cancel, exercise]).collect()
}

#[test]
fn times_are_those_of_japan_to_the_second() {
    insta::assert_snapshot!("alert", write(&alert()));
}

#[test]
fn an_exercise_says_so_where_machines_and_people_look() {
    let xml = write(&Alert { standing: Standing::Exercise, ..alert() });
    assert!(
        xml.contains("<status>Exercise</status>") && xml.contains("<note>訓練 EXERCISE:"),
        "{xml}"
    );
    assert!(!xml.contains("<status>Actual</status>"));
}

#[test]
fn a_cancel_names_what_it_takes_back_and_an_ack_is_recognised() {
    let alert = alert();
    let named = reference(&alert.sender, &alert.identifier, alert.sent_at);
    assert_eq!(named, "pref.example.jp,warning-1__revision_2,2026-11-20T18:00:00+09:00");
    let cancel = Alert { kind: MessageKind::Cancel(vec![named.clone()]), ..alert };
    let head = read(write(&cancel).as_bytes()).unwrap();
    assert_eq!(
        (head.kind.as_str(), head.references.as_slice()),
        ("Cancel", [named.clone()].as_slice())
    );
    assert!(!head.acknowledges(&named));
    let ack = format!(
        "<cap:alert xmlns:cap='urn:oasis:names:tc:emergency:cap:1.2'><cap:identifier>a-1</cap:identifier>\
         <cap:sender>hosp.example</cap:sender><cap:sent>2026-11-20T18:05:00+09:00</cap:sent>\
         <cap:status>Actual</cap:status><cap:msgType>Ack</cap:msgType><cap:scope>Private</cap:scope>\
         <cap:note>受領 &amp; 確認</cap:note><cap:references>other,1,2 {named}</cap:references></cap:alert>"
    );
    let head = read(ack.as_bytes()).unwrap();
    assert!(head.acknowledges(&named));
    assert_eq!(head.note, "受領 & 確認");
}

#[test]
fn what_is_no_alert_is_refused_with_what_it_lacks() {
    let why = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(why("<rss/>"), "the message has no `alert`");
    assert_eq!(why("<alert><sender>x</sender></alert>"), "the message has no `identifier`");
    assert_eq!(why(&" ".repeat((1 << 20) + 1)), "the message is longer than 1048576 bytes");
}

proptest! {
    #[test]
    fn any_texts_make_an_alert_whose_head_is_read_back(title in "\\PC{1,60}", micros in 0_i64..4_000_000_000_000_000) {
        let alert = Alert { headline: title.clone(), sent_at: Instant::from_micros(micros), ..alert() };
        let head = read(write(&alert).as_bytes()).unwrap();
        prop_assert_eq!(head.headline, title.trim());
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz_cap(&bytes);
    }
}
