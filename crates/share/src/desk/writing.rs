//! A draft: begun, written, previewed, submitted, sent back, revised.

use sakimori_words::{SharedCaseId, jst_date};
use serde_json::json;

use super::{OWN, Preview, ShareDesk};
use crate::case::{SharedContent, Signer, Writing};
use crate::error::ShareError;
use crate::indicators::INDICATORS_MAX;
use crate::own::OwnCase;
use crate::reported::ReportedCase;

pub(super) async fn draft(
    desk: &ShareDesk,
    reported: ReportedCase,
    by: &Signer,
) -> Result<OwnCase, ShareError> {
    let id = SharedCaseId::new(desk.clock.now(), &*desk.chance);
    let own = OwnCase::new(id, reported, by.clone());
    let body = json!({ "case": own.reported.case, "report": own.reported.report });
    desk.keep(&own, None, ("shared_case_begun", by), body, vec![]).await?;
    Ok(own)
}

pub(super) async fn write(
    desk: &ShareDesk,
    id: &SharedCaseId,
    writing: Writing,
    by: &Signer,
) -> Result<OwnCase, ShareError> {
    if let Some(word) = writing.analysis.unknown_words(desk.content.sharing()).into_iter().next() {
        return Err(ShareError::UnknownWord(word));
    }
    if writing.urgent_because.as_deref().is_some_and(|reason| reason.trim().is_empty()) {
        return Err(ShareError::Missing { field: "緊急とする理由" });
    }
    let (own, version) = load(desk, id).await?;
    if writing.indicators.len() > INDICATORS_MAX {
        return Err(ShareError::TooManyIndicators(writing.indicators.len()));
    }
    let theirs = writing.indicators.iter().find(|told| told.is_the_victims(&own.reported));
    if let Some(told) = theirs {
        return Err(ShareError::VictimsOwn(told.indicator.value.clone()));
    }
    let own = own.written(writing, by.clone())?;
    let body = json!({ "writing": own.draft.as_ref().map(|draft| &draft.writing) });
    desk.keep(&own, Some(version), ("shared_case_written", by), body, vec![]).await?;
    Ok(own)
}

pub(super) async fn preview(desk: &ShareDesk, own: &OwnCase) -> Result<Preview, ShareError> {
    let draft = own.draft.as_ref().ok_or(ShareError::DraftState)?;
    let (population, names) = desk.register().await?;
    let scrubbed = draft.writing.scrubbed(&names, &own.reported);
    let told = (draft.writing.tlp, draft.writing.urgent());
    let climb = match desk.climb(&population, own, told) {
        Ok(climb) => climb,
        Err(refusal) => {
            return Ok(Preview { content: None, climb: None, refusal: Some(refusal), scrubbed });
        }
    };
    let words = (desk.content.sharing(), desk.form()?);
    let today = jst_date(desk.clock.now());
    let writing = &draft.writing;
    let content = SharedContent::new(&own.reported, writing, &scrubbed, &climb, words, today);
    Ok(Preview { content, climb: Some(climb), refusal: None, scrubbed })
}

pub(super) async fn submit(
    desk: &ShareDesk,
    id: &SharedCaseId,
    by: &Signer,
) -> Result<OwnCase, ShareError> {
    let (own, version) = load(desk, id).await?;
    let own = own.submitted(desk.clock.now())?;
    desk.keep(&own, Some(version), ("shared_case_submitted", by), json!({}), vec![]).await?;
    Ok(own)
}

pub(super) async fn send_back(
    desk: &ShareDesk,
    id: &SharedCaseId,
    by: &Signer,
    reason: &str,
) -> Result<OwnCase, ShareError> {
    if reason.trim().is_empty() {
        return Err(ShareError::Missing { field: "差戻しの理由" });
    }
    let (own, version) = load(desk, id).await?;
    let own = own.returned(reason)?;
    let body = json!({ "reason": reason });
    desk.keep(&own, Some(version), ("shared_case_sent_back", by), body, vec![]).await?;
    Ok(own)
}

pub(super) async fn revise(
    desk: &ShareDesk,
    id: &SharedCaseId,
    by: &Signer,
) -> Result<OwnCase, ShareError> {
    let (own, version) = load(desk, id).await?;
    let own = own.revised(by.clone())?;
    desk.keep(&own, Some(version), ("shared_case_revision_begun", by), json!({}), vec![]).await?;
    Ok(own)
}

pub(super) async fn load(
    desk: &ShareDesk,
    id: &SharedCaseId,
) -> Result<(OwnCase, u64), ShareError> {
    desk.load(OWN, id.as_str()).await
}
