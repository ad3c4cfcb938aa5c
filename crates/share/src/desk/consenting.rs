//! Asking the victim, and its answer: by its node, or written down by an officer.

use sakimori_federation::{Outgoing, Parcel};
use sakimori_ledger::Put;
use sakimori_words::{Date, SharedCaseId, Tlp};
use serde_json::json;

use super::writing::{load, preview};
use super::{ASKED, ShareDesk, asked_key, expecting, fact};
use crate::case::Signer;
use crate::error::ShareError;
use crate::exchange::{
    CONSENT_ANSWER_TYPE, CONSENT_REQUEST_TYPE, ConsentAnswerV1, ConsentRequestV1,
};
use crate::own::{Consent, ConsentAnswer, ConsentWay, Draft, DraftState, OwnCase};
use crate::received::AskedConsent;

/// An answer that came by telephone, by letter or in a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenConsent {
    /// What was answered.
    pub answer: ConsentAnswer,
    /// 氏名 of the person at the institution.
    pub person: String,
    /// The day.
    pub on: Date,
    /// How it was shown and answered.
    pub how: String,
    /// Which changes, or why not.
    pub note: String,
}

pub(super) async fn ask(
    desk: &ShareDesk,
    id: &SharedCaseId,
    by: &Signer,
) -> Result<OwnCase, ShareError> {
    let (own, version) = load(desk, id).await?;
    let draft = own.draft.clone().ok_or(ShareError::DraftState)?;
    let shown = preview(desk, &own).await?;
    check_complete(&draft, &shown.scrubbed)?;
    let (Some(content), Some(climb)) = (shown.content, shown.climb) else {
        return Err(shown.refusal.map_or(ShareError::DraftState, ShareError::Ladder));
    };
    super::publishing::pass(desk, &own, &content, climb.n_candidates(), climb.k)?;
    let victim = &own.reported.institution.id;
    let known = desk.post.organisations().await?;
    let reachable = known.iter().any(|known| known.below && known.organisation.id == *victim);
    let office = desk.post.me().name;
    let request = ConsentRequestV1::new(id.as_str(), &office, &content, climb.n_candidates());
    let parcel = Outgoing {
        tlp: Tlp::AmberStrict,
        exercise: content.exercise,
        ..Outgoing::new(victim.clone(), CONSENT_REQUEST_TYPE, json!(request))
    };
    let parcels = if reachable { vec![Parcel::New(parcel)] } else { vec![] };
    let body = json!({ "digest": content.digest(), "sent": reachable, "climb": climb });
    let own = own.asked(content, reachable, desk.clock.now())?;
    desk.keep(&own, Some(version), ("victim_asked", by), body, parcels).await?;
    Ok(own)
}

/// Whether an officer has looked at everything the scrubber asks about.
fn check_complete(draft: &Draft, scrubbed: &crate::scrub::Scrubbed) -> Result<(), ShareError> {
    let writing = &draft.writing;
    let fields = [("題名", &writing.title), ("経過", &writing.course), ("教訓", &writing.lesson)];
    if let Some((field, _)) = fields.into_iter().find(|(_, text)| text.trim().is_empty()) {
        return Err(ShareError::Missing { field });
    }
    match scrubbed.without_reason(&writing.overrides).count() {
        0 => {}
        n => return Err(ShareError::WithoutReason(n)),
    }
    match scrubbed.to_review.iter().filter(|word| !writing.reviewed.contains(word)).count() {
        0 => Ok(()),
        n => Err(ShareError::NotReviewed(n)),
    }
}

pub(super) async fn record(
    desk: &ShareDesk,
    id: &SharedCaseId,
    consent: WrittenConsent,
    by: &Signer,
) -> Result<OwnCase, ShareError> {
    if consent.how.trim().is_empty() {
        return Err(ShareError::Missing { field: "確認の方法" });
    }
    let (own, version) = load(desk, id).await?;
    let Some(DraftState::Asked { content, .. }) = own.draft.as_ref().map(|draft| &draft.state)
    else {
        return Err(ShareError::NotAsked);
    };
    let consent = Consent {
        answer: consent.answer,
        person: consent.person,
        note: consent.note,
        at: desk.clock.now(),
        way: ConsentWay::Officer { officer: by.clone(), on: consent.on, how: consent.how },
        digest: content.digest(),
    };
    let body = json!({ "consent": consent });
    let own = own.answered(consent)?;
    desk.keep(&own, Some(version), ("victim_answered", by), body, vec![]).await?;
    Ok(own)
}

pub(super) async fn answer(
    desk: &ShareDesk,
    (office, request): (&str, &str),
    answer: ConsentAnswer,
    note: &str,
    by: &Signer,
) -> Result<AskedConsent, ShareError> {
    let key = asked_key(office, request);
    let (asked, version): (AskedConsent, u64) = desk.load(ASKED, &key).await?;
    let now = desk.clock.now();
    let asked = asked.answer(answer, note, by, now)?;
    let said = ConsentAnswerV1 {
        request: asked.request.clone(),
        digest: asked.digest(),
        answer,
        person: by.name.clone(),
        note: note.trim().to_owned(),
    };
    let parcel = Outgoing {
        tlp: Tlp::AmberStrict,
        exercise: asked.content.exercise,
        in_reply_to: Some(asked.message.clone()),
        ..Outgoing::new(asked.from.clone(), CONSENT_ANSWER_TYPE, json!(said))
    };
    let put = expecting(Put::new(ASKED, &*key, &asked)?, Some(version));
    let stream = format!("share-asked/{key}");
    let fact = fact(&stream, "consent_answered", now, by, &said)?.put(put);
    desk.post.post(vec![Parcel::New(parcel)], vec![fact]).await?;
    Ok(asked)
}
