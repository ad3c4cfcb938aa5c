//! The machine fails: killed in mid-batch, disk full, folder gone.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use serde_json::json;

use super::bench::Bench;
use super::{fact, put};
use crate::{LedgerError, open};

/// Set in the child that is to be killed: the address of its store.
const VICTIM: &str = "SAKIMORI_LEDGER_VICTIM";

#[test]
fn a_kill_in_mid_batch_loses_nothing_acknowledged() {
    if let Ok(address) = std::env::var(VICTIM) {
        return commit_until_killed(&address);
    }
    for n_lines in [1, 40, 400] {
        let bench = Bench::sqlite();
        let acknowledged = kill_after(&bench.address(), n_lines);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let store = bench.open().await;
            for key in &acknowledged {
                assert!(store.get("case", key).await.unwrap().is_some(), "{key} was lost");
            }
            let report = store.check().await.unwrap();
            assert!(report.sound(), "{:?}", report.problems);
            assert!(report.n_entries >= acknowledged.len() as u64);
            store.commit(vec![fact("s", "goes_on")]).await.unwrap();
        });
    }
}

/// Runs this test again as a child that commits without end, and kills it after `n_lines` acknowledgements.
fn kill_after(address: &str, n_lines: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["a_kill_in_mid_batch_loses_nothing_acknowledged", "--nocapture"])
        .env(VICTIM, address)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    for line in lines {
        let Ok(line) = line else { break };
        if let Some(key) = line.strip_prefix("acknowledged ") {
            acknowledged.push(key.to_owned());
        }
        if acknowledged.len() == n_lines {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    // The last line may have been cut short by the kill.
    acknowledged.pop();
    assert!(acknowledged.len() + 1 >= n_lines);
    acknowledged
}

fn commit_until_killed(address: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = open(address).await.unwrap();
        let committers = (0..16).map(|committer| {
            let store = &store;
            async move {
                for round in 0.. {
                    let key = format!("{committer}-{round}");
                    let change = put(&key, &json!("x".repeat(300)));
                    store.commit(vec![fact("s", "noted").put(change)]).await.unwrap();
                    let mut out = std::io::stdout().lock();
                    if writeln!(out, "acknowledged {key}").is_err() {
                        return;
                    }
                }
            }
        });
        futures::future::join_all(committers).await;
    });
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let store = crate::sqlite::open_limited(&path, Some(60)).await.unwrap();
    let mut n_kept = 0;
    let error = loop {
        let change = put(&n_kept.to_string(), &json!("x".repeat(4000)));
        match store.commit(vec![fact("s", "noted").put(change)]).await {
            Ok(_) => n_kept += 1,
            Err(error) => break error,
        }
        assert!(n_kept < 1000);
    };
    assert_eq!(error.trouble().kind.code, "SK-LEDGER-006");
    assert_eq!(store.head().await.unwrap().seq, n_kept);
    let report = store.check().await.unwrap();
    assert!(report.sound(), "{:?}", report.problems);
    assert_eq!(report.n_entries, n_kept);
    drop(store);
    let roomier = crate::sqlite::open(&path).await.unwrap();
    roomier.commit(vec![fact("s", "goes_on")]).await.unwrap();
    assert_eq!(roomier.head().await.unwrap().seq, n_kept + 1);
}

#[tokio::test]
async fn a_large_fact_that_does_not_fit_leaves_its_neighbours_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let store = crate::sqlite::open_limited(&path, Some(60)).await.unwrap();
    let large = fact("s", "large").put(put("large", &json!("x".repeat(400_000))));
    let small = |i: usize| fact("s", "small").put(put(&i.to_string(), &json!(i)));
    let commits =
        (0..10).map(|i| store.commit(vec![if i == 5 { large.clone() } else { small(i) }]));
    let outcomes = futures::future::join_all(commits).await;
    assert!(matches!(outcomes[5], Err(LedgerError::Full { .. })));
    let n_kept = outcomes.iter().filter(|outcome| outcome.is_ok()).count() as u64;
    assert_eq!(store.head().await.unwrap().seq, n_kept);
    store.commit(vec![small(11)]).await.unwrap();
    assert!(store.check().await.unwrap().sound());
}

#[tokio::test]
async fn what_is_no_store_is_refused_with_a_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let junk = folder.path().join("junk.sqlite");
    std::fs::write(&junk, "これはデータベースではありません。".repeat(100)).unwrap();
    let missing = folder.path().join("missing").join("ledger.sqlite");
    let code_of = async |address: String| match open(&address).await {
        Ok(_) => panic!("{address} was opened"),
        Err(error) => error.trouble().kind.code,
    };
    assert_eq!(code_of(format!("sqlite:{}", junk.display())).await, "SK-LEDGER-008");
    assert_eq!(code_of(format!("sqlite:{}", missing.display())).await, "SK-LEDGER-004");
    assert_eq!(code_of("sqlite:".to_owned()).await, "SK-LEDGER-003");
    assert_eq!(code_of("mysql://localhost".to_owned()).await, "SK-LEDGER-003");
    assert_eq!(code_of("postgres://db.example.jp/x".to_owned()).await, "SK-LEDGER-005");
    assert_eq!(code_of("postgres:///x?host=/nowhere".to_owned()).await, "SK-LEDGER-004");
    assert_eq!(
        std::fs::read(&junk).unwrap().len(),
        "これはデータベースではありません。".len() * 100
    );
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::sqlite();
    let store = bench.open().await;
    store.commit(vec![fact("s", "noted")]).await.unwrap();
    let path = bench.address().trim_start_matches("sqlite:").to_owned();
    for suffix in ["", "-wal"] {
        let mode = std::fs::metadata(format!("{path}{suffix}")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{suffix} {mode:o}");
    }
}
