//! Files of STIX objects that wait for an officer: what everybody or the whole community may read is laid out by two people, whatever way
//! it takes.

use std::collections::BTreeMap;
use std::sync::Arc;

use sakimori_ledger::{Fact, LedgerError, Put, Store};
use sakimori_words::{Chance, Clock, Instant, OrganisationId, PersonId, Tlp, Trouble, new_uuid7};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::shelf::{is_shared, label};
use super::{By, Shelf, ShelfError};
use crate::troubles;

/// Shelf of the files, by id.
const PROPOSALS: &str = "taxii_proposal";
/// Shelf of their objects, by id, while they wait.
const OBJECTS: &str = "taxii_proposal_objects";
/// Stream of the facts.
const STREAM: &str = "taxii_proposals";

/// Longest file that can wait, in bytes of JSON: it is kept in the ledger.
pub const PROPOSAL_BYTES_MAX: usize = 4 << 20;

/// Files looked through for one that was handed in before.
const WAITING_MAX: usize = 200;

/// Whether objects of a label are laid out by two people.
#[must_use]
pub fn needs_second_officer(tlp: Tlp) -> bool {
    matches!(tlp, Tlp::Clear | Tlp::Green)
}

/// A file that waits, or that was decided on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its id.
    pub id: String,
    /// The name of the file.
    pub name: String,
    /// How many objects of each label there are, the widest label first.
    pub labels: Vec<(Tlp, usize)>,
    /// When it was handed in.
    pub made_at: Instant,
    /// Who handed it in; `console` when it came by the command line.
    pub by: PersonId,
    /// Their name then.
    pub by_name: String,
    /// Where it stands.
    pub state: ProposalState,
}

/// Where a file stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ProposalState {
    /// It waits for an officer.
    Waiting,
    /// It was laid out.
    Released {
        /// By whom.
        by_name: String,
        /// When.
        at: Instant,
    },
    /// It was refused.
    Refused {
        /// By whom.
        by_name: String,
        /// When.
        at: Instant,
        /// Why.
        because: String,
    },
}

/// Why a file could not be handed in or decided on.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// It is longer than the ledger keeps.
    #[error("the objects have {n} bytes, at most {PROPOSAL_BYTES_MAX} can wait")]
    TooLong {
        /// Bytes of its objects as JSON.
        n: usize,
    },
    /// No such file waits.
    #[error("no file `{0}` waits")]
    Unknown(String),
    /// Who handed it in may not release it.
    #[error("who handed it in may not release it")]
    SecondPerson,
    /// A refusal says nothing of why.
    #[error("no reason is given")]
    NoReason,
    /// The shelf refused.
    #[error("the shelf refused")]
    Shelf(#[from] ShelfError),
    /// The ledger refused.
    #[error("the ledger refused")]
    Ledger(#[from] LedgerError),
}

impl ProposalError {
    /// What a person is told.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::Shelf(error) => return error.trouble(),
            Self::Ledger(error) => return error.trouble(),
            Self::TooLong { .. } => &troubles::PROPOSAL_TOO_LONG,
            Self::Unknown(_) => &troubles::PROPOSAL_UNKNOWN,
            Self::SecondPerson => &troubles::PROPOSAL_SECOND_PERSON,
            Self::NoReason => &troubles::PROPOSAL_NO_REASON,
        };
        Trouble::because(kind, self)
    }
}

/// The files of an organisation.
pub struct Proposals {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

impl Proposals {
    /// The files on the ledger.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        Self { store, clock, chance }
    }

    /// Lets objects wait for an officer. The same file handed in twice waits once.
    ///
    /// # Errors
    /// When one is RED or carries no label, they are too long, or the ledger fails.
    pub async fn propose(
        &self,
        name: &str,
        objects: &[Value],
        by: By<'_>,
    ) -> Result<Proposal, ProposalError> {
        let labels = labels(objects)?;
        let bytes = serde_json::to_vec(objects).map_or(usize::MAX, |bytes| bytes.len());
        if bytes > PROPOSAL_BYTES_MAX {
            return Err(ProposalError::TooLong { n: bytes });
        }
        if let Some(same) = self.waiting_already(name, objects, by).await? {
            return Ok(same);
        }
        let made_at = self.clock.now();
        let proposal = Proposal {
            id: new_uuid7(made_at, &*self.chance),
            name: name.to_owned(),
            labels,
            made_at,
            by: by.person.clone(),
            by_name: by.name.to_owned(),
            state: ProposalState::Waiting,
        };
        let (id, who) = (proposal.id.as_str(), by.person.as_str());
        let fact = Fact::new(STREAM, "taxii_file_handed_in", made_at, who, &proposal)?
            .put(Put::new(PROPOSALS, id, &proposal)?.absent())
            .put(Put::new(OBJECTS, id, &objects)?.absent());
        self.store.commit(vec![fact]).await?;
        Ok(proposal)
    }

    /// The file of that name and content that the same person handed in and that waits already.
    async fn waiting_already(
        &self,
        name: &str,
        objects: &[Value],
        by: By<'_>,
    ) -> Result<Option<Proposal>, ProposalError> {
        let newest = self.newest(WAITING_MAX).await?;
        let waits = |one: &Proposal| {
            one.name == name && one.by == *by.person && one.state == ProposalState::Waiting
        };
        for proposal in newest.into_iter().filter(waits) {
            if self.objects(&proposal.id).await? == objects {
                return Ok(Some(proposal));
            }
        }
        Ok(None)
    }

    /// The newest files, those that wait and those that were decided on.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn newest(&self, limit: usize) -> Result<Vec<Proposal>, LedgerError> {
        let records = self.store.list_latest(PROPOSALS, None, limit).await?;
        records.iter().map(sakimori_ledger::Record::read).collect()
    }

    /// The objects of a file that waits.
    ///
    /// # Errors
    /// When it does not wait, or the ledger cannot be read.
    pub async fn objects(&self, id: &str) -> Result<Vec<Value>, ProposalError> {
        let record = self.store.get(OBJECTS, id).await?;
        Ok(record.ok_or_else(|| ProposalError::Unknown(id.to_owned()))?.read()?)
    }

    /// Lays a file out on the shelf of its labels. Done again after a crash it lays out nothing twice.
    ///
    /// # Errors
    /// When it does not wait, `by` handed it in, or the shelf or the ledger refuses.
    pub async fn release(
        &self,
        id: &str,
        (shelf, organisation): (&Shelf, &OrganisationId),
        by: By<'_>,
    ) -> Result<Proposal, ProposalError> {
        let (proposal, version) = self.waiting(id).await?;
        if proposal.by == *by.person {
            return Err(ProposalError::SecondPerson);
        }
        let objects = self.objects(id).await?;
        shelf.publish(organisation, &objects, by.person.as_str()).await?;
        let state = ProposalState::Released { by_name: by.name.to_owned(), at: self.clock.now() };
        self.decided(Proposal { state, ..proposal }, version, "taxii_file_released", by).await
    }

    /// Refuses a file, or takes back one's own.
    ///
    /// # Errors
    /// When it does not wait, no reason is given, or the ledger fails.
    pub async fn refuse(
        &self,
        id: &str,
        because: &str,
        by: By<'_>,
    ) -> Result<Proposal, ProposalError> {
        if because.trim().is_empty() {
            return Err(ProposalError::NoReason);
        }
        let (proposal, version) = self.waiting(id).await?;
        let (by_name, because) = (by.name.to_owned(), because.trim().to_owned());
        let state = ProposalState::Refused { by_name, at: self.clock.now(), because };
        self.decided(Proposal { state, ..proposal }, version, "taxii_file_refused", by).await
    }

    async fn waiting(&self, id: &str) -> Result<(Proposal, u64), ProposalError> {
        let unknown = || ProposalError::Unknown(id.chars().take(64).collect());
        let record = self.store.get(PROPOSALS, id).await?.ok_or_else(unknown)?;
        let proposal: Proposal = record.read()?;
        match proposal.state {
            ProposalState::Waiting => Ok((proposal, record.version)),
            ProposalState::Released { .. } | ProposalState::Refused { .. } => Err(unknown()),
        }
    }

    async fn decided(
        &self,
        proposal: Proposal,
        version: u64,
        kind: &str,
        by: By<'_>,
    ) -> Result<Proposal, ProposalError> {
        let id = proposal.id.as_str();
        let body = json!({ "file": id, "state": proposal.state });
        let fact = Fact::new(STREAM, kind, self.clock.now(), by.person.as_str(), &body)?
            .put(Put::new(PROPOSALS, id, &proposal)?.version(version))
            .put(Put::removal(OBJECTS, id));
        self.store.commit(vec![fact]).await?;
        Ok(proposal)
    }
}

/// How many objects of each label there are, the widest first; what everybody needs to read the others is not counted.
///
/// # Errors
/// When one is for a narrower audience than any that can sign in, or its label cannot be read.
pub fn labels(objects: &[Value]) -> Result<Vec<(Tlp, usize)>, ShelfError> {
    let mut counted: BTreeMap<Tlp, usize> = BTreeMap::new();
    for object in objects {
        super::shelf::check(object, Tlp::AmberStrict)?;
        if !is_shared(object) {
            *counted.entry(label(object)).or_default() += 1;
        }
    }
    Ok(counted.into_iter().collect())
}
