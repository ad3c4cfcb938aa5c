//! Cutting a stream of CSV into rows at line ends that are not inside quotes.
//!
//! All encodings read here keep the delimiter, the quote and the line end out of the bytes of other characters (UTF-16 comes
//! as UTF-8), so bytes can be cut before they are decoded.

/// Longest row that may hold line ends, in bytes. A quote that is still open then was no quote.
const ROW_BYTES_MAX: usize = 1 << 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    /// A quote inside quotes: their end, or the first half of a doubled one.
    QuoteInQuoted,
}

/// Cuts one file. Rows are handed out with whether their quotes were followed; of a quote that never closes, only its lines
/// are told, so that one stray quote does not swallow what comes after it.
pub(super) struct Cutter {
    delimiter: u8,
    state: State,
    pending: Vec<u8>,
    scanned_bytes: usize,
}

impl Cutter {
    pub(super) fn new(delimiter: u8) -> Self {
        Self { delimiter, state: State::FieldStart, pending: Vec::new(), scanned_bytes: 0 }
    }

    pub(super) fn push(&mut self, piece: &[u8], take: &mut dyn FnMut(&[u8], bool)) {
        self.pending.extend_from_slice(piece);
        let (mut row_begins, mut at) = (0, self.scanned_bytes);
        while let Some(byte) = self.pending.get(at).copied() {
            self.state = step(self.state, byte, self.delimiter);
            at += 1;
            let row = self.pending.get(row_begins..at).unwrap_or_default();
            if byte == b'\n' && self.state == State::FieldStart {
                take(without_end(row), true);
                row_begins = at;
            } else if row.len() >= ROW_BYTES_MAX {
                // Its whole lines are told, each once; hostile quotes cost a second look at the last line and no third.
                let told = whole_lines(row);
                by_line(told, take);
                row_begins += told.len();
                at = row_begins;
                self.state = State::FieldStart;
            }
        }
        self.pending.drain(..row_begins);
        self.scanned_bytes = self.pending.len();
    }

    /// The file ended: hands out what was left without a line end.
    pub(super) fn finish(self, take: &mut dyn FnMut(&[u8], bool)) {
        if self.state == State::Quoted {
            by_line(&self.pending, take);
        } else if !self.pending.is_empty() {
            take(without_end(&self.pending), true);
        }
    }
}

fn step(state: State, byte: u8, delimiter: u8) -> State {
    match (state, byte) {
        (State::Quoted, b'"') => State::QuoteInQuoted,
        (State::Quoted, _) | (State::QuoteInQuoted | State::FieldStart, b'"') => State::Quoted,
        (_, b'\n') => State::FieldStart,
        (_, byte) if byte == delimiter => State::FieldStart,
        _ => State::Plain,
    }
}

/// Up to the last line end; everything when there is none.
fn whole_lines(rows: &[u8]) -> &[u8] {
    let end = rows.iter().rposition(|byte| *byte == b'\n').map_or(rows.len(), |at| at + 1);
    rows.get(..end).unwrap_or(rows)
}

fn by_line(rows: &[u8], take: &mut dyn FnMut(&[u8], bool)) {
    let rows = rows.strip_suffix(b"\n").unwrap_or(rows);
    rows.split(|byte| *byte == b'\n').for_each(|line| take(without_end(line), false));
}

fn without_end(row: &[u8]) -> &[u8] {
    let row = row.strip_suffix(b"\n").unwrap_or(row);
    row.strip_suffix(b"\r").unwrap_or(row)
}
