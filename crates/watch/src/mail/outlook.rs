//! Mails that Outlook saved (.msg): a compound file with one stream per property (MS-OXMSG).

use std::io::{Cursor, Read as _};

use cfb::CompoundFile;
use encoding_rs::UTF_16LE;
use mail_parser::MessageParser;

use super::addresses::{Address, line};
use super::letter::{Letter, attach, fill_body, headers};
use super::{DEPTH_MAX, LETTERS_MAX};
use crate::sources::text;

/// Attachments that are looked at in one mail.
const LOOKED_MAX: usize = 200;

/// Most bytes of one text property.
const TEXT_BYTES_MAX: u64 = 4 << 20;

/// Properties by their numbers.
const SUBJECT: &str = "0037";
const HEADERS: &str = "007D";
const SENDER_NAME: &str = "0C1A";
const SENDER_ADDRESS: &str = "0C1F";
const SENDER_SMTP: &str = "5D01";
const SHOWN_TO: &str = "0E04";
const BODY: &str = "1000";
const HTML: &str = "1013";
const MESSAGE_ID: &str = "1035";
const FILE_NAME: &str = "3704";
const LONG_FILE_NAME: &str = "3707";
const SAID_KIND: &str = "370E";
const DATA: &str = "3701";

type File<'a> = CompoundFile<Cursor<&'a [u8]>>;

/// Whether the bytes are a compound file.
pub(super) fn is_compound(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
}

/// Adds the mail in a compound file and those inside it; whether it is one.
pub(super) fn read_into(bytes: &[u8], depth: usize, letters: &mut Vec<Letter>) -> bool {
    let Ok(mut file) = CompoundFile::open(Cursor::new(bytes)) else { return false };
    if !file.is_stream("/__properties_version1.0") {
        return false;
    }
    read_storage(&mut file, "", depth, letters);
    true
}

fn read_storage(file: &mut File<'_>, storage: &str, depth: usize, letters: &mut Vec<Letter>) {
    let at = letters.len();
    let mut letter = letter_of(file, storage);
    let mut inner = Vec::new();
    for attached in attachments_of(file, storage) {
        if letter.attachments.len() >= LOOKED_MAX {
            letter.not_looked_at += 1;
            continue;
        }
        read_attachment(file, &attached, &mut letter, &mut inner, (depth, at + 1));
    }
    letters.push(letter);
    letters.append(&mut inner);
}

fn letter_of(file: &mut File<'_>, storage: &str) -> Letter {
    let mut get = |property: &str| text_of(file, storage, property);
    // The headers as they came stand in one property, when the mail came from outside.
    let came = get(HEADERS);
    let with_end = format!("{}\r\n\r\n", came.trim_end());
    let mut letter = MessageParser::default()
        .parse_headers(with_end.as_bytes())
        .map(|message| headers(&message))
        .unwrap_or_default();
    if letter.subject.is_empty() {
        letter.subject = line(&get(SUBJECT));
    }
    if letter.message_id.is_empty() {
        letter.message_id = line(get(MESSAGE_ID).trim_matches(['<', '>']));
    }
    if letter.from.is_empty() {
        let smtp = get(SENDER_SMTP);
        let address = if smtp.is_empty() { get(SENDER_ADDRESS) } else { smtp };
        letter.from = vec![Address::new(&get(SENDER_NAME), &address)];
    }
    if letter.to.is_empty() {
        letter.to = get(SHOWN_TO).split(';').take(20).map(|name| Address::new(name, "")).collect();
        letter.to.retain(|to| !to.name.is_empty());
    }
    let (body, html) = (get(BODY), get(HTML));
    fill_body(&mut letter, &[(&html, true), (&body, false)]);
    letter
}

fn attachments_of(file: &File<'_>, storage: &str) -> Vec<String> {
    let place = if storage.is_empty() { "/" } else { storage };
    let Ok(entries) = file.read_storage(place) else { return Vec::new() };
    let own = entries
        .filter(|entry| entry.is_storage() && entry.name().starts_with("__attach_version1.0_#"));
    own.take(LOOKED_MAX * 2).map(|entry| format!("{storage}/{}", entry.name())).collect()
}

fn read_attachment(
    file: &mut File<'_>,
    storage: &str,
    letter: &mut Letter,
    inner: &mut Vec<Letter>,
    (depth, before): (usize, usize),
) {
    let mut name = text_of(file, storage, LONG_FILE_NAME);
    if name.is_empty() {
        name = text_of(file, storage, FILE_NAME);
    }
    let said = text_of(file, storage, SAID_KIND);
    let embedded = format!("{storage}/__substg1.0_{DATA}000D");
    if file.is_storage(&embedded) {
        letter.holds_mail = true;
        if depth < DEPTH_MAX && before + inner.len() < LETTERS_MAX {
            read_storage(file, &embedded, depth + 1, inner);
        } else {
            letter.not_looked_at += 1;
        }
        return;
    }
    let data = stream(file, &format!("{storage}/__substg1.0_{DATA}0102"), u64::MAX);
    attach(letter, inner, &name, &said, &data.unwrap_or_default(), (depth, before));
}

/// A text property: Unicode, of the old code page, or bytes (HTML).
fn text_of(file: &mut File<'_>, storage: &str, property: &str) -> String {
    let place = |kind: &str| format!("{storage}/__substg1.0_{property}{kind}");
    if let Some(bytes) = stream(file, &place("001F"), TEXT_BYTES_MAX) {
        return UTF_16LE.decode_without_bom_handling(&bytes).0.trim_end_matches('\0').to_owned();
    }
    let bytes = stream(file, &place("001E"), TEXT_BYTES_MAX)
        .or_else(|| stream(file, &place("0102"), TEXT_BYTES_MAX));
    text::decode(&bytes.unwrap_or_default()).trim_end_matches('\0').to_owned()
}

fn stream(file: &mut File<'_>, place: &str, limit: u64) -> Option<Vec<u8>> {
    let stream = file.open_stream(place).ok()?;
    let mut bytes = Vec::new();
    // What can be read of a damaged stream is better than nothing.
    let _ = stream.take(limit).read_to_end(&mut bytes);
    Some(bytes)
}
