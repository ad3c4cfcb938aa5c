//! What the pure parts promise.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sakimori_testkit::SeededChance;
use sakimori_words::{Digest, Instant, OrganisationId, Tlp};
use serde_json::json;

use crate::exchange::{BUNDLE_TYPE, Half, ReadMark, UncheckedHalf, seal_half};
use crate::link::{Arrival, Confirmation, Link};
use crate::refusals::RefusalTally;
use crate::{
    CODE_HOURS, Dsse, EnrolmentCode, Envelope, EnvelopeError, Keys, LONGEST_WAIT_SECONDS,
    MessageHeader, OpenError, SecretKey, TROUBLES, add_via, fuzz_code, fuzz_enrolment,
    fuzz_exchange, fuzz_minisign, seal_message, wait_ms,
};

fn key(seed: u8) -> SecretKey {
    SecretKey::from_bytes(&[seed; 32])
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn header() -> MessageHeader {
    MessageHeader {
        id: "0198c9a0-1111-7000-8000-000000000001".into(),
        origin: "mhlw".into(),
        to: None,
        stream: "members".to_owned(),
        seq: 1,
        message_type: "application/vnd.sakimori.warning.v1+json".to_owned(),
        created: at("2026-12-21T00:00:00Z"),
        expires: None,
        tlp: Tlp::Green,
        exercise: true,
        in_reply_to: None,
        files: vec![],
    }
}

/// The ministry's warning as the prefecture hands it on.
fn relayed() -> Envelope {
    let message = seal_message(&header(), &json!({ "title": "年末年始の注意喚起" }), &key(1));
    let mut envelope = Envelope { message, vias: vec![] };
    add_via(
        &mut envelope,
        &"osaka".into(),
        at("2026-12-21T01:00:00Z"),
        "管内へ周知します",
        &key(2),
    );
    envelope
}

fn keys() -> Keys {
    BTreeMap::from([("mhlw".into(), key(1).public()), ("osaka".into(), key(2).public())])
}

#[test]
fn the_signature_is_over_type_and_payload_as_the_dsse_protocol_says() {
    // PAE of protocol.md 1.0.2: "DSSEv1 29 http://example.com/HelloWorld 11 hello world".
    let sealed = Dsse::seal("http://example.com/HelloWorld", b"hello world".to_vec(), &key(1));
    let expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
    assert_eq!(sealed.digest(), Digest::of(expected));
    assert_eq!(
        sealed.open("http://example.com/HelloWorld", &key(1).public()),
        Ok(&b"hello world"[..])
    );
    assert_eq!(
        sealed.open("http://example.com/Other", &key(1).public()),
        Err(OpenError::WrongType)
    );
    assert_eq!(
        sealed.open("http://example.com/HelloWorld", &key(2).public()),
        Err(OpenError::Forged)
    );
}

/// The released wire format: this sample was written by version 1 and is read for ever.
#[test]
fn an_envelope_of_version_1_reads_and_verifies() {
    let kept = include_str!("tests/envelope.v1.json");
    let envelope: Envelope = serde_json::from_str(kept).unwrap();
    let verified = envelope.verify(&"osaka".into(), &keys()).unwrap();
    assert_eq!(verified.header, header());
    assert_eq!(verified.vias[0].remark, "管内へ周知します");
}

#[test]
fn an_envelope_is_written_as_version_1() {
    // Ed25519 signatures are deterministic, so the bytes stay equal.
    let written = serde_json::to_string_pretty(&relayed()).unwrap();
    assert_eq!(written.trim(), include_str!("tests/envelope.v1.json").trim());
}

#[test]
fn a_remark_cannot_be_changed_moved_or_dropped_unnoticed() {
    let from_osaka: OrganisationId = "osaka".into();
    let mut dropped = relayed();
    dropped.vias.clear();
    assert!(matches!(dropped.verify(&from_osaka, &keys()), Err(EnvelopeError::BrokenRoute { .. })));
    let mut other = Envelope {
        message: seal_message(&MessageHeader { seq: 2, ..header() }, &json!({}), &key(1)),
        vias: relayed().vias,
    };
    assert!(matches!(other.verify(&from_osaka, &keys()), Err(EnvelopeError::Forged { .. })));
    other.vias.clear();
    assert!(other.verify(&"mhlw".into(), &keys()).is_ok());
    let mut twice = relayed();
    twice.vias.push(twice.vias[0].clone());
    assert!(matches!(twice.verify(&from_osaka, &keys()), Err(EnvelopeError::Forged { .. })));
}

#[test]
fn too_many_relays_are_refused() {
    let mut envelope = relayed();
    for _ in 0..8 {
        add_via(&mut envelope, &"osaka".into(), Instant::default(), "", &key(2));
    }
    let refused = envelope.verify(&"osaka".into(), &keys());
    assert!(matches!(refused, Err(EnvelopeError::TooLarge { n_vias: 9, .. })));
}

#[test]
fn ids_that_would_break_out_of_a_ledger_key_are_refused() {
    for id in ["a/b", "a|b", "", "あ", &"x".repeat(65)] {
        let header = MessageHeader { id: id.into(), ..header() };
        let envelope =
            Envelope { message: seal_message(&header, &json!({}), &key(1)), vias: vec![] };
        assert!(envelope.verify(&"mhlw".into(), &keys()).is_err(), "{id:?}");
    }
}

#[test]
fn header_texts_that_no_ledger_keeps_are_refused() {
    let bad = |change: fn(&mut MessageHeader)| {
        let mut header = header();
        change(&mut header);
        let message = seal_message(&header, &json!({}), &key(1));
        Envelope { message, vias: vec![] }.verify(&"mhlw".into(), &keys()).is_err()
    };
    assert!(!bad(|_| {}), "the header itself is good");
    assert!(!bad(|header| header.stream = "x".repeat(256)));
    assert!(bad(|header| header.stream = "direct\u{7}".to_owned()));
    assert!(bad(|header| header.stream = "x".repeat(257)));
    assert!(bad(|header| header.message_type = "a\nb".to_owned()));
    assert!(bad(|header| header.message_type = "x".repeat(129)));
    assert!(bad(|header| header.in_reply_to = Some("a\u{0}".into())));
    assert!(bad(|header| header.seq = u64::MAX), "counting on from there would overflow");
}

#[test]
fn a_code_is_read_as_people_type_it() {
    let code = EnrolmentCode::new(&key(1).public(), &SeededChance::new(1));
    let text = code.to_string();
    assert_eq!(text, "6HTG-Z65X-B7YF-CPGR-VTXY");
    assert!(code.names(&key(1).public()) && !code.names(&key(2).public()));
    let full_width: String = text
        .chars()
        .map(|c| {
            char::from_u32(u32::from(c) + 0xfee0)
                .filter(|_| c.is_ascii_alphanumeric())
                .unwrap_or('　')
        })
        .collect();
    for typed in [text.to_lowercase(), text.replace('-', " "), text.replace('0', "o"), full_width] {
        assert_eq!(EnrolmentCode::parse(&typed), Ok(code.clone()), "{typed}");
    }
    assert_eq!(EnrolmentCode::parse("7K2M-9QXT").unwrap_err().n_chars, 8);
    assert!(EnrolmentCode::parse(&text.replace('-', "U")).is_err(), "U is no digit of the code");
    assert!(
        CODE_HOURS == 24 && !format!("{code:?}").contains(&text),
        "a code never gets into a log"
    );
}

#[test]
fn proofs_of_the_two_sides_differ_and_bind_their_parts() {
    let code = EnrolmentCode::new(&key(1).public(), &SeededChance::new(1)).proof_key();
    let proof = code.prove("newcomer", &[b"ab", b"c"]);
    assert!(code.is_proven(&proof, "newcomer", &[b"ab", b"c"]));
    assert!(!code.is_proven(&proof, "hub", &[b"ab", b"c"]));
    assert!(!code.is_proven(&proof, "newcomer", &[b"a", b"bc"]));
    assert!(!code.is_proven(&[], "newcomer", &[b"ab", b"c"]));
}

#[test]
fn a_link_knows_repeats_gaps_and_a_neighbour_that_remembers_more() {
    let digest = |n: u8| Some(Digest::of(&[n]));
    let mark = |seq, n| ReadMark { seq, digest: digest(n) };
    let link = Link { last: 5, confirmed: mark(3, 3), read: mark(7, 7), ..Link::default() };
    let arrivals = [7, 8, 9].map(|seq| link.arrival(seq));
    assert_eq!(arrivals, [Arrival::Before, Arrival::Next, Arrival::Early]);
    assert_eq!(link.confirmation(&mark(3, 3), digest(3)), Confirmation::Same);
    assert_eq!(link.confirmation(&mark(5, 5), digest(5)), Confirmation::UpTo);
    assert_eq!(link.confirmation(&mark(2, 2), digest(2)), Confirmation::UpTo, "it was restored");
    assert_eq!(link.confirmation(&ReadMark::default(), None), Confirmation::UpTo);
    assert_eq!(link.confirmation(&mark(9, 9), None), Confirmation::Forked, "we were restored");
    assert_eq!(link.confirmation(&mark(4, 44), digest(4)), Confirmation::Forked);
    assert_eq!(link.confirmation(&mark(u64::MAX, 1), None), Confirmation::Absurd);
    let far = link.last + (1 << 20);
    assert_eq!(link.confirmation(&mark(far, 1), None), Confirmation::Forked, "an old copy");
    assert_eq!(link.confirmation(&mark(far + 1, 1), None), Confirmation::Absurd, "no copy so old");
}

#[test]
fn refusals_are_recorded_ten_an_hour_and_the_rest_counted() {
    let mut tally = RefusalTally::default();
    let start = at("2026-12-21T00:00:00Z");
    let recorded: Vec<_> =
        (0..25).filter_map(|n| tally.record("s", "c", start.plus_seconds(n))).collect();
    assert_eq!(recorded, [0; 10]);
    assert_eq!(tally.record("s", "c", start.plus_seconds(3_600)), Some(15));
    assert_eq!(tally.record("other", "c", start), Some(0));
}

#[test]
fn waiting_grows_to_a_quarter_of_an_hour_and_is_spread_evenly() {
    let chance = SeededChance::new(3);
    assert_eq!(wait_ms(0, &chance), 0);
    let longest = |n| (0..300).map(|_| wait_ms(n, &chance)).max().unwrap();
    assert!(longest(1) <= 5_000 && longest(1) > 4_000);
    assert!(longest(3) <= 20_000 && longest(3) > 16_000);
    assert!(longest(u32::MAX) <= LONGEST_WAIT_SECONDS * 1_000);
}

#[test]
fn troubles_have_their_own_codes_and_say_what_to_do() {
    let mut codes: Vec<&str> = TROUBLES.iter().map(|kind| kind.code).collect();
    codes.dedup();
    assert_eq!(codes.len(), TROUBLES.len());
    for kind in TROUBLES {
        assert!(kind.code.starts_with("SK-FEDERATION-"));
        for text in [kind.what, kind.now].concat() {
            assert!(!text.is_empty(), "{}", kind.code);
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        fuzz_exchange(&bytes);
        fuzz_enrolment(&bytes);
        fuzz_code(&bytes);
        fuzz_minisign(&bytes);
    }

    #[test]
    fn any_code_reads_back(seed in any::<u64>(), hub in any::<u8>()) {
        let code = EnrolmentCode::new(&key(hub).public(), &SeededChance::new(seed));
        prop_assert_eq!(EnrolmentCode::parse(&code.to_string()), Ok(code));
    }

    #[test]
    fn a_half_goes_in_and_comes_out(seq in any::<u64>(), text in "\\PC{0,30}", more in any::<bool>()) {
        let half = Half {
            from: text.as_str().into(),
            to: "osaka".into(),
            at: Instant::from_micros(i64::from(u32::MAX)),
            nonce: text,
            have: ReadMark { seq, digest: Some(Digest::of(b"x")) },
            items: vec![],
            more,
            refused: vec![],
            medium_key: None,
        };
        let bytes = seal_half(BUNDLE_TYPE, &half, &key(1));
        let read = UncheckedHalf::read(BUNDLE_TYPE, &bytes).unwrap();
        prop_assert_eq!(read.open(BUNDLE_TYPE, &key(1).public()).unwrap(), half);
    }

    #[test]
    fn one_changed_byte_anywhere_is_noticed(place in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut bytes = serde_json::to_vec(&relayed()).unwrap();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        if let Ok(envelope) = serde_json::from_slice::<Envelope>(&bytes) {
            // What still verifies says the same (a changed key id or the case of a hexadecimal digit).
            if let Ok(verified) = envelope.verify(&"osaka".into(), &keys()) {
                prop_assert_eq!(verified, relayed().verify(&"osaka".into(), &keys()).unwrap());
            }
        }
    }
}
