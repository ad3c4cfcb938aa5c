//! TAXII 2.1, read only: a shelf of STIX objects in the ledger, the accounts that may read it, the answers of the server, and what a
//! reader of other people's servers keeps.
//!
//! Nothing here opens a socket: the web crate hands requests in and answers out, the binary fetches.

mod client;
mod proposals;
mod readers;
mod server;
mod shelf;

use sakimori_words::{OrganisationId, Tlp};

pub use client::{Fetched, Heading, Place, PullError, Pulled, RemoteCollection, collections};
pub use proposals::{
    PROPOSAL_BYTES_MAX, Proposal, ProposalError, ProposalState, Proposals, labels,
    needs_second_officer,
};
pub use readers::{Audience, By, NewReader, Reader, Readers, ReadersError};
pub use server::{Answer, PAGE_OBJECTS_MAX, Request, Server, fuzz_query};
pub use shelf::{Added, Filter, Page, Placed, Shelf, ShelfError, Versions};

/// The media type of requests and answers.
pub const MEDIA_TYPE: &str = "application/taxii+json;version=2.1";

/// The path of the discovery resource, which the standard fixes.
pub const DISCOVERY: &str = "/taxii2/";

/// The path of our only API root.
pub const ROOT: &str = "/taxii2/shared/";

/// A collection: one for each label that has an audience one can sign in to. RED has named recipients and no collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// The label of everything in it.
    pub tlp: Tlp,
    /// Its id: a UUID that stays the same at this organisation.
    pub id: String,
}

impl Collection {
    /// The labels that have a collection.
    pub const LABELS: [Tlp; 4] = [Tlp::Clear, Tlp::Green, Tlp::Amber, Tlp::AmberStrict];

    /// The collection of a label at an organisation; none for RED.
    #[must_use]
    pub fn of(organisation: &OrganisationId, tlp: Tlp) -> Option<Self> {
        let id = crate::ids::derived(organisation.as_str(), &["taxii", tlp.label()]);
        Self::LABELS.contains(&tlp).then_some(Self { tlp, id })
    }

    /// All of an organisation's, the widest first.
    #[must_use]
    pub fn all(organisation: &OrganisationId) -> Vec<Self> {
        Self::LABELS.into_iter().filter_map(|tlp| Self::of(organisation, tlp)).collect()
    }
}

#[cfg(test)]
mod tests;
