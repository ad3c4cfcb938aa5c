//! Taking a folder or a list of files: a tar archive in the container, and beside it the list with a digest for each file.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::container::{self, LIST, write_error};
use crate::digests::Both;
use crate::error::AcquireError;
use crate::image::{Request, Taken, finish, job};
use crate::journal::Mark;
use crate::manifest::{Kind, List, SourceFacts};
use crate::open::open_untouched;
use crate::pack::{Feeder, Progress, Stream, file_sha256, pack};
use crate::tar::{END, Entry, EntryKind, header, padding};

const READ_BYTES: usize = 256 * 1024;
/// Files of the kernel say that they are empty; more than that of one is not read.
const KERNEL_FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What of the source is taken.
pub trait Wanted: Send {
    /// Shows every entry to `visit`, in a stable order, and what could not be looked at.
    ///
    /// # Errors
    /// What `visit` said.
    fn each(
        &self,
        visit: &mut dyn FnMut(Found<'_>) -> Result<(), AcquireError>,
    ) -> Result<(), AcquireError>;
}

/// Something met on the way.
pub enum Found<'a> {
    /// A file, folder, link or something else.
    Entry {
        /// Where it is.
        path: &'a Path,
        /// What it is called in the archive.
        name: &'a Path,
        /// Which item of a triage it belongs to; empty otherwise.
        item: &'a str,
    },
    /// A folder that could not be looked into.
    Failed {
        /// What it is called.
        name: &'a Path,
        /// Which item it belongs to.
        item: &'a str,
        /// Why.
        why: io::Error,
    },
    /// An item of a triage of which there is nothing here.
    Absent {
        /// The item.
        item: &'a str,
        /// What was looked for.
        looked_for: &'a str,
    },
    /// Bytes that are in no file.
    Made {
        /// What they are called in the archive.
        name: &'a Path,
        /// The bytes.
        bytes: &'a [u8],
    },
}

/// A line of the list.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Line {
    #[serde(skip_serializing_if = "String::is_empty")]
    item: String,
    path: String,
    /// `file`, `folder`, `link`, `socket`, `pipe`, `device`, `absent`, `failed`.
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    length: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    sha256: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    blake3: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    modified_at: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    changed_at: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    accessed_at: String,
    mode: String,
    uid: u32,
    gid: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    link: String,
    /// Why it is not, or not wholly, there.
    #[serde(skip_serializing_if = "String::is_empty")]
    why: String,
}

/// Everything below a folder, or one file; links are named and not followed.
#[derive(Debug)]
pub struct Folder {
    /// The folder or file.
    pub root: PathBuf,
    /// A folder below it that is left out: the one that the evidence goes into.
    pub except: PathBuf,
}

impl Wanted for Folder {
    fn each(
        &self,
        visit: &mut dyn FnMut(Found<'_>) -> Result<(), AcquireError>,
    ) -> Result<(), AcquireError> {
        let name = self.root.file_name().map_or_else(|| PathBuf::from("root"), PathBuf::from);
        walk(&self.root, &name, "", &self.except, visit)
    }
}

/// Shows `path` and, when it is a folder, everything below it in the order of the names.
pub(crate) fn walk(
    path: &Path,
    name: &Path,
    item: &str,
    except: &Path,
    visit: &mut dyn FnMut(Found<'_>) -> Result<(), AcquireError>,
) -> Result<(), AcquireError> {
    // A list of our own instead of recursion: a folder can be deeper than a thread's stack.
    let mut waiting = vec![(path.to_path_buf(), name.to_path_buf())];
    while let Some((path, name)) = waiting.pop() {
        if path == except {
            continue;
        }
        visit(Found::Entry { path: &path, name: &name, item })?;
        if path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
            match names_below(&path) {
                Ok(below) => {
                    waiting.extend(
                        below.into_iter().rev().map(|own| (path.join(&own), name.join(&own))),
                    );
                }
                Err(why) => visit(Found::Failed { name: &name, item, why })?,
            }
        }
    }
    Ok(())
}

fn names_below(folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.push(entry?.file_name());
    }
    names.sort();
    Ok(names)
}

/// Takes what is wanted. What cannot be read is noted in the list with the reason, and the rest comes.
///
/// # Errors
/// When the folder for the evidence holds something or cannot be written.
pub fn acquire_files(
    request: &Request<'_>,
    kind: Kind,
    facts: SourceFacts,
    wanted: &dyn WantedShared,
    tell: &mut dyn FnMut(Progress),
) -> Result<Taken, AcquireError> {
    let held = container::make(&request.folder)?;
    let job = job(request, kind, facts);
    let mark = Mark::start(request.layout.chunk_bytes);
    let list_path = request.folder.join(LIST);
    let mut writer = ListWriter::create(&list_path)?;
    let feed = |feeder: &mut Feeder| {
        let mut taker = Taker { stream: Stream::new(feeder)?, list: &mut writer, read_bytes: 0 };
        wanted.each(&mut |found| taker.take(found))?;
        taker.stream.put(&END)?;
        let read_bytes = taker.read_bytes;
        taker.stream.finish()?;
        Ok(read_bytes)
    };
    let (packed, read_bytes) = pack(&request.folder, request.layout, &job, mark, feed, tell)?;
    let list = writer.finish()?;
    let manifest = finish(request, job, packed, Some(list), &held)?;
    Ok(Taken { manifest, read_bytes })
}

/// [`Wanted`] that another thread may look at.
pub trait WantedShared: Wanted + Sync {}
impl<T: Wanted + Sync> WantedShared for T {}

struct ListWriter {
    path: PathBuf,
    file: io::BufWriter<File>,
    entries: u64,
    failed: u64,
}

impl ListWriter {
    fn create(path: &Path) -> Result<Self, AcquireError> {
        let file = container::private().truncate(true).open(path);
        let file = io::BufWriter::new(file.map_err(|cause| write_error(path, cause))?);
        Ok(Self { path: path.to_path_buf(), file, entries: 0, failed: 0 })
    }

    fn add(&mut self, line: &Line) -> Result<(), AcquireError> {
        self.entries += 1;
        self.failed += u64::from(!line.why.is_empty());
        let written = serde_json::to_writer(&mut self.file, line)
            .map_err(io::Error::other)
            .and_then(|()| io::Write::write_all(&mut self.file, b"\n"));
        written.map_err(|cause| write_error(&self.path, cause))
    }

    fn finish(self) -> Result<List, AcquireError> {
        let failed = |cause| write_error(&self.path, cause);
        let file = self.file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)?;
        Ok(List {
            file: LIST.to_owned(),
            entries: self.entries,
            failed: self.failed,
            cut: false,
            sha256: file_sha256(&self.path).map_err(failed)?,
        })
    }
}

struct Taker<'a, 'b> {
    stream: Stream<'a>,
    list: &'b mut ListWriter,
    read_bytes: u64,
}

impl Taker<'_, '_> {
    fn take(&mut self, found: Found<'_>) -> Result<(), AcquireError> {
        match found {
            Found::Entry { path, name, item } => self.entry(path, name, item),
            Found::Failed { name, item, why } => self.list.add(&failed(name, item, &why)),
            Found::Absent { item, looked_for } => self.list.add(&Line {
                item: item.to_owned(),
                path: looked_for.to_owned(),
                kind: "absent",
                ..Line::default()
            }),
            Found::Made { name, bytes } => {
                let line = Line { path: shown(name), kind: "file", ..Line::default() };
                self.bytes(name, bytes, line)
            }
        }
    }

    fn entry(&mut self, path: &Path, name: &Path, item: &str) -> Result<(), AcquireError> {
        let metadata = match path.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(why) => return self.list.add(&failed(name, item, &why)),
        };
        let mut line = described(name, item, &metadata);
        match line.kind {
            "file" => self.file(path, name, &metadata, line),
            "folder" => {
                self.stream.put(&header(&entry(
                    name,
                    &line,
                    EntryKind::Folder,
                    b"",
                    0,
                    &metadata,
                )))?;
                self.list.add(&line)
            }
            "link" => {
                let to = std::fs::read_link(path).unwrap_or_default();
                let bytes = os_bytes(&to);
                self.stream.put(&header(&entry(
                    name,
                    &line,
                    EntryKind::Link,
                    &bytes,
                    0,
                    &metadata,
                )))?;
                line.link = shown(&to);
                self.list.add(&line)
            }
            // Opening a pipe or a device would wait, or do something. They are noted.
            _ => self.list.add(&line),
        }
    }

    fn file(
        &mut self,
        path: &Path,
        name: &Path,
        metadata: &Metadata,
        mut line: Line,
    ) -> Result<(), AcquireError> {
        let mut file = match open_untouched(path) {
            Ok(file) => file,
            Err(why) => {
                line.why = why.to_string();
                return self.list.add(&line);
            }
        };
        if metadata.len() == 0 {
            return self.kernel_file(&mut file, name, line);
        }
        self.stream.put(&header(&entry(
            name,
            &line,
            EntryKind::File,
            b"",
            metadata.len(),
            metadata,
        )))?;
        self.contents(&mut file, metadata.len(), line)
    }

    /// A file that says it is empty: those of the kernel are not, and their length is known only behind the end.
    fn kernel_file(
        &mut self,
        file: &mut File,
        name: &Path,
        mut line: Line,
    ) -> Result<(), AcquireError> {
        let mut bytes = Vec::new();
        if let Err(why) = file.take(KERNEL_FILE_BYTES_MAX).read_to_end(&mut bytes) {
            line.why = why.to_string();
            if bytes.is_empty() {
                return self.list.add(&line);
            }
        }
        if bytes.len() as u64 == KERNEL_FILE_BYTES_MAX {
            "cut at 64 MiB".clone_into(&mut line.why);
        }
        self.bytes(name, &bytes, line)
    }

    fn bytes(&mut self, name: &Path, bytes: &[u8], line: Line) -> Result<(), AcquireError> {
        let path = os_bytes(name);
        let length = bytes.len() as u64;
        let mode = u32::from_str_radix(&line.mode, 8).unwrap_or(0o600);
        let (uid, gid) = (line.uid, line.gid);
        let kind = EntryKind::File;
        let entry = Entry { path: &path, kind, link: b"", length, mode, uid, gid, mtime_s: 0 };
        self.stream.put(&header(&entry))?;
        self.contents(&mut io::Cursor::new(bytes), length, line)
    }

    /// Exactly `length` bytes: the header has said so. What is missing is zeros and said.
    fn contents(
        &mut self,
        file: &mut dyn Read,
        length: u64,
        mut line: Line,
    ) -> Result<(), AcquireError> {
        let (mut both, mut left) = (Both::default(), length);
        let mut buffer = vec![0; READ_BYTES];
        line.offset = Some(self.stream.position());
        while left > 0 {
            let room = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let piece = buffer.get_mut(..room).unwrap_or_default();
            let n = match file.read(piece) {
                Ok(0) => fill(piece, "became shorter while it was read", &mut line),
                Ok(n) => {
                    self.read_bytes += n as u64;
                    n
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => fill(piece, &error.to_string(), &mut line),
            };
            let piece = piece.get(..n).unwrap_or_default();
            both.update(piece);
            self.stream.put(piece)?;
            left = left.saturating_sub(n as u64);
        }
        if line.why.is_empty() && matches!(file.read(&mut [0]), Ok(1)) {
            "became longer while it was read".clone_into(&mut line.why);
        }
        self.stream.put(&vec![0; padding(length)])?;
        line.length = length;
        (line.sha256, line.blake3) = both.hex();
        self.list.add(&line)
    }
}

fn fill(piece: &mut [u8], why: &str, line: &mut Line) -> usize {
    why.clone_into(&mut line.why);
    piece.fill(0);
    piece.len()
}

fn failed(name: &Path, item: &str, why: &io::Error) -> Line {
    let (item, why) = (item.to_owned(), why.to_string());
    Line { item, path: shown(name), kind: "failed", why, ..Line::default() }
}

fn described(name: &Path, item: &str, metadata: &Metadata) -> Line {
    let mut line = Line {
        item: item.to_owned(),
        path: shown(name),
        kind: kind(metadata),
        length: if metadata.is_file() { metadata.len() } else { 0 },
        modified_at: instant(metadata.modified()),
        accessed_at: instant(metadata.accessed()),
        ..Line::default()
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        line.mode = format!("{:o}", metadata.mode() & 0o7777);
        (line.uid, line.gid) = (metadata.uid(), metadata.gid());
        let changed =
            metadata.ctime().saturating_mul(1_000_000).saturating_add(metadata.ctime_nsec() / 1000);
        line.changed_at = sakimori_words::Instant::from_micros(changed).rfc3339();
    }
    line
}

fn instant(at: io::Result<impl SinceEpoch>) -> String {
    let micros = at.ok().and_then(|at| at.micros());
    micros.map(|micros| sakimori_words::Instant::from_micros(micros).rfc3339()).unwrap_or_default()
}

/// A time of a file, in microseconds since 1970.
trait SinceEpoch {
    fn micros(&self) -> Option<i64>;
}

#[expect(clippy::disallowed_types, reason = "times of files, not the time now")]
impl SinceEpoch for std::time::SystemTime {
    fn micros(&self) -> Option<i64> {
        let since = self.duration_since(Self::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_micros()).ok()
    }
}

fn kind(metadata: &Metadata) -> &'static str {
    let kind = metadata.file_type();
    if kind.is_file() {
        return "file";
    }
    if kind.is_dir() {
        return "folder";
    }
    if kind.is_symlink() {
        return "link";
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_socket() {
            return "socket";
        }
        if kind.is_fifo() {
            return "pipe";
        }
    }
    "device"
}

fn entry<'a>(
    name: &'a Path,
    line: &Line,
    kind: EntryKind,
    link: &'a [u8],
    length: u64,
    metadata: &Metadata,
) -> Entry<'a> {
    let mode = u32::from_str_radix(&line.mode, 8).unwrap_or(0o600);
    let modified = metadata.modified().ok().and_then(|at| at.micros());
    let mtime_s = modified.unwrap_or_default().div_euclid(1_000_000);
    Entry {
        path: path_bytes(name),
        kind,
        link,
        length,
        mode,
        uid: line.uid,
        gid: line.gid,
        mtime_s,
    }
}

fn path_bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

fn os_bytes(path: &Path) -> Vec<u8> {
    path_bytes(path).to_vec()
}

/// A name as the list shows it; the archive has its bytes.
fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
