//! What somebody can rely on who asks for a look back.

use std::sync::Arc;

use sakimori_testkit::{SeededChance, StepClock};
use sakimori_words::{
    Clock, Digest, Event, EvidenceRef, Finding, Instant, PersonId, RECORD_ACCESS,
};

use super::*;
use crate::{By, FindingState, Findings, Which};

struct Desk {
    retro: Retro,
    findings: Arc<Findings>,
    clock: Arc<StepClock>,
    person: PersonId,
    _folder: tempfile::TempDir,
}

async fn desk() -> Desk {
    let (folder, store, clock) = crate::desk::ledger().await;
    let chance = Arc::new(SeededChance::new(7));
    let findings =
        Arc::new(Findings::new(Arc::clone(&store), Arc::clone(&clock) as _, chance.clone()));
    let retro = Retro::new(store, Arc::clone(&clock) as _, chance, Arc::clone(&findings));
    Desk { retro, findings, clock, person: "tanaka".into(), _folder: folder }
}

fn order(every: Option<Every>) -> NewOrder {
    let list = IndicatorList::read("198.51.100[.]7\nevil.example\nnonsense line");
    NewOrder {
        name: "一覧".to_owned(),
        asked: Asked::Indicators(list),
        from: None,
        until: None,
        every,
    }
}

fn event(host: &str, at: Instant) -> Event {
    Event {
        host: host.to_owned(),
        user: "sato".to_owned(),
        time: at,
        received_at: at,
        message: "to 198.51.100.7".to_owned(),
        raw: b"dst=198.51.100.7".to_vec(),
        ..Event::default()
    }
}

fn evidence(seq: u64) -> EvidenceRef {
    EvidenceRef::Event { seq, leaf: Digest::of(&seq.to_be_bytes()) }
}

impl Desk {
    const fn by(&self) -> By<'_> {
        By { person: &self.person, name: "田中" }
    }

    /// Runs what is next over these events.
    async fn run(&self, events: &[(u64, Event)]) -> Run {
        let run = self.retro.next().await.unwrap().unwrap();
        let up_to = events.iter().map(|(seq, _)| *seq).max().unwrap_or(run.after_seq);
        let run = self.retro.begin(run, up_to, "head".to_owned(), 2).await.unwrap();
        let list = self.retro.indicators(&run.order).await.unwrap();
        let known = self.retro.known().await.unwrap();
        let sought = Sought::indicators(list).unwrap();
        let mut back = LookBack::new(sought, 10, run.started_at.unwrap()).knowing(known);
        for (seq, event) in events.iter().filter(|(seq, _)| *seq > run.after_seq) {
            back.look(event, &evidence(*seq));
        }
        self.retro.finish(&run.id, &back.found(), 2, 0, None).await.unwrap()
    }

    async fn kept(&self) -> Vec<crate::KeptFinding> {
        self.findings.list(Which::All, None, 100).await.unwrap()
    }
}

#[tokio::test]
async fn hits_become_one_finding_for_each_machine_under_their_true_time() {
    let desk = desk().await;
    let first = desk.clock.now().plus_days(-200);
    let asked = desk.retro.ask(order(None), desk.by()).await.unwrap();
    assert!(matches!(&asked.what, What::Indicators { count: 2, n_not_understood: 1, .. }));
    let events = [
        (1, event("PC1", first)),
        (2, event("PC1", first.plus_days(90))),
        (3, event("PC2", first)),
    ];
    let run = desk.run(&events).await;
    assert_eq!((run.state, run.up_to_seq, run.head.as_str()), (RunState::Done, 3, "head"));
    assert_eq!(run.hits.iter().map(|hit| hit.count).collect::<Vec<_>>(), [2, 1]);
    let kept = desk.kept().await;
    assert_eq!(kept.len(), 2);
    let pc1 = kept.iter().find(|kept| kept.finding.host == "PC1").unwrap();
    assert_eq!((pc1.first_at, pc1.last_at, pc1.count), (first, first.plus_days(90), 2));
    assert_eq!(pc1.finding.evidence, [evidence(1), evidence(2)]);
    assert!(pc1.finding.tags.iter().any(|tag| tag == RETRO_TAG));
    assert_eq!(run.hits.first().unwrap().finding.as_ref(), Some(&pc1.finding.id));
}

#[tokio::test]
async fn what_was_found_before_is_not_found_again() {
    let desk = desk().await;
    let at = desk.clock.now().plus_days(-200);
    let events = [(1, event("PC1", at))];
    for _ in 0..2 {
        desk.retro.ask(order(None), desk.by()).await.unwrap();
        desk.clock.step_seconds(60);
        desk.run(&events).await;
    }
    assert_eq!(desk.kept().await.len(), 1);
    assert_eq!(desk.kept().await[0].count, 1);
    let again = &desk.retro.runs(None, 1).await.unwrap()[0];
    assert_eq!((again.hits[0].count, again.hits[0].known), (1, 1));
    assert_eq!(again.hits[0].finding.as_ref(), Some(&desk.kept().await[0].finding.id));
}

#[tokio::test]
async fn what_somebody_closed_is_opened_again_only_by_what_is_new() {
    let desk = desk().await;
    let at = desk.clock.now().plus_days(-200);
    desk.retro.ask(order(None), desk.by()).await.unwrap();
    desk.run(&[(1, event("PC1", at))]).await;
    let kept = desk.kept().await.remove(0);
    let closed = FindingState::Closed { reason: "試験".to_owned() };
    desk.findings.set_state(&kept.finding.id, 0, closed, &desk.person).await.unwrap();
    for (n_findings, events) in [
        (1, vec![(1, event("PC1", at))]),
        (2, vec![(1, event("PC1", at)), (9, event("PC1", at.plus_days(1)))]),
    ] {
        desk.clock.step_seconds(60);
        desk.retro.ask(order(None), desk.by()).await.unwrap();
        desk.run(&events).await;
        assert_eq!(desk.kept().await.len(), n_findings);
    }
}

#[tokio::test]
async fn what_the_live_detector_found_is_known() {
    let desk = desk().await;
    let now = desk.clock.now();
    let rule = "title: t\nid: r1\nlogsource: { product: windows, service: security }\ndetection: { s: { EventID: 1 }, condition: s }\nlevel: high\n";
    let rule =
        crate::RuleText { name: "r".to_owned(), yaml: rule.to_owned(), ..Default::default() };
    let seen = Event {
        product: "windows".to_owned(),
        service: "security".to_owned(),
        src: [("EventID", "1")].into_iter().collect(),
        ..event("PC1", now)
    };
    let mut live = crate::Detector::new(std::slice::from_ref(&rule));
    let found: Vec<Finding> = live.look(&seen, &|| evidence(1));
    assert_eq!(found.len(), 1);
    desk.findings.keep(found).await.unwrap();
    let sought = Sought::Rules(Box::new(crate::Detector::new(&[rule])));
    let mut back = LookBack::new(sought, 10, now).knowing(desk.retro.known().await.unwrap());
    back.look(&seen, &evidence(1));
    let found = back.found();
    assert_eq!((found.hits[0].count, found.hits[0].fresh()), (1, 0));
}

#[tokio::test]
async fn a_schedule_runs_over_what_came_since_and_once_for_all_it_missed() {
    let desk = desk().await;
    let now = desk.clock.now();
    desk.retro.ask(order(Some(Every::Day)), desk.by()).await.unwrap();
    desk.run(&[(5, event("PC1", now))]).await;
    desk.retro.take_due().await.unwrap();
    assert!(desk.retro.next().await.unwrap().is_none());
    desk.clock.step_seconds(5 * 86_400 + 10);
    for _ in 0..2 {
        desk.retro.take_due().await.unwrap();
    }
    let run = desk.run(&[(5, event("PC1", now)), (6, event("PC2", now))]).await;
    assert_eq!((run.after_seq, run.hits.len()), (5, 1));
    assert!(desk.retro.next().await.unwrap().is_none());
    let order = desk.retro.schedules().await.unwrap().remove(0);
    assert_eq!(order.next_at, Some(now.plus_days(6)));
    desk.retro.stop(&order.id, desk.by()).await.unwrap();
    assert!(desk.retro.schedules().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_run_is_cancelled_before_or_while_it_looks() {
    let desk = desk().await;
    let waiting = desk.retro.ask(order(None), desk.by()).await.unwrap();
    desk.retro.cancel(&waiting.id, desk.by()).await.unwrap();
    assert!(desk.retro.next().await.unwrap().is_none());
    let run = desk.retro.ask(order(None), desk.by()).await.unwrap();
    let run = desk.retro.begin(run, 9, String::new(), 2).await.unwrap();
    desk.retro.cancel(&run.id, desk.by()).await.unwrap();
    assert!(desk.retro.is_cancelled(&run.id));
    let found = Found::default();
    let run = desk.retro.finish(&run.id, &found, 1, 0, None).await.unwrap();
    assert_eq!((run.state, run.passed), (RunState::Cancelled { by_name: "田中".to_owned() }, 1));
}

#[tokio::test]
async fn a_run_goes_on_from_where_it_was_kept() {
    let desk = desk().await;
    let at = desk.clock.now();
    let run = desk.retro.ask(order(None), desk.by()).await.unwrap();
    let list = desk.retro.indicators(&run.order).await.unwrap();
    let sought = || Sought::indicators(list.clone()).unwrap();
    let mut back = LookBack::new(sought(), 10, at);
    back.look(&event("PC1", at), &evidence(1));
    let progress = Progress { position: 7.into(), found: back.found() };
    desk.retro.keep_progress(&run.id, &progress).await.unwrap();
    let kept = desk.retro.progress(&run.id).await.unwrap().unwrap();
    assert_eq!(kept.position, 7);
    let mut back = LookBack::new(sought(), 10, at);
    back.restore(kept.found);
    back.look(&event("PC1", at), &evidence(2));
    assert_eq!(back.found().hits[0].count, 2);
}

#[test]
fn what_a_record_about_a_patient_says_stays_in_the_log() {
    let list = IndicatorList::read("198.51.100.7").indicators;
    let mut back = LookBack::new(Sought::indicators(list).unwrap(), 10, Instant::from_micros(0));
    let about = Event { class_uid: RECORD_ACCESS, ..event("PC1", Instant::from_micros(0)) };
    back.look(&about, &evidence(1));
    assert_eq!(back.found().hits[0].finding.summary, "");
}

#[test]
fn hits_have_an_end() {
    let list = IndicatorList::read("198.51.100.7").indicators;
    let mut back = LookBack::new(Sought::indicators(list).unwrap(), 10, Instant::from_micros(0));
    for n in 0..25 {
        back.look(&event(&format!("PC{n}"), Instant::from_micros(0)), &evidence(n));
    }
    let found = back.found();
    assert_eq!((found.hits.len(), found.left_out, back.count()), (10, 15, 25));
}

#[tokio::test]
async fn what_an_exception_covers_is_held_back_in_retrospect_too() {
    let desk = desk().await;
    let at = desk.clock.now().plus_days(-200);
    let scope = crate::Scope { host: "pc1".to_owned(), ..crate::Scope::default() };
    let term = crate::Term {
        reason: "検証用の端末".to_owned(),
        owner: desk.person.clone(),
        expires_at: desk.clock.now().plus_days(30),
    };
    let new = crate::NewException {
        scope,
        everywhere: false,
        title: sakimori_words::Text::default(),
        finding: "finding".into(),
        term,
    };
    let exception = desk.findings.exceptions().make(new, &desk.person).await.unwrap();
    let mut events = vec![(1, event("PC1", at)), (2, event("PC2", at))];
    for n_times in [1, 2] {
        desk.clock.step_seconds(60);
        desk.retro.ask(order(None), desk.by()).await.unwrap();
        desk.run(&events).await;
        let shown = desk.kept().await;
        assert_eq!(shown.iter().map(|own| own.finding.host.as_str()).collect::<Vec<_>>(), ["PC2"]);
        let held = desk.findings.held_back_by(&exception.id, None, 10).await.unwrap();
        assert_eq!(held.iter().map(|own| own.count).collect::<Vec<_>>(), [n_times]);
        let told = desk.findings.exceptions().get(&exception.id).await.unwrap().held;
        assert_eq!((told.findings, told.times), (1, n_times));
        events.push((3, event("PC1", at.plus_days(1))));
    }
}
