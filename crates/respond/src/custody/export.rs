//! The evidence of a case as files for others: a table, and CASE/UCO in JSON-LD. Each names the case, the length of the chain
//! and its head, so that it can be told later what it was made from.

use std::borrow::Cow;

use sakimori_words::spreadsheet::{BYTE_ORDER_MARK, push_row, safe};
use sakimori_words::{CaseId, Digest};
use serde_json::{Map, Value, json};

use super::{Custody, CustodyEvent, EvidenceItem};
use crate::Case;

/// Columns of the table.
const COLUMNS: [&str; 40] = [
    "case",
    "chain_lines",
    "chain_head",
    "no",
    "root_no",
    "kind",
    "title",
    "label",
    "make",
    "model",
    "serial",
    "machine",
    "found_at",
    "found_state",
    "screen_text",
    "collected_at",
    "collected_by",
    "witness",
    "class",
    "state",
    "seal",
    "place",
    "tool",
    "tool_version",
    "tool_digest",
    "examiner",
    "source_path",
    "source_bytes",
    "started_at",
    "finished_at",
    "size_bytes",
    "sha256",
    "blake3",
    "bad_ranges",
    "bad_left_out",
    "manifest_sha256",
    "mismatch",
    "photos",
    "events",
    "remarks",
];

/// The items as a table with all columns, for a spreadsheet. Times are Japan's.
#[must_use]
pub fn csv(case: &CaseId, custody: &Custody) -> String {
    let mut text = String::from(BYTE_ORDER_MARK);
    push_row(&mut text, COLUMNS);
    for item in custody.items.values() {
        let head = [case.to_string(), custody.head.n.to_string(), custody.head.digest.to_string()];
        let cells: Vec<String> = head.into_iter().chain(cells(item)).collect();
        push_row(&mut text, cells.iter().map(|cell| -> Cow<'_, str> { safe(cell) }));
    }
    text
}

fn cells(item: &EvidenceItem) -> [String; 37] {
    let (facts, measured) = (&item.facts, &item.measured);
    let time =
        |at: Option<sakimori_words::Instant>| at.map(|at| at.to_string()).unwrap_or_default();
    let size = |bytes: Option<u64>| bytes.map(|bytes| bytes.to_string()).unwrap_or_default();
    let bad = measured.bad_ranges.iter().map(|one| format!("{}+{}", one.offset, one.length));
    let photos = item.photos.iter().map(|photo| photo.sha256.to_string());
    [
        item.no.clone(),
        facts.root_no.clone(),
        facts.kind.as_str().to_owned(),
        item.title().ja,
        facts.label.clone(),
        facts.make.clone(),
        facts.model.clone(),
        facts.serial.clone(),
        facts.machine.clone(),
        facts.found_at.clone(),
        facts.found_state.as_str().to_owned(),
        facts.screen_text.clone(),
        time(Some(facts.collected_at.unwrap_or(item.recorded_at))),
        Some(&facts.collected_by)
            .filter(|name| !name.is_empty())
            .unwrap_or(&item.recorded_by.name)
            .clone(),
        facts.witness.clone(),
        facts.class.as_str().to_owned(),
        item.state.as_str().to_owned(),
        item.seal.clone(),
        item.place.clone(),
        measured.tool.clone(),
        measured.tool_version.clone(),
        measured.tool_digest.clone(),
        measured.examiner.clone(),
        measured.source_path.clone(),
        size(measured.source_bytes),
        time(measured.started_at),
        time(measured.finished_at),
        size(measured.size_bytes),
        measured.sha256.map(|one| one.to_string()).unwrap_or_default(),
        measured.blake3.clone(),
        bad.collect::<Vec<_>>().join(" "),
        measured.bad_left_out.to_string(),
        measured.manifest_sha256.map(|one| one.to_string()).unwrap_or_default(),
        if item.has_mismatch() { "yes" } else { "no" }.to_owned(),
        photos.collect::<Vec<_>>().join(" "),
        item.events.iter().map(event_line).collect::<Vec<_>>().join("\n"),
        item.remarks
            .iter()
            .map(|one| format!("{} {}: {}", one.at, one.by.name, one.text))
            .collect::<Vec<_>>()
            .join("\n"),
    ]
}

fn event_line(event: &CustodyEvent) -> String {
    let mut line = format!("{} {} {}", event.at, event.kind.as_str(), event.by.name);
    for (name, value) in [
        ("from", event.from.as_str()),
        ("to", &event.to),
        ("seal", &event.seal),
        ("reason", &event.reason),
        ("authority", &event.authority),
        ("witness", &event.witness),
    ] {
        if !value.is_empty() {
            line.push_str(&format!(" {name}={value}"));
        }
    }
    if let Some(matches) = event.matches {
        line.push_str(if matches { " match" } else { " MISMATCH" });
    }
    line
}

/// The evidence in CASE 1 over UCO 1 (JSON-LD): the investigation, its authority, a provenance record for each item, and an
/// investigative action for each handling.
#[must_use]
pub fn case_uco(case: &Case, custody: &Custody) -> String {
    let mut graph = Graph { case: case.id.to_string(), nodes: Map::new() };
    let hold = graph.node(
        "authorization/hold",
        "case-investigation:Authorization",
        json!({
            "case-investigation:authorizationType": "evidence-hold",
            "case-investigation:authorizationIdentifier": format!("{}/hold", case.id),
            "uco-core:startTime": time(case.hold.placed_at),
        }),
    );
    let mut authorities = vec![hold];
    let mut objects = Vec::new();
    for item in custody.items.values() {
        objects.extend(graph.item(item, &mut authorities));
    }
    authorities.dedup();
    graph.node("investigation", "case-investigation:Investigation", json!({
        "uco-core:name": case.title,
        "case-investigation:investigationForm": "incident",
        "case-investigation:investigationStatus": if case.is_open() { "open" } else { "closed" },
        "case-investigation:relevantAuthorization": authorities,
        "uco-core:startTime": time(case.opened_at),
        "uco-core:object": objects,
        "uco-core:tag": [
            format!("sakimori-case:{}", case.id),
            format!("sakimori-custody-lines:{}", custody.head.n),
            format!("sakimori-custody-head:{}", custody.head.digest),
        ],
    }));
    let nodes: Vec<Value> = graph.nodes.into_iter().map(|(_, node)| node).collect();
    let document = json!({ "@context": context(), "@graph": nodes });
    // Strings and numbers cannot fail to be written.
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn context() -> Value {
    json!({
        "kb": "urn:uuid:",
        "case-investigation": "https://ontology.caseontology.org/case/investigation/",
        "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
        "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
        "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
        "uco-location": "https://ontology.unifiedcyberontology.org/uco/location/",
        "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
        "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
        "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    })
}

fn time(at: sakimori_words::Instant) -> Value {
    json!({ "@type": "xsd:dateTime", "@value": at.rfc3339() })
}

struct Graph {
    case: String,
    nodes: Map<String, Value>,
}

impl Graph {
    /// Adds a node once and returns the reference to it. Its id is made from the case and its name, the same in every export.
    fn node(&mut self, name: &str, kind: &str, mut value: Value) -> Value {
        let id = format!("kb:{}", uuid_of(&format!("{}\n{name}", self.case)));
        if let Some(object) = value.as_object_mut() {
            object.insert("@id".to_owned(), Value::from(id.as_str()));
            object.insert("@type".to_owned(), Value::from(kind));
        }
        self.nodes.entry(id.clone()).or_insert(value);
        json!({ "@id": id })
    }

    fn person(&mut self, name: &str) -> Value {
        let fields = json!({ "uco-core:name": name });
        self.node(&format!("person/{name}"), "uco-identity:Person", fields)
    }

    fn location(&mut self, name: &str) -> Value {
        let fields = json!({ "uco-core:name": name });
        self.node(&format!("location/{name}"), "uco-location:Location", fields)
    }

    /// The object, its provenance record, and its actions, each informed by the one before.
    fn item(&mut self, item: &EvidenceItem, authorities: &mut Vec<Value>) -> Vec<Value> {
        let object = self.object(item);
        let mut record = json!({
            "uco-core:description": item.title().en,
            "case-investigation:exhibitNumber": item.no,
            "uco-core:object": [object],
        });
        if !item.facts.root_no.is_empty()
            && let Some(fields) = record.as_object_mut()
        {
            let root = Value::from(item.facts.root_no.as_str());
            fields.insert("case-investigation:rootExhibitNumber".to_owned(), root);
        }
        let provenance = self.node(
            &format!("provenance/{}", item.no),
            "case-investigation:ProvenanceRecord",
            record,
        );
        let mut objects = vec![provenance.clone()];
        let mut before = self.acquisition(item, &provenance);
        objects.extend(before.clone());
        for (index, event) in item.events.iter().enumerate() {
            let name = format!("action/{}/{index}", item.no);
            let action = self.action(&name, event, &provenance, before.take());
            authorities.extend(self.authority(event));
            before = Some(action.clone());
            objects.push(action);
        }
        objects
    }

    fn object(&mut self, item: &EvidenceItem) -> Value {
        let name = format!("object/{}", item.no);
        let (facts, measured) = (&item.facts, &item.measured);
        let mut facets = Vec::new();
        let mut device = json!({
            "uco-observable:deviceType": facts.kind.as_str(),
            "uco-observable:model": facts.model,
            "uco-observable:serialNumber": facts.serial,
        });
        if !facts.make.is_empty() {
            let maker = self.node(
                &format!("maker/{}", facts.make),
                "uco-identity:Organization",
                json!({ "uco-core:name": facts.make }),
            );
            if let Some(fields) = device.as_object_mut() {
                fields.insert("uco-observable:manufacturer".to_owned(), maker);
            }
        }
        facets.push(self.node(&format!("{name}/device"), "uco-observable:DeviceFacet", device));
        if let Some(sha256) = measured.sha256 {
            let mut hashes = vec![self.hash(&name, "SHA256", &sha256.to_string())];
            if !measured.blake3.is_empty() {
                hashes.push(self.hash(&name, "BLAKE3", &measured.blake3));
            }
            let mut content = json!({ "uco-observable:hash": hashes });
            if let (Some(bytes), Some(fields)) = (measured.size_bytes, content.as_object_mut()) {
                fields.insert("uco-observable:sizeInBytes".to_owned(), Value::from(bytes));
            }
            facets.push(self.node(
                &format!("{name}/content"),
                "uco-observable:ContentDataFacet",
                content,
            ));
        }
        let fields = json!({ "uco-core:name": item.title().en, "uco-core:hasFacet": facets });
        self.node(&name, "uco-observable:ObservableObject", fields)
    }

    fn hash(&mut self, name: &str, method: &str, value: &str) -> Value {
        self.node(
            &format!("{name}/{method}"),
            "uco-types:Hash",
            json!({
                "uco-types:hashMethod": method,
                "uco-types:hashValue": { "@type": "xsd:hexBinary", "@value": value },
            }),
        )
    }

    /// The act of copying, when something was measured.
    fn acquisition(&mut self, item: &EvidenceItem, provenance: &Value) -> Option<Value> {
        let measured = &item.measured;
        measured.sha256?;
        let tool = self.node(
            &format!("tool/{} {}", measured.tool, measured.tool_version),
            "uco-tool:Tool",
            json!({
                "uco-core:name": measured.tool, "uco-tool:version": measured.tool_version,
            }),
        );
        let mut fields = json!({
            "uco-core:name": "acquired",
            "uco-action:instrument": [tool],
            "uco-action:result": [provenance],
        });
        if let Some(fields) = fields.as_object_mut() {
            for (name, at) in
                [("startTime", measured.started_at), ("endTime", measured.finished_at)]
            {
                fields.extend(at.map(|at| (format!("uco-action:{name}"), time(at))));
            }
            if !measured.examiner.is_empty() {
                let person = self.person(&measured.examiner);
                fields.insert("uco-action:performer".to_owned(), person);
            }
        }
        Some(self.node(
            &format!("acquisition/{}", item.no),
            "case-investigation:InvestigativeAction",
            fields,
        ))
    }

    fn action(
        &mut self,
        name: &str,
        event: &CustodyEvent,
        provenance: &Value,
        informed_by: Option<Value>,
    ) -> Value {
        let performer = self.person(&event.by.name);
        let mut fields = json!({
            "uco-core:name": event.kind.as_str(),
            "uco-core:description": event_line(event),
            "uco-action:performer": performer,
            "uco-action:startTime": time(event.at),
            "uco-action:endTime": time(event.at),
            "uco-action:object": [provenance],
        });
        let witness = (!event.witness.is_empty()).then(|| self.person(&event.witness));
        let place = (!event.to.is_empty()).then(|| self.location(&event.to));
        if let Some(fields) = fields.as_object_mut() {
            for (name, value) in [
                ("uco-action:participant", witness),
                ("uco-action:location", place),
                ("case-investigation:wasInformedBy", informed_by),
            ] {
                fields.extend(value.map(|value| (name.to_owned(), json!([value]))));
            }
        }
        self.node(name, "case-investigation:InvestigativeAction", fields)
    }

    fn authority(&mut self, event: &CustodyEvent) -> Option<Value> {
        if event.authority.is_empty() {
            return None;
        }
        let fields = json!({
            "case-investigation:authorizationType": "stated",
            "case-investigation:authorizationIdentifier": event.authority,
        });
        let name = format!("authorization/{}", event.authority);
        Some(self.node(&name, "case-investigation:Authorization", fields))
    }
}

/// A UUID (version 8) made from a name: the first sixteen bytes of its digest.
fn uuid_of(name: &str) -> String {
    let digits = Digest::of(name.as_bytes()).to_string();
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}
