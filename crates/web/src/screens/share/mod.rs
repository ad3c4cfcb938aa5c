//! SHARE: cases this office tells so that nobody recognises the victim, the question to the victim, cases that came, and figures.

use sakimori_identity::Action;
use sakimori_share::{AskedConsent, DraftState, ShareError, SharedContent, SharedKey, Signer};
use sakimori_words::{Digest, Lang, SharedCaseId, Tlp};

use super::{MenuEntry, Screen};
use crate::failure::fails_with;
use crate::form::{Form, Problem};
use crate::frame::Frame;
use crate::site::Side;
use crate::visit::Visit;

mod cases;
mod consent;
mod editor;
pub(crate) mod files;
mod received;
mod seen;
mod statistics;
#[cfg(test)]
mod tests;

fails_with!(ShareError);

/// Every screen of this part.
pub(crate) const SCREENS: &[Screen] = &[
    Screen {
        path: "/shared",
        routes: received::routes,
        menu: Some(MenuEntry {
            word: "menu-shared",
            place: 52,
            side: None,
            action: Action::ReadShared,
        }),
    },
    Screen {
        path: "/sharing",
        routes: cases::routes,
        menu: Some(MenuEntry {
            word: "menu-sharing",
            place: 53,
            side: Some(Side::Hub),
            action: Action::ViewShared,
        }),
    },
    Screen { path: "/sharing", routes: editor::routes, menu: None },
    Screen { path: "/sharing-figures", routes: statistics::routes, menu: None },
    Screen { path: "/sharing-files", routes: files::routes, menu: None },
    Screen {
        path: "/sharing-consent",
        routes: consent::routes,
        menu: Some(MenuEntry {
            word: "menu-sharing-consent",
            place: 54,
            side: Some(Side::Node),
            action: Action::AnswerShareConsent,
        }),
    },
];

/// How many rows a list shows at once.
pub(in crate::screens) const ROWS_MAX: usize = 200;
/// Longest text of a case, in characters.
const TEXT_CHARS_MAX: usize = 8_000;
/// Longest line, in characters.
const LINE_CHARS_MAX: usize = 200;

/// The person signed in, as shared cases remember who acted.
fn signer(visit: &Visit) -> Signer {
    Signer { person: visit.principal.person.clone(), name: visit.principal.name.clone() }
}

/// Where a case of our own is written and released.
pub(crate) fn own_address(id: &SharedCaseId) -> String {
    format!("/sharing/{id}")
}

/// Where a case that came is read.
pub(crate) fn received_address(key: &SharedKey) -> String {
    format!("/shared/{}/{}", key.origin, key.id)
}

/// Where the victim answers.
pub(crate) fn consent_address(asked: &AskedConsent) -> String {
    format!("/sharing-consent/{}/{}", asked.from, asked.request)
}

/// Says in the form when what the page showed is no longer what would be decided about.
fn check_shown(form: &mut Form, now: &Digest) {
    if now.to_string() != form.text("shown") {
        form.wrong("", Problem::new("problem-share-text-changed"));
    }
}

/// Word and pill class of where a draft stands.
fn state_words(state: &DraftState) -> (&'static str, &'static str) {
    match state {
        DraftState::Writing { returned: None } => ("share-state-writing", ""),
        DraftState::Writing { returned: Some(_) } => ("share-state-returned", "look"),
        DraftState::Asked { .. } => ("share-state-asked", "look"),
        DraftState::Approved { .. } => ("share-state-approved", "good"),
        DraftState::Refused { .. } => ("share-state-refused", "bad"),
        DraftState::AwaitingRelease { .. } => ("share-state-awaits", "look"),
        DraftState::Scheduled { .. } => ("share-state-scheduled", "good"),
    }
}

/// A case as a page shows it.
struct Document {
    tlp: &'static str,
    /// The word that says who may read it.
    tlp_means: &'static str,
    exercise: bool,
    urgent: bool,
    title: String,
    rows: Vec<(String, String)>,
    techniques: Vec<Technique>,
    safeguards: Vec<(String, String)>,
    /// Broken up, so that nobody presses them by mistake; and how they were seen.
    indicators: Vec<(String, String)>,
    course: String,
    lesson: String,
}

/// A technique with the detections of this program that look for it.
struct Technique {
    id: String,
    name: String,
    detections: Vec<String>,
}

impl Document {
    fn of(frame: &Frame, visit: &Visit, content: &SharedContent) -> Self {
        let (pack, lang) = (&visit.site.content, frame.lang);
        let (sharing, analysis) = (pack.sharing(), &content.analysis);
        let mut rows: Vec<(String, String)> = sakimori_share::about(content, &sharing.ladder, lang)
            .map(|(label, value)| (label.to_owned(), value))
            .collect();
        // Techniques and safeguards have their own places on the page.
        let bare = SharedContent {
            analysis: sakimori_share::Analysis {
                techniques: Vec::new(),
                safeguards: Vec::new(),
                ..analysis.clone()
            },
            ..content.clone()
        };
        rows.extend(sakimori_share::found(&bare, sharing, lang));
        let known = &sharing.words.techniques;
        let technique = |id: &String| Technique {
            name: known
                .iter()
                .find(|one| one.id == *id)
                .map_or_else(String::new, |one| one.name.get(lang).to_owned()),
            detections: sakimori_share::detections_for(pack, id)
                .into_iter()
                .map(|detection| detection.reason.title.get(lang).to_owned())
                .collect(),
            id: id.clone(),
        };
        let safeguard = |id: &String| {
            let safeguard = sharing.words.safeguards.iter().find(|one| one.id == *id)?;
            let clauses = safeguard.clauses.iter().map(String::as_str);
            let citation = pack.citation(clauses).get(lang).to_owned();
            let asked = pack.checklists().last().into_iter().flat_map(|list| {
                safeguard.checklist.iter().filter_map(|id| Some(list.item(id)?.number.as_str()))
            });
            let asked = asked.collect::<Vec<_>>().join("・");
            let asked = (!asked.is_empty()).then(|| frame.with("share-checklist", "items", asked));
            let cited = [citation].into_iter().chain(asked).collect::<Vec<_>>().join(" · ");
            Some((safeguard.name.get(lang).to_owned(), cited))
        };
        Self {
            tlp: content.tlp.label(),
            tlp_means: tlp_means(content.tlp),
            exercise: content.exercise,
            urgent: content.urgent,
            title: content.title.clone(),
            rows,
            techniques: analysis.techniques.iter().map(technique).collect(),
            safeguards: analysis.safeguards.iter().filter_map(safeguard).collect(),
            indicators: content
                .indicators
                .iter()
                .map(|told| {
                    let technique = told.technique.as_deref().unwrap_or_default();
                    let value = sakimori_share::broken_up(&told.indicator.value);
                    (value, format!("{} {technique}", told.seen_as).trim().to_owned())
                })
                .collect(),
            course: content.course.clone(),
            lesson: content.lesson.clone(),
        }
    }
}

/// Who may read what is labelled so, in a sentence.
pub(in crate::screens) const fn tlp_means(tlp: Tlp) -> &'static str {
    match tlp {
        Tlp::Clear => "share-tlp-clear",
        Tlp::Green => "share-tlp-green",
        Tlp::Amber => "share-tlp-amber",
        Tlp::AmberStrict => "share-tlp-amber-strict",
        Tlp::Red => "share-tlp-red",
    }
}

/// The name of an office as the federation knows it, else its id.
async fn office_name(
    visit: &Visit,
    id: &sakimori_words::OrganisationId,
) -> Result<String, crate::Failure> {
    let known = visit.site.post.organisations().await?;
    let known = known.into_iter().map(|known| known.organisation);
    let parents = visit.site.post.parents().await?.into_iter().map(|parent| parent.organisation);
    let name = known.chain(parents).find(|one| one.id == *id).map(|one| one.name);
    Ok(name.unwrap_or_else(|| id.to_string()))
}

/// What was answered, in words.
const fn answer_word(answer: sakimori_share::ConsentAnswer) -> &'static str {
    use sakimori_share::ConsentAnswer;
    match answer {
        ConsentAnswer::Approved => "share-answer-approved",
        ConsentAnswer::WithChanges => "share-answer-changes",
        ConsentAnswer::Refused => "share-answer-refused",
    }
}

/// The answers by the spelling of forms.
const ANSWERS: [(&str, sakimori_share::ConsentAnswer); 3] = [
    ("approved", sakimori_share::ConsentAnswer::Approved),
    ("with_changes", sakimori_share::ConsentAnswer::WithChanges),
    ("refused", sakimori_share::ConsentAnswer::Refused),
];

/// The answers as a form offers them.
fn answer_choices(frame: &Frame) -> Vec<crate::frame::Choice> {
    let choice = |(value, answer): &(&str, sakimori_share::ConsentAnswer)| {
        crate::frame::Choice::new(value, frame.t(answer_word(*answer)))
    };
    ANSWERS.iter().map(choice).collect()
}

/// A text in the language of the page.
fn said(text: &sakimori_words::Text, lang: Lang) -> String {
    text.get(lang).to_owned()
}
