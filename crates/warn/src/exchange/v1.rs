//! Version 1 of the wire formats. Frozen: a change of meaning or a new required field is version 2.
//!
//! Readers ignore fields they do not know and fill in what is absent, so that newer senders may add to a version.

use std::collections::BTreeSet;

use sakimori_federation::MessageHeader;
use sakimori_words::{Date, Instant, InstitutionKind, OrganisationId, Prefecture, WarningId};
use serde::{Deserialize, Serialize};

use crate::answer::{Acknowledgement, Answer, Stage};
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
            issued_on: content.issued_on,
            period: content.period,
            addressees: AddresseesV1 {
                kinds: to.kinds,
                prefectures: to.prefectures,
                beds_min: to.beds_min,
                beds_max: to.beds_max,
                functions: to.functions,
                vendors: to.vendors,
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
                issued_on: self.issued_on,
                period: self.period,
                addressees: Addressees {
                    kinds: to.kinds,
                    prefectures: to.prefectures,
                    beds_min: to.beds_min,
                    beds_max: to.beds_max,
                    functions: to.functions,
                    vendors: to.vendors,
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
}
