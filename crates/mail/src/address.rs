//! Mail addresses as they are written in a register, and as SMTP wants them.

use std::fmt;

use crate::error::MailError;

/// Bytes of a local part (RFC 5321 4.5.3.1.1).
const LOCAL_MAX: usize = 64;
/// Bytes of a domain (RFC 5321 4.5.3.1.2).
const DOMAIN_MAX: usize = 255;

/// An address that can be written to: ASCII, one `@`, nothing that could end a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) local: String,
    pub(crate) domain: String,
}

impl Address {
    /// Reads an address.
    pub(crate) fn parse(text: &str) -> Result<Self, MailError> {
        let text = text.trim();
        let wrong = || MailError::Address { address: text.to_owned() };
        let (local, domain) = text.rsplit_once('@').ok_or_else(wrong)?;
        let local = local.trim_matches('"');
        let plain = |one: u8| one.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&one);
        let fits = (1..=LOCAL_MAX).contains(&local.len()) && local.bytes().all(plain);
        if !fits || !is_domain(domain) {
            return Err(wrong());
        }
        Ok(Self { local: local.to_owned(), domain: domain.to_owned() })
    }
}

fn is_domain(domain: &str) -> bool {
    let label = |one: &str| {
        (1..=63).contains(&one.len())
            && one.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    domain.len() <= DOMAIN_MAX && domain.split('.').all(label)
}

impl fmt::Display for Address {
    /// Mobile operators once gave out `a..b@` and `a.@`; those are quoted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { local, domain } = self;
        if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
            write!(f, "\"{local}\"@{domain}")
        } else {
            write!(f, "{local}@{domain}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_cannot_carry_a_command_or_a_header() {
        for wrong in [
            "",
            "a",
            "a@",
            "@b",
            "a b@c",
            "a@b c",
            "a@b\r\nRCPT TO:<x@y>",
            "a>@b",
            "あ@b.jp",
            "a@b..c",
        ] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Address::parse(" a+b@c.jp ").unwrap().to_string(), "a+b@c.jp");
        assert_eq!(Address::parse("a..b@c.jp").unwrap().to_string(), "\"a..b\"@c.jp");
        assert_eq!(Address::parse("\"a..b\"@c.jp").unwrap().to_string(), "\"a..b\"@c.jp");
    }
}
