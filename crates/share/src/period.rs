//! The words in which a case says when it happened. Pure.

use sakimori_content::PeriodGrain;
use sakimori_words::{Date, Lang};
use serde::{Deserialize, Serialize};

/// A span of time, said no more finely than it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "grain", rename_all = "snake_case")]
pub enum Period {
    /// A month, once the victim has published.
    Month {
        /// Year.
        year: i16,
        /// 1 to 12.
        month: i8,
    },
    /// Three months.
    Quarter {
        /// Year.
        year: i16,
        /// 1 to 4.
        quarter: i8,
    },
    /// Six months.
    HalfYear {
        /// Year.
        year: i16,
        /// 1 or 2.
        half: i8,
    },
    /// Not said.
    Unsaid,
}

impl Period {
    /// The span of `grain` that `day` is in.
    #[must_use]
    pub fn of(grain: PeriodGrain, day: Date) -> Self {
        let (year, month) = (day.year(), day.month());
        match grain {
            PeriodGrain::Month => Self::Month { year, month },
            PeriodGrain::Quarter => Self::Quarter { year, quarter: (month + 2) / 3 },
            PeriodGrain::HalfYear => Self::HalfYear { year, half: (month + 5) / 6 },
            PeriodGrain::None => Self::Unsaid,
        }
    }

    /// How a case of `day` is dated on `today`: at least as coarsely as the rung asks, and never by a span that is still going
    /// on, which would say that it happened in the last few weeks. A victim that has published may be dated by the month.
    #[must_use]
    pub fn to_say(rung: PeriodGrain, published: bool, day: Date, today: Date) -> Self {
        if published {
            return Self::of(PeriodGrain::Month, day);
        }
        let grains = [PeriodGrain::Month, PeriodGrain::Quarter, PeriodGrain::HalfYear];
        let coarse_enough =
            grains.into_iter().filter(|grain| *grain >= rung.max(PeriodGrain::Quarter));
        let mut spans = coarse_enough.map(|grain| Self::of(grain, day));
        spans.find(|span| span.is_over(today)).unwrap_or(Self::Unsaid)
    }

    /// Whether the span lies before `today`.
    #[must_use]
    pub fn is_over(self, today: Date) -> bool {
        let (year, last) = match self {
            Self::Month { year, month } => (year, month),
            Self::Quarter { year, quarter } => (year, quarter * 3),
            Self::HalfYear { year, half } => (year, half * 6),
            Self::Unsaid => return true,
        };
        (year, last) < (today.year(), today.month())
    }

    /// The span in words; `None` when it is not said.
    #[must_use]
    pub fn words(self, lang: Lang) -> Option<String> {
        Some(match (self, lang) {
            (Self::Month { year, month }, Lang::Ja) => format!("{year}年{month}月"),
            (Self::Month { year, month }, Lang::En) => format!("{year}-{month:02}"),
            (Self::Quarter { year, quarter }, Lang::Ja) => {
                format!("{year}年{}～{}月", quarter * 3 - 2, quarter * 3)
            }
            (Self::Quarter { year, quarter }, Lang::En) => format!("quarter {quarter} of {year}"),
            (Self::HalfYear { year, half: 1 }, Lang::Ja) => format!("{year}年前半"),
            (Self::HalfYear { year, .. }, Lang::Ja) => format!("{year}年後半"),
            (Self::HalfYear { year, half: 1 }, Lang::En) => format!("first half of {year}"),
            (Self::HalfYear { year, .. }, Lang::En) => format!("second half of {year}"),
            (Self::Unsaid, _) => return None,
        })
    }
}
