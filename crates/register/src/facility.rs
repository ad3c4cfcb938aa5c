//! One entry of the register: an institution, how it is reached, and where the entry comes from.

use sakimori_content::{Calendar, LocalContact};
use sakimori_words::{
    Chance, Date, Founder, Instant, Institution, InstitutionKind, Organisation, OrganisationId,
    OrganisationKind, Prefecture, new_uuid7,
};
use serde::{Deserialize, Serialize};

/// What every id of the register begins with; the code of the prefecture follows, so that a prefecture is one stretch of keys.
const ID_HEAD: &str = "fac-";

/// An institution as the register knows it (名簿の1件).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facility {
    /// Id, name, prefecture and profile. The id is the register's own, also when a node of it has another one.
    pub organisation: Organisation,
    /// How the name is read (フリガナ).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kana: String,
    /// 市区町村.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub municipality: String,
    /// Postal address (所在地).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// Where it is written to and called.
    #[serde(default, skip_serializing_if = "Contacts::is_empty")]
    pub contacts: Contacts,
    /// How it is reached.
    pub way: Way,
    /// Where the entry comes from.
    pub source: Source,
    /// Since when it is closed (廃止日); `None` while it works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_on: Option<Date>,
}

/// Where an institution is written to and called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contacts {
    /// Mail address of the institution.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mail: String,
    /// Its telephone (代表電話).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub telephone: String,
    /// Its fax.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fax: String,
    /// The person in charge (担当者) first, then the deputies in the order in which they are called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<LocalContact>,
}

/// How an institution is reached by this office.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Way {
    /// Its own node, which is enrolled under the id given here.
    Node {
        /// The node's organisation.
        organisation: OrganisationId,
    },
    /// The portal of this office.
    Portal,
    /// Mail.
    Mail,
    /// Telephone: nothing else is known.
    #[default]
    Telephone,
    /// Another office: it is known here so that it is counted, and is warned by its prefecture, city or association.
    Office,
}

/// Where an entry comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The list, or the officer's words about it.
    pub name: String,
    /// The day of the list.
    pub on: Date,
}

/// A number to dial, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// The person; empty for the institution's own number.
    pub name: String,
    /// The number.
    pub phone: String,
    /// Whether somebody answers it right now.
    pub right_now: bool,
}

impl Contacts {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.mail.is_empty()
            && self.telephone.is_empty()
            && self.fax.is_empty()
            && self.people.is_empty()
    }

    /// The numbers in the order in which they are called at that moment: those that are answered now first, in each group the
    /// person in charge, the deputies, then the institution's own number. People whose time is over are left out.
    #[must_use]
    pub fn dials(&self, at: Instant, calendar: &Calendar) -> Vec<Dial> {
        let day = sakimori_words::jst_date(at);
        let people = self.people.iter().filter(|own| own.is_valid_on(day));
        let mut dials: Vec<Dial> = people
            .flat_map(|own| {
                own.lines(at, calendar).into_iter().map(|line| Dial {
                    name: own.name.clone(),
                    phone: line.phone,
                    right_now: line.right_now,
                })
            })
            .collect();
        if !self.telephone.is_empty() {
            let phone = self.telephone.clone();
            dials.push(Dial { name: String::new(), phone, right_now: true });
        }
        dials.sort_by_key(|dial| !dial.right_now);
        dials
    }
}

impl Way {
    /// Those that people choose; that there is a node shows when it enrols.
    pub const CHOSEN: [Self; 4] = [Self::Portal, Self::Mail, Self::Telephone, Self::Office];
    /// Every way as [`Way::as_str`] spells it.
    pub const NAMES: [&'static str; 5] = ["node", "portal", "mail", "telephone", "office"];

    /// Whether it is reached by its own node.
    #[must_use]
    pub const fn is_node(&self) -> bool {
        matches!(self, Self::Node { .. })
    }

    /// The way as lists and forms spell it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Node { .. } => "node",
            Self::Portal => "portal",
            Self::Mail => "mail",
            Self::Telephone => "telephone",
            Self::Office => "office",
        }
    }

    /// Whether it is reached by this office itself, without a node.
    #[must_use]
    pub const fn is_own(&self) -> bool {
        matches!(self, Self::Portal | Self::Mail | Self::Telephone)
    }
}

impl Facility {
    /// An entry about an institution of which only name, place and kind are known. It has no id yet; the register gives it one.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        prefecture: Prefecture,
        kind: InstitutionKind,
        source: Source,
    ) -> Self {
        let institution = Institution {
            kind,
            permitted_beds: 0,
            founder: Founder::Other,
            functions: vec![],
            code: String::new(),
            vendors: vec![],
        };
        Self {
            organisation: Organisation {
                id: OrganisationId::from(""),
                kind: OrganisationKind::Institution,
                name: name.into(),
                prefecture: Some(prefecture),
                institution: Some(institution),
            },
            kana: String::new(),
            municipality: String::new(),
            address: String::new(),
            contacts: Contacts::default(),
            way: Way::default(),
            source,
            closed_on: None,
        }
    }

    /// Its id; empty before it is in the register.
    #[must_use]
    pub const fn id(&self) -> &OrganisationId {
        &self.organisation.id
    }

    /// Where it is. An entry without a prefecture is not kept.
    #[must_use]
    pub const fn prefecture(&self) -> Option<Prefecture> {
        self.organisation.prefecture
    }

    /// What kind of institution it is, if its profile is known.
    #[must_use]
    pub fn kind(&self) -> Option<InstitutionKind> {
        self.organisation.institution.as_ref().map(|profile| profile.kind)
    }

    /// Its ten-digit code; empty when none is known.
    #[must_use]
    pub fn code(&self) -> &str {
        self.organisation.institution.as_ref().map_or("", |profile| profile.code.as_str())
    }

    /// Whether it works.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.closed_on.is_none()
    }
}

/// A new id in that prefecture.
pub(crate) fn new_id(prefecture: Prefecture, at: Instant, chance: &dyn Chance) -> OrganisationId {
    OrganisationId::from(format!("{}{}", id_head(prefecture), new_uuid7(at, chance)))
}

/// What ids of a prefecture begin with: `fac-27-`.
pub(crate) fn id_head(prefecture: Prefecture) -> String {
    format!("{ID_HEAD}{:02}-", prefecture.code())
}

/// The prefecture an id of the register names; `None` when it is no such id. Ids become keys of the ledger and parts of addresses.
pub(crate) fn prefecture_of(id: &OrganisationId) -> Option<Prefecture> {
    let (code, rest) = id.as_str().strip_prefix(ID_HEAD)?.split_once('-')?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let fits = code.len() == 2 && (1..=64).contains(&rest.len()) && rest.bytes().all(plain);
    if fits { Prefecture::from_code(code.parse().ok()?) } else { None }
}
