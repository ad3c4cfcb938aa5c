//! The audit files of Windows' DHCP server (`DhcpSrvLog-Mon.log`): columns with commas between.

use jiff::civil::DateTime;
use sakimori_words::{Event, Instant};

use super::super::ocsf::{DHCP, FAILURE, SUCCESS};
use super::is_ip;

/// Columns of IPv4, which every version begins with; older ones end sooner.
const COLUMNS_V4: &[&str] = &[
    "ID",
    "Date",
    "Time",
    "Description",
    "IPAddress",
    "HostName",
    "MACAddress",
    "UserName",
    "TransactionID",
    "QResult",
    "Probationtime",
    "CorrelationID",
    "Dhcid",
    "VendorClass(Hex)",
    "VendorClass(ASCII)",
    "UserClass(Hex)",
    "UserClass(ASCII)",
    "RelayAgentInformation",
    "DnsRegError",
];

/// Columns of IPv6.
const COLUMNS_V6: &[&str] = &[
    "ID",
    "Date",
    "Time",
    "Description",
    "IPv6Address",
    "HostName",
    "ErrorCode",
    "DuidLength",
    "DuidBytes(Hex)",
    "UserName",
    "Dhcid",
    "SubnetPrefix",
];

/// Fewest columns a line has in any version.
const COLUMNS_MIN: usize = 7;

/// `10,11/20/26,02:11:09,Assign,10.20.7.31,pc31.hospital.example,020000000031,…`; `false` when it is no such line.
pub(super) fn fill(event: &mut Event, line: &str) -> bool {
    let columns: Vec<&str> = line.splitn(COLUMNS_V4.len() + 1, ',').map(str::trim).collect();
    let [id, date, time, description, ip, ..] = *columns.as_slice() else { return false };
    let number = id.parse::<u32>().ok().filter(|_| (2..=5).contains(&id.len()));
    let (Some(number), true) = (number, columns.len() >= COLUMNS_MIN) else { return false };
    if !shaped(date, '/') || !shaped(time, ':') {
        return false;
    }
    event.time = at(date, time).unwrap_or(event.received_at);
    event.product = "windows".to_owned();
    event.service = "dhcp-server-audit".to_owned();
    event.class_uid = DHCP;
    let (activity, status) = meaning(number).unwrap_or((description, ""));
    event.activity = activity.to_lowercase();
    event.status = status.to_owned();
    // Of an update to the name server Windows writes the address backwards.
    let backwards = activity == "dns update";
    event.src_ip = Some(ip).filter(|ip| is_ip(ip) && !backwards).unwrap_or_default().to_owned();
    let names = if number >= 1_000 { COLUMNS_V6 } else { COLUMNS_V4 };
    for (name, column) in names.iter().zip(columns).filter(|(_, column)| !column.is_empty()) {
        event.src.push(*name, column);
    }
    true
}

/// Three pairs of digits.
fn shaped(text: &str, between: char) -> bool {
    let pair = |pair: &str| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_digit());
    text.split(between).count() == 3 && text.split(between).all(pair)
}

/// Month, day and year in this order, whatever the language of Windows.
fn at(date: &str, time: &str) -> Option<Instant> {
    let mut date = date.split('/').map(|part| part.parse::<i8>().ok());
    let (month, day, year) = (date.next()??, date.next()??, date.next()??);
    let mut time = time.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    let at = DateTime::new(2_000 + i16::from(year), month, day, hour, minute, second, 0).ok()?;
    Some(Instant::from_jst(at))
}

/// The event ids that the head of every file explains; of others the description speaks.
const fn meaning(id: u32) -> Option<(&'static str, &'static str)> {
    Some(match id {
        10 | 11 | 20 | 21 => ("ack", SUCCESS),
        12 => ("release", ""),
        13 => ("address in use", FAILURE),
        14 => ("no address left", FAILURE),
        15 => ("nak", FAILURE),
        16 => ("delete", ""),
        17 | 18 => ("expire", ""),
        30 => ("dns update", ""),
        31 => ("dns update", FAILURE),
        32 => ("dns update", SUCCESS),
        _ => return None,
    })
}
