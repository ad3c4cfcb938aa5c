use std::sync::Arc;

use proptest::prelude::*;
use sakimori_testkit::{SeededChance, attack};
use sakimori_words::{Digest, Event, EvidenceRef, Instant, Lang, PersonId};

use super::signs;
use super::tracker::{Tale, Tracker};
use super::*;
use crate::By;
use crate::desk::ledger;
use crate::sources::{Context, read_line};

const UP: &str = "tunnel-up";
const DOWN: &str = "tunnel-down";

fn at(text: &str) -> Instant {
    Instant::parse(&format!("2026-11-{text}:00+09:00")).unwrap()
}

fn line() -> Line {
    Line {
        id: "line-1".to_owned(),
        fields: LineFields {
            supplier: "見本給食".to_owned(),
            phone: "06-0000-0000".to_owned(),
            accounts: vec!["Kyushoku-Maint".to_owned()],
            addresses: vec!["203.0.113.0/26".parse().unwrap()],
            machines: vec!["KYUSHOKU01.hospital.example".to_owned()],
            device: "FG-OSAKA-01".to_owned(),
            ..LineFields::default()
        },
        changed_at: Instant::default(),
        changed_by: PersonId::from("p"),
        changed_by_name: "佐藤".to_owned(),
        removed: false,
    }
}

fn plan(from: &str, to: &str) -> Plan {
    let fields = PlanFields {
        line: "line-1".to_owned(),
        from: at(from),
        to: at(to),
        purpose: "献立システムの更新".to_owned(),
        ..PlanFields::default()
    };
    Plan {
        id: format!("plan {from}"),
        fields,
        supplier: "見本給食".to_owned(),
        entered_at: at("01T09:00"),
        entered_by: PersonId::from("p"),
        entered_by_name: "佐藤".to_owned(),
        changes: Vec::new(),
    }
}

fn register(plans: &[Plan]) -> Register {
    Register { lines: vec![line()], plans: plans.to_vec(), own_accounts: Vec::new() }
}

/// A FortiGate's word on a tunnel, read as it would be from the wire.
fn tunnel(action: &str, when: Instant, from: &str, number: u32) -> Event {
    let seconds = when.as_micros() / 1_000_000;
    let line = format!(
        r#"date=2026-11-20 time=00:00:00 devname="FG-OSAKA-01" devid="FG100FTK20000001" eventtime={seconds}000000000 tz="+0900" logid="0101039424" type="event" subtype="vpn" level="information" vd="root" action="{action}" tunneltype="ssl-tunnel" tunnelid={number} remip={from} tunnelip=10.212.134.200 user="kyushoku-maint" group="vendor-vpn" duration=600 msg="SSL tunnel""#
    );
    read(&line, when)
}

fn read(line: &str, when: Instant) -> Event {
    let context = Context { source: "syslog/10.20.0.1".to_owned(), received_at: when };
    read_line(line.as_bytes(), &context)
}

fn windows(service: &str, id: i64, host: &str, when: Instant, pairs: &[(&str, &str)]) -> Event {
    let mut event = Event {
        source: "windows".to_owned(),
        product: "windows".to_owned(),
        service: service.to_owned(),
        host: host.to_owned(),
        received_at: when,
        time: when,
        user: pairs
            .iter()
            .find(|(name, _)| *name == "TargetUserName")
            .map(|(_, user)| (*user).to_owned())
            .unwrap_or_default(),
        ..Event::default()
    };
    event.src.push("EventID", id);
    pairs.iter().for_each(|(name, text)| event.src.push(name, *text));
    event
}

fn rdp(host: &str, from: &str, when: Instant) -> Event {
    let pairs = [
        ("TargetUserName", "HOSPITAL\\kyushoku"),
        ("LogonType", "10"),
        ("IpAddress", from),
        ("TargetLogonId", "0x1f3"),
    ];
    windows("security", 4624, host, when, &pairs)
}

fn evidence(event: &Event) -> EvidenceRef {
    EvidenceRef::Event { seq: 1, leaf: Digest::of(&event.raw) }
}

/// Shows the events to a tracker with a minute's tick between them, and tells what it told.
fn watch(tracker: &mut Tracker, register: &Register, events: &[Event]) -> Vec<Tale> {
    let mut tales = Vec::new();
    for event in events {
        tales.extend(tracker.tick(register, event.received_at));
        tales.extend(tracker.note(event, &|| evidence(event), register).tales);
    }
    tales
}

fn told(register: &Register, events: &[Event], now: &str) -> Vec<Deviation> {
    let mut tracker = Tracker::default();
    let mut tales = watch(&mut tracker, register, events);
    tales.extend(tracker.tick(register, at(now)));
    tales.into_iter().map(|(_, deviation)| deviation).collect()
}

#[test]
fn an_announced_session_is_no_finding_and_one_without_a_plan_is_exactly_one() {
    let events = [
        tunnel(UP, at("20T10:05"), "203.0.113.7", 1),
        rdp("kyushoku01", "10.212.134.200", at("20T10:06")),
        tunnel(DOWN, at("20T11:00"), "203.0.113.7", 1),
    ];
    assert_eq!(told(&register(&[plan("20T10:00", "20T12:00")]), &events, "20T18:00"), []);
    assert_eq!(told(&register(&[]), &events, "20T18:00"), [Deviation::Unplanned]);
    let later = [plan("20T13:00", "20T15:00")];
    assert_eq!(told(&register(&later), &events, "20T18:00"), [Deviation::Unplanned]);
}

#[test]
fn a_session_that_overruns_is_told_while_it_goes_on_and_not_when_the_plan_was_extended() {
    let events = [tunnel(UP, at("20T10:05"), "203.0.113.7", 1)];
    let mut extended = plan("20T10:00", "20T12:00");
    let on_time = register(std::slice::from_ref(&extended));
    assert_eq!(told(&on_time, &events, "20T12:14"), []);
    assert_eq!(told(&on_time, &events, "20T12:16"), [Deviation::Overrun]);
    extended.changes.push(PlanChange {
        at: at("20T11:50"),
        by: PersonId::from("p"),
        by_name: "佐藤".to_owned(),
        reason: "更新に時間がかかる".to_owned(),
        change: Change::Extended { to: at("20T14:00") },
    });
    assert_eq!(told(&register(&[extended]), &events, "20T14:10"), []);
    // A plan that follows without a gap holds as well.
    let two = [plan("20T10:00", "20T12:00"), plan("20T12:00", "20T13:00")];
    assert_eq!(told(&register(&two), &events, "20T13:10"), []);
}

#[test]
fn a_cancelled_plan_holds_no_more() {
    let mut cancelled = plan("20T10:00", "20T12:00");
    cancelled.changes.push(PlanChange {
        at: at("19T18:00"),
        by: PersonId::from("p"),
        by_name: "佐藤".to_owned(),
        reason: "業者の都合".to_owned(),
        change: Change::Cancelled,
    });
    let events = [tunnel(UP, at("20T10:05"), "203.0.113.7", 1)];
    assert_eq!(told(&register(&[cancelled]), &events, "20T10:10"), [Deviation::Unplanned]);
}

#[test]
fn another_machine_and_another_address_are_told_once_each() {
    let events = [
        tunnel(UP, at("20T10:05"), "198.51.100.9", 1),
        rdp("fs01", "10.212.134.200", at("20T10:06")),
        rdp("fs01", "10.212.134.200", at("20T10:07")),
        rdp("kyushoku01", "10.212.134.200", at("20T10:08")),
    ];
    let expected =
        [Deviation::AddressOutside, Deviation::MachineOutside { machine: "fs01".to_owned() }];
    assert_eq!(told(&register(&[plan("20T10:00", "20T12:00")]), &events, "20T10:30"), expected);
}

#[test]
fn a_failed_logon_is_no_session() {
    let failed = tunnel("ssl-login-fail", at("20T10:05"), "203.0.113.7", 1);
    assert_eq!(told(&register(&[]), &[failed], "20T10:30"), []);
}

#[test]
fn records_out_of_order_make_the_same_session() {
    let up = tunnel(UP, at("20T10:05"), "203.0.113.7", 1);
    let logon = rdp("fs01", "10.212.134.200", at("20T10:06"));
    let mut down = tunnel(DOWN, at("20T10:08"), "203.0.113.7", 1);
    down.received_at = at("20T10:06");
    down.time = at("20T10:06");
    let register = register(&[]);
    let mut tracker = Tracker::default();
    watch(&mut tracker, &register, &[logon, down, up]);
    let [session] = &tracker.take_changed()[..] else { panic!("one session") };
    assert_eq!(session.machines[0].name, "fs01");
    assert_eq!(session.ended.map(|ended| ended.how), Some(HowEnded::Recorded));
}

#[test]
fn a_session_of_which_nothing_is_heard_is_closed_and_one_that_is_heard_of_is_not() {
    let register = register(&[]);
    let mut tracker = Tracker::default();
    watch(&mut tracker, &register, &[tunnel(UP, at("20T10:05"), "203.0.113.7", 1)]);
    tracker.tick(&register, at("21T10:04"));
    assert!(tracker.take_changed()[0].ended.is_none());
    tracker.tick(&register, at("21T10:06"));
    let ended = tracker.take_changed()[0].ended.unwrap();
    assert_eq!((ended.how, ended.at), (HowEnded::Unknown, at("20T10:05")));
    // A FortiGate repeats that the tunnel stands; a session that began before we watched is known by it.
    watch(&mut tracker, &register, &[tunnel("tunnel-stats", at("21T11:00"), "203.0.113.7", 9)]);
    let session = tracker.take_changed().remove(0);
    assert_eq!((session.begun_at, session.ended), (at("21T10:50"), None));
}

#[test]
fn a_caller_of_a_router_is_known_by_the_name_it_gave() {
    let when = at("20T10:05");
    let router = |said: &str| {
        let mut event = read(&format!("<134>{said}"), when);
        event.host = "rtx01".to_owned();
        event
    };
    let events = [
        router("[L2TP] TUNNEL[11] connected from 203.0.113.7"),
        router("PP[ANONYMOUS01] Call detected from user 'kyushoku-maint'"),
        router("PP[ANONYMOUS01] PPP/IPCP up  (Local: 192.0.2.1, Remote: 192.0.2.200)"),
    ];
    let mut tracker = Tracker::default();
    let tales = watch(&mut tracker, &register(&[]), &events);
    let [(session, Deviation::Unplanned)] = &tales[..] else { panic!("{tales:?}") };
    assert_eq!(session.account, "kyushoku-maint");
    assert_eq!(session.from, Some([203, 0, 113, 7].into()));
    assert_eq!(session.inside, Some([192, 0, 2, 200].into()));
    watch(&mut tracker, &register(&[]), &[router("PP[ANONYMOUS01] Disconnected, cause [LCP]")]);
    assert!(tracker.take_changed()[0].ended.is_some());
}

#[test]
fn remote_desktop_and_ssh_without_a_tunnel_are_sessions_of_their_own() {
    let mut register = register(&[]);
    register.lines[0].fields.accounts.push("kyushoku".to_owned());
    let logoff = [("TargetUserName", "kyushoku"), ("TargetLogonId", "0x1f3"), ("LogonType", "10")];
    let events = [
        rdp("kyushoku01", "203.0.113.7", at("20T10:00")),
        windows("security", 4634, "kyushoku01", at("20T10:30"), &logoff),
        read(
            "<86>Nov 20 11:00:00 his01 sshd[7]: Accepted password for kyushoku from 203.0.113.7 port 5022 ssh2",
            at("20T11:00"),
        ),
        read(
            "<86>Nov 20 11:05:00 his01 sshd[7]: Disconnected from user kyushoku 203.0.113.7 port 5022",
            at("20T11:05"),
        ),
    ];
    let mut tracker = Tracker::default();
    let tales = watch(&mut tracker, &register, &events);
    assert_eq!(tales.len(), 2, "{tales:?}");
    let sessions = tracker.take_changed();
    assert!(sessions.iter().all(|session| session.ended.is_some()), "{sessions:?}");
    assert_eq!(sessions.iter().map(|own| own.road).collect::<Vec<_>>(), [Road::Rdp, Road::Ssh]);
}

#[test]
fn the_terminal_services_log_tells_sessions_too() {
    let mut register = register(&[]);
    register.lines[0].fields.accounts.push("kyushoku".to_owned());
    let local = "terminalservices-localsessionmanager";
    let came = [("User", "HOSPITAL\\kyushoku"), ("SessionID", "3"), ("Address", "203.0.113.7")];
    let events = [
        windows(local, 21, "KYUSHOKU01", at("20T10:00"), &came),
        windows(local, 24, "KYUSHOKU01", at("20T10:20"), &came),
        windows(local, 21, "KYUSHOKU01", at("20T10:40"), &[("User", "x"), ("Address", "LOCAL")]),
    ];
    let mut tracker = Tracker::default();
    assert_eq!(watch(&mut tracker, &register, &events).len(), 1);
    assert_eq!(tracker.take_changed()[0].ended.map(|ended| ended.at), Some(at("20T10:20")));
}

#[test]
fn an_account_like_a_suppliers_that_no_line_knows_is_told_and_proposed() {
    let mut register = Register::default();
    let events = [tunnel(UP, at("20T10:05"), "203.0.113.7", 1)];
    assert_eq!(told(&register, &events, "20T10:10"), [Deviation::NoLine]);
    register.own_accounts.push("kyushoku-maint".to_owned());
    assert_eq!(told(&register, &events, "20T10:10"), []);
    // Made a line while the session goes on: it is the line's, and not told a second time.
    let mut tracker = Tracker::default();
    assert_eq!(watch(&mut tracker, &Register::default(), &events).len(), 1);
    assert_eq!(tracker.tick(&self::register(&[]), at("20T10:20")), []);
    assert_eq!(tracker.take_changed()[0].supplier, "見本給食");
}

#[test]
fn after_a_restart_a_session_goes_on_and_nothing_is_told_twice() {
    let register = register(&[]);
    let up = tunnel(UP, at("20T10:05"), "203.0.113.7", 1);
    let mut tracker = Tracker::default();
    assert_eq!(watch(&mut tracker, &register, std::slice::from_ref(&up)).len(), 1);
    let kept = serde_json::to_value(&tracker).unwrap();
    let mut tracker: Tracker = serde_json::from_value(kept).unwrap();
    assert_eq!(watch(&mut tracker, &register, &[up]), []);
    watch(&mut tracker, &register, &[tunnel(DOWN, at("20T10:30"), "203.0.113.7", 1)]);
    assert_eq!(tracker.take_changed()[0].ended.map(|ended| ended.at), Some(at("20T10:30")));
}

#[test]
fn whatever_comes_memory_stays_bounded() {
    let mut register = register(&[]);
    register.lines[0].fields.accounts.push("kyushoku".to_owned());
    let mut tracker = Tracker::default();
    for n in 0..1_300_u32 {
        let mut up = tunnel(UP, at("20T10:05"), "203.0.113.7", n);
        up.src.push("x", "y");
        up.host = format!("fw{n}");
        let logon = rdp(&format!("host{n}"), "10.9.9.9", at("20T10:06"));
        tracker.note(&up, &|| evidence(&up), &Register::default());
        tracker.note(&logon, &|| evidence(&logon), &Register::default());
    }
    let bytes = serde_json::to_vec(&tracker).unwrap().len();
    assert!(bytes < 2_000_000, "{bytes}");
}

/// The Osaka case through our own readers, with the register that a hospital would have.
fn osaka(register: &Register) -> Vec<Tale> {
    let start = at("20T02:00");
    let mut tracker = Tracker::default();
    let mut tales = Vec::new();
    for line in attack::osaka(start, "midori") {
        let context = Context { source: line.source, received_at: line.at };
        let event = read_line(&line.bytes, &context);
        tales.extend(tracker.note(&event, &|| evidence(&event), register).tales);
    }
    tales.extend(tracker.tick(register, start.plus_seconds(3 * 3_600)));
    tales
}

#[test]
fn the_osaka_attack_enters_without_a_plan() {
    let mut line = line();
    line.fields.addresses.clear();
    let mut register = Register { lines: vec![line], ..Register::default() };
    let tales = osaka(&register);
    let unplanned: Vec<_> = tales
        .iter()
        .filter(|(session, deviation)| {
            *deviation == Deviation::Unplanned && session.account == "kyushoku-maint"
        })
        .collect();
    assert_eq!(unplanned.len(), 1, "{tales:?}");
    let finding = wording::finding(unplanned[0], &register, at("20T02:05"));
    insta::assert_json_snapshot!("unplanned", finding);

    // On a night for which work was announced, it is the machine that tells.
    register.plans = vec![plan("20T01:00", "20T06:00")];
    register.lines[0].fields.machines = vec!["nutrition02".to_owned()];
    let deviations: Vec<_> = osaka(&register)
        .into_iter()
        .filter(|(session, _)| session.account == "kyushoku-maint")
        .map(|(_, deviation)| deviation)
        .collect();
    assert_eq!(deviations, [Deviation::MachineOutside { machine: "kyushoku01".to_owned() }]);
}

#[test]
fn a_network_holds_its_addresses() {
    let network: Network = "203.0.113.0/26".parse().unwrap();
    let holds = |text: &str| network.holds(text.parse().unwrap());
    assert!(holds("203.0.113.63") && holds("::ffff:203.0.113.1"));
    assert!(!holds("203.0.113.64") && !holds("2001:db8::1"));
    assert!("0.0.0.0/0".parse::<Network>().unwrap().holds([198, 51, 100, 1].into()));
    assert!("2001:db8::/32".parse::<Network>().unwrap().holds("2001:db8::7".parse().unwrap()));
    for wrong in ["", "203.0.113.0/33", "203.0.113", "fs01", "::/129", "1.2.3.4/x"] {
        assert!(wrong.parse::<Network>().is_err(), "{wrong}");
    }
}

#[test]
fn a_table_of_plans_is_read_and_every_wrong_row_is_named() {
    let lines = [line()];
    let good = "作業予定表,,\n業者,開始,終了,目的,対象機器,依頼者,立会者\n見本給食,2026/11/25 9:00,2026/11/25 12:00,更新,kyushoku01、fs01,医事課 佐藤,情報 田中\n見本給食,令和8年11月26日 9:00,2026-11-26 10:30,\"点検, 清掃\",,,\n";
    let plans = read_plans(good.as_bytes(), &lines).unwrap();
    assert_eq!(plans.len(), 2);
    assert_eq!(plans[0].plan.from, at("25T09:00"));
    assert_eq!(plans[0].plan.machines, ["kyushoku01", "fs01"]);
    assert_eq!((plans[1].line, plans[1].plan.from), (4, at("26T09:00")));
    let wrong = "supplier,from,to\n見本給食,tomorrow,2026/11/25 12:00\n別会社,2026/11/25 9:00,2026/11/25 12:00\n見本給食,2026/11/25 12:00,2026/11/25 9:00\n";
    let Err(PlansFileError::Rows(rows)) = read_plans(wrong.as_bytes(), &lines) else { panic!() };
    let said: Vec<String> =
        rows.iter().map(|row| format!("{}: {} / {}", row.line, row.why.ja, row.why.en)).collect();
    insta::assert_snapshot!("wrong_rows", said.join("\n"));
    assert_eq!(read_plans(b"a,b\n", &lines), Err(PlansFileError::NoHeading));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_session_within_its_plan_is_never_a_finding_and_one_outside_is_exactly_one(
        begin in 0_i64..600, minutes in 1_i64..600, plan_begin in 0_i64..600, plan_minutes in 1_i64..600,
        logons in proptest::collection::vec(0_i64..600, 0..5), tick in 0_i64..2_000, strange in any::<bool>(),
    ) {
        let minute = |minutes: i64| at("20T00:00").plus_seconds(minutes * 60);
        let mut plan = plan("20T00:00", "20T01:00");
        (plan.fields.from, plan.fields.to) = (minute(plan_begin), minute(plan_begin + plan_minutes));
        let (from, to) = (plan.fields.from, plan.fields.to);
        let (begun, ended) = (minute(begin), minute(begin + minutes));
        let within = from <= begun && ended <= to;
        let outside = begun > to || begun < from.plus_seconds(-EARLY_SECONDS);
        prop_assume!(within || outside);
        let source = if strange && outside { "198.51.100.9" } else { "203.0.113.7" };
        let machine = if strange && outside { "fs01" } else { "kyushoku01" };
        let mut events = vec![tunnel(UP, begun, source, 1), tunnel(DOWN, ended, source, 1)];
        events.extend(logons.iter().map(|logon| {
            rdp(machine, "10.212.134.200", minute(begin + logon % minutes))
        }));
        events.sort_by_key(|event| (event.time, event.src.text("action").is_some_and(|own| own == DOWN)));
        let register = register(&[plan]);
        let mut tracker = Tracker::default();
        let mut tales = watch(&mut tracker, &register, &events);
        tales.extend(tracker.tick(&register, ended.plus_seconds(tick * 60)));
        let told: Vec<Deviation> = tales.into_iter().map(|(_, deviation)| deviation).collect();
        prop_assert_eq!(told, if within { vec![] } else { vec![Deviation::Unplanned] });
    }

    #[test]
    fn any_bytes_are_no_reason_to_fall_over(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        fuzz_plans_file(&bytes);
        let mut calls = signs::Calls::default();
        let event = read(&String::from_utf8_lossy(&bytes), at("20T10:00"));
        let _ = signs::read(&event, &mut calls);
    }
}

async fn desk() -> (tempfile::TempDir, Arc<sakimori_testkit::StepClock>, MaintenanceDesk) {
    let (folder, store, clock) = ledger().await;
    let desk = MaintenanceDesk::new(store, Arc::clone(&clock) as _, Arc::new(SeededChance::new(7)));
    (folder, clock, desk)
}

#[tokio::test]
async fn lines_plans_and_sessions_are_kept_with_who_and_when() {
    let (_folder, clock, desk) = desk().await;
    let person = PersonId::from("p1");
    let by = By { person: &person, name: "佐藤" };
    let line = desk.add_line(line().fields, by).await.unwrap();
    // The ledger's clock stands at two in the night of the 20th.
    let event = tunnel(UP, at("20T02:00"), "203.0.113.7", 1);
    let noted = desk.note(&event, &|| evidence(&event));
    assert!(noted.spoken_for);
    assert_eq!(noted.findings[0].rule_id, "sakimori-maintenance-unplanned");
    desk.keep().await.unwrap();
    // Entered afterwards: the finding stays, the session says so.
    let fields = PlanFields { line: line.id.clone(), ..plan("20T01:00", "20T03:00").fields };
    let late = Instant::parse("2026-11-20T02:10:00+09:00").unwrap();
    clock.set(late);
    let plan = desk.add_plan(fields.clone(), by).await.unwrap();
    let session = desk.sessions(None, 10).await.unwrap().remove(0);
    assert!(session.was_told(&Deviation::Unplanned));
    assert_eq!(Standing::of(&session, &desk.plans().await.unwrap(), late), Standing::Afterwards);
    let csv = month_csv(&[session], &desk.plans().await.unwrap(), late, Lang::Ja);
    insta::assert_snapshot!("month", csv);
    let extended = desk.extend(&plan.id, at("20T05:00"), "長引く", by).await.unwrap();
    assert_eq!((extended.until(), extended.fields.to), (at("20T05:00"), at("20T03:00")));
    assert!(desk.extend(&plan.id, at("20T04:00"), "短縮", by).await.is_err());
    assert!(desk.cancel(&plan.id, " ", by).await.is_err());
    assert!(desk.cancel(&plan.id, "中止", by).await.unwrap().cancelled());
    assert!(desk.add_plan(PlanFields { line: "x".to_owned(), ..fields }, by).await.is_err());
    assert!(
        desk.add_line(LineFields { supplier: "x".to_owned(), ..LineFields::default() }, by)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn two_people_who_change_a_plan_at_once_do_not_undo_each_other() {
    let (_folder, _clock, desk) = desk().await;
    let person = PersonId::from("p1");
    let by = By { person: &person, name: "佐藤" };
    let line = desk.add_line(line().fields, by).await.unwrap();
    let fields = PlanFields { line: line.id, ..plan("20T01:00", "20T03:00").fields };
    let plan = desk.add_plan(fields, by).await.unwrap();
    let (extended, cancelled) = tokio::join!(
        desk.extend(&plan.id, at("20T05:00"), "長引く", by),
        desk.cancel(&plan.id, "中止", by)
    );
    let kept = desk.plans().await.unwrap().remove(0).changes;
    let n_done = usize::from(extended.is_ok()) + usize::from(cancelled.is_ok());
    assert_eq!(kept.len(), n_done, "{kept:?}");
    assert!(n_done >= 1);
}

#[tokio::test]
async fn a_file_of_plans_is_entered_once_or_not_at_all() {
    let (_folder, _clock, desk) = desk().await;
    let person = PersonId::from("p1");
    let by = By { person: &person, name: "佐藤" };
    desk.add_line(line().fields, by).await.unwrap();
    let file = "業者,開始,終了,目的\n見本給食,2026/11/25 9:00,2026/11/25 12:00,更新\n見本給食,2026/11/26 9:00,2026/11/26 12:00,更新\n";
    let import = desk.import(file.as_bytes(), by).await.unwrap();
    assert_eq!(import, Import { entered: 2, known: 0 });
    let again = desk.import(file.as_bytes(), by).await.unwrap();
    assert_eq!(again, Import { entered: 0, known: 2 });
    let wrong = "業者,開始,終了,目的\n見本給食,2026/11/27 9:00,2026/11/27 12:00,更新\nだれか,2026/11/26 9:00,2026/11/26 12:00,更新\n";
    assert!(desk.import(wrong.as_bytes(), by).await.is_err());
    assert_eq!(desk.plans().await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_account_seen_on_the_vpn_is_proposed_until_somebody_says_whose_it_is() {
    let (_folder, _clock, desk) = desk().await;
    let person = PersonId::from("p1");
    let by = By { person: &person, name: "佐藤" };
    let event = tunnel(UP, at("20T02:00"), "203.0.113.7", 1);
    desk.note(&event, &|| evidence(&event));
    let [proposal] = &desk.proposals()[..] else { panic!() };
    assert!(proposal.like_supplier && proposal.seen.account == "kyushoku-maint");
    desk.disown("kyushoku-maint", by).await.unwrap();
    assert_eq!(desk.proposals(), []);
}
