//! What an officer writes, between the form and the stage.

use sakimori_share::{Analysis, Override, Writing};
use sakimori_words::Tlp;

use crate::form::Form;
use crate::screens::share::{LINE_CHARS_MAX, TEXT_CHARS_MAX};

/// The labels a case can be shared under. What may go to named recipients only is not shared.
pub(super) const TLPS: [Tlp; 3] = [Tlp::Amber, Tlp::Green, Tlp::Clear];

/// The form of what was written.
pub(super) fn fill(writing: &Writing) -> Form {
    let mut form = Form::new();
    form.set("share-title", &writing.title);
    form.set("share-course", &writing.course);
    form.set("share-lesson", &writing.lesson);
    form.set("share-tlp", writing.tlp.label());
    form.set("share-route", &writing.analysis.route);
    form.set("share-family", writing.analysis.family.as_deref().unwrap_or_default());
    writing.analysis.techniques.iter().for_each(|id| form.add("share-techniques", id));
    writing.analysis.safeguards.iter().for_each(|id| form.add("share-safeguards", id));
    form
}

/// What was written in the form.
pub(super) fn read(form: &mut Form) -> Writing {
    let tlps = TLPS.map(|tlp| (tlp.label(), tlp));
    let tlp = form.choice("share-tlp", &tlps).unwrap_or(Tlp::Amber);
    let family = form.text("share-family").to_owned();
    let all = |name: &str| form.all(name).map(str::to_owned).collect::<Vec<_>>();
    let passages: Vec<String> = all("share-passage");
    let reasons: Vec<String> = all("share-passage-reason");
    let kept = passages.into_iter().zip(reasons).filter(|(_, reason)| !reason.is_empty());
    Writing {
        analysis: Analysis {
            route: form.text("share-route").to_owned(),
            family: (!family.is_empty()).then_some(family),
            techniques: all("share-techniques"),
            safeguards: all("share-safeguards"),
        },
        overrides: kept.map(|(text, reason)| Override { text, reason }).collect(),
        reviewed: all("share-reviewed"),
        title: form.required("share-title", LINE_CHARS_MAX),
        course: form.required("share-course", TEXT_CHARS_MAX),
        lesson: form.required("share-lesson", TEXT_CHARS_MAX),
        tlp,
    }
}
