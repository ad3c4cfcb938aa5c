//! What the institutions of the register answered to the checklist: how many said what, and all of it as CSV.

use askama::Template;
use axum::extract::Path;
use sakimori_content::{Checklist, ChecklistItem};
use sakimori_identity::Action;
use sakimori_prepare::{CheckAnswer, Sheet, SheetTally};
use sakimori_register::Facility;
use sakimori_words::spreadsheet::{BYTE_ORDER_MARK, push_row};
use sakimori_words::{Date, OrganisationId, jst_date};

use super::at_hub;
use crate::failure::{Answer, Failure};
use crate::frame::Frame;
use crate::paper;
use crate::screens::portal::CHECK_ANSWERS;
use crate::screens::respond::Rights;
use crate::troubles;
use crate::visit::{Visit, page};
use crate::wording;

#[derive(Template)]
#[template(path = "screens/register/checklists.html")]
struct ChecklistsPage {
    frame: Frame,
    lists: Vec<ListView>,
    may: Rights,
}

/// One checklist with the answers of all.
struct ListView {
    title: String,
    n_sheets: String,
    rows: Vec<ItemView>,
    export: String,
}

struct ItemView {
    number: String,
    asks: String,
    n_yes: usize,
    n_no: usize,
    n_late: usize,
    n_not_applicable: usize,
    n_open: usize,
}

pub(super) async fn show(visit: Visit) -> Answer {
    at_hub(&visit)?;
    visit.pass_to_list(Action::ViewRegister, "register", "checklists").await?;
    let frame = visit.frame("checklists-title").await;
    let today = jst_date(visit.site.clock.now());
    let mut lists = vec![];
    for checklist in visit.site.content.checklists().iter().rev() {
        let sheets = visit.site.checklists.sheets(checklist).await?;
        lists.push(ListView {
            title: frame.text(&checklist.title).to_owned(),
            n_sheets: frame.count(sheets.len()),
            rows: checklist
                .items
                .iter()
                .map(|item| {
                    let alone = Checklist { items: vec![item.clone()], ..checklist.clone() };
                    let tallies = sheets.iter().map(|sheet| sheet.tally(&alone, today));
                    view(&frame, item, tallies)
                })
                .collect(),
            export: format!("/register/checklists/{}", checklist.id),
        });
    }
    page(&ChecklistsPage { lists, may: Rights::of(&visit, &[Action::ExportData]), frame })
}

fn view(
    frame: &Frame,
    item: &ChecklistItem,
    tallies: impl Iterator<Item = SheetTally>,
) -> ItemView {
    let mut view = ItemView {
        number: item.number.clone(),
        asks: frame.text(&item.asks).to_owned(),
        n_yes: 0,
        n_no: 0,
        n_late: 0,
        n_not_applicable: 0,
        n_open: 0,
    };
    for tally in tallies {
        view.n_yes += tally.n_yes;
        view.n_no += tally.n_no;
        view.n_late += tally.n_late;
        view.n_not_applicable += tally.n_not_applicable;
        view.n_open += tally.n_open;
    }
    view
}

/// Every answer of one checklist, a line each.
pub(super) async fn export(visit: Visit, Path(id): Path<String>) -> Answer {
    at_hub(&visit)?;
    visit.pass_personal(Action::ExportData, "register", "checklists.csv", "").await?;
    let known = visit.site.content.checklists().iter().find(|list| list.id == id);
    let checklist = known.ok_or_else(|| Failure::new(&troubles::NOT_FOUND, ""))?;
    let frame = visit.frame("checklists-title").await;
    let mut text = String::from(BYTE_ORDER_MARK);
    push_row(&mut text, HEADING.map(|word| frame.t(word)));
    for sheet in visit.site.checklists.sheets(checklist).await? {
        let entry = visit.site.register.entry_of(&sheet.organisation).await?;
        lines(&frame, checklist, &sheet, entry.as_ref(), &mut text);
    }
    Ok(paper::csv_file(&format!("checklist-{id}"), &frame.now.to_string(), text))
}

const HEADING: [&str; 10] = [
    "register-id",
    "register-name",
    "register-place",
    "check-number",
    "check-asks",
    "check-answer",
    "check-confirmed-on",
    "check-target",
    "check-note",
    "check-by",
];

fn lines(
    frame: &Frame,
    checklist: &Checklist,
    sheet: &Sheet,
    entry: Option<&Facility>,
    text: &mut String,
) {
    let name = entry.map_or("", |entry| entry.organisation.name.as_str());
    let place = entry.and_then(Facility::prefecture).map_or("", |own| own.name(frame.lang));
    for item in &checklist.items {
        let checked = sheet.items.get(&item.id);
        let day = |on: Option<Date>| on.map(|on| on.to_string()).unwrap_or_default();
        push_row(
            text,
            [
                sheet.organisation.to_string(),
                name.to_owned(),
                place.to_owned(),
                item.number.clone(),
                frame.text(&item.asks).to_owned(),
                checked.map(|own| answer_word(frame, own.answer)).unwrap_or_default(),
                day(checked.map(|own| own.confirmed_on)),
                day(checked.and_then(|own| own.target_on)),
                checked.map(|own| own.note.clone()).unwrap_or_default(),
                checked.map(|own| own.by.clone()).unwrap_or_default(),
            ],
        );
    }
}

fn answer_word(frame: &Frame, answer: CheckAnswer) -> String {
    let word = CHECK_ANSWERS.iter().find(|(_, own, _)| *own == answer).map(|(_, _, word)| *word);
    word.map(|word| frame.t(word)).unwrap_or_default()
}

/// What an institution answered, in one line for each checklist it began.
pub(super) async fn of_entry(
    visit: &Visit,
    frame: &Frame,
    institution: &OrganisationId,
) -> Result<Vec<(String, String)>, Failure> {
    let today = jst_date(visit.site.clock.now());
    let mut lines = vec![];
    for checklist in visit.site.content.checklists() {
        let (sheet, version) = visit.site.checklists.sheet(checklist, institution).await?;
        if version.is_none() {
            continue;
        }
        let tally = sheet.tally(checklist, today);
        let said = wording::say_with(
            frame.lang,
            "check-tally",
            &[
                ("yes", &tally.n_yes),
                ("no", &tally.n_no),
                ("late", &tally.n_late),
                ("none", &tally.n_not_applicable),
                ("open", &tally.n_open),
            ],
        );
        lines.push((frame.text(&checklist.title).to_owned(), said));
    }
    Ok(lines)
}
