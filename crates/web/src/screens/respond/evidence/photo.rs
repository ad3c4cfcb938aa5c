//! Photographs of an item: taken in by their first bytes, kept by digest, shown as nothing but the picture they are.

use axum::body::Body;
use axum::extract::Path;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use sakimori_identity::Action;
use sakimori_respond::RespondError;
use sakimori_respond::custody::{CustodyError, PICTURE_BYTES_MAX, Photo, picture};
use sakimori_words::CaseId;

use super::super::actor;
use super::acts::LINE_CHARS_MAX;
use super::item;
use crate::failure::Answer;
use crate::form::Problem;
use crate::upload;
use crate::visit::Visit;

pub(super) async fn take(
    visit: Visit,
    Path((id, no)): Path<(String, String)>,
    upload: Result<Multipart, MultipartRejection>,
) -> Answer {
    visit.pass(Action::RecordCase, "evidence", &format!("{id}/{no}")).await?;
    let case = CaseId::from(id);
    let (mut form, bytes) = upload::read(upload, "photo").await?;
    form.set("act", "photo");
    let note = form.limited("photo-note", LINE_CHARS_MAX);
    let (media_type, sha256) = match picture(&bytes) {
        Ok(told) => told,
        Err(CustodyError::Picture { .. }) => {
            form.wrong("photo", Problem::new("problem-photo"));
            return item::draw(&visit, &case, &no, form).await;
        }
        Err(error) => return Err(error.into()),
    };
    if !form.fine() {
        return item::draw(&visit, &case, &no, form).await;
    }
    // Whether there is such an item is known before anything is kept.
    item::item_of(&visit, &case, &no).await?;
    let n_bytes = bytes.len() as u64;
    visit.site.pictures.keep(sha256, bytes).await?;
    let photo = Photo {
        sha256,
        media_type: media_type.to_owned(),
        bytes: n_bytes,
        note,
        at: visit.site.clock.now(),
        by: actor(&visit),
    };
    visit.site.cases.photograph_evidence(&case, &no, &photo, &actor(&visit)).await?;
    item::back(&visit, &case, &no, "flash-evidence-photo")
}

/// The picture, with everything the camera wrote into it. Its kind is told by its bytes again: what was kept is not trusted.
pub(super) async fn show(
    visit: Visit,
    Path((id, no, digest)): Path<(String, String, String)>,
) -> Answer {
    visit.pass_personal(Action::ViewCase, "evidence", &format!("{id}/{no}"), "photo").await?;
    let (item, _) = item::item_of(&visit, &CaseId::from(id), &no).await?;
    let unknown = || RespondError::Unknown { what: "photo", id: digest.clone() };
    let photo = item.photos.iter().find(|one| one.sha256.to_string() == digest);
    let photo = photo.ok_or_else(unknown)?;
    let bytes =
        visit.site.pictures.read(&photo.sha256, PICTURE_BYTES_MAX).await?.ok_or_else(unknown)?;
    let (media_type, sha256) = picture(&bytes)?;
    if sha256 != photo.sha256 {
        return Err(CustodyError::Picture { why: "the file is not the one that was kept" }.into());
    }
    let headers =
        [(CONTENT_TYPE, media_type), (CONTENT_DISPOSITION, "inline"), (CACHE_CONTROL, "no-store")];
    let response: Response = (headers, Body::from(bytes)).into_response();
    Ok(response)
}
