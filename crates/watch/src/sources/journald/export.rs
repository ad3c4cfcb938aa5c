//! The journal's export format: fields by line or with their length in front, entries with an empty line between.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use sakimori_words::Instant;

use super::super::{
    Context, Damage, FileContext, Limits, LogSource, ReadSeek, Reading, Unreadable, plain,
};
use super::{Entry, Journald, read};

/// Longest name of a field; the journal itself allows 64.
const NAME_BYTES_MAX: usize = 256;

/// Every entry of an exported journal begins with its place in it.
const FIRST_FIELD: &[u8] = b"__CURSOR=";

pub(super) fn begins(head: &[u8]) -> bool {
    head.starts_with(FIRST_FIELD)
}

/// Reads a file of entries. A damaged one is kept as text and named, and reading goes on with the next.
pub(super) fn read_file(
    input: &mut dyn ReadSeek,
    file: &FileContext<'_>,
    each: &mut dyn FnMut(Reading<'_>),
) -> io::Result<()> {
    let mut source = Source::new(input, Limits::STANDARD.line_bytes);
    let mut record = 0;
    loop {
        record += 1;
        source.raw.clear();
        let damage = match source.read_entry()? {
            Ok(None) => return Ok(()),
            Ok(Some(entry)) => {
                let raw = source.raw.strip_suffix(b"\n").unwrap_or(&source.raw);
                let event = read(&entry, raw, file.context);
                each(Reading::Event { file: file.name, record, event });
                continue;
            }
            Err(damage) => damage,
        };
        let part = Unreadable::file(file.name, damage, &"");
        each(Reading::Unreadable(Unreadable { place: format!("record {record}"), ..part }));
        source.keep_to_next_entry(&mut |piece| {
            let event = plain(piece, file.context);
            each(Reading::Event { file: file.name, record, event });
        })?;
    }
}

/// A line, or why there is none.
enum Line {
    /// Without its end.
    Whole(Vec<u8>),
    /// The file ends here.
    End,
    /// The file ends in the middle of it.
    Cut,
    /// There is no room for it.
    TooLong,
}

struct Source<'r> {
    input: BufReader<&'r mut dyn ReadSeek>,
    /// The present entry as it came.
    raw: Vec<u8>,
    /// A line read too far, to be read again.
    put_back: Option<Vec<u8>>,
    /// Most bytes of one entry.
    bytes_max: usize,
}

impl<'r> Source<'r> {
    fn new(input: &'r mut dyn ReadSeek, bytes_max: usize) -> Self {
        Self { input: BufReader::new(input), raw: Vec::new(), put_back: None, bytes_max }
    }

    /// The next entry, `None` at the end of the file; `raw` holds its bytes.
    fn read_entry(&mut self) -> io::Result<Result<Option<Entry>, Damage>> {
        let mut entry = Entry::default();
        loop {
            let line = match self.read_line()? {
                Line::Whole(line) => line,
                Line::Cut => return Ok(Err(Damage::Cut)),
                Line::TooLong => return Ok(Err(Damage::Limit)),
                Line::End => Vec::new(),
            };
            match (line.is_empty(), self.raw.is_empty()) {
                // An empty line ends the entry; at the end of a file it may be missing.
                (true, false) => return Ok(Ok(Some(entry))),
                (true, true) if self.input.fill_buf()?.is_empty() => return Ok(Ok(None)),
                (true, true) => {}
                (false, _) => match self.read_field(&line)? {
                    Ok((name, value)) => entry.push(&name, value),
                    Err(damage) => return Ok(Err(damage)),
                },
            }
        }
    }

    /// The field that begins with `line`: `NAME=text`, or `NAME` alone with length and bytes behind it.
    fn read_field(&mut self, line: &[u8]) -> io::Result<Result<(String, Vec<u8>), Damage>> {
        self.raw.extend_from_slice(line);
        self.raw.push(b'\n');
        let mut parts = line.splitn(2, |byte| *byte == b'=');
        let name = parts.next().unwrap_or_default();
        let text = parts.next();
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.iter().all(u8::is_ascii_graphic)
        {
            return Ok(Err(Damage::Record));
        }
        let value = match text {
            Some(text) => Ok(text.to_vec()),
            None => self.read_counted()?,
        };
        Ok(value.map(|value| (String::from_utf8_lossy(name).into_owned(), value)))
    }

    /// Eight bytes of length, the bytes, a line end.
    fn read_counted(&mut self) -> io::Result<Result<Vec<u8>, Damage>> {
        let Some(length) = self.read_bytes(8)? else { return Ok(Err(Damage::Cut)) };
        let length = length.try_into().map_or(u64::MAX, u64::from_le_bytes);
        let left = self.bytes_max.saturating_sub(self.raw.len());
        let Some(length) = usize::try_from(length).ok().filter(|length| *length < left) else {
            return Ok(Err(Damage::Limit));
        };
        let Some(mut value) = self.read_bytes(length + 1)? else { return Ok(Err(Damage::Cut)) };
        let whole = value.pop() == Some(b'\n');
        Ok(if whole { Ok(value) } else { Err(Damage::Record) })
    }

    /// Exactly so many bytes, which are then in `raw` too; `None` when the file ends before.
    fn read_bytes(&mut self, n_bytes: usize) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        (&mut self.input).take(n_bytes as u64).read_to_end(&mut bytes)?;
        self.raw.extend_from_slice(&bytes);
        Ok((bytes.len() == n_bytes).then_some(bytes))
    }

    fn read_line(&mut self) -> io::Result<Line> {
        if let Some(line) = self.put_back.take() {
            return Ok(Line::Whole(line));
        }
        let left = self.bytes_max.saturating_sub(self.raw.len());
        let mut line = Vec::new();
        let n_bytes = (&mut self.input).take(left as u64).read_until(b'\n', &mut line)?;
        Ok(if line.pop_if(|last| *last == b'\n').is_some() {
            Line::Whole(line)
        } else {
            self.raw.extend_from_slice(&line);
            match (n_bytes, n_bytes < left) {
                (0, true) => Line::End,
                (_, true) => Line::Cut,
                (_, false) => Line::TooLong,
            }
        })
    }

    /// Hands on what has been read of the present entry and what follows it, up to where the next one begins.
    fn keep_to_next_entry(&mut self, keep: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        loop {
            match self.read_line()? {
                Line::Whole(line) if line.starts_with(FIRST_FIELD) => {
                    self.put_back = Some(line);
                    break;
                }
                Line::Whole(line) => {
                    self.raw.extend_from_slice(&line);
                    self.raw.push(b'\n');
                }
                Line::TooLong => {
                    keep(&self.raw);
                    self.raw.clear();
                }
                Line::Cut | Line::End => break,
            }
        }
        if !self.raw.trim_ascii().is_empty() {
            keep(&self.raw);
        }
        Ok(())
    }
}

/// Reads any bytes as an exported journal and as a JSON line.
///
/// # Panics
/// When bytes were lost or changed.
pub fn fuzz_journal(bytes: &[u8]) {
    let context = Context { source: "fuzz".to_owned(), received_at: Instant::default() };
    if let Some(event) = Journald.read_line(bytes, &context) {
        assert_eq!(event.raw, bytes, "raw is what came");
    }
    let beginnings: [&[u8]; 2] =
        [b"__CURSOR=a\nMESSAGE=b\n\n__CURSOR=", b"MESSAGE\n\x03\0\0\0\0\0\0\0a\nb\n"];
    for beginning in beginnings {
        let whole = [beginning, bytes].concat();
        let file = FileContext {
            name: "fuzz",
            context: &context,
            written_by: Instant::default(),
            maps: &[],
            wanted: None,
        };
        let mut n_bytes = 0;
        let each = &mut |reading: Reading<'_>| {
            if let Reading::Event { event, .. } = reading {
                n_bytes += event.raw.iter().filter(|byte| !byte.is_ascii_whitespace()).count();
            }
        };
        let read = read_file(&mut Cursor::new(&whole), &file, each);
        assert!(read.is_ok(), "bytes in memory can always be read");
        let n_printed = whole.iter().filter(|byte| !byte.is_ascii_whitespace()).count();
        assert_eq!(n_bytes, n_printed, "every byte is kept");
    }
}
