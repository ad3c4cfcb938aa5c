//! Codes work once, and guessing is slowed without locking the real person out.

use futures::future::join_all;
use proptest::prelude::*;
use sakimori_words::Instant;

use super::{World, code_of, from, ward};
use crate::throttle::Bucket;
use crate::totp::Authenticator;
use crate::{Client, IdentityError};

#[test]
fn codes_are_those_of_the_standard() {
    // RFC 6238, appendix B, the last six of its eight digits.
    let authenticator = Authenticator::from_hex("3132333435363738393031323334353637383930");
    let expected = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];
    for (seconds, code) in expected {
        assert_eq!(authenticator.code(Instant::from_micros(seconds * 1_000_000)), code);
    }
}

#[test]
fn a_clock_may_be_one_step_off_and_a_code_works_once() {
    let authenticator = Authenticator::from_hex(&"ab".repeat(20));
    let now = Instant::parse("2026-11-20T00:00:10Z").unwrap();
    let code = authenticator.code(now);
    for (drift_seconds, accepted) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)]
    {
        let used = authenticator.after(&code, now.plus_seconds(drift_seconds));
        assert_eq!(used.is_some(), accepted, "{drift_seconds}");
    }
    let used = authenticator.after(&code, now).unwrap();
    assert_eq!(used.after(&code, now), None);
    assert_eq!(used.after(&code, now.plus_seconds(30)), None);
    let earlier = authenticator.code(now.plus_seconds(-30));
    assert_eq!(used.after(&earlier, now), None);
    let next = authenticator.code(now.plus_seconds(30));
    assert!(used.after(&next, now).is_some());
}

#[test]
fn codes_may_be_typed_full_width_and_with_blanks() {
    let authenticator = Authenticator::from_hex("3132333435363738393031323334353637383930");
    let now = Instant::from_micros(59_000_000);
    for typed in ["287082", "２８７０８２", " 287 082 ", "287　082"] {
        assert!(authenticator.after(typed, now).is_some(), "{typed}");
    }
    for typed in ["", "28708", "2870822", "287082x", "-87082", "²87082"] {
        assert!(authenticator.after(typed, now).is_none(), "{typed}");
    }
}

#[tokio::test]
async fn a_used_code_is_refused_even_with_the_right_password() {
    let world = World::new().await;
    let (account, _) = world.set_up().await;
    assert_eq!(code_of(world.sign_in(&account, &ward()).await), "SK-IDENTITY-003");
    world.pass_seconds(30);
    world.sign_in(&account, &ward()).await.unwrap();
    assert_eq!(code_of(world.sign_in(&account, &ward()).await), "SK-IDENTITY-003");
}

#[tokio::test]
async fn of_two_who_send_the_same_code_one_gets_in() {
    let world = World::new().await;
    let (account, _) = world.set_up().await;
    world.pass_seconds(30);
    let (a, b) = (from("10.0.0.6"), from("10.0.0.7"));
    let (first, second) = futures::join!(world.sign_in(&account, &a), world.sign_in(&account, &b));
    assert!(first.is_ok() != second.is_ok());
}

#[tokio::test]
async fn wrong_name_password_and_code_look_the_same() {
    let world = World::new().await;
    let (account, _) = world.set_up().await;
    world.pass_seconds(30);
    let good = account.authenticator.code(world.now());
    let mut other_name = account.clone();
    other_name.name = "nobody-here".to_owned();
    let mut impossible_name = account.clone();
    impossible_name.name = "田中\n".to_owned();
    let mut other_password = account.clone();
    other_password.password.push('!');
    for (account, code) in [
        (&other_name, good.as_str()),
        (&impossible_name, &good),
        (&other_password, &good),
        (&account, "000000"),
        (&account, ""),
        (&account, "0000-0000-0000-0000-0000-0000"),
    ] {
        let error = world.sign_in_with(account, code, &ward()).await.unwrap_err();
        assert!(matches!(error, IdentityError::Refused), "{error}");
        assert!(!error.to_string().contains("nobody-here"));
        world.pass_seconds(1);
    }
    assert_eq!(world.kinds().await.iter().filter(|kind| *kind == "sign_in_refused").count(), 6);
}

#[tokio::test]
async fn paper_codes_open_the_account_once_each() {
    let world = World::new().await;
    let (account, enrolled) = world.set_up().await;
    let code = &enrolled.recovery_codes[0];
    let sloppy = code.to_lowercase().replace('-', " ").replace('0', "O").replace('1', "l");
    let signed_in = world.sign_in_with(&account, &sloppy, &ward()).await.unwrap();
    assert_eq!(signed_in.recovery_codes_left, Some(7));
    assert_eq!(code_of(world.sign_in_with(&account, code, &ward()).await), "SK-IDENTITY-003");
    let person = &signed_in.principal.person;
    assert_eq!(world.identity.recovery_codes_left(person).await.unwrap(), 7);

    let anew = world.identity.new_recovery_codes(&signed_in.principal).await.unwrap();
    let old = &enrolled.recovery_codes[1];
    assert_eq!(code_of(world.sign_in_with(&account, old, &ward()).await), "SK-IDENTITY-003");
    world.sign_in_with(&account, &anew[0], &ward()).await.unwrap();
    let mut wrong_password = account.clone();
    wrong_password.password.push('x');
    let wasted = world.sign_in_with(&wrong_password, &anew[1], &ward()).await;
    assert_eq!(code_of(wasted), "SK-IDENTITY-003");
    assert_eq!(world.identity.recovery_codes_left(person).await.unwrap(), 7);
}

/// Tries wrong passwords until it is told to wait.
async fn guess_until_slowed(world: &World, account: &super::Account, client: &Client) -> u64 {
    let mut wrong = account.clone();
    wrong.password.push('x');
    for _ in 0..100 {
        match world.sign_in(&wrong, client).await {
            Err(IdentityError::Wait { seconds }) => return seconds,
            Err(IdentityError::Refused) => {}
            other => panic!("{other:?}"),
        }
    }
    panic!("never slowed");
}

#[tokio::test]
async fn guessing_is_slowed_and_waiting_always_ends() {
    let world = World::new().await;
    let (account, _) = world.set_up().await;
    world.pass_seconds(60);
    assert_eq!(guess_until_slowed(&world, &account, &ward()).await, 2);
    assert_eq!(code_of(world.sign_in(&account, &ward()).await), "SK-IDENTITY-004");
    for _ in 0..50 {
        assert_eq!(code_of(world.sign_in(&account, &ward()).await), "SK-IDENTITY-004");
    }
    world.pass_seconds(2);
    world.sign_in(&account, &ward()).await.unwrap();
    world.pass_seconds(30);
    world.sign_in(&account, &ward()).await.unwrap();
}

#[tokio::test]
async fn attempts_made_at_the_same_moment_all_count() {
    let world = World::new().await;
    let (account, _) = world.set_up().await;
    world.pass_seconds(60);
    let mut wrong = account.clone();
    wrong.password.push('x');
    let client = ward();
    let outcomes = join_all((0..20).map(|_| world.sign_in(&wrong, &client))).await;
    let judged =
        outcomes.iter().filter(|outcome| matches!(outcome, Err(IdentityError::Refused))).count();
    assert_eq!(judged, 5);
}

#[tokio::test]
async fn strangers_cannot_lock_out_a_browser_that_has_signed_in_before() {
    let world = World::new().await;
    let (account, enrolled) = world.set_up().await;
    world.pass_seconds(60);
    let own = Client { device: Some(enrolled.signed_in.device), ..ward() };
    // From the very same address, and from many others.
    guess_until_slowed(&world, &account, &ward()).await;
    for attacker in 0..12 {
        guess_until_slowed(&world, &account, &from(&format!("192.0.2.{attacker}"))).await;
    }
    let elsewhere = world.sign_in(&account, &from("10.0.0.9")).await;
    assert_eq!(code_of(elsewhere), "SK-IDENTITY-004");
    world.sign_in(&account, &own).await.unwrap();
    world.pass_seconds(60);
    let elsewhere = world.sign_in(&account, &from("10.0.0.9")).await;
    elsewhere.unwrap();
}

#[tokio::test]
async fn the_many_addresses_of_one_subscriber_count_as_one() {
    let world = World::new().await;
    let (account, _) = world.set_up().await;
    world.pass_seconds(60);
    guess_until_slowed(&world, &account, &from("2001:db8:1:2::1")).await;
    let neighbour = world.sign_in(&account, &from("2001:db8:1:2:ffff::9")).await;
    assert_eq!(code_of(neighbour), "SK-IDENTITY-004");
    world.sign_in(&account, &from("2001:db8:1:3::1")).await.unwrap();
}

#[tokio::test]
async fn a_device_token_is_good_for_its_own_account_only() {
    let world = World::new().await;
    let (account, first) = world.set_up().await;
    let (other, _) =
        world.invited(&first.signed_in.principal, "suzuki", [crate::Role::Clerk]).await;
    world.pass_seconds(60);
    let with_foreign_device =
        Client { device: Some(first.signed_in.device.clone()), ..from("10.0.0.8") };
    guess_until_slowed(&world, &other, &with_foreign_device).await;
    assert_eq!(code_of(world.sign_in(&other, &from("10.0.0.8")).await), "SK-IDENTITY-004");
    world.sign_in(&account, &with_foreign_device).await.unwrap();
}

#[tokio::test]
async fn a_session_is_slowed_too_when_it_guesses_codes() {
    let world = World::new().await;
    let (_, enrolled) = world.set_up().await;
    let token = &enrolled.signed_in.token;
    for _ in 0..5 {
        let wrong = world.identity.step_up(token, "000000", &ward()).await;
        assert_eq!(code_of(wrong), "SK-IDENTITY-003");
    }
    let slowed = world.identity.step_up(token, "000000", &ward()).await;
    assert_eq!(code_of(slowed), "SK-IDENTITY-004");
}

#[test]
fn pauses_double_up_to_a_ceiling_and_are_forgotten() {
    let patience = crate::throttle::CLIENT;
    let mut now = Instant::parse("2026-11-20T00:00:00Z").unwrap();
    let mut bucket = Bucket::default();
    let mut pauses = Vec::new();
    while pauses.len() < 10 {
        match bucket.after_attempt(patience, now) {
            Ok(after) => bucket = after,
            Err(seconds) => {
                pauses.push(seconds);
                now = now.plus_seconds(i64::try_from(seconds).unwrap());
            }
        }
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    assert!(bucket.after_attempt(patience, now.plus_seconds(3600)).is_ok());
    let clock_set_back = now.plus_days(-400);
    assert!(bucket.after_attempt(patience, clock_set_back).is_ok());
}

#[tokio::test]
async fn switching_persons_works_in_a_demonstration_only() {
    let world = World::new().await;
    let (_, enrolled) = world.set_up().await;
    let refused = world.identity.sign_in_for_demonstration(&enrolled.person.id, &ward()).await;
    assert_eq!(code_of(refused), "SK-IDENTITY-016");
    let demo = World::with(|settings| settings.demonstration = true).await;
    let person = crate::NewPerson {
        sign_in_name: "demo".to_owned(),
        display_name: "デモ".to_owned(),
        roles: [crate::Role::Director].into(),
        password: super::PASSWORD.to_owned(),
    };
    let person = demo.identity.create_person(person).await.unwrap();
    let signed_in = demo.identity.sign_in_for_demonstration(&person.id, &ward()).await.unwrap();
    assert_eq!(signed_in.principal.person, person.id);
    assert_eq!(demo.identity.setup_token().await.unwrap(), None);
}

proptest! {
    #[test]
    fn anything_typed_is_refused_or_understood(bytes: Vec<u8>) {
        crate::fuzz_credentials(&bytes);
    }

    #[test]
    fn recovery_codes_are_read_as_they_were_made(bytes: [u8; 15]) {
        struct Given([u8; 15]);
        impl sakimori_words::Chance for Given {
            fn fill(&self, buffer: &mut [u8]) {
                buffer.copy_from_slice(&self.0);
            }
        }
        let code = crate::token::new_recovery_code(&Given(bytes));
        prop_assert_eq!(code.len(), 29);
        let typed = code.to_lowercase().replace('-', "");
        prop_assert_eq!(crate::token::read_recovery_code(&typed), Some(code));
    }
}
