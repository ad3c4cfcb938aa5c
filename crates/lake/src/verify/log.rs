//! Checking the log: what was acknowledged and is not sealed yet.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{Problem, VerifyReport};
use crate::LakeError;
use crate::leaf::leaf_digest;
use crate::reader::StoredEvent;
use crate::wal::{Resume, WalFile, scan_from, wal_files, wal_folder};

/// What the log holds.
#[derive(Default)]
pub(super) struct Log {
    /// Its files, oldest first.
    files: Vec<LogFile>,
    /// The first sequence numbers that the files' names have.
    first_seqs: BTreeSet<u64>,
    /// Their size.
    pub(super) bytes: u64,
    /// Files that are there and cannot be read, and why.
    unreadable: Vec<(String, String)>,
}

impl Log {
    /// Whether there is no log file.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.unreadable.is_empty()
    }

    /// Whether a file of it begins with that number or holds its event.
    pub(super) fn holds(&self, seq: u64) -> bool {
        let in_file = |file: &LogFile| file.events.binary_search_by_key(&seq, |(own, _)| *own).is_ok();
        self.first_seqs.contains(&seq) || self.files.iter().any(in_file)
    }

    /// The highest sequence number in it; 0 when it holds no event.
    pub(super) fn last_seq(&self) -> u64 {
        let seqs = self.files.iter().flat_map(|file| file.events.iter().map(|(seq, _)| *seq));
        seqs.max().unwrap_or_default()
    }
}

struct LogFile {
    name: String,
    bytes: u64,
    /// Sequence number and, when its leaf does not fit, source of each event.
    events: Vec<(u64, Option<String>)>,
    /// Offset and size of what cannot be read.
    damage: Vec<(u64, u64)>,
    committed: u64,
}

/// Reads all log files; with the secret, their frames are found without believing what the files say of themselves.
pub(super) fn read(dir: &Path, secret: Option<&[u8; 32]>) -> Result<Log, LakeError> {
    let mut log = Log::default();
    for file in wal_files(&wal_folder(dir))? {
        let bytes = match fs::read(&file.path) {
            Ok(bytes) => bytes,
            // Sealed since it was listed: the catalogue will have it.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                log.unreadable.push((file.name(), error.to_string()));
                continue;
            }
        };
        let read = read_file(&file, &bytes, secret);
        log.bytes += read.bytes;
        log.first_seqs.insert(file.first_seq);
        log.files.push(read);
    }
    Ok(log)
}

fn read_file(file: &WalFile, bytes: &[u8], secret: Option<&[u8; 32]>) -> LogFile {
    let resume = secret.map(|secret| Resume::with_secret(secret, file.first_seq));
    let scan = scan_from(bytes, &mut resume.unwrap_or_default());
    let damage = scan.damage.iter();
    LogFile {
        name: file.name(),
        bytes: bytes.len() as u64,
        events: scan.events.iter().map(|stored| (stored.seq, changed_source(stored))).collect(),
        damage: damage.map(|damage| (damage.offset as u64, damage.bytes as u64)).collect(),
        committed: scan.committed as u64,
    }
}

fn changed_source(stored: &StoredEvent) -> Option<String> {
    let event = &stored.event;
    let leaf = leaf_digest(stored.seq, &event.source, event.received_at, &event.raw);
    (leaf != stored.leaf).then(|| event.source.clone())
}

/// Reports what differs in the log from what must follow the last sealed event.
pub(super) fn check(log: &Log, last_sealed: u64, report: &mut VerifyReport) {
    for (file, reason) in log.unreadable.iter().cloned() {
        report.problems.push(Problem::LogUnreadable { file, reason });
    }
    let mut expected = last_sealed.saturating_add(1);
    let last_file = log.files.len().saturating_sub(1);
    for (n, file) in log.files.iter().enumerate() {
        if file.events.last().is_some_and(|(seq, _)| *seq <= last_sealed) {
            continue;
        }
        report.bytes += file.bytes;
        check_bytes(file, n == last_file, report);
        for (seq, changed) in file.events.iter().filter(|(seq, _)| *seq > last_sealed) {
            let name = || file.name.clone();
            if *seq > expected {
                let (first_seq, last_seq) = (expected, seq - 1);
                report.problems.push(Problem::EventsLost { first_seq, last_seq, file: name() });
            }
            if let Some(source) = changed.clone() {
                report.problems.push(Problem::EventChanged { seq: *seq, source, file: name() });
            }
            expected = seq.saturating_add(1);
            report.hot_events += 1;
        }
    }
}

fn check_bytes(file: &LogFile, is_last: bool, report: &mut VerifyReport) {
    let damaged = |&(offset, bytes): &(u64, u64)| Problem::LogDamaged {
        file: file.name.clone(),
        offset,
        bytes,
    };
    report.problems.extend(file.damage.iter().map(damaged));
    let tail = file.bytes - file.committed;
    if tail == 0 {
        return;
    }
    if is_last {
        report.remarks.push(Problem::LogUnfinished { file: file.name.clone(), bytes: tail });
    } else {
        report.problems.push(damaged(&(file.committed, tail)));
    }
}
