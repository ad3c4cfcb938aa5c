//! The register's institutions without a node, as the warnings' desk counts them: stages do not know each other, screens know both.

use std::sync::Arc;

use async_trait::async_trait;
use sakimori_ledger::LedgerError;
use sakimori_register::Register;
use sakimori_warn::Members;
use sakimori_words::Organisation;

/// The institutions of a register that have no node of their own.
pub struct RegisteredMembers(pub Arc<Register>);

#[async_trait]
impl Members for RegisteredMembers {
    async fn all(&self) -> Result<Arc<Vec<Organisation>>, LedgerError> {
        self.0.roll().await
    }
}
