//! Rows to events: which map a file is for, and what each of its rows says.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use encoding_rs::Encoding;
use sakimori_words::{Event, Fields, Instant};

use super::super::ocsf::{FAILURE, SUCCESS};
use super::super::{FileContext, blank, plain, text};
use super::encoding::{decode, folded, readings};
use super::map::CsvMap;
use super::time;

/// Rows at the beginning of a file among which the header is looked for: exports often have a title above it.
const HEADER_ROWS_MAX: usize = 10;

/// Most columns of a row; one with more is kept and not understood.
const COLUMNS_MAX: usize = 1_000;

/// Longest value that is looked up in a map's values, in bytes.
const VALUE_BYTES_MAX: usize = 256;

/// A map that fits a file, and how the file is to be read.
pub(super) struct Match<'m> {
    map: &'m CsvMap,
    encoding: Option<&'static Encoding>,
    pub(super) delimiter: u8,
    /// The header's row and names; `None` for files without one.
    header: Option<(usize, Vec<String>)>,
}

/// The first map that fits the file by its name and its beginning.
pub(super) fn find_match<'m>(file: &FileContext<'m>, head: &[u8]) -> Option<Match<'m>> {
    let base_name = folded(file.name.rsplit(['/', '\\']).next().unwrap_or_default());
    let named = |map: &&CsvMap| map.file_name.as_ref().is_none_or(|own| fits(own, &base_name));
    let mut maps = file.maps.iter().filter(named).peekable();
    maps.peek()?;
    let mut splitters = [b',', b'\t', b';'].map(|delimiter| (delimiter, Splitter::new(delimiter)));
    let read = |(encoding, text): (_, String)| by_delimiter(encoding, &text, &mut splitters);
    let readings: Vec<Reading> = readings(head).into_iter().flat_map(read).collect();
    maps.find_map(|map| match_map(map, &readings))
}

/// The beginning of a file in one encoding, cut by one delimiter.
struct Reading {
    encoding: &'static Encoding,
    delimiter: u8,
    rows: Vec<Vec<String>>,
}

fn by_delimiter(
    encoding: &'static Encoding,
    text: &str,
    splitters: &mut [(u8, Splitter)],
) -> Vec<Reading> {
    let read = |(delimiter, splitter): &mut (u8, Splitter)| {
        let lines = text.lines().take(HEADER_ROWS_MAX);
        let rows = lines.map(|line| splitter.split(line).unwrap_or_default()).collect();
        Reading { encoding, delimiter: *delimiter, rows }
    };
    splitters.iter_mut().map(read).collect()
}

fn match_map<'m>(map: &'m CsvMap, readings: &[Reading]) -> Option<Match<'m>> {
    let fits = |own: &&Reading| {
        map.encoding.is_none_or(|encoding| encoding == own.encoding)
            && map.delimiter.is_none_or(|delimiter| delimiter == own.delimiter)
    };
    let mut fitting = readings.iter().filter(fits);
    if map.header.is_empty() {
        let first = fitting.find(|own| own.rows.first().is_some_and(|row| row.len() > 1));
        let delimiter = map.delimiter.or(first.map(|own| own.delimiter))?;
        return Some(Match { map, encoding: map.encoding, delimiter, header: None });
    }
    fitting.find_map(|own| {
        let is_header = |row: &Vec<String>| {
            let row: Vec<String> = row.iter().map(|name| folded(name)).collect();
            map.header.iter().all(|names| names.iter().any(|name| row.contains(name)))
        };
        let at = own.rows.iter().position(is_header)?;
        let names = own.rows.get(at)?.clone();
        // A header in ASCII says nothing about the encoding of what follows.
        let row: Vec<String> = names.iter().map(|name| folded(name)).collect();
        let mut asked = map.header.iter().flatten();
        let says = asked.any(|name| !name.is_ascii() && row.contains(name));
        let encoding = map.encoding.or(Some(own.encoding).filter(|_| says));
        Some(Match { map, encoding, delimiter: own.delimiter, header: Some((at, names)) })
    })
}

/// Whether a name fits a pattern with `*` for anything and `?` for one character.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match (pattern.get(p), name.get(n)) {
            (Some('*'), _) => {
                star = Some((p, n));
                p += 1;
            }
            (Some(own), Some(c)) if own == c || *own == '?' => (p, n) = (p + 1, n + 1),
            _ => match star {
                // The last star takes one character more.
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    (p, n) = (at + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

/// Reads the rows of one file.
pub(super) struct Rows<'m> {
    map: &'m CsvMap,
    file: FileContext<'m>,
    encoding: Option<&'static Encoding>,
    splitter: Splitter,
    /// Names of the columns as the file writes them.
    names: Vec<String>,
    folded: Vec<String>,
    /// The row of the header, from 1; 0 without one.
    header_row: u64,
    row: u64,
}

impl<'m> Rows<'m> {
    pub(super) fn new(found: &Match<'m>, file: &FileContext<'m>) -> Self {
        let (header_row, names) = match &found.header {
            Some((at, names)) => (u64::try_from(*at).unwrap_or(0) + 1, names.clone()),
            None => (0, found.map.names.clone()),
        };
        Self {
            map: found.map,
            file: *file,
            encoding: found.encoding,
            splitter: Splitter::new(found.delimiter),
            folded: names.iter().map(|name| folded(name)).collect(),
            names: names.iter().map(|name| name.trim().to_owned()).collect(),
            header_row,
            row: 0,
        }
    }

    /// Takes the next row and hands out its event. `whole` says whether its quotes were followed when it was cut.
    pub(super) fn take(&mut self, row: &[u8], whole: bool, each: &mut dyn FnMut(u64, Event)) {
        if !whole || !row.contains(&b'\n') {
            return self.take_one(row, each);
        }
        let text = decode(row, self.encoding);
        let n_columns = self.splitter.split(&text).map_or(0, |row| row.len());
        if n_columns == self.names.len() {
            return self.take_one(row, each);
        }
        // Its line ends were not inside a field: one quote too many has drawn rows together.
        for line in row.split(|byte| *byte == b'\n') {
            self.take_one(line.strip_suffix(b"\r").unwrap_or(line), each);
        }
    }

    fn take_one(&mut self, row: &[u8], each: &mut dyn FnMut(u64, Event)) {
        self.row += 1;
        if row.trim_ascii().is_empty() || self.row == self.header_row {
            return;
        }
        let read = if self.row > self.header_row { self.read(row) } else { None };
        each(self.row, read.unwrap_or_else(|| plain(row, self.file.context)));
    }

    /// `None` when no time can be read: a total, a repeated header, another format than the map says.
    fn read(&mut self, raw: &[u8]) -> Option<Event> {
        let text = decode(raw, self.encoding);
        let values = self.splitter.split(&text)?;
        let row = Row { rows: self, values: &values };
        let event = row.event(row.time()?, raw, &text);
        Some(event)
    }
}

struct Row<'r, 'm> {
    rows: &'r Rows<'m>,
    values: &'r [String],
}

impl Row<'_, '_> {
    fn event(&self, time: Instant, raw: &[u8], row_text: &str) -> Event {
        let map = self.rows.map;
        let columns = &map.columns;
        let activity = mapped(&map.activities, self.first(&columns.activity));
        Event {
            time,
            product: map.product.clone(),
            service: map.service.clone(),
            class_uid: map.class_of.get(&activity).copied().unwrap_or(map.class_uid),
            status: self.status(),
            host: self.first(&columns.host).to_owned(),
            user: self.first(&columns.user).to_owned(),
            patient: self.first(&columns.patient).to_owned(),
            src_ip: self.first(&columns.src_ip).to_owned(),
            dst_ip: self.first(&columns.dst_ip).to_owned(),
            process: self.first(&columns.process).to_owned(),
            message: self.message(row_text),
            activity,
            src: self.fields(),
            ..blank(raw, self.rows.file.context)
        }
    }

    /// Every column under its own name, empty ones too.
    fn fields(&self) -> Fields {
        let n_bytes = self.values.iter().chain(&self.rows.names).map(String::len).sum();
        let mut fields = Fields::with_capacity(self.values.len() + 1, n_bytes);
        for (at, value) in self.values.iter().enumerate() {
            match self.rows.names.get(at).filter(|name| !name.is_empty()) {
                Some(name) => fields.push(name.as_str(), value.as_str()),
                None => fields.push(format!("column {}", at + 1), value.as_str()),
            }
        }
        fields.push("csv_map", self.rows.map.name.as_str());
        fields
    }

    /// The columns of the time one after the other, each with what it says.
    fn time(&self) -> Option<Instant> {
        let map = self.rows.map;
        let parts = map.time.iter().map(|names| self.first(names)).filter(|part| !part.is_empty());
        time::read(&parts.collect::<Vec<_>>().join(" "), &map.formats, map.zone)
    }

    fn status(&self) -> String {
        let map = self.rows.map;
        let written = self.first(&map.columns.status);
        let status = mapped(&map.statuses, written);
        // A word that the map does not know says nothing.
        if [SUCCESS, FAILURE].contains(&status.as_str()) { status } else { String::new() }
    }

    fn message(&self, row_text: &str) -> String {
        let columns = &self.rows.map.columns.message;
        if columns.is_empty() {
            return text::message(row_text);
        }
        let words = columns.iter().filter_map(|name| self.value(name));
        text::message(&words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
    }

    /// The first of these columns that says something.
    fn first(&self, names: &[String]) -> &str {
        let values = names.iter().filter_map(|name| self.value(name));
        values.map(text::meaningful).find(|value| !value.is_empty()).unwrap_or_default()
    }

    fn value(&self, name: &str) -> Option<&str> {
        let at = self.rows.folded.iter().position(|own| own == name)?;
        self.values.get(at).map(|value| value.trim())
    }
}

/// What the map has for the value; else the value as it is written.
fn mapped(values: &std::collections::BTreeMap<String, String>, written: &str) -> String {
    if values.is_empty() || written.len() > VALUE_BYTES_MAX {
        return written.to_owned();
    }
    // Mostly it is written as the map has it, and folding Japanese text costs more than the rest of a row's column.
    let known = values.get(written).or_else(|| values.get(&folded(written)));
    known.cloned().unwrap_or_else(|| written.to_owned())
}

/// Splits one row into its fields.
pub(super) struct Splitter {
    reader: Reader,
    output: Vec<u8>,
    ends: Vec<usize>,
}

impl Splitter {
    pub(super) fn new(delimiter: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).build();
        Self { reader, output: Vec::new(), ends: vec![0; COLUMNS_MAX] }
    }

    /// `None` for a row with more than [`COLUMNS_MAX`] columns.
    pub(super) fn split(&mut self, row: &str) -> Option<Vec<String>> {
        self.reader.reset();
        self.output.resize(row.len() + 1, 0);
        let (result, n_read, n_out, n_ends) =
            self.reader.read_record(row.as_bytes(), &mut self.output, &mut self.ends);
        let n_ends = match result {
            ReadRecordResult::Record => n_ends,
            ReadRecordResult::InputEmpty if n_read == row.len() => {
                let output = self.output.get_mut(n_out..)?;
                let ends = self.ends.get_mut(n_ends..)?;
                match self.reader.read_record(b"", output, ends) {
                    (ReadRecordResult::Record | ReadRecordResult::End, _, _, more) => n_ends + more,
                    _ => return None,
                }
            }
            _ => return None,
        };
        let mut begins = 0;
        let mut fields = Vec::with_capacity(n_ends);
        for end in self.ends.get(..n_ends)? {
            fields.push(String::from_utf8_lossy(self.output.get(begins..*end)?).into_owned());
            begins = *end;
        }
        Some(fields)
    }
}
