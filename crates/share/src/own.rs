//! A case in the hands of the office that shares it: written, the victim asked, submitted, released by another officer, revised,
//! withdrawn. Pure.

use sakimori_content::Publication;
use sakimori_words::{Date, Digest, Instant, MessageId, SharedCaseId};
use serde::{Deserialize, Serialize};

use crate::case::{SharedCase, SharedContent, SharedKey, Signer, Writing};
use crate::error::ShareError;
use crate::indicators::SharedIndicator;
use crate::reported::ReportedCase;

/// What the victim answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentAnswer {
    /// Share it as it is.
    Approved,
    /// Share it with these changes; it is asked again once they are made.
    WithChanges,
    /// Do not share it.
    Refused,
}

/// How the answer came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum ConsentWay {
    /// A named person of the institution answered at its own node.
    Node,
    /// An officer wrote it down.
    Officer {
        /// Who.
        officer: Signer,
        /// The day the institution said so.
        on: Date,
        /// How it was shown and how it answered: by telephone, by letter.
        how: String,
    },
}

/// The victim's answer, to exactly one content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// What was answered.
    pub answer: ConsentAnswer,
    /// 氏名 of the person at the institution.
    pub person: String,
    /// What was said besides: which changes, why not.
    pub note: String,
    /// When it was known here.
    pub at: Instant,
    /// How it came.
    pub way: ConsentWay,
    /// Digest of the content it is about.
    pub digest: Digest,
}

/// Where a draft stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DraftState {
    /// 作成中.
    Writing {
        /// Why it was returned (差戻し, or the victim's wishes), when it was.
        returned: Option<String>,
    },
    /// The victim is asked about exactly this.
    Asked {
        /// What it was shown.
        content: SharedContent,
        /// When.
        at: Instant,
        /// Whether a message went to its node; otherwise an officer writes the answer down.
        sent: bool,
    },
    /// The victim approved exactly this.
    Approved {
        /// What it approved.
        content: SharedContent,
        /// The approval.
        consent: Consent,
    },
    /// The victim refused.
    Refused {
        /// The refusal.
        consent: Consent,
    },
    /// 決裁待ち.
    AwaitingRelease {
        /// What is to be released.
        content: SharedContent,
        /// The approval.
        consent: Consent,
        /// Since when.
        since_at: Instant,
    },
    /// 公開待ち: released, and goes out with the batch.
    Scheduled {
        /// What goes out.
        content: SharedContent,
        /// The approval.
        consent: Consent,
        /// Who released it.
        by: Signer,
        /// When.
        released_at: Instant,
        /// When it goes out.
        due_at: Instant,
    },
}

/// When what is released goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoesOut {
    /// At once: the attackers go on.
    Urgent,
    /// At once: it is an exercise and happened to nobody.
    Exercise,
    /// With everything else that was released that week.
    Batch(Instant),
}

impl GoesOut {
    /// When `content` goes out if it is released at `now`.
    #[must_use]
    pub fn of(content: &SharedContent, publication: &Publication, now: Instant) -> Self {
        match (content.exercise, content.urgent) {
            (true, _) => Self::Exercise,
            (false, true) => Self::Urgent,
            (false, false) => Self::Batch(publication.next_after(now)),
        }
    }
}

/// A revision that is not published yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Which revision it becomes.
    pub revision: u32,
    /// What the officer wrote.
    pub writing: Writing,
    /// Everybody who wrote at it; none of them may release it.
    pub authors: Vec<Signer>,
    /// Where it stands.
    pub state: DraftState,
}

/// A published revision with who released it, on whose consent, and how it left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The revision.
    pub case: SharedCase,
    /// What the officer had written.
    pub writing: Writing,
    /// Who wrote it.
    pub authors: Vec<Signer>,
    /// Who released it.
    pub by: Signer,
    /// The victim's approval.
    pub consent: Consent,
    /// Institutions the words fitted then.
    pub n_candidates: usize,
    /// The message it went out in.
    pub message: MessageId,
    /// Why it was withdrawn, in the office's own record.
    #[serde(default)]
    pub withdrawn_because: String,
}

/// A case of our own with all its revisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnCase {
    /// Its id in this office. The published case has another one.
    pub id: SharedCaseId,
    /// What it was taken from.
    pub reported: ReportedCase,
    /// Published revisions, the oldest first.
    pub releases: Vec<Release>,
    /// The next revision, while it is being written.
    pub draft: Option<Draft>,
}

impl Draft {
    /// Whether it is out of its authors' hands: submitted, or released and waiting for its batch.
    #[must_use]
    pub const fn is_submitted(&self) -> bool {
        matches!(self.state, DraftState::AwaitingRelease { .. } | DraftState::Scheduled { .. })
    }
}

impl OwnCase {
    /// A new case begun by `author`.
    #[must_use]
    pub fn new(id: SharedCaseId, reported: ReportedCase, author: Signer) -> Self {
        let draft = Draft {
            revision: 1,
            writing: Writing::default(),
            authors: vec![author],
            state: DraftState::Writing { returned: None },
        };
        Self { id, reported, releases: Vec::new(), draft: Some(draft) }
    }

    /// The revision everybody sees now.
    #[must_use]
    pub fn current(&self) -> Option<&Release> {
        self.releases.last()
    }

    /// The draft with other words. Whatever the victim had answered was to the words before, so it is asked again.
    ///
    /// # Errors
    /// When there is no draft, or it awaits release.
    pub fn written(mut self, writing: Writing, author: Signer) -> Result<Self, ShareError> {
        let draft = self.draft_mut()?;
        if draft.is_submitted() {
            return Err(ShareError::DraftState);
        }
        draft.writing = writing;
        if !draft.authors.iter().any(|known| known.person == author.person) {
            draft.authors.push(author);
        }
        draft.state = DraftState::Writing { returned: None };
        Ok(self)
    }

    /// The draft shown to the victim.
    ///
    /// # Errors
    /// When there is no draft, or it is not being written.
    pub fn asked(
        mut self,
        content: SharedContent,
        sent: bool,
        at: Instant,
    ) -> Result<Self, ShareError> {
        let draft = self.draft_mut()?;
        if !matches!(draft.state, DraftState::Writing { .. }) {
            return Err(ShareError::DraftState);
        }
        draft.state = DraftState::Asked { content, at, sent };
        Ok(self)
    }

    /// The victim's answer. It counts for exactly what it was asked about.
    ///
    /// # Errors
    /// When nothing was asked, it answers something else, or nobody is named.
    pub fn answered(mut self, consent: Consent) -> Result<Self, ShareError> {
        if consent.person.trim().is_empty() {
            return Err(ShareError::Missing { field: "氏名" });
        }
        let draft = self.draft_mut()?;
        let DraftState::Asked { content, .. } = &draft.state else {
            return Err(ShareError::NotAsked);
        };
        if content.digest() != consent.digest {
            return Err(ShareError::OtherContent);
        }
        draft.state = match consent.answer {
            ConsentAnswer::Approved => DraftState::Approved { content: content.clone(), consent },
            ConsentAnswer::WithChanges => DraftState::Writing {
                returned: Some(format!("{}: {}", consent.person, consent.note)),
            },
            ConsentAnswer::Refused => DraftState::Refused { consent },
        };
        Ok(self)
    }

    /// The draft handed to the person who releases.
    ///
    /// # Errors
    /// When the victim has not approved it.
    pub fn submitted(mut self, at: Instant) -> Result<Self, ShareError> {
        let draft = self.draft_mut()?;
        let DraftState::Approved { content, consent } = &draft.state else {
            return Err(ShareError::NotApproved);
        };
        let (content, consent) = (content.clone(), consent.clone());
        draft.state = DraftState::AwaitingRelease { content, consent, since_at: at };
        Ok(self)
    }

    /// The draft given back to its author, or taken back before it went out; the victim is asked again before it can be submitted
    /// anew.
    ///
    /// # Errors
    /// When none awaits release or its batch.
    pub fn returned(mut self, reason: &str) -> Result<Self, ShareError> {
        let draft = self.draft_mut()?;
        if !draft.is_submitted() {
            return Err(ShareError::NotSubmitted);
        }
        draft.state = DraftState::Writing { returned: Some(reason.to_owned()) };
        Ok(self)
    }

    /// What `releaser` would release.
    ///
    /// # Errors
    /// When nothing was submitted, or `releaser` wrote at it.
    pub fn to_release(
        &self,
        releaser: &Signer,
    ) -> Result<(&Draft, &SharedContent, &Consent), ShareError> {
        let draft = self.draft.as_ref().ok_or(ShareError::NotSubmitted)?;
        let DraftState::AwaitingRelease { content, consent, .. } = &draft.state else {
            return Err(ShareError::NotSubmitted);
        };
        if draft.authors.iter().any(|author| author.person == releaser.person) {
            return Err(ShareError::SecondPerson);
        }
        Ok((draft, content, consent))
    }

    /// The draft released by `by`, to go out at `due_at`.
    ///
    /// # Errors
    /// When nothing was submitted, or `by` wrote at it.
    pub fn scheduled(
        mut self,
        by: &Signer,
        released_at: Instant,
        due_at: Instant,
    ) -> Result<Self, ShareError> {
        let (_, content, consent) = self.to_release(by)?;
        let (content, consent) = (content.clone(), consent.clone());
        let by = by.clone();
        self.draft_mut()?.state =
            DraftState::Scheduled { content, consent, by, released_at, due_at };
        Ok(self)
    }

    /// Whether it waits for a batch that has come at `now`.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        let state = self.draft.as_ref().map(|draft| &draft.state);
        matches!(state, Some(DraftState::Scheduled { due_at, .. }) if *due_at <= now)
    }

    /// The case once a release is queued.
    #[must_use]
    pub fn released(mut self, release: Release) -> Self {
        self.draft = None;
        self.releases.push(release);
        self
    }

    /// A further revision to be written, beginning with the current words.
    ///
    /// # Errors
    /// When nothing was published, it was withdrawn, or a draft is there already.
    pub fn revised(mut self, author: Signer) -> Result<Self, ShareError> {
        let current = self.current().ok_or(ShareError::NotPublished)?;
        if current.case.withdrawn {
            return Err(ShareError::Withdrawn);
        }
        if self.draft.is_some() {
            return Err(ShareError::DraftState);
        }
        self.draft = Some(Draft {
            revision: current.case.revision.saturating_add(1),
            writing: current.writing.clone(),
            authors: vec![author],
            state: DraftState::Writing { returned: None },
        });
        Ok(self)
    }

    /// The current revision withdrawn: said again without its words. A draft is thrown away with it.
    ///
    /// # Errors
    /// When nothing was published, or it was withdrawn already.
    pub fn withdrawn(
        mut self,
        because: &str,
        by: Signer,
        message: MessageId,
        at: Instant,
    ) -> Result<Self, ShareError> {
        if because.trim().is_empty() {
            return Err(ShareError::Missing { field: "撤回の理由" });
        }
        let current = self.current().ok_or(ShareError::NotPublished)?.clone();
        if current.case.withdrawn {
            return Err(ShareError::Withdrawn);
        }
        let mut case = current.case.clone();
        case.revision = case.revision.saturating_add(1);
        case.modified_at = at;
        case.withdrawn = true;
        case.content.course = String::new();
        case.content.lesson = String::new();
        case.content.technical = Vec::new();
        case.content.damage = Vec::new();
        case.content.indicators = Vec::new();
        let because = because.to_owned();
        self.draft = None;
        self.releases.push(Release { case, by, message, withdrawn_because: because, ..current });
        Ok(self)
    }

    /// Under which key it was published, once it was.
    #[must_use]
    pub fn published_key(&self) -> Option<&SharedKey> {
        self.current().map(|release| &release.case.key)
    }

    /// What gave the attackers away in any published revision: whoever looked back may have looked with an earlier one.
    #[must_use]
    pub fn all_indicators(&self) -> Vec<SharedIndicator> {
        let told = self.releases.iter().flat_map(|release| &release.case.content.indicators);
        told.cloned().collect()
    }

    /// Every published revision, the oldest first.
    #[must_use]
    pub fn published(&self) -> Vec<SharedCase> {
        self.releases.iter().map(|release| release.case.clone()).collect()
    }

    fn draft_mut(&mut self) -> Result<&mut Draft, ShareError> {
        self.draft.as_mut().ok_or(ShareError::DraftState)
    }
}
