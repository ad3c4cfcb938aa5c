//! What may happen to tasks: pure functions like those of [`crate::decide`].

use sakimori_content::Content;
use sakimori_words::{Instant, ReportId, Text, new_uuid7};

use super::{Task, TaskChange, TaskOrigin, TaskOwner, TaskState, TaskStep};
use crate::decide::{Change, may_say, must_be_open, said, with_entry};
use crate::room::{as_seen, step_behind};
use crate::{
    Case, EntryKind, Moment, RespondError, StepMark, StepState, TimelineEntry, moment_words,
};

/// Most tasks of one case: the record is written with every act, so it must stay small.
const TASKS_MAX: usize = 500;

/// A task as a person says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewTask {
    /// What is to be done, in one line.
    pub title: String,
    /// Who does it.
    pub owner: TaskOwner,
    /// Until when.
    pub due_at: Option<Instant>,
}

/// Adds a task.
///
/// # Errors
/// When the case is closed, the title is empty or endless, or there are too many.
pub fn add_task(case: &Case, new: &NewTask, moment: Moment<'_>) -> Result<Change, RespondError> {
    let title = said(&new.title, "task")?;
    let owner = TaskOwner { name: may_say(&new.owner.name, "owner")?, ..new.owner.clone() };
    let title = Text { en: title.clone(), ja: title };
    added(case, made(title, owner, new.due_at, TaskOrigin::Free, moment), moment)
}

/// Makes a task of a step of a playbook the case follows; it is due when the playbook says.
///
/// # Errors
/// When the case is closed, it follows no such step, or there is an open task of it already.
pub fn add_step_task(
    case: &Case,
    step: &str,
    owner: Option<&TaskOwner>,
    content: &Content,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let (known, since) = step_behind(case, step, content, moment.now)?;
    let origin = TaskOrigin::Step { step: step.to_owned() };
    if case.room.tasks.iter().any(|task| task.origin == origin && task.state.is_open()) {
        return Err(RespondError::Already { what: known.title.ja.clone() });
    }
    let [_, minutes] = known.minutes;
    let due_at = since.plus_seconds(i64::from(minutes) * 60);
    let role = TaskOwner::named(known.who.ja.clone());
    let owner = owner.cloned().unwrap_or(role);
    added(case, made(known.title.clone(), owner, Some(due_at), origin, moment), moment)
}

/// Marks how far a task is. A task that came from a playbook ticks its step when it is done.
///
/// # Errors
/// When the case is closed, there is no such task, it is so already, a reason is missing, or somebody else changed it since
/// `seen` steps.
pub fn mark_task(
    case: &Case,
    task: &str,
    state: &TaskState,
    seen: Option<usize>,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    let known = found(case, task, seen)?;
    let state = checked(state)?;
    if std::mem::discriminant(&known.state) == std::mem::discriminant(&state) {
        return Err(RespondError::Step { from: known.state.words(), to: state.words() });
    }
    let mut after = case.clone();
    if let (TaskOrigin::Step { step }, TaskState::Done { note }) = (&known.origin, &state)
        && case.step(step).is_none()
    {
        let done = StepState::Done { note: note.clone() };
        let mark = StepMark { state: done, at: moment.now, by: moment.by.clone() };
        after.steps.entry(step.clone()).or_default().push(mark);
    }
    let words = marked_words(known, &state);
    change(&mut after, task, TaskChange::Marked { state }, moment);
    let entry = TimelineEntry::now(&case.id, EntryKind::Action, words, moment);
    Ok(with_entry(after, "task_marked", entry))
}

/// Gives a task to somebody else, or to nobody.
///
/// # Errors
/// When the case is closed, there is no such open task, or somebody else changed it since `seen` steps.
pub fn assign_task(
    case: &Case,
    task: &str,
    owner: &TaskOwner,
    seen: Option<usize>,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    let known = open(found(case, task, seen)?)?;
    let owner = TaskOwner { name: may_say(&owner.name, "owner")?, ..owner.clone() };
    let [ja, en] = if owner.name.is_empty() {
        ["未定".to_owned(), "nobody yet".to_owned()]
    } else {
        [owner.name.clone(), owner.name.clone()]
    };
    let words = Text::new(
        format!("タスクの担当: {} → {ja}", known.title.ja),
        format!("Task given to {en}: {}", known.title.en),
    );
    let mut after = case.clone();
    change(&mut after, task, TaskChange::Assigned { owner }, moment);
    let entry = TimelineEntry::now(&case.id, EntryKind::Action, words, moment);
    Ok(with_entry(after, "task_assigned", entry))
}

/// Moves the time a task is due. A later one needs a reason.
///
/// # Errors
/// When the case is closed, there is no such open task, the reason for a later time is missing, or somebody else changed it since
/// `seen` steps.
pub fn move_task(
    case: &Case,
    task: &str,
    due_at: Option<Instant>,
    reason: &str,
    seen: Option<usize>,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    let known = open(found(case, task, seen)?)?;
    let later = known.due_at.is_some_and(|before| due_at.is_none_or(|due| due > before));
    let reason = if later { said(reason, "reason")? } else { may_say(reason, "reason")? };
    let at = due_at.map_or_else(|| Text::new("期限なし", "no limit"), moment_words);
    let because = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
    let words = Text::new(
        format!("タスクの期限: {} → {}{because}", known.title.ja, at.ja),
        format!("Task due: {} → {}{because}", known.title.en, at.en),
    );
    let mut after = case.clone();
    change(&mut after, task, TaskChange::Moved { due_at, reason }, moment);
    let entry = TimelineEntry::now(&case.id, EntryKind::Action, words, moment);
    Ok(with_entry(after, "task_moved", entry))
}

/// After a step was ticked or left out: its open tasks are over, too.
pub(crate) fn step_marked(case: &mut Case, step: &str, state: &StepState, moment: Moment<'_>) {
    let state = match state {
        StepState::Done { note } => TaskState::Done { note: note.clone() },
        StepState::Skipped { reason } => TaskState::Dropped { reason: reason.clone() },
        StepState::Reopened { .. } => return,
    };
    let of_step = |task: &&Task| {
        matches!(&task.origin, TaskOrigin::Step { step: own } if own == step)
            && task.state.is_open()
    };
    let ids: Vec<String> =
        case.room.tasks.iter().filter(of_step).map(|task| task.id.clone()).collect();
    for id in ids {
        change(case, &id, TaskChange::Marked { state: state.clone() }, moment);
    }
}

/// An office returned a report: somebody has to correct it.
pub(crate) fn returned_task(
    case: &mut Case,
    report: &ReportId,
    office: &str,
    text: &str,
    moment: Moment<'_>,
) {
    let title = Text::new(
        format!("{office} から差し戻された報告を直して再提出する: {text}"),
        format!("Correct and resubmit the report that {office} returned: {text}"),
    );
    let origin = TaskOrigin::Returned { report: report.clone() };
    let task = made(title, TaskOwner::default(), None, origin, moment);
    case.room.tasks.push(task);
}

fn made(
    title: Text,
    owner: TaskOwner,
    due_at: Option<Instant>,
    origin: TaskOrigin,
    moment: Moment<'_>,
) -> Task {
    Task {
        id: new_uuid7(moment.now, moment.chance),
        title,
        owner,
        due_at,
        origin,
        state: TaskState::Open,
        made_at: moment.now,
        made_by: moment.by.clone(),
        steps: Vec::new(),
    }
}

fn added(case: &Case, task: Task, moment: Moment<'_>) -> Result<Change, RespondError> {
    must_be_open(case)?;
    if case.room.tasks.len() >= TASKS_MAX {
        return Err(RespondError::TooMany { what: "tasks", max: TASKS_MAX });
    }
    let mut words = Text::new(
        format!("タスクを追加: {}", task.title.ja),
        format!("Task added: {}", task.title.en),
    );
    if !task.owner.name.is_empty() {
        words.ja.push_str(&format!("（担当: {}）", task.owner.name));
        words.en.push_str(&format!(" ({})", task.owner.name));
    }
    let mut after = case.clone();
    after.room.tasks.push(task);
    let entry = TimelineEntry::now(&case.id, EntryKind::Action, words, moment);
    Ok(with_entry(after, "task_added", entry))
}

fn found<'a>(case: &'a Case, id: &str, seen: Option<usize>) -> Result<&'a Task, RespondError> {
    must_be_open(case)?;
    let task = case.room.tasks.iter().find(|task| task.id == id);
    let task = task.ok_or_else(|| RespondError::Unknown { what: "task", id: id.to_owned() })?;
    as_seen(seen, task.steps.len(), task.steps.last().map(|step| (&step.by, step.at)))?;
    Ok(task)
}

fn open(task: &Task) -> Result<&Task, RespondError> {
    if task.state.is_open() {
        return Ok(task);
    }
    let to = TaskState::Open.words();
    Err(RespondError::Step { from: task.state.words(), to })
}

fn checked(state: &TaskState) -> Result<TaskState, RespondError> {
    Ok(match state {
        TaskState::Open => TaskState::Open,
        TaskState::Doing => TaskState::Doing,
        TaskState::Done { note } => TaskState::Done { note: may_say(note, "note")? },
        TaskState::Dropped { reason } => TaskState::Dropped { reason: said(reason, "reason")? },
    })
}

/// Takes a change into the task and remembers it.
fn change(case: &mut Case, id: &str, change: TaskChange, moment: Moment<'_>) {
    let Some(task) = case.room.tasks.iter_mut().find(|task| task.id == id) else { return };
    match &change {
        TaskChange::Marked { state } => {
            task.state = state.clone();
            if *state == TaskState::Doing && task.owner.person.is_none() {
                task.owner = TaskOwner::of(moment.by);
            }
        }
        TaskChange::Assigned { owner } => task.owner = owner.clone(),
        TaskChange::Moved { due_at, .. } => task.due_at = *due_at,
    }
    task.steps.push(TaskStep { change, at: moment.now, by: moment.by.clone() });
}

fn marked_words(task: &Task, state: &TaskState) -> Text {
    let words = state.words();
    let mut text = Text::new(
        format!("タスク（{}）: {}", words.ja, task.title.ja),
        format!("Task {}: {}", words.en, task.title.en),
    );
    if let TaskState::Done { note: more } | TaskState::Dropped { reason: more } = state
        && !more.is_empty()
    {
        text.ja.push_str(&format!("（{more}）"));
        text.en.push_str(&format!(" ({more})"));
    }
    text
}
