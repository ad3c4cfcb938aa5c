//! A hospital, its prefecture and the ministry with real posts and ledgers; only the line between them is a function call.

use async_trait::async_trait;
use sakimori_content::{Content, Recipient};
use sakimori_federation::{Door, Outgoing as Message, Parcel, SecretKey, Trust, Wire, WireError};
use sakimori_ledger::Store;
use sakimori_respond::exchange::{REPORT_MEDIA_TYPE, ReportV1};
use sakimori_respond::office::{Awareness, NewTask, OfficeCase, TaskKind, UpDraft};
use sakimori_respond::{Actor, Addressee, ObligationState, Outgoing, Stage};
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_words::{Chance, Clock, Instant, OrganisationKind};
use tempfile::TempDir;

use super::*;
use crate::node::reports::Reports;

const REPORT: &[u8] = include_bytes!("../../../../respond/src/exchange/samples/report-v1.json");

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
    post: Arc<Post>,
    desk: OfficeDesk,
    _folder: TempDir,
}

impl House {
    async fn new(clock: &Arc<StepClock>, id: &str, kind: OrganisationKind, seed: u8) -> Self {
        let folder = TempDir::new().unwrap();
        let address = format!("sqlite:{}", folder.path().join("ledger.sqlite").display());
        let store: Arc<dyn Store> = sakimori_ledger::open(&address).await.unwrap();
        let clock: Arc<dyn Clock> = Arc::<StepClock>::clone(clock);
        let chance: Arc<dyn Chance> = Arc::new(SeededChance::new(u64::from(seed)));
        let me = Organisation {
            id: id.into(),
            kind,
            name: format!("見本{id}"),
            prefecture: None,
            institution: None,
        };
        let post = Post::new(
            Arc::clone(&store),
            Arc::clone(&clock),
            Arc::clone(&chance),
            me.clone(),
            SecretKey::from_bytes(&[seed; 32]),
        );
        let desk = OfficeDesk::new(store, clock, chance, move || me.clone());
        Self { post: Arc::new(post), desk, _folder: folder }
    }

    async fn join(&self, hub: &Self) {
        let code = hub.post.invite("officer", "", None).await.unwrap();
        let (code, line) = (code.to_string(), Line(Arc::clone(&hub.post)));
        self.post.enrol_with("http://127.0.0.1:1", &code, "a", &line).await.unwrap();
    }

    async fn deliver(&self) -> usize {
        let reports = Reports { desk: self.desk.clone(), post: Arc::clone(&self.post) };
        let offices = Offices { desk: self.desk.clone(), post: Arc::clone(&self.post) };
        self.post.deliver(&[&reports, &offices]).await.unwrap().n_set_aside
    }

    async fn send(&self, outgoing: &Outgoing) {
        let body: serde_json::Value = serde_json::from_slice(&outgoing.body).unwrap();
        let to = outgoing.to[0].clone();
        let parcel = Parcel::New(Message::new(to, outgoing.media_type, body));
        self.post.post(vec![parcel], Vec::new()).await.unwrap();
    }

    async fn case(&self) -> OfficeCase {
        self.desk.office_cases().await.unwrap().remove(0)
    }
}

/// Carries everything between a house and the hub above it, and delivers it on the hub's side and below.
async fn carry(below: &House, above: &House) -> usize {
    let mut n_set_aside = 0;
    for _ in 0..3 {
        let line = Line(Arc::clone(&above.post));
        below.post.exchange_once(&above.post.me().id, &line).await.unwrap();
        n_set_aside += above.deliver().await + below.deliver().await;
    }
    n_set_aside
}

#[tokio::test]
async fn a_hospitals_report_goes_to_the_prefecture_and_the_prefectures_to_the_ministry() {
    let clock = Arc::new(StepClock::new(Instant::from_micros(1_795_132_800_000_000)));
    let ministry = House::new(&clock, "mhlw", OrganisationKind::Ministry, 1).await;
    let prefecture = House::new(&clock, "pref", OrganisationKind::Prefecture, 2).await;
    let hospital = House::new(&clock, "hospital", OrganisationKind::Institution, 3).await;
    prefecture.join(&ministry).await;
    hospital.join(&prefecture).await;

    let mut report = ReportV1::read(REPORT).unwrap();
    report.sender.organisation = "hospital".to_owned();
    let body = report.write().unwrap();
    let to = vec![OrganisationId::from("pref")];
    hospital.send(&Outgoing { media_type: REPORT_MEDIA_TYPE, body, to }).await;
    let line = Line(Arc::clone(&prefecture.post));
    hospital.post.exchange_once(&"pref".into(), &line).await.unwrap();
    assert_eq!(prefecture.deliver().await, 0);
    let case = prefecture.case().await;
    assert_eq!(case.awareness, Awareness::InstitutionReport);

    let (officer, chief) = (Actor::new("o", "鈴木", "担当官"), Actor::new("c", "高橋", "決裁者"));
    let content = Content::embedded().unwrap();
    let to = Addressee {
        recipient: Recipient::Ministry,
        name: "厚生労働省".to_owned(),
        organisation: Some("mhlw".into()),
    };
    let draft =
        UpDraft { stage: Stage::Prompt, to, department: String::new(), phone: String::new() };
    let desk = &prefecture.desk;
    let up = desk.draft_up(&case.id, &draft, &content, &officer).await.unwrap().upward.remove(0);
    desk.approve_up(&case.id, &up.id, &up.document.digest(), &chief).await.unwrap();
    let (_, outgoing) = desk.submit_up(&case.id, &up.id, true, &officer).await.unwrap();
    prefecture.send(&outgoing).await;
    prefecture.send(&outgoing).await;
    assert_eq!(carry(&prefecture, &ministry).await, 0);
    assert_eq!(
        ministry.desk.office_cases().await.unwrap().len(),
        1,
        "the same report twice is one"
    );
    let met = &prefecture.case().await.duties[0].state;
    assert!(matches!(met, ObligationState::Met { .. }), "{met:?}");

    let task = NewTask {
        to: prefecture.post.me(),
        kind: TaskKind::Investigate,
        text: "侵入の経路".to_owned(),
        basis: String::new(),
        due_at: None,
    };
    let their = ministry.case().await.id;
    let (_, outgoing) = ministry.desk.give_task(&their, &task, &chief).await.unwrap();
    ministry.send(&outgoing).await;
    assert_eq!(carry(&prefecture, &ministry).await, 0);
    let taken = prefecture.case().await.tasks.remove(0);
    let (_, outgoing) =
        desk.answer_task(&case.id, &taken.id, "給食業者の VPN", true, &officer).await.unwrap();
    prefecture.send(&outgoing).await;
    assert_eq!(carry(&prefecture, &ministry).await, 0);
    assert!(ministry.case().await.tasks[0].is_done());
}

#[tokio::test]
async fn what_an_institution_may_not_send_is_set_aside_and_reaches_no_case() {
    let clock = Arc::new(StepClock::new(Instant::from_micros(1_795_132_800_000_000)));
    let prefecture = House::new(&clock, "pref", OrganisationKind::Prefecture, 2).await;
    let hospital = House::new(&clock, "hospital", OrganisationKind::Institution, 3).await;
    hospital.join(&prefecture).await;
    let to = vec![OrganisationId::from("pref")];
    let body: &[u8] =
        include_bytes!("../../../../respond/src/exchange/samples/office-task-v1.json");
    hospital.send(&Outgoing { media_type: OFFICE_TASK_MEDIA_TYPE, body: body.to_vec(), to }).await;
    let line = Line(Arc::clone(&prefecture.post));
    hospital.post.exchange_once(&"pref".into(), &line).await.unwrap();
    assert_eq!(prefecture.deliver().await, 1);
    assert_eq!(prefecture.desk.office_cases().await.unwrap(), []);
}
