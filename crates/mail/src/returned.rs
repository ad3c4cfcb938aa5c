//! Returned mail (RFC 3464, and what older mail servers write instead), read from any bytes. Pure.
//!
//! Which letter it is about is known only by the token in the address it came back to; nothing else in it is believed to name one.

use mail_parser::{Message, MessageParser, MimeHeaders as _};

use crate::secret::MailSecret;

/// The largest returned mail that is read, in bytes: servers quote the letter, which is small.
pub const RETURNED_BYTES_MAX: usize = 1 << 20;

/// Characters kept of what the other side said.
const SAID_CHARS_MAX: usize = 300;

/// Text of a returned mail without a machine-readable part that is looked through, in bytes.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// A mail that came back to one of our letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// The letter.
    pub id: String,
    /// What it says about it.
    pub saying: Saying,
}

/// What came back says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saying {
    /// Not delivered, and it will not be (5.x.x).
    Never {
        /// The other server's words.
        said: String,
        /// Whether they speak of the address; policy (5.7.x) speaks of us.
        of_address: bool,
    },
    /// Not delivered, but not for ever (4.x.x).
    BackForNow {
        /// The other server's words.
        said: String,
    },
    /// The other server is still trying, or says that it delivered. Nothing is to be done.
    Notice,
    /// An absence assistant, or another machine that answers. It acknowledges nothing.
    AutoAnswer,
    /// It could not be understood; a person should look.
    Unclear,
}

/// Reads a mail that came to a return path beginning with `local`; `None` when it carries no token of ours.
#[must_use]
pub fn read_returned(bytes: &[u8], local: &str, secret: &MailSecret) -> Option<Returned> {
    let bytes = bytes.get(..RETURNED_BYTES_MAX).unwrap_or(bytes);
    let message = MessageParser::default().parse(bytes)?;
    let id = message.headers_raw().find_map(|(_, value)| secret.returned_id(local, value))?;
    Some(Returned { id, saying: saying(&message) })
}

/// Any bytes, for the fuzzer.
pub fn fuzz_returned(bytes: &[u8]) {
    let secret = MailSecret::new([7; 32]);
    let _ = read_returned(bytes, "bounce", &secret);
    if let Some(message) = MessageParser::default().parse(bytes) {
        let _ = saying(&message);
    }
    let text = String::from_utf8_lossy(bytes);
    let _ = (status_in(&text), is_of_address(&text), line(&text), secret.linked(&text));
}

fn saying(message: &Message<'_>) -> Saying {
    if let Some(report) = report_of(message) {
        return by_report(&report);
    }
    if is_auto_answer(message) {
        return Saying::AutoAnswer;
    }
    by_text(&text_of(message))
}

/// The text of the machine-readable part.
fn report_of(message: &Message<'_>) -> Option<String> {
    let is_report = |part: &&mail_parser::MessagePart<'_>| {
        let kind = part.content_type();
        kind.is_some_and(|kind| {
            let sub = kind.subtype().unwrap_or_default().to_ascii_lowercase();
            kind.ctype().eq_ignore_ascii_case("message") && sub.ends_with("delivery-status")
        })
    };
    let part = message.parts.iter().find(is_report)?;
    Some(String::from_utf8_lossy(part.contents()).replace("\r\n", "\n"))
}

/// RFC 3464: fields of the message, then groups of fields, one for each recipient. A letter has one recipient.
fn by_report(report: &str) -> Saying {
    let unfolded = report.replace("\n ", " ").replace("\n\t", " ");
    let field = |name: &str| {
        let found = unfolded.lines().filter_map(|line| line.split_once(':'));
        let mut found = found.filter(|(own, _)| own.trim().eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let (action, status) = (field("Action").to_lowercase(), field("Status"));
    let said = line(&format!("{status} {}", field("Diagnostic-Code")));
    match (action.as_str(), status_in(&status).map(|(class, _)| class)) {
        ("delayed" | "delivered" | "relayed" | "expanded", _) | (_, Some(2)) => Saying::Notice,
        (_, Some(5)) => Saying::Never { of_address: is_of_address(&status), said },
        (_, Some(_)) => Saying::BackForNow { said },
        ("failed", None) => Saying::Never { of_address: is_of_address(&said), said },
        (_, None) => Saying::Unclear,
    }
}

/// RFC 3834, and what was usual before it. Mail servers call returned mail an automatic answer as well, so they are asked first.
fn is_auto_answer(message: &Message<'_>) -> bool {
    let raw = |name: &str| message.header_raw(name).unwrap_or_default().trim().to_lowercase();
    let from = raw("From");
    if ["mailer-daemon", "postmaster", "mail delivery"].iter().any(|one| from.contains(one)) {
        return false;
    }
    let subject = message.subject().unwrap_or_default().to_lowercase();
    let begins = ["out of office", "automatic reply", "auto:", "自動応答", "自動返信", "不在"];
    raw("Auto-Submitted").starts_with("auto-replied")
        || raw("Precedence").starts_with("auto_reply")
        || ["X-Autoreply", "X-Autorespond"].iter().any(|name| message.header_raw(*name).is_some())
        || begins.iter().any(|begin| subject.contains(begin))
}

fn text_of(message: &Message<'_>) -> String {
    let subject = message.subject().unwrap_or_default().to_owned();
    let body = message.body_text(0).unwrap_or_default();
    let end = body.floor_char_boundary(TEXT_BYTES_MAX);
    format!("{subject}\n{}", body.get(..end).unwrap_or_default())
}

/// Servers that write only for people (qmail and its kin, mobile operators): a status, a reply code, or one of the usual sentences.
fn by_text(text: &str) -> Saying {
    let class_of = |line: &str| {
        status_in(line).map(|(class, _)| class).or_else(|| sentence_in(&line.to_lowercase()))
    };
    let spoken = text.lines().find_map(|line| Some((line, class_of(line)?)));
    match spoken {
        Some((said, 5)) => Saying::Never { of_address: is_of_address(said), said: line(said) },
        Some((said, 4)) => Saying::BackForNow { said: line(said) },
        _ => Saying::Unclear,
    }
}

/// The class of a usual sentence in lower case.
fn sentence_in(line: &str) -> Option<u8> {
    const NEVER: [&str; 8] = [
        "user unknown",
        "unknown user",
        "no such user",
        "no mailbox here by that name",
        "does not exist",
        "address rejected",
        "unrouteable address",
        "宛先不明",
    ];
    const NOT_NOW: [&str; 4] = ["mailbox full", "over quota", "mailbox is full", "try again later"];
    let has = |sentences: &[&str]| sentences.iter().any(|one| line.contains(one));
    if has(&NEVER) {
        Some(5)
    } else if has(&NOT_NOW) {
        Some(4)
    } else {
        None
    }
}

/// Class and subject of the first enhanced status code (RFC 3463) in a text, else the class of a reply code in front of a sentence.
fn status_in(text: &str) -> Option<(u8, Option<u32>)> {
    let words = || text.split(|one: char| one.is_whitespace() || "#()[]:;,<>".contains(one));
    let enhanced = words().find_map(enhanced_status);
    enhanced.map(|(class, subject)| (class, Some(subject))).or_else(|| {
        words().find_map(|word| match word.as_bytes() {
            [class @ (b'4' | b'5'), b'0'..=b'5', b'0'..=b'9'] => Some((class - b'0', None)),
            _ => None,
        })
    })
}

/// `5.1.1`; not `5.1.1.1`, which is an address.
fn enhanced_status(word: &str) -> Option<(u8, u32)> {
    let word = word.trim_end_matches('.');
    let word = word.split_once('-').map_or(word, |(_, rest)| rest);
    let parts: Vec<&str> = word.split('.').collect();
    let [class, subject, detail] = parts.as_slice() else { return None };
    let small = |part: &str| (1..=3).contains(&part.len()).then(|| part.parse::<u32>().ok())?;
    let class = match *class {
        "2" => 2,
        "4" => 4,
        "5" => 5,
        _ => return None,
    };
    small(detail)?;
    Some((class, small(subject)?))
}

/// Whether a refusal speaks of the address: everything but policy and security (x.7.x, RFC 3463 3.8), where we are the reason.
pub(crate) fn is_of_address(said: &str) -> bool {
    status_in(said).is_none_or(|(_, subject)| subject != Some(7))
}

/// What somebody else's machine said, as one line to be shown.
pub(crate) fn line(said: &str) -> String {
    let words: Vec<&str> = said
        .split(|one: char| one.is_whitespace() || one.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(SAID_CHARS_MAX).collect()
}
