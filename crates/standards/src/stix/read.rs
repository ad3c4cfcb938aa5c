//! A bundle of others, read tolerantly: what it refers to need not be in it, and what we do not know is counted.

use std::collections::{BTreeMap, BTreeSet};

use sakimori_words::Tlp;
use serde_json::Value;

use super::pattern;
use crate::intelligence::{Indicator, IndicatorKind, ReadIndicator, Reading};
use crate::tlp;

/// What is understood of a bundle, of a TAXII envelope (both have `objects`), of a list of objects, or of one object.
#[must_use]
pub fn read(file: &Value) -> Reading {
    let objects = objects(file);
    let markings = markings(&objects);
    let mut reading = Reading::default();
    let mut seen = BTreeSet::new();
    for object in objects {
        read_object(object, &markings, &mut reading, &mut seen);
    }
    reading
}

/// Who may see an object that stands alone, without the bundle it came in.
#[must_use]
pub fn marking_of(object: &Value) -> Tlp {
    audience(object, &BTreeMap::new())
}

fn objects(file: &Value) -> Vec<&Value> {
    let listed = file.get("objects").and_then(Value::as_array).or_else(|| file.as_array());
    listed.map_or_else(|| vec![file], |objects| objects.iter().collect())
}

/// What a marking definition means for the audience.
#[derive(Clone, Copy)]
enum Marking {
    Label(Tlp),
    /// A statement such as a copyright: it says nothing about who may see the object.
    Statement,
}

fn markings<'a>(objects: &[&'a Value]) -> BTreeMap<&'a str, Marking> {
    let defined = objects.iter().filter(|object| text(object, "type") == "marking-definition");
    defined.map(|object| (text(object, "id"), marking(object))).collect()
}

fn marking(definition: &Value) -> Marking {
    let second = definition.get("extensions").and_then(|extensions| extensions.get(tlp::EXTENSION));
    if let Some(label) = second {
        return Marking::Label(tlp::of_word(text(label, "tlp_2_0")));
    }
    match text(definition, "definition_type") {
        "statement" => Marking::Statement,
        "tlp" => {
            let label = definition.get("definition").map_or("", |first| text(first, "tlp"));
            Marking::Label(tlp::of_word(label))
        }
        _ => Marking::Label(Tlp::Red),
    }
}

/// The narrowest of an object's markings. One that is not known, and having none at all, is RED.
fn audience(object: &Value, defined: &BTreeMap<&str, Marking>) -> Tlp {
    let named = object.get("object_marking_refs").and_then(Value::as_array);
    let mut narrowest = None;
    for id in named.into_iter().flatten() {
        let id = id.as_str().unwrap_or_default();
        // The id before the definition that came along: a bundle must not redefine what GREEN means.
        let marking = match tlp::of_marking_id(id) {
            Some(label) => Marking::Label(label),
            None => defined.get(id).copied().unwrap_or(Marking::Label(Tlp::Red)),
        };
        if let Marking::Label(label) = marking {
            narrowest = narrowest.max(Some(label));
        }
    }
    narrowest.unwrap_or(Tlp::Red)
}

fn read_object(
    object: &Value,
    markings: &BTreeMap<&str, Marking>,
    reading: &mut Reading,
    seen: &mut BTreeSet<Indicator>,
) {
    let kind = text(object, "type");
    reading.count(if kind.is_empty() { "?" } else { kind });
    if kind != "indicator" {
        return;
    }
    if object.get("revoked").and_then(Value::as_bool) == Some(true) {
        reading.n_revoked += 1;
        return;
    }
    let pattern = text(object, "pattern");
    let sought = match text(object, "pattern_type") {
        "" | "stix" => pattern::sought(pattern),
        _ => pattern::Sought::default(),
    };
    if !sought.complete {
        reading.refuse(if pattern.is_empty() { text(object, "id") } else { pattern });
    }
    let tlp = audience(object, markings);
    for indicator in sought.indicators {
        let (name, origin) = (text(object, "name"), text(object, "id"));
        let (name, origin) = (crate::intelligence::shown(name), crate::intelligence::shown(origin));
        reading.take(seen, ReadIndicator { indicator, name, origin, tlp });
    }
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The path at which a pattern compares a value of a kind.
pub(super) const fn path(kind: IndicatorKind) -> &'static str {
    match kind {
        IndicatorKind::Sha256 => "file:hashes.'SHA-256'",
        IndicatorKind::Sha1 => "file:hashes.'SHA-1'",
        IndicatorKind::Md5 => "file:hashes.MD5",
        IndicatorKind::Url => "url:value",
        IndicatorKind::Mail => "email-addr:value",
        IndicatorKind::Domain => "domain-name:value",
        IndicatorKind::Ipv4 => "ipv4-addr:value",
        IndicatorKind::Ipv6 => "ipv6-addr:value",
        IndicatorKind::FileName => "file:name",
    }
}
