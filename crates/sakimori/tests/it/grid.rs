//! Searches over many machines: a scheduler and two executors as processes of the real program, the log in a real bucket. Run
//! by `.ci/run` after `cargo xtask setup-peers`.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use sakimori_query::{Grid, Query, Sight};
use tempfile::TempDir;

use crate::bucket::{
    ADDRESS, Bucket, Peer, STATEMENTS, ask, events, fill, lake, sights, wait_for_port,
};
use crate::house::{House, free_port, printed, run, sakimori, wait_for};

/// Compares every two of a user's events: work for minutes, of which nothing can be skipped.
const SLOW: &str = "SELECT a.\"user\", count(*) AS n, max(b.seq - a.seq) AS far FROM events a JOIN events b \
     ON a.\"user\" = b.\"user\" AND a.seq < b.seq WHERE regexp_like(a.raw || b.raw, '記録 [0-9]*7: .*患者') \
     GROUP BY a.\"user\" ORDER BY a.\"user\"";

/// How soon an answer has to be there although a machine was lost.
const ANSWERED_WITHIN: Duration = Duration::from_secs(90);

/// On which addresses of this machine the parts of a grid meet. Where they differ, a tunnel joins them.
#[derive(Clone, Copy)]
struct Addresses {
    /// Where processes listen.
    listen: Ipv4Addr,
    /// Where others go.
    seen_at: Ipv4Addr,
}

impl Addresses {
    const SAME: Self = Self { listen: Ipv4Addr::LOCALHOST, seen_at: Ipv4Addr::LOCALHOST };
}

/// The ports of a grid.
struct Ports {
    scheduler: u16,
    executors: [u16; 2],
}

impl Ports {
    fn free() -> Self {
        let executors = [two_free_ports().port(), two_free_ports().port()];
        Self { scheduler: free_port().port(), executors }
    }

    fn all(&self) -> Vec<u16> {
        let executors = self.executors.iter().flat_map(|port| [*port, *port + 1]);
        executors.chain([self.scheduler]).collect()
    }
}

/// One scheduler and its executors.
struct Machines {
    scheduler: SocketAddr,
    _scheduler: Peer,
    executors: Vec<(Peer, PathBuf)>,
}

impl Machines {
    fn start(folder: &Path, bucket: &Bucket) -> Self {
        Self::start_at(folder, bucket, &Ports::free(), Addresses::SAME)
    }

    fn start_at(folder: &Path, bucket: &Bucket, ports: &Ports, at: Addresses) -> Self {
        let listen = SocketAddr::from((at.listen, ports.scheduler));
        let mut command = sakimori();
        command.args(["grid", "scheduler", "--listen", &listen.to_string()]);
        let process = Peer::start(command.stderr(Stdio::inherit()));
        wait_for_port(listen);
        let scheduler = SocketAddr::from((at.seen_at, ports.scheduler));
        let executor = |port: &u16| {
            executor(&folder.join(format!("work-{port}")), *port, at, scheduler, bucket)
        };
        let executors = ports.executors.iter().map(executor).collect();
        Self { scheduler, _scheduler: process, executors }
    }

    /// Kills an executor that has begun to write a part of an answer.
    fn kill_one_at_work(&mut self) {
        let works = |parts: &Path| std::fs::read_dir(parts).is_ok_and(|jobs| jobs.count() > 0);
        let mut victim = None;
        wait_for("no executor has work", || {
            victim = self.executors.iter().position(|(_, parts)| works(parts));
            victim.is_some()
        });
        self.executors[victim.unwrap()].0.kill();
    }

    /// The grid, for logs of any size.
    fn grid(&self) -> Grid {
        Grid::new(self.scheduler, 1)
    }
}

/// A free port whose next one is free too.
fn two_free_ports() -> SocketAddr {
    let free = |address: SocketAddr| {
        TcpListener::bind((address.ip(), address.port().saturating_add(1))).is_ok()
    };
    std::iter::repeat_with(free_port).find(|address| free(*address)).unwrap()
}

fn executor(
    work: &Path,
    port: u16,
    at: Addresses,
    scheduler: SocketAddr,
    bucket: &Bucket,
) -> (Peer, PathBuf) {
    let listen = SocketAddr::from((at.listen, port));
    let mut command = sakimori();
    command
        .args(["grid", "executor", "--scheduler", &scheduler.to_string()])
        .args(["--listen", &listen.to_string(), "--seen-at", &at.seen_at.to_string()])
        .args(["--segments", ADDRESS, "--work"])
        .arg(work)
        .envs(bucket.environment());
    let process = Peer::start(command.stderr(Stdio::inherit()));
    wait_for_port(listen);
    (process, work.join("parts"))
}

/// The data folder of a node whose segments are in the bucket, with a filled log.
async fn node(folder: &Path, bucket: &Bucket) -> (PathBuf, Query, Query) {
    let data = folder.join("node");
    let log = lake(&data.join("lake"), bucket.open()).await;
    fill(&log).await;
    (data, Query::new(log.reader()).unwrap(), Query::new(log.reader()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs moto (tests/bucket)"]
async fn many_machines_answer_as_one() {
    let (bucket, folder) = (Bucket::start(), TempDir::new().unwrap());
    let (data, here, there) = node(folder.path(), &bucket).await;
    let machines = Machines::start(folder.path(), &bucket);
    let grid = machines.grid();
    let there = there.with_grid(grid.clone());
    let mut n_asked = 0;
    for sight in sights() {
        for sql in STATEMENTS {
            let expected = ask(&here, sql, &sight).await;
            assert_eq!(ask(&there, sql, &sight).await, expected, "{sql}");
            n_asked += 1;
            assert_eq!(grid.n_answered(), n_asked, "the grid has answered: {sql}");
        }
    }
    through_settings(&data, &bucket, machines);
}

/// The command line goes where the settings say, and answers also when nobody is there.
fn through_settings(data: &Path, bucket: &Bucket, machines: Machines) {
    let scheduler = machines.scheduler;
    let settings = format!(
        "segments = \"{ADDRESS}\"\n[grid]\nscheduler = \"{scheduler}\"\nevents_min = 1000\n"
    );
    std::fs::write(data.join("sakimori.toml"), settings).unwrap();
    let search = || {
        let mut command = sakimori();
        command.args(["search", STATEMENTS[1], "--format", "csv", "--data"]).arg(data);
        let output = command.envs(bucket.environment()).output().unwrap();
        (printed(&output), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (on_the_grid, said) = search();
    assert!(!said.contains("the grid gave no answer"), "{said}");
    assert_eq!(on_the_grid.lines().count(), 4, "{said}");
    drop(machines);
    let (alone, said) = search();
    assert_eq!(alone, on_the_grid);
    assert!(said.contains("the grid gave no answer"), "{said}");
}

/// The key and certificate of a machine, made by a node.
fn member(data: &Path, name: &str) -> PathBuf {
    let out = data.with_file_name(format!("member-{name}"));
    let (out_text, data) = (out.display().to_string(), data.display().to_string());
    let output = run(&["grid", "certificate", name, "--out", &out_text, "--data", &data]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    out
}

fn tunnel(member: &Path, ways: impl Iterator<Item = [String; 2]>) -> Peer {
    let mut command = sakimori();
    command.args(["grid", "tunnel", "--member"]).arg(member).args(ways.flatten());
    Peer::start(command.stderr(Stdio::inherit()))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs moto (tests/bucket)"]
async fn machines_that_are_joined_by_tunnels_answer_as_one_and_strangers_hear_nothing() {
    // Processes listen on the first address and are gone to on the second; between the two there is only TLS, on the third.
    let at =
        Addresses { listen: Ipv4Addr::new(127, 0, 0, 2), seen_at: Ipv4Addr::new(127, 0, 0, 3) };
    let network = Ipv4Addr::new(127, 0, 0, 4);
    let (bucket, folder, ports) = (Bucket::start(), TempDir::new().unwrap(), Ports::free());
    let office = folder.path().join("office");
    House::start(&office).stop();
    let way = |flag: &str, from: Ipv4Addr, to: Ipv4Addr, port: u16| {
        [flag.to_owned(), format!("{from}:{port}={to}:{port}")]
    };
    let all = ports.all();
    let _machines = tunnel(
        &member(&office, "machines"),
        all.iter().map(|port| way("--in", network, at.listen, *port)),
    );
    let _others = tunnel(
        &member(&office, "others"),
        all.iter().map(|port| way("--out", at.seen_at, network, *port)),
    );
    for port in &all {
        wait_for_port(SocketAddr::from((at.seen_at, *port)));
        wait_for_port(SocketAddr::from((network, *port)));
    }
    let machines = Machines::start_at(folder.path(), &bucket, &ports, at);
    let (_, here, there) = node(folder.path(), &bucket).await;
    let grid = machines.grid();
    let there = there.with_grid(grid.clone());
    for (n, sql) in (1..).zip(STATEMENTS) {
        let expected = ask(&here, sql, &Sight::Full).await;
        assert_eq!(ask(&there, sql, &Sight::Full).await, expected, "{sql}");
        assert_eq!(grid.n_answered(), n, "the grid has answered: {sql}");
    }
    for port in &all {
        assert_eq!(heard_without_tls(SocketAddr::from((network, *port))), None);
        assert!(heard_without_tls(SocketAddr::from((at.listen, *port))).is_some());
    }
    let stranger = folder.path().join("stranger");
    House::start(&stranger).stop();
    let elsewhere = Ipv4Addr::new(127, 0, 0, 5);
    let ways = [way("--out", elsewhere, network, ports.scheduler)];
    let _stranger = tunnel(&member(&stranger, "stranger"), ways.into_iter());
    let door = SocketAddr::from((elsewhere, ports.scheduler));
    wait_for_port(door);
    assert_eq!(heard_without_tls(door), None, "a certificate of another node opens nothing");
}

/// The type of the first HTTP/2 frame that a server answers a greeting with; `None` when it speaks something else or nothing.
fn heard_without_tls(address: SocketAddr) -> Option<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .and_then(|()| stream.write_all(&settings))
        .ok()?;
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).ok()?;
    (frame[3] == 4).then_some(frame[3])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_log_is_searched_by_the_node_itself() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("lake");
    let store = sakimori_lake::open_store(dir.to_str().unwrap(), &[]).unwrap();
    let log = lake(&dir, store).await;
    log.append(&events(0, 100)).await.unwrap();
    log.seal().await.unwrap();
    // Unsealed events do not count: they travel with a search.
    log.append(&events(100, 150)).await.unwrap();
    let scheduler = TcpListener::bind("127.0.0.1:0").unwrap();
    scheduler.set_nonblocking(true).unwrap();
    let address = scheduler.local_addr().unwrap();
    let query =
        |events_min| Query::new(log.reader()).unwrap().with_grid(Grid::new(address, events_min));
    let expected = ask(&Query::new(log.reader()).unwrap(), STATEMENTS[0], &Sight::Full).await;
    assert_eq!(ask(&query(101), STATEMENTS[0], &Sight::Full).await, expected);
    assert!(scheduler.accept().is_err(), "nobody asked the scheduler");
    let asked = tokio::task::spawn_blocking(move || {
        wait_for("the scheduler is asked", || scheduler.accept().is_ok());
    });
    assert_eq!(ask(&query(100), STATEMENTS[0], &Sight::Full).await, expected);
    asked.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs moto (tests/bucket)"]
async fn an_executor_that_dies_takes_no_answer_with_it() {
    let (bucket, folder) = (Bucket::start(), TempDir::new().unwrap());
    let log = lake(&folder.path().join("lake"), bucket.open()).await;
    for portion in 0..8 {
        log.append(&events(portion * 500, portion * 500 + 500)).await.unwrap();
        log.seal().await.unwrap();
    }
    let expected = ask(&Query::new(log.reader()).unwrap(), SLOW, &Sight::Full).await;
    let mut machines = Machines::start(folder.path(), &bucket);
    let grid = machines.grid();
    let there = Query::new(log.reader()).unwrap().with_grid(grid.clone());
    let started = Instant::now();
    let search = tokio::spawn(async move { ask(&there, SLOW, &Sight::Full).await });
    machines.kill_one_at_work();
    assert!(!search.is_finished(), "it dies in the middle of a search");
    let killed_after = started.elapsed();
    let answer = search.await.unwrap();
    let took = started.elapsed();
    assert_eq!(answer, expected);
    assert!(took < ANSWERED_WITHIN, "{took:?}");
    assert_eq!(grid.n_answered(), 1, "the other executor did the work");
    println!("killed after {killed_after:?}, answered after {took:?}");
}

#[test]
fn ports_that_other_machines_reach_are_refused() {
    let work = TempDir::new().unwrap();
    let work = work.path().display().to_string();
    let scheduler: &[&str] = &["grid", "scheduler", "--listen", "0.0.0.0:0"];
    let segments = ["--segments", &work, "--work", &work];
    let executor: Vec<&str> =
        ["grid", "executor", "--listen", "192.0.2.1:50051"].into_iter().chain(segments).collect();
    for arguments in [scheduler, &executor] {
        let output = sakimori().args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("SK-QUERY-009"), "{said}");
    }
}
