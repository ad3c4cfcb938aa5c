//! Deadlines: who must hear what, how soon after which moment, and why.

use sakimori_words::{Instant, SECOND_MICROS, Text, jst_date};
use serde::{Deserialize, Serialize};

use crate::Provenance;

/// What starts a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// An attack is suspected (2023-12-21 notice).
    Suspicion,
    /// The threshold of the 2018-10-29 notice §1 is reached.
    Threshold,
    /// Personal data leaked or may have leaked.
    Leak,
    /// … by an act that may be illicit (unauthorised access, ransomware).
    LeakIllicit,
    /// … by an act that is not.
    LeakOther,
    /// An office learned of a case in its area, also from the press.
    OfficeLearned,
}

/// Who is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// 保守会社.
    Vendor,
    /// 警察.
    Police,
    /// 厚生労働省.
    Ministry,
    /// 都道府県・保健所設置市・特別区.
    Prefecture,
    /// 個人情報保護委員会.
    PrivacyCommission,
    /// 医療セプター・所属団体.
    Ceptoar,
    /// 本人（患者等）.
    Subjects,
    /// 保険会社（サイバー保険）.
    Insurer,
    /// 基幹インフラ事業者等の所管省庁.
    DesignatedOperator,
    /// 個人データの取扱いの委託元.
    Principal,
}

/// How long there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Limit {
    /// 直ちに・速やかに: no number in the rule. We remind after so many minutes; that is our aim, not the law's limit.
    Promptly {
        /// Minutes after which we remind.
        remind_minutes: i64,
    },
    /// No limit is stated.
    Open,
    /// Until the end of the nth day in Japan, the day of knowing being day 1 (the stricter reading; never moved to
    /// the next working day, which the rule would allow for some reports).
    Days {
        /// The day's number.
        days: i64,
    },
}

/// One duty to tell somebody.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// Its id, e.g. `ppc-prompt`.
    pub id: String,
    /// Deadlines of one group are fulfilled together, e.g. `ppc-final` with 30 or 60 days.
    pub group: String,
    /// Who is to be told.
    pub recipient: Recipient,
    /// What is to be done.
    pub duty: Text,
    /// What starts the clock.
    pub trigger: Trigger,
    /// How long there is.
    pub limit: Limit,
    /// The limit as the rule words it, e.g. `60日以内`.
    pub limit_words: Text,
    /// Whether only a final report (確報) fulfils it.
    #[serde(default)]
    pub final_report: bool,
    /// Whether it starts only when a person says that it applies to the institution (an insurer, a designated operator).
    #[serde(default)]
    pub on_request: bool,
    /// Whether a call is enough; otherwise a report or a form has to be handed in.
    pub met_by_call: bool,
    /// Source and dates.
    pub provenance: Provenance,
}

impl Deadline {
    /// When it is due if the clock started at `anchor`; `None` when the rule states no number.
    #[must_use]
    pub fn due_at(&self, anchor: Instant) -> Option<Instant> {
        match self.limit {
            Limit::Promptly { .. } | Limit::Open => None,
            Limit::Days { days } => Some(end_of_day(anchor, days)),
        }
    }

    /// When we remind although the rule states no number.
    #[must_use]
    pub fn remind_at(&self, anchor: Instant) -> Option<Instant> {
        match self.limit {
            Limit::Promptly { remind_minutes } => Some(anchor.plus_seconds(remind_minutes * 60)),
            Limit::Open | Limit::Days { .. } => None,
        }
    }
}

/// The last second of the nth day in Japan, the day of `anchor` being day 1.
fn end_of_day(anchor: Instant, days: i64) -> Instant {
    let midnight = Instant::from_jst(jst_date(anchor).at(0, 0, 0, 0));
    let end = midnight.plus_days(days);
    Instant::from_micros(end.as_micros().saturating_sub(SECOND_MICROS))
}
