//! The inbox folder: log files dropped there are read whole and moved to `done/`, or to `failed/` with the reason beside them.
//!
//! A file's events carry the source `inbox/<name>#<digest>`. When the process was stopped half-way, the lake knows how many
//! events of that source are durable, and reading goes on after them: every record of a file is kept exactly once. A file
//! that turns out to have grown while it was read stays where it is and is read on, as the same source, when it rests again;
//! its last record is held back until then, because it may be half a line.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Read as _, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};

use sakimori_content::Content;
use sakimori_lake::Lake;
use sakimori_ledger::{LedgerError, Store};
use sakimori_watch::sources::{self, Context, CsvMap, FileContext, Limits, Reading};
use sakimori_words::{Digest, Event, Instant, Lang, Trouble};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::{Pipeline, mail_folder};
use crate::troubles;
use crate::{csv_maps, files};

/// How often the folder is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(400);

/// Events made durable together.
const BATCH: usize = 1_000;

/// Looks in a row at which a file must be the same before it is read: somebody may still be copying it.
const LOOKS_AT_REST: u32 = 3;

/// Looks after which a file that could not be kept or read is tried again.
const LOOKS_BETWEEN_TRIES: u32 = 20;

/// The inbox of one node.
pub(crate) struct Inbox {
    folder: PathBuf,
    pipeline: Arc<Pipeline>,
    lake: Arc<Lake>,
    store: Arc<dyn Store>,
    /// Files in `done/` that somebody may still be writing to: a copy over the network can pause for long.
    moved: Vec<Moved>,
    /// Files and folders that nothing can be done with, each told once.
    told: HashSet<PathBuf>,
    /// The built-in column maps for CSV, and the folder of the hospital's own.
    csv_maps: Option<(Arc<Content>, PathBuf)>,
}

/// How long a file that was taken is looked at again.
const LOOK_BACK: Duration = Duration::from_secs(600);

/// A file that was taken and moved away.
struct Moved {
    from: PathBuf,
    to: PathBuf,
    look: Look,
    at: Stopwatch,
}

/// How a file was when its reading began. Kept until long after, so that a file which has grown since is read on.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Begun {
    source: String,
    bytes: u64,
    /// Of these bytes.
    digest: Digest,
}

const BEGUN: &str = "inbox_begun";

/// Days after which nobody goes on copying a file.
const BEGUN_DAYS: i64 = 30;

/// A file as it was at the last look.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    bytes: u64,
    written_at: Option<Instant>,
}

impl Look {
    fn at(meta: &std::fs::Metadata) -> Self {
        Self { bytes: meta.len(), written_at: files::written_at(meta) }
    }
}

/// What became of a file.
enum Outcome {
    /// Everything readable is durable; the parts that were not are named.
    Taken(Vec<String>),
    /// It is being written; what was read is durable.
    Growing,
    /// There was nothing in it that is a log.
    Refused(Trouble),
    /// The machine could not keep or read it now. The file waits.
    Waits(Trouble),
}

impl Inbox {
    /// Opens the folder, making it and its two sub-folders when they are not there.
    ///
    /// # Errors
    /// SK-NODE-003 when they cannot be made.
    pub(crate) fn open(
        folder: PathBuf,
        pipeline: Arc<Pipeline>,
        lake: Arc<Lake>,
        store: Arc<dyn Store>,
    ) -> Result<Self, Trouble> {
        for sub in ["done", "failed"] {
            std::fs::create_dir_all(folder.join(sub)).map_err(|error| {
                Trouble::new(&troubles::DATA_FOLDER, format!("{}: {error}", folder.display()))
            })?;
        }
        Ok(Self {
            folder,
            pipeline,
            lake,
            store,
            moved: Vec::new(),
            told: HashSet::new(),
            csv_maps: None,
        })
    }

    /// Reads CSV files by the built-in column maps and by those in the folder, which need not be there.
    pub(crate) fn with_csv_maps(self, content: Arc<Content>, folder: PathBuf) -> Self {
        Self { csv_maps: Some((content, folder)), ..self }
    }

    /// Watches the folder for ever. A file is read once it has rested for a few looks.
    pub(crate) async fn watch(mut self) {
        let mut seen: HashMap<PathBuf, (Look, u32)> = HashMap::new();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.fetch_back();
            let mut now = HashMap::new();
            for (path, look) in self.waiting() {
                let rested = match seen.get(&path) {
                    Some((before, rested)) if *before == look => rested.saturating_add(1),
                    _ => 1,
                };
                let due = rested
                    .checked_sub(LOOKS_AT_REST)
                    .is_some_and(|more| more.is_multiple_of(LOOKS_BETWEEN_TRIES));
                if due && !self.told.contains(&path) {
                    self.take_file(&path).await;
                }
                now.insert(path, (look, rested));
            }
            self.told.retain(|path| path.try_exists().unwrap_or(true));
            seen = now;
        }
    }

    /// Files waiting; folders are opened up, and one that cannot be is named once and left.
    fn waiting(&mut self) -> Vec<(PathBuf, Look)> {
        let own = ["done", "failed", mail_folder::FOLDER].map(|own| self.folder.join(own));
        let below = files::files_below(&self.folder, &own);
        below.unreadable.iter().for_each(|(path, error)| self.tell_once(path, error));
        let look = |path: PathBuf| {
            let look = Look::at(&std::fs::metadata(&path).ok()?);
            Some((path, look))
        };
        below.files.into_iter().filter_map(look).collect()
    }

    /// Puts a file that went on growing after it was taken back where it was, so that it is read on.
    fn fetch_back(&mut self) {
        self.moved.retain(|moved| {
            let grown =
                std::fs::metadata(&moved.to).is_ok_and(|meta| Look::at(&meta) != moved.look);
            if grown && !moved.from.try_exists().unwrap_or(true) {
                return std::fs::rename(&moved.to, &moved.from).is_err();
            }
            moved.at.elapsed() < LOOK_BACK
        });
    }

    /// Reads one file and moves it away, unless it has to wait.
    async fn take_file(&mut self, path: &Path) {
        let maps = self.maps();
        let (folder, note) = match self.read(path, maps).await {
            Outcome::Taken(problems) if problems.is_empty() => ("done", None),
            Outcome::Taken(problems) => ("done", Some(problems.join("\n"))),
            Outcome::Growing => return,
            Outcome::Refused(trouble) => {
                self.pipeline.note_trouble(&trouble);
                (
                    "failed",
                    Some(format!("{}\n{}", trouble.render(Lang::Ja), trouble.render(Lang::En))),
                )
            }
            Outcome::Waits(trouble) => {
                self.pipeline.note_trouble(&trouble);
                return;
            }
        };
        let look = std::fs::metadata(path).map(|meta| Look::at(&meta));
        match look.and_then(|look| Ok((look, self.move_away(path, folder, note.as_deref())?))) {
            Ok((look, to)) => {
                let (from, at) = (path.to_path_buf(), Stopwatch::now());
                self.moved.push(Moved { from, to, look, at });
            }
            Err(error) => self.tell_once(path, &error),
        }
    }

    /// The column maps as they are now, so that a new one holds for the next file. One that cannot be used is told once.
    fn maps(&mut self) -> Vec<CsvMap> {
        let Some((content, folder)) = &self.csv_maps else { return Vec::new() };
        let loaded = csv_maps::load(content, Some(folder));
        for (path, trouble) in loaded.refused {
            if self.told.insert(path) {
                self.pipeline.note_trouble(&trouble);
            }
        }
        loaded.maps
    }

    fn tell_once(&mut self, path: &Path, error: &std::io::Error) {
        if self.told.insert(path.to_path_buf()) {
            let detail = format!("{}: {error}", path.display());
            self.pipeline.note_trouble(&Trouble::new(&troubles::DATA_FOLDER, detail));
        }
    }

    /// Makes every event of the file durable.
    async fn read(&mut self, path: &Path, maps: Vec<CsvMap>) -> Outcome {
        let name = path.strip_prefix(&self.folder).unwrap_or(path).display().to_string();
        let source = match self.begin(path, &name).await {
            Ok(source) => source,
            Err(Begin::Unreadable(trouble)) => return Outcome::Refused(trouble),
            Err(Begin::NotKept(trouble)) => return Outcome::Waits(trouble),
        };
        let already = match self.events_of(&source).await {
            Ok(already) => already,
            Err(trouble) => return Outcome::Waits(trouble),
        };
        let context = Context { source, received_at: self.pipeline.now() };
        let (sender, receiver) = mpsc::channel(BATCH);
        let path_for_reader = path.to_path_buf();
        let reader = tokio::task::spawn_blocking(move || {
            read_blocking(&path_for_reader, &name, &context, &maps, &sender)
        });
        let stored = self.store(receiver, already).await;
        let read = reader.await;
        if let Err(trouble) = stored {
            return Outcome::Waits(trouble);
        }
        let Read { n_events, problems, grown } = match read {
            Ok(Ok(read)) => read,
            Ok(Err(error)) => return Outcome::Refused(files::refused(path, &error)),
            Err(error) => return Outcome::Refused(Trouble::because(&troubles::INTAKE, &error)),
        };
        if grown {
            return Outcome::Growing;
        }
        if n_events == 0 && !problems.is_empty() {
            let detail = format!("{}: {}", path.display(), problems.join("; "));
            return Outcome::Refused(Trouble::new(&troubles::NOT_A_LOG, detail));
        }
        Outcome::Taken(problems)
    }

    /// The source of the file: the one under which its reading was begun when it still begins alike, else a fresh one that is
    /// written down before the first event is.
    async fn begin(&self, path: &Path, name: &str) -> Result<String, Begin> {
        let gone = |error: std::io::Error| Begin::Unreadable(files::refused(path, &error));
        let not_kept = |error: LedgerError| Begin::NotKept(error.trouble());
        let kept = self.store.get_private(BEGUN, name).await.map_err(not_kept)?;
        let kept = kept.and_then(|kept| serde_json::from_value::<Begun>(kept.body).ok());
        if let Some(begun) = kept
            && digest_of(path, begun.bytes).map_err(gone)? == begun.digest
        {
            return Ok(begun.source);
        }
        let bytes = std::fs::metadata(path).map_err(gone)?.len();
        let digest = digest_of(path, bytes).map_err(gone)?;
        let source = format!("inbox/{name}#{}", digest.short());
        let begun = Begun { source: source.clone(), bytes, digest };
        let body = serde_json::to_value(&begun).unwrap_or_default();
        let until = self.pipeline.now().plus_days(BEGUN_DAYS);
        self.store.put_private(BEGUN, name, body, Some(until)).await.map_err(not_kept)?;
        Ok(source)
    }

    /// Events of that source which are durable from an earlier, interrupted reading.
    async fn events_of(&self, source: &str) -> Result<u64, Trouble> {
        let status = self.lake.status().await.map_err(|error| error.trouble())?;
        Ok(status.sources.iter().find(|own| own.source == source).map_or(0, |own| own.events))
    }

    async fn store(
        &self,
        mut receiver: mpsc::Receiver<Event>,
        already: u64,
    ) -> Result<(), Trouble> {
        for _ in 0..already {
            if receiver.recv().await.is_none() {
                return Ok(());
            }
        }
        let mut batch = Vec::with_capacity(BATCH);
        while receiver.recv_many(&mut batch, BATCH).await > 0 {
            self.pipeline.take(std::mem::take(&mut batch)).await?;
        }
        Ok(())
    }

    /// Where the file is afterwards.
    fn move_away(&self, path: &Path, folder: &str, note: Option<&str>) -> std::io::Result<PathBuf> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let stamp = self.pipeline.now().as_micros();
        let target = self.folder.join(folder).join(format!("{stamp}-{name}"));
        std::fs::rename(path, &target)?;
        if let Some(note) = note {
            std::fs::write(self.folder.join(folder).join(format!("{stamp}-{name}.txt")), note)?;
        }
        Ok(target)
    }
}

/// Why a file's reading could not be begun.
enum Begin {
    Unreadable(Trouble),
    NotKept(Trouble),
}

/// What reading a file came to.
struct Read {
    n_events: u64,
    problems: Vec<String>,
    /// It was written to meanwhile.
    grown: bool,
}

/// Reads the file on a thread of its own and sends events as the lake can take them.
fn read_blocking(
    path: &Path,
    name: &str,
    context: &Context,
    maps: &[CsvMap],
    sender: &mpsc::Sender<Event>,
) -> std::io::Result<Read> {
    let (mut n_events, mut problems) = (0, Vec::new());
    let file = File::open(path)?;
    let before = Look::at(&file.metadata()?);
    let file = WhileWanted { file, sender };
    let mut file = BufReader::new(file);
    let mut held = None;
    // Lines that name no year are of the time when the file was written, not of today.
    let written_by = before.written_at.unwrap_or(context.received_at);
    sources::read_file_with(
        &FileContext { name, context, written_by, maps, wanted: None },
        &mut file,
        &Limits::STANDARD,
        &mut |reading| match reading {
            Reading::Event { event, .. } => {
                n_events += 1;
                // The receiver goes away only when the events cannot be stored; that error is the one to report.
                held.replace(event).into_iter().for_each(|event| drop(sender.blocking_send(event)));
            }
            // Only when some records were not asked for; here all were.
            Reading::Passed => {}
            Reading::Unreadable(part) => {
                problems.push(format!("{} / {}", part.say(Lang::Ja), part.say(Lang::En)));
            }
        },
    )?;
    let grown = Look::at(&std::fs::metadata(path)?) != before;
    if !grown {
        held.into_iter().for_each(|event| drop(sender.blocking_send(event)));
    }
    Ok(Read { n_events, problems, grown })
}

/// A file that ends with an error as soon as nobody wants its events any more, so that stopping does not wait for the rest.
struct WhileWanted<'a> {
    file: File,
    sender: &'a mpsc::Sender<Event>,
}

impl WhileWanted<'_> {
    fn check(&self) -> std::io::Result<()> {
        if self.sender.is_closed() {
            return Err(std::io::Error::other("reading was given up"));
        }
        Ok(())
    }
}

impl std::io::Read for WhileWanted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.check()?;
        self.file.read(buffer)
    }
}

impl Seek for WhileWanted<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to)
    }
}

/// Digest of the first `n_bytes`.
fn digest_of(path: &Path, n_bytes: u64) -> std::io::Result<Digest> {
    Digest::of_reader(&mut File::open(path)?.take(n_bytes))
}
