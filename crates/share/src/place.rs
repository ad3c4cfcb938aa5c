//! The words in which a case says where it happened: as little as the ladder allows. Pure.

use sakimori_content::{AreaGrain, Ladder, Rung};
use sakimori_words::{Founder, InstitutionKind, Lang, Organisation, Prefecture};
use serde::{Deserialize, Serialize};

/// Where a case happened, in words that fit many.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The part of the country.
    pub area: Area,
    /// First and last number of permitted beds; `None`: not said. Without a last one the band is open.
    pub beds: Option<(u32, Option<u32>)>,
    /// The kind of institution, when said.
    pub kind: Option<InstitutionKind>,
    /// The founder, when said.
    pub founder: Option<Founder>,
}

/// A part of the country.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "grain", content = "id", rename_all = "snake_case")]
pub enum Area {
    /// 都道府県.
    Prefecture(Prefecture),
    /// One of the six parts of the country, by its id in the ladder.
    Block(String),
    /// 全国.
    Nation,
}

impl Place {
    /// How the words of `rung` describe an institution; `None` when it has no profile or no prefecture, so that nothing can be
    /// said of how many are like it.
    #[must_use]
    pub fn of(ladder: &Ladder, rung: &Rung, organisation: &Organisation) -> Option<Self> {
        let profile = organisation.institution.as_ref()?;
        let prefecture = organisation.prefecture?;
        let area = match rung.area {
            AreaGrain::Prefecture => Area::Prefecture(prefecture),
            AreaGrain::Block => Area::Block(ladder.block_of(prefecture)?.id.clone()),
            AreaGrain::Nation => Area::Nation,
        };
        let bands = ladder.bands(&rung.bands)?;
        let lower = bands.lower_of(profile.permitted_beds);
        let beds = (bands.lower.len() > 1).then(|| (lower, bands.upper_of(lower)));
        Some(Self {
            area,
            beds,
            kind: rung.kind.then_some(profile.kind),
            founder: rung.founder.then_some(profile.founder),
        })
    }

    /// Whether these words fit an institution.
    #[must_use]
    pub fn fits(&self, ladder: &Ladder, organisation: &Organisation) -> bool {
        let (Some(profile), Some(prefecture)) =
            (&organisation.institution, organisation.prefecture)
        else {
            return false;
        };
        let area = match &self.area {
            Area::Prefecture(own) => *own == prefecture,
            Area::Block(id) => ladder.block_of(prefecture).is_some_and(|block| block.id == *id),
            Area::Nation => true,
        };
        let within = |(lower, upper): (u32, Option<u32>)| {
            profile.permitted_beds >= lower
                && upper.is_none_or(|upper| profile.permitted_beds <= upper)
        };
        area && self.beds.is_none_or(within)
            && self.kind.is_none_or(|kind| kind == profile.kind)
            && self.founder.is_none_or(|founder| founder == profile.founder)
    }

    /// The part of the country in words.
    #[must_use]
    pub fn area_words(&self, ladder: &Ladder, lang: Lang) -> String {
        match (&self.area, lang) {
            (Area::Prefecture(prefecture), _) => prefecture.name(lang).to_owned(),
            (Area::Block(id), _) => {
                ladder.block(id).map_or_else(|| id.clone(), |block| block.name.get(lang).to_owned())
            }
            (Area::Nation, Lang::Ja) => "全国".to_owned(),
            (Area::Nation, Lang::En) => "Japan".to_owned(),
        }
    }

    /// The size in words; `None` when it is not said.
    #[must_use]
    pub fn beds_words(&self, lang: Lang) -> Option<String> {
        let (lower, upper) = self.beds?;
        Some(match (lower, upper, lang) {
            (0, Some(upper), Lang::Ja) => format!("{upper}床以下"),
            (0, Some(upper), Lang::En) => format!("{upper} beds or fewer"),
            (lower, Some(upper), Lang::Ja) => format!("{lower}～{upper}床"),
            (lower, Some(upper), Lang::En) => format!("{lower} to {upper} beds"),
            (lower, None, Lang::Ja) => format!("{lower}床以上"),
            (lower, None, Lang::En) => format!("{lower} beds or more"),
        })
    }
}
