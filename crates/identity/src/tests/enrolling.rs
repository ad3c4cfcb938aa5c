//! The setup link, invitations, and links that restore an account.

use futures::future::join_all;

use super::{PASSWORD, World, code_of, from, new_account, scan, ward};
use crate::{Action, NewInvitation, Resource, Role};

#[tokio::test]
async fn the_setup_link_makes_the_first_account_and_works_once() {
    let world = World::new().await;
    let identity = &world.identity;
    let token = identity.setup_token().await.unwrap().unwrap();
    let enrolment = identity.redeem_setup(&token, new_account("tanaka")).await.unwrap();
    assert!(identity.people().await.unwrap().is_empty());
    let (account, enrolled) = world.confirm("tanaka", &enrolment).await;
    assert_eq!(enrolled.person.roles, [Role::SafetyOfficer, Role::Administrator].into());
    assert_eq!(enrolled.recovery_codes.len(), 8);
    assert!(identity.session(&enrolled.signed_in.token).await.unwrap().is_some());

    assert_eq!(identity.setup_token().await.unwrap(), None);
    let again = identity.redeem_setup(&token, new_account("suzuki")).await;
    assert_eq!(code_of(again), "SK-IDENTITY-001");
    let code = scan(&enrolment).code(world.now());
    let confirmed = identity.confirm_enrolment(&enrolment.ticket, &code, &ward()).await;
    assert_eq!(code_of(confirmed), "SK-IDENTITY-002");
    world.pass_seconds(30);
    world.sign_in(&account, &ward()).await.unwrap();
}

#[tokio::test]
async fn of_two_who_open_the_setup_link_the_first_to_finish_wins() {
    let world = World::new().await;
    let token = world.identity.setup_token().await.unwrap().unwrap();
    let mut enrolments = Vec::new();
    for name in ["tanaka", "suzuki", "sato"] {
        enrolments.push(world.identity.redeem_setup(&token, new_account(name)).await.unwrap());
    }
    let confirmed = enrolments.iter().map(|enrolment| {
        let code = scan(enrolment).code(world.now());
        let ticket = enrolment.ticket.clone();
        let identity = &world.identity;
        async move { identity.confirm_enrolment(&ticket, &code, &ward()).await }
    });
    let outcomes = join_all(confirmed).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(world.identity.people().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_restart_gives_a_new_setup_link_and_the_old_one_ends() {
    let world = World::new().await;
    let old = world.identity.setup_token().await.unwrap().unwrap();
    let new = world.identity.setup_token().await.unwrap().unwrap();
    let with_old = world.identity.redeem_setup(&old, new_account("tanaka")).await;
    assert_eq!(code_of(with_old), "SK-IDENTITY-002");
    let junk = world.identity.redeem_setup("", new_account("tanaka")).await;
    assert_eq!(code_of(junk), "SK-IDENTITY-002");
    world.pass_seconds(24 * 3600);
    let late = world.identity.redeem_setup(&new, new_account("tanaka")).await;
    assert_eq!(code_of(late), "SK-IDENTITY-002");
}

#[tokio::test]
async fn a_wrong_first_code_can_be_corrected() {
    let world = World::new().await;
    let token = world.identity.setup_token().await.unwrap().unwrap();
    let enrolment = world.identity.redeem_setup(&token, new_account("tanaka")).await.unwrap();
    let wrong = world.identity.confirm_enrolment(&enrolment.ticket, "000000", &ward()).await;
    assert_eq!(code_of(wrong), "SK-IDENTITY-006");
    world.confirm("tanaka", &enrolment).await;
}

#[tokio::test]
async fn the_qr_code_says_what_apps_expect() {
    let world = World::new().await;
    let token = world.identity.setup_token().await.unwrap().unwrap();
    let enrolment =
        world.identity.redeem_setup(&token, new_account("Tanaka@Example")).await.unwrap();
    insta::assert_snapshot!(format!("{}\n{}", enrolment.otpauth_uri, enrolment.secret));
}

#[tokio::test]
async fn names_and_passwords_are_checked_before_the_qr_code() {
    let world = World::new().await;
    let token = world.identity.setup_token().await.unwrap().unwrap();
    let with = |name: &str, display: &str, password: &str| {
        let account = crate::NewAccount {
            sign_in_name: name.to_owned(),
            display_name: display.to_owned(),
            password: password.to_owned(),
        };
        world.identity.redeem_setup(&token, account)
    };
    assert_eq!(code_of(with("田中", "田中", PASSWORD).await), "SK-IDENTITY-012");
    assert_eq!(code_of(with("t", "田中", PASSWORD).await), "SK-IDENTITY-012");
    assert_eq!(code_of(with("tanaka", " ", PASSWORD).await), "SK-IDENTITY-012");
    assert_eq!(code_of(with("tanaka", "a\nb", PASSWORD).await), "SK-IDENTITY-012");
    assert_eq!(code_of(with("tanaka", "田中", "short").await), "SK-IDENTITY-005");
    with("Ｔａｎａｋａ ", "田中", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_invitation_works_once_and_carries_its_roles() {
    let world = World::new().await;
    let (_, first) = world.set_up().await;
    let by = &first.signed_in.principal;
    let invitation =
        NewInvitation { display_name: "佐藤院長".to_owned(), roles: [Role::Director].into() };
    let invitation = world.identity.invite(&world.permit(by).await, invitation).await.unwrap();
    let view = world.identity.invitation(&invitation.token).await.unwrap();
    assert_eq!((view.display_name.as_str(), view.sign_in_name), ("佐藤院長", None));

    let taken = world.identity.accept_invitation(&invitation.token, new_account("TANAKA")).await;
    assert_eq!(code_of(taken), "SK-IDENTITY-011");
    let enrolment =
        world.identity.accept_invitation(&invitation.token, new_account("sato")).await.unwrap();
    let (_, enrolled) = world.confirm("sato", &enrolment).await;
    assert_eq!(enrolled.person.roles, [Role::Director].into());
    let again = world.identity.accept_invitation(&invitation.token, new_account("kato")).await;
    assert_eq!(code_of(again), "SK-IDENTITY-002");
    assert_eq!(code_of(world.identity.invitation(&invitation.token).await), "SK-IDENTITY-002");
}

#[tokio::test]
async fn invitations_end_after_three_days_and_setup_links_are_none() {
    let world = World::new().await;
    let setup = world.identity.setup_token().await.unwrap().unwrap();
    let as_invitation = world.identity.accept_invitation(&setup, new_account("x1")).await;
    assert_eq!(code_of(as_invitation), "SK-IDENTITY-002");
    let (_, first) = world.set_up().await;
    let invitation =
        NewInvitation { display_name: "佐藤".to_owned(), roles: [Role::Clerk].into() };
    let permit = world.permit(&first.signed_in.principal).await;
    let invitation = world.identity.invite(&permit, invitation).await.unwrap();
    world.pass_seconds(72 * 3600);
    let late = world.identity.accept_invitation(&invitation.token, new_account("sato")).await;
    assert_eq!(code_of(late), "SK-IDENTITY-002");
    assert!(world.identity.tidy().await.unwrap() > 0);
}

#[tokio::test]
async fn only_a_permit_for_people_invites() {
    let world = World::new().await;
    let (_, first) = world.set_up().await;
    let by = &first.signed_in.principal;
    let today = Resource::new(by.organisation.clone(), "today", "");
    let permit = world.gate().pass(by, Action::ViewToday, today, "").await.unwrap();
    let invitation =
        NewInvitation { display_name: "佐藤".to_owned(), roles: [Role::Clerk].into() };
    let refused = world.identity.invite(&permit, invitation.clone()).await;
    assert_eq!(code_of(refused), "SK-IDENTITY-008");
    let permit = world.permit(by).await;
    for roles in [[Role::Officer].into(), std::collections::BTreeSet::new()] {
        let unfit = NewInvitation { roles, ..invitation.clone() };
        assert_eq!(code_of(world.identity.invite(&permit, unfit).await), "SK-IDENTITY-014");
    }
}

#[tokio::test]
async fn a_lost_telephone_and_password_are_replaced_by_a_link() {
    let world = World::new().await;
    let (mut account, first) = world.set_up().await;
    let admin = &first.signed_in.principal;
    let permit = world.permit(admin).await;
    let by_colleague = world.identity.restore_access(&permit, &admin.person).await.unwrap();
    let from_console = world.identity.restore_access_from_console("Tanaka").await.unwrap();
    let view = world.identity.invitation(&by_colleague.token).await.unwrap();
    assert_eq!(view.sign_in_name.as_deref(), Some("tanaka"));

    let mut chosen = new_account("ignored");
    chosen.password = "夜勤の引き継ぎは紙にも残しておく".to_owned();
    let enrolment =
        world.identity.accept_invitation(&from_console.token, chosen.clone()).await.unwrap();
    assert!(world.identity.session(&first.signed_in.token).await.unwrap().is_some());
    let (restored, enrolled) = world.confirm("tanaka", &enrolment).await;
    assert_eq!(enrolled.person.id, admin.person);
    assert_eq!(world.identity.session(&first.signed_in.token).await.unwrap(), None);
    assert_ne!(enrolled.recovery_codes, first.recovery_codes);

    world.pass_seconds(60);
    assert_eq!(code_of(world.sign_in(&account, &ward()).await), "SK-IDENTITY-003");
    account.authenticator = restored.authenticator;
    account.password = chosen.password;
    world.sign_in(&account, &ward()).await.unwrap();
    assert_eq!(code_of(world.identity.restore_access_from_console("?").await), "SK-IDENTITY-015");
    assert!(world.kinds().await.contains(&"access_restored".to_owned()));
}

#[tokio::test]
async fn a_new_telephone_takes_the_place_of_the_old() {
    let world = World::new().await;
    let (account, first) = world.set_up().await;
    let principal = &first.signed_in.principal;
    let enrolment = world.identity.begin_totp(principal).await.unwrap();
    let new = scan(&enrolment);
    let wrong = world.identity.confirm_totp(principal, &enrolment.ticket, "123456").await;
    assert_eq!(code_of(wrong), "SK-IDENTITY-006");
    let code = new.code(world.now());
    let as_account = world.identity.confirm_enrolment(&enrolment.ticket, &code, &ward()).await;
    assert_eq!(code_of(as_account), "SK-IDENTITY-002");
    world.identity.confirm_totp(principal, &enrolment.ticket, &code).await.unwrap();
    world.pass_seconds(60);
    assert_eq!(code_of(world.sign_in(&account, &ward()).await), "SK-IDENTITY-003");
    let code = new.code(world.now());
    world.sign_in_with(&account, &code, &from("10.0.0.6")).await.unwrap();
    world.pass_seconds(600);
    let stale = world.identity.begin_totp(principal).await;
    assert_eq!(code_of(stale), "SK-IDENTITY-009");
}

#[tokio::test]
async fn no_secret_reaches_the_journal() {
    let world = World::new().await;
    let (account, first) = world.set_up().await;
    world.pass_seconds(60);
    let mut wrong = account.clone();
    wrong.name = "Himitsu-no-aikotoba-1".to_owned();
    wrong.password = "another secret of mine".to_owned();
    assert!(world.sign_in(&wrong, &ward()).await.is_err());
    let signed_in = world.sign_in(&account, &ward()).await.unwrap();
    let mut journal = Vec::new();
    sakimori_ledger::export(world.store.as_ref(), &mut journal, false).await.unwrap();
    let journal = String::from_utf8(journal).unwrap();
    let code = &first.recovery_codes[0];
    for secret in
        [PASSWORD, "argon2", &signed_in.token, &signed_in.device, code, "himitsu", "another secret"]
    {
        assert!(!journal.contains(secret), "{secret}");
    }
    let mut all = Vec::new();
    sakimori_ledger::export(world.store.as_ref(), &mut all, true).await.unwrap();
    let all = String::from_utf8(all).unwrap();
    assert!(all.contains("argon2id"));
    for secret in [PASSWORD, &signed_in.token, &signed_in.device, code, "himitsu"] {
        assert!(!all.contains(secret), "{secret}");
    }
}
