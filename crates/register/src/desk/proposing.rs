//! Proposals: laid down by imports and enrolments, settled by people.

use std::collections::BTreeSet;

use sakimori_ledger::{Put, Store};
use sakimori_words::{OrganisationId, Prefecture};
use serde_json::json;

use super::{PAGE, PROPOSAL, Register};
use crate::error::RegisterError;
use crate::facility::{Way, prefecture_of};
use crate::proposal::{Proposal, Proposed};

impl Register {
    /// What waits for a person, in the order of prefectures; at most a thousand.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn proposals(&self) -> Result<Vec<Proposal>, RegisterError> {
        let records = self.store.list(PROPOSAL, None, PAGE).await?;
        records.iter().map(|record| Ok(record.read()?)).collect()
    }

    /// Does what is proposed: closes the entry as of the day of the list, or marks it as reached by its node.
    ///
    /// # Errors
    /// When the proposal is not there any more, or the entry was changed at the same moment.
    pub async fn accept(&self, proposal: &Proposal, by: &str) -> Result<(), RegisterError> {
        self.store.get(PROPOSAL, &proposal.key()).await?.ok_or(RegisterError::Unknown)?;
        match &proposal.what {
            Proposed::Closed { on, .. } => {
                self.close(&proposal.facility, *on, by).await?;
            }
            Proposed::Node { organisation, .. } => {
                let (mut facility, version) = self.get(&proposal.facility).await?;
                facility.way = Way::Node { organisation: organisation.clone() };
                let mut puts = settled(&*self.store, &proposal.facility).await?;
                puts.push(Put::new(super::NODE, organisation.as_str(), facility.id())?);
                self.replace(&facility, version, "node_confirmed", by, puts).await?;
            }
        }
        Ok(())
    }

    /// Lays a proposal aside. A node that is not this institution is not proposed again.
    ///
    /// # Errors
    /// When the proposal is not there any more.
    pub async fn dismiss(&self, proposal: &Proposal, by: &str) -> Result<(), RegisterError> {
        let prefecture = prefecture_of(&proposal.facility).ok_or(RegisterError::Unknown)?;
        self.store.get(PROPOSAL, &proposal.key()).await?.ok_or(RegisterError::Unknown)?;
        let mut fact = self.fact(prefecture, "proposal_dismissed", by, proposal)?;
        fact = fact.put(Put::removal(PROPOSAL, proposal.key()));
        if let Proposed::Node { organisation, .. } = &proposal.what {
            fact = fact.put(Put::new(super::NODE, organisation.as_str(), &"")?);
        }
        self.commit(fact).await
    }

    /// Lays proposals down, and takes those away that a list answered by naming the entry.
    pub(super) async fn propose(
        &self,
        prefecture: Prefecture,
        proposals: Vec<Proposal>,
        named: &BTreeSet<OrganisationId>,
        by: &str,
    ) -> Result<(), RegisterError> {
        let head = crate::facility::id_head(prefecture);
        let known = self.store.list_prefix(PROPOSAL, &head, PAGE).await?;
        let known: Vec<Proposal> =
            known.iter().map(|record| record.read()).collect::<Result<_, _>>()?;
        let answered = known.iter().filter(|one| {
            matches!(one.what, Proposed::Closed { .. }) && named.contains(&one.facility)
        });
        let mut puts: Vec<Put> = answered.map(|one| Put::removal(PROPOSAL, one.key())).collect();
        for proposal in proposals.iter().filter(|one| !known.contains(one)) {
            puts.push(Put::new(PROPOSAL, proposal.key(), proposal)?);
        }
        for chunk in puts.chunks(super::CHUNK) {
            let body = json!({ "n": chunk.len() });
            let mut fact = self.fact(prefecture, "proposals_laid_down", by, &body)?;
            fact.puts = chunk.to_vec();
            self.commit(fact).await?;
        }
        Ok(())
    }
}

/// Takes every proposal about an entry away.
pub(super) async fn settled(
    store: &dyn Store,
    id: &OrganisationId,
) -> Result<Vec<Put>, RegisterError> {
    let records = store.list_prefix(PROPOSAL, &format!("{id}/"), PAGE).await?;
    Ok(records.into_iter().map(|record| Put::removal(PROPOSAL, record.key)).collect())
}
