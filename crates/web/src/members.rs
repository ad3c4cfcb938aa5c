//! The register as the desk for warnings sees it: institutions that the office itself reaches.

use std::sync::Arc;

use async_trait::async_trait;
use sakimori_ledger::LedgerError;
use sakimori_register::Register;
use sakimori_warn::{Addressees, Members};
use sakimori_words::{Organisation, Prefecture};

/// The open institutions of the register that have no node.
pub struct RegisteredMembers(pub Arc<Register>);

#[async_trait]
impl Members for RegisteredMembers {
    async fn addressed(&self, rule: &Addressees) -> Result<Vec<Organisation>, LedgerError> {
        let places: Vec<Prefecture> = rule.prefectures.iter().copied().collect();
        self.0.without_node(&places, |organisation| rule.include(organisation)).await
    }
}
