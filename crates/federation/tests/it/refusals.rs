//! What is forged, altered, unknown, replayed, late or too large is refused: nothing applied, the refusal in the journal.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sakimori_federation::{
    Dsse, EXCHANGE_BYTES_MAX, Envelope, ExchangeError, MESSAGE_TYPE, MessageHeader, Outgoing,
    SecretKey, SendError, seal_message,
};
use sakimori_words::{MessageId, Tlp};
use serde_json::{Value, json};

use crate::recorder::{NOTE_TYPE, Recorder, got};
use crate::town::{Town, now, strange_key};

const REQUEST_TYPE: &str = "application/vnd.sakimori.exchange-request.v1+json";

/// A child that speaks the wire format by itself, and lies.
struct Liar<'t> {
    town: &'t Town,
    name: &'t str,
    key: SecretKey,
    seq: u64,
}

impl<'t> Liar<'t> {
    /// The hospital after it was taken over: its key is genuine.
    fn hospital(town: &'t Town) -> Self {
        Self { town, name: "hospital", key: town.place("hospital").key.clone(), seq: 0 }
    }

    fn header(&self) -> MessageHeader {
        MessageHeader {
            id: MessageId::new(now(self.town), &self.town.dice),
            origin: self.name.into(),
            to: Some("osaka".into()),
            stream: "direct".to_owned(),
            seq: self.seq + 1,
            message_type: NOTE_TYPE.to_owned(),
            created: now(self.town),
            expires: None,
            tlp: Tlp::Amber,
            exercise: false,
            in_reply_to: None,
            files: vec![],
        }
    }

    fn half(&self, items: &Value) -> Value {
        json!({
            "from": self.name,
            "to": "osaka",
            "at": now(self.town),
            "nonce": format!("nonce-{}", self.town.dice.next()),
            "have": { "seq": 0 },
            "items": items,
            "more": false,
        })
    }

    fn seal(&self, half: &Value) -> Vec<u8> {
        let dsse = Dsse::seal(REQUEST_TYPE, half.to_string().into_bytes(), &self.key);
        json!(dsse).to_string().into_bytes()
    }

    /// Hands over one envelope as the next one of the link.
    async fn hand_over(&mut self, envelope: &Envelope) {
        self.seq = self.next_seq().await;
        let items = json!([{ "seq": self.seq, "envelope": envelope }]);
        let request = self.seal(&self.half(&items));
        self.town.post("osaka").handle_exchange(&request).await.unwrap();
    }

    async fn next_seq(&self) -> u64 {
        let links = self.town.post("osaka").links().await.unwrap();
        let link = links.iter().find(|link| link.neighbour.id().as_str() == self.name).unwrap();
        link.n_received + 1
    }
}

/// The last entry of the prefecture's journal about that neighbour which carries a trouble code.
async fn last_code(town: &Town, stream: &str) -> String {
    let entries = town.place("osaka").store.stream_entries(stream, 0, 1_000).await.unwrap();
    let codes = entries.iter().rev().filter(|entry| entry.kind != "refusals_told");
    codes
        .filter_map(|entry| entry.body["code"].as_str())
        .next()
        .unwrap_or("nothing recorded")
        .to_owned()
}

/// Nothing reached any stage of the prefecture or the ministry.
async fn assert_nothing_applied(town: &Town) {
    for name in ["osaka", "mhlw"] {
        town.post(name).deliver(&[&Recorder]).await.unwrap();
        assert!(got(&*town.place(name).store).await.is_empty(), "{name} took something");
    }
}

async fn check_envelope_refused(seed: u64, code: &str, lie: impl FnOnce(&Liar<'_>) -> Envelope) {
    let town = Town::enrolled(seed).await;
    let mut liar = Liar::hospital(&town);
    liar.seq = 100;
    let envelope = lie(&liar);
    liar.hand_over(&envelope).await;
    assert_eq!(last_code(&town, "post/hospital").await, code);
    assert_nothing_applied(&town).await;
    // The line is not blocked by it: the next honest message arrives.
    let note = Outgoing::new("osaka".into(), NOTE_TYPE, json!("honest"));
    town.post("hospital").send(note).await.unwrap();
    town.settle().await;
    town.post("osaka").deliver(&[&Recorder]).await.unwrap();
    assert_eq!(got(&*town.place("osaka").store).await.len(), 1, "{code}: the line goes on");
}

fn sealed(header: &MessageHeader, key: &SecretKey) -> Envelope {
    let body = json!("a lie that is long enough to be altered in its middle");
    Envelope { message: seal_message(header, &body, key), vias: vec![] }
}

#[tokio::test]
async fn a_message_forged_in_the_ministrys_name_is_refused() {
    check_envelope_refused(1, "SK-FEDERATION-004", |liar| {
        sealed(&MessageHeader { origin: "mhlw".into(), ..liar.header() }, &liar.key)
    })
    .await;
}

#[tokio::test]
async fn a_message_altered_on_the_way_is_refused() {
    check_envelope_refused(2, "SK-FEDERATION-004", |liar| {
        let mut envelope = json!(sealed(&liar.header(), &liar.key));
        let payload = STANDARD.decode(envelope["message"]["payload"].as_str().unwrap()).unwrap();
        let payload = String::from_utf8(payload).unwrap().replace("a lie", "a pie");
        envelope["message"]["payload"] = json!(STANDARD.encode(payload));
        serde_json::from_value(envelope).unwrap()
    })
    .await;
}

#[tokio::test]
async fn an_organisation_nobody_vouches_for_is_refused() {
    check_envelope_refused(3, "SK-FEDERATION-005", |liar| {
        sealed(&MessageHeader { origin: "stranger".into(), ..liar.header() }, &liar.key)
    })
    .await;
}

#[tokio::test]
async fn a_payload_signed_for_another_purpose_is_refused() {
    check_envelope_refused(4, "SK-FEDERATION-003", |liar| {
        let payload = json!({ "header": liar.header(), "body": "lie" }).to_string().into_bytes();
        let message = Dsse::seal("application/vnd.sakimori.via.v1+json", payload, &liar.key);
        Envelope { message, vias: vec![] }
    })
    .await;
}

#[tokio::test]
async fn a_route_that_does_not_lead_to_the_neighbour_is_refused() {
    check_envelope_refused(5, "SK-FEDERATION-006", |liar| {
        let ministry = liar.town.place("mhlw").key.clone();
        sealed(&MessageHeader { origin: "mhlw".into(), ..liar.header() }, &ministry)
    })
    .await;
}

#[tokio::test]
async fn an_envelope_with_a_body_over_the_limit_is_refused() {
    check_envelope_refused(6, "SK-FEDERATION-002", |liar| {
        let body = json!("x".repeat(80_000));
        Envelope { message: seal_message(&liar.header(), &body, &liar.key), vias: vec![] }
    })
    .await;
}

#[tokio::test]
async fn a_message_after_its_time_is_refused() {
    check_envelope_refused(7, "SK-FEDERATION-010", |liar| {
        let expires = Some(now(liar.town).plus_seconds(-1));
        sealed(&MessageHeader { expires, seq: 1, ..liar.header() }, &liar.key)
    })
    .await;
}

#[tokio::test]
async fn an_institution_cannot_publish_to_everybody() {
    check_envelope_refused(8, "SK-FEDERATION-013", |liar| {
        sealed(&MessageHeader { to: None, ..liar.header() }, &liar.key)
    })
    .await;
}

#[tokio::test]
async fn a_message_for_an_unknown_organisation_is_refused_where_the_tree_ends() {
    let town = Town::enrolled(9).await;
    let mut liar = Liar::hospital(&town);
    liar.hand_over(&sealed(
        &MessageHeader { to: Some("nowhere".into()), ..liar.header() },
        &liar.key,
    ))
    .await;
    town.settle().await;
    let entries = town.place("mhlw").store.stream_entries("post/osaka", 0, 1_000).await.unwrap();
    assert!(entries.iter().any(|entry| entry.body["code"] == "SK-FEDERATION-014"), "{entries:?}");
    let told = town.place("osaka").store.stream_entries("post/mhlw", 0, 1_000).await.unwrap();
    assert!(
        told.iter().any(|entry| entry.kind == "refused_by_neighbour"),
        "the relay learns of it"
    );
}

#[tokio::test]
async fn two_messages_under_one_id_are_noticed() {
    let town = Town::enrolled(10).await;
    let mut liar = Liar::hospital(&town);
    let header = liar.header();
    liar.hand_over(&sealed(&header, &liar.key.clone())).await;
    let other = seal_message(&header, &json!("something else"), &liar.key);
    liar.hand_over(&Envelope { message: other, vias: vec![] }).await;
    assert_eq!(last_code(&town, "post/hospital").await, "SK-FEDERATION-011");
    town.post("osaka").deliver(&[&Recorder]).await.unwrap();
    let came = got(&*town.place("osaka").store).await;
    assert_eq!(came.len(), 1);
    assert_eq!(
        came[0].body,
        json!("a lie that is long enough to be altered in its middle"),
        "the first one stays"
    );
}

async fn check_exchange_refused(
    seed: u64,
    code: &str,
    stream: &str,
    lie: impl FnOnce(&Liar<'_>) -> Vec<u8>,
) {
    let town = Town::enrolled(seed).await;
    let liar = Liar::hospital(&town);
    let before = town.place("osaka").store.head().await.unwrap().seq;
    let error = town.post("osaka").handle_exchange(&lie(&liar)).await.unwrap_err();
    assert_eq!(error.trouble().kind.code, code);
    assert_eq!(last_code(&town, stream).await, code);
    assert_nothing_applied(&town).await;
    let after = town.place("osaka").store.head().await.unwrap().seq;
    assert_eq!(after, before + 1, "one record of the refusal and nothing else");
}

#[tokio::test]
async fn an_exchange_signed_by_somebody_else_is_refused() {
    check_exchange_refused(20, "SK-FEDERATION-004", "post/hospital", |liar| {
        let stranger =
            Liar { town: liar.town, name: "hospital", key: strange_key(liar.town), seq: 0 };
        stranger.seal(&stranger.half(&json!([])))
    })
    .await;
}

#[tokio::test]
async fn an_exchange_of_an_unknown_organisation_is_refused() {
    check_exchange_refused(21, "SK-FEDERATION-005", "post/unknown", |liar| {
        let stranger =
            Liar { town: liar.town, name: "stranger", key: strange_key(liar.town), seq: 0 };
        stranger.seal(&stranger.half(&json!([])))
    })
    .await;
}

#[tokio::test]
async fn junk_is_refused() {
    check_exchange_refused(22, "SK-FEDERATION-001", "post/unknown", |_| b"GET / HTTP/1.1".to_vec())
        .await;
}

#[tokio::test]
async fn an_oversized_exchange_is_refused_before_it_is_read() {
    check_exchange_refused(23, "SK-FEDERATION-002", "post/unknown", |_| {
        vec![b' '; EXCHANGE_BYTES_MAX + 1]
    })
    .await;
}

#[tokio::test]
async fn an_exchange_of_another_type_is_refused() {
    check_exchange_refused(24, "SK-FEDERATION-003", "post/unknown", |liar| {
        let half = liar.half(&json!([])).to_string().into_bytes();
        json!(Dsse::seal(MESSAGE_TYPE, half, &liar.key)).to_string().into_bytes()
    })
    .await;
}

#[tokio::test]
async fn an_exchange_for_another_hub_is_refused() {
    check_exchange_refused(25, "SK-FEDERATION-007", "post/hospital", |liar| {
        let mut half = liar.half(&json!([]));
        half["to"] = json!("jma");
        liar.seal(&half)
    })
    .await;
}

#[tokio::test]
async fn clocks_too_far_apart_are_refused_and_both_are_named() {
    for (seed, seconds) in [(26, 601), (27, -601)] {
        check_exchange_refused(seed, "SK-FEDERATION-009", "post/hospital", |liar| {
            let mut half = liar.half(&json!([]));
            half["at"] = json!(now(liar.town).plus_seconds(seconds));
            liar.seal(&half)
        })
        .await;
    }
}

#[tokio::test]
async fn an_exchange_played_again_is_refused() {
    let town = Town::enrolled(28).await;
    let liar = Liar::hospital(&town);
    let request = liar.seal(&liar.half(&json!([])));
    town.post("osaka").handle_exchange(&request).await.unwrap();
    let error = town.post("osaka").handle_exchange(&request).await.unwrap_err();
    assert!(matches!(error, ExchangeError::Refused(_)));
    assert_eq!(last_code(&town, "post/hospital").await, "SK-FEDERATION-008");
    // Also after the hub forgot what it may forget, and after its power failed.
    town.clock.step_seconds(1_200);
    town.post("osaka").tend().await.unwrap();
    let error = town.post("osaka").handle_exchange(&request).await.unwrap_err();
    assert_eq!(error.trouble().kind.code, "SK-FEDERATION-009");
}

#[tokio::test]
async fn a_storm_of_forgeries_does_not_fill_the_journal() {
    let town = Town::enrolled(29).await;
    let before = town.place("osaka").store.head().await.unwrap().seq;
    for _ in 0..200 {
        town.post("osaka").handle_exchange(b"junk").await.unwrap_err();
    }
    let after = town.place("osaka").store.head().await.unwrap().seq;
    assert!(after - before <= 10, "{} records", after - before);
    town.clock.step_seconds(3_601);
    town.post("osaka").handle_exchange(b"junk").await.unwrap_err();
    let last = town.place("osaka").store.stream_entries("post/unknown", 0, 100).await.unwrap();
    assert_eq!(last.last().unwrap().body["n_silent_before"], 190, "the others are counted");
}

#[tokio::test]
async fn a_hub_cannot_speak_for_an_institution_another_hub_vouches_for_with_another_key() {
    let town = Town::enrolled(30).await;
    let fake = strange_key(&town);
    // The CEPTOAR hub was taken over and vouches for a key of its own making.
    let entry =
        json!({ "organisation": crate::town::organisation("hospital"), "key": fake.public() });
    let lie = Outgoing::new(
        "mhlw".into(),
        sakimori_federation::DIRECTORY_TYPE,
        json!({ "entries": [entry], "withdrawn": [] }),
    );
    town.post("jma").send(lie).await.unwrap();
    town.settle().await;
    let entries = town.place("mhlw").store.stream_entries("post/jma", 0, 1_000).await.unwrap();
    assert!(entries.iter().any(|entry| entry.body["code"] == "SK-FEDERATION-012"));
    let known = town.post("mhlw").organisations().await.unwrap();
    let hospital = known.iter().find(|k| k.organisation.id.as_str() == "hospital").unwrap();
    assert_eq!(hospital.key, town.post("hospital").public_key());
    assert_eq!(hospital.vouchers, ["osaka".into()]);
}

#[tokio::test]
async fn what_is_too_large_or_leads_nowhere_is_not_queued() {
    let town = Town::enrolled(31).await;
    let large = Outgoing::new("osaka".into(), NOTE_TYPE, json!("x".repeat(70_000)));
    let error = town.post("hospital").send(large).await.unwrap_err();
    assert!(matches!(error, SendError::TooLarge { .. }), "{error}");
    let nowhere = Outgoing::new("nowhere".into(), NOTE_TYPE, json!(1));
    let error = town.post("mhlw").send(nowhere).await.unwrap_err();
    assert_eq!(error.trouble().kind.code, "SK-FEDERATION-014");
    let links = town.post("hospital").links().await.unwrap();
    assert!(links.iter().all(|link| link.n_waiting == 0));
}
