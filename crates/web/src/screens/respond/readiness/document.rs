//! The call sheet as a document: whom to call in which order, with room for time, name and receipt number.

use sakimori_respond::{Case, case_number};
use sakimori_words::document::{Block, Datum, Document, LetterHead};

use super::super::sentence;
use super::sheet::{SheetRow, SheetView, own_line};
use crate::frame::Frame;
use crate::paper::{blank, lines, table};
use crate::wording::say_with;

/// The document of a sheet, for a case or for now.
pub(super) fn document(
    frame: &Frame,
    sheet: &SheetView,
    case: Option<&Case>,
    printed_by: &str,
) -> Document {
    let id = case.map_or_else(|| "calls".to_owned(), |case| case_number(&case.id) + "-calls");
    let mut document = blank(frame, id, frame.t("call-sheet-title"));
    let by = sentence(frame.lang, "sheet-printed-by", &[("name", &printed_by)]);
    let exercise = case.is_some_and(|case| case.exercise);
    document.head = LetterHead {
        number: frame.with("sheet-at", "at", frame.minute(frame.now)),
        sender: vec![frame.organisation.clone(), by],
        marks: if exercise { vec![frame.t("case-exercise")] } else { Vec::new() },
        ..document.head
    };
    let about = case.map(|case| {
        Block::Paragraph(say_with(frame.lang, "sheet-for-case", &[("title", &case.title)]))
    });
    document.blocks.extend(about);
    document.blocks.extend([
        Block::Paragraph(own_line(frame.lang)),
        Block::Note(format!("{} {}", sheet.day_note, frame.t("sheet-arrow-rule"))),
    ]);
    for (code, word, rows) in
        [("outside", "sheet-outside", &sheet.outside), ("inside", "sheet-inside", &sheet.inside)]
    {
        if !rows.is_empty() {
            document.blocks.extend([Block::Heading(frame.t(word)), calls(frame, code, rows)]);
        }
    }
    document.source = document.content_digest();
    document
}

fn calls(frame: &Frame, code: &str, rows: &[SheetRow]) -> Block {
    // Where nobody has a deputy the column only stays for the workbook's sake.
    let has_deputies = rows.iter().any(|row| !row.deputies.is_empty());
    let columns = [
        ("whom", frame.t("sheet-recipient"), 6),
        ("number", frame.t("sheet-number"), 9),
        ("deputy", frame.t("sheet-deputy"), if has_deputies { 4 } else { 2 }),
        ("noted", frame.t("sheet-noted"), 4),
    ];
    let cells = |(n, row): (usize, &SheetRow)| {
        let star = if row.affected { "★ " } else { "" };
        let name = format!("{star}{}. {}", n + 1, row.name);
        [lines([name.as_str(), &row.duty]), numbers(row), deputies(row), Datum::text("")]
    };
    table(code, columns, rows.iter().enumerate().map(cells).collect())
}

/// The numbers, that which is answered now with an arrow, and what to know about them.
fn numbers(row: &SheetRow) -> Datum {
    let mut said: Vec<String> = Vec::new();
    for line in &row.lines {
        let mark = if line.right_now { "→ " } else { "" };
        said.push(format!("{mark}{} {}", line.phone, line.words));
    }
    said.extend([row.state.clone(), row.note.clone()]);
    lines(said.iter().map(String::as_str))
}

fn deputies(row: &SheetRow) -> Datum {
    let said: Vec<String> = row
        .deputies
        .iter()
        .map(|line| {
            let mark = if line.right_now { "→ " } else { "" };
            format!("{} {mark}{}", line.who, line.phone)
        })
        .collect();
    lines(said.iter().map(String::as_str))
}
