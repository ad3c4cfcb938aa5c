//! What others sent: cases that came, each once with every route, and questions to us as the victim. Pure.

use sakimori_words::{Digest, Instant, MessageId, OrganisationId};
use serde::{Deserialize, Serialize};

use crate::case::{SharedCase, SharedContent, SharedKey, Signer};
use crate::error::ShareError;
use crate::own::ConsentAnswer;

/// So many ways are remembered for a revision.
const ROUTES_MAX: usize = 20;

/// One way a case came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The neighbour that handed it over.
    pub from: OrganisationId,
    /// When.
    pub received_at: Instant,
}

/// A case that came, in its newest revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedCase {
    /// Which.
    pub key: SharedKey,
    /// Its newest revision.
    pub case: SharedCase,
    /// The message that brought it.
    pub message: MessageId,
    /// All the ways it came.
    pub routes: Vec<Route>,
}

/// What the arrival of a revision meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// New, and now the one that counts.
    Newest,
    /// A newer one is here already.
    Outdated,
    /// Here already, by another route.
    AnotherRoute,
}

impl ReceivedCase {
    pub(crate) fn new(case: SharedCase, message: MessageId, route: Route) -> Self {
        Self { key: case.key.clone(), case, message, routes: vec![route] }
    }

    /// Takes in a revision that came by `route`.
    pub(crate) fn arrive(
        &mut self,
        case: SharedCase,
        message: &MessageId,
        route: Route,
    ) -> Arrival {
        if case.revision < self.case.revision {
            return Arrival::Outdated;
        }
        if case.revision > self.case.revision {
            *self = Self::new(case, message.clone(), route);
            return Arrival::Newest;
        }
        if self.routes.len() < ROUTES_MAX {
            self.routes.push(route);
        }
        Arrival::AnotherRoute
    }
}

/// How we answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// What.
    pub answer: ConsentAnswer,
    /// Which changes, or why not.
    pub note: String,
    /// Who.
    pub by: Signer,
    /// When.
    pub at: Instant,
}

/// A question to us as the victim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedConsent {
    /// The office that asks.
    pub from: OrganisationId,
    /// Its name.
    pub office: String,
    /// Id of the question there.
    pub request: String,
    /// The message it came in.
    pub message: MessageId,
    /// What would be shared: exactly this.
    pub content: SharedContent,
    /// Institutions the words fit.
    pub n_candidates: u64,
    /// When it came.
    pub asked_at: Instant,
    /// How it was answered.
    pub answered: Option<Answered>,
}

impl AskedConsent {
    /// Digest of what would be shared.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.content.digest()
    }

    /// The question answered by a named person.
    ///
    /// # Errors
    /// When it was answered, nobody is named, or changes and refusals say nothing.
    pub fn answer(
        mut self,
        answer: ConsentAnswer,
        note: &str,
        by: &Signer,
        at: Instant,
    ) -> Result<Self, ShareError> {
        if self.answered.is_some() {
            return Err(ShareError::NotAsked);
        }
        if by.name.trim().is_empty() {
            return Err(ShareError::Missing { field: "氏名" });
        }
        if answer == ConsentAnswer::WithChanges && note.trim().is_empty() {
            return Err(ShareError::Missing { field: "変更してほしい箇所" });
        }
        let (note, by) = (note.trim().to_owned(), by.clone());
        self.answered = Some(Answered { answer, note, by, at });
        Ok(self)
    }
}
