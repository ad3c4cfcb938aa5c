//! `kill -9` of a real writing process: what it was told is kept, is kept.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::*;

const FOLDER: &str = "SAKIMORI_LAKE_KILL_TEST";

/// Where its catalogue is.
const CATALOGUE: &str = "SAKIMORI_TEST_CATALOGUE";

/// Not a test by itself: the process that is killed. Prints every acknowledged sequence number.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the test below as its parent"]
async fn a_writer_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let fixture = Fixture { seal_after_bytes: 40_000, ..Fixture::new() };
    let settings = LakeSettings {
        dir: Path::new(&folder).join("lake"),
        catalogue: open_catalogue(
            &Path::new(&folder).join("lake"),
            &std::env::var(CATALOGUE).unwrap_or_default(),
        )
        .unwrap(),
        segments: open_store(&format!("{folder}/store"), &[]).unwrap(),
        ..fixture.settings()
    };
    let lake = Lake::open(settings, fixture.clock.clone()).await.unwrap();
    let mut next = lake.status().await.unwrap().last_seq;
    loop {
        let stored = lake.append(&events(next..next + 7)).await.unwrap();
        next = stored.last().unwrap().seq;
        println!("acknowledged {next}");
        lake.tick().await.unwrap();
    }
}

/// Runs the writer for a while, kills it and returns the last number it printed.
fn run_and_kill(fixture: &Fixture, run_for: Duration) -> u64 {
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "tests::kill::a_writer_until_it_is_killed"])
        .env(FOLDER, fixture.folder.path())
        .env(CATALOGUE, &fixture.catalogue)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(writer.stdout.take().unwrap());
    let lines = std::thread::spawn(move || {
        let numbers = output.lines().map_while(Result::ok).filter_map(|line| {
            // libtest may put its own words before the first line.
            line.split("acknowledged ").nth(1)?.trim().parse().ok()
        });
        numbers.last()
    });
    std::thread::sleep(run_for);
    writer.kill().unwrap();
    writer.wait().unwrap();
    lines.join().unwrap().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_the_writer_loses_no_acknowledged_event() {
    kill_the_writer(&Fixture::new()).await;
}

/// Kills a writer at several moments and finds everything acknowledged each time.
pub(super) async fn kill_the_writer(fixture: &Fixture) {
    let mut last = 0;
    for run_for_ms in [400, 650, 500, 777] {
        let acknowledged = run_and_kill(fixture, Duration::from_millis(run_for_ms));
        let seqs: Vec<_> =
            read_all(&fixture.reader()).await.iter().map(|stored| stored.seq).collect();
        let n = seqs.len() as u64;
        assert_eq!(seqs, (1..=n).collect::<Vec<_>>());
        assert!(n >= acknowledged.max(last), "{n} kept, {acknowledged} acknowledged");
        last = n;
        drop(fixture.open().await);
        fixture.assert_proved().await;
    }
    assert!(last > 0, "the writer never wrote");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_store_can_be_opened_again_at_once_while_other_processes_are_being_started() {
    // Until its program begins, a started process holds copies of the files that are open here, the lock among them.
    let fixture = Fixture::new();
    let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let starters: Vec<_> = (0..4)
        .map(|_| {
            let done = Arc::clone(&done);
            std::thread::spawn(move || {
                while !done.load(Ordering::SeqCst) {
                    let mut started = Command::new(std::env::current_exe().unwrap());
                    started.arg("--help").stdout(Stdio::null()).stderr(Stdio::null());
                    started.status().unwrap();
                }
            })
        })
        .collect();
    let mut refused = Vec::new();
    for _ in 0..60 {
        let opened = Lake::open(fixture.settings(), fixture.clock.clone()).await;
        refused.extend(opened.err());
    }
    done.store(true, Ordering::SeqCst);
    starters.into_iter().for_each(|starter| starter.join().unwrap());
    assert!(refused.is_empty(), "{} of 60: {:?}", refused.len(), refused.first());
}
