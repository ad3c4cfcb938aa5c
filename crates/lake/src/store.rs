//! Where segments are kept: a local folder that is synced, or a bucket.

use std::fmt;
use std::fs;
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use crate::LakeError;
use crate::wal::{create_folder, replace_file};

/// Opens a segment store by its address.
///
/// A folder as `file:///srv/sakimori/segments` or as a plain path; what is put there is on the disk when the put returns. A
/// folder that does not exist is an empty store: opening and reading create nothing, the first put creates it. With the cargo feature `s3` also `s3://bucket/prefix`, configured by `AWS_…` options in `options`.
///
/// # Errors
/// When the address cannot be used.
pub fn open_store(
    address: &str,
    options: &[(String, String)],
) -> std::result::Result<Arc<dyn ObjectStore>, LakeError> {
    match address.split_once("://") {
        None => open_folder(FilePath::new(address)),
        Some(("file", path)) => open_folder(FilePath::new(path)),
        Some(("s3", place)) => open_bucket(place, options),
        Some((scheme, _)) => Err(setting(format!("`{scheme}://` is no segment store"))),
    }
}

fn setting(what: String) -> LakeError {
    LakeError::Setting { what }
}

fn open_folder(folder: &FilePath) -> std::result::Result<Arc<dyn ObjectStore>, LakeError> {
    let failed = |error| LakeError::file("open", folder, error);
    let root = std::path::absolute(folder).map_err(failed)?;
    match fs::metadata(&root) {
        Ok(found) if !found.is_dir() => Err(setting(format!("`{}` is no folder", root.display()))),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
        _ => Ok(Arc::new(Folder { root, reads: OnceLock::new() })),
    }
}

#[cfg(feature = "s3")]
fn open_bucket(
    place: &str,
    options: &[(String, String)],
) -> std::result::Result<Arc<dyn ObjectStore>, LakeError> {
    use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    let mut builder = AmazonS3Builder::new().with_bucket_name(bucket).with_retry(patience());
    for (name, value) in options {
        let key: AmazonS3ConfigKey = name
            .to_ascii_lowercase()
            .parse()
            .map_err(|_| setting(format!("`{name}` is no S3 option")))?;
        builder = builder.with_config(key, value);
    }
    let store = builder.build().map_err(|error| LakeError::store("open", place, error))?;
    let prefix = prefix.trim_matches('/');
    if prefix.is_empty() {
        return Ok(Arc::new(store));
    }
    Ok(Arc::new(object_store::prefix::PrefixStore::new(store, prefix)))
}

/// How long a request is tried again before a bucket counts as refusing. Sealing tries again by itself, and whoever searches
/// waits for the answer.
#[cfg(feature = "s3")]
fn patience() -> object_store::RetryConfig {
    use std::time::Duration;
    object_store::RetryConfig {
        backoff: object_store::BackoffConfig {
            max_backoff: Duration::from_secs(2),
            ..object_store::BackoffConfig::default()
        },
        max_retries: 5,
        retry_timeout: Duration::from_secs(20),
    }
}

#[cfg(not(feature = "s3"))]
fn open_bucket(
    place: &str,
    _options: &[(String, String)],
) -> std::result::Result<Arc<dyn ObjectStore>, LakeError> {
    Err(setting(format!("`s3://{place}`: this build has no S3 (cargo feature `s3`)")))
}

/// A local folder whose files are on the disk when a put returns. `LocalFileSystem` renames but never syncs, so after a
/// power cut a catalogued segment could be empty.
#[derive(Debug)]
struct Folder {
    root: PathBuf,
    /// Set once the folder exists: `LocalFileSystem` cannot begin without it.
    reads: OnceLock<LocalFileSystem>,
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Folder({})", self.root.display())
    }
}

impl Folder {
    fn write(path: &FilePath, payload: &PutPayload, mode: &PutMode) -> std::io::Result<()> {
        if matches!(mode, PutMode::Create) && path.try_exists()? {
            return Err(std::io::ErrorKind::AlreadyExists.into());
        }
        create_folder(path.parent().unwrap_or_else(|| FilePath::new("/")))?;
        let parts: Vec<&[u8]> = payload.iter().map(|bytes| bytes.as_ref()).collect();
        replace_file(path, &parts)
    }

    /// The folder for reading; `None` when it does not exist.
    fn existing(&self) -> Result<Option<&LocalFileSystem>> {
        if let Some(reads) = self.reads.get() {
            return Ok(Some(reads));
        }
        if !self.root.try_exists().map_err(failed)? {
            return Ok(None);
        }
        let reads = LocalFileSystem::new_with_prefix(&self.root)?;
        Ok(Some(self.reads.get_or_init(|| reads)))
    }

    /// The folder for reading what is at `at`, which is missing when the folder is.
    fn holding(&self, at: &Path) -> Result<&LocalFileSystem> {
        self.existing()?.ok_or_else(|| {
            let source = format!("{self} does not exist").into();
            Error::NotFound { path: at.to_string(), source }
        })
    }

    /// Creates the folder when it is missing.
    async fn create(&self) -> Result<()> {
        if self.reads.get().is_some() {
            return Ok(());
        }
        let root = self.root.clone();
        tokio::task::spawn_blocking(move || create_folder(&root)).await?.map_err(failed)
    }

    fn unsupported(&self, operation: &str) -> Error {
        Error::NotSupported { source: format!("{operation} in {self}").into() }
    }
}

fn failed(error: std::io::Error) -> Error {
    Error::Generic { store: "Folder", source: error.into() }
}

#[async_trait]
impl ObjectStore for Folder {
    async fn put_opts(
        &self,
        at: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> Result<PutResult> {
        if matches!(opts.mode, PutMode::Update(_)) {
            return Err(self.unsupported("conditional update"));
        }
        self.create().await?;
        let path = self.holding(at)?.path_to_filesystem(at)?;
        let named = at.to_string();
        let write = move || Self::write(&path, &payload, &opts.mode);
        match tokio::task::spawn_blocking(write).await? {
            Ok(()) => Ok(PutResult { e_tag: None, version: None }),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(Error::AlreadyExists { path: named, source: error.into() })
            }
            Err(error) => Err(failed(error)),
        }
    }

    async fn put_multipart_opts(
        &self,
        _at: &Path,
        _opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        // Segments are put whole; parts could not be made durable one by one.
        Err(self.unsupported("multipart upload"))
    }

    async fn get_opts(&self, at: &Path, options: GetOptions) -> Result<GetResult> {
        self.holding(at)?.get_opts(at, options).await
    }

    async fn get_ranges(
        &self,
        at: &Path,
        ranges: &[std::ops::Range<u64>],
    ) -> Result<Vec<bytes::Bytes>> {
        self.holding(at)?.get_ranges(at, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        match self.existing() {
            Ok(Some(reads)) => reads.delete_stream(locations),
            // Nothing is left of what does not exist.
            Ok(None) => locations,
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.existing() {
            Ok(Some(reads)) => reads.list(prefix),
            Ok(None) => stream::empty().boxed(),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        match self.existing()? {
            Some(reads) => reads.list_with_delimiter(prefix).await,
            None => Ok(ListResult { common_prefixes: Vec::new(), objects: Vec::new() }),
        }
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.holding(from)?.copy_opts(from, to, options).await
    }
}
