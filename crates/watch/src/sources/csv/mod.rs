//! CSV exports by column map: a small TOML file says which column is the user, the patient, the time.

mod cutter;
mod encoding;
mod map;
mod map_file;
mod rows;
mod table;
mod time;

use std::io;

use sakimori_words::{Event, Instant, Text};

use self::cutter::Cutter;
use self::rows::{Match, Rows, find_match};
use super::files::read_head;
use super::lines::TextInput;
use super::{Context, FileContext, LogSource, ReadSeek, Reading};

pub use self::map::{CsvMap, CsvMapError};
pub(crate) use self::table::{folded_name, moment, table};

/// CSV by column map.
pub(super) struct Csv;

impl LogSource for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn title(&self) -> Text {
        Text::new(
            "CSV（列対応表による。電子カルテの参照履歴など）",
            "CSV by column map (EHR record access and others)",
        )
    }

    /// A line of CSV says nothing without its header; files are read whole.
    fn read_line(&self, _line: &[u8], _context: &Context) -> Option<Event> {
        None
    }

    fn claims_file(&self, file: &FileContext<'_>, head: &[u8]) -> bool {
        find_match(file, head).is_some()
    }

    fn read_file(
        &self,
        input: &mut dyn ReadSeek,
        file: &FileContext<'_>,
        each: &mut dyn FnMut(Reading<'_>),
    ) -> io::Result<()> {
        let head = read_head(input)?;
        match find_match(file, &head) {
            Some(found) => read_rows(&found, input, file, each),
            None => Ok(()),
        }
    }
}

fn read_rows(
    found: &Match<'_>,
    input: &mut dyn ReadSeek,
    file: &FileContext<'_>,
    each: &mut dyn FnMut(Reading<'_>),
) -> io::Result<()> {
    let mut rows = Rows::new(found, file);
    let mut take = |row: &[u8], whole: bool| {
        rows.take(row, whole, &mut |record, event| {
            each(Reading::Event { file: file.name, record, event });
        });
    };
    let mut input = TextInput::new(input);
    let mut cutter = Cutter::new(found.delimiter);
    let mut piece = Vec::new();
    let mut begun = false;
    loop {
        let outcome = input.read_piece(&mut piece);
        let mark = b"\xef\xbb\xbf";
        let bytes = piece.strip_prefix(mark).filter(|_| !begun).unwrap_or(&piece);
        begun = true;
        cutter.push(bytes, &mut take);
        if outcome.is_err() || piece.is_empty() {
            cutter.finish(&mut take);
            return outcome;
        }
    }
}

/// Reads any bytes as a CSV file by a map, with and without a header.
///
/// # Panics
/// When bytes in memory cannot be read, or the map for this does not parse.
pub fn fuzz_csv_file(bytes: &[u8]) {
    const MAP: &str = "name = 'fuzz'\ntitle = { ja = 'あ', en = 'a' }\nheader = ['時刻', '職員']\n\
        [time]\ncolumns = ['時刻']\nformats = ['wareki', '%Y/%m/%d %H:%M']\n[columns]\nuser = '職員'\n";
    let headless = MAP.replace("header", "file_name = '*'\nnames");
    let maps = [MAP, &headless].map(|map| CsvMap::parse(map).into_iter().collect::<Vec<_>>());
    assert!(maps.iter().all(|maps| maps.len() == 1), "the maps for this parse");
    let context = Context { source: "fuzz".to_owned(), received_at: Instant::default() };
    let with_header =
        [&b"\xef\xbb\xbf\xe6\x99\x82\xe5\x88\xbb,\xe8\x81\xb7\xe5\x93\xa1\n"[..], bytes].concat();
    for (maps, bytes) in [(&maps[..1], with_header.as_slice()), (&maps[1..], bytes)] {
        let maps = maps.concat();
        let file = FileContext {
            name: "fuzz.csv",
            context: &context,
            written_by: context.received_at,
            maps: &maps,
            wanted: None,
        };
        let read = Csv.read_file(&mut io::Cursor::new(bytes), &file, &mut |_| {});
        assert!(read.is_ok(), "bytes in memory can always be read");
    }
}

/// Reads any bytes as a column map.
///
/// # Panics
/// When a refusal names no place.
pub fn fuzz_csv_map(bytes: &[u8]) {
    if let Err(error) = CsvMap::parse(&String::from_utf8_lossy(bytes)) {
        assert!(error.line > 0, "a refusal names its line");
    }
}

#[cfg(test)]
mod tests;
