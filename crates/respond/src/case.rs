//! The record of one incident.

use std::collections::BTreeMap;

use sakimori_content::ContactRole;
use sakimori_words::{CaseId, EvidenceRef, Finding, FindingId, Instant, Level, ReportId, Text};
use serde::{Deserialize, Serialize};

use crate::readiness::Rehearsal;
use crate::{
    Actor, Answer, CaseRoom, IsolationDecision, Judgement, Obligation, Report, TimelineEntry,
};

/// What is given when a case is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// A short title (件名); empty: made from the origin.
    pub title: String,
    /// What raised the suspicion.
    pub origin: Origin,
    /// How it became known.
    pub learned_from: LearnedFrom,
    /// When something was first noticed; `None`: with the first finding, or now.
    pub detected_at: Option<Instant>,
    /// When the organisation knew: the anchor of every clock but those of a leak known later; `None`: now. Never later than now.
    pub knew_at: Option<Instant>,
    /// Whether it is an exercise.
    pub exercise: bool,
}

/// What raised the suspicion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Origin {
    /// Detections spoke.
    Findings {
        /// Which ones.
        findings: Vec<FindingBrief>,
    },
    /// A person said so in one sentence.
    Person {
        /// The sentence.
        sentence: String,
    },
}

/// A finding as the case keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingBrief {
    /// Its id.
    pub id: FindingId,
    /// What happened.
    pub title: Text,
    /// When the event behind it happened.
    pub time: Instant,
    /// When the detection spoke.
    pub found_at: Instant,
    /// On which machine.
    pub host: String,
    /// By which account.
    pub user: String,
    /// How serious.
    pub level: Level,
    /// The first events behind it; the finding itself has all of them.
    pub evidence: Vec<EvidenceRef>,
}

/// Events kept in a brief. The case is written with every act, so that it must stay small.
const BRIEF_EVIDENCE_MAX: usize = 8;

impl From<&Finding> for FindingBrief {
    fn from(finding: &Finding) -> Self {
        Self {
            id: finding.id.clone(),
            title: finding.title.clone(),
            time: finding.time,
            found_at: finding.found_at,
            host: finding.host.clone(),
            user: finding.user.clone(),
            level: finding.level,
            evidence: finding.evidence.iter().take(BRIEF_EVIDENCE_MAX).cloned().collect(),
        }
    }
}

/// How the organisation came to know (把握の経路).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LearnedFrom {
    /// Staff noticed it.
    Staff,
    /// A detection or monitoring tool.
    Monitoring,
    /// A vendor or supplier.
    Vendor,
    /// Somebody else outside: police, another institution, a researcher.
    Outside,
    /// The attacker: a ransom note, a message.
    Attacker,
    /// Press or social media.
    Press,
}

/// Where the handling stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Handling {
    /// Suspected; not yet judged.
    Suspected,
    /// Judged to be reported.
    Confirmed,
    /// No incident after all.
    Dismissed {
        /// When.
        at: Instant,
        /// By whom.
        by: Actor,
        /// Why.
        reason: String,
    },
    /// Finished.
    Closed {
        /// When.
        at: Instant,
        /// By whom.
        by: Actor,
        /// How it ended.
        reason: String,
    },
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// Somebody answered.
    Answered,
    /// Nobody answered.
    NoAnswer,
    /// A message was left.
    LeftMessage,
}

/// One call that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The entry of the call sheet, e.g. `ministry`.
    pub contact: String,
    /// What that contact is for.
    pub role: ContactRole,
    /// Its name.
    pub name: String,
    /// The number dialled.
    pub phone: String,
    /// When.
    pub at: Instant,
    /// What came of it.
    pub outcome: CallOutcome,
    /// Who answered; may be empty.
    pub spoke_with: String,
    /// Receipt number; may be empty.
    pub receipt_number: String,
    /// What was said; may be empty.
    pub note: String,
}

impl Call {
    /// The call in one line.
    #[must_use]
    pub fn words(&self) -> Text {
        let [ja, en] = match self.outcome {
            CallOutcome::Answered => ["応答あり", "answered"],
            CallOutcome::NoAnswer => ["応答なし", "no answer"],
            CallOutcome::LeftMessage => ["伝言を残した", "message left"],
        };
        let mut text = Text::new(
            format!("電話: {}（{}）{ja}", self.name, self.phone),
            format!("Call: {} ({}) {en}", self.name, self.phone),
        );
        let more = [
            ("相手", "spoke with", &self.spoke_with),
            ("受付番号", "receipt number", &self.receipt_number),
            ("内容", "said", &self.note),
        ];
        for (ja, en, value) in more.into_iter().filter(|(_, _, value)| !value.is_empty()) {
            text.ja.push_str(&format!("、{ja}: {value}"));
            text.en.push_str(&format!(", {en}: {value}"));
        }
        text
    }
}

/// A call as the record keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The call.
    pub call: Call,
    /// Who wrote it down.
    pub by: Actor,
    /// When it was written down.
    pub recorded_at: Instant,
}

/// A step of the playbook as it was marked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepMark {
    /// How it was marked.
    pub state: StepState,
    /// When.
    pub at: Instant,
    /// By whom.
    pub by: Actor,
}

/// How a step of the playbook was marked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum StepState {
    /// Done.
    Done {
        /// A remark; may be empty.
        note: String,
    },
    /// Left out, with a reason.
    Skipped {
        /// Why.
        reason: String,
    },
    /// Marked by mistake; to be done again.
    Reopened {
        /// Why.
        reason: String,
    },
}

/// The order to keep all logs and traces of a case.
///
/// While one is in force, nothing deletes logs, not even those past their retention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceHold {
    /// The case it belongs to.
    pub case: CaseId,
    /// When it was placed.
    pub placed_at: Instant,
    /// By whom.
    pub placed_by: Actor,
    /// When it was lifted, by whom and why.
    pub released: Option<(Instant, Actor, String)>,
}

impl EvidenceHold {
    /// What is said instead in an exercise, where nothing is held.
    #[must_use]
    pub fn exercise_words() -> Text {
        Text::new(
            "【訓練】証拠保全の指示（訓練のため、実際のログの保存期間と削除は変わりません）",
            "[Exercise] Order to keep evidence (as it is an exercise, retention and deletion of logs stay as they are)",
        )
    }

    /// What the hold does, and what it does not do.
    #[must_use]
    pub fn words() -> Text {
        Text::new(
            "証拠保全の指示を記録しました。解除するまで、Sakimori のログは、保存期間を過ぎたものも削除できません。\
             サーバーや機器の側のログと、バックアップの世代は自動では守られません。上書き・初期化をせず、\
             バックアップの古い世代の削除（ローテーション）を止めてください。",
            "The order to keep evidence is on record. Until it is lifted no log in Sakimori can be deleted, not even past its \
             retention time. Logs on servers and devices and generations of backups are not protected by it: do not overwrite \
             or reinstall, and stop backups from dropping old generations.",
        )
    }
}

/// The record of one incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// Title (件名).
    pub title: String,
    /// What raised the suspicion.
    pub origin: Origin,
    /// Findings added later.
    pub more_findings: Vec<FindingBrief>,
    /// How it became known.
    pub learned_from: LearnedFrom,
    /// Whether it is an exercise.
    pub exercise: bool,
    /// When it was opened.
    pub opened_at: Instant,
    /// By whom.
    pub opened_by: Actor,
    /// When something was first noticed.
    pub detected_at: Instant,
    /// When the organisation knew: the anchor of every clock but those of a leak known later. Fixed at opening.
    pub knew_at: Instant,
    /// Where the handling stands.
    pub handling: Handling,
    /// Calls made, in order.
    pub calls: Vec<CallRecord>,
    /// Marks on the steps of the playbook, by step, in order; the last one counts.
    pub steps: BTreeMap<String, Vec<StepMark>>,
    /// Id and version of the playbook that is followed.
    pub playbook: [String; 2],
    /// Decisions on isolation, in order; the last one holds.
    pub isolation: Vec<IsolationDecision>,
    /// Judgements, in order; the last one holds.
    pub judgements: Vec<Judgement>,
    /// Answers for the report form, by field.
    pub answers: BTreeMap<String, Answer>,
    /// Duties with their clocks.
    pub obligations: Vec<Obligation>,
    /// The order to keep evidence.
    pub hold: EvidenceHold,
    /// Its reports, in order.
    pub reports: Vec<ReportId>,
    /// Handling, services, disclosure, tasks and decisions beside the first hour.
    #[serde(default)]
    pub room: CaseRoom,
    /// What was prepared, when it is an exercise.
    #[serde(default)]
    pub rehearsal: Rehearsal,
}

impl Case {
    /// All findings, those of the opening first.
    pub fn findings(&self) -> impl Iterator<Item = &FindingBrief> {
        let first: &[FindingBrief] = match &self.origin {
            Origin::Findings { findings } => findings,
            Origin::Person { .. } => &[],
        };
        first.iter().chain(&self.more_findings)
    }

    /// Whether somebody still works on it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.handling, Handling::Suspected | Handling::Confirmed)
    }

    /// How a step was last marked; `None` when it is to be done.
    #[must_use]
    pub fn step(&self, id: &str) -> Option<&StepMark> {
        let last = self.steps.get(id)?.last()?;
        (!matches!(last.state, StepState::Reopened { .. })).then_some(last)
    }

    /// The judgement that holds.
    #[must_use]
    pub fn judgement(&self) -> Option<&Judgement> {
        self.judgements.last()
    }

    /// The decision on isolation that holds.
    #[must_use]
    pub fn isolation(&self) -> Option<&IsolationDecision> {
        self.isolation.last()
    }

    /// The duties in the order of pressing: overdue first, then by due time.
    #[must_use]
    pub fn obligations_at(&self, now: Instant) -> Vec<&Obligation> {
        let mut all: Vec<&Obligation> = self.obligations.iter().collect();
        all.sort_by_key(|duty| {
            let by = duty.due_at.or(duty.remind_at);
            (duty.standing(now), by.is_none(), by, duty.recipient)
        });
        all
    }
}

/// A case with everything that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFile {
    /// The record.
    pub case: Case,
    /// Its timeline in the order of recording.
    pub timeline: Vec<TimelineEntry>,
    /// Its reports in order.
    pub reports: Vec<Report>,
}
