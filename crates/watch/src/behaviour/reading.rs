//! What of an event behaviour is learnt from: who logs on where, who changes which file, who sends how much to whom.

use std::borrow::Cow;
use std::net::IpAddr;

use sakimori_words::Event;

use crate::sources::ocsf::{
    AUTHENTICATION, DETECTION, FAILURE, FILE, HTTP, NETWORK, SESSION, SMB, SUCCESS,
};

/// Longest name of an account or a machine that is learnt, in characters. Longer ones are made by attackers.
const NAME_CHARS_MAX: usize = 100;

/// Accounts under which machines run themselves, in lower case; nobody sits behind them.
const OF_MACHINES: [&str; 10] = [
    "-",
    "anonymous",
    "anonymous logon",
    "iusr",
    "local service",
    "localsystem",
    "network service",
    "nobody",
    "system",
    "unknown",
];

/// Fields that say how many bytes went from source to destination, the surest first: a `FortiGate` repeats the sum of a long
/// session every few minutes, and says in `sentdelta` what is new of it.
pub(super) const SENT: [&str; 9] = [
    "sentdelta",
    "sentbyte",
    "orig_bytes",
    "orig_ip_bytes",
    "flow.bytes_toserver",
    "netflow.bytes",
    "bytes_sent",
    "out",
    "srcBytes",
];

/// An account that came onto a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Logon {
    pub(super) account: String,
    pub(super) machine: String,
    /// From which address; none when it sat there.
    pub(super) from: Option<IpAddr>,
    pub(super) way: Way,
}

/// How somebody came onto a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Keyboard and screen of the machine.
    Seated,
    /// Remote desktop or a shell from elsewhere.
    Remote,
    /// Shares and services, without a session.
    Network,
}

/// A file that was changed, renamed or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileChange<'e> {
    pub(super) who: String,
    pub(super) machine: String,
    pub(super) path: Cow<'e, str>,
}

/// A connection that was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) from: IpAddr,
    pub(super) to: IpAddr,
    pub(super) sent_bytes: Option<u64>,
}

/// The successful logon that an event tells of: Windows 4624, a service ticket for a machine (4769), SSH.
pub(super) fn logon(event: &Event) -> Option<Logon> {
    if event.class_uid != AUTHENTICATION || event.status == FAILURE {
        return None;
    }
    match (event.product.as_str(), event.service.as_str(), event.activity.as_str()) {
        ("windows", "security", "logon") => windows_logon(event),
        ("windows", "security", "kerberos service ticket") => ticket(event),
        ("linux", "sshd", "logon") => of(event, &event.user, &event.host, Way::Remote),
        _ => None,
    }
}

fn windows_logon(event: &Event) -> Option<Logon> {
    let way = match event.src.int("LogonType")? {
        2 | 7 | 11 => Way::Seated,
        3 => Way::Network,
        10 => Way::Remote,
        _ => return None,
    };
    let logon = of(event, &event.user, &event.host, way)?;
    // A machine that calls itself over the network is no logon from elsewhere.
    (way != Way::Network || logon.from.is_some()).then_some(logon)
}

/// Where only the domain controller's log is collected, its tickets say who went where: `FS01$`.
fn ticket(event: &Event) -> Option<Logon> {
    let service = event.src.text("ServiceName")?;
    let fine = event.src.text("Status").is_none_or(|status| status == "0x0");
    let machine = service.strip_suffix('$').filter(|_| fine)?;
    of(event, &event.user, machine, Way::Network)
}

fn of(event: &Event, account: &str, machine: &str, way: Way) -> Option<Logon> {
    Some(Logon {
        account: person(account)?,
        machine: machine_name(machine)?,
        from: elsewhere(&event.src_ip),
        way,
    })
}

/// Account and machine of a logon with an administrator's rights: Windows 4672, `sudo` to root, SSH as root, a firewall's
/// administrator.
pub(super) fn administrator(event: &Event) -> Option<(String, String)> {
    if event.status == FAILURE {
        return None;
    }
    let raised = match (event.class_uid, event.product.as_str(), event.service.as_str()) {
        (SESSION, "windows", "security") => event.activity == "special privileges",
        (SESSION, "linux", "sudo") => event.src.text("USER").is_some_and(|user| user == "root"),
        (AUTHENTICATION, "linux", "sshd") => event.activity == "logon" && event.user == "root",
        (AUTHENTICATION, "fortigate", "event") => {
            event.activity == "login"
                && event.status == SUCCESS
                && event.src.text("subtype").is_some_and(|kind| kind == "system")
        }
        _ => false,
    };
    if !raised {
        return None;
    }
    Some((person(&event.user)?, machine_name(&event.host)?))
}

/// The change of a file on a server that an event tells of: Samba's `full_audit`, Windows 4663 and 5145. A file that is only
/// put there is none: copying a folder in makes as many as encrypting one.
pub(super) fn file_change(event: &Event) -> Option<FileChange<'_>> {
    if event.status == FAILURE || !matches!(event.class_uid, FILE | SMB) {
        return None;
    }
    let path = match (event.product.as_str(), event.service.as_str()) {
        ("linux", "samba") => samba_path(event),
        ("windows", "security") => windows_path(event),
        _ => None,
    }?;
    let who = person(&event.user).or_else(|| elsewhere(&event.src_ip).map(|ip| ip.to_string()))?;
    Some(FileChange { who, machine: machine_name(&event.host)?, path })
}

fn samba_path(event: &Event) -> Option<Cow<'_, str>> {
    match event.activity.as_str() {
        "rename" | "delete" | "overwrite" | "write" | "open for writing" => event.src.text("path"),
        _ => None,
    }
}

fn windows_path(event: &Event) -> Option<Cow<'_, str>> {
    /// Write data, append data, delete.
    const CHANGES: u64 = 0x2 | 0x4 | 0x1_0000;
    let name = match event.activity.as_str() {
        "object access" => "ObjectName",
        "share file access" => "RelativeTargetName",
        _ => return None,
    };
    let mask = event.src.text("AccessMask")?;
    let mask = u64::from_str_radix(mask.strip_prefix("0x")?, 16).ok()?;
    // Named pipes look like files of a share.
    let pipe = event.src.text("ShareName").is_some_and(|share| share.ends_with("IPC$"));
    if mask & CHANGES == 0 || pipe { None } else { event.src.text(name) }
}

/// The connection that an event tells of, with the bytes it sent when the event says so. What was refused is none.
pub(super) fn flow(event: &Event) -> Option<Flow> {
    let told = !event.src_ip.is_empty() && !event.dst_ip.is_empty();
    // An alert speaks of a connection that another record tells of as a whole.
    if !told || event.status == FAILURE || event.class_uid == DETECTION {
        return None;
    }
    let from: IpAddr = event.src_ip.parse().ok()?;
    let to: IpAddr = event.dst_ip.parse().ok()?;
    // A FortiGate counts what a page sent again, in the connection's own record.
    let counts = match event.class_uid {
        NETWORK => true,
        HTTP => event.product != "fortigate",
        _ => false,
    };
    let sent = SENT.iter().filter(|_| counts).find_map(|name| event.src.int(name));
    let sent_bytes = sent.and_then(|sent| u64::try_from(sent).ok());
    Some(Flow { from: from.to_canonical(), to: to.to_canonical(), sent_bytes })
}

/// The account without its domain, in lower case; none for a machine's own.
pub(super) fn person(name: &str) -> Option<String> {
    let name = name.trim().rsplit('\\').next().unwrap_or_default();
    let name = name.split('@').next().unwrap_or_default();
    let name = learnable(name)?;
    let of_a_machine = name.ends_with('$')
        || OF_MACHINES.contains(&name.as_str())
        || ["dwm-", "umfd-", "s-1-"].iter().any(|begin| name.starts_with(begin));
    (!of_a_machine).then_some(name)
}

/// The machine's short name in lower case; an address stays what it is.
pub(super) fn machine_name(name: &str) -> Option<String> {
    learnable(&crate::detector::machine_name(name)).filter(|name| name != "localhost")
}

fn learnable(name: &str) -> Option<String> {
    let fits = !name.is_empty() && name.len() <= NAME_CHARS_MAX * 4;
    let name = if fits { name.to_lowercase() } else { return None };
    (name != "-" && name.chars().count() <= NAME_CHARS_MAX).then_some(name)
}

/// The address of another machine.
fn elsewhere(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.trim().parse().ok()?;
    let address = address.to_canonical();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

/// Whether an address can lie outside the house: not one of those that the internet does not carry (RFC 1918, 4193, 6598,
/// 3927, 4291). Documentation addresses count as outside: examples and drills use them.
pub(super) fn is_outside(address: IpAddr) -> bool {
    if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
        return false;
    }
    match address {
        IpAddr::V4(address) => {
            let shared = matches!(address.octets(), [100, 64..=127, ..]);
            let this_network = matches!(address.octets(), [0, ..]);
            !(address.is_private()
                || address.is_link_local()
                || address.is_broadcast()
                || shared
                || this_network)
        }
        IpAddr::V6(address) => !(address.is_unique_local() || address.is_unicast_link_local()),
    }
}

/// The /24 or /48 that an address lies in: what one organisation usually holds at least, so that a service that moves from one
/// of its machines to the next stays the same.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            IpAddr::from([a, b, c, 0])
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            IpAddr::from([a, b, c, 0, 0, 0, 0, 0])
        }
    }
}

/// Whether an account is a person who came onto the machine to use it.
pub(super) const fn uses_the_machine(way: Way) -> bool {
    matches!(way, Way::Seated | Way::Remote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_is_told_from_what_does_not() {
        for text in ["198.51.100.7", "8.8.8.8", "2001:db8::1", "100.63.0.1"] {
            assert!(is_outside(text.parse().unwrap()), "{text}");
        }
        for text in [
            "10.1.2.3",
            "172.31.0.1",
            "192.168.0.9",
            "100.64.0.1",
            "169.254.1.1",
            "fd00::1",
            "fe80::1",
            "::1",
            "224.0.0.1",
            "255.255.255.255",
            "0.0.0.0",
            "0.1.2.3",
        ] {
            assert!(!is_outside(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn names_of_people_and_machines_mean_the_same_everywhere() {
        assert_eq!(person("HOSPITAL\\Sato").as_deref(), Some("sato"));
        assert_eq!(person("administrator@HOSPITAL.EXAMPLE").as_deref(), Some("administrator"));
        for name in ["FS01$", "SYSTEM", "DWM-1", "-", "", &"あ".repeat(101)] {
            assert_eq!(person(name), None, "{name}");
        }
        assert_eq!(machine_name("\\\\FS01.hospital.example").as_deref(), Some("fs01"));
        assert_eq!(machine_name("10.1.2.3").as_deref(), Some("10.1.2.3"));
    }
}
