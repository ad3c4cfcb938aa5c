//! The rules of the state machines, by calling the pure functions in any order.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sakimori_content::ContactRole;
use sakimori_words::{Instant, Lang};

use super::{
    TestChance, content, director, draft_of, it_person, jst, mass_rename, officer, opening,
};
use crate::decide::{self, Change};
use crate::exchange::ReplyV1;
use crate::{
    Actor, Answer, Call, CallOutcome, Case, CaseFile, EntryKind, HandIn, IsolationChoice, Moment,
    ObligationState, Outcome, ReplyKind, Report, ReportState, RespondError, SOURCES, Stage,
    Standing, StepState, TROUBLES, Threshold, Tri, Weighed, check_form,
};

/// Everything a person or an office may try, with some wrong values among them.
#[derive(Clone, Debug)]
enum Act {
    Note(u8),
    Correct,
    Call(u8, bool),
    Step(u8, u8),
    Answer(u8, bool),
    Isolate(u8),
    Judge([u8; 7]),
    HandIn(u8),
    Excuse(u8),
    Findings,
    ReleaseHold,
    Dismiss,
    Close,
    Reopen,
    Draft(u8),
    Refresh,
    Approve,
    ApproveAlone(bool),
    Withdraw,
    Tamper,
    Submit,
    Reply(bool),
    Return,
    ClockSetBack,
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        any::<u8>().prop_map(Act::Note),
        Just(Act::Correct),
        (any::<u8>(), any::<bool>()).prop_map(|(role, answered)| Act::Call(role, answered)),
        (any::<u8>(), any::<u8>()).prop_map(|(step, state)| Act::Step(step, state)),
        (any::<u8>(), any::<bool>()).prop_map(|(field, known)| Act::Answer(field, known)),
        any::<u8>().prop_map(Act::Isolate),
        any::<[u8; 7]>().prop_map(Act::Judge),
        any::<u8>().prop_map(Act::HandIn),
        any::<u8>().prop_map(Act::Excuse),
        Just(Act::Findings),
        Just(Act::ReleaseHold),
        Just(Act::Dismiss),
        Just(Act::Close),
        Just(Act::Reopen),
        any::<u8>().prop_map(Act::Draft),
        Just(Act::Refresh),
        Just(Act::Approve),
        any::<bool>().prop_map(Act::ApproveAlone),
        Just(Act::Withdraw),
        Just(Act::Tamper),
        Just(Act::Submit),
        any::<bool>().prop_map(Act::Reply),
        Just(Act::Return),
        Just(Act::ClockSetBack),
    ]
}

fn pick<T>(all: &[T], choice: u8) -> &T {
    &all[usize::from(choice) % all.len()]
}

fn tri(choice: u8) -> Weighed {
    Weighed::new(*pick(&[Tri::Yes, Tri::No, Tri::Unknown], choice), "")
}

fn threshold(answers: [u8; 7]) -> Threshold {
    let [disorder, leak, leak_feared, data_lost, care, care_feared, illicit] = answers.map(tri);
    let leak_known_at = None;
    Threshold { disorder, leak, leak_feared, data_lost, care, care_feared, illicit, leak_known_at }
}

/// Every question answered with yes.
pub(super) fn every_harm() -> Threshold {
    threshold([0; 7])
}

/// Every question answered with no.
pub(super) fn no_harm() -> Threshold {
    threshold([1; 7])
}

/// A case without a store.
struct World {
    file: CaseFile,
    now: Instant,
    chance: TestChance,
}

impl World {
    fn new() -> Self {
        let (now, chance) = (jst("2026-11-02T06:41"), TestChance::default());
        let moment = Moment { now, by: &it_person(), chance: &chance };
        let change = decide::open(&opening("画面がおかしい"), &content(), moment).unwrap();
        let file = CaseFile { case: change.case, timeline: change.entries, reports: Vec::new() };
        Self { file, now, chance }
    }

    /// Tries an act; a refused one changes nothing.
    fn attempt(&mut self, act: &Act, by: &Actor, later_minutes: u32) {
        self.now = self.now.plus_seconds(i64::from(later_minutes) * 60);
        if matches!(act, Act::Tamper) {
            self.tamper();
            return;
        }
        if matches!(act, Act::ClockSetBack) {
            self.now = self.now.plus_seconds(-3_600);
            return;
        }
        let Ok(change) = self.decide(act, by) else { return };
        self.file.case = change.case;
        self.file.timeline.extend(change.entries);
        if let Some(report) = change.report {
            self.file.reports.retain(|known| known.id != report.id);
            self.file.reports.push(report);
        }
    }

    /// Somebody changes an approved document behind the program's back.
    fn tamper(&mut self) {
        let approved = |report: &&mut Report| matches!(report.state, ReportState::Approved { .. });
        if let Some(report) = self.file.reports.iter_mut().find(approved) {
            report.document.sender.ja.push('!');
        }
    }

    fn decide(&self, act: &Act, by: &Actor) -> Result<Change, RespondError> {
        let moment = Moment { now: self.now, by, chance: &self.chance };
        let (case, content) = (&self.file.case, content());
        let last = self.file.reports.last();
        let report = last.ok_or(RespondError::Missing { what: "report" });
        match act {
            Act::Note(kind) => {
                let kind = *pick(&[EntryKind::Fact, EntryKind::Hypothesis], *kind);
                decide::note(case, kind, "何かが起きた", None, moment)
            }
            Act::Correct => decide::correct(case, &self.file.timeline[0].id, "訂正", moment),
            Act::Call(role, answered) => {
                decide::record_call(case, &self.call(*role, *answered), moment)
            }
            Act::Step(step, state) => {
                decide::mark_step(case, &step_id(*step), &step_state(*state), &content, moment)
            }
            Act::Answer(field, known) => {
                let (field, answer) = answer_to(*field, *known);
                decide::answer(case, &field, &answer, &content, moment)
            }
            Act::Isolate(option) => {
                decide::decide_isolation(case, &isolation(*option), &content, moment)
            }
            Act::Judge(answers) => decide::judge(case, &threshold(*answers), &content, moment),
            Act::HandIn(which) => decide::hand_in(case, &self.duty(*which), &web_form(), moment),
            Act::Excuse(which) => decide::excuse(case, &self.duty(*which), "対象外", moment),
            Act::Findings => decide::add_findings(case, &[mass_rename()], moment),
            Act::ReleaseHold => decide::release_hold(case, "終了", moment),
            Act::Dismiss => decide::dismiss(case, "誤報", moment),
            Act::Close => decide::close(case, "完了", moment),
            Act::Reopen => decide::reopen(case, "続き", moment),
            Act::Draft(stage) => {
                let stage = *pick(&[Stage::Prompt, Stage::FollowUp, Stage::Final], *stage);
                decide::draft(&self.file, &draft_of(stage), &content, moment)
            }
            Act::Refresh => decide::refresh(&self.file, report?, None, &content, moment),
            Act::Approve => decide::approve(case, report?, None, moment),
            Act::ApproveAlone(said) => {
                decide::approve_alone(case, report?, if *said { "夜間" } else { "" }, moment)
            }
            Act::Withdraw => {
                decide::withdraw_approval(&self.file, report?, "誤記", &content, moment)
            }
            Act::Submit => decide::submit(case, report?, moment),
            Act::Reply(known) => {
                let from = if *known { "mhlw" } else { "stranger" };
                let report = report?;
                decide::take_reply(case, report, &from.into(), &self.reply_to(report), moment)
            }
            Act::Return => {
                let report = report?;
                let reply = ReplyV1 {
                    kind: ReplyKind::Question,
                    text: "病床数の記載を直してください".to_owned(),
                    ..self.reply_to(report)
                };
                decide::take_reply(case, report, &"mhlw".into(), &reply, moment)
            }
            Act::Tamper | Act::ClockSetBack => Err(RespondError::Busy),
        }
    }

    fn call(&self, role: u8, answered: bool) -> Call {
        let roles =
            [ContactRole::Vendor, ContactRole::Police, ContactRole::Ministry, ContactRole::Other];
        Call {
            contact: String::new(),
            role: *pick(&roles, role),
            name: "窓口".to_owned(),
            phone: "0".to_owned(),
            at: self.now,
            outcome: if answered { CallOutcome::Answered } else { CallOutcome::NoAnswer },
            spoke_with: String::new(),
            receipt_number: String::new(),
            note: String::new(),
        }
    }

    fn duty(&self, which: u8) -> String {
        pick(&self.file.case.obligations, which).id.clone()
    }

    fn reply_to(&self, report: &Report) -> ReplyV1 {
        ReplyV1 {
            format: "sakimori.report-reply/1".to_owned(),
            report: report.id.to_string(),
            case: report.case.to_string(),
            office: "厚生労働省".to_owned(),
            kind: ReplyKind::Delivered,
            number: "2026-00001".to_owned(),
            at: self.now.rfc3339(),
            officer: String::new(),
            text: String::new(),
        }
    }
}

fn step_id(choice: u8) -> String {
    let content = content();
    let playbook = content.playbook("first-hour", "2026-11-02".parse().unwrap()).unwrap();
    pick(&playbook.steps, choice).id.clone()
}

fn step_state(choice: u8) -> StepState {
    match choice % 3 {
        0 => StepState::Done { note: String::new() },
        1 => StepState::Skipped { reason: "不要".to_owned() },
        _ => StepState::Reopened { reason: "やり直し".to_owned() },
    }
}

fn answer_to(field: u8, known: bool) -> (String, Answer) {
    let fields = ["details", "affected_count", "occurred_at", "incident_class"];
    let answers = [
        Answer::text("詳細"),
        Answer::Count { number: 3, approximate: true },
        Answer::Moment { at: jst("2026-11-02T05:00") },
        Answer::Choice { ids: vec!["ransomware".to_owned()] },
    ];
    let answer = if known { pick(&answers, field).clone() } else { Answer::Investigating };
    ((*pick(&fields, field)).to_owned(), answer)
}

fn isolation(option: u8) -> IsolationChoice {
    IsolationChoice {
        guide: "isolation".to_owned(),
        option: (*pick(&["backup-only", "segments", "watch", "none-such"], option)).to_owned(),
        decided_by: "山田 太郎".to_owned(),
        decider_role: "病院長".to_owned(),
        decided_at: None,
        clinical_impact: "調査中".to_owned(),
        revert_condition: "確認後".to_owned(),
        review_at: None,
    }
}

fn web_form() -> HandIn {
    HandIn { channel: "報告フォーム".to_owned(), receipt_number: String::new(), at: None }
}

/// Nothing that was written is changed or gone.
fn nothing_rewritten(before: &CaseFile, after: &CaseFile) {
    assert!(after.timeline.starts_with(&before.timeline));
    assert!(after.case.isolation.starts_with(&before.case.isolation));
    assert!(after.case.judgements.starts_with(&before.case.judgements));
    assert!(after.case.calls.starts_with(&before.case.calls));
    assert!(after.case.reports.starts_with(&before.case.reports));
    for (step, marks) in &before.case.steps {
        assert!(after.case.steps[step].starts_with(marks));
    }
    assert_eq!(before.case.knew_at, after.case.knew_at);
    assert_eq!(before.case.opened_at, after.case.opened_at);
    assert_eq!(before.case.origin, after.case.origin);
}

/// No duty disappears, no clock moves, and what an office knows it does not unlearn.
fn no_deadline_moved(before: &Case, after: &Case) {
    let now: BTreeMap<&str, _> =
        after.obligations.iter().map(|duty| (duty.id.as_str(), duty)).collect();
    assert_eq!(now.len(), after.obligations.len());
    for duty in &before.obligations {
        let still = now[duty.id.as_str()];
        assert_eq!(
            (duty.anchor_at, duty.due_at, duty.remind_at, duty.opened_at),
            (still.anchor_at, still.due_at, still.remind_at, still.opened_at)
        );
        if let ObligationState::Met { .. } = duty.state {
            assert_eq!(duty.state, still.state);
        }
    }
}

/// Of the reports that went to an office none followed a final one, unless it was sent back or the case was opened again.
fn final_closes(file: &CaseFile) {
    let reopened = file.timeline.iter().any(|entry| entry.text.ja.starts_with("事案対応を再開"));
    let returned =
        |report: &Report| report.receipts.iter().any(|receipt| receipt.kind == ReplyKind::Question);
    let last = file
        .reports
        .iter()
        .position(|one| one.stage == Stage::Final && one.submission().is_some() && !returned(one));
    if let (Some(last), false) = (last, reopened) {
        assert_eq!(last + 1, file.reports.len(), "all of them go to the same offices");
    }
}

/// A submitted report was approved by another person than its drafter, or says that it was not.
fn approved_before_it_left(file: &CaseFile) {
    for report in &file.reports {
        let ReportState::Submitted { approval, submission } = &report.state else { continue };
        let body = decide::wire_body(&file.case, report).unwrap();
        assert_eq!(approval.digest, report.document.digest());
        assert!(approval.at <= submission.at);
        let alone = approval.by.person == report.drafted_by.person;
        let says_so = report.document.banner.iter().any(|line| line.ja.contains("単独承認"));
        assert!(!alone || (approval.alone_because.is_some() && says_so));
        let wire = crate::exchange::ReportV1::read(&body).unwrap();
        assert_eq!(wire.document, report.document);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_people_do_nothing_is_rewritten_no_deadline_moves_and_nothing_leaves_unapproved(
        acts in proptest::collection::vec((any_act(), 0_usize..3, 0_u32..2_000), 1..60),
    ) {
        let people = [it_person(), director(), officer()];
        let mut world = World::new();
        for (act, who, later) in &acts {
            let before = world.file.clone();
            world.attempt(act, &people[*who], *later);
            nothing_rewritten(&before, &world.file);
            no_deadline_moved(&before.case, &world.file.case);
            approved_before_it_left(&world.file);
            final_closes(&world.file);
        }
    }

    #[test]
    fn the_threshold_is_disorder_and_harm_or_fear_of_harm(answers in any::<[u8; 7]>()) {
        let threshold = threshold(answers);
        let yes = |weighed: &Weighed| weighed.answer == Tri::Yes;
        let harms = [&threshold.leak, &threshold.leak_feared, &threshold.care, &threshold.care_feared];
        let reached = yes(&threshold.disorder) && harms.iter().any(|harm| yes(harm));
        prop_assert_eq!(threshold.outcome() == Outcome::Reached, reached);
        let unsure = threshold.disorder.answer != Tri::No
            && harms.iter().any(|harm| harm.answer == Tri::Unknown);
        prop_assert!(!unsure || threshold.outcome() != Outcome::NotReached);
    }

    #[test]
    fn any_text_a_person_types_is_kept_or_refused(text in "\\PC{0,300}") {
        let mut world = World::new();
        let by = it_person();
        let moment = Moment { now: world.now, by: &by, chance: &world.chance };
        match decide::note(&world.file.case, EntryKind::Fact, &text, None, moment) {
            Ok(change) => prop_assert_eq!(change.entries[0].text.ja.as_str(), text.trim()),
            Err(_) => prop_assert!(text.trim().is_empty()),
        }
        world.attempt(&Act::Answer(0, false), &by, 0);
        prop_assert_eq!(world.file.case.answers.get("details"), Some(&Answer::Investigating));
    }
}

#[test]
fn an_office_is_late_to_be_told_only_by_the_clock() {
    let mut world = World::new();
    world.attempt(&Act::Judge([0; 7]), &it_person(), 0);
    let case = &world.file.case;
    let standing = |id: &str, at: &str| {
        case.obligations.iter().find(|duty| duty.id == id).unwrap().standing(jst(at))
    };
    assert_eq!(standing("ppc-prompt", "2026-11-05T06:41"), Standing::Open);
    assert_eq!(standing("ppc-prompt", "2026-11-05T06:42"), Standing::Pressing);
    assert_eq!(standing("ppc-prompt", "2026-11-30T06:42"), Standing::Pressing, "a guide value");
    assert_eq!(standing("ppc-final-60", "2026-12-31T23:59"), Standing::Open);
    assert_eq!(standing("ppc-final-60", "2027-01-01T00:00"), Standing::Overdue);
    assert_eq!(standing("ministry-report", "2026-11-02T09:41"), Standing::Open);
    assert_eq!(standing("ministry-report", "2026-11-02T09:42"), Standing::Pressing);
    assert_eq!(standing("police-call", "2027-11-02T09:42"), Standing::Open);
    let first: Vec<&str> =
        case.obligations_at(jst("2027-01-01T00:00")).iter().map(|duty| duty.id.as_str()).collect();
    assert_eq!(first[..2], ["ppc-final-60", "vendor-call"]);
}

/// The final reports to the privacy commission: the duty, and whether somebody still has to act.
fn finals(world: &World) -> Vec<(&str, bool)> {
    let of_group = world.file.case.obligations.iter().filter(|duty| duty.group == "ppc-final");
    of_group.map(|duty| (duty.id.as_str(), duty.is_open())).collect()
}

const ILLICIT_UNKNOWN: [u8; 7] = [0, 0, 0, 0, 0, 0, 2];
const NOT_ILLICIT: [u8; 7] = [0, 0, 0, 0, 0, 0, 1];

#[test]
fn while_it_is_unknown_whether_the_act_was_illicit_the_shorter_limit_counts() {
    let mut world = World::new();
    world.attempt(&Act::Judge(ILLICIT_UNKNOWN), &it_person(), 0);
    assert_eq!(finals(&world), [("ppc-final-30", true)]);
    world.attempt(&Act::Judge([0; 7]), &it_person(), 60);
    assert_eq!(finals(&world), [("ppc-final-30", false), ("ppc-final-60", true)]);
    let shorter = &world.file.case.obligations.iter().find(|one| one.id == "ppc-final-30").unwrap();
    let ObligationState::Excused { reason, .. } = &shorter.state else { panic!("not excused") };
    assert!(reason.contains("規則第7条第3号") && reason.contains("60日以内"));
    assert!(world.file.timeline.last().unwrap().text.ja.contains("60日以内"));
    let lines = world.file.timeline.len();
    world.attempt(&Act::Judge([0; 7]), &it_person(), 60);
    assert_eq!(world.file.timeline.len(), lines + 1, "it is said once");
    world.attempt(&Act::Judge(NOT_ILLICIT), &it_person(), 60);
    assert_eq!(finals(&world), [("ppc-final-30", true), ("ppc-final-60", true)]);
}

#[test]
fn a_duty_that_was_excused_does_not_lose_the_final_report() {
    let mut world = World::new();
    world.attempt(&Act::Judge(ILLICIT_UNKNOWN), &it_person(), 0);
    let place = world.file.case.obligations.iter().position(|duty| duty.id == "ppc-final-30");
    world.attempt(&Act::Excuse(u8::try_from(place.unwrap()).unwrap()), &it_person(), 10);
    assert_eq!(finals(&world), [("ppc-final-30", false)]);
    world.attempt(&Act::Judge([0; 7]), &it_person(), 60);
    assert_eq!(finals(&world), [("ppc-final-30", false), ("ppc-final-60", true)]);
    world.attempt(&Act::Judge(NOT_ILLICIT), &it_person(), 60);
    assert_eq!(finals(&world), [("ppc-final-30", false), ("ppc-final-60", true)], "by a person");
}

#[test]
fn the_privacy_commissions_clocks_start_when_the_leak_was_known_and_stay() {
    let mut world = World::new();
    let judged = |world: &mut World, leak_known_at: &str, at: &str| {
        world.now = jst(at);
        let known = Some(jst(leak_known_at));
        let threshold = Threshold { leak_known_at: known, ..threshold([0; 7]) };
        let by = it_person();
        let moment = Moment { now: world.now, by: &by, chance: &world.chance };
        let change = decide::judge(&world.file.case, &threshold, &content(), moment);
        change.map(|change| world.file.case = change.case)
    };
    let refused = judged(&mut world, "2026-11-05T10:01", "2026-11-05T10:00").unwrap_err();
    assert!(matches!(refused, RespondError::InFuture { what: "leak_known_at" }));
    judged(&mut world, "2026-11-05T09:00", "2026-11-05T10:00").unwrap();
    judged(&mut world, "2026-11-06T09:00", "2026-11-06T10:00").unwrap();
    let due = |id: &str| {
        let duty = world.file.case.obligations.iter().find(|duty| duty.id == id).unwrap();
        (duty.anchor_at, duty.due_at.map(|at| at.to_string()))
    };
    assert_eq!(
        due("ppc-final-60"),
        (jst("2026-11-05T09:00"), Some("2027-01-03 23:59:59".to_owned()))
    );
    assert_eq!(due("ppc-prompt").0, jst("2026-11-05T09:00"));
    assert_eq!(due("subject-notice"), (jst("2026-11-05T09:00"), None));
    assert_eq!(due("ministry-report").0, world.file.case.knew_at);
}

#[test]
fn an_earlier_judgement_that_gave_more_time_is_followed_by_the_stricter_one() {
    let mut world = World::new();
    world.attempt(&Act::Judge([0; 7]), &it_person(), 0);
    world.attempt(&Act::Judge(NOT_ILLICIT), &it_person(), 60);
    let due: Vec<(String, String)> = world
        .file
        .case
        .obligations
        .iter()
        .filter(|duty| duty.group == "ppc-final")
        .map(|duty| (duty.id.clone(), duty.due_at.unwrap().to_string()))
        .collect();
    assert_eq!(
        due,
        [
            ("ppc-final-60".to_owned(), "2026-12-31 23:59:59".to_owned()),
            ("ppc-final-30".to_owned(), "2026-12-01 23:59:59".to_owned())
        ]
    );
}

#[test]
fn a_document_changed_after_approval_does_not_leave() {
    let mut world = World::new();
    world.attempt(&Act::Draft(0), &it_person(), 1);
    world.attempt(&Act::Approve, &director(), 1);
    world.tamper();
    let refused = world.decide(&Act::Submit, &it_person()).unwrap_err();
    assert!(matches!(refused, RespondError::NotAsApproved));
    assert_eq!(refused.trouble().kind.code, "SK-RESPOND-011");
}

#[test]
fn an_approval_is_for_the_document_the_approver_saw() {
    let mut world = World::new();
    world.attempt(&Act::Draft(0), &it_person(), 1);
    let seen = world.file.reports[0].document.digest();
    world.attempt(&Act::Answer(0, true), &it_person(), 1);
    world.attempt(&Act::Refresh, &it_person(), 1);
    let (by, report) = (director(), &world.file.reports[0]);
    let moment = Moment { now: world.now, by: &by, chance: &world.chance };
    let old = decide::approve(&world.file.case, report, Some(&seen), moment);
    assert!(matches!(old, Err(RespondError::ChangedMeanwhile)));
    let new = report.document.digest();
    assert!(decide::approve(&world.file.case, report, Some(&new), moment).is_ok());
}

#[test]
fn an_approval_is_taken_back_until_the_report_has_left() {
    let mut world = World::new();
    world.attempt(&Act::Draft(0), &it_person(), 1);
    world.attempt(&Act::ApproveAlone(true), &it_person(), 1);
    world.attempt(&Act::Withdraw, &director(), 1);
    let report = &world.file.reports[0];
    assert_eq!(report.state, ReportState::Draft);
    assert_eq!(report.document.banner, []);
    world.attempt(&Act::Approve, &director(), 1);
    world.attempt(&Act::Submit, &it_person(), 1);
    let refused = world.decide(&Act::Withdraw, &director()).unwrap_err();
    assert!(matches!(refused, RespondError::ReportState { state: "submitted", .. }));
}

#[test]
fn a_draft_for_the_wrong_office_is_redrafted() {
    let mut world = World::new();
    world.attempt(&Act::Draft(0), &it_person(), 1);
    let by = it_person();
    let moment = Moment { now: world.now, by: &by, chance: &world.chance };
    let mut other = draft_of(Stage::FollowUp);
    other.addressees.truncate(1);
    let (file, content) = (&world.file, content());
    let change = decide::refresh(file, &file.reports[0], Some(&other), &content, moment).unwrap();
    let report = change.report.unwrap();
    assert_eq!((report.stage, report.addressees.len()), (Stage::FollowUp, 1));
    assert_eq!(report.document.addressees.len(), 1);
    other.addressees.clear();
    let nobody = decide::refresh(file, &file.reports[0], Some(&other), &content, moment);
    assert!(matches!(nobody, Err(RespondError::Missing { what: "addressees" })));
}

#[test]
fn a_draft_shows_the_record_of_its_day_and_is_refreshed_on_demand() {
    let mut world = World::new();
    let value =
        |world: &World| world.file.reports[0].document.row("details").unwrap().value.ja.clone();
    world.attempt(&Act::Draft(0), &it_person(), 1);
    assert_eq!(value(&world), "調査中");
    world.attempt(&Act::Answer(0, true), &it_person(), 1);
    assert_eq!(value(&world), "調査中");
    world.attempt(&Act::Refresh, &it_person(), 1);
    assert_eq!(value(&world), "詳細");
}

#[test]
fn knowing_in_the_future_is_refused_and_knowing_earlier_starts_the_clocks_earlier() {
    let (by, chance) = (it_person(), TestChance::default());
    let moment = Moment { now: jst("2026-11-02T12:00"), by: &by, chance: &chance };
    let knew = |at: &str| {
        let opening = crate::Opening { knew_at: Some(jst(at)), ..opening("画面がおかしい") };
        decide::open(&opening, &content(), moment)
    };
    assert!(matches!(knew("2026-11-02T12:01"), Err(RespondError::InFuture { what: "knew_at" })));
    let case = knew("2026-11-01T20:00").unwrap().case;
    assert!(case.obligations.iter().all(|duty| duty.anchor_at == jst("2026-11-01T20:00")));
    let nothing = decide::open(&opening("  "), &content(), moment);
    assert!(matches!(nothing, Err(RespondError::Missing { what: "sentence" })));
}

#[test]
fn a_derived_field_cannot_be_typed_over() {
    let world = World::new();
    let by = it_person();
    let moment = Moment { now: world.now, by: &by, chance: &world.chance };
    for field in ["knew_at", "no-such-field"] {
        let typed =
            decide::answer(&world.file.case, field, &Answer::text("昨日"), &content(), moment);
        assert!(matches!(typed, Err(RespondError::Unknown { what: "field", .. })), "{field}");
    }
}

#[test]
fn the_form_names_only_what_the_record_has() {
    let content = content();
    let form = content.form("first-report", "2026-11-20".parse().unwrap()).unwrap();
    assert_eq!(check_form(form), Vec::<String>::new());
    let named: Vec<&str> = form.fields().map(|field| field.source.as_str()).collect();
    let unused: Vec<&&str> = SOURCES.iter().filter(|source| !named.contains(source)).collect();
    assert_eq!(unused, [&"report.addressees"]);
}

#[test]
fn trouble_codes_are_unique_and_in_both_languages() {
    let codes: std::collections::BTreeSet<&str> = TROUBLES.iter().map(|kind| kind.code).collect();
    assert_eq!(codes.len(), TROUBLES.len());
    for kind in TROUBLES {
        assert!(kind.code.starts_with("SK-RESPOND-"));
        assert!([Lang::Ja, Lang::En].iter().all(|lang| !kind.now(*lang).is_empty()));
    }
    let missing = RespondError::Missing { what: "decided_by" }.trouble();
    assert_eq!(missing.detail, "判断した人の氏名 (decided_by)");
}
