//! Institutions of the office's register that have no node: they read and answer on the office's own desk.

use std::sync::Arc;

use async_trait::async_trait;
use sakimori_ledger::{LedgerError, Put};
use sakimori_words::{Instant, Organisation, OrganisationId};

use super::{
    ANSWER, ISSUED, RECEIVED, WarningDesk, answer_key, current, expecting, fact, read_all, said,
};
use crate::answer::{Acknowledgement, Answer, AnswerState, Stage};
use crate::draft::IssuedWarning;
use crate::error::WarnError;
use crate::received::ReceivedWarning;
use crate::warning::{Signer, Warning, WarningKey};

/// How many warnings of each sort are looked through for a member.
const LOOK_BACK_MAX: usize = 500;

/// The institutions without a node, as the office's register knows them.
#[async_trait]
pub trait Members: Send + Sync {
    /// All of them. The same value as long as nothing changed, so that whoever counts over them need not begin anew.
    async fn all(&self) -> Result<Arc<Vec<Organisation>>, LedgerError>;
}

/// A warning as a member of the register reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberWarning {
    /// What it says.
    pub warning: Warning,
    /// The office's own words (周知文); empty when there are none.
    pub remark: String,
    /// How far the institution has come with it.
    pub state: AnswerState,
    /// Whether another warning took its place.
    pub is_replaced: bool,
}

impl MemberWarning {
    /// Whether somebody of the institution still has to answer. What was withdrawn or replaced needs no answer.
    #[must_use]
    pub fn awaits_answer(&self) -> bool {
        let stands = self.warning.content.withdrawn.is_none() && !self.is_replaced;
        self.state.stage < Stage::Acknowledged && stands
    }
}

impl WarningDesk {
    /// The same desk, which also counts the institutions without a node.
    #[must_use]
    pub fn with_members(mut self, members: Arc<dyn Members>) -> Self {
        self.members = Some(members);
        self
    }

    /// What went out here to everybody: our own current warnings and those we passed on, the newest first, with our remark.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn gone_out(&self) -> Result<Vec<(Warning, String)>, WarnError> {
        let issued = self.store.list_latest(ISSUED, None, LOOK_BACK_MAX).await?;
        let received = self.store.list_latest(RECEIVED, None, LOOK_BACK_MAX).await?;
        let issued = read_all::<IssuedWarning>(&issued)?;
        let received = read_all::<ReceivedWarning>(&received)?;
        let own = issued.iter().filter_map(|one| Some((one.current()?.clone(), String::new())));
        let mut gone_out: Vec<_> = own.chain(received.iter().filter_map(passed_on)).collect();
        gone_out.sort_by_key(|(warning, _)| std::cmp::Reverse(warning.released_at));
        Ok(gone_out)
    }

    /// The warnings that are for a member, the newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn member_warnings(
        &self,
        member: &Organisation,
    ) -> Result<Vec<MemberWarning>, WarnError> {
        let mut warnings = vec![];
        for (warning, remark) in self.gone_out().await? {
            if warning.content.addressees.include(member) {
                let (state, _) = self.member_state(&warning, &member.id).await?;
                let is_replaced = self.replaced_by(&warning.key).await?.is_some();
                warnings.push(MemberWarning { warning, remark, state, is_replaced });
            }
        }
        Ok(warnings)
    }

    /// One warning that is for a member.
    ///
    /// # Errors
    /// [`WarnError::Unknown`] when it did not go out here, or is for others.
    pub async fn member_warning(
        &self,
        key: &WarningKey,
        member: &Organisation,
    ) -> Result<MemberWarning, WarnError> {
        let (warning, remark) = self.one_gone_out(key).await?;
        if !warning.content.addressees.include(member) {
            return Err(WarnError::Unknown);
        }
        let (state, _) = self.member_state(&warning, &member.id).await?;
        let is_replaced = self.replaced_by(key).await?.is_some();
        Ok(MemberWarning { warning, remark, state, is_replaced })
    }

    /// A person of a member opens a warning; opening again changes nothing.
    ///
    /// # Errors
    /// As [`WarningDesk::member_warning`].
    pub async fn member_opens(
        &self,
        key: &WarningKey,
        member: &Organisation,
        by: &Signer,
    ) -> Result<MemberWarning, WarnError> {
        let seen = self.member_warning(key, member).await?;
        if seen.state.stage >= Stage::Opened {
            return Ok(seen);
        }
        let word = Word { stage: Stage::Opened, answer: None, note: "", person: "" };
        self.member_says(seen, member, by, "member_opened", &word).await
    }

    /// A named person of a member answers, or changes the answer. It counts in the coverage as a node's does.
    ///
    /// # Errors
    /// As [`WarningDesk::member_warning`]; when the person has no name, or the warning was withdrawn.
    pub async fn member_answers(
        &self,
        key: &WarningKey,
        member: &Organisation,
        by: &Signer,
        answer: Answer,
        note: &str,
    ) -> Result<MemberWarning, WarnError> {
        let seen = self.answerable(key, member, by).await?;
        let stage = Stage::Acknowledged;
        let word = Word { stage, answer: Some(answer), note, person: &by.name };
        self.member_says(seen, member, by, "member_answered", &word).await
    }

    /// A named person of a member says that what was asked for is done.
    ///
    /// # Errors
    /// As [`WarningDesk::member_answers`]; when nobody answered yet, or the answer is still 確認中.
    pub async fn member_finishes(
        &self,
        key: &WarningKey,
        member: &Organisation,
        by: &Signer,
        note: &str,
    ) -> Result<MemberWarning, WarnError> {
        let seen = self.answerable(key, member, by).await?;
        let answer = match seen.state.answer {
            None => return Err(WarnError::NotAnswered),
            Some(Answer::Checking) => return Err(WarnError::StillChecking),
            Some(answer @ (Answer::Affected | Answer::NotAffected)) => answer,
        };
        let kept = seen.state.note.clone();
        let note = if note.trim().is_empty() { &kept } else { note };
        let word = Word { stage: Stage::Done, answer: Some(answer), note, person: &by.name };
        self.member_says(seen, member, by, "member_done", &word).await
    }

    async fn answerable(
        &self,
        key: &WarningKey,
        member: &Organisation,
        by: &Signer,
    ) -> Result<MemberWarning, WarnError> {
        let seen = self.member_warning(key, member).await?;
        if seen.warning.content.withdrawn.is_some() {
            return Err(WarnError::Withdrawn);
        }
        if by.name.trim().is_empty() {
            return Err(WarnError::Missing { field: "氏名" });
        }
        Ok(seen)
    }

    async fn member_says(
        &self,
        seen: MemberWarning,
        member: &Organisation,
        by: &Signer,
        kind: &str,
        word: &Word<'_>,
    ) -> Result<MemberWarning, WarnError> {
        let key = &seen.warning.key;
        let now = self.clock.now();
        let (before, version) = self.member_state(&seen.warning, &member.id).await?;
        let state = before.merge(&word.about(&seen.warning, &member.id, now), &self.post.me().id);
        let put = expecting(Put::new(ANSWER, answer_key(key, &member.id), &state)?, version);
        self.commit(vec![], vec![fact(key, kind, now, by, &said(&state))?.put(put)]).await?;
        Ok(MemberWarning { state, ..seen })
    }

    /// The member's answer to the current revision, and the version of its record when there is one.
    async fn member_state(
        &self,
        warning: &Warning,
        member: &OrganisationId,
    ) -> Result<(AnswerState, Option<u64>), WarnError> {
        let record = self.store.get(ANSWER, &answer_key(&warning.key, member)).await?;
        let version = record.as_ref().map(|record| record.version);
        let kept: Option<AnswerState> = record.map(|record| record.read()).transpose()?;
        let current = kept.filter(|state| state.revision == warning.revision);
        let fresh = || AnswerState::new(warning.key.clone(), warning.revision, member.clone());
        Ok((current.unwrap_or_else(fresh), version))
    }

    async fn one_gone_out(&self, key: &WarningKey) -> Result<(Warning, String), WarnError> {
        if key.origin == self.post.me().id {
            return match current::warning(self, key).await {
                Ok(warning) => Ok((Arc::unwrap_or_clone(warning), String::new())),
                Err(WarnError::NotReleased) => Err(WarnError::Unknown),
                Err(error) => Err(error),
            };
        }
        passed_on(&self.received_one(key).await?).ok_or(WarnError::Unknown)
    }
}

/// How many members a warning's rule includes; none when the office keeps no register.
pub(super) async fn n_addressed(
    desk: &WarningDesk,
    warning: &Warning,
) -> Result<usize, LedgerError> {
    let Some(members) = &desk.members else { return Ok(0) };
    let rule = &warning.content.addressees;
    Ok(members.all().await?.iter().filter(|member| rule.include(member)).count())
}

/// A warning that came and was passed on here; what nobody has passed on yet is for nobody below.
fn passed_on(received: &ReceivedWarning) -> Option<(Warning, String)> {
    let revision = received.current()?;
    let relay = revision.relay.as_ref()?;
    Some((revision.warning.clone(), relay.remark.clone()))
}

/// What a person of a member says.
struct Word<'a> {
    stage: Stage,
    answer: Option<Answer>,
    note: &'a str,
    person: &'a str,
}

impl Word<'_> {
    fn about(&self, warning: &Warning, member: &OrganisationId, at: Instant) -> Acknowledgement {
        Acknowledgement {
            warning: warning.key.clone(),
            revision: warning.revision,
            organisation: member.clone(),
            stage: self.stage,
            at,
            answer: self.answer,
            person: self.person.to_owned(),
            note: self.note.to_owned(),
            n_relayed_to: 0,
            devices: None,
        }
    }
}
