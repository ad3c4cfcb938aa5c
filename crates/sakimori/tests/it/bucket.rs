//! Sealed segments in a bucket of a real S3 server. Run by `.ci/run` after `cargo xtask setup-peers`.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sakimori_lake::{
    Lake, LakeSettings, ObjectStore, RetentionDays, SEAL_AFTER_BYTES, SEAL_AFTER_SECONDS,
    SigningKey, VerifyRequest, open_catalogue, open_store, verify,
};
use sakimori_query::{Limits, Pseudonyms, Query, Sight, Table};
use sakimori_words::{Clock, Event, Instant};

use crate::house::{free_port, printed, sakimori, wait_for};

/// 2026-11-20 09:00 in Japan.
const START: Instant = Instant::from_micros(1_795_132_800_000_000);

/// Statements that ask for everything a search can ask for. Each gives its rows in one order.
pub(crate) const STATEMENTS: [&str; 16] = [
    "SELECT count(*), min(seq), max(seq), min(time), max(time) FROM events",
    "SELECT source, count(*) AS n, count(DISTINCT host) FROM events GROUP BY source ORDER BY source",
    "SELECT seq, time, host, message FROM events WHERE host = 'PC-0777' ORDER BY seq",
    "WITH failed AS (SELECT \"user\", count(*) AS n FROM events WHERE status = 'failure' GROUP BY \"user\") \
     SELECT e.\"user\", f.n, max(e.seq) FROM events e JOIN failed f ON e.\"user\" = f.\"user\" \
     GROUP BY e.\"user\", f.n ORDER BY e.\"user\"",
    "SELECT seq, lag(seq) OVER (PARTITION BY \"user\" ORDER BY seq) FROM events ORDER BY seq LIMIT 50",
    "SELECT date_trunc('day', time) AS day, count(*) FROM events GROUP BY day ORDER BY day",
    "SELECT count(*) FROM events WHERE raw LIKE '%カルテ閲覧%'",
    "SELECT seq, raw FROM events WHERE regexp_like(raw, '記録 [0-9]*77:') ORDER BY seq",
    "SELECT seq, leaf FROM events WHERE seq % 501 = 0 ORDER BY seq",
    "SELECT patient, count(*) AS n FROM events WHERE patient <> '' GROUP BY patient ORDER BY n DESC, patient LIMIT 20",
    "SELECT src['EventID'] AS id, count(*) FROM events GROUP BY id ORDER BY id",
    "SELECT seq, src, raw, message FROM events WHERE seq BETWEEN 90 AND 110 ORDER BY seq",
    "SELECT host FROM events WHERE \"user\" NOT IN (SELECT \"user\" FROM events WHERE seq <= 3) ORDER BY host LIMIT 10",
    "SELECT status, avg(seq), approx_distinct(\"user\") FROM events GROUP BY status HAVING count(*) > 5 ORDER BY status",
    "SELECT seq FROM events WHERE time >= '2026-11-21' AND time < '2026/11/22 9:00' ORDER BY time DESC, seq LIMIT 7",
    "SELECT upper(substr(host, 1, 2)) AS kind, array_agg(DISTINCT status ORDER BY status) FROM events \
     WHERE seq = (SELECT max(seq) FROM events) OR seq < 20 GROUP BY kind ORDER BY kind",
];

/// A process that ends with the test.
pub(crate) struct Peer(Child);

impl Peer {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("the peer starts"))
    }

    /// As the power goes.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until somebody answers at that address.
pub(crate) fn wait_for_port(address: SocketAddr) {
    wait_for(&format!("nobody answers at {address}"), || TcpStream::connect(address).is_ok());
}

/// An S3 server with one empty bucket.
pub(crate) struct Bucket {
    address: SocketAddr,
    _server: Peer,
}

impl Bucket {
    pub(crate) fn start() -> Self {
        let address = free_port();
        let python = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../tests/bucket/.venv/bin/python")
            .canonicalize()
            .expect("cargo xtask setup-peers");
        let mut command = Command::new(python);
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &address.port().to_string()]);
        let server = Peer::start(command.stderr(Stdio::null()));
        wait_for_port(address);
        assert!(put(address, "/logs").starts_with("HTTP/1.1 200"), "the bucket is made");
        Self { address, _server: server }
    }

    /// What a process finds in its environment to reach it.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        environment(self.address)
    }

    /// The bucket, opened by this process.
    pub(crate) fn open(&self) -> Arc<dyn ObjectStore> {
        open_store(ADDRESS, &self.environment()).unwrap()
    }
}

/// The segments' address in the bucket.
pub(crate) const ADDRESS: &str = "s3://logs/node-1";

fn environment(endpoint: SocketAddr) -> Vec<(String, String)> {
    [
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "ap-northeast-1"),
        ("AWS_ENDPOINT_URL", &format!("http://{endpoint}")),
        ("AWS_ALLOW_HTTP", "true"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// One PUT without a body; the answer's head.
fn put(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "PUT {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Instant {
        START
    }
}

/// A log store in `dir` with its segments in `segments`.
pub(crate) async fn lake(dir: &Path, segments: Arc<dyn ObjectStore>) -> Lake {
    let settings = LakeSettings {
        dir: dir.to_path_buf(),
        catalogue: open_catalogue(dir, "").unwrap(),
        segments,
        retention: RetentionDays::default(),
        seal_after_bytes: SEAL_AFTER_BYTES,
        seal_after_seconds: SEAL_AFTER_SECONDS,
        signer: SigningKey::from_bytes(&[42; 32]),
        seen_up_to: 0,
        origin: "sakimori.example/node/bucket".to_owned(),
    };
    Lake::open(settings, Arc::new(StoppedClock)).await.unwrap()
}

/// Events `from` to before `to`, five minutes apart; some of them name patients.
pub(crate) fn events(from: i64, to: i64) -> Vec<Event> {
    (from..to).map(event).collect()
}

fn event(n: i64) -> Event {
    let at = START.plus_seconds(n * 300);
    let reads_a_record = n % 4 == 0;
    let mut event = Event {
        source: ["syslog/10.0.0.1", "inbox/Security.evtx", "http/emr"]
            [usize::try_from(n % 3).unwrap()]
        .to_owned(),
        received_at: at,
        time: at,
        raw: format!("記録 {n}: カルテ閲覧 患者ID={:05}", n % 97).into_bytes(),
        product: "windows".to_owned(),
        class_uid: if reads_a_record { 6005 } else { 3002 },
        status: if n % 5 == 0 { "failure" } else { "success" }.to_owned(),
        host: format!("PC-{n:04}"),
        user: format!("suzuki{}", n % 7),
        message: format!("logon {n}"),
        ..Event::default()
    };
    if reads_a_record {
        event.patient = format!("{:05}", n % 97);
    }
    event.src.push("EventID", if n % 2 == 0 { 4625 } else { 4624 });
    event
}

/// 2,000 sealed events in four portions and 100 that are not sealed.
pub(crate) async fn fill(lake: &Lake) {
    for portion in 0..4 {
        lake.append(&events(portion * 500, portion * 500 + 500)).await.unwrap();
        lake.seal().await.unwrap();
    }
    lake.append(&events(2_000, 2_100)).await.unwrap();
}

/// The answer to one statement.
pub(crate) async fn ask(query: &Query, sql: &str, sight: &Sight) -> Table {
    let answer = query.sql(sql, sight.clone(), Limits::EXPORT).await;
    answer.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// What people with and without the right to see patients see.
pub(crate) fn sights() -> [Sight; 2] {
    [Sight::Full, Sight::Masked(Pseudonyms::new([7; 32]))]
}

/// Verifies a log store; its segments are proved to be what was taken in.
async fn proved(dir: &Path, segments: Arc<dyn ObjectStore>) -> u64 {
    let key = SigningKey::from_bytes(&[42; 32]).verifying_key();
    let catalogue = open_catalogue(dir, "").unwrap();
    let request =
        VerifyRequest { dir, catalogue: &*catalogue, segments, key: Some(key), witnessed: &[] };
    let report = verify(request, &mut |_| {}).await.unwrap();
    assert!(report.is_proved(), "{:?}", report.problems);
    report.sealed_events + report.hot_events
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs moto (tests/bucket)"]
async fn a_log_in_a_bucket_answers_as_one_in_a_folder() {
    let bucket = Bucket::start();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("node");
    let (here, there) = (folder.path().join("here"), data.join("lake"));
    let in_folder = lake(&here, open_store(here.to_str().unwrap(), &[]).unwrap()).await;
    let in_bucket = lake(&there, bucket.open()).await;
    fill(&in_folder).await;
    fill(&in_bucket).await;
    assert!(!there.join("segments").try_exists().unwrap(), "no segment lies on the disk");
    let (local, remote) =
        (Query::new(in_folder.reader()).unwrap(), Query::new(in_bucket.reader()).unwrap());
    for sight in sights() {
        for sql in STATEMENTS {
            let (expected, found) =
                (ask(&local, sql, &sight).await, ask(&remote, sql, &sight).await);
            assert!(!expected.rows.is_empty(), "{sql}");
            assert_eq!(found, expected, "{sql}");
        }
    }
    assert_eq!(proved(&there, bucket.open()).await, 2_100);
    // The program itself, with the bucket in its settings and the keys in its environment.
    std::fs::write(data.join("sakimori.toml"), format!("segments = \"{ADDRESS}\"\n")).unwrap();
    let search = |keys: Vec<(String, String)>| {
        let mut command = sakimori();
        command.args(["search", STATEMENTS[1], "--format", "csv", "--data"]).arg(&data);
        command.envs(keys).output().unwrap()
    };
    let output = search(bucket.environment());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(printed(&output).lines().count(), 4);
    assert!(!search(environment(free_port())).status.success(), "the keys of another store");
}

/// A relay before the S3 server that can refuse everything, as a store does that is overloaded or full.
struct Relay {
    address: SocketAddr,
    refuses: Arc<AtomicBool>,
}

impl Relay {
    fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let refuses = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&refuses);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let flag = Arc::clone(&flag);
                std::thread::spawn(move || relay(stream, to, &flag));
            }
        });
        Self { address, refuses }
    }

    fn refuse(&self, yes: bool) {
        self.refuses.store(yes, Ordering::SeqCst);
    }
}

fn relay(mut from: TcpStream, to: SocketAddr, refuses: &AtomicBool) {
    let Ok(mut server) = TcpStream::connect(to) else { return };
    let (mut back, mut answers) = (from.try_clone().unwrap(), server.try_clone().unwrap());
    std::thread::spawn(move || drop(std::io::copy(&mut answers, &mut back)));
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        if refuses.load(Ordering::SeqCst) {
            let said = "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = from.write_all(said.as_bytes());
            break;
        }
        if server.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    let _ = (server.shutdown(Shutdown::Both), from.shutdown(Shutdown::Both));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs moto (tests/bucket)"]
async fn a_bucket_that_refuses_makes_sealing_wait_and_loses_nothing() {
    let bucket = Bucket::start();
    let relay = Relay::start(bucket.address);
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(ADDRESS, &environment(relay.address)).unwrap();
    let lake = lake(folder.path(), Arc::clone(&store)).await;
    let query = Query::new(lake.reader()).unwrap();
    let count = async || ask(&query, STATEMENTS[0], &Sight::Full).await.rows[0][0].to_string();
    lake.append(&events(0, 500)).await.unwrap();
    relay.refuse(true);
    let refused = lake.seal().await.expect_err("the store refuses");
    assert!(refused.trouble().kind.code.starts_with("SK-LAKE"), "{refused}");
    // Meanwhile logs come in, and nothing is missing from searches.
    lake.append(&events(500, 600)).await.unwrap();
    assert_eq!(count().await, "600");
    relay.refuse(false);
    assert!(!lake.seal().await.unwrap().is_empty());
    let status = lake.status().await.unwrap();
    assert_eq!((status.events, status.hot_events), (600, 0));
    assert_eq!(count().await, "600");
    assert_eq!(proved(folder.path(), store).await, 600);
}
