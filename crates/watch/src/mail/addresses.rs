//! Whose mail it is: addresses, and what the house says about itself.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::domains::registrable;

/// Longest name or address that is kept, in characters.
const CHARS_MAX: usize = 200;

/// A name with an address, as a mail shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The name beside the address; anybody can write anything there.
    pub name: String,
    /// The address.
    pub address: String,
}

impl Address {
    /// From what a mail says, cut to a length a list can show.
    pub(super) fn new(name: &str, address: &str) -> Self {
        Self { name: line(name), address: line(address) }
    }

    /// What stands behind the `@`, in lower case.
    #[must_use]
    pub fn domain(&self) -> String {
        domain_of(&self.address)
    }

    /// Name and address in one line.
    #[must_use]
    pub fn shown(&self) -> String {
        match (self.name.as_str(), self.address.as_str()) {
            ("", address) => address.to_owned(),
            (name, "") => name.to_owned(),
            (name, address) => format!("{name} <{address}>"),
        }
    }
}

/// What a house says about itself, so that imitations of it are seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct House {
    /// Domains of its own mail.
    pub own_domains: Vec<String>,
    /// Domains of those it often gets mail from: partners, vendors, offices.
    pub partners: Vec<String>,
    /// Names that outsiders like to write under: director, head of administration.
    pub people: Vec<String>,
    /// The number staff call, as it is dialled inside; empty when none was given.
    pub phone: String,
}

impl House {
    /// Whether that address is one of the house.
    #[must_use]
    pub fn is_own(&self, address: &str) -> bool {
        self.is_own_domain(&domain_of(address))
    }

    pub(super) fn is_own_domain(&self, domain: &str) -> bool {
        self.own_domains.iter().any(|own| is_under(domain, own))
    }

    /// Whether the host belongs to the house or to somebody it knows.
    pub(super) fn knows(&self, host: &str) -> bool {
        self.own_domains.iter().chain(&self.partners).any(|known| {
            is_under(host, known) || registrable(host) == registrable(&known.to_lowercase())
        })
    }

    /// The guarded person whose name it is, when it is one. Blanks and width do not matter.
    pub(super) fn person_called(&self, name: &str) -> Option<&str> {
        let name = plain(name);
        let is_it = |person: &&String| {
            let person = plain(person);
            person.chars().count() >= 2 && name.contains(&person)
        };
        self.people.iter().find(is_it).map(String::as_str)
    }
}

/// What stands behind the last `@`, in lower case.
pub(super) fn domain_of(address: &str) -> String {
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    domain.trim().trim_end_matches(['>', '.']).to_lowercase()
}

fn is_under(host: &str, domain: &str) -> bool {
    let domain = domain.trim().trim_start_matches('@').to_lowercase();
    !domain.is_empty()
        && (host == domain
            || host.strip_suffix(&domain).is_some_and(|before| before.ends_with('.')))
}

fn plain(name: &str) -> String {
    name.nfkc().filter(|sign| !sign.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// One line of a length that people read.
pub(super) fn line(text: &str) -> String {
    let mut line: String = text
        .trim()
        .chars()
        .map(|sign| if sign.is_control() { ' ' } else { sign })
        .take(CHARS_MAX + 1)
        .collect();
    if line.chars().count() > CHARS_MAX {
        line = line.chars().take(CHARS_MAX).chain(['…']).collect();
    }
    line
}
