//! A report as a document for an office: what is approved and sent, with the head and foot of a letter.

use sakimori_words::document::{Block, Datum, Document, FormVersion, LetterHead, Row};
use sakimori_words::{CaseId, Date, Digest, Instant, Lang, Text, jst_date, parse_date};

use crate::{PrintableReport, PrintedRow, ReceivedReport, Report, moment_words};

/// What a letter says around the document it carries.
struct Envelope {
    id: String,
    version: Instant,
    form: [String; 2],
    number: Text,
    made_on: Date,
    contact: Vec<String>,
    marks: Vec<Text>,
    foot: Vec<Text>,
}

/// The number of a case on paper: the end of its id, which is chance.
#[must_use]
pub fn case_number(case: &CaseId) -> String {
    let id = case.as_str();
    let tail: String = id.chars().skip(id.chars().count().saturating_sub(8)).collect();
    tail.to_uppercase()
}

impl Report {
    /// Its number on paper: that of its case, and its number in the case.
    #[must_use]
    pub fn paper_number(&self) -> String {
        format!("{}-{}", case_number(&self.case), self.number)
    }

    /// The report as a letter. Before its approval every page says that it is a draft.
    #[must_use]
    pub fn to_document(&self, lang: Lang) -> Document {
        let number = self.paper_number();
        let party = &self.party;
        let contact = format!("{} {}", party.department, party.person);
        let phones = [party.phone.as_str(), party.after_hours_phone.as_str()];
        let phones: Vec<&str> = phones.into_iter().filter(|phone| !phone.is_empty()).collect();
        let approval = self.approval();
        let draft = Text::new(
            "下書き（承認前）　提出しないでください",
            "DRAFT, not approved. Do not hand in.",
        );
        let approved = approval.map(|approval| {
            let (by, at) = (approval.by.words(), moment_words(approval.at));
            Text::new(
                format!("承認 {}（{}）", by.ja, at.ja),
                format!("Approved by {} ({})", by.en, at.en),
            )
        });
        let envelope = Envelope {
            version: approval.map_or(self.drafted_at, |approval| approval.at),
            form: self.form.clone(),
            number: Text::new(format!("報告番号 {number}"), format!("Report no. {number}")),
            made_on: jst_date(self.drafted_at),
            contact: vec![party.address.clone(), contact, phones.join(" / ")],
            marks: if approval.is_some() { Vec::new() } else { vec![draft] },
            foot: approved.into_iter().collect(),
            id: number,
        };
        document(&self.document, envelope, lang)
    }
}

impl ReceivedReport {
    /// The office's copy of the letter, under the office's number.
    #[must_use]
    pub fn to_document(&self, lang: Lang) -> Document {
        let (report, at) = (&self.report, moment_words(self.received_at));
        let number = Text::new(
            format!("受付番号 {}（{} 受領）", self.number, at.ja),
            format!("Receipt no. {} (received {})", self.number, at.en),
        );
        let by = &report.approved_by;
        let approved = Text::new(format!("承認 {}", by.ja), format!("Approved by {}", by.en));
        let envelope = Envelope {
            id: self.number.clone(),
            version: self.received_at,
            form: report.form.clone(),
            number,
            made_on: jst_date(self.received_at),
            contact: vec![report.sender.contact.clone(), report.sender.phone.clone()],
            marks: Vec::new(),
            foot: if by.ja.is_empty() { Vec::new() } else { vec![approved] },
        };
        document(&report.document, envelope, lang)
    }
}

fn document(report: &PrintableReport, envelope: Envelope, lang: Lang) -> Document {
    let say = |text: &Text| text.get(lang).to_owned();
    let source = report.digest();
    let [form, form_version] = envelope.form;
    let contact = envelope.contact.iter().map(|line| line.trim().to_owned());
    let sender = std::iter::once(say(&report.sender)).chain(contact);
    Document {
        id: envelope.id,
        version: version(envelope.version),
        source,
        form: Some(FormVersion { id: form, version: form_version }),
        lang,
        dated: parse_date(&report.dated.en).unwrap_or(envelope.made_on),
        head: LetterHead {
            number: say(&envelope.number),
            addressees: report.addressees.iter().map(say).collect(),
            sender: sender.filter(|line| !line.is_empty()).collect(),
            title: say(&report.title),
            marks: report.banner.iter().chain(&envelope.marks).map(say).collect(),
            opening: say(&opening()),
        },
        blocks: blocks(report, lang),
        foot: foot(envelope.foot, &source, lang),
    }
}

/// The moment of approval, else of the last writing, to the minute.
fn version(at: Instant) -> String {
    Datum::Moment(at).iso().unwrap_or_default().chars().take(16).collect()
}

fn opening() -> Text {
    Text::new("標記について、下記のとおり報告します。", "We report on the above matter as follows.")
}

fn blocks(report: &PrintableReport, lang: Lang) -> Vec<Block> {
    let sections = report.sections.iter().flat_map(|section| {
        let rows = section.rows.iter().map(|printed| row(printed, lang)).collect();
        [Block::Heading(section.title.get(lang).to_owned()), Block::Rows(rows)]
    });
    sections.collect()
}

fn row(printed: &PrintedRow, lang: Lang) -> Row {
    Row::new(&*printed.field, printed.label.get(lang), Datum::of(&printed.value, lang))
}

fn foot(lines: Vec<Text>, source: &Digest, lang: Lang) -> Vec<String> {
    let digest = Text::new(
        format!("文書のハッシュ値（SHA-256） {source}"),
        format!("Digest of the document (SHA-256) {source}"),
    );
    let copy = Text::new("", "English reading copy. The Japanese text is the original.");
    let lines = lines.into_iter().chain([digest, copy]);
    lines.map(|line| line.get(lang).to_owned()).filter(|line| !line.is_empty()).collect()
}
