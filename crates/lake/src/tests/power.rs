//! Power cuts: the machine forgets whatever was not synced, at any moment, and what was acknowledged is there once.
//!
//! Of what was appended since the last sync any part may have reached the disk, a file may be longer than its content, a cut
//! may be undone, the log file that was just sealed and removed may be back, half-made files may lie about.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use super::*;
use crate::wal::{LogFile, RealDisk};

/// How many machines lose power, each twice.
const MACHINES: u64 = 50;

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// A machine whose power goes out after a number of operations on its log files.
#[derive(Clone)]
struct Machine(Arc<Mutex<State>>);

struct State {
    dice: Dice,
    operations_left: u64,
    /// What each open log file is sure to hold.
    synced: BTreeMap<PathBuf, Vec<u8>>,
    /// Log files that were removed since the folder was last synced.
    removed: BTreeMap<PathBuf, Vec<u8>>,
    /// Whether it says that it has synced and has not.
    lies: bool,
}

impl Machine {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let operations_left = 1 + dice.below(60);
        let (synced, removed) = (BTreeMap::new(), BTreeMap::new());
        Self(Arc::new(Mutex::new(State { dice, operations_left, synced, removed, lies: false })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn below(&self, limit: u64) -> u64 {
        self.state().dice.below(limit)
    }

    fn is_on(&self) -> bool {
        self.state().operations_left > 0
    }

    /// Seals; the folder forgets the removed log files only at its next sync.
    async fn seal(&self, lake: &Lake, wal: &Path) {
        let before: Vec<_> = files_under(wal);
        let before = before.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap()));
        let before: BTreeMap<_, _> = before.collect();
        lake.seal().await.unwrap();
        let gone = before.into_iter().filter(|(path, _)| !path.try_exists().unwrap());
        self.state().removed.extend(gone);
    }

    /// Leaves on the disk what a power cut may leave there.
    fn cut_power(&self) {
        let mut state = self.state();
        let State { dice, synced, removed, .. } = &mut *state;
        for (path, durable) in synced {
            if let Ok(written) = std::fs::read(path) {
                std::fs::write(path, survivors(durable, &written, dice)).unwrap();
            }
        }
        for (path, bytes) in removed {
            if dice.below(2) == 0 {
                std::fs::write(path, bytes).unwrap();
            }
        }
    }
}

/// What is found of a file that durably held `durable` and was `written` since: any part of what was appended, perhaps with
/// zeros up to its full length. Never data behind a hole: the file systems a node stands on (ext4, XFS, btrfs) make a file
/// longer only once what they say it holds is there.
fn survivors(durable: &[u8], written: &[u8], dice: &mut Dice) -> Vec<u8> {
    let Some(appended) = written.strip_prefix(durable) else {
        // It was shortened since.
        return if dice.below(2) == 0 { durable.to_vec() } else { written.to_vec() };
    };
    let kept = usize::try_from(dice.below(appended.len() as u64 + 1)).unwrap();
    let mut found = [durable, &appended[..kept]].concat();
    if dice.below(3) == 0 {
        found.resize(written.len(), 0);
    }
    found
}

impl State {
    /// Counts an operation; an error once the power is out. The last one may be done half.
    fn operate(&mut self) -> io::Result<()> {
        self.operations_left = self.operations_left.saturating_sub(1);
        if self.operations_left == 0 { Err(io::Error::other("no power")) } else { Ok(()) }
    }
}

impl Disk for Machine {
    fn create(&self, path: &Path, head: &[u8]) -> io::Result<Box<dyn LogFile>> {
        let mut state = self.state();
        if let Err(error) = state.operate() {
            // It is there with its whole head or not at all; what it is made from may be left.
            match state.dice.below(3) {
                0 => drop(RealDisk.create(path, head)?),
                1 => std::fs::write(path.with_extension("wal.tmp"), &head[..head.len() / 2])?,
                _ => {}
            }
            return Err(error);
        }
        let file = RealDisk.create(path, head)?;
        // Creating syncs the folder, and with it what was removed from it before.
        state.removed.clear();
        state.synced.insert(path.to_path_buf(), head.to_vec());
        let file = Mutex::new(file);
        Ok(Box::new(OpenFile { machine: self.clone(), path: path.to_path_buf(), file }))
    }
}

struct OpenFile {
    machine: Machine,
    path: PathBuf,
    file: Mutex<Box<dyn LogFile>>,
}

impl LogFile for OpenFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.machine.state();
        let operated = state.operate();
        let part = match operated {
            Ok(()) => bytes.len(),
            Err(_) => usize::try_from(state.dice.below(bytes.len() as u64 + 1)).unwrap(),
        };
        self.file.get_mut().unwrap().append(&bytes[..part])?;
        operated
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.machine.state();
        let operated = state.operate();
        // Power that goes out during a sync leaves it done or not.
        let is_done = operated.is_ok() || state.dice.below(2) == 0;
        if is_done && !state.lies {
            state.synced.insert(self.path.clone(), std::fs::read(&self.path)?);
        }
        operated
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.machine.state().operate()?;
        self.file.get_mut().unwrap().cut(length)
    }

    fn is_in_place(&self) -> io::Result<bool> {
        self.file.lock().unwrap().is_in_place()
    }
}

/// A store with small log files. Its disk is simulated, so it may as well lie in memory, where a sync costs nothing.
fn fixture() -> Fixture {
    let memory = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
    Fixture { folder: memory, seal_after_bytes: 6_000, ..Fixture::new() }
}

/// Runs one machine until its power goes out; what it has acknowledged.
async fn run_until_the_power_goes_out(
    fixture: &Fixture,
    machine: &Machine,
    before: Vec<Stored>,
) -> Vec<Stored> {
    let wal = fixture.dir().join("wal");
    let lake = fixture.open_on(Box::new(machine.clone())).await;
    let mut acknowledged = before;
    while machine.is_on() {
        if machine.below(6) == 0 {
            machine.seal(&lake, &wal).await;
            continue;
        }
        let n = lake.status().await.unwrap().last_seq;
        let count = 1 + machine.below(12);
        acknowledged.extend(lake.append(&events(n..n + count)).await.unwrap_or_default());
    }
    drop(lake);
    machine.cut_power();
    acknowledged
}

/// Checks a store after a power cut: what was acknowledged is there once, under its number, and everything is proved.
async fn check(fixture: &Fixture, acknowledged: &[Stored], seed: u64) -> Vec<Stored> {
    let lake = fixture.open().await;
    assert!(!lake.recovery().may_have_lost(), "seed {seed}: {:?}", lake.recovery());
    drop(lake);
    let kept: Vec<_> = read_all(&fixture.reader()).await;
    let kept: Vec<_> =
        kept.iter().map(|event| Stored { seq: event.seq, leaf: event.leaf }).collect();
    assert!(kept.windows(2).all(|pair| pair[0].seq < pair[1].seq), "seed {seed}: twice");
    let missing: Vec<_> = acknowledged.iter().filter(|stored| !kept.contains(stored)).collect();
    assert!(missing.is_empty(), "seed {seed}: acknowledged and gone: {missing:?}");
    let report = fixture.verify().await;
    assert_eq!(report.problems, [], "seed {seed}");
    kept
}

#[tokio::test]
async fn a_power_cut_at_any_moment_loses_nothing_acknowledged_and_doubles_nothing() {
    for seed in 0..MACHINES {
        let fixture = fixture();
        let mut acknowledged = Vec::new();
        // The second cut meets a store that has recovered from the first.
        for cut in 0..2 {
            let machine = Machine::new(seed * 2 + cut);
            let told = run_until_the_power_goes_out(&fixture, &machine, acknowledged).await;
            acknowledged = check(&fixture, &told, seed * 2 + cut).await;
        }
    }
}

#[tokio::test]
async fn a_disk_that_only_says_it_has_synced_is_found_out_by_the_same_machine() {
    // The test can tell good from bad: with every sync a lie, acknowledged events are gone after some of the cuts.
    let mut n_lost = 0;
    for seed in 0..20 {
        let fixture = fixture();
        let machine = Machine::new(seed);
        machine.state().lies = true;
        let told = run_until_the_power_goes_out(&fixture, &machine, Vec::new()).await;
        drop(fixture.open().await);
        n_lost += usize::from(read_all(&fixture.reader()).await.len() < told.len());
    }
    assert!(n_lost > 5, "{n_lost}");
}
