//! A mail or text file as fields to be looked over by a person.

use mail_parser::MessageParser;
use sakimori_words::{Date, Instant, jst_date, spreadsheet};

use super::heading::read_heading;
use super::{CameBy, PaperFields};

/// Reads a mail file; `None` when it is none. Who sent it proves nothing, so the sender is not taken for the issuer.
#[must_use]
pub fn read_mail(bytes: &[u8]) -> Option<PaperFields> {
    let mail = MessageParser::default().parse(bytes)?;
    let body = mail.body_text(0).map(|text| text.into_owned()).unwrap_or_default();
    let title = mail.subject().unwrap_or_default().to_owned();
    if title.is_empty() && body.trim().is_empty() {
        return None;
    }
    let from = mail.from().and_then(|from| from.first());
    let from = from.and_then(|one| one.name().or(one.address())).unwrap_or_default().to_owned();
    let body = body.trim().to_owned();
    let came_by = CameBy::Mail;
    let fields = with_heading(PaperFields { title, body, came_by, from, ..PaperFields::default() });
    let sent_on = mail.date().map(|date| day(date.to_timestamp()));
    Some(PaperFields { issued_on: fields.issued_on.or(sent_on), ..fields })
}

/// Number and date as they stand at the head of the text.
fn with_heading(fields: PaperFields) -> PaperFields {
    let heading = read_heading(&fields.body);
    let numbers: Vec<String> = heading.numbers.into_iter().collect();
    let number = match (numbers.is_empty(), heading.memo) {
        (true, true) => "事務連絡".to_owned(),
        _ => numbers.join("・"),
    };
    PaperFields { number, issued_on: heading.issued_on, ..fields }
}

/// A text file as fields: UTF-8 when it is, else the encoding of Japanese Windows. `None` when it is text in neither, such as a
/// picture: nobody could read what its bytes would give.
#[must_use]
pub fn read_text(bytes: &[u8]) -> Option<PaperFields> {
    let body = spreadsheet::text_of(bytes);
    let no_text =
        |c: char| c == char::REPLACEMENT_CHARACTER || (c.is_control() && !c.is_whitespace());
    if body.contains(no_text) {
        return None;
    }
    Some(with_heading(PaperFields { body: body.trim().to_owned(), ..PaperFields::default() }))
}

/// The day in Japan of a time in seconds.
fn day(seconds: i64) -> Date {
    jst_date(Instant::default().plus_seconds(seconds))
}
