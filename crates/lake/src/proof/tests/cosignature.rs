use proptest::prelude::*;
use sakimori_words::{Digest, Instant};

use super::super::cosignature::{Cosignature, CosignatureError, Cosigner, fuzz_cosignature};
use crate::SigningKey;
use crate::note::Checkpoint;
use crate::tests::{ORIGIN, START, signer};

pub(super) fn office() -> Cosigner {
    Cosigner::new("sakimori.witness/office", SigningKey::from_bytes(&[9; 32])).unwrap()
}

fn note() -> String {
    Checkpoint::sign(ORIGIN, 3, Digest::of(b"root"), &signer()).note
}

#[test]
fn a_cosigned_note_is_still_the_log_s_own() {
    let cosigned = office().cosign(&note(), START).unwrap();
    assert!(Checkpoint::read(&cosigned, &signer().verifying_key()).is_ok());
    let seen = Cosignature::read(&cosigned, &office().witness_line()).unwrap();
    assert_eq!((seen.witness.as_str(), seen.at), ("sakimori.witness/office", START));
    insta::assert_snapshot!(format!("{}\n{cosigned}", office().witness_line()));
}

#[test]
fn two_witnesses_stand_under_one_note() {
    let other = Cosigner::new("sakimori.witness/other", SigningKey::from_bytes(&[8; 32])).unwrap();
    let cosigned = office().cosign(&note(), START).unwrap();
    let cosigned = other.cosign(&cosigned, START.plus_seconds(60)).unwrap();
    let seen = Cosignature::read(&cosigned, &other.witness_line()).unwrap();
    assert_eq!(seen.at, START.plus_seconds(60));
    assert!(Cosignature::read(&cosigned, &office().witness_line()).is_ok());
}

#[test]
fn a_note_without_the_line_or_with_another_text_is_refused() {
    let line = office().witness_line();
    let missing = CosignatureError::NotCosignedBy("sakimori.witness/office".to_owned());
    assert_eq!(Cosignature::read(&note(), &line), Err(missing));
    let cosigned = office().cosign(&note(), START).unwrap().replacen("\n3\n", "\n4\n", 1);
    let bad = CosignatureError::Bad("sakimori.witness/office".to_owned());
    assert_eq!(Cosignature::read(&cosigned, &line), Err(bad));
    assert_eq!(Cosignature::read(&note(), "no line"), Err(CosignatureError::Witness));
}

#[test]
fn the_time_is_signed_too() {
    let cosigned = office().cosign(&note(), START).unwrap();
    let earlier = office().cosign(&note(), Instant::from_micros(0)).unwrap();
    assert_ne!(cosigned, earlier);
    assert!(Cosigner::new("two words", SigningKey::from_bytes(&[9; 32])).is_none());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzz_cosignature(&bytes);
    }

    #[test]
    fn a_note_with_any_byte_changed_is_refused(at in 0_usize..400, to in any::<u8>()) {
        let mut bytes = office().cosign(&note(), START).unwrap().into_bytes();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        if let Ok(text) = String::from_utf8(bytes) {
            let log = Checkpoint::read(&text, &signer().verifying_key());
            prop_assert!(log.is_err() || Cosignature::read(&text, &office().witness_line()).is_err());
        }
    }
}
