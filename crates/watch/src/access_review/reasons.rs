//! Signs of misuse: what each is, how often it is assumed among misuse, and how many points it gives.
//!
//! Points are log-odds in tenths of a power of ten: a sign that is ten times as frequent among misuse as among the hospital's
//! own unexplained accesses gives 10, one that is a hundred times as frequent 20. The share among misuse is an assumption,
//! written down here with its reason; the share among ordinary accesses is measured each month, so that what is usual in this
//! hospital and this role gives few points. Signs that are absent take nothing away, and signs are added as if they were
//! independent: both make the sum a rank, not a probability.

use sakimori_words::{Lang, Text};
use serde::{Deserialize, Serialize};

/// Most points of one sign, so that no single list decides alone.
const POINTS_MAX: f64 = 20.0;

/// Why an unexplained access is put before a reviewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// The patient is on the list of marked patients.
    Vip,
    /// The patient works here.
    CoWorker,
    /// The record is the person's own.
    OwnRecord,
    /// The patient bears the same family name.
    FamilyName,
    /// The patient lives under the same postcode.
    Neighbour,
    /// The patient has had no contact with the hospital around that time.
    NoRelationship,
    /// Outside the hours of the day and of any duty of the person.
    OffHours,
    /// Far more patients without explanation that day than usual for the person and their role.
    Volume,
    /// The same record without explanation on three or more days of the month.
    Repeated,
    /// Printed or exported.
    Output,
    /// Many people without explanation on this record that day.
    Crowd,
    /// The account was used at two terminals at once.
    SharedLogin,
    /// Opened by emergency override.
    BreakGlass,
    /// No list of staff knows the account at that time.
    UnknownAccount,
}

impl ReasonCode {
    /// Every reason.
    pub const ALL: [Self; 14] = [
        Self::Vip,
        Self::CoWorker,
        Self::OwnRecord,
        Self::FamilyName,
        Self::Neighbour,
        Self::NoRelationship,
        Self::OffHours,
        Self::Volume,
        Self::Repeated,
        Self::Output,
        Self::Crowd,
        Self::SharedLogin,
        Self::BreakGlass,
        Self::UnknownAccount,
    ];

    /// The code as machines and reports name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vip => "vip",
            Self::CoWorker => "co_worker",
            Self::OwnRecord => "own_record",
            Self::FamilyName => "family_name",
            Self::Neighbour => "neighbour",
            Self::NoRelationship => "no_relationship",
            Self::OffHours => "off_hours",
            Self::Volume => "volume",
            Self::Repeated => "repeated",
            Self::Output => "output",
            Self::Crowd => "crowd",
            Self::SharedLogin => "shared_login",
            Self::BreakGlass => "break_glass",
            Self::UnknownAccount => "unknown_account",
        }
    }

    /// The reason in words.
    #[must_use]
    pub fn label(self) -> Text {
        match self {
            Self::Vip => Text::new("注目される患者", "marked patient"),
            Self::CoWorker => Text::new("患者が職員", "patient is a co-worker"),
            Self::OwnRecord => Text::new("本人の記録", "own record"),
            Self::FamilyName => Text::new("同じ姓", "same family name"),
            Self::Neighbour => Text::new("同じ郵便番号", "same postcode"),
            Self::NoRelationship => Text::new(
                "前後に受診・入院・オーダなし",
                "no contact of the patient with the hospital",
            ),
            Self::OffHours => Text::new("勤務時間外", "off-hours"),
            Self::Volume => {
                Text::new("説明のつかない患者数が多い", "many patients without explanation")
            }
            Self::Repeated => Text::new("3日以上繰り返し", "repeated on three or more days"),
            Self::Output => Text::new("印刷・出力", "printed or exported"),
            Self::Crowd => Text::new("同じ日に多人数が参照", "many people on one record that day"),
            Self::SharedLogin => {
                Text::new("同じアカウントを2端末で同時使用", "account at two terminals at once")
            }
            Self::BreakGlass => Text::new("緊急参照", "emergency override"),
            Self::UnknownAccount => {
                Text::new("職員名簿にないアカウント", "account not on the staff list")
            }
        }
    }

    /// In what share of misuse the sign is assumed to be present. From published families of rules (VIP, co-worker, family
    /// and neighbour make up nearly all of what `FairWarning`, SPHER and the Yale HIPAA office describe), not from measurement:
    /// no public set of confirmed misuse exists. They sum to more than one because one misuse shows several signs.
    pub(super) const fn assumed(self) -> f64 {
        match self {
            // Curiosity rarely concerns somebody who is being treated elsewhere in the house that day.
            Self::NoRelationship => 0.5,
            // Curiosity is followed when colleagues are few.
            Self::OffHours => 0.3,
            // The two most often reported kinds.
            Self::CoWorker | Self::FamilyName => 0.2,
            Self::Vip | Self::Neighbour => 0.15,
            // People follow how somebody fares.
            Self::Repeated => 0.2,
            // Serial searches: few people, many records.
            Self::Volume | Self::Crowd => 0.1,
            Self::Output | Self::BreakGlass => 0.1,
            Self::OwnRecord | Self::SharedLogin | Self::UnknownAccount => 0.05,
        }
    }
}

/// One sign with its points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Which.
    pub code: ReasonCode,
    /// Points, in tenths of a power of ten, at least 1.
    pub points: u32,
    /// How often the sign is met among ordinary accesses of comparable people, in millionths.
    pub usual_ppm: u32,
    /// What exactly, when there is more to say: the mark, the number of people.
    pub detail: String,
}

impl Reason {
    /// The sign with the points it deserves where it is usual in `usual` of the cases. Never none: a reviewer is told.
    pub(super) fn new(code: ReasonCode, usual: f64, detail: String) -> Self {
        let usual = usual.clamp(1e-6, 1.0);
        let points = (10.0 * (code.assumed() / usual).log10()).clamp(1.0, POINTS_MAX);
        Self { code, points: whole(points), usual_ppm: whole(usual * 1e6), detail }
    }

    /// The sign as a reviewer reads it: what, how usual, points.
    #[must_use]
    pub fn say(&self, lang: Lang) -> String {
        let label = self.code.label();
        let detail = if self.detail.is_empty() {
            String::new()
        } else {
            match lang {
                Lang::Ja => format!("「{}」", self.detail),
                Lang::En => format!(" ({})", self.detail),
            }
        };
        let usual = percent(self.usual_ppm);
        match lang {
            Lang::Ja => format!("{}{detail} +{}（通常 {usual}）", label.ja, self.points),
            Lang::En => format!("{}{detail} +{} (usual: {usual})", label.en, self.points),
        }
    }
}

/// Millionths as a percentage with as many digits as say something.
fn percent(ppm: u32) -> String {
    let share = f64::from(ppm) / 10_000.0;
    if share >= 10.0 { format!("{share:.0}%") } else { format!("{share:.2}%") }
}

/// The nearest whole number of one that is known to be neither negative nor large.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers clamp: at most a million, never below nought"
)]
fn whole(number: f64) -> u32 {
    number.round().clamp(0.0, 1e6) as u32
}
