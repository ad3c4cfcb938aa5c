//! How long behaviour takes for one event: `cargo run --release --example behaviour_speed -p sakimori-watch`.
//!
//! Two weeks of an ordinary hospital are learnt first, so that what is looked up is there.

use std::io::Write as _;
use std::time::Instant as Stopwatch;

use sakimori_testkit::hospital_day;
use sakimori_watch::Behaviour;
use sakimori_watch::sources::{Context, read_line};
use sakimori_words::{Digest, Event, EvidenceRef, Instant};

/// How often the last day is looked at.
const ROUNDS: u32 = 50;

/// Thursday, 1 October 2026, 00:00 in Japan.
const FIRST_DAY: Instant = Instant::from_micros(1_790_780_400_000_000);

fn main() -> std::io::Result<()> {
    let day = |day: i64| -> Vec<Event> {
        let lines = hospital_day("hospital", 1, FIRST_DAY.plus_days(day), day % 7 > 4);
        let read = |line: &sakimori_testkit::Line| {
            let context = Context { source: line.source.clone(), received_at: line.at };
            read_line(&line.bytes, &context)
        };
        lines.iter().map(read).collect()
    };
    let evidence = || EvidenceRef::Event { seq: 0, leaf: Digest::default() };
    let mut behaviour = Behaviour::new();
    for event in (0..20).flat_map(day) {
        behaviour.look(&event, &evidence);
        behaviour.hear(&event, &evidence);
    }
    let all = day(21);
    let none = all.iter().filter(|event| event.class_uid == 6_005).cloned();
    for (name, events) in [("a record access", none.collect()), ("any event", all)] {
        let events: Vec<Event> = events;
        let begun = Stopwatch::now();
        for _ in 0..ROUNDS {
            for event in &events {
                behaviour.look(event, &evidence);
                behaviour.hear(event, &evidence);
            }
        }
        let looks = u128::from(ROUNDS) * events.len().max(1) as u128;
        let nanoseconds = begun.elapsed().as_nanos() / looks;
        writeln!(std::io::stdout(), "{name}: {nanoseconds} ns ({} events)", events.len())?;
    }
    let kept = serde_json::to_vec(&behaviour.snapshot()).map_err(std::io::Error::other)?;
    writeln!(std::io::stdout(), "kept: {} bytes", kept.len())
}
