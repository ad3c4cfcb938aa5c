//! One case of our own: what was reported on the left, what would leave on the right; asking the victim, release, withdrawal.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_share::{DraftState, OwnCase, Preview, ShareError, WrittenConsent};
use sakimori_words::SharedCaseId;

use super::seen::{self, SeenRow};
use super::{
    ANSWERS, Document, LINE_CHARS_MAX, TEXT_CHARS_MAX, answer_choices, check_shown, own_address,
    signer, state_words,
};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::screens::respond::Rights;
use crate::site::Site;
use crate::tools::{self, Way};
use crate::visit::{Visit, page};

mod refused;
mod text;
mod view;

use refused::or_beside_the_field;

use view::{Passage, Rung, Stage, Told};

/// The routes of one case.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/sharing/{id}", get(show).post(act))
}

#[derive(Template)]
#[template(path = "screens/share/editor/page.html")]
struct EditorPage {
    frame: Frame,
    form: Form,
    id: SharedCaseId,
    victim: String,
    stage: Stage,
    state: String,
    state_class: &'static str,
    note: Option<view::Note>,
    told: Vec<Told>,
    rungs: Vec<Rung>,
    refusal: Option<String>,
    /// That too few would receive it.
    audience: Option<String>,
    /// Digest of what is shown as leaving: whoever releases has seen this.
    shown: String,
    passages: Vec<Passage>,
    to_review: Vec<(String, bool)>,
    doc: Option<Document>,
    ways: Vec<Way>,
    goes_out: Option<String>,
    /// How many looked back for its indicators, and what they saw.
    seen: Option<(u64, Vec<SeenRow>)>,
    /// What the report holds, to be ticked.
    candidates: Vec<view::Candidate>,
    lists: Lists,
    answers: Vec<Choice>,
    authors: String,
    is_author: bool,
    may: Rights,
}

/// What a person chooses from.
struct Lists {
    tlps: Vec<Choice>,
    routes: Vec<Choice>,
    families: Vec<Choice>,
    techniques: Vec<Choice>,
    safeguards: Vec<Choice>,
}

async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_personal(Action::ViewShared, "shared_case", &id, "read").await?;
    let own = visit.site.shares.own_one(&SharedCaseId::from(id)).await?;
    let form = own.draft.as_ref().map_or_else(Form::new, |draft| text::fill(&draft.writing));
    draw(&visit, &own, form).await
}

async fn draw(visit: &Visit, own: &OwnCase, form: Form) -> Answer {
    let frame = visit.frame("share-editor-title").await;
    let preview = match &own.draft {
        Some(_) => Some(visit.site.shares.preview(own).await?),
        None => None,
    };
    let (state, state_class) = match (&own.draft, own.current()) {
        (Some(draft), _) => state_words(&draft.state),
        (None, Some(release)) if release.case.withdrawn => ("share-state-withdrawn", "bad"),
        (None, _) => ("share-state-published", "good"),
    };
    let draft = own.draft.as_ref();
    let authors = draft.map(|draft| draft.authors.clone()).unwrap_or_default();
    let names: Vec<&str> = authors.iter().map(|author| author.name.as_str()).collect();
    let me = signer(visit).person;
    let content = shown(own, preview.as_ref());
    let leaves = content.filter(|_| draft.is_some());
    let ways = match leaves {
        Some(content) => tools::ways_of_case(visit, &frame, content).await?,
        None => Vec::new(),
    };
    let seen = seen_elsewhere(visit, own).await?;
    let stage = Stage::of(own);
    let reviewed = draft.map(|draft| draft.writing.reviewed.clone()).unwrap_or_default();
    page(&EditorPage {
        id: own.id.clone(),
        victim: own.reported.institution.name.clone(),
        audience: audience(visit, &frame, own, stage).await?,
        shown: leaves.map(|content| content.digest().to_string()).unwrap_or_default(),
        stage,
        state: frame.t(state),
        state_class,
        note: view::note(&frame, own),
        told: view::told(&frame, own),
        rungs: view::rungs(&frame, visit.site.content.sharing(), preview.as_ref()),
        refusal: preview.as_ref().and_then(|one| view::refusal(frame.lang, one)),
        passages: preview.as_ref().map(|one| view::passages(&frame, own, one)).unwrap_or_default(),
        to_review: preview
            .as_ref()
            .map(|one| one.scrubbed.to_review.clone())
            .unwrap_or_default()
            .into_iter()
            .map(|word| {
                let seen = reviewed.contains(&word);
                (word, seen)
            })
            .collect(),
        doc: content.map(|content| Document::of(&frame, visit, content)),
        ways,
        goes_out: draft
            .zip(leaves)
            .map(|(draft, content)| view::goes_out(&frame, &visit.site.shares, draft, content)),
        seen,
        candidates: view::candidates(&frame, own),
        lists: lists(visit, &frame),
        answers: answer_choices(&frame),
        authors: frame.with("share-authors", "names", names.join("、")),
        is_author: authors.iter().any(|author| author.person == me),
        may: Rights::of(visit, &[Action::WriteShared, Action::ReleaseShared]),
        form,
        frame,
    })
}

/// That too few would receive it, as long as it has not gone out.
async fn audience(
    visit: &Visit,
    frame: &Frame,
    own: &OwnCase,
    stage: Stage,
) -> Result<Option<String>, crate::Failure> {
    if matches!(stage, Stage::Published | Stage::Withdrawn) {
        return Ok(None);
    }
    match visit.site.shares.check_receivers(&own.reported.institution.id).await {
        Ok(()) => Ok(None),
        Err(ShareError::Audience { n, min }) => {
            Ok(Some(frame.with2("share-audience-few", "count", n, "min", min)))
        }
        Err(error) => Err(error.into()),
    }
}

/// What institutions told that looked back; `None` until one did.
async fn seen_elsewhere(
    visit: &Visit,
    own: &OwnCase,
) -> Result<Option<(u64, Vec<SeenRow>)>, crate::Failure> {
    let Some(key) = own.published_key() else { return Ok(None) };
    let sightings = visit.site.shares.sightings(key).await?;
    Ok((sightings.n_looked > 0).then(|| (sightings.n_looked, seen::rows(&sightings))))
}

/// What the victim was asked about or everybody reads; while it is being written, what would leave now.
fn shown<'a>(
    own: &'a OwnCase,
    preview: Option<&'a Preview>,
) -> Option<&'a sakimori_share::SharedContent> {
    match own.draft.as_ref().map(|draft| &draft.state) {
        Some(
            DraftState::Asked { content, .. }
            | DraftState::Approved { content, .. }
            | DraftState::AwaitingRelease { content, .. }
            | DraftState::Scheduled { content, .. },
        ) => Some(content),
        Some(DraftState::Writing { .. } | DraftState::Refused { .. }) => {
            preview.and_then(|preview| preview.content.as_ref())
        }
        None => own.current().map(|release| &release.case.content),
    }
}

fn lists(visit: &Visit, frame: &Frame) -> Lists {
    let words = &visit.site.content.sharing().words;
    let choices = |list: &[sakimori_content::SharedWord]| -> Vec<Choice> {
        list.iter().map(|one| Choice::new(&one.id, one.name.get(frame.lang))).collect()
    };
    let technique = |one: &sakimori_content::SharedWord| {
        Choice::new(&one.id, format!("{} {}", one.id, one.name.get(frame.lang)))
    };
    let mut families = vec![Choice::new("", frame.t("share-no-family"))];
    families.extend(choices(&words.families));
    Lists {
        tlps: text::TLPS.iter().map(|tlp| Choice::new(tlp.label(), tlp.label())).collect(),
        routes: choices(&words.routes),
        families,
        techniques: words.techniques.iter().map(technique).collect(),
        safeguards: words
            .safeguards
            .iter()
            .map(|one| Choice::new(&one.id, one.name.get(frame.lang)))
            .collect(),
    }
}

async fn act(visit: Visit, Path(id): Path<String>, form: Form) -> Answer {
    let id = SharedCaseId::from(id);
    match form.text("do") {
        "ask" => ask(visit, &id, form).await,
        "consent" => consent(visit, &id, form).await,
        "submit" => submit(visit, &id).await,
        "send-back" => send_back(visit, &id, form).await,
        "release" => release(visit, &id, form).await,
        "revise" => revise(visit, &id).await,
        "withdraw" => withdraw(visit, &id, form).await,
        _ => save(visit, &id, form).await,
    }
}

async fn write(visit: &Visit, id: &SharedCaseId, form: &mut Form) -> Result<bool, crate::Failure> {
    let writing = text::read(form);
    if !form.fine() {
        return Ok(false);
    }
    let written = visit.site.shares.write(id, writing, &signer(visit)).await;
    Ok(or_beside_the_field(visit, id, form, written).await?.is_some())
}

async fn save(visit: Visit, id: &SharedCaseId, mut form: Form) -> Answer {
    visit.pass_personal(Action::WriteShared, "shared_case", id.as_str(), "write").await?;
    if !write(&visit, id, &mut form).await? {
        return draw(&visit, &visit.site.shares.own_one(id).await?, form).await;
    }
    visit.done(&own_address(id), &Flash::new("flash-share-saved"))
}

/// Saves what stands in the form and asks the victim about exactly that.
async fn ask(visit: Visit, id: &SharedCaseId, mut form: Form) -> Answer {
    visit.pass_personal(Action::WriteShared, "shared_case", id.as_str(), "ask").await?;
    if !write(&visit, id, &mut form).await? {
        return draw(&visit, &visit.site.shares.own_one(id).await?, form).await;
    }
    let asked = visit.site.shares.ask(id, &signer(&visit)).await;
    let Some(own) = or_beside_the_field(&visit, id, &mut form, asked).await? else {
        return draw(&visit, &visit.site.shares.own_one(id).await?, form).await;
    };
    let sent = own
        .draft
        .as_ref()
        .is_some_and(|draft| matches!(draft.state, DraftState::Asked { sent: true, .. }));
    let word = if sent { "flash-share-asked" } else { "flash-share-ask-by-hand" };
    visit.done(&own_address(id), &Flash::new(word))
}

async fn consent(visit: Visit, id: &SharedCaseId, mut form: Form) -> Answer {
    visit.pass_personal(Action::WriteShared, "shared_case", id.as_str(), "consent").await?;
    let answer = form.choice("share-answer", &ANSWERS);
    let person = form.required("share-consent-person", LINE_CHARS_MAX);
    let how = form.required("share-consent-how", LINE_CHARS_MAX);
    let note = form.limited("share-consent-note", TEXT_CHARS_MAX);
    let on = form.date("share-consent-on");
    if on.is_none() && form.problem("share-consent-on").is_none() {
        form.wrong("share-consent-on", Problem::new("problem-required"));
    }
    let (Some(answer), Some(on), true) = (answer, on, form.fine()) else {
        return draw(&visit, &visit.site.shares.own_one(id).await?, form).await;
    };
    let own = visit.site.shares.own_one(id).await?;
    if !is_what_was_shown(&own, &mut form) {
        return draw(&visit, &own, form).await;
    }
    let consent = WrittenConsent { answer, person, on, how, note };
    visit.site.shares.record_consent(id, consent, &signer(&visit)).await?;
    visit.done(&own_address(id), &Flash::new("flash-share-consent"))
}

async fn submit(visit: Visit, id: &SharedCaseId) -> Answer {
    visit.pass(Action::WriteShared, "shared_case", id.as_str()).await?;
    visit.site.shares.submit(id, &signer(&visit)).await?;
    visit.done(&own_address(id), &Flash::new("flash-share-submitted"))
}

/// Whoever may write or release can give a draft back: an author who sees a mistake need not wait for the other person.
async fn send_back(visit: Visit, id: &SharedCaseId, mut form: Form) -> Answer {
    let writes = visit.may(Action::WriteShared);
    let action = if writes { Action::WriteShared } else { Action::ReleaseShared };
    visit.pass(action, "shared_case", id.as_str()).await?;
    let reason = form.required("share-return-reason", LINE_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, &visit.site.shares.own_one(id).await?, form).await;
    }
    let own = visit.site.shares.own_one(id).await?;
    let taken_back = Stage::of(&own) == Stage::Scheduled;
    visit.site.shares.send_back(id, &signer(&visit), &reason).await?;
    let word = if taken_back { "flash-share-taken-back" } else { "flash-share-returned" };
    visit.done(&own_address(id), &Flash::new(word))
}

/// Whether the text is still the one that the page showed; if not, that stands in the form.
fn is_what_was_shown(own: &OwnCase, form: &mut Form) -> bool {
    if let Some(content) = shown(own, None) {
        check_shown(form, &content.digest());
    }
    form.fine()
}

/// Releases exactly what the page showed: while it was open, the text may have been taken back, changed and submitted anew.
async fn release(visit: Visit, id: &SharedCaseId, mut form: Form) -> Answer {
    visit.pass(Action::ReleaseShared, "shared_case", id.as_str()).await?;
    let own = visit.site.shares.own_one(id).await?;
    if !is_what_was_shown(&own, &mut form) {
        return draw(&visit, &own, form).await;
    }
    let released = visit.site.shares.release(id, &signer(&visit)).await;
    let Some(own) = or_beside_the_field(&visit, id, &mut form, released).await? else {
        return draw(&visit, &visit.site.shares.own_one(id).await?, form).await;
    };
    if own.draft.is_some() {
        return visit.done(&own_address(id), &Flash::new("flash-share-scheduled"));
    }
    tools::lay_out_after_release(&visit.site).await;
    visit.done(&own_address(id), &Flash::new("flash-share-released"))
}

async fn revise(visit: Visit, id: &SharedCaseId) -> Answer {
    visit.pass(Action::WriteShared, "shared_case", id.as_str()).await?;
    visit.site.shares.revise(id, &signer(&visit)).await?;
    visit.done(&own_address(id), &Flash::new("flash-share-revising"))
}

async fn withdraw(visit: Visit, id: &SharedCaseId, mut form: Form) -> Answer {
    let writes = visit.may(Action::WriteShared);
    let action = if writes { Action::WriteShared } else { Action::ReleaseShared };
    visit.pass(action, "shared_case", id.as_str()).await?;
    let because = form.required("share-withdraw-reason", LINE_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, &visit.site.shares.own_one(id).await?, form).await;
    }
    visit.site.shares.withdraw(id, &signer(&visit), &because).await?;
    tools::lay_out_after_release(&visit.site).await;
    visit.done(&own_address(id), &Flash::new("flash-share-withdrawn"))
}
