//! A shared item as a STIX bundle. The same item gives the same bytes; nothing goes in that is not in the item.

use sakimori_words::{Instant, Tlp};
use serde_json::{Value, json};

use super::read::path;
use super::{SPEC_VERSION, timestamp};
use crate::ids::derived;
use crate::intelligence::{Indicator, IndicatorKind, Publisher, SharedIntelligence};
use crate::tlp;

/// How often one indicator was seen. There is no place in it for who saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The indicator.
    pub indicator: Indicator,
    /// How many events matched.
    pub count: u64,
    /// When the first of them was.
    pub first_at: Instant,
    /// When the last of them was.
    pub last_at: Instant,
}

/// The item as a bundle.
#[must_use]
pub fn bundle(item: &SharedIntelligence) -> Value {
    bundled(&derived(&item.id, &["bundle"]), &objects(item))
}

/// The objects of the item in the order in which they refer to each other: what is referred to comes first.
#[must_use]
pub fn objects(item: &SharedIntelligence) -> Vec<Value> {
    let mut objects = vec![tlp::marking_definition(item.tlp), identity(&item.publisher)];
    let techniques = item.techniques.iter().map(|technique| attack_pattern(item, technique));
    let mut parts: Vec<Value> = techniques.collect();
    parts.extend(item.malware_family.iter().map(|family| malware(item, family)));
    parts.extend(item.vulnerabilities.iter().map(|cve| vulnerability(item, cve)));
    let indicators: Vec<Value> = item.indicators.iter().map(|own| indicator(item, own)).collect();
    let relations = relations(item, &parts, &indicators);
    parts.extend(indicators);
    parts.extend(relations);
    let report = report(item, &parts);
    objects.extend(parts);
    objects.push(report);
    if item.withdrawn {
        objects.iter_mut().filter(|object| !is_everybodys(object)).for_each(revoke);
    }
    objects
}

/// The objects of every revision of an item, the oldest first. What a revision no longer has is revoked with it, so that a reader who
/// asks for the newest version of each object has what holds now.
#[must_use]
pub fn history(revisions: &[SharedIntelligence]) -> Vec<Value> {
    let mut all = Vec::new();
    let mut before: Vec<Value> = Vec::new();
    for item in revisions {
        let now = objects(item);
        let dropped = |old: &&Value| !now.iter().any(|own| id_of(own) == id_of(old));
        let gone = before.iter().filter(|old| !is_everybodys(old)).filter(dropped);
        let gone = gone.map(|old| {
            let mut old = old.clone();
            add(&mut old, "modified", json!(timestamp(item.revised_at)));
            revoke(&mut old);
            old
        });
        all.extend(gone.collect::<Vec<_>>());
        all.extend(now.iter().cloned());
        before = now;
    }
    all
}

/// Labels and publishers stay when an item goes.
fn is_everybodys(object: &Value) -> bool {
    matches!(kind_of(object), "marking-definition" | "identity")
}

fn revoke(object: &mut Value) {
    add(object, "revoked", json!(true));
}

/// What was seen of indicators, as a bundle that does not say who saw it: `created_by_ref` and `where_sighted_refs` are absent, and
/// the times are those of the day in Japan, not of the minute.
#[must_use]
pub fn sightings(id: &str, seen: &[Sighting], tlp: Tlp, at: Instant) -> Value {
    let mut objects = vec![tlp::marking_definition(tlp)];
    for sighting in seen {
        let indicator = anonymous_indicator(id, &sighting.indicator, tlp, at);
        let mut object = common(
            "sighting",
            &derived(id, &["sighting", &sighting.indicator.value]),
            None,
            tlp,
            (at, at),
        );
        add(&mut object, "sighting_of_ref", indicator.get("id").cloned().unwrap_or_default());
        // STIX counts up to 999,999,999.
        add(&mut object, "count", json!(sighting.count.min(999_999_999)));
        let (first, last) = days(sighting.first_at, sighting.last_at);
        add(&mut object, "first_seen", json!(timestamp(first)));
        add(&mut object, "last_seen", json!(timestamp(last)));
        objects.push(indicator);
        objects.push(object);
    }
    bundled(&derived(id, &["bundle"]), &objects)
}

/// The beginning of the first day and the end of the last one in Japan: the minute would tell which institution it was.
fn days(first: Instant, last: Instant) -> (Instant, Instant) {
    let day = |at: Instant| Instant::from_jst(sakimori_words::jst_date(at).into());
    (day(first), day(last).plus_days(1).plus_seconds(-1))
}

fn bundled(id: &str, objects: &[Value]) -> Value {
    json!({ "type": "bundle", "id": format!("bundle--{id}"), "objects": objects })
}

/// What every object begins with.
fn common(
    kind: &str,
    id: &str,
    publisher: Option<&Publisher>,
    tlp: Tlp,
    (created, modified): (Instant, Instant),
) -> Value {
    let mut object =
        json!({ "type": kind, "spec_version": SPEC_VERSION, "id": format!("{kind}--{id}") });
    if let Some(publisher) = publisher {
        add(&mut object, "created_by_ref", json!(identity_id(publisher)));
    }
    add(&mut object, "created", json!(timestamp(created)));
    add(&mut object, "modified", json!(timestamp(modified)));
    add(&mut object, "object_marking_refs", json!([tlp::marking_id(tlp)]));
    object
}

fn of_item(item: &SharedIntelligence, kind: &str, parts: &[&str]) -> Value {
    let parts: Vec<&str> = std::iter::once(kind).chain(parts.iter().copied()).collect();
    let times = (item.published_at, item.revised_at);
    common(kind, &derived(&item.id, &parts), Some(&item.publisher), item.tlp, times)
}

fn identity_id(publisher: &Publisher) -> String {
    format!("identity--{}", publisher.id)
}

/// The publisher. Its times are fixed, because it is the same object in every item.
fn identity(publisher: &Publisher) -> Value {
    let at = timestamp(Instant::from_micros(1_640_995_200_000_000));
    json!({
        "type": "identity", "spec_version": SPEC_VERSION, "id": identity_id(publisher),
        "created": at, "modified": at, "name": publisher.name, "identity_class": "organization",
        "sectors": ["government-national", "healthcare"],
        "object_marking_refs": [tlp::marking_id(Tlp::Clear)],
    })
}

fn attack_pattern(item: &SharedIntelligence, technique: &crate::Technique) -> Value {
    let mut object = of_item(item, "attack-pattern", &[&technique.id]);
    let name = if technique.name.is_empty() { &technique.id } else { &technique.name };
    add(&mut object, "name", json!(name));
    let page = technique.id.replace('.', "/");
    add(
        &mut object,
        "external_references",
        json!([{
            "source_name": "mitre-attack", "external_id": technique.id,
            "url": format!("https://attack.mitre.org/techniques/{page}/"),
        }]),
    );
    object
}

fn malware(item: &SharedIntelligence, family: &str) -> Value {
    let mut object = of_item(item, "malware", &[family]);
    add(&mut object, "name", json!(family));
    add(&mut object, "is_family", json!(true));
    object
}

fn vulnerability(item: &SharedIntelligence, cve: &str) -> Value {
    let mut object = of_item(item, "vulnerability", &[cve]);
    add(&mut object, "name", json!(cve));
    if cve.starts_with("CVE-") {
        let named = json!([{ "source_name": "cve", "external_id": cve }]);
        add(&mut object, "external_references", named);
    }
    object
}

fn indicator(item: &SharedIntelligence, own: &Indicator) -> Value {
    let mut object = of_item(item, "indicator", &[path(own.kind), &own.value]);
    describe(&mut object, own, item.published_at);
    let note = item.notes.get(&own.value).filter(|note| !note.seen_as.trim().is_empty());
    if let Some(note) = note {
        add(&mut object, "description", json!(note.seen_as));
    }
    object
}

fn anonymous_indicator(id: &str, own: &Indicator, tlp: Tlp, at: Instant) -> Value {
    let id = derived(id, &["indicator", path(own.kind), &own.value]);
    let mut object = common("indicator", &id, None, tlp, (at, at));
    describe(&mut object, own, at);
    object
}

fn describe(object: &mut Value, own: &Indicator, valid_from: Instant) {
    add(object, "name", json!(own.value));
    add(object, "indicator_types", json!(["malicious-activity"]));
    add(object, "pattern", json!(pattern(own)));
    add(object, "pattern_type", json!("stix"));
    add(object, "valid_from", json!(timestamp(valid_from)));
}

/// The pattern of one value, with what would end the quotes escaped.
fn pattern(own: &Indicator) -> String {
    let is_network =
        own.value.contains('/') && matches!(own.kind, IndicatorKind::Ipv4 | IndicatorKind::Ipv6);
    let sign = if is_network { "ISSUBSET" } else { "=" };
    let value = own.value.replace('\\', "\\\\").replace('\'', "\\'");
    format!("[{} {sign} '{value}']", path(own.kind))
}

/// Indicators point at the technique and the malware they belong to, and the malware at what it uses.
fn relations(item: &SharedIntelligence, parts: &[Value], indicators: &[Value]) -> Vec<Value> {
    let pairs = item.indicators.iter().zip(indicators);
    let mut relations: Vec<Value> = pairs
        .filter_map(|(own, object)| {
            let technique = item.notes.get(&own.value)?.technique.as_ref()?;
            let id = derived(&item.id, &["attack-pattern", technique]);
            let id = format!("attack-pattern--{id}");
            let pattern = parts.iter().find(|part| id_of(part) == id)?;
            Some(relation(item, object, "indicates", pattern))
        })
        .collect();
    relations.extend(relations_of_malware(item, parts, indicators));
    relations
}

fn relations_of_malware(
    item: &SharedIntelligence,
    parts: &[Value],
    indicators: &[Value],
) -> Vec<Value> {
    let Some(malware) = parts.iter().find(|part| kind_of(part) == "malware") else { return vec![] };
    let indicate = indicators.iter().map(|own| relation(item, own, "indicates", malware));
    let uses = parts.iter().filter_map(|part| match kind_of(part) {
        "attack-pattern" => Some(relation(item, malware, "uses", part)),
        "vulnerability" => Some(relation(item, malware, "exploits", part)),
        _ => None,
    });
    indicate.chain(uses).collect()
}

fn relation(item: &SharedIntelligence, from: &Value, how: &str, to: &Value) -> Value {
    let (source, target) = (id_of(from), id_of(to));
    let mut object = of_item(item, "relationship", &[source, how, target]);
    add(&mut object, "relationship_type", json!(how));
    add(&mut object, "source_ref", json!(source));
    add(&mut object, "target_ref", json!(target));
    object
}

/// The report that holds the item together; without parts there is nothing it could refer to but its publisher.
fn report(item: &SharedIntelligence, parts: &[Value]) -> Value {
    let mut refs: Vec<String> = parts.iter().map(|part| id_of(part).to_owned()).collect();
    if refs.is_empty() {
        refs.push(identity_id(&item.publisher));
    }
    let times = (item.published_at, item.revised_at);
    let mut object = common("report", &item.id, Some(&item.publisher), item.tlp, times);
    add(&mut object, "name", json!(item.title));
    add(&mut object, "description", json!(item.description));
    add(&mut object, "report_types", json!(["threat-report"]));
    add(&mut object, "published", json!(timestamp(item.published_at)));
    add(&mut object, "object_refs", json!(refs));
    object
}

fn kind_of(object: &Value) -> &str {
    object.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn id_of(object: &Value) -> &str {
    object.get("id").and_then(Value::as_str).unwrap_or_default()
}

fn add(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}
