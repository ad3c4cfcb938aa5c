//! Whatever is committed in whatever order, the store holds what a simple map would hold.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::bench::Bench;
use super::{fact, put};
use crate::{Expect, Put, Store};

/// One put of a random history.
#[derive(Clone, Debug)]
struct Change {
    key: u8,
    /// `None`: taken off.
    body: Option<f64>,
    expect: u8,
}

fn change() -> impl Strategy<Value = Change> {
    let body = prop::option::weighted(0.7, any::<f64>().prop_filter("JSON", |x| x.is_finite()));
    (0..4_u8, body, 0..6_u8).prop_map(|(key, body, expect)| Change { key, body, expect })
}

/// Key to (version, body): what the shelf should hold.
type Model = BTreeMap<String, (u64, Value)>;

/// Applies a commit to the model as the documentation of [`Store::commit`] tells it; `None` for a conflict.
fn applied(model: &Model, head: u64, puts: &[Put]) -> Option<Model> {
    let mut after = model.clone();
    for (put, seq) in puts.iter().zip(head + 1..) {
        let found = after.get(&put.key).map(|(version, _)| *version);
        let holds = match put.expect {
            Expect::Any => true,
            Expect::Absent => found.is_none(),
            Expect::Version(version) => found == Some(version),
        };
        if !holds {
            return None;
        }
        match &put.body {
            Some(body) => drop(after.insert(put.key.clone(), (seq, body.clone()))),
            None => drop(after.remove(&put.key)),
        }
    }
    Some(after)
}

fn put_of(change: &Change, model: &Model) -> Put {
    let key = change.key.to_string();
    let version = model.get(&key).map_or(1, |(version, _)| *version);
    let put = match change.body {
        Some(body) => put(&key, &json!({ "x": body })),
        None => Put::removal("case", key),
    };
    match change.expect {
        0..=3 => put,
        4 => put.absent(),
        _ => put.version(version),
    }
}

async fn shelf(store: &dyn Store) -> Model {
    let records = store.list("case", None, 100).await.unwrap();
    records.into_iter().map(|record| (record.key, (record.version, record.body))).collect()
}

async fn play(history: Vec<Vec<Change>>) {
    let bench = Bench::sqlite();
    let store = bench.open().await;
    let mut model = Model::new();
    let mut head = 0;
    for changes in history {
        let puts: Vec<Put> = changes.iter().map(|change| put_of(change, &model)).collect();
        let facts = puts.iter().map(|put| fact("s", "changed").put(put.clone())).collect();
        let outcome = store.commit(facts).await;
        match applied(&model, head, &puts) {
            Some(after) => {
                outcome.unwrap();
                head += puts.len() as u64;
                model = after;
            }
            None => assert!(outcome.unwrap_err().is_conflict()),
        }
    }
    assert_eq!(shelf(store.as_ref()).await, model);
    assert_eq!(store.head().await.unwrap().seq, head);
    let report = store.check().await.unwrap();
    assert!(report.sound(), "{:?}", report.problems);
    store.rebuild().await.unwrap();
    assert_eq!(shelf(store.as_ref()).await, model);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_store_holds_what_a_map_would_hold(
        history in prop::collection::vec(prop::collection::vec(change(), 0..4), 0..12),
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(play(history));
    }
}
