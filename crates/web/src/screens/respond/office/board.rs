//! The board of help: every dispatch that is not finished, the longest waiting first.

use askama::Template;
use sakimori_respond::office::{Dispatch, OfficeCase};
use sakimori_words::Instant;

use super::{case_address, look};
use crate::failure::Answer;
use crate::frame::Frame;
use crate::visit::{Visit, page};

#[derive(Template)]
#[template(path = "screens/respond/office/board.html")]
struct BoardPage {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    address: String,
    institution: String,
    beds: String,
    route: String,
    provider: String,
    state: String,
    person: String,
    requested_at: Instant,
    since: Instant,
}

pub(super) async fn show(visit: Visit) -> Answer {
    look(&visit, "dispatch").await?;
    let cases = visit.site.office.office_cases().await?;
    let mut frame = visit.frame("office-board-title").await;
    frame.live = true;
    let open = cases.iter().flat_map(|case| {
        let going_on = case.dispatches.iter().filter(|one| !one.state().next().is_empty());
        going_on.map(move |dispatch| (case, dispatch))
    });
    let mut rows: Vec<Row> = open.map(|(case, dispatch)| row(&frame, case, dispatch)).collect();
    rows.sort_by_key(|row| row.requested_at);
    page(&BoardPage { frame, rows })
}

fn row(frame: &Frame, case: &OfficeCase, dispatch: &Dispatch) -> Row {
    let last = dispatch.steps.last();
    Row {
        address: format!("{}#dispatch", case_address(case)),
        institution: case.institution.name.clone(),
        beds: case.institution.beds.map(|beds| beds.to_string()).unwrap_or_default(),
        route: dispatch.route.words().get(frame.lang).to_owned(),
        provider: dispatch.provider.clone(),
        state: dispatch.state().words().get(frame.lang).to_owned(),
        person: last.map(|step| step.person.clone()).unwrap_or_default(),
        requested_at: dispatch.requested_at(),
        since: last.map(|step| step.at).unwrap_or_default(),
    }
}
