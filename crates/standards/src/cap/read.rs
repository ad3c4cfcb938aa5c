//! The head of an alert: enough to know an acknowledgement, and to show an unsigned alert to a person.

use quick_xml::Reader;
use quick_xml::events::Event;

/// Longest message that is read, in bytes.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// What a message says before its texts. Everything is as the sender wrote it; nothing here is signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertHead {
    /// Its id at the sender.
    pub identifier: String,
    /// The sender.
    pub sender: String,
    /// When it was sent.
    pub sent: String,
    /// `Actual`, `Exercise`, `System`, `Test` or `Draft`.
    pub status: String,
    /// `Alert`, `Update`, `Cancel`, `Ack` or `Error`.
    pub kind: String,
    /// Its note: with an acknowledgement, what the sender answers.
    pub note: String,
    /// The messages it refers to, each as `sender,identifier,sent`.
    pub references: Vec<String>,
    /// The title of its first block of information.
    pub headline: String,
}

/// Why a text is no alert.
#[derive(Debug, thiserror::Error)]
pub enum ReadAlertError {
    /// It is too long.
    #[error("the message is longer than {MESSAGE_BYTES_MAX} bytes")]
    TooLong,
    /// It is no text.
    #[error("the message is not UTF-8")]
    NotText(#[from] std::str::Utf8Error),
    /// It is no XML.
    #[error("the message is not XML")]
    Xml(#[from] quick_xml::Error),
    /// It is XML of another kind, or lacks what every alert has.
    #[error("the message has no `{name}`")]
    Missing {
        /// What it lacks.
        name: &'static str,
    },
}

impl AlertHead {
    /// Whether it acknowledges the message of that reference.
    #[must_use]
    pub fn acknowledges(&self, reference: &str) -> bool {
        self.kind == "Ack" && self.references.iter().any(|own| own == reference)
    }
}

/// Reads the head of an alert. No entity is expanded but the five of XML, nothing is fetched.
///
/// # Errors
/// When it is no CAP alert.
pub fn read(bytes: &[u8]) -> Result<AlertHead, ReadAlertError> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(ReadAlertError::TooLong);
    }
    let text = std::str::from_utf8(bytes)?;
    let mut reader = Reader::from_str(text);
    let mut walk = Walk::default();
    loop {
        match reader.read_event()? {
            Event::Start(tag) => walk.open(tag.local_name().as_ref()),
            Event::End(_) => walk.close(),
            Event::Text(text) => walk.text.push_str(&text.into_inner()),
            Event::CData(text) => walk.text.push_str(&text.into_inner()),
            Event::GeneralRef(name) => walk.text.push_str(resolved(&name.into_inner())),
            Event::Eof => break,
            _ => {}
        }
    }
    walk.head()
}

/// One of the five entities of XML; any other one is left out.
fn resolved(name: &str) -> &'static str {
    match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "apos" => "'",
        "quot" => "\"",
        _ => "",
    }
}

#[derive(Default)]
struct Walk {
    /// Names of the open elements, the outermost first.
    path: Vec<String>,
    text: String,
    head: AlertHead,
    is_alert: bool,
}

impl Walk {
    fn open(&mut self, name: &str) {
        self.is_alert |= self.path.is_empty() && name == "alert";
        self.path.push(name.to_owned());
        self.text.clear();
    }

    fn close(&mut self) {
        let text = self.text.trim().to_owned();
        self.text.clear();
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let head = &mut self.head;
        match path.as_slice() {
            ["alert", "identifier"] => head.identifier = text,
            ["alert", "sender"] => head.sender = text,
            ["alert", "sent"] => head.sent = text,
            ["alert", "status"] => head.status = text,
            ["alert", "msgType"] => head.kind = text,
            ["alert", "note"] => head.note = text,
            ["alert", "references"] => {
                head.references = text.split_whitespace().map(str::to_owned).collect();
            }
            ["alert", "info", "headline"] if head.headline.is_empty() => head.headline = text,
            _ => {}
        }
        self.path.pop();
    }

    fn head(self) -> Result<AlertHead, ReadAlertError> {
        let missing = |name| Err(ReadAlertError::Missing { name });
        if !self.is_alert {
            return missing("alert");
        }
        for (name, value) in [
            ("identifier", &self.head.identifier),
            ("sender", &self.head.sender),
            ("sent", &self.head.sent),
            ("status", &self.head.status),
            ("msgType", &self.head.kind),
        ] {
            if value.is_empty() {
                return missing(name);
            }
        }
        Ok(self.head)
    }
}
