//! Lessons, references and past notices for everybody.

use axum::extract::Path;

use super::archive::cached;
use super::everybodys;
use crate::failure::Answer;
use crate::screens::materials;
use crate::visit::Guest;
use crate::wording;

const LIST: &str = "/public/materials";

pub(super) async fn list(guest: Guest) -> Answer {
    // Nothing of this is secret; the page is there when the public page is.
    everybodys(&guest.site).await?;
    let frame = guest.frame_for_all(wording::say(guest.lang(), "materials-title")).await;
    cached(materials::list(frame, &guest.site.content, LIST))
}

pub(super) async fn one(guest: Guest, Path(id): Path<String>) -> Answer {
    everybodys(&guest.site).await?;
    let content = &guest.site.content;
    let lesson = materials::lesson(content, &id)?;
    let frame = guest.frame_for_all(lesson.title.get(guest.lang()).to_owned()).await;
    cached(materials::one(frame, content, lesson, LIST))
}
