//! The same exchange carried on a medium.

use sakimori_federation::Outgoing;
use serde_json::json;

use crate::recorder::{NOTE_TYPE, Recorder, got};
use crate::town::Town;

#[tokio::test]
async fn a_bundle_on_a_medium_delivers_once_even_if_it_is_read_twice_and_the_line_comes_back() {
    let town = Town::enrolled(5).await;
    let note = Outgoing::new("osaka".into(), NOTE_TYPE, json!("by hand"));
    town.post("hospital").send(note).await.unwrap();
    let bundle = town.post("hospital").write_bundle(&"osaka".into()).await.unwrap();
    town.clock.step_seconds(40 * 86_400);
    let first = town.post("osaka").read_bundle(&bundle).await.unwrap();
    let second = town.post("osaka").read_bundle(&bundle).await.unwrap();
    assert_eq!((first.n_received, second.n_received), (1, 0));
    // The way back: the prefecture's bundle confirms, and the hospital no longer waits.
    let back = town.post("osaka").write_bundle(&"hospital".into()).await.unwrap();
    town.post("hospital").read_bundle(&back).await.unwrap();
    let links = town.post("hospital").links().await.unwrap();
    assert!(links.iter().all(|link| link.n_waiting == 0), "{links:?}");
    town.settle().await;
    town.post("osaka").deliver(&[&Recorder]).await.unwrap();
    assert_eq!(got(&*town.place("osaka").store).await.len(), 1);
}

#[tokio::test]
async fn a_bundle_for_somebody_else_or_altered_is_refused() {
    let town = Town::enrolled(6).await;
    let note = Outgoing::new("osaka".into(), NOTE_TYPE, json!("by hand"));
    town.post("hospital").send(note).await.unwrap();
    let bundle = town.post("hospital").write_bundle(&"osaka".into()).await.unwrap();
    let error = town.post("jma").read_bundle(&bundle).await.unwrap_err();
    assert_eq!(error.trouble().kind.code, "SK-FEDERATION-007");
    let mut altered = bundle.clone();
    let place = altered.len() / 2;
    altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
    let error = town.post("osaka").read_bundle(&altered).await.unwrap_err();
    let code = error.trouble().kind.code;
    assert!(["SK-FEDERATION-001", "SK-FEDERATION-004"].contains(&code), "{code}");
    // An exchange request is no bundle: the type is signed.
    let error = town.post("osaka").handle_exchange(&bundle).await.unwrap_err();
    assert_eq!(error.trouble().kind.code, "SK-FEDERATION-003");
}
