//! Rotated files that were packed with gzip since, read as if they were not: forward in one go, and a little back without
//! unpacking from the start again.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flate2::read::MultiGzDecoder;
use sakimori_watch::sources::{Limits, is_damage};
use sakimori_words::Instant;

use super::file::{HEAD_BYTES, inode};
use crate::files;

/// How packed files end.
pub(super) const ENDING: &str = ".gz";

/// Unpacked bytes behind the place that was read last, kept to go back to.
const WINDOW_BYTES: usize = 64 << 10;

/// Unpacked in one go.
const PIECE_BYTES: usize = 32 << 10;

/// The packed files that are open, from one look to the next: whoever goes on in one needs not begin at its start again.
#[derive(Default)]
pub(super) struct Packs {
    open: Vec<(Stamp, Unpacking)>,
    /// Those of the last look, of which nobody knows yet whether they are still wanted.
    left: Vec<(Stamp, Unpacking)>,
    told: HashSet<Stamp>,
}

/// By what a packed file is the same at the next look, whatever its name.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Stamp {
    inode: u64,
    n_bytes: u64,
    written_at: Option<Instant>,
}

impl Packs {
    /// A new look begins. What is not opened again in it is closed when the next one begins.
    pub(super) fn look_again(&mut self) {
        self.left = std::mem::take(&mut self.open);
    }

    /// Opens a packed file, or goes on with it as it was left.
    pub(super) fn open(&mut self, file: File) -> io::Result<Unpacking> {
        let meta = file.metadata()?;
        let stamp = Stamp {
            inode: inode(&file)?,
            n_bytes: meta.len(),
            written_at: files::written_at(&meta),
        };
        let at_hand = self.open.iter().chain(&self.left).find(|(own, _)| *own == stamp);
        let unpacking = match at_hand {
            Some((_, unpacking)) => unpacking.clone(),
            None => Unpacking::begin(file)?,
        };
        self.open.push((stamp, unpacking.clone()));
        Ok(unpacking)
    }

    /// What was wrong with a packed file that was read, each file once.
    pub(super) fn damage(&mut self) -> Option<String> {
        let told = &mut self.told;
        self.open.iter().find_map(|(stamp, unpacking)| {
            let damage = unpacking.lock().damage.clone()?;
            told.insert(stamp.clone()).then_some(damage)
        })
    }
}

/// A packed file, as the bytes that were packed. One place in it is read at a time.
#[derive(Clone)]
pub(super) struct Unpacking(Arc<Mutex<Unpacked>>);

impl Unpacking {
    fn begin(mut file: File) -> io::Result<Self> {
        let packed_at = packed_at(&mut file)?;
        let stream = stream(&mut file)?;
        Ok(Self(Arc::new(Mutex::new(Unpacked {
            file,
            stream,
            // Not the ratio of archives: a log that repeats one line packs a thousandfold, and none of its lines may be lost.
            most_bytes: Limits::STANDARD.archive_bytes,
            packed_at,
            at: 0,
            head: Vec::new(),
            window: Vec::new(),
            window_at: 0,
            damage: None,
        }))))
    }

    /// The file as it lies on the disk.
    pub(super) fn inode(&self) -> io::Result<u64> {
        inode(&self.lock().file)
    }

    /// When what is in it was last written. Packing keeps that time as the file's own; where it did not, the file itself may
    /// say it, to the second.
    pub(super) fn written_at(&self) -> io::Result<Option<Instant>> {
        let unpacked = self.lock();
        let own = files::written_at(&unpacked.file.metadata()?);
        Ok(match (own, unpacked.packed_at) {
            (Some(own), Some(inner)) if inner < whole_seconds(own) => Some(inner),
            _ => own,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Unpacked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Unpacking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.lock().read(buffer)
    }
}

impl Seek for Unpacking {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let mut unpacked = self.lock();
        match to {
            SeekFrom::Start(at) => unpacked.at = at,
            SeekFrom::Current(by) => unpacked.at = unpacked.at.saturating_add_signed(by),
            // Nobody knows where that is before everything was unpacked, and nobody asks.
            SeekFrom::End(_) => return Err(ErrorKind::Unsupported.into()),
        }
        Ok(unpacked.at)
    }
}

/// The time without what is less than a second, as some programs that pack keep it.
pub(super) fn whole_seconds(at: Instant) -> Instant {
    Instant::from_micros(at.as_micros().div_euclid(1_000_000).saturating_mul(1_000_000))
}

struct Unpacked {
    file: File,
    stream: MultiGzDecoder<BufReader<File>>,
    most_bytes: u64,
    packed_at: Option<Instant>,
    /// Where is read next.
    at: u64,
    /// The first bytes, which are asked for again and again.
    head: Vec<u8>,
    /// The bytes unpacked last.
    window: Vec<u8>,
    window_at: u64,
    /// Why nothing behind the window can be read.
    damage: Option<String>,
}

impl Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let held = self.held();
            if !held.is_empty() {
                let n_bytes = Read::read(&mut &*held, buffer)?;
                self.at += n_bytes as u64;
                return Ok(n_bytes);
            }
            if self.at < self.window_at {
                self.begin_again()?;
            } else if !self.unpack_more()? {
                return Ok(0);
            }
        }
    }

    /// The bytes at the place that is read next, as far as they are at hand.
    fn held(&self) -> &[u8] {
        let from = |bytes: &'_ [u8], start: u64| -> Option<usize> {
            let offset = usize::try_from(self.at.checked_sub(start)?).ok()?;
            (offset < bytes.len()).then_some(offset)
        };
        let in_head = from(&self.head, 0).and_then(|offset| self.head.get(offset..));
        let in_window =
            || from(&self.window, self.window_at).and_then(|offset| self.window.get(offset..));
        in_head.or_else(in_window).unwrap_or_default()
    }

    fn begin_again(&mut self) -> io::Result<()> {
        self.stream = stream(&mut self.file)?;
        self.window.clear();
        self.window_at = 0;
        self.damage = None;
        Ok(())
    }

    /// Unpacks the next piece; no when there is none.
    fn unpack_more(&mut self) -> io::Result<bool> {
        let end = self.window_at + self.window.len() as u64;
        if self.damage.is_some() {
            return Ok(false);
        }
        if end >= self.most_bytes {
            self.damage = Some("it unpacks to more than an archive may".to_owned());
            return Ok(false);
        }
        if self.window.len() > 2 * WINDOW_BYTES {
            let n_bytes = self.window.len() - WINDOW_BYTES;
            self.window.drain(..n_bytes);
            self.window_at += n_bytes as u64;
        }
        let before = self.window.len();
        let unpacked = (&mut self.stream).take(PIECE_BYTES as u64).read_to_end(&mut self.window);
        self.keep_head();
        match unpacked {
            Ok(n_bytes) => return Ok(n_bytes > 0),
            Err(error) if is_damage(&error) => self.damage = Some(error.to_string()),
            Err(error) => return Err(error),
        }
        Ok(self.window.len() > before)
    }

    fn keep_head(&mut self) {
        let most_bytes = usize::try_from(HEAD_BYTES).unwrap_or(usize::MAX);
        if self.window_at == 0 && self.head.len() < most_bytes {
            self.head = self.window.iter().take(most_bytes).copied().collect();
        }
    }
}

fn stream(file: &mut File) -> io::Result<MultiGzDecoder<BufReader<File>>> {
    file.seek(SeekFrom::Start(0))?;
    Ok(MultiGzDecoder::new(BufReader::new(file.try_clone()?)))
}

/// When the packed file had last been written, as the packed bytes themselves say (RFC 1952, MTIME); `None` when they do not.
fn packed_at(file: &mut File) -> io::Result<Option<Instant>> {
    let mut head = Vec::new();
    file.take(8).read_to_end(&mut head)?;
    Ok(match *head {
        [0x1f, 0x8b, _, _, a, b, c, d] if [a, b, c, d] != [0; 4] => {
            let seconds = u32::from_le_bytes([a, b, c, d]);
            Some(Instant::from_micros(i64::from(seconds) * 1_000_000))
        }
        _ => None,
    })
}
