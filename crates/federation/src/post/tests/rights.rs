//! A neighbour's authority is its own: what it forwards has no more right than its author.

use super::*;
use crate::parcel::{Addressee, Members, Routes};
use crate::{DIRECTORY_TYPE, RESEND_TYPE};

async fn ids(office: &Office) -> Vec<OrganisationId> {
    let known = office.post.organisations().await.unwrap();
    known.into_iter().map(|known| known.organisation.id).collect()
}

#[tokio::test]
async fn a_directory_counts_only_from_the_neighbour_that_wrote_it() {
    let office = Office::new("mhlw", &[], &["osaka"]).await;
    office.knows("hospital", "osaka").await;
    let entry = json!({ "organisation": organisation("clinic"), "key": key("thief").public() });
    let body = json!({ "entries": [entry], "withdrawn": ["hospital", "a\u{0}b"] });
    let typed = |header| MessageHeader { message_type: DIRECTORY_TYPE.to_owned(), ..header };
    let lie = via(sealed(&typed(office.header("hospital", 1)), &body), "osaka");
    office.brings("osaka", nothing_read(), vec![lie]).await;
    assert_eq!(ids(&office).await, ["hospital".into(), "osaka".into()]);
    assert_eq!(office.n_recorded("osaka", "directory_refused").await, 1);
    // The same from the prefecture itself is its right.
    let own = sealed(&typed(office.header("osaka", 1)), &body);
    office.brings("osaka", nothing_read(), vec![own]).await;
    assert_eq!(ids(&office).await, ["clinic".into(), "osaka".into()]);
}

#[tokio::test]
async fn a_child_cannot_hand_back_what_was_published_to_it() {
    let office = Office::new("osaka", &["mhlw"], &["hospital"]).await;
    office.knows("mhlw", "hospital").await;
    let published = sealed(&MessageHeader { to: None, ..office.header("mhlw", 1) }, &json!(1));
    office.brings("mhlw", nothing_read(), vec![published.clone()]).await;
    let back = via(published, "hospital");
    let done = office.brings("hospital", nothing_read(), vec![back]).await;
    assert_eq!((done.n_refused, office.inbox().await.len()), (1, 1));
}

fn missing(to: &str, stream: &str) -> Value {
    json!({ "to": to, "stream": stream, "first": 1, "last": 3 })
}

async fn asks(office: &Office, origin: &str, through: Option<&str>, missing: &Value) {
    let header = MessageHeader { message_type: RESEND_TYPE.to_owned(), ..office.header(origin, 1) };
    // A stream of its own for each request, so that each is the first.
    let header = MessageHeader { stream: header.id.to_string(), ..header };
    let envelope = sealed(&header, missing);
    let envelope = through.map_or(envelope.clone(), |by| via(envelope, by));
    office.brings(through.unwrap_or(origin), nothing_read(), vec![envelope]).await;
}

async fn n_waiting(office: &Office, neighbour: &str) -> usize {
    office.sends(neighbour).await.items.len()
}

#[tokio::test]
async fn nobody_makes_us_send_again_to_others() {
    let office = Office::new("osaka", &[], &["hospital", "clinic"]).await;
    office.note("clinic").await;
    asks(&office, "hospital", None, &missing("clinic", "direct")).await;
    asks(&office, "clinic", None, &missing("clinic", "a\u{0}b")).await;
    assert_eq!((n_waiting(&office, "clinic").await, n_waiting(&office, "hospital").await), (1, 0));
    assert_eq!(office.n_recorded("hospital", "resend_refused").await, 1);
    assert_eq!(office.n_recorded("clinic", "resend_refused").await, 1);
    asks(&office, "clinic", None, &missing("clinic", "direct")).await;
    assert_eq!(n_waiting(&office, "clinic").await, 2, "what it misses itself it gets");
}

#[tokio::test]
async fn what_was_published_is_sent_again_only_to_the_neighbour_that_misses_it() {
    let office = Office::new("osaka", &[], &["hospital", "clinic"]).await;
    let note = Outgoing::new("clinic".into(), NOTE_TYPE, json!("all"));
    let to = Addressee::Members(Members::These(vec!["clinic".into()]));
    office.post.send(Outgoing { to, ..note }).await.unwrap();
    asks(&office, "hospital", None, &missing("*", "members")).await;
    assert_eq!((n_waiting(&office, "clinic").await, n_waiting(&office, "hospital").await), (1, 0));
    asks(&office, "clinic", None, &missing("*", "members")).await;
    assert_eq!((n_waiting(&office, "clinic").await, n_waiting(&office, "hospital").await), (2, 0));
    office.knows("ward", "clinic").await;
    asks(&office, "ward", Some("clinic"), &missing("*", "members")).await;
    assert_eq!(n_waiting(&office, "clinic").await, 2, "nobody asks in its neighbour's place");
}

#[tokio::test]
async fn a_missing_message_goes_again_only_the_way_the_request_came() {
    let office = Office::new("hospital", &["jma", "osaka"], &[]).await;
    office.knows("mhlw", "jma").await;
    let note = Outgoing::new("mhlw".into(), NOTE_TYPE, json!("report"));
    let routes = Routes::Over(vec!["osaka".into(), "jma".into()]);
    office.post.send(Outgoing { routes, ..note }).await.unwrap();
    asks(&office, "mhlw", Some("jma"), &missing("mhlw", "jma+osaka")).await;
    assert_eq!((n_waiting(&office, "jma").await, n_waiting(&office, "osaka").await), (2, 1));
}

#[tokio::test]
async fn a_request_for_a_missing_message_goes_back_the_way_its_stream_comes() {
    let office = Office::new("mhlw", &[], &["jma", "osaka"]).await;
    for voucher in ["jma", "osaka"] {
        office.knows("hospital", voucher).await;
    }
    // By itself a message to the hospital would leave by the prefecture; this stream comes by the other hub only.
    let second = MessageHeader { stream: "jma".to_owned(), ..office.header("hospital", 2) };
    office.brings("jma", nothing_read(), vec![via(sealed(&second, &json!(2)), "jma")]).await;
    assert_eq!((n_waiting(&office, "jma").await, n_waiting(&office, "osaka").await), (1, 0));
}
