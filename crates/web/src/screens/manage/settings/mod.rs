//! Settings: what the organisation is, its own telephone numbers, and the connection to the office above.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use sakimori_content::{Content, LocalContact};
use sakimori_identity::Action;
use sakimori_words::Organisation;

use super::organisation::{self, Choices};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::Frame;
use crate::ports::LinkState;
use crate::profile::{self, Profile};
use crate::screens::respond::readiness::contacts::{ROLES, role_label};
use crate::site::{Side, Site};
use crate::troubles;
use crate::visit::{Visit, page};

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/settings", get(show))
        .route("/settings/organisation", get(show_organisation).post(take_organisation))
        .route("/settings/contacts", get(contacts_moved))
        .route("/settings/link", get(show_link).post(take_link))
        .route("/settings/link/exchange", post(exchange))
        .route("/settings/authority.pem", get(authority))
}

#[derive(Template)]
#[template(path = "screens/manage/settings/page.html")]
struct SettingsPage {
    frame: Frame,
    organisation: Option<Organisation>,
    contacts: Vec<LocalContact>,
    link: LinkState,
    has_authority: bool,
    content_version: String,
    is_hub: bool,
}

#[derive(Template)]
#[template(path = "screens/manage/settings/organisation.html")]
struct OrganisationPage {
    frame: Frame,
    form: Form,
    choices: Choices,
}

#[derive(Template)]
#[template(path = "screens/manage/settings/link.html")]
struct LinkPage {
    frame: Frame,
    form: Form,
    link: LinkState,
    may_join: bool,
    /// The key for checking the signatures beside our bundles.
    medium_key: String,
    /// Whether a fresh code is there; without it the form would be lost on the way to the code page.
    ready: bool,
}

async fn show(visit: Visit) -> Answer {
    visit.look(Action::ManageSettings, "settings", "").await?;
    let profile = profile::load(visit.site.store.as_ref()).await?;
    let (organisation, contacts) =
        profile.map_or((None, Vec::new()), |own| (Some(own.organisation), own.local_contacts));
    page(&SettingsPage {
        frame: visit.frame("settings-title").await,
        organisation,
        contacts,
        link: visit.site.control.link_state().await,
        has_authority: visit.site.control.authority_pem().is_some(),
        content_version: content_version(&visit.site.content),
        is_hub: visit.site.settings.side == Side::Hub,
    })
}

async fn show_organisation(visit: Visit) -> Answer {
    visit.look(Action::ManageSettings, "profile", "").await?;
    let mut form = Form::new();
    match profile::load(visit.site.store.as_ref()).await? {
        Some(own) => organisation::lay_in(&mut form, &own.organisation),
        None => organisation::prefill(&mut form, visit.site.settings.side),
    }
    organisation_page(&visit, form).await
}

async fn take_organisation(visit: Visit, mut form: Form) -> Answer {
    visit.pass(Action::ManageSettings, "profile", "").await?;
    let settings = &visit.site.settings;
    let Some(mut own) = organisation::read(&mut form, &settings.organisation, settings.side) else {
        return organisation_page(&visit, form).await;
    };
    let before = profile::load(visit.site.store.as_ref()).await?;
    own.local_contacts = before.map(|before| before.local_contacts).unwrap_or_default();
    save(&visit, &own).await?;
    visit.site.control.profile_saved(&own.organisation).await;
    visit.done("/settings", &Flash::new("flash-saved"))
}

/// The address the contacts had before they became a tree.
async fn contacts_moved(visit: Visit) -> Answer {
    visit.look(Action::ManageSettings, "contacts", "").await?;
    visit.done("/readiness/contacts", &Flash::new("settings-contacts-moved"))
}

async fn show_link(visit: Visit) -> Answer {
    visit.pass(Action::ViewSystem, "link", "").await?;
    link_page(&visit, Form::new()).await
}

async fn take_link(visit: Visit, mut form: Form) -> Answer {
    visit.pass(Action::Enrol, "link", "").await?;
    let address = form.required("hub-address", 200);
    let code = form.required("hub-code", 60);
    let known_scheme = ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme));
    if !address.is_empty() && !known_scheme {
        form.wrong("hub-address", Problem::new("problem-address"));
    }
    if !form.fine() {
        return link_page(&visit, form).await;
    }
    let office = visit.site.control.enrol(&address, &code, &visit.principal.person).await?;
    visit.done("/settings/link", &Flash::new("flash-joined").with("office", office.name))
}

async fn exchange(visit: Visit) -> Answer {
    visit.pass(Action::ViewSystem, "link", "").await?;
    visit.site.control.exchange_now().await?;
    visit.done("/settings/link", &Flash::new("flash-exchanging"))
}

async fn authority(visit: Visit) -> Answer {
    visit.pass(Action::ViewSystem, "authority", "").await?;
    let Some(pem) = visit.site.control.authority_pem() else {
        return Err(Failure::new(&troubles::NOT_FOUND, ""));
    };
    let name = (CONTENT_DISPOSITION, "attachment; filename=\"sakimori-ca.pem\"");
    Ok(([(CONTENT_TYPE, "application/x-pem-file"), name], pem).into_response())
}

async fn save(visit: &Visit, own: &Profile) -> Result<(), Failure> {
    let actor = visit.principal.person.as_str();
    Ok(profile::save(visit.site.store.as_ref(), own, actor, visit.site.clock.now()).await?)
}

async fn organisation_page(visit: &Visit, form: Form) -> Answer {
    let mut frame = visit.frame("settings-organisation").await;
    frame.narrow = true;
    page(&OrganisationPage {
        frame,
        form,
        choices: Choices::new(visit.site.settings.side, visit.lang()),
    })
}

async fn link_page(visit: &Visit, form: Form) -> Answer {
    let mut frame = visit.frame("settings-link").await;
    frame.narrow = true;
    page(&LinkPage {
        frame,
        form,
        link: visit.site.control.link_state().await,
        medium_key: visit.site.post.medium_key(),
        may_join: visit.may(Action::Enrol),
        ready: visit.is_ready_for(Action::Enrol),
    })
}

fn content_version(content: &Content) -> String {
    let version = content.version();
    format!("{} {} ({})", version.name, version.version, version.digest.short())
}

impl SettingsPage {
    fn kind(&self, organisation: &Organisation) -> String {
        organisation::kind_label(organisation, self.frame.lang)
    }

    fn role(&self, contact: &LocalContact) -> String {
        let known = ROLES.iter().find(|(_, own)| *own == contact.role);
        role_label(self.frame.lang, known.map_or("other", |(value, _)| value))
    }
}
