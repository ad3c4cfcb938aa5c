//! A real process is killed with SIGKILL at many moments and goes on; and, as root, the same with a loop device.

#![expect(clippy::unwrap_used, reason = "a test falls over where it fails")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sakimori_evidence::{Evidence, Layout, Range};

/// After that much of the source a mark is made: often, so that a slow machine gets from one to the next between two kills.
const MARK_MIB: u64 = 8;

/// The example beside this test, which cargo has built with it.
fn take_image(source: &Path, folder: &Path, resume: bool) -> Command {
    let own = std::env::current_exe().unwrap();
    let built = own.parent().and_then(Path::parent).unwrap().join("examples").join("take_image");
    let mut command = Command::new(built);
    command.arg(source).arg(folder).arg(format!("mark={MARK_MIB}"));
    command.args(resume.then_some("resume")).stdout(Stdio::piped());
    command
}

/// Half noise, a quarter text, a quarter zeros.
fn make_disk(path: &Path, mib: usize) {
    let mut file = File::create(path).unwrap();
    let mut state = 1_u64;
    for number in 0..mib {
        let block: Vec<u8> = match number % 4 {
            0 => vec![0; 1 << 20],
            1 => b"2026-11-22T12:00:00+09:00 ek-02 sshd[4]: Accepted\n"
                .iter()
                .copied()
                .cycle()
                .take(1 << 20)
                .collect(),
            _ => (0..1 << 17)
                .flat_map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    state.to_le_bytes()
                })
                .collect(),
        };
        file.write_all(&block).unwrap();
    }
    file.sync_all().unwrap();
}

/// Bytes that the process has read, from files of every kind (`rchar` of proc(5)); nothing once it is gone.
fn read_by(child: &Child) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{}/io", child.id())).ok()?;
    text.lines().find_map(|line| line.strip_prefix("rchar: "))?.parse().ok()
}

/// Kills acquisitions of `source` at many moments until one ends; how many were killed and how much they read in all.
fn kill_until_done(source: &Path, folder: &Path, step_ms: u64) -> (u32, u64) {
    let (mut n_kills, mut read_bytes) = (0, 0);
    loop {
        let resume = folder.join("acquisition.json").is_file();
        if !resume && folder.is_dir() {
            fs::remove_dir_all(folder).unwrap();
        }
        let mut child = take_image(source, folder, resume).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(step_ms * u64::from(1 + n_kills)));
        let so_far = read_by(&child);
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        if output.status.success() || folder.join("manifest.json").is_file() {
            return (n_kills, read_bytes);
        }
        // Killed, and not ended by itself.
        assert_eq!(output.status.code(), None, "{}", String::from_utf8_lossy(&output.stdout));
        read_bytes += so_far.unwrap_or(0);
        n_kills += 1;
        assert!(n_kills < 200, "no progress");
    }
}

fn check(source: &Path, folder: &Path) {
    let evidence = Evidence::open(folder).unwrap();
    assert!(evidence.verify(&mut |_| {}).unwrap().is_sound());
    let sum = Command::new("sha256sum").arg(source).output().unwrap();
    assert!(String::from_utf8_lossy(&sum.stdout).starts_with(&evidence.manifest.sha256));
}

#[test]
fn a_process_that_is_killed_leaves_what_the_next_one_goes_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let (source, out) = (folder.path().join("disk"), folder.path().join("out"));
    make_disk(&source, 48);
    kill_until_done(&source, &out, 3);
    check(&source, &out);
}

/// Between a kill and the mark before it lie at most a mark's length, the buffers, and the two chunks that are compared.
fn most_bytes(size_bytes: u64, n_kills: u32) -> u64 {
    let chunk = u64::from(Layout::USUAL.chunk_bytes);
    size_bytes
        + u64::from(n_kills) * ((MARK_MIB << 20) + 20 * chunk)
        + 64 * 1024 * u64::from(n_kills + 1)
}

struct Loop(PathBuf);

impl Loop {
    fn over(file: &Path) -> Self {
        let output =
            Command::new("losetup").args(["--find", "--show", "--read-only"]).arg(file).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self(PathBuf::from(String::from_utf8(output.stdout).unwrap().trim()))
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = Command::new("losetup").arg("--detach").arg(&self.0).status();
    }
}

#[test]
#[ignore = "needs root and loop devices"]
fn a_loop_device_is_taken_through_kills_without_reading_again_what_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("disk"), folder.path().join("out"));
    let mib =
        std::env::var("SAKIMORI_LOOP_MIB").ok().and_then(|text| text.parse().ok()).unwrap_or(1024);
    make_disk(&file, mib);
    let device = Loop::over(&file);
    let (n_kills, read_bytes) = kill_until_done(&device.0, &out, 150);
    let size_bytes = mib as u64 * 1024 * 1024;
    println!("{n_kills} kills, read {read_bytes} of {size_bytes} bytes before the last run");
    assert!(
        n_kills > 0 && read_bytes <= most_bytes(size_bytes, n_kills),
        "{n_kills} kills: {read_bytes}"
    );
    check(&device.0, &out);
}

/// A loop device whose file was cut off reads as a disk with a broken end.
#[test]
#[ignore = "needs root and loop devices"]
fn a_device_that_cannot_be_read_in_places_is_taken_with_those_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("disk"), folder.path().join("out"));
    make_disk(&file, 64);
    let device = Loop::over(&file);
    let cut_at = (64_u64 << 20) - (256 << 10);
    File::options().write(true).open(&file).unwrap().set_len(cut_at).unwrap();
    // What the kernel has read before is not asked for again.
    let _ = Command::new("blockdev").arg("--flushbufs").arg(&device.0).status();
    let output = take_image(&device.0, &out, false).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let evidence = Evidence::open(&out).unwrap();
    let [Range { offset, length }] = evidence.manifest.bad_ranges[..] else { unreachable!() };
    // Through the page cache, some kernels fail a whole folio for one sector: up to 1 MiB more was seen.
    assert!(offset <= cut_at && offset + (1 << 20) > cut_at && offset + length == 64 << 20);
    assert!(evidence.verify(&mut |_| {}).unwrap().is_sound());
}
