//! Who acts: a person in a session.

use std::collections::BTreeSet;

use sakimori_words::{Instant, OrganisationId, PersonId, SessionId};

use crate::Role;

/// A signed-in person, as every handler gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The person.
    pub person: PersonId,
    /// The name colleagues know.
    pub name: String,
    /// The organisation whose records they work on.
    pub organisation: OrganisationId,
    /// Their roles at this moment; taking one away acts on the next request.
    pub roles: BTreeSet<Role>,
    /// The session.
    pub session: SessionId,
    /// Network address the session came from.
    pub source: String,
    /// When they signed in.
    pub signed_in_at: Instant,
    /// When they last proved themselves with a code; signing in counts.
    pub stepped_up_at: Instant,
}

impl Principal {
    /// Whether the person has `role`.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}
