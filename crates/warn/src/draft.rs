//! A warning in the hands of its office: drafted, submitted, returned or released, revised, withdrawn. Pure.

use sakimori_content::Content;
use sakimori_words::{Instant, MessageId, OrganisationKind};
use serde::{Deserialize, Serialize};

use crate::deadline::due_at;
use crate::error::WarnError;
use crate::warning::{Signer, Warning, WarningContent, WarningKey};

/// Where a draft stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DraftState {
    /// 起案中.
    Writing {
        /// Why it was returned (差戻し), when it was.
        returned: Option<String>,
    },
    /// 決裁待ち.
    AwaitingRelease {
        /// Since when.
        since_at: Instant,
    },
}

/// A revision that is not released yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Which revision it becomes.
    pub revision: u32,
    /// What it says.
    pub content: WarningContent,
    /// Everybody who wrote at it; none of them may release it where two persons are needed.
    pub authors: Vec<Signer>,
    /// Where it stands.
    #[serde(flatten)]
    pub state: DraftState,
}

/// A released revision with who released it and how it left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The revision.
    pub warning: Warning,
    /// Who wrote it.
    pub authors: Vec<Signer>,
    /// Who released it.
    pub by: Signer,
    /// The message it went out in.
    pub message: MessageId,
}

/// A warning of our own, with all its revisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedWarning {
    /// Which.
    pub key: WarningKey,
    /// Released revisions, the oldest first.
    pub releases: Vec<Release>,
    /// The next revision, while it is being written.
    pub draft: Option<Draft>,
}

impl IssuedWarning {
    /// A new warning begun by `author`.
    #[must_use]
    pub fn new(key: WarningKey, content: WarningContent, author: Signer) -> Self {
        let draft = Draft {
            revision: 1,
            content,
            authors: vec![author],
            state: DraftState::Writing { returned: None },
        };
        Self { key, releases: vec![], draft: Some(draft) }
    }

    /// The revision everybody sees now.
    #[must_use]
    pub fn current(&self) -> Option<&Warning> {
        self.releases.last().map(|release| &release.warning)
    }

    /// The draft with new content by `author`.
    ///
    /// # Errors
    /// When there is no draft, or it awaits release.
    pub fn edited(mut self, content: WarningContent, author: Signer) -> Result<Self, WarnError> {
        let draft = self.draft_mut()?;
        if !matches!(draft.state, DraftState::Writing { .. }) {
            return Err(WarnError::AwaitsRelease);
        }
        draft.content = content;
        if !draft.authors.contains(&author) {
            draft.authors.push(author);
        }
        Ok(self)
    }

    /// The draft handed to the person who releases.
    ///
    /// # Errors
    /// When there is no draft, it was submitted already, or something is missing in it.
    pub fn submitted(mut self, now: Instant) -> Result<Self, WarnError> {
        let draft = self.draft_mut()?;
        if !matches!(draft.state, DraftState::Writing { .. }) {
            return Err(WarnError::AwaitsRelease);
        }
        check_complete(&draft.content)?;
        draft.state = DraftState::AwaitingRelease { since_at: now };
        Ok(self)
    }

    /// The draft given back to its author.
    ///
    /// # Errors
    /// When none awaits release.
    pub fn returned(mut self, reason: &str) -> Result<Self, WarnError> {
        let draft = self.draft_mut()?;
        if !matches!(draft.state, DraftState::AwaitingRelease { .. }) {
            return Err(WarnError::NotSubmitted);
        }
        draft.state = DraftState::Writing { returned: Some(reason.to_owned()) };
        Ok(self)
    }

    /// A further revision to be written, beginning with the current content.
    ///
    /// # Errors
    /// When nothing was released yet or a draft is there already.
    pub fn revised(mut self, author: Signer) -> Result<Self, WarnError> {
        let current = self.current().ok_or(WarnError::NotReleased)?;
        if current.content.withdrawn.is_some() {
            return Err(WarnError::Withdrawn);
        }
        if self.draft.is_some() {
            return Err(WarnError::AlreadyDrafted);
        }
        self.draft = Some(Draft {
            revision: current.revision.saturating_add(1),
            content: current.content.clone(),
            authors: vec![author],
            state: DraftState::Writing { returned: None },
        });
        Ok(self)
    }

    /// The draft thrown away. A warning never released disappears with it.
    ///
    /// # Errors
    /// When there is no draft.
    pub fn dropped(mut self) -> Result<Self, WarnError> {
        self.draft_mut()?;
        self.draft = None;
        Ok(self)
    }

    /// The warning as it goes out when `releaser` releases the draft.
    ///
    /// # Errors
    /// When the draft was not submitted, or needs a second person.
    pub fn release(
        &self,
        kind: OrganisationKind,
        releaser: &Signer,
        now: Instant,
        content: &Content,
    ) -> Result<(Warning, Vec<Signer>), WarnError> {
        let draft = self.draft.as_ref().ok_or(WarnError::NoDraft)?;
        if !matches!(draft.state, DraftState::AwaitingRelease { .. }) {
            return Err(WarnError::NotSubmitted);
        }
        may_release(kind, &draft.authors, releaser)?;
        let warning = Warning {
            key: self.key.clone(),
            revision: draft.revision,
            due_at: due_at(draft.content.class, now, content),
            content: draft.content.clone(),
            released_at: now,
        };
        Ok((warning, draft.authors.clone()))
    }

    /// The record once the release is queued as `message`.
    #[must_use]
    pub fn released(
        mut self,
        warning: Warning,
        authors: Vec<Signer>,
        by: Signer,
        message: MessageId,
    ) -> Self {
        self.draft = None;
        self.releases.push(Release { warning, authors, by, message });
        self
    }

    fn draft_mut(&mut self) -> Result<&mut Draft, WarnError> {
        self.draft.as_mut().ok_or(WarnError::NoDraft)
    }
}

/// Whether `releaser` may release what `authors` wrote.
///
/// A warning of the ministry reaches every institution of the country and needs a second person. Other offices often have one
/// officer on duty; who wrote and who released is recorded all the same.
///
/// # Errors
/// [`WarnError::SecondPerson`] when a second person is needed.
pub fn may_release(
    kind: OrganisationKind,
    authors: &[Signer],
    releaser: &Signer,
) -> Result<(), WarnError> {
    let wrote = authors.iter().any(|author| author.person == releaser.person);
    if kind == OrganisationKind::Ministry && wrote {
        return Err(WarnError::SecondPerson);
    }
    Ok(())
}

fn check_complete(content: &WarningContent) -> Result<(), WarnError> {
    let fields = [
        ("件名", &content.title),
        ("本文", &content.body),
        ("文書番号", &content.number),
        ("発出者", &content.issuer),
    ];
    if content.addressees.names_nobody() {
        return Err(WarnError::Missing { field: "送る会社" });
    }
    match fields.into_iter().find(|(_, text)| text.trim().is_empty()) {
        Some((field, _)) => Err(WarnError::Missing { field }),
        None => Ok(()),
    }
}
