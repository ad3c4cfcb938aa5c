//! A hospital and its office with real posts, ledgers and a real log store; only the line between them is a function call.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use sakimori_federation::{Door, Handler, Post, SecretKey, Trust, Wire, WireError};
use sakimori_lake::proof::Cosigner;
use sakimori_lake::{Lake, LakeSettings, SigningKey, open_catalogue, open_store};
use sakimori_ledger::Store;
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_web::ports::WatchedState;
use sakimori_words::{Clock, Event, Organisation, OrganisationId, OrganisationKind};
use tempfile::TempDir;

use super::*;
use crate::node::stores::log_name;

const START: Instant = Instant::from_micros(1_795_132_800_000_000);
const ADDRESS: &str = "http://127.0.0.1:1";

struct Line(Arc<Post>);

#[async_trait]
impl Wire for Line {
    async fn ask(
        &self,
        _: &str,
        door: Door,
        _: &Trust,
        request: Vec<u8>,
    ) -> Result<Vec<u8>, WireError> {
        Ok(match door {
            Door::Introduction => self.0.introduction(&[]),
            Door::Enrolment => self.0.handle_enrolment(&request, "test").await.unwrap(),
            Door::Exchange => self.0.handle_exchange(&request).await.unwrap().bytes,
            Door::File => self.0.handle_file(&request).await.unwrap(),
        })
    }
}

struct House {
    folder: TempDir,
    store: Arc<dyn Store>,
    post: Arc<Post>,
    handler: Arc<dyn Handler>,
}

struct Pair {
    clock: Arc<StepClock>,
    hospital: House,
    office: House,
    lake: Option<Lake>,
    log_seed: u8,
}

fn organisation(id: &str, kind: OrganisationKind) -> Organisation {
    let hospital = kind == OrganisationKind::Institution;
    Organisation {
        id: id.into(),
        kind,
        name: if hospital { "みどり病院" } else { "見本県" }.to_owned(),
        prefecture: None,
        institution: None,
    }
}

async fn house(clock: &Arc<StepClock>, id: &str, kind: OrganisationKind, seed: u8) -> House {
    let folder = TempDir::new().unwrap();
    let address = format!("sqlite:{}", folder.path().join("ledger.sqlite").display());
    let store = sakimori_ledger::open(&address).await.unwrap();
    let clock: Arc<dyn Clock> = Arc::<StepClock>::clone(clock);
    let post = Post::new(
        Arc::clone(&store),
        Arc::clone(&clock),
        Arc::new(SeededChance::new(u64::from(seed))),
        organisation(id, kind),
        SecretKey::from_bytes(&[seed; 32]),
    );
    let handler: Arc<dyn Handler> = if kind == OrganisationKind::Institution {
        let key = log_signer(7).verifying_key();
        Arc::new(Keeper { store: Arc::clone(&store), clock, key })
    } else {
        let cosigner = Cosigner::new("sakimori.witness/office", SigningKey::from_bytes(&[9; 32]));
        Arc::new(Watch { store: Arc::clone(&store), clock, cosigner: cosigner.unwrap() })
    };
    House { folder, store, post: Arc::new(post), handler }
}

fn log_signer(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

impl Pair {
    async fn new() -> Self {
        let clock = Arc::new(StepClock::new(START));
        let hospital = house(&clock, "hospital", OrganisationKind::Institution, 1).await;
        let office = house(&clock, "office", OrganisationKind::Prefecture, 2).await;
        let code = office.post.invite("officer", "みどり病院", None).await.unwrap();
        let line = Line(Arc::clone(&office.post));
        hospital.post.enrol_with(ADDRESS, &code.to_string(), "admin", &line).await.unwrap();
        let mut pair = Self { clock, hospital, office, lake: None, log_seed: 7 };
        pair.open_log().await;
        pair
    }

    fn log_folder(&self) -> PathBuf {
        self.hospital.folder.path().join(format!("lake-{}", self.log_seed))
    }

    async fn open_log(&mut self) {
        let dir = self.log_folder();
        let settings = LakeSettings {
            catalogue: open_catalogue(&dir, "").unwrap(),
            segments: open_store(dir.to_str().unwrap(), &[]).unwrap(),
            dir,
            retention: sakimori_lake::RetentionDays::default(),
            seal_after_bytes: 1 << 20,
            seal_after_seconds: 60,
            signer: log_signer(if self.log_seed == 8 { 8 } else { 7 }),
            seen_up_to: 0,
            origin: log_name(&OrganisationId::from("hospital")),
        };
        let clock: Arc<dyn Clock> = Arc::<StepClock>::clone(&self.clock);
        self.lake = Some(Lake::open(settings, clock).await.unwrap());
    }

    /// The hospital's log is exchanged for another one, under the same key or (with 8) a new one.
    async fn exchange_log(&mut self, seed: u8) {
        self.lake = None;
        self.log_seed = seed;
        self.open_log().await;
    }

    async fn seal(&self, text: &str) {
        let event = Event {
            source: "syslog/192.0.2.1".to_owned(),
            received_at: self.clock.now(),
            time: self.clock.now(),
            raw: text.as_bytes().to_vec(),
            ..Event::default()
        };
        let lake = self.lake.as_ref().unwrap();
        lake.append(&[event]).await.unwrap();
        lake.seal().await.unwrap();
    }

    /// A minute later: the hospital offers what is due, and everything is carried and delivered.
    async fn round(&self) {
        self.clock.step_seconds(60);
        let (post, store) = (&self.hospital.post, self.hospital.store.as_ref());
        let catalogue = open_catalogue(&self.log_folder(), "").unwrap();
        offer_due(post, store, &*catalogue, self.clock.now()).await.unwrap();
        let line = Line(Arc::clone(&self.office.post));
        for _ in 0..3 {
            post.exchange_once(&"office".into(), &line).await.unwrap();
            self.office.post.deliver(&[self.office.handler.as_ref()]).await.unwrap();
            post.deliver(&[self.hospital.handler.as_ref()]).await.unwrap();
        }
    }

    async fn acknowledged(&self) -> Acknowledged {
        acknowledged(self.hospital.store.as_ref()).await.unwrap().remove(0)
    }

    async fn state(&self) -> WatchedState {
        let (store, post) = (self.office.store.as_ref(), &self.office.post);
        Watched::all(store, post, self.clock.now()).await.unwrap().remove(0).state
    }

    async fn n_facts(&self, kind: &str) -> usize {
        let entries = self.office.store.stream_entries("log_heads/hospital", 0, 100).await.unwrap();
        entries.iter().filter(|entry| entry.kind == kind).count()
    }
}

#[tokio::test]
async fn an_office_sees_a_log_grow_and_cosigns_it() {
    let pair = Pair::new().await;
    assert_eq!(pair.state().await, WatchedState::Never);
    for (n, size) in [(1, 2), (2, 3), (3, 4)] {
        pair.seal(&format!("record {n}")).await;
        pair.round().await;
        assert_eq!(pair.acknowledged().await.size, size);
    }
    assert_eq!(pair.state().await, WatchedState::Fits);
    let cosigned = cosigned(pair.hospital.store.as_ref()).await.unwrap();
    let (note, witness) = &cosigned[0];
    let seen = sakimori_lake::proof::Cosignature::read(note, witness).unwrap();
    assert_eq!(seen.witness, "sakimori.witness/office");
    assert_eq!(pair.n_facts("head_seen").await, 3);
}

#[tokio::test]
async fn nothing_is_sent_while_nothing_changes_and_the_office_hears_twice_a_day() {
    let pair = Pair::new().await;
    pair.seal("record").await;
    for _ in 0..5 {
        pair.round().await;
    }
    assert_eq!(pair.n_facts("head_seen").await, 1);
    pair.clock.step_seconds(12 * 3_600);
    pair.round().await;
    assert_eq!(pair.n_facts("head_seen").await, 2);
}

#[tokio::test]
async fn a_log_that_was_begun_anew_under_the_same_key_is_an_alarm_on_both_sides() {
    let mut pair = Pair::new().await;
    pair.seal("the evidence").await;
    pair.seal("more of it").await;
    pair.round().await;
    pair.exchange_log(6).await;
    pair.seal("nothing to see").await;
    pair.round().await;
    let refused = pair.acknowledged().await.refused.unwrap();
    assert!(refused.alarming && refused.why.contains("3 were seen before"), "{}", refused.why);
    assert!(matches!(pair.state().await, WatchedState::Differs { .. }));
    // Growing past what was seen does not help, and what the office cosigned stays.
    pair.seal("and more").await;
    pair.seal("and more").await;
    pair.clock.step_seconds(12 * 3_600);
    pair.round().await;
    let acknowledged = pair.acknowledged().await;
    assert!(acknowledged.refused.unwrap().why.contains("not those seen before"));
    assert_eq!(acknowledged.size, 3);
    assert!(acknowledged.note.is_some());
}

#[tokio::test]
async fn a_log_under_another_key_is_refused_until_somebody_has_looked() {
    let mut pair = Pair::new().await;
    pair.seal("record").await;
    pair.round().await;
    pair.exchange_log(8).await;
    pair.seal("record").await;
    pair.round().await;
    let WatchedState::Differs { what, .. } = pair.state().await else { panic!("no alarm") };
    assert_eq!(what, "another key than the one first seen");
    let (store, now) = (pair.office.store.as_ref(), pair.clock.now());
    accept_anew(store, &"hospital".into(), "officer", "new machine after a fire", now)
        .await
        .unwrap();
    pair.clock.step_seconds(12 * 3_600);
    pair.round().await;
    assert_eq!(pair.n_facts("begun_anew").await, 1);
    assert_eq!(pair.n_facts("head_seen").await, 2);
    // The hospital does not take a cosignature under its old key for one of its own log.
    assert_eq!(pair.state().await, WatchedState::Fits);
}

#[tokio::test]
async fn an_office_put_back_to_an_older_copy_is_offered_the_log_from_there() {
    let pair = Pair::new().await;
    pair.seal("record").await;
    pair.round().await;
    let before = pair.office.store.get("log_heads", "hospital").await.unwrap().unwrap();
    pair.seal("record").await;
    pair.round().await;
    let put = sakimori_ledger::Put::new("log_heads", "hospital", &before.body).unwrap();
    let fact = sakimori_ledger::Fact::new("test", "put_back", START, "test", &()).unwrap();
    pair.office.store.commit(vec![fact.put(put)]).await.unwrap();
    pair.seal("record").await;
    pair.round().await;
    assert!(!pair.acknowledged().await.refused.unwrap().alarming);
    pair.round().await;
    let acknowledged = pair.acknowledged().await;
    assert_eq!((acknowledged.size, acknowledged.refused), (4, None));
    assert_eq!(pair.state().await, WatchedState::Fits);
}

#[tokio::test]
async fn an_office_that_hears_nothing_for_a_day_over_a_working_link_sees_it() {
    let pair = Pair::new().await;
    pair.seal("record").await;
    pair.round().await;
    pair.clock.step_seconds(26 * 3_600);
    assert_eq!(pair.state().await, WatchedState::Fits, "the link is silent: that is another lamp");
    let line = Line(Arc::clone(&pair.office.post));
    pair.hospital.post.exchange_once(&"office".into(), &line).await.unwrap();
    assert_eq!(pair.state().await, WatchedState::Late);
}

/// Released wire formats: these bodies were written by version 1 and are read for ever.
#[test]
fn messages_of_version_1_are_read() {
    let offer = r#"{"key":"k","note":"n","from":3,"path":["0000000000000000000000000000000000000000000000000000000000000000"]}"#;
    let offer: sakimori_lake::proof::HeadOffer = serde_json::from_str(offer).unwrap();
    assert_eq!((offer.from, offer.path.len()), (3, 1));
    let kept: Answer = serde_json::from_str(r#"{"size":3,"witness":"w","note":"n"}"#).unwrap();
    assert_eq!((kept.note.as_deref(), kept.refused), (Some("n"), None));
    let refused =
        r#"{"size":3,"witness":"w","refused":{"at":1795132800000000,"why":"x","alarming":true}}"#;
    let refused: Answer = serde_json::from_str(refused).unwrap();
    assert!(refused.refused.unwrap().alarming);
}
