//! Release and withdrawal: the last counting, the gate, and the message to everybody below.

use sakimori_federation::{Addressee, Members, Outgoing, Parcel, Routes};
use sakimori_words::{Audience, Instant, MessageId, Organisation, OrganisationId, SharedCaseId};
use serde_json::json;

use super::ShareDesk;
use super::writing::load;
use crate::case::{SharedCase, SharedContent, SharedKey, Signer};
use crate::error::ShareError;
use crate::exchange::{SHARED_CASE_TYPE, SharedCaseV1};
use crate::gate::{Canaries, GateRefusal, Passed, channels, gate};
use crate::own::{OwnCase, Release};

/// An organisation that enrols within so many days is handed what was shared.
const NEWCOMERS_DAYS: i64 = 365;

pub(super) async fn release(
    desk: &ShareDesk,
    id: &SharedCaseId,
    by: &Signer,
) -> Result<OwnCase, ShareError> {
    let (own, version) = load(desk, id).await?;
    let (draft, content, consent) = own.to_release(by)?;
    let population = desk.population.institutions().await?;
    let climb = desk.climb(&population, &own, content.tlp)?;
    if climb.place() != Some(&content.place) {
        return Err(ShareError::RegisterChanged);
    }
    check_with_earlier(desk, &own, content, &population, climb.k)?;
    let now = desk.clock.now();
    let first = own.releases.first().map(|release| &release.case);
    // A new id at the moment of publishing: not the case's, and not the draft's, which was made earlier.
    let fresh =
        || SharedKey { origin: desk.post.me().id, id: SharedCaseId::new(now, &*desk.chance) };
    let case = SharedCase {
        key: first.map_or_else(fresh, |first| first.key.clone()),
        revision: draft.revision,
        created_at: first.map_or(now, |first| first.created_at),
        modified_at: now,
        withdrawn: false,
        content: content.clone(),
    };
    pass_case(desk, &own, &case, climb.n_candidates(), climb.k)?;
    check_receivers(desk, &own.reported.institution.id).await?;
    let message = MessageId::new(now, &*desk.chance);
    let release = Release {
        case: case.clone(),
        writing: draft.writing.clone(),
        authors: draft.authors.clone(),
        by: by.clone(),
        consent: consent.clone(),
        n_candidates: climb.n_candidates(),
        message: message.clone(),
        withdrawn_because: String::new(),
    };
    let body = json!({
        "id": case.key.id, "revision": case.revision, "authors": release.authors, "by": by,
        "consent": consent, "climb": climb, "message": message,
    });
    let parcel = outgoing(&case, &message, everybody(now));
    let own = own.released(release);
    desk.keep(&own, Some(version), ("shared_case_released", by), body, vec![parcel]).await?;
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
async fn check_receivers(desk: &ShareDesk, victim: &OrganisationId) -> Result<(), ShareError> {
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
