//! A warning as an alert.

use std::fmt::Write as _;

use quick_xml::escape::escape;
use sakimori_words::{Instant, Tlp, jst_datetime};

/// What an office alerts about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its id at the sender. No spaces, commas, `<` or `&`: CAP forbids them, and they become `_`.
    pub identifier: String,
    /// The sender, e.g. `pref.example.jp`; under the same rule.
    pub sender: String,
    /// When this message was sent.
    pub sent_at: Instant,
    /// Whether it is meant.
    pub standing: Standing,
    /// What it does to an earlier message.
    pub kind: MessageKind,
    /// Who may see it: CLEAR is public, GREEN and narrower restricted.
    pub tlp: Tlp,
    /// Language of the texts, e.g. `ja-JP`.
    pub lang: String,
    /// What it is about, in a few words.
    pub event: String,
    /// How soon something has to be done.
    pub urgency: Urgency,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub certainty: Certainty,
    /// Until when it holds.
    pub expires_at: Option<Instant>,
    /// The sender's name for people.
    pub sender_name: String,
    /// Its title.
    pub headline: String,
    /// What happened.
    pub description: String,
    /// What to do.
    pub instruction: String,
    /// More about it; may be empty.
    pub web: String,
    /// Whom to ask; may be empty.
    pub contact: String,
    /// For whom, e.g. `奈良県`.
    pub area: String,
    /// Names and values for machines, e.g. the document number.
    pub parameters: Vec<(String, String)>,
    /// The files that go with it.
    pub resources: Vec<Resource>,
}

/// A file that goes with an alert. Where it is fetched is the sender's affair; the digest of CAP is SHA-1, so ours stands in the description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// What it is.
    pub description: String,
    /// Its media type.
    pub media_type: String,
    /// How many bytes it has.
    pub n_bytes: u64,
}

/// Whether an alert is meant. An exercise must never be mistaken for the real thing, so there is no way to leave this open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Act on it.
    Actual,
    /// Only those who take part act on it.
    Exercise,
}

/// What a message does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// It is the first one.
    Alert,
    /// It takes the place of earlier ones, named as [`reference`] writes them.
    Update(Vec<String>),
    /// It takes them back.
    Cancel(Vec<String>),
}

/// How soon something has to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// At once.
    Immediate,
    /// Within an hour or so.
    Expected,
    /// In the near future.
    Future,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Extraordinary.
    Extreme,
    /// Significant.
    Severe,
    /// Possible.
    Moderate,
    /// Nobody has said.
    Unknown,
}

/// How sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// It has happened.
    Observed,
    /// More likely than not.
    Likely,
    /// Nobody has said.
    Unknown,
}

/// How a later message names an earlier one.
#[must_use]
pub fn reference(sender: &str, identifier: &str, sent_at: Instant) -> String {
    format!("{},{},{}", plain(sender), plain(identifier), time(sent_at))
}

/// The alert as XML, in the order of elements that the schema wants.
#[must_use]
pub fn write(alert: &Alert) -> String {
    let mut xml = Xml::default();
    xml.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">\n");
    xml.put("identifier", &plain(&alert.identifier));
    xml.put("sender", &plain(&alert.sender));
    xml.put("sent", &time(alert.sent_at));
    xml.put("status", alert.standing.word());
    let (word, references) = alert.kind.words();
    xml.put("msgType", word);
    let public = alert.tlp == Tlp::Clear;
    xml.put("scope", if public { "Public" } else { "Restricted" });
    xml.put_unless_empty("restriction", if public { "" } else { alert.tlp.label() });
    if alert.standing == Standing::Exercise {
        // CAP wants the note to say what an exercise is about.
        xml.put("note", &format!("訓練 EXERCISE: {}", alert.headline));
    }
    xml.put_unless_empty("references", &references.join(" "));
    put_info(&mut xml, alert);
    xml.text.push_str("</alert>\n");
    xml.text
}

fn put_info(xml: &mut Xml, alert: &Alert) {
    xml.open("info");
    xml.put("language", &alert.lang);
    xml.put("category", "Security");
    xml.put("event", &alert.event);
    xml.put("urgency", alert.urgency.word());
    xml.put("severity", alert.severity.word());
    xml.put("certainty", alert.certainty.word());
    if let Some(at) = alert.expires_at {
        xml.put("expires", &time(at));
    }
    xml.put_unless_empty("senderName", &alert.sender_name);
    xml.put_unless_empty("headline", &alert.headline);
    xml.put_unless_empty("description", &alert.description);
    xml.put_unless_empty("instruction", &alert.instruction);
    xml.put_unless_empty("web", &alert.web);
    xml.put_unless_empty("contact", &alert.contact);
    for (name, value) in &alert.parameters {
        xml.open("parameter");
        xml.put("valueName", name);
        xml.put("value", value);
        xml.close("parameter");
    }
    for resource in &alert.resources {
        xml.open("resource");
        xml.put("resourceDesc", &resource.description);
        xml.put("mimeType", &resource.media_type);
        xml.put("size", &resource.n_bytes.to_string());
        xml.close("resource");
    }
    if !alert.area.is_empty() {
        xml.open("area");
        xml.put("areaDesc", &alert.area);
        xml.close("area");
    }
    xml.close("info");
}

/// The time in Japan to the second with its offset: the schema refuses `Z` and fractions.
fn time(at: Instant) -> String {
    format!("{}+09:00", jst_datetime(at).strftime("%Y-%m-%dT%H:%M:%S"))
}

/// An identifier or sender without what CAP forbids in them.
fn plain(text: &str) -> String {
    let forbidden = |sign: char| sign.is_whitespace() || sign.is_control() || ",<&".contains(sign);
    text.chars().map(|sign| if forbidden(sign) { '_' } else { sign }).collect()
}

#[derive(Default)]
struct Xml {
    text: String,
}

impl Xml {
    fn open(&mut self, name: &str) {
        let _ = writeln!(self.text, "<{name}>");
    }

    fn close(&mut self, name: &str) {
        let _ = writeln!(self.text, "</{name}>");
    }

    fn put(&mut self, name: &str, text: &str) {
        // XML 1.0 has no place for most control characters, escaped or not.
        let text: String =
            text.chars().filter(|sign| !sign.is_control() || "\n\t".contains(*sign)).collect();
        let _ = writeln!(self.text, "<{name}>{}</{name}>", escape(text.as_str()));
    }

    fn put_unless_empty(&mut self, name: &str, text: &str) {
        if !text.trim().is_empty() {
            self.put(name, text);
        }
    }
}

impl Standing {
    const fn word(self) -> &'static str {
        match self {
            Self::Actual => "Actual",
            Self::Exercise => "Exercise",
        }
    }
}

impl MessageKind {
    fn words(&self) -> (&'static str, &[String]) {
        match self {
            Self::Alert => ("Alert", &[]),
            Self::Update(earlier) => ("Update", earlier),
            Self::Cancel(earlier) => ("Cancel", earlier),
        }
    }
}

impl Urgency {
    const fn word(self) -> &'static str {
        match self {
            Self::Immediate => "Immediate",
            Self::Expected => "Expected",
            Self::Future => "Future",
        }
    }
}

impl Severity {
    const fn word(self) -> &'static str {
        match self {
            Self::Extreme => "Extreme",
            Self::Severe => "Severe",
            Self::Moderate => "Moderate",
            Self::Unknown => "Unknown",
        }
    }
}

impl Certainty {
    const fn word(self) -> &'static str {
        match self {
            Self::Observed => "Observed",
            Self::Likely => "Likely",
            Self::Unknown => "Unknown",
        }
    }
}
