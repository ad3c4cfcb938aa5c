//! From the ministry's draft to the institutions that read it.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use sakimori_content::{Content, FieldClass, Pack};
use sakimori_ledger::LedgerError;
use sakimori_share::{
    ConsentAnswer, ConsentWay, DraftState, GateRefusal, LadderError, OwnCase, Population,
    ReportedCase, ReportedField, ShareDesk, ShareError, SharedKey, Signer, Writing, WrittenConsent,
};
use sakimori_testkit::SeededChance;
use sakimori_words::{Organisation, SharedCaseId, Text, Tlp, parse_date};

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
    let own = ministry.release(&own.id, &person("決裁 花子")).await.unwrap();
    settle(town).await;
    own
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
    let own = ministry.release(&own.id, &person("決裁 花子")).await.unwrap();
    settle(&town).await;
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
    settle(&town).await;
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
