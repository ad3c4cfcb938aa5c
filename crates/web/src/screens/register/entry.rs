//! One entry: entered, changed, closed.

use std::fmt::Display;

use askama::Template;
use axum::extract::Path;
use sakimori_identity::{Action, Person};
use sakimori_register::{Facility, RegisterError, Source, Way};
use sakimori_words::{OrganisationId, jst_date};

use super::{address, at_hub, checklists, contacts, manage, way_choices, way_in, way_word};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::screens::manage::organisation::{self, Choices};
use crate::screens::respond::Rights;
use crate::site::Side;
use crate::visit::{Visit, page};

/// Longest name, reading or address, in characters.
const LINE_CHARS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "screens/register/entry.html")]
struct EntryPage {
    frame: Frame,
    form: Form,
    choices: Choices,
    ways: Vec<Choice>,
    /// The entry; `None` for a new one.
    known: Option<Facility>,
    path: String,
    way: String,
    members: Vec<Person>,
    /// What it answered to checklists: title, numbers.
    checklists: Vec<(String, String)>,
    may: Rights,
    /// Whether an invitation needs no new code first.
    may_invite_now: bool,
}

pub(super) async fn offer(visit: Visit) -> Answer {
    at_hub(&visit)?;
    visit.look(Action::ManageRegister, "register", "new").await?;
    let mut form = Form::new();
    form.set("institution-kind", "clinic");
    form.set("founder", "individual");
    form.set("reg-way", "telephone");
    draw(&visit, form, None).await
}

pub(super) async fn add(visit: Visit, mut form: Form) -> Answer {
    manage(&visit, "new").await?;
    let source =
        Source { name: visit.principal.name.clone(), on: jst_date(visit.site.clock.now()) };
    match read(&mut form, None, source) {
        Some(facility) => {
            let by = visit.principal.person.as_str();
            let facility = visit.site.register.add(facility, by).await?;
            visit.done(&address(&facility), &Flash::new("flash-register-entered"))
        }
        None => draw(&visit, form, None).await,
    }
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    at_hub(&visit)?;
    visit.pass_personal(Action::ViewRegister, "register", &id, "").await?;
    let (facility, version) = visit.site.register.get(&OrganisationId::from(id)).await?;
    again(&visit, Form::new(), facility, version).await
}

pub(super) async fn change(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    manage(&visit, &id).await?;
    let (known, _) = visit.site.register.get(&OrganisationId::from(id)).await?;
    let version = form.text("version").parse().map_err(|_| RegisterError::ChangedMeanwhile)?;
    let source = known.source.clone();
    match read(&mut form, Some(&known), source) {
        Some(facility) => {
            let by = visit.principal.person.as_str();
            visit.site.register.change(&facility, version, by).await?;
            visit.done(&address(&facility), &Flash::new("flash-register-changed"))
        }
        None => draw(&visit, form, Some(known)).await,
    }
}

pub(super) async fn close(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    manage(&visit, &id).await?;
    let id = OrganisationId::from(id);
    let by = visit.principal.person.as_str();
    if let Some(on) = form.date("reg-closed-on") {
        match visit.site.register.close(&id, on, by).await {
            Ok(facility) => {
                return visit.done(&address(&facility), &Flash::new("flash-register-closed"));
            }
            Err(RegisterError::FutureDay) => {
                form.wrong("reg-closed-on", Problem::new("problem-register-future"));
            }
            Err(error) => return Err(error.into()),
        }
    } else if form.fine() {
        form.wrong("reg-closed-on", Problem::new("problem-required"));
    }
    let (known, version) = visit.site.register.get(&id).await?;
    again(&visit, form, known, version).await
}

/// The entry once more, with what was wrong in one of its other forms.
pub(super) async fn again(
    visit: &Visit,
    mut form: Form,
    known: Facility,
    version: impl Display,
) -> Answer {
    lay_in(&mut form, &known);
    form.set("version", version);
    draw(visit, form, Some(known)).await
}

fn lay_in(form: &mut Form, facility: &Facility) {
    organisation::lay_in(form, &facility.organisation);
    form.set("reg-kana", &facility.kana);
    form.set("reg-municipality", &facility.municipality);
    form.set("reg-address", &facility.address);
    form.set("reg-way", facility.way.as_str());
    contacts::lay_in(form, &facility.contacts);
}

/// The entry as the form says, over what is known; problems are noted in the form.
fn read(form: &mut Form, known: Option<&Facility>, source: Source) -> Option<Facility> {
    let id = known.map_or_else(|| OrganisationId::from(""), |known| known.id().clone());
    let profile = organisation::read(form, &id, Side::Node);
    let kana = form.limited("reg-kana", LINE_CHARS_MAX);
    let municipality = form.limited("reg-municipality", LINE_CHARS_MAX);
    let address = form.limited("reg-address", LINE_CHARS_MAX);
    let way = match known.map(|known| &known.way) {
        // Which node it has is no matter of a form.
        Some(node @ Way::Node { .. }) => Some(node.clone()),
        _ => way_in(form, "reg-way"),
    };
    let before = known.map(|known| known.contacts.clone()).unwrap_or_default();
    let contacts = contacts::read(form, &before);
    let mut organisation = profile.filter(|_| form.fine())?.organisation;
    if let (Some(new), Some(old)) = (
        organisation.institution.as_mut(),
        known.and_then(|known| known.organisation.institution.as_ref()),
    ) {
        keep_what_has_no_field(new, old);
    }
    Some(Facility {
        organisation,
        kana,
        municipality,
        address,
        contacts,
        way: way?,
        source,
        closed_on: known.and_then(|known| known.closed_on),
    })
}

fn keep_what_has_no_field(
    new: &mut sakimori_words::Institution,
    old: &sakimori_words::Institution,
) {
    new.vendors.clone_from(&old.vendors);
    let others = old.functions.iter().filter(|own| !organisation::is_offered(own));
    new.functions.extend(others.cloned());
}

async fn draw(visit: &Visit, form: Form, known: Option<Facility>) -> Answer {
    let frame = match &known {
        Some(facility) => visit.frame_titled(facility.organisation.name.clone()).await,
        None => visit.frame("register-new").await,
    };
    let members = match &known {
        Some(facility) => members(visit, facility).await?,
        None => vec![],
    };
    let answered = match &known {
        Some(facility) => checklists::of_entry(visit, &frame, facility.id()).await?,
        None => vec![],
    };
    page(&EntryPage {
        checklists: answered,
        choices: Choices::new(Side::Node, frame.lang),
        ways: way_choices(&frame),
        path: known.as_ref().map_or_else(|| "/register/new".to_owned(), address),
        way: known.as_ref().map(|own| way_word(&frame, own.way.as_str())).unwrap_or_default(),
        members,
        may: Rights::of(visit, &[Action::ManageRegister, Action::InviteMember]),
        may_invite_now: visit.is_ready_for(Action::InviteMember),
        known,
        form,
        frame,
    })
}

async fn members(visit: &Visit, facility: &Facility) -> Result<Vec<Person>, Failure> {
    Ok(visit.site.identity.members_of(facility.id()).await?)
}
