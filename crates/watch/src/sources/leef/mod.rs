//! LEEF, the Log Event Extended Format of `QRadar`, versions 1.0 and 2.0.

mod attributes;
mod date_pattern;

use sakimori_words::{Event, Fields, Instant, Text};

use self::attributes::{push_attributes, split_delimiter};
use super::appliances::{self, Clues, address, logon_outcome, outcome, split_pipes};
use super::ocsf::AUTHENTICATION;
use super::{Context, LogSource, blank, text, timestamps};

pub use self::date_pattern::fuzz_date_pattern;

/// Names of the five parts of the header, as CEF calls the same things.
const HEADER: [&str; 5] =
    ["leefVersion", "deviceVendor", "deviceProduct", "deviceVersion", "deviceEventId"];

/// LEEF.
pub(super) struct Leef;

impl LogSource for Leef {
    fn name(&self) -> &'static str {
        "leef"
    }

    fn title(&self) -> Text {
        Text::new("LEEF (QRadar 拡張イベント形式)", "LEEF (QRadar Log Event Extended Format)")
    }

    fn read_line(&self, line: &[u8], context: &Context) -> Option<Event> {
        self.read_old_line(line, context, context.received_at)
    }

    fn read_old_line(&self, line: &[u8], context: &Context, written_by: Instant) -> Option<Event> {
        if !line.trim_ascii_start().starts_with(b"LEEF:") {
            return None;
        }
        let line_text = text::decode(line);
        let fields = fields(line_text.trim())?;
        Some(read(fields, line, context, written_by))
    }
}

/// The parts of the header and the attributes; `None` when the header is not whole.
fn fields(line: &str) -> Option<Fields> {
    let (parts, rest) = split_pipes(line.strip_prefix("LEEF:")?.trim_start(), HEADER.len())?;
    let (delimiter, attributes) = match parts.first()?.as_str() {
        "1" | "1.0" => ("\t".to_owned(), rest),
        "2" | "2.0" => split_delimiter(rest),
        _ => return None,
    };
    let named = HEADER.iter().zip(&parts);
    let mut fields: Fields = named.map(|(name, part)| (name, part.as_str())).collect();
    push_attributes(attributes, &delimiter, &mut fields);
    Some(fields)
}

fn read(fields: Fields, line: &[u8], context: &Context, written_by: Instant) -> Event {
    let word = |name: &str| fields.text(name).unwrap_or_default();
    let first = |names: &[&str]| text::first_meaningful(&fields, names);
    let (product, service) = appliances::names(&word("deviceVendor"), &word("deviceProduct"));
    let user = first(&["usrName", "accountName", "identUserName"]);
    let logon = logon(&fields);
    let class_uid = if logon.is_empty() { class_uid(&fields, &user) } else { AUTHENTICATION };
    let told = first(&["action", "act"]);
    Event {
        time: time(&fields, written_by).unwrap_or(context.received_at),
        product,
        service,
        class_uid,
        activity: if told.is_empty() { logon.to_owned() } else { told },
        status: status(&fields, class_uid).to_owned(),
        host: first(&["identHostName"]),
        user,
        src_ip: address(&word("src")).to_owned(),
        dst_ip: address(&word("dst")).to_owned(),
        process: first(&["application", "app"]),
        message: summary(&fields),
        src: fields,
        ..blank(line, context)
    }
}

fn time(fields: &Fields, written_by: Instant) -> Option<Instant> {
    let told = fields.text("devTime")?;
    let patterned = fields.text("devTimeFormat").and_then(|it| date_pattern::parse(&told, &it));
    patterned.or_else(|| timestamps::parse_any(&told, timestamps::HERE, written_by))
}

/// What the record itself declares to be.
fn logon(fields: &Fields) -> &'static str {
    let is = |name: &str| fields.text(name).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    match (is("isLoginEvent"), is("isLogoutEvent")) {
        (true, _) => "logon",
        (false, true) => "logoff",
        (false, false) => "",
    }
}

fn class_uid(fields: &Fields, user: &str) -> u32 {
    appliances::class_uid(Clues {
        words: &words(fields),
        names_user: !user.is_empty(),
        names_url: fields.get("url").is_some(),
        names_both_ends: fields.get("src").is_some() && fields.get("dst").is_some(),
    })
}

fn status(fields: &Fields, class_uid: u32) -> &'static str {
    let word = |name: &str| fields.text(name).unwrap_or_default();
    let told = ["outcome", "result", "action", "act", "status"].map(|name| outcome(&word(name)));
    let told = told.into_iter().find(|status| !status.is_empty());
    told.unwrap_or_else(|| match class_uid {
        AUTHENTICATION => logon_outcome(&[&words(fields), &*word("msg")].join(" ")),
        _ => "",
    })
}

fn words(fields: &Fields) -> String {
    ["deviceEventId", "cat"].map(|name| fields.text(name).unwrap_or_default()).join(" ")
}

fn summary(fields: &Fields) -> String {
    match fields.text("msg").or_else(|| fields.text("message")) {
        Some(told) => text::message(&told),
        None => text::message(&words(fields)),
    }
}

/// Reads any bytes as a LEEF record.
///
/// # Panics
/// When `raw` is not what came.
pub fn fuzz_leef_line(bytes: &[u8]) {
    let context = Context { source: "fuzz".to_owned(), received_at: Instant::default() };
    let with_header = [b"LEEF:2.0|m|p|1|7|", bytes].concat();
    for line in [bytes, &with_header] {
        if let Some(event) = Leef.read_line(line, &context) {
            assert_eq!(event.raw, line, "raw is what came");
        }
    }
}
