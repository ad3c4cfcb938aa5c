//! The fields that describe an organisation, used by the setup and by the settings.

use sakimori_identity::Side;
use sakimori_register::BEDS_MAX;
use sakimori_words::{
    Founder, Institution, InstitutionKind, Lang, Organisation, OrganisationId, OrganisationKind,
    Prefecture, VendorContract,
};

use crate::form::{Form, Problem};
use crate::frame::Choice;
use crate::profile::Profile;
use crate::wording::say;

/// Names of all fields, for carrying them through the setup.
pub(crate) const FIELDS: &[&str] = &[
    "office-kind",
    "org-name",
    "institution-kind",
    "beds",
    "prefecture",
    "founder",
    "functions",
    "institution-code",
    "vendor-name",
    "vendor-system",
    "vendor-phone",
];

/// Rows for maintenance companies beyond those filled in.
const BLANK_VENDORS: usize = 2;

const NAME_LIMIT: usize = 100;

/// The options of the fields, in one language.
pub(crate) struct Choices {
    pub(crate) node: bool,
    pub(crate) office_kinds: Vec<Choice>,
    pub(crate) institution_kinds: Vec<Choice>,
    pub(crate) prefectures: Vec<Choice>,
    pub(crate) founders: Vec<Choice>,
    pub(crate) functions: Vec<Choice>,
}

/// One row of a maintenance company, as typed.
pub(crate) struct VendorRow {
    pub(crate) number: usize,
    pub(crate) name: String,
    pub(crate) system: String,
    pub(crate) phone: String,
}

const OFFICE_KINDS: [(&str, OrganisationKind); 5] = [
    ("ministry", OrganisationKind::Ministry),
    ("prefecture", OrganisationKind::Prefecture),
    ("health-centre-city", OrganisationKind::HealthCentreCity),
    ("special-ward", OrganisationKind::SpecialWard),
    ("ceptoar-body", OrganisationKind::CeptoarBody),
];

const INSTITUTION_KINDS: [(&str, InstitutionKind); 6] = [
    ("hospital", InstitutionKind::Hospital),
    ("clinic", InstitutionKind::Clinic),
    ("dental-clinic", InstitutionKind::DentalClinic),
    ("maternity-home", InstitutionKind::MaternityHome),
    ("pharmacy", InstitutionKind::Pharmacy),
    ("regional-network", InstitutionKind::RegionalNetwork),
];

/// The kind of a maker, seller or maintenance company in the same list: it has none of an institution's profile.
const COMPANY: &str = "company";

const FOUNDERS: [(&str, Founder); 7] = [
    ("state", Founder::State),
    ("prefecture", Founder::Prefecture),
    ("municipality", Founder::Municipality),
    ("public-body", Founder::PublicBody),
    ("medical-corporation", Founder::MedicalCorporation),
    ("individual", Founder::Individual),
    ("other", Founder::Other),
];

/// Functions of the medical care law that change duties and routes, in the words that go into the profile.
const FUNCTIONS: [(&str, &str); 6] = [
    ("advanced-treatment", "特定機能病院"),
    ("regional-support", "地域医療支援病院"),
    ("disaster-base", "災害拠点病院"),
    ("emergency-centre", "救命救急センター"),
    ("perinatal-centre", "周産期母子医療センター"),
    ("cancer-base", "がん診療連携拠点病院"),
];

impl Choices {
    /// The options for an institution or an office.
    pub(crate) fn new(side: Side, lang: Lang) -> Self {
        let list = |prefix: &str, values: Vec<&str>| {
            values
                .into_iter()
                .map(|value| Choice::new(value, say(lang, &format!("{prefix}-{value}"))))
                .collect()
        };
        Self {
            node: side == Side::Node,
            office_kinds: list("office", OFFICE_KINDS.iter().map(|(value, _)| *value).collect()),
            institution_kinds: list(
                "institution",
                INSTITUTION_KINDS.iter().map(|(value, _)| *value).chain([COMPANY]).collect(),
            ),
            founders: list("founder", FOUNDERS.iter().map(|(value, _)| *value).collect()),
            functions: list("function", FUNCTIONS.iter().map(|(value, _)| *value).collect()),
            prefectures: prefectures(side, lang),
        }
    }
}

/// Starting values of an empty form.
pub(crate) fn prefill(form: &mut Form, side: Side) {
    match side {
        Side::Node => {
            form.set("institution-kind", "hospital");
            form.set("founder", "medical-corporation");
        }
        Side::Hub => form.set("office-kind", "prefecture"),
    }
}

/// Fills the form from a profile.
pub(crate) fn lay_in(form: &mut Form, organisation: &Organisation) {
    form.set("org-name", &organisation.name);
    form.set("office-kind", spelling(&OFFICE_KINDS, organisation.kind));
    if let Some(prefecture) = organisation.prefecture {
        form.set("prefecture", prefecture.code());
    }
    if organisation.kind == OrganisationKind::Vendor {
        form.set("institution-kind", COMPANY);
    }
    let Some(profile) = &organisation.institution else { return };
    form.set("institution-kind", spelling(&INSTITUTION_KINDS, profile.kind));
    form.set("beds", profile.permitted_beds);
    form.set("founder", spelling(&FOUNDERS, profile.founder));
    form.set("institution-code", &profile.code);
    for (value, _) in
        FUNCTIONS.iter().filter(|(_, name)| profile.functions.iter().any(|own| own == name))
    {
        form.add("functions", value);
    }
    for vendor in &profile.vendors {
        form.add("vendor-name", &vendor.name);
        form.add("vendor-system", &vendor.system);
        form.add("vendor-phone", &vendor.phone);
    }
}

/// The profile the form describes; problems are noted in the form.
pub(crate) fn read(form: &mut Form, id: &OrganisationId, side: Side) -> Option<Profile> {
    let name = form.required("org-name", NAME_LIMIT);
    let (kind, institution) = match side {
        Side::Hub => (form.choice("office-kind", &OFFICE_KINDS)?, None),
        Side::Node if form.text("institution-kind") == COMPANY => (OrganisationKind::Vendor, None),
        Side::Node => (OrganisationKind::Institution, read_institution(form)),
    };
    let prefecture = form.text("prefecture").parse().ok().and_then(Prefecture::from_code);
    let anywhere = matches!(
        kind,
        OrganisationKind::Ministry | OrganisationKind::CeptoarBody | OrganisationKind::Vendor
    );
    if prefecture.is_none() && !anywhere {
        form.wrong("prefecture", Problem::new("problem-choice"));
    }
    let organisation = Organisation { id: id.clone(), kind, name, prefecture, institution };
    form.fine().then(|| Profile { organisation, local_contacts: Vec::new() })
}

/// What the organisation is, in words.
pub(crate) fn kind_label(organisation: &Organisation, lang: Lang) -> String {
    match &organisation.institution {
        Some(profile) => {
            say(lang, &format!("institution-{}", spelling(&INSTITUTION_KINDS, profile.kind)))
        }
        None if organisation.kind == OrganisationKind::Vendor => say(lang, "institution-company"),
        None => say(lang, &format!("office-{}", spelling(&OFFICE_KINDS, organisation.kind))),
    }
}

/// Whether forms offer that function.
pub(crate) fn is_offered(function: &str) -> bool {
    FUNCTIONS.iter().any(|(_, name)| *name == function)
}

/// The rows of maintenance companies as typed, and some blank ones.
pub(crate) fn vendor_rows(form: &Form) -> Vec<VendorRow> {
    let typed = vendors(form);
    let blank = std::iter::repeat_n((String::new(), String::new(), String::new()), BLANK_VENDORS);
    typed
        .into_iter()
        .chain(blank)
        .enumerate()
        .map(|(n, (name, system, phone))| VendorRow { number: n + 1, name, system, phone })
        .collect()
}

fn read_institution(form: &mut Form) -> Option<Institution> {
    let kind = form.choice("institution-kind", &INSTITUTION_KINDS);
    let founder = form.choice("founder", &FOUNDERS);
    let beds = form.number("beds");
    if beds.is_none() && kind == Some(InstitutionKind::Hospital) && form.problem("beds").is_none() {
        form.wrong("beds", Problem::new("problem-required"));
    }
    if beds.is_some_and(|beds| beds > BEDS_MAX) {
        form.wrong("beds", Problem::new("problem-at-most").with("most", BEDS_MAX));
    }
    let code = form.limited("institution-code", 20);
    let functions = FUNCTIONS.iter().filter(|(value, _)| form.has("functions", value));
    let functions = functions.map(|(_, name)| (*name).to_owned()).collect();
    let vendors = read_vendors(form);
    Some(Institution {
        kind: kind?,
        permitted_beds: beds.unwrap_or(0),
        founder: founder?,
        functions,
        code,
        vendors,
    })
}

fn read_vendors(form: &mut Form) -> Vec<VendorContract> {
    let rows = vendors(form);
    // A company without a number cannot be called at three in the morning.
    if rows.iter().any(|(name, _, phone)| name.is_empty() || phone.is_empty()) {
        form.wrong("vendors", Problem::new("problem-vendor"));
    }
    rows.into_iter().map(|(name, system, phone)| VendorContract { name, system, phone }).collect()
}

/// The rows in which something was typed.
fn vendors(form: &Form) -> Vec<(String, String, String)> {
    let column = |name: &'static str| {
        form.all(name).map(|text| text.chars().take(NAME_LIMIT).collect::<String>())
    };
    column("vendor-name")
        .zip(column("vendor-system"))
        .zip(column("vendor-phone"))
        .map(|((name, system), phone)| (name, system, phone))
        .filter(|(name, system, phone)| !(name.is_empty() && system.is_empty() && phone.is_empty()))
        .collect()
}

fn prefectures(side: Side, lang: Lang) -> Vec<Choice> {
    let none = match side {
        Side::Node => "prefecture-choose",
        Side::Hub => "prefecture-none",
    };
    let all = Prefecture::all().map(|one| Choice::new(one.code(), one.name(lang)));
    std::iter::once(Choice::new("", say(lang, none))).chain(all).collect()
}

fn spelling<T: PartialEq + Copy>(options: &[(&'static str, T)], value: T) -> &'static str {
    options.iter().find(|(_, own)| *own == value).map_or("", |(spelling, _)| spelling)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_is_set_up_without_beds_or_founder_and_comes_back_as_one() {
        let typed = "institution-kind=company&org-name=%E8%A6%8B%E6%9C%AC%E5%8C%BB%E7%99%82%E6%A9%9F%E5%99%A8";
        let mut form = Form::read(typed.as_bytes());
        let profile = read(&mut form, &"org".into(), Side::Node).unwrap();
        let own = &profile.organisation;
        assert_eq!((own.kind, own.name.as_str()), (OrganisationKind::Vendor, "見本医療機器"));
        assert_eq!(kind_label(own, Lang::Ja), "会社（製造・販売・保守）");
        let mut again = Form::new();
        lay_in(&mut again, own);
        assert_eq!(again.text("institution-kind"), "company");
    }
}
