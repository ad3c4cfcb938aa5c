//! Whom something published is for (宛先), as a rule over the profiles of organisations.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{InstitutionKind, Organisation, OrganisationKind, Prefecture};

/// A rule that decides which institutions and companies something published is for. Empty sets and `None` mean: all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Audience {
    /// Kinds of institution.
    pub kinds: BTreeSet<InstitutionKind>,
    /// Prefectures.
    pub prefectures: BTreeSet<Prefecture>,
    /// Smallest number of permitted beds.
    pub beds_min: Option<u32>,
    /// Largest number of permitted beds.
    pub beds_max: Option<u32>,
    /// Functions such as 災害拠点病院; one of them is enough.
    pub functions: BTreeSet<String>,
    /// Whether maintenance companies and device makers receive it as well.
    pub vendors: bool,
    /// Companies that receive it for what they make, sell or maintain: those whose own name holds one of these, wherever they are.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub companies: BTreeSet<String>,
    /// Whether it is for companies alone: no institution receives it, whatever else the rule says.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub companies_only: bool,
}

/// Shortest name of a company that is looked for, in characters: one letter stands in every name.
const COMPANY_CHARS_MIN: usize = 2;

impl Audience {
    /// Whether nobody can be meant: it is for companies alone and says of none that it is for them.
    #[must_use]
    pub fn names_nobody(&self) -> bool {
        self.companies_only && !self.vendors && self.companies.is_empty()
    }

    /// Whether it is for `organisation` itself: an institution or vendor the rule names.
    #[must_use]
    pub fn include(&self, organisation: &Organisation) -> bool {
        match organisation.kind {
            OrganisationKind::Institution => self.include_institution(organisation),
            OrganisationKind::Vendor => {
                self.names(&organisation.name)
                    || (self.vendors && self.include_place(organisation.prefecture))
            }
            OrganisationKind::Ministry
            | OrganisationKind::Prefecture
            | OrganisationKind::HealthCentreCity
            | OrganisationKind::SpecialWard
            | OrganisationKind::CeptoarBody => false,
        }
    }

    /// Whether it is handed to `organisation`: because it is for it, or because it is an office that may reach some.
    #[must_use]
    pub fn reach(&self, organisation: &Organisation) -> bool {
        if organisation.kind.is_office() {
            // National bodies have members everywhere.
            return organisation.prefecture.is_none()
                || self.include_place(organisation.prefecture);
        }
        self.include(organisation)
    }

    fn include_institution(&self, organisation: &Organisation) -> bool {
        if self.companies_only {
            return false;
        }
        // An institution without a profile is not left out: better one too many.
        let Some(profile) = &organisation.institution else {
            return self.include_place(organisation.prefecture);
        };
        let beds = profile.permitted_beds;
        let functions = self.functions.is_empty()
            || profile.functions.iter().any(|function| self.functions.contains(function));
        (self.kinds.is_empty() || self.kinds.contains(&profile.kind))
            && self.beds_min.is_none_or(|least| beds >= least)
            && self.beds_max.is_none_or(|most| beds <= most)
            && functions
            && self.include_place(organisation.prefecture)
    }

    fn names(&self, company: &str) -> bool {
        let company = folded(company);
        let mut named = self.companies.iter().map(|name| folded(name));
        named.any(|name| name.chars().count() >= COMPANY_CHARS_MIN && company.contains(&name))
    }

    fn include_place(&self, prefecture: Option<Prefecture>) -> bool {
        self.prefectures.is_empty() || prefecture.is_none_or(|at| self.prefectures.contains(&at))
    }
}

/// A company's name as it is compared: width, case, blanks and dots make no difference.
fn folded(name: &str) -> String {
    let narrow = |sign: char| match sign {
        '！'..='～' => char::from_u32(u32::from(sign) - 0xFEE0).unwrap_or(sign),
        other => other,
    };
    let letters = name.chars().map(narrow).filter(|sign| sign.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}
