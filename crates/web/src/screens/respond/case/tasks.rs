//! Tasks of the room: what is shown of them, and what people do with them.

use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_respond::{
    Actor, Case, NewTask, Task, TaskChange, TaskOrigin, TaskOwner, TaskState, TaskStep,
};
use sakimori_words::{CaseId, Instant};

use super::super::{actor, at_by, sentence};
use super::acts::{again, back};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::Frame;
use crate::visit::Visit;

/// Longest task or reason, in characters.
const TEXT_CHARS_MAX: usize = 500;
/// Longest name of an owner, in characters.
const NAME_CHARS_MAX: usize = 100;
/// Finished tasks that are shown; the others stand in the timeline.
const FINISHED_SHOWN: usize = 10;

/// The tasks of a case as the room shows them.
pub(super) struct Tasks {
    pub(super) open: Vec<TaskView>,
    pub(super) finished: Vec<TaskView>,
    /// How many open ones are mine.
    pub(super) mine: usize,
    /// Whether only mine are shown.
    pub(super) only_mine: bool,
    /// Names that tasks were given to before, to choose from.
    pub(super) owners: Vec<String>,
}

/// One task.
pub(super) struct TaskView {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) state: String,
    pub(super) class: &'static str,
    pub(super) owner: String,
    pub(super) mine: bool,
    pub(super) due_at: Option<Instant>,
    pub(super) overdue: bool,
    pub(super) doing: bool,
    pub(super) origin: String,
    pub(super) last: String,
    pub(super) seen: usize,
}

impl Tasks {
    pub(super) fn of(frame: &Frame, case: &Case, me: &Actor, only_mine: bool) -> Self {
        let shown = |task: &&Task| !only_mine || task.owner.is(me);
        let all = case.tasks_at(frame.now);
        let mine = all.iter().filter(|task| task.state.is_open() && task.owner.is(me)).count();
        let (open, mut finished): (Vec<&Task>, Vec<&Task>) =
            all.into_iter().filter(shown).partition(|task| task.state.is_open());
        finished.sort_by_key(|task| std::cmp::Reverse(task.steps.last().map(|step| step.at)));
        let view = |task: &&Task| view(frame, task, me);
        Self {
            open: open.iter().map(view).collect(),
            finished: finished.iter().take(FINISHED_SHOWN).map(view).collect(),
            mine,
            only_mine,
            owners: owners(case),
        }
    }
}

fn view(frame: &Frame, task: &Task, me: &Actor) -> TaskView {
    let class = match &task.state {
        TaskState::Open => "look",
        TaskState::Doing | TaskState::Dropped { .. } => "",
        TaskState::Done { .. } => "good",
    };
    let origin = match &task.origin {
        TaskOrigin::Free => String::new(),
        TaskOrigin::Step { .. } => frame.t("task-from-step"),
        TaskOrigin::Returned { .. } => frame.t("task-from-office"),
    };
    TaskView {
        id: task.id.clone(),
        title: task.title.get(frame.lang).to_owned(),
        state: task.state.words().get(frame.lang).to_owned(),
        class,
        owner: owner(frame, &task.owner),
        mine: task.owner.is(me),
        due_at: task.due_at.filter(|_| task.state.is_open()),
        overdue: task.is_overdue(frame.now),
        doing: task.state == TaskState::Doing,
        origin,
        last: task.steps.last().map(|step| last(frame, step)).unwrap_or_default(),
        seen: task.steps.len(),
    }
}

fn owner(frame: &Frame, owner: &TaskOwner) -> String {
    if owner.name.is_empty() { frame.t("task-nobody") } else { owner.name.clone() }
}

/// The last thing that happened to a task.
fn last(frame: &Frame, step: &TaskStep) -> String {
    let what = match &step.change {
        TaskChange::Marked { state } => {
            let more = match state {
                TaskState::Done { note: more } | TaskState::Dropped { reason: more } => more,
                TaskState::Open | TaskState::Doing => "",
            };
            format!("{} {more}", state.words().get(frame.lang)).trim().to_owned()
        }
        TaskChange::Assigned { owner: to } => frame.with("task-given", "owner", owner(frame, to)),
        TaskChange::Moved { reason, .. } => frame.with("task-moved", "reason", reason),
    };
    sentence(
        frame.lang,
        "task-last",
        &[("what", &what), ("who", &at_by(frame, "step-marked", step.at, &step.by))],
    )
}

fn owners(case: &Case) -> Vec<String> {
    let named = case.room.tasks.iter().map(|task| task.owner.name.clone());
    let mut all: Vec<String> = named.filter(|name| !name.is_empty()).collect();
    all.sort();
    all.dedup();
    all
}

pub(super) async fn act(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::RecordCase, "case", &id).await?;
    let case = CaseId::from(id);
    let (by, cases) = (actor(&visit), &visit.site.cases);
    let task = form.text("task").to_owned();
    let seen = form.text("seen").parse().ok();
    let how = form.text("how").to_owned();
    match how.as_str() {
        "add" => return add(&visit, &case, form).await,
        "step" => {
            let step = form.text("step").to_owned();
            cases.add_step_task(&case, &step, None, &by).await?;
        }
        "give" => {
            let owner = named(&by, &form.limited("owner", NAME_CHARS_MAX));
            cases.assign_task(&case, &task, &owner, seen, &by).await?;
        }
        "move" => {
            let due_at = form.time("due");
            let reason = form.limited("why", TEXT_CHARS_MAX);
            if !form.fine() {
                return again(&visit, &case, form).await;
            }
            cases.move_task(&case, &task, due_at, &reason, seen, &by).await?;
        }
        how => {
            let note = form.limited("why", TEXT_CHARS_MAX);
            let state = match how {
                "take" => TaskState::Doing,
                "drop" => TaskState::Dropped { reason: note },
                "reopen" => TaskState::Open,
                _ => TaskState::Done { note },
            };
            cases.mark_task(&case, &task, &state, seen, &by).await?;
        }
    }
    back(&visit, &case, "#tasks", &Flash::new("flash-task-recorded"))
}

async fn add(visit: &Visit, case: &CaseId, mut form: Form) -> Answer {
    let by = actor(visit);
    let new = NewTask {
        title: form.required("task-title", TEXT_CHARS_MAX),
        owner: named(&by, &form.limited("task-owner", NAME_CHARS_MAX)),
        due_at: form.time("task-due"),
    };
    if !form.fine() {
        return again(visit, case, form).await;
    }
    visit.site.cases.add_task(case, &new, &by).await?;
    back(visit, case, "#tasks", &Flash::new("flash-task-added"))
}

/// A typed owner; who types their own name is meant by account.
fn named(me: &Actor, name: &str) -> TaskOwner {
    if name == me.name { TaskOwner::of(me) } else { TaskOwner::named(name) }
}
