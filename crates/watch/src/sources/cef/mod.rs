//! CEF, the Common Event Format of `ArcSight`, which firewalls, proxies and protection for endpoints speak.

mod extension;
mod fortigate_names;

use sakimori_words::{Event, Fields, Instant, Text};

use self::extension::{add_labelled, push_extension};
use super::appliances::{self, Clues, address, logon_outcome, outcome, split_pipes};
use super::ocsf::{ACCOUNT, AUTHENTICATION, DNS, EMAIL, HTTP, NETWORK, TUNNEL};
use super::{Context, LogSource, blank, fortigate, text, timestamps};

pub(super) use self::extension::for_each_pair;

/// Names of the seven parts of the header, as `ArcSight` calls them.
const HEADER: [&str; 7] = [
    "cefVersion",
    "deviceVendor",
    "deviceProduct",
    "deviceVersion",
    "deviceEventClassId",
    "name",
    "severity",
];

/// CEF.
pub(super) struct Cef;

impl LogSource for Cef {
    fn name(&self) -> &'static str {
        "cef"
    }

    fn title(&self) -> Text {
        Text::new("CEF (ArcSight 共通イベント形式)", "CEF (ArcSight Common Event Format)")
    }

    fn read_line(&self, line: &[u8], context: &Context) -> Option<Event> {
        self.read_old_line(line, context, context.received_at)
    }

    fn read_old_line(&self, line: &[u8], context: &Context, written_by: Instant) -> Option<Event> {
        if !line.trim_ascii_start().starts_with(b"CEF:") {
            return None;
        }
        let line_text = text::decode(line);
        let fields = fields(line_text.trim())?;
        Some(read(fields, line, context, written_by))
    }
}

/// The seven parts of the header and the extension; `None` when the header is not whole.
fn fields(line: &str) -> Option<Fields> {
    // FortiGate writes a blank before the version.
    let (parts, extension) = split_pipes(line.strip_prefix("CEF:")?.trim_start(), HEADER.len())?;
    let version = parts.first()?;
    if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let mut fields: Fields =
        HEADER.iter().zip(&parts).map(|(name, part)| (name, part.as_str())).collect();
    push_extension(extension, &mut fields);
    Some(fields)
}

fn read(mut fields: Fields, line: &[u8], context: &Context, written_by: Instant) -> Event {
    let (product, service) = names(&fields);
    if product == fortigate_names::PRODUCT {
        fortigate_names::add(&mut fields);
    }
    let word = |name: &str| fields.text(name).unwrap_or_default();
    let (class_uid, status) = class_and_status(&fields, &product);
    let mut event = Event {
        time: time(&fields, written_by).unwrap_or(context.received_at),
        product,
        service,
        class_uid,
        activity: text::first_meaningful(&fields, &["act", "deviceAction", "categoryBehavior"]),
        status: status.to_owned(),
        host: host(&fields, class_uid),
        user: user(&fields, class_uid),
        src_ip: end_address(&fields, ["src", "sourceAddress", "remip"], ("c6a2", "source")),
        dst_ip: end_address(
            &fields,
            ["dst", "destinationAddress", "locip"],
            ("c6a3", "destination"),
        ),
        process: text::first_meaningful(&fields, &["sproc", "dproc", "deviceProcessName", "app"]),
        message: summary(&word("name"), &word("msg")),
        ..blank(line, context)
    };
    add_labelled(&mut fields);
    event.src = fields;
    event
}

fn names(fields: &Fields) -> (String, String) {
    let word = |name: &str| fields.text(name).unwrap_or_default();
    let (maker, product) = (word("deviceVendor"), word("deviceProduct"));
    let is_fortigate = maker == "Fortinet" && product.to_lowercase().starts_with("fortigate");
    if is_fortigate {
        let kind = fortigate_names::kind(fields);
        return (fortigate_names::PRODUCT.to_owned(), kind.unwrap_or_default());
    }
    appliances::names(&maker, &product)
}

/// When it was noticed, else when it began or ended.
fn time(fields: &Fields, written_by: Instant) -> Option<Instant> {
    let zone = fields.text("dtz").unwrap_or(timestamps::HERE.into());
    let told = ["rt", "start", "end", "eventtime"];
    let mut told = told.iter().filter_map(|name| fields.text(name));
    told.find_map(|text| timestamps::parse_any(&text, &zone, written_by))
}

fn class_and_status(fields: &Fields, product: &str) -> (u32, &'static str) {
    let word = |name: &str| fields.text(name).unwrap_or_default();
    if product == fortigate_names::PRODUCT {
        let [kind, subtype] = [word("type"), word("subtype")];
        return fortigate::kind(&kind, &subtype, &word("action"), &word("status"));
    }
    let words = [word("name"), word("cat"), word("deviceEventClassId")].join(" ");
    let names_both_ends = fields.get("src").is_some() && fields.get("dst").is_some();
    let class_uid = appliances::class_uid(Clues {
        words: &words,
        names_user: !user(fields, 0).is_empty(),
        names_url: fields.get("request").is_some(),
        names_both_ends,
    });
    let told = ["outcome", "act", "categoryOutcome"].map(|name| outcome(&word(name)));
    let told = told.into_iter().find(|status| !status.is_empty());
    let status = told.unwrap_or_else(|| match class_uid {
        AUTHENTICATION => logon_outcome(&[word("name"), word("msg")].join(" ")),
        _ => "",
    });
    (class_uid, status)
}

/// The machine that speaks. Where the network is not the matter, else the one that something happened to.
fn host(fields: &Fields, class_uid: u32) -> String {
    match class_uid {
        NETWORK | HTTP | DNS | EMAIL | TUNNEL => {
            text::first_meaningful(fields, &["dvchost", "deviceHostName"])
        }
        _ => text::first_meaningful(fields, &["dvchost", "deviceHostName", "dhost", "shost"]),
    }
}

/// Whoever acts; for logons and accounts the account that it is about.
fn user(fields: &Fields, class_uid: u32) -> String {
    match class_uid {
        AUTHENTICATION | ACCOUNT => {
            text::first_meaningful(fields, &["duser", "suser", "duid", "suid"])
        }
        _ => text::first_meaningful(fields, &["suser", "duser", "suid", "duid"]),
    }
}

/// An address, or the IPv6 address that the standard puts into a labelled field.
fn end_address(fields: &Fields, names: [&str; 3], (v6, label): (&str, &str)) -> String {
    let plain = names.iter().find_map(|name| fields.text(name));
    let labelled = || {
        let says = fields.text(&format!("{v6}Label"))?.to_lowercase();
        fields.text(v6).filter(|_| says.contains(label))
    };
    let text = plain.or_else(labelled).unwrap_or_default();
    address(&text).to_owned()
}

fn summary(name: &str, msg: &str) -> String {
    if name.is_empty() || msg.contains(name) {
        return text::message(msg);
    }
    let mut line = text::Line::new();
    line.push(name);
    if !msg.is_empty() {
        line.push(": ");
        line.push(msg);
    }
    line.into_text()
}

/// Reads any bytes as a CEF record.
///
/// # Panics
/// When `raw` is not what came.
pub fn fuzz_cef_line(bytes: &[u8]) {
    let context = Context { source: "fuzz".to_owned(), received_at: Instant::default() };
    let with_header = [b"CEF:0|m|p|1|7|n|3|rt=", bytes].concat();
    for line in [bytes, &with_header] {
        if let Some(event) = Cef.read_line(line, &context) {
            assert_eq!(event.raw, line, "raw is what came");
        }
    }
}
