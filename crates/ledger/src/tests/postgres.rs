//! The same stories on a real PostgreSQL server, which the test starts itself.

use std::future::Future;
use std::pin::Pin;

use futures::future::join_all;

use super::bench::Bench;
use super::over_tls::{OTHERS, OURS, ServerOverTls};
use super::postgres_server::Server;
use super::{export, fact, put, stories};
use crate::open;

pub(super) type Story = fn(Bench) -> Pin<Box<dyn Future<Output = ()>>>;

impl Server {
    /// A bench in a schema of its own.
    async fn bench(&self, schema: &str) -> Bench {
        let whole = Bench::Postgres { address: self.address("") };
        whole.tamper(&format!("CREATE SCHEMA {schema}")).await;
        Bench::Postgres { address: self.address(&format!("&options=-csearch_path%3D{schema}")) }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn every_story_holds_on_postgresql() {
    let server = Server::start();
    for (number, (name, story)) in stories::all().into_iter().enumerate() {
        println!("{name}");
        story(server.bench(&format!("story_{number}")).await).await;
    }
    export::check_move(&Bench::sqlite(), &server.bench("move_in").await).await;
    export::check_move(&server.bench("move_out").await, &Bench::sqlite()).await;
    two_processes_share_one_journal(&server).await;
    what_the_server_will_not_keep_fails_alone(&server).await;
    a_restarted_server_loses_nothing_acknowledged(&server).await;
    a_server_without_fsync_is_refused(&server).await;
}

/// Two stores over one database stand for two web processes.
async fn two_processes_share_one_journal(server: &Server) {
    let bench = server.bench("shared").await;
    let stores = [bench.open().await, bench.open().await];
    let commits = (0..100).map(|i| stores[i % 2].commit(vec![fact("s", "noted")]));
    for outcome in join_all(commits).await {
        outcome.unwrap();
    }
    let report = stores[0].check().await.unwrap();
    assert!(report.sound(), "{:?}", report.problems);
    assert_eq!(report.n_entries, 100);
}

/// A batch is written as a whole; when the server refuses that, each job is done for itself.
async fn what_the_server_will_not_keep_fails_alone(server: &Server) {
    let bench = server.bench("refusing").await;
    let store = bench.open().await;
    bench.tamper("ALTER TABLE ledger_shelf ADD CHECK (key <> '7')").await;
    let commits = (0..20).map(|i| {
        let change = put(&i.to_string(), &serde_json::json!(i)).absent();
        store.commit(vec![fact("s", "noted").put(change)])
    });
    for (i, outcome) in join_all(commits).await.into_iter().enumerate() {
        assert_eq!(outcome.is_err(), i == 7, "{i}: {outcome:?}");
    }
    let report = store.check().await.unwrap();
    assert!(report.sound(), "{:?}", report.problems);
    assert_eq!((report.n_entries, report.n_records), (19, 19));
}

async fn a_restarted_server_loses_nothing_acknowledged(server: &Server) {
    let bench = server.bench("restarted").await;
    let store = bench.open().await;
    let committing = tokio::spawn(async move {
        let mut acknowledged = Vec::new();
        for i in 0..300 {
            let key = i.to_string();
            let change = put(&key, &serde_json::json!(i)).absent();
            if store.commit(vec![fact("s", "noted").put(change)]).await.is_ok() {
                acknowledged.push(key);
            }
        }
        acknowledged
    });
    server.control("restart");
    let acknowledged = committing.await.unwrap();
    let store = bench.open().await;
    store.commit(vec![fact("s", "goes_on")]).await.unwrap();
    assert_eq!(store.count("case").await.unwrap(), acknowledged.len() as u64);
    for key in &acknowledged {
        assert!(store.get("case", key).await.unwrap().is_some());
    }
    assert!(store.check().await.unwrap().sound());
}

async fn a_server_without_fsync_is_refused(server: &Server) {
    let whole = Bench::Postgres { address: server.address("") };
    whole.tamper("ALTER SYSTEM SET fsync = off").await;
    server.control("restart");
    let error = open(&server.address("")).await.err().unwrap();
    assert_eq!(error.trouble().kind.code, "SK-LEDGER-005");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn over_the_network_only_a_verified_server_is_believed() {
    let server = ServerOverTls::start();
    let address = |host, authority| server.address(host, "verify-full", authority);
    let store = open(&address("localhost", OURS)).await.unwrap();
    store.commit(vec![fact("s", "noted")]).await.unwrap();
    assert_eq!(store.check().await.unwrap().n_entries, 1);
    for wrong in [address("localhost", OTHERS), address("127.0.0.1", OURS)] {
        let error = open(&wrong).await.err().unwrap();
        assert_eq!(error.trouble().kind.code, "SK-LEDGER-004", "{error}");
    }
}

#[tokio::test]
async fn a_database_on_another_machine_is_not_spoken_to_in_the_clear() {
    for mode in ["", "?sslmode=prefer", "?sslmode=disable"] {
        let address = format!("postgres://sakimori@192.0.2.7/postgres{mode}");
        let error = open(&address).await.err().unwrap();
        assert_eq!(error.trouble().kind.code, "SK-LEDGER-005", "{mode}");
    }
}
