//! Mails that were handed in: kept with the log as evidence, listed for people, raised as findings.

use std::sync::Arc;

use async_trait::async_trait;
use sakimori_ledger::{Fact, LedgerError, Put, Store};
use sakimori_words::{
    Chance, Clock, Event, EvidenceRef, Finding, FindingId, Instant, Level, PersonId, Text, Trouble,
    new_uuid7,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Mutex;

use super::addresses::line;
use super::{Examined, House, NotMail, Verdict, examine};
use crate::sources::ocsf::EMAIL;
use crate::{By, Findings, FindingsError, troubles};

/// The source of mails that were handed in, in the log.
pub const MAIL_SOURCE: &str = "sakimori/mail";

/// Mails that were handed in, by id.
const SHELF: &str = "mail";
/// What the house says about itself.
const HOUSE_SHELF: &str = "mail_house";
const HOUSE: &str = "own";
/// Stream of the facts.
const STREAM: &str = "mail";

/// Most domains or names of one list of the house.
pub const NAMES_MAX: usize = 200;

/// Longest of them, in characters.
const NAME_CHARS_MAX: usize = 100;

/// Where the bytes of a mail are kept: the log store.
#[async_trait]
pub trait MailShelf: Send + Sync {
    /// Makes the event durable and says where it is.
    ///
    /// # Errors
    /// When it cannot be kept; nothing was then.
    async fn keep(&self, event: Event) -> Result<EvidenceRef, Trouble>;
}

/// How a mail came here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "via", rename_all = "snake_case")]
pub enum Via {
    /// A signed-in person gave the file.
    Screen,
    /// Somebody forwarded it to the address whose mails the mail server drops here.
    Folder,
}

/// A mail that was handed in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HandedIn {
    /// Its id; later ones sort behind earlier ones.
    pub id: String,
    /// When.
    pub at: Instant,
    /// Who handed it in; of a forwarded one `system`.
    pub by: PersonId,
    /// Their name then; of a forwarded one the address that forwarded it, as the mail claims.
    pub by_name: String,
    /// How.
    pub via: Via,
    /// Name of the file.
    pub file: String,
    /// What was found.
    pub examined: Examined,
    /// Where its bytes are.
    pub evidence: EvidenceRef,
    /// The finding that was raised, when one was.
    pub finding: Option<FindingId>,
}

/// Why the desk could not do it.
#[derive(Debug, thiserror::Error)]
pub enum MailDeskError {
    /// It is no mail.
    #[error(transparent)]
    NotMail(#[from] NotMail),
    /// No mail has that id.
    #[error("no mail `{id}` was handed in")]
    Unknown {
        /// The id, cut.
        id: String,
    },
    /// A domain, name or number of the house cannot be used.
    #[error("`{what}` cannot be used")]
    House {
        /// What was typed, cut.
        what: String,
    },
    /// The log store did not take it.
    #[error("the log did not take the mail: {}", .0.detail)]
    Shelf(Trouble),
    /// The examination broke off.
    #[error("the mail could not be examined to the end")]
    BrokeOff,
    /// The ledger failed.
    #[error("the ledger did not keep or give the mail")]
    Ledger(#[from] LedgerError),
    /// The finding could not be kept.
    #[error("the finding could not be kept")]
    Finding(#[from] FindingsError),
}

impl MailDeskError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::NotMail(error) => error.trouble(),
            Self::Unknown { .. } => Trouble::because(&troubles::MAIL_UNKNOWN, self),
            Self::House { .. } => Trouble::because(&troubles::MAIL_HOUSE, self),
            Self::BrokeOff => Trouble::because(&troubles::NOT_MAIL, self),
            Self::Shelf(trouble) => trouble.clone(),
            Self::Ledger(cause) => cause.trouble(),
            Self::Finding(cause) => cause.trouble(),
        }
    }
}

/// Whatever became of a mail before it was kept: who gave it, and how it is called.
#[derive(Clone, Copy, Debug)]
pub struct Handing<'a> {
    /// Who.
    pub by: By<'a>,
    /// How.
    pub via: &'a Via,
    /// Name of the file.
    pub file: &'a str,
}

/// The desk that takes suspicious mail in.
pub struct MailDesk {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    findings: Arc<Findings>,
    shelf: Arc<dyn MailShelf>,
    /// One examination at a time: each may hold several copies of a large mail.
    turn: Mutex<()>,
}

impl MailDesk {
    /// A desk over the ledger that keeps bytes on `shelf` and raises `findings`.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
        findings: Arc<Findings>,
        shelf: Arc<dyn MailShelf>,
    ) -> Self {
        Self { store, clock, chance, findings, shelf, turn: Mutex::new(()) }
    }

    /// What the house says about itself; nothing before anybody said it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn house(&self) -> Result<House, MailDeskError> {
        match self.store.get(HOUSE_SHELF, HOUSE).await? {
            Some(record) => Ok(record.read()?),
            None => Ok(House::default()),
        }
    }

    /// Keeps what the house says about itself.
    ///
    /// # Errors
    /// [`MailDeskError::House`] with what cannot be used, or the ledger's.
    pub async fn describe(&self, house: House, by: By<'_>) -> Result<House, MailDeskError> {
        let house = checked(house)?;
        let at = self.clock.now();
        let fact = Fact::new(STREAM, "mail_house_described", at, by.person.as_str(), &house)?
            .put(Put::new(HOUSE_SHELF, HOUSE, &house)?);
        self.store.commit(vec![fact]).await?;
        Ok(house)
    }

    /// Examines a mail, keeps it, and raises a finding when there is something to it.
    ///
    /// # Errors
    /// When it is no mail, or cannot be kept. The bytes are kept first: after an error they may be in the log already.
    pub async fn hand_in(
        &self,
        bytes: Vec<u8>,
        handing: Handing<'_>,
    ) -> Result<HandedIn, MailDeskError> {
        let _turn = self.turn.lock().await;
        let house = self.house().await?;
        // Hashing and decoding fifteen megabytes takes its time; other requests do not wait for it.
        let work = tokio::task::spawn_blocking(move || (examine(&bytes, &house), bytes));
        let (examined, bytes) = work.await.map_err(|_| MailDeskError::BrokeOff)?;
        let examined = examined?;
        let at = self.clock.now();
        let by_name = match (handing.via, &examined.forwarded_by) {
            (Via::Folder, Some(by)) => by.shown(),
            _ => line(handing.by.name),
        };
        let event = event(&examined, bytes, &by_name, at);
        let evidence = self.shelf.keep(event).await.map_err(MailDeskError::Shelf)?;
        let finding = self.raise(&examined, &evidence, at).await?;
        let handed = HandedIn {
            id: new_uuid7(at, &*self.chance),
            at,
            by: handing.by.person.clone(),
            by_name,
            via: handing.via.clone(),
            file: line(handing.file),
            examined,
            evidence,
            finding,
        };
        self.store.commit(vec![fact(&handed)?]).await?;
        Ok(handed)
    }

    /// The mail of that id.
    ///
    /// # Errors
    /// When there is none, or the ledger fails.
    pub async fn get(&self, id: &str) -> Result<HandedIn, MailDeskError> {
        let unknown = || MailDeskError::Unknown { id: line(id) };
        let record = self.store.get(SHELF, id).await?.ok_or_else(unknown)?;
        Ok(record.read()?)
    }

    /// Mails that were handed in, the newest first; those before `before`.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn list(
        &self,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<HandedIn>, MailDeskError> {
        let records = self.store.list_latest(SHELF, before, limit).await?;
        Ok(records.iter().map(sakimori_ledger::Record::read).collect::<Result<_, _>>()?)
    }

    async fn raise(
        &self,
        examined: &Examined,
        evidence: &EvidenceRef,
        at: Instant,
    ) -> Result<Option<FindingId>, MailDeskError> {
        let Some(finding) = finding(examined, evidence, at) else { return Ok(None) };
        let rule = finding.rule_id.clone();
        let user = finding.user.clone();
        let kept = self.findings.keep(vec![finding]).await?;
        if let Some(kept) = kept.first() {
            return Ok(Some(kept.finding.id.clone()));
        }
        // It joined a finding that is known already: the newest of that sender, on the list or held back by an exception.
        for which in [crate::Which::Open, crate::Which::HeldBack] {
            let known = self.findings.list(which, None, 100).await?;
            let same = known
                .into_iter()
                .find(|kept| kept.finding.rule_id == rule && kept.finding.user == user);
            if let Some(same) = same {
                return Ok(Some(same.finding.id));
            }
        }
        Ok(None)
    }
}

fn fact(handed: &HandedIn) -> Result<Fact, LedgerError> {
    let examined = &handed.examined;
    let body = json!({
        "id": handed.id,
        "verdict": examined.verdict,
        "digest": examined.digest,
        "evidence": handed.evidence,
        "finding": handed.finding,
    });
    let fact = Fact::new(STREAM, "mail_handed_in", handed.at, handed.by.as_str(), &body)?;
    Ok(fact.put(Put::new(SHELF, &handed.id, handed)?))
}

/// The event that carries the bytes. Its reading is what was examined, so that a search finds the mail by sender and subject.
fn event(examined: &Examined, bytes: Vec<u8>, by_name: &str, at: Instant) -> Event {
    let mut event = Event {
        source: MAIL_SOURCE.to_owned(),
        received_at: at,
        time: at,
        raw: bytes,
        product: "sakimori".to_owned(),
        service: "mail".to_owned(),
        class_uid: EMAIL,
        activity: "hand_in".to_owned(),
        message: summary(examined),
        ..Event::default()
    };
    let fields = [
        ("verdict", examined.verdict.as_str()),
        ("from", examined.sender()),
        ("subject", &examined.subject),
        ("message-id", &examined.message_id),
        ("handed_in_by", by_name),
    ];
    for (name, text) in fields {
        event.src.push(name, text);
    }
    event.src.push("sha256", &examined.digest.to_string());
    event
}

fn summary(examined: &Examined) -> String {
    let from = examined.from.first().map(super::Address::shown).unwrap_or_default();
    format!("{from}: {}", examined.subject)
}

/// The finding that a mail is worth; none when nothing was found in it.
fn finding(examined: &Examined, evidence: &EvidenceRef, at: Instant) -> Option<Finding> {
    let (level, title) = match examined.verdict {
        Verdict::NothingFound => return None,
        Verdict::Suspicious => (
            Level::Medium,
            Text::new("職員が不審なメールを届け出ました", "staff handed in a suspicious mail"),
        ),
        Verdict::Dangerous => (
            Level::High,
            Text::new("職員が危険なメールを届け出ました", "staff handed in a dangerous mail"),
        ),
    };
    let named = examined.signs.iter().take(3);
    let (ja, en): (Vec<&str>, Vec<&str>) =
        named.map(|sign| (sign.words.ja.as_str(), sign.words.en.as_str())).unzip();
    Some(Finding {
        id: FindingId::from(""),
        time: at,
        found_at: at,
        rule_id: format!("sakimori-mail-{}", examined.verdict.as_str()),
        title,
        reason: Text::new(format!("{}。", ja.join("。")), format!("{}.", en.join("; "))),
        next_step: Text::new(
            "「不審メール」の画面でそのメールを開き、「ほかに届いた人」を調べて、全員に開かないよう伝えてください。開いた人がいれば、そのパソコンのLANケーブルを抜き（電源は切らない）、「疑い」を開いてください。",
            "Open the mail under “Suspicious mail”, look who else got it, and tell all of them not to open it. If anybody has, unplug that computer's network cable (leave it on) and open a suspicion.",
        ),
        level,
        tags: vec!["attack.t1566".to_owned()],
        author: "Sakimori".to_owned(),
        clause: String::new(),
        source: MAIL_SOURCE.to_owned(),
        host: String::new(),
        user: examined.sender().to_owned(),
        involved: Vec::new(),
        summary: summary(examined),
        evidence: vec![evidence.clone()],
    })
}

fn checked(house: House) -> Result<House, MailDeskError> {
    let domains = |names: Vec<String>| {
        let names = names.iter().map(|name| name.trim().trim_start_matches('@').to_lowercase());
        names.filter(|name| !name.is_empty()).map(domain).collect::<Result<Vec<_>, _>>()
    };
    let people = house.people.iter().map(|name| name.trim().to_owned());
    let people: Vec<String> = people.filter(|name| !name.is_empty()).collect();
    let house = House {
        own_domains: domains(house.own_domains)?,
        partners: domains(house.partners)?,
        people,
        phone: house.phone.trim().to_owned(),
    };
    match unfit(&house) {
        Some(what) => Err(MailDeskError::House { what: line(what) }),
        None => Ok(house),
    }
}

/// A text that is too long, or the last one of a list that is.
fn unfit(house: &House) -> Option<&str> {
    let lists = [&house.own_domains, &house.partners, &house.people];
    let mut all = lists.iter().flat_map(|list| list.iter()).chain([&house.phone]);
    let long = all.find(|text| text.chars().count() > NAME_CHARS_MAX);
    let full = || lists.iter().find(|list| list.len() > NAMES_MAX).and_then(|list| list.last());
    long.or_else(full).map(String::as_str)
}

fn domain(name: String) -> Result<String, MailDeskError> {
    let plain = name.chars().all(|sign| sign.is_alphanumeric() || matches!(sign, '.' | '-'));
    let labels_fit = name.split('.').all(|label| !label.is_empty());
    if plain && labels_fit && name.contains('.') {
        Ok(name)
    } else {
        Err(MailDeskError::House { what: line(&name) })
    }
}

/// Where nothing can be kept: an office has no log.
pub struct NoShelf;

#[async_trait]
impl MailShelf for NoShelf {
    async fn keep(&self, event: Event) -> Result<EvidenceRef, Trouble> {
        let detail = format!("{} bytes", event.raw.len());
        Err(Trouble::new(&troubles::MAIL_NOWHERE, detail))
    }
}
