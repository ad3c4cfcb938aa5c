//! The ports of the screens, answered by the running program.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sakimori_federation::{LinkStatus, Post, Relation, Wire};
use sakimori_lake::{Checkpoint, LakeReader, RetentionDays, VerifyingKey, verifier_line};
use sakimori_ledger::{LedgerError, Store};
use sakimori_query::{self as query, Cell, Limits, Pseudonyms, Query};
use sakimori_watch::access_review::{ListKind, ReviewSettings, Run};
use sakimori_watch::{Behaviour, SourceBook, SourceBookSnapshot};
use sakimori_web::ports::{
    BehaviourState, Carrier, ClockState, HttpDoor, LakeView, LinkState, LogHeads, LogProof,
    LogSource, LogStatus, Losses, MailFacts, NodeControl, OfficeSaw, OwnHead, RecordAccesses,
    Search, SearchCell, SearchFile, SearchLimits, SearchTable, Sight, Stoppage, SyslogDoor,
    WatchedLog,
};
use sakimori_words::{
    Chance, Clock, Date, Instant, Organisation, OrganisationId, PersonId, Trouble,
};
use tokio::sync::{Notify, watch};

use super::mailing::RelayTrouble;
use crate::access_lists;
use crate::doctor;
use crate::heads;
use crate::intake::losses::LossBook;

/// Search over the logs of this node.
pub(crate) struct LogSearch {
    pub(crate) query: Query,
    pub(crate) pseudonyms: Pseudonyms,
}

impl LogSearch {
    fn sight(&self, sight: Sight) -> query::Sight {
        match sight {
            Sight::Full => query::Sight::Full,
            Sight::Masked => query::Sight::Masked(self.pseudonyms.clone()),
        }
    }
}

#[async_trait]
impl Search for LogSearch {
    async fn sql(
        &self,
        sql: &str,
        sight: Sight,
        limits: SearchLimits,
    ) -> Result<SearchTable, Trouble> {
        let found = self.query.sql(sql, self.sight(sight), limits_of(limits)).await;
        let table = found.map_err(|error| error.trouble())?;
        let rows = table.rows.into_iter().map(|row| row.iter().map(cell).collect()).collect();
        Ok(SearchTable { columns: table.columns, rows, truncated: table.truncated })
    }

    async fn parquet(
        &self,
        sql: &str,
        sight: Sight,
        limits: SearchLimits,
    ) -> Result<SearchFile, Trouble> {
        let found = self.query.parquet(sql, self.sight(sight), limits_of(limits)).await;
        let file = found.map_err(|error| error.trouble())?;
        Ok(SearchFile { bytes: file.bytes, truncated: file.truncated })
    }
}

fn limits_of(limits: SearchLimits) -> Limits {
    Limits {
        rows: limits.rows,
        seconds: u32::try_from(limits.seconds).unwrap_or(u32::MAX),
        ..Limits::SCREEN
    }
}

fn cell(cell: &Cell) -> SearchCell {
    match cell {
        Cell::Null => SearchCell::Empty,
        Cell::Int(_) | Cell::Float(_) => SearchCell::Number(cell.to_string()),
        Cell::Time(at) => SearchCell::Time(*at),
        Cell::Bool(_) | Cell::Text(_) => SearchCell::Text(cell.to_string()),
        Cell::Fields(fields) => SearchCell::Fields(fields.clone()),
    }
}

/// Accesses to patients' records, with the lists of the data folder.
pub(crate) struct Accesses {
    pub(crate) data: PathBuf,
    pub(crate) query: Query,
    pub(crate) pseudonyms: Pseudonyms,
    pub(crate) chance: Arc<dyn Chance>,
}

#[async_trait]
impl RecordAccesses for Accesses {
    async fn run(&self, month: Date) -> Result<Run, Trouble> {
        let (settings, chance) = (ReviewSettings::STANDARD, self.chance.as_ref());
        access_lists::run(&self.data, &self.query, month, settings, chance).await
    }

    fn pseudonym(&self, patient: &str) -> String {
        self.pseudonyms.of(patient)
    }

    async fn lists(&self) -> Result<Vec<(ListKind, String)>, Trouble> {
        let lists = access_lists::all(&self.data)?;
        Ok(lists.into_iter().map(|list| (list.kind, list.name)).collect())
    }
}

/// The log store as the screens see it.
pub(crate) struct LogStore {
    pub(crate) reader: LakeReader,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) retention: RetentionDays,
    /// Where sealed segments are kept on this machine; `None` for a store elsewhere.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) proof: Arc<Mutex<LogProof>>,
    pub(crate) moved: watch::Receiver<u64>,
    /// `None` on a hub, which takes nothing in.
    pub(crate) stopped: Option<watch::Receiver<Option<Stoppage>>>,
}

#[async_trait]
impl LakeView for LogStore {
    async fn status(&self) -> Result<LogStatus, Trouble> {
        let status = self
            .reader
            .status(self.retention, self.clock.now())
            .await
            .map_err(|error| error.trouble())?;
        let source = |source: &sakimori_lake::SourceStatus| LogSource {
            name: source.source.clone(),
            events: source.events,
            last_event_at: Some(source.last_event_at),
        };
        Ok(LogStatus {
            events: status.events,
            bytes: status.bytes,
            oldest_at: status.oldest_at,
            newest_at: status.newest_at,
            retention_days: self.retention.shortest(),
            sources: status.sources.iter().map(source).collect(),
        })
    }

    fn free_bytes(&self) -> Option<u64> {
        let stat = rustix::fs::statvfs(self.folder.as_ref()?).ok()?;
        Some(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    fn stoppage(&self) -> Option<Stoppage> {
        self.stopped.as_ref().and_then(|stopped| stopped.borrow().clone())
    }

    async fn proof(&self) -> LogProof {
        self.proof.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.moved.clone()
    }
}

/// The heads of logs for the screens.
pub(crate) struct Heads {
    /// Our own log and its key; `None` on a hub.
    pub(crate) own: Option<(LakeReader, VerifyingKey)>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) post: Arc<Post>,
    pub(crate) clock: Arc<dyn Clock>,
    /// What was read last: an office has thousands of links, and every live screen asks.
    pub(crate) read: tokio::sync::Mutex<Option<(Instant, Vec<WatchedLog>)>>,
}

/// How long the state of the logs below is not read again, in seconds.
const HEADS_FRESH_SECONDS: i64 = 10;

#[async_trait]
impl LogHeads for Heads {
    async fn own(&self) -> Result<Option<OwnHead>, Trouble> {
        let Some((reader, key)) = &self.own else { return Ok(None) };
        let note = reader.checkpoint().await.map_err(|error| error.trouble())?;
        let head = note.and_then(|note| Checkpoint::read(&note, key).ok());
        let Some(head) = head else { return Ok(None) };
        Ok(Some(OwnHead {
            key: verifier_line(&head.origin, key),
            origin: head.origin,
            size: head.size,
            root: head.root,
            offices: self.offices().await.map_err(|error| error.trouble())?,
        }))
    }

    async fn watched(&self) -> Result<Vec<WatchedLog>, Trouble> {
        if self.own.is_some() {
            return Ok(Vec::new());
        }
        let now = self.clock.now();
        let mut read = self.read.lock().await;
        if let Some((at, watched)) = read.as_ref()
            && now < at.plus_seconds(HEADS_FRESH_SECONDS)
        {
            return Ok(watched.clone());
        }
        let watched = heads::Watched::all(self.store.as_ref(), &self.post, now).await;
        let watched = watched.map_err(|error| error.trouble())?;
        *read = Some((now, watched.clone()));
        Ok(watched)
    }

    async fn accept_anew(
        &self,
        keeper: &OrganisationId,
        by: &PersonId,
        reason: &str,
    ) -> Result<(), Trouble> {
        let now = self.clock.now();
        *self.read.lock().await = None;
        heads::accept_anew(self.store.as_ref(), keeper, by.as_str(), reason, now)
            .await
            .map_err(|error| error.trouble())
    }
}

impl Heads {
    /// What the offices that are still above us have seen.
    async fn offices(&self) -> Result<Vec<OfficeSaw>, LedgerError> {
        let parents = self.post.parents().await?;
        let known = heads::acknowledged(self.store.as_ref()).await?;
        let saw = |known: heads::Acknowledged| {
            let parent = parents.iter().find(|parent| *parent.id() == known.office)?;
            Some(OfficeSaw {
                office: parent.organisation.name.clone(),
                seen_at: known.seen_at,
                size: known.size,
                refused: known
                    .refused
                    .filter(|refused| refused.alarming)
                    .map(|refused| refused.why),
            })
        };
        Ok(known.into_iter().filter_map(saw).collect())
    }
}

/// What only the running program can say or do.
pub(crate) struct Control {
    pub(crate) post: Arc<Post>,
    pub(crate) wire: Arc<dyn Wire>,
    pub(crate) hurry: Arc<Notify>,
    pub(crate) doors: Vec<(Carrier, SocketAddr)>,
    pub(crate) http_door: Option<HttpDoor>,
    pub(crate) asks_certificates: bool,
    pub(crate) losses: LossBook,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) host: String,
    pub(crate) inbox: Option<PathBuf>,
    pub(crate) authority_pem: Option<String>,
    pub(crate) book: Arc<Mutex<SourceBook>>,
    pub(crate) behaviour: Arc<Mutex<Behaviour>>,
    /// How mail leaves; `None` while it is off.
    pub(crate) mail: Option<MailFacts>,
    pub(crate) relay_trouble: RelayTrouble,
}

#[async_trait]
impl NodeControl for Control {
    fn mail(&self) -> Option<MailFacts> {
        let trouble = self.relay_trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.mail.clone().map(|facts| MailFacts { trouble, ..facts })
    }

    fn syslog_doors(&self) -> Vec<SyslogDoor> {
        let door = |(carrier, address): &(Carrier, SocketAddr)| SyslogDoor {
            carrier: *carrier,
            host: if address.ip().is_unspecified() {
                self.host.clone()
            } else {
                address.ip().to_string()
            },
            port: address.port(),
        };
        self.doors.iter().map(door).collect()
    }

    fn http_door(&self) -> Option<HttpDoor> {
        self.http_door.clone()
    }

    fn asks_certificates(&self) -> bool {
        self.asks_certificates
    }

    fn losses(&self) -> Losses {
        self.losses.losses(self.clock.now())
    }

    fn source_book(&self) -> SourceBookSnapshot {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).snapshot()
    }

    fn behaviour(&self) -> BehaviourState {
        let behaviour = self.behaviour.lock().unwrap_or_else(PoisonError::into_inner);
        BehaviourState {
            progress: behaviour.progress(),
            on_though_unused: behaviour.on_though_unused(),
        }
    }

    fn inbox(&self) -> String {
        self.inbox.as_ref().map(|folder| folder.display().to_string()).unwrap_or_default()
    }

    fn authority_pem(&self) -> Option<String> {
        self.authority_pem.clone()
    }

    async fn clock_state(&self) -> ClockState {
        doctor::clock_state().await
    }

    async fn link_state(&self) -> LinkState {
        let links = self.post.links().await.unwrap_or_default();
        let parents = links.iter().filter(|link| {
            link.neighbour.relation == Relation::Parent && link.neighbour.is_active()
        });
        // The worst link is the one to show: a broken one before one that merely has something waiting.
        parents
            .max_by_key(|link| (link.n_failures, link.n_waiting))
            .map_or(LinkState::None, link_state)
    }

    async fn enrol(
        &self,
        address: &str,
        code: &str,
        by: &PersonId,
    ) -> Result<Organisation, Trouble> {
        let enrolled = self.post.enrol_with(address, code, by.as_str(), self.wire.as_ref()).await;
        let neighbour = enrolled.map_err(|error| error.trouble())?;
        self.hurry.notify_one();
        Ok(neighbour.organisation)
    }

    async fn exchange_now(&self) -> Result<(), Trouble> {
        self.hurry.notify_one();
        Ok(())
    }

    async fn profile_saved(&self, organisation: &Organisation) {
        if let Err(error) = self.post.describe(organisation.clone()).await {
            tracing::warn!(trouble = %error.trouble(), "the offices above could not be told of the new profile");
        }
    }
}

fn link_state(link: &LinkStatus) -> LinkState {
    LinkState::Joined {
        office: link.neighbour.organisation.name.clone(),
        last_at: link.last_contact_at,
        waiting: link.n_waiting,
        trouble: (!link.last_trouble.is_empty()).then(|| link.last_trouble.clone()),
    }
}
