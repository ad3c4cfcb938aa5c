//! A row that was changed, removed or added behind the store's back is found and named.

use sakimori_words::{Digest, Lang};
use serde_json::json;

use super::bench::Bench;
use super::{fact, put};
use crate::Problem;
use crate::chain::Sealed;

/// Five entries, three records.
async fn filled(bench: &Bench) -> Vec<crate::Entry> {
    let store = bench.open().await;
    let facts = (1..=5)
        .map(|i| {
            let key = format!("{}", i % 3);
            fact("s", "noted").put(put(&key, &json!({ "n": i })))
        })
        .collect();
    store.commit(facts).await.unwrap()
}

async fn problems(bench: &Bench) -> Vec<Problem> {
    bench.open().await.check().await.unwrap().problems
}

async fn check(sql: &str, expected: &[Problem]) {
    let bench = Bench::sqlite();
    filled(&bench).await;
    bench.tamper(sql).await;
    assert_eq!(problems(&bench).await, expected, "{sql}");
}

fn place(key: &str) -> (String, String) {
    ("case".to_owned(), key.to_owned())
}

#[tokio::test]
async fn a_changed_entry_is_named() {
    for column in ["stream", "kind", "actor", "body"] {
        check(
            &format!("UPDATE ledger_journal SET {column} = '\"x\"' WHERE seq = 2"),
            &[Problem::EntryChanged { seq: 2 }],
        )
        .await;
    }
    check(
        "UPDATE ledger_journal SET at = at + 1 WHERE seq = 1",
        &[Problem::EntryChanged { seq: 1 }],
    )
    .await;
}

#[tokio::test]
async fn an_entry_replaced_with_its_digest_is_named_by_the_next_one() {
    let bench = Bench::sqlite();
    let entries = filled(&bench).await;
    let mut forged: Sealed = crate::plan::sealed_of(entries[1].clone());
    forged.actor = "somebody else".to_owned();
    forged.digest = forged.expected_digest();
    bench
        .tamper(&format!(
            "UPDATE ledger_journal SET actor = '{}', digest = '{}' WHERE seq = 2",
            forged.actor, forged.digest
        ))
        .await;
    assert_eq!(problems(&bench).await, [Problem::ChainBroken { seq: 3 }]);
}

#[tokio::test]
async fn changed_puts_are_named_with_the_record_they_no_longer_found() {
    let (shelf, key) = place("2");
    check(
        "UPDATE ledger_journal SET puts = replace(puts, '\"n\":5', '\"n\":6') WHERE seq = 5",
        &[Problem::EntryChanged { seq: 5 }, Problem::RecordChanged { shelf, key }],
    )
    .await;
}

#[tokio::test]
async fn removed_entries_are_named() {
    let (shelf, key) = place("0");
    check(
        "DELETE FROM ledger_journal WHERE seq IN (2, 3)",
        &[Problem::EntriesMissing { first: 2, last: 3 }, Problem::RecordAdded { shelf, key }],
    )
    .await;
    let bench = Bench::sqlite();
    filled(&bench).await;
    bench.tamper("DELETE FROM ledger_journal WHERE seq > 3").await;
    assert!(problems(&bench).await.contains(&Problem::EntriesMissing { first: 4, last: 5 }));
}

#[tokio::test]
async fn an_added_entry_is_named() {
    let copy = |seq: i64| {
        format!(
            "INSERT INTO ledger_journal
                SELECT {seq}, stream, kind, at, actor, body, '[]', digest, digest
                FROM ledger_journal WHERE seq = 5"
        )
    };
    check(&copy(6), &[Problem::EntryAdded { seq: 6 }, Problem::EntryChanged { seq: 6 }]).await;
    check(&copy(-1), &[Problem::EntryAdded { seq: 0 }]).await;
}

#[tokio::test]
async fn a_moved_end_is_noticed() {
    let bench = Bench::sqlite();
    let entries = filled(&bench).await;
    bench.tamper(&format!("UPDATE ledger_head SET digest = '{}'", Digest::of(b""))).await;
    let recorded = crate::Head { seq: entries[4].seq, digest: Digest::of(b"") };
    assert_eq!(problems(&bench).await, [Problem::HeadChanged { recorded }]);
}

#[tokio::test]
async fn changed_removed_and_added_records_are_named() {
    let named = |key: &str| place(key);
    let (shelf, key) = named("1");
    check(
        "UPDATE ledger_shelf SET body = '{\"n\":9}' WHERE key = '1'",
        &[Problem::RecordChanged { shelf, key }],
    )
    .await;
    let (shelf, key) = named("1");
    check(
        "UPDATE ledger_shelf SET version = version - 1 WHERE key = '1'",
        &[Problem::RecordChanged { shelf, key }],
    )
    .await;
    let (shelf, key) = named("2");
    check("DELETE FROM ledger_shelf WHERE key = '2'", &[Problem::RecordMissing { shelf, key }])
        .await;
    let (shelf, key) = named("7");
    check(
        "INSERT INTO ledger_shelf VALUES ('case', '7', 5, 0, '1')",
        &[Problem::RecordAdded { shelf, key }],
    )
    .await;
}

#[tokio::test]
async fn a_page_overwritten_in_the_file_is_noticed() {
    let bench = Bench::sqlite();
    let store = bench.open().await;
    let facts =
        (0..200).map(|i| fact("s", "noted").put(put(&i.to_string(), &json!("x".repeat(200)))));
    store.commit(facts.collect()).await.unwrap();
    drop(store);
    bench.tamper("PRAGMA wal_checkpoint(TRUNCATE)").await;
    let path = bench.address().trim_start_matches("sqlite:").to_owned();
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 8192 * 4096;
    bytes[middle..middle + 4096].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let noticed = match bench.open().await.check().await {
        Ok(report) => !report.sound(),
        Err(error) => error.trouble().kind.code == "SK-LEDGER-008",
    };
    assert!(noticed);
}

#[tokio::test]
async fn a_report_counts_what_it_does_not_show() {
    let bench = Bench::sqlite();
    let store = bench.open().await;
    store.commit((0..150).map(|_| fact("s", "noted")).collect()).await.unwrap();
    bench.tamper("UPDATE ledger_journal SET actor = 'x'").await;
    let report = store.check().await.unwrap();
    assert_eq!((report.problems.len(), report.n_problems), (crate::PROBLEMS_SHOWN_MAX, 150));
    let trouble = report.trouble(Lang::Ja).unwrap();
    assert_eq!(trouble.kind.code, "SK-LEDGER-016");
    insta::assert_snapshot!(trouble.detail);
    assert_eq!(report.head.seq, 150);
    assert!(report.trouble(Lang::En).unwrap().detail.starts_with("entry 1 was changed"));
}
