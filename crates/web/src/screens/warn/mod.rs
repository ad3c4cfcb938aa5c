//! WARN: warnings that came, warnings this office writes and passes on, who has answered, and who is enrolled.

use std::collections::BTreeMap;

use sakimori_identity::Action;
use sakimori_warn::{Addressees, Signer, WarnError, WarningClass, WarningKey};
use sakimori_words::{InstitutionKind, Organisation, OrganisationId, OrganisationKind, WarningId};

use super::respond::Rights;
use super::{MenuEntry, Screen};
use crate::Failure;
use crate::failure::fails_with;
use crate::frame::Frame;
use crate::site::Side;
use crate::visit::Visit;

#[cfg(test)]
mod attachment_tests;
pub(in crate::screens) mod attachments;
mod coverage;
#[cfg(test)]
mod device_tests;
mod devices;
pub(in crate::screens) mod document;
mod drafts;
pub(crate) mod formats;
mod inbox;
mod library;
mod neighbours;
mod outbox;
#[cfg(test)]
mod paper_tests;
mod papers;
mod relay;
mod succession;
#[cfg(test)]
mod tests;
pub(in crate::screens) mod warning;
mod write;

fails_with!(WarnError);

/// Every screen of this part.
pub(crate) const SCREENS: &[Screen] = &[
    Screen {
        path: "/warnings",
        routes: inbox::routes,
        menu: Some(MenuEntry {
            word: "menu-warnings",
            place: 30,
            side: None,
            action: Action::ReadWarning,
        }),
    },
    Screen { path: "/warnings", routes: warning::routes, menu: None },
    Screen { path: "/warnings", routes: relay::routes, menu: None },
    Screen { path: "/papers", routes: papers::routes, menu: None },
    Screen {
        path: "/library",
        routes: library::routes,
        menu: Some(MenuEntry {
            word: "menu-library",
            place: 56,
            side: None,
            action: Action::ReadWarning,
        }),
    },
    Screen {
        path: "/outbox",
        routes: outbox::routes,
        menu: Some(MenuEntry {
            word: "menu-outbox",
            place: 20,
            side: Some(Side::Hub),
            action: Action::ViewCoverage,
        }),
    },
    Screen { path: "/outbox", routes: write::routes, menu: None },
    Screen { path: "/outbox", routes: drafts::routes, menu: None },
    Screen { path: "/coverage", routes: coverage::routes, menu: None },
    Screen { path: "/coverage", routes: formats::routes, menu: None },
    Screen {
        path: "/neighbours",
        routes: neighbours::routes,
        menu: Some(MenuEntry {
            word: "menu-neighbours",
            place: 55,
            side: None,
            action: Action::ViewSystem,
        }),
    },
];

/// How many rows a list shows at once.
const PAGE_ROWS: usize = 100;

/// The person signed in, as warnings remember who acted.
pub(in crate::screens) fn signer(visit: &Visit) -> Signer {
    Signer { person: visit.principal.person.clone(), name: visit.principal.name.clone() }
}

/// The classes by the spelling of forms: word, pill class.
const CLASSES: [(&str, WarningClass, &str, &str); 3] = [
    ("flash", WarningClass::Flash, "class-flash", "strong"),
    ("urgent", WarningClass::Urgent, "class-urgent", "bad"),
    ("normal", WarningClass::Normal, "class-normal", ""),
];

/// Word and pill class of how soon an answer is wanted.
pub(in crate::screens) fn class_words(class: WarningClass) -> (&'static str, &'static str) {
    let found = CLASSES.iter().find(|(_, own, _, _)| *own == class);
    found.map_or(("class-normal", ""), |(_, _, word, pill)| (word, pill))
}

/// A warning's place in addresses: `/<origin>/<id>`.
pub(in crate::screens) fn key_path(key: &WarningKey) -> String {
    format!("/{}/{}", key.origin, key.id)
}

/// The warning an address names.
pub(in crate::screens) fn key_of(origin: &str, id: &str) -> WarningKey {
    WarningKey { origin: OrganisationId::from(origin), id: WarningId::from(id) }
}

/// The names of everybody known here.
async fn names(visit: &Visit) -> Result<BTreeMap<OrganisationId, String>, Failure> {
    let me = visit.site.post.me();
    let known = visit.site.post.organisations().await?;
    let known = known.into_iter().map(|one| one.organisation);
    Ok(known.chain([me]).map(|one| (one.id, one.name)).collect())
}

/// A name, or the id of somebody who is not known here.
fn name(names: &BTreeMap<OrganisationId, String>, id: &OrganisationId) -> String {
    names.get(id).cloned().unwrap_or_else(|| id.to_string())
}

/// How many institutions below us the rule names.
async fn matching(visit: &Visit, rule: &Addressees) -> Result<usize, Failure> {
    let roll = visit.site.post.roll().await?;
    let nodes = roll.iter().filter(|one| one.below && rule.include(&one.organisation)).count();
    // Whoever is reached by a node is no member: nobody is counted twice.
    let members = visit.site.register.roll().await.map_err(|error| error.trouble())?;
    Ok(nodes + members.iter().filter(|one| rule.include(one)).count())
}

/// Where an organisation is and how large, in a few words.
fn place(frame: &Frame, organisation: &Organisation) -> String {
    let mut parts = Vec::new();
    if let Some(prefecture) = organisation.prefecture {
        parts.push(prefecture.name(frame.lang).to_owned());
    }
    if let Some(profile) = &organisation.institution {
        parts.push(frame.t(institution_word(profile.kind)));
        if profile.permitted_beds > 0 {
            parts.push(frame.with("institution-beds", "beds", profile.permitted_beds));
        }
    }
    parts.join(" · ")
}

/// Kinds of institution by the spelling of forms.
const KINDS: [(&str, InstitutionKind); 6] = [
    ("hospital", InstitutionKind::Hospital),
    ("clinic", InstitutionKind::Clinic),
    ("dental-clinic", InstitutionKind::DentalClinic),
    ("maternity-home", InstitutionKind::MaternityHome),
    ("pharmacy", InstitutionKind::Pharmacy),
    ("regional-network", InstitutionKind::RegionalNetwork),
];

pub(in crate::screens) const fn institution_word(kind: InstitutionKind) -> &'static str {
    match kind {
        InstitutionKind::Hospital => "institution-hospital",
        InstitutionKind::Clinic => "institution-clinic",
        InstitutionKind::DentalClinic => "institution-dental-clinic",
        InstitutionKind::MaternityHome => "institution-maternity-home",
        InstitutionKind::Pharmacy => "institution-pharmacy",
        InstitutionKind::RegionalNetwork => "institution-regional-network",
    }
}

const fn organisation_word(kind: OrganisationKind) -> &'static str {
    match kind {
        OrganisationKind::Ministry => "organisation-ministry",
        OrganisationKind::Prefecture => "organisation-prefecture",
        OrganisationKind::HealthCentreCity => "organisation-health-centre-city",
        OrganisationKind::SpecialWard => "organisation-special-ward",
        OrganisationKind::CeptoarBody => "organisation-ceptoar-body",
        OrganisationKind::Institution => "organisation-institution",
        OrganisationKind::Vendor => "organisation-vendor",
    }
}
