//! The case room: five regions, tasks, playbooks, decisions and the limits of duties.

use proptest::prelude::*;
use sakimori_words::Instant;

use super::{TestChance, TestClock, case_desk, content, director, it_person, jst, opening};
use crate::decide::{self, Change};
use crate::{
    Actor, Case, CaseDesk, Choosing, Disclosure, EntryKind, EvidenceCounts, EvidenceStanding,
    MhlwPhase, Moment, NewTask, Noting, ObligationState, PatientNotice, Phase, Precision,
    RespondError, ServiceChange, ServiceState, StepState, Substitute, Taking, TaskOwner, TaskState,
    Verdict, addable_duties, followed, regions, reviews_due, step_key,
};

/// A case opened at 6:41 on 2 November, without a store.
struct World {
    case: Case,
    now: Instant,
    chance: TestChance,
}

impl World {
    fn new() -> Self {
        let (now, chance) = (jst("2026-11-02T06:41"), TestChance::default());
        let moment = Moment { now, by: &it_person(), chance: &chance };
        let change = decide::open(&opening("画面がおかしい"), &content(), moment).unwrap();
        Self { case: change.case, now, chance }
    }

    fn at(&mut self, time: &str) -> &mut Self {
        self.now = jst(time);
        self
    }

    fn act(
        &mut self,
        by: &Actor,
        decide: impl FnOnce(&Case, Moment<'_>) -> Result<Change, RespondError>,
    ) -> Result<(), RespondError> {
        let moment = Moment { now: self.now, by, chance: &self.chance };
        let change = decide(&self.case, moment)?;
        assert!(!change.entries.is_empty(), "every act stands in the timeline");
        self.case = change.case;
        Ok(())
    }

    fn service(&mut self, name: &str, state: ServiceState) -> Result<(), RespondError> {
        let change = change_to(state);
        let id = self.case.room.services.iter().find(|one| one.name == name).unwrap().id.clone();
        self.act(&director(), |case, moment| {
            decide::change_service(case, &id, &change, None, moment)
        })
    }

    fn advance(&mut self, to: Phase, reason: &str) -> Result<(), RespondError> {
        let taking = Taking::default();
        self.act(&it_person(), |case, moment| {
            decide::advance(case, to, reason, &taking, None, moment)
        })
    }
}

fn change_to(state: ServiceState) -> ServiceChange {
    ServiceChange {
        state,
        condition: String::new(),
        planned_restore: None,
        taking: Taking::default(),
    }
}

const PAPER: ServiceState = ServiceState::Workaround { by: Substitute::Paper };
const COPY: ServiceState = ServiceState::Workaround { by: Substitute::ReferenceCopy };

fn partly(scope: &str) -> ServiceState {
    ServiceState::Partial { scope: scope.to_owned() }
}

#[test]
fn handling_goes_its_usual_way_without_reasons_and_any_other_way_with_one() {
    let mut world = World::new();
    assert_eq!(
        (world.case.phase(), world.case.phase().mhlw()),
        (Phase::Suspected, Some(MhlwPhase::Detection))
    );
    let leap = world.at("2026-11-02T07:00").advance(Phase::Contained, "").unwrap_err();
    assert!(matches!(leap, RespondError::Missing { what: "reason" }));
    world.advance(Phase::Confirmed, "").unwrap();
    world.at("2026-11-02T08:00").advance(Phase::Contained, "").unwrap();
    assert_eq!(world.case.phase().mhlw(), Some(MhlwPhase::FirstResponse));
    world.at("2026-11-03T08:00").advance(Phase::Eradicating, "").unwrap();
    world.at("2026-11-05T08:00").advance(Phase::Recovering, "").unwrap();
    assert!(world.advance(Phase::Contained, "").is_err(), "going back needs a reason");
    world.at("2026-11-06T08:00").advance(Phase::Contained, "別の部門で再び暗号化").unwrap();
    assert_eq!(world.case.phase_at(jst("2026-11-05T12:00")), Some(Phase::Recovering));
    assert_eq!(world.case.phase_at(jst("2026-11-02T06:41")), Some(Phase::Suspected));
    assert_eq!(world.case.phase_at(jst("2026-11-01T06:41")), None);
    for by_other_ways in [Phase::Suspected, Phase::Closed, Phase::Dismissed, Phase::Contained] {
        let refused = world.advance(by_other_ways, "理由").unwrap_err();
        assert_eq!(refused.trouble().kind.code, "SK-RESPOND-041");
    }
}

#[test]
fn ending_a_case_and_opening_it_again_stand_in_the_phases() {
    let mut world = World::new();
    world.act(&it_person(), |case, moment| decide::dismiss(case, "誤報", moment)).unwrap();
    assert_eq!((world.case.phase(), world.case.phase().mhlw()), (Phase::Dismissed, None));
    world.at("2026-11-03T06:00");
    world.act(&it_person(), |case, moment| decide::reopen(case, "別の端末でも", moment)).unwrap();
    assert_eq!(world.case.phase(), Phase::Suspected);
    assert_eq!(world.case.phase_at(jst("2026-11-02T12:00")), Some(Phase::Dismissed));
}

#[test]
fn which_services_were_on_paper_on_a_day_is_answered_in_one_look() {
    let mut world = World::new();
    for (name, priority) in [("外来", 2), ("救急", 1), ("手術", 1)] {
        world
            .act(&it_person(), |case, moment| decide::add_service(case, name, priority, moment))
            .unwrap();
    }
    let names: Vec<&str> = world.case.room.services.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["救急", "手術", "外来"]);
    world.at("2026-11-02T07:00").service("救急", ServiceState::Stopped).unwrap();
    world.service("外来", PAPER).unwrap();
    world.at("2026-11-10T09:00").service("救急", COPY).unwrap();
    world.at("2026-11-20T09:00").service("外来", partly("再診のみ")).unwrap();
    let normal = world.service("外来", ServiceState::Normal).unwrap_err();
    assert!(matches!(normal, RespondError::Step { .. }), "restored first");
    world.at("2026-12-12T09:00").service("外来", ServiceState::Restored).unwrap();
    let at = |time: &str| {
        let there = regions(&world.case, EvidenceStanding::None, jst(time));
        let words = there.services.iter().map(|(service, step)| {
            format!(
                "{} {}",
                service.name,
                step.map_or("通常".to_owned(), |step| step.state.words().ja)
            )
        });
        words.collect::<Vec<_>>()
    };
    assert_eq!(at("2026-11-15T23:59"), ["救急 参照用の写しで運用", "手術 通常", "外来 紙で運用"]);
    assert_eq!(at("2026-11-02T06:59"), ["救急 通常", "手術 通常", "外来 通常"]);
    assert_eq!(at("2026-12-31T00:00")[2], "外来 再開");
    let twice =
        world.act(&it_person(), |case, moment| decide::add_service(case, "外来", 2, moment));
    assert!(matches!(twice, Err(RespondError::Already { .. })));
}

#[test]
fn a_step_written_down_later_keeps_its_time_but_not_before_the_step_it_follows() {
    let mut world = World::new();
    world.act(&it_person(), |case, moment| decide::add_service(case, "透析", 1, moment)).unwrap();
    let id = world.case.room.services[0].id.clone();
    let mut stopped = change_to(ServiceState::Stopped);
    stopped.taking = Taking {
        decided_by: "山田 太郎".to_owned(),
        decider_role: "病院長".to_owned(),
        at: Some(jst("2026-11-02T06:50")),
    };
    world.at("2026-11-02T09:00");
    let moved = |world: &mut World, change: &ServiceChange| {
        world.act(&it_person(), |case, moment| {
            decide::change_service(case, &id, change, None, moment)
        })
    };
    moved(&mut world, &stopped).unwrap();
    let step = &world.case.room.services[0].steps[0];
    assert_eq!((step.taken.at, step.taken.recorded_at), (jst("2026-11-02T06:50"), world.now));
    assert_eq!(step.taken.decider().ja, "山田 太郎（病院長）");
    let mut earlier = change_to(PAPER);
    earlier.taking.at = Some(jst("2026-11-02T06:45"));
    let refused = moved(&mut world, &earlier).unwrap_err();
    assert!(matches!(refused, RespondError::OutOfOrder { .. }));
    earlier.taking.at = Some(jst("2026-11-02T09:01"));
    assert!(matches!(moved(&mut world, &earlier), Err(RespondError::InFuture { .. })));
}

#[test]
fn nothing_is_published_that_nobody_approved_and_what_is_out_stays_out() {
    let mut world = World::new();
    let moved = |world: &mut World, to: Disclosure| {
        let taking = Taking::default();
        world.act(&director(), |case, moment| decide::disclose(case, to, "", &taking, None, moment))
    };
    assert!(moved(&mut world, Disclosure::Published).is_err());
    moved(&mut world, Disclosure::Prepared).unwrap();
    assert!(moved(&mut world, Disclosure::Published).is_err());
    moved(&mut world, Disclosure::Approved).unwrap();
    moved(&mut world, Disclosure::Published).unwrap();
    assert!(moved(&mut world, Disclosure::Internal).is_err());
    moved(&mut world, Disclosure::Updated).unwrap();
    moved(&mut world, Disclosure::Updated).unwrap();
}

#[test]
fn telling_patients_fulfils_the_duty_to_tell_them() {
    let mut world = World::new();
    let leak = super::rules::every_harm();
    world.act(&it_person(), |case, moment| decide::judge(case, &leak, &content(), moment)).unwrap();
    assert_eq!(world.case.phase(), Phase::Confirmed);
    let told = |world: &mut World, to: &PatientNotice| {
        let taking = Taking::default();
        world.act(&director(), |case, moment| {
            decide::notify_patients(case, to, &taking, None, moment)
        })
    };
    let nothing = PatientNotice::NotNeeded { reason: " ".to_owned() };
    assert!(matches!(told(&mut world, &nothing), Err(RespondError::Missing { .. })));
    let planned = PatientNotice::Planned { by: None, how: "書面".to_owned() };
    told(&mut world, &planned).unwrap();
    let duty = |world: &World| {
        world
            .case
            .obligations
            .iter()
            .find(|duty| duty.id == "subject-notice")
            .unwrap()
            .state
            .clone()
    };
    assert_eq!(duty(&world), ObligationState::Open);
    told(&mut world, &PatientNotice::Sent { how: "書面 1,204 通".to_owned() }).unwrap();
    assert!(matches!(duty(&world), ObligationState::Met { .. }));
    assert!(matches!(told(&mut world, &planned), Err(RespondError::Step { .. })));
}

#[test]
fn evidence_is_secured_only_when_nothing_is_left_open() {
    let of = |planned, collecting, secured, waived| {
        EvidenceStanding::of(EvidenceCounts { planned, collecting, secured, waived })
    };
    assert_eq!(of(0, 0, 0, 0), EvidenceStanding::None);
    assert_eq!(of(2, 0, 0, 1), EvidenceStanding::Planned);
    assert_eq!(of(1, 0, 3, 0), EvidenceStanding::Collecting);
    assert_eq!(of(0, 1, 0, 0), EvidenceStanding::Collecting);
    assert_eq!(of(0, 0, 3, 0), EvidenceStanding::Secured);
    assert_eq!(of(0, 0, 2, 1), EvidenceStanding::Waived);
}

#[test]
fn a_step_becomes_a_task_and_either_finishes_the_other() {
    let mut world = World::new();
    let content = content();
    let make = |world: &mut World, step: &str| {
        world.act(&it_person(), |case, moment| {
            decide::add_step_task(case, step, None, &content, moment)
        })
    };
    make(&mut world, "call-vendor").unwrap();
    let task = world.case.room.tasks[0].clone();
    assert_eq!(
        (task.owner.name.as_str(), task.due_at),
        ("システム担当", Some(jst("2026-11-02T07:01")))
    );
    assert!(matches!(make(&mut world, "call-vendor"), Err(RespondError::Already { .. })));
    let done = TaskState::Done { note: "06-0000-0001".to_owned() };
    world
        .act(&it_person(), |case, moment| decide::mark_task(case, &task.id, &done, Some(0), moment))
        .unwrap();
    assert!(world.case.step("call-vendor").is_some());
    make(&mut world, "call-police").unwrap();
    let ticked = StepState::Done { note: String::new() };
    world
        .act(&director(), |case, moment| {
            decide::mark_step(case, "call-police", &ticked, &content, moment)
        })
        .unwrap();
    assert!(world.case.room.tasks.iter().all(|task| !task.state.is_open()));
}

#[test]
fn tasks_are_taken_given_on_and_put_off_only_with_a_reason() {
    let mut world = World::new();
    let new = NewTask {
        title: "紙カルテの用紙を2階へ運ぶ".to_owned(),
        owner: TaskOwner::named("看護部"),
        due_at: Some(jst("2026-11-02T08:00")),
    };
    world.act(&it_person(), |case, moment| decide::add_task(case, &new, moment)).unwrap();
    let id = world.case.room.tasks[0].id.clone();
    world
        .act(&director(), |case, moment| {
            decide::mark_task(case, &id, &TaskState::Doing, Some(0), moment)
        })
        .unwrap();
    assert!(world.case.room.tasks[0].owner.is(&director()), "who takes it owns it");
    let late = world.act(&it_person(), |case, moment| {
        decide::mark_task(case, &id, &TaskState::Doing, Some(0), moment)
    });
    assert!(matches!(&late, Err(RespondError::MovedMeanwhile { by, .. }) if by == "山田 太郎"));
    let later = Some(jst("2026-11-02T12:00"));
    let put_off = |world: &mut World, reason: &str| {
        world.act(&it_person(), |case, moment| {
            decide::move_task(case, &id, later, reason, None, moment)
        })
    };
    assert!(matches!(put_off(&mut world, ""), Err(RespondError::Missing { .. })));
    put_off(&mut world, "用紙が届いていない").unwrap();
    world.at("2026-11-02T12:01");
    assert!(world.case.room.tasks[0].is_overdue(world.now));
    let dropped = TaskState::Dropped { reason: String::new() };
    let silent = world
        .act(&it_person(), |case, moment| decide::mark_task(case, &id, &dropped, None, moment));
    assert!(matches!(silent, Err(RespondError::Missing { .. })));
}

#[test]
fn overdue_tasks_come_first_and_finished_ones_last() {
    let mut world = World::new();
    for (title, due) in
        [("あ", None), ("い", Some("2026-11-02T09:00")), ("う", Some("2026-11-02T07:00"))]
    {
        let owner = TaskOwner::default();
        let new = NewTask { title: title.to_owned(), owner, due_at: due.map(jst) };
        world.act(&it_person(), |case, moment| decide::add_task(case, &new, moment)).unwrap();
    }
    let done = TaskState::Done { note: String::new() };
    let id = world.case.room.tasks[0].id.clone();
    world
        .act(&it_person(), |case, moment| decide::mark_task(case, &id, &done, None, moment))
        .unwrap();
    let order: Vec<&str> = world
        .case
        .tasks_at(jst("2026-11-02T08:00"))
        .iter()
        .map(|one| one.title.ja.as_str())
        .collect();
    assert_eq!(order, ["う", "い", "あ"]);
}

#[test]
fn a_case_follows_several_playbooks_and_the_marks_stay() {
    let mut world = World::new();
    let content = content();
    let follow = |world: &mut World, id: &str| {
        world.act(&it_person(), |case, moment| decide::follow(case, id, &content, moment))
    };
    world.at("2026-11-02T08:00");
    follow(&mut world, "ransomware").unwrap();
    assert!(matches!(follow(&mut world, "ransomware"), Err(RespondError::Already { .. })));
    assert!(matches!(follow(&mut world, "first-hour"), Err(RespondError::Already { .. })));
    assert!(matches!(follow(&mut world, "no-such"), Err(RespondError::Unknown { .. })));
    let (playbook, since) = followed(&world.case, &content, world.now)[1];
    assert_eq!((playbook.id.as_str(), since), ("ransomware", world.now));
    let key = step_key(&world.case, "ransomware", &playbook.steps[0].id);
    let ticked = StepState::Done { note: String::new() };
    let mark = |world: &mut World, key: &str| {
        world.act(&it_person(), |case, moment| {
            decide::mark_step(case, key, &ticked, &content, moment)
        })
    };
    mark(&mut world, &key).unwrap();
    mark(&mut world, "note-time").unwrap();
    follow(&mut world, "vendor-line").unwrap();
    assert!(world.case.step(&key).is_some() && world.case.step("note-time").is_some());
    assert!(mark(&mut world, "lost-device/first").is_err(), "a playbook that is not followed");
}

fn question() -> Choosing {
    Choosing {
        question: "救急を受け入れるか".to_owned(),
        options: vec!["受け入れる".to_owned(), "止める".to_owned()],
        chosen: "止める".to_owned(),
        clinical_impact: "近隣の2病院へ依頼".to_owned(),
        review_at: Some(jst("2026-11-02T12:00")),
        ..Choosing::default()
    }
}

#[test]
fn a_decision_is_superseded_and_says_when_it_is_looked_at_again() {
    let mut world = World::new();
    let choose = |world: &mut World, choosing: &Choosing| {
        world.act(&director(), |case, moment| decide::choose(case, choosing, moment))
    };
    choose(&mut world, &question()).unwrap();
    assert_eq!(reviews_due(&world.case, jst("2026-11-02T11:59")), []);
    assert_eq!(reviews_due(&world.case, jst("2026-11-02T12:00")).len(), 1);
    let first = world.case.room.decisions[0].clone();
    let again = Choosing {
        chosen: "受け入れる".to_owned(),
        supersedes: Some(first.id.clone()),
        review_at: None,
        ..question()
    };
    world.at("2026-11-02T12:30");
    choose(&mut world, &again).unwrap();
    assert_eq!(world.case.room.decisions[0], first);
    assert_eq!(reviews_due(&world.case, world.now), []);
    let both = choose(&mut world, &again).unwrap_err();
    assert!(matches!(both, RespondError::MovedMeanwhile { .. }));
    assert_eq!(both.trouble().detail, "山田 太郎 2026-11-02 12:30:00");
    let unsaid = Choosing { clinical_impact: String::new(), ..question() };
    assert!(matches!(choose(&mut world, &unsaid), Err(RespondError::Missing { .. })));
}

#[test]
fn a_deadline_moves_later_only_with_a_reason_and_who_granted_it() {
    let mut world = World::new();
    let leak = super::rules::every_harm();
    world.act(&it_person(), |case, moment| decide::judge(case, &leak, &content(), moment)).unwrap();
    let before =
        world.case.obligations.iter().find(|duty| duty.id == "ppc-final-60").unwrap().due_at;
    let later = jst("2027-01-31T23:59");
    let moved = |world: &mut World, words: [&str; 2]| {
        let [reason, granted] = words;
        world.act(&director(), |case, moment| {
            decide::move_limit(case, "ppc-final-60", later, reason, granted, moment)
        })
    };
    assert!(matches!(moved(&mut world, ["", "委員会 鈴木"]), Err(RespondError::Missing { .. })));
    let nobody = moved(&mut world, ["調査が終わらない", ""]);
    assert!(matches!(nobody, Err(RespondError::Missing { what: "granted_by" })));
    moved(&mut world, ["調査が終わらない", "個人情報保護委員会 鈴木氏（電話）"]).unwrap();
    let record = &world.case.room.limit_moves[0];
    assert_eq!((record.from, record.to), (before, later));
}

#[test]
fn an_insurer_is_told_where_there_is_one_and_the_clock_counts_from_knowing() {
    let mut world = World::new();
    let content = content();
    let ids: Vec<&str> = addable_duties(&world.case, &content, world.now)
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(ids, ["insurer-call", "principal-notice", "designated-operator-report"]);
    assert!(!world.case.obligations.iter().any(|duty| ids.contains(&duty.id.as_str())));
    world.at("2026-11-04T10:00");
    let add = |world: &mut World| {
        world.act(&it_person(), |case, moment| {
            decide::add_duty(case, "principal-notice", &content, moment)
        })
    };
    add(&mut world).unwrap();
    let duty = world.case.obligations.last().unwrap();
    assert_eq!((duty.anchor_at, duty.opened_at), (world.case.knew_at, world.now));
    assert!(matches!(add(&mut world), Err(RespondError::Unknown { .. })));
}

async fn desk_with_case(folder: &std::path::Path) -> (CaseDesk, Case, std::sync::Arc<TestClock>) {
    let clock = TestClock::at("2026-11-02T06:41");
    let desk = case_desk(folder, &clock).await;
    let case = desk.open(&opening("画面がおかしい"), &it_person()).await.unwrap();
    (desk, case, clock)
}

#[tokio::test]
async fn a_hypothesis_is_settled_by_a_later_line_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, case, _clock) = desk_with_case(folder.path()).await;
    let it = it_person();
    let noting = |kind, text: &str| Noting {
        kind,
        text: text.to_owned(),
        at: Some(jst("2026-11-02T02:00")),
        precision: Precision::About,
    };
    desk.note_with(&case.id, &noting(EntryKind::Hypothesis, "VPN 装置から入られた"), &it)
        .await
        .unwrap();
    let line = desk.timeline(&case.id).await.unwrap().pop().unwrap();
    assert_eq!(line.precision, Precision::About);
    let fact = noting(EntryKind::Fact, "給食の委託先の VPN 装置にログオンの記録");
    desk.settle(&case.id, &line.id, Verdict::Confirmed, &fact, &it).await.unwrap();
    let timeline = desk.timeline(&case.id).await.unwrap();
    let settled = timeline.last().unwrap().settles.as_ref().unwrap();
    assert_eq!((settled.entry.as_str(), settled.verdict), (line.id.as_str(), Verdict::Confirmed));
    assert!(timeline.contains(&line));
    let other = timeline[0].id.clone();
    let refused = desk.settle(&case.id, &other, Verdict::Refuted, &fact, &it).await.unwrap_err();
    assert!(matches!(refused, RespondError::Unknown { what: "hypothesis", .. }));
}

#[tokio::test]
async fn of_two_who_take_the_same_task_at_once_one_is_told_who_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, case, _clock) = desk_with_case(folder.path()).await;
    let (it, head) = (it_person(), director());
    let case = desk.add_step_task(&case.id, "call-vendor", None, &it).await.unwrap();
    let task = case.room.tasks[0].id.clone();
    let (first, second) = tokio::join!(
        desk.mark_task(&case.id, &task, &TaskState::Doing, Some(0), &it),
        desk.mark_task(&case.id, &task, &TaskState::Doing, Some(0), &head),
    );
    let refused = [&first, &second].into_iter().filter(|one| one.is_err()).count();
    assert_eq!(refused, 1);
    let error = first.err().or(second.err()).unwrap();
    assert!(matches!(error, RespondError::MovedMeanwhile { .. } | RespondError::Step { .. }));
}

#[test]
fn a_case_of_an_older_version_still_reads() {
    let world = World::new();
    let mut json = serde_json::to_value(&world.case).unwrap();
    json.as_object_mut().unwrap().remove("room").unwrap();
    let old: Case = serde_json::from_value(json).unwrap();
    assert_eq!(old, world.case);
}

/// What people may try in the room, with wrong values among it.
#[derive(Clone, Debug)]
enum Act {
    Advance(u8, bool),
    Service(u8),
    Change(u8, u8, u8),
    Disclose(u8),
    Patients(u8),
    Task(bool),
    Mark(u8, u8),
    Assign(u8),
    Move(u8, bool),
    Follow(u8),
    Step(u8),
    Choose(bool),
    Limit(u8, u8, bool),
    Duty(u8),
    Judge(bool),
    Close,
    Dismiss,
    Reopen,
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (any::<u8>(), any::<bool>()).prop_map(|(to, said)| Act::Advance(to, said)),
        any::<u8>().prop_map(Act::Service),
        (any::<u8>(), any::<u8>(), any::<u8>()).prop_map(|(a, b, c)| Act::Change(a, b, c)),
        any::<u8>().prop_map(Act::Disclose),
        any::<u8>().prop_map(Act::Patients),
        any::<bool>().prop_map(Act::Task),
        (any::<u8>(), any::<u8>()).prop_map(|(task, state)| Act::Mark(task, state)),
        any::<u8>().prop_map(Act::Assign),
        (any::<u8>(), any::<bool>()).prop_map(|(task, said)| Act::Move(task, said)),
        any::<u8>().prop_map(Act::Follow),
        any::<u8>().prop_map(Act::Step),
        any::<bool>().prop_map(Act::Choose),
        (any::<u8>(), any::<u8>(), any::<bool>()).prop_map(|(a, b, c)| Act::Limit(a, b, c)),
        any::<u8>().prop_map(Act::Duty),
        any::<bool>().prop_map(Act::Judge),
        Just(Act::Close),
        Just(Act::Dismiss),
        Just(Act::Reopen),
    ]
}

fn pick<T>(all: &[T], choice: u8) -> Option<&T> {
    all.get(usize::from(choice) % all.len().max(1))
}

impl Act {
    #[expect(clippy::too_many_lines, reason = "one arm for every act")]
    fn decide(&self, case: &Case, moment: Moment<'_>) -> Result<Change, RespondError> {
        let content = content();
        let said = |yes: bool| if yes { "理由" } else { "" };
        let nothing = || RespondError::Missing { what: "target" };
        let taking = Taking::default();
        let task = |choice| pick(&case.room.tasks, choice).ok_or_else(nothing);
        match self {
            Self::Advance(to, reason) => {
                let to = *pick(&Phase::BY_HAND, *to).ok_or_else(nothing)?;
                decide::advance(case, to, said(*reason), &taking, None, moment)
            }
            Self::Service(name) => decide::add_service(
                case,
                pick(&["救急", "外来", "手術"], *name).ok_or_else(nothing)?,
                1,
                moment,
            ),
            Self::Change(service, state, minutes) => {
                let service = pick(&case.room.services, *service).ok_or_else(nothing)?;
                let states = [
                    ServiceState::Normal,
                    ServiceState::Degraded,
                    ServiceState::Stopped,
                    PAPER,
                    COPY,
                    partly("再診"),
                    ServiceState::Restored,
                ];
                let mut change = change_to(pick(&states, *state).ok_or_else(nothing)?.clone());
                change.taking.at = Some(moment.now.plus_seconds(-60 * i64::from(*minutes)));
                decide::change_service(case, &service.id, &change, None, moment)
            }
            Self::Disclose(to) => {
                let to = *pick(&Disclosure::ALL, *to).ok_or_else(nothing)?;
                decide::disclose(case, to, "", &taking, None, moment)
            }
            Self::Patients(to) => {
                let how = "書面".to_owned();
                let all = [
                    PatientNotice::Undecided,
                    PatientNotice::NotNeeded { reason: how.clone() },
                    PatientNotice::Planned { by: None, how: how.clone() },
                    PatientNotice::Sent { how: how.clone() },
                    PatientNotice::Substituted { how },
                ];
                decide::notify_patients(
                    case,
                    pick(&all, *to).ok_or_else(nothing)?,
                    &taking,
                    None,
                    moment,
                )
            }
            Self::Task(due) => {
                let due_at = due.then(|| moment.now.plus_seconds(3_600));
                let new =
                    NewTask {
                        title: "何かをする".to_owned(), owner: TaskOwner::default(), due_at
                    };
                decide::add_task(case, &new, moment)
            }
            Self::Mark(which, state) => {
                let states = [
                    TaskState::Open,
                    TaskState::Doing,
                    TaskState::Done { note: String::new() },
                    TaskState::Dropped { reason: said(state % 2 == 0).to_owned() },
                ];
                let state = pick(&states, *state).ok_or_else(nothing)?;
                decide::mark_task(case, &task(*which)?.id, state, None, moment)
            }
            Self::Assign(which) => {
                let owner = TaskOwner::named("看護部");
                decide::assign_task(case, &task(*which)?.id, &owner, None, moment)
            }
            Self::Move(which, reason) => {
                let due = Some(moment.now.plus_seconds(7_200));
                decide::move_task(case, &task(*which)?.id, due, said(*reason), None, moment)
            }
            Self::Follow(which) => {
                let all = ["ransomware", "lost-device", "vendor-line", "no-such"];
                decide::follow(case, pick(&all, *which).ok_or_else(nothing)?, &content, moment)
            }
            Self::Step(which) => {
                let all = followed(case, &content, moment.now);
                let (playbook, _) = pick(&all, *which).ok_or_else(nothing)?;
                let step = pick(&playbook.steps, *which).ok_or_else(nothing)?;
                let key = step_key(case, &playbook.id, &step.id);
                if which % 2 == 0 {
                    return decide::add_step_task(case, &key, None, &content, moment);
                }
                let done = StepState::Done { note: String::new() };
                decide::mark_step(case, &key, &done, &content, moment)
            }
            Self::Choose(supersede) => {
                let last = case.room.decisions.last().filter(|_| *supersede);
                let supersedes = last.map(|one| one.id.clone());
                decide::choose(case, &Choosing { supersedes, ..question() }, moment)
            }
            Self::Limit(which, days, granted) => {
                let duty = pick(&case.obligations, *which).ok_or_else(nothing)?;
                let to = moment.now.plus_days(i64::from(*days));
                decide::move_limit(case, &duty.id, to, said(*granted), said(*granted), moment)
            }
            Self::Duty(which) => {
                let all = ["insurer-call", "principal-notice", "ministry-call"];
                decide::add_duty(case, pick(&all, *which).ok_or_else(nothing)?, &content, moment)
            }
            Self::Judge(reached) => {
                let threshold =
                    if *reached { super::rules::every_harm() } else { super::rules::no_harm() };
                decide::judge(case, &threshold, &content, moment)
            }
            Self::Close => decide::close(case, "完了", moment),
            Self::Dismiss => decide::dismiss(case, "誤報", moment),
            Self::Reopen => decide::reopen(case, "続き", moment),
        }
    }
}

/// Histories only grow; states are what the histories say; no limit moved later without a reason and a grant.
fn kept(before: &Case, after: &Case) {
    let (old, new) = (&before.room, &after.room);
    assert!(new.phases.starts_with(&old.phases));
    assert!(new.disclosure.starts_with(&old.disclosure));
    assert!(new.patient_notice.starts_with(&old.patient_notice));
    assert!(new.playbooks.starts_with(&old.playbooks));
    assert!(new.decisions.starts_with(&old.decisions));
    assert!(new.limit_moves.starts_with(&old.limit_moves));
    for service in &old.services {
        let still = new.services.iter().find(|one| one.id == service.id).unwrap();
        assert!(still.steps.starts_with(&service.steps));
        assert!(still.steps.is_sorted_by_key(|step| step.taken.at));
        for pair in still.steps.windows(2) {
            assert!(pair[0].state.leads_to(&pair[1].state));
        }
    }
    for task in &old.tasks {
        let still = new.tasks.iter().find(|one| one.id == task.id).unwrap();
        assert!(still.steps.starts_with(&task.steps));
        assert_eq!((&still.title, &still.origin), (&task.title, &task.origin));
    }
    for pair in new.disclosure.windows(2) {
        assert!(pair[0].state.leads_to(pair[1].state));
    }
    for duty in &before.obligations {
        let still = after.obligations.iter().find(|one| one.id == duty.id).unwrap();
        assert_eq!(still.anchor_at, duty.anchor_at);
        if still.due_at != duty.due_at {
            let moved = new.limit_moves.last().unwrap();
            assert_eq!(
                (&moved.obligation, moved.from, Some(moved.to)),
                (&duty.id, duty.due_at, still.due_at)
            );
            let later = duty.due_at.is_some_and(|due| due < moved.to);
            assert!(!moved.reason.is_empty() && (!later || !moved.granted_by.is_empty()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_people_do_in_the_room_its_histories_only_grow(
        acts in proptest::collection::vec((any_act(), 0_usize..2, 0_u32..600), 1..60),
    ) {
        let people = [it_person(), director()];
        let mut world = World::new();
        for (act, who, later) in &acts {
            world.now = world.now.plus_seconds(i64::from(*later) * 60);
            let before = world.case.clone();
            let moment = Moment { now: world.now, by: &people[*who], chance: &world.chance };
            let Ok(change) = act.decide(&world.case, moment) else { continue };
            prop_assert!(!change.entries.is_empty());
            world.case = change.case;
            kept(&before, &world.case);
            prop_assert_eq!(world.case.phase_at(world.now), Some(world.case.phase()));
            let read: Case = serde_json::from_str(&serde_json::to_string(&world.case).unwrap()).unwrap();
            prop_assert_eq!(&read, &world.case);
        }
    }
}
