//! What the desk believes of what is delivered to it.

use sakimori_federation::{
    Delivered, Handler as _, HandlerError, MESSAGE_TYPE, MessageHeader, SecretKey, Standing,
    seal_message,
};
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_words::{
    Founder, Institution, InstitutionKind, MessageId, Organisation, OrganisationKind, Tlp,
    parse_date,
};
use serde_json::json;

use super::*;
use crate::Addressees;
use crate::coverage::Counts;
use crate::exchange::{WARNING_TYPE, WarningV1};

struct Hub {
    _dir: tempfile::TempDir,
    store: Arc<dyn Store>,
    chance: Arc<SeededChance>,
    clock: Arc<StepClock>,
    desk: WarningDesk,
}

impl Hub {
    async fn new() -> Self {
        Self::with(None).await
    }

    /// An office whose register has these.
    async fn with(members: Option<Vec<Organisation>>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.db");
        let store = sakimori_ledger::open(&format!("sqlite:{}", path.display())).await.unwrap();
        let clock = Arc::new(StepClock::new(Instant::parse("2026-12-24T00:00:00Z").unwrap()));
        let chance = Arc::new(SeededChance::new(3));
        let me = Organisation {
            id: "osaka".into(),
            kind: OrganisationKind::Prefecture,
            name: "大阪府".to_owned(),
            prefecture: None,
            institution: None,
        };
        let key = SecretKey::new(&*chance);
        let post = Arc::new(Post::new(Arc::clone(&store), clock.clone(), chance.clone(), me, key));
        let content = Arc::new(Content::embedded().unwrap());
        let mut desk =
            WarningDesk::new(Arc::clone(&store), post, content, clock.clone(), chance.clone());
        if let Some(members) = members {
            desk = desk.with_members(Arc::new(List(Arc::new(members))));
        }
        Self { _dir: dir, store, chance, clock, desk }
    }

    /// A warning of the largest size as the post delivers it.
    fn delivered(&self, standing: Standing, revision: u32) -> Delivered {
        let warning = Warning {
            key: key(),
            revision,
            content: WarningContent {
                body: "注".repeat(20_000),
                ..WarningContent::empty("厚生労働省医政局", parse_date("2026-12-24").unwrap())
            },
            released_at: Instant::default(),
            due_at: Instant::default(),
        };
        let header = MessageHeader {
            id: MessageId::new(Instant::default(), &*self.chance),
            origin: key().origin,
            to: (standing != Standing::Published).then(|| "osaka".into()),
            stream: "members".to_owned(),
            seq: u64::from(revision),
            message_type: WARNING_TYPE.to_owned(),
            created: Instant::default(),
            expires: None,
            tlp: Tlp::Green,
            exercise: false,
            in_reply_to: None,
            files: vec![],
        };
        let signer = SecretKey::from_bytes(&[7; 32]);
        let dsse = seal_message(&header, &json!(WarningV1::new(&warning)), &signer);
        let payload = dsse.open(MESSAGE_TYPE, &signer.public()).unwrap().to_vec();
        Delivered {
            header,
            payload,
            vias: vec![],
            from: key().origin,
            received_at: Instant::default(),
            standing,
            another_route: false,
            digest: dsse.digest(),
        }
    }
}

struct List(Arc<Vec<Organisation>>);

#[async_trait::async_trait]
impl Members for List {
    async fn all(&self) -> Result<Arc<Vec<Organisation>>, LedgerError> {
        Ok(Arc::clone(&self.0))
    }
}

fn member(id: &str, kind: InstitutionKind) -> Organisation {
    Organisation {
        id: id.into(),
        kind: OrganisationKind::Institution,
        name: format!("見本 {id}"),
        prefecture: None,
        institution: Some(Institution {
            kind,
            permitted_beds: 0,
            founder: Founder::Individual,
            functions: vec![],
            code: String::new(),
            vendors: vec![],
        }),
    }
}

fn person(name: &str) -> Signer {
    Signer { person: name.into(), name: name.to_owned() }
}

/// A warning for dental clinics, released by the office of `hub`.
async fn released(hub: &Hub) -> WarningKey {
    let content = WarningContent {
        number: "事務連絡".to_owned(),
        title: "注意喚起".to_owned(),
        body: "確認してください。".to_owned(),
        addressees: Addressees {
            kinds: [InstitutionKind::DentalClinic].into(),
            ..Addressees::default()
        },
        ..WarningContent::empty("大阪府", parse_date("2026-12-24").unwrap())
    };
    let draft = hub.desk.begin(content, &person("起案")).await.unwrap();
    hub.desk.submit(&draft.key.id, &person("起案")).await.unwrap();
    hub.desk.release(&draft.key.id, &person("決裁")).await.unwrap();
    draft.key
}

#[tokio::test]
async fn whoever_has_no_node_answers_at_the_office_and_is_counted_once() {
    let dental = [1, 2, 3].map(|n| member(&format!("fac-27-{n}"), InstitutionKind::DentalClinic));
    let pharmacy = member("fac-27-9", InstitutionKind::Pharmacy);
    let hub = Hub::with(Some([&dental[..], std::slice::from_ref(&pharmacy)].concat())).await;
    let key = released(&hub).await;
    let [one, two, _] = &dental;
    let (desk, dentist) = (&hub.desk, person("歯科 院長"));
    assert_eq!(desk.member_warnings(one).await.unwrap().len(), 1);
    assert_eq!(desk.member_warnings(&pharmacy).await.unwrap(), [], "not for pharmacies");
    let stranger = desk.member_opens(&key, &pharmacy, &dentist).await;
    assert!(matches!(stranger, Err(WarnError::Unknown)), "{stranger:?}");

    desk.member_opens(&key, one, &dentist).await.unwrap();
    let early = desk.member_finishes(&key, one, &dentist, "").await;
    assert!(matches!(early, Err(WarnError::NotAnswered)), "{early:?}");
    hub.clock.step_seconds(60);
    desk.member_answers(&key, one, &dentist, Answer::Affected, "VPN 1台").await.unwrap();
    hub.clock.step_seconds(60);
    desk.member_answers(&key, one, &dentist, Answer::NotAffected, "").await.unwrap();
    hub.clock.step_seconds(60);
    desk.member_finishes(&key, one, &dentist, "").await.unwrap();
    // The second is reached by telephone and answers there.
    let call = NewCall {
        by: person("担当"),
        spoke_with: "受付".to_owned(),
        answer: Some(Answer::Checking),
        note: String::new(),
    };
    desk.record_call(&key, &two.id, &call).await.unwrap();
    let counts = desk.coverage(&key).await.unwrap().counts;
    let expected = Counts {
        expected: 3,
        silent: 1,
        unreached: 1,
        acknowledged: 2,
        not_affected: 1,
        checking: 1,
        done: 1,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
}

#[tokio::test]
async fn what_nobody_passed_on_is_not_for_members_yet() {
    let dental = member("fac-27-1", InstitutionKind::DentalClinic);
    let hub = Hub::with(Some(vec![dental.clone()])).await;
    let taken = hub.desk.take(&hub.delivered(Standing::Published, 1)).await.unwrap();
    hub.store.commit(taken.facts).await.unwrap();
    assert_eq!(hub.desk.member_warnings(&dental).await.unwrap(), []);
    let early = hub.desk.member_opens(&key(), &dental, &person("院長")).await;
    assert!(matches!(early, Err(WarnError::Unknown)), "{early:?}");
}

fn key() -> WarningKey {
    WarningKey { origin: "mhlw".into(), id: "0198c9a0-1111-7000-8000-00000000000a".into() }
}

#[tokio::test]
async fn only_what_was_published_from_above_is_a_warning() {
    let hub = Hub::new().await;
    for standing in [Standing::ForUs, Standing::Passing] {
        let taken = hub.desk.take(&hub.delivered(standing, 1)).await;
        let Err(HandlerError::NotUnderstood(trouble)) = taken else {
            panic!("{standing:?} was taken for a warning: {taken:?}")
        };
        assert_eq!(trouble.kind.code, "SK-WARN-011");
    }
    let taken = hub.desk.take(&hub.delivered(Standing::Published, 1)).await.unwrap();
    assert_eq!(taken.parcels.len(), 1, "and answered");
}

#[tokio::test]
async fn however_many_revisions_come_the_newest_is_kept() {
    let hub = Hub::new().await;
    for revision in 1..=150 {
        let taken = hub.desk.take(&hub.delivered(Standing::Published, revision)).await.unwrap();
        hub.store.commit(taken.facts).await.unwrap();
    }
    let received = hub.desk.received_one(&key()).await.unwrap();
    assert_eq!(received.revisions.len(), 20);
    assert_eq!(received.current().unwrap().warning.revision, 150);
    // One that is older than all that are kept changes nothing and asks for no answer.
    let taken = hub.desk.take(&hub.delivered(Standing::Published, 3)).await.unwrap();
    assert!(taken.parcels.is_empty());
    hub.store.commit(taken.facts).await.unwrap();
    assert_eq!(hub.desk.received_one(&key()).await.unwrap(), received);
}
