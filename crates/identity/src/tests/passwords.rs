//! Which passwords are taken, and how they are kept.

use proptest::prelude::*;

use super::{PASSWORD, World, code_of, ward};
use crate::PasswordFault::{Guessable, TooLong, TooShort};
use crate::password::{Hasher, check};

const NAMES: [&str; 2] = ["t.yamada", "山田 太郎"];

#[test]
fn sentences_are_welcome_and_composition_is_not_asked_for() {
    for password in [
        PASSWORD,
        "correct horse battery staple",
        "the night shift ends at seven",
        "xkqmzhtvbwplncr",
        "きょうの夕飯はさばの味噌煮だった",
        "0d9b7c1e-5f2a-4e6b-8c3d-a1f0e9d8c7b6",
    ] {
        assert_eq!(check(password, &NAMES), Ok(()), "{password}");
    }
    assert_eq!(check(&"長い文".repeat(85), &[]), Err(Guessable));
    assert_eq!(check(&"五十音の歌を口ずさむ、".repeat(20), &[]), Ok(()));
}

#[test]
fn the_length_is_counted_in_characters() {
    assert_eq!(check("fourteen chars", &[]), Err(TooShort));
    assert_eq!(check("十四文字の文はまだ短すぎます", &[]), Err(TooShort));
    assert_eq!(check(&"a b c d e f g h ".repeat(17), &[]), Err(TooLong));
    assert_eq!(check("", &[]), Err(TooShort));
}

#[test]
fn words_names_and_rows_of_keys_are_not_enough() {
    for password in [
        "passwordpassword",
        "Password1234567!",
        "P@ssw0rd-P@ssw0rd",
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "1234567890123456",
        "qwertyuiopasdfgh",
        "1qaz2wsx3edc4rfv",
        "zyxwvutsrqponmlk",
        "sakimori-hospital-2026",
        "t.yamada-t.yamada",
        "山田太郎山田太郎山田太郎山田太郎",
        "病院病院病院病院病院病院病院病院",
        "               ",
    ] {
        assert_eq!(check(password, &NAMES), Err(Guessable), "{password}");
    }
}

#[tokio::test]
async fn verifiers_are_argon2id_and_compare_exactly() {
    let hasher = Hasher::new();
    let chance = super::TestChance(0.into());
    let verifier = hasher.hash(PASSWORD, &chance).await.unwrap();
    assert!(verifier.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{verifier}");
    let other = hasher.hash(PASSWORD, &chance).await.unwrap();
    assert_ne!(verifier, other);
    let right = hasher.verify(PASSWORD, Some(&verifier)).await.unwrap();
    assert!(right.right && !right.outdated);
    for wrong in [PASSWORD.trim_start_matches('朝'), &format!("{PASSWORD} "), ""] {
        assert!(!hasher.verify(wrong, Some(&verifier)).await.unwrap().right);
    }
    assert!(!hasher.verify(PASSWORD, None).await.unwrap().right);
    assert!(hasher.verify(PASSWORD, Some("junk")).await.is_err());
}

#[tokio::test]
async fn a_verifier_with_other_costs_is_renewed_at_sign_in() {
    let world = World::new().await;
    let (account, enrolled) = world.set_up().await;
    let older = argon2::Params::new(128, 1, 1, None).unwrap();
    let argon2 = argon2::Argon2::from(older);
    let old = argon2::PasswordHasher::hash_password_with_salt(
        &argon2,
        PASSWORD.as_bytes(),
        b"0123456789abcdef",
    );
    let id = &enrolled.person.id;
    world.identity.keep_verifier(id, &old.unwrap().to_string()).await.unwrap();
    world.pass_seconds(30);
    world.sign_in(&account, &ward()).await.unwrap();
    let renewed = world.identity.verifier(id).await.unwrap().unwrap();
    assert!(renewed.contains("m=64,"), "{renewed}");
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    let world = World::new().await;
    let (mut account, first) = world.set_up().await;
    world.pass_seconds(30);
    let here = world.sign_in(&account, &ward()).await.unwrap();
    let new = "来月の当直表はまだ白紙のままだった";
    let identity = &world.identity;
    let wrong = identity.change_password(&here.principal, "wrong", new).await;
    assert_eq!(code_of(wrong), "SK-IDENTITY-003");
    let weak = identity.change_password(&here.principal, PASSWORD, "tanaka").await;
    assert_eq!(code_of(weak), "SK-IDENTITY-005");
    identity.change_password(&here.principal, PASSWORD, new).await.unwrap();
    assert!(identity.session(&here.token).await.unwrap().is_some());
    assert_eq!(identity.session(&first.signed_in.token).await.unwrap(), None);
    world.pass_seconds(30);
    assert_eq!(code_of(world.sign_in(&account, &ward()).await), "SK-IDENTITY-003");
    account.password = new.to_owned();
    world.sign_in(&account, &ward()).await.unwrap();
}

proptest! {
    #[test]
    fn any_password_is_judged(password: String, name: String) {
        let _ = check(&password, &[&name]);
    }
}
