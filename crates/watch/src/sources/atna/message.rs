//! One audit message: who acted, from where, on which patient, with what outcome.

use std::net::IpAddr;

use sakimori_words::{Event, Fields};

use super::super::audit_codes::{
    APPLICATION_ROLE, DESTINATION_ROLE, STUDY_UID, bare_id, is_machine_role, kind, outcome,
};
use super::super::{Context, blank, text, timestamps};
use super::xml::{Element, Found};

/// Reads the columns of a message; `None` when it does not say which event it is about.
pub(super) fn read(found: &Found, raw: &[u8], context: &Context) -> Option<Event> {
    let message = Message::new(&found.element)?;
    let told = Told::of(&message);
    let action = message.event.value("EventActionCode");
    let finer: Vec<&str> = message.event_types().map(code).collect();
    let (class_uid, activity) = kind(code(message.event_id), &finer, action);
    let source = found.element.child("AuditSourceIdentification");
    Some(Event {
        time: timestamps::parse(message.event.value("EventDateTime"))
            .unwrap_or(context.received_at),
        product: "atna".to_owned(),
        service: "auditmessage".to_owned(),
        class_uid,
        activity: activity.to_owned(),
        status: outcome(message.event.value("EventOutcomeIndicator")).to_owned(),
        host: source.map_or("", |source| source.value("AuditSourceID")).to_owned(),
        user: told.user.clone(),
        patient: told.patient().to_owned(),
        src_ip: told.src_ip.clone(),
        dst_ip: told.dst_ip.clone(),
        process: told.process.clone(),
        message: summary(&message, &told, activity),
        src: fields(found, &message, &told),
        ..blank(raw, context)
    })
}

/// The parts of a message that are asked for more than once.
struct Message<'a> {
    event: &'a Element,
    event_id: &'a Element,
    participants: Vec<&'a Element>,
    objects: Vec<&'a Element>,
}

impl<'a> Message<'a> {
    fn new(element: &'a Element) -> Option<Self> {
        let event = element.child("EventIdentification")?;
        let event_id = event.child("EventID").filter(|id| !code(id).is_empty())?;
        Some(Self {
            event,
            event_id,
            participants: element.all("ActiveParticipant").collect(),
            objects: element.all("ParticipantObjectIdentification").collect(),
        })
    }

    fn event_types(&self) -> impl Iterator<Item = &'a Element> {
        self.event.all("EventTypeCode")
    }

    /// Who asked for it. Besides a person, the program that the person used often counts as requestor too.
    fn requestor(&self) -> Option<&'a Element> {
        let person = self.requestors().find(|one| !roles(one).any(is_machine_role));
        person.or_else(|| self.requestors().next())
    }

    /// RFC 3881: a participant is a requestor unless it says otherwise.
    fn requestors(&self) -> impl Iterator<Item = &'a Element> {
        let asks = |one: &&Element| !matches!(one.value("UserIsRequestor"), "false" | "0");
        self.participants.iter().copied().filter(asks)
    }

    fn with_role(&self, role: &str) -> Option<&'a Element> {
        self.participants.iter().copied().find(|one| roles(one).any(|own| own == role))
    }

    /// Objects that are persons in the role of the patient.
    fn patients(&self) -> impl Iterator<Item = &'a Element> {
        let is_patient = |object: &&Element| {
            object.value("ParticipantObjectTypeCode") == "1"
                && object.value("ParticipantObjectTypeCodeRole") == "1"
        };
        self.objects.iter().copied().filter(is_patient)
    }

    fn studies(&self) -> impl Iterator<Item = &'a Element> {
        self.objects.iter().copied().filter(|object| {
            object.child("ParticipantObjectIDTypeCode").is_some_and(|kind| code(kind) == STUDY_UID)
        })
    }
}

/// What the message says about who and where.
struct Told {
    user: String,
    src_ip: String,
    dst_ip: String,
    process: String,
    patients: Vec<String>,
}

impl Told {
    fn of(message: &Message<'_>) -> Self {
        let requestor = message.requestor();
        let user = requestor.map_or("", |one| one.value("UserID"));
        let destination = message.with_role(DESTINATION_ROLE);
        let program = message.with_role(APPLICATION_ROLE);
        // A person has no place of their own in some profiles; the program they used has it.
        let src_ip = match requestor.filter(|one| one.value("NetworkAccessPointID").is_empty()) {
            Some(_) => message.requestors().find_map(address),
            None => requestor.and_then(address),
        };
        Self {
            user: text::meaningful(user).to_owned(),
            src_ip: src_ip.unwrap_or_default(),
            dst_ip: destination.and_then(address).unwrap_or_default(),
            process: program.map_or_else(String::new, |one| {
                let name = one.value("UserName");
                if name.is_empty() { one.value("UserID") } else { name }.to_owned()
            }),
            patients: message
                .patients()
                .map(|one| one.value("ParticipantObjectID").to_owned())
                .filter(|id| !bare_id(id).is_empty())
                .collect(),
        }
    }

    fn patient(&self) -> &str {
        self.patients.first().map(|id| bare_id(id)).unwrap_or_default()
    }
}

/// The network address, when it is one of IP (type 2) or nothing else is said.
fn address(participant: &Element) -> Option<String> {
    let id = participant.value("NetworkAccessPointID");
    let is_ip = matches!(participant.value("NetworkAccessPointTypeCode"), "2" | "");
    (is_ip && id.parse::<IpAddr>().is_ok()).then(|| id.to_owned())
}

fn roles(participant: &Element) -> impl Iterator<Item = &str> {
    participant.all("RoleIDCode").map(code)
}

/// The code of a coded value: `csd-code` in DICOM, `code` in RFC 3881.
fn code(coded: &Element) -> &str {
    let own = coded.value("csd-code");
    if own.is_empty() { coded.value("code") } else { own }
}

/// The words of a coded value: `originalText` in DICOM, `displayName` in RFC 3881.
fn words(coded: &Element) -> &str {
    let own = coded.value("originalText");
    if own.is_empty() { coded.value("displayName") } else { own }
}

/// The message's own fields, and those that one name alone cannot tell because several participants have it.
fn fields(found: &Found, message: &Message<'_>, told: &Told) -> Fields {
    let mut fields = found.element.fields();
    let mut push = |name: &str, value: &str| {
        if !value.is_empty() {
            fields.push(name, value);
        }
    };
    push("event_id", code(message.event_id));
    push("event_name", words(message.event_id));
    message.event_types().for_each(|kind| push("event_type", code(kind)));
    if let Some(requestor) = message.requestor() {
        for name in ["UserID", "AlternativeUserID", "UserName", "NetworkAccessPointID"] {
            push(&format!("requestor.{name}"), requestor.value(name));
        }
        for role in requestor.all("RoleIDCode") {
            push("requestor.role", code(role));
            push("requestor.role_name", words(role));
        }
    }
    for id in &told.patients {
        push("patient_id", bare_id(id));
        push("patient_id_full", id);
    }
    message.studies().for_each(|study| push("study_uid", study.value("ParticipantObjectID")));
    if found.incomplete {
        push("incomplete", "true");
    }
    fields
}

/// Names of patients stay out: a list of events is seen by more people than a record is.
fn summary(message: &Message<'_>, told: &Told, activity: &str) -> String {
    let name = words(message.event_id);
    let name = if name.is_empty() { code(message.event_id) } else { name };
    let mut line = text::Line::new();
    line.push(name);
    let kinds = message.event_types().map(words).collect::<Vec<_>>().join(", ");
    line.push_word(&kinds);
    let said = format!("{name} {kinds}").to_lowercase().contains(activity);
    line.push_word(if said { "" } else { activity });
    line.push_word(&told.user);
    if !told.patient().is_empty() {
        line.push_word("->");
        line.push_word(told.patient());
    }
    line.into_text()
}
