//! What is written is read back, and what others wrote is read as far as it goes.

use proptest::prelude::*;
use sakimori_words::Tlp;
use serde_json::{Value, json};

use super::*;
use crate::sample::{AT, item, shared};
use crate::{Indicator, IndicatorKind};

fn values(reading: &crate::Reading) -> Vec<Indicator> {
    reading.indicators.iter().map(|read| read.indicator.clone()).collect()
}

#[test]
fn a_bundle_gives_back_every_indicator_with_its_label() {
    for tlp in crate::tlp::LABELS {
        let item = item(tlp);
        let reading = read(&bundle(&item));
        assert_eq!(values(&reading), item.indicators);
        assert!(reading.indicators.iter().all(|own| own.tlp == tlp), "{tlp:?}");
        assert_eq!(reading.n_not_understood, 0, "{:?}", reading.not_understood);
    }
}

#[test]
fn the_same_item_gives_the_same_bytes() {
    insta::assert_snapshot!("bundle", format!("{:#}", bundle(&item(Tlp::Amber))));
    assert_eq!(bundle(&item(Tlp::Amber)).to_string(), bundle(&item(Tlp::Amber)).to_string());
}

#[test]
fn a_revision_revokes_what_it_drops_and_a_withdrawal_everything_but_publisher_and_label() {
    let first = item(Tlp::Green);
    let mut second = first.clone();
    second.revised_at = first.revised_at.plus_days(1);
    let dropped = second.indicators.remove(0);
    let gone = crate::SharedIntelligence {
        withdrawn: true,
        revised_at: first.revised_at.plus_days(2),
        description: String::new(),
        indicators: vec![],
        ..second.clone()
    };
    // What a reader has who keeps the newest version of each object.
    let kept = |revisions: &[crate::SharedIntelligence]| {
        let mut kept = std::collections::BTreeMap::new();
        for object in history(revisions) {
            let modified = object["modified"].as_str().unwrap_or_default().to_owned();
            let id = object["id"].as_str().unwrap().to_owned();
            let older = kept.get(&id).is_none_or(|(own, _): &(String, Value)| *own <= modified);
            assert!(older, "versions of {id} come in their order");
            kept.insert(id, (modified, object));
        }
        kept.into_values().map(|(_, object)| object).collect::<Vec<_>>()
    };
    let revoked = |object: &&Value| object["revoked"] == true;
    let two = kept(&[first.clone(), second.clone()]);
    let names: Vec<_> = two.iter().filter(revoked).filter_map(|own| own["name"].as_str()).collect();
    assert_eq!(names, [dropped.value.as_str()]);
    let three = kept(&[first, second, gone]);
    let standing: std::collections::BTreeSet<_> =
        three.iter().filter(|own| !revoked(own)).map(|own| own["type"].to_string()).collect();
    assert_eq!(standing, ["\"identity\"", "\"marking-definition\""].map(str::to_owned).into());
    let reading = read(&json!({ "type": "bundle", "objects": three }));
    assert!(reading.indicators.is_empty() && reading.n_revoked > 0);
}

#[test]
fn another_item_with_the_same_indicator_has_no_id_in_common_but_publisher_and_label() {
    let ids = |bundle: &Value| -> Vec<String> {
        let objects = bundle["objects"].as_array().unwrap();
        objects.iter().map(|object| object["id"].as_str().unwrap().to_owned()).collect()
    };
    let one = item(Tlp::Green);
    let other = crate::SharedIntelligence {
        id: "11111111-2222-4333-8444-555555555555".to_owned(),
        ..one.clone()
    };
    let (one, other) = (ids(&bundle(&one)), ids(&bundle(&other)));
    let common: Vec<_> = one.iter().filter(|id| other.contains(id)).collect();
    assert_eq!(common.len(), 2, "{common:?}");
}

#[test]
fn what_refers_comes_after_what_it_refers_to() {
    let bundle = bundle(&item(Tlp::Green));
    let mut known = std::collections::BTreeSet::new();
    for object in bundle["objects"].as_array().unwrap() {
        for name in
            ["created_by_ref", "source_ref", "target_ref", "object_refs", "object_marking_refs"]
        {
            let listed =
                object[name].as_array().cloned().unwrap_or_else(|| vec![object[name].clone()]);
            for id in listed.iter().filter_map(Value::as_str) {
                let is_clear = id == crate::tlp::marking_id(Tlp::Clear);
                assert!(is_clear || known.contains(id), "{id} of {}", object["id"]);
            }
        }
        known.insert(object["id"].as_str().unwrap().to_owned());
    }
}

#[test]
fn a_sighting_says_how_often_and_never_who_or_at_which_minute() {
    let seen = Sighting {
        indicator: Indicator::new(IndicatorKind::Domain, "evil.example").unwrap(),
        count: 3,
        first_at: AT,
        last_at: AT,
    };
    let bundle = sightings("0a3f6c1e-5b7d-4c2a-9e8f-1d2c3b4a5f60", &[seen], Tlp::Green, AT);
    let sighting = &bundle["objects"][2];
    assert_eq!(sighting["count"], 3);
    assert_eq!(sighting["sighting_of_ref"], bundle["objects"][1]["id"]);
    assert_eq!(sighting["first_seen"], "2026-11-19T15:00:00.000Z");
    let text = bundle.to_string();
    for name in ["created_by_ref", "where_sighted_refs", "identity"] {
        assert!(!text.contains(name), "{name}");
    }
}

fn audience_of(refs: &Value, definitions: &[Value]) -> Tlp {
    let indicator = json!({
        "type": "indicator", "id": "indicator--x", "pattern": "[domain-name:value = 'a.example']",
        "pattern_type": "stix", "object_marking_refs": refs,
    });
    let objects: Vec<Value> = definitions.iter().cloned().chain([indicator]).collect();
    read(&json!({ "type": "bundle", "id": "bundle--x", "objects": objects })).indicators[0].tlp
}

#[test]
fn a_marking_that_is_not_understood_closes() {
    let unknown = "marking-definition--00000000-0000-4000-8000-000000000000";
    assert_eq!(audience_of(&json!([crate::tlp::marking_id(Tlp::Green)]), &[]), Tlp::Green);
    assert_eq!(
        audience_of(&json!(["marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"]), &[]),
        Tlp::Clear
    );
    assert_eq!(audience_of(&json!([unknown]), &[]), Tlp::Red);
    assert_eq!(audience_of(&json!([]), &[]), Tlp::Red);
    assert_eq!(audience_of(&json!([7]), &[]), Tlp::Red);
    assert_eq!(
        audience_of(&json!([crate::tlp::marking_id(Tlp::Clear), unknown]), &[]),
        Tlp::Red,
        "the narrowest counts"
    );
    let nearly = "marking-definition--939a9414-2ddd-4d32-a0cd-b7c2c2b9e2c8";
    assert_eq!(
        audience_of(&json!([nearly]), &[]),
        Tlp::Red,
        "the first eight digits are not enough"
    );
}

#[test]
fn a_bundle_may_define_a_marking_but_not_change_what_green_means() {
    let own = "marking-definition--00000000-0000-4000-8000-000000000000";
    let define = |id: &str, word: &str| {
        json!({ "type": "marking-definition", "id": id,
            "extensions": { crate::tlp::EXTENSION: { "tlp_2_0": word } } })
    };
    assert_eq!(audience_of(&json!([own]), &[define(own, "amber")]), Tlp::Amber);
    assert_eq!(audience_of(&json!([own]), &[define(own, "blue")]), Tlp::Red);
    let red = crate::tlp::marking_id(Tlp::Red);
    assert_eq!(audience_of(&json!([red]), &[define(red, "clear")]), Tlp::Red);
    let statement = json!({ "type": "marking-definition", "id": own, "definition_type": "statement",
        "definition": { "statement": "(c)" } });
    assert_eq!(
        audience_of(
            &json!([own, crate::tlp::marking_id(Tlp::Green)]),
            std::slice::from_ref(&statement)
        ),
        Tlp::Green
    );
    assert_eq!(audience_of(&json!([own]), &[statement]), Tlp::Red, "a copyright is no label");
}

#[test]
fn what_cannot_be_looked_for_is_named_and_unknown_types_are_counted() {
    let reading = read(&json!({ "objects": [
        { "type": "indicator", "pattern_type": "yara", "pattern": "rule x {}" },
        { "type": "indicator", "pattern_type": "stix", "pattern": "[process:name = 'x']" },
        { "type": "indicator", "revoked": true, "pattern": "[domain-name:value = 'old.example']" },
        { "type": "x-of-a-vendor", "id": "x-of-a-vendor--1" },
        { "type": "relationship", "source_ref": "indicator--not-here", "target_ref": "malware--not-here" },
        17, "text", null, [],
    ]}));
    assert_eq!(reading.not_understood, ["rule x {}", "[process:name = 'x']"]);
    assert_eq!((reading.n_revoked, reading.indicators.len()), (1, 0));
    assert_eq!(reading.objects["x-of-a-vendor"], 1);
    assert_eq!(reading.objects["?"], 4);
}

proptest! {
    #[test]
    fn any_text_is_a_value_that_comes_back(value in "[^\\p{C}\\s][^\\p{C}]{0,40}[^\\p{C}\\s]") {
        let indicator = Indicator::new(IndicatorKind::Url, &value).unwrap();
        let item = crate::SharedIntelligence { indicators: vec![indicator.clone()], ..item(Tlp::Green) };
        prop_assert_eq!(values(&read(&bundle(&item))), vec![indicator]);
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz_stix(&bytes);
        fuzz_pattern(&bytes);
    }

    #[test]
    fn any_pattern_of_the_words_of_patterns_is_answered(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "[", "]", "(", ")", " AND ", " OR ", " FOLLOWEDBY ", "NOT ", "=", "'a.example'", "domain-name:value", ",",
                " IN ", " WITHIN 5 SECONDS", "file:hashes.'MD5'", "'", "\\", "EXISTS ",
            ]), 0..40)
    ) {
        fuzz_pattern(words.concat().as_bytes());
    }
}

#[test]
#[ignore = "needs ../shared"]
fn the_examples_of_oasis_and_the_tlp_2_bundles_are_read() {
    let mut n_files = 0;
    let mut n_indicators = 0;
    let mut not_understood = Vec::new();
    for path in shared("stix", ".json") {
        let Ok(value) = serde_json::from_slice(&std::fs::read(&path).unwrap()) else { continue };
        let reading = read(&value);
        n_files += 1;
        n_indicators += reading.indicators.len();
        not_understood.extend(reading.not_understood);
    }
    println!("{n_files} files, {n_indicators} indicators; not understood: {not_understood:#?}");
    assert!(n_files > 300 && n_indicators > 50, "{n_files} files, {n_indicators} indicators");
}

#[test]
#[ignore = "needs ../shared"]
fn the_official_tlp_2_markings_are_recognised_with_and_without_their_definitions() {
    for path in shared("stix/tlp2", ".json") {
        let value: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for read in read(&value).indicators {
            println!("{} {:?}", read.name, read.tlp);
        }
        for object in value["objects"].as_array().unwrap() {
            if let Some(label) =
                object["name"].as_str().and_then(|name| name.strip_prefix("marked "))
            {
                assert_eq!(marking_of(object), crate::tlp::of_word(label), "{label}");
            }
            if object["type"] == "marking-definition" {
                let ours = crate::tlp::LABELS.map(crate::tlp::marking_definition);
                assert!(ours.contains(object), "{object}");
            }
        }
    }
}
