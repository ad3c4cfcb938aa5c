//! From the ministry's draft to the institutions that read it.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use sakimori_content::{Content, FieldClass, Pack};
use sakimori_ledger::LedgerError;
use sakimori_share::{
    Area, ConsentAnswer, ConsentWay, DraftState, GateRefusal, LadderError, LookState, OwnCase,
    Population, ReportedCase, ReportedField, Seen, ShareDesk, ShareError, SharedIndicator,
    SharedKey, Sightings, Signer, Writing, WrittenConsent,
    exchange::{SIGHTINGS_TYPE, SightingsV1},
};
use sakimori_standards::{Indicator, stix::Sighting};
use sakimori_testkit::SeededChance;
use sakimori_words::{Clock as _, Instant, Organisation, SharedCaseId, Text, Tlp, parse_date};

use crate::town::Town;

/// A register in which `n` hospitals beside the victim are like it.
struct Register {
    victim: Organisation,
    n: usize,
}

#[async_trait]
impl Population for Register {
    async fn institutions(&self) -> Result<Vec<Organisation>, LedgerError> {
        let like = |number: usize| Organisation {
            id: format!("like-{number}").as_str().into(),
            name: format!("似た{number}病院"),
            ..self.victim.clone()
        };
        Ok((0..self.n).map(like).chain([self.victim.clone()]).collect())
    }
}

/// The built-in pack for an audience as small as the town's.
fn content() -> Arc<Content> {
    static CONTENT: OnceLock<Arc<Content>> = OnceLock::new();
    let read = || {
        let files = Pack::embedded();
        let files = files.files().map(|(path, bytes)| {
            let text =
                String::from_utf8_lossy(bytes).replace("audience_min = 5", "audience_min = 3");
            (path.to_owned(), text.into_bytes())
        });
        Arc::new(Content::from_pack(&Pack::from_files(files)).unwrap())
    };
    Arc::clone(CONTENT.get_or_init(read))
}

fn desk_with(town: &Town, name: &str, content: Arc<Content>, n_like: usize) -> ShareDesk {
    let place = town.place(name);
    let chance = Arc::new(SeededChance::new(town.dice.next()));
    let register = Register { victim: town.place("hospital").organisation.clone(), n: n_like };
    let (store, post) = (place.store.clone(), place.post.clone());
    ShareDesk::new(store, post, content, Arc::new(register), town.clock.clone(), chance)
}

fn desk(town: &Town, name: &str) -> ShareDesk {
    desk_with(town, name, content(), 12)
}

fn person(name: &str) -> Signer {
    Signer { person: name.into(), name: name.to_owned() }
}

fn reported(town: &Town) -> ReportedCase {
    let field = |id: &str, class, value: &str| ReportedField {
        id: id.to_owned(),
        label: Text::new(id, id),
        value: Text::new(value, value),
        class,
    };
    ReportedCase {
        case: "0198c9a0-0000-7000-8000-000000000001".into(),
        report: "0198c9a0-0000-7000-8000-000000000002".into(),
        institution: town.place("hospital").organisation.clone(),
        detected_on: parse_date("2026-05-14").unwrap(),
        published: false,
        exercise: false,
        fields: vec![
            field("name", FieldClass::Identity, &town.place("hospital").organisation.name),
            field("incident_class", FieldClass::Technical, "ランサムウェア"),
            field("affected_count", FieldClass::Damage, "1,300台"),
            field("details", FieldClass::Free, "EMR-SV01 が暗号化された"),
        ],
    }
}

fn written(course: &str) -> Writing {
    Writing {
        title: "電子カルテの停止".to_owned(),
        course: course.to_owned(),
        lesson: "保守回線を閉じていれば防げた".to_owned(),
        tlp: Tlp::Green,
        ..Writing::default()
    }
}

/// Begun and written at the ministry.
async fn drafted(town: &Town, course: &str) -> Result<OwnCase, ShareError> {
    let desk = desk(town, "mhlw");
    let own = desk.draft(reported(town), &person("作成 太郎")).await?;
    desk.write(&own.id, written(course), &person("作成 太郎")).await
}

async fn deliver(town: &Town) -> usize {
    let mut n_taken = 0;
    for (name, place) in &town.places {
        let desk = desk(town, name);
        n_taken += place.post.deliver(&[&desk]).await.unwrap().n_taken;
    }
    n_taken
}

async fn settle(town: &Town) {
    town.settle().await;
    while deliver(town).await > 0 {
        town.settle().await;
    }
}

/// The hospital's node answers what it was asked.
async fn answers(town: &Town, answer: ConsentAnswer, note: &str) {
    settle(town).await;
    let hospital = desk(town, "hospital");
    let asked = hospital.asked(10).await.unwrap().into_iter().next().unwrap();
    let question = (asked.from.as_str(), asked.request.as_str());
    hospital.answer(question, answer, note, &person("院長 花子")).await.unwrap();
    settle(town).await;
}

async fn published(town: &Town) -> OwnCase {
    let own = drafted(town, "EMR-SV01 から広がった").await.unwrap();
    let ministry = desk(town, "mhlw");
    ministry.ask(&own.id, &person("作成 太郎")).await.unwrap();
    answers(town, ConsentAnswer::Approved, "").await;
    ministry.submit(&own.id, &person("作成 太郎")).await.unwrap();
    ministry.release(&own.id, &person("決裁 花子")).await.unwrap();
    batch(town).await;
    ministry.own_one(&own.id).await.unwrap()
}

/// The day of the batch comes, and what waited for it reaches everybody. Returns how many cases went out.
async fn batch(town: &Town) -> usize {
    let due = content().sharing().publication.next_after(town.clock.now());
    town.clock.set(due);
    let sent = desk(town, "mhlw").publish_due().await.unwrap();
    assert_eq!(sent.given_back, []);
    settle(town).await;
    sent.published.len()
}

/// Written, approved by the victim and submitted.
async fn submitted(town: &Town, writing: Writing) -> OwnCase {
    let (ministry, author) = (desk(town, "mhlw"), person("作成 太郎"));
    let own = ministry.draft(reported(town), &author).await.unwrap();
    ministry.write(&own.id, writing, &author).await.unwrap();
    ministry.ask(&own.id, &author).await.unwrap();
    answers(town, ConsentAnswer::Approved, "").await;
    ministry.submit(&own.id, &author).await.unwrap()
}

async fn n_read(town: &Town, name: &str) -> usize {
    desk(town, name).received(10).await.unwrap().len()
}

#[tokio::test]
async fn what_the_victim_saw_is_what_everybody_below_reads_once() {
    let town = Town::enrolled(1).await;
    let own = drafted(&town, "EMR-SV01 から 10.11.12.13 へ広がった").await.unwrap();
    let ministry = desk(&town, "mhlw");
    ministry.ask(&own.id, &person("作成 太郎")).await.unwrap();
    settle(&town).await;
    let hospital = desk(&town, "hospital");
    let asked = hospital.asked(10).await.unwrap();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].content.course, "<HOST-1> から <IP-1> へ広がった");
    answers(&town, ConsentAnswer::Approved, "").await;
    let own = ministry.own_one(&own.id).await.unwrap();
    let Some(DraftState::Approved { content, consent }) = own.draft.map(|draft| draft.state) else {
        panic!("the answer did not arrive")
    };
    assert_eq!((consent.person.as_str(), &consent.way), ("院長 花子", &ConsentWay::Node));
    assert_eq!(content, asked[0].content, "approved is exactly what was shown");

    ministry.submit(&own.id, &person("作成 太郎")).await.unwrap();
    let author = ministry.release(&own.id, &person("作成 太郎")).await;
    assert!(matches!(author, Err(ShareError::SecondPerson)));
    ministry.release(&own.id, &person("決裁 花子")).await.unwrap();
    assert_eq!(batch(&town).await, 1);
    let own = ministry.own_one(&own.id).await.unwrap();
    for name in ["osaka", "jma", "hospital", "clinic"] {
        let received = desk(&town, name).received(10).await.unwrap();
        assert_eq!(received.len(), 1, "{name}: once, whatever the routes");
        assert_eq!(received[0].case.content, content, "{name}");
        assert_eq!(received[0].case.content.tlp, Tlp::Green);
    }
    let clinic = desk(&town, "clinic").received(10).await.unwrap();
    assert_eq!(clinic[0].routes.len(), 2, "by the prefecture and by the association");
    let case = &own.current().unwrap().case;
    assert_ne!(case.key.id, own.id, "an id that was made for the public");
    assert_ne!(case.key.id.as_str(), own.reported.case.as_str());
    assert_eq!(case.created_at, case.modified_at);
}

#[tokio::test]
async fn nothing_leaves_without_approval_of_the_very_words() {
    let town = Town::enrolled(2).await;
    let own = drafted(&town, "端末から広がった").await.unwrap();
    let (ministry, author) = (desk(&town, "mhlw"), person("作成 太郎"));
    assert!(matches!(ministry.submit(&own.id, &author).await, Err(ShareError::NotApproved)));
    ministry.ask(&own.id, &author).await.unwrap();
    answers(&town, ConsentAnswer::WithChanges, "台数を消してほしい").await;
    let own = ministry.own_one(&own.id).await.unwrap();
    let state = own.draft.as_ref().map(|draft| draft.state.clone());
    assert_eq!(
        state,
        Some(DraftState::Writing {
            returned: Some("院長 花子: 台数を消してほしい".to_owned())
        })
    );

    ministry.ask(&own.id, &author).await.unwrap();
    settle(&town).await;
    ministry.write(&own.id, written("別の経過"), &author).await.unwrap();
    answers(&town, ConsentAnswer::Approved, "").await;
    let refused = ministry.submit(&own.id, &author).await;
    assert!(matches!(refused, Err(ShareError::NotApproved)), "the approval was to other words");

    ministry.ask(&own.id, &author).await.unwrap();
    answers(&town, ConsentAnswer::Refused, "").await;
    assert!(matches!(ministry.submit(&own.id, &author).await, Err(ShareError::NotApproved)));
    assert_eq!(ministry.published(10).await.unwrap(), []);
}

#[tokio::test]
async fn an_officer_writes_down_an_approval_with_name_day_and_way() {
    let town = Town::enrolled(3).await;
    let own = drafted(&town, "端末から広がった").await.unwrap();
    let (ministry, author) = (desk(&town, "mhlw"), person("作成 太郎"));
    ministry.ask(&own.id, &author).await.unwrap();
    let consent = |person: &str, how: &str| WrittenConsent {
        answer: ConsentAnswer::Approved,
        person: person.to_owned(),
        on: parse_date("2026-12-24").unwrap(),
        how: how.to_owned(),
        note: String::new(),
    };
    for (name, how) in [("", "電話"), ("院長 花子", "")] {
        let refused = ministry.record_consent(&own.id, consent(name, how), &author).await;
        assert!(matches!(refused, Err(ShareError::Missing { .. })), "{name}/{how}");
    }
    let own = ministry
        .record_consent(&own.id, consent("院長 花子", "文面を送り電話で確認"), &author)
        .await
        .unwrap();
    ministry.submit(&own.id, &author).await.unwrap();
    assert!(ministry.release(&own.id, &person("決裁 花子")).await.is_ok());
}

#[tokio::test]
async fn what_identifies_stops_before_the_victim_is_even_asked() {
    let town = Town::enrolled(4).await;
    let (ministry, author) = (desk(&town, "mhlw"), person("作成 太郎"));
    let own = drafted(&town, "EMR-SV01 から広がった").await.unwrap();
    let mut writing = written("EMR-SV01 から広がった");
    let stays = |reason: &str| {
        vec![sakimori_share::Override { text: "EMR-SV01".to_owned(), reason: reason.to_owned() }]
    };
    writing.overrides = stays("");
    ministry.write(&own.id, writing.clone(), &author).await.unwrap();
    assert!(matches!(ministry.ask(&own.id, &author).await, Err(ShareError::WithoutReason(1))));
    // A reason does not help where the report itself names the machine.
    writing.overrides = stays("一般的な名前");
    ministry.write(&own.id, writing.clone(), &author).await.unwrap();
    let shut = ministry.ask(&own.id, &author).await;
    assert!(matches!(shut, Err(ShareError::Gate(GateRefusal::Identifies { .. }))), "{shut:?}");
    writing.overrides.clear();
    writing.lesson = "ナガサワ商事の機器を更新する".to_owned();
    ministry.write(&own.id, writing.clone(), &author).await.unwrap();
    let unseen = ministry.ask(&own.id, &author).await;
    assert!(matches!(unseen, Err(ShareError::NotReviewed(_))), "{unseen:?}");
}

#[tokio::test]
async fn too_few_alike_or_too_few_readers_share_nothing() {
    let town = Town::enrolled(5).await;
    let author = person("作成 太郎");
    let own = drafted(&town, "端末から広がった").await.unwrap();
    let alone = desk_with(&town, "mhlw", content(), 8);
    let refused = alone.ask(&own.id, &author).await;
    assert!(
        matches!(refused, Err(ShareError::Ladder(LadderError::TooFew { n: 9, k: 10 }))),
        "{refused:?}"
    );

    let ministry = desk(&town, "mhlw");
    ministry.ask(&own.id, &author).await.unwrap();
    answers(&town, ConsentAnswer::Approved, "").await;
    ministry.submit(&own.id, &author).await.unwrap();
    let embedded = Arc::new(Content::embedded().unwrap());
    let strict = desk_with(&town, "mhlw", embedded, 12);
    let refused = strict.release(&own.id, &person("決裁 花子")).await;
    assert!(matches!(refused, Err(ShareError::Audience { n: 3, min: 5 })), "{refused:?}");
    // Between approval and release hospitals have closed.
    let refused = alone.release(&own.id, &person("決裁 花子")).await;
    assert!(matches!(refused, Err(ShareError::Ladder(_))), "{refused:?}");
    assert!(ministry.release(&own.id, &person("決裁 花子")).await.is_ok());
}

#[tokio::test]
async fn a_withdrawn_case_is_struck_out_everywhere_and_a_revision_takes_its_place() {
    let town = Town::enrolled(6).await;
    let own = published(&town).await;
    let ministry = desk(&town, "mhlw");
    let key = own.current().unwrap().case.key.clone();
    ministry.revise(&own.id, &person("作成 太郎")).await.unwrap();
    ministry.ask(&own.id, &person("作成 太郎")).await.unwrap();
    answers(&town, ConsentAnswer::Approved, "").await;
    ministry.submit(&own.id, &person("作成 太郎")).await.unwrap();
    ministry.release(&own.id, &person("決裁 花子")).await.unwrap();
    batch(&town).await;
    let at = |name: &'static str, key: SharedKey| {
        let desk = desk(&town, name);
        async move { desk.received_one(&key).await.unwrap().case }
    };
    let revised = at("clinic", key.clone()).await;
    assert_eq!((revised.revision, revised.withdrawn), (2, false));
    let because = ministry.withdraw(&own.id, &person("作成 太郎"), "").await;
    assert!(matches!(because, Err(ShareError::Missing { .. })));
    ministry.withdraw(&own.id, &person("作成 太郎"), "被害機関の申出").await.unwrap();
    settle(&town).await;
    for name in ["osaka", "hospital", "clinic"] {
        let case = at(name, key.clone()).await;
        assert_eq!((case.revision, case.withdrawn), (3, true), "{name}");
        assert!(case.content.course.is_empty() && case.content.lesson.is_empty());
    }
    assert_eq!(ministry.published(10).await.unwrap(), []);
    let unknown = ministry.own_one(&SharedCaseId::from("nobody")).await;
    assert!(matches!(unknown, Err(ShareError::Unknown)));
}

#[tokio::test]
async fn only_the_victim_answers_and_only_from_above_comes_a_case() {
    let town = Town::enrolled(7).await;
    let own = drafted(&town, "端末から広がった").await.unwrap();
    let ministry = desk(&town, "mhlw");
    ministry.ask(&own.id, &person("作成 太郎")).await.unwrap();
    let said = sakimori_share::exchange::ConsentAnswerV1 {
        request: own.id.to_string(),
        digest: sakimori_words::Digest::of(b""),
        answer: ConsentAnswer::Approved,
        person: "偽 太郎".to_owned(),
        note: String::new(),
    };
    let forged = sakimori_federation::Outgoing::new(
        "mhlw".into(),
        sakimori_share::exchange::CONSENT_ANSWER_TYPE,
        serde_json::to_value(&said).unwrap(),
    );
    town.place("clinic").post.send(forged).await.unwrap();
    settle(&town).await;
    let own = ministry.own_one(&own.id).await.unwrap();
    let state = own.draft.map(|draft| draft.state);
    assert!(matches!(state, Some(DraftState::Asked { .. })), "{state:?}");
}

#[tokio::test]
async fn cases_released_on_different_days_of_a_week_go_out_at_one_moment_and_each_once() {
    let town = Town::enrolled(8).await;
    let (ministry, approver) = (desk(&town, "mhlw"), person("決裁 花子"));
    let first = submitted(&town, written("端末から広がった")).await;
    ministry.release(&first.id, &approver).await.unwrap();
    town.clock.step_seconds(3 * 86_400);
    let second = submitted(&town, written("保守回線から入られた")).await;
    let released = ministry.release(&second.id, &approver).await.unwrap();
    let Some(DraftState::Scheduled { due_at, by, .. }) = released.draft.map(|draft| draft.state)
    else {
        panic!("it goes out before its day")
    };
    assert_eq!((by, due_at.to_string().as_str()), (approver, "2026-12-30 10:00:00"));
    settle(&town).await;
    assert_eq!(ministry.publish_due().await.unwrap().published, []);
    assert_eq!(n_read(&town, "clinic").await, 0, "nobody reads of it before");

    // The process was down on the day; the next one sends, and a second one beside it does not send again.
    town.clock.set(due_at.plus_days(2));
    let sent = desk(&town, "mhlw").publish_due().await.unwrap();
    assert_eq!(sent.published.len(), 2);
    assert_eq!(ministry.publish_due().await.unwrap().published, []);
    settle(&town).await;
    let read = desk(&town, "clinic").received(10).await.unwrap();
    let moments: Vec<_> = read.iter().map(|one| one.case.created_at).collect();
    assert_eq!(moments, [due_at.plus_days(2); 2], "one moment says nothing of either report");
}

#[tokio::test]
async fn what_is_released_can_be_taken_back_until_it_goes_out() {
    let town = Town::enrolled(9).await;
    let (ministry, author) = (desk(&town, "mhlw"), person("作成 太郎"));
    let own = submitted(&town, written("端末から広がった")).await;
    ministry.release(&own.id, &person("決裁 花子")).await.unwrap();
    let changed = ministry.write(&own.id, written("別の経過"), &author).await;
    assert!(matches!(changed, Err(ShareError::DraftState)), "released words stay as they are");
    ministry.send_back(&own.id, &author, "被害機関の申出").await.unwrap();
    assert_eq!(batch(&town).await, 0);
    assert_eq!(n_read(&town, "clinic").await, 0);
    assert!(matches!(ministry.submit(&own.id, &author).await, Err(ShareError::NotApproved)));
}

#[tokio::test]
async fn an_urgent_case_goes_at_once_and_names_no_part_of_the_country() {
    let town = Town::enrolled(10).await;
    let (ministry, author) = (desk(&town, "mhlw"), person("作成 太郎"));
    let own = ministry.draft(reported(&town), &author).await.unwrap();
    let urgent = |because: &str| Writing {
        urgent_because: Some(because.to_owned()),
        ..written("端末から広がった")
    };
    let refused = ministry.write(&own.id, urgent(" "), &author).await;
    assert!(matches!(refused, Err(ShareError::Missing { .. })), "urgent, but nobody says why");
    let own = submitted(&town, urgent("同じ手口が続いている")).await;
    let own = ministry.release(&own.id, &person("決裁 花子")).await.unwrap();
    settle(&town).await;
    let case = &desk(&town, "clinic").received(10).await.unwrap()[0].case;
    assert_eq!((&case.content.place.area, case.content.urgent), (&Area::Nation, true));
    assert!(!format!("{case:?}").contains("同じ手口"), "why stays at the office");
    assert_eq!(own.current().unwrap().case.content, case.content);
    let waits = submitted(&town, written("端末から広がった")).await;
    let waits = ministry.own_one(&waits.id).await.unwrap().draft.unwrap().state;
    let DraftState::AwaitingRelease { content, .. } = waits else { panic!("{waits:?}") };
    assert_ne!(content.place.area, Area::Nation, "what waits for its week may say more");
}

#[tokio::test]
async fn an_exercise_does_not_wait_for_the_batch() {
    let town = Town::enrolled(11).await;
    let (ministry, author) = (desk(&town, "mhlw"), person("作成 太郎"));
    let drill = ReportedCase { exercise: true, ..reported(&town) };
    let own = ministry.draft(drill, &author).await.unwrap();
    ministry.write(&own.id, written("端末から広がった"), &author).await.unwrap();
    ministry.ask(&own.id, &author).await.unwrap();
    answers(&town, ConsentAnswer::Approved, "").await;
    ministry.submit(&own.id, &author).await.unwrap();
    ministry.release(&own.id, &person("決裁 花子")).await.unwrap();
    settle(&town).await;
    assert!(desk(&town, "clinic").received(10).await.unwrap()[0].case.content.exercise);
}

#[tokio::test]
async fn what_may_not_go_out_on_its_day_is_given_back_with_the_reason() {
    let town = Town::enrolled(12).await;
    let ministry = desk(&town, "mhlw");
    let own = submitted(&town, written("端末から広がった")).await;
    let released = ministry.release(&own.id, &person("決裁 花子")).await.unwrap();
    let Some(DraftState::Scheduled { due_at, .. }) = released.draft.map(|draft| draft.state) else {
        panic!("scheduled")
    };
    // Until the day of the batch hospitals have closed.
    town.clock.set(due_at);
    let sent = desk_with(&town, "mhlw", content(), 8).publish_due().await.unwrap();
    assert_eq!((sent.published.len(), sent.given_back), (0, vec![own.id.clone()]));
    let state = ministry.own_one(&own.id).await.unwrap().draft.unwrap().state;
    let DraftState::Writing { returned: Some(why) } = state else { panic!("{state:?}") };
    assert!(why.contains("SK-SHARE-012"), "{why}");
    settle(&town).await;
    assert_eq!(n_read(&town, "clinic").await, 0);
}

fn told(values: &[&str]) -> Vec<SharedIndicator> {
    let one = |value: &&str| SharedIndicator {
        indicator: Indicator::address(value).unwrap(),
        seen_as: "侵入に使われた接続元".to_owned(),
        technique: None,
    };
    values.iter().map(one).collect()
}

fn sighting(value: &str, count: u64, day: &str) -> Sighting {
    let at = Instant::from_jst(parse_date(day).unwrap().at(3, 33, 0, 0));
    let indicator = Indicator::address(value).unwrap();
    Sighting { indicator, count, first_at: at, last_at: at }
}

/// A case with two indicators, read everywhere.
async fn published_with_indicators(town: &Town) -> SharedKey {
    let indicators = told(&["198.51.100.7", "203.0.113.9"]);
    let writing = Writing { indicators, ..written("外から入られた") };
    let own = submitted(town, writing).await;
    desk(town, "mhlw").release(&own.id, &person("決裁 花子")).await.unwrap();
    batch(town).await;
    desk(town, "mhlw").own_one(&own.id).await.unwrap().published_key().unwrap().clone()
}

/// `name` looks back, finds `seen` and lets it go back.
async fn looks(town: &Town, name: &str, key: &SharedKey, seen: &[Sighting]) {
    let desk = desk(town, name);
    desk.looks_back(key, "run-1", &person("担当")).await.unwrap();
    let look = desk.running_looks().await.unwrap().remove(0);
    let look = desk.looked(&look, seen).await.unwrap();
    assert!(matches!(look.state, LookState::Returned { by: None, .. }), "by itself");
}

/// Every organisation tells what it knows until nothing is new.
async fn tell_all(town: &Town) {
    for _ in 0..4 {
        for name in town.places.keys() {
            desk(town, name).tell_sightings().await.unwrap();
        }
        settle(town).await;
    }
}

#[tokio::test]
async fn what_hospitals_find_comes_back_added_up_and_says_neither_who_nor_when_exactly() {
    let town = Town::enrolled(13).await;
    let key = published_with_indicators(&town).await;
    looks(&town, "hospital", &key, &[sighting("198.51.100.7", 3, "2026-11-02")]).await;
    looks(&town, "clinic", &key, &[sighting("198.51.100.7", 2, "2026-10-30")]).await;
    tell_all(&town).await;
    let seen = desk(&town, "mhlw").sightings(&key).await.unwrap();
    assert_eq!((seen.n_looked, seen.seen.len()), (2, 1), "by two routes, and counted once");
    let one = &seen.seen[0];
    assert_eq!((one.value.as_str(), one.count, one.n_institutions), ("198.51.100.7", 5, 2));
    assert_eq!(
        (one.first.to_string(), one.last.to_string()),
        ("2026-10-30".into(), "2026-11-02".into())
    );

    // What the ministry keeps names the prefecture that added up, and no institution.
    let kept = town.place("mhlw").store.list_prefix("share-sighted", "", 100).await.unwrap();
    let keys: Vec<&str> = kept.iter().map(|record| record.key.as_str()).collect();
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert!(keys[0].ends_with("/osaka"), "{keys:?}");
    assert_eq!(desk(&town, "jma").sightings(&key).await.unwrap().n_looked, 0);

    // A second look takes the place of the first; nothing new is told twice.
    looks(&town, "clinic", &key, &[]).await;
    tell_all(&town).await;
    let seen = desk(&town, "mhlw").sightings(&key).await.unwrap();
    assert_eq!((seen.n_looked, seen.seen[0].count), (2, 3));
    assert_eq!(desk(&town, "clinic").tell_sightings().await.unwrap(), 0);
}

#[tokio::test]
async fn nothing_goes_back_before_somebody_or_the_setting_lets_it() {
    let town = Town::enrolled(14).await;
    let key = published_with_indicators(&town).await;
    let hospital = desk(&town, "hospital");
    assert!(hospital.sightings_return_by_themselves().await.unwrap());
    hospital.let_sightings_return(false, &person("管理者")).await.unwrap();
    assert!(!hospital.sightings_return_by_themselves().await.unwrap());
    hospital.looks_back(&key, "run-1", &person("担当")).await.unwrap();
    let early = hospital.return_sightings(&key, &person("担当")).await;
    assert!(matches!(early, Err(ShareError::DraftState)), "the run is not over");
    let look = hospital.running_looks().await.unwrap().remove(0);
    hospital.looked(&look, &[sighting("203.0.113.9", 1, "2026-11-02")]).await.unwrap();
    tell_all(&town).await;
    assert_eq!(desk(&town, "mhlw").sightings(&key).await.unwrap().n_looked, 0);
    hospital.return_sightings(&key, &person("担当")).await.unwrap();
    tell_all(&town).await;
    assert_eq!(desk(&town, "mhlw").sightings(&key).await.unwrap().n_looked, 1);
}

#[tokio::test]
async fn an_institution_speaks_for_itself_alone_and_only_of_what_the_case_names() {
    let town = Town::enrolled(15).await;
    let key = published_with_indicators(&town).await;
    let day = parse_date("2026-11-02").unwrap();
    let seen = |value: &str| Seen {
        value: value.to_owned(),
        count: 7,
        n_institutions: 900,
        first: day,
        last: day,
    };
    let sightings =
        Sightings { n_looked: 900, seen: vec![seen("203.0.113.9"), seen("見本病院の端末")] };
    let body = SightingsV1::new(&key, town.clock.now(), &sightings);
    for to in ["osaka", "mhlw"] {
        let body = serde_json::to_value(&body).unwrap();
        let lie = sakimori_federation::Outgoing::new(to.into(), SIGHTINGS_TYPE, body);
        town.place("clinic").post.send(lie).await.unwrap();
    }
    settle(&town).await;
    let kept = desk(&town, "osaka").sightings(&key).await.unwrap();
    assert_eq!((kept.n_looked, kept.seen.len()), (1, 1));
    assert_eq!((kept.seen[0].value.as_str(), kept.seen[0].n_institutions), ("203.0.113.9", 1));
    let past = desk(&town, "mhlw").sightings(&key).await.unwrap();
    assert_eq!(past, Sightings::default(), "nobody speaks past the office above");
}
