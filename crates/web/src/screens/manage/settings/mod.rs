//! Settings: what the organisation is, its own telephone numbers, and the connection to the office above.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use sakimori_content::{ContactRole, Content, LocalContact};
use sakimori_identity::Action;
use sakimori_words::{Lang, Organisation};

use super::organisation::{self, Choices};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::ports::LinkState;
use crate::profile::{self, Profile};
use crate::site::Site;
use crate::troubles;
use crate::visit::{Visit, page};
use crate::wording::say;

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/settings", get(show))
        .route("/settings/organisation", get(show_organisation).post(take_organisation))
        .route("/settings/contacts", get(show_contacts).post(take_contacts))
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
}

#[derive(Template)]
#[template(path = "screens/manage/settings/organisation.html")]
struct OrganisationPage {
    frame: Frame,
    form: Form,
    choices: Choices,
}

#[derive(Template)]
#[template(path = "screens/manage/settings/contacts.html")]
struct ContactsPage {
    frame: Frame,
    form: Form,
    rows: Vec<ContactRow>,
    roles: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "screens/manage/settings/link.html")]
struct LinkPage {
    frame: Frame,
    form: Form,
    link: LinkState,
    may_join: bool,
    /// Whether a fresh code is there; without it the form would be lost on the way to the code page.
    ready: bool,
}

/// One row of the organisation's own contacts, as typed.
struct ContactRow {
    number: usize,
    role: String,
    name: String,
    phone: String,
    hours: String,
}

const ROLES: [(&str, ContactRole); 8] = [
    ("police", ContactRole::Police),
    ("prefecture", ContactRole::Prefecture),
    ("ministry", ContactRole::Ministry),
    ("vendor", ContactRole::Vendor),
    ("ceptoar", ContactRole::Ceptoar),
    ("privacy-commission", ContactRole::PrivacyCommission),
    ("national-cyber-office", ContactRole::NationalCyberOffice),
    ("other", ContactRole::Other),
];

const BLANK_CONTACTS: usize = 2;

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

async fn show_contacts(visit: Visit) -> Answer {
    visit.look(Action::ManageSettings, "contacts", "").await?;
    let own = profile::load(visit.site.store.as_ref()).await?;
    let mut form = Form::new();
    for contact in own.iter().flat_map(|own| &own.local_contacts) {
        form.add("contact-role", role_spelling(contact.role));
        form.add("contact-name", &contact.name);
        form.add("contact-phone", &contact.phone);
        form.add("contact-hours", &contact.hours);
    }
    contacts_page(&visit, form).await
}

async fn take_contacts(visit: Visit, mut form: Form) -> Answer {
    visit.pass(Action::ManageSettings, "contacts", "").await?;
    let contacts = read_contacts(&mut form, &visit.site.content);
    if !form.fine() {
        return contacts_page(&visit, form).await;
    }
    let Some(mut own) = profile::load(visit.site.store.as_ref()).await? else {
        return visit.done("/settings/organisation", &Flash::new("flash-organisation-first"));
    };
    own.local_contacts = contacts;
    save(&visit, &own).await?;
    visit.done("/settings", &Flash::new("flash-saved"))
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

async fn contacts_page(visit: &Visit, form: Form) -> Answer {
    let lang = visit.lang();
    let rows = contact_rows(&form);
    let roles =
        ROLES.iter().map(|(value, _)| Choice::new(value, role_label(lang, value))).collect();
    page(&ContactsPage { frame: visit.frame("settings-contacts").await, form, rows, roles })
}

async fn link_page(visit: &Visit, form: Form) -> Answer {
    let mut frame = visit.frame("settings-link").await;
    frame.narrow = true;
    page(&LinkPage {
        frame,
        form,
        link: visit.site.control.link_state().await,
        may_join: visit.may(Action::Enrol),
        ready: visit.is_ready_for(Action::Enrol),
    })
}

fn content_version(content: &Content) -> String {
    let version = content.version();
    format!("{} {} ({})", version.name, version.version, version.digest.short())
}

/// The contacts the form describes. The first of a role takes the place of the general number for it; "other" is no role of
/// one office, so that an insurer never hides an advice desk.
fn read_contacts(form: &mut Form, content: &Content) -> Vec<LocalContact> {
    let mut contacts: Vec<LocalContact> = Vec::new();
    let mut incomplete = false;
    for row in typed_rows(form) {
        let role = ROLES
            .iter()
            .find(|(value, _)| *value == row.role)
            .map_or(ContactRole::Other, |(_, role)| *role);
        incomplete |= row.name.is_empty() || row.phone.is_empty();
        let first =
            role != ContactRole::Other && !contacts.iter().any(|before| before.role == role);
        let general = content.contacts().iter().find(|one| one.role == role);
        contacts.push(LocalContact {
            id: format!("local-{}", row.number),
            role,
            replaces: general.filter(|_| first).map(|one| one.id.clone()),
            name: row.name,
            phone: row.phone,
            hours: row.hours,
            note: String::new(),
        });
    }
    if incomplete {
        form.wrong("contacts", Problem::new("problem-contact"));
    }
    contacts
}

fn contact_rows(form: &Form) -> Vec<ContactRow> {
    let typed = typed_rows(form);
    let n = typed.len();
    let blank = (0..BLANK_CONTACTS).map(|more| ContactRow {
        number: n + more + 1,
        role: "police".to_owned(),
        name: String::new(),
        phone: String::new(),
        hours: String::new(),
    });
    typed.into_iter().chain(blank).collect()
}

/// The rows in which something was typed.
fn typed_rows(form: &Form) -> Vec<ContactRow> {
    let column =
        |name: &'static str| form.all(name).map(|text| text.chars().take(100).collect::<String>());
    let rows = column("contact-role")
        .zip(column("contact-name"))
        .zip(column("contact-phone"))
        .zip(column("contact-hours"));
    rows.filter(|(((_, name), phone), hours)| {
        !(name.is_empty() && phone.is_empty() && hours.is_empty())
    })
    .enumerate()
    .map(|(n, (((role, name), phone), hours))| ContactRow {
        number: n + 1,
        role,
        name,
        phone,
        hours,
    })
    .collect()
}

fn role_spelling(role: ContactRole) -> &'static str {
    ROLES.iter().find(|(_, own)| *own == role).map_or("other", |(value, _)| value)
}

fn role_label(lang: Lang, value: &str) -> String {
    say(lang, &format!("contact-role-{value}"))
}

impl SettingsPage {
    fn kind(&self, organisation: &Organisation) -> String {
        organisation::kind_label(organisation, self.frame.lang)
    }

    fn role(&self, contact: &LocalContact) -> String {
        role_label(self.frame.lang, role_spelling(contact.role))
    }
}

#[cfg(test)]
mod tests;
