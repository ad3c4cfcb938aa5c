//! One neighbour's lies stop neither its own link nor anybody else's.

use sakimori_ledger::LedgerError;
use tokio::sync::Mutex;

use super::super::shelves::{ENVELOPE, message_key};
use super::*;
use crate::exchange::{ANSWER_TYPE, REQUEST_TYPE};
use crate::message::Delivered;
use crate::parcel::{Handler, HandlerError, Taken};

#[tokio::test]
async fn a_read_mark_makes_us_neither_count_nor_queue_without_end() {
    let office = Office::new("osaka", &[], &["hospital"]).await;
    for _ in 0..3 {
        office.note("hospital").await;
    }
    let numbers = async || -> Vec<u64> {
        office.sends("hospital").await.items.iter().map(|item| item.seq).collect()
    };
    office.brings("hospital", mark(1 << 53), vec![]).await;
    assert_eq!(numbers().await, [1, 2, 3], "nobody has read so far");
    assert_eq!(office.n_recorded("hospital", "read_mark_refused").await, 1);

    office.brings("hospital", mark(1_000), vec![]).await;
    assert_eq!(numbers().await, [1_001, 1_002, 1_003], "we may have come back from an older copy");
    for _ in 0..20 {
        office.brings("hospital", nothing_read(), vec![]).await;
        office.brings("hospital", mark(1), vec![]).await;
    }
    assert_eq!(office.n_in_outbox().await, 6, "but not twice within the hour");
    let n_recorded = office.n_recorded("hospital", "read_mark_refused").await;
    assert!((2..=10).contains(&n_recorded), "recorded, within bounds: {n_recorded}");

    office.clock.step_seconds(3_600);
    office.brings("hospital", nothing_read(), vec![]).await;
    office.brings("hospital", mark(1), vec![]).await;
    assert_eq!(office.n_in_outbox().await, 6, "everything lies behind that mark already");
    assert_eq!(numbers().await, [2, 3, 1_001, 1_002, 1_003]);
    office.clock.step_seconds(3_600);
    office.brings("hospital", nothing_read(), vec![]).await;
    office.brings("hospital", mark(5_000), vec![]).await;
    assert_eq!(numbers().await, [5_001, 5_002, 5_003], "each message once, not each number");
}

#[tokio::test]
async fn what_waits_for_others_is_never_numbered_anew() {
    let office = Office::new("osaka", &[], &["hospital", "hospital-2"]).await;
    office.note("hospital").await;
    office.note("hospital-2").await;
    office.brings("hospital", mark(10), vec![]).await;
    assert_eq!(office.sends("hospital").await.items[0].seq, 11);
    assert_eq!(office.sends("hospital-2").await.items[0].seq, 1);
    assert_eq!(office.n_in_outbox().await, 3);
}

#[tokio::test]
async fn a_stream_with_control_characters_is_refused_and_what_follows_arrives() {
    let office = Office::new("osaka", &[], &["hospital"]).await;
    let bad = MessageHeader { stream: "a\nb".to_owned(), ..office.header("hospital", 9) };
    let good = office.header("hospital", 1);
    let envelopes = vec![sealed(&bad, &json!(1)), sealed(&good, &json!(2))];
    let done = office.brings("hospital", nothing_read(), envelopes).await;
    assert_eq!((done.n_received, done.n_refused), (2, 1));
    assert_eq!(office.inbox().await, [message_key(&good.origin, &good.id)]);
}

#[tokio::test]
async fn a_number_given_out_twice_while_it_waits_loses_nothing_and_stops_nothing() {
    let office = Office::new("osaka", &[], &["hospital"]).await;
    let headers = [3, 3, 1, 2].map(|seq| office.header("hospital", seq));
    for header in &headers {
        let envelope = sealed(header, &json!(header.seq));
        let done = office.brings("hospital", nothing_read(), vec![envelope]).await;
        assert_eq!((done.n_received, done.n_refused), (1, 0));
    }
    let keys = [1, 2, 3, 0].map(|place: usize| message_key(&"hospital".into(), &headers[place].id));
    assert_eq!(office.inbox().await, keys, "the first third one waited for its turn");
}

#[tokio::test]
async fn nobody_takes_the_id_of_anothers_message() {
    let office = Office::new("osaka", &["mhlw"], &["hospital"]).await;
    let ours = office.note("hospital").await;
    let like_ours = MessageHeader { id: ours, ..office.header("hospital", 1) };
    let published = MessageHeader { to: None, ..office.header("mhlw", 1) };
    let first = MessageHeader { id: published.id.clone(), ..office.header("hospital", 2) };
    let lies = vec![sealed(&like_ours, &json!("lie")), sealed(&first, &json!("lie"))];
    let done = office.brings("hospital", nothing_read(), lies).await;
    assert_eq!((done.n_received, done.n_refused), (2, 0));
    let done =
        office.brings("mhlw", nothing_read(), vec![sealed(&published, &json!("true"))]).await;
    assert_eq!((done.n_received, done.n_refused), (1, 0), "the ministry's own word comes through");
    let keys = [&like_ours, &first, &published].map(|h| message_key(&h.origin, &h.id));
    assert_eq!(office.inbox().await, keys);
}

#[tokio::test]
async fn a_message_the_ledger_cannot_keep_is_refused_by_itself() {
    let office = Office::new("mhlw", &[], &["osaka"]).await;
    office.knows("hospital", "osaka").await;
    let headers = [1, 2, 3].map(|seq| office.header("hospital", seq));
    // However it came to be: something lies where the second message must be kept.
    let taken = message_key(&headers[1].origin, &headers[1].id);
    office.put(ENVELOPE, &taken, &json!("in the way")).await;
    let envelopes = headers.iter().map(|header| via(sealed(header, &json!(1)), "osaka")).collect();
    let done = office.brings("osaka", nothing_read(), envelopes).await;
    assert_eq!((done.n_received, done.n_refused, done.progressed), (3, 1, true));
    assert_eq!(office.inbox().await, [message_key(&headers[0].origin, &headers[0].id)]);
    let told = office.sends("osaka").await;
    assert_eq!(told.have.seq, 3, "the relay's link goes on for everybody behind it");
    let refused: Vec<(u64, &str)> =
        told.refused.iter().map(|item| (item.seq, item.code.as_str())).collect();
    assert_eq!(refused, [(2, "SK-FEDERATION-032")]);
    assert_eq!(office.n_recorded("osaka", "envelope_refused").await, 1);
}

/// A stage that wants something kept that no ledger keeps, of every message but the last.
struct Unkeepable(Mutex<usize>);

#[async_trait]
impl Handler for Unkeepable {
    fn takes(&self, _: &str) -> bool {
        true
    }

    async fn take(&self, delivered: &Delivered) -> Result<Taken, HandlerError> {
        *self.0.lock().await += 1;
        let kind = if delivered.header.seq < 3 { "not\nfit" } else { "fit" };
        let fact = Fact::new("got", kind, Instant::default(), "test", &json!({}))?;
        Ok(Taken { facts: vec![fact], parcels: vec![] })
    }
}

#[tokio::test]
async fn a_message_whose_outcome_cannot_be_kept_is_set_aside_and_the_rest_delivered() {
    let office = Office::new("osaka", &[], &["hospital"]).await;
    let envelopes =
        [1, 2, 3].map(|seq| sealed(&office.header("hospital", seq), &json!(seq))).to_vec();
    office.brings("hospital", nothing_read(), envelopes).await;
    let stage = Unkeepable(Mutex::new(0));
    let delivery = office.post.deliver(&[&stage]).await.unwrap();
    assert_eq!((delivery.n_taken, delivery.n_set_aside), (1, 2));
    assert!(office.inbox().await.is_empty());
    let stream = journal_stream(&"hospital".into());
    let entries = office.store.stream_entries(&stream, 0, 1_000).await.unwrap();
    let aside = entries.iter().find(|entry| entry.kind == "set_aside").unwrap();
    assert!(aside.body["why"].as_str().unwrap().contains("SK-FEDERATION-032"), "{aside:?}");
    let again = office.post.deliver_set_aside(&[&stage]).await.unwrap();
    assert_eq!((again.n_taken, again.n_set_aside), (0, 0), "still kept, still not fit");
    assert_eq!(*stage.0.lock().await, 8, "three together, each alone, and the two once more");
}

/// A hub that says `more` for ever.
struct Endless<'o> {
    office: &'o Office,
    have: ReadMark,
}

#[async_trait]
impl Wire for Endless<'_> {
    async fn ask(
        &self,
        _: &str,
        _: Door,
        _: &Trust,
        request: Vec<u8>,
    ) -> Result<Vec<u8>, WireError> {
        let asked = UncheckedHalf::read(REQUEST_TYPE, &request).unwrap();
        let asked = asked.open(REQUEST_TYPE, &key(self.office.name).public()).unwrap();
        let half = self.office.half("osaka", self.have.clone(), vec![]);
        let half = Half { nonce: asked.nonce, more: true, ..half };
        Ok(seal_half(ANSWER_TYPE, &half, &key("osaka")))
    }
}

#[tokio::test]
async fn a_hub_that_always_says_more_is_seen_to_get_nowhere() {
    let office = Office::new("hospital", &["osaka"], &[]).await;
    office.note("osaka").await;
    let digest = office.sends("osaka").await.items[0].envelope.message.digest();
    let read = ReadMark { seq: 1, digest: Some(digest) };
    let marks = [nothing_read(), read.clone(), read.clone(), nothing_read(), mark(0)];
    let mut progressed = vec![];
    for have in marks {
        let wire = Endless { office: &office, have };
        let done = office.post.exchange_once(&"osaka".into(), &wire).await.unwrap();
        assert!(done.more);
        progressed.push(done.progressed);
    }
    // Only the first confirmation moves the link on; reading less than before is no way forward.
    assert_eq!(progressed, [false, true, false, false, false]);
}

#[tokio::test]
async fn an_answer_tells_how_many_envelopes_arrived() {
    let office = Office::new("osaka", &[], &["hospital"]).await;
    let good = sealed(&office.header("hospital", 1), &json!("good"));
    let bad = sealed(&MessageHeader { to: None, ..office.header("hospital", 2) }, &json!("bad"));
    let items = [good, bad].into_iter().zip(1..).map(|(envelope, seq)| Item { seq, envelope });
    let items: Vec<Item> = items.collect();
    let mut arrived = vec![];
    for _ in 0..2 {
        let half = office.half("hospital", nothing_read(), items.clone());
        let request = seal_half(REQUEST_TYPE, &half, &key("hospital"));
        let answered = office.post.handle_exchange(&request).await.unwrap();
        assert!(UncheckedHalf::read(ANSWER_TYPE, &answered.bytes).is_ok());
        arrived.push(answered.n_received);
    }
    assert_eq!(arrived, [1, 0], "neither what was refused nor what had come before");
}

#[test]
fn only_what_lies_in_the_message_itself_counts_against_it() {
    // A full disk is no reason to go past a message: it comes again when there is room.
    let full = LedgerError::Stopped;
    assert!(!super::super::intake::is_about_content(&full));
}

#[tokio::test]
async fn halves_that_come_at_once_are_taken_in_each_once_and_a_bad_one_spoils_nothing() {
    let names: Vec<String> = (0..70).map(|n| format!("clinic-{n:02}")).collect();
    let children: Vec<&str> = names.iter().map(String::as_str).collect();
    let office = Office::new("osaka", &[], &children).await;
    let request = |name: &&str| {
        // What a neighbour signs need not fit the ledger: this one's stream has a name with a control character.
        let stream = if *name == "clinic-07" { "not\nfit" } else { "direct" };
        let header = MessageHeader { stream: stream.to_owned(), ..office.header(name, 1) };
        let item = Item { seq: 1, envelope: sealed(&header, &json!(*name)) };
        seal_half(REQUEST_TYPE, &office.half(name, nothing_read(), vec![item]), &key(name))
    };
    let requests: Vec<Vec<u8>> = children.iter().map(request).collect();
    let answered = requests.iter().map(|request| office.post.handle_exchange(request));
    let answered = futures::future::join_all(answered).await;
    let n_received: usize = answered.into_iter().map(|one| one.unwrap().n_received).sum();
    assert_eq!((n_received, office.inbox().await.len()), (69, 69));
    for name in children {
        assert_eq!(office.link(name).await.read.seq, 1, "{name}");
    }
}
