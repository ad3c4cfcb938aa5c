//! The incident room: whom to call, what to do in the first hour, the timeline, decisions, judgement, duties, reports.
//!
//! [`room`] makes what is shown from the record; [`acts`] takes the forms. The same room is drawn as the page people work on
//! and as the sheet for the meeting, so that paper and screen never differ.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use sakimori_identity::Action;
use sakimori_words::CaseId;

use self::room::Room;
use super::{letter, sentence};
use crate::failure::Answer;
use crate::form::Form;
use crate::frame::Frame;
use crate::paper;
use crate::ports::Paper;
use crate::site::Site;
use crate::visit::{Visit, page};

mod acts;
mod choices;
mod document;
mod room;
mod shown;
mod tasks;
mod timeline;

/// The routes of the incident room.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/cases/{id}", get(show))
        .route("/cases/{id}/sheet", get(sheet))
        .merge(paper::beside("/cases/{id}/sheet", &get(sheet_file)))
        .route("/cases/{id}/call", post(acts::call))
        .route("/cases/{id}/step", post(acts::step))
        .route("/cases/{id}/note", post(acts::note))
        .route("/cases/{id}/decision", post(acts::decision))
        .route("/cases/{id}/judgement", post(acts::judgement))
        .route("/cases/{id}/handed-in", post(acts::handed_in))
        .route("/cases/{id}/excuse", post(acts::excuse))
        .route("/cases/{id}/hold", post(acts::hold))
        .route("/cases/{id}/close", post(acts::close))
        .route("/cases/{id}/reopen", post(acts::reopen))
        .route("/cases/{id}/task", post(tasks::act))
        .route("/cases/{id}/choice", post(choices::choose))
        .route("/cases/{id}/playbook", post(choices::playbook))
        .route("/cases/{id}/duty", post(choices::add_duty))
        .route("/cases/{id}/limit", post(choices::move_limit))
        .route("/cases/{id}/timeline.csv", get(timeline::csv))
}

#[derive(Template)]
#[template(path = "screens/respond/case/page.html")]
struct CasePage {
    frame: Frame,
    form: Form,
    room: Room,
}

/// The room as paper for the meeting: everything open, no buttons.
#[derive(Template)]
#[template(path = "screens/respond/case/sheet.html")]
struct CaseSheet {
    frame: Frame,
    room: Room,
    stylesheet: &'static str,
    head: Vec<String>,
}

async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    let case = CaseId::from(id);
    let form = prefilled(&visit, &case).await?;
    draw(&visit, &case, form).await
}

/// Draws the room. A form that was refused comes back with everything still filled in.
async fn draw(visit: &Visit, id: &CaseId, form: Form) -> Answer {
    visit.pass_personal(Action::ViewCase, "case", id.as_str(), "").await?;
    let mut frame = visit.frame("case-title").await;
    let mut room = Room::of(visit, &frame, id, &form).await?;
    let me = &visit.principal;
    let still = visit.is_still_there();
    let company = visit.site.presence.look(id, &me.person, &me.name, still, frame.now);
    room.show_company(&frame, &company, &me.name);
    let mark = if room.exercise { frame.t("exercise-mark") } else { String::new() };
    frame.title = format!("{mark}{}", room.title);
    frame.live = true;
    page(&CasePage { frame, form, room })
}

async fn sheet(visit: Visit, Path(id): Path<String>) -> Answer {
    let id = CaseId::from(id);
    visit.pass_personal(Action::ViewCase, "case", id.as_str(), "print").await?;
    let mut frame = visit.frame("sheet-title").await;
    let room = Room::of(&visit, &frame, &id, &Form::new()).await?;
    if room.exercise {
        frame.title = format!("{}{}", frame.t("exercise-mark"), frame.title);
    }
    let head = vec![
        frame.organisation.clone(),
        frame.with("sheet-at", "at", frame.minute(frame.now)),
        sentence(frame.lang, "sheet-printed-by", &[("name", &visit.principal.name)]),
    ];
    page(&CaseSheet { room, stylesheet: letter::stylesheet(), head, frame })
}

/// The same as a file.
async fn sheet_file(visit: Visit, Path(id): Path<String>, paper: Paper) -> Answer {
    let id = CaseId::from(id);
    visit.pass_personal(Action::ViewCase, "case", id.as_str(), paper.ending()).await?;
    let frame = visit.frame("sheet-title").await;
    let room = Room::of(&visit, &frame, &id, &Form::new()).await?;
    let document = document::document(&frame, &id, &room, &visit.principal.name);
    paper::hand_out(&visit, document, paper).await
}

/// The forms of a room nobody has typed into: the judgement that holds, the kinds people need first.
async fn prefilled(visit: &Visit, id: &CaseId) -> Result<Form, crate::Failure> {
    let mut form = Form::new();
    form.set("note-kind", "fact");
    form.set("note-precision", "exact");
    let query = visit.query();
    for name in ["correct", "settle", "replace", "kind", "mine"] {
        form.set(name, query.text(name));
    }
    // Whether there is such a case is said by `draw`, after the gate.
    if let Ok(case) = visit.site.cases.case(id).await {
        shown::prefill_judgement(&mut form, case.judgement());
        choices::prefill(&mut form, &case);
    }
    Ok(form)
}
