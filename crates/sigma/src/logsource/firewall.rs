//! Which records in a format that appliances of every kind write (CEF, LEEF) are of a firewall's traffic.
//!
//! Neither format says what kind of machine speaks. A record is taken for a firewall's when it names both ends of a connection and
//! either calls itself traffic, or comes from a product that is a firewall by its name and says what became of the connection. A
//! record that is about anything else (an attack, a logon, a web page) is not one, whoever wrote it.

use sakimori_words::Event;

/// Network Activity of OCSF: what a source gives to a record that names both ends and tells of no attack, logon or page.
const NETWORK_ACTIVITY: u32 = 4001;

/// Fields of either format that say what a record is about. The first word counts: `TRAFFIC`, `traffic:forward`.
const ABOUT: [&str; 5] = ["cat", "name", "type", "deviceEventClassId", "deviceEventId"];

/// Words of products that are firewalls; of several makers, the name of the family.
const FIREWALLS: [&str; 24] = [
    "asa",
    "edgerouter",
    "fireware",
    "firebox",
    "firepower",
    "firewall",
    "ftd",
    "fw",
    "fwx",
    "netscreen",
    "ngfirewall",
    "ngfw",
    "opnsense",
    "pan", // PAN-OS
    "pfsense",
    "sonicos",
    "sonicwall",
    "srx",
    "stormshield",
    "usg",
    "utm",
    "vsrx",
    "xg",
    "zywall",
];

/// Whether a firewall tells of traffic that it let through or stopped.
pub(super) fn is_traffic(event: &Event) -> bool {
    event.class_uid == NETWORK_ACTIVITY
        && (calls_itself_traffic(event) || (is_firewall(event) && tells_a_verdict(event)))
}

fn calls_itself_traffic(event: &Event) -> bool {
    let mut about = ABOUT.iter().filter_map(|name| event.src.text(name));
    about.any(|text| {
        let first = words(&text).next().unwrap_or_default().to_lowercase();
        ["firewall", "traffic"].contains(&first.as_str())
    })
}

fn is_firewall(event: &Event) -> bool {
    let product = event.src.text("deviceProduct").unwrap_or_default().to_lowercase();
    words(&product).any(|word| FIREWALLS.contains(&word))
}

fn tells_a_verdict(event: &Event) -> bool {
    !event.status.is_empty()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}
