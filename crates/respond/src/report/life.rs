//! The life of a report: draft, approved, submitted, answered. The same for a hospital's report and for an office's report upwards.

use sakimori_words::{Digest, OrganisationId, Text};

use super::{Addressee, Approval, Receipt, Report, ReportState, Submission};
use crate::decide::said;
use crate::exchange::ReplyV1;
use crate::{Moment, RespondError};

impl Report {
    /// Refuses what is no draft any more.
    pub(crate) fn must_be_draft(&self) -> Result<(), RespondError> {
        match self.state {
            ReportState::Draft => Ok(()),
            ReportState::Approved { .. } | ReportState::Submitted { .. } => {
                Err(self.unfit("a draft"))
            }
        }
    }

    /// When and by whom it was sent; refuses what has not left.
    pub(crate) fn must_have_left(&self) -> Result<&Submission, RespondError> {
        self.submission().ok_or_else(|| self.unfit("submitted"))
    }

    /// Approved by another person than its drafter, and the act in words. `seen`: digest of the document the approver had before
    /// their eyes.
    pub(crate) fn approved(
        &self,
        seen: Option<&Digest>,
        moment: Moment<'_>,
    ) -> Result<(Self, Text), RespondError> {
        self.must_not_be_approved()?;
        if self.drafted_by.person == moment.by.person {
            return Err(RespondError::SamePerson);
        }
        if seen.is_some_and(|seen| *seen != self.document.digest()) {
            return Err(RespondError::ChangedMeanwhile);
        }
        Ok((self.clone().with_approval(None, moment), Text::new("承認", "approved")))
    }

    /// Approved by one person alone, who says why, and the act in words. The document itself says so.
    pub(crate) fn approved_alone(
        &self,
        reason: &str,
        moment: Moment<'_>,
    ) -> Result<(Self, Text), RespondError> {
        self.must_not_be_approved()?;
        let reason = said(reason, "reason")?;
        let by = moment.by.words();
        let mut after = self.clone();
        after.document.banner.push(Text::new(
            format!("単独承認（緊急）: {}　理由: {reason}", by.ja),
            format!("Approved by one person alone (emergency): {}. Reason: {reason}", by.en),
        ));
        let words = Text::new(
            format!("単独で承認（緊急。理由: {reason}）"),
            format!("approved by one person alone (emergency; reason: {reason})"),
        );
        Ok((after.with_approval(Some(reason), moment), words))
    }

    /// Submitted, if it was approved and still is the document that was approved.
    pub(crate) fn submitted(&self, moment: Moment<'_>) -> Result<Self, RespondError> {
        if let Some(Submission { by, at }) = self.submission() {
            return Err(RespondError::DoneBy { by: by.name.clone(), at: *at });
        }
        let ReportState::Approved { approval } = &self.state else {
            return Err(self.unfit("approved"));
        };
        if self.document.digest() != approval.digest {
            return Err(RespondError::NotAsApproved);
        }
        // A clock that was set back since must not make a report leave before it was approved.
        let submission = Submission { by: moment.by.clone(), at: moment.now.max(approval.at) };
        let state = ReportState::Submitted { approval: approval.clone(), submission };
        Ok(Self { state, ..self.clone() })
    }

    /// The addressee `from` is; refuses an office it was not for.
    pub(crate) fn addressee(&self, from: &OrganisationId) -> Result<&Addressee, RespondError> {
        self.addressees
            .iter()
            .find(|addressee| addressee.organisation.as_ref() == Some(from))
            .ok_or_else(|| RespondError::Unknown { what: "addressee", id: from.to_string() })
    }

    /// The refusal of an act that needs another state.
    pub(crate) const fn unfit(&self, needed: &'static str) -> RespondError {
        let state = match self.state {
            ReportState::Draft => "a draft",
            ReportState::Approved { .. } => "approved",
            ReportState::Submitted { .. } => "submitted",
        };
        RespondError::ReportState { state, needed }
    }

    /// Refuses an approval of what is approved already, naming who did it.
    fn must_not_be_approved(&self) -> Result<(), RespondError> {
        match self.approval() {
            Some(Approval { by, at, .. }) => {
                Err(RespondError::DoneBy { by: by.name.clone(), at: *at })
            }
            None => Ok(()),
        }
    }

    fn with_approval(self, alone_because: Option<String>, moment: Moment<'_>) -> Self {
        let digest = self.document.digest();
        let approval = Approval { by: moment.by.clone(), at: moment.now, digest, alone_because };
        Self { state: ReportState::Approved { approval }, ..self }
    }
}

impl Receipt {
    /// The receipt that the answer `reply` of `from` is.
    pub(crate) fn of(from: &OrganisationId, reply: &ReplyV1, moment: Moment<'_>) -> Self {
        Self {
            from: from.clone(),
            from_name: reply.office.clone(),
            kind: reply.kind,
            number: reply.number.clone(),
            at: reply.at(),
            taken_at: moment.now,
            officer: reply.officer.clone(),
            text: reply.text.clone(),
        }
    }
}
