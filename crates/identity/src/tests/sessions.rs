//! Sessions end when they should.

use super::{World, code_of, from, ward};
use crate::Role;

#[tokio::test]
async fn a_session_ends_after_a_quarter_of_an_hour_without_a_request() {
    let world = World::new().await;
    let (_, enrolled) = world.set_up().await;
    let token = &enrolled.signed_in.token;
    for _ in 0..4 {
        world.pass_seconds(14 * 60);
        assert!(world.identity.session(token).await.unwrap().is_some());
    }
    world.pass_seconds(16 * 60);
    assert_eq!(world.identity.session(token).await.unwrap(), None);
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours_however_busy() {
    let world = World::new().await;
    let (_, enrolled) = world.set_up().await;
    let token = &enrolled.signed_in.token;
    for minute in (10..12 * 60).step_by(10) {
        world.pass_seconds(600);
        assert!(world.identity.session(token).await.unwrap().is_some(), "{minute}");
    }
    world.pass_seconds(600);
    assert_eq!(world.identity.session(token).await.unwrap(), None);
}

#[tokio::test]
async fn a_clock_set_back_far_ends_sessions() {
    let world = World::new().await;
    let (_, enrolled) = world.set_up().await;
    let token = &enrolled.signed_in.token;
    world.pass_seconds(-60);
    assert!(world.identity.session(token).await.unwrap().is_some());
    world.pass_seconds(-86_400);
    assert_eq!(world.identity.session(token).await.unwrap(), None);
}

#[tokio::test]
async fn signing_out_and_revoking_end_a_session_at_once() {
    let world = World::new().await;
    let (account, first) = world.set_up().await;
    world.pass_seconds(30);
    let second = world.sign_in(&account, &from("10.0.0.6")).await.unwrap();
    let person = &first.person.id;
    let sessions = world.identity.sessions(person).await.unwrap();
    let sources: Vec<&str> = sessions.iter().map(|session| session.source.as_str()).collect();
    assert_eq!(sources, ["10.0.0.6", "10.0.0.5"]);
    assert_eq!(sessions[1].agent, "Firefox");

    world.identity.revoke(&first.signed_in.principal, &sessions[0].id).await.unwrap();
    assert_eq!(world.identity.session(&second.token).await.unwrap(), None);
    world.identity.sign_out(&first.signed_in.token).await.unwrap();
    assert_eq!(world.identity.session(&first.signed_in.token).await.unwrap(), None);
    assert!(world.identity.sessions(person).await.unwrap().is_empty());
}

#[tokio::test]
async fn nobody_ends_somebody_elses_session_by_its_id() {
    let world = World::new().await;
    let (_, first) = world.set_up().await;
    let (_, other) = world.invited(&first.signed_in.principal, "suzuki", [Role::Clerk]).await;
    let refused =
        world.identity.revoke(&other.signed_in.principal, &first.signed_in.principal.session).await;
    assert_eq!(code_of(refused), "SK-IDENTITY-015");
}

#[tokio::test]
async fn a_fresh_code_steps_a_session_up_for_ten_minutes() {
    let world = World::new().await;
    let (account, enrolled) = world.set_up().await;
    let token = &enrolled.signed_in.token;
    world.pass_seconds(11 * 60);
    let stale = world.identity.session(token).await.unwrap().unwrap();
    assert_eq!(code_of(world.identity.new_recovery_codes(&stale).await), "SK-IDENTITY-009");
    let code = account.authenticator.code(world.now());
    let fresh = world.identity.step_up(token, &code, &ward()).await.unwrap();
    assert_eq!(fresh.stepped_up_at, world.now());
    world.identity.new_recovery_codes(&fresh).await.unwrap();
    let again = world.identity.step_up(token, &code, &ward()).await;
    assert_eq!(code_of(again), "SK-IDENTITY-003");
    let nobody = world.identity.step_up("no such token", &code, &ward()).await;
    assert_eq!(code_of(nobody), "SK-IDENTITY-007");
}

#[tokio::test]
async fn what_is_not_a_token_is_no_session() {
    let world = World::new().await;
    world.set_up().await;
    for token in ["", "a", &"x".repeat(100_000), "日本語\0"] {
        assert_eq!(world.identity.session(token).await.unwrap(), None);
    }
}
