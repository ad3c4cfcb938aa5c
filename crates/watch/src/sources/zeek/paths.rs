//! Zeek's names for its logs, and how to tell them where a line does not say.

use sakimori_words::{Fields, Value};

use super::super::ocsf::{
    AUTHENTICATION, DETECTION, DHCP, DNS, EMAIL, FTP, HTTP, NETWORK, RDP, SMB, SSH,
};

/// Fields that only one log has, all of which must be there. More telling ones first: `cipher` is Kerberos's too.
const TELLING_FIELDS: &[(&[&str], &str)] = &[
    (&["uid", "conn_state"], "conn"),
    (&["uid", "qtype_name"], "dns"),
    (&["uid", "rcode_name"], "dns"),
    (&["uid", "trans_id", "query"], "dns"),
    (&["uid", "request_type", "client"], "kerberos"),
    (&["uid", "trans_depth", "uri"], "http"),
    (&["uid", "trans_depth", "status_code"], "http"),
    (&["uid", "trans_depth", "helo"], "smtp"),
    (&["uid", "trans_depth", "mailfrom"], "smtp"),
    (&["uid", "ssl_history"], "ssl"),
    (&["uid", "cipher", "curve"], "ssl"),
    (&["uid", "established", "resumed"], "ssl"),
    (&["uid", "security_protocol"], "rdp"),
    (&["uid", "share_type"], "smb_mapping"),
    (&["uid", "endpoint", "operation"], "dce_rpc"),
    (&["uid", "domainname", "success"], "ntlm"),
    (&["uid", "auth_attempts"], "ssh"),
    (&["uid", "host_key_alg"], "ssh"),
    (&["uid", "reply_code", "command"], "ftp"),
    (&["uid", "tunnel_type"], "tunnel"),
    (&["uids", "msg_types"], "dhcp"),
    (&["fuid", "seen_bytes"], "files"),
    (&["certificate.serial", "certificate.subject"], "x509"),
    (&["note", "actions"], "notice"),
    (&["name", "notice", "peer"], "weird"),
];

/// Logs whose file name is believed when a line says nothing.
const PATHS: &[&str] = &[
    "conn",
    "dce_rpc",
    "dhcp",
    "dnp3",
    "dns",
    "files",
    "ftp",
    "http",
    "intel",
    "irc",
    "kerberos",
    "known_hosts",
    "known_services",
    "ldap",
    "ldap_search",
    "modbus",
    "mqtt_connect",
    "mysql",
    "notice",
    "ntlm",
    "ntp",
    "ocsp",
    "pe",
    "quic",
    "radius",
    "rdp",
    "rfb",
    "signatures",
    "sip",
    "smb_files",
    "smb_mapping",
    "smtp",
    "snmp",
    "socks",
    "software",
    "ssh",
    "ssl",
    "syslog",
    "traceroute",
    "tunnel",
    "weird",
    "x509",
];

/// The log whose fields these are.
pub(super) fn of_fields(fields: &Fields) -> Option<&'static str> {
    if matches!(fields.get("action"), Some(Value::Text(action)) if action.starts_with("SMB::")) {
        return Some("smb_files");
    }
    let has = |name: &&str| fields.get(name).is_some();
    TELLING_FIELDS.iter().find(|(names, _)| names.iter().all(has)).map(|(_, path)| *path)
}

/// The log that a file holds: `dns` for `dns.log`, `dns.2026-11-20-02-00-00.log` and `/logs/current/dns.10:00:00-11:00:00.log`.
pub(super) fn of_file_name(name: &str) -> Option<&'static str> {
    let file = name.rsplit(['/', '\\']).next()?;
    let (stem, rest) = file.split_once('.')?;
    let is_log = rest.split('.').any(|part| part == "log" || part == "json");
    PATHS.iter().find(|path| is_log && **path == stem).copied()
}

/// OCSF class.
pub(super) fn class_uid(path: &str) -> u32 {
    match path {
        "dns" => DNS,
        "http" => HTTP,
        "ssh" => SSH,
        "rdp" => RDP,
        "smb_files" | "smb_mapping" => SMB,
        "kerberos" | "ntlm" | "radius" => AUTHENTICATION,
        "dhcp" => DHCP,
        "ftp" => FTP,
        "smtp" => EMAIL,
        "notice" | "intel" | "signatures" => DETECTION,
        path if PATHS.contains(&path) => NETWORK,
        _ => 0,
    }
}
