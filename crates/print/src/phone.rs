//! A document for reading aloud: short lines, label before value, what is unknown said as such.

use sakimori_words::document::{Block, Datum, Document, Table};
use sakimori_words::{Digest, Lang};

use crate::characters::visible;

/// The document as plain text in UTF-8. It is read to somebody on the telephone, who writes along.
#[must_use]
pub fn text(document: &Document) -> String {
    let (head, mut page) = (&document.head, Page::new(document.lang));
    for mark in &head.marks {
        page.line(&format!("【{mark}】"));
    }
    page.line(&head.title);
    page.gap();
    for (word, lines) in
        [(page.word(["宛先", "To"]), &head.addressees), (page.word(["発信", "From"]), &head.sender)]
    {
        if !lines.is_empty() {
            page.labelled(word, &lines.join("\n"));
        }
    }
    page.labelled(page.word(["日付", "Date"]), &document.dated_words());
    if !head.number.is_empty() {
        page.line(&head.number);
    }
    for block in &document.blocks {
        page.block(block);
    }
    page.gap();
    for line in &document.foot {
        page.line(line);
    }
    page.line(&format!("{} / {}", document.id, document.version));
    page.labelled(page.word(["照合値（先頭）", "Digest (beginning)"]), &spoken(&document.source));
    page.text
}

struct Page {
    lang: Lang,
    text: String,
}

impl Page {
    const fn new(lang: Lang) -> Self {
        Self { lang, text: String::new() }
    }

    const fn word(&self, words: [&'static str; 2]) -> &'static str {
        let [ja, en] = words;
        match self.lang {
            Lang::Ja => ja,
            Lang::En => en,
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(visible(line).trim_end());
        self.text.push('\n');
    }

    /// An empty line between parts, never two.
    fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// `label: value`, a value of several lines below its label.
    fn labelled(&mut self, label: &str, value: &str) {
        let (label, value) = (visible(label).replace('\n', " "), visible(value));
        let value = value.trim();
        if value.contains('\n') {
            self.line(&format!("{label}:"));
            for line in value.lines().filter(|line| !line.trim().is_empty()) {
                self.line(&format!("  {}", line.trim()));
            }
        } else {
            // Left blank on paper is not the same as being found out.
            let value =
                if value.is_empty() { self.word(["（空欄）", "(blank)"]) } else { value };
            self.line(&format!("{label}: {value}"));
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading(text) => {
                self.gap();
                self.line(&format!("■ {}", text.replace('\n', " ")));
            }
            Block::Paragraph(text) | Block::Note(text) => self.line(text),
            Block::Rows(rows) => {
                for row in rows {
                    self.labelled(&row.label, &row.value.words(self.lang));
                }
            }
            Block::Table(table) => self.table(table),
            Block::Checks(checks) => {
                for check in checks {
                    let state = self.word(if check.ticked {
                        ["はい", "Yes"]
                    } else {
                        ["いいえ", "No"]
                    });
                    self.labelled(&check.label, state);
                }
            }
            Block::PageBreak => self.gap(),
        }
    }

    fn table(&mut self, table: &Table) {
        self.gap();
        if !table.caption.is_empty() {
            self.line(&table.caption);
        }
        // Rows to write on are for paper.
        let lang = self.lang;
        let filled = table.rows.iter().filter(|row| row.iter().any(|cell| !is_blank(cell, lang)));
        for (number, row) in (1..).zip(filled) {
            self.line(&format!("({number})"));
            for (at, cell) in row.iter().enumerate() {
                self.cell(table.columns.get(at).map_or("-", |column| &column.title), cell);
            }
        }
    }

    fn cell(&mut self, label: &str, cell: &Datum) {
        self.labelled(label, &cell.words(self.lang));
    }
}

fn is_blank(cell: &Datum, lang: Lang) -> bool {
    cell.words(lang).trim().is_empty()
}

/// The first digits of a digest in groups of four, as one reads them out.
fn spoken(digest: &Digest) -> String {
    let digits: Vec<char> = digest.short().chars().collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
