//! Reading and answering a warning that came.

use sakimori_federation::{Addressee, Outgoing, Parcel, Routes};
use sakimori_ledger::Put;
use sakimori_words::OrganisationId;
use serde_json::json;

use super::{RECEIVED, WarningDesk, expecting, fact, record_key};
use crate::error::WarnError;
use crate::exchange::{ACKNOWLEDGEMENT_TYPE, AcknowledgementV1};
use crate::received::{NewAnswer, ReceivedRevision, ReceivedWarning};
use crate::warning::{Signer, WarningKey};

pub(super) async fn open(
    desk: &WarningDesk,
    key: &WarningKey,
    by: &Signer,
) -> Result<ReceivedWarning, WarnError> {
    let (mut received, version) = load(desk, key).await?;
    if received.open(by, desk.clock.now())? {
        keep_and_tell(desk, &received, version, "warning_opened", by).await?;
    }
    Ok(received)
}

pub(super) async fn acknowledge(
    desk: &WarningDesk,
    key: &WarningKey,
    by: &Signer,
    given: &NewAnswer,
) -> Result<ReceivedWarning, WarnError> {
    let (mut received, version) = load(desk, key).await?;
    received.answer(by, given, desk.clock.now())?;
    keep_and_tell(desk, &received, version, "warning_acknowledged", by).await?;
    Ok(received)
}

pub(super) async fn finish(
    desk: &WarningDesk,
    key: &WarningKey,
    by: &Signer,
    note: &str,
) -> Result<ReceivedWarning, WarnError> {
    let (mut received, version) = load(desk, key).await?;
    received.finish(by, note, desk.clock.now())?;
    keep_and_tell(desk, &received, version, "warning_done", by).await?;
    Ok(received)
}

/// What we say to the origin about `revision`, leaving by `routes`.
pub(super) fn word_parcel(
    desk: &WarningDesk,
    revision: &ReceivedRevision,
    routes: Vec<OrganisationId>,
) -> Parcel {
    let content = &revision.warning.content;
    let word = revision.word(&desk.post.me().id);
    Parcel::New(Outgoing {
        id: None,
        to: Addressee::Organisation(revision.warning.key.origin.clone()),
        message_type: ACKNOWLEDGEMENT_TYPE.to_owned(),
        body: json!(AcknowledgementV1::new(&word)),
        tlp: sakimori_words::Tlp::Amber,
        exercise: content.exercise,
        expires: None,
        in_reply_to: Some(revision.message.clone()),
        routes: Routes::Over(routes),
        files: vec![],
    })
}

async fn load(desk: &WarningDesk, key: &WarningKey) -> Result<(ReceivedWarning, u64), WarnError> {
    desk.load(RECEIVED, &record_key(key)).await
}

async fn keep_and_tell(
    desk: &WarningDesk,
    received: &ReceivedWarning,
    version: u64,
    kind: &str,
    by: &Signer,
) -> Result<(), WarnError> {
    let revision = received.current().ok_or(WarnError::Unknown)?;
    let parcel = word_parcel(desk, revision, revision.neighbours());
    let body =
        json!({ "by": by, "word": AcknowledgementV1::new(&revision.word(&desk.post.me().id)) });
    let put = Put::new(RECEIVED, record_key(&received.key), received)?;
    let fact =
        fact(&received.key, kind, desk.clock.now(), by, &body)?.put(expecting(put, Some(version)));
    desk.commit(vec![parcel], vec![fact]).await
}
