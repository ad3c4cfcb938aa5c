use proptest::prelude::*;
use sakimori_words::Digest;

use super::super::paths::LeafTree;
use super::super::witness::{HeadOffer, HeadRefusal, SeenHead, fuzz_offer, judge_offer};
use crate::SigningKey;
use crate::merkle::leaf_hash;
use crate::note::{Checkpoint, NoteError, verifier_line};
use crate::tests::{ORIGIN, signer};

fn tree(n: u8, salt: u8) -> LeafTree {
    (0..n).map(|n| leaf_hash(&[&[n], &[salt]])).collect()
}

fn offer_of(tree: &LeafTree, from: u64, key: &SigningKey) -> HeadOffer {
    HeadOffer {
        key: verifier_line(ORIGIN, &key.verifying_key()),
        note: Checkpoint::sign(ORIGIN, tree.size(), tree.root(), key).note,
        from,
        path: tree.consistency(from).unwrap_or_default(),
    }
}

fn offer(tree: &LeafTree, from: u64) -> HeadOffer {
    offer_of(tree, from, &signer())
}

fn seen(n: u8) -> SeenHead {
    judge_offer(ORIGIN, None, &offer(&tree(n, 0), 0)).unwrap()
}

#[test]
fn a_log_that_only_grows_is_seen_again_and_again() {
    let five = judge_offer(ORIGIN, Some(&seen(3)), &offer(&tree(5, 0), 3)).unwrap();
    assert_eq!((five.size, five.root), (5, tree(5, 0).root()));
    let again = judge_offer(ORIGIN, Some(&five), &offer(&tree(5, 0), 5)).unwrap();
    assert_eq!(again, five);
    assert_eq!(judge_offer(ORIGIN, Some(&five), &offer(&tree(5, 0), 0)).unwrap(), five);
}

#[test]
fn a_log_that_was_cut_rewritten_or_exchanged_is_refused_and_alarming() {
    let refusals = [
        judge_offer(ORIGIN, Some(&seen(5)), &offer(&tree(4, 0), 4)),
        judge_offer(ORIGIN, Some(&seen(5)), &offer(&tree(5, 1), 5)),
        judge_offer(ORIGIN, Some(&seen(5)), &offer(&tree(9, 1), 5)),
        judge_offer(
            ORIGIN,
            Some(&seen(5)),
            &offer_of(&tree(9, 0), 5, &SigningKey::from_bytes(&[1; 32])),
        ),
        judge_offer("sakimori.log/somebody-else", None, &offer(&tree(9, 0), 0)),
    ]
    .map(Result::unwrap_err);
    assert_eq!(
        refusals,
        [
            HeadRefusal::Smaller { seen: 5, offered: 4 },
            HeadRefusal::Rewritten { seen: 5 },
            HeadRefusal::Rewritten { seen: 5 },
            HeadRefusal::OtherKey,
            HeadRefusal::NotTheLog("sakimori.log/somebody-else".to_owned()),
        ]
    );
    assert!(refusals.iter().all(HeadRefusal::is_alarming));
}

#[test]
fn a_note_that_is_not_signed_by_its_key_is_refused() {
    let mut forged = offer(&tree(3, 0), 0);
    forged.note = offer_of(&tree(3, 0), 0, &SigningKey::from_bytes(&[1; 32])).note;
    let refusal = judge_offer(ORIGIN, None, &forged).unwrap_err();
    assert_eq!(refusal, HeadRefusal::Note(NoteError::NotSignedBy(ORIGIN.to_owned())));
}

#[test]
fn a_proof_from_another_beginning_is_asked_for_again() {
    let refusal = judge_offer(ORIGIN, Some(&seen(3)), &offer(&tree(5, 0), 2)).unwrap_err();
    assert_eq!(refusal, HeadRefusal::FromElsewhere { seen: 3 });
    assert!(!refusal.is_alarming());
    let mut lie = offer(&tree(5, 0), 3);
    lie.path[0] = Digest::of(b"something else");
    let refusal = judge_offer(ORIGIN, Some(&seen(3)), &lie).unwrap_err();
    assert_eq!(refusal, HeadRefusal::Rewritten { seen: 3 });
}

proptest! {
    #[test]
    fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzz_offer(&bytes);
    }
}
