//! The desk: keeps what came unsigned, and what people said about it.

use std::sync::Arc;

use sakimori_ledger::{Fact, Put, Record, Store, list_all};
use sakimori_words::{Chance, Clock, Digest, WarningId};
use serde_json::json;

use super::{Handled, Original, PaperFields, PaperNotice, Sameness};
use crate::answer::Answer;
use crate::error::WarnError;
use crate::warning::Signer;

/// [`PaperNotice`] by id.
const PAPERS: &str = "warning-paper";
/// Longest line, in characters.
pub const PAPER_LINE_CHARS_MAX: usize = 300;
/// Longest text, in characters.
pub const PAPER_TEXT_CHARS_MAX: usize = 20_000;

/// The file of every paper: digest, and which paper.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn files(store: &dyn Store) -> Result<Vec<(Digest, String)>, WarnError> {
    let mut found = vec![];
    for record in list_all(store, PAPERS).await? {
        let paper: PaperNotice = record.read()?;
        found.extend(paper.fields.file.map(|file| (file.sha256, record.key)));
    }
    Ok(found)
}

/// Unsigned warnings of one organisation. Share it in an `Arc`.
pub struct PaperDesk {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

impl PaperDesk {
    /// The desk over one organisation's ledger.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        Self { store, clock, chance }
    }

    /// Keeps what a person typed in.
    ///
    /// # Errors
    /// When the title is missing, or the ledger fails.
    pub async fn enter(&self, fields: PaperFields, by: &Signer) -> Result<PaperNotice, WarnError> {
        if fields.title.trim().is_empty() {
            return Err(WarnError::Missing { field: "件名" });
        }
        let now = self.clock.now();
        let paper = PaperNotice {
            id: WarningId::new(now, self.chance.as_ref()),
            fields,
            entered_by: by.clone(),
            entered_at: now,
            sameness: Sameness::Open,
            handled: None,
        };
        let put = Put::new(PAPERS, paper.id.as_str(), &paper)?.absent();
        self.commit("paper_entered", &paper, by, put).await?;
        Ok(paper)
    }

    /// Those that were typed in, the newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn list(&self, limit: usize) -> Result<Vec<PaperNotice>, WarnError> {
        let records = self.store.list_latest(PAPERS, None, limit).await?;
        records.iter().map(|record| record.read().map_err(WarnError::from)).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn get(&self, id: &WarningId) -> Result<PaperNotice, WarnError> {
        Ok(self.load(id).await?.read()?)
    }

    /// A person says that it is a copy of something that is here. It can be said otherwise later.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn same(
        &self,
        id: &WarningId,
        of: Original,
        by: &Signer,
    ) -> Result<PaperNotice, WarnError> {
        let (by, at) = (by.clone(), self.clock.now());
        let own = Original::Paper { id: id.clone() };
        if of == own {
            return Err(WarnError::Unknown);
        }
        self.say(id, Sameness::Copy { of, by, at }).await
    }

    /// A person says that it is a notice of its own.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn another(&self, id: &WarningId, by: &Signer) -> Result<PaperNotice, WarnError> {
        let (by, at) = (by.clone(), self.clock.now());
        self.say(id, Sameness::Another { by, at }).await
    }

    /// A person says what was done about it here.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn handle(
        &self,
        id: &WarningId,
        answer: Answer,
        note: &str,
        by: &Signer,
    ) -> Result<PaperNotice, WarnError> {
        let record = self.load(id).await?;
        let mut paper: PaperNotice = record.read()?;
        let (note, at) = (note.to_owned(), self.clock.now());
        paper.handled = Some(Handled { answer, note, by: by.clone(), at });
        let put = Put::new(PAPERS, id.as_str(), &paper)?.version(record.version);
        self.commit("paper_handled", &paper, by, put).await?;
        Ok(paper)
    }

    async fn say(&self, id: &WarningId, sameness: Sameness) -> Result<PaperNotice, WarnError> {
        let record = self.load(id).await?;
        let mut paper: PaperNotice = record.read()?;
        paper.sameness = sameness;
        let by = match &paper.sameness {
            Sameness::Copy { by, .. } | Sameness::Another { by, .. } => by.clone(),
            Sameness::Open => paper.entered_by.clone(),
        };
        let put = Put::new(PAPERS, id.as_str(), &paper)?.version(record.version);
        self.commit("paper_compared", &paper, &by, put).await?;
        Ok(paper)
    }

    async fn load(&self, id: &WarningId) -> Result<Record, WarnError> {
        self.store.get(PAPERS, id.as_str()).await?.ok_or(WarnError::Unknown)
    }

    async fn commit(
        &self,
        kind: &str,
        paper: &PaperNotice,
        by: &Signer,
        put: Put,
    ) -> Result<(), WarnError> {
        let body = json!({ "sameness": paper.sameness, "handled": paper.handled });
        let stream = format!("warning-paper/{}", paper.id);
        let fact = Fact::new(stream, kind, self.clock.now(), by.person.as_str(), &body)?;
        self.store.commit(vec![fact.put(put)]).await?;
        Ok(())
    }
}
