//! Files that belong to messages: whoever gets the message gets them, byte for byte, or learns that they are not.

use sakimori_federation::{
    Addressee, Dsse, FILE_BYTES_MAX, FILE_PART_BYTES, FILES_MAX, FileError, FileRef, Files as _,
    Members, Outgoing, Parcel, Relay, SendError,
};
use sakimori_words::{Clock as _, MessageId};
use serde_json::json;

use crate::recorder::{NOTE_TYPE, Recorder, got};
use crate::town::{CALM, Town, Weather};

/// Type of a question for a file; the wire format of `federation`.
const QUESTION_TYPE: &str = "application/vnd.sakimori.file-request.v1+json";

/// A document that does not repeat itself, of some parts and a bit.
fn document(n_parts: usize) -> Vec<u8> {
    let n_bytes = n_parts * FILE_PART_BYTES + 17;
    (0..n_bytes as u64).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect()
}

async fn publish(town: &Town, from: &str, to: &str, bytes: &[u8]) -> (FileRef, MessageId) {
    let post = town.post(from);
    let file = post.keep_file(bytes.to_vec()).await.unwrap();
    let to = Addressee::Members(Members::These(vec![to.into()]));
    let note =
        Outgoing { files: vec![file], ..Outgoing::addressed(to, NOTE_TYPE, json!("see the file")) };
    (file, post.send(note).await.unwrap())
}

/// A question for the file in the name of `asker`, signed by `signer`.
fn question(town: &Town, asker: &str, signer: &str, to: &str, file: &FileRef) -> Vec<u8> {
    let at = town.clock.now();
    let question = json!({ "from": asker, "to": to, "at": at, "digest": file.digest, "offset": 0 });
    let payload = question.to_string().into_bytes();
    json!(Dsse::seal(QUESTION_TYPE, payload, &town.place(signer).key)).to_string().into_bytes()
}

async fn exchange(town: &Town, child: &str, hub: &str) {
    for _ in 0..2 {
        town.clock.step_seconds(1);
        town.post(child).exchange_once(&hub.into(), &town.line).await.unwrap();
    }
}

async fn relay(town: &Town, office: &str, message: &MessageId, to: &str) {
    let to = Members::These(vec![to.into()]);
    let relay =
        Relay { origin: "mhlw".into(), message: message.clone(), to, remark: String::new() };
    town.post(office).post(vec![Parcel::Relay(relay)], vec![]).await.unwrap();
}

#[tokio::test]
async fn a_file_goes_down_the_tree_after_its_message_and_is_the_one_its_origin_named() {
    let town = Town::enrolled(1).await;
    let bytes = document(2);
    let (file, message) = publish(&town, "mhlw", "osaka", &bytes).await;
    exchange(&town, "osaka", "mhlw").await;
    relay(&town, "osaka", &message, "hospital").await;
    exchange(&town, "hospital", "osaka").await;
    let hospital = town.post("hospital");
    assert_eq!(
        hospital.awaited_files().await.unwrap().len(),
        1,
        "the message came, the file is awaited"
    );
    // The prefecture has not fetched it yet.
    let fetched = hospital.fetch_files(&"osaka".into(), &town.line).await.unwrap();
    assert_eq!((fetched.n_kept, fetched.n_failed), (0, 1));
    assert!(matches!(hospital.file(&file).await, Err(FileError::NotHere)));
    for (child, hub) in [("osaka", "mhlw"), ("hospital", "osaka")] {
        let fetched = town.post(child).fetch_files(&hub.into(), &town.line).await.unwrap();
        assert_eq!((fetched.n_kept, fetched.n_failed), (1, 0), "{child}");
    }
    assert_eq!(hospital.file(&file).await.unwrap(), bytes);
    assert!(hospital.awaited_files().await.unwrap().is_empty());
    let kept = town.place("hospital").store.stream_entries("post/osaka", 0, 1_000).await.unwrap();
    assert_eq!(kept.iter().filter(|entry| entry.kind == "file_kept").count(), 1);
}

#[tokio::test]
async fn a_line_that_breaks_does_not_begin_a_file_anew() {
    let town = Town::enrolled(2).await;
    let bytes = document(6);
    let (file, _) = publish(&town, "mhlw", "osaka", &bytes).await;
    exchange(&town, "osaka", "mhlw").await;
    *town.line.weather.lock().unwrap() = Weather { lose_request: 40, ..CALM };
    let mut n_tries = 0;
    while town.post("osaka").file(&file).await.is_err() {
        n_tries += 1;
        assert!(n_tries < 60, "a file of seven parts never came");
        drop(town.post("osaka").fetch_files(&"mhlw".into(), &town.line).await);
    }
    assert!(n_tries > 1, "the line never broke");
    assert_eq!(town.post("osaka").file(&file).await.unwrap(), bytes);
}

#[tokio::test]
async fn a_relay_cannot_give_another_file_than_the_origin_named() {
    let town = Town::enrolled(3).await;
    let bytes = document(0);
    let (file, message) = publish(&town, "mhlw", "osaka", &bytes).await;
    exchange(&town, "osaka", "mhlw").await;
    let mut other = bytes.clone();
    other[3] ^= 1;
    town.place("osaka").files.keep(file.digest, other).await.unwrap();
    relay(&town, "osaka", &message, "hospital").await;
    exchange(&town, "hospital", "osaka").await;
    let hospital = town.post("hospital");
    let fetched = hospital.fetch_files(&"osaka".into(), &town.line).await.unwrap();
    assert_eq!((fetched.n_kept, fetched.n_failed), (0, 1));
    assert!(matches!(hospital.file(&file).await, Err(FileError::NotHere)), "nothing of it is kept");
    let refused =
        town.place("hospital").store.stream_entries("post/osaka", 0, 1_000).await.unwrap();
    let refused = refused.iter().find(|entry| entry.kind == "refused").unwrap();
    assert_eq!(refused.body["code"], "SK-FEDERATION-034");
    assert!(matches!(town.post("osaka").file(&file).await, Err(FileError::Altered)));
}

#[tokio::test]
async fn only_enrolled_children_are_given_files_and_only_by_questions_of_their_own() {
    let town = Town::enrolled(4).await;
    let (file, _) = publish(&town, "mhlw", "osaka", b"%PDF-1.7").await;
    exchange(&town, "osaka", "mhlw").await;
    let mhlw = town.post("mhlw");
    assert!(mhlw.handle_file(b"{}").await.is_err());
    for (asker, key_of, code) in
        [("nobody", "osaka", "SK-FEDERATION-005"), ("osaka", "hospital", "SK-FEDERATION-004")]
    {
        let asked = question(&town, asker, key_of, "mhlw", &file);
        let refused = mhlw.handle_file(&asked).await.unwrap_err();
        assert_eq!(refused.trouble().kind.code, code, "{asker}");
    }
    let asked = question(&town, "osaka", "osaka", "mhlw", &file);
    assert_eq!(mhlw.handle_file(&asked).await.unwrap(), b"%PDF-1.7");
    let elsewhere = question(&town, "osaka", "osaka", "jma", &file);
    assert_eq!(
        mhlw.handle_file(&elsewhere).await.unwrap_err().trouble().kind.code,
        "SK-FEDERATION-007"
    );
    town.clock.step_seconds(3_600);
    let late = mhlw.handle_file(&asked).await.unwrap_err();
    assert_eq!(late.trouble().kind.code, "SK-FEDERATION-009");
}

#[tokio::test]
async fn a_medium_carries_the_files_beside_its_bundle() {
    let town = Town::enrolled(5).await;
    let bytes = document(1);
    let (file, _) = publish(&town, "mhlw", "osaka", &bytes).await;
    let (mhlw, osaka) = (town.post("mhlw"), town.post("osaka"));
    assert_eq!(mhlw.files_waiting_for(&"osaka".into()).await.unwrap(), [file]);
    let bundle = mhlw.write_bundle(&"osaka".into()).await.unwrap();
    assert!(!osaka.take_carried_file(bytes.clone()).await.unwrap(), "nobody has named it yet");
    osaka.read_bundle(&bundle).await.unwrap();
    assert!(!osaka.take_carried_file(b"something else".to_vec()).await.unwrap());
    assert!(osaka.take_carried_file(bytes.clone()).await.unwrap());
    assert_eq!(osaka.file(&file).await.unwrap(), bytes);
    assert!(osaka.awaited_files().await.unwrap().is_empty());
}

#[tokio::test]
async fn files_have_limits_and_a_message_without_them_reads_as_before() {
    let town = Town::enrolled(6).await;
    let post = town.post("mhlw");
    for n_bytes in [0, FILE_BYTES_MAX + 1] {
        let refused = post.keep_file(vec![1; n_bytes]).await.unwrap_err();
        assert_eq!(refused.trouble().kind.code, "SK-FEDERATION-036");
    }
    let file = post.keep_file(vec![1; 5]).await.unwrap();
    let many = Outgoing {
        files: vec![file; FILES_MAX + 1],
        ..Outgoing::new("osaka".into(), NOTE_TYPE, json!(1))
    };
    assert!(matches!(post.send(many).await, Err(SendError::TooLarge { .. })));
    publish(&town, "mhlw", "osaka", b"%PDF-1.7").await;
    exchange(&town, "osaka", "mhlw").await;
    town.post("osaka").deliver(&[&Recorder]).await.unwrap();
    assert_eq!(got(&*town.place("osaka").store).await.len(), 1);
}
