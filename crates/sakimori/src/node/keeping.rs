//! How long the logs of this node are kept: what the screens show of it, and the act of letting go.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use sakimori_lake::{ClassStatus, Hold, Lake, RetentionDays, SegmentInfo};
use sakimori_ledger::{Fact, Store};
use sakimori_respond::{CaseDesk, EvidenceHold};
use sakimori_web::ports::{Keeping, KeepingState, KeptClass, LetGo};
use sakimori_words::{Clock, PersonId, Trouble};
use serde_json::json;

use crate::files;

/// The log store of a node, as far as keeping goes.
pub(crate) struct LogKeeping {
    pub(crate) lake: Arc<Lake>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) cases: CaseDesk,
    pub(crate) days: RetentionDays,
    /// Where the segments are; `None` when they are not on a disk of this machine.
    pub(crate) disk: Option<PathBuf>,
}

#[async_trait]
impl Keeping for LogKeeping {
    async fn state(&self) -> Result<KeepingState, Trouble> {
        let status = self.lake.status().await.map_err(|error| error.trouble())?;
        let class = |class: &ClassStatus| KeptClass {
            name: class.class.name().to_owned(),
            days: self.days.of(class.class),
            events: class.events,
            bytes: class.bytes,
            oldest_at: class.oldest_at,
        };
        Ok(KeepingState {
            classes: status.retention.classes.iter().map(class).collect(),
            past_events: status.retention.past_events,
            past_bytes: status.retention.past_bytes,
            holds: self.holds().await?.len() as u64,
            free_bytes: self.disk.as_deref().and_then(files::free_bytes),
        })
    }

    async fn let_go(&self, by: &PersonId) -> Result<LetGo, Trouble> {
        let holds = self.holds().await?;
        let why = format!("{:?}", self.days);
        let gone = self.lake.let_go(&holds, by.as_str(), &why).await;
        let gone = gone.map_err(|error| error.trouble())?.segments;
        if gone.is_empty() {
            return Ok(LetGo::default());
        }
        self.write_down(&gone, by).await?;
        let events = gone.iter().map(|segment| segment.events).sum();
        Ok(LetGo { events, bytes: gone.iter().map(|segment| segment.file_bytes).sum() })
    }
}

impl LogKeeping {
    /// While evidence of any case is being kept, nothing goes: what matters to a case is known only when it is over.
    async fn holds(&self) -> Result<Vec<Hold>, Trouble> {
        let holds = self.cases.holds().await.map_err(|error| error.trouble())?;
        let whole = |hold: &EvidenceHold| Hold {
            reason: hold.case.as_str().to_owned(),
            from: None,
            to: None,
        };
        Ok(holds.iter().map(whole).collect())
    }

    /// The journal's record of it, beside the one in the signed catalogue.
    async fn write_down(&self, gone: &[Arc<SegmentInfo>], by: &PersonId) -> Result<(), Trouble> {
        let files: Vec<_> = gone
            .iter()
            .map(|segment| json!({ "file": segment.file, "events": segment.events, "root": segment.root }))
            .collect();
        let body = json!({ "files": files, "days": self.days });
        let fact = Fact::new("log", "let_go", self.clock.now(), by.as_str(), &body);
        let kept = match fact {
            Ok(fact) => self.store.commit(vec![fact]).await,
            Err(error) => Err(error),
        };
        kept.map(drop).map_err(|error| error.trouble())
    }
}

/// An office keeps no logs of its own.
pub(crate) struct NoLogs;

#[async_trait]
impl Keeping for NoLogs {
    async fn state(&self) -> Result<KeepingState, Trouble> {
        Ok(KeepingState::default())
    }

    async fn let_go(&self, _by: &PersonId) -> Result<LetGo, Trouble> {
        Ok(LetGo::default())
    }
}
