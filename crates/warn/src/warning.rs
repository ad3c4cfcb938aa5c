//! What a warning says.

use sakimori_content::{Urgency, WarningTemplate};
use sakimori_words::{Date, Instant, Lang, OrganisationId, PersonId, Tlp, WarningId};
use serde::{Deserialize, Serialize};

use crate::advisory::Advisory;
use crate::attachment::Attachment;
use sakimori_words::Audience as Addressees;

/// How soon a warning wants an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningClass {
    /// 至急: within four hours, at any hour.
    Flash,
    /// 急ぎ: within one working day.
    Urgent,
    /// 通常: within five working days.
    Normal,
}

impl From<WarningClass> for Urgency {
    fn from(class: WarningClass) -> Self {
        match class {
            WarningClass::Flash => Self::Flash,
            WarningClass::Urgent => Self::Urgent,
            WarningClass::Normal => Self::Normal,
        }
    }
}

impl From<Urgency> for WarningClass {
    fn from(urgency: Urgency) -> Self {
        match urgency {
            Urgency::Flash => Self::Flash,
            Urgency::Urgent => Self::Urgent,
            Urgency::Normal => Self::Normal,
        }
    }
}

/// A warning across organisations: who issued it, and its id there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WarningKey {
    /// The office that issued it.
    pub origin: OrganisationId,
    /// Its id there.
    pub id: WarningId,
}

/// One thing the recipients are asked to do (対応事項).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedAction {
    /// What to do.
    pub text: String,
    /// The clauses behind it, e.g. `S0-9`.
    #[serde(default)]
    pub clauses: Vec<String>,
}

/// A document published elsewhere (別添・参考).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
}

/// The days a warning is about, e.g. a long holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

/// What an officer writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarningContent {
    /// 文書番号, e.g. `事務連絡` or `医政参発1221第1号`.
    pub number: String,
    /// 発出者 as it stands on the document, e.g. `厚生労働省医政局特定医薬品開発支援・医療情報担当参事官室`.
    pub issuer: String,
    /// How soon an answer is wanted.
    pub class: WarningClass,
    /// 件名.
    pub title: String,
    /// 本文.
    pub body: String,
    /// What is asked for.
    pub actions: Vec<RequestedAction>,
    /// What it says about products.
    #[serde(default)]
    pub advisories: Vec<Advisory>,
    /// Documents published elsewhere.
    pub links: Vec<Link>,
    /// Files that go with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// 発出日.
    pub issued_on: Date,
    /// The days it is about.
    pub period: Option<Period>,
    /// 宛先.
    pub addressees: Addressees,
    /// 照会先: whom to ask, with telephone number.
    pub contact: String,
    /// Who may see it.
    pub tlp: Tlp,
    /// Whether it belongs to an exercise (訓練).
    pub exercise: bool,
    /// The template it was made from; empty when from none.
    pub template: String,
    /// The earlier warning it replaces.
    pub supersedes: Option<WarningKey>,
    /// Why it is withdrawn (撤回), when this revision withdraws it.
    pub withdrawn: Option<String>,
}

impl WarningContent {
    /// An empty warning of `issuer`, to be filled in.
    #[must_use]
    pub fn empty(issuer: &str, issued_on: Date) -> Self {
        Self {
            number: String::new(),
            issuer: issuer.to_owned(),
            class: WarningClass::Normal,
            title: String::new(),
            body: String::new(),
            actions: vec![],
            advisories: vec![],
            links: vec![],
            attachments: vec![],
            issued_on,
            period: None,
            addressees: Addressees::default(),
            contact: String::new(),
            tlp: Tlp::Green,
            exercise: false,
            template: String::new(),
            supersedes: None,
            withdrawn: None,
        }
    }

    /// A warning begun from a template, in `lang`.
    #[must_use]
    pub fn from_template(
        template: &WarningTemplate,
        issuer: &str,
        issued_on: Date,
        lang: Lang,
    ) -> Self {
        let action = |action: &sakimori_content::TemplateAction| RequestedAction {
            text: action.text.get(lang).to_owned(),
            clauses: action.clauses.clone(),
        };
        Self {
            class: template.urgency.into(),
            title: template.title.get(lang).to_owned(),
            body: template.body.get(lang).to_owned(),
            actions: template.actions.iter().map(action).collect(),
            template: template.id.clone(),
            ..Self::empty(issuer, issued_on)
        }
    }
}

/// A released revision of a warning, as everybody sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Which warning.
    pub key: WarningKey,
    /// Its revision, from 1. A later one takes the place of the earlier.
    pub revision: u32,
    /// What it says.
    pub content: WarningContent,
    /// When it was released.
    pub released_at: Instant,
    /// Until when a named person of each institution answers. Fixed at the release.
    pub due_at: Instant,
}

/// A person who signs an act, as others may read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// The account.
    pub person: PersonId,
    /// 氏名.
    pub name: String,
}
