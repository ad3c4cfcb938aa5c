//! The office's desk: reports that arrived, their clock, who read them, and what was answered.

use std::sync::{Arc, Mutex};

use sakimori_ledger::{Fact, Put, Record, Store};
use sakimori_words::{
    Chance, Clock, Digest, Instant, MessageId, Organisation, OrganisationId, ReportId,
    SECOND_MICROS, jst_date,
};
use serde::{Deserialize, Serialize};

use super::case::ConcernedInstitution;
use super::link::WrongLinks;
use crate::decide::{may_say, said};
use crate::exchange::{REPLY_MEDIA_TYPE, ReplyV1, ReportV1, reply_format};
use crate::{Actor, Outgoing, RespondError};

/// Received reports by our id.
const RECEIVED: &str = "received_report";
/// `<sender>/<its report id>` → our id: the same report is received once.
const BY_SENDER: &str = "received_report_by_sender";
/// The numbers given out.
const NUMBERS: &str = "received_report_number";
/// How often an act is tried again when somebody else changed the record in between.
pub(super) const ATTEMPTS_MAX: usize = 8;

/// What an office answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyKind {
    /// It arrived; sent by the office's Sakimori at once.
    Delivered,
    /// An officer accepted it (受理).
    Accepted,
    /// An officer asks or sends it back (照会・補正).
    Question,
}

/// That somebody opened a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Who.
    pub by: Actor,
    /// When first.
    pub at: Instant,
}

/// What an officer answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// What.
    pub kind: ReplyKind,
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Instant,
    /// A remark or question; may be empty.
    pub text: String,
}

/// A report as the office received it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedReport {
    /// Our id; ids sort in the order of receiving.
    pub id: ReportId,
    /// Our number for it (受付番号).
    pub number: String,
    /// The organisation whose signature it came under.
    pub from: OrganisationId,
    /// The message it came in.
    pub message: MessageId,
    /// When it came.
    pub received_at: Instant,
    /// Digest of the body as it came.
    pub digest: Digest,
    /// What it says.
    pub report: ReportV1,
    /// The institution it is about, when another office sent it.
    #[serde(default)]
    pub concerning: Option<ConcernedInstitution>,
    /// Who opened it, first time each.
    pub read_by: Vec<Reading>,
    /// What was answered, in order.
    pub replies: Vec<Reply>,
}

impl ReceivedReport {
    /// Whether an officer answered.
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        !self.replies.is_empty()
    }

    /// Seconds from receiving to the first answer of an officer, or until `now`.
    #[must_use]
    pub fn waiting_seconds(&self, now: Instant) -> i64 {
        let until = self.replies.first().map_or(now, |reply| reply.at);
        until.micros_since(self.received_at) / SECOND_MICROS
    }

    /// Seconds the institution took from knowing to our receiving.
    #[must_use]
    pub fn reporting_seconds(&self) -> i64 {
        self.received_at.micros_since(self.report.knew_at()) / SECOND_MICROS
    }
}

/// How a report came in.
pub(super) struct Arrived<'a> {
    /// Whose signature it came under.
    pub(super) from: &'a OrganisationId,
    /// The message it came in.
    pub(super) message: &'a MessageId,
    /// Digest of the body as it came.
    pub(super) digest: Digest,
    /// What the federation knows of the sender.
    pub(super) sender: Option<&'a Organisation>,
}

/// What came of receiving a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reception {
    /// The report.
    pub report: ReceivedReport,
    /// Whether it is new; `false` when it had come before.
    pub new: bool,
    /// The receipt to send back; the same for the same report.
    pub receipt: Outgoing,
}

/// The office's desk.
#[derive(Clone)]
pub struct OfficeDesk {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) chance: Arc<dyn Chance>,
    me: Arc<dyn Fn() -> Organisation + Send + Sync>,
    pub(super) wrong: Arc<Mutex<WrongLinks>>,
}

impl OfficeDesk {
    /// A desk over a store, for the office that `me` describes: asked each time, because an office may be named after its first start.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
        me: impl Fn() -> Organisation + Send + Sync + 'static,
    ) -> Self {
        Self { store, clock, chance, me: Arc::new(me), wrong: Arc::default() }
    }

    /// The office, as it describes itself now.
    pub(super) fn me(&self) -> Organisation {
        (self.me)()
    }

    /// Takes in a report that arrived under the signature of `from`. The same report twice is taken once, with one number.
    ///
    /// # Errors
    /// When it cannot be read, names another sender than the one who signed, or the ledger fails.
    pub async fn receive(
        &self,
        from: &OrganisationId,
        message: &MessageId,
        body: &[u8],
    ) -> Result<Reception, RespondError> {
        self.receive_known(None, from, message, body).await
    }

    /// As [`OfficeDesk::receive`], with what the federation knows of the sender: its case begins with kind, beds and founder.
    ///
    /// # Errors
    /// As [`OfficeDesk::receive`].
    pub async fn receive_known(
        &self,
        sender: Option<&Organisation>,
        from: &OrganisationId,
        message: &MessageId,
        body: &[u8],
    ) -> Result<Reception, RespondError> {
        let report = ReportV1::read(body)?;
        let arrived = Arrived { from, message, digest: Digest::of(body), sender };
        self.take_in(report, None, &arrived).await
    }

    /// Keeps a report under the next number, and its case with it, in one commit.
    pub(super) async fn take_in(
        &self,
        report: ReportV1,
        concerning: Option<ConcernedInstitution>,
        arrived: &Arrived<'_>,
    ) -> Result<Reception, RespondError> {
        let from = arrived.from;
        if report.sender.organisation != from.as_str() {
            let named = report.sender.organisation.chars().take(64).collect();
            return Err(RespondError::WrongSender { named, from: from.to_string() });
        }
        let sent_as = format!("{from}/{}", report.report);
        for _ in 0..ATTEMPTS_MAX {
            if let Some(known) = self.store.get(BY_SENDER, &sent_as).await? {
                let report = self.report(&known.read()?).await?;
                return Ok(Reception { receipt: self.receipt(&report)?, report, new: false });
            }
            let now = self.clock.now();
            let received = ReceivedReport {
                id: ReportId::new(now, self.chance.as_ref()),
                number: self.next_number(now).await?,
                from: from.clone(),
                message: arrived.message.clone(),
                received_at: now,
                digest: arrived.digest,
                report: report.clone(),
                concerning: concerning.clone(),
                read_by: Vec::new(),
                replies: Vec::new(),
            };
            if self.keep_new(&received, &sent_as, arrived.sender).await? {
                let receipt = self.receipt(&received)?;
                return Ok(Reception { report: received, new: true, receipt });
            }
        }
        Err(RespondError::Busy)
    }

    /// A received report.
    ///
    /// # Errors
    /// [`RespondError::Unknown`] when there is none of that id, or the ledger fails.
    pub async fn report(&self, id: &ReportId) -> Result<ReceivedReport, RespondError> {
        Ok(self.record(id).await?.read()?)
    }

    /// Received reports, newest first; those before `before` only.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn reports(
        &self,
        before: Option<&ReportId>,
        limit: usize,
    ) -> Result<Vec<ReceivedReport>, RespondError> {
        let records = self.store.list_latest(RECEIVED, before.map(ReportId::as_str), limit).await?;
        records.iter().map(|record| Ok(record.read()?)).collect()
    }

    /// Opens a report for a person: who read it, and when first, is part of the record.
    ///
    /// # Errors
    /// [`RespondError::Unknown`] when there is none of that id, or the ledger fails.
    pub async fn read(&self, id: &ReportId, by: &Actor) -> Result<ReceivedReport, RespondError> {
        let report = self.report(id).await?;
        if report.read_by.iter().any(|reading| reading.by.person == by.person) {
            return Ok(report);
        }
        self.change(id, "report_read", by, |report, now| {
            report.read_by.push(Reading { by: by.clone(), at: now });
        })
        .await
    }

    /// Answers a report. What is returned has to be handed to the federation.
    ///
    /// # Errors
    /// When a question has no text, the text is endless, there is no such report, or the ledger fails.
    pub async fn reply(
        &self,
        id: &ReportId,
        kind: ReplyKind,
        text: &str,
        by: &Actor,
    ) -> Result<(ReceivedReport, Outgoing), RespondError> {
        let text = match kind {
            ReplyKind::Question => said(text, "text")?,
            ReplyKind::Delivered | ReplyKind::Accepted => may_say(text, "text")?,
        };
        let report = self
            .change(id, "report_answered", by, |report, at| {
                let (by, text) = (by.clone(), text.clone());
                report.replies.push(Reply { kind, by, at, text });
            })
            .await?;
        let outgoing = match report.replies.last() {
            Some(reply) => self.answer(&report, reply)?,
            None => self.receipt(&report)?,
        };
        Ok((report, outgoing))
    }

    /// The automatic receipt of a report: the same bytes every time.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn receipt(&self, report: &ReceivedReport) -> Result<Outgoing, RespondError> {
        self.outgoing(report, ReplyKind::Delivered, report.received_at, "", "")
    }

    /// The message of an officer's answer: the same bytes every time.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn answer(&self, report: &ReceivedReport, reply: &Reply) -> Result<Outgoing, RespondError> {
        self.outgoing(report, reply.kind, reply.at, &reply.by.name, &reply.text)
    }

    /// A word to the institution beside its report, for example how far help is. It goes as a receipt with a text: that is a kind
    /// every released version understands.
    pub(super) fn notice(
        &self,
        report: &ReceivedReport,
        at: Instant,
        officer: &str,
        text: &str,
    ) -> Result<Outgoing, RespondError> {
        self.outgoing(report, ReplyKind::Delivered, at, officer, text)
    }

    /// How many reports were received.
    pub(super) async fn n_received(&self) -> Result<u64, RespondError> {
        Ok(self.store.count(RECEIVED).await?)
    }

    fn outgoing(
        &self,
        report: &ReceivedReport,
        kind: ReplyKind,
        at: Instant,
        officer: &str,
        text: &str,
    ) -> Result<Outgoing, RespondError> {
        let message = ReplyV1 {
            format: reply_format(),
            report: report.report.report.clone(),
            case: report.report.case.clone(),
            office: self.me().name,
            kind,
            number: report.number.clone(),
            at: at.rfc3339(),
            officer: officer.to_owned(),
            text: text.to_owned(),
        };
        let (body, to) = (message.write()?, vec![report.from.clone()]);
        Ok(Outgoing { media_type: REPLY_MEDIA_TYPE, body, to })
    }

    async fn change(
        &self,
        id: &ReportId,
        kind: &'static str,
        by: &Actor,
        change: impl Fn(&mut ReceivedReport, Instant),
    ) -> Result<ReceivedReport, RespondError> {
        for _ in 0..ATTEMPTS_MAX {
            let record = self.record(id).await?;
            let now = self.clock.now();
            let mut report: ReceivedReport = record.read()?;
            change(&mut report, now);
            let put = Put::new(RECEIVED, id.as_str(), &report)?.version(record.version);
            let particulars = serde_json::json!({ "number": report.number, "by": by });
            let fact = Fact::new(stream(id), kind, now, by.person.as_str(), &particulars)?.put(put);
            match self.store.commit(vec![fact]).await {
                Ok(_) => return Ok(report),
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(RespondError::Busy)
    }

    /// Keeps a new report; `false` when the same report or its number was taken in between.
    async fn keep_new(
        &self,
        received: &ReceivedReport,
        sent_as: &str,
        sender: Option<&Organisation>,
    ) -> Result<bool, RespondError> {
        let id = received.id.as_str();
        let actor = format!("org:{}", received.from);
        let particulars = serde_json::json!({
            "number": received.number,
            "message": received.message,
            "digest": received.digest,
        });
        let at = received.received_at;
        let fact = Fact::new(stream(&received.id), "report_received", at, actor, &particulars)?
            .put(Put::new(RECEIVED, id, received)?.absent())
            .put(Put::new(BY_SENDER, sent_as, &received.id)?.absent())
            .put(Put::new(NUMBERS, received.number.as_str(), &received.id)?.absent());
        let mut facts = vec![fact];
        facts.extend(self.filing(received, sender).await?);
        match self.store.commit(facts).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_conflict() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The next number of this year in Japan, e.g. `2026-00001`. Two receptions may get the same; one of them tries again.
    async fn next_number(&self, now: Instant) -> Result<String, RespondError> {
        let year = jst_date(now).year();
        let last = self.store.list_latest(NUMBERS, Some(&format!("{}-", year + 1)), 1).await?;
        let last = last.first().and_then(|record| record.key.strip_prefix(&format!("{year}-")));
        let next = last.and_then(|digits| digits.parse::<u64>().ok()).unwrap_or(0) + 1;
        Ok(format!("{year}-{next:05}"))
    }

    async fn record(&self, id: &ReportId) -> Result<Record, RespondError> {
        let record = self.store.get(RECEIVED, id.as_str()).await?;
        let unknown = || RespondError::Unknown { what: "received report", id: id.to_string() };
        record.ok_or_else(unknown)
    }
}

fn stream(id: &ReportId) -> String {
    format!("received_report/{id}")
}
