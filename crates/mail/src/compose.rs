//! A letter as a message of RFC 5322: one recipient, plain text in UTF-8, headers that tell machines what it is.
//!
//! Everything is ASCII on the wire and every line is short, so no server has a reason to change a byte, and the signatures hold.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sakimori_words::{Instant, jst_datetime};

use crate::address::Address;
use crate::dkim::DkimKeys;
use crate::error::MailError;
use crate::secret::MailSecret;

/// Characters of the local part of return paths: the whole may have 64 (RFC 5321 4.5.3.1.1), and 34 are ours.
const RETURN_LOCAL_MAX: usize = 30;

/// Bytes of text in one encoded word: with what stands around it, it may have 75 characters (RFC 2047 2).
const WORD_BYTES: usize = 42;

/// Characters of base64 in one line (RFC 2045 6.8).
const LINE_CHARS: usize = 76;

/// In whose name letters go out.
pub struct Sender {
    name: String,
    from: Address,
    returns: Address,
}

/// What one letter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writing<'a> {
    /// The letter's id.
    pub id: &'a str,
    /// To which address.
    pub to: &'a str,
    /// Its subject, with label and mark.
    pub subject: &'a str,
    /// Its text, lines ended by `\n`.
    pub text: &'a str,
    /// When it is sent.
    pub at: Instant,
}

/// A header: its name, and its value in the parts it may be folded between.
pub(crate) struct Header {
    pub(crate) name: &'static str,
    pub(crate) parts: Vec<String>,
}

impl Header {
    pub(crate) fn line(&self) -> String {
        format!("{}: {}\r\n", self.name, self.parts.join("\r\n "))
    }
}

impl Sender {
    /// Letters from `address`, called `name`, that come back to `returns`.
    ///
    /// # Errors
    /// When one is no address, or the return address is too long to carry a token.
    pub fn new(name: &str, address: &str, returns: &str) -> Result<Self, MailError> {
        let returns = Address::parse(returns)?;
        if returns.local.len() > RETURN_LOCAL_MAX {
            return Err(MailError::Address { address: returns.to_string() });
        }
        Ok(Self { name: name.to_owned(), from: Address::parse(address)?, returns })
    }

    /// The domain whose keys sign.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.from.domain
    }

    /// What return paths begin with.
    #[must_use]
    pub fn returns_to(&self) -> &str {
        &self.returns.local
    }

    /// The return path of a letter (VERP): it names the letter, so that a returned one needs no guessing.
    #[must_use]
    pub fn return_path(&self, secret: &MailSecret, id: &str) -> String {
        let local = secret.return_local(&self.returns.local, id);
        Address { local, domain: self.returns.domain.clone() }.to_string()
    }
}

/// The message as it is handed to the relay, signed.
///
/// # Errors
/// When the address is none, or a signature cannot be made.
pub fn compose(
    sender: &Sender,
    keys: &DkimKeys,
    writing: &Writing<'_>,
) -> Result<Vec<u8>, MailError> {
    let body = encoded_body(writing.text);
    let signed = signed_headers(sender, writing)?;
    let mut message = keys.signatures(&signed, &body, sender.domain(), writing.at)?;
    // RFC 3834: nobody's absence assistant answers. No List-Unsubscribe: nobody leaves the list of an official notice by a click.
    for header in ["Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: OOF, AutoReply"] {
        message.push_str(&format!("{header}\r\n"));
    }
    signed.iter().for_each(|header| message.push_str(&header.line()));
    message.push_str("\r\n");
    message.push_str(&body);
    Ok(message.into_bytes())
}

fn signed_headers(sender: &Sender, writing: &Writing<'_>) -> Result<Vec<Header>, MailError> {
    let header = |name, parts| Header { name, parts };
    let one = |name, value: String| Header { name, parts: vec![value] };
    let mut from = encoded_words(&sender.name);
    from.push(format!("<{}>", sender.from));
    let date = jst_datetime(writing.at).strftime("%a, %d %b %Y %H:%M:%S +0900").to_string();
    Ok(vec![
        header("From", from),
        one("To", Address::parse(writing.to)?.to_string()),
        header("Subject", encoded_words(writing.subject)),
        one("Date", date),
        // The same for every try: should one arrive twice after a crash, mail programs see one.
        one("Message-ID", format!("<{}@{}>", writing.id, sender.domain())),
        one("MIME-Version", "1.0".to_owned()),
        one("Content-Type", "text/plain; charset=utf-8".to_owned()),
        one("Content-Transfer-Encoding", "base64".to_owned()),
    ])
}

/// A text as encoded words (RFC 2047). Line ends and control characters in it become spaces: a header is one line whatever an officer
/// pasted into a title.
fn encoded_words(text: &str) -> Vec<String> {
    let clean: String = text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
    let mut words = vec![];
    let mut rest = clean.trim();
    while !rest.is_empty() {
        let end = rest.floor_char_boundary(WORD_BYTES.min(rest.len()));
        let (word, after) = rest.split_at(end);
        words.push(format!("=?UTF-8?B?{}?=", STANDARD.encode(word)));
        rest = after;
    }
    words
}

fn encoded_body(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let encoded = STANDARD.encode(text);
    let mut body = String::new();
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(LINE_CHARS.min(rest.len()));
        body.push_str(line);
        body.push_str("\r\n");
        rest = after;
    }
    body
}
