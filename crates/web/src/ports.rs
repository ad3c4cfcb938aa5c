//! What the screens need from the rest of the program and cannot know themselves: search, the log store's state, the node.

use async_trait::async_trait;
use sakimori_content::FormSheet;
use sakimori_watch::access_review::{ListKind, Run};
use sakimori_watch::{OnThoughUnused, Progress, SourceBookSnapshot};
use sakimori_words::document::Document;
use sakimori_words::{
    Date, Digest, Instant, Organisation, OrganisationId, PersonId, Text, Trouble,
};
use tokio::sync::watch;

/// SQL over the logs.
#[async_trait]
pub trait Search: Send + Sync {
    /// Runs one read-only statement over the table `events`. A faulty statement is a [`Trouble`] that names the place.
    async fn sql(
        &self,
        sql: &str,
        sight: Sight,
        limits: SearchLimits,
    ) -> Result<SearchTable, Trouble>;
    /// As [`Search::sql`], with the rows as one Parquet file.
    async fn parquet(
        &self,
        sql: &str,
        sight: Sight,
        limits: SearchLimits,
    ) -> Result<SearchFile, Trouble>;
}

/// The accesses to patients' records, and the lists that explain them.
#[async_trait]
pub trait RecordAccesses: Send + Sync {
    /// Goes through the accesses of a month; what it says of patients stays in this process.
    async fn run(&self, month: Date) -> Result<Run, Trouble>;
    /// What stands for a patient on screens and in the journal.
    fn pseudonym(&self, patient: &str) -> String;
    /// The lists that count: kind and name, older ones first.
    async fn lists(&self) -> Result<Vec<(ListKind, String)>, Trouble>;
}

/// What a search shows of patients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Everything as it is stored; only after [`sakimori_identity::Action::ViewPatients`] was passed.
    Full,
    /// A pseudonym for a patient, and nothing of the wording of records that name one.
    Masked,
}

/// The answer to a search as a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchFile {
    /// The file.
    pub bytes: Vec<u8>,
    /// Whether rows were cut.
    pub truncated: bool,
}

/// How far a search may go before it is cut or stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchLimits {
    /// Most rows in the answer; more are cut and [`SearchTable::truncated`] says so.
    pub rows: usize,
    /// Most seconds of work.
    pub seconds: u64,
}

/// The answer to a search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchTable {
    /// Column names in the statement's order.
    pub columns: Vec<String>,
    /// Rows, each as long as `columns`.
    pub rows: Vec<Vec<SearchCell>>,
    /// Whether rows were cut.
    pub truncated: bool,
}

/// One value of an answer, in the three kinds a screen shows differently.
#[derive(Clone, Debug, PartialEq)]
pub enum SearchCell {
    /// NULL.
    Empty,
    /// A number, right-aligned.
    Number(String),
    /// A point in time, shown in Japan Standard Time.
    Time(Instant),
    /// Anything else.
    Text(String),
    /// A record's own fields by name.
    Fields(Vec<(String, String)>),
}

impl SearchCell {
    /// The value as one text; times as they are shown in Japan.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Number(text) | Self::Text(text) => text.clone(),
            Self::Time(at) => at.to_string(),
            Self::Fields(fields) => {
                let fields = fields.iter().map(|(name, value)| format!("{name}={value}"));
                fields.collect::<Vec<_>>().join(" ")
            }
        }
    }
}

/// The state of the log store.
#[async_trait]
pub trait LakeView: Send + Sync {
    /// How much is kept, since when, and from which sources.
    async fn status(&self) -> Result<LogStatus, Trouble>;
    /// What the last check of the proof (hash chain and signed checkpoint) said.
    async fn proof(&self) -> LogProof;
    /// Bytes free for logs on the disk they are kept on; `None` where it cannot be known (a remote store).
    fn free_bytes(&self) -> Option<u64>;
    /// What keeps arriving events from being stored right now; `None` while everything is taken in.
    fn stoppage(&self) -> Option<Stoppage>;
    /// A counter that moves whenever events arrive, for live screens.
    fn watch(&self) -> watch::Receiver<u64>;
}

/// How long logs are kept, and letting go what is past its time.
#[async_trait]
pub trait Keeping: Send + Sync {
    /// What is kept of each class, and what could go.
    async fn state(&self) -> Result<KeepingState, Trouble>;
    /// Lets go what is past its time and under no hold, for the record in that person's name.
    async fn let_go(&self, by: &PersonId) -> Result<LetGo, Trouble>;
}

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeepingState {
    /// Each class that there is, with its sealed events.
    pub classes: Vec<KeptClass>,
    /// Events past the time of their class.
    pub past_events: u64,
    /// Their bytes on disk.
    pub past_bytes: u64,
    /// Cases whose order to keep evidence stops every deletion.
    pub holds: u64,
    /// Free bytes on the disk; `None` when the logs are not on a disk of this machine.
    pub free_bytes: Option<u64>,
}

/// One retention class.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptClass {
    /// Its name: `records`, `security`, `traffic`.
    pub name: String,
    /// Days it is kept.
    pub days: u32,
    /// Its events.
    pub events: u64,
    /// Their bytes on disk.
    pub bytes: u64,
    /// When the oldest of them was received.
    pub oldest_at: Instant,
}

/// What was let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LetGo {
    /// Events.
    pub events: u64,
    /// Their bytes on disk.
    pub bytes: u64,
}

/// Why arriving events are not stored at the moment. Senders that can wait are held back meanwhile.
#[derive(Clone, Debug)]
pub struct Stoppage {
    /// Since when.
    pub since: Instant,
    /// Why.
    pub trouble: Trouble,
}

/// How much log there is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogStatus {
    /// Events kept.
    pub events: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// The oldest event kept.
    pub oldest_at: Option<Instant>,
    /// The newest event kept.
    pub newest_at: Option<Instant>,
    /// How many days events are kept.
    pub retention_days: u32,
    /// Every source that has sent something.
    pub sources: Vec<LogSource>,
}

/// What one source has sent.
#[derive(Clone, Debug, PartialEq)]
pub struct LogSource {
    /// Its name, e.g. `syslog/10.0.0.5`.
    pub name: String,
    /// Events kept from it.
    pub events: u64,
    /// When the last one arrived.
    pub last_event_at: Option<Instant>,
}

/// Whether the log store is proved unaltered.
#[derive(Clone, Debug)]
pub enum LogProof {
    /// No check has run yet.
    NotChecked,
    /// The last check found every event as it was stored.
    Intact {
        /// When it was checked.
        checked_at: Instant,
        /// How many events it covered.
        events: u64,
    },
    /// The last check found a change, named in `what`.
    Altered {
        /// When it was checked.
        checked_at: Instant,
        /// What was changed, removed or added.
        what: String,
    },
    /// The last check could not be made.
    Unproved {
        /// When it was tried.
        tried_at: Instant,
        /// Why it could not.
        trouble: Trouble,
    },
}

/// How mail leaves an office, as its screens show it.
#[derive(Clone, Debug)]
pub struct MailFacts {
    /// The relay and how the way there is protected.
    pub relay: String,
    /// Who it comes from.
    pub sender: String,
    /// Where undelivered mail returns to.
    pub returns: String,
    /// The folder it is delivered into.
    pub folder: String,
    /// What links to answer begin with.
    pub portal: String,
    /// What is to be published in the DNS.
    pub records: Vec<sakimori_mail::DnsRecord>,
    /// Why the relay takes nothing, while it takes nothing.
    pub trouble: Option<Trouble>,
}

/// What only the running program knows or can do.
#[async_trait]
pub trait NodeControl: Send + Sync {
    /// Where syslog is received; empty when it is not.
    fn syslog_doors(&self) -> Vec<SyslogDoor>;
    /// The folder whose files are taken in; empty when there is none.
    fn inbox(&self) -> String;
    /// The certificate authority of this node in PEM, for devices that send over TLS and for browsers.
    fn authority_pem(&self) -> Option<String>;
    /// How mail leaves this office; `None` while it is not set up.
    fn mail(&self) -> Option<MailFacts>;
    /// Where records are handed in over HTTP; `None` when they are not.
    fn http_door(&self) -> Option<HttpDoor>;
    /// Whether senders over TLS must show a certificate.
    fn asks_certificates(&self) -> bool;
    /// Datagrams that were lost at the doors that cannot hold a sender back.
    fn losses(&self) -> Losses;
    /// What each source has sent, in the words of the watch's source book. Empty on a hub.
    fn source_book(&self) -> SourceBookSnapshot;
    /// What behaviour has learnt so far. Nothing on a hub.
    fn behaviour(&self) -> BehaviourState;
    /// Whether this machine's clock can be trusted.
    async fn clock_state(&self) -> ClockState;
    /// How the exchange with the office above stands.
    async fn link_state(&self) -> LinkState;
    /// Joins the office at `address` with its short code and returns what the office calls itself.
    async fn enrol(
        &self,
        address: &str,
        code: &str,
        by: &PersonId,
    ) -> Result<Organisation, Trouble>;
    /// Exchanges with the office now instead of at the next turn.
    async fn exchange_now(&self) -> Result<(), Trouble>;
    /// Hears that the organisation's profile was saved, so that running parts use it.
    async fn profile_saved(&self, organisation: &Organisation);
}

/// What the watch's behaviour has learnt so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BehaviourState {
    /// How far the learning is.
    pub progress: Progress,
    /// Machines that are on at night though nobody uses them then.
    pub on_though_unused: Vec<OnThoughUnused>,
}

/// One address at which syslog is received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyslogDoor {
    /// How it is carried.
    pub carrier: Carrier,
    /// Address other machines reach it at.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// Where records are handed in over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpDoor {
    /// The address before the path, e.g. `https://sakimori.example:8460`.
    pub base: String,
    /// Whether only programs on this machine reach it.
    pub only_here: bool,
}

/// Datagrams that came faster than they could be taken, as the kernel counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Since this process began.
    pub since_start: u64,
    /// In the last 24 hours, before a restart too.
    pub last_day: u64,
    /// When the latest loss was noticed, of those in the last 24 hours.
    pub last_at: Option<Instant>,
}

/// How syslog is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// UDP: simplest, may lose lines.
    Udp,
    /// TCP.
    Tcp,
    /// TCP with TLS.
    Tls,
}

impl Carrier {
    /// Its name as devices call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        }
    }
}

/// Whether this machine's clock can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockState {
    /// The operating system says that it is synchronised.
    Synchronised,
    /// The operating system says that it is not.
    Adrift,
    /// The operating system does not say.
    Unknown,
}

/// How the exchange with the office above stands.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkState {
    /// Not joined to any office.
    None,
    /// Joined.
    Joined {
        /// The office.
        office: String,
        /// The last exchange that worked.
        last_at: Option<Instant>,
        /// Messages waiting to be delivered.
        waiting: u64,
        /// Why the last attempt failed, when it did.
        trouble: Option<String>,
    },
}

/// The heads of logs: our own, and at an office those of the institutions below.
#[async_trait]
pub trait LogHeads: Send + Sync {
    /// The newest signed head of our own log, for paper; `None` on a hub and before the first seal.
    async fn own(&self) -> Result<Option<OwnHead>, Trouble>;
    /// What is known of the logs of the institutions below; empty on a node.
    async fn watched(&self) -> Result<Vec<WatchedLog>, Trouble>;
    /// Takes the next head of that institution's log as a first one, after somebody has looked into what did not fit.
    async fn accept_anew(
        &self,
        keeper: &OrganisationId,
        by: &PersonId,
        reason: &str,
    ) -> Result<(), Trouble>;
}

/// The head of our own log.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnHead {
    /// Name of the log.
    pub origin: String,
    /// How many catalogue records it has.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// The log's key as a verifier line.
    pub key: String,
    /// What the offices above have seen of it.
    pub offices: Vec<OfficeSaw>,
}

/// What one office above has seen of our log.
#[derive(Clone, Debug, PartialEq)]
pub struct OfficeSaw {
    /// Its name.
    pub office: String,
    /// When it last cosigned a head, by its clock; `None` before the first.
    pub seen_at: Option<Instant>,
    /// How many records it has seen.
    pub size: u64,
    /// Why it did not keep the last head, when somebody has to look.
    pub refused: Option<String>,
}

/// What an office knows of the log of an institution below.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchedLog {
    /// Whose log.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: String,
    /// How many records were seen; `None` before the first head.
    pub size: Option<u64>,
    /// When the last head came.
    pub seen_at: Option<Instant>,
    /// How it stands.
    pub state: WatchedState,
}

/// How an institution's log stands with what an office saw of it before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchedState {
    /// No head came yet.
    Never,
    /// The last head fits those before.
    Fits,
    /// The link works and no head has come for over a day.
    Late,
    /// A head came that does not fit those before. Stays until somebody has looked.
    Differs {
        /// Since when.
        since: Instant,
        /// What does not fit.
        what: String,
    },
}

/// A demonstration: who can be entered as, and which other organisations run beside this one.
#[async_trait]
pub trait Demo: Send + Sync {
    /// The invented people of this organisation whose role a visitor can take.
    fn people(&self) -> Vec<DemoPerson>;
    /// The other organisations of the demonstration.
    fn sites(&self) -> Vec<DemoSite>;
    /// Signs a visitor in as that person and returns the session token.
    async fn enter(&self, person: &PersonId) -> Result<String, Trouble>;
}

/// An invented person.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoPerson {
    /// Their id.
    pub person: PersonId,
    /// Name and role.
    pub label: Text,
}

/// Another organisation of the demonstration.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoSite {
    /// Its name.
    pub label: Text,
    /// The address of its screens.
    pub address: String,
    /// Whether it is the organisation of this very page.
    pub here: bool,
}

/// Documents as files.
#[async_trait]
pub trait Printer: Send + Sync {
    /// The document as a file of that kind. A missing font, or a character that no font has, is a [`Trouble`]; the page for
    /// printing from the browser works without.
    async fn print(&self, document: Document, paper: Paper) -> Result<Vec<u8>, Trouble>;
    /// The workbook of an office with the values of the document, which was made for that sheet. Where the office's blank is not
    /// at hand, the document as a workbook of ours. A blank of another version is a [`Trouble`], and nothing is filled in.
    async fn fill(&self, document: Document, sheet: &FormSheet) -> Result<Vec<u8>, Trouble>;
}

/// What a document is wanted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// A letter on A4.
    Pdf,
    /// A workbook for a spreadsheet.
    Workbook,
    /// Words to read out on the telephone.
    Words,
}

impl Paper {
    /// Every kind, in the order in which pages offer them.
    pub const ALL: [Self; 3] = [Self::Pdf, Self::Workbook, Self::Words];

    /// What files of it are called at the end, without the dot.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Workbook => "xlsx",
            Self::Words => "txt",
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Workbook => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Words => "text/plain; charset=utf-8",
        }
    }
}
