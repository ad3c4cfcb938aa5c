//! Telling the public and telling patients: prepared, approved, published; planned, sent, or replaced by a public notice.

use sakimori_content::Recipient;
use sakimori_words::{Instant, Text};
use serde::{Deserialize, Serialize};

use super::{Taken, Taking, as_seen, taken};
use crate::decide::{Change, may_say, meet, must_be_open, said, with_entry};
use crate::{Case, EntryKind, Moment, RespondError, TimelineEntry};

/// How far telling the public is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Disclosure {
    /// Nothing goes outside but to the offices.
    #[default]
    Internal,
    /// A text is written.
    Prepared,
    /// It may go out.
    Approved,
    /// It is out.
    Published,
    /// A newer text is out.
    Updated,
}

/// One step of telling the public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisclosureStep {
    /// Where it led.
    pub state: Disclosure,
    /// Where it was published, or what to know; may be empty.
    pub note: String,
    /// When, and who decided.
    pub taken: Taken,
}

/// How far telling patients (本人への通知) is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PatientNotice {
    /// Nobody decided yet.
    #[default]
    Undecided,
    /// Not needed.
    NotNeeded {
        /// Why.
        reason: String,
    },
    /// To be sent.
    Planned {
        /// Until when; `None`: not fixed.
        by: Option<Instant>,
        /// How, and to whom; may be empty.
        how: String,
    },
    /// Sent.
    Sent {
        /// How, and to how many.
        how: String,
    },
    /// A public notice stands in for it (個人情報保護法 第26条第2項ただし書).
    Substituted {
        /// By what.
        how: String,
    },
}

/// One step of telling patients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientNoticeStep {
    /// Where it led.
    pub state: PatientNotice,
    /// When, and who decided.
    pub taken: Taken,
}

impl Disclosure {
    /// All states in order.
    pub const ALL: [Self; 5] =
        [Self::Internal, Self::Prepared, Self::Approved, Self::Published, Self::Updated];

    /// The state in words.
    #[must_use]
    pub fn words(self) -> Text {
        let [ja, en] = match self {
            Self::Internal => ["院内のみ", "internal only"],
            Self::Prepared => ["公表文を準備済み", "text prepared"],
            Self::Approved => ["公表を承認済み", "publication approved"],
            Self::Published => ["公表済み", "published"],
            Self::Updated => ["続報を公表済み", "update published"],
        };
        Text::new(ja, en)
    }

    /// Whether telling the public can go from here to `next`. Nothing is published that was not approved, and what is out
    /// stays out.
    #[must_use]
    pub const fn leads_to(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Internal, Self::Prepared)
                | (Self::Prepared, Self::Internal | Self::Approved)
                | (Self::Approved, Self::Prepared | Self::Published)
                | (Self::Published | Self::Updated, Self::Updated)
        )
    }
}

impl PatientNotice {
    /// The state in words.
    #[must_use]
    pub fn words(&self) -> Text {
        let with = |ja: &str, en: &str, more: &str| {
            if more.is_empty() {
                return Text::new(ja, en);
            }
            Text::new(format!("{ja}（{more}）"), format!("{en} ({more})"))
        };
        match self {
            Self::Undecided => Text::new("未定", "not decided"),
            Self::NotNeeded { reason } => with("不要", "not needed", reason),
            Self::Planned { how, .. } => with("通知する予定", "planned", how),
            Self::Sent { how } => with("通知済み", "sent", how),
            Self::Substituted { how } => {
                with("公表等の代わりの措置", "replaced by a public notice", how)
            }
        }
    }

    /// Whether patients were told, or a public notice stands in for it.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Sent { .. } | Self::Substituted { .. })
    }

    fn checked(&self) -> Result<Self, RespondError> {
        Ok(match self {
            Self::Undecided => Self::Undecided,
            Self::NotNeeded { reason } => Self::NotNeeded { reason: said(reason, "reason")? },
            Self::Planned { by, how } => Self::Planned { by: *by, how: may_say(how, "how")? },
            Self::Sent { how } => Self::Sent { how: said(how, "how")? },
            Self::Substituted { how } => Self::Substituted { how: said(how, "how")? },
        })
    }
}

impl Case {
    /// How far telling the public is.
    #[must_use]
    pub fn disclosure(&self) -> Disclosure {
        self.room.disclosure.last().map(|step| step.state).unwrap_or_default()
    }

    /// How far telling patients is.
    #[must_use]
    pub fn patient_notice(&self) -> PatientNotice {
        self.room.patient_notice.last().map(|step| step.state.clone()).unwrap_or_default()
    }
}

/// Moves telling the public on.
///
/// # Errors
/// When the case is closed, the state does not follow from the one it is in, the text is endless, the time is in the future or
/// before the step it follows, or somebody else moved it since `seen` steps.
pub fn disclose(
    case: &Case,
    to: Disclosure,
    note: &str,
    taking: &Taking,
    seen: Option<usize>,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let last = case.room.disclosure.last();
    let by = last.map(|step| (&step.taken.recorded_by, step.taken.recorded_at));
    as_seen(seen, case.room.disclosure.len(), by)?;
    let from = case.disclosure();
    if !from.leads_to(to) {
        return Err(RespondError::Step { from: from.words(), to: to.words() });
    }
    let note = may_say(note, "note")?;
    let taken = taken(taking, last.map(|step| step.taken.at), moment)?;
    let (state, who) = (to.words(), taken.decider());
    let remark = |open: &str| if note.is_empty() { String::new() } else { format!("{open}{note}") };
    let words = Text::new(
        format!("公表: {}{}（判断: {}）", state.ja, remark("。"), who.ja),
        format!("Public: {}{} (decided by {})", state.en, remark(". "), who.en),
    );
    let mut entry = TimelineEntry::now(&case.id, EntryKind::Decision, words, moment);
    entry.at = taken.at;
    let mut after = case.clone();
    after.room.disclosure.push(DisclosureStep { state: to, note, taken });
    Ok(with_entry(after, "disclosure_moved", entry))
}

/// Records how far telling patients is. When they were told, the duty to tell them is fulfilled.
///
/// # Errors
/// When the case is closed, the same is said again, what was sent is to be unsent, a reason is missing, the time is in the future
/// or before the step it follows, or somebody else moved it since `seen` steps.
pub fn notify_patients(
    case: &Case,
    to: &PatientNotice,
    taking: &Taking,
    seen: Option<usize>,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let last = case.room.patient_notice.last();
    let by = last.map(|step| (&step.taken.recorded_by, step.taken.recorded_at));
    as_seen(seen, case.room.patient_notice.len(), by)?;
    let (from, to) = (case.patient_notice(), to.checked()?);
    let unsent = from.is_done() && !to.is_done();
    if from == to || to == PatientNotice::Undecided || unsent {
        return Err(RespondError::Step { from: from.words(), to: to.words() });
    }
    let taken = taken(taking, last.map(|step| step.taken.at), moment)?;
    let (state, who) = (to.words(), taken.decider());
    let words = Text::new(
        format!("患者への通知: {}（判断: {}）", state.ja, who.ja),
        format!("Notice to patients: {} (decided by {})", state.en, who.en),
    );
    let mut entry = TimelineEntry::now(&case.id, EntryKind::Decision, words, moment);
    entry.at = taken.at;
    let mut after = case.clone();
    if to.is_done() {
        meet(&mut after, taken.at, &state, |duty| duty.recipient == Recipient::Subjects);
    }
    after.room.patient_notice.push(PatientNoticeStep { state: to, taken });
    Ok(with_entry(after, "patients_notified", entry))
}
