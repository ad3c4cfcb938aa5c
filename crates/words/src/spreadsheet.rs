//! CSV that spreadsheet programs open without surprises (RFC 4180).

use std::borrow::Cow;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stay_cells_and_never_become_formulas() {
        let mut text = String::new();
        push_row(&mut text, ["a,b", "say \"x\"", "two\nlines", "-5"]);
        push_row(&mut text, ["=cmd|x", "plain"].map(safe));
        assert_eq!(text, "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",-5\r\n'=cmd|x,plain\r\n");
    }
}
