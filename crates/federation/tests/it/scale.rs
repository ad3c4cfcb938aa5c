//! How long a large prefecture takes. Prints; asserts only that nothing is absurd.

use std::time::Instant as Stopwatch;

use sakimori_federation::{Addressee, Members, Neighbour, Outgoing, Relation};
use sakimori_ledger::{Fact, Put};
use sakimori_words::OrganisationId;
use serde_json::json;

use crate::recorder::NOTE_TYPE;
use crate::town::{Town, now, organisation};

#[tokio::test]
#[ignore = "needs minutes"]
async fn a_prefecture_publishes_to_fifteen_thousand_institutions() {
    let town = Town::empty(1).await;
    let hub = town.place("osaka");
    let mut children: Vec<OrganisationId> = vec![];
    let mut fact = Fact::new("test", "enrolled", now(&town), "test", &json!({})).unwrap();
    for n in 0..15_000 {
        let mut organisation = organisation("clinic");
        organisation.id = format!("clinic-{n:05}").into();
        let child = Neighbour {
            organisation: organisation.clone(),
            key: town.post("clinic").public_key(),
            relation: Relation::Child,
            address: None,
            authority: vec![],
            enrolled_at: now(&town),
            parted: None,
        };
        let put = Put::new("post-neighbour", organisation.id.as_str(), &child).unwrap();
        children.push(organisation.id);
        fact = fact.put(put);
    }
    hub.store.commit(vec![fact]).await.unwrap();
    let body = json!("注".repeat(5_000));
    let note = Outgoing::new("osaka".into(), NOTE_TYPE, body);
    let watch = Stopwatch::now();
    hub.post
        .send(Outgoing { to: Addressee::Members(Members::These(children)), ..note })
        .await
        .unwrap();
    let queueing = watch.elapsed();
    let watch = Stopwatch::now();
    assert_eq!(hub.post.neighbours().await.unwrap().len(), 15_000);
    println!("queued for 15000 in {queueing:?}; neighbours read in {:?}", watch.elapsed());
    assert!(queueing.as_secs() < 120);
}
