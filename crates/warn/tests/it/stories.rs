//! From the ministry's draft to the answers of the institutions.

use std::sync::Arc;

use sakimori_federation::{Outgoing, Routes};
use sakimori_ledger::LedgerError;
use sakimori_testkit::SeededChance;
use sakimori_warn::exchange::{
    ACKNOWLEDGEMENT_TYPE, AcknowledgementV1, MEMBER_SUMS_TYPE, MemberSumsV1, SumCellV1,
};
use sakimori_warn::{
    Acknowledgement, Answer, Counts, CoverageRow, DeviceCounts, Members, NewAnswer, NewCall,
    NewRelay, RowState, Selection, Signer, Stage, Telephone, WarnError, WarningClass,
    WarningContent, WarningDesk, WarningKey, chase_steps,
};
use sakimori_words::{
    Clock as _, Founder, Institution, InstitutionKind, Organisation, OrganisationKind, Prefecture,
    Tlp, parse_date,
};
use serde_json::json;

use crate::content;
use crate::town::{STORM, TREE, Town};

/// The desk of one organisation. Holds nothing in memory, so a new one is as good as the old.
fn desk(town: &Town, name: &str) -> WarningDesk {
    let place = town.place(name);
    let chance = Arc::new(SeededChance::new(town.dice.next()));
    WarningDesk::new(place.store.clone(), place.post.clone(), content(), town.clock.clone(), chance)
}

/// The same for an office whose register has institutions without a node.
fn desk_with(town: &Town, name: &str, members: &Arc<Vec<Organisation>>) -> WarningDesk {
    struct Register(Arc<Vec<Organisation>>);

    #[async_trait::async_trait]
    impl Members for Register {
        async fn all(&self) -> Result<Arc<Vec<Organisation>>, LedgerError> {
            Ok(Arc::clone(&self.0))
        }
    }
    desk(town, name).with_members(Arc::new(Register(Arc::clone(members))))
}

fn person(name: &str) -> Signer {
    Signer { person: name.into(), name: name.to_owned() }
}

fn year_end() -> WarningContent {
    WarningContent {
        number: "事務連絡".to_owned(),
        class: WarningClass::Urgent,
        title: "年末年始の情報セキュリティに関する注意喚起".to_owned(),
        body: "緊急連絡体制を確認してください。".to_owned(),
        ..WarningContent::empty("厚生労働省医政局", parse_date("2026-12-24").unwrap())
    }
}

/// Drafted by one person, released by another.
async fn issue(
    town: &Town,
    office: &str,
    content: WarningContent,
) -> Result<WarningKey, WarnError> {
    let desk = desk(town, office);
    let draft = desk.begin(content, &person("起案 太郎")).await?;
    desk.submit(&draft.key.id, &person("起案 太郎")).await?;
    desk.release(&draft.key.id, &person("決裁 花子")).await?;
    Ok(draft.key)
}

async fn relay(town: &Town, office: &str, key: &WarningKey) -> Result<(), WarnError> {
    let relay = NewRelay {
        key: key.clone(),
        remark: format!("{office} から周知します"),
        by: person("担当 次郎"),
    };
    desk(town, office).relay(&relay).await.map(|_| ())
}

/// Delivers what lies in every inbox; returns how many messages that were.
async fn deliver(town: &Town) -> usize {
    let mut n_taken = 0;
    for (name, place) in &town.places {
        let desk = desk(town, name);
        let delivery = place.post.deliver(&[&desk]).await.unwrap();
        n_taken += delivery.n_taken;
    }
    n_taken
}

/// Calm weather until every message and every answer to it has arrived.
async fn settle(town: &Town) {
    town.settle().await;
    while deliver(town).await > 0 {
        town.settle().await;
    }
}

async fn counts(town: &Town, hub: &str, key: &WarningKey) -> Counts {
    desk(town, hub).coverage(key).await.unwrap().counts
}

async fn rows(town: &Town, hub: &str, key: &WarningKey) -> Vec<CoverageRow> {
    let desk = desk(town, hub);
    let warning = desk.warning(key).await.unwrap();
    desk.coverage_rows(&warning, &Selection::default(), 0..100).await.unwrap().rows
}

/// The ministry's warning as it lies at both institutions, by both routes.
async fn year_end_everywhere(seed: u64) -> (Town, WarningKey) {
    let town = Town::enrolled(seed).await;
    let key = issue(&town, "mhlw", year_end()).await.unwrap();
    settle(&town).await;
    for office in ["osaka", "jma"] {
        relay(&town, office, &key).await.unwrap();
    }
    settle(&town).await;
    (town, key)
}

#[tokio::test]
async fn the_number_of_affected_devices_reaches_the_ministry_with_the_answer() {
    let (town, key) = year_end_everywhere(7).await;
    let devices =
        DeviceCounts { n_affected: 3, n_to_ask: 1, n_listed: 214, listed_at: town.clock.now() };
    let note = "更新を手配".to_owned();
    let given = NewAnswer { answer: Answer::Affected, note, devices: Some(devices) };
    desk(&town, "hospital").acknowledge_with(&key, &person("情報 花子"), &given).await.unwrap();
    settle(&town).await;
    let ministry = desk(&town, "mhlw");
    let warning = ministry.warning(&key).await.unwrap();
    let totals = ministry.device_totals(&warning).await.unwrap();
    assert_eq!((totals.n_affected, totals.n_to_ask, totals.n_with_list), (3, 1, 1));
}

#[tokio::test]
async fn a_warning_by_two_routes_is_one_item_with_both_and_is_answered_once_everywhere() {
    let (town, key) = year_end_everywhere(1).await;
    let hospital = desk(&town, "hospital");
    let list = hospital.received(None, 10).await.unwrap();
    assert_eq!(list.len(), 1, "one item");
    let revision = list[0].current().unwrap();
    assert!(list[0].is_unread() && list[0].awaits_answer());
    let mut routes: Vec<(&str, &str)> = revision
        .routes
        .iter()
        .map(|route| (route.from.as_str(), route.vias[0].remark.as_str()))
        .collect();
    routes.sort_unstable();
    assert_eq!(routes, [("jma", "jma から周知します"), ("osaka", "osaka から周知します")]);
    assert_eq!(revision.warning.content, year_end(), "untouched");

    hospital.open(&key, &person("情報 三郎")).await.unwrap();
    hospital.acknowledge(&key, &person("情報 三郎"), Answer::Affected, "VPN 1台").await.unwrap();
    settle(&town).await;
    for hub in ["mhlw", "osaka", "jma"] {
        let coverage = desk(&town, hub).coverage(&key).await.unwrap();
        let rows = rows(&town, hub, &key).await;
        let expected = Counts {
            expected: 2,
            silent: 1,
            delivered: 1,
            acknowledged: 1,
            affected: 1,
            ..Counts::default()
        };
        assert_eq!(coverage.counts, expected, "at {hub}");
        assert_eq!(rows[0].organisation.id.as_str(), "clinic", "the silent one first");
        let answer = &rows[1].state;
        assert_eq!((answer.person.as_str(), answer.note.as_str()), ("情報 三郎", "VPN 1台"));
    }
    let at_ministry = rows(&town, "mhlw", &key).await;
    assert_eq!(at_ministry[1].state.routes, ["jma".into(), "osaka".into()].into());
    let ministry = desk(&town, "mhlw");
    let warning = ministry.warning(&key).await.unwrap();
    let offices = ministry.coverage_offices(&warning).await.unwrap();
    assert_eq!(offices.len(), 2);
    assert!(offices.iter().all(|office| office.state.n_relayed_to == 2));
    assert!(offices.iter().all(|office| office.state.stage == Stage::Acknowledged));

    hospital.finish(&key, &person("情報 三郎"), "更新済み").await.unwrap();
    settle(&town).await;
    assert_eq!(counts(&town, "mhlw", &key).await.done, 1);
}

#[tokio::test]
async fn whatever_the_line_does_an_answer_counts_once_on_every_hub() {
    for seed in 1..=4 {
        let mut town = Town::enrolled(seed * 11).await;
        let key = issue(&town, "mhlw", year_end()).await.unwrap();
        *town.line.weather.lock().unwrap() = STORM;
        let (mut relayed, mut answered) = (vec![], vec![]);
        for step in 0..150 {
            let (child, parents) = TREE[usize::try_from(town.dice.below(4)).unwrap()];
            town.dial(child, parents[step % parents.len()]).await;
            if step % 5 == 0 {
                deliver(&town).await;
            }
            for office in ["osaka", "jma"] {
                if !relayed.contains(&office) && relay(&town, office, &key).await.is_ok() {
                    relayed.push(office);
                }
            }
            for institution in ["hospital", "clinic"] {
                let (desk, signer) = (desk(&town, institution), person(institution));
                if !answered.contains(&institution)
                    && desk.acknowledge(&key, &signer, Answer::NotAffected, "").await.is_ok()
                {
                    answered.push(institution);
                }
            }
            if step % 40 == 39 {
                let names = ["mhlw", "osaka", "jma", "hospital", "clinic"];
                let name = names[usize::try_from(town.dice.below(5)).unwrap()];
                town.restart(name).await;
            }
        }
        settle(&town).await;
        assert_eq!((relayed.len(), answered.len()), (2, 2), "seed {seed}");
        let expected =
            Counts { expected: 2, acknowledged: 2, not_affected: 2, ..Counts::default() };
        for hub in ["mhlw", "osaka", "jma"] {
            assert_eq!(counts(&town, hub, &key).await, expected, "seed {seed} at {hub}");
        }
        let list = desk(&town, "clinic").received(None, 10).await.unwrap();
        assert_eq!((list.len(), list[0].revisions[0].neighbours().len()), (1, 2), "seed {seed}");
    }
}

#[tokio::test]
async fn the_ministry_needs_two_persons_a_prefecture_one() {
    let town = Town::enrolled(3).await;
    for (office, alone_is_enough) in [("mhlw", false), ("osaka", true)] {
        let desk = desk(&town, office);
        let draft = desk.begin(year_end(), &person("一人")).await.unwrap();
        desk.submit(&draft.key.id, &person("一人")).await.unwrap();
        let released = desk.release(&draft.key.id, &person("一人")).await;
        assert_eq!(released.is_ok(), alone_is_enough, "{office}");
    }
    settle(&town).await;
    assert_eq!(
        desk(&town, "clinic").received(None, 9).await.unwrap().len(),
        1,
        "from the prefecture"
    );
    assert!(
        desk(&town, "jma").received(None, 9).await.unwrap().is_empty(),
        "nothing left the ministry"
    );
}

#[tokio::test]
async fn a_revision_takes_the_place_of_the_earlier_and_wants_its_own_answer() {
    let (town, key) = year_end_everywhere(4).await;
    let hospital = desk(&town, "hospital");
    hospital.acknowledge(&key, &person("情報 三郎"), Answer::NotAffected, "").await.unwrap();
    settle(&town).await;
    let ministry = desk(&town, "mhlw");
    ministry.revise(&key.id, &person("起案 太郎")).await.unwrap();
    let better = WarningContent { body: "連絡先を訂正します。".to_owned(), ..year_end() };
    ministry.edit(&key.id, better, &person("起案 太郎")).await.unwrap();
    ministry.submit(&key.id, &person("起案 太郎")).await.unwrap();
    ministry.release(&key.id, &person("決裁 花子")).await.unwrap();
    settle(&town).await;
    relay(&town, "osaka", &key).await.unwrap();
    settle(&town).await;
    let received = hospital.received_one(&key).await.unwrap();
    assert_eq!(received.revisions.len(), 2);
    assert_eq!(received.current().unwrap().warning.content.body, "連絡先を訂正します。");
    assert!(received.awaits_answer());
    let counts = counts(&town, "mhlw", &key).await;
    assert_eq!((counts.acknowledged, counts.delivered), (0, 2), "{counts:?}");
}

#[tokio::test]
async fn a_withdrawn_warning_wants_no_answer_and_is_not_chased() {
    let (town, key) = year_end_everywhere(5).await;
    let ministry = desk(&town, "mhlw");
    ministry.withdraw(&key.id, &person("起案 太郎"), "誤報のため").await.unwrap();
    ministry.release(&key.id, &person("決裁 花子")).await.unwrap();
    settle(&town).await;
    relay(&town, "jma", &key).await.unwrap();
    settle(&town).await;
    let received = desk(&town, "clinic").received_one(&key).await.unwrap();
    assert_eq!(
        received.current().unwrap().warning.content.withdrawn.as_deref(),
        Some("誤報のため")
    );
    assert!(!received.awaits_answer());
    town.clock.step_seconds(30 * 86_400);
    assert!(!rows(&town, "mhlw", &key).await.is_empty());
    assert!(ministry.chase().await.unwrap().is_empty());
    assert!(matches!(ministry.revise(&key.id, &person("x")).await, Err(WarnError::Withdrawn)));
}

#[tokio::test]
async fn who_enrols_later_is_handed_the_current_warnings() {
    let town = Town::empty(6).await;
    town.enrol("osaka", "mhlw").await;
    town.enrol("hospital", "osaka").await;
    let key = issue(&town, "mhlw", year_end()).await.unwrap();
    settle(&town).await;
    relay(&town, "osaka", &key).await.unwrap();
    settle(&town).await;
    town.enrol("clinic", "osaka").await;
    town.enrol("jma", "mhlw").await;
    settle(&town).await;
    for newcomer in ["clinic", "jma"] {
        let received = desk(&town, newcomer).received_one(&key).await.unwrap();
        assert_eq!(received.revisions[0].routes.len(), 1, "{newcomer}");
    }
    assert_eq!(counts(&town, "mhlw", &key).await.delivered, 2);
}

#[tokio::test]
async fn only_whom_the_rule_names_is_handed_the_warning() {
    let town = Town::enrolled(7).await;
    let mut large = year_end();
    large.addressees.beds_min = Some(20);
    let key = issue(&town, "mhlw", large).await.unwrap();
    settle(&town).await;
    relay(&town, "osaka", &key).await.unwrap();
    settle(&town).await;
    assert!(desk(&town, "hospital").received_one(&key).await.is_ok());
    assert!(desk(&town, "clinic").received_one(&key).await.is_err());
    assert_eq!(counts(&town, "mhlw", &key).await.expected, 1);
    let mut nobody = year_end();
    nobody.addressees.prefectures = Prefecture::from_code(1).into_iter().collect();
    let error = issue(&town, "osaka", nobody).await.unwrap_err();
    assert!(matches!(error, WarnError::NobodyBelow), "{error}");
}

#[tokio::test]
async fn a_warning_for_companies_alone_reaches_no_institution_and_every_office_has_done_its_part() {
    let town = Town::enrolled(7).await;
    let mut companies = year_end();
    companies.addressees.companies_only = true;
    companies.addressees.vendors = true;
    let key = issue(&town, "mhlw", companies).await.unwrap();
    settle(&town).await;
    relay(&town, "osaka", &key).await.unwrap();
    settle(&town).await;
    for institution in ["hospital", "clinic"] {
        assert!(desk(&town, institution).received_one(&key).await.is_err(), "{institution}");
    }
    let relayed = desk(&town, "osaka").received_one(&key).await.unwrap();
    assert_eq!(relayed.current().unwrap().relay.as_ref().unwrap().n_to, 0);
    let ministry = desk(&town, "mhlw");
    let warning = ministry.warning(&key).await.unwrap();
    let told = ministry.coverage_offices(&warning).await.unwrap();
    let osaka = told.iter().find(|office| office.organisation.id.as_str() == "osaka").unwrap();
    assert_eq!(osaka.state.stage, Stage::Acknowledged);
    assert_eq!(counts(&town, "mhlw", &key).await.expected, 0);
    let mut nobody = year_end();
    nobody.addressees.companies_only = true;
    let error = issue(&town, "mhlw", nobody).await.unwrap_err();
    assert!(matches!(error, WarnError::Missing { .. }), "{error}");
}

#[tokio::test]
async fn what_was_replaced_waits_for_nobody_and_is_chased_no_more_while_the_later_one_stands() {
    let town = Town::enrolled(7).await;
    let earlier = issue(&town, "mhlw", year_end()).await.unwrap();
    settle(&town).await;
    relay(&town, "osaka", &earlier).await.unwrap();
    let later = WarningContent { supersedes: Some(earlier.clone()), ..year_end() };
    let later = issue(&town, "mhlw", later).await.unwrap();
    settle(&town).await;
    // Before anybody has passed the later one on, those below know of none.
    let hospital = desk(&town, "hospital");
    assert!(hospital.replaced_by(&earlier).await.unwrap().is_none());
    relay(&town, "osaka", &later).await.unwrap();
    settle(&town).await;
    for name in ["mhlw", "osaka", "hospital"] {
        let desk = desk(&town, name);
        assert_eq!(desk.replaced_by(&earlier).await.unwrap().unwrap().key, later, "{name}");
        let steps = async |key| desk.chase_steps(&desk.warning(key).await.unwrap()).await.unwrap();
        assert!(steps(&earlier).await.is_empty() && !steps(&later).await.is_empty(), "{name}");
    }
    let ministry = desk(&town, "mhlw");
    let drill = WarningContent { exercise: true, supersedes: Some(later.clone()), ..year_end() };
    issue(&town, "mhlw", drill).await.unwrap();
    assert!(ministry.replaced_by(&later).await.unwrap().is_none(), "no drill silences it");
    ministry.withdraw(&later.id, &person("起案 太郎"), "誤り").await.unwrap();
    ministry.release(&later.id, &person("決裁 花子")).await.unwrap();
    assert!(ministry.replaced_by(&earlier).await.unwrap().is_none(), "the earlier one stands");
}

#[tokio::test]
async fn an_exercise_says_so_on_every_message_it_causes() {
    let town = Town::enrolled(8).await;
    let key = issue(&town, "mhlw", WarningContent { exercise: true, ..year_end() }).await.unwrap();
    settle(&town).await;
    relay(&town, "osaka", &key).await.unwrap();
    settle(&town).await;
    let hospital = desk(&town, "hospital");
    let received =
        hospital.acknowledge(&key, &person("訓練 者"), Answer::Affected, "").await.unwrap();
    assert!(received.current().unwrap().warning.content.exercise);
    let sent = town.place("hospital").store.stream_entries("post/mhlw", 0, 100).await.unwrap();
    let written: Vec<bool> = sent
        .iter()
        .filter(|entry| entry.kind == "written")
        .map(|entry| entry.body["header"]["exercise"].as_bool().unwrap())
        .collect();
    assert_eq!(written, [true, true], "delivered and acknowledged");
}

#[tokio::test]
async fn what_may_not_be_shared_further_is_not_relayed() {
    let town = Town::enrolled(9).await;
    let strict = WarningContent { tlp: Tlp::AmberStrict, ..year_end() };
    let key = issue(&town, "mhlw", strict).await.unwrap();
    settle(&town).await;
    let error = relay(&town, "osaka", &key).await.unwrap_err();
    assert_eq!(error.trouble().kind.code, "SK-FEDERATION-017");
    let received = desk(&town, "osaka").received_one(&key).await.unwrap();
    assert!(received.current().unwrap().relay.is_none(), "nothing is recorded as relayed");
}

#[tokio::test]
async fn an_answer_in_another_institutions_name_is_not_counted() {
    let (town, key) = year_end_everywhere(10).await;
    let lie = AcknowledgementV1::new(&Acknowledgement {
        warning: key.clone(),
        revision: 1,
        organisation: "clinic".into(),
        stage: Stage::Done,
        at: town.clock.now(),
        answer: Some(Answer::NotAffected),
        person: "誰か".to_owned(),
        note: String::new(),
        n_relayed_to: 0,
        devices: None,
    });
    let routes = Routes::Over(vec!["osaka".into()]);
    let lie = Outgoing { routes, ..Outgoing::new("mhlw".into(), ACKNOWLEDGEMENT_TYPE, json!(lie)) };
    town.post("hospital").send(lie).await.unwrap();
    town.settle().await;
    for hub in ["osaka", "mhlw"] {
        let desk = desk(&town, hub);
        let delivery = town.post(hub).deliver(&[&desk]).await.unwrap();
        assert_eq!(delivery.n_set_aside, 1, "kept, but not believed at {hub}");
        assert_eq!(counts(&town, hub, &key).await.done, 0, "{hub}");
    }
}

#[tokio::test]
async fn the_silent_are_reminded_then_telephoned_and_a_call_counts_as_an_answer() {
    let (town, key) = year_end_everywhere(11).await;
    let osaka = desk(&town, "osaka");
    let warning = osaka.warning(&key).await.unwrap();
    town.clock.set(warning.due_at.plus_seconds(-60));
    let reminded = osaka.chase().await.unwrap();
    assert!(reminded.len() == 1 && reminded[0].deputies, "of two that were missed, the later");
    assert!(osaka.chase().await.unwrap().is_empty(), "each reminder goes out once");
    settle(&town).await;
    for institution in ["clinic", "hospital"] {
        let received = desk(&town, institution).received_one(&key).await.unwrap();
        let current = received.current().unwrap();
        assert_eq!(current.reminded_at.len(), 1, "{institution}");
        assert!(current.deputies_reminded_at.is_some(), "{institution}");
    }
    assert!(
        desk(&town, "mhlw").chase().await.unwrap().is_empty(),
        "they are its prefecture's to remind"
    );

    town.clock.set(warning.due_at.plus_seconds(60));
    let coverage = osaka.coverage(&key).await.unwrap();
    assert_eq!(coverage.counts.overdue, 2);
    let call = NewCall {
        by: person("担当 次郎"),
        spoke_with: "院長".to_owned(),
        answer: Some(Answer::NotAffected),
        note: "電子カルテなし".to_owned(),
    };
    osaka.record_call(&key, &"clinic".into(), &call).await.unwrap();
    let coverage = osaka.coverage(&key).await.unwrap();
    assert_eq!((coverage.counts.overdue, coverage.counts.not_affected), (1, 1));
    let office_opens = content().calendar().office_time_from(warning.due_at);
    town.clock.set(office_opens);
    let steps = chase_steps(&warning, &content());
    let by = RowState::ToTelephone(Telephone::by(&steps, office_opens));
    let selection = Selection { state: by, ..Selection::default() };
    let list = osaka.coverage_rows(&warning, &selection, 0..10).await.unwrap();
    assert_eq!(list.n_selected, 1, "the other one answered on the telephone");
}

#[tokio::test]
async fn an_answer_can_be_corrected_and_done_needs_an_answer() {
    let (town, key) = year_end_everywhere(12).await;
    let clinic = desk(&town, "clinic");
    let signer = person("看護 四郎");
    let error = clinic.finish(&key, &signer, "").await.unwrap_err();
    assert!(matches!(error, WarnError::NotAnswered));
    clinic.acknowledge(&key, &signer, Answer::Checking, "").await.unwrap();
    let error = clinic.finish(&key, &signer, "").await.unwrap_err();
    assert!(matches!(error, WarnError::StillChecking));
    for (answer, seconds) in [(Answer::NotAffected, 60), (Answer::Affected, 120)] {
        town.clock.step_seconds(seconds);
        clinic.acknowledge(&key, &signer, answer, "").await.unwrap();
    }
    settle(&town).await;
    let counts = counts(&town, "mhlw", &key).await;
    assert_eq!((counts.affected, counts.not_affected, counts.checking), (1, 0, 0));
}

/// A dentist without a node, in Osaka.
fn dentist(id: &str) -> Organisation {
    Organisation {
        id: id.into(),
        kind: OrganisationKind::Institution,
        name: format!("見本歯科 {id}"),
        prefecture: Prefecture::from_code(27),
        institution: Some(Institution {
            kind: InstitutionKind::DentalClinic,
            founder: Founder::Other,
            permitted_beds: 0,
            code: String::new(),
            functions: vec![],
            vendors: vec![],
        }),
    }
}

#[tokio::test]
async fn the_ministry_counts_those_without_a_node_by_the_numbers_of_their_offices() {
    let (town, key) = year_end_everywhere(13).await;
    let before = counts(&town, "mhlw", &key).await;
    let members = Arc::new(vec![dentist("m27-1"), dentist("m27-2"), dentist("m27-3")]);
    let osaka = desk_with(&town, "osaka", &members);
    let jma = desk_with(&town, "jma", &members);
    let by = person("歯科 花子");
    osaka.member_answers(&key, &members[0], &by, Answer::Affected, "").await.unwrap();
    osaka.member_opens(&key, &members[1], &by).await.unwrap();
    for office in [&osaka, &jma] {
        assert_eq!(office.tell_sums().await.unwrap(), 1);
        assert_eq!(office.tell_sums().await.unwrap(), 0, "what has not changed is not told again");
    }
    settle(&town).await;
    let ministry = desk(&town, "mhlw");
    let after = ministry.coverage(&key).await.unwrap();
    let counts = after.counts;
    assert_eq!((counts.expected, counts.silent), (before.expected + 3, before.silent + 2));
    assert_eq!((counts.affected, counts.opened), (before.affected + 1, before.opened + 1));
    let dentists = after.by_kind[&Some(InstitutionKind::DentalClinic)];
    assert_eq!((dentists.expected, dentists.acknowledged), (3, 1));
    let warning = ministry.warning(&key).await.unwrap();
    let told: Vec<(&str, usize, bool)> = after
        .sums
        .iter()
        .map(|sums| (sums.office.id.as_str(), sums.counts.expected, sums.is_added))
        .collect();
    assert_eq!(told, [("jma", 3, false), ("osaka", 3, true)], "a member of both counts once");

    // A later word takes the place of the earlier one; the deadline is the ministry's to look at.
    town.clock.set(warning.due_at.plus_seconds(60));
    osaka.member_answers(&key, &members[1], &by, Answer::NotAffected, "").await.unwrap();
    assert_eq!(osaka.tell_sums().await.unwrap(), 1);
    settle(&town).await;
    let late = ministry.coverage(&key).await.unwrap().by_kind[&Some(InstitutionKind::DentalClinic)];
    assert_eq!((late.expected, late.acknowledged, late.overdue), (3, 2, 1));
}

#[tokio::test]
async fn an_institution_cannot_tell_numbers_as_if_it_were_an_office() {
    let (town, key) = year_end_everywhere(14).await;
    let cell = SumCellV1 { done: 1_000, not_affected: 1_000, ..SumCellV1::default() };
    let lie =
        MemberSumsV1 { warning: key.clone(), revision: 1, at: town.clock.now(), cells: vec![cell] };
    let before = counts(&town, "mhlw", &key).await;
    let routes = Routes::Over(vec!["osaka".into()]);
    let lie = Outgoing { routes, ..Outgoing::new("mhlw".into(), MEMBER_SUMS_TYPE, json!(lie)) };
    town.post("hospital").send(lie).await.unwrap();
    town.settle().await;
    for hub in ["osaka", "mhlw"] {
        let delivery = town.post(hub).deliver(&[&desk(&town, hub)]).await.unwrap();
        assert_eq!(delivery.n_set_aside, 1, "kept, but not believed at {hub}");
    }
    assert_eq!(counts(&town, "mhlw", &key).await, before);
}

#[tokio::test]
async fn an_answer_corrected_after_the_clock_was_set_back_is_the_one_that_counts() {
    let (town, key) = year_end_everywhere(13).await;
    let (clinic, signer) = (desk(&town, "clinic"), person("看護 四郎"));
    clinic.acknowledge(&key, &signer, Answer::NotAffected, "").await.unwrap();
    clinic.finish(&key, &signer, "").await.unwrap();
    settle(&town).await;
    town.clock.step_seconds(-3 * 3_600);
    clinic.acknowledge(&key, &signer, Answer::Affected, "VPN 1台").await.unwrap();
    town.clock.step_seconds(4 * 3_600);
    settle(&town).await;
    let counts = counts(&town, "mhlw", &key).await;
    assert_eq!((counts.affected, counts.not_affected, counts.done), (1, 0, 0));
}
