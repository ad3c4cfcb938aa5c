//! Reports: drafted from the record, approved by another person, submitted, acknowledged.

use sakimori_content::Recipient;
use sakimori_words::{CaseId, Digest, Instant, Organisation, OrganisationId, ReportId, Text};
use serde::{Deserialize, Serialize};

use crate::exchange::ReplyV1;
use crate::{Actor, PrintableReport, ReplyKind};

mod life;

/// Which report it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 速報.
    Prompt,
    /// 続報.
    FollowUp,
    /// 確報.
    Final,
}

impl Stage {
    /// The stage in words.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::Prompt => Text::new("速報", "Prompt report"),
            Self::FollowUp => Text::new("続報", "Follow-up report"),
            Self::Final => Text::new("確報", "Final report"),
        }
    }
}

/// How a report reaches somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// From here, as a signed message.
    Federation,
    /// Printed or typed into a form by a person, who then records the receipt.
    ByHand,
}

/// Whom a report is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressee {
    /// What they are.
    pub recipient: Recipient,
    /// Their name, e.g. `厚生労働省`.
    pub name: String,
    /// Their id when they are connected.
    pub organisation: Option<OrganisationId>,
}

impl Addressee {
    /// How the report reaches them.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        if self.organisation.is_some() { Channel::Federation } else { Channel::ByHand }
    }
}

/// Who reports, and whom the office may call back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportingParty {
    /// The institution.
    pub organisation: Organisation,
    /// Address; may be empty.
    pub address: String,
    /// Department of the contact.
    pub department: String,
    /// Name of the contact.
    pub person: String,
    /// Telephone in office hours.
    pub phone: String,
    /// Telephone at night and on holidays.
    pub after_hours_phone: String,
    /// Mail; may be empty when mail is down.
    pub email: String,
}

/// What is asked for when a report is drafted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Which report.
    pub stage: Stage,
    /// Who reports.
    pub party: ReportingParty,
    /// For whom.
    pub addressees: Vec<Addressee>,
}

/// That somebody approved a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Instant,
    /// Digest of the document that was approved; the same is what leaves.
    pub digest: Digest,
    /// Why nobody else could approve: the drafter approved alone. Shown on the report itself.
    pub alone_because: Option<String>,
}

/// That a report left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// Who sent it.
    pub by: Actor,
    /// When it was handed over for delivery.
    pub at: Instant,
}

/// An answer of an office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Which office.
    pub from: OrganisationId,
    /// Its name.
    pub from_name: String,
    /// What it says.
    pub kind: ReplyKind,
    /// Its number for the report (受付番号).
    pub number: String,
    /// When the office had it.
    pub at: Instant,
    /// When the answer came in here.
    pub taken_at: Instant,
    /// Name of the officer; empty for the automatic receipt.
    pub officer: String,
    /// A remark or question; may be empty.
    pub text: String,
}

impl Receipt {
    /// Whether this is the answer `reply` of `from`, so that it is taken once.
    #[must_use]
    pub fn is_of(&self, from: &OrganisationId, reply: &ReplyV1) -> bool {
        let same_words = self.number == reply.number && self.text == reply.text;
        self.from == *from && self.kind == reply.kind && self.at == reply.at() && same_words
    }

    /// The answer in one line.
    #[must_use]
    pub fn words(&self) -> Text {
        let [ja, en] = match self.kind {
            ReplyKind::Delivered => ["受信を確認", "confirms that it arrived"],
            ReplyKind::Accepted => ["受理", "accepted it"],
            ReplyKind::Question => ["照会", "asks"],
        };
        let (office, number) = (&self.from_name, &self.number);
        let mut text = Text::new(
            format!("{office}: {ja}（受付番号 {number}）"),
            format!("{office}: {en} (receipt number {number})"),
        );
        if !self.text.is_empty() {
            text.ja.push_str(&format!("「{}」", self.text));
            text.en.push_str(&format!(" “{}”", self.text));
        }
        text
    }
}

/// How far a report is. Only an approved one can be submitted: there is no other way to that state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ReportState {
    /// Being written; rendered anew from the record at any time.
    Draft,
    /// Approved, not sent.
    Approved {
        /// By whom.
        approval: Approval,
    },
    /// Sent.
    Submitted {
        /// By whom it was approved.
        approval: Approval,
        /// By whom it was sent.
        submission: Submission,
    },
}

/// One version of the report of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// The case.
    pub case: CaseId,
    /// Number within the case, from 1 (第1報).
    pub number: u32,
    /// Which report.
    pub stage: Stage,
    /// The version it follows.
    pub follows: Option<ReportId>,
    /// Who drafted it last.
    pub drafted_by: Actor,
    /// When it was drafted last.
    pub drafted_at: Instant,
    /// Who reports.
    pub party: ReportingParty,
    /// For whom.
    pub addressees: Vec<Addressee>,
    /// Id and version of the form it was made with.
    pub form: [String; 2],
    /// Digest of the content pack it was made with.
    pub content: Digest,
    /// The document.
    pub document: PrintableReport,
    /// Typed fields nobody has answered yet; they print as `調査中`.
    pub unanswered: Vec<String>,
    /// How far it is.
    pub state: ReportState,
    /// Answers of offices, in the order they came.
    pub receipts: Vec<Receipt>,
}

impl Report {
    /// The approval, once there is one.
    #[must_use]
    pub const fn approval(&self) -> Option<&Approval> {
        match &self.state {
            ReportState::Draft => None,
            ReportState::Approved { approval } | ReportState::Submitted { approval, .. } => {
                Some(approval)
            }
        }
    }

    /// When and by whom it was sent, once it was.
    #[must_use]
    pub const fn submission(&self) -> Option<&Submission> {
        match &self.state {
            ReportState::Submitted { submission, .. } => Some(submission),
            ReportState::Draft | ReportState::Approved { .. } => None,
        }
    }
}
