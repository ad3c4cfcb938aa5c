//! One mail, read: headers, body, attachments, and the mails inside it.

use mail_parser::{Address as MailAddress, HeaderForm, HeaderValue, Message, MessageParser};
use mail_parser::{Host, MessagePart, MimeHeaders as _, PartType};

use super::addresses::{Address, domain_of, line};
use super::attachments::{self, Attachment, AttachmentKind};
use super::links::{self, Link};
use super::outlook;
use super::passes::{self, Passes};
use super::{DEPTH_MAX, Hop, LETTERS_MAX};

/// Addresses kept of one header.
const ADDRESSES_MAX: usize = 20;

/// Text of a body that is looked through, in bytes.
const BODY_BYTES_MAX: usize = 2 << 20;

/// Attachments that are looked at in one mail.
const LOOKED_MAX: usize = 200;

/// One mail.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that say nothing about each other: no state is left out or doubled"
)]
pub(super) struct Letter {
    pub(super) from: Vec<Address>,
    pub(super) reply_to: Vec<Address>,
    pub(super) to: Vec<Address>,
    pub(super) return_path: String,
    pub(super) subject: String,
    pub(super) message_id: String,
    pub(super) date: String,
    pub(super) hops: Vec<Hop>,
    pub(super) passes: Option<Passes>,
    pub(super) signed_by: Vec<String>,
    pub(super) links: Vec<Link>,
    pub(super) attachments: Vec<Attachment>,
    /// It carries another mail.
    pub(super) holds_mail: bool,
    /// A machine wrote it: a bounce, an answer, a notice.
    pub(super) by_machine: bool,
    /// Its text quotes a mail that was forwarded without its headers.
    pub(super) quotes_forward: bool,
    /// Parts of it could not be decoded, or were not there.
    pub(super) damaged: bool,
    /// Things in it that were not looked at, for their number or depth.
    pub(super) not_looked_at: usize,
}

impl Letter {
    /// Whether it carries one mail and nothing else that counts.
    pub(super) fn is_bare_cover(&self) -> bool {
        self.holds_mail
            && self.links.is_empty()
            && self.attachments.iter().all(|one| one.kind == AttachmentKind::Mail)
    }
}

/// The mail in `bytes` and those inside it, the outermost first; `None` when it is none.
pub(super) fn read(bytes: &[u8]) -> Option<Vec<Letter>> {
    let mut letters = Vec::new();
    read_into(bytes, 0, &mut letters).then_some(letters)
}

/// Adds the mail in `bytes` and those inside; whether it is one.
pub(super) fn read_into(bytes: &[u8], depth: usize, letters: &mut Vec<Letter>) -> bool {
    if outlook::is_compound(bytes) {
        return outlook::read_into(bytes, depth, letters);
    }
    let Some(message) = MessageParser::default().parse(bytes) else { return false };
    if !looks_like_mail(&message) {
        return false;
    }
    add(&message, depth, letters);
    true
}

/// Any text begins with something like a header; a mail has some that only mails have.
fn looks_like_mail(message: &Message<'_>) -> bool {
    let known = ["from", "to", "subject", "received", "message-id", "mime-version", "return-path"];
    let has = |name: &&&str| {
        message.headers().iter().any(|header| header.name().eq_ignore_ascii_case(name))
    };
    known.iter().filter(has).count() >= 2
}

fn add(message: &Message<'_>, depth: usize, letters: &mut Vec<Letter>) {
    let at = letters.len();
    letters.push(headers(message));
    let mut letter = Letter::default();
    read_bodies(message, &mut letter);
    letter.damaged |= message.parts.iter().any(|part| part.is_encoding_problem);
    let mut inner = Vec::new();
    for part in message.attachments() {
        read_attachment(part, depth, &mut letter, &mut inner, at + 1);
    }
    if let Some(own) = letters.get_mut(at) {
        own.links = letter.links;
        own.attachments = letter.attachments;
        own.holds_mail = letter.holds_mail;
        own.quotes_forward = letter.quotes_forward;
        own.damaged |= letter.damaged;
        own.not_looked_at += letter.not_looked_at;
    }
    letters.append(&mut inner);
}

fn read_bodies(message: &Message<'_>, letter: &mut Letter) {
    let mut texts = Vec::new();
    for part in &message.parts {
        let (text, is_html) = match &part.body {
            PartType::Html(text) => (text, true),
            PartType::Text(text) => (text, false),
            _ => continue,
        };
        let is_attached =
            part.content_disposition().is_some_and(mail_parser::ContentType::is_attachment);
        if !is_attached {
            texts.push((text.as_ref(), is_html));
        }
    }
    fill_body(letter, &texts);
}

/// Takes over what a mail's texts say: links, and whether one was forwarded in them.
pub(super) fn fill_body(letter: &mut Letter, texts: &[(&str, bool)]) {
    for (text, is_html) in texts {
        let text = front(text, BODY_BYTES_MAX);
        letter.links.extend(if *is_html { links::of_html(text) } else { links::of_text(text) });
        letter.quotes_forward |= quotes_forward(text);
    }
    let mut seen = std::collections::HashSet::new();
    letter.links.retain(|link| seen.insert((link.target.clone(), link.text.clone())));
    // The same address with its shown text tells more than the bare one of the plain part.
    let shown: std::collections::HashSet<String> = letter
        .links
        .iter()
        .filter(|link| !link.text.is_empty())
        .map(|link| link.target.clone())
        .collect();
    letter.links.retain(|link| !link.text.is_empty() || !shown.contains(&link.target));
}

/// The lines that mail programs put above a mail that is forwarded in the text.
fn quotes_forward(text: &str) -> bool {
    let marks = [
        "-----Original Message-----",
        "---------- Forwarded message",
        "-----元のメッセージ-----",
        "-------- Forwarded Message --------",
        "-------- 転送メッセージ --------",
        "---------- 転送メッセージ",
    ];
    marks.iter().any(|mark| text.contains(mark))
}

fn front(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

fn read_attachment(
    part: &MessagePart<'_>,
    depth: usize,
    letter: &mut Letter,
    inner: &mut Vec<Letter>,
    before: usize,
) {
    if letter.attachments.len() >= LOOKED_MAX {
        letter.not_looked_at += 1;
        return;
    }
    let name = part.attachment_name().unwrap_or_default();
    let disposition = part.content_disposition();
    let is_attached = disposition.is_some_and(mail_parser::ContentType::is_attachment);
    if name.is_empty() && !is_attached && part.is_text() {
        // One more piece of the body.
        return;
    }
    let said = part.content_type().map(|kind| {
        let sub = kind.subtype().map(|sub| format!("/{sub}")).unwrap_or_default();
        format!("{}{sub}", kind.ctype())
    });
    let said = said.unwrap_or_default();
    if let PartType::Message(message) = &part.body {
        letter.holds_mail = true;
        let mut own = attachments::look(name, &said, message.raw_message());
        own.kind = AttachmentKind::Mail;
        letter.attachments.push(own);
        if has_room(depth, before + inner.len()) {
            add(message, depth + 1, inner);
        } else {
            letter.not_looked_at += 1;
        }
        return;
    }
    attach(letter, inner, name, &said, part.contents(), (depth, before));
}

/// Adds a file, and the mail in it when it is one.
pub(super) fn attach(
    letter: &mut Letter,
    inner: &mut Vec<Letter>,
    name: &str,
    said: &str,
    bytes: &[u8],
    (depth, before): (usize, usize),
) {
    let mut own = attachments::look(name, said, bytes);
    let is_named_mail = attachments::kind_by_name(name) == AttachmentKind::Mail;
    if own.kind == AttachmentKind::Mail || is_named_mail {
        if !has_room(depth, before + inner.len()) {
            letter.not_looked_at += 1;
        } else if read_into(bytes, depth + 1, inner) {
            letter.holds_mail = true;
            own.kind = AttachmentKind::Mail;
        }
    }
    letter.attachments.push(own);
}

const fn has_room(depth: usize, n_letters: usize) -> bool {
    depth < DEPTH_MAX && n_letters < LETTERS_MAX
}

/// What the headers say.
pub(super) fn headers(message: &Message<'_>) -> Letter {
    let hops: Vec<Hop> = message.received_all().map(hop).collect();
    let mut passes =
        texts(message, "Authentication-Results").first().and_then(|value| passes::read(value));
    if let Some(passes) = &mut passes {
        passes.by_receiver = hops.first().is_some_and(|hop| is_same_house(&hop.by, &passes.by));
    }
    let signatures = texts(message, "DKIM-Signature");
    Letter {
        from: addresses(message.from()),
        reply_to: addresses(message.reply_to()),
        to: addresses(message.to()).into_iter().chain(addresses(message.cc())).collect(),
        return_path: line(message.return_path().as_text().unwrap_or_default()),
        subject: line(message.subject().unwrap_or_default()),
        message_id: line(message.message_id().unwrap_or_default()),
        date: message.date().map(mail_parser::DateTime::to_rfc3339).unwrap_or_default(),
        hops,
        passes,
        by_machine: is_by_machine(message),
        signed_by: signatures.iter().filter_map(|value| passes::signing_domain(value)).collect(),
        ..Letter::default()
    }
}

/// RFC 3834: machines say so, and bounces have no return address.
fn is_by_machine(message: &Message<'_>) -> bool {
    let said = texts(message, "Auto-Submitted");
    let automatic = said.first().is_some_and(|said| !said.trim().eq_ignore_ascii_case("no"));
    let raw = message.header_raw("Return-Path").map(str::trim);
    automatic || raw == Some("<>")
}

/// Whether two machines stand under one registered domain.
fn is_same_house(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    let under = super::domains::registrable(&one);
    under.contains('.') && under == super::domains::registrable(&other)
}

fn texts(message: &Message<'_>, name: &'static str) -> Vec<String> {
    let values = message.header_as(name, HeaderForm::Text);
    let text = |value: HeaderValue<'_>| value.into_text().map(std::borrow::Cow::into_owned);
    values.into_iter().filter_map(text).take(ADDRESSES_MAX).collect()
}

fn addresses(address: Option<&MailAddress<'_>>) -> Vec<Address> {
    let Some(address) = address else { return Vec::new() };
    let one = |address: &mail_parser::Addr<'_>| {
        Address::new(address.name().unwrap_or_default(), address.address().unwrap_or_default())
    };
    address.iter().take(ADDRESSES_MAX).map(one).collect()
}

fn hop(received: &mail_parser::Received<'_>) -> Hop {
    let host = |host: Option<&Host<'_>>| match host {
        Some(Host::Name(name)) => line(name),
        Some(Host::IpAddr(address)) => address.to_string(),
        None => String::new(),
    };
    Hop {
        from: host(received.from()),
        ip: received.from_ip().map(|address| address.to_string()).unwrap_or_default(),
        by: host(received.by()),
        at: received.date().map(|date| date.to_rfc3339()).unwrap_or_default(),
    }
}

/// The domain of the shown sender.
pub(super) fn sender_domain(letter: &Letter) -> String {
    letter.from.first().map(|from| domain_of(&from.address)).unwrap_or_default()
}
