//! Both digests of one stream in one pass, in a form that can be put down and taken up again.
//!
//! SHA-256 is what courts and police forms ask for; its inner state between two blocks is 32 bytes and a length. BLAKE3 is a tree:
//! a chunk of the container is one of its subtrees, so that many cores can work on it, and what is known so far is at most one
//! digest for each level.

use blake3::hazmat::{
    ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root,
};
use sha2::Sha256;
use sha2::digest::Digest;
use sha2::digest::common::hazmat::{SerializableState, SerializedState};

/// Digest of 32 bytes.
pub(crate) type Digest32 = [u8; 32];

/// What BLAKE3 says of one chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkDigest {
    /// As a part of a longer stream, at its place.
    pub(crate) inner: ChainingValue,
    /// As if it were the whole stream; only right for the first chunk.
    pub(crate) alone: Digest32,
}

/// Digests the chunk that begins at `offset`, a multiple of the chunk length. An empty chunk does not occur.
pub(crate) fn chunk_digest(offset: u64, bytes: &[u8]) -> ChunkDigest {
    let mut hasher = blake3::Hasher::new();
    hasher.set_input_offset(offset).update(bytes);
    let inner = if bytes.is_empty() { [0; 32] } else { hasher.finalize_non_root() };
    let alone = if offset == 0 { *hasher.finalize().as_bytes() } else { [0; 32] };
    ChunkDigest { inner, alone }
}

/// The BLAKE3 tree over chunks that come in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tree {
    /// Whole subtrees, the largest first.
    pub(crate) stack: Vec<Digest32>,
    /// Chunks so far.
    pub(crate) n_chunks: u64,
    /// The first chunk as if it were alone.
    pub(crate) first_alone: Digest32,
}

impl Tree {
    /// Adds the next chunk.
    pub(crate) fn push(&mut self, chunk: &ChunkDigest) {
        if self.n_chunks == 0 {
            self.first_alone = chunk.alone;
        }
        // Two subtrees of a size are joined only when more follows: the last join makes the root and is another one.
        self.join_down_to(u64::from(self.n_chunks.count_ones()));
        self.stack.push(chunk.inner);
        self.n_chunks += 1;
    }

    fn join_down_to(&mut self, n_subtrees: u64) {
        while self.stack.len() as u64 > n_subtrees {
            let (Some(right), Some(left)) = (self.stack.pop(), self.stack.pop()) else { return };
            self.stack.push(merge_subtrees_non_root(&left, &right, Mode::Hash));
        }
    }

    /// The digest of everything so far, the same that any BLAKE3 program gives for the stream.
    pub(crate) fn root(&self) -> Digest32 {
        match self.n_chunks {
            0 => *blake3::hash(b"").as_bytes(),
            1 => self.first_alone,
            _ => self.joined(),
        }
    }

    fn joined(&self) -> Digest32 {
        let mut subtrees = self.stack.iter().rev();
        let mut right = subtrees.next().copied().unwrap_or_default();
        let mut left = subtrees.next().copied().unwrap_or_default();
        for next in subtrees {
            right = merge_subtrees_non_root(&left, &right, Mode::Hash);
            left = *next;
        }
        *merge_subtrees_root(&left, &right, Mode::Hash).as_bytes()
    }
}

/// The state of a SHA-256 that goes on later.
pub(crate) fn put_down(hasher: &Sha256) -> Vec<u8> {
    hasher.serialize().to_vec()
}

/// The SHA-256 that was put down; `None` when these bytes are no such state.
pub(crate) fn take_up(state: &[u8]) -> Option<Sha256> {
    let state: &SerializedState<Sha256> = state.try_into().ok()?;
    Sha256::deserialize(state).ok()
}

/// SHA-256 and BLAKE3 of something short or read on one thread.
#[derive(Clone, Default)]
pub(crate) struct Both {
    sha256: Sha256,
    blake3: blake3::Hasher,
}

impl Both {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.blake3.update(bytes);
    }

    /// Both in hexadecimal digits: SHA-256, BLAKE3.
    pub(crate) fn hex(self) -> (String, String) {
        (hex(&self.sha256.finalize()), hex(self.blake3.finalize().as_bytes()))
    }
}

/// Hexadecimal digits, small letters.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes behind hexadecimal digits.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte * 16 + digit)).collect(),
    )
}
