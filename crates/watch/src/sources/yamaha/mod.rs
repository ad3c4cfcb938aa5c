//! Yamaha's routers, RTX, NVR and FWX, which stand in front of many a Japanese clinic: their syslog and their `show log`.

mod access;
mod device;
mod packets;
mod shapes;
mod tunnels;

use sakimori_words::{Event, Fields, Instant, Text, Value};

use super::{Context, LogSource, blank, text, timestamps};

/// Yamaha's routers.
pub(super) struct Yamaha;

/// What a line says.
#[derive(Debug, Default)]
struct Told<'a> {
    /// What it is about: Sigma's service.
    service: &'static str,
    class_uid: u32,
    activity: &'a str,
    status: &'static str,
    user: &'a str,
    src_ip: &'a str,
    dst_ip: &'a str,
    /// When it happened, where the text itself says it.
    at: Option<Instant>,
    fields: Fields,
}

impl LogSource for Yamaha {
    fn name(&self) -> &'static str {
        "yamaha"
    }

    fn title(&self) -> Text {
        Text::new("ヤマハルーター (RTX・NVR・FWX)", "Yamaha routers (RTX, NVR, FWX)")
    }

    fn read_line(&self, line: &[u8], context: &Context) -> Option<Event> {
        if !begins_like_ours(line) {
            return None;
        }
        let line_text = text::decode(line);
        let (clock, said) = split_clock(line_text.trim());
        let told = packets::read(said)
            .or_else(|| access::read(said))
            .or_else(|| tunnels::read(said))
            .or_else(|| device::read(said))?;
        Some(event(told, clock, said, line, context))
    }
}

/// Cheap, because every line of every other source is asked too.
fn begins_like_ours(line: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 27] = [
        b"'",
        b"BRIDGE",
        b"Configuration saved ",
        b"FWX",
        b"IP Tunnel[",
        b"IPv6 Tunnel[",
        b"LAN",
        b"LOOPBACK",
        b"Login ",
        b"Logout ",
        b"NVR",
        b"ONU",
        b"PP[",
        b"PPPOE[",
        b"RTX",
        b"Restart by ",
        b"SRT",
        b"TUNNEL[",
        b"VLAN",
        b"WAN",
        b"[DHCPD] ",
        b"[IKE",
        b"[INSPECT] ",
        b"[L2TP",
        b"[SWCTL] ",
        b"same message repeated ",
        b"vRX",
    ];
    let line = line.trim_ascii_start();
    // `show log` puts the date in front: `2026/11/20 18:00:00: `.
    let line = match line.get(19..21) {
        Some(b": ") if line.first() == Some(&b'2') => line.get(21..).unwrap_or_default(),
        _ => line,
    };
    BEGINNINGS.iter().any(|beginning| line.starts_with(beginning))
}

fn split_clock(line: &str) -> (Option<Instant>, &str) {
    let dated = line.split_at_checked(19).and_then(|(clock, rest)| {
        Some((timestamps::parse(clock)?, rest.strip_prefix(": ")?.trim_start()))
    });
    dated.map_or((None, line), |(at, said)| (Some(at), said))
}

fn event(
    told: Told<'_>,
    clock: Option<Instant>,
    said: &str,
    line: &[u8],
    context: &Context,
) -> Event {
    Event {
        time: told.at.or(clock).unwrap_or(context.received_at),
        product: "yamaha".to_owned(),
        service: told.service.to_owned(),
        class_uid: told.class_uid,
        activity: told.activity.to_owned(),
        status: told.status.to_owned(),
        user: told.user.to_owned(),
        src_ip: told.src_ip.to_owned(),
        dst_ip: told.dst_ip.to_owned(),
        message: text::message(said),
        src: told.fields,
        ..blank(line, context)
    }
}

/// Fields of what is there; numbers as numbers.
fn fields(pairs: &[(&str, &str)]) -> Fields {
    let there = pairs.iter().filter(|(_, text)| !text.is_empty());
    there.map(|(name, text)| (name, value(name, text))).collect()
}

/// Ports and counts are numbers. Names of filters and interfaces may be digits, with zeros in front.
fn value<'a>(name: &str, text: &'a str) -> Value<'a> {
    let number = name.ends_with("_port") || name == "count";
    let whole = text.parse().ok().filter(|_| number).map(Value::Int);
    whole.unwrap_or_else(|| Value::from(text))
}

/// Reads any bytes as a router's line.
///
/// # Panics
/// When `raw` is not what came.
pub fn fuzz_yamaha_line(bytes: &[u8]) {
    const BEGINNINGS: [&[u8]; 8] = [
        b"",
        b"[INSPECT] PP[01][out][1] TCP ",
        b"LAN2 Rejected at IN(1) filter: ",
        b"Login failed for ",
        b"[IKE] initiate ",
        b"PP[ANONYMOUS01] ",
        b"[DHCPD] LAN1(port1) ",
        b"2026/11/20 18:00:00: LAN1: ",
    ];
    let context = Context { source: "fuzz".to_owned(), received_at: Instant::default() };
    for beginning in BEGINNINGS {
        let line = [beginning, bytes].concat();
        if let Some(event) = Yamaha.read_line(&line, &context) {
            assert_eq!(event.raw, line, "raw is what came");
        }
    }
}
