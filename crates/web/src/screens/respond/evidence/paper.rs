//! What is printed: the custody form of an item, and labels to stick on.

use askama::Template;
use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_respond::case_number;
use sakimori_respond::custody::{CustodyForm, EvidenceItem, FormEvent, FormRow, custody_form};
use sakimori_words::document::{Block, Datum, Document, Row};
use sakimori_words::{CaseId, jst_date};

use super::super::super::entrance::qr;
use super::super::letter;
use super::item::item_of;
use crate::failure::Answer;
use crate::frame::Frame;
use crate::paper::{blank, hand_out, table};
use crate::ports::Paper;
use crate::visit::{Visit, page};

/// Empty lines on the form for handlings that are written by hand.
const BLANK_LINES: usize = 6;

#[derive(Template)]
#[template(path = "screens/respond/evidence/form.html")]
struct FormPage {
    frame: Frame,
    case: String,
    no: String,
    paper: CustodyForm,
    exercise: bool,
    blank: [(); BLANK_LINES],
    head: Vec<String>,
    stylesheet: &'static str,
}

impl FormPage {
    /// Rows in pairs, so that the form stays on one sheet.
    #[expect(clippy::unused_self, reason = "a template calls what belongs to its page")]
    fn pairs<'r>(&self, rows: &'r [FormRow]) -> std::slice::Chunks<'r, FormRow> {
        rows.chunks(2)
    }
}

#[derive(Template)]
#[template(path = "screens/respond/evidence/labels.html")]
struct LabelsPage {
    frame: Frame,
    case: String,
    case_title: String,
    exercise: bool,
    labels: Vec<Label>,
    stylesheet: &'static str,
}

/// A label to stick on an item.
struct Label {
    no: String,
    title: String,
    serial: String,
    seal: String,
    date: String,
    qr: String,
}

pub(super) async fn form(visit: Visit, Path((id, no)): Path<(String, String)>) -> Answer {
    visit.pass_personal(Action::ViewCase, "evidence", &format!("{id}/{no}"), "print").await?;
    let id = CaseId::from(id);
    let case = visit.site.cases.case(&id).await?;
    let (item, head) = item_of(&visit, &id, &no).await?;
    let frame = visit.frame("evidence-title").await;
    page(&FormPage {
        paper: custody_form(&case.title, id.as_str(), &item, head),
        case: id.to_string(),
        no,
        exercise: case.exercise,
        blank: [(); BLANK_LINES],
        head: vec![
            frame.organisation.clone(),
            frame.with("sheet-at", "at", frame.minute(frame.now)),
        ],
        stylesheet: letter::stylesheet(),
        frame,
    })
}

/// The form as a file.
pub(super) async fn form_file(
    visit: Visit,
    Path((id, no)): Path<(String, String)>,
    paper: Paper,
) -> Answer {
    visit
        .pass_personal(Action::ViewCase, "evidence", &format!("{id}/{no}"), paper.ending())
        .await?;
    let id = CaseId::from(id);
    let case = visit.site.cases.case(&id).await?;
    let (item, head) = item_of(&visit, &id, &no).await?;
    let frame = visit.frame("evidence-title").await;
    let form = custody_form(&case.title, id.as_str(), &item, head);
    let mut document = document(&frame, &form, &format!("{}-{no}", case_number(&id)));
    document.version = format!("chain-{}", head.n);
    document.source = head.digest;
    if case.exercise {
        document.head.marks = vec![frame.t("case-exercise")];
    }
    hand_out(&visit, document, paper).await
}

/// The form as a document: what the page prints, with room for what is written by hand.
fn document(frame: &Frame, form: &CustodyForm, id: &str) -> Document {
    let mut document = blank(frame, id.to_owned(), frame.text(&form.title).to_owned());
    document.head.number = frame.with("sheet-at", "at", frame.minute(frame.now));
    let rows = |rows: &[FormRow]| Block::Rows(rows.iter().map(|one| row(frame, one)).collect());
    let heading = |word: &str| Block::Heading(frame.t(word));
    document.blocks = vec![
        rows(&form.about),
        heading("custody-object"),
        rows(&form.object),
        heading("custody-identity"),
        rows(&form.identity),
        heading("custody-events"),
        events(frame, form),
    ];
    document.foot = form.foot.iter().map(|line| frame.text(line).to_owned()).collect();
    document
}

fn row(frame: &Frame, row: &FormRow) -> Row {
    Row::new(row.code, frame.text(&row.label), Datum::of(&row.value, frame.lang))
}

fn events(frame: &Frame, form: &CustodyForm) -> Block {
    let columns = [
        ("at", frame.t("custody-at"), 4),
        ("what", frame.t("custody-what"), 3),
        ("from", frame.t("custody-from"), 4),
        ("to", frame.t("custody-to"), 4),
        ("particulars", frame.t("custody-particulars"), 6),
        ("people", frame.t("custody-people"), 4),
    ];
    let cells = |event: &FormEvent| {
        [&event.at, &event.what, &event.from, &event.to, &event.particulars, &event.people]
            .map(|cell| Datum::of(cell, frame.lang))
    };
    // Two lines high, as much as a hand needs.
    let by_hand =
        std::iter::repeat_with(|| [(); 6].map(|()| Datum::text("\n\n"))).take(BLANK_LINES);
    table("events", columns, form.events.iter().map(cells).chain(by_hand).collect())
}

pub(super) async fn labels(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_personal(Action::ViewCase, "case", &id, "print labels").await?;
    let id = CaseId::from(id);
    let case = visit.site.cases.case(&id).await?;
    let custody = visit.site.cases.custody(&id).await?;
    let frame = visit.frame("evidence-labels").await;
    let only = visit.query().text("no").to_owned();
    let wanted = custody.items.values().filter(|item| only.is_empty() || item.no == only);
    page(&LabelsPage {
        labels: wanted.map(|item| label(&frame, &id, item)).collect(),
        case: id.to_string(),
        case_title: case.title.clone(),
        exercise: case.exercise,
        stylesheet: letter::stylesheet(),
        frame,
    })
}

fn label(frame: &Frame, case: &CaseId, item: &EvidenceItem) -> Label {
    let no = item.no.as_str();
    let serial = &item.facts.serial;
    let text = format!("SAKIMORI EVIDENCE\nno={no}\ncase={case}\nserial={serial}");
    Label {
        no: no.to_owned(),
        title: frame.text(&item.title()).to_owned(),
        serial: serial.clone(),
        seal: item.seal.clone(),
        date: jst_date(item.facts.collected_at.unwrap_or(item.recorded_at)).to_string(),
        qr: qr::svg(&text, no),
    }
}
