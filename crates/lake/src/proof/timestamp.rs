//! RFC 3161: asking a time-stamping authority about a checkpoint, and reading what it answers.
//!
//! A reply says that the checkpoint existed at a time which neither the node nor an office above it chose. What is checked here is
//! that the reply was granted and is about this note; whose signature stands under it is for whoever relies on it, with the
//! authority's own certificate (`openssl ts -verify`), because only they can say which authority they trust.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sakimori_words::{Digest, Instant};
use serde::{Deserialize, Serialize};

/// Largest reply that is read, in bytes: a signature with a chain of certificates has a few thousand.
pub const REPLY_BYTES_MAX: usize = 64 * 1024;

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
const OBJECT_ID: u8 = 0x06;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const CONTEXT_0: u8 = 0xa0;

/// 2.16.840.1.101.3.4.2.1, SHA-256.
const SHA_256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
/// 1.2.840.113549.1.7.2, signed data of the Cryptographic Message Syntax.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.16.1.4, the statement of a time-stamping authority.
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];

/// A note and what an authority replied about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StampedHead {
    /// The signed note.
    pub note: String,
    /// The reply (`TimeStampResp`, DER) in base64.
    pub reply: String,
}

/// What an authority states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The SHA-256 it is about.
    pub digest: Digest,
    /// The time, to the second.
    pub at: Instant,
    /// The request's nonce, big-endian without leading zeros; empty when it states none.
    pub nonce: Vec<u8>,
}

/// Why a reply is nothing to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// It is no reply of a time-stamping authority.
    #[error("not a reply of a time-stamping authority (RFC 3161)")]
    Malformed,
    /// The authority refused.
    #[error("the authority refused (status {0})")]
    NotGranted(u8),
    /// It is about something else.
    #[error("the reply is not about this checkpoint")]
    OtherDigest,
}

/// The request (`TimeStampReq`, DER) over the SHA-256 of `note`. The authority's certificate is asked for, so that the reply can
/// be checked by itself.
#[must_use]
pub fn stamp_request(note: &str, nonce: u64) -> Vec<u8> {
    let digest = Digest::of(note.as_bytes());
    let imprint = [algorithm(), der(OCTET_STRING, digest.as_bytes())].concat();
    let parts = [
        der(INTEGER, &[1]),
        der(SEQUENCE, &imprint),
        der(INTEGER, &positive(nonce)),
        der(BOOLEAN, &[0xff]),
    ];
    der(SEQUENCE, &parts.concat())
}

impl Stamp {
    /// Reads a reply (`TimeStampResp`, DER).
    ///
    /// # Errors
    /// When it is none or was refused.
    pub fn read(reply: &[u8]) -> Result<Self, StampError> {
        if reply.len() > REPLY_BYTES_MAX {
            return Err(StampError::Malformed);
        }
        let mut reply = Der(reply);
        let mut response = reply.take(SEQUENCE)?;
        let mut status = response.take(SEQUENCE)?;
        match status.take(INTEGER)?.0 {
            [0 | 1] => read_token(&mut response),
            [refused] => Err(StampError::NotGranted(*refused)),
            _ => Err(StampError::Malformed),
        }
    }

    /// Reads a reply in base64 and checks that it is about `note`.
    ///
    /// # Errors
    /// When it is not.
    pub fn read_over(head: &StampedHead) -> Result<Self, StampError> {
        let reply = BASE64.decode(&head.reply).map_err(|_| StampError::Malformed)?;
        let stamp = Self::read(&reply)?;
        if stamp.digest == Digest::of(head.note.as_bytes()) {
            Ok(stamp)
        } else {
            Err(StampError::OtherDigest)
        }
    }
}

/// Reads `bytes` as a reply, for fuzzing: must never panic.
pub fn fuzz_stamp(bytes: &[u8]) {
    let _ = Stamp::read(bytes);
}

/// `ContentInfo` of the token down to the authority's statement.
fn read_token(response: &mut Der<'_>) -> Result<Stamp, StampError> {
    let mut token = response.take(SEQUENCE)?;
    token.expect(OBJECT_ID, SIGNED_DATA)?;
    let mut signed = token.take(CONTEXT_0)?.take(SEQUENCE)?;
    signed.take(INTEGER)?;
    signed.take(SET)?;
    let mut content = signed.take(SEQUENCE)?;
    content.expect(OBJECT_ID, TST_INFO)?;
    let statement = content.take(CONTEXT_0)?.take(OCTET_STRING)?;
    read_statement(statement)
}

fn read_statement(mut bytes: Der<'_>) -> Result<Stamp, StampError> {
    let mut info = bytes.take(SEQUENCE)?;
    info.expect(INTEGER, &[1])?;
    info.take(OBJECT_ID)?;
    let mut imprint = info.take(SEQUENCE)?;
    // RFC 5754: the parameters of SHA-256 may be NULL or left out.
    imprint.take(SEQUENCE)?.expect(OBJECT_ID, SHA_256)?;
    let digest: [u8; 32] =
        imprint.take(OCTET_STRING)?.0.try_into().map_err(|_| StampError::Malformed)?;
    info.take(INTEGER)?;
    let at = read_time(info.take(GENERALIZED_TIME)?.0).ok_or(StampError::Malformed)?;
    // Accuracy and ordering may come before it.
    let mut nonce = Vec::new();
    while !info.0.is_empty() {
        let (tag, value) = info.next()?;
        if tag == INTEGER {
            nonce = value.iter().copied().skip_while(|byte| *byte == 0).collect();
        }
    }
    Ok(Stamp { digest: Digest::from_bytes(digest), at, nonce })
}

/// `YYYYMMDDhhmmss[.f…]Z`, to the second.
fn read_time(bytes: &[u8]) -> Option<Instant> {
    let text = std::str::from_utf8(bytes).ok()?.strip_suffix('Z')?;
    let text = text.split_once('.').map_or(text, |(seconds, _)| seconds);
    if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to);
    let day = format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let time = format!("{}:{}:{}", part(8, 10)?, part(10, 12)?, part(12, 14)?);
    Instant::parse(&format!("{day}T{time}Z")).ok()
}

fn algorithm() -> Vec<u8> {
    der(SEQUENCE, &[der(OBJECT_ID, SHA_256), der(NULL, &[])].concat())
}

/// A number as the content of an INTEGER: shortest, and never read as negative.
fn positive(number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let mut shortest: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    if shortest.first().is_none_or(|byte| byte & 0x80 != 0) {
        shortest.insert(0, 0);
    }
    shortest
}

/// One element with its length. What is written here is shorter than 64 KiB.
pub(super) fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    let [high, low] = length.to_be_bytes();
    let mut bytes = match (high, low) {
        (0, short) if short < 0x80 => vec![tag, short],
        (0, long) => vec![tag, 0x81, long],
        _ => vec![tag, 0x82, high, low],
    };
    bytes.extend_from_slice(content);
    bytes
}

/// Elements that are still to be read.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The next element: its tag and content.
    fn next(&mut self) -> Result<(u8, &'a [u8]), StampError> {
        let (&tag, rest) = self.0.split_first().ok_or(StampError::Malformed)?;
        let (&first, rest) = rest.split_first().ok_or(StampError::Malformed)?;
        let n_more = match first {
            0..=0x7f => 0,
            0x81..=0x83 => usize::from(first & 0x7f),
            _ => return Err(StampError::Malformed),
        };
        let (more, rest) = rest.split_at_checked(n_more).ok_or(StampError::Malformed)?;
        let length = match n_more {
            0 => usize::from(first),
            _ => more.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)),
        };
        let (content, rest) = rest.split_at_checked(length).ok_or(StampError::Malformed)?;
        self.0 = rest;
        Ok((tag, content))
    }

    /// What is inside the next element, which must have that tag.
    fn take(&mut self, tag: u8) -> Result<Self, StampError> {
        match self.next()? {
            (found, content) if found == tag => Ok(Self(content)),
            _ => Err(StampError::Malformed),
        }
    }

    /// The next element must be exactly this one.
    fn expect(&mut self, tag: u8, content: &[u8]) -> Result<(), StampError> {
        if self.take(tag)?.0 == content { Ok(()) } else { Err(StampError::Malformed) }
    }
}
