//! The invented logs and the invented machine behind the sample's ports.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use sakimori_content::FormSheet;
use sakimori_federation::Post;
use sakimori_identity::{Client, Identity, Side};
use sakimori_ledger::LedgerError;
use sakimori_mail::DnsRecord;
use sakimori_share::Population;
use sakimori_watch::access_review::{Access, Context, ListKind, Month, ReviewSettings, Run};
use sakimori_watch::mail::MailShelf;
use sakimori_watch::{
    DayCount, KindProgress, NightActivity, OnThoughUnused, Progress, Skew, SourceBookSnapshot,
    SourceState,
};
use sakimori_words::document::Document;
use sakimori_words::{
    Date, Digest, Event, EvidenceRef, Instant, Organisation, OrganisationId, PersonId, Retry, Text,
    Trouble, TroubleKind,
};
use tokio::sync::watch;

use super::XSS;
use crate::ports::{
    BehaviourState, Carrier, ClockState, Demo, DemoPerson, DemoSite, HttpDoor, Keeping,
    KeepingState, KeptClass, LakeView, LetGo, LinkState, LogHeads, LogProof, LogSource, LogStatus,
    Losses, MailFacts, NodeControl, OfficeSaw, OwnHead, Paper, Printer, RecordAccesses, Search,
    SearchCell, SearchFile, SearchLimits, SearchTable, Sight, Stoppage, SyslogDoor, WatchedLog,
    WatchedState,
};

static BROKEN: TroubleKind = TroubleKind {
    code: "SK-QUERY-001",
    status: 422,
    what: ["このSQLは読み取れません", "this SQL cannot be read"],
    now: ["示された位置の前後を直してください。", "Correct the place shown."],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// The one wire of the sample: the ministry's post answers directly.
pub(crate) struct OneWire(pub(crate) Arc<Post>);

/// Answers every statement with the same few records; `broken` in a statement is a mistake.
pub(super) struct SampleSearch(Instant);

impl SampleSearch {
    pub(super) const fn new(now: Instant) -> Self {
        Self(now)
    }

    fn hourly(&self) -> SearchTable {
        let last = self.0.as_micros() / 3_600_000_000;
        let row = |hour: i64| {
            vec![
                SearchCell::Number(hour.to_string()),
                SearchCell::Number(((hour * 37) % 900 + 40).to_string()),
            ]
        };
        SearchTable {
            columns: vec!["hour".into(), "n".into()],
            rows: (last - 23..=last).map(row).collect(),
            truncated: false,
        }
    }

    /// A day of hits in whatever spans were asked for.
    fn counts(&self, sql: &str) -> SearchTable {
        let step = sql.split(" / ").nth(1).and_then(|rest| rest.split(' ').next());
        let step: i64 = step.and_then(|step| step.parse().ok()).unwrap_or(3_600_000_000);
        let last = (self.0.as_micros() + 9 * 3_600_000_000) / step;
        let row = |bucket: i64| {
            let n = if bucket % 7 == 0 { 0 } else { (bucket * 37) % 90 + 4 };
            vec![SearchCell::Number(bucket.to_string()), SearchCell::Number(n.to_string())]
        };
        SearchTable {
            columns: vec!["bucket".into(), "n".into()],
            rows: (last - 23..=last).map(row).collect(),
            truncated: false,
        }
    }

    /// A look into a patient's record, everything about it.
    fn event(&self, sight: Sight) -> SearchTable {
        let text = |text: &str| SearchCell::Text(text.to_owned());
        let masked = sight == Sight::Masked;
        let own = [("EventActionCode", "R"), ("ParticipantObjectID", "0012345"), ("user", XSS)];
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let columns = [
            ("time", SearchCell::Time(self.0.plus_seconds(-60))),
            ("received_at", SearchCell::Time(self.0.plus_seconds(-59))),
            ("seq", SearchCell::Number("1234".to_owned())),
            ("source", text("syslog/10.0.0.20")),
            ("class_uid", SearchCell::Number("6005".to_owned())),
            ("activity", text("read")),
            ("status", text("success")),
            ("host", text("EMR-AP01")),
            ("user", text("tanaka")),
            ("patient", text(if masked { "P-3f2a90c1d4e5" } else { "0012345" })),
            ("message", text(if masked { "[masked: names a patient]" } else { "0012345" })),
            ("raw", text(if masked { "[masked: names a patient]" } else { XSS })),
            (
                "leaf",
                text(if masked {
                    "[masked: names a patient]"
                } else {
                    "5d41402abc4b2a76b9719d911017c592"
                }),
            ),
            ("src", SearchCell::Fields(if masked { Vec::new() } else { own.to_vec() })),
        ];
        let (columns, row): (Vec<&str>, Vec<SearchCell>) = columns.into_iter().unzip();
        let columns = columns.into_iter().map(str::to_owned).collect();
        SearchTable { columns, rows: vec![row], truncated: false }
    }

    /// Somebody who got the mail, and a refusal with a stranger's words.
    fn recipients(&self) -> SearchTable {
        let row = |ago: i64, to: &str, status: &str, activity: &str, same: &str| {
            let text = |text: &str| SearchCell::Text(text.to_owned());
            vec![
                SearchCell::Time(self.0.plus_seconds(-ago)),
                SearchCell::Number("1233".to_owned()),
                text(to),
                text(status),
                text(activity),
                text("postfix/lmtp: 4F1B2C: to=<soumu@mihon-hp.example>, status=sent"),
                text(same),
            ]
        };
        let names = ["time", "seq", "recipient", "status", "activity", "message", "same"];
        SearchTable {
            columns: names.map(str::to_owned).to_vec(),
            rows: vec![
                row(900, "soumu@mihon-hp.example", "success", "deliver", "true"),
                row(950, XSS, "failure", "reject", "false"),
            ],
            truncated: false,
        }
    }

    /// A line that was understood and one that was not.
    fn arrived(&self) -> SearchTable {
        let row = |ago: i64, class: &str, fields: &str, message: &str| {
            let text = |text: &str| SearchCell::Text(text.to_owned());
            let number = |text: &str| SearchCell::Number(text.to_owned());
            vec![
                SearchCell::Time(self.0.plus_seconds(-ago)),
                text("syslog/10.0.0.5"),
                number(class),
                text("VPN-01"),
                text("hosyu"),
                number(fields),
                text(message),
            ]
        };
        let names = ["received_at", "source", "class_uid", "host", "user", "n_fields", "message"];
        SearchTable {
            columns: names.map(str::to_owned).to_vec(),
            rows: vec![row(4, "4014", "31", "SSL tunnel established"), row(9, "0", "0", XSS)],
            truncated: false,
        }
    }

    fn records(&self, sight: Sight) -> SearchTable {
        let columns = [
            "time",
            "source",
            "host",
            "user",
            "activity",
            "status",
            "src_ip",
            "message",
            "n",
            "seq",
            "class_uid",
            "patient",
            "dst_ip",
        ];
        let text = |text: &str| SearchCell::Text(text.to_owned());
        let long = "date=2026-11-20 time=21:41:03 devname=\"VPN-01\" devid=\"FGT60F0000000000\" eventtime=1795178463000000000 tz=\"+0900\" logid=\"0101039424\" type=\"event\" subtype=\"vpn\" level=\"information\" msg=\"SSL tunnel established\"";
        let row = |n: i64, message: &str| {
            let cells = [
                text("syslog/10.0.0.5"),
                text("VPN-01"),
                text("hosyu"),
                text("tunnel-up"),
                text("success"),
                text("203.0.113.9"),
                text(message),
            ];
            let mut row = vec![SearchCell::Time(self.0.plus_seconds(-60 * n))];
            row.extend(cells);
            row.push(SearchCell::Number((n * 1_017).to_string()));
            row.push(SearchCell::Number((1_240 - n).to_string()));
            row.push(SearchCell::Number(if n == 3 { "6005" } else { "4014" }.to_owned()));
            let patient = if sight == Sight::Masked { "P-3f2a90c1d4e5" } else { "0012345" };
            row.push(text(if n == 3 { patient } else { "" }));
            row.push(text("10.0.0.31"));
            row
        };
        let rows = (1..=6).map(|n| row(n, if n == 2 { XSS } else { long })).collect();
        SearchTable { columns: columns.map(str::to_owned).to_vec(), rows, truncated: false }
    }
}

#[async_trait]
impl Search for SampleSearch {
    async fn sql(&self, sql: &str, sight: Sight, _: SearchLimits) -> Result<SearchTable, Trouble> {
        if sql.contains("broken") {
            return Err(Trouble::new(&BROKEN, format!("line 1, column 8: {sql}")));
        }
        if sql.contains("bool_or(by_id)") {
            return Ok(self.recipients());
        }
        if sql.contains("AS hour") {
            return Ok(self.hourly());
        }
        if sql.starts_with("SELECT received_at, raw") {
            let row = vec![
                SearchCell::Time(self.0.plus_seconds(-900)),
                SearchCell::Text(format!("?? {XSS}")),
            ];
            return Ok(SearchTable {
                columns: vec!["received_at".into(), "raw".into()],
                rows: vec![row],
                truncated: false,
            });
        }
        if sql.contains("AS n_fields") {
            return Ok(self.arrived());
        }
        if sql.contains("AS bucket") {
            return Ok(self.counts(sql));
        }
        if sql.starts_with("SELECT * FROM events WHERE seq =") {
            return Ok(self.event(sight));
        }
        Ok(self.records(sight))
    }

    async fn parquet(&self, _: &str, _: Sight, _: SearchLimits) -> Result<SearchFile, Trouble> {
        Ok(SearchFile { bytes: b"PAR1PAR1".to_vec(), truncated: false })
    }
}

/// Keeps nothing, and says where it would be.
#[derive(Default)]
pub(super) struct SampleShelf(AtomicU64);

#[async_trait]
impl MailShelf for SampleShelf {
    async fn keep(&self, event: Event) -> Result<EvidenceRef, Trouble> {
        let seq = 5_000 + self.0.fetch_add(1, Ordering::Relaxed);
        Ok(EvidenceRef::Event { seq, leaf: Digest::of(&event.raw) })
    }
}

/// A few accesses of the month, nothing of which is explained by the lists.
pub(super) struct SampleAccesses(pub(super) Instant);

#[async_trait]
impl RecordAccesses for SampleAccesses {
    async fn run(&self, month: Date) -> Result<Run, Trouble> {
        let (context, seed) = (Context::default(), Digest::of(b"sample"));
        let mut gathered = Month::new(&context, ReviewSettings::STANDARD, seed);
        for (seq, user, patient) in [(10, "sato", "0012"), (11, XSS, "0012"), (12, "ito", "0077")] {
            let at = self.0.plus_seconds(i64::try_from(seq).unwrap_or(0) * 60 - 86_400);
            let (activity, host) = ("print", "karte-3f-02");
            gathered.take(&Access { seq, at, user, patient, activity, host });
        }
        let lists = vec![("staff-20261101T090000-0a1b2c3d4e5f.csv".to_owned(), seed)];
        let (outcome, known) = (gathered.finish(), context.size());
        Ok(Run { month, outcome, seed, known, lists })
    }

    fn pseudonym(&self, patient: &str) -> String {
        format!("P-{}", Digest::of(patient.as_bytes()).short())
    }

    async fn lists(&self) -> Result<Vec<(ListKind, String)>, Trouble> {
        Ok(vec![(ListKind::Staff, XSS.to_owned())])
    }
}

/// A log store with three sources, one of them silent.
pub(super) struct SampleLake {
    now: Instant,
    moved: watch::Sender<u64>,
}

impl SampleLake {
    pub(super) fn new(now: Instant) -> Self {
        Self { now, moved: watch::Sender::new(0) }
    }
}

const SOURCES: [(&str, u64, i64); 3] = [
    ("syslog/10.0.0.5", 812_345, 12),
    ("syslog/10.0.0.20", 4_120_000, 3),
    ("inbox/Security.evtx", 33_019, 90_000),
];

#[async_trait]
impl LakeView for SampleLake {
    async fn status(&self) -> Result<LogStatus, Trouble> {
        let source = |(name, events, ago): (&str, u64, i64)| LogSource {
            name: name.to_owned(),
            events,
            last_event_at: Some(self.now.plus_seconds(-ago)),
        };
        Ok(LogStatus {
            events: 4_965_364,
            bytes: 412_000_000,
            oldest_at: Some(self.now.plus_days(-41)),
            newest_at: Some(self.now.plus_seconds(-3)),
            retention_days: 400,
            sources: SOURCES.into_iter().map(source).collect(),
        })
    }

    fn free_bytes(&self) -> Option<u64> {
        Some(38_000_000_000)
    }

    fn stoppage(&self) -> Option<Stoppage> {
        None
    }

    async fn proof(&self) -> LogProof {
        LogProof::Intact { checked_at: self.now.plus_seconds(-2_400), events: 4_960_112 }
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }
}

/// The head of the invented log, and at the office one log that fits and one that does not.
pub(super) struct SampleHeads {
    pub(super) now: Instant,
    pub(super) side: Side,
}

#[async_trait]
impl LogHeads for SampleHeads {
    async fn own(&self) -> Result<Option<OwnHead>, Trouble> {
        if self.side == Side::Hub {
            return Ok(None);
        }
        let saw = |office: &str, refused: Option<&str>| OfficeSaw {
            office: office.to_owned(),
            seen_at: Some(self.now.plus_seconds(-3_000)),
            size: 1_204,
            refused: refused.map(str::to_owned),
        };
        Ok(Some(OwnHead {
            origin: "sakimori.log/01890000-sample".to_owned(),
            size: 1_204,
            root: Digest::of(b"sample"),
            key: "sakimori.log/01890000-sample+0a1b2c3d+AUJhc2U2NEJhc2U2NEJhc2U2NEJhc2U2NEJhc2U2"
                .to_owned(),
            offices: vec![saw("厚生労働省（見本）", None), saw(XSS, Some(XSS))],
        }))
    }

    async fn watched(&self) -> Result<Vec<WatchedLog>, Trouble> {
        if self.side == Side::Node {
            return Ok(Vec::new());
        }
        let log = |name: &str, state| WatchedLog {
            organisation: OrganisationId::from("sample-below"),
            name: name.to_owned(),
            size: Some(88),
            seen_at: Some(self.now.plus_days(-2)),
            state,
        };
        let since = self.now.plus_seconds(-900);
        let differs = WatchedState::Differs { since, what: XSS.to_owned() };
        Ok(vec![
            log("みどり病院（見本）", WatchedState::Fits),
            log("さくら病院（見本）", WatchedState::Late),
            log(XSS, differs),
        ])
    }

    async fn accept_anew(&self, _: &OrganisationId, _: &PersonId, _: &str) -> Result<(), Trouble> {
        Ok(())
    }
}

/// A machine with syslog doors and a joined office.
pub(super) struct Machine {
    now: Instant,
    post: Arc<Post>,
}

impl Machine {
    pub(super) const fn new(now: Instant, post: Arc<Post>) -> Self {
        Self { now, post }
    }
}

impl Machine {
    /// Six weeks with a missing day, a quiet part and a day on which much was not understood.
    fn days(&self, source: &str, events: u64) -> Vec<DayCount> {
        let today = DayCount::day_of(self.now);
        let is_file = source.starts_with("inbox");
        let day = |ago: i64| DayCount {
            day: today - ago,
            events,
            not_understood: if ago == 12 || is_file { events / 30 } else { 0 },
            late: if is_file { events } else { 0 },
            hours: if ago == 5 { 0xff } else { 0xff_ffff },
        };
        let came = |ago: &i64| *ago != 9 && (!is_file || ago % 7 == 1);
        (0..42).rev().filter(came).map(day).collect()
    }
}

#[async_trait]
impl NodeControl for Machine {
    fn mail(&self) -> Option<MailFacts> {
        Some(MailFacts {
            relay: "smtp.example.jp:587 (STARTTLS)".to_owned(),
            sender: "見本県 <chui@pref.example.jp>".to_owned(),
            returns: "henso@pref.example.jp".to_owned(),
            folder: "inbox/bounces".to_owned(),
            portal: "https://chui.pref.example.jp".to_owned(),
            records: vec![DnsRecord {
                name: "sakimori-rsa._domainkey.pref.example.jp".to_owned(),
                value: "v=DKIM1; k=rsa; p=…".to_owned(),
            }],
            trouble: None,
        })
    }

    fn syslog_doors(&self) -> Vec<SyslogDoor> {
        let door = |carrier, port| SyslogDoor { carrier, host: "10.0.0.2".to_owned(), port };
        vec![door(Carrier::Udp, 5514), door(Carrier::Tcp, 5514), door(Carrier::Tls, 6514)]
    }

    fn inbox(&self) -> String {
        "/srv/sakimori-data/inbox".to_owned()
    }

    fn authority_pem(&self) -> Option<String> {
        Some("-----BEGIN CERTIFICATE-----\nc2FtcGxl\n-----END CERTIFICATE-----\n".to_owned())
    }

    fn http_door(&self) -> Option<HttpDoor> {
        Some(HttpDoor { base: "https://10.0.0.2:8460".to_owned(), only_here: false })
    }

    fn asks_certificates(&self) -> bool {
        false
    }

    fn losses(&self) -> Losses {
        let last_at = Some(self.now.plus_seconds(-1_800));
        Losses { since_start: 120, last_day: 45, last_at }
    }

    fn source_book(&self) -> SourceBookSnapshot {
        let state = |(name, events, ago): (&str, u64, i64)| SourceState {
            source: name.to_owned(),
            first_at: self.now.plus_days(-41),
            last_at: self.now.plus_seconds(-ago),
            events,
            not_understood: events / 40,
            usual_gap_seconds: Some(4.2),
            longest_gap_seconds: 300.0,
            skew: Skew::of(if ago == 12 { -480 } else { 0 }),
            days: self.days(name, events / 41),
        };
        SourceBookSnapshot { sources: SOURCES.into_iter().map(state).collect() }
    }

    fn behaviour(&self) -> BehaviourState {
        let kind = |ja: &str, en: &str, days: i64| KindProgress {
            name: Text::new(ja, en),
            speaks_from: Some(self.now.plus_days(days)),
            n_subjects: 214,
            forgotten: 0,
        };
        let kinds = vec![
            kind("院外へ送るデータの量（機器ごと）", "data sent outside, by machine", -6),
            kind("夜間に使う時間（機器ごと）", "hours of use at night, by machine", 8),
        ];
        let unused = |machine: &str, n_nights, person: Option<&str>| OnThoughUnused {
            machine: machine.to_owned(),
            n_nights,
            n_nights_watched: 20,
            last_person: person.map(|name| (self.now.plus_days(-1), name.to_owned())),
            activities: vec![NightActivity::Programs, NightActivity::Network],
            last_at: self.now,
        };
        let progress = Progress { since: Some(self.now.plus_days(-20)), untimely: 12, kinds };
        let on_though_unused =
            vec![unused("reha-pc03", 20, Some("yamada")), unused("10.40.2.15", 17, None)];
        BehaviourState { progress, on_though_unused }
    }

    async fn clock_state(&self) -> ClockState {
        ClockState::Synchronised
    }

    async fn link_state(&self) -> LinkState {
        if self.post.me().kind.is_office() {
            return LinkState::None;
        }
        LinkState::Joined {
            office: "厚生労働省（見本）".to_owned(),
            last_at: Some(self.now.plus_seconds(-50)),
            waiting: 2,
            trouble: None,
        }
    }

    async fn enrol(&self, _: &str, _: &str, _: &PersonId) -> Result<Organisation, Trouble> {
        Ok(self.post.me())
    }

    async fn exchange_now(&self) -> Result<(), Trouble> {
        Ok(())
    }

    async fn profile_saved(&self, _: &Organisation) {}
}

/// The change of roles in the gallery.
pub(super) struct Stage {
    identity: Arc<Identity>,
    people: Vec<(PersonId, String)>,
    addresses: [String; 2],
    here: usize,
}

impl Stage {
    pub(super) const fn new(
        identity: Arc<Identity>,
        people: Vec<(PersonId, String)>,
        addresses: [String; 2],
        here: usize,
    ) -> Self {
        Self { identity, people, addresses, here }
    }
}

#[async_trait]
impl Demo for Stage {
    fn people(&self) -> Vec<DemoPerson> {
        let person = |(person, name): &(PersonId, String)| DemoPerson {
            person: person.clone(),
            label: Text::new(name, name),
        };
        self.people.iter().map(person).collect()
    }

    fn sites(&self) -> Vec<DemoSite> {
        let labels =
            [Text::new("見本市民病院", "Sample hospital"), Text::new("厚生労働省", "Ministry")];
        let sites = labels.into_iter().zip(&self.addresses).enumerate();
        sites
            .map(|(n, (label, address))| DemoSite {
                label,
                address: address.clone(),
                here: n == self.here,
            })
            .collect()
    }

    async fn enter(&self, person: &PersonId) -> Result<String, Trouble> {
        let signed_in = self.identity.sign_in_for_demonstration(person, &Client::default()).await;
        signed_in.map(|signed_in| signed_in.token).map_err(|error| error.trouble())
    }
}

/// Three classes of logs, some of the traffic past its time.
pub(super) struct SampleKeeping(pub(super) Instant);

#[async_trait]
impl Keeping for SampleKeeping {
    async fn state(&self) -> Result<KeepingState, Trouble> {
        let class = |(name, days, events, bytes, ago): (&str, u32, u64, u64, i64)| KeptClass {
            name: name.to_owned(),
            days,
            events,
            bytes,
            oldest_at: self.0.plus_days(-ago),
        };
        let classes = [
            ("records", 1_826, 812_345, 61_000_000, 420),
            ("security", 1_096, 33_019, 4_200_000, 420),
            ("traffic", 400, 4_120_000, 346_800_000, 420),
        ];
        Ok(KeepingState {
            classes: classes.into_iter().map(class).collect(),
            past_events: 196_000,
            past_bytes: 16_500_000,
            holds: 0,
            free_bytes: Some(210_000_000_000),
        })
    }

    async fn let_go(&self, _by: &PersonId) -> Result<LetGo, Trouble> {
        Ok(LetGo { events: 196_000, bytes: 16_500_000 })
    }
}

/// Files that say what would stand in them: setting real ones takes an engine that the screens do not know.
pub(super) struct SamplePrinter;

#[async_trait]
impl Printer for SamplePrinter {
    async fn print(&self, document: Document, paper: Paper) -> Result<Vec<u8>, Trouble> {
        let (title, marks) = (&document.head.title, document.head.marks.join(" / "));
        let lines = [paper.ending().to_owned(), title.clone(), marks, document.stamp()];
        Ok(lines.join("\n").into_bytes())
    }

    async fn fill(&self, document: Document, sheet: &FormSheet) -> Result<Vec<u8>, Trouble> {
        let lines = [sheet.file_name(), document.head.title.clone(), document.stamp()];
        Ok(lines.join("\n").into_bytes())
    }
}

/// The institutions of the sample and eleven invented ones like each of them, so that a case can be told of many.
pub(super) struct SampleRegister(pub(super) Arc<Post>);

#[async_trait]
impl Population for SampleRegister {
    async fn institutions(&self) -> Result<Vec<Organisation>, LedgerError> {
        let known = self.0.organisations().await?;
        let known = known.into_iter().map(|known| known.organisation);
        let like = |one: Organisation| {
            (0..12_u32).map(move |number| match number {
                0 => one.clone(),
                number => Organisation {
                    id: format!("{}-like-{number}", one.id).as_str().into(),
                    name: format!("似た{number}号病院"),
                    ..one.clone()
                },
            })
        };
        Ok(known.filter(|one| one.institution.is_some()).flat_map(like).collect())
    }
}
