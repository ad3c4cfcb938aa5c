use proptest::prelude::*;

use super::*;

const ORIGIN: &str = "sakimori.example/node/osaka-north";

fn key() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

fn checkpoint() -> Checkpoint {
    Checkpoint::sign(ORIGIN, 12, Digest::of(b"root"), &key())
}

/// The verifier key and note of the reference implementation's documentation (golang.org/x/mod/sumdb/note): text that we
/// did not make ourselves must be accepted.
const PETER_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

#[test]
fn a_signed_checkpoint_looks_as_the_standard_says() {
    insta::assert_snapshot!(checkpoint().note);
    insta::assert_snapshot!(verifier_line(ORIGIN, &key().verifying_key()));
}

#[test]
fn the_reference_implementations_note_is_accepted() {
    let (origin, key) = read_verifier_line(PETER_KEY).unwrap();
    let (text, signatures) = split(PETER_NOTE).unwrap();
    let signature = signature_of(signatures, &origin, &key).unwrap();
    key.verify_strict(text.as_bytes(), &signature).unwrap();
}

#[test]
fn a_checkpoint_is_read_back_only_as_it_was_signed() {
    let signed = checkpoint();
    let public = key().verifying_key();
    assert_eq!(Checkpoint::read(&signed.note, &public), Ok(signed.clone()));

    let larger = signed.note.replacen("\n12\n", "\n13\n", 1);
    assert_eq!(Checkpoint::read(&larger, &public), Err(NoteError::BadSignature(ORIGIN.to_owned())));
    let stranger = SigningKey::from_bytes(&[2; 32]).verifying_key();
    assert_eq!(
        Checkpoint::read(&signed.note, &stranger),
        Err(NoteError::NotSignedBy(ORIGIN.to_owned()))
    );
}

#[test]
fn a_verifier_line_is_read_back() {
    let line = verifier_line(ORIGIN, &key().verifying_key());
    assert_eq!(read_verifier_line(&line), Some((ORIGIN.to_owned(), key().verifying_key())));
    assert_eq!(read_verifier_line(&line.replace('+', "-")), None);
}

#[test]
fn names_that_would_break_a_note_are_refused() {
    assert!(is_origin(ORIGIN));
    for name in ["", "two words", "a+b", "line\nbreak"] {
        assert!(!is_origin(name), "{name:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz_note(&bytes);
    }

    #[test]
    fn a_note_with_any_byte_changed_is_refused(at in 0_usize..100, to in any::<u8>()) {
        let mut bytes = checkpoint().note.into_bytes();
        prop_assume!(at < bytes.len() && bytes[at] != to);
        bytes[at] = to;
        if let Ok(text) = String::from_utf8(bytes) {
            prop_assert!(Checkpoint::read(&text, &key().verifying_key()).is_err());
        }
    }
}
