//! Frames: how one event lies in a log file. The layout is written down in `FORMAT.md`; version 1 stays readable for ever.

use sakimori_words::{Digest, Event, Fields, Instant, Value};

use crate::Stored;
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

/// Where the evidence part begins in a frame: behind the frame's header, the mark of a group's end and the sequence number.
const EVIDENCE_AT: usize = FRAME_HEADER_BYTES + 9;
const LEAF_BYTES: usize = 32;

/// Most bytes a field takes beside its name and text: two lengths and a tag, or a length, a tag and a number.
const FIELD_HEAD_BYTES_MAX: usize = 13;

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

/// Events made ready by their caller, as they will lie in the file. What only the writer knows is left open: the token, the
/// sequence numbers with leaves and checksums, and whether a group ends with them.
#[derive(Debug, Default)]
pub(crate) struct Portion {
    bytes: Vec<u8>,
    frames: Vec<Laid>,
}

/// A frame of a portion; it begins where the one before ends.
#[derive(Clone, Copy, Debug)]
struct Laid {
    evidence_bytes: usize,
    frame_bytes: usize,
}

impl Portion {
    /// No events yet, laid out in memory that served before.
    pub(crate) fn in_memory(mut bytes: Vec<u8>) -> Self {
        bytes.clear();
        Self { bytes, frames: Vec::new() }
    }

    /// Lays out the next event.
    pub(crate) fn push(&mut self, event: &Event) {
        let begins = self.bytes.len();
        self.bytes.reserve(Self::len_of(event));
        self.bytes.extend_from_slice(&[0; EVIDENCE_AT]);
        let evidence_begins = self.bytes.len();
        put_evidence(&mut self.bytes, event);
        let evidence_bytes = self.bytes.len() - evidence_begins;
        self.bytes.extend_from_slice(&[0; LEAF_BYTES]);
        put_reading(&mut self.bytes, event);
        self.frames.push(Laid { evidence_bytes, frame_bytes: self.bytes.len() - begins });
    }

    /// How many events it has.
    pub(crate) const fn n_events(&self) -> usize {
        self.frames.len()
    }

    /// Its frames; whole once [`Portion::complete`] filled in what was left open.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives the memory back.
    pub(crate) fn into_memory(self) -> Vec<u8> {
        self.bytes
    }

    /// How many bytes `event` will take, without laying it out or looking at its fields: whoever hands events on asks for
    /// each. Never too few.
    pub(crate) fn len_of(event: &Event) -> usize {
        let fields = event.src.text_bytes() + event.src.len() * FIELD_HEAD_BYTES_MAX;
        let texts = texts_of(event).map(|text| text.len() + 4).iter().sum::<usize>();
        event.source.len() + event.raw.len() + texts + fields + 96
    }

    /// Fills in what was left open; the first event gets `first_seq`. `None` when its frames are not as they were laid out.
    pub(crate) fn complete(
        &mut self,
        token: &Token,
        first_seq: u64,
        ends_group: bool,
    ) -> Option<Vec<Stored>> {
        let n_frames = self.frames.len();
        let mut rest = self.bytes.as_mut_slice();
        let mut stored = Vec::with_capacity(n_frames);
        for ((n, laid), seq) in self.frames.iter().enumerate().zip(first_seq..) {
            let (frame, later) = rest.split_at_mut_checked(laid.frame_bytes)?;
            let ends_group = ends_group && n + 1 == n_frames;
            let leaf = complete_frame(frame, laid.evidence_bytes, token, seq, ends_group)?;
            stored.push(Stored { seq, leaf });
            rest = later;
        }
        Some(stored)
    }
}

fn complete_frame(
    frame: &mut [u8],
    evidence_bytes: usize,
    token: &Token,
    seq: u64,
    ends_group: bool,
) -> Option<Digest> {
    let (own_token, frame) = frame.split_first_chunk_mut()?;
    let (length, frame) = frame.split_first_chunk_mut()?;
    let (checksum, body) = frame.split_first_chunk_mut()?;
    let leaf = complete_body(body, evidence_bytes, seq, ends_group)?;
    *own_token = *token;
    *length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
    *checksum = crc32c::crc32c(body).to_be_bytes();
    Some(leaf)
}

fn complete_body(
    body: &mut [u8],
    evidence_bytes: usize,
    seq: u64,
    ends_group: bool,
) -> Option<Digest> {
    let (kind, rest) = body.split_first_chunk_mut()?;
    let (own_seq, rest) = rest.split_first_chunk_mut()?;
    let (evidence, rest) = rest.split_at_mut_checked(evidence_bytes)?;
    let leaf = leaf_of_evidence(seq, evidence);
    *kind = [u8::from(ends_group)];
    *own_seq = seq.to_be_bytes();
    *rest.first_chunk_mut()? = *leaf.as_bytes();
    Some(leaf)
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
    let (n_fields, n_bytes) = room_of_fields(Cursor(cursor.0));
    let mut fields = Fields::with_capacity(n_fields, n_bytes);
    while !cursor.0.is_empty() {
        let name = cursor.str()?;
        fields.push(name, read_value(cursor)?);
    }
    Some(fields)
}

/// How many fields there are, and how many bytes their names and texts have: a whole log file of events is in memory while
/// it is sealed, and what each takes beyond its need adds up.
fn room_of_fields(mut cursor: Cursor<'_>) -> (usize, usize) {
    let (mut n_fields, mut n_bytes) = (0, 0);
    while let Some(name) = cursor.sized() {
        let text = match cursor.u8() {
            Some(4) => cursor.sized(),
            Some(2 | 3) => cursor.take(8).and(None),
            Some(1) => cursor.take(1).and(None),
            _ => None,
        };
        n_fields += 1;
        n_bytes += name.len() + text.map_or(0, <[u8]>::len);
    }
    (n_fields, n_bytes)
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
