//! Tasks from the ministry downwards (S1-13): collect, investigate, guide; acknowledged, answered, with a clock on both sides.

use sakimori_ledger::Put;
use sakimori_words::{
    CaseId, Instant, Organisation, OrganisationId, OrganisationKind, Text, new_uuid7,
};
use serde::{Deserialize, Serialize};

use super::case::{Awareness, ConcernedInstitution, OfficeCase};
use super::decide::{OfficeChange, blank, must_be_open, opened};
use super::error::OfficeError;
use super::received::{ATTEMPTS_MAX, OfficeDesk};
use super::upward::{Peer, Place};
use crate::decide::{may_say, said};
use crate::exchange::{
    ConcerningV1, OFFICE_TASK_ANSWER_FORMAT, OFFICE_TASK_ANSWER_MEDIA_TYPE, OFFICE_TASK_FORMAT,
    OFFICE_TASK_MEDIA_TYPE, OfficeTaskAnswerV1, OfficeTaskV1, TaskAnswerKind,
};
use crate::{Actor, Moment, Outgoing, RespondError};

/// `<sender>/<its task>` → our case: the same task is taken once.
const BY_SENDER: &str = "office_task_by_sender";

/// What kind of work is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// 情報収集.
    Collect,
    /// 調査.
    Investigate,
    /// 指導.
    Guide,
}

impl TaskKind {
    /// All of them, in the order of screens.
    pub const ALL: [Self; 3] = [Self::Collect, Self::Investigate, Self::Guide];

    /// The kind in words.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::Collect => Text::new("情報収集", "Collect information"),
            Self::Investigate => Text::new("調査", "Investigate"),
            Self::Guide => Text::new("指導", "Give guidance"),
        }
    }

    /// The kind as it is stored: `collect`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Collect => "collect",
            Self::Investigate => "investigate",
            Self::Guide => "guide",
        }
    }
}

/// Which side of a task this office is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "side", rename_all = "snake_case")]
pub enum TaskSide {
    /// We asked.
    Given {
        /// Whom.
        to: OrganisationId,
        /// Its name.
        to_name: String,
        /// When it arrived there, by its clock.
        received_at: Option<Instant>,
    },
    /// We were asked.
    Taken {
        /// By whom.
        from: OrganisationId,
        /// Its name.
        from_name: String,
        /// Its case.
        their_case: String,
        /// When it arrived here.
        received_at: Instant,
    },
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskAnswer {
    /// When.
    pub at: Instant,
    /// Name of the officer.
    pub by: String,
    /// What.
    pub text: String,
    /// Whether it finishes the task.
    pub done: bool,
}

/// A task as either side keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficeTask {
    /// Its id, made by who asks.
    pub id: String,
    /// Which side we are on.
    pub side: TaskSide,
    /// What kind of work it is.
    pub kind: TaskKind,
    /// What is asked for.
    pub text: String,
    /// On which basis; may be empty.
    pub basis: String,
    /// Until when. Fixed when it was set.
    pub due_at: Option<Instant>,
    /// When it was set.
    pub set_at: Instant,
    /// Name of the officer who set it.
    pub set_by: String,
    /// The answers, in order.
    pub answers: Vec<TaskAnswer>,
}

impl OfficeTask {
    /// Whether it was answered for good.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.answers.iter().any(|answer| answer.done)
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTask {
    /// Whom: an office below.
    pub to: Organisation,
    /// What kind of work it is.
    pub kind: TaskKind,
    /// What.
    pub text: String,
    /// On which basis; may be empty.
    pub basis: String,
    /// Until when.
    pub due_at: Option<Instant>,
}

/// Sets a task for an office below.
///
/// # Errors
/// When the case is not open, it is for no office, nothing is said, or a text is endless.
pub(super) fn give(
    case: &OfficeCase,
    new: &NewTask,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    must_be_open(case)?;
    if !new.to.kind.is_office() {
        return Err(RespondError::Unknown { what: "office", id: new.to.id.to_string() });
    }
    let task = OfficeTask {
        id: new_uuid7(moment.now, moment.chance),
        side: TaskSide::Given {
            to: new.to.id.clone(),
            to_name: new.to.name.clone(),
            received_at: None,
        },
        kind: new.kind,
        text: said(&new.text, "text")?,
        basis: may_say(&new.basis, "basis")?,
        due_at: new.due_at,
        set_at: moment.now,
        set_by: moment.by.name.clone(),
        answers: Vec::new(),
    };
    let kind = task.kind.words();
    let words = Text::new(
        format!("{}へ依頼（{}）: {}", new.to.name, kind.ja, task.text),
        format!("Task for {} ({}): {}", new.to.name, kind.en, task.text),
    );
    let mut after = case.clone();
    after.tasks.push(task);
    Ok(OfficeChange::new("office_task_set", after, words, moment))
}

/// Keeps a task that came from above.
fn taken(case: OfficeCase, task: OfficeTask, moment: Moment<'_>) -> OfficeChange {
    let kind = task.kind.words();
    let from = match &task.side {
        TaskSide::Taken { from_name, .. } => from_name.clone(),
        TaskSide::Given { .. } => String::new(),
    };
    let words = Text::new(
        format!("{from}から依頼（{}）: {}", kind.ja, task.text),
        format!("Task from {from} ({}): {}", kind.en, task.text),
    );
    let mut after = case;
    after.tasks.push(task);
    OfficeChange::new("office_task_taken", after, words, moment)
}

/// Answers a task that came from above.
pub(super) fn answer(
    case: &OfficeCase,
    task: &str,
    text: &str,
    done: bool,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    let text = said(text, "text")?;
    let mut after = case.clone();
    let taken = |one: &&mut OfficeTask| {
        one.id == task && matches!(one.side, TaskSide::Taken { .. }) && !one.is_done()
    };
    let known = after.tasks.iter_mut().find(taken).ok_or_else(|| unknown(task))?;
    let by = moment.by.name.clone();
    known.answers.push(TaskAnswer { at: moment.now, by, text: text.clone(), done });
    Ok(OfficeChange::new("office_task_answered", after, answer_words(&text, done), moment))
}

/// Takes in an answer; `None` when it is known already.
fn take_answer(
    case: &OfficeCase,
    from: &OrganisationId,
    message: &OfficeTaskAnswerV1,
    moment: Moment<'_>,
) -> Result<Option<OfficeChange>, RespondError> {
    let mut after = case.clone();
    let given = |one: &&mut OfficeTask| {
        one.id == message.task && matches!(&one.side, TaskSide::Given { to, .. } if to == from)
    };
    let known = after.tasks.iter_mut().find(given).ok_or_else(|| unknown(&message.task))?;
    if let (TaskAnswerKind::Received, TaskSide::Given { received_at, .. }) =
        (message.kind, &mut known.side)
    {
        if received_at.is_some() {
            return Ok(None);
        }
        *received_at = Some(message.at());
        let words = Text::new("依頼の受信を確認", "The task arrived");
        return Ok(Some(OfficeChange::new("office_task_arrived", after, words, moment)));
    }
    let done = message.kind == TaskAnswerKind::Done;
    let (by, text) = (message.officer.clone(), message.text.clone());
    let answer = TaskAnswer { at: message.at(), by, text, done };
    if known.answers.contains(&answer) {
        return Ok(None);
    }
    let words = answer_words(&answer.text, done);
    known.answers.push(answer);
    Ok(Some(OfficeChange::new("office_task_answered", after, words, moment)))
}

fn answer_words(text: &str, done: bool) -> Text {
    let [ja, en] = if done { ["回答", "answered"] } else { ["中間回答", "answered in part"] };
    Text::new(format!("依頼に{ja}: {text}"), format!("Task {en}: {text}"))
}

impl OfficeDesk {
    /// Sets a task. What is returned has to be handed to the federation.
    ///
    /// # Errors
    /// When the case is not open, it is for no office, nothing is said, or the ledger fails.
    pub async fn give_task(
        &self,
        id: &CaseId,
        new: &NewTask,
        by: &Actor,
    ) -> Result<(OfficeCase, Outgoing), RespondError> {
        let case = self.act(id, by, |file, moment| give(&file.case, new, moment)).await?;
        let task = case.tasks.last().ok_or_else(|| unknown(""))?;
        let their_case = self.reports_of(&case).await?.into_iter().rev();
        let their_case = their_case.filter(|report| report.from == new.to.id);
        let your_case = their_case.map(|report| report.report.case).next();
        let message = OfficeTaskV1 {
            format: OFFICE_TASK_FORMAT.to_owned(),
            task: task.id.clone(),
            case: case.id.to_string(),
            your_case,
            kind: task.kind,
            concerning: ConcerningV1::from(&case.institution),
            text: task.text.clone(),
            basis: task.basis.clone(),
            due_at: task.due_at.map(Instant::rfc3339),
            at: task.set_at.rfc3339(),
            office: self.me().name,
            officer: task.set_by.clone(),
            exercise: case.exercise,
        };
        let (body, to) = (message.write()?, vec![new.to.id.clone()]);
        Ok((case, Outgoing { media_type: OFFICE_TASK_MEDIA_TYPE, body, to }))
    }

    /// Takes in a task from the office above. The same task twice is taken once. What is returned is its receipt.
    ///
    /// # Errors
    /// When it cannot be read, does not come from an office above, or the ledger fails.
    pub async fn take_task(
        &self,
        peer: &Peer,
        body: &[u8],
    ) -> Result<(CaseId, Outgoing), RespondError> {
        let from = &peer.organisation;
        let may_ask = from.kind.is_office() && from.kind != OrganisationKind::CeptoarBody;
        if peer.place != Place::Above || !may_ask {
            return Err(OfficeError::NotTheirs { from: from.id.to_string(), what: "tasks" }.into());
        }
        let message = OfficeTaskV1::read(body)?;
        let sent_as = format!("{}/{}", from.id, message.task);
        let receipt = self.task_answer(&from.id, &message.task, &message.case, None)?;
        let system = Actor::system();
        for _ in 0..ATTEMPTS_MAX {
            if let Some(known) = self.store.get(BY_SENDER, &sent_as).await? {
                return Ok((known.read()?, receipt));
            }
            let moment = self.moment(&system);
            let task = task_of(&message, &from.id, moment.now);
            let (change, versions) = match self.own_case(&message).await? {
                Some(read) => (taken(read.file.case, task, moment), vec![read.version]),
                None => (self.opened_by_task(&message, task, moment).await?, Vec::new()),
            };
            let put = Put::new(BY_SENDER, sent_as.as_str(), &change.case.id)?.absent();
            if self.commit_change(&change, &versions, vec![put], &system).await? {
                return Ok((change.case.id, receipt));
            }
        }
        Err(RespondError::Busy)
    }

    /// Answers a task. What is returned has to be handed to the federation.
    ///
    /// # Errors
    /// When there is no such open task, nothing is said, or the ledger fails.
    pub async fn answer_task(
        &self,
        id: &CaseId,
        task: &str,
        text: &str,
        done: bool,
        by: &Actor,
    ) -> Result<(OfficeCase, Outgoing), RespondError> {
        let case =
            self.act(id, by, |file, moment| answer(&file.case, task, text, done, moment)).await?;
        let known = case.tasks.iter().find(|one| one.id == task).ok_or_else(|| unknown(task))?;
        let TaskSide::Taken { from, their_case, .. } = &known.side else {
            return Err(unknown(task));
        };
        let outgoing = self.task_answer(from, task, their_case, known.answers.last())?;
        Ok((case, outgoing))
    }

    /// Takes in the answer to a task. The same answer twice is taken once.
    ///
    /// # Errors
    /// When it cannot be read, the task was not for that office, or the ledger fails.
    pub async fn take_task_answer(&self, peer: &Peer, body: &[u8]) -> Result<(), RespondError> {
        let message = OfficeTaskAnswerV1::read(body)?;
        let system = Actor::system();
        for _ in 0..ATTEMPTS_MAX {
            let read = self.read_where_it_goes_on(&CaseId::from(message.case.as_str())).await?;
            let from = &peer.organisation.id;
            let moment = self.moment(&system);
            let Some(change) = take_answer(&read.file.case, from, &message, moment)? else {
                return Ok(());
            };
            if self.commit_change(&change, &[read.version], Vec::new(), &system).await? {
                return Ok(());
            }
        }
        Err(RespondError::Busy)
    }

    /// Our case that the task names: one whose report we sent to the office that asks.
    async fn own_case(
        &self,
        message: &OfficeTaskV1,
    ) -> Result<Option<super::desk::Read>, RespondError> {
        let Some(id) = &message.your_case else { return Ok(None) };
        match self.read_where_it_goes_on(&CaseId::from(id.as_str())).await {
            Ok(read) => Ok(Some(read).filter(|read| read.file.case.exercise == message.exercise)),
            Err(RespondError::Unknown { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn opened_by_task(
        &self,
        message: &OfficeTaskV1,
        task: OfficeTask,
        moment: Moment<'_>,
    ) -> Result<OfficeChange, RespondError> {
        let number = self.next_case_number(moment.now).await?;
        let institution = ConcernedInstitution::from(&message.concerning);
        let mut case = blank(&institution, moment.now, self.me().kind, &number, moment);
        case.title = format!("{}の事案", institution.name);
        case.awareness = Awareness::OtherOffice;
        case.awareness_detail.clone_from(&message.office);
        case.exercise = message.exercise;
        let first = opened(case, "office_case_opened", moment);
        let change = taken(first.case, task, moment).after(first.entries);
        Ok(OfficeChange { kind: "office_case_opened", ..change })
    }

    /// The message of an answer; without one, the receipt.
    fn task_answer(
        &self,
        to: &OrganisationId,
        task: &str,
        case: &str,
        answer: Option<&TaskAnswer>,
    ) -> Result<Outgoing, RespondError> {
        let kind = match answer {
            None => TaskAnswerKind::Received,
            Some(answer) if answer.done => TaskAnswerKind::Done,
            Some(_) => TaskAnswerKind::Interim,
        };
        let message = OfficeTaskAnswerV1 {
            format: OFFICE_TASK_ANSWER_FORMAT.to_owned(),
            task: task.to_owned(),
            case: case.to_owned(),
            kind,
            text: answer.map(|answer| answer.text.clone()).unwrap_or_default(),
            at: answer.map_or_else(|| self.clock.now(), |answer| answer.at).rfc3339(),
            officer: answer.map(|answer| answer.by.clone()).unwrap_or_default(),
        };
        let (body, to) = (message.write()?, vec![to.clone()]);
        Ok(Outgoing { media_type: OFFICE_TASK_ANSWER_MEDIA_TYPE, body, to })
    }
}

fn task_of(message: &OfficeTaskV1, from: &OrganisationId, now: Instant) -> OfficeTask {
    OfficeTask {
        id: message.task.clone(),
        side: TaskSide::Taken {
            from: from.clone(),
            from_name: message.office.clone(),
            their_case: message.case.clone(),
            received_at: now,
        },
        kind: message.kind,
        text: message.text.clone(),
        basis: message.basis.clone(),
        due_at: message.due_at(),
        set_at: message.at(),
        set_by: message.officer.clone(),
        answers: Vec::new(),
    }
}

fn unknown(task: &str) -> RespondError {
    RespondError::Unknown { what: "task", id: task.to_owned() }
}
