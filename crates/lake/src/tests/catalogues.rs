//! A catalogue keeps its promises wherever it is: the same stories for the file and for a real PostgreSQL.

use async_trait::async_trait;
use tokio_postgres::NoTls;

use super::kill::kill_the_writer;
use super::over_tls::{OTHERS, OURS, ServerOverTls};
use super::postgres_server::Server;
use super::*;

/// A log store whose catalogue is at an address.
fn at(address: &str) -> Fixture {
    Fixture { catalogue: address.to_owned(), ..Fixture::new() }
}

/// Another log store of the same name and key, as a cloned machine has it.
fn clone_of(fixture: &Fixture) -> Fixture {
    let clone = at(&fixture.catalogue);
    copy_folder(fixture.folder.path(), clone.folder.path());
    clone
}

impl Server {
    /// A catalogue in a schema of its own.
    async fn schema(&self, name: &str) -> String {
        execute(&self.address(""), &format!("CREATE SCHEMA {name}")).await;
        self.address(&format!("&options=-csearch_path%3D{name}"))
    }
}

async fn execute(address: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(address, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
}

/// Somebody who can write the catalogue itself changes its lines.
async fn tamper(fixture: &Fixture, change: impl Fn(&mut Vec<String>)) {
    let store = fixture.catalogue();
    let mut lines: Vec<String> =
        store.read(0).await.unwrap().unwrap().lines.lines().map(str::to_owned).collect();
    change(&mut lines);
    if fixture.catalogue.is_empty() {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(fixture.dir().join("catalogue"), text).unwrap();
        return;
    }
    let values = lines.iter().enumerate().map(|(n, line)| format!("({n}, $q${line}$q$)"));
    let values = values.collect::<Vec<_>>().join(", ");
    let sql = format!(
        "BEGIN; DELETE FROM lake_catalogue; INSERT INTO lake_catalogue (n, line) VALUES {values}; COMMIT"
    );
    execute(&fixture.catalogue, &sql).await;
}

async fn take_in(lake: &Lake, numbers: std::ops::Range<u64>) {
    lake.append(&events(numbers)).await.unwrap();
}

async fn seqs(fixture: &Fixture) -> Vec<u64> {
    read_all(&fixture.reader()).await.iter().map(|stored| stored.seq).collect()
}

/// Every story on catalogues of their own, named by `address`.
async fn stories<F: Future<Output = String>>(address: impl Fn(&'static str) -> F) {
    a_log_goes_on_after_a_restart(&at(&address("goes_on").await)).await;
    what_was_forged_or_cut_is_named(&at(&address("forged").await)).await;
    for (name, fails) in [("lost_before", Fails::Before), ("lost_after", Fails::After)] {
        a_record_that_is_not_heard_of_is_neither_lost_nor_doubled(&at(&address(name).await), fails)
            .await;
    }
    no_record_is_added_while_the_folder_cannot_follow(&at(&address("behind").await)).await;
    of_many_writers_one_goes_on(&at(&address("race").await)).await;
    a_reader_follows_a_catalogue_that_grows_and_one_that_was_put_back(&at(&address("read").await))
        .await;
}

#[tokio::test]
async fn every_story_holds_for_a_file() {
    stories(|_| async { String::new() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn every_story_holds_for_postgresql() {
    let server = Server::start();
    stories(|name| server.schema(name)).await;
    of_two_machines_with_one_key_the_first_goes_on(&server).await;
    a_new_folder_may_go_on_with_a_catalogue(&server).await;
    a_file_moves_into_the_database(&server).await;
    while_the_database_is_away_logs_come_in_and_are_found(&server).await;
    kill_the_writer(&Fixture { seal_after_bytes: 40_000, ..at(&server.schema("killed").await) })
        .await;
    a_server_without_fsync_is_refused(&server).await;
}

async fn a_log_goes_on_after_a_restart(fixture: &Fixture) {
    assert_eq!(seqs(fixture).await, Vec::<u64>::new(), "what is not begun is empty");
    for n in 0..3 {
        let lake = fixture.open().await;
        take_in(&lake, n * 10..n * 10 + 10).await;
        assert!(!lake.seal().await.unwrap().is_empty());
        take_in(&lake, 90..91).await;
    }
    assert_eq!(seqs(fixture).await, (1..=33).collect::<Vec<_>>());
    fixture.assert_proved().await;
}

async fn what_was_forged_or_cut_is_named(fixture: &Fixture) {
    let lake = fixture.open().await;
    for n in 0..3 {
        take_in(&lake, n * 10..n * 10 + 10).await;
        lake.seal().await.unwrap();
    }
    drop(lake);
    let whole = fixture.catalogue().read(0).await.unwrap().unwrap().lines;
    tamper(fixture, |lines| lines[2] = lines[2].replace("\"events\":", "\"events\": ")).await;
    let problems = fixture.verify().await.problems;
    assert!(matches!(&problems[0], Problem::CatalogueChanged { line: 3, .. }), "{problems:?}");
    let refused = Lake::open(fixture.settings(), fixture.clock.clone()).await;
    assert_eq!(refused.err().unwrap().trouble().kind.code, "SK-LAKE-009");
    tamper(fixture, |lines| *lines = whole.lines().take(3).map(str::to_owned).collect()).await;
    let problems = fixture.verify().await.problems;
    assert!(problems.contains(&Problem::CatalogueCut { records: 3, signed: 4 }), "{problems:?}");
    let refused = Lake::open(fixture.settings(), fixture.clock.clone()).await;
    assert_eq!(refused.err().unwrap().trouble().kind.code, "SK-LAKE-009");
    tamper(fixture, |lines| *lines = whole.lines().map(str::to_owned).collect()).await;
    fixture.assert_proved().await;
}

/// When the answer to a record that is added gets lost.
#[derive(Clone, Copy, Debug)]
enum Fails {
    Before,
    After,
}

/// A catalogue that loses the answer to its second record.
#[derive(Debug)]
struct LosesAnswer {
    inner: Arc<dyn CatalogueStore>,
    fails: Fails,
    n_appended: AtomicI64,
}

#[async_trait]
impl CatalogueStore for LosesAnswer {
    async fn read(&self, end: u64) -> Result<Option<Grown>, LakeError> {
        self.inner.read(end).await
    }

    async fn prepare(&self, end: u64) -> Result<(), LakeError> {
        self.inner.prepare(end).await
    }

    async fn append(&self, end: u64, line: &str) -> Result<u64, LakeError> {
        let lost = self.n_appended.fetch_add(1, Ordering::SeqCst) == 1;
        if !lost || matches!(self.fails, Fails::After) {
            let end = self.inner.append(end, line).await?;
            if !lost {
                return Ok(end);
            }
        }
        let cause = Arc::new(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
        Err(LakeError::CatalogueAway { doing: "write", cause })
    }

    fn is_shared(&self) -> bool {
        self.inner.is_shared()
    }
}

async fn a_record_that_is_not_heard_of_is_neither_lost_nor_doubled(
    fixture: &Fixture,
    fails: Fails,
) {
    let open = || {
        let (inner, n_appended) = (fixture.catalogue(), AtomicI64::new(0));
        let catalogue = Arc::new(LosesAnswer { inner, fails, n_appended });
        let settings = LakeSettings { catalogue, ..fixture.settings() };
        async { Lake::open(settings, fixture.clock.clone()).await.unwrap() }
    };
    // The process goes on.
    let lake = open().await;
    take_in(&lake, 0..10).await;
    assert!(lake.seal().await.is_err(), "{fails:?}");
    assert_eq!(seqs(fixture).await, (1..=10).collect::<Vec<_>>(), "{fails:?}");
    take_in(&lake, 10..20).await;
    lake.seal().await.unwrap();
    drop(lake);
    // The process ends there: segments are uploaded, and nobody knows of the record.
    let lake = open().await;
    take_in(&lake, 20..30).await;
    lake.seal().await.unwrap();
    take_in(&lake, 30..40).await;
    assert!(lake.seal().await.is_err(), "{fails:?}");
    drop(lake);
    let lake = fixture.open().await;
    lake.seal().await.unwrap();
    drop(lake);
    assert_eq!(seqs(fixture).await, (1..=40).collect::<Vec<_>>(), "{fails:?}");
    let report = fixture.verify().await;
    assert_eq!((report.problems, report.sealed_events, report.hot_events), (vec![], 40, 0));
}

async fn no_record_is_added_while_the_folder_cannot_follow(fixture: &Fixture) {
    let lake = fixture.open().await;
    let (checkpoint, aside) = (fixture.dir().join("checkpoint"), fixture.dir().join("aside"));
    std::fs::rename(&checkpoint, &aside).unwrap();
    std::fs::create_dir(&checkpoint).unwrap();
    for n in 0..3 {
        take_in(&lake, n * 10..n * 10 + 10).await;
        assert!(lake.seal().await.is_err());
    }
    let lines = fixture.catalogue().read(0).await.unwrap().unwrap().lines;
    assert_eq!(lines.lines().count(), 2, "the beginning and one seal");
    std::fs::remove_dir(&checkpoint).unwrap();
    std::fs::rename(&aside, &checkpoint).unwrap();
    drop(lake);
    let lake = fixture.open().await;
    lake.seal().await.unwrap();
    drop(lake);
    assert_eq!(seqs(fixture).await, (1..=30).collect::<Vec<_>>());
    fixture.assert_proved().await;
}

async fn of_many_writers_one_goes_on(fixture: &Fixture) {
    drop(fixture.open().await);
    let end = fixture.catalogue().read(0).await.unwrap().unwrap().end;
    let writers = (0..8).map(|n| {
        let store = fixture.catalogue();
        tokio::spawn(async move { store.append(end, &format!("line {n}")).await })
    });
    let mut n_taken = 0;
    for outcome in futures::future::join_all(writers).await {
        match outcome.unwrap() {
            Ok(_) => {}
            Err(LakeError::CatalogueTaken { .. }) => n_taken += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(n_taken, 7);
    let added = fixture.catalogue().read(end).await.unwrap().unwrap();
    assert_eq!(added.lines.lines().count(), 1);
}

async fn a_reader_follows_a_catalogue_that_grows_and_one_that_was_put_back(fixture: &Fixture) {
    let lake = fixture.open().await;
    let reader = fixture.reader();
    for n in 0..3 {
        take_in(&lake, n * 10..n * 10 + 10).await;
        lake.seal().await.unwrap();
        assert_eq!(reader.snapshot().await.unwrap().segments.len() as u64, n + 1);
    }
    tamper(fixture, |lines| lines.truncate(2)).await;
    assert_eq!(reader.snapshot().await.unwrap().segments.len(), 1);
}

async fn of_two_machines_with_one_key_the_first_goes_on(server: &Server) {
    let fixture = at(&server.schema("machines").await);
    let lake = fixture.open().await;
    take_in(&lake, 0..10).await;
    lake.seal().await.unwrap();
    let clone = clone_of(&fixture);
    let cloned = clone.open().await;
    take_in(&lake, 10..20).await;
    take_in(&cloned, 50..60).await;
    lake.seal().await.unwrap();
    for _ in 0..2 {
        let error = cloned.seal().await.unwrap_err();
        assert_eq!(error.trouble().kind.code, "SK-LAKE-015", "{error}");
    }
    take_in(&cloned, 60..61).await;
    drop(cloned);
    let log = files_under(&clone.dir().join("wal"));
    let refused = Lake::open(clone.settings(), clone.clock.clone()).await.err().unwrap();
    assert_eq!(refused.trouble().kind.code, "SK-LAKE-015", "{refused}");
    assert_eq!(files_under(&clone.dir().join("wal")), log, "its events stay where they are");
    take_in(&lake, 20..30).await;
    lake.seal().await.unwrap();
    assert_eq!(seqs(&fixture).await, (1..=30).collect::<Vec<_>>());
    fixture.assert_proved().await;
}

async fn a_new_folder_may_go_on_with_a_catalogue(server: &Server) {
    let lost = at(&server.schema("lost").await);
    let lake = lost.open().await;
    take_in(&lake, 0..10).await;
    lake.seal().await.unwrap();
    drop(lake);
    let new = at(&lost.catalogue);
    copy_folder(&lost.store_dir(), &new.store_dir());
    let lake = new.open().await;
    take_in(&lake, 10..20).await;
    lake.seal().await.unwrap();
    drop(lake);
    assert_eq!(seqs(&new).await, (1..=20).collect::<Vec<_>>());
    new.assert_proved().await;
    let refused = Lake::open(lost.settings(), lost.clock.clone()).await.err().unwrap();
    assert_eq!(refused.trouble().kind.code, "SK-LAKE-015", "{refused}");
}

async fn a_file_moves_into_the_database(server: &Server) {
    let mut fixture = at("");
    let lake = fixture.open().await;
    for n in 0..4 {
        take_in(&lake, n * 10..n * 10 + 10).await;
        lake.seal().await.unwrap();
    }
    let witnessed = lake.reader().checkpoint().await.unwrap().unwrap();
    take_in(&lake, 40..45).await;
    drop(lake);
    let lines = fixture.catalogue().read(0).await.unwrap().unwrap().lines;
    fixture.catalogue = server.schema("moved").await;
    // A first attempt was interrupted.
    fixture.catalogue().prepare(0).await.unwrap();
    tamper(&fixture, |there| *there = lines.lines().take(2).map(str::to_owned).collect()).await;
    let lake = fixture.open().await;
    lake.seal().await.unwrap();
    drop(lake);
    assert_eq!(seqs(&fixture).await, (1..=45).collect::<Vec<_>>());
    assert_eq!(fixture.verify_with(&[witnessed]).await.problems, []);
    fixture.catalogue = String::new();
    let refused = Lake::open(fixture.settings(), fixture.clock.clone()).await.err().unwrap();
    assert_eq!(refused.trouble().kind.code, "SK-LAKE-009", "{refused}");
}

async fn while_the_database_is_away_logs_come_in_and_are_found(server: &Server) {
    let fixture = at(&server.schema("away").await);
    let lake = fixture.open().await;
    take_in(&lake, 0..10).await;
    lake.seal().await.unwrap();
    let beside = fixture.reader();
    for reader in [&lake.reader(), &beside] {
        assert_eq!(read_all(reader).await.len(), 10);
    }
    server.control("stop");
    take_in(&lake, 10..20).await;
    let error = lake.seal().await.unwrap_err();
    assert_eq!(error.trouble().kind.code, "SK-LAKE-014", "{error}");
    take_in(&lake, 20..30).await;
    for reader in [lake.reader(), beside] {
        assert_eq!(read_all(&reader).await.len(), 30);
    }
    let nothing_known = fixture.reader().snapshot().await.unwrap_err();
    assert_eq!(nothing_known.trouble().kind.code, "SK-LAKE-014", "half an answer is none");
    server.control("start");
    lake.seal().await.unwrap();
    assert_eq!(seqs(&fixture).await, (1..=30).collect::<Vec<_>>());
    fixture.assert_proved().await;
}

async fn a_server_without_fsync_is_refused(server: &Server) {
    let address = server.schema("unfit").await;
    execute(&address, "ALTER SYSTEM SET fsync = off").await;
    server.control("restart");
    let fixture = at(&address);
    let refused = Lake::open(fixture.settings(), fixture.clock.clone()).await.err().unwrap();
    assert_eq!(refused.trouble().kind.code, "SK-LAKE-016", "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn over_the_network_only_a_verified_server_keeps_a_catalogue() {
    let server = ServerOverTls::start();
    let address = |host, authority| server.address(host, "verify-full", authority);
    let fixture = at(&address("localhost", OURS));
    let lake = fixture.open().await;
    take_in(&lake, 0..10).await;
    lake.seal().await.unwrap();
    drop(lake);
    assert_eq!(seqs(&fixture).await, (1..=10).collect::<Vec<_>>());
    fixture.assert_proved().await;
    for wrong in [address("localhost", OTHERS), address("127.0.0.1", OURS)] {
        let fixture = at(&wrong);
        let refused = Lake::open(fixture.settings(), fixture.clock.clone()).await.err().unwrap();
        assert_eq!(refused.trouble().kind.code, "SK-LAKE-014", "{refused}");
    }
}

#[test]
fn addresses_of_catalogues_are_checked() {
    let fixture = Fixture::new();
    assert!(open_catalogue(&fixture.dir(), "").is_ok());
    assert!(open_catalogue(&fixture.dir(), "postgres://127.0.0.1/sakimori").is_ok());
    for address in [
        "postgres://192.0.2.10/sakimori",
        "postgres://db.example.jp/x?sslmode=prefer",
        "postgres://db.example.jp/x?sslmode=verify-full",
        "postgres://db.example.jp/x?sslmode=verify-full&sslrootcert=/not/there.pem",
        "folder",
    ] {
        let refused = open_catalogue(&fixture.dir(), address).unwrap_err();
        assert_eq!(refused.trouble().kind.code, "SK-LAKE-016", "{address}");
    }
    let secret = open_catalogue(&fixture.dir(), "postgres://me:geheim@localhost/log").unwrap();
    assert!(!format!("{secret:?}").contains("geheim"));
}
