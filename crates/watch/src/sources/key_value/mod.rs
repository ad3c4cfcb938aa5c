//! Any line that is clearly made of `key=value` pairs: `SonicWall`, Sophos, and whatever else nobody has described.

mod makers;

use sakimori_words::{Event, Fields, Instant, Text};

use super::appliances::{self, Clues, address, logon_outcome, outcome};
use super::ocsf::AUTHENTICATION;
use super::pairs::{Pairs, begins_with_pair, read_pairs};
use super::{Context, LogSource, blank, text, timestamps};

/// Fewest pairs of a line that counts as made of them.
const PAIRS_MIN: usize = 3;

/// At most one byte in this many may be something else than pairs.
const OTHER_BYTES: usize = 5;

/// Most pairs in which a name is looked for; a line that has more only to be slow stays cheap.
const NAMED_MAX: usize = 1_000;

/// Lines of pairs.
pub(super) struct KeyValue;

impl LogSource for KeyValue {
    fn name(&self) -> &'static str {
        "key_value"
    }

    fn title(&self) -> Text {
        Text::new(
            "key=value 形式 (SonicWall・Sophos・その他)",
            "key=value lines (SonicWall, Sophos and others)",
        )
    }

    fn read_line(&self, line: &[u8], context: &Context) -> Option<Event> {
        self.read_old_line(line, context, context.received_at)
    }

    fn read_old_line(&self, line: &[u8], context: &Context, written_by: Instant) -> Option<Event> {
        if !looks_like_ours(line) {
            return None;
        }
        let line_text = text::decode(line);
        let said = line_text.trim();
        let fields = clear_pairs(said)?;
        Some(read(fields, said, line, context, written_by))
    }
}

/// Cheap, because every line that no other source knows is asked.
fn looks_like_ours(line: &[u8]) -> bool {
    line.trim_ascii_start().first().is_some_and(u8::is_ascii_alphanumeric)
        && line.iter().filter(|byte| **byte == b'=').nth(PAIRS_MIN - 1).is_some()
}

/// The pairs of a line that begins with one and is hardly anything else.
fn clear_pairs(said: &str) -> Option<Fields> {
    if !begins_with_pair(said) {
        return None;
    }
    let Pairs { fields, skipped_bytes } = read_pairs(said);
    let mostly_pairs = skipped_bytes * OTHER_BYTES <= said.len();
    // Pairs with commas between are written by another rule, which this reader does not know.
    let listed = fields.iter().filter(|(_, value)| value.to_text().ends_with([',', ';'])).count();
    (fields.len() >= PAIRS_MIN && mostly_pairs && listed * 2 < fields.len()).then_some(fields)
}

fn read(fields: Fields, said: &str, line: &[u8], context: &Context, written_by: Instant) -> Event {
    let named = Named::of(&fields);
    let (product, service) = makers::names(&named);
    let user = named.first(USER);
    let told_class = makers::class_uid(&product, &service);
    let class_uid = if told_class == 0 { class_uid(&named, &user) } else { told_class };
    Event {
        time: time(&named, written_by).unwrap_or(context.received_at),
        product,
        service,
        class_uid,
        activity: named.first(ACTION),
        status: status(&named, class_uid).to_owned(),
        host: named.first(HOST),
        user,
        src_ip: named.address(SOURCE),
        dst_ip: named.address(DESTINATION),
        process: named.first(PROGRAM),
        message: summary(&named, said),
        src: fields,
        ..blank(line, context)
    }
}

const ACTION: &[&str] =
    &["action", "act", "fw_action", "disp", "disposition", "log_subtype", "operation", "event"];
const DESTINATION: &[&str] = &[
    "dst",
    "dst_ip",
    "dstip",
    "dest_ip",
    "destip",
    "destination_ip",
    "destinationip",
    "daddr",
    "dst_addr",
    "destination",
    "server_ip",
];
const HOST: &[&str] =
    &["devname", "device_name", "dvchost", "hostname", "host", "computer", "devid", "fw"];
const MESSAGE: &[&str] = &["msg", "message", "summary", "description"];
const PROGRAM: &[&str] =
    &["app", "app_name", "application", "program", "process", "appname", "exe", "comm"];
const SOURCE: &[&str] = &[
    "src",
    "src_ip",
    "srcip",
    "source_ip",
    "sourceip",
    "saddr",
    "src_addr",
    "source",
    "client_ip",
    "clientip",
    "remote_ip",
    "remip",
    "ip",
];
const URL: &[&str] = &["url", "uri", "request"];
const USER: &[&str] = &[
    "user",
    "username",
    "user_name",
    "usr",
    "usrname",
    "srcuser",
    "src_user",
    "suser",
    "duser",
    "login",
    "account",
];
const WORDS: &[&str] = &["msg", "message", "category", "cat", "type", "log_type", "log_component"];

/// Fields by name in small letters, however the line writes it.
struct Named(Fields);

impl Named {
    fn of(fields: &Fields) -> Self {
        let mut named = Fields::with_capacity(fields.len().min(NAMED_MAX), fields.text_bytes());
        let mut small = String::new();
        for (name, value) in fields.iter().take(NAMED_MAX) {
            small.clear();
            small.push_str(name);
            small.make_ascii_lowercase();
            named.push(&small, value);
        }
        Self(named)
    }

    fn text(&self, name: &str) -> String {
        let text = self.0.text(name).unwrap_or_default();
        match text::meaningful(&text) {
            "NA" => String::new(),
            text => text.to_owned(),
        }
    }

    fn first(&self, names: &[&str]) -> String {
        let mut texts = names.iter().map(|name| self.text(name));
        texts.find(|text| !text.is_empty()).unwrap_or_default()
    }

    fn address(&self, names: &[&str]) -> String {
        let mut texts = names.iter().map(|name| address(&self.text(name)).to_owned());
        texts.find(|ip| !ip.is_empty()).unwrap_or_default()
    }

    fn joined(&self, names: &[&str]) -> String {
        names.iter().map(|name| self.text(name)).collect::<Vec<_>>().join(" ")
    }
}

/// `date` with `time`, or the first field that is a whole time.
fn time(named: &Named, written_by: Instant) -> Option<Instant> {
    const NAMES: [&str; 9] = [
        "eventtime",
        "timestamp",
        "time",
        "event_time",
        "datetime",
        "date_time",
        "start_time",
        "ts",
        "date",
    ];
    let zone = named.first(&["timezone", "tz"]);
    let zone = if zone.is_empty() { timestamps::HERE } else { &zone };
    let read = |text: &str| timestamps::parse_any(text, zone, written_by);
    let (date, clock) = (named.text("date"), named.text("time"));
    let both = (!date.is_empty() && !clock.is_empty()).then(|| read(&format!("{date} {clock}")));
    both.flatten().or_else(|| NAMES.iter().find_map(|name| read(&named.text(name))))
}

fn class_uid(named: &Named, user: &str) -> u32 {
    appliances::class_uid(Clues {
        words: &named.joined(WORDS),
        names_user: !user.is_empty(),
        names_url: !named.first(URL).is_empty(),
        names_both_ends: !named.address(SOURCE).is_empty()
            && !named.address(DESTINATION).is_empty(),
    })
}

fn status(named: &Named, class_uid: u32) -> &'static str {
    const NAMES: [&str; 9] = [
        "outcome",
        "result",
        "status",
        "action",
        "act",
        "fw_action",
        "disp",
        "disposition",
        "log_subtype",
    ];
    let told = NAMES.iter().map(|name| outcome(&named.text(name)));
    let told = told.into_iter().find(|status| !status.is_empty());
    told.unwrap_or_else(|| match class_uid {
        AUTHENTICATION => logon_outcome(&named.first(MESSAGE)),
        _ => "",
    })
}

/// What the line says of itself, else who did what to whom, else all of it.
fn summary(named: &Named, said: &str) -> String {
    let msg = named.first(MESSAGE);
    if !msg.is_empty() {
        return text::message(&msg);
    }
    match (named.address(SOURCE), named.address(DESTINATION)) {
        (from, to) if from.is_empty() || to.is_empty() => text::message(said),
        (from, to) => text::message(&format!("{} {from} -> {to}", named.first(ACTION))),
    }
}

/// Reads any bytes as a line of pairs.
///
/// # Panics
/// When `raw` is not what came.
pub fn fuzz_key_value_line(bytes: &[u8]) {
    let context = Context { source: "fuzz".to_owned(), received_at: Instant::default() };
    let with_pairs = [b"id=firewall sn=1 fw=192.0.2.1 time=", bytes].concat();
    for line in [bytes, &with_pairs] {
        if let Some(event) = KeyValue.read_line(line, &context) {
            assert_eq!(event.raw, line, "raw is what came");
        }
    }
}
