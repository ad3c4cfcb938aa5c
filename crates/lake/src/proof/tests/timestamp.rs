use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use proptest::prelude::*;
use sakimori_words::{Digest, Instant};

use super::super::timestamp::{Stamp, StampError, StampedHead, der, fuzz_stamp, stamp_request};

const NOTE: &str = "the signed note";

/// The object identifiers 2.16.840.1.101.3.4.2.1, 1.2.840.113549.1.7.2, 1.2.840.113549.1.9.16.1.4.
const SHA_256: [u8; 9] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const TST_INFO: [u8; 11] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    der(0x30, &parts.concat())
}

/// A reply as RFC 3161 §2.4.2 draws it; the signature below the statement is left out, it is not looked at.
fn reply(status: u8, digest: &Digest, time: &str) -> Vec<u8> {
    let algorithm = sequence(&[der(0x06, &SHA_256)]);
    let statement = sequence(&[
        der(0x02, &[1]),
        der(0x06, &[0x2a, 0x03, 0x04]),
        sequence(&[algorithm, der(0x04, digest.as_bytes())]),
        der(0x02, &[5]),
        der(0x18, time.as_bytes()),
        sequence(&[der(0x02, &[1])]),
        der(0x02, &[0, 0x99]),
    ]);
    let content = sequence(&[der(0x06, &TST_INFO), der(0xa0, &der(0x04, &statement))]);
    let signed = sequence(&[der(0x02, &[3]), der(0x31, &[]), content]);
    let token = sequence(&[der(0x06, &SIGNED_DATA), der(0xa0, &signed)]);
    sequence(&[sequence(&[der(0x02, &[status])]), token])
}

/// A granted reply over `note` in base64.
pub(super) fn granted(note: &str) -> String {
    BASE64.encode(reply(0, &Digest::of(note.as_bytes()), "20261120000000Z"))
}

fn head(reply: &[u8]) -> StampedHead {
    StampedHead { note: NOTE.to_owned(), reply: BASE64.encode(reply) }
}

fn digest() -> Digest {
    Digest::of(NOTE.as_bytes())
}

#[test]
fn a_request_is_the_der_of_rfc_3161() {
    let shown: String =
        stamp_request(NOTE, 0x99).iter().map(|byte| format!("{byte:02x}")).collect();
    let digest = digest();
    let expected = format!(
        "303d0201013031300d060960864801650304020105000420{digest}0202{nonce}0101ff",
        nonce = "0099"
    );
    assert_eq!(shown, expected);
}

#[test]
fn a_granted_reply_over_the_note_gives_its_time() {
    for (status, time) in [(0, "20261120000000Z"), (1, "20261120000000.25Z")] {
        let stamp = Stamp::read_over(&head(&reply(status, &digest(), time))).unwrap();
        assert_eq!(stamp.at, Instant::parse("2026-11-20T00:00:00Z").unwrap());
        assert_eq!(stamp.nonce, [0x99]);
    }
}

#[test]
fn a_refusal_another_digest_and_no_time_are_told_apart() {
    let time = "20261120000000Z";
    let refused = head(&reply(2, &digest(), time));
    assert_eq!(Stamp::read_over(&refused), Err(StampError::NotGranted(2)));
    let other = head(&reply(0, &Digest::of(b"another note"), time));
    assert_eq!(Stamp::read_over(&other), Err(StampError::OtherDigest));
    for time in ["20261320000000Z", "2026112000000", "", "20261120000000+0900"] {
        let wrong = head(&reply(0, &digest(), time));
        assert_eq!(Stamp::read_over(&wrong), Err(StampError::Malformed), "{time}");
    }
    assert_eq!(Stamp::read(b"<html>"), Err(StampError::Malformed));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzz_stamp(&bytes);
    }

    #[test]
    fn a_reply_cut_or_changed_anywhere_never_panics(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut bytes = reply(0, &digest(), "20261120000000Z");
        let at = at.index(bytes.len());
        fuzz_stamp(&bytes[..at]);
        bytes[at] = to;
        fuzz_stamp(&bytes);
    }
}
