//! Zeek's own format: lines of columns that a header of `#` lines names.

use std::io::{self, Cursor, Read};

use sakimori_words::{Event, Fields, Instant, Value};

use super::super::bounded::Bounded;
use super::super::{Context, FileContext, Limits, ReadSeek, Reading, blank, read_old_line, text};
use super::paths::of_file_name;
use super::{is_path, read, seconds};
use crate::Framer;

const PIECE_BYTES: u64 = 64 << 10;

/// Most columns a header may name.
const COLUMNS_MAX: usize = 10_000;

/// Reads a file, or several of them behind one another: each header counts for what follows it.
pub(super) fn read_file(
    input: &mut dyn ReadSeek,
    file: &FileContext<'_>,
    each: &mut dyn FnMut(Reading<'_>),
) -> io::Result<()> {
    let mut framer = Framer::lines(Limits::STANDARD.line_bytes);
    let mut header = Header::default();
    let mut record = 0;
    let mut take = |lines: Vec<crate::Frame>| {
        for line in lines {
            record += 1;
            let event = header.read_line(&line.bytes, file);
            each(Reading::Event { file: file.name, record, event });
        }
    };
    let mut piece = Vec::new();
    let outcome = loop {
        piece.clear();
        let outcome = Read::take(&mut *input, PIECE_BYTES).read_to_end(&mut piece);
        if piece.is_empty() || outcome.is_err() {
            break outcome;
        }
        take(framer.push(&piece));
    };
    take(framer.push(&piece));
    take(framer.finish().into_iter().collect());
    outcome.map(drop)
}

/// What the header has said so far.
struct Header {
    separator: Vec<u8>,
    set_separator: Vec<u8>,
    empty: String,
    unset: String,
    path: String,
    names: Vec<String>,
    types: Vec<String>,
}

impl Default for Header {
    /// What Zeek writes unless it is told otherwise.
    fn default() -> Self {
        Self {
            separator: b"\t".to_vec(),
            set_separator: b",".to_vec(),
            empty: "(empty)".to_owned(),
            unset: "-".to_owned(),
            path: String::new(),
            names: Vec::new(),
            types: Vec::new(),
        }
    }
}

impl Header {
    fn read_line(&mut self, line: &[u8], file: &FileContext<'_>) -> Event {
        if line.starts_with(b"#") {
            return self.take_directive(line, file.context);
        }
        // A line with other columns than the header names is not what the header speaks of.
        self.read_columns(line, file)
            .unwrap_or_else(|| read_old_line(line, file.context, file.written_by))
    }

    /// `#fields\tts\tuid…`. It is kept as a record of no service: rules about a log must not see its header.
    fn take_directive(&mut self, line: &[u8], context: &Context) -> Event {
        let line_text = text::decode(line);
        let directive = line_text.trim_start_matches('#');
        let (name, told) = match directive.strip_prefix("separator ") {
            Some(separator) => {
                *self = Self::default();
                self.separator = Some(unescape(separator.trim().as_bytes()))
                    .filter(|separator| !separator.is_empty())
                    .unwrap_or(b"\t".to_vec());
                ("separator", separator.to_owned())
            }
            None => {
                let separator = String::from_utf8_lossy(&self.separator).into_owned();
                let (name, told) = directive.split_once(&separator).unwrap_or((directive, ""));
                self.take_setting(name, told, &separator);
                (name, told.to_owned())
            }
        };
        let mut src = Fields::new();
        src.push("header", name);
        src.push("text", text::first_chars(&told, 65_536));
        let (product, message) = ("zeek".to_owned(), text::message(&line_text));
        Event { product, message, src, ..blank(line, context) }
    }

    fn take_setting(&mut self, name: &str, told: &str, separator: &str) {
        let list = || told.split(separator).take(COLUMNS_MAX).map(str::to_owned).collect();
        match name {
            "set_separator" if !told.is_empty() => self.set_separator = unescape(told.as_bytes()),
            "empty_field" => self.empty = told.to_owned(),
            "unset_field" => self.unset = told.to_owned(),
            "path" if is_path(told) => self.path = told.to_owned(),
            "fields" => self.names = list(),
            "types" => self.types = list(),
            _ => {}
        }
    }

    fn read_columns(&self, line: &[u8], file: &FileContext<'_>) -> Option<Event> {
        let columns = split(line, &self.separator);
        if self.names.is_empty() || columns.len() != self.names.len() {
            return None;
        }
        let mut fields = Bounded::new();
        let mut at = None;
        for (number, (name, column)) in self.names.iter().zip(columns).enumerate() {
            if column == self.unset.as_bytes() {
                continue;
            }
            if name == "ts" {
                at = seconds(&text::decode(column));
            }
            let kind = self.types.get(number).map(String::as_str).unwrap_or_default();
            self.push(&mut fields, name, kind, column);
        }
        let path = match (self.path.as_str(), of_file_name(file.name)) {
            ("", from_name) => from_name.unwrap_or_default(),
            (own, _) => own,
        };
        let at = at.unwrap_or(file.context.received_at);
        Some(read(fields.into_fields(), path, at, line, file.context))
    }

    /// A set or a vector becomes as many fields of its name, as in JSON.
    fn push(&self, fields: &mut Bounded, name: &str, kind: &str, column: &[u8]) {
        match kind.split_once('[') {
            Some((_, inner)) if column != self.empty.as_bytes() => {
                let inner = inner.trim_end_matches(']');
                let elements = split(column, &self.set_separator).into_iter();
                for element in elements.filter(|element| *element != self.unset.as_bytes()) {
                    self.push_one(fields, name, inner, element);
                }
            }
            Some(_) => {}
            None => self.push_one(fields, name, kind, column),
        }
    }

    fn push_one(&self, fields: &mut Bounded, name: &str, kind: &str, column: &[u8]) {
        if column == self.empty.as_bytes() {
            return fields.push(name, Value::Text(""));
        }
        let unescaped = unescape(column);
        let word = text::decode(&unescaped);
        let typed = match kind {
            "count" | "int" | "port" => word.parse().ok().map(Value::Int),
            "time" | "interval" | "double" => {
                word.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float)
            }
            "bool" => match &*word {
                "T" => Some(Value::Bool(true)),
                "F" => Some(Value::Bool(false)),
                _ => None,
            },
            _ => None,
        };
        fields.push(name, typed.unwrap_or(Value::Text(&word)));
    }
}

/// The parts of `line` between `separator`, which is never empty.
fn split<'a>(line: &'a [u8], separator: &[u8]) -> Vec<&'a [u8]> {
    if let [byte] = separator {
        return line.split(|own| own == byte).take(COLUMNS_MAX + 1).collect();
    }
    let mut parts = Vec::new();
    let mut rest = line;
    while parts.len() < COLUMNS_MAX {
        let Some(at) = rest.windows(separator.len().max(1)).position(|own| own == separator) else {
            break;
        };
        let (part, after) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        parts.push(part);
        rest = after.get(separator.len()..).unwrap_or_default();
    }
    parts.push(rest);
    parts
}

/// `\x09` → the byte 9.
fn unescape(written: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written;
    while let Some((byte, after)) = rest.split_first() {
        let escaped = rest.strip_prefix(b"\\x").and_then(|rest| {
            let (digits, after) = rest.split_at_checked(2)?;
            let hex = digits.iter().all(u8::is_ascii_hexdigit);
            let digits = std::str::from_utf8(digits).ok().filter(|_| hex)?;
            Some((u8::from_str_radix(digits, 16).ok()?, after))
        });
        let (byte, after) = escaped.unwrap_or((*byte, after));
        bytes.push(byte);
        rest = after;
    }
    bytes
}

/// Reads any bytes as a tab-separated file and as a JSON line.
///
/// # Panics
/// When a line was lost or changed.
pub fn fuzz_zeek_file(bytes: &[u8]) {
    use super::LogSource as _;
    let context = Context { source: "fuzz".to_owned(), received_at: Instant::default() };
    if let Some(event) = super::Zeek.read_line(bytes, &context) {
        assert_eq!(event.raw, bytes, "raw is what came");
    }
    let header: &[u8] = b"#separator \\x09\n#fields\tts\ta\tb\n#types\ttime\tset[count]\tstring\n";
    let whole = [header, bytes].concat();
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
            n_bytes += event.raw.len();
        }
    };
    let read = read_file(&mut Cursor::new(&whole), &file, each);
    assert!(read.is_ok(), "bytes in memory can always be read");
    let n_ends = whole.iter().filter(|byte| matches!(byte, b'\n' | b'\r' | 0)).count();
    assert!(n_bytes + n_ends >= whole.len(), "every line is kept");
}
