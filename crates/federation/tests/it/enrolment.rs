//! Coming under a hub: once, by a code, with proof both ways.

use sakimori_federation::{Door, EnrolmentCode, Outgoing, Post, Relation, Trust, Wire, WireError};
use sakimori_words::{Chance, Organisation};
use serde_json::json;

use crate::recorder::{NOTE_TYPE, Recorder, got};
use crate::town::{Town, address, organisation, strange_key};

async fn journal(town: &Town, name: &str, stream: &str) -> Vec<(String, String)> {
    let entries = town.place(name).store.stream_entries(stream, 0, 1_000).await.unwrap();
    let code = |body: &serde_json::Value| body["code"].as_str().unwrap_or_default().to_owned();
    entries.into_iter().map(|entry| (entry.kind, code(&entry.body))).collect()
}

#[tokio::test]
async fn an_enrolled_institution_is_known_up_to_the_ministry_and_knows_the_ministry() {
    let town = Town::enrolled(1).await;
    let known = town.post("mhlw").organisations().await.unwrap();
    let hospital = known.iter().find(|known| known.organisation.id.as_str() == "hospital").unwrap();
    assert_eq!(hospital.key, town.post("hospital").public_key());
    assert_eq!(hospital.vouchers, ["jma".into(), "osaka".into()]);
    assert!(hospital.below);
    let known = town.post("hospital").organisations().await.unwrap();
    let ministry = known.iter().find(|known| known.organisation.id.as_str() == "mhlw").unwrap();
    assert_eq!(ministry.key, town.post("mhlw").public_key());
    assert!(!ministry.below);
    let siblings = known.iter().any(|known| known.organisation.id.as_str() == "clinic");
    assert!(!siblings, "institutions do not learn of each other");
}

#[tokio::test]
async fn enrolling_a_hub_late_brings_everybody_below_it() {
    let town = Town::empty(2).await;
    town.enrol("hospital", "osaka").await;
    town.enrol("osaka", "mhlw").await;
    town.settle().await;
    let note = Outgoing::new("mhlw".into(), NOTE_TYPE, json!("hello"));
    town.post("hospital").send(note).await.unwrap();
    town.settle().await;
    town.post("mhlw").deliver(&[&Recorder]).await.unwrap();
    let came = got(&*town.place("mhlw").store).await;
    assert_eq!(came[0].vias, ["osaka".into()]);
}

#[tokio::test]
async fn a_code_works_once() {
    let town = Town::empty(3).await;
    let code = town.post("osaka").invite("officer", "病院", None).await.unwrap().to_string();
    let to = address("osaka");
    town.post("hospital").enrol_with(&to, &code, "admin", &town.line).await.unwrap();
    let again = town.post("clinic").enrol_with(&to, &code, "admin", &town.line).await;
    let Err(error) = again else { panic!("a second institution enrolled with the same code") };
    assert!(error.to_string().contains("could not be reached"), "{error}");
    assert!(town.post("clinic").neighbours().await.unwrap().is_empty());
    assert_eq!(town.post("osaka").neighbours().await.unwrap().len(), 1);
    let recorded = journal(&town, "osaka", "post/enrolment").await;
    assert!(
        recorded.contains(&("refused".to_owned(), "SK-FEDERATION-021".to_owned())),
        "{recorded:?}"
    );
}

#[tokio::test]
async fn a_code_expires_after_a_day() {
    let town = Town::empty(4).await;
    let code = town.post("osaka").invite("officer", "", None).await.unwrap().to_string();
    town.clock.step_seconds(24 * 3_600 + 1);
    let error = town
        .post("hospital")
        .enrol_with(&address("osaka"), &code, "admin", &town.line)
        .await
        .unwrap_err();
    assert!(error.trouble().detail.contains("SK-FEDERATION-021"), "{error}");
}

#[tokio::test]
async fn a_lost_answer_is_made_good_by_trying_again_with_the_same_code() {
    struct LosesTheAnswer<'t>(&'t Town);
    #[async_trait::async_trait]
    impl Wire for LosesTheAnswer<'_> {
        async fn ask(
            &self,
            address: &str,
            door: Door,
            trust: &Trust,
            request: Vec<u8>,
        ) -> Result<Vec<u8>, WireError> {
            let answer = self.0.line.ask(address, door, trust, request).await?;
            if door == Door::Enrolment {
                let cause = std::io::Error::other("line broke");
                return Err(WireError::NoAnswer {
                    address: address.to_owned(),
                    cause: Box::new(cause),
                });
            }
            Ok(answer)
        }
    }
    let town = Town::empty(5).await;
    let code = town.post("osaka").invite("officer", "", None).await.unwrap().to_string();
    let to = address("osaka");
    let post = town.post("hospital");
    post.enrol_with(&to, &code, "admin", &LosesTheAnswer(&town)).await.unwrap_err();
    let hub = post.enrol_with(&to, &code, "admin", &town.line).await.unwrap();
    assert_eq!((hub.id().as_str(), hub.relation), ("osaka", Relation::Parent));
    assert_eq!(hub.authority, b"authority of the hub");
}

#[tokio::test]
async fn another_hub_at_the_address_is_noticed_before_anything_is_sent() {
    let town = Town::empty(6).await;
    let code = town.post("osaka").invite("officer", "", None).await.unwrap().to_string();
    let error = town
        .post("hospital")
        .enrol_with(&address("jma"), &code, "admin", &town.line)
        .await
        .unwrap_err();
    assert_eq!(error.trouble().kind.code, "SK-FEDERATION-020");
    assert!(journal(&town, "jma", "post/enrolment").await.is_empty());
}

#[tokio::test]
async fn guessing_codes_is_stopped() {
    let town = Town::empty(7).await;
    let hub = town.post("osaka").public_key();
    let mut codes = vec![];
    for _ in 0..8 {
        let guess = EnrolmentCode::new(&hub, &town.dice).to_string();
        let guessed =
            town.post("hospital").enrol_with(&address("osaka"), &guess, "x", &town.line).await;
        codes.push(guessed.unwrap_err().trouble().detail);
    }
    assert!(codes[4].contains("SK-FEDERATION-021"), "{}", codes[4]);
    assert!(codes[5].contains("SK-FEDERATION-023"), "{}", codes[5]);
    town.clock.step_seconds(601);
    town.enrol("hospital", "osaka").await;
}

#[tokio::test]
async fn a_lost_key_needs_a_code_for_enrolling_again() {
    let town = Town::enrolled(8).await;
    let store = &town.place("hospital").store;
    let key = strange_key(&town);
    let chance: std::sync::Arc<dyn Chance> =
        std::sync::Arc::new(sakimori_testkit::SeededChance::new(9));
    // The new machine: same organisation, new key, same ledger for brevity.
    let post = Post::new(store.clone(), town.clock.clone(), chance, organisation("hospital"), key);
    let plain = town.post("osaka").invite("officer", "", None).await.unwrap().to_string();
    let error = post.enrol_with(&address("osaka"), &plain, "admin", &town.line).await.unwrap_err();
    assert!(error.trouble().detail.contains("SK-FEDERATION-024"), "{error}");
    let again = Some("hospital".into());
    let code = town.post("osaka").invite("officer", "", again).await.unwrap().to_string();
    post.enrol_with(&address("osaka"), &code, "admin", &town.line).await.unwrap();
    post.exchange_once(&"osaka".into(), &town.line).await.unwrap();
}

#[tokio::test]
async fn a_ministry_does_not_enrol_under_a_prefecture() {
    let town = Town::empty(9).await;
    let code = town.post("osaka").invite("officer", "", None).await.unwrap().to_string();
    let error = town
        .post("mhlw")
        .enrol_with(&address("osaka"), &code, "admin", &town.line)
        .await
        .unwrap_err();
    assert!(error.trouble().detail.contains("SK-FEDERATION-025"), "{error}");
}

#[tokio::test]
async fn a_changed_profile_reaches_the_ministry() {
    let town = Town::enrolled(10).await;
    let me = Organisation { name: "防人総合病院".to_owned(), ..organisation("hospital") };
    town.post("hospital").describe(me).await.unwrap();
    town.settle().await;
    for hub in ["osaka", "mhlw"] {
        let known = town.post(hub).organisations().await.unwrap();
        let hospital = known.iter().find(|k| k.organisation.id.as_str() == "hospital").unwrap();
        assert_eq!(hospital.organisation.name, "防人総合病院", "at {hub}");
    }
}

#[tokio::test]
async fn whoever_parted_is_not_spoken_to_any_more() {
    let town = Town::enrolled(11).await;
    town.post("osaka").part_with(&"clinic".into(), "officer", "廃院").await.unwrap();
    let error = town.post("clinic").exchange_once(&"osaka".into(), &town.line).await.unwrap_err();
    assert!(error.trouble().detail.contains("SK-FEDERATION-005"), "{error}");
    town.dial("osaka", "mhlw").await.unwrap();
    let known = town.post("mhlw").organisations().await.unwrap();
    let clinic = known.iter().find(|k| k.organisation.id.as_str() == "clinic").unwrap();
    assert_eq!(clinic.vouchers, ["jma".into()], "the other route still vouches for it");
}
