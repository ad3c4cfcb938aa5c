//! What is printed: the custody form of an item, and labels to stick on.

use askama::Template;
use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_respond::custody::{CustodyForm, EvidenceItem, FormRow, custody_form};
use sakimori_words::{CaseId, jst_date};

use super::super::super::entrance::qr;
use super::super::letter;
use super::item::item_of;
use crate::failure::Answer;
use crate::frame::Frame;
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
