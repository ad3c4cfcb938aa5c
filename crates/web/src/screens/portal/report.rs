//! Telling of an incident: the same form as behind a one-time link, made for this institution and filled with what is known of it.

use askama::Template;
use sakimori_identity::Action;
use sakimori_respond::Actor;
use sakimori_respond::office::{ConcernedInstitution, NewLink};

use super::own;
use crate::address::with_query;
use crate::failure::Answer;
use crate::form::Form;
use crate::frame::Frame;
use crate::visit::{Visit, go, page};

/// How long the form can be filled in, in hours: a night and the morning after.
const LINK_HOURS: u32 = 24;

#[derive(Template)]
#[template(path = "screens/portal/report.html")]
struct ReportPage {
    frame: Frame,
    form: Form,
    institution: String,
}

pub(super) async fn offer(visit: Visit) -> Answer {
    visit.pass_in_portal(Action::UsePortal, "report", "").await?;
    let (own, _) = own(&visit).await?;
    let frame = visit.frame("portal-report").await;
    page(&ReportPage { frame, form: Form::new(), institution: own.organisation.name })
}

pub(super) async fn begin(visit: Visit, form: Form) -> Answer {
    visit.pass_in_portal(Action::ActInPortal, "report", "").await?;
    let (own, _) = own(&visit).await?;
    let institution = ConcernedInstitution {
        phone: own.contacts.telephone.clone(),
        ..ConcernedInstitution::from(&own.organisation)
    };
    let exercise = form.has("office-exercise", "yes");
    let new = NewLink { institution, case: None, hours: LINK_HOURS, exercise };
    let who = &visit.principal;
    let by = Actor::new(who.person.clone(), who.name.clone(), own.organisation.name);
    let (_, token) = visit.site.office.make_link(&new, &by).await?;
    let query = [("code", &*token), ("contact", &who.name), ("phone", &own.contacts.telephone)];
    Ok(go(&visit.site, &with_query("/emergency", &query), None))
}
