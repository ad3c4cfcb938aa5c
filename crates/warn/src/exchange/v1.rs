//! Version 1 of the wire formats. Frozen: a change of meaning or a new required field is version 2.
//!
//! Readers ignore fields they do not know and fill in what is absent, so that newer senders may add to a version.

use std::collections::BTreeSet;

use sakimori_federation::MessageHeader;
use sakimori_words::{
    Date, Digest, Instant, InstitutionKind, OrganisationId, Prefecture, WarningId,
};
use serde::{Deserialize, Serialize};

use crate::advisory::{Advisory, AffectedProduct};
use crate::answer::{Acknowledgement, Answer, Stage};
use crate::attachment::Attachment;
use crate::coverage::BedBand;
use crate::devices::DeviceCounts;
use crate::warning::{
    Link, Period, RequestedAction, Warning, WarningClass, WarningContent, WarningKey,
};
use sakimori_words::Audience as Addressees;

/// A warning on the wire. Origin, TLP label and exercise flag are in the signed message header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarningV1 {
    id: WarningId,
    revision: u32,
    number: String,
    issuer: String,
    class: WarningClass,
    title: String,
    body: String,
    #[serde(default)]
    actions: Vec<RequestedAction>,
    #[serde(default)]
    links: Vec<Link>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    advisories: Vec<AdvisoryV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<AttachmentV1>,
    issued_on: Date,
    #[serde(default)]
    period: Option<Period>,
    #[serde(default)]
    addressees: AddresseesV1,
    #[serde(default)]
    contact: String,
    #[serde(default)]
    template: String,
    #[serde(default)]
    supersedes: Option<WarningKey>,
    #[serde(default)]
    withdrawn: Option<String>,
    released_at: Instant,
    due_at: Instant,
}

/// The rule of addressees on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct AddresseesV1 {
    kinds: BTreeSet<InstitutionKind>,
    prefectures: BTreeSet<Prefecture>,
    beds_min: Option<u32>,
    beds_max: Option<u32>,
    functions: BTreeSet<String>,
    vendors: bool,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    companies: BTreeSet<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    companies_only: bool,
}

/// What a warning says about products, on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct AdvisoryV1 {
    cves: Vec<String>,
    products: Vec<AffectedProductV1>,
    remedy: String,
    link: String,
}

/// A product in its affected versions, on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct AffectedProductV1 {
    vendor: String,
    product: String,
    versions: String,
    fixed_in: String,
}

impl AdvisoryV1 {
    fn new(advisory: Advisory) -> Self {
        let product = |one: AffectedProduct| AffectedProductV1 {
            vendor: one.vendor,
            product: one.product,
            versions: one.versions,
            fixed_in: one.fixed_in,
        };
        Self {
            cves: advisory.cves,
            products: advisory.products.into_iter().map(product).collect(),
            remedy: advisory.remedy,
            link: advisory.link,
        }
    }

    fn into_advisory(self) -> Advisory {
        let product = |one: AffectedProductV1| AffectedProduct {
            vendor: one.vendor,
            product: one.product,
            versions: one.versions,
            fixed_in: one.fixed_in,
        };
        Advisory {
            cves: self.cves,
            products: self.products.into_iter().map(product).collect(),
            remedy: self.remedy,
            link: self.link,
        }
    }
}

/// A file that goes with a warning, on the wire. The signed header names it too, for the post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct AttachmentV1 {
    name: String,
    n_bytes: u64,
    digest: Digest,
}

impl AttachmentV1 {
    fn new(attachment: Attachment) -> Self {
        let Attachment { name, n_bytes, digest } = attachment;
        Self { name, n_bytes, digest }
    }

    fn into_attachment(self) -> Attachment {
        let Self { name, n_bytes, digest } = self;
        Attachment { name, n_bytes, digest }
    }
}

/// What a list of devices said, on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct DevicesV1 {
    n_affected: u32,
    n_to_ask: u32,
    n_listed: u32,
    listed_at: Instant,
}

impl DevicesV1 {
    const fn new(counts: DeviceCounts) -> Self {
        let DeviceCounts { n_affected, n_to_ask, n_listed, listed_at } = counts;
        Self { n_affected, n_to_ask, n_listed, listed_at }
    }

    const fn into_counts(self) -> DeviceCounts {
        let Self { n_affected, n_to_ask, n_listed, listed_at } = self;
        DeviceCounts { n_affected, n_to_ask, n_listed, listed_at }
    }
}

impl WarningV1 {
    /// The wire form of a warning.
    #[must_use]
    pub fn new(warning: &Warning) -> Self {
        let content = warning.content.clone();
        let to = content.addressees;
        Self {
            id: warning.key.id.clone(),
            revision: warning.revision,
            number: content.number,
            issuer: content.issuer,
            class: content.class,
            title: content.title,
            body: content.body,
            actions: content.actions,
            links: content.links,
            advisories: content.advisories.into_iter().map(AdvisoryV1::new).collect(),
            attachments: content.attachments.into_iter().map(AttachmentV1::new).collect(),
            issued_on: content.issued_on,
            period: content.period,
            addressees: AddresseesV1 {
                kinds: to.kinds,
                prefectures: to.prefectures,
                beds_min: to.beds_min,
                beds_max: to.beds_max,
                functions: to.functions,
                vendors: to.vendors,
                companies: to.companies,
                companies_only: to.companies_only,
            },
            contact: content.contact,
            template: content.template,
            supersedes: content.supersedes,
            withdrawn: content.withdrawn,
            released_at: warning.released_at,
            due_at: warning.due_at,
        }
    }

    /// The warning, with what the signed header says about it.
    #[must_use]
    pub fn into_warning(self, header: &MessageHeader) -> Warning {
        let to = self.addressees;
        Warning {
            key: WarningKey { origin: header.origin.clone(), id: self.id },
            revision: self.revision,
            released_at: self.released_at,
            due_at: self.due_at,
            content: WarningContent {
                number: self.number,
                issuer: self.issuer,
                class: self.class,
                title: self.title,
                body: self.body,
                actions: self.actions,
                links: self.links,
                advisories: self.advisories.into_iter().map(AdvisoryV1::into_advisory).collect(),
                attachments: self
                    .attachments
                    .into_iter()
                    .map(AttachmentV1::into_attachment)
                    .collect(),
                issued_on: self.issued_on,
                period: self.period,
                addressees: Addressees {
                    kinds: to.kinds,
                    prefectures: to.prefectures,
                    beds_min: to.beds_min,
                    beds_max: to.beds_max,
                    functions: to.functions,
                    vendors: to.vendors,
                    companies: to.companies,
                    companies_only: to.companies_only,
                },
                contact: self.contact,
                tlp: header.tlp,
                exercise: header.exercise,
                template: self.template,
                supersedes: self.supersedes,
                withdrawn: self.withdrawn,
            },
        }
    }
}

/// An answer on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcknowledgementV1 {
    warning: WarningKey,
    revision: u32,
    organisation: OrganisationId,
    stage: Stage,
    at: Instant,
    #[serde(default)]
    answer: Option<Answer>,
    #[serde(default)]
    person: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    n_relayed_to: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    devices: Option<DevicesV1>,
}

impl AcknowledgementV1 {
    /// The wire form of an answer.
    #[must_use]
    pub fn new(word: &Acknowledgement) -> Self {
        Self {
            warning: word.warning.clone(),
            revision: word.revision,
            organisation: word.organisation.clone(),
            stage: word.stage,
            at: word.at,
            answer: word.answer,
            person: word.person.clone(),
            note: word.note.clone(),
            n_relayed_to: word.n_relayed_to,
            devices: word.devices.map(DevicesV1::new),
        }
    }

    /// The answer.
    #[must_use]
    pub fn into_acknowledgement(self) -> Acknowledgement {
        Acknowledgement {
            warning: self.warning,
            revision: self.revision,
            organisation: self.organisation,
            stage: self.stage,
            at: self.at,
            answer: self.answer,
            person: self.person,
            note: self.note,
            n_relayed_to: self.n_relayed_to,
            devices: self.devices.map(DevicesV1::into_counts),
        }
    }
}

/// A reminder on the wire (督促).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderV1 {
    /// Of which warning.
    pub warning: WarningKey,
    /// Of which revision.
    pub revision: u32,
    /// When it was sent.
    pub at: Instant,
    /// Whether it is for the deputies too; not written when it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deputies: bool,
}

/// How far the institutions without a node are that an office asks itself: numbers for the origin, no names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberSumsV1 {
    /// About which warning.
    pub warning: WarningKey,
    /// About which revision.
    pub revision: u32,
    /// When the office counted, by its own clock.
    pub at: Instant,
    /// The numbers; what is not in any cell is nobody.
    pub cells: Vec<SumCellV1>,
}

/// Institutions that are counted together, and how many of them are how far. Who is silent and who is late follows from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SumCellV1 {
    /// In which prefecture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefecture: Option<Prefecture>,
    /// Of which kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<InstitutionKind>,
    /// Of which size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beds: Option<BedBand>,
    /// Nothing came back.
    pub unreached: u32,
    /// Delivered, not opened.
    pub delivered: u32,
    /// Opened, not answered.
    pub opened: u32,
    /// Answered, not done.
    pub acknowledged: u32,
    /// Done.
    pub done: u32,
    /// Of those who answered: 該当あり.
    pub affected: u32,
    /// 該当なし.
    pub not_affected: u32,
    /// 確認中.
    pub checking: u32,
}
