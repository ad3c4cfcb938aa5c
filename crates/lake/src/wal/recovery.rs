//! What a restart finds: whole groups stay, a torn tail is cut off and kept aside, damage is told.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use sakimori_words::Lang;

use super::disk::{create_folder, replace_file};
use super::folder::{WalFile, place_aside, wal_files, wal_folder};
use super::scan::{Resume, scan_from};
use crate::LakeError;

/// Bytes that were no whole group. They never held an acknowledged event unless `lost_acknowledged` says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discarded {
    /// The file, relative to the log store's folder.
    pub file: String,
    /// Where the bytes began in it.
    pub offset: u64,
    /// How many they were.
    pub bytes: u64,
    /// Where they are kept for inspection.
    pub kept_at: PathBuf,
    /// The bytes were no unfinished write, so events that were acknowledged may have been in them.
    pub lost_acknowledged: bool,
}

impl Discarded {
    /// What a person is told.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let Self { file, offset, bytes, kept_at, lost_acknowledged } = self;
        let kept_at = kept_at.display();
        match (lang, lost_acknowledged) {
            (Lang::Ja, false) => format!(
                "{file}: 書きかけだった末尾の {bytes} バイトを切り離しました（受領前のものです。控え: {kept_at}）"
            ),
            (Lang::Ja, true) => format!(
                "{file}: {offset} バイト目から {bytes} バイトを読めません。受領したログが失われた可能性があります（控え: {kept_at}）"
            ),
            (Lang::En, false) => format!(
                "{file}: cut off {bytes} bytes of an unfinished write, never acknowledged (kept at {kept_at})"
            ),
            (Lang::En, true) => format!(
                "{file}: {bytes} bytes at {offset} cannot be read; acknowledged events may be lost (kept at {kept_at})"
            ),
        }
    }
}

/// What opening a log store found and put right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Bytes that were not readable.
    pub discarded: Vec<Discarded>,
    /// How many unsealed events were found again.
    pub recovered_events: u64,
    /// Log files that were already sealed when the last run ended and are removed now.
    pub already_sealed_files: u64,
}

impl Recovery {
    /// Whether the last run ended cleanly.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.discarded.is_empty()
    }

    /// Whether events that were acknowledged may be lost: somebody has to look at what was kept aside.
    #[must_use]
    pub fn may_have_lost(&self) -> bool {
        self.discarded.iter().any(|discarded| discarded.lost_acknowledged)
    }

    /// What a person is told, one sentence each; nothing when the last run ended cleanly.
    #[must_use]
    pub fn texts(&self, lang: Lang) -> Vec<String> {
        if self.is_clean() {
            return Vec::new();
        }
        let kept = match lang {
            Lang::Ja => format!("未整理のログ {} 件は無事です", self.recovered_events),
            Lang::En => format!("{} unsealed events were found again", self.recovered_events),
        };
        self.discarded.iter().map(|discarded| discarded.text(lang)).chain([kept]).collect()
    }
}

/// Puts the log files of a folder in order and returns what was found and the highest sequence number in them.
pub(crate) fn recover(
    dir: &Path,
    secret: &[u8; 32],
    last_sealed: u64,
) -> Result<(Recovery, u64), LakeError> {
    let folder = wal_folder(dir);
    create_folder(&folder).map_err(|error| LakeError::file("create", &folder, error))?;
    let mut recovery = Recovery::default();
    let mut last_seq = last_sealed;
    for file in wal_files(&folder)? {
        if let Some(last) = recover_file(dir, &file, secret, last_sealed, &mut recovery)? {
            last_seq = last_seq.max(last);
        }
    }
    Ok((recovery, last_seq))
}

/// Recovers one file; returns its last sequence number when it holds unsealed events.
fn recover_file(
    dir: &Path,
    file: &WalFile,
    secret: &[u8; 32],
    last_sealed: u64,
    recovery: &mut Recovery,
) -> Result<Option<u64>, LakeError> {
    let bytes = fs::read(&file.path).map_err(|error| LakeError::file("read", &file.path, error))?;
    let scan = scan_from(&bytes, &mut Resume::with_secret(secret, file.first_seq));
    let last = scan.events.last().map(|stored| stored.seq);
    if last.is_some_and(|last| last <= last_sealed) {
        recovery.already_sealed_files += 1;
        remove(&file.path)?;
        return Ok(None);
    }
    for damage in &scan.damage {
        let damaged = bytes.get(damage.offset..damage.offset + damage.bytes).unwrap_or_default();
        recovery.discarded.push(keep_aside(dir, file, damage.offset, damaged, true)?);
    }
    let tail = bytes.get(scan.committed..).unwrap_or_default();
    if !tail.is_empty() {
        recovery.discarded.push(keep_aside(dir, file, scan.committed, tail, false)?);
    }
    recovery.recovered_events += scan.events.len() as u64;
    match last {
        Some(_) if !tail.is_empty() => cut(&file.path, scan.committed as u64)?,
        Some(_) => {}
        None => remove(&file.path)?,
    }
    Ok(last)
}

/// Copies bytes that are about to go, or that could not be read, to the `discarded` folder.
fn keep_aside(
    dir: &Path,
    file: &WalFile,
    offset: usize,
    bytes: &[u8],
    lost_acknowledged: bool,
) -> Result<Discarded, LakeError> {
    let name = format!("{:020}.wal.{offset}", file.first_seq);
    let failed = |error| LakeError::file("set aside", &file.path, error);
    let kept_at = place_aside(dir, &name, bytes).map_err(failed)?;
    replace_file(&kept_at, &[bytes]).map_err(|error| LakeError::file("write", &kept_at, error))?;
    Ok(Discarded {
        file: file.name(),
        offset: offset as u64,
        bytes: bytes.len() as u64,
        kept_at,
        lost_acknowledged,
    })
}

fn cut(path: &Path, length: u64) -> Result<(), LakeError> {
    let shorten = || -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(length)?;
        file.sync_all()
    };
    shorten().map_err(|error| LakeError::file("shorten", path, error))
}

fn remove(path: &Path) -> Result<(), LakeError> {
    fs::remove_file(path).map_err(|error| LakeError::file("remove", path, error))
}
