//! The words people see are there in both languages and named once.

use std::collections::BTreeSet;

use sakimori_words::Lang;

use super::country::content;
use crate::TROUBLES;

#[test]
fn trouble_codes_are_unique_and_in_both_languages() {
    let codes: BTreeSet<_> = TROUBLES.iter().map(|kind| kind.code).collect();
    assert_eq!(codes.len(), TROUBLES.len());
    for kind in TROUBLES {
        assert!(kind.code.starts_with("SK-SHARE-"));
        for lang in [Lang::Ja, Lang::En] {
            assert!(!kind.what(lang).is_empty() && !kind.now(lang).is_empty(), "{}", kind.code);
        }
    }
}

#[test]
fn every_technique_that_can_be_chosen_has_detections_that_look_for_it() {
    let content = content();
    for technique in &content.sharing().words.techniques {
        assert!(!crate::detections_for(content, &technique.id).is_empty(), "{}", technique.id);
    }
}
