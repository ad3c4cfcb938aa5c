//! The list of cases with their clocks, silent ones on top, and the same as CSV.

use askama::Template;
use sakimori_identity::Action;
use sakimori_respond::office::{
    CaseFilter, OfficeCase, SILENT_HOURS, in_order, is_silent, proposals,
};
use sakimori_watch::spreadsheet::{BYTE_ORDER_MARK, push_row, safe};
use sakimori_words::Instant;

use super::{awareness, awareness_choices, clock, look};
use crate::address::with_query;
use crate::failure::{Answer, Failure};
use crate::form::Form;
use crate::frame::{Choice, Frame};
use crate::paper;
use crate::screens::respond::Rights;
use crate::visit::{Visit, page};

#[derive(Template)]
#[template(path = "screens/respond/office/list.html")]
struct ListPage {
    frame: Frame,
    form: Form,
    rows: Vec<Row>,
    awareness: Vec<Choice>,
    csv: String,
    rights: Rights,
    silent: String,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "marks of one case that have nothing to do with each other"
)]
struct Row {
    id: String,
    number: String,
    title: String,
    institution: String,
    exercise: bool,
    awareness: String,
    known_at: Instant,
    clock: String,
    late: bool,
    silent: bool,
    unread: bool,
    closed: bool,
    similar: bool,
}

pub(super) async fn show(visit: Visit) -> Answer {
    look(&visit, "").await?;
    let (cases, all, form) = read(&visit).await?;
    let mut frame = visit.frame("office-cases-title").await;
    frame.live = true;
    let mut choices = vec![Choice::new("", frame.t("office-all"))];
    choices.extend(awareness_choices(&frame, false));
    page(&ListPage {
        rows: cases.iter().map(|case| row(&frame, case, &all)).collect(),
        awareness: choices,
        csv: with_query("/office/cases.csv", &filters(&form)),
        rights: Rights::of(&visit, &[Action::ReceiveReport]),
        silent: frame.with("office-silent-means", "hours", SILENT_HOURS),
        form,
        frame,
    })
}

pub(super) async fn csv(visit: Visit) -> Answer {
    look(&visit, "csv").await?;
    let (cases, _, _) = read(&visit).await?;
    let frame = visit.frame("office-cases-title").await;
    let mut text = String::from(BYTE_ORDER_MARK);
    let heads = ["number", "title", "institution", "beds", "awareness", "known", "clock", "state"];
    let heads: Vec<String> =
        heads.iter().map(|head| frame.t(&format!("office-col-{head}"))).collect();
    push_row(&mut text, heads.iter().map(|head| safe(head)));
    for case in &cases {
        let cells = [
            case.number.clone(),
            case.title.clone(),
            case.institution.name.clone(),
            case.institution.beds.map(|beds| beds.to_string()).unwrap_or_default(),
            case.awareness.words().get(frame.lang).to_owned(),
            frame.minute(case.known_at),
            clock(&frame, case).0,
            frame.t(if case.is_open() { "office-state-open" } else { "office-state-closed" }),
        ];
        push_row(&mut text, cells.iter().map(|cell| safe(cell)));
    }
    let of = format!("office-cases-{}", visit.site.settings.organisation);
    Ok(paper::csv_file(&of, &frame.now.to_string(), text))
}

/// The cases the filter takes, in the order of pressing; and all of them.
async fn read(visit: &Visit) -> Result<(Vec<OfficeCase>, Vec<OfficeCase>, Form), Failure> {
    let form = visit.query();
    let filter = CaseFilter {
        closed: form.has("office-closed", "yes"),
        awareness: awareness(form.text("office-awareness")),
        unreported: form.has("office-unreported", "yes"),
        text: form.text("office-search").to_owned(),
    };
    let all = visit.site.office.office_cases().await?;
    let mut cases: Vec<OfficeCase> =
        all.iter().filter(|case| filter.takes(case)).cloned().collect();
    in_order(&mut cases, visit.site.clock.now());
    Ok((cases, all, form))
}

fn filters(form: &Form) -> [(&'static str, &str); 4] {
    ["office-closed", "office-awareness", "office-unreported", "office-search"]
        .map(|name| (name, form.text(name)))
}

fn row(frame: &Frame, case: &OfficeCase, all: &[OfficeCase]) -> Row {
    let (clock, late) = clock(frame, case);
    Row {
        id: case.id.to_string(),
        number: case.number.clone(),
        title: case.title.clone(),
        institution: case.institution.name.clone(),
        exercise: case.exercise,
        awareness: case.awareness.words().get(frame.lang).to_owned(),
        known_at: case.known_at,
        clock,
        late,
        silent: is_silent(case, frame.now),
        unread: case.read_by.is_empty(),
        closed: !case.is_open(),
        similar: !proposals(case, all).is_empty(),
    }
}
