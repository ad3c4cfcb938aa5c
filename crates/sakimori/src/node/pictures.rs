//! Photographs of evidence in the data folder: `evidence/photos/<digest>`, readable by this account only.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use sakimori_respond::custody::PICTURE_BYTES_MAX;
use sakimori_web::ports::EvidencePictures;
use sakimori_words::{Digest, Trouble};

use crate::{data_folder, files};

/// The folder of photographs in the data folder.
pub(crate) const FOLDER: &str = "evidence/photos";

/// The folder of papers in the data folder.
const PAPERS_FOLDER: &str = "evidence/papers";

/// Photographs in a folder, by their digest.
pub(crate) struct Pictures {
    folder: PathBuf,
}

impl Pictures {
    pub(crate) fn in_data(data: &Path) -> Self {
        Self { folder: data.join(FOLDER) }
    }

    /// The files of warnings that came unsigned, kept in the same way.
    pub(crate) fn of_papers(data: &Path) -> Self {
        Self { folder: data.join(PAPERS_FOLDER) }
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(digest.to_string())
    }
}

#[async_trait]
impl EvidencePictures for Pictures {
    async fn keep(&self, digest: Digest, bytes: Vec<u8>) -> Result<(), Trouble> {
        let (folder, path) = (self.folder.clone(), self.path(&digest));
        off_the_threads(&self.folder, move || write(&folder, &path, &bytes)).await
    }

    async fn read(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Trouble> {
        let path = self.path(digest);
        off_the_threads(&self.folder, move || read(&path)).await
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
    if read(path)?.is_some_and(|kept| kept == bytes) {
        return Ok(());
    }
    data_folder::replace_file(path, bytes).map_err(|error| files::refused(path, &error))
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, Trouble> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(files::refused(path, &error)),
    };
    let mut bytes = Vec::new();
    file.take(PICTURE_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| files::refused(path, &error))?;
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_picture_is_kept_once_under_its_digest_for_this_account_only() {
        let data = tempfile::tempdir().unwrap();
        let pictures = Pictures::in_data(data.path());
        let digest = Digest::of(b"picture");
        assert_eq!(pictures.read(&digest).await.unwrap(), None);
        for _ in 0..2 {
            pictures.keep(digest, b"picture".to_vec()).await.unwrap();
        }
        assert_eq!(pictures.read(&digest).await.unwrap(), Some(b"picture".to_vec()));
        let folder = data.path().join(FOLDER);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&folder), mode(&folder.join(digest.to_string()))), (0o700, 0o600));
        }
    }
}
