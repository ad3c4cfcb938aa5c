//! A pack: the files of `content/`, from the program itself or from a folder, with their digest.

use std::collections::BTreeMap;
use std::path::Path;

use include_dir::{Dir, include_dir};
use sakimori_words::Digest;

use crate::{Content, ContentError};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../content");

/// Largest pack that is read, in bytes; the built-in one is far below 1 MiB.
const PACK_BYTES_MAX: u64 = 64 << 20;
/// Deepest nesting of folders that is read.
const FOLDER_DEPTH_MAX: usize = 8;

/// The files of a pack by their path with `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pack {
    files: BTreeMap<String, Vec<u8>>,
}

/// Which pack is in use; reports and warnings name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackVersion {
    /// The pack's name, e.g. `sakimori-base`.
    pub name: String,
    /// The version its makers gave it, e.g. `2026.11.20`.
    pub version: String,
    /// Digest over all files and their names.
    pub digest: Digest,
}

impl Pack {
    /// The pack built into the program.
    #[must_use]
    pub fn embedded() -> Self {
        let mut pack = Self::default();
        pack.take_in(&EMBEDDED);
        pack
    }

    /// The pack in a folder.
    ///
    /// # Errors
    /// When the folder or a file in it cannot be read, or is larger than a pack may be.
    ///
    /// Links are not followed, and names that begin with a dot are left out.
    pub fn from_dir(root: &Path) -> Result<Self, ContentError> {
        let mut pack = Self::default();
        let mut budget = PACK_BYTES_MAX;
        pack.take_in_folder(root, "", FOLDER_DEPTH_MAX, &mut budget)?;
        Ok(pack)
    }

    /// A pack from its files.
    #[must_use]
    pub fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self { files: files.into_iter().collect() }
    }

    /// The file of that path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// All files in the order of their paths.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// Digest over all files and their names: the same files give the same digest on every machine.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut parts = Vec::new();
        for (path, bytes) in self.files() {
            parts.push(format!("{}:{path}{}:", path.len(), bytes.len()).into_bytes());
            parts.push(bytes.to_vec());
        }
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        Digest::of_parts(&parts)
    }

    /// Names of the folders directly under `folder` (given without a slash at its end).
    pub(crate) fn folders_under(&self, folder: &str) -> Vec<&str> {
        let prefix = format!("{folder}/");
        let mut names: Vec<&str> = self
            .files
            .keys()
            .filter_map(|path| path.strip_prefix(&prefix)?.split_once('/'))
            .map(|(name, _)| name)
            .collect();
        names.dedup();
        names
    }

    fn take_in_folder(
        &mut self,
        folder: &Path,
        prefix: &str,
        depth: usize,
        budget: &mut u64,
    ) -> Result<(), ContentError> {
        let unreadable = |path: &Path| {
            let path = path.to_path_buf();
            move |cause| ContentError::Unreadable { path, cause }
        };
        let too_large = |path: &Path| ContentError::TooLarge {
            path: path.to_path_buf(),
            limit_bytes: PACK_BYTES_MAX,
        };
        if depth == 0 {
            return Err(too_large(folder));
        }
        for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
            let entry = entry.map_err(unreadable(folder))?;
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let kind = entry.file_type().map_err(unreadable(&path))?;
            if name.starts_with('.') {
                continue;
            }
            if kind.is_dir() {
                self.take_in_folder(&path, &format!("{prefix}{name}/"), depth - 1, budget)?;
            } else if kind.is_file() {
                let size = entry.metadata().map_err(unreadable(&path))?.len();
                *budget = budget.checked_sub(size).ok_or_else(|| too_large(&path))?;
                let bytes = std::fs::read(&path).map_err(unreadable(&path))?;
                self.files.insert(format!("{prefix}{name}"), bytes);
            }
        }
        Ok(())
    }

    fn take_in(&mut self, dir: &Dir<'_>) {
        for file in dir.files() {
            let path = file.path().to_string_lossy().replace('\\', "/");
            self.files.insert(path, file.contents().to_vec());
        }
        for inner in dir.dirs() {
            self.take_in(inner);
        }
    }
}

/// Any bytes in place of a file of the built-in pack are read or named as a problem; the first byte chooses the file.
///
/// # Panics
/// When a problem is named without words.
pub fn fuzz_pack(bytes: &[u8]) {
    let mut pack = Pack::embedded();
    let choice = bytes.first().map_or(0, |byte| usize::from(*byte)) % pack.files.len().max(1);
    let path = pack.files.keys().nth(choice).cloned().unwrap_or_default();
    pack.files.insert(path, bytes.get(1..).unwrap_or_default().to_vec());
    assert!(Content::check(&pack).iter().all(|problem| !problem.what.is_empty()));
}
