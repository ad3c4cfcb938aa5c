//! The institutions by which the ladder of sharing counts: those of the office's register, and those below it that enrolled.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use sakimori_federation::Post;
use sakimori_ledger::LedgerError;
use sakimori_register::Register;
use sakimori_words::Organisation;

/// Everybody the office knows below itself, each once.
pub(crate) struct Population {
    pub(crate) post: Arc<Post>,
    pub(crate) register: Arc<Register>,
}

#[async_trait]
impl sakimori_share::Population for Population {
    async fn institutions(&self) -> Result<Vec<Organisation>, LedgerError> {
        let (known, members) = (self.post.roll().await?, self.register.known().await?);
        let known = known.iter().filter(|known| known.below).map(|known| &known.organisation);
        let each: BTreeMap<_, &Organisation> =
            members.iter().chain(known).map(|one| (&one.id, one)).collect();
        Ok(each.into_values().filter(|one| one.institution.is_some()).cloned().collect())
    }
}
