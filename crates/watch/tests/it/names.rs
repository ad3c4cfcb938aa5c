//! Rules about names that machines ask for, on every log that tells them.

use sakimori_watch::Detector;
use sakimori_watch::sources::{Context, read_line};
use sakimori_words::{Digest, EvidenceRef, Instant};

use crate::attack::built_in;

#[test]
fn a_question_for_a_file_sharing_service_is_found_whoever_logged_it() {
    let context = Context {
        source: "test".to_owned(),
        received_at: Instant::parse("2026-11-20T09:00:05Z").unwrap(),
    };
    let lines = [
        r#"{"ts":1.5,"uid":"C1","id.orig_h":"10.20.7.31","id.resp_h":"10.20.1.5","query":"transfer.sh","qtype_name":"A"}"#,
        "<30>Nov 20 02:11:01 ns01 named[812]: client @0x7f01 10.20.7.31#53112 (transfer.sh): query: transfer.sh IN A + (10.20.1.5)",
        "[1795108269] unbound[812:0] info: 10.20.7.31 transfer.sh. A IN",
        "<30>Nov 20 02:12:01 rt01 dnsmasq[900]: query[A] transfer.sh from 10.20.7.31",
        "2026/11/20 2:11:11 0E70 PACKET  00D4 UDP Rcv 10.20.7.31 5b47   Q [0001   D   NOERROR] A      (8)transfer(2)sh(0)",
    ];
    let evidence = || EvidenceRef::Event { seq: 0, leaf: Digest::default() };
    for line in lines {
        let mut detector = Detector::new(&built_in());
        let event = read_line(line.as_bytes(), &context);
        assert!(!detector.look(&event, &evidence).is_empty(), "{line}");
        let other =
            line.replace("(8)transfer", "(8)hospital").replace("transfer.sh", "hospital.sh");
        let event = read_line(other.as_bytes(), &context);
        assert!(detector.look(&event, &evidence).is_empty(), "{other}");
    }
}
