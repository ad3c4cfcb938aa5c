//! What is published by a rule: to whom it goes, and that it goes once.

use std::collections::BTreeSet;

use sakimori_words::{Audience, Prefecture};

use super::*;
use crate::exchange::{ANSWER_TYPE, REQUEST_TYPE};
use crate::parcel::{Addressee, Members, Parcel};

/// Publishes to everybody `audience` reaches; newcomers get it for `days`.
async fn publish(office: &Office, audience: Audience, days: i64) -> MessageId {
    let newcomers_until = office.clock.now().plus_days(days);
    let to = Addressee::Members(Members::Reached { audience, newcomers_until });
    let note = Outgoing::new("nobody".into(), NOTE_TYPE, json!("published"));
    office.post.send(Outgoing { to, ..note }).await.unwrap()
}

/// An institution in Osaka enrols now.
async fn enrols(office: &Office, name: &str) {
    office.clock.step_seconds(60);
    let mut child = neighbour(name, Relation::Child);
    child.enrolled_at = office.clock.now();
    child.organisation.prefecture = Prefecture::from_code(27);
    office.put(NEIGHBOUR, name, &child).await;
}

/// `child` asks and says that it has read everything so far; how many envelopes wait for it.
async fn asks(office: &Office, child: &str) -> usize {
    office.clock.step_seconds(1);
    let half = office.half(child, office.link(child).await.confirmed, vec![]);
    let request = seal_half(REQUEST_TYPE, &half, &key(child));
    let answered = office.post.handle_exchange(&request).await.unwrap();
    let answer = UncheckedHalf::read(ANSWER_TYPE, &answered.bytes).unwrap();
    answer.open(ANSWER_TYPE, &key(office.name).public()).unwrap().items.len()
}

#[tokio::test]
async fn everybody_the_rule_reaches_gets_it_once_when_they_ask() {
    let office = Office::new("osaka", &[], &[]).await;
    enrols(&office, "hospital").await;
    enrols(&office, "clinic").await;
    publish(&office, Audience::default(), 0).await;
    let kyoto = BTreeSet::from([Prefecture::from_code(26).unwrap()]);
    publish(&office, Audience { prefectures: kyoto, ..Audience::default() }, 0).await;
    assert_eq!(office.n_in_outbox().await, 0, "publishing touches nobody's queue");
    let waiting: Vec<u64> =
        office.post.links().await.unwrap().iter().map(|link| link.n_waiting).collect();
    assert_eq!(waiting, [1, 1], "but it is seen to wait");
    for _ in 0..2 {
        assert_eq!(asks(&office, "hospital").await, 1);
    }
    assert_eq!(office.sends("clinic").await.items.len(), 1, "a medium carries it too");
    assert_eq!(asks(&office, "clinic").await, 1);
    assert_eq!(office.n_in_outbox().await, 2);
}

#[tokio::test]
async fn newcomers_get_what_still_holds() {
    let office = Office::new("osaka", &[], &[]).await;
    let retired = publish(&office, Audience::default(), 90).await;
    publish(&office, Audience::default(), 90).await;
    publish(&office, Audience::default(), 0).await;
    enrols(&office, "hospital").await;
    assert_eq!(asks(&office, "hospital").await, 2, "not the one that was for those of that day");
    let retire = Parcel::Retire { origin: "osaka".into(), message: retired };
    office.post.post(vec![retire.clone(), retire], vec![]).await.unwrap();
    enrols(&office, "clinic").await;
    assert_eq!(asks(&office, "clinic").await, 1);
    office.clock.step_seconds(91 * 86_400);
    enrols(&office, "late").await;
    assert_eq!(asks(&office, "late").await, 0);
}

#[tokio::test]
async fn a_child_that_asks_two_processes_at_once_gets_it_once() {
    let office = Office::new("osaka", &[], &["hospital"]).await;
    let other = Post::new(
        Arc::clone(&office.store),
        office.clock.clone(),
        office.chance.clone(),
        organisation("osaka"),
        key("osaka"),
    );
    publish(&office, Audience::default(), 0).await;
    office.clock.step_seconds(1);
    let questions: Vec<Vec<u8>> = (0..8)
        .map(|_| office.half("hospital", nothing_read(), vec![]))
        .map(|half| seal_half(REQUEST_TYPE, &half, &key("hospital")))
        .collect();
    let asked = questions.iter().enumerate().map(|(n, question)| {
        let post = if n % 2 == 0 { &office.post } else { &other };
        post.handle_exchange(question)
    });
    let answered = futures::future::join_all(asked).await;
    assert!(answered.iter().any(Result::is_ok));
    assert_eq!(office.n_in_outbox().await, 1);
    assert_eq!(office.link("hospital").await.last, 1);
}

#[tokio::test]
async fn the_number_reached_follows_those_who_come_and_go() {
    let office = Office::new("osaka", &["mhlw"], &["hospital", "clinic"]).await;
    let everybody = Audience::default();
    assert_eq!(office.post.n_reached(&everybody).await.unwrap(), 2, "children only");
    office.post.part_with(&"clinic".into(), "officer", "閉院").await.unwrap();
    assert_eq!(office.post.n_reached(&everybody).await.unwrap(), 1);
}

#[tokio::test]
async fn a_question_asked_before_a_later_one_is_not_answered_again() {
    let office = Office::new("osaka", &[], &["hospital"]).await;
    let earlier = office.half("hospital", nothing_read(), vec![]);
    let same_moment = office.half("hospital", nothing_read(), vec![]);
    office.clock.step_seconds(1);
    let later = office.half("hospital", nothing_read(), vec![]);
    let ask = async |half: &Half| {
        let request = seal_half(REQUEST_TYPE, half, &key("hospital"));
        office.post.handle_exchange(&request).await.is_ok()
    };
    assert!(ask(&earlier).await);
    assert!(ask(&same_moment).await);
    assert!(!ask(&same_moment).await);
    assert!(ask(&later).await);
    for half in [earlier, same_moment, later] {
        assert!(!ask(&half).await);
    }
    // The battery of the office's clock is empty: questions of the time it shows are answered all the same.
    office.clock.set(office.clock.now().plus_seconds(-86_400));
    let yesterday = office.half("hospital", nothing_read(), vec![]);
    assert!(ask(&yesterday).await);
    assert!(!ask(&yesterday).await);
}
