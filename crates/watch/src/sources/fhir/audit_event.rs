//! One `AuditEvent` resource, R4 or R5: who acted, from where, on which patient, with what outcome.

use std::net::IpAddr;

use sakimori_words::{Event, Fields, Instant, RECORD_ACCESS};
use serde_json::Value;

use super::super::audit_codes::{APPLICATION_ROLE, bare_id, is_machine_role, kind, outcome};
use super::super::{Context, blank, json, text, timestamps};

/// Its name.
const AUDIT_EVENT: &str = "AuditEvent";

/// Largest resource that is read, in bytes; a real one has a few thousand.
pub(super) const RESOURCE_BYTES_MAX: usize = 1 << 20;

/// Why a text is not an `AuditEvent` that can be read.
#[derive(Debug)]
pub(super) enum Unfit {
    /// It is not JSON.
    Json(serde_json::Error),
    /// It is something else; what, in FHIR's word.
    Type(String),
    /// This required element is missing or wrong.
    Element(&'static str),
    /// It is larger than [`RESOURCE_BYTES_MAX`].
    TooLarge,
}

/// Reads one resource.
pub(super) fn read(json: &str, raw: &[u8], context: &Context) -> Result<Event, Unfit> {
    if json.len() > RESOURCE_BYTES_MAX {
        return Err(Unfit::TooLarge);
    }
    let resource: Value = serde_json::from_str(json).map_err(Unfit::Json)?;
    check(&resource)?;
    let fields = json::flatten(json).unwrap_or_default();
    Ok(event(&AuditEvent(&resource), fields, raw, context))
}

/// What FHIR requires of every `AuditEvent` and nothing can be said without.
fn check(resource: &Value) -> Result<(), Unfit> {
    match resource.get("resourceType").and_then(Value::as_str) {
        Some(AUDIT_EVENT) => {}
        Some(other) => return Err(Unfit::Type(text::first_chars(other, 64).to_owned())),
        None => return Err(Unfit::Type("no FHIR resource".to_owned())),
    }
    let said = |name: &str| resource.get(name).is_some_and(|own| own.is_object());
    let agents = resource.get("agent").and_then(Value::as_array);
    let recorded = resource.get("recorded").and_then(Value::as_str);
    if recorded.and_then(|at| Instant::parse(at).ok()).is_none() {
        return Err(Unfit::Element("recorded"));
    }
    if !said("type") && !said("code") {
        return Err(Unfit::Element("code"));
    }
    if !agents.is_some_and(|agents| !agents.is_empty() && agents.iter().all(Value::is_object)) {
        return Err(Unfit::Element("agent"));
    }
    Ok(())
}

fn event(audit: &AuditEvent<'_>, mut fields: Fields, raw: &[u8], context: &Context) -> Event {
    let agent = audit.actor();
    let user = agent.map(user).unwrap_or_default();
    let patients = audit.patients();
    let patient = patients.first().map(|id| bare_id(id)).unwrap_or_default();
    let (mut class_uid, activity) = audit.kind();
    if class_uid == 0 && !patient.is_empty() {
        class_uid = RECORD_ACCESS;
    }
    let message = summary(audit, activity, user, patient);
    push_found(&mut fields, audit, agent, &patients);
    Event {
        time: audit.time().unwrap_or(context.received_at),
        product: "fhir".to_owned(),
        service: "auditevent".to_owned(),
        class_uid,
        activity: activity.to_owned(),
        status: audit.status().to_owned(),
        host: audit.observer().to_owned(),
        user: user.to_owned(),
        patient: patient.to_owned(),
        src_ip: audit.src_ip(agent),
        process: audit.program().to_owned(),
        message,
        src: fields,
        ..blank(raw, context)
    }
}

struct AuditEvent<'a>(&'a Value);

impl<'a> AuditEvent<'a> {
    /// When it happened, else when it was recorded.
    fn time(&self) -> Option<Instant> {
        const PLACES: [&str; 4] =
            ["/occurredDateTime", "/occurredPeriod/start", "/period/start", "/recorded"];
        PLACES.iter().find_map(|place| timestamps::parse(word(self.0, place)))
    }

    /// The codes for what kind of event it is: `type` in R4, `category` in R5.
    fn kinds(&self) -> Vec<&'a str> {
        let kind = self.0.get("type").into_iter().chain(list(self.0, "category"));
        kind.flat_map(codes).collect()
    }

    /// The codes for what it is exactly: `subtype` in R4, `code` in R5.
    fn finer(&self) -> Vec<&'a str> {
        let finer = list(self.0, "subtype").chain(self.0.get("code"));
        finer.flat_map(codes).collect()
    }

    fn kind(&self) -> (u32, &'static str) {
        let (kinds, mut finer) = (self.kinds(), self.finer());
        finer.extend(kinds.iter().skip(1));
        kind(kinds.first().copied().unwrap_or_default(), &finer, word(self.0, "/action"))
    }

    fn status(&self) -> &'static str {
        let of_r4 = word(self.0, "/outcome");
        outcome(if of_r4.is_empty() { word(self.0, "/outcome/code/code") } else { of_r4 })
    }

    fn agents(&self) -> impl Iterator<Item = &'a Value> {
        list(self.0, "agent")
    }

    fn requestors(&self) -> impl Iterator<Item = &'a Value> {
        self.agents().filter(|agent| agent.get("requestor") == Some(&Value::Bool(true)))
    }

    /// Who asked for it: a person before a program. An agent that is alone and says nothing about it has asked.
    fn actor(&self) -> Option<&'a Value> {
        let person = self.requestors().find(|agent| !is_machine(agent));
        let mut agents = self.agents();
        let alone = agents.next().filter(|agent| agent.get("requestor").is_none());
        let alone = alone.filter(|_| agents.next().is_none());
        person.or_else(|| self.requestors().next()).or(alone)
    }

    /// The actor's address; when the resource gives them no place at all, that of the program that asked with them.
    fn src_ip(&self, actor: Option<&'a Value>) -> String {
        let own = actor.map(network).unwrap_or_default();
        let told =
            if own.is_empty() { self.requestors().map(network).collect() } else { vec![own] };
        told.into_iter().find_map(ip).unwrap_or_default()
    }

    fn observer(&self) -> &'a str {
        let observer = self.0.pointer("/source/observer");
        let told = observer.map(subject).unwrap_or_default();
        if told.is_empty() { word(self.0, "/source/site") } else { told }
    }

    fn program(&self) -> &'a str {
        let is_program = |agent: &&Value| {
            roles(agent).any(|role| role == APPLICATION_ROLE)
                || reference_id(word(agent, "/who/reference"), "Device").is_some()
        };
        let Some(agent) = self.agents().find(is_program) else { return "" };
        first([word(agent, "/name"), word(agent, "/who/display"), user(agent)])
    }

    /// Identifiers of the patients it is about: R5 names one, both list them among the entities.
    fn patients(&self) -> Vec<&'a str> {
        let is_patient = |entity: &&Value| {
            let role = entity.get("role").is_some_and(|role| codes(role).any(|code| code == "1"));
            let what = entity.get("what");
            role || what.is_some_and(|what| {
                word(what, "/type") == "Patient"
                    || reference_id(word(what, "/reference"), "Patient").is_some()
            })
        };
        let entities = list(self.0, "entity").filter(is_patient).filter_map(|one| one.get("what"));
        let mut ids: Vec<&str> = Vec::new();
        for id in self.0.get("patient").into_iter().chain(entities).map(patient_id) {
            if !id.is_empty() && ids.len() < PATIENTS_MAX && !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    fn words(&self) -> &'a str {
        let finer = list(self.0, "subtype").chain(self.0.get("code"));
        let kinds = list(self.0, "category").chain(self.0.get("type"));
        let mut words = finer.chain(kinds).flat_map(|coded| {
            let codings = list(coded, "coding").chain([coded]);
            let displays = codings.map(|coding| word(coding, "/display"));
            displays.chain([word(coded, "/text")])
        });
        words.find(|words| !words.is_empty()).unwrap_or_default()
    }
}

/// Most patients taken from one resource; the entities themselves are all in the fields.
const PATIENTS_MAX: usize = 1_000;

/// The text at a JSON pointer, empty when there is none.
fn word<'a>(value: &'a Value, place: &str) -> &'a str {
    // `Value::pointer` makes two texts of each name for escapes that no place here has.
    let found = place.split('/').skip(1).try_fold(value, |value, name| value.get(name));
    found.and_then(Value::as_str).unwrap_or_default().trim()
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn first<const N: usize>(told: [&str; N]) -> &str {
    told.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

/// The codes of a Coding (R4) or a `CodeableConcept`.
fn codes(coded: &Value) -> impl Iterator<Item = &str> {
    let codings = list(coded, "coding").chain([coded]);
    codings.filter_map(|coding| coding.get("code")?.as_str())
}

fn roles(agent: &Value) -> impl Iterator<Item = &str> {
    list(agent, "role").chain(agent.get("type")).flat_map(codes)
}

fn is_machine(agent: &Value) -> bool {
    roles(agent).any(is_machine_role)
        || reference_id(word(agent, "/who/reference"), "Device").is_some()
}

/// The account: an identifier, the other name the system knows them by, the id in `Practitioner/s1042`, a reference, a name.
fn user(agent: &Value) -> &str {
    let reference = word(agent, "/who/reference");
    first([
        word(agent, "/who/identifier/value"),
        word(agent, "/altId"),
        reference_id(reference, "Practitioner").unwrap_or_default(),
        reference,
        word(agent, "/name"),
        word(agent, "/who/display"),
    ])
}

/// What a Reference points at, for people.
fn subject(reference: &Value) -> &str {
    first([
        word(reference, "/identifier/value"),
        word(reference, "/display"),
        word(reference, "/reference"),
    ])
}

/// A patient's identifier: the business identifier when there is one, else the id in `Patient/000123`, else the reference.
fn patient_id(what: &Value) -> &str {
    let reference = word(what, "/reference");
    first([
        word(what, "/identifier/value"),
        reference_id(reference, "Patient").unwrap_or_default(),
        reference,
    ])
}

/// `000123` of `https://ehr.example/fhir/Patient/000123/_history/2`.
fn reference_id<'a>(reference: &'a str, resource_type: &str) -> Option<&'a str> {
    let mut parts = reference.split('/');
    parts.find(|part| *part == resource_type)?;
    parts.next().filter(|id| !id.is_empty())
}

/// Where an agent was, in the forms of R4 and R5.
fn network(agent: &Value) -> &str {
    first([
        word(agent, "/network/address"),
        word(agent, "/networkString"),
        word(agent, "/networkUri"),
    ])
}

/// The IP address in `192.0.2.41`, `[2001:db8::1]:443` or `https://192.0.2.41:8443/x`.
fn ip(network: &str) -> Option<String> {
    let network = ["urn:ipv4:", "urn:ipv6:"]
        .iter()
        .find_map(|urn| network.strip_prefix(urn))
        .unwrap_or(network);
    let host = network.split_once("://").map_or(network, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    let in_brackets = host.strip_prefix('[').and_then(|host| host.split(']').next());
    let without_port = || host.rsplit_once(':').map(|(host, _)| host);
    let forms = [Some(host), in_brackets, without_port()];
    forms
        .into_iter()
        .flatten()
        .find_map(|host| host.parse::<IpAddr>().ok())
        .map(|ip| ip.to_string())
}

/// Fields that one dotted name cannot tell, because several agents and entities have it.
fn push_found(
    fields: &mut Fields,
    audit: &AuditEvent<'_>,
    actor: Option<&Value>,
    patients: &[&str],
) {
    let mut push = |name: &str, value: &str| {
        if !value.is_empty() {
            fields.push(name, value);
        }
    };
    audit.kinds().into_iter().for_each(|code| push("event_id", code));
    audit.finer().into_iter().for_each(|code| push("event_type", code));
    if let Some(actor) = actor {
        push("requestor.who", word(actor, "/who/reference"));
        push("requestor.altId", word(actor, "/altId"));
        push("requestor.name", first([word(actor, "/name"), word(actor, "/who/display")]));
        push("requestor.network", network(actor));
        roles(actor).for_each(|role| push("requestor.role", role));
    }
    for id in patients {
        push("patient_id", bare_id(id));
    }
}

/// Names of patients stay out: a list of events is seen by more people than a record is.
fn summary(audit: &AuditEvent<'_>, activity: &str, user: &str, patient: &str) -> String {
    let words = audit.words();
    let mut line = text::Line::new();
    line.push(if words.is_empty() { AUDIT_EVENT } else { words });
    let said = words.to_lowercase().contains(activity);
    line.push_word(if said { "" } else { activity });
    line.push_word(user);
    if !patient.is_empty() {
        line.push_word("->");
        line.push_word(patient);
    }
    line.into_text()
}
