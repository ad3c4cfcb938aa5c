//! The institutions by which the ladder of sharing counts: those below this office, as the federation knows them.

use std::sync::Arc;

use async_trait::async_trait;
use sakimori_federation::Post;
use sakimori_ledger::LedgerError;
use sakimori_share::Population;
use sakimori_words::Organisation;

/// Institutions below this office.
pub(crate) struct Below(pub(crate) Arc<Post>);

#[async_trait]
impl Population for Below {
    async fn institutions(&self) -> Result<Vec<Organisation>, LedgerError> {
        let known = self.0.organisations().await?;
        let below = known.into_iter().filter(|known| known.below).map(|known| known.organisation);
        Ok(below.filter(|one| one.institution.is_some()).collect())
    }
}
