use proptest::prelude::*;
use sakimori_words::{Digest, Event, EvidenceRef, Fields, Finding, Instant};

use super::*;
use crate::sources::ocsf::SUCCESS;

/// 2026-10-01 00:00 in Japan, a Thursday.
const START: &str = "2026-10-01T00:00:00+09:00";

fn at(day: i64, seconds: i64) -> Instant {
    Instant::parse(START).unwrap().plus_days(day).plus_seconds(seconds)
}

fn look(behaviour: &mut Behaviour, event: &Event) -> Vec<Finding> {
    let seq = u64::try_from(event.time.as_micros() / SECOND_MICROS).unwrap_or(0);
    behaviour.look(event, &|| EvidenceRef::Event { seq, leaf: Digest::default() })
}

fn event(at: Instant, class_uid: u32, names: [&str; 3], fields: &[(&str, &str)]) -> Event {
    let [product, service, activity] = names.map(str::to_owned);
    Event {
        source: "syslog/10.20.0.30".to_owned(),
        time: at,
        received_at: at,
        product,
        service,
        activity,
        class_uid,
        status: SUCCESS.to_owned(),
        src: fields.iter().copied().collect::<Fields>(),
        ..Event::default()
    }
}

fn logon_of(at: Instant, account: &str, machine: &str, kind: &str, from: &str) -> Event {
    let names = ["windows", "security", "logon"];
    Event {
        user: account.to_owned(),
        host: machine.to_owned(),
        src_ip: from.to_owned(),
        ..event(at, AUTHENTICATION, names, &[("LogonType", kind)])
    }
}

fn renamed(at: Instant, who: &str, path: &str) -> Event {
    Event {
        user: who.to_owned(),
        host: "fs01".to_owned(),
        ..event(at, FILE, ["linux", "samba", "rename"], &[("path", path)])
    }
}

/// A behaviour that has learnt twenty days of somebody's logons, so that it speaks.
fn learnt() -> Behaviour {
    let mut behaviour = Behaviour::new();
    for day in 0..20 {
        assert_eq!(look(&mut behaviour, &logon_of(at(day, 30_000), "sato", "ws001", "2", "")), []);
    }
    behaviour
}

fn burst(behaviour: &mut Behaviour, day: i64, who: &str, n: i64) -> Vec<Finding> {
    let path = |n: i64| format!("/srv/karte/{:02}/scan{n:04}.pdf", n % 7);
    let event = |n: i64| renamed(at(day, 7_200 + n * 50 / n.max(60)), who, &path(n));
    (0..n).flat_map(|n| look(behaviour, &event(n))).collect()
}

#[test]
fn a_person_who_changes_far_more_files_than_ever_is_told_once_a_day() {
    let mut behaviour = learnt();
    let found = burst(&mut behaviour, 20, "sato", 300);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].host.as_str(), found[0].user.as_str()), ("fs01", "sato"));
    assert_eq!(found[0].evidence.len(), EVIDENCE_KEPT_MAX);
    assert!(found[0].reason.ja.contains(".pdf 80"), "{}", found[0].reason.ja);
}

#[test]
fn nothing_is_said_while_it_learns() {
    assert_eq!(burst(&mut Behaviour::new(), 0, "sato", 500), []);
}

#[test]
fn who_always_changes_many_files_is_usual() {
    let mut behaviour = Behaviour::new();
    for day in 0..40 {
        assert_eq!(burst(&mut behaviour, day, "scanbatch", 300), [], "day {day}");
    }
}

#[test]
fn one_file_written_a_thousand_times_is_one_file() {
    let mut behaviour = learnt();
    for n in 0..1_000 {
        assert_eq!(look(&mut behaviour, &renamed(at(20, n / 50), "sato", "/srv/a/b.db")), []);
    }
}

fn goes_round(behaviour: &mut Behaviour, day: i64, account: &str, n: i64) -> Vec<Finding> {
    let event = |n: i64| {
        let machine = format!("srv{n:02}.hospital.example");
        logon_of(at(day, 3_600 + n * 40), account, &machine, "3", "10.30.1.25")
    };
    (0..n).flat_map(|n| look(behaviour, &event(n))).collect()
}

#[test]
fn an_account_that_comes_onto_many_machines_at_once_is_told_with_their_names() {
    let found = goes_round(&mut learnt(), 20, "administrator", 9);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].evidence.len(), 7);
    assert!(found[0].reason.en.contains("srv00, srv01"), "{}", found[0].reason.en);
}

#[test]
fn a_scanner_that_goes_round_every_week_is_usual() {
    let mut behaviour = Behaviour::new();
    for week in 0..6 {
        assert_eq!(goes_round(&mut behaviour, week * 7, "inventory", 60), []);
        for day in 1..7 {
            goes_round(&mut behaviour, week * 7 + day, "sato", 2);
        }
    }
}

fn sends(at: Instant, from: &str, to: &str, sent: u64) -> Event {
    let sent = sent.to_string();
    let names = ["fortigate", "traffic", "close"];
    Event {
        src_ip: from.to_owned(),
        dst_ip: to.to_owned(),
        ..event(at, 4001, names, &[("sentbyte", &sent)])
    }
}

/// A server that goes to its maker ten times a day for so many days.
fn server_speaks(behaviour: &mut Behaviour, days: std::ops::Range<i64>) {
    for (day, n) in days.flat_map(|day| (0..10).map(move |n| (day, n))) {
        let event = sends(at(day, n * 8_000), "10.40.1.10", "198.51.100.9", 2_000_000);
        assert_eq!(look(behaviour, &event), []);
    }
}

#[test]
fn a_server_that_goes_somewhere_new_is_told_once() {
    let mut behaviour = Behaviour::new();
    server_speaks(&mut behaviour, 0..20);
    let new = sends(at(20, 0), "10.40.1.10", "203.0.113.66", 900);
    let found = look(&mut behaviour, &new);
    assert_eq!(found.len(), 1);
    assert!(found[0].reason.en.contains("203.0.113.0/24"), "{}", found[0].reason.en);
    assert_eq!(look(&mut behaviour, &sends(at(20, 9), "10.40.1.10", "203.0.113.67", 900)), []);
}

#[test]
fn a_server_that_never_went_outside_is_judged_by_those_who_come_to_it() {
    let mut behaviour = Behaviour::new();
    for (day, n) in (0..20).flat_map(|day| (0..10).map(move |n| (day, n))) {
        look(&mut behaviour, &sends(at(day, n * 60), "10.20.7.5", "10.40.1.11", 900));
    }
    let found = look(&mut behaviour, &sends(at(20, 0), "10.40.1.11", "203.0.113.66", 900));
    assert_eq!(found.len(), 1);
}

#[test]
fn a_machine_on_which_people_browse_finds_new_places_without_a_word() {
    let mut behaviour = Behaviour::new();
    for (day, n) in (0..60).flat_map(|day| (0..15).map(move |n| (day, n))) {
        let to = format!("198.{}.{}.7", 51 + day, n);
        let event = sends(at(day, 30_000 + n * 60), "10.20.7.5", &to, 20_000);
        assert_eq!(look(&mut behaviour, &event), [], "day {day}");
    }
}

#[test]
fn far_more_data_than_ever_is_told_once_with_the_largest_connections() {
    let mut behaviour = Behaviour::new();
    server_speaks(&mut behaviour, 0..20);
    let sent = |n: i64| sends(at(20, 7_200 + n * 240), "10.40.1.10", "198.51.100.9", 300_000_000);
    let found: Vec<Finding> = (0..8).flat_map(|n| look(&mut behaviour, &sent(n))).collect();
    assert_eq!(found.len(), 1);
    assert!(found[0].reason.en.contains("600.0 MB"), "{}", found[0].reason.en);
    assert_eq!(found[0].evidence.len(), 2);
}

#[test]
fn a_backup_to_outside_every_night_is_usual() {
    let mut behaviour = Behaviour::new();
    for day in 0..40 {
        let sent = 30_000_000_000 + i64::unsigned_abs(day) * 100_000_000;
        let event = sends(at(day, 3_600), "10.20.1.70", "198.51.100.20", sent);
        assert_eq!(look(&mut behaviour, &event), [], "day {day}");
    }
}

fn privileged(at: Instant, account: &str, machine: &str) -> Event {
    let names = ["windows", "security", "special privileges"];
    Event { user: account.to_owned(), host: machine.to_owned(), ..event(at, SESSION, names, &[]) }
}

#[test]
fn an_administrator_on_a_machine_for_the_first_time_is_told_once() {
    let mut behaviour = Behaviour::new();
    for day in 0..20 {
        look(&mut behaviour, &privileged(at(day, 36_000), "adm-tanaka", "fs01"));
        look(&mut behaviour, &logon_of(at(day, 36_000), "sato", "rx01", "3", "10.20.7.9"));
    }
    let found = look(&mut behaviour, &privileged(at(20, 0), "adm-tanaka", "rx01"));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].host.as_str(), found[0].user.as_str()), ("rx01", "adm-tanaka"));
    assert_eq!(look(&mut behaviour, &privileged(at(20, 9), "adm-tanaka", "rx01")), []);
    let new_machine = privileged(at(20, 10), "adm-tanaka", "ws999");
    assert_eq!(look(&mut behaviour, &new_machine), [], "a machine being set up");
}

#[test]
fn an_administrator_who_goes_round_finds_new_machines_as_a_habit() {
    let mut behaviour = Behaviour::new();
    for (day, n) in (0..40).flat_map(|day| (0..40).map(move |n| (day, n))) {
        look(&mut behaviour, &logon_of(at(day, n), "sato", &format!("ws{n:03}"), "3", "10.20.7.9"));
        let visited = format!("ws{day:03}");
        let event = privileged(at(day, 36_000), "helpdesk", &visited);
        assert_eq!(look(&mut behaviour, &event), [], "day {day}");
    }
}

#[test]
fn remote_desktop_at_an_hour_at_which_nobody_ever_works_is_told() {
    let mut behaviour = Behaviour::new();
    for day in 0..30 {
        look(
            &mut behaviour,
            &logon_of(at(day, 10 * 3_600), "maint", "nurse01", "10", "10.212.0.5"),
        );
    }
    let by_day = logon_of(at(30, 15 * 3_600), "maint", "nurse01", "10", "10.212.0.5");
    assert_eq!(look(&mut behaviour, &by_day), []);
    let at_night = logon_of(at(31, 2 * 3_600), "maint", "nurse01", "10", "10.212.0.5");
    let found = look(&mut behaviour, &at_night);
    assert_eq!(found.len(), 1);
    assert!(found[0].reason.ja.starts_with("2 時台に maint が"), "{}", found[0].reason.ja);
}

#[test]
fn machines_on_at_night_though_unused_are_listed_with_their_last_person() {
    let mut behaviour = Behaviour::new();
    for day in 0..20 {
        for machine in ["ws001", "ward01"] {
            look(&mut behaviour, &logon_of(at(day, 36_000), "sato", machine, "2", ""));
            let start = event(at(day, 82_000), 1007, ["windows", "sysmon", "process start"], &[]);
            look(&mut behaviour, &Event { host: machine.to_owned(), ..start });
        }
        look(&mut behaviour, &logon_of(at(day, 80_000), "night-nurse", "ward01", "2", ""));
        look(&mut behaviour, &sends(at(day, 3_700), "10.20.7.77", "10.20.1.5", 80));
    }
    let listed = behaviour.on_though_unused();
    let told: Vec<_> = listed
        .iter()
        .map(|own| (own.machine.as_str(), own.n_nights, own.activities.clone()))
        .collect();
    assert_eq!(
        told,
        [
            ("10.20.7.77", 19, vec![NightActivity::Network]),
            ("ws001", 19, vec![NightActivity::Programs]),
        ]
    );
    assert_eq!(listed[1].last_person, Some((at(19, 36_000), "sato".to_owned())));
    assert_eq!(listed[0].last_person, None);
}

#[test]
fn a_machine_of_which_no_night_is_over_is_not_listed_and_disturbs_nothing() {
    let mut behaviour = Behaviour::new();
    for hour in 0..20 {
        look(&mut behaviour, &sends(at(0, hour * 3_600), "10.20.7.77", "10.20.1.5", 80));
        assert_eq!(behaviour.on_though_unused(), []);
    }
    // By a clock that runs ahead.
    look(&mut behaviour, &sends(at(90, 3_700), "10.20.7.78", "10.20.1.5", 80));
    look(&mut behaviour, &sends(at(1, 3_700), "10.20.7.77", "10.20.1.5", 80));
    assert_eq!(behaviour.on_though_unused(), []);
}

fn hear(behaviour: &mut Behaviour, received_at: Instant, off: i64) -> Vec<Finding> {
    let time = received_at.plus_seconds(off);
    let event = Event {
        source: "syslog/10.20.0.9".to_owned(),
        host: "nas01".to_owned(),
        time,
        received_at,
        ..Event::default()
    };
    behaviour.hear(&event, &|| EvidenceRef::Event { seq: 0, leaf: Digest::default() })
}

#[test]
fn a_clock_that_leaps_and_stays_there_is_told_once() {
    let mut behaviour = Behaviour::new();
    let steady = (0..600).flat_map(|n| hear(&mut behaviour, at(0, n * 30), 1)).count();
    assert_eq!(steady, 0);
    let found: Vec<Finding> =
        (600..700).flat_map(|n| hear(&mut behaviour, at(0, n * 30), -7_200)).collect();
    assert_eq!(found.len(), 1);
    assert!(found[0].reason.en.contains("-7201 s"), "{}", found[0].reason.en);
}

#[test]
fn what_comes_late_after_a_cut_is_no_leap_of_a_clock() {
    let mut behaviour = Behaviour::new();
    for n in 0..600 {
        assert_eq!(hear(&mut behaviour, at(0, n * 30), 1), []);
    }
    // Twelve hours' records come within an hour: each is less late than the one before.
    for n in 0..240 {
        assert_eq!(hear(&mut behaviour, at(1, n * 15), -43_200 + n * 180), []);
    }
}

#[test]
fn a_source_that_says_a_tenth_of_its_quietest_day_is_told_and_a_sunday_is_not() {
    let mut behaviour = Behaviour::new();
    let mut found = Vec::new();
    for day in 0..31 {
        let n = if day == 29 {
            90
        } else if day % 7 < 2 {
            1_200
        } else {
            6_000
        };
        for n_th in 0..n {
            found.extend(hear(&mut behaviour, at(day, n_th * 86_000 / n), 0));
        }
    }
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].summary, "syslog/10.20.0.9: 1200 -> 90");
}

#[test]
fn hostile_names_fill_no_memory() {
    let mut behaviour = Behaviour::new();
    for n in 0..20_000_u32 {
        let [_, b, c, d] = n.to_be_bytes();
        let from = format!("10.{b}.{c}.{d}");
        let names = format!("x{n}");
        look(&mut behaviour, &logon_of(at(0, 0), &names, &names, "10", &from));
        look(&mut behaviour, &sends(at(0, 0), &from, "198.51.100.9", 5_000_000));
        look(&mut behaviour, &renamed(at(0, 0), &names, "/a/b"));
        look(&mut behaviour, &privileged(at(0, 0), &names, &names));
    }
    for kind in behaviour.progress().kinds {
        assert!(kind.n_subjects <= 8_192, "{kind:?}");
        assert!(kind.forgotten > 0 || kind.n_subjects < 20_000, "{kind:?}");
    }
    let kept = serde_json::to_vec(&behaviour.snapshot()).unwrap();
    assert!(kept.len() < 32 << 20, "{}", kept.len());
}

#[test]
fn what_was_learnt_survives_a_restart() {
    let behaviour = learnt();
    let kept = serde_json::to_string(&behaviour.snapshot()).unwrap();
    let mut again = Behaviour::restore(serde_json::from_str(&kept).unwrap());
    assert_eq!(again.progress(), behaviour.progress());
    assert_eq!(burst(&mut again, 20, "sato", 300).len(), 1);
}

#[test]
fn what_another_version_kept_is_learnt_anew() {
    let kept = BehaviourSnapshot { version: VERSION + 1, ..learnt().snapshot() };
    assert_eq!(Behaviour::restore(kept).progress().since, None);
}

#[test]
fn an_event_of_another_time_teaches_nothing_and_is_counted() {
    let mut behaviour = Behaviour::new();
    let old = Event { time: at(-2, 0), ..logon_of(at(0, 0), "sato", "ws001", "2", "") };
    assert_eq!(look(&mut behaviour, &old), []);
    assert_eq!((behaviour.progress().since, behaviour.progress().untimely), (None, 1));
}

#[test]
fn learning_begins_anew_when_the_clock_had_been_ahead() {
    let mut behaviour = learnt();
    look(&mut behaviour, &logon_of(at(30_000, 0), "sato", "ws001", "2", ""));
    look(&mut behaviour, &logon_of(at(21, 0), "sato", "ws001", "2", ""));
    assert_eq!(behaviour.progress().since, Some(at(21, 0)));
}

proptest! {
    #[test]
    fn any_lines_at_any_times_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        fuzz_behaviour(&bytes);
    }

    #[test]
    fn any_events_at_any_times_never_panic(
        events in proptest::collection::vec(
            (any::<i64>(), 0..6_usize, 0..6_usize, "[a-c$]{0,3}", "[0-9a-f.:x]{0,9}"), 0..60)
    ) {
        let mut behaviour = learnt();
        let classes = [AUTHENTICATION, FILE, SMB, 3003, 4001, 1007];
        let names = [
            ["windows", "security", "logon"],
            ["windows", "security", "share file access"],
            ["linux", "samba", "rename"],
            ["linux", "sshd", "logon"],
            ["fortigate", "traffic", "close"],
            ["windows", "security", "special privileges"],
        ];
        for (micros, class, name, word, number) in events {
            let fields = ["LogonType", "AccessMask", "path", "sentbyte", "ObjectName"]
                .map(|name| (name, number.as_str()));
            let when = Instant::from_micros(micros);
            let event = Event {
                user: word.clone(),
                host: word,
                src_ip: number.clone(),
                dst_ip: number.clone(),
                ..event(when, classes[class], names[name], &fields)
            };
            look(&mut behaviour, &event);
            behaviour.hear(&event, &|| EvidenceRef::Event { seq: 0, leaf: Digest::default() });
        }
        let kept = serde_json::to_value(behaviour.snapshot()).unwrap();
        prop_assert!(serde_json::from_value::<BehaviourSnapshot>(kept).is_ok());
    }
}
