//! Release and withdrawal: the last counting, the gate, and the message to everybody below.

use sakimori_federation::{Addressee, Members, Outgoing, Parcel, Routes};
use sakimori_words::{
    Audience, Digest, Instant, Lang, MessageId, Organisation, OrganisationId, SharedCaseId,
};
use serde_json::json;

use super::writing::load;
use super::{COUNTED_MAX, ShareDesk};
use crate::case::{SharedCase, SharedContent, SharedKey, Signer};
use crate::error::ShareError;
use crate::exchange::{SHARED_CASE_TYPE, SharedCaseV1};
use crate::gate::{Canaries, GateRefusal, Passed, channels, gate};
use crate::ladder::Climb;
use crate::own::{Consent, Draft, DraftState, GoesOut, OwnCase, Release};

/// An organisation that enrols within so many days is handed what was shared.
const NEWCOMERS_DAYS: i64 = 365;

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentOut {
    /// Cases that went out.
    pub published: Vec<SharedCaseId>,
    /// Cases that may not go out any more and were given back.
    pub given_back: Vec<SharedCaseId>,
}

pub(super) async fn release(
    desk: &ShareDesk,
    id: &SharedCaseId,
    by: &Signer,
) -> Result<OwnCase, ShareError> {
    let (own, version) = load(desk, id).await?;
    let (draft, content, consent) = own.to_release(by)?;
    let ready = Ready { draft, content, consent, by };
    let climb = check(desk, &own, &ready).await?;
    let GoesOut::Batch(due_at) = desk.goes_out(content) else {
        return publish(desk, &own, version, &ready, &climb).await;
    };
    pass_case(desk, &own, &next_revision(desk, &own, &ready), climb.n_candidates(), climb.k)?;
    let body = json!({
        "authors": draft.authors, "by": by, "consent": consent, "climb": climb, "due_at": due_at,
    });
    let own = own.scheduled(by, desk.clock.now(), due_at)?;
    desk.keep(&own, Some(version), ("shared_case_scheduled", by), body, vec![]).await?;
    Ok(own)
}

pub(super) async fn publish_due(desk: &ShareDesk) -> Result<SentOut, ShareError> {
    let now = desk.clock.now();
    let own = desk.own(COUNTED_MAX).await?;
    let mut due: Vec<&OwnCase> = own.iter().filter(|own| own.is_due(now)).collect();
    // Not in the order in which they were begun, which is that of the reports.
    due.sort_by_cached_key(|own| Digest::of(own.id.as_str().as_bytes()));
    let mut sent = SentOut::default();
    for own in due {
        match publish_one(desk, &own.id).await {
            Ok(()) => sent.published.push(own.id.clone()),
            // Another process sent it, or an officer has just taken it back.
            Err(ShareError::ChangedMeanwhile | ShareError::NotSubmitted) => {}
            Err(error @ (ShareError::Ledger(_) | ShareError::Send(_))) => return Err(error),
            Err(refusal) => {
                give_back(desk, &own.id, &refusal).await?;
                sent.given_back.push(own.id.clone());
            }
        }
    }
    Ok(sent)
}

async fn publish_one(desk: &ShareDesk, id: &SharedCaseId) -> Result<(), ShareError> {
    let (own, version) = load(desk, id).await?;
    let draft = own.draft.as_ref().ok_or(ShareError::NotSubmitted)?;
    let DraftState::Scheduled { content, consent, by, .. } = &draft.state else {
        return Err(ShareError::NotSubmitted);
    };
    let ready = Ready { draft, content, consent, by };
    let climb = check(desk, &own, &ready).await?;
    publish(desk, &own, version, &ready, &climb).await.map(drop)
}

/// Nobody is at the screen: the authors find why in the draft.
async fn give_back(
    desk: &ShareDesk,
    id: &SharedCaseId,
    refusal: &ShareError,
) -> Result<(), ShareError> {
    let (own, version) = load(desk, id).await?;
    let kind = refusal.trouble().kind;
    let reason = format!("{} {} / {}", kind.code, kind.what(Lang::Ja), kind.what(Lang::En));
    let own = own.returned(&reason)?;
    let nobody = Signer { person: "system".into(), name: String::new() };
    let body = json!({ "reason": reason });
    desk.keep(&own, Some(version), ("shared_case_given_back", &nobody), body, vec![]).await
}

/// A draft that somebody has released.
struct Ready<'a> {
    draft: &'a Draft,
    content: &'a SharedContent,
    consent: &'a Consent,
    by: &'a Signer,
}

/// What must hold when it is released, and again when it goes out; the gate stands behind it.
async fn check(desk: &ShareDesk, own: &OwnCase, ready: &Ready<'_>) -> Result<Climb, ShareError> {
    let content = ready.content;
    let population = desk.population.institutions().await?;
    let climb = desk.climb(&population, own, (content.tlp, content.urgent))?;
    if climb.place() != Some(&content.place) {
        return Err(ShareError::RegisterChanged);
    }
    check_with_earlier(desk, own, content, &population, climb.k)?;
    check_receivers(desk, &own.reported.institution.id).await?;
    Ok(climb)
}

/// The revision as it is published now.
fn next_revision(desk: &ShareDesk, own: &OwnCase, ready: &Ready<'_>) -> SharedCase {
    let now = desk.clock.now();
    let first = own.releases.first().map(|release| &release.case);
    // A new id at the moment of publishing: not the case's, and not the draft's, which was made earlier.
    let fresh =
        || SharedKey { origin: desk.post.me().id, id: SharedCaseId::new(now, &*desk.chance) };
    SharedCase {
        key: first.map_or_else(fresh, |first| first.key.clone()),
        revision: ready.draft.revision,
        created_at: first.map_or(now, |first| first.created_at),
        modified_at: now,
        withdrawn: false,
        content: ready.content.clone(),
    }
}

async fn publish(
    desk: &ShareDesk,
    own: &OwnCase,
    version: u64,
    ready: &Ready<'_>,
    climb: &Climb,
) -> Result<OwnCase, ShareError> {
    let now = desk.clock.now();
    let case = next_revision(desk, own, ready);
    pass_case(desk, own, &case, climb.n_candidates(), climb.k)?;
    let message = MessageId::new(now, &*desk.chance);
    let release = Release {
        case: case.clone(),
        writing: ready.draft.writing.clone(),
        authors: ready.draft.authors.clone(),
        by: ready.by.clone(),
        consent: ready.consent.clone(),
        n_candidates: climb.n_candidates(),
        message: message.clone(),
        withdrawn_because: String::new(),
    };
    let body = json!({
        "id": case.key.id, "revision": case.revision, "authors": release.authors, "by": release.by,
        "consent": release.consent, "climb": climb, "message": message,
    });
    let parcel = outgoing(&case, &message, everybody(now));
    let own = own.clone().released(release);
    let kind = ("shared_case_released", ready.by);
    desk.keep(&own, Some(version), kind, body, vec![parcel]).await?;
    Ok(own)
}

pub(super) async fn withdraw(
    desk: &ShareDesk,
    id: &SharedCaseId,
    by: &Signer,
    because: &str,
) -> Result<OwnCase, ShareError> {
    let (own, version) = load(desk, id).await?;
    let now = desk.clock.now();
    let message = MessageId::new(now, &*desk.chance);
    let own = own.withdrawn(because, by.clone(), message.clone(), now)?;
    let release = own.current().ok_or(ShareError::NotPublished)?;
    let body = json!({ "reason": because, "revision": release.case.revision });
    let parcel = outgoing(&release.case, &message, everybody(now));
    desk.keep(&own, Some(version), ("shared_case_withdrawn", by), body, vec![parcel]).await?;
    Ok(own)
}

/// The gate over everything that `content` would leave as. The question to the victim passes it as well: what the victim approves can go.
pub(super) fn pass(
    desk: &ShareDesk,
    own: &OwnCase,
    content: &SharedContent,
    n_candidates: usize,
    k: usize,
) -> Result<Passed, ShareError> {
    let now = desk.clock.now();
    let key = SharedKey { origin: desk.post.me().id, id: own.id.clone() };
    let case = SharedCase {
        key,
        revision: 1,
        created_at: now,
        modified_at: now,
        withdrawn: false,
        content: content.clone(),
    };
    pass_case(desk, own, &case, n_candidates, k)
}

fn pass_case(
    desk: &ShareDesk,
    own: &OwnCase,
    case: &SharedCase,
    n_candidates: usize,
    k: usize,
) -> Result<Passed, ShareError> {
    let sharing = desk.content.sharing();
    let canaries = Canaries::of(&own.reported, &case.content.place, &sharing.ladder);
    let canaries = canaries.allowing(&desk.post.me().name);
    let mut revisions = own.published();
    revisions.push(case.clone());
    let canaries = revisions
        .iter()
        .fold(canaries, |canaries, told| canaries.apart_from(&told.content.indicators));
    let outgoing = channels(&revisions, &desk.post.me(), sharing)?;
    let outgoing: Vec<(&str, &[u8])> =
        outgoing.iter().map(|(channel, bytes)| (*channel, bytes.as_slice())).collect();
    Ok(gate(&canaries, n_candidates, k, &outgoing)?)
}

/// Whoever reads all revisions side by side must not know more: the words of all of them together fit `k` institutions.
fn check_with_earlier(
    desk: &ShareDesk,
    own: &OwnCase,
    content: &SharedContent,
    population: &[Organisation],
    k: usize,
) -> Result<(), ShareError> {
    let ladder = &desk.content.sharing().ladder;
    let earlier = own.releases.iter().map(|release| &release.case.content.place);
    let places: Vec<_> = earlier.chain([&content.place]).collect();
    let fitting =
        population.iter().filter(|one| places.iter().all(|place| place.fits(ladder, one)));
    match fitting.count() {
        n if n < k => Err(GateRefusal::TooFew { n, k }.into()),
        _ => Ok(()),
    }
}

/// Whether those below are enough: of two, each knows that the other is the victim.
pub(super) async fn check_receivers(
    desk: &ShareDesk,
    victim: &OrganisationId,
) -> Result<(), ShareError> {
    let known = desk.post.roll().await?;
    let n = known.iter().filter(|one| one.below && one.organisation.id != *victim).count();
    match desk.content.sharing().ladder.audience_min {
        min if n < min => Err(ShareError::Audience { n, min }),
        _ => Ok(()),
    }
}

/// Everybody below, and for a year also those who enrol later. A revision or a withdrawal goes to the same, so a newcomer reads how it
/// ended.
pub(super) fn everybody(now: Instant) -> Members {
    let audience = Audience { vendors: true, ..Audience::default() };
    Members::Reached { audience, newcomers_until: now.plus_days(NEWCOMERS_DAYS) }
}

fn outgoing(case: &SharedCase, message: &MessageId, to: Members) -> Parcel {
    Parcel::New(Outgoing {
        id: Some(message.clone()),
        to: Addressee::Members(to),
        message_type: SHARED_CASE_TYPE.to_owned(),
        body: json!(SharedCaseV1::new(case)),
        tlp: case.content.tlp,
        exercise: case.content.exercise,
        expires: None,
        in_reply_to: None,
        routes: Routes::Best,
        files: vec![],
    })
}
