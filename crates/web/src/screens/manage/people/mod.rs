//! People: who has an account, inviting, roles; and everybody's own account.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use sakimori_identity::{
    Action, IdentityError, Invitation, NewInvitation, Person, Role, SessionView,
};
use sakimori_words::{Lang, PersonId, SessionId};

use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::site::Site;
use crate::visit::{Visit, page};

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/people", get(list))
        .route("/people/invite", get(show_invite).post(take_invite))
        .route("/people/{id}", get(show_person).post(change_person))
        .route("/people/{id}/restore", post(restore))
}

pub(crate) fn own_routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/account", get(own))
        .route("/account/password", post(change_password))
        .route("/account/sessions/{id}/revoke", post(revoke))
}

#[derive(Template)]
#[template(path = "screens/manage/people/list.html")]
struct ListPage {
    frame: Frame,
    people: Vec<PersonRow>,
}

struct PersonRow {
    person: Person,
    roles: String,
}

#[derive(Template)]
#[template(path = "screens/manage/people/invite.html")]
struct InvitePage {
    frame: Frame,
    form: Form,
    roles: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "screens/manage/people/link.html")]
struct LinkPage {
    frame: Frame,
    invitation: Invitation,
    path: String,
}

#[derive(Template)]
#[template(path = "screens/manage/people/person.html")]
struct PersonPage {
    frame: Frame,
    form: Form,
    person: Person,
    roles: Vec<Choice>,
    sessions: Vec<SessionRow>,
    mine: bool,
}

#[derive(Template)]
#[template(path = "screens/manage/people/own.html")]
struct OwnPage {
    frame: Frame,
    form: Form,
    person: Person,
    roles: String,
    sessions: Vec<SessionRow>,
    mine: bool,
    paper_codes_left: usize,
}

/// A session, and whether it is the one that looks.
struct SessionRow {
    session: SessionView,
    this: bool,
}

async fn list(visit: Visit) -> Answer {
    visit.pass(Action::ManagePeople, "people", "").await?;
    let people = visit.site.identity.people().await?;
    let row = |person: Person| PersonRow { roles: role_words(&person.roles, visit.lang()), person };
    page(&ListPage {
        frame: visit.frame("people-title").await,
        people: people.into_iter().map(row).collect(),
    })
}

async fn show_invite(visit: Visit) -> Answer {
    visit.pass(Action::ManagePeople, "people", "").await?;
    invite_page(&visit, Form::new()).await
}

async fn take_invite(visit: Visit, mut form: Form) -> Answer {
    let permit = visit.pass(Action::ManagePeople, "people", "").await?;
    let display_name = form.required("display-name", 64);
    let roles = read_roles(&mut form);
    if !form.fine() {
        return invite_page(&visit, form).await;
    }
    let invitation =
        visit.site.identity.invite(&permit, NewInvitation { display_name, roles }).await?;
    link_page(&visit, invitation).await
}

async fn show_person(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass(Action::ManagePeople, "person", &id).await?;
    let person = find(&visit, &id).await?;
    let mut form = Form::new();
    for role in &person.roles {
        form.add("roles", role.as_str());
    }
    if person.active {
        form.set("active", "yes");
    }
    person_page(&visit, person, form).await
}

async fn change_person(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    let permit = visit.pass(Action::ManagePeople, "person", &id).await?;
    let person = find(&visit, &id).await?;
    let roles = read_roles(&mut form);
    if !form.fine() {
        return person_page(&visit, person, form).await;
    }
    if roles != person.roles {
        visit.site.identity.set_roles(&permit, &person.id, roles).await?;
    }
    let active = form.has("active", "yes");
    if active != person.active {
        visit.site.identity.set_active(&permit, &person.id, active).await?;
    }
    visit.done("/people", &Flash::new("flash-person-changed").with("name", &person.display_name))
}

async fn restore(visit: Visit, Path(id): Path<String>) -> Answer {
    let permit = visit.pass(Action::ManagePeople, "person", &id).await?;
    let invitation = visit.site.identity.restore_access(&permit, &PersonId::from(id)).await?;
    link_page(&visit, invitation).await
}

async fn own(visit: Visit) -> Answer {
    visit.pass_own("person", visit.principal.person.as_str()).await?;
    own_page(&visit, Form::new()).await
}

async fn change_password(visit: Visit, mut form: Form) -> Answer {
    visit.pass_own("person", visit.principal.person.as_str()).await?;
    let (current, new) =
        (form.value("current-password").to_owned(), form.value("new-password").to_owned());
    let (field, problem) = match visit
        .site
        .identity
        .change_password(&visit.principal, &current, &new)
        .await
    {
        Ok(()) => return visit.done("/account", &Flash::new("flash-password-changed")),
        Err(IdentityError::WeakPassword(fault)) => ("new-password", Problem::said(fault.text())),
        Err(IdentityError::Refused) => ("current-password", Problem::new("problem-password-wrong")),
        Err(IdentityError::Wait { seconds }) => {
            ("current-password", Problem::new("problem-wait").with("seconds", seconds))
        }
        Err(other) => return Err(other.into()),
    };
    form.wrong(field, problem);
    own_page(&visit, form).await
}

async fn revoke(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_own("session", &id).await?;
    visit.site.identity.revoke(&visit.principal, &SessionId::from(id)).await?;
    visit.done("/account", &Flash::new("flash-session-revoked"))
}

async fn find(visit: &Visit, id: &str) -> Result<Person, Failure> {
    let person = visit.site.identity.person(&PersonId::from(id)).await?;
    person.ok_or_else(|| IdentityError::Unknown.into())
}

async fn invite_page(visit: &Visit, form: Form) -> Answer {
    let mut frame = visit.frame("people-invite").await;
    frame.narrow = true;
    page(&InvitePage { frame, form, roles: role_choices(visit) })
}

async fn link_page(visit: &Visit, invitation: Invitation) -> Answer {
    let mut frame = visit.frame("people-link-title").await;
    frame.narrow = true;
    let path = format!("/invitation?token={}", invitation.token);
    page(&LinkPage { frame, invitation, path })
}

async fn person_page(visit: &Visit, person: Person, form: Form) -> Answer {
    let sessions = session_rows(visit, &person.id).await?;
    let mut frame = visit.frame_titled(person.display_name.clone()).await;
    frame.narrow = true;
    page(&PersonPage { frame, form, person, roles: role_choices(visit), sessions, mine: false })
}

async fn own_page(visit: &Visit, form: Form) -> Answer {
    let identity = &visit.site.identity;
    let id = &visit.principal.person;
    let person = find(visit, id.as_str()).await?;
    page(&OwnPage {
        frame: visit.frame("account-title").await,
        form,
        roles: role_words(&person.roles, visit.lang()),
        person,
        sessions: session_rows(visit, id).await?,
        mine: true,
        paper_codes_left: identity.recovery_codes_left(id).await?,
    })
}

async fn session_rows(visit: &Visit, person: &PersonId) -> Result<Vec<SessionRow>, Failure> {
    let sessions = visit.site.identity.sessions(person).await?;
    let row =
        |session: SessionView| SessionRow { this: session.id == visit.principal.session, session };
    Ok(sessions.into_iter().map(row).collect())
}

fn role_choices(visit: &Visit) -> Vec<Choice> {
    let here = Role::ALL.into_iter().filter(|role| role.exists_on(visit.site.settings.side));
    here.map(|role| Choice::new(role.as_str(), role.label().get(visit.lang()))).collect()
}

fn read_roles(form: &mut Form) -> BTreeSet<Role> {
    let roles: BTreeSet<Role> = form.all("roles").filter_map(Role::parse).collect();
    if roles.is_empty() {
        form.wrong("roles", Problem::new("problem-choice"));
    }
    roles
}

fn role_words(roles: &BTreeSet<Role>, lang: Lang) -> String {
    let words: Vec<_> = roles.iter().map(|role| role.label().get(lang).to_owned()).collect();
    words.join(match lang {
        Lang::Ja => "・",
        Lang::En => ", ",
    })
}
