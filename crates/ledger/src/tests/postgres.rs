//! The same stories on a real PostgreSQL server, which the test starts itself.

use std::future::Future;
use std::net::TcpListener;
use std::path::Path;
use std::pin::Pin;
use std::process::Command;

use futures::future::join_all;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::bench::Bench;
use super::postgres_server::{Server, run};
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

impl Server {
    /// Makes and starts one that listens at `port` of this machine and shows this certificate, in PEM with its key.
    fn start_over_tls(port: u16, certificate: &str, key: &str) -> Self {
        let mut server = Self::new();
        let data = server.data();
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let path = data.join(name);
            std::fs::write(&path, text).unwrap();
            run(Command::new("chmod").arg("600").arg(&path));
            run(Command::new("chown").arg("--reference").arg(&data).arg(&path));
        }
        server.network = format!("-c listen_addresses=127.0.0.1 -c port={port} -c ssl=on");
        server.control("start");
        server
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn over_the_network_only_a_verified_server_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    let authority = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, params.self_signed(&key).unwrap().pem()).unwrap();
        (Issuer::new(params, key), path)
    };
    let ((issuer, ours), (_, other)) = (authority("ours.pem"), authority("other.pem"));
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &issuer).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let _server = Server::start_over_tls(port, &certificate.pem(), &key.serialize_pem());
    let address = |host: &str, mode: &str, authority: &Path| {
        let authority = authority.display();
        format!("postgres://sakimori@{host}:{port}/postgres?sslmode={mode}&sslrootcert={authority}")
    };
    for mode in ["require", "verify-full"] {
        let store = open(&address("localhost", mode, &ours)).await.unwrap();
        store.commit(vec![fact("s", "noted")]).await.unwrap();
        assert!(open(&address("localhost", mode, &other)).await.is_err(), "not its authority");
        assert!(open(&address("127.0.0.1", mode, &ours)).await.is_err(), "not its name");
    }
    let store = open(&address("localhost", "verify-full", &ours)).await.unwrap();
    assert_eq!(store.check().await.unwrap().n_entries, 2);
}

#[tokio::test]
async fn a_database_on_another_machine_is_not_spoken_to_in_the_clear() {
    for mode in ["", "?sslmode=prefer", "?sslmode=disable"] {
        let address = format!("postgres://sakimori@192.0.2.7/postgres{mode}");
        let error = open(&address).await.err().unwrap();
        assert_eq!(error.trouble().kind.code, "SK-LEDGER-005", "{mode}");
    }
}
