//! Which entry is the institution whose node enrolled: by its code when that is clear, otherwise a person decides.

use std::collections::{BTreeMap, BTreeSet};

use sakimori_ledger::Put;
use sakimori_words::{Organisation, OrganisationId, OrganisationKind, Prefecture};

use super::{NODE, PROPOSAL, Register};
use crate::error::RegisterError;
use crate::facility::{Facility, Way};
use crate::folding::fold;
use crate::proposal::{Proposal, Proposed};

/// Whose node it is.
enum Found<'a> {
    /// Exactly one entry has its code.
    Same(&'a Facility),
    /// These have its name, or share its code.
    Perhaps(Vec<&'a Facility>),
}

impl Register {
    /// Looks for the entries of institutions whose nodes enrolled below this office; those that have theirs are passed over. Returns
    /// how many were found.
    ///
    /// # Errors
    /// When the ledger fails, or an entry was changed at the same moment.
    pub async fn match_nodes<'a>(
        &self,
        nodes: impl Iterator<Item = &'a Organisation>,
    ) -> Result<usize, RegisterError> {
        let mut unsettled: BTreeMap<Prefecture, Vec<&Organisation>> = BTreeMap::new();
        for node in nodes.filter(|node| node.kind == OrganisationKind::Institution) {
            let Some(prefecture) = node.prefecture else { continue };
            if self.store.get(NODE, node.id.as_str()).await?.is_none() {
                unsettled.entry(prefecture).or_default().push(node);
            }
        }
        let mut n_found = 0;
        for (prefecture, nodes) in unsettled {
            let (mut known, versions) = self.all_in(prefecture).await?;
            for node in nodes {
                n_found +=
                    usize::from(self.match_node(prefecture, &mut known, &versions, node).await?);
            }
        }
        Ok(n_found)
    }

    /// Looks for the entry of `node` among those of its prefecture, and marks it there too when it is found.
    async fn match_node(
        &self,
        prefecture: Prefecture,
        known: &mut [Facility],
        versions: &BTreeMap<OrganisationId, u64>,
        node: &Organisation,
    ) -> Result<bool, RegisterError> {
        match find(known, node) {
            Found::Same(entry) => {
                let mut entry = entry.clone();
                entry.way = Way::Node { organisation: node.id.clone() };
                let version = versions.get(entry.id()).copied().unwrap_or_default();
                let put = Put::new(NODE, node.id.as_str(), entry.id())?;
                self.replace(&entry, version, "node_matched", "system", vec![put]).await?;
                if let Some(own) = known.iter_mut().find(|one| one.id() == entry.id()) {
                    *own = entry;
                }
                Ok(true)
            }
            Found::Perhaps(entries) => {
                let mut new = vec![];
                for proposal in entries.into_iter().map(|entry| proposal(entry, node)) {
                    if self.store.get(PROPOSAL, &proposal.key()).await?.is_none() {
                        new.push(proposal);
                    }
                }
                self.propose(prefecture, new, &BTreeSet::<OrganisationId>::new(), "system").await?;
                Ok(false)
            }
        }
    }
}

fn find<'a>(known: &'a [Facility], node: &Organisation) -> Found<'a> {
    let code = node.institution.as_ref().map_or("", |profile| profile.code.as_str());
    let free = || known.iter().filter(|one| one.is_open() && !one.way.is_node());
    let coded: Vec<_> = free().filter(|one| !code.is_empty() && one.code() == code).collect();
    match coded.as_slice() {
        [only] => Found::Same(only),
        [] => {
            let name = fold(&node.name);
            Found::Perhaps(free().filter(|one| fold(&one.organisation.name) == name).collect())
        }
        _ => Found::Perhaps(coded),
    }
}

fn proposal(entry: &Facility, node: &Organisation) -> Proposal {
    Proposal {
        facility: entry.id().clone(),
        name: entry.organisation.name.clone(),
        what: Proposed::Node { organisation: node.id.clone(), name: node.name.clone() },
    }
}
