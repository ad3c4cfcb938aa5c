//! Events of others: what in them is meant for detection.

use std::collections::{BTreeMap, BTreeSet};

use sakimori_words::Tlp;
use serde::Deserialize;
use serde_json::Value;

use crate::intelligence::{Indicator, IndicatorKind, ReadIndicator, Reading, shown};
use crate::tlp;

/// An event of a feed, as its manifest announces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedEntry {
    /// Its id; its file is `<id>.json`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// When it was changed last, in seconds since 1970; a reader fetches what is newer than its own.
    pub changed_at_seconds: i64,
}

/// Why a file is no manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is no JSON of the form `{"<event id>": {…}}`.
    #[error("the file is no manifest of a MISP feed")]
    Json(#[from] serde_json::Error),
}

/// Reads the manifest of a feed. Entries whose id is no UUID are passed over: the id becomes the name of a file.
///
/// # Errors
/// When it is no manifest.
pub fn manifest(bytes: &[u8]) -> Result<Vec<FeedEntry>, ManifestError> {
    #[derive(Deserialize)]
    struct Entry {
        #[serde(default)]
        info: String,
        #[serde(default)]
        timestamp: Value,
    }
    let entries: BTreeMap<String, Entry> = serde_json::from_slice(bytes)?;
    let entries = entries.into_iter().filter(|(id, _)| crate::ids::is_uuid(id));
    Ok(entries
        .map(|(id, entry)| FeedEntry {
            id,
            title: shown(&entry.info),
            changed_at_seconds: number(&entry.timestamp),
        })
        .collect())
}

/// What is understood of an event, of a list of events, or of the answer of a MISP server to a search.
#[must_use]
pub fn read(file: &Value) -> Reading {
    let mut reading = Reading::default();
    let mut seen = BTreeSet::new();
    for event in events(file) {
        reading.count("event");
        let tlp = label(event);
        for attribute in attributes(event) {
            read_attribute(attribute, tlp, &mut reading, &mut seen);
        }
    }
    reading
}

fn events(file: &Value) -> Vec<&Value> {
    if let Some(event) = file.get("Event") {
        return vec![event];
    }
    let listed = file.get("response").and_then(Value::as_array).or_else(|| file.as_array());
    listed.into_iter().flatten().filter_map(|one| one.get("Event")).collect()
}

/// Those of the event itself, and those of its objects.
fn attributes(event: &Value) -> impl Iterator<Item = &Value> {
    let objects = list(event, "Object").iter().flat_map(|object| list(object, "Attribute"));
    list(event, "Attribute").iter().chain(objects)
}

fn read_attribute(
    attribute: &Value,
    of_event: Option<Tlp>,
    reading: &mut Reading,
    seen: &mut BTreeSet<Indicator>,
) {
    let kind = text(attribute, "type");
    reading.count(if kind.is_empty() { "?" } else { kind });
    if is_true(attribute, "deleted") {
        reading.n_revoked += 1;
        return;
    }
    // What is only context (links, victims, legitimate hosts) is marked so by its author.
    if !is_true(attribute, "to_ids") {
        return;
    }
    let value = text(attribute, "value");
    let indicators = indicators(kind, value);
    if indicators.is_empty() {
        reading.refuse(&format!("{kind}: {value}"));
    }
    let tlp = label(attribute).max(of_event).unwrap_or(Tlp::Red);
    for indicator in indicators {
        let (name, origin) = (shown(text(attribute, "comment")), shown(text(attribute, "uuid")));
        reading.take(seen, ReadIndicator { indicator, name, origin, tlp });
    }
}

/// The narrowest of the labels of an event or attribute; none when it has no label.
fn label(tagged: &Value) -> Option<Tlp> {
    let tags = list(tagged, "Tag").iter().map(|tag| text(tag, "name").to_ascii_lowercase());
    tags.filter(|name| name.starts_with("tlp:")).map(|name| tlp::of_word(&name)).max()
}

/// What an attribute of a type holds. Of two values that belong together (`filename|sha256`) the digest tells more.
fn indicators(kind: &str, value: &str) -> Vec<Indicator> {
    let (first, second) = value.split_once('|').unwrap_or((value, ""));
    let one = |kind: IndicatorKind, value: &str| Indicator::new(kind, value).into_iter().collect();
    match kind {
        "ip-src" | "ip-dst" => Indicator::address(value).into_iter().collect(),
        "ip-src|port" | "ip-dst|port" => Indicator::address(first).into_iter().collect(),
        "domain" | "hostname" => one(IndicatorKind::Domain, value),
        "hostname|port" => one(IndicatorKind::Domain, first),
        "domain|ip" => {
            let domain = Indicator::new(IndicatorKind::Domain, first);
            domain.into_iter().chain(Indicator::address(second)).collect()
        }
        "url" => one(IndicatorKind::Url, value),
        "email" | "email-src" | "email-reply-to" => one(IndicatorKind::Mail, value),
        "filename" => one(IndicatorKind::FileName, value),
        _ => hash(kind, value),
    }
}

fn hash(kind: &str, value: &str) -> Vec<Indicator> {
    let algorithm = kind.strip_prefix("filename|").unwrap_or(kind);
    let digest =
        if algorithm == kind { value } else { value.rsplit('|').next().unwrap_or_default() };
    let kind = match algorithm {
        "md5" => IndicatorKind::Md5,
        "sha1" => IndicatorKind::Sha1,
        "sha256" => IndicatorKind::Sha256,
        _ => return vec![],
    };
    Indicator::new(kind, &digest.to_ascii_lowercase()).into_iter().collect()
}

/// MISP writes truth as `true`, `1` or `"1"`.
fn is_true(object: &Value, name: &str) -> bool {
    match object.get(name) {
        Some(Value::Bool(said)) => *said,
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        Some(Value::String(text)) => text == "1" || text == "true",
        _ => false,
    }
}

/// A number, also one that is written as a text; 0 when it is neither.
fn number(value: &Value) -> i64 {
    let text = value.as_str().and_then(|text| text.parse().ok());
    value.as_i64().or(text).unwrap_or(0)
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
