//! Who this installation is: an id chosen once, at the first start, and kept in the journal.

use sakimori_ledger::{Fact, LedgerError, Put, Store};
use sakimori_web::profile;
use sakimori_words::{Chance, Clock, Organisation, OrganisationId, OrganisationKind};
use serde_json::json;

use crate::settings::Role;

const SHELF: &str = "installation";
const KEY: &str = "organisation";

/// The organisation's id, chosen at the first call and the same ever after.
///
/// # Errors
/// When the ledger cannot be read or written.
pub(crate) async fn organisation_id(
    store: &dyn Store,
    clock: &dyn Clock,
    chance: &dyn Chance,
) -> Result<OrganisationId, LedgerError> {
    if let Some(record) = store.get(SHELF, KEY).await? {
        return record.read();
    }
    let now = clock.now();
    let id = OrganisationId::new(now, chance);
    let mut fact = Fact::new(SHELF, "installed", now, "system", &json!({ "organisation": id }))?;
    fact.puts.push(Put::new(SHELF, KEY, &id)?.absent());
    store.commit(vec![fact]).await?;
    Ok(id)
}

/// The organisation as it describes itself; before the setup, an unnamed one of the role's usual kind.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) async fn organisation(
    store: &dyn Store,
    id: &OrganisationId,
    role: Role,
) -> Result<Organisation, LedgerError> {
    if let Some(profile) = profile::load(store).await? {
        return Ok(profile.organisation);
    }
    let kind = match role {
        Role::Node => OrganisationKind::Institution,
        Role::Hub => OrganisationKind::Prefecture,
    };
    Ok(Organisation {
        id: id.clone(),
        kind,
        name: String::new(),
        prefecture: None,
        institution: None,
    })
}
