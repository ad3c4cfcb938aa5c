use std::collections::BTreeSet;

use sakimori_lake::{Lake, LakeSettings, RetentionDays, SigningKey, open_catalogue, open_store};
use sakimori_testkit::StepClock;
use sakimori_watch::retro::{Found, IndicatorList};
use sakimori_words::{Clock, Event};
use tempfile::TempDir;

use super::*;

const START: Instant = Instant::from_micros(1_793_458_800_000_000);
const SOUGHT: &str = "203.0.113.7";
const EVENTS_A_DAY: u64 = 40;
const DAYS: u64 = 12;

/// Twelve days of events in two classes, each day sealed but the last.
struct Log {
    lake: Lake,
    clock: Arc<StepClock>,
    _folder: TempDir,
}

impl Log {
    async fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(StepClock::new(START)));
        let dir = folder.path().join("lake");
        let settings = LakeSettings {
            catalogue: open_catalogue(&dir, "").unwrap(),
            segments: open_store(dir.to_str().unwrap(), &[]).unwrap(),
            dir,
            retention: RetentionDays::default(),
            seal_after_bytes: 1 << 20,
            seal_after_seconds: 60,
            signer: SigningKey::from_bytes(&[7; 32]),
            seen_up_to: 0,
            origin: "test".to_owned(),
        };
        let own: Arc<dyn Clock> = Arc::<StepClock>::clone(&clock);
        let log = Self { lake: Lake::open(settings, own).await.unwrap(), clock, _folder: folder };
        for day in 0..DAYS {
            if day > 0 {
                log.lake.seal().await.unwrap();
                log.clock.step_seconds(86_400);
            }
            let numbers = day * EVENTS_A_DAY..(day + 1) * EVENTS_A_DAY;
            let events: Vec<Event> = numbers.map(|n| event(n, log.clock.now())).collect();
            log.lake.append(&events).await.unwrap();
        }
        log
    }

    async fn compact(&self) {
        self.clock.step_seconds(40 * 86_400);
        let before = self.lake.reader().snapshot().await.unwrap().segments.len();
        while self.lake.compact().await.unwrap().is_some() {}
        assert!(self.lake.reader().snapshot().await.unwrap().segments.len() < before);
    }

    fn pass(&self, span: Span, needles: &[String], found: Found, position: Position) -> Pass {
        let list = IndicatorList::read(SOUGHT).indicators;
        let mut back = LookBack::new(Sought::indicators(list).unwrap(), 100, START);
        back.restore(found);
        Pass::new(self.lake.reader(), span, needles, back, position, false)
    }
}

fn event(n: u64, at: Instant) -> Event {
    let address = if is_sought(n) { SOUGHT.to_owned() } else { format!("203.0.113.7{}", n % 10) };
    Event {
        source: format!("syslog/10.0.0.{}", n % 3),
        received_at: at,
        time: at,
        class_uid: if n.is_multiple_of(2) { 4001 } else { 3002 },
        host: format!("pc{n:04}"),
        raw: format!("record {n} from {address}").into_bytes(),
        ..Event::default()
    }
}

fn is_sought(n: u64) -> bool {
    n % 7 == 3
}

fn everything() -> Span {
    Span { after_seq: 0, up_to_seq: u64::MAX, from: BEGIN, until: END }
}

/// To the end; the machines of the hits, each with how many events there are behind it.
async fn to_the_end(pass: &mut Pass) -> Vec<(String, u64)> {
    while pass.step().await.unwrap() == Step::More {}
    let found = pass.with_back(|back| back.found());
    found.hits.into_iter().map(|hit| (hit.finding.host, hit.count)).collect()
}

fn expected(numbers: impl Iterator<Item = u64>) -> BTreeSet<(String, u64)> {
    numbers.filter(|n| is_sought(*n)).map(|n| (format!("pc{n:04}"), 1)).collect()
}

#[tokio::test]
async fn every_event_is_looked_at_once_sealed_or_not_with_a_hint_or_without() {
    let log = Log::new().await;
    for needles in [vec![], vec![SOUGHT.to_owned()]] {
        let mut pass = log.pass(everything(), &needles, Found::default(), Position::default());
        assert_eq!(pass.left().await.unwrap(), DAYS * EVENTS_A_DAY);
        let found = to_the_end(&mut pass).await;
        assert_eq!(
            found.iter().cloned().collect::<BTreeSet<_>>(),
            expected(0..DAYS * EVENTS_A_DAY)
        );
        assert_eq!((pass.position.passed, pass.position.unreadable), (DAYS * EVENTS_A_DAY, 0));
    }
}

#[tokio::test]
async fn a_pass_goes_on_where_it_stopped_though_segments_were_sealed_and_put_together() {
    let log = Log::new().await;
    for n_steps in [1, 4, 21] {
        let mut pass = log.pass(everything(), &[], Found::default(), Position::default());
        for _ in 0..n_steps {
            assert_eq!(pass.step().await.unwrap(), Step::More);
        }
        let kept = serde_json::to_string(&pass.position).unwrap();
        let found = pass.with_back(|back| back.found());
        if n_steps == 21 {
            log.lake.seal().await.unwrap();
            log.compact().await;
        }
        let position = serde_json::from_str(&kept).unwrap();
        let mut pass = log.pass(everything(), &[], found, position);
        let found = to_the_end(&mut pass).await;
        assert_eq!(
            found.iter().cloned().collect::<BTreeSet<_>>(),
            expected(0..DAYS * EVENTS_A_DAY)
        );
    }
}

#[tokio::test]
async fn what_lies_outside_the_span_is_not_looked_at() {
    let log = Log::new().await;
    let days = Span { from: START.plus_days(2), until: START.plus_days(4), ..everything() };
    let mut pass = log.pass(days, &[], Found::default(), Position::default());
    let found = to_the_end(&mut pass).await;
    let of_the_days = 2 * EVENTS_A_DAY..4 * EVENTS_A_DAY;
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected(of_the_days));
    let numbers = Span { after_seq: 100, up_to_seq: 300, ..everything() };
    let mut pass = log.pass(numbers, &[], Found::default(), Position::default());
    let found = to_the_end(&mut pass).await;
    // The log counts from one, the machines from zero.
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected(100..300));
}

#[tokio::test]
async fn a_pass_that_is_stopped_stops_and_keeps_its_place() {
    let log = Log::new().await;
    let mut pass = log.pass(everything(), &[], Found::default(), Position::default());
    pass.step().await.unwrap();
    let before = pass.position.classes.clone();
    pass.gauge().stop.store(true, Ordering::Relaxed);
    assert_eq!(pass.step().await.unwrap(), Step::Stopped);
    assert_eq!(pass.position.classes, before);
}
