//! Dispatch and index change nothing but the time it takes: the same rules match as when each is asked by itself.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sakimori_words::{Event, Fields, Value};

use super::predicate::Predicate;
use super::values::{Buffers, Names, Values};
use super::{Foresight, Placeholders, RuleSet, Scratch};
use crate::detection::Expr;
use crate::document::{Document, Rule};
use crate::logsource::{Dispatch, Route, add_event_ids, gates};

/// Asks every rule whose log source applies, one by one, without index or dispatch key.
fn matches_slowly(rules: &[Rule], event: &Event) -> Vec<String> {
    let applies = |rule: &&Rule| gates(&rule.log_source).iter().any(|gate| gate.is_open_to(event));
    let holds = |rule: &&Rule| {
        let expr = rule.detection.expression(&Placeholders::new()).unwrap();
        expr_holds(&expr, event)
    };
    let matched = rules.iter().filter(applies).filter(holds);
    matched.map(|rule| rule.header.id.clone()).collect()
}

fn expr_holds(expr: &Expr, event: &Event) -> bool {
    match expr {
        Expr::Test(test) => {
            let mut names = Names::default();
            let predicate = Predicate::new(test, &mut names).unwrap();
            let (mut route, mut ids) = (Route::default(), Vec::new());
            add_event_ids(event, &mut ids);
            Dispatch::default().route(event, &ids, &mut route);
            let mut buffers = Buffers::default();
            predicate.holds(&mut Values::new(event, &names, &route.aliases, &mut buffers))
        }
        Expr::All(parts) => parts.iter().all(|part| expr_holds(part, event)),
        Expr::Any(parts) => parts.iter().any(|part| expr_holds(part, event)),
        Expr::AtLeast(n, parts) => {
            parts.iter().filter(|part| expr_holds(part, event)).count() >= *n
        }
        Expr::Not(part) => !expr_holds(part, event),
    }
}

/// Few values, so that rules and events meet often.
fn value() -> impl Strategy<Value = String> {
    let plain = ["ab", "abc", "cab", "AB", "a*c", "?b", "Ｂｂ", "b", "a\\*b", "*"];
    prop_oneof![
        9 => prop::sample::select(plain.to_vec()).prop_map(|text| format!("'{text}'")),
        1 => prop::sample::select(vec!["null", "''", "1"]).prop_map(str::to_owned),
    ]
}

fn item() -> impl Strategy<Value = String> {
    let id = prop::sample::select(vec!["1", "12", "4688", "'4688'", "0041", "'46*'", "1116"]);
    let ids = prop::collection::vec(id, 1..3);
    let by_id = (prop::sample::select(vec!["", "", "", "|neq", "|gte"]), ids).prop_map(
        |(modifier, ids)| {
            let ids = if modifier == "|gte" { "12".to_owned() } else { ids.join(", ") };
            format!("    EventID{modifier}: [{ids}]\n")
        },
    );
    let modifier = prop::sample::select(vec![
        "",
        "",
        "|contains",
        "|contains",
        "|startswith",
        "|endswith",
        "|contains|all",
        "|cased",
        "|neq",
        "|contains|cased",
        "|startswith|cased",
        "|contains|windash",
        "|re",
        "|re|i",
    ]);
    let field = prop::sample::select(vec!["A", "A", "B", "Image"]);
    let by_text = (field, modifier, prop::collection::vec(value(), 1..4)).prop_map(
        |(field, modifier, mut values)| {
            if modifier.starts_with("|re") {
                values = vec!["'b(cd)?$'".to_owned(), "'^AB'".to_owned()];
            }
            format!("    {field}{modifier}: [{}]\n", values.join(", "))
        },
    );
    prop_oneof![2 => by_id, 3 => by_text]
}

fn condition() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "a",
        "a and b",
        "a or b",
        "a and not b",
        "not a",
        "1 of them",
        "all of them",
        "2 of them",
        "(a or b) and not c",
        "a and (b or not c)",
        "not (a and b) or c",
    ])
    .prop_map(str::to_owned)
}

fn log_source() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "{product: windows, service: security}",
        "{product: windows, service: security}",
        "{product: windows, category: process_creation}",
        "{category: process_creation}",
        "{product: windows}",
        "{service: security}",
        "{product: windows, category: registry_delete}",
        "{category: antivirus}",
    ])
}

/// Log source, the items of three searches, the condition over them, and whether there are keywords too.
type Draft = (&'static str, Vec<Vec<String>>, String, bool);

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let search = prop::collection::vec(item(), 1..3);
    let rule = (log_source(), prop::collection::vec(search, 3), condition(), any::<bool>());
    prop::collection::vec(rule, 1..6)
        .prop_map(|rules| parsed(&rules.into_iter().enumerate().map(rule_text).collect::<Vec<_>>()))
}

fn parsed(texts: &[String]) -> Vec<Rule> {
    let documents = Document::parse(&texts.join("---\n")).unwrap().into_iter();
    let rules = documents.map(|document| match document {
        Document::Rule(rule) => *rule,
        other => panic!("{other:?}"),
    });
    rules.collect()
}

fn rule_text((at, (source, searches, condition, keywords)): (usize, Draft)) -> String {
    let mut text = format!("title: T\nid: '{at}'\nlogsource: {source}\ndetection:\n");
    for (name, items) in ["a", "b", "c"].iter().zip(searches) {
        // A map where its keys differ, as YAML asks; else alternatives.
        let keys: BTreeSet<_> = items.iter().map(|item| item.split(':').next()).collect();
        let items: String = if keys.len() == items.len() {
            items.concat()
        } else {
            items.iter().map(|item| format!("    - {}", item.trim_start())).collect()
        };
        text.push_str(&format!("  {name}:\n{items}"));
    }
    if keywords {
        text.push_str("  d: [abc, 'x?z']\n");
    }
    text.push_str(&format!("  condition: {condition}\n"));
    text
}

fn event() -> impl Strategy<Value = Event> {
    let id = prop_oneof![
        4 => prop::sample::select(vec![1_i64, 12, 41, 1116, 4688]).prop_map(Value::Int),
        1 => prop::sample::select(vec!["4688", " 4688", "0041", "x"]).prop_map(Value::from),
        1 => Just(Value::Float(4688.0)),
    ];
    let text = prop::sample::select(vec![
        "ab", "abc", "cab", "AB", "aXc", "xb", "Ｂｂ", "Ab", "a*b", "", "xabx", "/b",
    ]);
    let value = prop_oneof![
        9 => text.prop_map(Value::from),
        1 => prop::sample::select(vec![Value::Null, Value::Bool(true), Value::Int(1)]),
    ];
    let name = prop::sample::select(vec!["A", "A", "B", "Image", "NewProcessName", "EventType"]);
    let ids = prop::collection::vec((Just("EventID"), id), 0..3);
    let fields = prop::collection::vec((name, value), 0..5);
    let product = prop::sample::select(vec!["windows", "windows", "windows", "linux", ""]);
    let service = prop::sample::select(vec!["security", "security", "sysmon", "windefend", ""]);
    (product, service, ids, fields).prop_map(|(product, service, ids, fields)| {
        let all = ids.into_iter().chain(fields);
        Event {
            product: product.into(),
            service: service.into(),
            src: all.map(|(name, value)| (name.to_owned(), value)).collect::<Fields>(),
            ..Event::default()
        }
    })
}

/// Fails unless the compiled set finds in every event what asking each rule finds.
fn check_same(rules: &[Rule], events: &[Event]) -> Result<(), TestCaseError> {
    let documents = rules.iter().cloned().map(|rule| Document::Rule(Box::new(rule))).collect();
    let (set, problems) = RuleSet::compile(documents, &Placeholders::new());
    prop_assert_eq!(problems, Vec::new());
    let mut scratch = Scratch::new();
    for event in events {
        let fast = set.matches_with(&mut scratch, event);
        let fast: Vec<String> =
            fast.iter().map(|rule| set.header(*rule).unwrap().id.clone()).collect();
        prop_assert_eq!(fast, matches_slowly(rules, event), "{:?}", event);
    }
    Ok(())
}

/// Rules of one search each, all for the Security log.
fn small_rules() -> impl Strategy<Value = Vec<Rule>> {
    let rule = (item(), prop::sample::select(vec!["a", "a", "not a"]));
    prop::collection::vec(rule, 1..4).prop_map(|rules| {
        let texts = rules.into_iter().enumerate().map(|(at, (item, condition))| {
            let source = "{product: windows, service: security}";
            rule_text((at, (source, vec![vec![item]], condition.to_owned(), false)))
        });
        parsed(&texts.collect::<Vec<_>>())
    })
}

fn security(event: Event) -> Event {
    Event { product: "windows".into(), service: "security".into(), ..event }
}

proptest! {
    #[test]
    fn the_index_finds_what_asking_each_rule_finds(
        rules in rules(),
        events in prop::collection::vec(event(), 1..6),
    ) {
        check_same(&rules, &events)?;
    }

    #[test]
    fn no_record_is_left_unread_that_a_rule_matches(
        rules in rules(),
        events in prop::collection::vec(event(), 1..6),
    ) {
        let windows = |event| Event { product: "windows".into(), ..event };
        check_foreseen(&rules, &events.into_iter().map(windows).collect::<Vec<_>>())?;
    }

    #[test]
    fn no_security_record_is_left_unread_that_a_rule_matches(
        rules in small_rules(),
        events in prop::collection::vec(event().prop_map(security), 4..12),
    ) {
        check_foreseen(&rules, &events)?;
    }

    #[test]
    fn the_index_answers_every_single_test_as_asking_does(
        rules in small_rules(),
        events in prop::collection::vec(event().prop_map(security), 4..12),
    ) {
        check_same(&rules, &events)?;
    }
}

/// The event's fields as JSON, in which each name stands once for each of its values.
fn json(event: &Event) -> String {
    let member = |(name, value): (&str, Value<'_>)| {
        format!("{}:{}", serde_json::json!(name), serde_json::json!(value))
    };
    format!("{{{}}}", event.src.iter().map(member).collect::<Vec<_>>().join(","))
}

/// Fails when a record would be left unread that some rule matches.
fn check_foreseen(rules: &[Rule], events: &[Event]) -> Result<(), TestCaseError> {
    let documents = rules.iter().cloned().map(|rule| Document::Rule(Box::new(rule))).collect();
    let (set, _) = RuleSet::compile(documents, &Placeholders::new());
    let (mut scratch, mut folded) = (Scratch::new(), String::new());
    for event in events {
        let matches = !set.matches(event).is_empty();
        prop_assert_eq!(set.may_match(&mut scratch, event), matches, "{:?}", event);
        let mut ids = Vec::new();
        add_event_ids(event, &mut ids);
        let [id] = ids[..] else { continue };
        let may_match = match set.foresee(&event.service, id) {
            Foresight::Never => false,
            Foresight::OnlyWith(words) => words.stand_in(&json(event), &mut folded),
            Foresight::MayMatch => true,
        };
        prop_assert!(may_match || !matches, "{:?}", event);
    }
    Ok(())
}

fn set(text: &str) -> RuleSet {
    let (rules, problems) = RuleSet::compile(Document::parse(text).unwrap(), &Placeholders::new());
    assert_eq!(problems, Vec::new());
    rules
}

fn titles(rules: &RuleSet, event: &Event) -> Vec<String> {
    let title = |rule| rules.header(rule).unwrap().title.clone();
    rules.matches(event).into_iter().map(title).collect()
}

fn windows(service: &str, fields: &[(&str, &str)]) -> Event {
    let fields = fields.iter().map(|(name, text)| ((*name).to_owned(), Value::from(*text)));
    Event {
        product: "windows".into(),
        service: service.into(),
        src: fields.collect(),
        ..Event::default()
    }
}

#[test]
fn a_created_process_is_recognised_in_sysmon_and_in_the_security_log() {
    let rules = set(
        "title: T\nlogsource: {product: windows, category: process_creation}\ndetection: {s: {Image|endswith: '\\vssadmin.exe', CommandLine|contains: delete}, condition: s}",
    );
    let fields = [("EventID", "1"), ("Image", r"C:\W\vssadmin.exe"), ("CommandLine", "x Delete y")];
    assert_eq!(titles(&rules, &windows("sysmon", &fields)), ["T"]);
    assert_eq!(titles(&rules, &windows("security", &fields)), [""; 0], "not a 4688");
    let fields = [
        ("EventID", "4688"),
        ("NewProcessName", r"C:\W\vssadmin.exe"),
        ("CommandLine", "x Delete y"),
    ];
    assert_eq!(titles(&rules, &windows("security", &fields)), ["T"]);
    assert_eq!(titles(&rules, &windows("", &fields)), [""; 0], "nobody said which log it is");
}

#[test]
fn one_event_belongs_to_several_categories() {
    let rule = |category| {
        format!(
            "title: {category}\nlogsource: {{product: windows, category: {category}}}\ndetection: {{s: {{TargetObject|contains: run}}, condition: s}}\n"
        )
    };
    let all = ["registry_event", "registry_add", "registry_delete", "registry_set"];
    let rules = set(&all.map(rule).join("---\n"));
    let event = |id, kind| {
        windows("sysmon", &[("EventID", id), ("EventType", kind), ("TargetObject", r"HKLM\Run")])
    };
    assert_eq!(titles(&rules, &event("13", "SetValue")), ["registry_event", "registry_set"]);
    assert_eq!(titles(&rules, &event("12", "CreateKey")), ["registry_event", "registry_add"]);
    assert_eq!(titles(&rules, &event("12", "DeleteValue")), ["registry_event", "registry_delete"]);
}

#[test]
fn the_channel_of_a_forwarded_record_says_its_service() {
    let rules = set(
        "title: T\nlogsource: {product: windows, service: windefend}\ndetection: {s: {EventID: 5001}, condition: s}",
    );
    let channel = ("Channel", "Microsoft-Windows-Windows Defender/Operational");
    assert_eq!(titles(&rules, &windows("forwarded", &[("EventID", "5001"), channel])), ["T"]);
    assert_eq!(titles(&rules, &windows("forwarded", &[("EventID", "5001")])), [""; 0]);
}

#[test]
fn rules_without_a_known_log_source_are_counted_not_tried() {
    let rules = set(
        "title: T\nlogsource: {product: macos, category: process_creation}\ndetection: {s: {A: 1}, condition: s}",
    );
    assert_eq!(rules.coverage().n_rules, 0);
    assert_eq!(rules.coverage().unmapped[0].n_rules, 1);
    let event = Event { product: "macos".into(), ..windows("", &[("A", "1")]) };
    assert_eq!(titles(&rules, &event), [""; 0]);
}

#[test]
fn one_rule_set_serves_many_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<RuleSet>();
}

#[test]
fn a_rule_that_asks_a_column_is_never_ruled_out_by_the_words_of_the_record() {
    let rule = "title: t\nid: 6f5b2a0e-0000-4000-8000-000000000001\nlogsource:\n  product: windows\n  service: security\n\
                detection:\n  s:\n    EventID: 4624\n    activity: logon\n  condition: s\n";
    let (set, problems) = RuleSet::compile(Document::parse(rule).unwrap(), &Placeholders::new());
    assert!(problems.is_empty());
    assert!(matches!(set.foresee("security", 4624), Foresight::MayMatch));
    assert!(matches!(set.foresee("security", 4625), Foresight::Never));
}
