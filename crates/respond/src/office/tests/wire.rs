//! The messages between offices: every released version stays readable, and hostile bytes are refused.

use proptest::prelude::*;

use crate::exchange::{
    ExchangeError, OfficeReportV1, OfficeTaskAnswerV1, OfficeTaskV1, TaskAnswerKind,
    fuzz_office_messages,
};
use crate::office::{Awareness, TaskKind};

const REPORT: &[u8] = include_bytes!("../../exchange/samples/office-report-v1.json");
const TASK: &[u8] = include_bytes!("../../exchange/samples/office-task-v1.json");
const ANSWER: &[u8] = include_bytes!("../../exchange/samples/office-task-answer-v1.json");

#[test]
fn messages_of_version_1_are_read_as_they_were_meant() {
    let report = OfficeReportV1::read(REPORT).unwrap();
    assert_eq!((report.awareness, report.concerning.beds), (Awareness::Media, Some(200)));
    assert_eq!(report.concerning.name, "見本中央病院");
    assert_eq!(report.report.sender.name, "見本県");
    assert_eq!(report.write().unwrap(), REPORT.trim_ascii_end());
    let task = OfficeTaskV1::read(TASK).unwrap();
    assert_eq!(
        (task.kind, task.text.as_str()),
        (TaskKind::Investigate, "侵入の経路を調査すること")
    );
    assert_eq!(task.due_at().unwrap().to_string(), "2026-11-24 17:00:00");
    assert_eq!(task.write().unwrap(), TASK.trim_ascii_end());
    let answer = OfficeTaskAnswerV1::read(ANSWER).unwrap();
    assert_eq!((answer.kind, answer.officer.as_str()), (TaskAnswerKind::Done, "鈴木 一郎"));
    assert_eq!(answer.write().unwrap(), ANSWER.trim_ascii_end());
}

#[test]
fn another_version_is_refused_by_name_and_one_message_is_never_read_as_another() {
    let newer = String::from_utf8(TASK.to_vec()).unwrap().replacen("task/1", "task/2", 1);
    let error = OfficeTaskV1::read(newer.as_bytes()).unwrap_err();
    assert!(matches!(error, ExchangeError::UnknownFormat { .. }));
    assert!(OfficeTaskV1::read(ANSWER).is_err() && OfficeTaskAnswerV1::read(TASK).is_err());
    assert!(OfficeReportV1::read(TASK).is_err());
}

#[test]
fn an_inner_report_that_is_none_is_refused() {
    let text = String::from_utf8(REPORT.to_vec()).unwrap();
    let wrong = text.replacen("sakimori.report/1", "sakimori.report/9", 1);
    assert!(OfficeReportV1::read(wrong.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn damaged_messages_are_read_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for sample in [REPORT, TASK, ANSWER] {
            let mut bytes = sample.to_vec();
            let index = at.index(bytes.len());
            bytes[index] = byte;
            fuzz_office_messages(&bytes);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz_office_messages(&bytes);
    }
}
