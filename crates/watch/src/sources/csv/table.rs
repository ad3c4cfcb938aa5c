//! A whole small CSV file at once: lists that people prepare in a spreadsheet, in whatever encoding it saved them.

use encoding_rs::{EUC_JP, SHIFT_JIS, UTF_16BE, UTF_16LE};
use jiff::tz::Offset;
use sakimori_words::Instant;

use super::cutter::Cutter;
use super::encoding::folded;
use super::rows::Splitter;
use super::time;

/// One row of a list: the line it begins on, from 1, and its fields; `None` when it has too many columns.
pub(crate) type TableRow = (u64, Option<Vec<String>>);

/// The rows of a file, blank ones left out. Comma, tab and semicolon are told apart by the first line.
pub(crate) fn table(bytes: &[u8]) -> Vec<TableRow> {
    let text = text_of(bytes);
    let delimiter = delimiter_of(text.lines().next().unwrap_or_default());
    let (mut cutter, mut splitter) = (Cutter::new(delimiter), Splitter::new(delimiter));
    let (mut rows, mut line) = (Vec::new(), 1_u64);
    let mut take = |row: &[u8], _followed: bool| {
        let row = String::from_utf8_lossy(row);
        if !row.trim().is_empty() {
            rows.push((line, splitter.split(&row)));
        }
        line += 1 + row.matches('\n').count() as u64;
    };
    cutter.push(text.as_bytes(), &mut take);
    cutter.finish(&mut take);
    rows
}

/// A moment as spreadsheets and people write it, Japanese era years too; without an offset it is Japan's clock.
pub(crate) fn moment(written: &str) -> Option<Instant> {
    time::read(written, &[], Offset::constant(9))
}

/// A name as it is compared: full and half width alike, without blanks, in lower case.
pub(crate) fn folded_name(name: &str) -> String {
    folded(name)
}

/// One encoding for the whole file: a byte order mark, else UTF-8, `Shift_JIS` or EUC-JP, the first that fits throughout.
fn text_of(bytes: &[u8]) -> String {
    let marked = match bytes {
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        _ => None,
    };
    if let Some(encoding) = marked {
        return encoding.decode_with_bom_removal(bytes).0.into_owned();
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.trim_start_matches('\u{feff}').to_owned();
    }
    let whole = [SHIFT_JIS, EUC_JP]
        .into_iter()
        .find_map(|encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes));
    whole.unwrap_or_else(|| SHIFT_JIS.decode_without_bom_handling(bytes).0).into_owned()
}

fn delimiter_of(line: &str) -> u8 {
    let count = |sign: u8| line.bytes().filter(|byte| *byte == sign).count();
    let most = [b';', b'\t', b','].into_iter().max_by_key(|sign| count(*sign));
    most.unwrap_or(b',')
}
