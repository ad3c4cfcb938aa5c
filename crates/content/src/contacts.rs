//! Contact points: offices, the numbers they answer, and when each number is the right one.

use sakimori_words::{Date, Instant, Text, jst_date};
use serde::{Deserialize, Serialize};

use crate::{Calendar, Provenance};

/// What a contact is for. The order is the order of calling (2023-12-21 notice: vendor, police, ministry).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactRole {
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
    /// 国家サイバー統括室.
    NationalCyberOffice,
    /// Insurer, consultant, anyone else.
    Other,
    /// The institution's own people (院内).
    Staff,
}

/// When a number is the right one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Validity {
    /// At any time.
    Always,
    /// Whenever no other line of the same contact has its special time.
    Normal,
    /// In the calendar's period of that id, every year.
    Period {
        /// The period, e.g. `year-end`.
        period: String,
    },
    /// From one day to another, both included.
    Dates {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
    /// On business days within the desk's own hours, in minutes since midnight JST.
    Weekdays {
        /// First minute of the day.
        opens_minute: i64,
        /// First minute after the day's end.
        closes_minute: i64,
    },
}

impl Validity {
    /// Whether it takes the place of the normal line while it holds.
    pub(crate) const fn is_special(&self) -> bool {
        match self {
            Self::Period { .. } | Self::Dates { .. } => true,
            Self::Always | Self::Normal | Self::Weekdays { .. } => false,
        }
    }
}

/// One telephone line of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The number as it is dialled.
    pub phone: String,
    /// When it is answered, in words.
    pub label: Text,
    /// When it is the right one.
    pub validity: Validity,
}

/// A contact point of the pack.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Its id, e.g. `ministry`.
    pub id: String,
    /// What it is for.
    pub role: ContactRole,
    /// Its name; `{prefecture}` and `{police}` are filled in.
    pub name: Text,
    /// What to say or ask.
    pub what: Text,
    /// What to do while no number is known; empty texts for a contact that needs none.
    #[serde(default)]
    pub without_number: Text,
    /// A rule to keep when calling, e.g. about withheld caller ids; empty texts when there is none.
    #[serde(default)]
    pub rule: Text,
    /// A page that gives the current number or form; empty when there is none.
    #[serde(default)]
    pub url: String,
    /// Whether it is reached by the form on that page and not by telephone.
    #[serde(default)]
    pub by_form: bool,
    /// Its lines; none when the institution must enter the number itself.
    #[serde(default, rename = "line")]
    pub lines: Vec<Line>,
    /// Source and dates.
    pub provenance: Provenance,
}

impl Contact {
    /// Whether `line` is the right one at that moment.
    #[must_use]
    pub fn is_right_line(&self, line: &Line, at: Instant, calendar: &Calendar) -> bool {
        let day = jst_date(at);
        match &line.validity {
            Validity::Always => true,
            Validity::Normal => !self.lines.iter().any(|other| other.is_special(day, calendar)),
            Validity::Period { .. } | Validity::Dates { .. } => line.is_special(day, calendar),
            Validity::Weekdays { opens_minute, closes_minute } => {
                calendar.is_business_time(at, *opens_minute, *closes_minute)
            }
        }
    }
}

impl Line {
    fn is_special(&self, day: Date, calendar: &Calendar) -> bool {
        match &self.validity {
            Validity::Always | Validity::Normal | Validity::Weekdays { .. } => false,
            Validity::Period { period } => calendar.in_period(period, day),
            Validity::Dates { from, to } => (*from..=*to).contains(&day),
        }
    }
}
