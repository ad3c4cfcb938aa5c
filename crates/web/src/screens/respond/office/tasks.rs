//! Tasks between offices: set, answered, and listed with their clocks.

use askama::Template;
use axum::extract::Path;
use sakimori_federation::Relation;
use sakimori_respond::office::{NewTask, OfficeCase, OfficeTask, TaskKind, TaskSide};
use sakimori_words::{CaseId, Instant, Organisation};

use super::one::draw;
use super::{NAME_CHARS_MAX, TEXT_CHARS_MAX, case_address, look, send_out, work};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::screens::respond::actor;
use crate::visit::{Visit, page};

/// A task, ready to be shown.
pub(super) struct TaskView {
    pub(super) kind: String,
    pub(super) who: String,
    pub(super) arrived: String,
    pub(super) text: String,
    pub(super) basis: String,
    pub(super) set: String,
    pub(super) due_at: Option<Instant>,
    pub(super) done: bool,
    pub(super) answers: Vec<(String, String)>,
    address: String,
    title: String,
}

#[derive(Template)]
#[template(path = "screens/respond/office/tasks.html")]
struct TasksPage {
    frame: Frame,
    rows: Vec<TaskView>,
}

pub(super) async fn list(visit: Visit) -> Answer {
    look(&visit, "tasks").await?;
    let mut frame = visit.frame("office-tasks-title").await;
    frame.live = true;
    let cases = visit.site.office.office_cases().await?;
    let going_on = cases.iter().filter(|case| case.goes_on_in().is_none());
    let mut rows: Vec<TaskView> = going_on.flat_map(|case| views(&frame, case)).collect();
    rows.sort_by_key(|row| (row.done, row.due_at.is_none(), row.due_at));
    page(&TasksPage { frame, rows })
}

pub(super) fn views(frame: &Frame, case: &OfficeCase) -> Vec<TaskView> {
    case.tasks.iter().map(|task| view(frame, case, task)).collect()
}

fn view(frame: &Frame, case: &OfficeCase, task: &OfficeTask) -> TaskView {
    let (who, arrived) = match &task.side {
        TaskSide::Given { to_name, received_at, .. } => {
            let arrived = received_at.map_or_else(
                || frame.t("office-task-waiting"),
                |at| frame.with("office-task-received", "at", frame.minute(at)),
            );
            (frame.with("office-task-to", "name", to_name), arrived)
        }
        TaskSide::Taken { from_name, .. } => {
            (frame.with("office-task-from", "name", from_name), String::new())
        }
    };
    let answer = |one: &sakimori_respond::office::TaskAnswer| {
        (one.text.clone(), format!("{} {}", frame.minute(one.at), one.by))
    };
    TaskView {
        kind: task.kind.words().get(frame.lang).to_owned(),
        who,
        arrived,
        text: task.text.clone(),
        basis: task.basis.clone(),
        set: frame.with2("office-task-set", "at", frame.minute(task.set_at), "by", &task.set_by),
        due_at: task.due_at,
        done: task.is_done(),
        answers: task.answers.iter().map(answer).collect(),
        address: format!("{}#tasks", case_address(case)),
        title: format!("{} {}", case.number, case.title),
    }
}

/// Tasks from above that wait for an answer.
pub(super) fn to_answer(case: &OfficeCase) -> Vec<Choice> {
    let open = |task: &&OfficeTask| matches!(task.side, TaskSide::Taken { .. }) && !task.is_done();
    let clip = |text: &str| text.chars().take(40).collect::<String>();
    case.tasks.iter().filter(open).map(|task| Choice::new(&task.id, clip(&task.text))).collect()
}

/// The offices below this one.
pub(super) async fn offices_below(visit: &Visit) -> Result<Vec<Organisation>, Failure> {
    let neighbours = visit.site.post.neighbours().await?;
    let below =
        neighbours.into_iter().filter(|one| one.is_active() && one.relation == Relation::Child);
    Ok(below.map(|one| one.organisation).filter(|own| own.kind.is_office()).collect())
}

pub(super) async fn give(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    work(&visit, &id).await?;
    let id = CaseId::from(id);
    let to = form.text("task-to").to_owned();
    let to = offices_below(&visit).await?.into_iter().find(|office| office.id.as_str() == to);
    if to.is_none() {
        form.wrong("task-to", Problem::new("problem-choice"));
    }
    let kind = form.choice("task-kind", &TaskKind::ALL.map(|kind| (kind.as_str(), kind)));
    let text = form.required("task-text", TEXT_CHARS_MAX);
    let basis = form.limited("task-basis", NAME_CHARS_MAX);
    let due_at = form.time("office-task-due");
    let (Some(to), Some(kind), true) = (to, kind, form.fine()) else {
        return draw(&visit, &id, form).await;
    };
    let new = NewTask { to, kind, text, basis, due_at };
    let (case, outgoing) = visit.site.office.give_task(&id, &new, &actor(&visit)).await?;
    send_out(&visit, &outgoing, case.exercise).await?;
    visit.done(&case_address(&case), &Flash::new("flash-task-given"))
}

pub(super) async fn answer(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    work(&visit, &id).await?;
    let id = CaseId::from(id);
    let task = form.required("task-of", NAME_CHARS_MAX);
    let text = form.required("task-answer", TEXT_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, &id, form).await;
    }
    let (done, office) = (form.has("task-done", "yes"), &visit.site.office);
    let (case, outgoing) = office.answer_task(&id, &task, &text, done, &actor(&visit)).await?;
    send_out(&visit, &outgoing, case.exercise).await?;
    visit.done(&case_address(&case), &Flash::new("flash-task-answered"))
}
