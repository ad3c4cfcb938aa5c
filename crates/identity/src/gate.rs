//! The one gate: decides, and writes the access record in the same call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sakimori_ledger::{Fact, LedgerError, Store};
use sakimori_words::{Clock, Instant, PersonId, Trouble, jst_date};
use serde::{Deserialize, Serialize};

use crate::policy::DENY_STEP_UP;
use crate::{Action, Principal, Resource, decide, troubles};

/// What an access record (アクセス記録) says; the entry around it has the time and the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRecord {
    /// Name of the person at that time.
    pub name: String,
    /// Their session.
    pub session: String,
    /// Network address.
    pub source: String,
    /// What they wanted to do ([`Action::as_str`]).
    pub action: String,
    /// Kind of resource.
    pub resource: String,
    /// Its id.
    pub id: String,
    /// Whether it can hold personal information.
    pub personal: bool,
    /// What for, in their words or the screen's.
    pub purpose: String,
    /// Whether it was allowed.
    pub allowed: bool,
    /// The rule that decided.
    pub policy: String,
}

/// The stream that holds the access records of the day (in Japan) of `at`.
#[must_use]
pub fn access_stream(at: Instant) -> String {
    format!("access/{}", jst_date(at))
}

/// Proof that the gate was passed: only [`Gate::pass`] makes one.
#[derive(Debug)]
pub struct Permit {
    person: PersonId,
    action: Action,
    resource: Resource,
    at: Instant,
}

impl Permit {
    /// Who passed.
    #[must_use]
    pub const fn person(&self) -> &PersonId {
        &self.person
    }

    /// What for.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }

    /// To what.
    #[must_use]
    pub const fn resource(&self) -> &Resource {
        &self.resource
    }

    /// When.
    #[must_use]
    pub const fn at(&self) -> Instant {
        self.at
    }
}

/// Why the gate stayed shut.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// No role allows it, or it belongs to another organisation.
    #[error("{action} is not allowed ({policy})")]
    NotAllowed {
        /// The action.
        action: &'static str,
        /// The rule that decided.
        policy: &'static str,
    },
    /// The person must first prove themselves with a code.
    #[error("{action} asks for a fresh code")]
    StepUp {
        /// The action.
        action: &'static str,
    },
    /// The access record could not be written, so nothing is shown.
    #[error("the access record could not be written")]
    NotRecorded(#[source] LedgerError),
}

impl Denied {
    /// The refusal as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::NotAllowed { .. } => &troubles::NOT_ALLOWED,
            Self::StepUp { .. } => &troubles::STEP_UP,
            Self::NotRecorded(_) => &troubles::NOT_RECORDED,
        };
        Trouble::because(kind, self)
    }
}

/// The gate before everything a person does.
pub struct Gate {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// Lists that were looked at, and when: a page that draws itself anew every few seconds is one look a minute.
    looked: Mutex<HashMap<String, Instant>>,
}

/// Time in which looking at the same list again from the same session is the same look, in seconds.
const SAME_LOOK_SECONDS: i64 = 60;

/// Looks remembered before those that are over are forgotten.
const LOOKS_MAX: usize = 4_096;

impl Gate {
    /// A gate that records in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, looked: Mutex::default() }
    }

    /// As [`Gate::pass`], for a list that can hold personal information and is drawn again and again: looked at by the same
    /// session, it is recorded once a minute.
    ///
    /// # Errors
    /// [`Denied`], also when the record cannot be written.
    pub async fn pass_to_list(
        &self,
        principal: &Principal,
        action: Action,
        resource: Resource,
        purpose: &str,
    ) -> Result<Permit, Denied> {
        let now = self.clock.now();
        let look = format!("{}|{}|{}|{purpose}", principal.session, action.as_str(), resource.kind);
        let looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner).get(&look).copied();
        let fresh = looked.is_none_or(|at| at.plus_seconds(SAME_LOOK_SECONDS) < now);
        let permit = self.decide_and_record(principal, action, resource, purpose, fresh).await?;
        if fresh {
            let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
            if looked.len() >= LOOKS_MAX {
                looked.retain(|_, at| at.plus_seconds(SAME_LOOK_SECONDS) >= now);
            }
            looked.insert(look, now);
        }
        Ok(permit)
    }

    /// Decides and records. Recorded are all refusals, every access to what can hold personal information, and every action
    /// that does more than look.
    ///
    /// # Errors
    /// [`Denied`], also when the record cannot be written.
    pub async fn pass(
        &self,
        principal: &Principal,
        action: Action,
        resource: Resource,
        purpose: &str,
    ) -> Result<Permit, Denied> {
        self.decide_and_record(principal, action, resource, purpose, true).await
    }

    /// `fresh`: whether a look at something personal is a new one and not the same as a moment ago.
    async fn decide_and_record(
        &self,
        principal: &Principal,
        action: Action,
        resource: Resource,
        purpose: &str,
        fresh: bool,
    ) -> Result<Permit, Denied> {
        let now = self.clock.now();
        let decision = decide(principal, action, &resource, now);
        if !decision.allowed || (resource.personal && fresh) || !action.only_looks() {
            let record = AccessRecord {
                name: principal.name.clone(),
                session: principal.session.to_string(),
                source: principal.source.clone(),
                action: action.as_str().to_owned(),
                resource: resource.kind.to_owned(),
                id: resource.id.clone(),
                personal: resource.personal,
                purpose: purpose.to_owned(),
                allowed: decision.allowed,
                policy: decision.policy.to_owned(),
            };
            self.record(principal, now, &record).await.map_err(Denied::NotRecorded)?;
        }
        if decision.allowed {
            Ok(Permit { person: principal.person.clone(), action, resource, at: now })
        } else if decision.policy == DENY_STEP_UP {
            Err(Denied::StepUp { action: action.as_str() })
        } else {
            Err(Denied::NotAllowed { action: action.as_str(), policy: decision.policy })
        }
    }

    async fn record(
        &self,
        principal: &Principal,
        now: Instant,
        record: &AccessRecord,
    ) -> Result<(), LedgerError> {
        let kind = if record.allowed { "access_allowed" } else { "access_denied" };
        let fact = Fact::new(access_stream(now), kind, now, principal.person.as_str(), record)?;
        self.store.commit(vec![fact]).await.map(drop)
    }
}
