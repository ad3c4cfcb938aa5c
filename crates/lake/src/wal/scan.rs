//! Reading a log file: what is whole, what is damaged, and where the believable part ends.

use super::frame::{FILE_HEADER_BYTES, FRAME_HEADER_BYTES, FileHeader, Frame, Token, read_frame};
use crate::reader::StoredEvent;

/// A stretch of bytes between whole frames that is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    /// Where it begins in the file.
    pub(crate) offset: usize,
    /// How long it is.
    pub(crate) bytes: usize,
}

/// What a log file holds.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// The events of all whole groups, in their order.
    pub(crate) events: Vec<StoredEvent>,
    /// Damage: acknowledged events may have been in it. It lies before whole groups or begins with an unreadable head.
    pub(crate) damage: Vec<Damage>,
    /// Where the last whole group or what is known to be damage ends; what follows was never acknowledged.
    pub(crate) committed: usize,
}

/// Where to go on reading a file that grows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Resume {
    /// Where the last whole group ended.
    pub(crate) offset: usize,
    /// How the file must begin, when the reader has the secret.
    expected: Option<FileHeader>,
    /// The token of the file's frames, once known.
    token: Option<Token>,
    /// The sequence number of the last event read.
    last_seq: u64,
}

impl Resume {
    /// The beginning of the file named after `first_seq`, for whoever has the secret: its frames are then found without
    /// believing its head, which is only compared with what it must be.
    pub(crate) fn with_secret(secret: &[u8; 32], first_seq: u64) -> Self {
        Self { expected: Some(FileHeader::of(secret, first_seq)), ..Self::default() }
    }
}

/// Scans a file's bytes from its beginning (`Resume::default()`) or, with the bytes after `resume.offset`, from there.
/// Offsets in the result count from the beginning of the file; `resume` is moved on.
pub(crate) fn scan_from(bytes: &[u8], resume: &mut Resume) -> Scan {
    let mut scan = Scan { committed: resume.offset, ..Scan::default() };
    if resume.offset == 0 {
        scan_whole(bytes, resume, &mut scan);
    } else {
        scan_frames(bytes, resume.offset, Vec::new(), resume, &mut scan);
    }
    scan
}

/// Scans a file from its head on.
fn scan_whole(bytes: &[u8], resume: &mut Resume, scan: &mut Scan) {
    // Shorter than a head: creating the file was interrupted, before anything was acknowledged in it.
    let Some(frames) = bytes.get(FILE_HEADER_BYTES..) else { return };
    let head = head_of(bytes, frames, resume.expected);
    resume.token = head.token;
    let mut damage = Vec::new();
    if head.is_intact {
        scan.committed = FILE_HEADER_BYTES;
    } else {
        damage.push(Damage { offset: 0, bytes: FILE_HEADER_BYTES });
    }
    scan_frames(frames, FILE_HEADER_BYTES, damage, resume, scan);
    if scan.committed == 0 {
        // The head was durable before the first frame: whatever was in the file, this is no unfinished write.
        scan.damage = vec![Damage { offset: 0, bytes: bytes.len() }];
        scan.committed = bytes.len();
    }
}

/// Scans frames that begin at `offset` of their file; `damage` is what was found before them.
fn scan_frames(
    mut rest: &[u8],
    mut offset: usize,
    mut damage: Vec<Damage>,
    resume: &mut Resume,
    scan: &mut Scan,
) {
    let Some(token) = resume.token else { return };
    let mut group = Vec::new();
    let mut last_seq = resume.last_seq;
    while let Some((skipped, frame)) = next_frame(rest, &token, last_seq) {
        if skipped > 0 {
            damage.push(Damage { offset, bytes: skipped });
        }
        offset += skipped + frame.bytes;
        rest = rest.get(skipped + frame.bytes..).unwrap_or_default();
        last_seq = frame.stored.seq;
        group.push(frame.stored);
        if frame.ends_group {
            resume.last_seq = last_seq;
            scan.events.append(&mut group);
            scan.damage.append(&mut damage);
            scan.committed = offset;
        }
    }
    resume.offset = scan.committed;
}

/// What the beginning of a file says.
struct Head {
    /// The token of its frames, unless nothing tells it.
    token: Option<Token>,
    /// Whether the head itself is as it was written.
    is_intact: bool,
}

fn head_of(bytes: &[u8], frames: &[u8], expected: Option<FileHeader>) -> Head {
    if let Some(header) = expected {
        let is_intact = bytes.starts_with(&header.encode());
        return Head { token: Some(header.token), is_intact };
    }
    match FileHeader::decode(bytes) {
        Some(header) => Head { token: Some(header.token), is_intact: true },
        None => Head { token: token_of_first_frame(frames), is_intact: false },
    }
}

/// For readers without the secret: the token that the first frame bears, when that frame is whole.
fn token_of_first_frame(frames: &[u8]) -> Option<Token> {
    let token = *frames.first_chunk::<8>()?;
    read_frame(frames, &token)?;
    Some(token)
}

/// The next whole frame and how many bytes had to be skipped before it.
fn next_frame(bytes: &[u8], token: &Token, last_seq: u64) -> Option<(usize, Frame)> {
    let follows = |frame: &Frame| frame.stored.seq > last_seq;
    if let Some(frame) = read_frame(bytes, token).filter(follows) {
        return Some((0, frame));
    }
    let starts = bytes.windows(FRAME_HEADER_BYTES).enumerate().skip(1);
    starts.filter(|(_, window)| window.starts_with(token)).find_map(|(skipped, _)| {
        let frame = read_frame(bytes.get(skipped..)?, token).filter(follows)?;
        Some((skipped, frame))
    })
}
