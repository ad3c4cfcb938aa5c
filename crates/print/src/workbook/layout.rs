//! The sheet to look at: A4 upright, one page wide, as the letter is laid out.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Worksheet, XlsxError};
use sakimori_words::Lang;
use sakimori_words::document::{Block, Check, Datum, Document, Row, Table};

use super::{Looks, cut, parts};

/// Widths of the columns, in characters: together one A4 page.
const WIDTHS: [f64; 6] = [22.0, 14.0, 14.0, 14.0, 14.0, 14.0];
const LAST: u16 = 5;
/// A4 in the numbers of the format.
const A4: u8 = 9;
/// Characters of a Japanese line in the value column, for the height of rows that hold more.
const VALUE_LINE_CHARS: usize = 36;
const LINE_POINTS: u16 = 18;
/// The format knows no higher row.
const ROW_POINTS_MAX: usize = 400;

pub(super) fn write(sheet: &mut Worksheet, document: &Document) -> Result<(), XlsxError> {
    sheet.set_name(if document.lang == Lang::Ja { "文書" } else { "Document" })?;
    sheet.set_paper_size(A4).set_print_fit_to_pages(1, 0).set_margins(0.6, 0.6, 0.7, 0.7, 0.3, 0.3);
    sheet.set_footer(format!("&L&7{}&R&P / &N", cut_footer(&document.stamp())));
    for (column, width) in (0..).zip(WIDTHS) {
        sheet.set_column_width(column, width)?;
    }
    let mut page = Page::new(sheet, document.lang);
    page.head(document)?;
    for block in &document.blocks {
        page.block(block)?;
    }
    if document.lang == Lang::Ja && !document.head.opening.is_empty() {
        page.right("以上")?;
    }
    for line in &document.foot {
        page.across(line, &page.plain.clone())?;
    }
    Ok(())
}

struct Page<'a> {
    sheet: &'a mut Worksheet,
    lang: Lang,
    row: u32,
    plain: Format,
    right: Format,
    mark: Format,
    title: Format,
    heading: Format,
    label: Format,
    value: Format,
}

impl<'a> Page<'a> {
    fn new(sheet: &'a mut Worksheet, lang: Lang) -> Self {
        let plain = Format::new().set_text_wrap().set_align(FormatAlign::Top);
        let bold = plain.clone().set_bold();
        let cell = plain.clone().set_border(FormatBorder::Thin);
        Self {
            sheet,
            lang,
            row: 0,
            right: plain.clone().set_align(FormatAlign::Right),
            mark: bold.clone().set_border(FormatBorder::Medium).set_align(FormatAlign::Center),
            title: bold.clone().set_font_size(15).set_align(FormatAlign::Center),
            heading: bold.set_font_size(12),
            label: cell.clone().set_background_color(Color::RGB(0x00EB_EBEB)),
            value: cell,
            plain,
        }
    }

    fn head(&mut self, document: &Document) -> Result<(), XlsxError> {
        let head = &document.head;
        for mark in &head.marks {
            self.across(mark, &self.mark.clone())?;
        }
        if !head.number.is_empty() {
            self.right(&head.number)?;
        }
        self.right(&document.dated_words())?;
        for one in &head.addressees {
            self.across(one, &self.plain.clone())?;
        }
        for line in &head.sender {
            self.right(line)?;
        }
        self.row += 1;
        self.across(&head.title, &self.title.clone())?;
        // Every page says whose it is.
        self.sheet.set_repeat_rows(self.row.saturating_sub(1), self.row.saturating_sub(1))?;
        self.row += 1;
        if !head.opening.is_empty() {
            self.across(&head.opening, &self.plain.clone())?;
            let below = if self.lang == Lang::Ja { "記" } else { "Particulars" };
            let centred = self.plain.clone().set_align(FormatAlign::Center);
            self.across(below, &centred)?;
        }
        Ok(())
    }

    fn block(&mut self, block: &Block) -> Result<(), XlsxError> {
        match block {
            Block::Heading(text) => {
                self.row += 1;
                self.across(text, &self.heading.clone())
            }
            Block::Paragraph(text) | Block::Note(text) => self.across(text, &self.plain.clone()),
            Block::Rows(rows) => rows.iter().try_for_each(|row| self.field(row)),
            Block::Table(table) => self.table(table),
            Block::Checks(checks) => checks.iter().try_for_each(|check| self.check(check)),
            Block::PageBreak => {
                self.sheet.set_page_breaks(&[self.row])?;
                Ok(())
            }
        }
    }

    fn field(&mut self, row: &Row) -> Result<(), XlsxError> {
        for (number, part) in parts(&row.value).iter().enumerate() {
            let label = cut(&row.label).into_iter().next().unwrap_or_default();
            let label = if number == 0 { label } else { format!("{label} ({})", number + 1) };
            self.pair(&label, part)?;
        }
        Ok(())
    }

    fn check(&mut self, check: &Check) -> Result<(), XlsxError> {
        let word = match (check.ticked, self.lang) {
            (true, Lang::Ja) => "はい",
            (false, Lang::Ja) => "いいえ",
            (true, Lang::En) => "Yes",
            (false, Lang::En) => "No",
        };
        let label = cut(&check.label).into_iter().next().unwrap_or_default();
        self.pair(&label, &Datum::text(word))
    }

    /// A label in the first column, its value over the others.
    fn pair(&mut self, label: &str, value: &Datum) -> Result<(), XlsxError> {
        let looks = Looks::new(self.lang, self.value.clone());
        self.sheet.merge_range(self.row, 1, self.row, LAST, "", &self.value)?;
        self.sheet.write_string_with_format(self.row, 0, label, &self.label)?;
        looks.write(self.sheet, (self.row, 1), value)?;
        let label_lines = n_lines(label, VALUE_LINE_CHARS / 4);
        self.end_row(n_lines(&value.words(self.lang), VALUE_LINE_CHARS).max(label_lines))
    }

    /// A table from the first column on; one with more than six columns goes beyond the first page's width, which then shrinks.
    fn table(&mut self, table: &Table) -> Result<(), XlsxError> {
        if !table.caption.is_empty() {
            self.across(&table.caption, &self.plain.clone())?;
        }
        for (column, head) in (0..).zip(&table.columns) {
            let title = cut(&head.title).into_iter().next().unwrap_or_default();
            self.sheet.write_string_with_format(self.row, column, title, &self.label)?;
        }
        self.row += 1;
        let looks = Looks::new(self.lang, self.value.clone());
        for row in &table.rows {
            let mut lines = 1;
            for (column, cell) in (0..).zip(row) {
                let first = parts(cell).into_iter().next().unwrap_or(Datum::Unknown);
                looks.write(self.sheet, (self.row, column), &first)?;
                lines = lines.max(n_lines(&first.words(self.lang), VALUE_LINE_CHARS / 5));
            }
            self.end_row(lines)?;
        }
        self.row += 1;
        Ok(())
    }

    fn right(&mut self, line: &str) -> Result<(), XlsxError> {
        self.across(line, &self.right.clone())
    }

    /// A text over the whole width, in as many rows as it has parts.
    fn across(&mut self, text: &str, format: &Format) -> Result<(), XlsxError> {
        for part in cut(text) {
            self.sheet.merge_range(self.row, 0, self.row, LAST, &part, format)?;
            self.end_row(n_lines(&part, VALUE_LINE_CHARS + 8))?;
        }
        Ok(())
    }

    /// Ends a row that is `lines` high: merged cells do not find their height by themselves.
    fn end_row(&mut self, lines: usize) -> Result<(), XlsxError> {
        let points = lines.saturating_mul(usize::from(LINE_POINTS)).min(ROW_POINTS_MAX);
        self.sheet.set_row_height(self.row, u16::try_from(points).unwrap_or(LINE_POINTS))?;
        self.row += 1;
        Ok(())
    }
}

/// How many lines a text takes.
fn n_lines(text: &str, line_chars: usize) -> usize {
    text.split('\n').map(|line| line.chars().count().div_ceil(line_chars.max(1)).max(1)).sum()
}

/// The stamp for the footer, where `&` is a command and 255 characters are the limit.
fn cut_footer(stamp: &str) -> String {
    super::visible(stamp).chars().take(150).collect::<String>().replace('&', "&&")
}
