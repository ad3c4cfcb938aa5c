//! A search's answer as CSV that spreadsheet programs open without surprises.

use std::borrow::Cow;

use sakimori_watch::spreadsheet::{BYTE_ORDER_MARK, push_row, safe};

use crate::ports::{SearchCell, SearchTable};

/// The table as CSV. Numbers stay numbers, also those below zero; text is never a formula.
pub(super) fn write(table: &SearchTable) -> String {
    let mut text = String::from(BYTE_ORDER_MARK);
    push_row(&mut text, table.columns.iter().map(|name| safe(name)));
    for row in &table.rows {
        push_row(&mut text, row.iter().map(cell));
    }
    text
}

fn cell(cell: &SearchCell) -> Cow<'_, str> {
    match cell {
        SearchCell::Empty => "".into(),
        SearchCell::Number(number) => number.into(),
        SearchCell::Time(at) => at.to_string().into(),
        SearchCell::Text(text) => safe(text),
        SearchCell::Fields(_) => safe(&cell.text()).into_owned().into(),
    }
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
