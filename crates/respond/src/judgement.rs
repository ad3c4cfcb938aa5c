//! The judgement whether a case must be reported (2018-10-29 notice §1).

use sakimori_words::{Instant, Text};
use serde::{Deserialize, Serialize};

use crate::Actor;

/// Yes, no, or not yet known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tri {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Not yet known.
    #[default]
    Unknown,
}

/// An answer with its reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighed {
    /// The answer.
    pub answer: Tri,
    /// Why; may be empty while the answer is unknown.
    pub reason: String,
}

impl Weighed {
    /// An answer with its reason.
    pub fn new(answer: Tri, reason: impl Into<String>) -> Self {
        Self { answer, reason: reason.into() }
    }
}

/// The questions of the threshold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    /// A medical information system is disturbed by the attack.
    pub disorder: Weighed,
    /// Personal data leaked.
    pub leak: Weighed,
    /// … or may have leaked.
    pub leak_feared: Weighed,
    /// Personal data was lost or damaged, or may have been, for example encrypted (滅失・毀損). Counts for the privacy commission.
    pub data_lost: Weighed,
    /// Care is hindered.
    pub care: Weighed,
    /// … or may become so.
    pub care_feared: Weighed,
    /// The act may be illicit: unauthorised access, ransomware.
    pub illicit: Weighed,
    /// When the organisation knew of the leak, loss or damage or of the fear of it; `None`: when it knew of the incident.
    /// The privacy commission's clocks start here, and only the judgement that starts them counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leak_known_at: Option<Instant>,
}

/// What follows from the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The ministry must be told promptly.
    Reached,
    /// Not reached with what is known.
    NotReached,
    /// Cannot be said yet; asking the ministry is never wrong.
    Undetermined,
}

/// A judgement as the record keeps it. A later one is added; the earlier stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Its id.
    pub id: String,
    /// When.
    pub at: Instant,
    /// By whom.
    pub by: Actor,
    /// The answers with their reasons.
    pub threshold: Threshold,
    /// What follows.
    pub outcome: Outcome,
    /// The clause it was judged against.
    pub clause: String,
}

/// The clause that states the threshold.
pub(crate) const THRESHOLD_CLAUSE: &str = "S1-7";

impl Threshold {
    /// Disorder, and leak or hindered care or the fear of either. Pure; unknown answers can leave it undetermined.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let harms = [&self.leak, &self.leak_feared, &self.care, &self.care_feared];
        let some_harm = harms.iter().any(|harm| harm.answer == Tri::Yes);
        let no_harm = harms.iter().all(|harm| harm.answer == Tri::No);
        match self.disorder.answer {
            Tri::Yes if some_harm => Outcome::Reached,
            Tri::No => Outcome::NotReached,
            _ if no_harm => Outcome::NotReached,
            Tri::Yes | Tri::Unknown => Outcome::Undetermined,
        }
    }

    /// All answers in the order of the questions.
    #[must_use]
    pub const fn all(&self) -> [&Weighed; 7] {
        [
            &self.disorder,
            &self.leak,
            &self.leak_feared,
            &self.data_lost,
            &self.care,
            &self.care_feared,
            &self.illicit,
        ]
    }

    /// Whether the privacy commission has to be told: personal data leaked, may have leaked, or was lost or damaged.
    #[must_use]
    pub fn concerns_privacy(&self) -> bool {
        [&self.leak, &self.leak_feared, &self.data_lost].iter().any(|harm| harm.answer == Tri::Yes)
    }
}

impl Outcome {
    /// What follows, in words.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::Reached => Text::new(
                "報告基準に該当（速やかに厚生労働省へ連絡）",
                "Reporting threshold reached (tell the ministry promptly)",
            ),
            Self::NotReached => Text::new(
                "現時点の情報では報告基準に該当しない（疑いの段階の電話連絡は別に必要）",
                "Reporting threshold not reached with what is known (the call on suspicion is still due)",
            ),
            Self::Undetermined => Text::new(
                "報告基準への該当は判断できない（調査中。迷うときは厚生労働省へ相談）",
                "Cannot be judged yet (still finding out; when in doubt, ask the ministry)",
            ),
        }
    }
}

impl Tri {
    /// The answer in words.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::Yes => Text::new("あり", "yes"),
            Self::No => Text::new("なし", "no"),
            Self::Unknown => Text::new("調査中", "still finding out"),
        }
    }
}
