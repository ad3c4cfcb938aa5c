//! The record of one incident at an institution as an office knows it.
//!
//! It has no field for a patient. What the institution's own case holds stays there: the office has what was submitted to it,
//! what it was told, and what it did.

use sakimori_words::{
    CaseId, Founder, Instant, InstitutionKind, Organisation, OrganisationId, ReportId, Text,
};
use serde::{Deserialize, Serialize};

use super::dispatch::Dispatch;
use super::received::Reading;
use super::tasks::OfficeTask;
use crate::{Actor, Obligation, Report};

/// After so many minutes an office is reminded that the report to the ministry is open.
///
/// The notice says 速やかに (S1-8) and no number; 180 minutes is Sakimori's own aim, the same as an institution's.
pub const REPORT_UP_REMIND_MINUTES: i64 = 180;

/// How an office came to know of an incident (把握の経路; S1-8, S1-9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Awareness {
    /// The institution reported.
    InstitutionReport,
    /// The institution's press release (報道発表).
    PressRelease,
    /// Media.
    Media,
    /// The police.
    Police,
    /// A clinic without a node called.
    ClinicCall,
    /// A clinic filled in the form behind a one-time link.
    EmergencyLink,
    /// Another office.
    OtherOffice,
}

impl Awareness {
    /// All of them, in the order of screens.
    pub const ALL: [Self; 7] = [
        Self::InstitutionReport,
        Self::PressRelease,
        Self::Media,
        Self::Police,
        Self::ClinicCall,
        Self::EmergencyLink,
        Self::OtherOffice,
    ];

    /// The way in words.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::InstitutionReport => Text::new("医療機関等の報告", "Report of the institution"),
            Self::PressRelease => Text::new("医療機関等の報道発表", "Press release"),
            Self::Media => Text::new("報道", "Media"),
            Self::Police => Text::new("警察からの情報", "Police"),
            Self::ClinicCall => Text::new("医療機関等からの電話", "Telephone call"),
            Self::EmergencyLink => Text::new("緊急報告フォーム", "Emergency form"),
            Self::OtherOffice => Text::new("他の行政機関からの情報", "Another office"),
        }
    }

    /// The way as it is stored: `press_release`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InstitutionReport => "institution_report",
            Self::PressRelease => "press_release",
            Self::Media => "media",
            Self::Police => "police",
            Self::ClinicCall => "clinic_call",
            Self::EmergencyLink => "emergency_link",
            Self::OtherOffice => "other_office",
        }
    }
}

/// Who answers for a municipal hospital beside the hospital itself (S1-10).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatingBody {
    /// The municipality and its department, e.g. `見本市 健康福祉部 病院事業課`.
    pub name: String,
    /// Whom to ask for.
    pub person: String,
    /// Telephone.
    pub phone: String,
}

impl OperatingBody {
    /// Whether nobody was named.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.name.is_empty() && self.person.is_empty() && self.phone.is_empty()
    }
}

/// The institution an incident is at, as the office knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcernedInstitution {
    /// Its id when it is connected.
    #[serde(default)]
    pub organisation: Option<OrganisationId>,
    /// Its name.
    pub name: String,
    /// What it is, when known.
    #[serde(default)]
    pub kind: Option<InstitutionKind>,
    /// Permitted beds, when known.
    #[serde(default)]
    pub beds: Option<u32>,
    /// Whether a municipality founded it (自治体立病院).
    #[serde(default)]
    pub municipal: bool,
    /// Telephone; may be empty.
    #[serde(default)]
    pub phone: String,
    /// The operating body; empty when there is none or it is not known.
    #[serde(default)]
    pub operating_body: OperatingBody,
}

impl From<&Organisation> for ConcernedInstitution {
    fn from(organisation: &Organisation) -> Self {
        let profile = organisation.institution.as_ref();
        Self {
            organisation: Some(organisation.id.clone()),
            name: organisation.name.clone(),
            kind: profile.map(|profile| profile.kind),
            beds: profile.map(|profile| profile.permitted_beds),
            municipal: profile.is_some_and(|profile| profile.founder == Founder::Municipality),
            ..Self::default()
        }
    }
}

impl ConcernedInstitution {
    /// Whether both name the same institution: by id where both have one, else by the name without blanks.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        let bare = |name: &str| name.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        match (&self.organisation, &other.organisation) {
            (Some(own), Some(their)) => own == their,
            _ => !self.name.trim().is_empty() && bare(&self.name) == bare(&other.name),
        }
    }
}

/// What an officer types when the office learns of an incident by another way than a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entering {
    /// How it became known.
    pub awareness: Awareness,
    /// Which paper, which caller, which police station; may be empty.
    pub awareness_detail: String,
    /// Where.
    pub institution: ConcernedInstitution,
    /// A short title; empty: made from the institution's name.
    pub title: String,
    /// What is known of the damage (被害).
    pub damage: String,
    /// What is known of the impact on care.
    pub care_impact: String,
    /// When the office knew; `None`: now. Never later than now.
    pub known_at: Option<Instant>,
    /// Whether it is an exercise.
    pub exercise: bool,
}

/// Where the office's handling stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum OfficeState {
    /// Somebody works on it.
    Open,
    /// Finished.
    Closed {
        /// When.
        at: Instant,
        /// By whom.
        by: Actor,
        /// How it ended.
        reason: String,
    },
    /// It is the same incident as another case and goes on there.
    Joined {
        /// The case it goes on in.
        into: CaseId,
        /// When.
        at: Instant,
        /// By whom.
        by: Actor,
        /// Why.
        reason: String,
    },
}

/// What an entry belongs to: an act of the office, or one of the four headings of an investigation (S1-12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryHeading {
    /// Something that was done here.
    Act,
    /// 被害状況.
    Damage,
    /// 対応状況.
    Response,
    /// 復旧状況.
    Recovery,
    /// 再発防止策.
    Prevention,
}

impl EntryHeading {
    /// The four headings of an investigation.
    pub const INVESTIGATION: [Self; 4] =
        [Self::Damage, Self::Response, Self::Recovery, Self::Prevention];

    /// The heading in words.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::Act => Text::new("経過", "Course"),
            Self::Damage => Text::new("被害状況", "Damage"),
            Self::Response => Text::new("対応状況", "Response"),
            Self::Recovery => Text::new("復旧状況", "Recovery"),
            Self::Prevention => Text::new("再発防止策", "Prevention of recurrence"),
        }
    }

    /// The heading as it is stored: `damage`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Act => "act",
            Self::Damage => "damage",
            Self::Response => "response",
            Self::Recovery => "recovery",
            Self::Prevention => "prevention",
        }
    }
}

/// One dated line of the record. It is never edited: a later one corrects it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficeEntry {
    /// Its id; ids sort in the order of recording.
    pub id: String,
    /// What it belongs to.
    pub heading: EntryHeading,
    /// When it happened.
    pub at: Instant,
    /// When it was written down.
    pub recorded_at: Instant,
    /// By whom.
    pub by: Actor,
    /// What.
    pub text: Text,
    /// The entry it corrects.
    #[serde(default)]
    pub corrects: Option<String>,
}

/// Guidance or advice given to the institution (指導・助言).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guidance {
    /// Its id within the case.
    pub id: String,
    /// What it asks for.
    pub what: String,
    /// On which basis, e.g. `医療法第25条第1項`; may be empty for advice.
    pub basis: String,
    /// Until when an answer is expected.
    pub due_at: Option<Instant>,
    /// When it was given.
    pub given_at: Instant,
    /// By whom.
    pub given_by: Actor,
    /// Whether it left through the federation, as a question to the institution's report.
    pub sent: bool,
    /// What the institution answered.
    pub answer: Option<GuidanceAnswer>,
}

/// What an institution answered to guidance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuidanceAnswer {
    /// When.
    pub at: Instant,
    /// Who wrote it down.
    pub by: Actor,
    /// What.
    pub text: String,
}

/// One incident at an institution as the office knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficeCase {
    /// Its id; ids sort in the order of opening.
    pub id: CaseId,
    /// The office's number for it, e.g. `C2026-0001`.
    pub number: String,
    /// Title (件名).
    pub title: String,
    /// How the office first came to know.
    pub awareness: Awareness,
    /// Which paper, which caller; may be empty.
    pub awareness_detail: String,
    /// Where.
    pub institution: ConcernedInstitution,
    /// Whether it is an exercise.
    pub exercise: bool,
    /// When the office knew: the anchor of its clock. Moves only when a case known earlier is joined.
    pub known_at: Instant,
    /// When it was opened here.
    pub opened_at: Instant,
    /// By whom.
    pub opened_by: Actor,
    /// What is known of the damage, as first learnt.
    pub damage: String,
    /// What is known of the impact on care, as first learnt.
    pub care_impact: String,
    /// Where the handling stands.
    pub state: OfficeState,
    /// Duties of the office: the report to the ministry (S1-8). Empty at the ministry and at CEPTOAR bodies.
    pub duties: Vec<Obligation>,
    /// Reports that were received about it, in order.
    pub reports: Vec<ReportId>,
    /// When the institution was last heard of.
    pub heard_at: Instant,
    /// Cases that turned out to be this one.
    #[serde(default)]
    pub joined: Vec<CaseId>,
    /// Cases a person looked at and found to be others.
    #[serde(default)]
    pub different_from: Vec<CaseId>,
    /// Who opened it, first time each.
    #[serde(default)]
    pub read_by: Vec<Reading>,
    /// Reports to the office above.
    #[serde(default)]
    pub upward: Vec<Report>,
    /// Guidance given.
    #[serde(default)]
    pub guidance: Vec<Guidance>,
    /// Help that was asked for.
    #[serde(default)]
    pub dispatches: Vec<Dispatch>,
    /// Tasks set for others or by others.
    #[serde(default)]
    pub tasks: Vec<OfficeTask>,
    /// Receipt number of the emergency form, if one came in.
    #[serde(default)]
    pub emergency_receipt: String,
}

impl OfficeCase {
    /// Whether somebody works on it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, OfficeState::Open)
    }

    /// The case it goes on in, when it was joined to another.
    #[must_use]
    pub const fn goes_on_in(&self) -> Option<&CaseId> {
        match &self.state {
            OfficeState::Joined { into, .. } => Some(into),
            OfficeState::Open | OfficeState::Closed { .. } => None,
        }
    }

    /// A report to the office above.
    #[must_use]
    pub fn upward(&self, id: &ReportId) -> Option<&Report> {
        self.upward.iter().find(|report| report.id == *id)
    }
}

/// A case with its record in the order of recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeCaseFile {
    /// The case.
    pub case: OfficeCase,
    /// Its entries.
    pub entries: Vec<OfficeEntry>,
}

impl OfficeCaseFile {
    /// Entries of a heading that no later one corrects, in order.
    pub fn under(&self, heading: EntryHeading) -> impl Iterator<Item = &OfficeEntry> {
        self.entries
            .iter()
            .filter(move |entry| entry.heading == heading && !self.is_corrected(&entry.id))
    }

    /// Whether a later entry says that this one was wrong.
    #[must_use]
    pub fn is_corrected(&self, id: &str) -> bool {
        self.entries.iter().any(|entry| entry.corrects.as_deref() == Some(id))
    }
}
