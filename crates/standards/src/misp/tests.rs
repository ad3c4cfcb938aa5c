//! What is written is read back, and events of others are read as far as they go.

use proptest::prelude::*;
use sakimori_words::Tlp;
use serde_json::{Value, json};

use super::*;
use crate::sample::item;

#[test]
fn an_event_gives_back_every_indicator_with_its_label() {
    for tlp in [Tlp::Clear, Tlp::Green, Tlp::Amber, Tlp::AmberStrict] {
        let item = item(tlp);
        let reading = read(&event(&item, &[]));
        let values: Vec<_> = reading.indicators.iter().map(|read| read.indicator.clone()).collect();
        assert_eq!(values, item.indicators);
        assert!(reading.indicators.iter().all(|own| own.tlp == tlp));
    }
}

#[test]
fn a_feed_is_found_by_its_manifest_and_holds_nothing_for_named_recipients() {
    let mut secret = item(Tlp::Red);
    secret.id = "11111111-2222-4333-8444-555555555555".to_owned();
    let files = feed(&[vec![item(Tlp::Green)], vec![secret]]);
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["0a3f6c1e-5b7d-4c2a-9e8f-1d2c3b4a5f60.json", "hashes.csv", "manifest.json"]);
    let entries = manifest(&files[2].bytes).unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].changed_at_seconds, 1_795_165_200);
    let hashes = String::from_utf8(files[1].bytes.clone()).unwrap();
    // The digest of `evil.example`, as md5sum gives it.
    assert!(hashes.contains("96119eb3210daa472225fbad69fa9770,0a3f6c1e-"), "{hashes}");
    assert!(
        files.iter().all(|file| !String::from_utf8_lossy(&file.bytes).contains("11111111-2222"))
    );
    insta::assert_snapshot!("event", format!("{:#}", event(&item(Tlp::Green), &[])));
}

#[test]
fn what_a_revision_drops_and_what_is_withdrawn_is_deleted_where_it_was_taken() {
    let first = item(Tlp::Green);
    let mut second = first.clone();
    second.revised_at = first.revised_at.plus_days(1);
    let dropped = second.indicators.remove(0);
    let mut gone = second.clone();
    gone.withdrawn = true;
    gone.indicators.clear();
    let state = |event: &Value, value: &str| {
        let all = event["Event"]["Attribute"].as_array().unwrap();
        let own = all.iter().find(|own| own["value"] == value).unwrap();
        (own["deleted"] == true, own["to_ids"] == true)
    };
    let revised = event(&second, std::slice::from_ref(&first));
    assert_eq!(state(&revised, &dropped.value), (true, false));
    assert_eq!(state(&revised, "evil.example"), (false, true));
    assert!(!read(&revised).indicators.iter().any(|own| own.indicator == dropped));
    let withdrawn = event(&gone, &[first.clone(), second.clone()]);
    assert_eq!(state(&withdrawn, "evil.example"), (true, false));
    let files = feed(&[vec![first, second, gone]]);
    assert!(files[1].bytes.is_empty(), "nothing of it is found by its hash");
}

#[test]
fn an_entry_whose_id_could_be_a_path_is_passed_over() {
    let entries = manifest(
        br#"{"../../etc/passwd": {}, "0a3f6c1e-5b7d-4c2a-9e8f-1d2c3b4a5f60": {"timestamp": "7"}}"#,
    );
    let entries = entries.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].changed_at_seconds, 7);
}

fn told(event: &Value) -> Vec<String> {
    let reading = read(event);
    let told =
        reading.indicators.iter().map(|read| format!("{} {:?}", read.indicator.value, read.tlp));
    told.chain(reading.not_understood).collect()
}

#[test]
fn only_what_is_meant_for_detection_is_taken() {
    let attribute =
        |kind: &str, value: &str| json!({ "type": kind, "value": value, "to_ids": true });
    let event = json!({ "response": [{ "Event": {
        "Tag": [{ "name": "tlp:green" }, { "name": "type:OSINT" }],
        "Attribute": [
            attribute("ip-dst|port", "198.51.100.7|443"),
            attribute("filename|sha256", "a.exe|ABCD"),
            attribute("domain|ip", "evil.example|2001:db8::7"),
            attribute("mutex", "Global\\x"),
            { "type": "link", "value": "https://blog.example/", "to_ids": false },
            { "type": "domain", "value": "gone.example", "to_ids": "1", "deleted": true },
            { "type": "domain", "value": "narrow.example", "to_ids": "1", "Tag": [{ "name": "TLP:AMBER+STRICT" }] },
        ],
        "Object": [{ "Attribute": [attribute("url", "http://evil.example/x")] }],
    }}]});
    assert_eq!(
        told(&event),
        [
            "198.51.100.7 Green",
            "abcd Green",
            "evil.example Green",
            "2001:db8::7 Green",
            "narrow.example AmberStrict",
            "http://evil.example/x Green",
            "mutex: Global\\x",
        ]
    );
}

#[test]
fn an_event_without_a_label_is_red() {
    let event = json!({ "Event": { "Attribute": [{ "type": "domain", "value": "a.example", "to_ids": 1 }] }});
    assert_eq!(told(&event), ["a.example Red"]);
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz_misp(&bytes);
    }
}
