//! What the desk believes of what is delivered to it.

use sakimori_federation::{
    Delivered, Handler as _, HandlerError, MESSAGE_TYPE, MessageHeader, SecretKey, Standing,
    seal_message,
};
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_words::{MessageId, Organisation, OrganisationKind, Tlp, parse_date};
use serde_json::json;

use super::*;
use crate::exchange::{WARNING_TYPE, WarningV1};

struct Hub {
    _dir: tempfile::TempDir,
    store: Arc<dyn Store>,
    chance: Arc<SeededChance>,
    desk: WarningDesk,
}

impl Hub {
    async fn new() -> Self {
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
        let desk = WarningDesk::new(Arc::clone(&store), post, content, clock, chance.clone());
        Self { _dir: dir, store, chance, desk }
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
