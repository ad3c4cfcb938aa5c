//! Troubles are complete, their codes unique, and roles and faults have names in both languages.

use std::collections::BTreeSet;

use sakimori_words::Lang;

use crate::{PasswordFault, Role, TROUBLES};

#[test]
fn every_trouble_says_what_happened_and_what_to_do_in_both_languages() {
    let codes: BTreeSet<_> = TROUBLES.iter().map(|kind| kind.code).collect();
    assert_eq!(codes.len(), TROUBLES.len());
    for kind in TROUBLES {
        assert!(kind.code.starts_with("SK-IDENTITY-"), "{}", kind.code);
        for text in kind.what.iter().chain(&kind.now) {
            assert!(!text.is_empty(), "{}", kind.code);
        }
        assert_eq!(kind.call[0].is_empty(), kind.call[1].is_empty(), "{}", kind.code);
    }
}

#[test]
fn roles_are_stored_by_a_name_that_reads_back() {
    for role in Role::ALL {
        assert_eq!(Role::parse(role.as_str()), Some(role));
        assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        assert!(!role.label().ja.is_empty() && !role.label().en.is_empty());
    }
    assert_eq!(Role::parse("root"), None);
}

#[test]
fn password_faults_are_said_in_both_languages() {
    for fault in [PasswordFault::TooShort, PasswordFault::TooLong, PasswordFault::Guessable] {
        assert_ne!(fault.sentence(Lang::Ja), fault.sentence(Lang::En));
    }
}
