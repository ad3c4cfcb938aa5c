//! The one-time link by which a clinic without a node and without an account reports once.
//!
//! An officer makes it for one institution and reads it out or mails it. Only the digest of its token is kept. It works once,
//! for a limited time, and can be taken back; wrong ones are counted and slowed down.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use sakimori_ledger::{Fact, Put};
use sakimori_words::{CaseId, Chance, Digest, Instant, SECOND_MICROS, Text, new_uuid7};
use serde::{Deserialize, Serialize};

use super::case::{Awareness, ConcernedInstitution, EntryHeading, OfficeCase};
use super::decide::{OfficeChange, blank, entry, must_be_open, opened};
use super::error::OfficeError;
use super::received::{ATTEMPTS_MAX, OfficeDesk};
use crate::decide::{may_say, said};
use crate::{Actor, Moment, Passage, RespondError, patient_passages};

/// Longest time a link works, in hours: a clinic that was told on Friday evening can still report on Monday.
pub const LINK_HOURS_MAX: u32 = 96;

/// Links by id.
const LINKS: &str = "office_link";
/// Digest of a token → id of the link.
const BY_TOKEN: &str = "office_link_by_token";
/// Most links a list shows.
const LINKS_MAX: usize = 500;
/// Characters of a token. 20 of 30 letters are 98 bits.
const TOKEN_CHARS: usize = 20;
/// Letters that are not mistaken for each other when they are read out or written down: no I, L, O, U, 0, 1.
const LETTERS: &[u8; 30] = b"ABCDEFGHJKMNPQRSTVWXYZ23456789";
/// How many letters there are.
const N_LETTERS: u8 = 30;
/// Wrong links from one address within [`WINDOW_SECONDS`] before it has to wait.
const WRONG_MAX: usize = 10;
/// Wrong links from everywhere within [`WINDOW_SECONDS`] before everybody has to wait.
const WRONG_IN_ALL_MAX: usize = 300;
/// How long a wrong link counts.
const WINDOW_SECONDS: i64 = 600;

/// What an officer asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLink {
    /// For which institution.
    pub institution: ConcernedInstitution,
    /// The case it shall fill; `None`: the report opens one.
    pub case: Option<CaseId>,
    /// How many hours it works.
    pub hours: u32,
    /// Whether it is an exercise.
    pub exercise: bool,
}

/// How a link stands. Whether it has expired is read off the clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LinkState {
    /// It can be used.
    Open,
    /// It was used.
    Used {
        /// When.
        at: Instant,
        /// The case that holds what was sent.
        case: CaseId,
        /// The receipt number the clinic was given.
        receipt: String,
    },
    /// It was taken back.
    Revoked {
        /// When.
        at: Instant,
        /// By whom.
        by: Actor,
    },
}

/// A one-time link. The token itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyLink {
    /// Its id.
    pub id: String,
    /// Digest of its token.
    pub token: Digest,
    /// For which institution.
    pub institution: ConcernedInstitution,
    /// The case it fills; `None`: it opens one.
    pub case: Option<CaseId>,
    /// Who made it.
    pub made_by: Actor,
    /// When.
    pub made_at: Instant,
    /// Until when it works.
    pub expires_at: Instant,
    /// Whether it is an exercise.
    pub exercise: bool,
    /// How it stands.
    pub state: LinkState,
}

impl EmergencyLink {
    /// Whether it can be used at `now`.
    #[must_use]
    pub fn works(&self, now: Instant) -> bool {
        matches!(self.state, LinkState::Open) && now < self.expires_at
    }
}

/// What stopped, of the things a clinic can tell at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// 電子カルテ.
    Records,
    /// レセプト・会計.
    Billing,
    /// 検査・画像.
    Examinations,
    /// インターネット・メール.
    Network,
    /// 電話.
    Telephone,
    /// 診療そのもの.
    Care,
}

impl Stopped {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 6] = [
        Self::Records,
        Self::Billing,
        Self::Examinations,
        Self::Network,
        Self::Telephone,
        Self::Care,
    ];

    /// What stopped, in plain words.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::Records => Text::new("電子カルテ", "Electronic records"),
            Self::Billing => Text::new("会計・レセプト", "Billing"),
            Self::Examinations => Text::new("検査・画像", "Examinations and images"),
            Self::Network => Text::new("インターネット・メール", "Internet and mail"),
            Self::Telephone => Text::new("電話", "Telephone"),
            Self::Care => Text::new("診療の一部又は全部", "Care, in part or in full"),
        }
    }

    /// What stopped, as it is stored: `records`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Billing => "billing",
            Self::Examinations => "examinations",
            Self::Network => "network",
            Self::Telephone => "telephone",
            Self::Care => "care",
        }
    }
}

/// What a clinic sends. There is no field for a patient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmergencyReport {
    /// What happened, in its own words.
    pub what: String,
    /// Since when, in its own words.
    pub since: String,
    /// What stopped.
    pub stopped: Vec<Stopped>,
    /// Who may be called back.
    pub contact: String,
    /// Under which number.
    pub phone: String,
    /// Whether it agrees that offices share this.
    pub consent: bool,
    /// Whether the sender was shown what may name a patient and says that it does not.
    pub names_no_patient: bool,
}

/// What a clinic gets back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkReceipt {
    /// The receipt number (受付番号).
    pub number: String,
    /// When it was received.
    pub at: Instant,
    /// The case that holds it.
    pub case: CaseId,
}

/// Wrong links, by the address they came from. Bounded: old ones are forgotten, and above a limit everybody waits.
#[derive(Debug, Default)]
pub(super) struct WrongLinks {
    at: BTreeMap<String, Vec<Instant>>,
}

impl WrongLinks {
    /// Seconds to wait; `None` when one may go on.
    fn wait(&mut self, source: &str, now: Instant) -> Option<i64> {
        self.at.retain(|_, times| {
            times.retain(|at| now.micros_since(*at) < WINDOW_SECONDS * SECOND_MICROS);
            !times.is_empty()
        });
        let own = self.at.get(source).map_or(0, Vec::len);
        let all: usize = self.at.values().map(Vec::len).sum();
        (own >= WRONG_MAX || all >= WRONG_IN_ALL_MAX).then_some(WINDOW_SECONDS)
    }

    fn note(&mut self, source: &str, now: Instant) {
        self.at.entry(source.chars().take(100).collect()).or_default().push(now);
    }
}

impl OfficeDesk {
    /// Makes a link. The token is returned once and not kept.
    ///
    /// # Errors
    /// When no institution is named, the case is not open, or the ledger fails.
    pub async fn make_link(
        &self,
        new: &NewLink,
        by: &Actor,
    ) -> Result<(EmergencyLink, String), RespondError> {
        let mut institution = new.institution.clone();
        institution.name = said(&institution.name, "name")?;
        if let Some(case) = &new.case {
            must_be_open(&self.read_case(case).await?.file.case)?;
        }
        let now = self.clock.now();
        let token = new_token(self.chance.as_ref());
        let hours = i64::from(new.hours.clamp(1, LINK_HOURS_MAX));
        let link = EmergencyLink {
            id: new_uuid7(now, self.chance.as_ref()),
            token: digest_of(&token),
            institution,
            case: new.case.clone(),
            made_by: by.clone(),
            made_at: now,
            expires_at: now.plus_seconds(hours * 3_600),
            exercise: new.exercise,
            state: LinkState::Open,
        };
        let particulars = serde_json::json!({ "institution": link.institution.name });
        let fact = Fact::new(stream(&link.id), "link_made", now, by.person.as_str(), &particulars)?
            .put(Put::new(LINKS, link.id.as_str(), &link)?.absent())
            .put(Put::new(BY_TOKEN, link.token.to_string(), &link.id)?.absent());
        self.store.commit(vec![fact]).await?;
        Ok((link, spaced(&token)))
    }

    /// Links, newest first.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn links(&self) -> Result<Vec<EmergencyLink>, RespondError> {
        let records = self.store.list_latest(LINKS, None, LINKS_MAX).await?;
        records.iter().map(|record| Ok(record.read()?)).collect()
    }

    /// Takes a link back.
    ///
    /// # Errors
    /// [`OfficeError::LinkUnusable`] when it was used or taken back already; when the ledger fails.
    pub async fn revoke_link(&self, id: &str, by: &Actor) -> Result<EmergencyLink, RespondError> {
        let (mut link, version) = self.link(id).await?;
        if !matches!(link.state, LinkState::Open) {
            return Err(OfficeError::LinkUnusable.into());
        }
        let now = self.clock.now();
        link.state = LinkState::Revoked { at: now, by: by.clone() };
        let put = Put::new(LINKS, id, &link)?.version(version);
        let fact =
            Fact::new(stream(id), "link_revoked", now, by.person.as_str(), &serde_json::json!({}))?;
        match self.store.commit(vec![fact.put(put)]).await {
            Ok(_) => Ok(link),
            Err(error) if error.is_conflict() => Err(OfficeError::LinkUnusable.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// The link of a token somebody typed at `source` (an address).
    ///
    /// # Errors
    /// [`OfficeError::LinkUnusable`] when there is none that works; [`OfficeError::TooManyAttempts`] after too many of those.
    pub async fn link_of(&self, token: &str, source: &str) -> Result<EmergencyLink, RespondError> {
        Ok(self.usable(token, source).await?.0)
    }

    /// Takes a clinic's report in: the officer's case opens, or the one the link was made for gains it. The link is used up.
    ///
    /// # Errors
    /// As [`OfficeDesk::link_of`]; when something is missing, consent is not given, or the text may name a patient.
    pub async fn send_emergency(
        &self,
        token: &str,
        source: &str,
        report: &EmergencyReport,
    ) -> Result<LinkReceipt, RespondError> {
        let report = self.fit(report)?;
        let sender = Actor::new("emergency-link", &*report.contact, "");
        for _ in 0..ATTEMPTS_MAX {
            let (link, version) = self.usable(token, source).await?;
            let (change, versions) = self.taken_in(&link, &report, &sender).await?;
            let (case, now) = (&change.case, change.case.heard_at);
            let number = case.emergency_receipt.clone();
            let receipt = LinkReceipt { number: number.clone(), at: now, case: case.id.clone() };
            let used = EmergencyLink {
                state: LinkState::Used { at: now, case: case.id.clone(), receipt: number },
                ..link.clone()
            };
            let put = Put::new(LINKS, link.id.as_str(), &used)?.version(version);
            if self.commit_change(&change, &versions, vec![put], &sender).await? {
                return Ok(receipt);
            }
        }
        Err(RespondError::Busy)
    }

    /// What in the report may name a patient.
    #[must_use]
    pub fn suspects(&self, texts: &[&str]) -> Vec<Passage> {
        texts.iter().flat_map(|text| patient_passages(text)).collect()
    }

    /// The report with its texts trimmed and checked.
    fn fit(&self, report: &EmergencyReport) -> Result<EmergencyReport, RespondError> {
        let report = EmergencyReport {
            what: said(&report.what, "text")?,
            since: may_say(&report.since, "since")?,
            contact: said(&report.contact, "contact")?,
            phone: said(&report.phone, "phone")?,
            ..report.clone()
        };
        if !report.consent {
            return Err(OfficeError::NoConsent.into());
        }
        let n_places = self.suspects(&[&report.what, &report.since]).len();
        if n_places > 0 && !report.names_no_patient {
            return Err(OfficeError::MayNamePatient { n_places }.into());
        }
        Ok(report)
    }

    async fn taken_in(
        &self,
        link: &EmergencyLink,
        report: &EmergencyReport,
        sender: &Actor,
    ) -> Result<(OfficeChange, Vec<u64>), RespondError> {
        let moment = self.moment(sender);
        if let Some(id) = &link.case {
            let read = self.read_case(id).await?;
            return Ok((filled(read.file.case, link, report, moment), vec![read.version]));
        }
        let number = self.next_case_number(moment.now).await?;
        let mut case = blank(&link.institution, moment.now, self.me().kind, &number, moment);
        case.awareness = Awareness::EmergencyLink;
        case.awareness_detail.clone_from(&report.contact);
        case.title = format!("{}からの緊急報告", link.institution.name);
        case.damage.clone_from(&report.what);
        case.care_impact = stopped_words(report).ja;
        case.exercise = link.exercise;
        let first = opened(case, "office_case_opened", moment);
        let change = filled(first.case, link, report, moment).after(first.entries);
        Ok((OfficeChange { kind: "office_case_opened", ..change }, Vec::new()))
    }

    async fn usable(
        &self,
        token: &str,
        source: &str,
    ) -> Result<(EmergencyLink, u64), RespondError> {
        let now = self.clock.now();
        let wait = self.wrong.lock().unwrap_or_else(PoisonError::into_inner).wait(source, now);
        if let Some(wait_seconds) = wait {
            return Err(OfficeError::TooManyAttempts { wait_seconds }.into());
        }
        let digest = digest_of(&plain(token));
        if let Some(record) = self.store.get(BY_TOKEN, &digest.to_string()).await? {
            let (link, version) = self.link(&record.read::<String>()?).await?;
            if link.works(now) {
                return Ok((link, version));
            }
        }
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).note(source, now);
        Err(OfficeError::LinkUnusable.into())
    }

    async fn link(&self, id: &str) -> Result<(EmergencyLink, u64), RespondError> {
        let record = self.store.get(LINKS, id).await?;
        let unknown = || RespondError::Unknown { what: "link", id: id.to_owned() };
        let record = record.ok_or_else(unknown)?;
        Ok((record.read()?, record.version))
    }
}

/// The case with what the clinic sent.
fn filled(
    case: OfficeCase,
    link: &EmergencyLink,
    report: &EmergencyReport,
    moment: Moment<'_>,
) -> OfficeChange {
    let mut after = case;
    after.heard_at = moment.now;
    after.institution.phone.clone_from(&report.phone);
    after.emergency_receipt = format!("E-{}", link.id.chars().take(13).collect::<String>());
    let mut lines = vec![entry(EntryHeading::Damage, told(report), moment)];
    lines.push(entry(EntryHeading::Response, stopped_words(report), moment));
    let number = &after.emergency_receipt;
    let text = Text::new(
        format!(
            "緊急報告フォームを受信（受付番号 {number}）。連絡先: {} {}",
            report.contact, report.phone
        ),
        format!(
            "Emergency form received (receipt number {number}). Call back: {} {}",
            report.contact, report.phone
        ),
    );
    OfficeChange::new("office_emergency_received", after, text, moment).after(lines)
}

fn told(report: &EmergencyReport) -> Text {
    if report.since.is_empty() {
        return Text::new(&*report.what, &*report.what);
    }
    Text::new(
        format!("{}（いつから: {}）", report.what, report.since),
        format!("{} (since: {})", report.what, report.since),
    )
}

fn stopped_words(report: &EmergencyReport) -> Text {
    if report.stopped.is_empty() {
        return Text::new("止まっているもの: 申告なし", "Nothing was named as stopped");
    }
    let words: Vec<Text> = report.stopped.iter().map(|one| one.words()).collect();
    let ja: Vec<&str> = words.iter().map(|text| text.ja.as_str()).collect();
    let en: Vec<&str> = words.iter().map(|text| text.en.as_str()).collect();
    Text::new(format!("止まっているもの: {}", ja.join("、")), format!("Stopped: {}", en.join(", ")))
}

/// A token that can be read out on the telephone.
fn new_token(chance: &dyn Chance) -> String {
    let mut token = String::new();
    while token.len() < TOKEN_CHARS {
        let mut byte = [0_u8; 32];
        chance.fill(&mut byte);
        // Only the first 240 values, so that every letter is as likely.
        let fair = byte.iter().rev().filter(|byte| **byte < 240).map(|byte| byte % N_LETTERS);
        let letters = fair.filter_map(|index| LETTERS.get(usize::from(index)));
        token.extend(letters.map(|letter| char::from(*letter)));
    }
    token.truncate(TOKEN_CHARS);
    token
}

/// The token as people see it: groups of five.
fn spaced(token: &str) -> String {
    let letters: Vec<char> = token.chars().collect();
    let groups: Vec<String> = letters.chunks(5).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

/// What somebody typed, as a token: capitals, without what separates groups, full-width letters made narrow.
fn plain(typed: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    typed
        .chars()
        .take(100)
        .map(narrow)
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

fn digest_of(token: &str) -> Digest {
    Digest::of(format!("sakimori.office-link/1 {token}").as_bytes())
}

fn stream(id: &str) -> String {
    format!("office_link/{id}")
}
