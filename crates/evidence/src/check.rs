//! `verify`: everything is read again and compared with the manifest; all damage is named, not only the first.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde::Deserialize;
use sha2::Digest as _;

use crate::container::{LIST, data_name};
use crate::digests::{Tree, hex};
use crate::error::ReadError;
use crate::manifest::Range;
use crate::pack::{Progress, file_sha256};
use crate::unpack::{Damage, Evidence, Fault, note};

/// Longest line of a list that is read, in bytes.
const LINE_BYTES_MAX: u64 = 1024 * 1024;
/// Names of damaged files that are kept; the rest is counted.
const NAMES_MAX: usize = 100;

/// What `verify` found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// SHA-256 of the manifest's file.
    pub manifest_sha256: String,
    /// Bytes of the stream.
    pub size_bytes: u64,
    /// Damaged parts in order.
    pub damage: Vec<Damage>,
    /// What else does not fit.
    pub misfits: Vec<Misfit>,
    /// Files in the stream that are not as listed: the first of them by name.
    pub files: Vec<String>,
    /// How many such files there are.
    pub n_files: u64,
    /// Files of the list that were compared.
    pub n_files_compared: u64,
}

/// Something that does not fit as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// The index is not the one of the manifest.
    Index,
    /// The number of chunks does not fit the length.
    Chunks,
    /// SHA-256 of the whole stream.
    Sha256,
    /// BLAKE3 of the whole stream.
    Blake3,
    /// The list of files is missing or not the one of the manifest.
    List,
    /// The data files do not have the length that the manifest names.
    DataFiles,
}

impl Verified {
    /// Whether everything is as it was taken.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.damage.is_empty() && self.misfits.is_empty() && self.n_files == 0
    }
}

impl Evidence {
    /// Reads everything again and compares it.
    ///
    /// # Errors
    /// When a thread of this process ends; damage stands in the result.
    pub fn verify(&self, tell: &mut dyn FnMut(Progress)) -> Result<Verified, ReadError> {
        let mut whole = Whole::default();
        let mut files = FileCheck::open(&self.folder.join(LIST), self.manifest.list.is_some());
        let mut found = Verified {
            manifest_sha256: self.manifest_sha256.clone(),
            size_bytes: self.manifest.size_bytes,
            ..Verified::default()
        };
        let mut bad_bytes = 0;
        self.each_chunk(&mut |range, result| {
            match result {
                Ok(unpacked) => {
                    whole.sha256.update(&unpacked.bytes);
                    whole.tree.push(&unpacked.digest);
                    files.take(range, Some(&unpacked.bytes));
                }
                Err(fault) => {
                    files.take(range, None);
                    bad_bytes += range.length;
                    note(&mut found.damage, range, fault);
                }
            }
            tell(Progress { done_bytes: range.offset + range.length, bad_bytes });
            Ok(())
        })?;
        if let Some(range) = self.missing_end() {
            files.take(range, None);
            note(&mut found.damage, range, Fault::Record);
        }
        self.compare_whole(whole, &mut found);
        files.end(&mut found);
        Ok(found)
    }

    fn compare_whole(&self, whole: Whole, found: &mut Verified) {
        let manifest = &self.manifest;
        let list_is_the_one = manifest.list.as_ref().is_none_or(|list| {
            file_sha256(&self.folder.join(LIST)).is_ok_and(|sha256| sha256 == list.sha256)
        });
        let checks = [
            (Misfit::Index, self.index_is_the_one),
            (Misfit::Chunks, manifest.chunks.count == self.n_chunks()),
            (Misfit::Sha256, hex(&whole.sha256.finalize()) == manifest.sha256),
            (Misfit::Blake3, hex(&whole.tree.root()) == manifest.blake3),
            (Misfit::List, list_is_the_one),
            (Misfit::DataFiles, self.stored_bytes() == manifest.chunks.stored_bytes),
        ];
        found.misfits =
            checks.into_iter().filter(|(_, fits)| !fits).map(|(misfit, _)| misfit).collect();
    }

    fn stored_bytes(&self) -> u64 {
        let names = (0..=u16::MAX).map(|number| self.folder.join(data_name(number)));
        names.map_while(|path| path.metadata().ok()).map(|metadata| metadata.len()).sum()
    }
}

#[derive(Default)]
struct Whole {
    sha256: sha2::Sha256,
    tree: Tree,
}

/// A line of the list, as far as checking needs it.
#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    path: String,
    #[serde(default)]
    offset: Option<u64>,
    #[serde(default)]
    length: u64,
    #[serde(default)]
    sha256: String,
}

/// Compares the files of the list while the stream passes by. Files lie in the stream in the order of the list.
struct FileCheck {
    lines: Option<BufReader<File>>,
    now: Option<(Listed, sha2::Sha256, bool)>,
    bad: Vec<String>,
    n_bad: u64,
    n_compared: u64,
}

impl FileCheck {
    fn open(path: &Path, wanted: bool) -> Self {
        let lines = wanted.then(|| File::open(path).ok()).flatten().map(BufReader::new);
        let mut check = Self { lines, now: None, bad: Vec::new(), n_bad: 0, n_compared: 0 };
        check.now = check.next();
        check
    }

    fn next(&mut self) -> Option<(Listed, sha2::Sha256, bool)> {
        loop {
            let mut line = Vec::new();
            let reader = self.lines.as_mut()?;
            let n = reader.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).ok()?;
            if n == 0 {
                return None;
            }
            // A line that is none is seen by the digest of the list.
            let listed = serde_json::from_slice::<Listed>(&line).ok();
            if let Some(listed) = listed.filter(|listed| listed.offset.is_some()) {
                return Some((listed, sha2::Sha256::default(), true));
            }
        }
    }

    fn take(&mut self, range: Range, bytes: Option<&[u8]>) {
        let end = range.offset + range.length;
        while let Some((listed, sha256, whole)) = self.now.as_mut() {
            let begins = listed.offset.unwrap_or_default();
            let ends = begins.saturating_add(listed.length);
            if begins >= end && listed.length > 0 {
                return;
            }
            match bytes.and_then(|bytes| part(bytes, range.offset, begins, ends)) {
                Some(part) => sha256.update(part),
                None => *whole &= listed.length == 0,
            }
            if ends > end {
                return;
            }
            self.judge();
        }
    }

    fn judge(&mut self) {
        let Some((listed, sha256, whole)) = self.now.take() else { return };
        self.n_compared += 1;
        if !whole || hex(&sha256.finalize()) != listed.sha256 {
            self.n_bad += 1;
            if self.bad.len() < NAMES_MAX {
                self.bad.push(listed.path);
            }
        }
        self.now = self.next();
    }

    fn end(mut self, found: &mut Verified) {
        while self.now.is_some() {
            self.judge();
        }
        (found.files, found.n_files, found.n_files_compared) =
            (self.bad, self.n_bad, self.n_compared);
    }
}

/// What of `bytes`, which begin at `offset`, lies between `begins` and `ends`.
fn part(bytes: &[u8], offset: u64, begins: u64, ends: u64) -> Option<&[u8]> {
    let from = usize::try_from(begins.saturating_sub(offset)).ok()?;
    let to = usize::try_from(ends.saturating_sub(offset)).ok()?.min(bytes.len());
    bytes.get(from.min(to)..to)
}
