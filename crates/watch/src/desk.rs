//! What the tests of everything that is kept in the ledger begin with.

use std::sync::Arc;

use sakimori_ledger::Store;
use sakimori_testkit::StepClock;
use sakimori_words::Instant;
use tempfile::TempDir;

/// An empty ledger in a folder that lives as long as the guard, and a clock that stands at two in the night.
pub(crate) async fn ledger() -> (TempDir, Arc<dyn Store>, Arc<StepClock>) {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("ledger.db").display());
    let store = sakimori_ledger::open(&address).await.unwrap();
    let clock = Arc::new(StepClock::new(Instant::parse("2026-11-20T02:00:00+09:00").unwrap()));
    (folder, store, clock)
}
