//! Tasks at the institution's desk.

use sakimori_words::{CaseId, Instant};

use super::{NewTask, TaskOwner, TaskState, acts};
use crate::{Actor, Case, CaseDesk, RespondError};

impl CaseDesk {
    /// Adds a task.
    ///
    /// # Errors
    /// When the case is closed, the title is empty or endless, there are too many, or the ledger fails.
    pub async fn add_task(
        &self,
        id: &CaseId,
        new: &NewTask,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| acts::add_task(case, new, moment)).await
    }

    /// Makes a task of a step of a playbook the case follows.
    ///
    /// # Errors
    /// When there is no such step, an open task of it is there already, or the ledger fails.
    pub async fn add_step_task(
        &self,
        id: &CaseId,
        step: &str,
        owner: Option<&TaskOwner>,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| {
            acts::add_step_task(case, step, owner, self.content(), moment)
        })
        .await
    }

    /// Marks how far a task is; `seen`: how many changes it had when the person looked.
    ///
    /// # Errors
    /// When there is no such task, a reason is missing, somebody else was faster, or the ledger fails.
    pub async fn mark_task(
        &self,
        id: &CaseId,
        task: &str,
        state: &TaskState,
        seen: Option<usize>,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| acts::mark_task(case, task, state, seen, moment)).await
    }

    /// Gives a task to somebody else.
    ///
    /// # Errors
    /// When there is no such open task, somebody else was faster, or the ledger fails.
    pub async fn assign_task(
        &self,
        id: &CaseId,
        task: &str,
        owner: &TaskOwner,
        seen: Option<usize>,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| acts::assign_task(case, task, owner, seen, moment)).await
    }

    /// Moves the time a task is due.
    ///
    /// # Errors
    /// When there is no such open task, the reason for a later time is missing, somebody else was faster, or the ledger fails.
    pub async fn move_task(
        &self,
        id: &CaseId,
        task: &str,
        due_at: Option<Instant>,
        reason: &str,
        seen: Option<usize>,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| acts::move_task(case, task, due_at, reason, seen, moment))
            .await
    }
}
