//! A search's answer as CSV that spreadsheet programs open without surprises.

use crate::ports::{SearchCell, SearchTable};

/// The table as CSV with a byte-order mark (Excel reads UTF-8 only with one). Text that a spreadsheet would run as a formula
/// is preceded by an apostrophe: log lines are written by strangers.
pub(super) fn write(table: &SearchTable) -> String {
    let mut text = String::from("\u{feff}");
    line(&mut text, table.columns.iter().map(|name| safe(name)));
    for row in &table.rows {
        line(&mut text, row.iter().map(cell));
    }
    text
}

fn cell(cell: &SearchCell) -> String {
    match cell {
        SearchCell::Empty => String::new(),
        SearchCell::Number(number) => number.clone(),
        SearchCell::Time(at) => at.to_string(),
        SearchCell::Text(text) => safe(text),
        SearchCell::Fields(_) => safe(&cell.text()),
    }
}

fn safe(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    for (n, cell) in cells.enumerate() {
        if n > 0 {
            text.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            text.push_str(&format!("\"{}\"", cell.replace('"', "\"\"")));
        } else {
            text.push_str(&cell);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use sakimori_words::Instant;

    use super::write;
    use crate::ports::{SearchCell, SearchTable};

    #[test]
    fn strangers_text_is_never_a_formula_and_commas_survive() {
        let table = SearchTable {
            columns: vec!["time".into(), "message".into(), "n".into()],
            rows: vec![vec![
                SearchCell::Time(Instant::parse("2026-11-20T00:00:00Z").unwrap()),
                SearchCell::Text("=cmd|' /C calc'!A0, \"x\"".into()),
                SearchCell::Number("-3".into()),
            ]],
            truncated: false,
        };
        assert_eq!(
            write(&table),
            "\u{feff}time,message,n\r\n2026-11-20 09:00:00,\"'=cmd|' /C calc'!A0, \"\"x\"\"\",-3\r\n"
        );
    }
}
