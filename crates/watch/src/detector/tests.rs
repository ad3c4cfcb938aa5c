use sakimori_words::{Digest, Event, EvidenceRef, Instant, Involved, Level, Text};

use super::{Advice, Detector, RuleLists, RuleText};

const RULE: &str = "
title: Shadow copies deleted
id: 11111111-1111-4111-8111-111111111111
author: A. Author
level: high
tags: [attack.t1490]
logsource: {product: windows, category: process_creation}
detection:
  selection:
    Image|endswith: '\\vssadmin.exe'
    CommandLine|contains|all: [delete, shadows]
  condition: selection
";

const LOGONS: &str = "
title: Failed logon
id: 22222222-2222-4222-8222-222222222222
name: failed_logon
logsource: {product: windows, service: security}
detection:
  selection: {EventID: 4625}
  condition: selection
---
title: Many failed logons
id: 33333333-3333-4333-8333-333333333333
level: critical
correlation:
  type: event_count
  rules: [failed_logon]
  group-by: [IpAddress]
  timespan: 5m
  condition: {gte: 3}
";

fn rule(yaml: &str) -> RuleText {
    RuleText { name: "test.yml".to_owned(), yaml: yaml.to_owned(), ..RuleText::default() }
}

fn event(service: &str, fields: &[(&str, &str)], seconds: i64) -> Event {
    let at = Instant::default().plus_seconds(seconds);
    Event {
        source: "test".to_owned(),
        product: "windows".to_owned(),
        service: service.to_owned(),
        host: "DC01".to_owned(),
        message: "one line".to_owned(),
        received_at: at,
        time: at,
        src: fields.iter().map(|(name, text)| (name, *text)).collect(),
        ..Event::default()
    }
}

fn deletion() -> Event {
    let command = "vssadmin.exe Delete Shadows /all";
    event("sysmon", &[("EventID", "1"), ("Image", "C:\\vssadmin.exe"), ("CommandLine", command)], 0)
}

fn evidence() -> EvidenceRef {
    EvidenceRef::Event { seq: 7, leaf: Digest::of(b"leaf") }
}

#[test]
fn a_rule_without_its_list_does_not_run_and_with_it_finds_what_is_on_the_list() {
    let yaml = "title: T\nid: 8a1b\nlogsource:\n  product: windows\n  service: security\ndetection:\n  s:\n    EventID: 4624\n    WorkstationName|expand: '%Workstations%'\n  condition: s\n";
    let rule = RuleText { name: "own.yml".into(), yaml: yaml.into(), ..RuleText::default() };
    let logon =
        |machine| event("security", &[("EventID", "4624"), ("WorkstationName", machine)], 0);
    let mut without = Detector::new(std::slice::from_ref(&rule));
    assert_eq!(without.report().waiting, [("Workstations".into(), "own.yml".into(), "T".into())]);
    assert_eq!((without.report().loaded, without.report().refused.len()), (0, 0));
    assert!(without.look(&logon("PC-7"), &evidence).is_empty());
    let lists = RuleLists::parse("Workstations = ['PC-*']\nWorkstatoins = ['x']").unwrap();
    let mut with = Detector::with_lists(&[rule], &lists);
    assert_eq!((with.report().waiting.len(), with.report().loaded), (0, 1));
    assert_eq!(with.report().lists_unused, ["Workstatoins"]);
    assert_eq!(with.look(&logon("PC-7"), &evidence).len(), 1);
    assert!(with.look(&logon("SRV-7"), &evidence).is_empty());
}

#[test]
fn a_finding_says_what_when_where_by_whom_and_on_which_evidence() {
    let found = Detector::new(&[rule(RULE)]).look(&deletion(), &evidence);
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(finding.title, Text::new("Shadow copies deleted", "Shadow copies deleted"));
    assert_eq!((finding.level, finding.author.as_str()), (Level::High, "A. Author"));
    assert_eq!((finding.host.as_str(), finding.summary.as_str()), ("DC01", "one line"));
    assert_eq!(finding.evidence, [evidence()]);
    assert!(!finding.next_step.ja.is_empty());
}

#[test]
fn our_own_detections_speak_our_own_words() {
    let advice = Advice {
        title: Text::new("シャドウコピーの削除", "Shadow copies deleted"),
        reason: Text::new("復旧手段を消す操作です。", "It removes a way back."),
        next_step: Text::new("ネットワークから切り離す。", "Take it off the network."),
        clause: "2021-06-28 3(1)".to_owned(),
    };
    let own = RuleText { advice: Some(advice.clone()), ..rule(RULE) };
    let found = Detector::new(std::slice::from_ref(&own)).look(&deletion(), &evidence);
    assert_eq!((&found[0].title, &found[0].clause), (&advice.title, &advice.clause));
    // A local copy of the rule replaces it with its own words.
    let found = Detector::new(&[own, rule(RULE)]).look(&deletion(), &evidence);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].title.ja, "Shadow copies deleted");
}

#[test]
fn a_count_speaks_once_with_the_events_it_counted() {
    let mut detector = Detector::new(&[rule(LOGONS)]);
    let mut found = Vec::new();
    for second in 0_i64..10 {
        let fields = [("EventID", "4625"), ("IpAddress", "10.20.5.5")];
        let evidence =
            || EvidenceRef::Event { seq: second.cast_unsigned(), leaf: Digest::default() };
        found.extend(detector.look(&event("security", &fields, second), &evidence));
    }
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((finding.level, finding.evidence.len()), (Level::Critical, 3));
    assert!(finding.summary.starts_with("3 × IpAddress=10.20.5.5"), "{}", finding.summary);
}

#[test]
fn a_count_goes_on_over_a_restart() {
    let failed =
        |second| event("security", &[("EventID", "4625"), ("IpAddress", "10.20.5.5")], second);
    let mut before = Detector::new(&[rule(LOGONS)]);
    assert_eq!(before.look(&failed(0), &evidence), []);
    assert_eq!(before.look(&failed(1), &evidence), []);
    let mut after = Detector::new(&[rule(LOGONS)]);
    after.restore(before.snapshot());
    assert_eq!(after.look(&failed(2), &evidence).len(), 1);
}

#[test]
fn what_cannot_be_used_is_named_and_the_rest_works() {
    let foreign = RULE.replace("windows", "mainframe").replace("1111-4", "1112-4");
    let broken = RuleText { name: "broken.yml".to_owned(), ..rule("title: [") };
    let mut detector = Detector::new(&[broken, rule(RULE), rule(&foreign)]);
    let report = detector.report().clone();
    assert_eq!(report.loaded, 1);
    assert_eq!(report.not_applicable, [("mainframe/process_creation".to_owned(), 1)]);
    assert_eq!(report.refused.len(), 1);
    assert_eq!(report.refused[0].0, "broken.yml");
    assert_eq!(detector.look(&deletion(), &evidence).len(), 1);
}

#[test]
fn every_refused_rule_is_named_by_its_file_and_costs_only_itself() {
    let no_id =
        "title: Nameless\nlogsource: {product: windows}\ndetection: {s: {A|re: '('}, condition: s}";
    let rules = [
        RuleText { name: "two.yml".to_owned(), ..rule(&format!("{RULE}---\ntitle: bad\n")) },
        RuleText { name: "nameless.yml".to_owned(), ..rule(no_id) },
        RuleText {
            unreadable: Some("no permission".to_owned()),
            name: "x.yml".to_owned(),
            ..rule("")
        },
        RuleText { name: "long.yml".to_owned(), ..rule(&"#".repeat((16 << 20) + 1)) },
        RuleText { name: "copy.yml".to_owned(), ..rule(RULE) },
    ];
    let detector = Detector::new(&rules);
    let report = detector.report();
    let names: Vec<&str> = report.refused.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["two.yml", "x.yml", "long.yml", "nameless.yml"]);
    assert!(report.refused[3].1.starts_with("Nameless: "), "{:?}", report.refused);
    let id = "11111111-1111-4111-8111-111111111111".to_owned();
    assert_eq!(report.replaced, [(id, "two.yml".to_owned(), "copy.yml".to_owned())]);
    assert_eq!(report.loaded, 1);
}

#[test]
fn what_an_attacker_makes_long_does_not_make_a_finding_that_cannot_be_kept() {
    let long = "長".repeat(100_000);
    let event = Event {
        host: long.clone(),
        user: long.clone(),
        source: long.clone(),
        message: long.clone(),
        ..deletion()
    };
    let rule = rule(&RULE.replace("author", &format!("description: {long}\nauthor")));
    let found = Detector::new(&[rule]).look(&event, &evidence);
    let finding = &found[0];
    for short in [&finding.host, &finding.user, &finding.source] {
        assert_eq!(short.chars().count(), 256);
    }
    assert_eq!(finding.summary.chars().count(), 2_000);
    assert!(finding.reason.ja.chars().count() <= 2_000);
}

#[test]
fn rules_for_the_linux_audit_log_find_what_its_file_and_its_syslog_lines_say() {
    let shadow = rule(
        "title: Shadow\nlogsource: {product: linux, service: auditd}\ndetection: {s: {type: EXECVE, a0|endswith: cat, a1: /etc/shadow}, condition: s}",
    );
    let socket = rule(
        "title: Socket\nlogsource: {product: linux, service: auditd}\ndetection: {s: {type: SYSCALL, SYSCALL: socket, a0: 26}, condition: s}",
    );
    let mut detector = Detector::new(&[shadow, socket]);
    let context = crate::sources::Context {
        source: "test".to_owned(),
        received_at: Instant::parse("2026-11-20T09:00:00Z").unwrap(),
    };
    let mut look = |line: &str| {
        let event = crate::sources::read_line(line.as_bytes(), &context);
        detector.look(&event, &evidence).len()
    };
    let execve =
        "type=EXECVE msg=audit(1795108269.120:1): argc=2 a0=2F62696E2F636174 a1=\"/etc/shadow\"";
    assert_eq!(look(execve), 1);
    assert_eq!(look(&format!("<86>Nov 20 02:11:09 hisv01 audispd: node=hisv01 {execve}")), 1);
    assert_eq!(look("type=SYSCALL msg=audit(1.0:2): arch=c000003e syscall=41 a0=26 a1=5"), 1);
    assert_eq!(look("type=SYSCALL msg=audit(1.0:2): arch=c000003e syscall=42 a0=26 a1=5"), 0);
}

#[test]
fn a_count_of_values_names_everybody_it_counted() {
    let spray = LOGONS
        .replace("type: event_count", "type: value_count")
        .replace("condition: {gte: 3}", "condition: {field: TargetUserName, gte: 3}");
    let mut detector = Detector::new(&[rule(&spray)]);
    let mut found = Vec::new();
    for (at, account) in (0..).zip(["Sato", "tanaka", "Sato", "HOSPITAL\\suzuki"]) {
        let fields = [("EventID", "4625"), ("IpAddress", "10.0.0.5"), ("TargetUserName", account)];
        found.extend(detector.look(&event("security", &fields, at), &evidence));
    }
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    let expected = [
        Involved::Machine("dc01".to_owned()),
        Involved::Account("sato".to_owned()),
        Involved::Account("suzuki".to_owned()),
        Involved::Account("tanaka".to_owned()),
        Involved::Address([10, 0, 0, 5].into()),
    ];
    assert_eq!(finding.involved, expected);
    assert!(finding.summary.contains("[sato, tanaka, hospital\\suzuki]"), "{}", finding.summary);
}

fn sensed(line: &str) -> Event {
    let received_at = Instant::parse("2026-11-20T02:20:00+09:00").unwrap();
    let source = "syslog/10.20.0.9".to_owned();
    crate::sources::read_line(line.as_bytes(), &crate::sources::Context { source, received_at })
}

/// A Suricata alert, made up by us.
fn alert(from: &str, to: &str, severity: u8, action: &str) -> Event {
    sensed(&format!(
        r#"{{"timestamp":"2026-11-20T02:11:09.120000+0900","flow_id":7,"event_type":"alert","src_ip":"{from}","src_port":50211,"dest_ip":"{to}","dest_port":3389,"proto":"TCP","host":"ids01","alert":{{"action":"{action}","gid":1,"signature_id":900{severity},"rev":2,"signature":"Sample remote desktop scan","category":"Attempted Information Leak","severity":{severity},"metadata":{{"mitre_tactic_name":["Lateral_Movement"],"mitre_technique_id":["T1021"]}}}}}}"#
    ))
}

#[test]
fn a_sensors_alarm_is_a_finding_at_its_own_level() {
    let mut detector = Detector::new(&[]);
    for (severity, level) in [(1, Level::High), (2, Level::Medium), (3, Level::Low)] {
        let event = alert("10.212.134.200", "10.20.1.10", severity, "allowed");
        let found = detector.look(&event, &evidence);
        let [finding] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((finding.level, finding.host.as_str()), (level, "10.212.134.200"));
        assert!(finding.title.en.ends_with("Sample remote desktop scan"), "{:?}", finding.title);
        assert!(finding.tags.contains(&"attack.lateral_movement".to_owned()));
        assert_eq!(finding.involved.len(), 2, "{:?}", finding.involved);
        assert_eq!(finding.evidence, [evidence()]);
    }
    let blocked = alert("203.0.113.7", "10.20.1.10", 1, "blocked");
    let found = detector.look(&blocked, &evidence);
    assert!(
        found[0].title.ja.ends_with("（遮断済み）") && found[0].reason.ja.contains("止めました")
    );
    assert_eq!(found[0].host, "10.20.1.10", "of two the one inside");
    let notice = sensed(
        r#"{"_path":"notice","_system_name":"sensor01","ts":1795108306.5,"note":"Scan::Port_Scan","msg":"10.20.5.5 scanned many ports of host 10.20.1.10","src":"10.20.5.5","dst":"10.20.1.10","actions":["Notice::ACTION_LOG"]}"#,
    );
    let found = detector.look(&notice, &evidence);
    assert_eq!(
        (found[0].level, found[0].rule_id.as_str()),
        (Level::Medium, "zeek-Scan::Port_Scan")
    );
    let lossy = sensed(
        r#"{"_path":"notice","ts":1795108306.5,"note":"CaptureLoss::Too_Much_Loss","msg":"lost","actions":[]}"#,
    );
    assert_eq!(detector.look(&lossy, &evidence)[0].level, Level::Low);
}

#[test]
fn a_scan_over_the_whole_house_is_not_a_finding_for_every_machine() {
    let mut detector = Detector::new(&[]);
    let mut hosts = std::collections::BTreeSet::new();
    for n in 1..=250 {
        let event = alert("203.0.113.7", &format!("10.20.1.{n}"), 2, "allowed");
        hosts.extend(detector.look(&event, &evidence).into_iter().map(|own| own.host));
    }
    assert_eq!(hosts.len(), 21, "twenty machines, and all others together");
}

#[test]
fn a_rule_that_knows_an_alarm_better_speaks_instead() {
    let own = "
title: Remote desktop scan of the pharmacy
id: 44444444-4444-4444-8444-444444444444
level: critical
logsource: {product: suricata, service: alert}
detection:
  selection: {alert.signature_id: 9002}
  condition: selection
";
    let mut detector = Detector::new(&[rule(own)]);
    let found = detector.look(&alert("10.1.1.1", "10.1.1.2", 2, "allowed"), &evidence);
    assert_eq!(found.iter().map(|own| own.level).collect::<Vec<_>>(), [Level::Critical]);
}

#[test]
fn an_alarm_and_a_logon_of_the_same_address_are_one_story() {
    let logon = "
title: Remote desktop logon from the VPN
id: 55555555-5555-4555-8555-555555555555
level: high
tags: [attack.lateral-movement]
logsource: {product: windows, service: security}
detection:
  selection: {EventID: 4624, LogonType: 10}
  condition: selection
";
    let mut detector = Detector::new(&[rule(logon)]);
    let alarm = alert("10.212.134.200", "10.20.1.10", 2, "allowed");
    let pairs = [("EventID", "4624"), ("LogonType", "10"), ("IpAddress", "10.212.134.200")];
    let mut logon = event("security", &pairs, 0);
    logon.src_ip = "10.212.134.200".to_owned();
    logon.time = alarm.time.plus_seconds(60);
    let other = alert("203.0.113.99", "10.99.1.10", 1, "allowed");
    let found: Vec<_> =
        [alarm, other, logon].iter().flat_map(|event| detector.look(event, &evidence)).collect();
    let leads: Vec<crate::Lead<'_>> = found.iter().map(crate::Lead::from).collect();
    let told: Vec<Vec<usize>> = crate::stories(&leads).into_iter().map(|own| own.leads).collect();
    assert_eq!(told, [vec![0, 2], vec![1]]);
}
