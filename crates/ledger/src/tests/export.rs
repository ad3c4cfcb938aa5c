//! Export from one store, import into another: every digest stays, and a file that was touched is refused by its line.

use proptest::prelude::*;
use serde_json::json;

use super::bench::Bench;
use super::{fact, morning, put};
use crate::{Adoption, LedgerError, Put, Store, export, import};

async fn filled(bench: &Bench, n_facts: usize) -> std::sync::Arc<dyn Store> {
    let store = bench.open().await;
    let facts = (0..n_facts).map(|i| {
        let change = match i % 4 {
            3 => Put::removal("case", "1"),
            _ => put(&format!("{}", i % 3), &json!({ "i": i, "x": 0.1 + 0.2 })),
        };
        fact("s", "changed").put(change)
    });
    store.commit(facts.collect()).await.unwrap();
    store.put_private("totp", "p", json!({ "step": 5 }), Some(morning())).await.unwrap();
    store.put_private("verifier", "p", json!("$argon2id$"), None).await.unwrap();
    store
}

async fn exported(store: &dyn Store, with_private: bool) -> Vec<u8> {
    let mut out = Vec::new();
    export(store, &mut out, with_private).await.unwrap();
    out
}

/// Moves everything and compares; the story that both engines and both directions share.
pub(super) async fn check_move(from: &Bench, to: &Bench) {
    let source = filled(from, 1203).await;
    let file = exported(source.as_ref(), true).await;
    let target = to.open().await;
    assert_eq!(import(target.as_ref(), &mut file.as_slice()).await.unwrap(), 1203);
    assert_eq!(target.head().await.unwrap(), source.head().await.unwrap());
    assert_eq!(target.entries(0, 2000).await.unwrap(), source.entries(0, 2000).await.unwrap());
    let records = source.list("case", None, 100).await.unwrap();
    assert_eq!(target.list("case", None, 100).await.unwrap(), records);
    for shelf in ["totp", "verifier"] {
        let secrets = source.list_private(shelf).await.unwrap();
        assert_eq!(target.list_private(shelf).await.unwrap(), secrets);
    }
    assert!(target.check().await.unwrap().sound());
    assert_eq!(exported(target.as_ref(), true).await, file);
    target.commit(vec![fact("s", "goes_on")]).await.unwrap();
    drop(target);
    assert_eq!(to.open().await.head().await.unwrap().seq, 1204);
}

#[tokio::test]
async fn everything_moves_from_one_file_to_another() {
    check_move(&Bench::sqlite(), &Bench::sqlite()).await;
}

#[tokio::test]
async fn an_empty_store_moves_too() {
    let (empty, other) = (Bench::sqlite(), Bench::sqlite());
    let file = exported(empty.open().await.as_ref(), true).await;
    let target = other.open().await;
    assert_eq!(import(target.as_ref(), &mut file.as_slice()).await.unwrap(), 0);
    target.commit(vec![fact("s", "first")]).await.unwrap();
}

#[tokio::test]
async fn the_file_looks_like_this() {
    let bench = Bench::sqlite();
    let file = exported(filled(&bench, 2).await.as_ref(), true).await;
    insta::assert_snapshot!(String::from_utf8(file).unwrap());
}

/// Kept for ever: what version 1 of the format wrote.
#[tokio::test]
async fn exports_of_the_first_format_are_still_read() {
    let sample = include_bytes!("samples/export-v1.ndjson");
    let bench = Bench::sqlite();
    let store = bench.open().await;
    assert_eq!(import(store.as_ref(), &mut sample.as_slice()).await.unwrap(), 2);
    let digest = store.head().await.unwrap().digest.to_string();
    assert_eq!(digest, "0d69f6a5a0ca5c3506f84502f9f21e58c4a48340b569cb3ed5db96f211341742");
    assert_eq!(exported(store.as_ref(), true).await, sample);
}

#[tokio::test]
async fn a_store_with_records_takes_no_import() {
    let bench = Bench::sqlite();
    let store = filled(&bench, 3).await;
    let file = exported(store.as_ref(), false).await;
    let error = import(store.as_ref(), &mut file.as_slice()).await.unwrap_err();
    assert!(matches!(error, LedgerError::NotEmpty { seq: 3 }));
    let entries = store.entries(0, 1).await.unwrap();
    assert!(store.adopt(entries, Adoption::Last).await.is_err());
    assert_eq!(store.head().await.unwrap().seq, 3);
}

/// Imports `file` into an empty store and tells the line that was refused.
async fn refused_line(file: &[u8]) -> u64 {
    let bench = Bench::sqlite();
    let store = bench.open().await;
    match import(store.as_ref(), &mut &*file).await {
        Err(LedgerError::Import { line, .. }) => line,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_touched_file_is_refused_by_its_line() {
    let bench = Bench::sqlite();
    let file = exported(filled(&bench, 5).await.as_ref(), false).await;
    let text = String::from_utf8(file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let joined = |lines: &[&str]| format!("{}\n", lines.join("\n")).into_bytes();

    assert_eq!(refused_line(b"").await, 1);
    assert_eq!(refused_line(b"{}\n").await, 1);
    assert_eq!(refused_line(&joined(&lines[..3])).await, 4);
    assert_eq!(refused_line(text.trim_end().as_bytes()).await, 7);
    let changed = text.replacen("\"i\":2", "\"i\":3", 1);
    assert_eq!(refused_line(changed.as_bytes()).await, 4);
    let respelled = text.replacen("{\"i\":2,", "{\"i\": 2,", 1);
    assert_eq!(refused_line(respelled.as_bytes()).await, 4);
    let without_one = [&lines[..2], &lines[3..]].concat();
    assert_eq!(refused_line(&joined(&without_one)).await, 3);
    let without_last = [&lines[..5], &lines[6..]].concat();
    assert_eq!(refused_line(&joined(&without_last)).await, 6);
}

#[tokio::test]
async fn a_half_finished_import_is_not_mistaken_for_a_store() {
    let source = Bench::sqlite();
    let file = exported(filled(&source, 1203).await.as_ref(), false).await;
    let cut = &file[..file.len() / 2];
    let bench = Bench::sqlite();
    let store = bench.open().await;
    assert!(import(store.as_ref(), &mut &*cut).await.is_err());
    let refused = store.commit(vec![fact("s", "early")]).await.unwrap_err();
    assert!(matches!(refused, LedgerError::ImportUnfinished));
    drop(store);
    let error = crate::open(&bench.address()).await.err().unwrap();
    assert_eq!(error.trouble().kind.code, "SK-LEDGER-012");
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_understood(bytes: Vec<u8>) {
        crate::fuzz_import(&bytes);
    }

    #[test]
    fn any_lines_like_ours_are_refused_or_understood(
        seq in any::<u64>(), at in any::<i64>(), body in "[\\[{0-9\":}\\]]{0,12}", puts in "[\\[{0-9\":}\\]]{0,12}",
    ) {
        let digest = "0".repeat(64);
        crate::fuzz_import(format!(
            r#"{{"entry":{{"seq":{seq},"stream":"s","kind":"k","at":{at},"actor":"a","body":{body},"puts":{puts},"previous":"{digest}","digest":"{digest}"}}}}"#
        ).as_bytes());
    }
}
