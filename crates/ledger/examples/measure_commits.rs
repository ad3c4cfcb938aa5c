//! Measures commits per second and how long one takes, at full durability.
//!
//! `cargo run --release -p sakimori-ledger --example measure_commits -- sqlite:/tmp/measure.sqlite 10`
#![expect(clippy::print_stdout, reason = "the measurement goes to the terminal")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use sakimori_ledger::{Fact, LedgerError, Put, Store, open};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().ok_or("usage: measure_commits ADDRESS [SECONDS]")?;
    let seconds = arguments.next().map_or(Ok(5), |seconds| seconds.parse())?;
    let store = open(&address).await?;
    for n_workers in [1, 8, 64] {
        let begun_at = Instant::now();
        let mut times = commit_for(&store, n_workers, Duration::from_secs(seconds)).await?;
        let per_second = times.len() as f64 / begun_at.elapsed().as_secs_f64();
        times.sort_unstable();
        let at =
            |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
        println!(
            "{n_workers} workers: {per_second:.0} commits/s, p50 {:?}, p99 {:?}",
            at(50),
            at(99)
        );
    }
    Ok(())
}

/// Lets the workers commit one fact with one put after the other. Returns how long each commit took.
async fn commit_for(
    store: &Arc<dyn Store>,
    n_workers: usize,
    span: Duration,
) -> Result<Vec<Duration>, Box<dyn std::error::Error>> {
    let workers: Vec<_> =
        (0..n_workers).map(|worker| tokio::spawn(work(Arc::clone(store), worker, span))).collect();
    let mut times = Vec::new();
    for worker in workers {
        times.extend(worker.await??);
    }
    Ok(times)
}

async fn work(
    store: Arc<dyn Store>,
    worker: usize,
    span: Duration,
) -> Result<Vec<Duration>, LedgerError> {
    let mut times = Vec::new();
    let begun_at = Instant::now();
    while begun_at.elapsed() < span {
        let at = sakimori_words::Instant::from_micros(0);
        let key = format!("{worker}/{}", times.len());
        let record = json!({ "state": "open", "note": "電子カルテの端末が暗号化された疑い" });
        let fact = Fact::new(format!("case/{key}"), "suspicion_opened", at, "measure", &record)?
            .put(Put::new("case", key, &record)?);
        let one_at = Instant::now();
        store.commit(vec![fact]).await?;
        times.push(one_at.elapsed());
    }
    Ok(times)
}
