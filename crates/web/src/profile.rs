//! What the organisation says about itself: its profile and its own telephone numbers.

use sakimori_content::LocalContact;
use sakimori_ledger::{Fact, LedgerError, Put, Store};
use sakimori_words::{Instant, Organisation, VendorContract};
use serde::{Deserialize, Serialize};

const SHELF: &str = "profile";
const KEY: &str = "own";

/// The organisation as its people described it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// What other organisations may know.
    pub organisation: Organisation,
    /// Numbers of the police, prefecture and others nearby, kept by the organisation itself.
    pub local_contacts: Vec<LocalContact>,
}

impl Profile {
    /// The maintenance companies; none for an office.
    #[must_use]
    pub fn vendors(&self) -> &[VendorContract] {
        self.organisation.institution.as_ref().map_or(&[], |profile| &profile.vendors)
    }
}

/// The profile, once it was saved.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn load(store: &dyn Store) -> Result<Option<Profile>, LedgerError> {
    match store.get(SHELF, KEY).await? {
        Some(record) => record.read().map(Some),
        None => Ok(None),
    }
}

/// Changes the profile; decided again when somebody else changed it in between, so that neither change is lost.
///
/// `change` says whether there is anything to keep. Returns whether something was kept; `false` also when there is no profile.
///
/// # Errors
/// When the ledger cannot be read or written.
pub async fn change(
    store: &dyn Store,
    actor: &str,
    at: Instant,
    mut change: impl FnMut(&mut Profile) -> bool + Send,
) -> Result<bool, LedgerError> {
    loop {
        let Some(record) = store.get(SHELF, KEY).await? else { return Ok(false) };
        let mut profile: Profile = record.read()?;
        if !change(&mut profile) {
            return Ok(false);
        }
        let stream = format!("profile/{}", profile.organisation.id);
        let put = Put::new(SHELF, KEY, &profile)?.version(record.version);
        let fact = Fact::new(stream, "profile_described", at, actor, &profile)?.put(put);
        match store.commit(vec![fact]).await {
            Ok(_) => return Ok(true),
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error),
        }
    }
}

/// Keeps the profile; the journal remembers the earlier ones.
///
/// # Errors
/// When the ledger cannot be written.
pub async fn save(
    store: &dyn Store,
    profile: &Profile,
    actor: &str,
    at: Instant,
) -> Result<(), LedgerError> {
    let stream = format!("profile/{}", profile.organisation.id);
    let fact = Fact::new(stream, "profile_described", at, actor, profile)?
        .put(Put::new(SHELF, KEY, profile)?);
    store.commit(vec![fact]).await.map(drop)
}
