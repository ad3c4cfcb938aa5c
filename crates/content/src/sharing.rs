//! How a case is shared so that its victim cannot be identified: the ladder of words, the classes of fields, the lists to choose from.

use std::collections::BTreeSet;

use jiff::civil;
use sakimori_words::{Instant, Prefecture, Text, jst_datetime};
use serde::{Deserialize, Serialize};

use crate::{Form, Provenance};

/// Everything the pack says about sharing: `share/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sharing {
    /// `share/ladder.toml`.
    pub ladder: Ladder,
    /// `share/fields.toml`.
    pub fields: FieldClasses,
    /// `share/analysis.toml`.
    pub words: SharedWords,
    /// `share/publication.toml`.
    pub publication: Publication,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// 月曜日.
    Monday,
    /// 火曜日.
    Tuesday,
    /// 水曜日.
    Wednesday,
    /// 木曜日.
    Thursday,
    /// 金曜日.
    Friday,
    /// 土曜日.
    Saturday,
    /// 日曜日.
    Sunday,
}

impl Weekday {
    const fn civil(self) -> civil::Weekday {
        match self {
            Self::Monday => civil::Weekday::Monday,
            Self::Tuesday => civil::Weekday::Tuesday,
            Self::Wednesday => civil::Weekday::Wednesday,
            Self::Thursday => civil::Weekday::Thursday,
            Self::Friday => civil::Weekday::Friday,
            Self::Saturday => civil::Weekday::Saturday,
            Self::Sunday => civil::Weekday::Sunday,
        }
    }
}

/// When what is not urgent goes out: everything of a week together.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// The day.
    pub weekday: Weekday,
    /// Minute of the day by clocks in Japan.
    pub at_minute: u16,
    /// Source and dates.
    pub provenance: Provenance,
}

impl Publication {
    /// When the next batch after `now` goes out: the same moment for everything of one week.
    #[must_use]
    pub fn next_after(&self, now: Instant) -> Instant {
        let local = jst_datetime(now);
        let days = self.weekday.civil().since(local.date().weekday());
        let midnight = Instant::from_jst(local.date().to_datetime(civil::Time::midnight()));
        let due = midnight.plus_days(i64::from(days)).plus_seconds(i64::from(self.at_minute) * 60);
        if due > now { due } else { due.plus_days(7) }
    }

    pub(crate) fn problems(&self) -> Vec<(String, String)> {
        let what = || ("at_minute".to_owned(), "a day has 1440 minutes".to_owned());
        (self.at_minute >= 24 * 60).then(what).into_iter().collect()
    }
}

/// How exactly a place is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaGrain {
    /// 都道府県.
    Prefecture,
    /// One of the six parts of the country.
    Block,
    /// 全国.
    Nation,
}

/// How exactly a date is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodGrain {
    /// The month: only once the victim has published.
    Month,
    /// Three months.
    Quarter,
    /// Six months.
    HalfYear,
    /// Not at all.
    None,
}

/// A part of the country.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// Its id, e.g. `kinki`.
    pub id: String,
    /// Its name.
    pub name: Text,
    /// Its prefectures.
    pub prefectures: Vec<Prefecture>,
}

/// One way of dividing institutions by permitted beds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bands {
    /// Its id, e.g. `four`.
    pub id: String,
    /// First number of beds of each band, rising, the first 0.
    pub lower: Vec<u32>,
}

impl Bands {
    /// The first number of beds of the band that `beds` falls into.
    #[must_use]
    pub fn lower_of(&self, beds: u32) -> u32 {
        self.lower.iter().copied().take_while(|lower| *lower <= beds).last().unwrap_or_default()
    }

    /// The last number of beds of the band that begins at `lower`; `None` when it is open.
    #[must_use]
    pub fn upper_of(&self, lower: u32) -> Option<u32> {
        self.lower.iter().find(|next| **next > lower).map(|next| next.saturating_sub(1))
    }
}

/// One rung: how exactly place, size and kind are named.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// How exactly the place.
    pub area: AreaGrain,
    /// Which division by beds.
    pub bands: String,
    /// Whether the kind of institution is named.
    pub kind: bool,
    /// Whether the founder is named.
    pub founder: bool,
    /// How exactly the date, while the victim has not published.
    pub period: PeriodGrain,
}

/// The ladder from the finest words to the coarsest.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ladder {
    /// Institutions the words must fit when the case is for the community (AMBER, GREEN).
    pub k_community: usize,
    /// … when it is for the world (CLEAR).
    pub k_world: usize,
    /// Organisations besides the victim that must receive it.
    pub audience_min: usize,
    /// The parts of the country.
    #[serde(rename = "block")]
    pub blocks: Vec<Block>,
    /// The divisions by beds.
    pub bands: Vec<Bands>,
    /// The rungs, the finest first; each says no more than the one before.
    #[serde(rename = "rung")]
    pub rungs: Vec<Rung>,
    /// Source and dates.
    pub provenance: Provenance,
}

impl Ladder {
    /// The part of the country a prefecture is in.
    #[must_use]
    pub fn block_of(&self, prefecture: Prefecture) -> Option<&Block> {
        self.blocks.iter().find(|block| block.prefectures.contains(&prefecture))
    }

    /// The part of the country of that id.
    #[must_use]
    pub fn block(&self, id: &str) -> Option<&Block> {
        self.blocks.iter().find(|block| block.id == id)
    }

    /// The division by beds of that id.
    #[must_use]
    pub fn bands(&self, id: &str) -> Option<&Bands> {
        self.bands.iter().find(|bands| bands.id == id)
    }

    /// The same ladder without the rungs that name a part of the country.
    #[must_use]
    pub fn without_region(&self) -> Self {
        let mut ladder = self.clone();
        ladder.rungs.retain(|rung| rung.area == AreaGrain::Nation);
        ladder
    }

    /// What is wrong with it, each with a word that stands near it.
    pub(crate) fn problems(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for prefecture in Prefecture::all() {
            let n =
                self.blocks.iter().filter(|block| block.prefectures.contains(&prefecture)).count();
            if n != 1 {
                let what = format!("prefecture {} is in {n} blocks", prefecture.code());
                found.push(("[[block]]".to_owned(), what));
            }
        }
        for bands in &self.bands {
            if bands.lower.first() != Some(&0) || !bands.lower.is_sorted_by(|a, b| a < b) {
                found.push((bands.id.clone(), format!("bands `{}` do not rise from 0", bands.id)));
            }
        }
        for rung in self.rungs.iter().filter(|rung| self.bands(&rung.bands).is_none()) {
            found.push((rung.bands.clone(), format!("there are no bands `{}`", rung.bands)));
        }
        for pair in self.rungs.windows(2) {
            if let [finer, coarser] = pair
                && !self.says_no_more(coarser, finer)
            {
                let what = "a rung says more than the one before it".to_owned();
                found.push(("[[rung]]".to_owned(), what));
            }
        }
        if self.without_region().rungs.is_empty() {
            let what = "no rung is without a part of the country, as what is urgent needs it";
            found.push(("[[rung]]".to_owned(), what.to_owned()));
        }
        if self.rungs.is_empty() || self.k_community < 2 || self.k_world < self.k_community {
            found.push(("k_community".to_owned(), "no rung, or k too small".to_owned()));
        }
        found
    }

    fn says_no_more(&self, coarser: &Rung, finer: &Rung) -> bool {
        let lower = |rung: &Rung| {
            self.bands(&rung.bands).map(|bands| bands.lower.as_slice()).unwrap_or_default()
        };
        let known: BTreeSet<u32> = lower(finer).iter().copied().collect();
        coarser.area >= finer.area
            && lower(coarser).iter().all(|bound| known.contains(bound))
            && coarser.kind <= finer.kind
            && coarser.founder <= finer.founder
    }
}

/// What may become of a field of a report when its case is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldClass {
    /// What the attacker did and to what kind of system: passes by itself.
    Technical,
    /// How bad it was: passes in bands only.
    Damage,
    /// Who and where: never passes.
    Identity,
    /// What people wrote: never passes.
    Free,
}

/// The bands of a count.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldBand {
    /// The field.
    pub field: String,
    /// First number of each band.
    pub lower: Vec<u64>,
}

/// The class of every field of a form.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldClasses {
    /// Which form.
    pub form: String,
    /// Fields that pass.
    pub technical: Vec<String>,
    /// Fields that pass in bands.
    pub damage: Vec<String>,
    /// Fields that say who and where.
    pub identity: Vec<String>,
    /// Fields that people wrote.
    pub free: Vec<String>,
    /// Bands of counts.
    #[serde(rename = "band")]
    pub bands: Vec<FieldBand>,
    /// Source and dates.
    pub provenance: Provenance,
}

impl FieldClasses {
    /// The class of a field; one that is not named is identity and stays where it is.
    #[must_use]
    pub fn class_of(&self, field: &str) -> FieldClass {
        let is_in = |fields: &[String]| fields.iter().any(|own| own == field);
        if is_in(&self.technical) {
            FieldClass::Technical
        } else if is_in(&self.damage) {
            FieldClass::Damage
        } else if is_in(&self.free) {
            FieldClass::Free
        } else {
            FieldClass::Identity
        }
    }

    /// The bands of a count.
    #[must_use]
    pub fn band(&self, field: &str) -> Option<&FieldBand> {
        self.bands.iter().find(|band| band.field == field)
    }

    pub(crate) fn problems(&self, form: &Form) -> Vec<(String, String)> {
        let lists = [&self.technical, &self.damage, &self.identity, &self.free];
        let named: Vec<&String> = lists.into_iter().flatten().collect();
        let mut found = Vec::new();
        for field in form.sections.iter().flat_map(|section| &section.fields) {
            let n = named.iter().filter(|own| **own == &field.id).count();
            if n != 1 {
                found.push((
                    "technical".to_owned(),
                    format!("field `{}` has {n} classes", field.id),
                ));
            }
        }
        for field in named.into_iter().filter(|own| form.field(own).is_none()) {
            found.push((field.clone(), format!("the form has no field `{field}`")));
        }
        found
    }
}

/// A word to choose from a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedWord {
    /// Its id; of a technique the number in ATT&CK, e.g. `T1486`.
    pub id: String,
    /// What it says.
    pub name: Text,
}

/// Something that would have helped.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Safeguard {
    /// Its id.
    pub id: String,
    /// What it says.
    pub name: Text,
    /// The clauses that ask for it.
    pub clauses: Vec<String>,
    /// Items of the newest checklist that ask whether it is so, by their ids.
    #[serde(default)]
    pub checklist: Vec<String>,
}

/// The lists a shared case chooses its words from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedWords {
    /// Ways in.
    #[serde(rename = "route")]
    pub routes: Vec<SharedWord>,
    /// Families of ransomware.
    #[serde(rename = "family")]
    pub families: Vec<SharedWord>,
    /// Techniques of ATT&CK.
    #[serde(rename = "technique")]
    pub techniques: Vec<SharedWord>,
    /// What would have helped.
    #[serde(rename = "safeguard")]
    pub safeguards: Vec<Safeguard>,
    /// Source and dates.
    pub provenance: Provenance,
}
