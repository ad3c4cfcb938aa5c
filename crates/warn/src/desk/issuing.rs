//! Our own warnings: begun, edited, submitted, released, revised, withdrawn.

use sakimori_federation::{Addressee, Members, Outgoing, Parcel, Routes};
use sakimori_ledger::Put;
use sakimori_words::{MessageId, WarningId};
use serde_json::json;

use super::relaying::{members, n_below_for};
use super::{ISSUED, WarningDesk, expecting, fact, succession};
use crate::attachment::{Attachment, attachments_fit};
use crate::draft::IssuedWarning;
use crate::error::WarnError;
use crate::exchange::{WARNING_TYPE, WarningV1};
use crate::warning::{Signer, Warning, WarningContent, WarningKey};

pub(super) async fn begin(
    desk: &WarningDesk,
    content: WarningContent,
    author: &Signer,
) -> Result<IssuedWarning, WarnError> {
    let id = WarningId::new(desk.clock.now(), &*desk.chance);
    let key = WarningKey { origin: desk.post.me().id, id };
    let issued = IssuedWarning::new(key, content, author.clone());
    keep(desk, &issued, None, "warning_begun", author, json!({ "draft": issued.draft })).await?;
    Ok(issued)
}

pub(super) async fn edit(
    desk: &WarningDesk,
    id: &WarningId,
    content: WarningContent,
    author: &Signer,
) -> Result<IssuedWarning, WarnError> {
    let (issued, version) = load(desk, id).await?;
    let issued = issued.edited(content, author.clone())?;
    let body = json!({ "draft": issued.draft });
    keep(desk, &issued, Some(version), "warning_edited", author, body).await?;
    Ok(issued)
}

pub(super) async fn submit(
    desk: &WarningDesk,
    id: &WarningId,
    by: &Signer,
) -> Result<IssuedWarning, WarnError> {
    let (issued, version) = load(desk, id).await?;
    let issued = issued.submitted(desk.clock.now())?;
    if let Some(draft) = &issued.draft {
        check_attachments(desk, &draft.content).await?;
    }
    keep(desk, &issued, Some(version), "warning_submitted", by, json!({})).await?;
    Ok(issued)
}

pub(super) async fn send_back(
    desk: &WarningDesk,
    id: &WarningId,
    by: &Signer,
    reason: &str,
) -> Result<IssuedWarning, WarnError> {
    let (issued, version) = load(desk, id).await?;
    let issued = issued.returned(reason)?;
    let body = json!({ "reason": reason });
    keep(desk, &issued, Some(version), "warning_sent_back", by, body).await?;
    Ok(issued)
}

pub(super) async fn revise(
    desk: &WarningDesk,
    id: &WarningId,
    by: &Signer,
) -> Result<IssuedWarning, WarnError> {
    let (issued, version) = load(desk, id).await?;
    let issued = issued.revised(by.clone())?;
    keep(desk, &issued, Some(version), "revision_begun", by, json!({})).await?;
    Ok(issued)
}

pub(super) async fn withdraw(
    desk: &WarningDesk,
    id: &WarningId,
    by: &Signer,
    reason: &str,
) -> Result<IssuedWarning, WarnError> {
    if reason.trim().is_empty() {
        return Err(WarnError::Missing { field: "撤回の理由" });
    }
    let (issued, version) = load(desk, id).await?;
    let revised = issued.revised(by.clone())?;
    let current = revised.current().ok_or(WarnError::NotReleased)?.content.clone();
    let content = WarningContent { withdrawn: Some(reason.to_owned()), ..current };
    let issued = revised.edited(content, by.clone())?.submitted(desk.clock.now())?;
    let body = json!({ "reason": reason });
    keep(desk, &issued, Some(version), "withdrawal_submitted", by, body).await?;
    Ok(issued)
}

pub(super) async fn drop_draft(
    desk: &WarningDesk,
    id: &WarningId,
    by: &Signer,
) -> Result<(), WarnError> {
    let (issued, version) = load(desk, id).await?;
    let issued = issued.dropped()?;
    if issued.releases.is_empty() {
        let fact = fact(&issued.key, "draft_dropped", desk.clock.now(), by, &json!({}))?;
        let removal = Put::removal(ISSUED, id.as_str()).version(version);
        return desk.commit(vec![], vec![fact.put(removal)]).await;
    }
    keep(desk, &issued, Some(version), "draft_dropped", by, json!({})).await
}

/// Signs and queues the release together with its record: either everything happens or nothing.
pub(super) async fn release(
    desk: &WarningDesk,
    id: &WarningId,
    by: &Signer,
) -> Result<IssuedWarning, WarnError> {
    let (issued, version) = load(desk, id).await?;
    let now = desk.clock.now();
    let (warning, authors) = issued.release(desk.post.me().kind, by, now, &desk.content)?;
    check_attachments(desk, &warning.content).await?;
    let n_to = n_below_for(desk, &warning).await?;
    if n_to == 0 {
        return Err(WarnError::NobodyBelow);
    }
    let message = MessageId::new(now, &*desk.chance);
    let before = issued.releases.last().map(|release| Parcel::Retire {
        origin: issued.key.origin.clone(),
        message: release.message.clone(),
    });
    let parcel = Parcel::New(outgoing(&warning, &message, members(&warning, now)));
    let issued = issued.released(warning.clone(), authors, by.clone(), message.clone());
    let body = json!({
        "revision": warning.revision,
        "authors": issued.releases.last().map(|release| &release.authors),
        "by": by,
        "message": message,
        "n_to": n_to,
    });
    let mut fact = fact(&issued.key, "warning_released", now, by, &body)?
        .put(expecting(Put::new(ISSUED, id.as_str(), &issued)?, Some(version)));
    if let Some(successor) = succession::put(&warning)? {
        fact = fact.put(successor);
    }
    desk.commit(before.into_iter().chain([parcel]).collect(), vec![fact]).await?;
    Ok(issued)
}

/// What goes out names only files that are here, whole, and documents: those below would ask for them in vain.
async fn check_attachments(desk: &WarningDesk, content: &WarningContent) -> Result<(), WarnError> {
    if !attachments_fit(&content.attachments) {
        return Err(WarnError::Attachments);
    }
    for attachment in &content.attachments {
        attachment.media_type_of(&desk.post.file(&attachment.file()).await?)?;
    }
    Ok(())
}

fn outgoing(warning: &Warning, message: &MessageId, to: Members) -> Outgoing {
    Outgoing {
        id: Some(message.clone()),
        to: Addressee::Members(to),
        message_type: WARNING_TYPE.to_owned(),
        body: json!(WarningV1::new(warning)),
        tlp: warning.content.tlp,
        exercise: warning.content.exercise,
        // A warning that waited for a broken line is late, not void.
        expires: None,
        in_reply_to: None,
        routes: Routes::Best,
        files: warning.content.attachments.iter().map(Attachment::file).collect(),
    }
}

async fn load(desk: &WarningDesk, id: &WarningId) -> Result<(IssuedWarning, u64), WarnError> {
    desk.load(ISSUED, id.as_str()).await
}

async fn keep(
    desk: &WarningDesk,
    issued: &IssuedWarning,
    version: Option<u64>,
    kind: &str,
    by: &Signer,
    body: serde_json::Value,
) -> Result<(), WarnError> {
    let put = Put::new(ISSUED, issued.key.id.as_str(), issued)?;
    let fact = fact(&issued.key, kind, desk.clock.now(), by, &body)?.put(expecting(put, version));
    desk.commit(vec![], vec![fact]).await
}
