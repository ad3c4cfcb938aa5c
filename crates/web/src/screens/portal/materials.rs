//! Lessons, references and past notices in the portal.

use axum::extract::Path;
use sakimori_identity::Action;

use crate::failure::Answer;
use crate::screens::materials;
use crate::visit::Visit;

const LIST: &str = "/portal/materials";

pub(super) async fn list(visit: Visit) -> Answer {
    visit.pass_in_portal(Action::UsePortal, "portal", "materials").await?;
    let frame = visit.frame("materials-title").await;
    materials::list(frame, &visit.site.content, LIST)
}

pub(super) async fn one(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_in_portal(Action::UsePortal, "portal", "materials").await?;
    let content = &visit.site.content;
    let lesson = materials::lesson(content, &id)?;
    let frame = visit.frame_titled(lesson.title.get(visit.lang()).to_owned()).await;
    materials::one(frame, content, lesson, LIST)
}
