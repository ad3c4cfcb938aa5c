//! Changing people's accounts.

use super::{World, code_of, ward};
use crate::{Action, NewMember, Resource, Role, decide};

#[tokio::test]
async fn roles_act_on_the_next_request() {
    let world = World::new().await;
    let (_, first) = world.set_up().await;
    let admin = &first.signed_in.principal;
    let (_, other) = world.invited(admin, "suzuki", [Role::Clerk]).await;
    let permit = world.permit(admin).await;
    let changed =
        world.identity.set_roles(&permit, &other.person.id, [Role::Director].into()).await.unwrap();
    assert_eq!(changed.roles, [Role::Director].into());
    let principal = world.identity.session(&other.signed_in.token).await.unwrap().unwrap();
    assert!(principal.has(Role::Director) && !principal.has(Role::Clerk));
    let unfit = world.identity.set_roles(&permit, &other.person.id, [Role::Approver].into()).await;
    assert_eq!(code_of(unfit), "SK-IDENTITY-014");
    let nobody = world.identity.set_roles(&permit, &"nobody".into(), [Role::Clerk].into()).await;
    assert_eq!(code_of(nobody), "SK-IDENTITY-015");
}

#[tokio::test]
async fn a_closed_account_is_out_at_once_and_cannot_come_back() {
    let world = World::new().await;
    let (_, first) = world.set_up().await;
    let admin = &first.signed_in.principal;
    let (account, other) = world.invited(admin, "suzuki", [Role::Clerk]).await;
    let permit = world.permit(admin).await;
    world.identity.set_active(&permit, &other.person.id, false).await.unwrap();
    assert_eq!(world.identity.session(&other.signed_in.token).await.unwrap(), None);
    world.pass_seconds(30);
    assert_eq!(code_of(world.sign_in(&account, &ward()).await), "SK-IDENTITY-003");
    world.identity.set_active(&permit, &other.person.id, true).await.unwrap();
    world.pass_seconds(30);
    world.sign_in(&account, &ward()).await.unwrap();
}

#[tokio::test]
async fn an_administrator_always_remains() {
    let world = World::new().await;
    let (_, first) = world.set_up().await;
    let admin = &first.signed_in.principal;
    let permit = world.permit(admin).await;
    let identity = &world.identity;
    let demoted = identity.set_roles(&permit, &admin.person, [Role::SafetyOfficer].into()).await;
    assert_eq!(code_of(demoted), "SK-IDENTITY-013");
    let closed = identity.set_active(&permit, &admin.person, false).await;
    assert_eq!(code_of(closed), "SK-IDENTITY-013");

    let (_, second) = world.invited(admin, "suzuki", [Role::Administrator]).await;
    let (one, two) = futures::join!(
        identity.set_roles(&permit, &admin.person, [Role::Clerk].into()),
        identity.set_active(&permit, &second.person.id, false),
    );
    assert!(one.is_ok() != two.is_ok());
    let people = identity.people().await.unwrap();
    let administers =
        |person: &&crate::Person| person.active && person.roles.contains(&Role::Administrator);
    assert_eq!(people.iter().filter(administers).count(), 1);
}

#[tokio::test]
async fn a_name_is_given_once() {
    let world = World::new().await;
    let person = |name: &str| crate::NewPerson {
        sign_in_name: name.to_owned(),
        display_name: "田中".to_owned(),
        roles: [Role::Clerk].into(),
        password: super::PASSWORD.to_owned(),
    };
    let made = world.identity.create_person(person("tanaka")).await.unwrap();
    assert_eq!(code_of(world.identity.create_person(person("TANAKA")).await), "SK-IDENTITY-011");
    assert_eq!(world.identity.person(&made.id).await.unwrap(), Some(made));
}

#[tokio::test]
async fn a_person_of_the_portal_belongs_to_one_institution_and_to_nothing_of_the_office() {
    let world = World::new().await;
    let (_, first) = world.set_up().await;
    let admin = &first.signed_in.principal;
    let permit = world.permit(admin).await;
    let member =
        NewMember { display_name: "歯科 院長".to_owned(), institution: "fac-27-1".into() };
    let invitation = world.identity.invite_member(&permit, member).await.unwrap();
    let account = super::new_account("dentist");
    let enrolment = world.identity.accept_invitation(&invitation.token, account).await.unwrap();
    let (_, member) = world.confirm("dentist", &enrolment).await;
    let principal = &member.signed_in.principal;
    assert_eq!(principal.organisation, "fac-27-1".into());
    let now = world.now();
    for action in Action::ALL {
        let of_the_office = Resource::new(admin.organisation.clone(), "any", "");
        assert!(!decide(principal, *action, &of_the_office, now).allowed, "{action:?}");
        let of_another = Resource::new("fac-27-2".into(), "any", "");
        assert!(!decide(principal, *action, &of_another, now).allowed, "{action:?}");
        let own = Resource::new("fac-27-1".into(), "any", "");
        let granted = [Action::UsePortal, Action::ActInPortal, Action::ManageOwnAccount];
        assert_eq!(decide(principal, *action, &own, now).allowed, granted.contains(action));
    }

    let id = &member.person.id;
    assert!(world.identity.people().await.unwrap().iter().all(|person| person.id != *id));
    let members = world.identity.members_of(&"fac-27-1".into()).await.unwrap();
    assert_eq!(members.as_slice(), std::slice::from_ref(&member.person));
    let raised = world.identity.set_roles(&permit, id, [Role::Clerk].into()).await;
    assert_eq!(code_of(raised), "SK-IDENTITY-014", "no way from the portal into the office");
    world.identity.set_active(&permit, id, false).await.unwrap();
    assert_eq!(world.identity.session(&member.signed_in.token).await.unwrap(), None);
}
