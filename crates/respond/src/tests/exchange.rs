//! The wire formats: every released version stays readable, and hostile bytes are refused.

use proptest::prelude::*;

use crate::exchange::{
    ExchangeError, MESSAGE_BYTES_MAX, ReplyV1, ReportV1, fuzz_reply, fuzz_report,
};
use crate::{ReplyKind, Stage};

const REPORT_V1: &[u8] = include_bytes!("../exchange/samples/report-v1.json");
const REPLY_V1: &[u8] = include_bytes!("../exchange/samples/reply-v1.json");

#[test]
fn a_report_of_version_1_is_read_as_it_was_meant() {
    let report = ReportV1::read(REPORT_V1).unwrap();
    assert_eq!((report.number, report.stage, report.exercise), (1, Stage::Prompt, false));
    assert_eq!(report.sender.name, "大阪架空急性期センター");
    assert_eq!(report.subject, "電子カルテの障害（ランサムウェアの疑い）");
    assert_eq!(report.knew_at().to_string(), "2026-11-02 06:41:00");
    assert_eq!(report.document.sections.len(), 11);
    assert_eq!(report.document.row("subject_count").unwrap().value.ja, "調査中");
    assert_eq!(report.write().unwrap(), REPORT_V1.trim_ascii_end());
}

#[test]
fn an_answer_of_version_1_is_read_as_it_was_meant() {
    let reply = ReplyV1::read(REPLY_V1).unwrap();
    assert_eq!((reply.kind, reply.number.as_str()), (ReplyKind::Accepted, "2026-00001"));
    assert_eq!(reply.officer, "鈴木 一郎");
    assert_eq!(reply.write().unwrap(), REPLY_V1.trim_ascii_end());
}

#[test]
fn a_later_writer_may_add_what_this_reader_does_not_know() {
    let text = String::from_utf8(REPLY_V1.to_vec()).unwrap();
    let more = text.replacen('{', "{ \"mood\": [1, 2], ", 1);
    assert_eq!(ReplyV1::read(more.as_bytes()).unwrap(), ReplyV1::read(REPLY_V1).unwrap());
}

#[test]
fn another_version_is_refused_by_name() {
    let text = String::from_utf8(REPORT_V1.to_vec()).unwrap();
    let newer = text.replacen("sakimori.report/1", "sakimori.report/2", 1);
    let error = ReportV1::read(newer.as_bytes()).unwrap_err();
    assert!(
        matches!(error, ExchangeError::UnknownFormat { found, .. } if found == "sakimori.report/2")
    );
}

#[test]
fn a_message_that_is_too_large_is_not_even_parsed() {
    let error = ReportV1::read(&vec![b'['; MESSAGE_BYTES_MAX + 1]).unwrap_err();
    assert!(matches!(error, ExchangeError::TooLarge { .. }));
    let deep = ReportV1::read(&vec![b'['; MESSAGE_BYTES_MAX]).unwrap_err();
    assert!(matches!(deep, ExchangeError::Unreadable { .. }));
}

#[test]
fn a_report_without_a_time_is_refused() {
    let text = String::from_utf8(REPORT_V1.to_vec()).unwrap();
    let timeless = text.replacen("2026-11-01T21:41:00.000000Z", "昨夜", 1);
    let error = ReportV1::read(timeless.as_bytes()).unwrap_err();
    assert!(matches!(error, ExchangeError::Field { field: "knew_at" }));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        fuzz_report(&bytes);
        fuzz_reply(&bytes);
    }

    #[test]
    fn a_damaged_report_is_read_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = REPORT_V1.to_vec();
        let index = at.index(bytes.len());
        bytes[index] = byte;
        fuzz_report(&bytes);
    }

    #[test]
    fn a_damaged_answer_is_read_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = REPLY_V1.to_vec();
        let index = at.index(bytes.len());
        bytes[index] = byte;
        fuzz_reply(&bytes);
    }
}
