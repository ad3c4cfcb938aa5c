//! Version 1 of the wire formats. Frozen: a change of meaning or a new required field is version 2.
//!
//! Readers ignore fields they do not know and fill in what is absent, so that newer senders may add to a version.

use sakimori_federation::MessageHeader;
use sakimori_words::{Digest, Instant, SharedCaseId, Tlp};
use serde::{Deserialize, Serialize};

use crate::case::{Analysis, SharedCase, SharedContent, SharedKey};
use crate::indicators::SharedIndicator;
use crate::own::ConsentAnswer;
use crate::period::Period;
use crate::place::Place;
use crate::reported::PassedField;
use crate::sightings::Sightings;

/// A shared case on the wire. Origin, TLP label and exercise flag are in the signed message header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedCaseV1 {
    id: SharedCaseId,
    revision: u32,
    created: Instant,
    modified: Instant,
    #[serde(default)]
    withdrawn: bool,
    #[serde(flatten)]
    content: ContentV1,
}

/// What a case says, on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ContentV1 {
    title: String,
    place: Place,
    period: Period,
    #[serde(default)]
    technical: Vec<PassedField>,
    #[serde(default)]
    damage: Vec<PassedField>,
    #[serde(default)]
    analysis: Analysis,
    #[serde(default)]
    course: String,
    #[serde(default)]
    lesson: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    indicators: Vec<SharedIndicator>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    urgent: bool,
}

impl ContentV1 {
    fn new(content: &SharedContent) -> Self {
        let content = content.clone();
        Self {
            title: content.title,
            place: content.place,
            period: content.period,
            technical: content.technical,
            damage: content.damage,
            analysis: content.analysis,
            course: content.course,
            lesson: content.lesson,
            indicators: content.indicators,
            urgent: content.urgent,
        }
    }

    fn into_content(self, tlp: Tlp, exercise: bool) -> SharedContent {
        SharedContent {
            title: self.title,
            place: self.place,
            period: self.period,
            technical: self.technical,
            damage: self.damage,
            analysis: self.analysis,
            course: self.course,
            lesson: self.lesson,
            indicators: self.indicators,
            tlp,
            exercise,
            urgent: self.urgent,
        }
    }
}

impl SharedCaseV1 {
    /// The wire form of a case.
    #[must_use]
    pub fn new(case: &SharedCase) -> Self {
        Self {
            id: case.key.id.clone(),
            revision: case.revision,
            created: case.created_at,
            modified: case.modified_at,
            withdrawn: case.withdrawn,
            content: ContentV1::new(&case.content),
        }
    }

    pub(super) fn id(&self) -> &str {
        self.id.as_str()
    }

    /// The case, with what the signed header says about it.
    #[must_use]
    pub fn into_case(self, header: &MessageHeader) -> SharedCase {
        SharedCase {
            key: SharedKey { origin: header.origin.clone(), id: self.id },
            revision: self.revision,
            created_at: self.created,
            modified_at: self.modified,
            withdrawn: self.withdrawn,
            content: self.content.into_content(header.tlp, header.exercise),
        }
    }
}

/// The question to the victim: exactly what would be shared, and to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRequestV1 {
    /// Id of the question at the office.
    pub request: String,
    /// Name of the office.
    pub office: String,
    /// Who would see it.
    pub tlp: Tlp,
    /// Institutions the words fit.
    #[serde(default)]
    pub n_candidates: u64,
    /// Whether it belongs to an exercise.
    #[serde(default)]
    pub exercise: bool,
    content: ContentV1,
}

impl ConsentRequestV1 {
    /// The question about `content`.
    #[must_use]
    pub fn new(request: &str, office: &str, content: &SharedContent, n_candidates: usize) -> Self {
        Self {
            request: request.to_owned(),
            office: office.to_owned(),
            tlp: content.tlp,
            n_candidates: u64::try_from(n_candidates).unwrap_or(u64::MAX),
            exercise: content.exercise,
            content: ContentV1::new(content),
        }
    }

    /// What would be shared.
    #[must_use]
    pub fn content(&self) -> SharedContent {
        self.content.clone().into_content(self.tlp, self.exercise)
    }
}

/// The victim's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentAnswerV1 {
    /// The question.
    pub request: String,
    /// Digest of the content the answer is about.
    pub digest: Digest,
    /// What is answered.
    pub answer: ConsentAnswer,
    /// Who answers.
    pub person: String,
    /// Which changes, or why not.
    #[serde(default)]
    pub note: String,
}

/// How often the indicators of a case were seen by the sender and those below it together. It names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SightingsV1 {
    /// The case.
    pub case: SharedKey,
    /// When this was so; a later word takes the place of an earlier one.
    pub at: Instant,
    /// The counts.
    #[serde(flatten)]
    pub sightings: Sightings,
}

impl SightingsV1 {
    /// The wire form of counts.
    #[must_use]
    pub fn new(case: &SharedKey, at: Instant, sightings: &Sightings) -> Self {
        Self { case: case.clone(), at, sightings: sightings.clone() }
    }
}
