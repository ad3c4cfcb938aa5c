//! What an office can rely on.

use std::sync::{Arc, Mutex};

use sakimori_ledger::Store;
use sakimori_words::{MessageId, Organisation, OrganisationKind};

use super::{Awareness, ConcernedInstitution, Entering, OfficeDesk};
use crate::Actor;
use crate::exchange::ReportV1;
use crate::tests::{TestChance, TestClock, ministry, office_desk, prefecture, store};

mod cases;
mod links;
mod properties;
mod upward;
mod wire;

/// A prefecture's desk with its clock.
pub(super) struct Office {
    pub(super) desk: OfficeDesk,
    pub(super) clock: Arc<TestClock>,
    _folder: tempfile::TempDir,
}

impl Office {
    pub(super) async fn prefecture() -> Self {
        Self::of(prefecture()).await
    }

    pub(super) async fn of(me: Organisation) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = TestClock::at("2026-11-20T21:00");
        let desk = office_desk(folder.path(), &clock, me).await;
        Self { desk, clock, _folder: folder }
    }

    /// Receives a report of `case` at `hospital`, the `number`th.
    pub(super) async fn receive(
        &self,
        hospital: &str,
        case: &str,
        number: u32,
    ) -> super::Reception {
        let body = report(hospital, case, number).write().unwrap();
        let message = MessageId::from(format!("{hospital}-{case}-{number}"));
        self.desk.receive(&hospital.into(), &message, &body).await.unwrap()
    }
}

/// The kept sample of a report, from another hospital.
pub(super) fn report(hospital: &str, case: &str, number: u32) -> ReportV1 {
    let sample = include_bytes!("../../exchange/samples/report-v1.json");
    let mut report = ReportV1::read(sample).unwrap();
    report.sender.organisation = hospital.to_owned();
    report.case = case.to_owned();
    report.report = format!("{case}-{number}");
    report.number = number;
    report
}

pub(super) fn officer() -> Actor {
    Actor::new("officer", "鈴木 一郎", "担当官")
}

pub(super) fn chief() -> Actor {
    Actor::new("chief", "高橋 花子", "決裁者")
}

/// What an officer types after reading the evening paper.
pub(super) fn media(name: &str) -> Entering {
    Entering {
        awareness: Awareness::Media,
        awareness_detail: "見本新聞 夕刊".to_owned(),
        institution: ConcernedInstitution {
            name: name.to_owned(),
            beds: Some(200),
            ..ConcernedInstitution::default()
        },
        title: String::new(),
        damage: "電子カルテが使えないとの報道".to_owned(),
        care_impact: "外来を休止との報道".to_owned(),
        known_at: None,
        exercise: false,
    }
}

/// A desk with a store of its own, for offices side by side.
pub(super) async fn bare(
    clock: &Arc<TestClock>,
    me: Organisation,
) -> (OfficeDesk, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = store(folder.path(), "office.db").await;
    (
        OfficeDesk::new(store, clock.clone(), Arc::new(TestChance::default()), move || me.clone()),
        folder,
    )
}

#[test]
fn only_local_offices_owe_the_ministry_a_report() {
    let kinds = [OrganisationKind::Ministry, OrganisationKind::CeptoarBody];
    assert!(kinds.into_iter().all(|kind| !super::decide::reports_up(kind)));
    assert!(super::decide::reports_up(OrganisationKind::SpecialWard));
}

#[tokio::test]
async fn what_an_office_says_of_itself_after_its_first_start_counts_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = store(folder.path(), "office.db").await;
    let me = Arc::new(Mutex::new(ministry()));
    let asked = Arc::clone(&me);
    let describe = move || asked.lock().unwrap().clone();
    let clock = TestClock::at("2026-11-20T20:00");
    let desk = OfficeDesk::new(store, clock, Arc::new(TestChance::default()), describe);
    let case = desk.enter(&media("さくら診療所"), &officer()).await.unwrap();
    assert_eq!(case.duties, [], "the ministry owes nobody a report");
    *me.lock().unwrap() = prefecture();
    let case = desk.enter(&media("もみじ歯科"), &officer()).await.unwrap();
    assert_eq!(case.duties.len(), 1);
}
