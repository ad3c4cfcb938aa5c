//! An organisation without a line: it joins by files that are carried, and a person checks them with minisign.

use std::path::Path;
use std::process::Command;

use sakimori_federation::{BundleSignature, MEDIUM_CODE_DAYS, MinisignError, Outgoing};
use serde_json::json;

use crate::recorder::{NOTE_TYPE, Recorder, got};
use crate::town::Town;

/// Carries what `from` has for `to`.
async fn carry(town: &Town, from: &str, to: &str) -> (Vec<u8>, String) {
    let bundle = town.post(from).write_bundle(&to.into()).await.unwrap();
    let signature = town.post(from).sign_bundle(&bundle, &town.place(to).organisation);
    town.post(to).read_bundle(&bundle).await.unwrap();
    (bundle, signature)
}

async fn join(town: &Town, child: &str, hub: &str) {
    let code = town.post(hub).invite_by_medium("officer", child, None).await.unwrap().to_string();
    let introduction = town.post(hub).introduction(&[]);
    let request = town.post(child).ask_by_medium(&introduction, &code).await.unwrap();
    town.clock.step_seconds((MEDIUM_CODE_DAYS - 1) * 86_400);
    let answer = town.post(hub).handle_enrolment(&request, "medium").await.unwrap();
    town.clock.step_seconds(3 * 86_400);
    let parent = town.post(child).join_by_medium(&answer).await.unwrap();
    assert_eq!(parent.address, None);
}

#[tokio::test]
async fn a_hospital_without_a_line_joins_by_files_and_is_heard_by_the_ministry() {
    let town = Town::empty(7).await;
    town.enrol("osaka", "mhlw").await;
    join(&town, "hospital", "osaka").await;
    // The way the prefecture tells whom it knows, and back.
    carry(&town, "osaka", "hospital").await;
    let note = Outgoing::new("mhlw".into(), NOTE_TYPE, json!("from a closed network"));
    town.post("hospital").send(note).await.unwrap();
    carry(&town, "hospital", "osaka").await;
    for _ in 0..3 {
        town.clock.step_seconds(1);
        town.post("osaka").exchange_once(&"mhlw".into(), &town.line).await.unwrap();
    }
    town.post("mhlw").deliver(&[&Recorder]).await.unwrap();
    assert_eq!(got(&*town.place("mhlw").store).await.len(), 1);
    let links = town.post("osaka").links().await.unwrap();
    let link = links.iter().find(|link| link.neighbour.id().as_str() == "hospital").unwrap();
    assert!(link.last_contact_at.is_some(), "a bundle is a contact: {link:?}");
}

#[tokio::test]
async fn a_file_of_another_hub_of_another_time_or_unasked_enrols_nobody() {
    let town = Town::empty(8).await;
    let code = town.post("osaka").invite_by_medium("officer", "", None).await.unwrap().to_string();
    let other = town.post("jma").introduction(&[]);
    let error = town.post("hospital").ask_by_medium(&other, &code).await.unwrap_err();
    assert_eq!(error.trouble().kind.code, "SK-FEDERATION-020");
    let introduction = town.post("osaka").introduction(&[]);
    let request = town.post("hospital").ask_by_medium(&introduction, &code).await.unwrap();
    let answer = town.post("osaka").handle_enrolment(&request, "medium").await.unwrap();
    let error = town.post("clinic").join_by_medium(&answer).await.unwrap_err();
    assert_eq!(error.trouble().kind.code, "SK-FEDERATION-033");
    town.post("hospital").join_by_medium(&answer).await.unwrap();
    let error = town.post("hospital").join_by_medium(&answer).await.unwrap_err();
    assert_eq!(error.trouble().kind.code, "SK-FEDERATION-033");
    // A request that lay about too long.
    let code = town.post("osaka").invite_by_medium("officer", "", None).await.unwrap().to_string();
    let request = town.post("clinic").ask_by_medium(&introduction, &code).await.unwrap();
    town.clock.step_seconds(MEDIUM_CODE_DAYS * 86_400 + 1);
    let error = town.post("osaka").handle_enrolment(&request, "medium").await.unwrap_err();
    assert_eq!(error.trouble().kind.code, "SK-FEDERATION-021");
}

#[tokio::test]
async fn whoever_joined_by_files_can_join_by_wire_later() {
    let town = Town::empty(9).await;
    join(&town, "hospital", "osaka").await;
    town.enrol("hospital", "osaka").await;
    let parents = town.post("hospital").parents().await.unwrap();
    assert_eq!(parents.len(), 1);
    assert!(parents[0].address.is_some());
    // Once more by files: the line stays.
    let code = town.post("osaka").invite_by_medium("officer", "", None).await.unwrap().to_string();
    let introduction = town.post("osaka").introduction(&[]);
    let request = town.post("hospital").ask_by_medium(&introduction, &code).await.unwrap();
    let answer = town.post("osaka").handle_enrolment(&request, "medium").await.unwrap();
    assert_eq!(
        town.post("hospital").join_by_medium(&answer).await.unwrap().address,
        parents[0].address
    );
}

#[tokio::test]
async fn the_signature_file_of_a_bundle_is_said_to_fit_to_be_missing_or_to_be_wrong() {
    let town = Town::enrolled(10).await;
    let (bundle, signature) = carry(&town, "osaka", "hospital").await;
    let post = town.post("hospital");
    let says = async |signature| post.check_bundle_signature(&bundle, signature).await.unwrap();
    let BundleSignature::Fits(comment) = says(Some(&signature)).await else {
        panic!("it does not fit")
    };
    let (from, to) = (&town.place("osaka").organisation.name, &post.me().name);
    assert!(comment.contains(from) && comment.contains(to), "{comment}");
    assert_eq!(says(None).await, BundleSignature::Missing);
    let of_another = town.post("jma").sign_bundle(&bundle, &post.me());
    assert_eq!(says(Some(&of_another)).await, BundleSignature::Wrong(MinisignError::OtherKey));
    let of_other_bytes = town.post("osaka").sign_bundle(b"other", &post.me());
    assert_eq!(says(Some(&of_other_bytes)).await, BundleSignature::Wrong(MinisignError::OtherFile));
    assert_eq!(
        post.medium_key_of(&"osaka".into()).await.unwrap(),
        Some(town.post("osaka").medium_key())
    );
}

/// What minisign itself says about the file with the signature beside it.
fn minisign(key: &str, file: &Path) -> (bool, String) {
    let output = Command::new("minisign").args(["-V", "-P", key, "-m"]).arg(file).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test]
#[ignore = "needs minisign"]
async fn minisign_accepts_a_bundle_and_refuses_an_altered_one() {
    let town = Town::enrolled(11).await;
    let (mut bundle, signature) = carry(&town, "osaka", "hospital").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("osaka.bundle");
    std::fs::write(&file, &bundle).unwrap();
    std::fs::write(folder.path().join("osaka.bundle.minisig"), &signature).unwrap();
    let key = town.post("osaka").medium_key();
    let (good, said) = minisign(&key, &file);
    let name = &town.place("osaka").organisation.name;
    assert!(good && said.contains(name), "{said}");
    assert!(!minisign(&town.post("jma").medium_key(), &file).0, "another key is not accepted");
    bundle[100] ^= 1;
    std::fs::write(&file, &bundle).unwrap();
    let (good, said) = minisign(&key, &file);
    assert!(!good && said.contains("verification failed"), "{said}");
}
