//! The devices of the fake hospital and how each writes its log.

use sakimori_words::{Instant, jst_datetime};
use serde_json::{Map, Value, json};

use crate::Line;

/// Address of the firewall, as its syslog arrives.
const FIREWALL: &str = "syslog/10.20.0.1";
/// Address of the collector that sends the Windows logs as JSON.
const COLLECTOR: &str = "syslog/10.20.0.30";
/// Address of the electronic health record's audit log.
const HEALTH_RECORD: &str = "syslog/10.20.1.40";

/// A hospital's names. Built from any text; what cannot stand in a host name is left out.
#[derive(Clone, Debug)]
pub(crate) struct Hospital {
    domain: String,
}

impl Hospital {
    pub(crate) fn named(name: &str) -> Self {
        let slug = name.to_ascii_lowercase();
        let slug: String =
            slug.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(30).collect();
        let slug = slug.trim_matches('-');
        Self { domain: format!("{}.example", if slug.is_empty() { "hospital" } else { slug }) }
    }

    /// Full name of a machine.
    pub(crate) fn machine(&self, name: &str) -> String {
        format!("{name}.{}", self.domain)
    }

    /// A FortiGate line: what is common to all, then `pairs`.
    pub(crate) fn fortigate(&self, at: Instant, pairs: &[(&str, &str)]) -> Line {
        let mut text = format!(
            "<189>date={} time={} devname=\"FG-01\" devid=\"FG100FTK20000001\" eventtime={} tz=\"+0900\"",
            jst_datetime(at).strftime("%Y-%m-%d"),
            jst_datetime(at).strftime("%H:%M:%S"),
            at.as_micros().saturating_mul(1_000),
        );
        for (key, value) in pairs {
            let number =
                value.parse::<u64>().is_ok() && !(value.len() > 1 && value.starts_with('0'));
            let bare = number || value.parse::<std::net::IpAddr>().is_ok();
            text.push_str(&if bare {
                format!(" {key}={value}")
            } else {
                format!(" {key}=\"{value}\"")
            });
        }
        Line { at, source: FIREWALL.to_owned(), bytes: text.into_bytes() }
    }

    /// A connection through the firewall.
    pub(crate) fn traffic(
        &self,
        at: Instant,
        from: &str,
        to: &str,
        port: u16,
        action: &str,
        sent: u64,
    ) -> Line {
        let (port, sent) = (port.to_string(), sent.to_string());
        let service = match port.as_str() {
            "443" => "HTTPS",
            "3389" => "RDP",
            "445" => "SMB",
            "53" => "DNS",
            _ => "other",
        };
        self.fortigate(
            at,
            &[
                ("logid", "0000000013"),
                ("type", "traffic"),
                ("subtype", "forward"),
                ("level", "notice"),
                ("vd", "root"),
                ("srcip", from),
                ("srcport", "50211"),
                ("srcintf", interface(from)),
                ("dstip", to),
                ("dstport", &port),
                ("dstintf", interface(to)),
                ("proto", "6"),
                ("action", action),
                ("policyid", "12"),
                ("service", service),
                ("sentbyte", &sent),
                ("rcvdbyte", "4096"),
            ],
        )
    }

    /// A Windows event as a collector (`NXLog`) writes it.
    pub(crate) fn windows(
        &self,
        at: Instant,
        machine: &str,
        log: Log,
        event_id: u32,
        pairs: &[(&str, &str)],
    ) -> Line {
        let (channel, provider) = log.names();
        let mut object = Map::new();
        let time = format!("{}+09:00", jst_datetime(at).strftime("%Y-%m-%dT%H:%M:%S%.6f"));
        let header = [
            ("EventTime", json!(time)),
            ("Hostname", json!(self.machine(machine))),
            ("EventID", json!(event_id)),
            ("SourceName", json!(provider)),
            ("Channel", json!(channel)),
        ];
        object.extend(header.map(|(name, value)| (name.to_owned(), value)));
        object.extend(pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        json_line(at, COLLECTOR, object)
    }

    /// A record opened in the electronic health record.
    pub(crate) fn record_view(
        &self,
        at: Instant,
        staff: u64,
        terminal: &str,
        patient: u64,
    ) -> Line {
        let object = [
            ("timestamp", json!(at.rfc3339())),
            ("product", json!("ehr")),
            ("service", json!("access")),
            ("action", json!("record_view")),
            ("user_id", json!(format!("{staff:04}"))),
            ("terminal", json!(terminal)),
            ("patient_id", json!(format!("{patient:08}"))),
            ("result", json!("success")),
        ];
        let object = object.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        json_line(at, HEALTH_RECORD, object)
    }
}

/// The firewall's interface behind which an address lies.
fn interface(address: &str) -> &'static str {
    match address {
        address if address.starts_with("10.212.") => "ssl.root",
        address if address.starts_with("10.30.") => "vendor-net",
        address if address.starts_with("10.40.") => "device-net",
        address if address.starts_with("10.") => "lan",
        _ => "wan1",
    }
}

fn json_line(at: Instant, source: &str, object: Map<String, Value>) -> Line {
    Line { at, source: source.to_owned(), bytes: Value::Object(object).to_string().into_bytes() }
}

/// Windows logs the fake machines write.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Log {
    Security,
    System,
    Services,
    Installer,
    RestartManager,
    Sysmon,
    Defender,
    PowerShell,
    Print,
}

impl Log {
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Security => ("Security", "Microsoft-Windows-Security-Auditing"),
            Self::System => ("System", "Microsoft-Windows-Eventlog"),
            Self::Services => ("System", "Service Control Manager"),
            Self::Installer => ("Application", "MsiInstaller"),
            Self::RestartManager => ("Application", "Microsoft-Windows-RestartManager"),
            Self::Sysmon => ("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon"),
            Self::Defender => (
                "Microsoft-Windows-Windows Defender/Operational",
                "Microsoft-Windows-Windows Defender",
            ),
            Self::PowerShell => {
                ("Microsoft-Windows-PowerShell/Operational", "Microsoft-Windows-PowerShell")
            }
            Self::Print => {
                ("Microsoft-Windows-PrintService/Operational", "Microsoft-Windows-PrintService")
            }
        }
    }
}
