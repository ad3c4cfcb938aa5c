//! The one writer of the log: a thread that commits whatever is waiting in one write and one sync.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use sakimori_words::{Clock, Instant};
use tokio::sync::{mpsc, oneshot};

use super::disk::{Disk, LogFile};
use super::folder::WalFile;
use super::frame::{FileHeader, Portion, Token};
use crate::lock::FolderLock;
use crate::{LakeError, Stored};

/// How many appends may wait before senders wait too.
const WAITING_JOBS_MAX: usize = 256;

/// A group is closed when it has this many bytes, so that one sync does not keep everybody waiting.
const GROUP_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What a writer needs to begin.
pub(crate) struct WalSettings {
    /// The folder of the log files.
    pub(crate) folder: PathBuf,
    /// The disk.
    pub(crate) disk: Box<dyn Disk>,
    /// The sequence number of the next event.
    pub(crate) next_seq: u64,
    /// A file is closed when it has this many bytes.
    pub(crate) rotate_at_bytes: u64,
    /// The secret that frame tokens are made from.
    pub(crate) secret: [u8; 32],
    /// Where the age of the open file comes from.
    pub(crate) clock: Arc<dyn Clock>,
    /// Held as long as the thread runs: the lock of the folder.
    #[expect(dead_code, reason = "held, not read: dropping it unlocks the folder")]
    pub(crate) lock: FolderLock,
}

/// The file that is being appended to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenFile {
    /// Its first sequence number.
    pub(crate) first_seq: u64,
    /// When its first event came.
    pub(crate) since: Instant,
}

/// Most bytes of memory that is kept for the next portion.
const SPARE_BYTES_MAX: usize = 4 * 1024 * 1024;

enum Job {
    Append { portion: Portion, reply: Reply },
    Rotate { reply: oneshot::Sender<()> },
}

/// What an append answers; the portion comes back for its memory.
type Reply = oneshot::Sender<Result<(Vec<Stored>, Portion), LakeError>>;

/// The handle to the writing thread. Dropping it waits for the last commit and for the lock of the folder to be free.
pub(crate) struct WalWriter {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    open: Arc<Mutex<Option<OpenFile>>>,
    closed_before: Arc<AtomicU64>,
    /// Memory of a portion that was written. Portions are made by one thread and written by another, which an allocator
    /// pays for dearly.
    spare: Mutex<Vec<u8>>,
}

impl WalWriter {
    /// Starts the thread.
    pub(crate) fn start(settings: WalSettings) -> Result<Self, LakeError> {
        let open = Arc::new(Mutex::new(None));
        let closed_before = Arc::new(AtomicU64::new(settings.next_seq));
        let (jobs, waiting) = mpsc::channel(WAITING_JOBS_MAX);
        let writer = Writer {
            next_seq: settings.next_seq,
            settings,
            active: None,
            stopped: None,
            buffer: Vec::new(),
            open: Arc::clone(&open),
            closed_before: Arc::clone(&closed_before),
        };
        let thread = thread::Builder::new()
            .name("lake-writer".to_owned())
            .spawn(move || writer.run(waiting))
            .map_err(|error| LakeError::file("start", Path::new("lake-writer"), error))?;
        let spare = Mutex::default();
        Ok(Self { jobs: Some(jobs), thread: Some(thread), open, closed_before, spare })
    }

    /// A portion to lay events out in.
    pub(crate) fn portion(&self) -> Portion {
        Portion::in_memory(std::mem::take(&mut *self.spare()))
    }

    /// Appends events; returns when they are on the disk.
    pub(crate) async fn append(&self, portion: Portion) -> Result<Vec<Stored>, LakeError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Append { portion, reply }).await?;
        let (stored, portion) = answer.await.map_err(|_| gone())??;
        let memory = portion.into_memory();
        if memory.capacity() <= SPARE_BYTES_MAX {
            *self.spare() = memory;
        }
        Ok(stored)
    }

    /// Closes the open file, so that everything appended before can be sealed.
    pub(crate) async fn rotate(&self) -> Result<(), LakeError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Rotate { reply }).await?;
        answer.await.map_err(|_| gone())
    }

    /// The file that is being appended to, if there is one.
    pub(crate) fn open_file(&self) -> Option<OpenFile> {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Files whose first sequence number is lower are closed for good. Only they may be sealed and removed: a file is in
    /// the folder before [`WalWriter::open_file`] tells of it, so what is open cannot be found by asking for it.
    pub(crate) fn closed_before(&self) -> u64 {
        self.closed_before.load(Ordering::Acquire)
    }

    fn spare(&self) -> MutexGuard<'_, Vec<u8>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self, job: Job) -> Result<(), LakeError> {
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(job).await.map_err(|_| gone())
    }
}

impl Drop for WalWriter {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has already failed every waiting append.
            let _ = thread.join();
        }
    }
}

fn gone() -> LakeError {
    stopped("the writing thread has ended".to_owned())
}

const fn stopped(reason: String) -> LakeError {
    LakeError::Stopped { reason, log_removed: false }
}

struct Writer {
    settings: WalSettings,
    next_seq: u64,
    active: Option<Active>,
    /// Why intake has stopped for good.
    stopped: Option<LakeError>,
    /// Where several portions are put together.
    buffer: Vec<u8>,
    open: Arc<Mutex<Option<OpenFile>>>,
    closed_before: Arc<AtomicU64>,
}

struct Active {
    file: Box<dyn LogFile>,
    path: PathBuf,
    token: Token,
    length: u64,
}

impl Writer {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut next = jobs.blocking_recv();
        while let Some(job) = next.take() {
            match job {
                Job::Append { portion, reply } => {
                    next = self.commit_group(portion, reply, &mut jobs);
                }
                Job::Rotate { reply } => {
                    self.close_file();
                    let _ = reply.send(());
                }
            }
            if next.is_none() {
                next = jobs.blocking_recv();
            }
        }
    }

    /// Commits this append together with those that are waiting behind it; returns the first job that is no append.
    fn commit_group(
        &mut self,
        portion: Portion,
        reply: Reply,
        jobs: &mut mpsc::Receiver<Job>,
    ) -> Option<Job> {
        let mut bytes = portion.bytes().len();
        let mut group = vec![(portion, reply)];
        let mut other = None;
        while bytes < GROUP_BYTES_MAX && other.is_none() {
            match jobs.try_recv() {
                Ok(Job::Append { portion, reply }) => {
                    bytes += portion.bytes().len();
                    group.push((portion, reply));
                }
                Ok(job) => other = Some(job),
                Err(_) => break,
            }
        }
        self.commit(group);
        other
    }

    fn commit(&mut self, group: Vec<(Portion, Reply)>) {
        let (mut portions, replies): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        match self.write(&mut portions) {
            Ok(stored) => {
                for (reply, answer) in replies.into_iter().zip(stored.into_iter().zip(portions)) {
                    let _ = reply.send(Ok(answer));
                }
            }
            Err(error) => {
                for reply in replies {
                    let _ = reply.send(Err(error.clone()));
                }
            }
        }
    }

    /// Writes and syncs the group; nothing of it counts unless all of it is on the disk.
    fn write(&mut self, portions: &mut [Portion]) -> Result<Vec<Vec<Stored>>, LakeError> {
        if let Some(error) = &self.stopped {
            return Err(error.clone());
        }
        let n_events = portions.iter().map(Portion::n_events).sum::<usize>() as u64;
        if n_events == 0 {
            return Ok(vec![Vec::new(); portions.len()]);
        }
        let token = self.open_active()?;
        let stored = complete(portions, &token, self.next_seq)
            .ok_or_else(|| stopped("a portion is not as it was laid out".to_owned()))?;
        match portions {
            [portion] => self.append_bytes(portion.bytes())?,
            portions => {
                let mut buffer = std::mem::take(&mut self.buffer);
                buffer.clear();
                portions.iter().for_each(|portion| buffer.extend_from_slice(portion.bytes()));
                let appended = self.append_bytes(&buffer);
                self.buffer = buffer;
                appended?;
            }
        }
        self.next_seq += n_events;
        if self.active.as_ref().is_some_and(|active| active.length >= self.settings.rotate_at_bytes)
        {
            self.close_file();
        }
        Ok(stored)
    }

    /// Appends to the active file. A failed write is taken back, so that nothing of it is stored and intake
    /// goes on once there is room again; after a failed sync nobody knows what the disk holds, so the writer stops for
    /// good.
    fn append_bytes(&mut self, bytes: &[u8]) -> Result<(), LakeError> {
        let Some(active) = self.active.as_mut() else { return Err(gone()) };
        if let Err(error) = active.file.append(bytes) {
            let undone = active.file.cut(active.length);
            let failed = LakeError::file("write", &active.path, error);
            if let Err(error) = undone {
                let reason = format!("a failed write could not be taken back: {error}");
                // Not the error of the write: what was not taken back may be found again, so trying again is not safe.
                return Err(self.stop(stopped(reason)));
            }
            return Err(failed);
        }
        if let Err(error) = active.file.sync() {
            let reason = format!("`{}` could not be synced: {error}", active.path.display());
            // What is not acknowledged had better not be found again; when this fails too, it may be.
            let _ = active.file.cut(active.length);
            return Err(self.stop(stopped(reason)));
        }
        if let Err(reason) = check_in_place(active) {
            return Err(self.stop(LakeError::Stopped { reason, log_removed: true }));
        }
        active.length += bytes.len() as u64;
        Ok(())
    }

    /// Opens the next file when none is open. A file that could not be begun is begun anew by the next append.
    fn open_active(&mut self) -> Result<Token, LakeError> {
        if let Some(active) = &self.active {
            return Ok(active.token);
        }
        let WalFile { first_seq, path } = WalFile::new(&self.settings.folder, self.next_seq);
        let header = FileHeader::of(&self.settings.secret, first_seq);
        let (token, head) = (header.token, header.encode());
        let created = self.settings.disk.create(&path, &head);
        let file = created.map_err(|error| LakeError::file("begin", &path, error))?;
        self.active = Some(Active { file, path, token, length: head.len() as u64 });
        self.announce(Some(OpenFile { first_seq, since: self.settings.clock.now() }));
        Ok(token)
    }

    fn close_file(&mut self) {
        self.active = None;
        self.announce(None);
        self.closed_before.store(self.next_seq, Ordering::Release);
    }

    /// Stops intake for good; returns the error that every append answers from now on.
    fn stop(&mut self, error: LakeError) -> LakeError {
        tracing::error!("{error}");
        self.stopped = Some(error.clone());
        self.close_file();
        error
    }

    fn announce(&self, file: Option<OpenFile>) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = file;
    }
}

/// Whether what was just synced can be found again: to acknowledge into a removed file would be a lie.
fn check_in_place(active: &Active) -> Result<(), String> {
    let path = active.path.display();
    match active.file.is_in_place() {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!("`{path}` was removed while it was being written")),
        Err(error) => Err(format!("`{path}` cannot be found any more: {error}")),
    }
}

/// Fills in what the portions of a group left open; the last event that there is ends the group.
fn complete(portions: &mut [Portion], token: &Token, first_seq: u64) -> Option<Vec<Vec<Stored>>> {
    let last = portions.iter().rposition(|portion| portion.n_events() > 0);
    let mut seq = first_seq;
    let mut stored = Vec::with_capacity(portions.len());
    for (n, portion) in portions.iter_mut().enumerate() {
        stored.push(portion.complete(token, seq, Some(n) == last)?);
        seq += portion.n_events() as u64;
    }
    Some(stored)
}
