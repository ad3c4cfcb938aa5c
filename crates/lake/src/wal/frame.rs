//! Frames: how one event lies in a log file. The layout is written down in `FORMAT.md`; version 1 stays readable for ever.

use sakimori_words::{Digest, Event, Fields, Instant, Value};

use crate::leaf::{leaf_of_evidence, put_evidence, put_sized};
use crate::reader::StoredEvent;

/// Opens every log file.
pub(crate) const FILE_MAGIC: &[u8; 8] = b"SKMR-WAL";
/// The format this version writes.
pub(crate) const FORMAT: u32 = 1;
/// Magic, format, first sequence number, token, checksum.
pub(crate) const FILE_HEADER_BYTES: usize = 32;
/// Token, length, checksum.
pub(crate) const FRAME_HEADER_BYTES: usize = 16;

/// What a field usually takes at least, so that the list of them is made once.
const FIELD_BYTES_USUAL: usize = 24;

/// Eight bytes at the head of each frame that nobody outside can guess.
///
/// After damage the reader looks for the next frame byte by byte, inside what senders wrote as well: with a fixed mark a
/// sender could hide a forged frame in a record and wait for a power cut.
pub(crate) type Token = [u8; 8];

/// The token of the frames of the file that begins with `first_seq`. Whoever has the secret knows it without asking the
/// file, so that nothing in the file can mislead the reader.
pub(crate) fn token_of(secret: &[u8; 32], first_seq: u64) -> Token {
    let digest = Digest::of_parts(&[b"sakimori wal token", secret, &first_seq.to_be_bytes()]);
    let [a, b, c, d, e, f, g, h, ..] = *digest.as_bytes();
    [a, b, c, d, e, f, g, h]
}

/// The beginning of a log file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileHeader {
    /// The sequence number of its first event.
    pub(crate) first_seq: u64,
    /// The token of its frames.
    pub(crate) token: Token,
}

impl FileHeader {
    /// The header of the file that begins with `first_seq`.
    pub(crate) fn of(secret: &[u8; 32], first_seq: u64) -> Self {
        Self { first_seq, token: token_of(secret, first_seq) }
    }

    /// The header as it lies in the file.
    pub(crate) fn encode(self) -> Vec<u8> {
        let mut bytes = FILE_MAGIC.to_vec();
        bytes.extend_from_slice(&FORMAT.to_be_bytes());
        bytes.extend_from_slice(&self.first_seq.to_be_bytes());
        bytes.extend_from_slice(&self.token);
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_be_bytes());
        bytes
    }

    /// Reads the header of a file of this format.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut cursor = Cursor(bytes);
        let body = bytes.get(..FILE_HEADER_BYTES - 4)?;
        let magic = cursor.array::<8>()?;
        let format = cursor.u32()?;
        let header = Self { first_seq: cursor.u64()?, token: cursor.array()? };
        let intact = cursor.u32()? == crc32c::crc32c(body);
        (intact && magic == *FILE_MAGIC && format == FORMAT).then_some(header)
    }
}

/// An event made ready by its caller; only the sequence number is missing.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The evidence part without its sequence number, and what the source understood.
    bytes: Vec<u8>,
    evidence_bytes: usize,
}

impl Prepared {
    /// Lays out an event.
    pub(crate) fn new(event: &Event) -> Self {
        let mut bytes = Vec::with_capacity(Self::len_of(event));
        put_evidence(&mut bytes, event);
        let evidence_bytes = bytes.len();
        put_reading(&mut bytes, event);
        Self { bytes, evidence_bytes }
    }

    /// How many bytes it takes in a file, roughly.
    pub(crate) const fn len(&self) -> usize {
        self.bytes.len() + 64
    }

    /// How many bytes `event` will take, without laying it out. At least [`Prepared::len`].
    pub(crate) fn len_of(event: &Event) -> usize {
        let fields = event.src.iter().map(|(name, value)| name.len() + value_bytes(value) + 9);
        let texts = texts_of(event).into_iter().map(|text| text.len() + 4);
        event.source.len() + event.raw.len() + texts.chain(fields).sum::<usize>() + 96
    }

    /// Appends the frame of this event to `out` and returns its leaf.
    pub(crate) fn put_frame(
        &self,
        out: &mut Vec<u8>,
        token: &Token,
        seq: u64,
        ends_group: bool,
    ) -> Digest {
        let (evidence, reading) =
            self.bytes.split_at_checked(self.evidence_bytes).unwrap_or_default();
        let leaf = leaf_of_evidence(seq, evidence);
        let kind = [u8::from(ends_group)];
        let seq = seq.to_be_bytes();
        let parts: [&[u8]; 5] = [&kind, &seq, evidence, leaf.as_bytes(), reading];
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let checksum = parts.iter().fold(0, |sum, part| crc32c::crc32c_append(sum, part));
        out.extend_from_slice(token);
        out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(&checksum.to_be_bytes());
        for part in parts {
            out.extend_from_slice(part);
        }
        leaf
    }
}

/// A frame that was read.
#[derive(Debug)]
pub(crate) struct Frame {
    /// Its event; the leaf is the one that was acknowledged.
    pub(crate) stored: StoredEvent,
    /// Whether its group commit ends with it.
    pub(crate) ends_group: bool,
    /// Its size with its header, in bytes.
    pub(crate) bytes: usize,
}

/// Reads the frame at the beginning of `bytes`; `None` when there is no whole, intact one.
pub(crate) fn read_frame(bytes: &[u8], token: &Token) -> Option<Frame> {
    let mut cursor = Cursor(bytes);
    if cursor.array::<8>()? != *token {
        return None;
    }
    let length = usize::try_from(cursor.u32()?).ok()?;
    let checksum = cursor.u32()?;
    let body = cursor.take(length)?;
    if crc32c::crc32c(body) != checksum {
        return None;
    }
    let (stored, ends_group) = read_body(body)?;
    Some(Frame { stored, ends_group, bytes: FRAME_HEADER_BYTES + length })
}

fn read_body(body: &[u8]) -> Option<(StoredEvent, bool)> {
    let mut cursor = Cursor(body);
    let ends_group = match cursor.u8()? {
        0 => false,
        1 => true,
        _ => return None,
    };
    let seq = cursor.u64()?;
    let source = cursor.text()?;
    let received_at = cursor.instant()?;
    let raw = cursor.sized()?.to_vec();
    let leaf = Digest::from_bytes(cursor.array()?);
    let mut event = read_reading(&mut cursor)?;
    event.source = source;
    event.received_at = received_at;
    event.raw = raw;
    cursor.0.is_empty().then_some((StoredEvent { seq, leaf, event }, ends_group))
}

fn put_reading(bytes: &mut Vec<u8>, event: &Event) {
    bytes.extend_from_slice(&event.time.as_micros().to_be_bytes());
    bytes.extend_from_slice(&event.class_uid.to_be_bytes());
    for text in texts_of(event) {
        put_sized(bytes, text.as_bytes());
    }
    for (name, value) in event.src.iter() {
        put_sized(bytes, name.as_bytes());
        put_value(bytes, value);
    }
}

fn texts_of(event: &Event) -> [&str; 11] {
    [
        &event.product,
        &event.service,
        &event.activity,
        &event.status,
        &event.host,
        &event.user,
        &event.patient,
        &event.src_ip,
        &event.dst_ip,
        &event.process,
        &event.message,
    ]
}

fn value_bytes(value: Value<'_>) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 8,
    }
}

fn read_reading(cursor: &mut Cursor<'_>) -> Option<Event> {
    Some(Event {
        time: cursor.instant()?,
        class_uid: cursor.u32()?,
        product: cursor.text()?,
        service: cursor.text()?,
        activity: cursor.text()?,
        status: cursor.text()?,
        host: cursor.text()?,
        user: cursor.text()?,
        patient: cursor.text()?,
        src_ip: cursor.text()?,
        dst_ip: cursor.text()?,
        process: cursor.text()?,
        message: cursor.text()?,
        src: read_fields(cursor)?,
        ..Event::default()
    })
}

fn read_fields(cursor: &mut Cursor<'_>) -> Option<Fields> {
    let mut fields = Fields::with_capacity(cursor.0.len() / FIELD_BYTES_USUAL, cursor.0.len());
    while !cursor.0.is_empty() {
        let name = cursor.str()?;
        fields.push(name, read_value(cursor)?);
    }
    Some(fields)
}

fn put_value(bytes: &mut Vec<u8>, value: Value<'_>) {
    match value {
        Value::Null => bytes.push(0),
        Value::Bool(flag) => bytes.extend_from_slice(&[1, u8::from(flag)]),
        Value::Int(number) => {
            bytes.push(2);
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        Value::Float(number) => {
            bytes.push(3);
            bytes.extend_from_slice(&number.to_bits().to_be_bytes());
        }
        Value::Text(text) => {
            bytes.push(4);
            put_sized(bytes, text.as_bytes());
        }
    }
}

fn read_value<'a>(cursor: &mut Cursor<'a>) -> Option<Value<'a>> {
    Some(match cursor.u8()? {
        0 => Value::Null,
        1 => Value::Bool(cursor.u8()? != 0),
        2 => Value::Int(i64::from_be_bytes(cursor.array()?)),
        3 => Value::Float(f64::from_bits(cursor.u64()?)),
        4 => Value::Text(cursor.str()?),
        _ => return None,
    })
}

/// Bytes that are read from their front.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(front)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn instant(&mut self) -> Option<Instant> {
        self.array().map(i64::from_be_bytes).map(Instant::from_micros)
    }

    fn sized(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        self.take(length)
    }

    fn str(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.sized()?).ok()
    }

    fn text(&mut self) -> Option<String> {
        self.str().map(str::to_owned)
    }
}
