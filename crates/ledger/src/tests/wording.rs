//! Troubles are complete and their codes unique.

use std::collections::BTreeSet;

use crate::TROUBLES;

#[test]
fn every_trouble_says_what_happened_and_what_to_do_in_both_languages() {
    let codes: BTreeSet<_> = TROUBLES.iter().map(|kind| kind.code).collect();
    assert_eq!(codes.len(), TROUBLES.len());
    for kind in TROUBLES {
        assert!(kind.code.starts_with("SK-LEDGER-"), "{}", kind.code);
        for text in kind.what.iter().chain(&kind.now) {
            assert!(!text.is_empty(), "{}", kind.code);
        }
        assert_eq!(kind.call[0].is_empty(), kind.call[1].is_empty(), "{}", kind.code);
    }
}
