//! Inviting a person of an institution to the portal: a letter with a one-time link and its QR code.

use askama::Template;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::http::header::ORIGIN;
use sakimori_identity::{Action, NewMember};
use sakimori_register::Way;
use sakimori_words::{Instant, OrganisationId, PersonId};

use super::{address, at_hub, entry};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::Frame;
use crate::screens::entrance::qr;
use crate::visit::{Visit, page};

/// Longest name of a person, in characters.
const NAME_CHARS_MAX: usize = 64;

#[derive(Template)]
#[template(path = "screens/register/letter.html")]
struct LetterPage {
    frame: Frame,
    institution: String,
    postal_address: String,
    person: String,
    link: String,
    qr: String,
    until: Instant,
    back: String,
}

pub(super) async fn invite(
    visit: Visit,
    Path(id): Path<String>,
    headers: HeaderMap,
    mut form: Form,
) -> Answer {
    at_hub(&visit)?;
    let permit = visit.pass_personal(Action::InviteMember, "register", &id, "").await?;
    let (mut facility, version) = visit.site.register.get(&OrganisationId::from(id)).await?;
    let display_name = form.required("reg-invite-name", NAME_CHARS_MAX);
    if !form.fine() {
        return entry::again(&visit, form, facility, version).await;
    }
    let member = NewMember { display_name, institution: facility.id().clone() };
    let invitation = visit.site.identity.invite_member(&permit, member).await?;
    if !facility.way.is_node() && facility.way != Way::Portal {
        facility.way = Way::Portal;
        visit.site.register.change(&facility, version, visit.principal.person.as_str()).await?;
    }
    // The guard let only our own origin through.
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or_default();
    let link = format!("{origin}/invitation?token={}", invitation.token);
    let frame = visit.frame("register-letter").await;
    page(&LetterPage {
        institution: facility.organisation.name.clone(),
        postal_address: facility.address.clone(),
        person: invitation.display_name,
        qr: qr::svg(&link, &frame.t("register-letter-qr")),
        link,
        until: invitation.expires_at,
        back: address(&facility),
        frame,
    })
}

/// Switches an account of the portal off or on.
pub(super) async fn switch(visit: Visit, Path(id): Path<String>, form: Form) -> Answer {
    at_hub(&visit)?;
    let permit = visit.pass_personal(Action::InviteMember, "register", &id, "").await?;
    let (facility, _) = visit.site.register.get(&OrganisationId::from(id)).await?;
    let person = PersonId::from(form.text("person"));
    let members = visit.site.identity.members_of(facility.id()).await?;
    if members.iter().any(|own| own.id == person) {
        let active = form.text("do") == "on";
        visit.site.identity.set_active(&permit, &person, active).await?;
    }
    visit.done(&address(&facility), &Flash::new("flash-register-member"))
}
