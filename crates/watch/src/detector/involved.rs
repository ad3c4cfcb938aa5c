//! Of whom and what an event speaks, by names that mean the same in every log.

use std::net::IpAddr;

use sakimori_words::{Event, Involved};

use super::wording::NAME_CHARS_MAX;
use crate::sources::ocsf::GROUP;

/// Products whose records speak of the machine that wrote them. A firewall, a sensor or a mail gateway tells of others: if its
/// name linked findings, everything that passes through it would be one attack.
const OF_THE_MACHINE: [&str; 2] = ["windows", "linux"];

/// Fields that name another machine.
const MACHINES: [&str; 4] =
    ["WorkstationName", "SourceHostname", "DestinationHostname", "TargetServerName"];

/// Fields that name another account.
const ACCOUNTS: [&str; 3] = ["TargetUserName", "SubjectUserName", "TargetOutboundUserName"];

/// Fields that name the machine that wrote the record.
const OWN_NAMES: [&str; 2] = ["Computer", "host"];

/// Fields with the account, or the address at either end, as rules call them.
const USERS: [&str; 2] = ["user", "User"];
const ENDS: [&str; 16] = [
    "ClientAddress",
    "DestAddress",
    "DestinationIp",
    "IpAddress",
    "SourceAddress",
    "SourceIp",
    "dest_ip",
    "dst_ip",
    "dstip",
    "id.orig_h",
    "id.resp_h",
    "remip",
    "remote_ip",
    "src_ip",
    "srcip",
    "tunnelip",
];

/// Fields with an address beside source and destination: what a VPN hands out leads on to what is done with it.
const ADDRESSES: [&str; 2] = ["tunnelip", "assignip"];

/// Accounts that exist on every machine, or stand for none: they say nothing about who acts.
const EVERYWHERE: [&str; 13] = [
    "-",
    "administrator",
    "admin",
    "anonymous",
    "anonymous logon",
    "guest",
    "local service",
    "localsystem",
    "network service",
    "nobody",
    "root",
    "system",
    "unknown",
];

/// Each once, in order.
pub(crate) fn involved(event: &Event) -> Vec<Involved> {
    let of_the_machine = OF_THE_MACHINE.contains(&event.product.as_str());
    let field = |name: &&str| event.src.text(name).map(|text| text.into_owned());
    let machines = of_the_machine.then(|| event.host.clone()).into_iter();
    let machines =
        machines.chain(MACHINES.iter().filter_map(field)).filter_map(|name| machine(&name));
    let accounts = std::iter::once(event.user.clone()).chain(ACCOUNTS.iter().filter_map(field));
    // What such a record calls its target is the group, not one of its members.
    let group = if event.class_uid == GROUP { event.src.text("TargetUserName") } else { None };
    let accounts = accounts.filter(|name| group.as_deref() != Some(name.as_str()));
    let accounts = accounts.filter_map(|name| account(&name));
    let addresses = [event.src_ip.clone(), event.dst_ip.clone()].into_iter();
    let addresses = addresses.chain(ADDRESSES.iter().filter_map(field));
    let addresses = addresses.filter_map(|text| address(&text));
    let mut involved: Vec<Involved> = machines.chain(accounts).chain(addresses).collect();
    involved.sort_unstable();
    involved.dedup();
    involved
}

/// Whom a value names that a count over records of `product` was grouped by, or that it counted.
pub(super) fn of_field(product: &str, name: &str, value: &str) -> Option<Involved> {
    if MACHINES.contains(&name) {
        machine(value)
    } else if OWN_NAMES.contains(&name) {
        OF_THE_MACHINE.contains(&product).then(|| machine(value)).flatten()
    } else if ACCOUNTS.contains(&name) || USERS.contains(&name) {
        account(value)
    } else if ENDS.contains(&name) {
        address(value)
    } else {
        None
    }
}

/// A machine by the name that every log has for it: `\\FS01.hospital.example` is `fs01`; an address stays one.
pub(crate) fn machine_name(name: &str) -> String {
    let name = name.trim().trim_start_matches('\\');
    match name.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().to_string(),
        Err(_) => name.split('.').next().unwrap_or_default().to_lowercase(),
    }
}

/// An account without its domain: `HOSPITAL\Sato` and `sato@hospital.example` are `sato`.
pub(crate) fn account_name(name: &str) -> String {
    let name = name.trim().rsplit('\\').next().unwrap_or_default();
    name.split('@').next().unwrap_or_default().to_lowercase()
}

fn machine(name: &str) -> Option<Involved> {
    let short = machine_name(name);
    if short.parse::<IpAddr>().is_ok() {
        return address(&short);
    }
    (is_name(&short) && short != "localhost").then_some(Involved::Machine(short))
}

/// Accounts of machines (`FS01$`) and services are none.
pub(crate) fn account(name: &str) -> Option<Involved> {
    let name = account_name(name);
    let of_the_system = EVERYWHERE.contains(&name.as_str())
        || name.ends_with('$')
        || ["dwm-", "umfd-", "s-1-"].iter().any(|begin| name.starts_with(begin));
    (is_name(&name) && !of_the_system).then_some(Involved::Account(name))
}

/// Addresses of one machine; not of none, of itself, or of all.
pub(crate) fn address(text: &str) -> Option<Involved> {
    let address: IpAddr = text.trim().parse().ok()?;
    let address = address.to_canonical();
    let of_one = match address {
        IpAddr::V4(address) => !address.is_broadcast() && !address.is_link_local(),
        IpAddr::V6(address) => !address.is_unicast_link_local(),
    };
    let of_another = !address.is_loopback() && !address.is_unspecified() && !address.is_multicast();
    (of_one && of_another).then_some(Involved::Address(address))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name != "-" && name.chars().count() <= NAME_CHARS_MAX
}

#[cfg(test)]
mod tests {
    use sakimori_words::Fields;

    use super::*;

    fn told(product: &str, user: &str, fields: &[(&str, &str)]) -> Vec<Involved> {
        involved(&Event {
            product: product.to_owned(),
            host: "FS01.hospital.example".to_owned(),
            user: user.to_owned(),
            src_ip: "::ffff:10.0.0.5".to_owned(),
            dst_ip: "127.0.0.1".to_owned(),
            src: fields.iter().copied().collect::<Fields>(),
            ..Event::default()
        })
    }

    #[test]
    fn names_mean_the_same_in_every_log() {
        let pairs = [("TargetUserName", "sato@hospital.example"), ("WorkstationName", "\\\\WS001")];
        let found = told("windows", "HOSPITAL\\Sato", &pairs);
        let expected = [
            Involved::Machine("fs01".to_owned()),
            Involved::Machine("ws001".to_owned()),
            Involved::Account("sato".to_owned()),
            Involved::Address([10, 0, 0, 5].into()),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_was_counted_names_somebody_as_a_record_does() {
        let named = |product, name| of_field(product, name, "SATO-PC");
        let machine = Some(Involved::Machine("sato-pc".to_owned()));
        assert_eq!(named("windows", "Computer"), machine);
        assert_eq!(named("fortigate", "host"), None, "it only observes");
        assert_eq!(
            named("windows", "TargetUserName"),
            Some(Involved::Account("sato-pc".to_owned()))
        );
        assert_eq!(named("windows", "ServiceName"), None);
        assert_eq!(of_field("zeek", "id.resp_h", "10.0.0.5"), address("10.0.0.5"));
    }

    #[test]
    fn a_group_is_no_account() {
        let pairs = [("TargetUserName", "Domain Admins"), ("SubjectUserName", "sato")];
        let event = Event {
            class_uid: GROUP,
            user: "Domain Admins".to_owned(),
            src: pairs.into_iter().collect::<Fields>(),
            ..Event::default()
        };
        assert_eq!(involved(&event), [Involved::Account("sato".to_owned())]);
    }

    #[test]
    fn who_is_everywhere_and_what_only_observes_links_nothing() {
        let pairs = [("SubjectUserName", "FS01$"), ("TargetUserName", "ANONYMOUS LOGON")];
        let found = told("fortigate", "Administrator", &pairs);
        assert_eq!(found, [Involved::Address([10, 0, 0, 5].into())]);
    }
}
