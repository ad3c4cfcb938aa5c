//! What the page of a case shows beside the texts: the report, the rungs, the passages.

use sakimori_content::{FieldClass, Sharing};
use sakimori_share::{
    ConsentAnswer, ConsentWay, Draft, DraftState, GoesOut, OwnCase, Preview, ShareDesk, ShareError,
    SharedContent, SharedIndicator,
};
use sakimori_words::{Lang, moment_words};

use crate::frame::Frame;
use crate::screens::share::{answer_word, said};
use crate::traces;

/// What a person can do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Write, then ask.
    Writing,
    /// Wait for the victim, or write its answer down.
    Asked,
    /// Submit.
    Approved,
    /// Release or send back.
    AwaitingRelease,
    /// Take back before it goes out.
    Scheduled,
    /// Revise or withdraw.
    Published,
    /// Nothing.
    Withdrawn,
}

impl Stage {
    pub(super) fn of(own: &OwnCase) -> Self {
        match (own.draft.as_ref().map(|draft| &draft.state), own.current()) {
            (Some(DraftState::Writing { .. } | DraftState::Refused { .. }), _) => Self::Writing,
            (Some(DraftState::Asked { .. }), _) => Self::Asked,
            (Some(DraftState::Approved { .. }), _) => Self::Approved,
            (Some(DraftState::AwaitingRelease { .. }), _) => Self::AwaitingRelease,
            (Some(DraftState::Scheduled { .. }), _) => Self::Scheduled,
            (None, Some(release)) if !release.case.withdrawn => Self::Published,
            (None, _) => Self::Withdrawn,
        }
    }
}

/// A field of the report, with what becomes of it.
pub(super) struct Told {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) class: String,
    pub(super) passes: bool,
}

/// A rung of the ladder, as far as it was tried.
pub(super) struct Rung {
    pub(super) words: String,
    pub(super) n_fitting: usize,
    pub(super) n_candidates: usize,
    pub(super) holds: bool,
}

/// A passage that was found.
pub(super) struct Passage {
    pub(super) text: String,
    pub(super) kind: String,
    pub(super) placeholder: String,
    pub(super) reason: String,
}

/// A line above the case, and the class of its box.
pub(super) struct Note {
    pub(super) text: String,
    pub(super) class: &'static str,
}

/// Why the draft came back, what the victim said, why it was withdrawn.
pub(super) fn note(frame: &Frame, own: &OwnCase) -> Option<Note> {
    let look = |text: String| Note { text, class: "look" };
    let answered = |consent: &sakimori_share::Consent| Note {
        text: victims_answer(frame, consent),
        class: match consent.answer {
            ConsentAnswer::Approved => "good",
            ConsentAnswer::WithChanges => "look",
            ConsentAnswer::Refused => "bad",
        },
    };
    match own.draft.as_ref().map(|draft| &draft.state) {
        Some(DraftState::Writing { returned }) => returned
            .as_ref()
            .map(|reason| look(frame.with("share-returned-because", "reason", reason))),
        Some(DraftState::Asked { sent: true, .. }) => Some(look(frame.t("share-asked-sent"))),
        Some(DraftState::Asked { sent: false, .. }) => Some(look(frame.t("share-asked-by-hand"))),
        Some(
            DraftState::Approved { consent, .. }
            | DraftState::Refused { consent }
            | DraftState::AwaitingRelease { consent, .. }
            | DraftState::Scheduled { consent, .. },
        ) => Some(answered(consent)),
        None => own.current().map(|release| match release.withdrawn_because.as_str() {
            "" => answered(&release.consent),
            because => look(frame.with("share-withdrawn-because", "reason", because)),
        }),
    }
}

/// What the victim answered, who and how.
fn victims_answer(frame: &Frame, consent: &sakimori_share::Consent) -> String {
    let answer = frame.t(answer_word(consent.answer));
    let way = match &consent.way {
        ConsentWay::Node => format!("{} {}", frame.t("share-way-node"), frame.minute(consent.at)),
        ConsentWay::Officer { officer, on, how } => format!("{on} {how}（{}）", officer.name),
    };
    let answered = frame.with2("share-answered", "answer", answer, "name", &consent.person);
    [answered, way, consent.note.clone()].join(" · ").trim_end_matches(" · ").to_owned()
}

/// When a draft goes out, or would if it were released now.
pub(super) fn goes_out(
    frame: &Frame,
    desk: &ShareDesk,
    draft: &Draft,
    content: &SharedContent,
) -> String {
    let moment = |at| moment_words(at).get(frame.lang).to_owned();
    if let DraftState::Scheduled { by, due_at, .. } = &draft.state {
        return frame.with2("share-goes-out-on", "when", moment(*due_at), "name", &by.name);
    }
    let because = draft.writing.urgent_because.as_deref().unwrap_or_default();
    match desk.goes_out(content) {
        GoesOut::Batch(due_at) => frame.with("share-goes-out-batch", "when", moment(due_at)),
        GoesOut::Urgent => frame.with("share-goes-out-urgent", "because", because),
        GoesOut::Exercise => frame.t("share-goes-out-exercise"),
    }
}

/// The fields of the report in its order.
pub(super) fn told(frame: &Frame, own: &OwnCase) -> Vec<Told> {
    let told = |field: &sakimori_share::ReportedField| Told {
        label: said(&field.label, frame.lang),
        value: said(&field.value, frame.lang),
        class: frame.t(match field.class {
            FieldClass::Technical => "share-class-technical",
            FieldClass::Damage => "share-class-damage",
            FieldClass::Identity => "share-class-identity",
            FieldClass::Free => "share-class-free",
        }),
        passes: matches!(field.class, FieldClass::Technical | FieldClass::Damage),
    };
    own.reported.fields.iter().filter(|field| !field.value.ja.is_empty()).map(told).collect()
}

/// Something in the report that may have given the attackers away.
pub(super) struct Candidate {
    pub(super) value: String,
    pub(super) field: String,
    /// Whether it is the victim's own or of a house, and cannot be told.
    pub(super) inner: bool,
}

/// What the report holds and the draft does not tell yet. None is ticked beforehand: whose it is, only a person knows.
pub(super) fn candidates(frame: &Frame, own: &OwnCase) -> Vec<Candidate> {
    let told = own.draft.as_ref().map(|draft| draft.writing.indicators.as_slice());
    let told =
        |value: &str| told.unwrap_or_default().iter().any(|one| one.indicator.value == value);
    let mut found: Vec<Candidate> = Vec::new();
    for field in &own.reported.fields {
        for indicator in traces::in_text(&field.value.ja) {
            if told(&indicator.value) || found.iter().any(|one| one.value == indicator.value) {
                continue;
            }
            let one = SharedIndicator { indicator, seen_as: String::new(), technique: None };
            found.push(Candidate {
                inner: one.is_the_victims(&own.reported),
                value: one.indicator.value,
                field: said(&field.label, frame.lang),
            });
        }
    }
    found.sort_by_key(|one| one.inner);
    found
}

/// The rungs that were tried, the last one holds.
pub(super) fn rungs(frame: &Frame, sharing: &Sharing, preview: Option<&Preview>) -> Vec<Rung> {
    let Some(climb) = preview.and_then(|preview| preview.climb.as_ref()) else { return Vec::new() };
    let rung = |tried: &sakimori_share::Tried| {
        let mut words = vec![tried.place.area_words(&sharing.ladder, frame.lang)];
        words.extend(tried.place.beds_words(frame.lang));
        words.extend(
            tried.place.kind.map(|kind| sakimori_share::kind_words(kind, frame.lang).to_owned()),
        );
        words.extend(tried.place.founder.map(|_| frame.t("share-with-founder")));
        Rung {
            words: words.join(" · "),
            n_fitting: tried.n_fitting,
            n_candidates: tried.n_candidates,
            holds: tried.n_candidates >= climb.k,
        }
    };
    climb.tried.iter().map(rung).collect()
}

/// Why nothing may be shared, if so.
pub(super) fn refusal(lang: Lang, preview: &Preview) -> Option<String> {
    let trouble = ShareError::Ladder(preview.refusal.clone()?).trouble();
    let stop = if lang == Lang::Ja { "。" } else { ". " };
    Some(format!("{}{stop}{}", trouble.kind.what(lang), trouble.kind.now(lang)))
}

/// What the scrubber replaced or was told to leave.
pub(super) fn passages(frame: &Frame, own: &OwnCase, preview: &Preview) -> Vec<Passage> {
    let overrides = own.draft.as_ref().map(|draft| draft.writing.overrides.as_slice());
    let passage = |made: &sakimori_share::Replacement| Passage {
        text: made.text.clone(),
        kind: said(&made.kind.words(), frame.lang),
        placeholder: made.placeholder.clone(),
        reason: overrides
            .unwrap_or_default()
            .iter()
            .find(|one| one.text == made.text)
            .map(|one| one.reason.clone())
            .unwrap_or_default(),
    };
    preview.scrubbed.replaced.iter().chain(&preview.scrubbed.overridden).map(passage).collect()
}
