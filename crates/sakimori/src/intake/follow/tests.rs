//! What a user can rely on when a file is followed: each of its lines once, through rotations, stops and kills.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;
use sakimori_testkit::SeededChance;
use sakimori_watch::sources::Context;
use sakimori_words::Instant;

use super::file::{Position, pass_over, read_batch};
use super::packed::Packs;

fn read(path: &Path, position: &Position) -> (Vec<String>, Position) {
    read_with(path, position, &mut Packs::default())
}

fn read_with(path: &Path, position: &Position, packs: &mut Packs) -> (Vec<String>, Position) {
    let context = Context { source: "follow/x".to_owned(), received_at: Instant::from_micros(0) };
    let (events, position) = read_batch(path, position, &context, packs).unwrap();
    (
        events.iter().map(|event| String::from_utf8_lossy(&event.raw).into_owned()).collect(),
        position,
    )
}

/// All lines behind `position`, and the position at their end.
fn read_all(path: &Path, mut position: Position) -> (Vec<String>, Position) {
    let (mut all, mut packs) = (Vec::new(), Packs::default());
    loop {
        let (lines, next) = read_with(path, &position, &mut packs);
        if next == position {
            return (all, position);
        }
        all.extend(lines);
        position = next;
    }
}

/// A folder whose files are written seconds apart, by a writer that rotates them.
struct Disk {
    path: PathBuf,
    at: Duration,
    n_lines: u64,
}

impl Disk {
    fn new(path: &Path) -> Self {
        let at = Duration::from_secs(1_795_132_800);
        Self { path: path.to_path_buf(), at, n_lines: 0 }
    }

    fn write(&mut self, text: &str) {
        self.add(&self.path.clone(), text);
    }

    fn write_to(&mut self, name: &str, text: &str) {
        self.add(&self.path.with_file_name(name), text);
    }

    fn add(&mut self, path: &Path, text: &str) {
        let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        self.touch(&file);
    }

    fn touch(&mut self, file: &File) {
        self.at += Duration::from_secs(3);
        file.set_modified(UNIX_EPOCH + self.at).unwrap();
    }

    /// Counted lines.
    fn grow(&mut self, n_lines: u64) {
        let lines: String =
            (self.n_lines..self.n_lines + n_lines).map(|n| format!("line {n}\n")).collect();
        self.n_lines += n_lines;
        self.write(&lines);
    }

    fn rename_to(&self, name: &str) {
        fs::rename(&self.path, self.path.with_file_name(name)).unwrap();
    }

    fn copy_and_empty(&mut self, name: &str) {
        let copy = self.path.with_file_name(name);
        fs::copy(&self.path, &copy).unwrap();
        self.touch(&OpenOptions::new().append(true).open(copy).unwrap());
        self.touch(&File::create(&self.path).unwrap());
    }

    /// As logrotate does: the older files move up by one.
    fn rotate(&mut self, copies: bool) {
        for n in (1..9).rev() {
            let [from, to] = [n, n + 1].map(|n| self.path.with_file_name(format!("app.log.{n}")));
            let packed = |path: &Path| PathBuf::from(format!("{}.gz", path.display()));
            let _ = fs::rename(packed(&from), packed(&to));
            let _ = fs::rename(from, to);
        }
        if copies { self.copy_and_empty("app.log.1") } else { self.rename_to("app.log.1") }
    }

    /// As logrotate and gzip do: the packed file keeps the time of the other one, which is removed then.
    fn pack(&self, n: u64) {
        let path = self.path.with_file_name(format!("app.log.{n}"));
        let Ok(bytes) = fs::read(&path) else { return };
        let written_at = fs::metadata(&path).unwrap().modified().unwrap();
        let file = File::create(path.with_file_name(format!("app.log.{n}.gz"))).unwrap();
        let mut gzip = GzEncoder::new(file, Compression::default());
        gzip.write_all(&bytes).unwrap();
        gzip.finish().unwrap().set_modified(written_at).unwrap();
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_growing_file_is_read_once_and_a_rotated_one_from_its_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    fs::write(&path, "one\r\ntwo\nthr").unwrap();
    let (lines, position) = read(&path, &Position::default());
    assert_eq!(lines, ["one", "two"]);
    fs::write(&path, "one\r\ntwo\nthree\n").unwrap();
    let (lines, position) = read(&path, &position);
    assert_eq!(lines, ["three"]);
    assert_eq!(read(&path, &position).0, Vec::<String>::new());
    fs::write(&path, "a longer first line after rotation\n").unwrap();
    assert_eq!(read(&path, &position).0, ["a longer first line after rotation"]);
}

#[test]
fn the_end_of_a_renamed_file_is_read_before_the_new_one_is_begun() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    fs::write(&path, "header\none\n").unwrap();
    let (_, position) = read(&path, &Position::default());
    fs::write(&path, "header\none\ntwo\nlast without an end").unwrap();
    fs::rename(&path, folder.path().join("app.log.1")).unwrap();
    fs::write(&path, "header\nnew\n").unwrap();
    let (lines, position) = read(&path, &position);
    assert_eq!(lines, ["two", "last without an end"]);
    let (lines, position) = read(&path, &position);
    assert_eq!(lines, ["header", "new"]);
    assert_eq!(read(&path, &position), (Vec::<String>::new(), position));
}

#[test]
fn a_file_replaced_by_one_that_begins_alike_is_read_from_its_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.csv");
    let header = format!("{}\n", "h".repeat(400));
    fs::write(&path, format!("{header}one\n")).unwrap();
    let (_, position) = read(&path, &Position::default());
    // copytruncate: the same file with other lines, already longer than what was read.
    fs::write(&path, format!("{header}four\nfive\n")).unwrap();
    assert_eq!(read(&path, &position).0[1..], ["four", "five"]);
}

#[test]
fn files_rotated_away_during_a_stop_are_read_in_their_order() {
    for names in [["app.log.2", "app.log.1"], ["app-20261120.log", "app-20261121.log"]] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.log");
        let mut disk = Disk::new(&path);
        disk.write("one\n");
        let (_, position) = read(&path, &Position::default());
        disk.write("two\n");
        disk.rename_to(names[0]);
        disk.write("three\nfour");
        disk.rename_to(names[1]);
        disk.write("five\n");
        // Other logs that begin alike, and one that was there before.
        disk.write_to("app-audit.log", "not ours\n");
        disk.write_to("app.log.1.gz", "");
        assert_eq!(read_all(&path, position).0, ["two", "three", "four", "five"], "{names:?}");
    }
}

#[test]
fn a_file_that_is_gone_does_not_take_those_after_it_along() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let mut disk = Disk::new(&path);
    disk.write_to("app.log.3", "long ago\n");
    disk.write("one\n");
    let (_, position) = read(&path, &Position::default());
    fs::remove_file(&path).unwrap();
    disk.write("two\n");
    disk.rename_to("app.log.1");
    assert_eq!(read_all(&path, position.clone()).0, ["two"]);
    disk.write("three\n");
    assert_eq!(read_all(&path, position).0, ["two", "three"]);
}

#[test]
fn a_file_that_is_copied_and_emptied_is_read_on_in_its_copy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let mut disk = Disk::new(&path);
    disk.write("header\n");
    disk.copy_and_empty("app.log.3");
    disk.write("header\none\n");
    let (_, position) = read_all(&path, Position::default());
    disk.write("two\n");
    disk.copy_and_empty("app.log.2");
    disk.write("header\nthree\n");
    disk.copy_and_empty("app.log.1");
    disk.write("four\n");
    assert_eq!(read_all(&path, position).0, ["two", "header", "three", "four"]);
}

#[test]
fn a_position_kept_by_an_earlier_version_goes_on_in_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let mut disk = Disk::new(&path);
    disk.write_to("app.log.1", "read long ago\n");
    disk.write("one\n");
    let (_, position) = read(&path, &Position::default());
    let mut kept = serde_json::to_value(&position).unwrap();
    for new in ["written_at", "before", "kept_up_to"] {
        kept.as_object_mut().unwrap().remove(new);
    }
    let position: Position = serde_json::from_value(kept).unwrap();
    fs::rename(folder.path().join("app.log.1"), folder.path().join("app.log.2")).unwrap();
    disk.write("two\n");
    disk.rename_to("app.log.1");
    disk.write("three\n");
    assert_eq!(read_all(&path, position).0, ["two", "three"]);
}

#[test]
fn lines_that_the_log_holds_already_are_passed_over_whatever_their_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let mut disk = Disk::new(&path);
    let long = "x".repeat((1 << 20) + 5);
    disk.write("");
    let (_, begun) = read(&path, &Position::default());
    disk.write(&format!("one\r\n\n{long}\nhalf"));
    disk.rename_to("app.log.1");
    disk.write("new\n");
    let (lines, _) = read_all(&path, begun.clone());
    assert_eq!(lines.len(), 6);
    for n in 0..=lines.len() {
        let kept: Vec<&[u8]> = lines[..n].iter().map(String::as_bytes).collect();
        let passed = pass_over(&path, &begun, &kept, &mut Packs::default()).unwrap();
        assert_eq!(read_all(&path, passed).0, lines[n..], "{n}");
    }
}

#[test]
fn what_was_packed_during_a_stop_is_read_on_where_reading_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let mut disk = Disk::new(&path);
    disk.grow(2_000);
    let (lines, position) = read(&path, &Position::default());
    assert_eq!(lines.len(), 1_000);
    // Longer than what is unpacked at once, and what is kept of it.
    disk.grow(40_000);
    for _ in 0..3 {
        disk.rotate(false);
        disk.pack(2);
        disk.grow(1_500);
    }
    assert!(disk.path.with_file_name("app.log.3.gz").is_file());
    let (lines, position) = read_all(&path, position);
    let written: Vec<String> = (1_000..disk.n_lines).map(|n| format!("line {n}")).collect();
    assert_eq!(lines, written);
    disk.rotate(false);
    disk.pack(1);
    assert_eq!(read_all(&path, position.clone()).0, Vec::<String>::new());
    disk.write("new\n");
    assert_eq!(read_all(&path, position).0, ["new"]);
}

#[test]
fn a_log_that_repeats_one_line_is_read_whole_however_tightly_it_is_packed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let mut disk = Disk::new(&path);
    disk.grow(1);
    let (_, position) = read_all(&path, Position::default());
    let line = format!("{}\n", "-".repeat(2_000));
    disk.write(&line.repeat(5_000));
    disk.rotate(false);
    disk.pack(1);
    let packed_bytes = fs::metadata(folder.path().join("app.log.1.gz")).unwrap().len();
    assert!(packed_bytes * 200 < 5_000 * 2_000, "{packed_bytes}");
    disk.write("after\n");
    let (lines, _) = read_all(&path, position);
    assert_eq!((lines.len(), lines.last().map(String::as_str)), (5_001, Some("after")));
}

#[test]
#[ignore = "needs logrotate (cargo xtask setup-peers)"]
fn what_logrotate_packed_is_read_on_where_reading_ended() {
    for how in [
        "compress",
        "compress\n delaycompress",
        "compress\n copytruncate",
        "compress\n dateext\n dateformat -%s",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.log");
        let configuration = folder.path().join("logrotate.conf");
        let text = format!("{} {{\n rotate 9\n {how}\n}}\n", path.display());
        fs::write(&configuration, text).unwrap();
        let rotate = || {
            let mut command = Command::new("/usr/sbin/logrotate");
            command.arg("--force").arg("--state").arg(folder.path().join("state"));
            assert!(command.arg(&configuration).status().unwrap().success());
        };
        let write = |numbers: std::ops::Range<u32>| {
            let lines: String = numbers.map(|n| format!("line {n}\n")).collect();
            let mut file = OpenOptions::new().append(true).create(true).open(&path).unwrap();
            file.write_all(lines.as_bytes()).unwrap();
            // Names by date are told apart by the second.
            std::thread::sleep(Duration::from_millis(1_100));
        };
        write(0..2_000);
        let (mut all, position) = read_all(&path, Position::default());
        // While nobody reads.
        write(2_000..9_000);
        rotate();
        write(9_000..9_100);
        rotate();
        write(9_100..9_300);
        rotate();
        write(9_300..9_301);
        let (lines, position) = read_all(&path, position);
        all.extend(lines);
        // While somebody does.
        rotate();
        let (lines, position) = read_all(&path, position);
        all.extend(lines);
        write(9_301..9_310);
        let (lines, position) = read_all(&path, position);
        all.extend(lines);
        rotate();
        all.extend(read_all(&path, position).0);
        let written: Vec<String> = (0..9_310).map(|n| format!("line {n}")).collect();
        assert_eq!(all, written, "{how}");
    }
}

#[test]
fn a_file_that_is_just_being_packed_is_read_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let mut disk = Disk::new(&path);
    disk.grow(10);
    let (_, position) = read(&path, &Position::default());
    disk.grow(2);
    disk.rename_to("app.log.1");
    disk.write_to("app.log.1.gz", "\x1f\u{8b}");
    disk.write("new\n");
    assert_eq!(read_all(&path, position).0, ["line 10", "line 11", "new"]);
}

#[test]
fn a_packed_file_that_is_damaged_is_read_as_far_as_it_goes_and_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let mut disk = Disk::new(&path);
    disk.grow(10);
    let (_, mut position) = read(&path, &Position::default());
    disk.grow(5_000);
    disk.rotate(false);
    disk.pack(1);
    let packed = disk.path.with_file_name("app.log.1.gz");
    let whole = fs::read(&packed).unwrap();
    fs::write(&packed, &whole[..whole.len() / 2]).unwrap();
    disk.touch(&OpenOptions::new().append(true).open(&packed).unwrap());
    disk.write("new\n");
    let (mut all, mut told, mut packs) = (Vec::new(), Vec::new(), Packs::default());
    for _ in 0..10 {
        let (lines, next) = read_with(&path, &position, &mut packs);
        told.extend(packs.damage());
        all.extend(lines);
        position = next;
    }
    assert_eq!((all[0].as_str(), told.len()), ("line 10", 1), "{told:?}");
    assert!((1_000..5_000).contains(&all.len()), "{}", all.len());
    assert_eq!(all.last().map(String::as_str), Some("new"));
}

#[test]
fn every_line_is_kept_once_and_in_order_whenever_the_follower_is_killed() {
    for seed in 0..100 {
        lives(seed);
    }
}

/// Many lives of a follower, each ended by a kill, while the file grows and is rotated.
fn lives(seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let chance = SeededChance::new(seed);
    let below = |limit: u64| chance.next() % limit;
    let mut disk = Disk::new(&folder.path().join("app.log"));
    // What is durable: the lines in the log, and the position with how many of them it knows of.
    let (mut log, mut kept) = (Vec::<String>::new(), (Position::default(), 0));
    disk.write("");
    (_, kept.0) = read(&disk.path, &kept.0);
    for _ in 0..30 {
        for _ in 0..below(4) {
            disk.grow(below(5));
            if below(3) == 0 {
                disk.rotate(seed.is_multiple_of(3));
            }
            if seed.is_multiple_of(2) {
                disk.pack(1 + below(3));
            }
        }
        let mut packs = Packs::default();
        let lines: Vec<&[u8]> = log[kept.1..].iter().map(String::as_bytes).collect();
        let mut position = pass_over(&disk.path, &kept.0, &lines, &mut packs).unwrap();
        kept = (position.clone(), log.len());
        for _ in 0..below(6) {
            disk.grow(below(3));
            if below(5) == 0 {
                disk.rotate(seed.is_multiple_of(3));
            }
            if seed.is_multiple_of(2) && below(3) == 0 {
                disk.pack(1 + below(3));
            }
            let (lines, next) = read_with(&disk.path, &position, &mut packs);
            // A batch may reach the log in parts, and the kill may come before or behind its position.
            let fate = below(8);
            let cut = usize::try_from(below(lines.len() as u64 + 1)).unwrap();
            let n_lines = if fate == 0 { cut } else { lines.len() };
            log.extend(lines.into_iter().take(n_lines));
            if fate < 2 {
                break;
            }
            position = next;
            kept = (position.clone(), log.len());
        }
    }
    let lines: Vec<&[u8]> = log[kept.1..].iter().map(String::as_bytes).collect();
    let position = pass_over(&disk.path, &kept.0, &lines, &mut Packs::default()).unwrap();
    log.extend(read_all(&disk.path, position).0);
    let written: Vec<String> = (0..disk.n_lines).map(|n| format!("line {n}")).collect();
    assert_eq!(log, written, "seed {seed}");
}
