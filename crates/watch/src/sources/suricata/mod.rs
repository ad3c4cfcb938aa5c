//! Suricata's EVE log: one JSON object a line with an `event_type`.

use memchr::memmem::Finder;
use sakimori_words::{Event, Fields, Text};

use super::ocsf::{
    AUTHENTICATION, DETECTION, DHCP, DNS, EMAIL, FAILURE, FTP, HTTP, NETWORK, RDP, SMB, SSH,
    SUCCESS,
};
use super::{Context, LogSource, blank, json, text, timestamps};

/// What each of its lines holds.
static EVENT_TYPE: json::Mark = json::Mark::new(|| Finder::new("\"event_type\""));

/// Suricata.
pub(super) struct Suricata;

impl LogSource for Suricata {
    fn name(&self) -> &'static str {
        "suricata"
    }

    fn title(&self) -> Text {
        Text::new("Suricata (侵入検知 EVE JSON)", "Suricata intrusion detection (EVE JSON)")
    }

    fn read_line(&self, line: &[u8], context: &Context) -> Option<Event> {
        if !json::may_hold(line, &EVENT_TYPE) {
            return None;
        }
        let line_text = text::decode(line);
        let fields = json::flatten(&line_text)?;
        let ours = ["flow_id", "src_ip", "stats.uptime", "engine.message"];
        let ours =
            fields.get("timestamp").is_some() && ours.iter().any(|name| fields.get(name).is_some());
        ours.then(|| read(fields, line, context))
    }
}

fn read(mut fields: Fields, line: &[u8], context: &Context) -> Event {
    add_url_parts(&mut fields);
    let word = |name: &str| fields.text(name).map(|text| text.into_owned()).unwrap_or_default();
    let event_type = word("event_type");
    let status = match &*word("alert.action") {
        "blocked" => FAILURE,
        "allowed" => SUCCESS,
        _ => "",
    };
    Event {
        time: timestamps::parse(&word("timestamp")).unwrap_or(context.received_at),
        product: "suricata".to_owned(),
        class_uid: class_uid(&event_type),
        activity: event_type.clone(),
        status: status.to_owned(),
        host: word("host"),
        user: ["krb5.cname", "smb.ntlmssp.user", "ftp.user"].map(word).concat(),
        src_ip: word("src_ip"),
        dst_ip: word("dest_ip"),
        process: word("app_proto"),
        message: summary(&fields, &event_type),
        service: event_type,
        src: fields,
        ..blank(line, context)
    }
}

/// Query and extension of the address, which proxy rules ask for and Suricata does not write.
fn add_url_parts(fields: &mut Fields) {
    let Some(url) = fields.text("http.url").map(std::borrow::Cow::into_owned) else { return };
    let url = url.split('#').next().unwrap_or_default();
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let file = path.rsplit('/').next().unwrap_or_default();
    let extension = file.rsplit_once('.').map(|(_, extension)| extension).unwrap_or_default();
    for (name, text) in [("http.url_query", query), ("http.url_extension", extension)] {
        if !text.is_empty() {
            fields.push(name, text);
        }
    }
}

fn class_uid(event_type: &str) -> u32 {
    match event_type {
        "alert" | "drop" => DETECTION,
        "flow" | "netflow" | "tls" | "quic" | "fileinfo" => NETWORK,
        "dns" => DNS,
        "http" | "http2" => HTTP,
        "ssh" => SSH,
        "smb" => SMB,
        "rdp" => RDP,
        "dhcp" => DHCP,
        "ftp" | "ftp_data" | "tftp" => FTP,
        "smtp" => EMAIL,
        "krb5" => AUTHENTICATION,
        _ => 0,
    }
}

fn summary(fields: &Fields, event_type: &str) -> String {
    const TELLING: [&str; 8] = [
        "alert.signature",
        "dns.rrname",
        "dns.queries.rrname",
        "http.hostname",
        "tls.sni",
        "smb.filename",
        "fileinfo.filename",
        "ftp.command",
    ];
    let told = TELLING.iter().find_map(|name| fields.text(name)).unwrap_or_default();
    let word = |name: &str| fields.text(name).unwrap_or_default();
    let way = match (word("src_ip"), word("dest_ip")) {
        (from, to) if from.is_empty() && to.is_empty() => String::new(),
        (from, to) => format!("{from}:{} -> {to}:{}", word("src_port"), word("dest_port")),
    };
    let parts = [event_type, &told, &way];
    text::message(&parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
}
