//! The custody chain of a case: one JSON object a line, each line carrying the digest of the bytes of the line before.
//!
//! A line's digest is SHA-256 over its bytes as they stand in the file, without the line feed: nothing has to be put into a
//! canonical form to check it. Who has the number and digest of the last line (printed on the sheet for the meeting) can tell
//! later whether anything was changed, added or removed. `docs/evidence/custody.md` states the procedure.

use sakimori_words::{CaseId, Digest, Instant, Text};
use serde::{Deserialize, Serialize};

use super::{Act, moment};
use crate::Actor;

/// What every line says it is.
pub const CHAIN_FORMAT: &str = "sakimori-custody/1";

/// How many lines there are, and the digest of the last one; all zero before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    /// Number of the last line.
    pub n: u64,
    /// Digest of its bytes.
    pub digest: Digest,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainLine {
    /// Always [`CHAIN_FORMAT`].
    pub format: String,
    /// The case.
    pub case: CaseId,
    /// Its number, from 1.
    pub n: u64,
    /// Digest of the line before; all zero for the first.
    pub prev: Digest,
    /// When it was written.
    #[serde(with = "moment")]
    pub at: Instant,
    /// By whom.
    pub by: Actor,
    /// What was done.
    pub act: Act,
}

impl ChainLine {
    /// The bytes of the line, without the line feed.
    #[must_use]
    pub fn text(&self) -> String {
        // Strings, numbers and lists of them cannot fail to be written; an empty line would be found by every check.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What is wrong with a chain, and where. The first fault is named; what follows it says nothing more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// A line was changed.
    #[error("line {n} is not what was written")]
    Changed {
        /// Which one.
        n: u64,
    },
    /// Lines are missing.
    #[error("lines {first} to {last} are missing")]
    Missing {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// A line was added: one number is there twice, or it follows the last one.
    #[error("a line was added at number {n}")]
    Added {
        /// Which number.
        n: u64,
    },
    /// The links are whole but the head is not the one that was written down: the last line was changed, or all were written anew.
    #[error("the last of {n} lines, or the whole chain, is not what was written")]
    Another {
        /// How many lines it has.
        n: u64,
    },
}

impl ChainFault {
    /// The fault in words.
    #[must_use]
    pub fn words(&self) -> Text {
        let ja = match self {
            Self::Changed { n } => format!("{n} 行目が書かれたときと異なります"),
            Self::Missing { first, last } if first == last => format!("{first} 行目がありません"),
            Self::Missing { first, last } => format!("{first} 行目から {last} 行目がありません"),
            Self::Added { n } => format!("番号 {n} の行が加えられています"),
            Self::Another { n } => {
                format!("最後の行（{n} 行目）又は全体が、書かれたときと異なります")
            }
        };
        Text::new(ja, self.to_string())
    }
}

/// What a check needs of a line.
struct Seen {
    n: u64,
    prev: Digest,
    digest: Digest,
}

#[derive(Deserialize)]
struct Frame {
    format: String,
    n: u64,
    prev: Digest,
}

/// Checks a chain, against the head that was written down elsewhere when there is one.
///
/// # Errors
/// The first fault.
pub fn check_chain(text: &str, head: Option<ChainHead>) -> Result<ChainHead, ChainFault> {
    let mut lines: Vec<Seen> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let n = index as u64 + 1;
        let frame: Frame = serde_json::from_str(line).map_err(|_| ChainFault::Changed { n })?;
        if frame.format != CHAIN_FORMAT {
            return Err(ChainFault::Changed { n });
        }
        lines.push(Seen { n: frame.n, prev: frame.prev, digest: Digest::of(line.as_bytes()) });
    }
    let mut before = ChainHead::default();
    for (index, line) in lines.iter().enumerate() {
        let follows = lines.get(index + 1).map(|next| next.prev);
        let held = follows.or_else(|| head.map(|head| head.digest)) == Some(line.digest);
        check_line(before, line, held)?;
        before = ChainHead { n: line.n, digest: line.digest };
    }
    match head {
        Some(head) => against_head(before, head),
        None => Ok(before),
    }
}

/// `held`: whether the line after it (or the head) names its digest, so that it is itself what was written.
fn check_line(before: ChainHead, line: &Seen, held: bool) -> Result<(), ChainFault> {
    let expected = before.n + 1;
    if line.prev == before.digest {
        return if line.n == expected { Ok(()) } else { Err(ChainFault::Changed { n: expected }) };
    }
    Err(match line.n {
        n if n > expected && held => ChainFault::Missing { first: expected, last: n - 1 },
        n if n > expected => ChainFault::Changed { n: expected },
        n if n < expected && n > 0 => ChainFault::Added { n },
        _ if held && before.n > 0 => ChainFault::Changed { n: before.n },
        _ => ChainFault::Changed { n: expected },
    })
}

fn against_head(found: ChainHead, head: ChainHead) -> Result<ChainHead, ChainFault> {
    if found == head {
        return Ok(found);
    }
    Err(match found.n {
        n if n < head.n => ChainFault::Missing { first: n + 1, last: head.n },
        n if n > head.n => ChainFault::Added { n: head.n + 1 },
        n => ChainFault::Another { n },
    })
}

/// Any bytes are checked without a panic; for the fuzzer and its test.
pub fn fuzz_custody_chain(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = check_chain(&text, None);
    for line in text.lines() {
        let _ = serde_json::from_str::<ChainLine>(line);
    }
}
