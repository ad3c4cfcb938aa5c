use sakimori_words::{Chance, Clock, Instant};

use crate::attack::osaka;
use crate::{SeededChance, StepClock, ordinary_day};

#[test]
fn the_same_seed_gives_the_same_day_in_order_of_time() {
    let day = ordinary_day(7, 500);
    assert_eq!(day.len(), 500);
    assert_eq!(day, ordinary_day(7, 500));
    assert_ne!(day, ordinary_day(8, 500));
    assert!(day.is_sorted_by_key(|line| line.at));
    assert_eq!(day[0].at.to_string().get(..10), Some("2026-11-20"));
}

#[test]
fn the_attack_takes_less_than_two_hours_and_hides_among_ordinary_records() {
    let start = Instant::parse("2026-11-20T02:00:00+09:00").unwrap();
    let lines = osaka(start, "Osaka General");
    assert!(lines.is_sorted_by_key(|line| line.at));
    assert!(lines.last().unwrap().at < start.plus_seconds(7_200));
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    assert!(lines.iter().any(|line| text(&line.bytes).contains("fs01.osakageneral.example")));
    assert!(lines.iter().filter(|line| text(&line.bytes).contains("record_view")).count() > 20);
}

#[test]
fn a_hospital_with_a_japanese_name_has_machines_with_plain_names() {
    let lines = osaka(Instant::default(), "大阪の病院");
    assert!(
        lines
            .iter()
            .any(|line| String::from_utf8_lossy(&line.bytes).contains("dc01.hospital.example"))
    );
}

#[test]
fn a_step_clock_moves_only_when_told() {
    let clock = StepClock::new(Instant::default());
    clock.step_seconds(60);
    assert_eq!(clock.now(), Instant::default().plus_seconds(60));
}

#[test]
fn seeded_chance_fills_every_byte() {
    let mut bytes = [0_u8; 33];
    SeededChance::new(1).fill(&mut bytes);
    assert!(bytes.iter().filter(|byte| **byte == 0).count() < 4);
}
