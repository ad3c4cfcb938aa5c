//! The sheet for machines: one row per field, dates as ISO 8601, nothing merged.

use rust_xlsxwriter::{Format, Worksheet, XlsxError};
use sakimori_words::Lang;
use sakimori_words::document::{Block, Datum, Document, Table};

use super::{cut, parts};

const HEADS: [&str; 5] = ["section", "code", "label", "value", "iso"];

pub(super) fn write(sheet: &mut Worksheet, document: &Document) -> Result<(), XlsxError> {
    sheet.set_name("data")?.set_freeze_panes(1, 0)?;
    for (column, head) in (0..).zip(HEADS) {
        sheet.write_string_with_format(0, column, head, &Format::new().set_bold())?;
    }
    for (row, field) in (1..).zip(fields(document)) {
        field.write(sheet, row, document.lang)?;
    }
    Ok(())
}

/// One row.
struct Field<'a> {
    section: &'a str,
    code: String,
    label: &'a str,
    value: Datum,
}

impl Field<'_> {
    fn write(&self, sheet: &mut Worksheet, row: u32, lang: Lang) -> Result<(), XlsxError> {
        for (column, text) in (0..).zip([self.section, &self.code, self.label]) {
            sheet.write_string(row, column, cut(text).first().map_or("", String::as_str))?;
        }
        match self.value {
            Datum::Number(number) if i32::try_from(number).is_ok() => {
                sheet.write_number(row, 3, i32::try_from(number).unwrap_or_default())?;
            }
            _ => {
                sheet.write_string(row, 3, crate::characters::visible(&self.value.words(lang)))?;
            }
        }
        sheet.write_string(row, 4, self.value.iso().unwrap_or_default())?;
        Ok(())
    }
}

fn fields(document: &Document) -> Vec<Field<'_>> {
    let (mut fields, mut section) = (Vec::new(), "");
    for block in &document.blocks {
        match block {
            Block::Heading(text) => section = text,
            Block::Rows(rows) => {
                for row in rows {
                    put(&mut fields, section, &row.code, &row.label, &row.value);
                }
            }
            Block::Checks(checks) => {
                for check in checks {
                    let value = Datum::text(if check.ticked { "true" } else { "false" });
                    put(&mut fields, section, &check.code, &check.label, &value);
                }
            }
            Block::Table(table) => cells(&mut fields, section, table),
            Block::Paragraph(_) | Block::Note(_) | Block::PageBreak => {}
        }
    }
    fields
}

/// A cell of a table is a field: `<table>.<row from 1>.<column>`.
fn cells<'a>(fields: &mut Vec<Field<'a>>, section: &'a str, table: &'a Table) {
    for (number, row) in (1_u64..).zip(&table.rows) {
        for (at, cell) in row.iter().enumerate() {
            let (code, title) = table.columns.get(at).map_or_else(
                || ((at + 1).to_string(), ""),
                |column| (column.code.clone(), column.title.as_str()),
            );
            put(fields, section, &format!("{}.{number}.{code}", table.code), title, cell);
        }
    }
}

/// A value longer than a cell goes on in a row of its own, with `#2` behind its code.
fn put<'a>(
    fields: &mut Vec<Field<'a>>,
    section: &'a str,
    code: &str,
    label: &'a str,
    value: &Datum,
) {
    for (number, part) in (1_u64..).zip(parts(value)) {
        let code = if number == 1 { code.to_owned() } else { format!("{code}#{number}") };
        fields.push(Field { section, code, label, value: part });
    }
}
