//! The promises of [`crate::Store`], engine by engine.

use std::sync::Arc;

use futures::future::join_all;
use sakimori_words::Digest;
use serde_json::{Value, json};

use super::bench::Bench;
use super::{fact, morning, put};
use crate::{Expect, Fact, LedgerError, Put, PutText, Record, StreamPuts};

/// Makes each story a test on SQLite, and a list for PostgreSQL.
macro_rules! stories {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Bench::sqlite()).await;
            })+
        }

        /// Every story with its name.
        pub(super) fn all() -> Vec<(&'static str, super::postgres::Story)> {
            vec![$((stringify!($name), |bench| Box::pin($name(bench)))),+]
        }
    };
}

stories![
    acknowledged_facts_are_there_after_reopening,
    a_conflict_leaves_nothing_behind,
    later_facts_of_a_commit_see_earlier_puts,
    concurrent_committers_keep_the_chain_gap_free,
    of_many_who_change_the_same_version_one_wins,
    shelves_are_listed_in_key_order_both_ways,
    prefixes_find_what_begins_with_them,
    several_records_are_read_in_one_question,
    a_version_is_never_used_twice,
    the_version_alone_is_that_of_the_record,
    what_a_stream_put_on_a_shelf_is_read_in_pages,
    streams_are_read_apart,
    rebuilding_gives_the_same_shelves,
    rebuilding_refuses_a_broken_journal,
    secrets_are_kept_replaced_and_forgotten,
    a_code_works_once,
    what_waits_together_is_done_in_order_and_fails_alone,
    secrets_are_not_in_the_journal,
    the_head_is_announced,
    what_cannot_be_kept_is_refused,
    text_and_numbers_come_back_as_they_were,
    an_empty_commit_changes_nothing,
    a_newer_format_is_refused,
];

async fn acknowledged_facts_are_there_after_reopening(bench: Bench) {
    let entries = {
        let store = bench.open().await;
        let opened = fact("case/1", "suspicion_opened").put(put("1", &json!({ "open": true })));
        store.commit(vec![opened, fact("case/1", "call_made")]).await.unwrap()
    };
    let store = bench.open().await;
    assert_eq!(store.entries(0, 10).await.unwrap(), entries);
    assert_eq!(store.head().await.unwrap().seq, 2);
    assert_eq!(store.head().await.unwrap().digest, entries[1].digest);
    let record = store.get("case", "1").await.unwrap().unwrap();
    assert_eq!((record.version, record.at, record.body), (1, morning(), json!({ "open": true })));
    assert!(store.check().await.unwrap().sound());
}

async fn a_conflict_leaves_nothing_behind(bench: Bench) {
    let store = bench.open().await;
    store.commit(vec![fact("s", "first").put(put("1", &json!(1)))]).await.unwrap();
    let head = store.head().await.unwrap();
    let good = fact("s", "good").put(put("2", &json!(2)).absent());
    for expect in [Expect::Absent, Expect::Version(7)] {
        let mut bad = put("1", &json!(3));
        bad.expect = expect;
        let error = store.commit(vec![good.clone(), fact("s", "bad").put(bad)]).await.unwrap_err();
        assert!(
            matches!(&error, LedgerError::Conflict { shelf, key } if shelf == "case" && key == "1")
        );
        assert!(error.is_conflict());
    }
    assert_eq!(store.head().await.unwrap(), head);
    assert_eq!(store.get("case", "2").await.unwrap(), None);
    assert_eq!(store.get("case", "1").await.unwrap().unwrap().body, json!(1));
    let entry = store.commit(vec![good]).await.unwrap();
    assert_eq!((entry[0].seq, entry[0].previous), (2, head.digest));
}

async fn later_facts_of_a_commit_see_earlier_puts(bench: Bench) {
    let store = bench.open().await;
    let first = fact("s", "made").put(put("1", &json!(1)).absent());
    let again = fact("s", "made").put(put("1", &json!(2)).absent());
    assert!(store.commit(vec![first.clone(), again]).await.unwrap_err().is_conflict());
    let changed = fact("s", "changed").put(put("1", &json!(2)).version(1));
    let removed = fact("s", "removed").put(Put::removal("case", "1").version(2));
    let back = fact("s", "made").put(put("1", &json!(4)).absent());
    store.commit(vec![first, changed, removed, back]).await.unwrap();
    let record = store.get("case", "1").await.unwrap().unwrap();
    assert_eq!((record.version, record.body), (4, json!(4)));
    assert!(store.check().await.unwrap().sound());
}

async fn concurrent_committers_keep_the_chain_gap_free(bench: Bench) {
    let store = bench.open().await;
    let committers = (0..24).map(|committer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for round in 0..5 {
                let key = format!("{committer}-{round}");
                let facts = vec![
                    fact("s", "one").put(put(&key, &json!(round))),
                    fact("s", "two").put(put("shared", &json!(committer))),
                ];
                let entries = store.commit(facts).await.unwrap();
                assert_eq!(entries[1].seq, entries[0].seq + 1);
                assert_eq!(entries[1].previous, entries[0].digest);
            }
        })
    });
    for committer in join_all(committers).await {
        committer.unwrap();
    }
    let report = store.check().await.unwrap();
    assert!(report.sound(), "{:?}", report.problems);
    assert_eq!((report.n_entries, report.n_records, report.head.seq), (240, 121, 240));
}

async fn of_many_who_change_the_same_version_one_wins(bench: Bench) {
    let store = bench.open().await;
    store.commit(vec![fact("s", "made").put(put("1", &json!(0)))]).await.unwrap();
    let attempts = (0..20).map(|attempt| {
        let change = fact("s", "changed").put(put("1", &json!(attempt)).version(1));
        store.commit(vec![change])
    });
    let outcomes = join_all(attempts).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(store.head().await.unwrap().seq, 2);
}

fn keys(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| record.key.as_str()).collect()
}

async fn shelves_are_listed_in_key_order_both_ways(bench: Bench) {
    let store = bench.open().await;
    let unsorted = ["b", "院", "a", "Z", "あ", "a-1", "é", "10", "9"];
    let facts = unsorted.iter().map(|key| fact("s", "put").put(put(key, &json!(key)))).collect();
    store.commit(facts).await.unwrap();
    store.commit(vec![fact("s", "x").put(Put::new("other", "m", &1).unwrap())]).await.unwrap();
    let mut sorted = unsorted.to_vec();
    sorted.sort_unstable();
    assert_eq!(keys(&store.list("case", None, 100).await.unwrap()), sorted);
    assert_eq!(keys(&store.list("case", Some("9"), 2).await.unwrap()), ["Z", "a"]);
    assert_eq!(keys(&store.list_latest("case", None, 2).await.unwrap()), ["院", "あ"]);
    let before = store.list_latest("case", Some("あ"), 100).await.unwrap();
    sorted.truncate(7);
    sorted.reverse();
    assert_eq!(keys(&before), sorted);
    assert_eq!(store.count("case").await.unwrap(), 9);
    assert_eq!(store.count("nothing").await.unwrap(), 0);
    assert_eq!(store.list("case", None, 0).await.unwrap(), []);
}

async fn prefixes_find_what_begins_with_them(bench: Bench) {
    let store = bench.open().await;
    let last = "\u{10FFFF}";
    let some = ["case-1", "case-1/a", "case-1/b", "case-10/a", "case%", "東京/1", "東京/2", "東/1"];
    let some = some.into_iter().chain(["\u{D7FF}/1", "\u{E000}/1", last, "\u{10FFFF}/1"]);
    let facts = some.map(|key| fact("s", "put").put(put(key, &json!(1)))).collect();
    store.commit(facts).await.unwrap();
    let found = store.list_prefix("case", "case-1/", 10).await.unwrap();
    assert_eq!(keys(&found), ["case-1/a", "case-1/b"]);
    assert_eq!(keys(&store.list_prefix("case", "東京", 10).await.unwrap()), ["東京/1", "東京/2"]);
    assert_eq!(keys(&store.list_prefix("case", "case%", 10).await.unwrap()), ["case%"]);
    assert_eq!(
        keys(&store.list_prefix("case", "case-1", 2).await.unwrap()),
        ["case-1", "case-1/a"]
    );
    assert_eq!(store.list_prefix("case", "zzz", 10).await.unwrap(), []);
    assert_eq!(keys(&store.list_prefix("case", "\u{D7FF}", 9).await.unwrap()), ["\u{D7FF}/1"]);
    assert_eq!(keys(&store.list_prefix("case", last, 9).await.unwrap()), [last, "\u{10FFFF}/1"]);
    assert_eq!(store.list_prefix("case", "", 100).await.unwrap().len(), 12);
}

async fn several_records_are_read_in_one_question(bench: Bench) {
    let store = bench.open().await;
    let fact = fact("s", "put").put(put("日本", &json!(1))).put(put("b", &json!(2)));
    store.commit(vec![fact]).await.unwrap();
    let places =
        [("case", "b"), ("case", "nothing"), ("other", "b"), ("case", "日本"), ("case", "b")];
    let found = store.get_many(&places).await.unwrap();
    let bodies: Vec<Option<Value>> = found.into_iter().map(|one| one.map(|r| r.body)).collect();
    assert_eq!(bodies, [Some(json!(2)), None, None, Some(json!(1)), Some(json!(2))]);
    assert!(store.get_many(&[]).await.unwrap().is_empty());
}

async fn a_version_is_never_used_twice(bench: Bench) {
    let store = bench.open().await;
    store.commit(vec![fact("s", "made").put(put("1", &json!("old")))]).await.unwrap();
    store.commit(vec![fact("s", "removed").put(Put::removal("case", "1"))]).await.unwrap();
    assert_eq!(store.get("case", "1").await.unwrap(), None);
    store.commit(vec![fact("s", "made").put(put("1", &json!("new")).absent())]).await.unwrap();
    let late = fact("s", "changed").put(put("1", &json!("from the old form")).version(1));
    assert!(store.commit(vec![late]).await.unwrap_err().is_conflict());
    assert_eq!(store.get("case", "1").await.unwrap().unwrap().version, 3);
}

async fn the_version_alone_is_that_of_the_record(bench: Bench) {
    let store = bench.open().await;
    assert_eq!(store.version("case", "院").await.unwrap(), None);
    let facts = [1, 2].map(|i| fact("s", "put").put(put("院", &json!(i))));
    store.commit(facts.to_vec()).await.unwrap();
    assert_eq!(store.version("case", "院").await.unwrap(), Some(2));
    store.commit(vec![fact("s", "gone").put(Put::removal("case", "院"))]).await.unwrap();
    assert_eq!(store.version("case", "院").await.unwrap(), None);
}

async fn what_a_stream_put_on_a_shelf_is_read_in_pages(bench: Bench) {
    let store = bench.open().await;
    let other = Put::new("other", "1", &json!("x")).unwrap();
    let facts = vec![
        fact("s", "put").put(other).put(put("\"引用\"", &json!({ "ベッド": 1.50 }))),
        fact("another stream", "put").put(put("1", &json!(1))),
        fact("s", "gone").put(Put::removal("case", "\"引用\"")),
        fact("s", "noted"),
    ];
    store.commit(facts).await.unwrap();
    let first = store.stream_puts("s", "case", 0, 2).await.unwrap();
    let text = |body: Option<&str>| PutText {
        key: "\"引用\"".to_owned(),
        body: body.map(str::to_owned),
    };
    assert_eq!(first.puts, [text(Some("{\"ベッド\":1.5}")), text(None)]);
    assert_eq!((first.through, first.n_entries), (Some(3), 2));
    let last = store.stream_puts("s", "case", 3, 2).await.unwrap();
    assert_eq!(last, StreamPuts { through: Some(4), n_entries: 1, puts: vec![] });
    assert_eq!(store.stream_puts("s", "case", 4, 2).await.unwrap(), StreamPuts::default());
}

async fn streams_are_read_apart(bench: Bench) {
    let store = bench.open().await;
    let facts = (0..6).map(|i| fact(&format!("case/{}", i % 2), "noted")).collect();
    store.commit(facts).await.unwrap();
    let seqs = |entries: Vec<crate::Entry>| -> Vec<u64> {
        entries.iter().map(|entry| entry.seq).collect()
    };
    assert_eq!(seqs(store.stream_entries("case/0", 0, 10).await.unwrap()), [1, 3, 5]);
    assert_eq!(seqs(store.stream_entries("case/1", 2, 1).await.unwrap()), [4]);
    assert_eq!(seqs(store.entries(4, 10).await.unwrap()), [5, 6]);
    assert_eq!(store.stream_entries("case/", 0, 10).await.unwrap(), []);
}

async fn many_changes(store: &dyn crate::Store) {
    for round in 0..40_u64 {
        let key = format!("{}", round % 7);
        let change = if round % 5 == 4 {
            Put::removal("case", key)
        } else {
            put(&key, &json!({ "round": round, "share": 0.1 * 3.0 }))
        };
        store.commit(vec![fact("s", "changed").put(change)]).await.unwrap();
    }
}

async fn rebuilding_gives_the_same_shelves(bench: Bench) {
    let store = bench.open().await;
    many_changes(store.as_ref()).await;
    let before = store.list("case", None, 100).await.unwrap();
    assert!(!before.is_empty());
    bench.tamper("UPDATE ledger_shelf SET body = '{}' WHERE key = '1'").await;
    bench.tamper("DELETE FROM ledger_shelf WHERE key = '2'").await;
    bench.tamper("INSERT INTO ledger_shelf VALUES ('case', 'x', 1, 0, '1')").await;
    assert_eq!(store.check().await.unwrap().n_problems, 3);
    store.rebuild().await.unwrap();
    assert_eq!(store.list("case", None, 100).await.unwrap(), before);
    assert!(store.check().await.unwrap().sound());
}

async fn rebuilding_refuses_a_broken_journal(bench: Bench) {
    let store = bench.open().await;
    many_changes(store.as_ref()).await;
    let before = store.list("case", None, 100).await.unwrap();
    bench.tamper("UPDATE ledger_journal SET body = '{\"note\":\"\"}' WHERE seq = 3").await;
    let error = store.rebuild().await.unwrap_err();
    assert!(matches!(&error, LedgerError::Damaged { what } if what.contains("entry 3")), "{error}");
    assert_eq!(store.list("case", None, 100).await.unwrap(), before);
}

async fn secrets_are_kept_replaced_and_forgotten(bench: Bench) {
    let store = bench.open().await;
    let soon = morning().plus_seconds(60);
    store.put_private("session", "a", json!({ "n": 1 }), Some(soon)).await.unwrap();
    store.put_private("session", "b", json!({ "n": 2 }), None).await.unwrap();
    store.put_private("session", "a", json!({ "n": 3 }), Some(soon)).await.unwrap();
    let secret = store.get_private("session", "a").await.unwrap().unwrap();
    assert_eq!((secret.body.clone(), secret.expires_at), (json!({ "n": 3 }), Some(soon)));
    assert!(!secret.expired(morning()) && secret.expired(soon));
    assert_eq!(store.list_private("session").await.unwrap().len(), 2);
    assert_eq!(store.private_shelves().await.unwrap(), ["session"]);
    assert_eq!(store.purge_private(morning()).await.unwrap(), 0);
    assert_eq!(store.purge_private(soon).await.unwrap(), 1);
    assert_eq!(store.get_private("session", "a").await.unwrap(), None);
    assert!(store.remove_private("session", "b").await.unwrap());
    assert!(!store.remove_private("session", "b").await.unwrap());
    assert_eq!(store.head().await.unwrap().seq, 0);
}

async fn a_code_works_once(bench: Bench) {
    let store = bench.open().await;
    assert!(!store.swap_private("code", "1", Some(&json!(0)), None, None).await.unwrap());
    assert!(store.swap_private("code", "1", None, Some(json!({ "a": 1 })), None).await.unwrap());
    assert!(!store.swap_private("code", "1", None, Some(json!(2)), None).await.unwrap());
    let expected = json!({ "a": 1 });
    let tries = (0..20).map(|_| store.swap_private("code", "1", Some(&expected), None, None));
    let won = join_all(tries).await.into_iter().filter(|won| *won.as_ref().unwrap()).count();
    assert_eq!(won, 1);
    assert_eq!(store.get_private("code", "1").await.unwrap(), None);
}

async fn what_waits_together_is_done_in_order_and_fails_alone(bench: Bench) {
    let store = bench.open().await;
    let change = |n: u32, version| {
        let put = put("1", &json!(n));
        let put = if version == 0 { put.absent() } else { put.version(version) };
        store.commit(vec![fact("s", "changed").put(put)])
    };
    let swap = |expected: Option<u32>, new: Option<u32>| {
        let (store, expected) = (Arc::clone(&store), expected.map(|n| json!(n)));
        async move {
            let new = new.map(|n| json!(n));
            store.swap_private("code", "k", expected.as_ref(), new, None).await.unwrap()
        }
    };
    // Polled in this order, so they wait in this order behind the first.
    let (first, late, second, put, swapped, too_late, gone, again, anew) = futures::join!(
        change(1, 0),
        change(2, 0),
        change(3, 1),
        store.put_private("code", "k", json!(1), None),
        swap(Some(1), Some(2)),
        swap(Some(1), Some(3)),
        store.remove_private("code", "k"),
        store.remove_private("code", "k"),
        swap(None, Some(5)),
    );
    assert_eq!((first.unwrap()[0].seq, second.unwrap()[0].seq), (1, 2));
    assert!(late.unwrap_err().is_conflict());
    put.unwrap();
    assert_eq!((swapped, too_late, anew), (true, false, true));
    assert_eq!((gone.unwrap(), again.unwrap()), (true, false));
    assert_eq!(store.get_private("code", "k").await.unwrap().unwrap().body, json!(5));
    assert_eq!(store.get("case", "1").await.unwrap().unwrap().body, json!(3));
    assert!(store.check().await.unwrap().sound());
}

async fn secrets_are_not_in_the_journal(bench: Bench) {
    let store = bench.open().await;
    store.commit(vec![fact("s", "made").put(put("1", &json!(1)))]).await.unwrap();
    store.put_private("verifier", "p", json!("$argon2id$"), None).await.unwrap();
    let mut out = Vec::new();
    crate::export(store.as_ref(), &mut out, false).await.unwrap();
    assert!(!String::from_utf8(out).unwrap().contains("argon2id"));
    assert_eq!(store.entries(0, 10).await.unwrap().len(), 1);
}

async fn the_head_is_announced(bench: Bench) {
    let store = bench.open().await;
    let mut head = store.watch();
    assert_eq!(*head.borrow_and_update(), 0);
    store.commit(vec![fact("s", "a"), fact("s", "b")]).await.unwrap();
    head.wait_for(|seq| *seq == 2).await.unwrap();
}

async fn what_cannot_be_kept_is_refused(bench: Bench) {
    let store = bench.open().await;
    let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
    let refused: Vec<Fact> = vec![
        fact("", "no stream"),
        fact("s", "line\nbreak"),
        fact(&"長".repeat(200), "long"),
        fact("s", "null").put(put("1", &Value::Null)),
        fact("s", "twice").put(put("1", &json!(1))).put(put("1", &json!(2))),
        fact("s", "no key").put(put("", &json!(1))),
        fact("s", "nul").put(put("a\0b", &json!(1))),
        fact("s", "deep").put(put("1", &deep)),
        fact("s", "large").put(put("1", &json!("x".repeat(9 * 1024 * 1024)))),
    ];
    for fact in refused {
        let kind = fact.kind.clone();
        let error = store.commit(vec![fact]).await.unwrap_err();
        assert!(matches!(error, LedgerError::Unfit { .. }), "{kind}: {error}");
    }
    assert!(store.put_private("", "k", json!(1), None).await.is_err());
    assert_eq!(store.head().await.unwrap().seq, 0);
}

async fn text_and_numbers_come_back_as_they_were(bench: Bench) {
    let store = bench.open().await;
    let body = json!({
        "text": "令和8年\u{0}改行\n\"引用\" 😀",
        "float": 0.1 + 0.2,
        "small": 5e-324,
        "large": u64::MAX,
        "negative": i64::MIN,
        "z": 1, "a": [null, true, {}],
    });
    let mut odd = fact("s", "odd").put(put("1", &body));
    odd.body = body.clone();
    let committed = store.commit(vec![odd]).await.unwrap();
    assert_eq!(store.entries(0, 1).await.unwrap(), committed);
    assert_eq!(committed[0].body, body);
    assert_eq!(store.get("case", "1").await.unwrap().unwrap().body, body);
    assert!(store.check().await.unwrap().sound());
}

async fn an_empty_commit_changes_nothing(bench: Bench) {
    let store = bench.open().await;
    assert_eq!(store.commit(vec![]).await.unwrap(), []);
    let head = store.head().await.unwrap();
    assert_eq!((head.seq, head.digest), (0, Digest::default()));
    assert!(store.check().await.unwrap().sound());
    store.rebuild().await.unwrap();
}

async fn a_newer_format_is_refused(bench: Bench) {
    drop(bench.open().await);
    bench.tamper("UPDATE ledger_about SET value = '2' WHERE name = 'format'").await;
    let error = crate::open(&bench.address()).await.err().unwrap();
    assert!(matches!(error, LedgerError::NewerFormat { known: 1, .. }), "{error}");
}
