//! The institution keeps its own contacts: whom the office calls when no answer comes.

use askama::Template;
use sakimori_identity::Action;
use sakimori_register::RegisterError;

use super::own;
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::Frame;
use crate::screens::register::contacts;
use crate::visit::{Visit, page};

#[derive(Template)]
#[template(path = "screens/portal/contacts.html")]
struct ContactsPage {
    frame: Frame,
    form: Form,
    institution: String,
}

pub(super) async fn show(visit: Visit) -> Answer {
    visit.pass_in_portal(Action::UsePortal, "contacts", "").await?;
    let (own, version) = own(&visit).await?;
    let mut form = Form::new();
    contacts::lay_in(&mut form, &own.contacts);
    form.set("version", version);
    draw(&visit, form, own.organisation.name).await
}

pub(super) async fn change(visit: Visit, mut form: Form) -> Answer {
    visit.pass_in_portal(Action::ActInPortal, "contacts", "").await?;
    let (mut own, _) = own(&visit).await?;
    let version = form.text("version").parse().map_err(|_| RegisterError::ChangedMeanwhile)?;
    own.contacts = contacts::read(&mut form, &own.contacts);
    if !form.fine() {
        return draw(&visit, form, own.organisation.name).await;
    }
    visit.site.register.change(&own, version, visit.principal.person.as_str()).await?;
    visit.done("/portal/contacts", &Flash::new("flash-portal-contacts"))
}

async fn draw(visit: &Visit, form: Form, institution: String) -> Answer {
    page(&ContactsPage { frame: visit.frame("portal-contacts").await, form, institution })
}
