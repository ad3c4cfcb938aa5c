//! The checklist of an institution without a node: answered item by item, as often as something changes.

use askama::Template;
use sakimori_content::{Checklist, ChecklistItem};
use sakimori_identity::Action;
use sakimori_prepare::{By, CheckAnswer, NewCheck, PrepareError, Sheet, fault};
use sakimori_words::{Date, jst_date};

use super::own;
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::troubles;
use crate::visit::{Visit, page};

/// The answers: value, answer, word.
pub(in crate::screens) const CHECK_ANSWERS: [(&str, CheckAnswer, &str); 3] = [
    ("yes", CheckAnswer::Yes, "check-yes"),
    ("no", CheckAnswer::No, "check-no"),
    ("not-applicable", CheckAnswer::NotApplicable, "check-not-applicable"),
];

/// Longest note, in characters.
const NOTE_CHARS_MAX: usize = 1_000;

#[derive(Template)]
#[template(path = "screens/portal/checklist.html")]
struct ChecklistPage {
    frame: Frame,
    form: Form,
    institution: String,
    title: String,
    about: String,
    done: String,
    groups: Vec<Group>,
}

/// The items under one heading.
struct Group {
    title: String,
    items: Vec<ItemRow>,
}

struct ItemRow {
    number: String,
    asks: String,
    uncertain: bool,
    /// Names of the fields of the answer, the target date and the note.
    answer: String,
    target: String,
    note: String,
    choices: Vec<Choice>,
    /// When it was confirmed last, and by whom.
    confirmed: Option<String>,
    problem: Option<String>,
}

pub(super) async fn show(visit: Visit) -> Answer {
    visit.pass_in_portal(Action::UsePortal, "checklist", "").await?;
    let (own, _) = own(&visit).await?;
    let checklist = newest(&visit)?;
    let (sheet, version) = visit.site.checklists.sheet(checklist, own.id()).await?;
    let form = laid_out(&visit, checklist, &sheet, version);
    draw(&visit, form, &own.organisation.name, checklist, &sheet).await
}

pub(super) async fn save(visit: Visit, mut form: Form) -> Answer {
    visit.pass_in_portal(Action::ActInPortal, "checklist", "").await?;
    let (own, _) = own(&visit).await?;
    let checklist = newest(&visit)?;
    let (sheet, _) = visit.site.checklists.sheet(checklist, own.id()).await?;
    let checks = read(&mut form, checklist, jst_date(visit.site.clock.now()));
    if !form.fine() {
        return draw(&visit, form, &own.organisation.name, checklist, &sheet).await;
    }
    let version = match form.text("version") {
        "" => None,
        text => Some(text.parse().map_err(|_| PrepareError::ChangedMeanwhile)?),
    };
    let by = By { person: &visit.principal.person, name: &visit.principal.name };
    visit.site.checklists.answer(checklist, own.id(), version, checks, by).await?;
    visit.done("/portal/checklist", &Flash::new("flash-checklist-saved"))
}

fn newest(visit: &Visit) -> Result<&Checklist, Failure> {
    let newest = visit.site.content.checklists().last();
    newest.ok_or_else(|| Failure::new(&troubles::NOT_FOUND, ""))
}

fn field(what: &str, item: &ChecklistItem) -> String {
    format!("{what}-{}", item.id)
}

/// The form with what was answered so far.
fn laid_out(visit: &Visit, checklist: &Checklist, sheet: &Sheet, version: Option<u64>) -> Form {
    let mut form = Form::new();
    form.set("checked-on", jst_date(visit.site.clock.now()));
    form.set("version", version.map(|version| version.to_string()).unwrap_or_default());
    for item in &checklist.items {
        let Some(checked) = sheet.items.get(&item.id) else { continue };
        let answer = CHECK_ANSWERS.iter().find(|(_, answer, _)| *answer == checked.answer);
        form.set(&field("check", item), answer.map_or("", |(value, _, _)| value));
        if let Some(on) = checked.target_on {
            form.set(&field("target", item), on);
        }
        form.set(&field("note", item), &checked.note);
    }
    form
}

/// What was answered; what cannot be kept is noted in the form.
fn read(form: &mut Form, checklist: &Checklist, today: Date) -> Vec<NewCheck> {
    let confirmed_on = form.date("checked-on").unwrap_or(today);
    let mut checks = vec![];
    for item in &checklist.items {
        let name = field("check", item);
        let found = CHECK_ANSWERS.iter().find(|(value, _, _)| form.text(&name) == *value);
        let Some((_, answer, _)) = found else { continue };
        let check = NewCheck {
            item: item.id.clone(),
            answer: *answer,
            confirmed_on,
            target_on: form.date(&field("target", item)),
            note: form.limited(&field("note", item), NOTE_CHARS_MAX),
        };
        if fault(item, &check, today).is_some() {
            form.wrong(&name, Problem::new("problem-check"));
        }
        checks.push(check);
    }
    checks
}

async fn draw(
    visit: &Visit,
    form: Form,
    institution: &str,
    checklist: &Checklist,
    sheet: &Sheet,
) -> Answer {
    let frame = visit.frame("portal-checklist").await;
    let today = jst_date(visit.site.clock.now());
    let tally = sheet.tally(checklist, today);
    let mut problems = form.clone();
    let checks = read(&mut problems, checklist, today);
    let row = |item: &ChecklistItem| {
        let check = checks.iter().find(|check| check.item == item.id);
        let why = check.filter(|_| !form.fine()).and_then(|check| fault(item, check, today));
        ItemRow {
            problem: why.map(|why| frame.text(&why).to_owned()),
            ..shown(&frame, item, sheet)
        }
    };
    let mut groups: Vec<Group> = vec![];
    for item in &checklist.items {
        let title = frame.text(&item.group).to_owned();
        match groups.last_mut().filter(|group| group.title == title) {
            Some(group) => group.items.push(row(item)),
            None => groups.push(Group { title, items: vec![row(item)] }),
        }
    }
    let n_answered = checklist.items.len() - tally.n_open;
    page(&ChecklistPage {
        institution: institution.to_owned(),
        title: frame.text(&checklist.title).to_owned(),
        about: frame.text(&checklist.about).to_owned(),
        done: frame.with2("check-done", "done", n_answered, "all", checklist.items.len()),
        groups,
        form,
        frame,
    })
}

fn shown(frame: &Frame, item: &ChecklistItem, sheet: &Sheet) -> ItemRow {
    let offered = CHECK_ANSWERS
        .iter()
        .filter(|(_, answer, _)| *answer != CheckAnswer::NotApplicable || item.without_vendor);
    let confirmed = sheet.items.get(&item.id).map(|checked| {
        frame.with2("check-confirmed", "day", checked.confirmed_on, "name", &checked.by)
    });
    ItemRow {
        number: item.number.clone(),
        asks: frame.text(&item.asks).to_owned(),
        uncertain: item.uncertain,
        answer: field("check", item),
        target: field("target", item),
        note: field("note", item),
        choices: offered.map(|(value, _, word)| Choice::new(value, frame.t(word))).collect(),
        confirmed,
        problem: None,
    }
}
