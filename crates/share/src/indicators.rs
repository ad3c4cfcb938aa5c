//! What gave the attackers away in a case: taken into it by an officer, refused where it is the victim's own. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sakimori_standards::{Indicator, IndicatorKind, Note};
use serde::{Deserialize, Serialize};

use crate::reported::ReportedCase;

/// Most indicators of a case.
pub const INDICATORS_MAX: usize = 500;

/// Private and otherwise unroutable networks: an address in them says nothing outside of the house it was seen in.
const INNER: [(IpAddr, u8); 12] = [
    (IpAddr::V4(Ipv4Addr::new(0, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(100, 64, 0, 0)), 10),
    (IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(169, 254, 0, 0)), 16),
    (IpAddr::V4(Ipv4Addr::new(172, 16, 0, 0)), 12),
    (IpAddr::V4(Ipv4Addr::new(192, 168, 0, 0)), 16),
    (IpAddr::V4(Ipv4Addr::new(224, 0, 0, 0)), 3),
    (IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
    (IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7),
    (IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0)), 10),
    (IpAddr::V6(Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0)), 8),
];

/// Endings of names that exist only within a house.
const INNER_ENDINGS: [&str; 8] =
    [".local", ".lan", ".internal", ".intranet", ".corp", ".home", ".localdomain", ".home.arpa"];

/// An indicator of a shared case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedIndicator {
    /// What gives the attackers away.
    #[serde(flatten)]
    pub indicator: Indicator,
    /// How it was seen in this attack.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seen_as: String,
    /// The technique of ATT&CK it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technique: Option<String>,
}

impl SharedIndicator {
    /// What is said of it.
    #[must_use]
    pub fn note(&self) -> Note {
        Note { seen_as: self.seen_as.clone(), technique: self.technique.clone() }
    }

    /// Whether it must not go out for the victim's sake: an address or name from within a house, or of the victim's own.
    #[must_use]
    pub fn is_the_victims(&self, reported: &ReportedCase) -> bool {
        let value = self.indicator.value.to_lowercase();
        let has_host = matches!(
            self.indicator.kind,
            IndicatorKind::Domain | IndicatorKind::Url | IndicatorKind::Mail
        );
        is_of_a_house(&self.indicator)
            || (has_host && is_of_victim(host(&value, self.indicator.kind), reported))
    }
}

/// Whether an indicator says something only within a house: a private address, or a name that nobody outside can look up.
#[must_use]
pub fn is_of_a_house(indicator: &Indicator) -> bool {
    let value = indicator.value.to_lowercase();
    let host = host(&value, indicator.kind);
    match indicator.kind {
        IndicatorKind::Ipv4 | IndicatorKind::Ipv6 => is_inner_address(&value),
        IndicatorKind::Domain | IndicatorKind::Url | IndicatorKind::Mail => {
            is_inner_name(host) || is_inner_address(host)
        }
        IndicatorKind::FileName
        | IndicatorKind::Sha256
        | IndicatorKind::Sha1
        | IndicatorKind::Md5 => false,
    }
}

/// The host of a URL or mail address, without its port.
fn host(value: &str, kind: IndicatorKind) -> &str {
    let rest = match kind {
        IndicatorKind::Mail => value.rsplit_once('@').map_or(value, |(_, host)| host),
        _ => value.split_once("://").map_or(value, |(_, rest)| rest),
    };
    let rest = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    match rest.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => rest,
    }
}

fn is_inner_name(host: &str) -> bool {
    !host.contains('.') || INNER_ENDINGS.iter().any(|ending| host.ends_with(ending))
}

/// Whether a domain is one at which the victim gets its mail, or lies below or above it.
fn is_of_victim(host: &str, reported: &ReportedCase) -> bool {
    let below = |name: &str, above: &str| {
        name == above || name.strip_suffix(above).is_some_and(|rest| rest.ends_with('.'))
    };
    domains(reported).any(|own| below(host, &own) || below(&own, host))
}

/// The domains of the mail addresses that the report names as the victim's.
fn domains(reported: &ReportedCase) -> impl Iterator<Item = String> {
    let own = reported.fields.iter().filter(|field| ["email", "contact"].contains(&&*field.id));
    let words = own.flat_map(|field| {
        field.value.ja.split(|c: char| c.is_whitespace() || "<>（）()、,;".contains(c))
    });
    words.filter_map(|word| {
        let (_, domain) = word.rsplit_once('@')?;
        Some(domain.trim_matches('.').to_lowercase()).filter(|domain| domain.contains('.'))
    })
}

/// Whether an address, or a network in CIDR notation, touches a network that only a house knows.
fn is_inner_address(value: &str) -> bool {
    let (address, prefix) = match value.split_once('/') {
        Some((address, prefix)) => (address, prefix.parse().ok()),
        None => (value, None),
    };
    let Ok(address) = address.trim_matches(['[', ']']).parse::<IpAddr>() else { return false };
    let address = address.to_canonical();
    let prefix = prefix.unwrap_or(if address.is_ipv4() { 32 } else { 128 });
    INNER.iter().any(|(inner, bits)| {
        address.is_ipv4() == inner.is_ipv4() && same_begin(address, *inner, prefix.min(*bits))
    })
}

fn same_begin(one: IpAddr, other: IpAddr, bits: u8) -> bool {
    let (width, one, other) = match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            (32, u128::from(one.to_bits()), u128::from(other.to_bits()))
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => (128, one.to_bits(), other.to_bits()),
        _ => return false,
    };
    let shift = u32::from(width - bits.min(width));
    one.checked_shr(shift).unwrap_or(0) == other.checked_shr(shift).unwrap_or(0)
}
