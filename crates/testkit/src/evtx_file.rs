//! Writes EVTX files, so that tests need no logs of real machines.
//!
//! Only what readers need: every record carries its own template, names are written where they are first used, chunks have
//! right checksums. Layout after the public descriptions of the format (libevtx, MS-EVEN6).

use sakimori_words::{Fields, Instant, Value};

const FILE_HEADER_BYTES: usize = 4_096;
const CHUNK_BYTES: usize = 65_536;
const CHUNK_HEADER_BYTES: usize = 512;

/// Microseconds between 1601, where Windows counts from, and 1970.
const FROM_1601_MICROS: i64 = 11_644_473_600_000_000;

/// One event to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// `EventRecordID`.
    pub record: u64,
    /// `TimeCreated`.
    pub at: Instant,
    /// Provider name.
    pub provider: String,
    /// `EventID`.
    pub event_id: u16,
    /// Channel.
    pub channel: String,
    /// Computer.
    pub computer: String,
    /// `EventData`, by name, in order.
    pub data: Fields,
}

/// The bytes of an EVTX file with these records, in this order. A record that does not fit into a chunk (64 KiB) is left out.
#[must_use]
pub fn evtx_file(records: &[Record]) -> Vec<u8> {
    let chunks = chunks(records);
    let mut file = file_header(records, chunks.len());
    chunks.into_iter().for_each(|chunk| file.extend(chunk));
    file
}

fn file_header(records: &[Record], n_chunks: usize) -> Vec<u8> {
    let mut out = Out::at(0);
    out.raw(b"ElfFile\0");
    out.u64(0);
    out.u64(n_chunks.saturating_sub(1) as u64);
    out.u64(records.iter().map(|record| record.record + 1).max().unwrap_or(1));
    out.u32(128);
    out.u16(1);
    out.u16(3);
    out.u16(4_096);
    out.u16(low16(n_chunks));
    out.bytes.resize(120, 0);
    let checksum = crc32(&[&out.bytes]);
    out.u32(0);
    out.u32(checksum);
    out.bytes.resize(FILE_HEADER_BYTES, 0);
    out.bytes
}

fn chunks(records: &[Record]) -> Vec<Vec<u8>> {
    let mut chunks = Vec::new();
    let mut open: (Vec<u8>, Vec<&Record>) = Default::default();
    for record in records {
        let mut bytes = write_record(record, CHUNK_HEADER_BYTES + open.0.len());
        if CHUNK_HEADER_BYTES + open.0.len() + bytes.len() > CHUNK_BYTES {
            let (data, written) = std::mem::take(&mut open);
            chunks.extend((!written.is_empty()).then(|| finish_chunk(&data, &written)));
            bytes = write_record(record, CHUNK_HEADER_BYTES);
        }
        if CHUNK_HEADER_BYTES + bytes.len() <= CHUNK_BYTES {
            open.0.extend(bytes);
            open.1.push(record);
        }
    }
    let (data, written) = open;
    chunks.extend((!written.is_empty()).then(|| finish_chunk(&data, &written)));
    chunks
}

fn finish_chunk(data: &[u8], records: &[&Record]) -> Vec<u8> {
    let first = records.first().map_or(0, |record| record.record);
    let last = records.last().map_or(0, |record| record.record);
    let mut out = Out::at(0);
    out.raw(b"ElfChnk\0");
    [first, last, first, last].into_iter().for_each(|number| out.u64(number));
    out.u32(128);
    out.u32(0);
    out.u32(low32(CHUNK_HEADER_BYTES + data.len()));
    out.u32(crc32(&[data]));
    out.bytes.resize(120, 0);
    // Empty tables of names and templates: readers find both where they are first used.
    let tables = [0_u8; CHUNK_HEADER_BYTES - 128];
    let checksum = crc32(&[&out.bytes, &tables]);
    out.u32(0);
    out.u32(checksum);
    out.raw(&tables);
    out.raw(data);
    out.bytes.resize(CHUNK_BYTES, 0);
    out.bytes
}

fn write_record(record: &Record, offset: usize) -> Vec<u8> {
    let mut out = Out::at(offset);
    out.raw(b"\x2a\x2a\0\0");
    let size_at = out.bytes.len();
    out.u32(0);
    out.u64(record.record);
    out.u64(filetime(record.at));
    out.raw(&FRAGMENT);
    out.raw(&[0x0c, 0x01]);
    // Template id; the crate and Windows look templates up by where they stand.
    out.u32(low32(offset));
    out.u32(out.position() + 4);
    let values = write_template(&mut out, record);
    out.u32(low32(values.len()));
    for (kind, bytes) in &values {
        out.u16(low16(bytes.len()));
        out.raw(&[*kind, 0]);
    }
    values.iter().for_each(|(_, bytes)| out.raw(bytes));
    out.raw(&[0]);
    let size = low32(out.bytes.len() + 4);
    out.u32(size);
    out.patch(size_at, size);
    out.bytes
}

/// Fragment header of `BinXML`: token, version 1.1, flags.
const FRAGMENT: [u8; 4] = [0x0f, 1, 1, 0];

type Substitution = (u8, Vec<u8>);

fn write_template(out: &mut Out, record: &Record) -> Vec<Substitution> {
    let mut values = Vec::new();
    out.u32(0);
    out.u32(low32(out.base));
    out.raw(&[0; 12]);
    let size_at = out.bytes.len();
    out.u32(0);
    out.raw(&FRAGMENT);
    let event = out.open("Event", &[]);
    write_system(out, record, &mut values);
    let event_data = out.open("EventData", &[]);
    for (name, value) in record.data.iter() {
        let data = out.open("Data", &[("Name", name)]);
        out.substitute(&mut values, substitution(value));
        out.close(data);
    }
    out.close(event_data);
    out.close(event);
    out.raw(&[0]);
    let size = low32(out.bytes.len() - size_at - 4);
    out.patch(size_at, size);
    values
}

fn write_system(out: &mut Out, record: &Record, values: &mut Vec<Substitution>) {
    let time = filetime(record.at).to_le_bytes().to_vec();
    let system = out.open("System", &[]);
    let provider = out.open("Provider", &[("Name", &record.provider)]);
    out.close(provider);
    out.leaf("EventID", values, (0x06, record.event_id.to_le_bytes().to_vec()));
    out.leaf("Version", values, (0x04, vec![0]));
    out.leaf("Level", values, (0x04, vec![0]));
    out.leaf("Task", values, (0x06, vec![0, 0]));
    out.leaf("Opcode", values, (0x04, vec![0]));
    out.leaf("Keywords", values, (0x15, 0x8000_0000_0000_0000_u64.to_le_bytes().to_vec()));
    let created = out.open_with_value("TimeCreated", "SystemTime", values, (0x11, time));
    out.close(created);
    out.leaf("EventRecordID", values, (0x0a, record.record.to_le_bytes().to_vec()));
    out.leaf("Channel", values, (0x01, utf16(&record.channel)));
    out.leaf("Computer", values, (0x01, utf16(&record.computer)));
    out.close(system);
}

fn substitution(value: Value<'_>) -> Substitution {
    match value {
        Value::Null => (0x00, Vec::new()),
        Value::Bool(flag) => (0x0d, u32::from(flag).to_le_bytes().to_vec()),
        Value::Int(number) => (0x09, number.to_le_bytes().to_vec()),
        Value::Float(number) => (0x0c, number.to_le_bytes().to_vec()),
        Value::Text(text) => (0x01, utf16(text)),
    }
}

/// Bytes being written at a known place of a chunk, since names are found by their place.
struct Out {
    base: usize,
    bytes: Vec<u8>,
}

/// An element that was opened: where its size stands.
#[derive(Clone, Copy)]
struct Open {
    size_at: usize,
}

impl Out {
    fn at(base: usize) -> Self {
        Self { base, bytes: Vec::new() }
    }

    fn position(&self) -> u32 {
        low32(self.base + self.bytes.len())
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn u16(&mut self, number: u16) {
        self.raw(&number.to_le_bytes());
    }

    fn u32(&mut self, number: u32) {
        self.raw(&number.to_le_bytes());
    }

    fn u64(&mut self, number: u64) {
        self.raw(&number.to_le_bytes());
    }

    fn patch(&mut self, at: usize, number: u32) {
        if let Some(place) = self.bytes.get_mut(at..at + 4) {
            place.copy_from_slice(&number.to_le_bytes());
        }
    }

    /// Opens an element with attributes of fixed text.
    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) -> Open {
        let open = self.begin(name, !attributes.is_empty());
        if !attributes.is_empty() {
            let list_at = self.bytes.len();
            self.u32(0);
            for (index, (name, text)) in attributes.iter().enumerate() {
                self.raw(&[if index + 1 == attributes.len() { 0x06 } else { 0x46 }]);
                self.name(name);
                self.raw(&[0x05, 0x01]);
                self.u16(low16(text.encode_utf16().count()));
                self.raw(&utf16(text));
            }
            self.patch(list_at, low32(self.bytes.len() - list_at - 4));
        }
        self.raw(&[0x02]);
        open
    }

    /// Opens an element with one attribute whose text is a substitution.
    fn open_with_value(
        &mut self,
        name: &str,
        attribute: &str,
        values: &mut Vec<Substitution>,
        value: Substitution,
    ) -> Open {
        let open = self.begin(name, true);
        let list_at = self.bytes.len();
        self.u32(0);
        self.raw(&[0x06]);
        self.name(attribute);
        self.substitute(values, value);
        self.patch(list_at, low32(self.bytes.len() - list_at - 4));
        self.raw(&[0x02]);
        open
    }

    /// An element that holds one value.
    fn leaf(&mut self, name: &str, values: &mut Vec<Substitution>, value: Substitution) {
        let element = self.open(name, &[]);
        self.substitute(values, value);
        self.close(element);
    }

    fn begin(&mut self, name: &str, with_attributes: bool) -> Open {
        self.raw(&[if with_attributes { 0x41 } else { 0x01 }]);
        self.u16(u16::MAX);
        let size_at = self.bytes.len();
        self.u32(0);
        self.name(name);
        Open { size_at }
    }

    fn close(&mut self, open: Open) {
        self.raw(&[0x04]);
        self.patch(open.size_at, low32(self.bytes.len() - open.size_at - 4));
    }

    /// A name where it is first used: its own place, then the name itself.
    fn name(&mut self, name: &str) {
        self.u32(self.position() + 4);
        let hash = name
            .encode_utf16()
            .fold(0_u32, |hash, unit| hash.wrapping_mul(65_599).wrapping_add(u32::from(unit)));
        self.u32(0);
        self.raw(hash.to_le_bytes().get(..2).unwrap_or_default());
        self.u16(low16(name.encode_utf16().count()));
        self.raw(&utf16(name));
        self.u16(0);
    }

    fn substitute(&mut self, values: &mut Vec<Substitution>, value: Substitution) {
        self.raw(&[0x0d]);
        self.u16(low16(values.len()));
        self.raw(&[value.0]);
        values.push(value);
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn filetime(at: Instant) -> u64 {
    let micros = at.as_micros().saturating_add(FROM_1601_MICROS);
    u64::try_from(micros).unwrap_or(0).saturating_mul(10)
}

fn low32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn low16(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

/// CRC-32 (IEEE) over the parts one after the other.
fn crc32(parts: &[&[u8]]) -> u32 {
    let bytes = parts.iter().flat_map(|part| part.iter());
    !bytes.fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    })
}
