//! The one port through which everything above reaches organisation state.

use std::sync::Arc;

use async_trait::async_trait;
use sakimori_words::Instant;
use serde_json::Value;
use tokio::sync::watch;

use crate::{CheckReport, Entry, Fact, Head, LedgerError, PrivateRecord, Record, StreamPuts};

/// Organisation state on some engine. All methods may be called from many tasks at once.
///
/// Lists return at most 10,000 rows, whatever `limit` says; go on from the last key.
#[async_trait]
pub trait Store: Send + Sync {
    /// Appends the facts in this order and lays their puts on the shelves.
    ///
    /// All or nothing, and durable before it returns. Later facts of one commit see the puts of earlier ones.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when an expectation fails; nothing is left behind then.
    async fn commit(&self, facts: Vec<Fact>) -> Result<Vec<Entry>, LedgerError>;

    /// The record on `shelf` under `key`.
    async fn get(&self, shelf: &str, key: &str) -> Result<Option<Record>, LedgerError>;

    /// The version of the record on `shelf` under `key`; `None` when there is none. Cheaper than reading it: whoever keeps a record in
    /// memory asks whether it is still the one.
    async fn version(&self, shelf: &str, key: &str) -> Result<Option<u64>, LedgerError>;

    /// The records at these places (shelf, key), in their order; cheaper than one [`Store::get`] after the other.
    async fn get_many(&self, places: &[(&str, &str)]) -> Result<Vec<Option<Record>>, LedgerError>;

    /// Records in key order (bytes of UTF-8), those after `after` only. Ids are `UUIDv7`, so key order is time order.
    async fn list(
        &self,
        shelf: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>, LedgerError>;

    /// Records in reverse key order, those before `before` only.
    async fn list_latest(
        &self,
        shelf: &str,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Record>, LedgerError>;

    /// Records whose key begins with `prefix`, in key order.
    async fn list_prefix(
        &self,
        shelf: &str,
        prefix: &str,
        limit: usize,
    ) -> Result<Vec<Record>, LedgerError>;

    /// How many records lie on `shelf`.
    async fn count(&self, shelf: &str) -> Result<u64, LedgerError>;

    /// Journal entries after sequence number `after`, oldest first.
    async fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, LedgerError>;

    /// Entries of one stream after sequence number `after`, oldest first.
    async fn stream_entries(
        &self,
        stream: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, LedgerError>;

    /// What the next `limit` entries of one stream after sequence number `after` put on `shelf`, oldest first. Cheaper than
    /// [`Store::stream_entries`].
    async fn stream_puts(
        &self,
        stream: &str,
        shelf: &str,
        after: u64,
        limit: usize,
    ) -> Result<StreamPuts, LedgerError>;

    /// Where the journal ends.
    async fn head(&self) -> Result<Head, LedgerError>;

    /// The sequence number of the head, as it moves by commits made through this value. For live screens.
    fn watch(&self) -> watch::Receiver<u64>;

    /// Keeps a secret, replacing the one before.
    async fn put_private(
        &self,
        shelf: &str,
        key: &str,
        body: Value,
        expires_at: Option<Instant>,
    ) -> Result<(), LedgerError>;

    /// A secret, expired or not.
    async fn get_private(
        &self,
        shelf: &str,
        key: &str,
    ) -> Result<Option<PrivateRecord>, LedgerError>;

    /// All secrets of a private shelf in key order, expired or not.
    async fn list_private(&self, shelf: &str) -> Result<Vec<PrivateRecord>, LedgerError>;

    /// The private shelves that hold anything.
    async fn private_shelves(&self) -> Result<Vec<String>, LedgerError>;

    /// Forgets a secret. Returns whether it was there.
    async fn remove_private(&self, shelf: &str, key: &str) -> Result<bool, LedgerError>;

    /// Forgets every secret that expired at or before `now`. Returns how many.
    async fn purge_private(&self, now: Instant) -> Result<u64, LedgerError>;

    /// Replaces a secret only if it is still `expected` (`None`: not there); `new` of `None` forgets it. Returns whether it
    /// did. Of several callers with the same expectation exactly one wins: this is what makes a code work once.
    async fn swap_private(
        &self,
        shelf: &str,
        key: &str,
        expected: Option<&Value>,
        new: Option<Value>,
        expires_at: Option<Instant>,
    ) -> Result<bool, LedgerError>;

    /// Reads the whole journal and proves the chain, its gap-freeness, and that the shelves are what the journal says.
    ///
    /// # Errors
    /// Only when the engine cannot be read at all; what is wrong with the content is in the report.
    async fn check(&self) -> Result<CheckReport, LedgerError>;

    /// Throws the shelves away and lays them out again from the journal.
    async fn rebuild(&self) -> Result<(), LedgerError>;

    /// Takes over entries that another store sealed, digest for digest. Only for [`crate::import`]: the store must be empty
    /// at the first call, and refuses everything else until a call says that it was the last.
    async fn adopt(&self, entries: Vec<Entry>, adoption: Adoption) -> Result<(), LedgerError>;
}

/// Whether more entries follow in an [`Store::adopt`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adoption {
    /// More entries follow; until then the store is not usable.
    More,
    /// These were the last.
    Last,
}

/// Records that [`list_all`] reads at a time.
const PAGE_RECORDS: usize = 1_000;

/// Every record of a shelf in key order, read page by page.
///
/// # Errors
/// When the engine cannot be read.
pub async fn list_all(store: &dyn Store, shelf: &str) -> Result<Vec<Record>, LedgerError> {
    let mut records: Vec<Record> = vec![];
    loop {
        let after = records.last().map(|record| record.key.clone());
        let page = store.list(shelf, after.as_deref(), PAGE_RECORDS).await?;
        let full = page.len() == PAGE_RECORDS;
        records.extend(page);
        if !full {
            return Ok(records);
        }
    }
}

/// Opens the store at `address`, creating it when it is not there: `sqlite:<path>` or `postgres://…`.
///
/// # Errors
/// When the address is not understood, the engine cannot be reached, a newer version wrote the store, or an import into it
/// was never finished.
pub async fn open(address: &str) -> Result<Arc<dyn Store>, LedgerError> {
    if let Some(path) = address.strip_prefix("sqlite:") {
        return crate::sqlite::open(std::path::Path::new(path)).await;
    }
    if address.starts_with("postgres://") || address.starts_with("postgresql://") {
        return crate::postgres::open(address).await;
    }
    Err(LedgerError::Address {
        why: "it begins neither with sqlite: nor with postgres://".to_owned(),
    })
}
