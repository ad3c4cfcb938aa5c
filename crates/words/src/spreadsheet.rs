//! CSV that spreadsheet programs open without surprises (RFC 4180), and that they write.

use std::borrow::Cow;

use encoding_rs::SHIFT_JIS;

/// Stands in front of a file: without it Excel does not read UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Text that a spreadsheet would run as a formula gets an apostrophe in front: logs are written by attackers too.
#[must_use]
pub fn safe(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

/// Adds a row. Cells with commas, quotes or line ends are put in quotes.
pub fn push_row(text: &mut String, cells: impl IntoIterator<Item = impl AsRef<str>>) {
    for (n, cell) in cells.into_iter().enumerate() {
        if n > 0 {
            text.push(',');
        }
        let cell = cell.as_ref();
        if cell.contains([',', '"', '\n', '\r']) {
            text.push_str(&format!("\"{}\"", cell.replace('"', "\"\"")));
        } else {
            text.push_str(cell);
        }
    }
    text.push_str("\r\n");
}

/// The text of a file: UTF-8 when it is, else the encoding Excel writes in Japan. Without its byte order mark.
#[must_use]
pub fn text_of(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK.as_bytes()).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => SHIFT_JIS.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// A row of a file, with its cells as they stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line of the file it begins in, from 1.
    pub line: u64,
    /// Its cells; rows need not have the same number of them.
    pub cells: Vec<String>,
}

impl Row {
    /// Whether all its cells are empty.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// A file in any encoding of [`text_of`], separated by commas or tabs.
pub struct Table {
    text: String,
}

impl Table {
    /// The file as text. Its rows are cut one by one as they are asked for: a list of the whole country stays one text.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        // The reader counts a line only at its feed; a return before it would make every fault stand one line too high.
        Self { text: text_of(bytes).replace("\r\n", "\n") }
    }

    /// Its rows, the heading among them.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter(&self.text))
            .from_reader(self.text.as_bytes());
        let mut lines = LineCount { bytes: self.text.as_bytes(), line: 1 };
        let mut passed = 0;
        let row = move |record: csv::StringRecord| {
            let begins = record.position().map_or(0, csv::Position::byte);
            lines.pass(begins.saturating_sub(passed));
            passed = begins.max(passed);
            Row { line: lines.next_filled(), cells: record.iter().map(str::to_owned).collect() }
        };
        reader.into_records().filter_map(Result::ok).map(row)
    }
}

/// The reader's own count stops at a wholly empty line: a person would be sent to the line above.
struct LineCount<'a> {
    bytes: &'a [u8],
    line: u64,
}

impl LineCount<'_> {
    fn pass(&mut self, n_bytes: u64) {
        let n_bytes = usize::try_from(n_bytes).unwrap_or(usize::MAX).min(self.bytes.len());
        let (passed, rest) = self.bytes.split_at(n_bytes);
        self.line += feeds(passed.iter());
        self.bytes = rest;
    }

    /// The first line from here that is not empty.
    fn next_filled(&self) -> u64 {
        self.line + feeds(self.bytes.iter().take_while(|byte| **byte == b'\n'))
    }
}

fn feeds<'a>(bytes: impl Iterator<Item = &'a u8>) -> u64 {
    bytes.filter(|byte| **byte == b'\n').count() as u64
}

fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    if first.contains('\t') && !first.contains(',') { b'\t' } else { b',' }
}

/// A cell without blanks around it and without the apostrophe of [`safe`].
#[must_use]
pub fn plain(cell: &str) -> &str {
    let cell = cell.trim();
    cell.strip_prefix('\'').unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_in_either_encoding_with_the_lines_a_person_counts() {
        let text = "名称,電話\r\n\r\n病院,\"06-1\r\n06-2\"\r\n,\r\n薬局\r\n";
        let (shift_jis, _, _) = SHIFT_JIS.encode(text);
        let marked = format!("{BYTE_ORDER_MARK}{text}");
        let row = |line, cells: &[&str]| Row {
            line,
            cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
        };
        let expected = [
            row(1, &["名称", "電話"]),
            row(3, &["病院", "06-1\n06-2"]),
            row(5, &["", ""]),
            row(6, &["薬局"]),
        ];
        for bytes in [text.as_bytes(), marked.as_bytes(), shift_jis.as_ref()] {
            assert_eq!(Table::read(bytes).rows().collect::<Vec<_>>(), expected);
        }
        assert!(expected[2].is_blank());
        assert_eq!(Table::read(b"a\tb").rows().collect::<Vec<_>>(), [row(1, &["a", "b"])]);
        assert_eq!(plain(" '=1+1 "), "=1+1");
    }

    #[test]
    fn cells_stay_cells_and_never_become_formulas() {
        let mut text = String::new();
        push_row(&mut text, ["a,b", "say \"x\"", "two\nlines", "-5"]);
        push_row(&mut text, ["=cmd|x", "plain"].map(safe));
        assert_eq!(text, "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",-5\r\n'=cmd|x,plain\r\n");
    }
}
