//! The room at the institution's desk.

use sakimori_words::{CaseId, Instant};

use super::{
    Choosing, Disclosure, PatientNotice, Phase, ServiceChange, Taking, add_duty, add_service,
    advance, change_service, choose, disclose, follow, move_limit, notify_patients,
};
use crate::decide;
use crate::timeline::{Noting, Verdict};
use crate::{Actor, Case, CaseDesk, EntryKind, RespondError};

impl CaseDesk {
    /// Moves handling on; `seen`: how many steps it had when the person looked.
    ///
    /// # Errors
    /// When it cannot be moved so, a reason is missing, somebody else was faster, or the ledger fails.
    pub async fn advance(
        &self,
        id: &CaseId,
        to: Phase,
        reason: &str,
        taking: &Taking,
        seen: Option<usize>,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| advance(case, to, reason, taking, seen, moment)).await
    }

    /// Puts a service on the board.
    ///
    /// # Errors
    /// When the name is empty or there already, or the ledger fails.
    pub async fn add_service(
        &self,
        id: &CaseId,
        name: &str,
        priority: u8,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| add_service(case, name, priority, moment)).await
    }

    /// Records how a service runs from now on; `seen`: how many steps it had when the person looked.
    ///
    /// # Errors
    /// When it cannot go from its state to that one, somebody else was faster, or the ledger fails.
    pub async fn change_service(
        &self,
        id: &CaseId,
        service: &str,
        change: &ServiceChange,
        seen: Option<usize>,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| change_service(case, service, change, seen, moment)).await
    }

    /// Moves telling the public on.
    ///
    /// # Errors
    /// When it cannot be moved so, somebody else was faster, or the ledger fails.
    pub async fn disclose(
        &self,
        id: &CaseId,
        to: Disclosure,
        note: &str,
        taking: &Taking,
        seen: Option<usize>,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| disclose(case, to, note, taking, seen, moment)).await
    }

    /// Records how far telling patients is.
    ///
    /// # Errors
    /// When it cannot be moved so, a reason is missing, somebody else was faster, or the ledger fails.
    pub async fn notify_patients(
        &self,
        id: &CaseId,
        to: &PatientNotice,
        taking: &Taking,
        seen: Option<usize>,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| notify_patients(case, to, taking, seen, moment)).await
    }

    /// Adds a playbook to the case.
    ///
    /// # Errors
    /// When there is no such playbook, the case follows it already, or the ledger fails.
    pub async fn follow(
        &self,
        id: &CaseId,
        playbook: &str,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| follow(case, playbook, self.content(), moment)).await
    }

    /// Records a decision of any kind.
    ///
    /// # Errors
    /// When something that must be said is missing, the decision it replaces was replaced already, or the ledger fails.
    pub async fn choose(
        &self,
        id: &CaseId,
        choosing: &Choosing,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| choose(case, choosing, moment)).await
    }

    /// Moves the deadline of an open duty, with the reason and, for a later one, who granted it.
    ///
    /// # Errors
    /// When there is no such open duty, reason or grant is missing, or the ledger fails.
    pub async fn move_limit(
        &self,
        id: &CaseId,
        obligation: &str,
        to: Instant,
        [reason, granted_by]: [&str; 2],
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| {
            move_limit(case, obligation, to, reason, granted_by, moment)
        })
        .await
    }

    /// Adds a duty that applies only to some institutions.
    ///
    /// # Errors
    /// When there is no such duty to add, or the ledger fails.
    pub async fn add_duty(
        &self,
        id: &CaseId,
        deadline: &str,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| add_duty(case, deadline, self.content(), moment)).await
    }

    /// Writes a line into the timeline with how exactly its time is known.
    ///
    /// # Errors
    /// When the text is empty or endless, the time lies in the future, or the ledger fails.
    pub async fn note_with(
        &self,
        id: &CaseId,
        noting: &Noting,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| decide::note_with(case, noting, None, moment)).await
    }

    /// Says that a hypothesis was confirmed or refuted. The hypothesis stays.
    ///
    /// # Errors
    /// When there is no such hypothesis, the text is empty or endless, or the ledger fails.
    pub async fn settle(
        &self,
        id: &CaseId,
        hypothesis: &str,
        verdict: Verdict,
        noting: &Noting,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        let known = self.timeline(id).await?.into_iter().find(|entry| entry.id == hypothesis);
        if known.is_none_or(|entry| entry.kind != EntryKind::Hypothesis) {
            return Err(RespondError::Unknown { what: "hypothesis", id: hypothesis.to_owned() });
        }
        let settles = Some((hypothesis, verdict));
        self.act(id, by, |case, moment| decide::note_with(case, noting, settles, moment)).await
    }
}
