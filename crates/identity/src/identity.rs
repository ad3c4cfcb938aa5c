//! The organisation's accounts: one value that the web and the binary hold.

use std::sync::Arc;

use sakimori_ledger::{Fact, LedgerError, Store};
use sakimori_words::{Chance, Clock, OrganisationId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::IdentityError;
use crate::Side;
use crate::password::Hasher;

/// How accounts and sessions behave here.
#[derive(Clone, Debug)]
pub struct IdentitySettings {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Institution or office.
    pub side: Side,
    /// A session ends after so many minutes without a request. 15 suits terminals that several people share.
    pub idle_minutes: i64,
    /// A session ends after so many hours in any case.
    pub absolute_hours: i64,
    /// Whether [`Identity::sign_in_for_demonstration`] works.
    pub demonstration: bool,
}

impl IdentitySettings {
    /// 15 minutes idle, 12 hours in all, no demonstration.
    #[must_use]
    pub const fn new(organisation: OrganisationId, side: Side) -> Self {
        Self { organisation, side, idle_minutes: 15, absolute_hours: 12, demonstration: false }
    }
}

/// Accounts, sign-in and sessions of one organisation.
///
/// What a person may do is not decided here but by [`crate::Gate`]; functions that change other people's accounts take the
/// [`crate::Permit`] it gave.
pub struct Identity {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chance: Arc<dyn Chance>,
    pub(crate) settings: IdentitySettings,
    pub(crate) hasher: Hasher,
}

impl Identity {
    /// Identity over `store`.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
        settings: IdentitySettings,
    ) -> Self {
        Self { store, clock, chance, settings, hasher: Hasher::new() }
    }

    /// Forgets what has expired: sessions, links, tickets, counts of wrong attempts. Returns how many. Call it every few
    /// minutes; nothing expired is honoured meanwhile.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tidy(&self) -> Result<u64, IdentityError> {
        Ok(self.store.purge_private(self.clock.now()).await?)
    }

    /// A private record that has not expired.
    pub(crate) async fn private<T: DeserializeOwned>(
        &self,
        shelf: &str,
        key: &str,
    ) -> Result<Option<Found<T>>, IdentityError> {
        let found = self.store.get_private(shelf, key).await?;
        let now = self.clock.now();
        match found.filter(|record| !record.expired(now)) {
            None => Ok(None),
            Some(record) => Ok(Some(Found { value: record.read()?, body: record.body })),
        }
    }

    pub(crate) async fn commit(&self, fact: Fact) -> Result<(), LedgerError> {
        self.store.commit(vec![fact]).await.map(drop)
    }
}

/// A private record: what it means, and its text for a compare-and-set.
pub(crate) struct Found<T> {
    pub(crate) value: T,
    pub(crate) body: Value,
}

/// A value as the private shelf takes it.
pub(crate) fn json(value: &impl Serialize) -> Result<Value, IdentityError> {
    let unfit = |cause: serde_json::Error| LedgerError::Unfit {
        what: "a private record".to_owned(),
        why: cause.to_string(),
    };
    Ok(serde_json::to_value(value).map_err(unfit)?)
}
