//! What a person can rely on who takes evidence, and who checks it later.

mod archives;
mod damage;
mod folders;
mod formats;
mod images;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sakimori_words::{Clock, Instant};

use crate::{
    AcquireError, Evidence, Kind, Layout, Progress, Range, Request, Said, Source, SourceFacts,
    Taken, Tool, acquire_image, resume_image,
};

/// Small enough that a few kilobytes show everything.
const SMALL: Layout = Layout { chunk_bytes: 1024, file_bytes: 5000, mark_bytes: 3000 };

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Instant {
        Instant::parse("2026-11-22T12:00:00+09:00").unwrap()
    }
}

/// A disk that cannot be read in some places, and counts what it gives.
#[derive(Clone)]
struct FakeDisk {
    bytes: Arc<Vec<u8>>,
    bad: Vec<Range>,
    given: Arc<AtomicU64>,
}

impl FakeDisk {
    fn of(bytes: Vec<u8>, bad: &[(u64, u64)]) -> Self {
        let bad = bad.iter().map(|&(offset, length)| Range { offset, length }).collect();
        Self { bytes: Arc::new(bytes), bad, given: Arc::default() }
    }

    fn facts(&self) -> SourceFacts {
        SourceFacts {
            path: "/dev/sdx".to_owned(),
            size_bytes: self.bytes.len() as u64,
            model: "Example SSD".to_owned(),
            serial: "S0001".to_owned(),
            ..SourceFacts::default()
        }
    }

    fn given(&self) -> u64 {
        self.given.load(Ordering::SeqCst)
    }

    /// What an image of it must be: zeros where it cannot be read, by sectors.
    fn expected(&self) -> Vec<u8> {
        let mut bytes = self.bytes.as_ref().clone();
        for (number, sector) in bytes.chunks_mut(512).enumerate() {
            if crate::image::touches(&self.bad, number as u64 * 512, sector.len() as u64) {
                sector.fill(0);
            }
        }
        bytes
    }
}

impl Source for FakeDisk {
    fn size_bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if crate::image::touches(&self.bad, offset, buffer.len() as u64) {
            return Err(io::Error::from_raw_os_error(5));
        }
        let from = usize::try_from(offset).unwrap();
        // Short reads are ordinary.
        let n = buffer.len().min(self.bytes.len() - from).min(700);
        buffer[..n].copy_from_slice(&self.bytes[from..from + n]);
        self.given.fetch_add(n as u64, Ordering::SeqCst);
        Ok(n)
    }
}

fn request(folder: &Path) -> Request<'static> {
    let said = Said {
        title: "電子カルテ端末 ek-02 の内蔵ディスク".to_owned(),
        examiner: "防人 花子".to_owned(),
        witness: "事務長".to_owned(),
        case: "case-1".to_owned(),
        note: String::new(),
    };
    let tool =
        Tool { name: "sakimori".to_owned(), version: "0.1.0".to_owned(), digest: String::new() };
    Request {
        folder: folder.to_path_buf(),
        said,
        tool,
        layout: SMALL,
        patience: Duration::MAX,
        clock: &Noon,
    }
}

fn take(folder: &Path, disk: &FakeDisk) -> Result<Taken, AcquireError> {
    take_telling(folder, disk, &mut |_| {})
}

fn take_telling(
    folder: &Path,
    disk: &FakeDisk,
    tell: &mut dyn FnMut(Progress),
) -> Result<Taken, AcquireError> {
    acquire_image(&request(folder), Kind::Disk, disk.facts(), &mut disk.clone(), None, tell)
}

fn resume(folder: &Path, disk: &FakeDisk) -> Result<Taken, AcquireError> {
    resume_telling(folder, disk, &mut |_| {})
}

fn resume_telling(
    folder: &Path,
    disk: &FakeDisk,
    tell: &mut dyn FnMut(Progress),
) -> Result<Taken, AcquireError> {
    resume_image(&request(folder), Kind::Disk, &disk.facts(), &mut disk.clone(), None, tell)
}

/// Takes evidence until `n_chunks` are written, and then ends as a process does that is killed.
fn killed_after(n_chunks: u64, work: impl FnOnce(&mut dyn FnMut(Progress))) -> bool {
    let mut told = 0;
    let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        work(&mut |_| {
            told += 1;
            // Not `panic!`: no message in the output of a test that passes.
            if told == n_chunks {
                std::panic::resume_unwind(Box::new("killed"));
            }
        });
    }));
    ran.is_err()
}

fn raw(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let damage = Evidence::open(folder).unwrap().export(&mut bytes, &mut |_| {}).unwrap();
    assert_eq!(damage, []);
    bytes
}

fn is_sound(folder: &Path) -> bool {
    Evidence::open(folder).is_ok_and(|evidence| evidence.verify(&mut |_| {}).unwrap().is_sound())
}

/// Text, holes and noise in turn.
fn varied(n_bytes: usize) -> Vec<u8> {
    let mut state = 12345_u32;
    let noise = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..n_bytes)
        .map(|at| match at / 1500 % 3 {
            0 => b"Nov 22 12:00:00 ek-02 sshd: "[at % 28],
            1 => 0,
            _ => noise(&mut state),
        })
        .collect()
}
