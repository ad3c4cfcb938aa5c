//! Searches over many machines: a scheduler and two executors as processes of the real program, the log in a real bucket. Run
//! by `.ci/run` after `cargo xtask setup-peers`.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use sakimori_query::{Grid, Query, Sight};
use tempfile::TempDir;

use crate::bucket::{
    ADDRESS, Bucket, Peer, STATEMENTS, ask, events, fill, lake, sights, wait_for_port,
};
use crate::house::{free_port, printed, sakimori, wait_for};

/// Compares every two of a user's events: work for minutes, of which nothing can be skipped.
const SLOW: &str = "SELECT a.\"user\", count(*) AS n, max(b.seq - a.seq) AS far FROM events a JOIN events b \
     ON a.\"user\" = b.\"user\" AND a.seq < b.seq WHERE regexp_like(a.raw || b.raw, '記録 [0-9]*7: .*患者') \
     GROUP BY a.\"user\" ORDER BY a.\"user\"";

/// How soon an answer has to be there although a machine was lost.
const ANSWERED_WITHIN: Duration = Duration::from_secs(90);

/// One scheduler and its executors.
struct Machines {
    scheduler: SocketAddr,
    _scheduler: Peer,
    executors: Vec<(Peer, PathBuf)>,
}

impl Machines {
    fn start(folder: &Path, bucket: &Bucket) -> Self {
        let scheduler = free_port();
        let mut command = sakimori();
        command.args(["grid", "scheduler", "--listen", &scheduler.to_string()]);
        let process = Peer::start(command.stderr(Stdio::inherit()));
        wait_for_port(scheduler);
        let executors =
            (1..=2).map(|n| executor(&folder.join(format!("work-{n}")), scheduler, bucket));
        Self { scheduler, _scheduler: process, executors: executors.collect() }
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

fn executor(work: &Path, scheduler: SocketAddr, bucket: &Bucket) -> (Peer, PathBuf) {
    let listen = two_free_ports();
    let mut command = sakimori();
    command
        .args(["grid", "executor", "--scheduler", &scheduler.to_string()])
        .args(["--listen", &listen.to_string(), "--segments", ADDRESS, "--work"])
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
