//! The files of a static feed: `manifest.json`, `hashes.csv`, and one JSON file for each event.

use md5::{Digest as _, Md5};
use sakimori_words::{Instant, SECOND_MICROS, Tlp, jst_date};
use serde_json::{Map, Value, json};

use crate::ids::derived;
use crate::intelligence::{Indicator, IndicatorKind, SharedIntelligence};
use crate::tlp;

/// MISP: "inherit from the event". A feed has no sharing groups, and none is named.
const DISTRIBUTION_OF_EVENT: &str = "5";

/// One file of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedFile {
    /// Its name; the feed has no folders.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

const MANIFEST: &str = "manifest.json";
const HASHES: &str = "hashes.csv";

/// The feed of these items, each with its revisions, the oldest first. RED items have named recipients, which a feed cannot have: they
/// are left out.
#[must_use]
pub fn feed(items: &[Vec<SharedIntelligence>]) -> Vec<FeedFile> {
    let events = told(items).map(|(item, earlier)| FeedFile {
        name: event_file(item),
        bytes: event(item, earlier).to_string().into_bytes(),
    });
    let lists = [HASHES, MANIFEST].into_iter().filter_map(|name| file(items, name));
    events.chain(lists).collect()
}

/// The file of that name in the [`feed`] of these items; a MISP fetches them one by one.
#[must_use]
pub fn file(items: &[Vec<SharedIntelligence>], name: &str) -> Option<FeedFile> {
    let bytes = match name {
        MANIFEST => manifest(items).to_string().into_bytes(),
        HASHES => hashes(items).into_bytes(),
        _ => {
            let (item, earlier) = told(items).find(|(item, _)| event_file(item) == name)?;
            event(item, earlier).to_string().into_bytes()
        }
    };
    Some(FeedFile { name: name.to_owned(), bytes })
}

/// The items that a feed may tell, each with its earlier revisions.
fn told(
    items: &[Vec<SharedIntelligence>],
) -> impl Iterator<Item = (&SharedIntelligence, &[SharedIntelligence])> {
    let with_earlier = items.iter().filter_map(|revisions| revisions.split_last());
    with_earlier.filter(|(item, _)| item.tlp != Tlp::Red)
}

fn event_file(item: &SharedIntelligence) -> String {
    format!("{}.json", item.id)
}

fn manifest(items: &[Vec<SharedIntelligence>]) -> Value {
    let headings = told(items).map(|(item, _)| (item.id.clone(), heading(item)));
    Value::Object(headings.collect::<Map<_, _>>())
}

fn hashes(items: &[Vec<SharedIntelligence>]) -> String {
    let mut hashes = String::new();
    for (item, _) in told(items) {
        for value in values(item) {
            let digest: String =
                Md5::digest(value.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
            hashes.push_str(&format!("{digest},{}\n", item.id));
        }
    }
    hashes
}

/// The item as an event. What an earlier revision said and this one does not is said as deleted: a MISP that has the event would keep it
/// otherwise.
#[must_use]
pub fn event(item: &SharedIntelligence, earlier: &[SharedIntelligence]) -> Value {
    let mut event = heading(item);
    let mut attributes: Vec<Value> = attributes(item);
    let is_there =
        |all: &[Value], one: &Value| all.iter().any(|own| own.get("uuid") == one.get("uuid"));
    if item.withdrawn {
        attributes.iter_mut().for_each(|own| delete(own, item));
    }
    for old in earlier.iter().rev().flat_map(self::attributes) {
        if !is_there(&attributes, &old) {
            let mut old = old;
            delete(&mut old, item);
            attributes.push(old);
        }
    }
    if let Some(event) = event.as_object_mut() {
        event.insert("uuid".to_owned(), json!(item.id));
        event.insert("published".to_owned(), json!(true));
        event.insert("publish_timestamp".to_owned(), json!(seconds(item.revised_at)));
        event.insert("Attribute".to_owned(), json!(attributes));
        event.insert("Object".to_owned(), json!([]));
    }
    json!({ "Event": event })
}

/// What stands in the manifest and in the event alike.
fn heading(item: &SharedIntelligence) -> Value {
    let info = if item.withdrawn {
        format!("撤回 Withdrawn: {}", item.title)
    } else {
        item.title.clone()
    };
    json!({
        "info": info,
        "Orgc": { "name": item.publisher.name, "uuid": item.publisher.id },
        "date": jst_date(item.published_at).to_string(),
        // Completed; the level is left undefined rather than guessed.
        "analysis": "2",
        "threat_level_id": "4",
        "timestamp": seconds(item.revised_at),
        "Tag": tags(item),
    })
}

fn tags(item: &SharedIntelligence) -> Vec<Value> {
    let colour = match item.tlp {
        Tlp::Clear => "#ffffff",
        Tlp::Green => "#339900",
        Tlp::Amber | Tlp::AmberStrict => "#ffc000",
        Tlp::Red => "#cc0033",
    };
    let tlp = json!({ "name": format!("tlp:{}", tlp::word(item.tlp)), "colour": colour });
    let technique = |own: &crate::Technique| json!({ "name": galaxy(own), "colour": "#0088cc" });
    std::iter::once(tlp).chain(item.techniques.iter().map(technique)).collect()
}

fn attributes(item: &SharedIntelligence) -> Vec<Value> {
    let mut attributes: Vec<Value> =
        item.indicators.iter().map(|own| of_indicator(item, own)).collect();
    for cve in &item.vulnerabilities {
        attributes.push(attribute(item, "External analysis", "vulnerability", cve, false));
    }
    if let Some(family) = &item.malware_family {
        attributes.push(attribute(item, "Payload delivery", "malware-type", family, false));
    }
    if !item.description.trim().is_empty() {
        attributes.push(attribute(item, "Other", "comment", &item.description, false));
    }
    attributes
}

/// The values that the feed can be searched by; what was withdrawn is not found any more.
fn values(item: &SharedIntelligence) -> Vec<String> {
    if item.withdrawn {
        return Vec::new();
    }
    let attributes = attributes(item);
    let value = |one: &Value| one.get("value").and_then(Value::as_str).map(str::to_owned);
    attributes.iter().filter_map(value).collect()
}

fn of_indicator(item: &SharedIntelligence, own: &Indicator) -> Value {
    let (category, kind) = match own.kind {
        IndicatorKind::Sha256 => ("Payload delivery", "sha256"),
        IndicatorKind::Sha1 => ("Payload delivery", "sha1"),
        IndicatorKind::Md5 => ("Payload delivery", "md5"),
        IndicatorKind::FileName => ("Payload delivery", "filename"),
        IndicatorKind::Mail => ("Payload delivery", "email-src"),
        IndicatorKind::Url => ("Network activity", "url"),
        IndicatorKind::Domain => ("Network activity", "domain"),
        IndicatorKind::Ipv4 | IndicatorKind::Ipv6 => ("Network activity", "ip-dst"),
    };
    let mut attribute = attribute(item, category, kind, &own.value, true);
    let note = item.notes.get(&own.value);
    if let (Some(attribute), Some(note)) = (attribute.as_object_mut(), note) {
        attribute.insert("comment".to_owned(), json!(note.seen_as));
        let technique = item.techniques.iter().find(|one| Some(&one.id) == note.technique.as_ref());
        let tag = technique.map(|one| json!({ "name": galaxy(one), "colour": "#0088cc" }));
        attribute.extend(tag.map(|tag| ("Tag".to_owned(), json!([tag]))));
    }
    attribute
}

fn galaxy(technique: &crate::Technique) -> String {
    format!("misp-galaxy:mitre-attack-pattern=\"{} - {}\"", technique.name, technique.id)
}

fn attribute(
    item: &SharedIntelligence,
    category: &str,
    kind: &str,
    value: &str,
    to_ids: bool,
) -> Value {
    json!({
        "uuid": derived(&item.id, &["attribute", kind, value]),
        "category": category,
        "type": kind,
        "value": value,
        "to_ids": to_ids,
        "comment": "",
        "distribution": DISTRIBUTION_OF_EVENT,
        "disable_correlation": false,
        "timestamp": seconds(item.revised_at),
    })
}

/// Marks an attribute as deleted. Words that were taken back are not said once more; what gives attackers away is needed to find it.
fn delete(attribute: &mut Value, item: &SharedIntelligence) {
    if let Some(attribute) = attribute.as_object_mut() {
        if attribute.get("type").and_then(Value::as_str) == Some("comment") {
            attribute.insert("value".to_owned(), json!("撤回 withdrawn"));
        }
        attribute.insert("deleted".to_owned(), json!(true));
        attribute.insert("comment".to_owned(), json!(""));
        attribute.insert("to_ids".to_owned(), json!(false));
        attribute.insert("timestamp".to_owned(), json!(seconds(item.revised_at)));
    }
}

/// Seconds since 1970, as a text: that is how MISP writes them.
fn seconds(at: Instant) -> String {
    (at.as_micros() / SECOND_MICROS).to_string()
}
