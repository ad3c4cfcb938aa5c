//! Files by their digest in the data folder, readable by this account only: `evidence/photos/`, `evidence/papers/`, `attachments/`.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use sakimori_federation::Files;
use sakimori_words::{Digest, Trouble};

use crate::{data_folder, files};

/// The folder of photographs in the data folder.
pub(crate) const PHOTOGRAPHS_FOLDER: &str = "evidence/photos";

/// The folder of papers in the data folder.
pub(crate) const PAPERS_FOLDER: &str = "evidence/papers";

/// The folder of files that go with warnings, our own and received ones.
pub(crate) const ATTACHMENTS_FOLDER: &str = "attachments";

/// Files in a folder, each under its digest.
pub(crate) struct DigestFiles {
    folder: PathBuf,
}

impl DigestFiles {
    pub(crate) fn of_photographs(data: &Path) -> Self {
        Self { folder: data.join(PHOTOGRAPHS_FOLDER) }
    }

    /// The files of warnings that came unsigned, kept in the same way.
    pub(crate) fn of_papers(data: &Path) -> Self {
        Self { folder: data.join(PAPERS_FOLDER) }
    }

    /// The files of warnings.
    pub(crate) fn of_attachments(data: &Path) -> Self {
        Self { folder: data.join(ATTACHMENTS_FOLDER) }
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(digest.to_string())
    }
}

#[async_trait]
impl Files for DigestFiles {
    async fn keep(&self, digest: Digest, bytes: Vec<u8>) -> Result<(), Trouble> {
        let (folder, path) = (self.folder.clone(), self.path(&digest));
        off_the_threads(&self.folder, move || write(&folder, &path, &bytes)).await
    }

    async fn read_part(
        &self,
        digest: &Digest,
        offset: u64,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        let path = self.path(digest);
        off_the_threads(&self.folder, move || read_part(&path, offset, limit as u64)).await
    }
}

/// Reading and flushing wait for the disk, so they do not hold up a thread that answers screens.
async fn off_the_threads<T: Send + 'static>(
    folder: &Path,
    work: impl FnOnce() -> Result<T, Trouble> + Send + 'static,
) -> Result<T, Trouble> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(files::refused(folder, &std::io::Error::other(error))))
}

fn write(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    std::fs::create_dir_all(folder)
        .and_then(|()| data_folder::restrict(folder, 0o700))
        .map_err(|error| files::refused(folder, &error))?;
    // What is there already is the same bytes, unless somebody changed it: then the good ones take its place.
    if read_part(path, 0, bytes.len() as u64 + 1)?.is_some_and(|kept| kept == bytes) {
        return Ok(());
    }
    data_folder::replace_file(path, bytes).map_err(|error| files::refused(path, &error))
}

fn read_part(path: &Path, offset: u64, limit: u64) -> Result<Option<Vec<u8>>, Trouble> {
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(files::refused(path, &error)),
    };
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(offset))
        .and_then(|_| file.take(limit).read_to_end(&mut bytes))
        .map_err(|error| files::refused(path, &error))?;
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_picture_is_kept_once_under_its_digest_for_this_account_only() {
        let data = tempfile::tempdir().unwrap();
        let pictures = DigestFiles::of_photographs(data.path());
        let digest = Digest::of(b"picture");
        assert_eq!(pictures.read(&digest, 7).await.unwrap(), None);
        for _ in 0..2 {
            pictures.keep(digest, b"picture".to_vec()).await.unwrap();
        }
        assert_eq!(pictures.read(&digest, 7).await.unwrap(), Some(b"picture".to_vec()));
        assert_eq!(
            pictures.read(&digest, 5).await.unwrap(),
            Some(b"pictur".to_vec()),
            "one too many"
        );
        assert_eq!(pictures.read_part(&digest, 3, 2).await.unwrap(), Some(b"tu".to_vec()));
        assert_eq!(pictures.read_part(&digest, 99, 2).await.unwrap(), Some(vec![]));
        let folder = data.path().join(PHOTOGRAPHS_FOLDER);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&folder), mode(&folder.join(digest.to_string()))), (0o700, 0o600));
        }
    }
}
